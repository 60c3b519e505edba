/* Any bytes as a file of examples: refused with a sentence, or texts and labels that are none
 * empty, all UTF-8, each text once. */
#include "learn/examples.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

#define MAX_SIZE ((size_t)1 << 20)

static void check(const struct examples *e) {
    FUZZ_REQUIRE(e->n >= 4 && e->n_labels >= 2);
    for (size_t i = 0; i < e->n; i++) {
        const struct example *x = &e->items[i];
        FUZZ_REQUIRE(x->len > 0 && x->line > 0 && utf8_is_valid(x->text, x->len));
        FUZZ_REQUIRE(x->label == EXAMPLES_NONE || (size_t)x->label < e->n_labels);
    }
    for (size_t i = 0; i < e->n_labels; i++) {
        size_t len = strlen(e->labels[i]);
        FUZZ_REQUIRE(len > 0 && len <= EXAMPLES_MAX_LABEL && utf8_is_valid(e->labels[i], len));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > MAX_SIZE) return 0;
    uint64_t live = mem_live();
    struct examples e;
    ingle_error err = {0};
    examples_init(&e);
    ingle_status status = examples_read(&e, (const char *)data, size, "fuzz", &err);
    if (status == INGLE_OK) status = examples_finish(&e, &err);
    if (status == INGLE_OK) {
        check(&e);
    } else {
        FUZZ_REQUIRE(err.code == status && err.msg[0]);
    }
    examples_clear(&e);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
