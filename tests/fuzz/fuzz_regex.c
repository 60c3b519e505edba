/* The first byte's bit 0: search. Then a pattern, a zero byte, a text: the pattern is an automaton
 * that keeps its promises, or refused with a place in it; the text is in it or in its complement.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/constraint/dfa.h"
#include "fuzz/fuzz.h"

#define MAX_SIZE 2048

static void check_promises(const struct dfa *d) {
    for (uint32_t s = 1; s <= d->n_states; s++) {
        FUZZ_REQUIRE((d->left[s] == 0) == (d->labels[s] != 0));
        if (d->left[s]) FUZZ_REQUIRE(d->left[dfa_step(d, s, d->finish[s])] + 1 == d->left[s]);
    }
    FUZZ_REQUIRE(d->labels[DFA_DEAD] == 0 && dfa_step(d, DFA_DEAD, 'a') == DFA_DEAD);
}

static void check_text(const struct dfa *d, const char *text, size_t len) {
    struct dfa *rest, *all;
    ingle_error err;
    if (dfa_not(&rest, d, &err) != INGLE_OK) {
        FUZZ_REQUIRE(err.code == INGLE_LIMIT);
        return;
    }
    check_promises(rest);
    bool is_in = dfa_match(d, text, len) != 0, is_out = dfa_match(rest, text, len) != 0;
    FUZZ_REQUIRE(is_in + is_out == (utf8_is_valid(text, len) ? 1 : 0));
    FUZZ_REQUIRE(dfa_or(&all, d, rest, &err) == INGLE_OK);
    FUZZ_REQUIRE(all->n_states == 8 && all->labels[all->start] == 1); /* every UTF-8 text */
    dfa_free(rest);
    dfa_free(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > MAX_SIZE) return 0;
    const char *pattern = (const char *)data + 1;
    const char *end = memchr(pattern, 0, size - 1);
    size_t len = end ? (size_t)(end - pattern) : size - 1;
    uint64_t live = mem_live(), n_texts;
    struct dfa *d;
    ingle_error err = {0};
    ingle_status status = dfa_regex(&d, pattern, len, data[0] & 1, &err);
    FUZZ_REQUIRE((status == INGLE_OK) == (d != NULL));
    if (status == INGLE_OK) {
        check_promises(d);
        FUZZ_REQUIRE(dfa_count(&n_texts, d, 0, 100, &err) == INGLE_OK);
        FUZZ_REQUIRE((n_texts == 0) == dfa_is_empty(d));
        if (end) check_text(d, end + 1, size - 1 - len - 1);
    } else {
        FUZZ_REQUIRE(status == INGLE_INVALID || status == INGLE_REFUSED || status == INGLE_LIMIT);
        FUZZ_REQUIRE(err.where <= len && err.msg[0]);
    }
    dfa_free(d);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
