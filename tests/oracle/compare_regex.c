/* Compares regular expressions with node's, flag u: random patterns, some of them broken on
 * purpose, each with random texts and with texts made from ours.
 *
 *     compare_regex SCRIPT [SEED]
 *
 * SCRIPT is regex.js. Both must agree which patterns are none, and on every text. The properties of
 * Unicode are only tried on old characters, for which every version of node says the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "engine/constraint/dfa.h"
#include "oracle/ask.h"

#define N_PATTERNS 20000
#define N_TEXTS 12
#define MAX_TEXT 64

struct text {
    char data[MAX_TEXT];
    size_t len;
};

struct tally {
    size_t patterns, none, refused, limits, texts, matches, different;
};

static const char *const characters[] = {"a",
                                         "b",
                                         "c",
                                         "1",
                                         "2",
                                         "_",
                                         "-",
                                         " ",
                                         "\n",
                                         "A",
                                         "z",
                                         "\xc3\xa9",
                                         "\xce\xb1",
                                         "\xe2\x82\xac",
                                         "\xe2\x80\xa8",
                                         "\xf0\x9f\x98\x80",
                                         "\xd7\x90",
                                         ".",
                                         "]",
                                         "0"};

static const char *choose(struct rng *rng, const char *const *list, size_t n) {
    return list[rng_below(rng, (uint32_t)n)];
}

/* ---- patterns ---- */

static void put_atom_character(struct buf *b, struct rng *rng) {
    static const char *const atoms[] = {"a",
                                        "b",
                                        "c",
                                        "1",
                                        "_",
                                        " ",
                                        "A",
                                        "\xc3\xa9",
                                        "\xce\xb1",
                                        "\xe2\x82\xac",
                                        "-",
                                        ",",
                                        "\xf0\x9f\x98\x80",
                                        "\\x61",
                                        "\\u0061",
                                        "\\u{1f600}",
                                        "\\ud83d\\ude00",
                                        "\\cJ",
                                        "\\n",
                                        "\\/",
                                        "\\.",
                                        "\\]",
                                        "\\0",
                                        "\\ud800",
                                        "\\t",
                                        "\\$"};
    buf_add_str(b, choose(rng, atoms, BASE_COUNT(atoms)));
}

static void put_set(struct buf *b, struct rng *rng) {
    static const char *const sets[] = {".",
                                       "\\d",
                                       "\\D",
                                       "\\w",
                                       "\\W",
                                       "\\s",
                                       "\\S",
                                       "\\p{L}",
                                       "\\P{L}",
                                       "\\p{Lu}",
                                       "\\p{Ll}",
                                       "\\p{N}",
                                       "\\p{Nd}",
                                       "\\p{gc=P}",
                                       "\\p{Script=Greek}",
                                       "\\p{sc=Latn}",
                                       "\\p{scx=Hebr}",
                                       "\\p{Alphabetic}",
                                       "\\p{White_Space}",
                                       "\\P{Lowercase}",
                                       "\\p{Sc}",
                                       "\\p{ASCII}",
                                       "\\p{Any}",
                                       "\\p{Emoji_Presentation}"};
    buf_add_str(b, choose(rng, sets, BASE_COUNT(sets)));
}

static void put_class(struct buf *b, struct rng *rng) {
    static const char *const ranges[] = {"a-c",
                                         "b-b",
                                         "0-9",
                                         "\\x41-\\u{5a}",
                                         "-",
                                         "\\-",
                                         "\\b",
                                         "\xc3\xa0-\xe2\x82\xac",
                                         "\\ud83d\\ude00-\\u{1f64f}",
                                         "^",
                                         "[",
                                         "\\ud800-\\udfff",
                                         "\\]",
                                         "\\^",
                                         "A-z"};
    buf_add_str(b, rng_below(rng, 3) ? "[" : "[^");
    for (uint32_t n = rng_below(rng, 4); n > 0; n--) {
        uint32_t kind = rng_below(rng, 6);
        if (kind == 0) {
            put_set(b, rng);
        } else if (kind < 3) {
            buf_add_str(b, choose(rng, ranges, BASE_COUNT(ranges)));
        } else {
            put_atom_character(b, rng);
        }
    }
    buf_add_str(b, "]");
}

static void put_quantifier(struct buf *b, struct rng *rng) {
    static const char *const quantifiers[] = {"*",    "+",   "?",  "{2}", "{1,3}", "{0,2}",
                                              "{2,}", "{0}", "*?", "+?",  "??",    "{1,2}?"};
    if (rng_below(rng, 3) == 0) buf_add_str(b, choose(rng, quantifiers, BASE_COUNT(quantifiers)));
}

static void put_choice(struct buf *b, struct rng *rng, int depth);

static void put_group(struct buf *b, struct rng *rng, int depth) {
    static const char *const opens[] = {"(", "(?:", "(?=", "(?!", "(?:", "(?=", "(?!", "(?:"};
    const char *open = choose(rng, opens, BASE_COUNT(opens));
    if (rng_below(rng, 40) == 0) {
        buf_addf(b, "(?<n%u>", rng_below(rng, 30));
    } else {
        buf_add_str(b, rng_below(rng, 200) ? open : "(?<=");
    }
    put_choice(b, rng, depth - 1);
    buf_add_str(b, ")");
    if (open[1] != '?' || open[2] == ':') put_quantifier(b, rng);
}

static void put_term(struct buf *b, struct rng *rng, int depth) {
    static const char *const edges[] = {"^", "$", "\\b", "\\B"};
    uint32_t kind = rng_below(rng, 14);
    if (kind == 0) {
        buf_add_str(b, choose(rng, edges, BASE_COUNT(edges)));
    } else if (kind < 4 && depth > 0) {
        put_group(b, rng, depth);
    } else {
        if (kind < 6) {
            put_set(b, rng);
        } else if (kind < 8) {
            put_class(b, rng);
        } else {
            put_atom_character(b, rng);
        }
        put_quantifier(b, rng);
    }
    if (rng_below(rng, 400) == 0) buf_add_str(b, "\\1");
}

static void put_choice(struct buf *b, struct rng *rng, int depth) {
    for (uint32_t n = rng_below(rng, 4) ? 1 : 1 + rng_below(rng, 3); n > 0; n--) {
        for (uint32_t k = rng_below(rng, 4); k > 0; k--) put_term(b, rng, depth);
        if (n > 1) buf_add_str(b, "|");
    }
}

/* Some patterns lose, get or repeat a byte of ASCII: most of these are none. */
static void spoil(struct buf *b, struct rng *rng) {
    static const char marks[] = "()[]{}*+?|^$\\-,:=!<>.1ab0ucxdpk";
    if (b->size == 0 || rng_below(rng, 3)) return;
    size_t at = rng_below(rng, (uint32_t)b->size);
    while (at > 0 && (b->data[at] & 0xc0) == 0x80) at--;
    char mark = marks[rng_below(rng, sizeof marks - 1)];
    if (rng_below(rng, 2) && !(b->data[at] & 0x80)) {
        b->data[at] = mark;
        return;
    }
    buf_add(b, "", 1);
    memmove(b->data + at + 1, b->data + at, b->size - at - 1);
    b->data[at] = mark;
}

/* ---- texts ---- */

static void add_character(struct text *t, const char *character) {
    size_t len = strlen(character);
    if (t->len + len > MAX_TEXT) return;
    memcpy(t->data + t->len, character, len);
    t->len += len;
}

/* A walk through the automaton and the way to its end, all or with a character more. */
static void walk_text(struct text *t, const struct dfa *d, struct rng *rng) {
    uint32_t state = d->start, steps = rng_below(rng, 12);
    for (; steps > 0; steps--) {
        const char *character = choose(rng, characters, BASE_COUNT(characters));
        uint32_t next = state;
        for (const char *c = character; *c; c++) next = dfa_step(d, next, (uint8_t)*c);
        if (next == DFA_DEAD) continue;
        add_character(t, character);
        state = next;
    }
    size_t len = t->len;
    for (; !d->labels[state] && t->len < MAX_TEXT; t->len++) {
        t->data[t->len] = (char)d->finish[state];
        state = dfa_step(d, state, d->finish[state]);
    }
    if (!d->labels[state]) t->len = len; /* too far */
    if (rng_below(rng, 3) == 0) add_character(t, choose(rng, characters, BASE_COUNT(characters)));
}

static void make_texts(struct text texts[N_TEXTS], const struct dfa *whole, struct rng *rng) {
    for (int i = 0; i < N_TEXTS; i++) {
        texts[i].len = 0;
        if (whole && !dfa_is_empty(whole) && i % 2) {
            walk_text(&texts[i], whole, rng);
            continue;
        }
        for (uint32_t n = rng_below(rng, 7); n > 0; n--) {
            add_character(&texts[i], choose(rng, characters, BASE_COUNT(characters)));
        }
    }
}

/* ---- the comparison ---- */

struct one {
    struct buf pattern;
    ingle_status status;
    bool is_none;
    struct text texts[N_TEXTS];
    char verdicts[2 * N_TEXTS + 1]; /* as regex.js writes them */
};

static void put_bytes(struct buf *b, const void *data, size_t len) {
    uint32_t size = (uint32_t)len;
    buf_add(b, &size, sizeof size);
    buf_add(b, data, len);
}

static void judge(struct one *one, struct rng *rng) {
    struct dfa *found = NULL, *whole = NULL;
    ingle_error err = {0};
    const char *pattern = one->pattern.data ? one->pattern.data : "";
    one->status = dfa_regex(&found, pattern, one->pattern.size, true, &err);
    if (one->status == INGLE_OK) {
        one->status = dfa_regex(&whole, pattern, one->pattern.size, false, &err);
    }
    make_texts(one->texts, one->status == INGLE_OK ? whole : NULL, rng);
    for (int i = 0; i < N_TEXTS && one->status == INGLE_OK; i++) {
        const struct text *t = &one->texts[i];
        one->verdicts[2 * i] = dfa_match(found, t->data, t->len) ? '1' : '0';
        one->verdicts[2 * i + 1] = dfa_match(whole, t->data, t->len) ? '1' : '0';
    }
    dfa_free(found);
    dfa_free(whole);
}

static void complain(const struct one *one, const char *line, size_t length, struct tally *tally) {
    if (tally->different++ > 20) return;
    printf("/%s/ (status %d)\n", one->pattern.data, one->status);
    for (size_t i = 0; one->status == INGLE_OK && i < length && i < 2 * N_TEXTS; i++) {
        if (line[i] == one->verdicts[i]) continue;
        printf("    %s '%.*s': node %c, ingle %c\n", i % 2 ? "whole" : "found in",
               (int)one->texts[i / 2].len, one->texts[i / 2].data, line[i], one->verdicts[i]);
    }
    if (one->status != INGLE_OK || *line == 'E') printf("    node: %.*s\n", (int)length, line);
}

static void compare(const struct one *one, const char *line, size_t length, struct tally *tally) {
    bool is_none = *line == 'E';
    tally->patterns++;
    tally->none += is_none;
    tally->limits += one->status == INGLE_LIMIT;
    tally->refused += one->status == INGLE_REFUSED;
    /* A pattern that is refused may be broken as well, further on. */
    if (one->status == INGLE_LIMIT || one->status == INGLE_REFUSED) return;
    if (is_none != (one->status == INGLE_INVALID)) {
        complain(one, line, length, tally);
        return;
    }
    if (one->status != INGLE_OK) return;
    tally->texts += 2 * N_TEXTS;
    for (size_t i = 0; i < 2 * N_TEXTS; i++) tally->matches += line[i] == '1';
    if (length != 2 * N_TEXTS || memcmp(line, one->verdicts, length) != 0) {
        complain(one, line, length, tally);
    }
}

static void run(const char *script, struct rng *rng, struct one *all, struct tally *tally) {
    struct buf input;
    size_t size;
    buf_init(&input, (size_t)1 << 30);
    for (size_t i = 0; i < N_PATTERNS; i++) {
        buf_init(&all[i].pattern, 1 << 20);
        put_choice(&all[i].pattern, rng, 3);
        spoil(&all[i].pattern, rng);
        judge(&all[i], rng);
        uint32_t n = N_TEXTS;
        put_bytes(&input, all[i].pattern.data ? all[i].pattern.data : "", all[i].pattern.size);
        buf_add(&input, &n, sizeof n);
        for (int k = 0; k < N_TEXTS; k++) {
            put_bytes(&input, all[i].texts[k].data, all[i].texts[k].len);
        }
    }
    if (buf_failed(&input)) ask_fail("Out of memory.");
    char *lines =
        ask_program("node", (const char *const[]){script, NULL}, input.data, input.size, &size);
    const char *line = lines;
    for (size_t i = 0; i < N_PATTERNS; i++) {
        size_t length = strcspn(line, "\n");
        compare(&all[i], line, length, tally);
        line += length + 1;
        buf_clear(&all[i].pattern);
    }
    free(lines);
    buf_clear(&input);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: compare_regex SCRIPT [SEED]\n");
        return 2;
    }
    ask_need("node");
    struct rng rng;
    struct tally tally = {0};
    struct one *all = calloc(N_PATTERNS, sizeof *all);
    if (!all) ask_fail("Out of memory.");
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    rng_init(&rng, seed);
    run(argv[1], &rng, all, &tally);
    free(all);
    printf("seed %llu: %zu patterns, %zu of them none, %zu refused, %zu too large; %zu verdicts on "
           "texts, %zu of them matches; %zu patterns differ\n",
           (unsigned long long)seed, tally.patterns, tally.none, tally.refused, tally.limits,
           tally.texts, tally.matches, tally.different);
    return tally.different ? EXIT_FAILURE : EXIT_SUCCESS;
}
