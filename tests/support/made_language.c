#include "support/made_language.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"

static const char *const names[] = {"Ada",  "Bela",  "Ciro", "Dunja",
                                    "Emil", "Fanny", "Gwen", "Hugo"};
static const char *const colours[] = {"red",   "blue",  "green", "brown",
                                      "white", "black", "grey",  "golden"};
static const char *const animals[] = {"cat",  "dog",    "horse",  "goose",
                                      "pony", "rabbit", "donkey", "parrot"};

/* A name, a colour and an animal are drawn, three bits each; the second sentence repeats them. */
double made_language_write(struct buf *text, size_t size, uint64_t seed) {
    struct rng r;
    rng_init(&r, seed);
    double bits = 0.0;
    while (text->size < size) {
        const char *name = names[rng_below(&r, 8)], *colour = colours[rng_below(&r, 8)];
        const char *animal = animals[rng_below(&r, 8)];
        if (!buf_addf(text, "%s has a %s %s. The %s of %s is %s.\n", name, colour, animal, animal,
                      name, colour))
            abort();
        bits += 9.0;
    }
    return bits;
}

double made_language_unigram(const char *text, size_t len) {
    size_t counts[256] = {0};
    double bits = 0.0;
    for (size_t i = 0; i < len; i++) counts[(uint8_t)text[i]]++;
    for (int i = 0; i < 256; i++) {
        if (counts[i] > 0) bits -= (double)counts[i] * log2((double)counts[i] / (double)len);
    }
    return bits / (double)len;
}
