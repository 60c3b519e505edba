/* A source, a zero byte, an output: a report whose ranges lie in the output; what is copied from
 * the source as a whole passes but for what the cut itself breaks; nothing is left behind. */
#include <string.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "task/faithful.h"

#define MAX_SIZE 8192

static void check_report(const struct faithful_report *r, const char *output, size_t len) {
    FUZZ_REQUIRE(r->n <= FAITHFUL_MAX_PROBLEMS && r->n <= r->n_all);
    for (size_t i = 0; i < r->n; i++) {
        const struct faithful_problem *p = &r->problems[i];
        FUZZ_REQUIRE(p->kind < FAITHFUL_N_KINDS && p->from < p->to && p->to <= len);
        FUZZ_REQUIRE(i == 0 || r->problems[i - 1].from <= p->from);
        FUZZ_REQUIRE(memchr(p->normal, 0, sizeof p->normal) && p->normal[0]);
    }
    struct buf said = {.max = 1 << 16};
    faithful_describe(r, output, 5, &said);
    FUZZ_REQUIRE(!buf_failed(&said));
    buf_clear(&said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > MAX_SIZE) return 0;
    const char *source = (const char *)data;
    const char *zero = size ? memchr(source, 0, size) : NULL;
    size_t source_len = zero ? (size_t)(zero - source) : size;
    const char *output = zero ? zero + 1 : source + size;
    size_t len = size - (size_t)(output - source);
    uint64_t live = mem_live();
    struct faithful_source *s;
    struct faithful_report report, again;
    FUZZ_REQUIRE(faithful_source_new(&s, source, source_len, NULL, NULL) == INGLE_OK);
    FUZZ_REQUIRE(faithful_source_check(s, output, len, &report, NULL) == INGLE_OK);
    check_report(&report, output, len);
    FUZZ_REQUIRE(faithful_source_check(s, output, len, &again, NULL) == INGLE_OK);
    FUZZ_REQUIRE(again.n_all == report.n_all && again.n_checked == report.n_checked);
    /* More of a source takes back only what is said nowhere. */
    FUZZ_REQUIRE(faithful_source_check(s, source, source_len, &report, NULL) == INGLE_OK);
    check_report(&report, source, source_len);
    for (size_t i = 0; i < report.n; i++) {
        FUZZ_REQUIRE(report.problems[i].kind != FAITHFUL_DATE &&
                     report.problems[i].kind != FAITHFUL_TIME);
    }
    faithful_source_free(s);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
