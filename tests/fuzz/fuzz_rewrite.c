/* A text, a zero byte, an answer: units lie in the text in order and without overlap, wrapping
 * keeps their words; an answer is cleaned and judged, compared with the text, and made a draft. */
#include <string.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "task/draft.h"
#include "task/rewrite_check.h"
#include "task/rewrite_plan.h"
#include "task/word_diff.h"

#define MAX_SIZE 4096

/* Bytes that are neither white space nor marks of quotations. */
static uint64_t content(const char *text, size_t len) {
    uint64_t hash = 1;
    for (size_t i = 0; i < len; i++) {
        if (!strchr(" \t\r\n>", text[i])) hash = hash * 1099511628211u + (unsigned char)text[i];
    }
    return hash;
}

static void check_plan(const char *text, size_t len, ingle_rewrite_manner manner) {
    struct rewrite_plan plan;
    size_t at = 0;
    FUZZ_REQUIRE(rewrite_plan_new(&plan, text, len, manner, NULL) == INGLE_OK);
    for (size_t i = 0; i < plan.n; i++) {
        const struct rewrite_unit *u = &plan.units[i];
        struct buf flat = {.max = 2 * MAX_SIZE}, wrapped = {.max = 1 << 20};
        FUZZ_REQUIRE(u->from >= at && u->from < u->to && u->to <= len && u->line > 0);
        FUZZ_REQUIRE(u->prefix_from <= u->prefix_to && u->prefix_to <= len);
        at = u->to;
        rewrite_unit_flat(u, text, &flat);
        FUZZ_REQUIRE(!buf_failed(&flat) && flat.size > 0 && !memchr(flat.data, '\n', flat.size));
        rewrite_unit_wrap(u, text, flat.data, flat.size, &wrapped);
        FUZZ_REQUIRE(!buf_failed(&wrapped));
        FUZZ_REQUIRE(content(flat.data, flat.size) == content(wrapped.data, wrapped.size));
        buf_clear(&flat);
        buf_clear(&wrapped);
    }
    rewrite_plan_clear(&plan);
}

static void check_diff(const char *a, size_t n_a, const char *b, size_t n_b) {
    struct word_diff d;
    size_t at_a = 0, at_b = 0;
    FUZZ_REQUIRE(word_diff_new(&d, a, n_a, b, n_b, NULL) == INGLE_OK);
    for (size_t i = 0; i < d.n; i++) {
        const struct diff_part *p = &d.parts[i];
        FUZZ_REQUIRE(p->from < p->to);
        if (p->kind == DIFF_ADDED) {
            FUZZ_REQUIRE(p->from >= at_b && p->to <= n_b);
            at_b = p->to;
        } else {
            FUZZ_REQUIRE(p->from == at_a && p->to <= n_a);
            at_a = p->to;
        }
    }
    FUZZ_REQUIRE(at_a == n_a);
    FUZZ_REQUIRE(d.n_removed <= d.n_old && d.n_added <= d.n_new);
    word_diff_clear(&d);
}

static void check_answer(const char *text, size_t len, const char *given, size_t n) {
    struct rewrite_rules rules = {.manner = INGLE_REWRITE_PROOFREAD, .max_changed = 0.4};
    struct buf answer = {.max = MAX_SIZE}, problem = {.max = 1 << 16};
    buf_add(&answer, given, n);
    rewrite_clean(&answer, text, len);
    FUZZ_REQUIRE(answer.size <= n);
    FUZZ_REQUIRE(rewrite_check(&rules, text, len, &answer, &problem, NULL) == INGLE_OK);
    buf_clear(&answer);
    buf_clear(&problem);
}

static void check_draft(const char *text, size_t len, const char *answer, size_t n,
                        ingle_draft_kind kind) {
    ingle_draft_options opt = ingle_draft_options_default();
    struct draft d;
    opt.kind = kind;
    opt.about = "a thing";
    opt.context = text;
    opt.context_len = len;
    draft_init(&d);
    FUZZ_REQUIRE(draft_finish(&d, &opt, NULL, answer, n, NULL) == INGLE_OK);
    for (size_t i = 0; i < d.n_placeholders; i++) {
        FUZZ_REQUIRE(d.placeholders[i].text[0] == '[' && d.placeholders[i].replaced);
    }
    draft_clear(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > MAX_SIZE) return 0;
    const char *text = (const char *)data + 1;
    size--;
    const char *zero = memchr(text, 0, size);
    size_t len = zero ? (size_t)(zero - text) : size;
    const char *answer = zero ? zero + 1 : text + size;
    size_t n = size - (size_t)(answer - text);
    uint64_t live = mem_live();
    check_plan(text, len, data[0] & 1 ? INGLE_REWRITE_PROOFREAD : INGLE_REWRITE_PLAIN);
    check_diff(text, len, answer, n);
    check_answer(text, len, answer, n);
    check_draft(text, len, answer, n, (ingle_draft_kind)((data[0] >> 1) & 3));
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
