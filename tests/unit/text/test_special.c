/* Tokens that are written out in a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "engine/text/special.h"
#include "unit/text/vocab_file.h"

static const struct special_where nowhere = {0};

struct opened {
    struct vocab_in_file in;
    struct special special;
};

static struct opened open_file(struct vocab_file *f) {
    static const struct vocab_defaults none = {VOCAB_NONE, VOCAB_NONE, VOCAB_NONE, false};
    struct opened o = {.in = vocab_in_file_open(f, VOCAB_BYTES, none)};
    assert_int_equal(special_init(&o.special, &o.in.vocab, NULL), INGLE_OK);
    return o;
}

static void close_file(struct opened *o) {
    special_clear(&o->special);
    vocab_in_file_close(&o->in);
}

/* The parts with a bar between them, tokens by their number in braces. */
static void check_where(const struct opened *o, const char *text, const struct special_where *where,
                        const char *wanted) {
    struct fragments list = {0};
    char found[512];
    size_t n = 0, covered = 0;
    assert_true(special_split(&o->special, &o->in.vocab, text, strlen(text), where, &list));
    for (int32_t i = 0; i >= 0; i = list.at[i].next) {
        const struct fragment *f = &list.at[i];
        assert_int_equal(f->start, covered);
        assert_true(f->len > 0);
        covered += f->len;
        if (n) found[n++] = '|';
        if (f->id == VOCAB_NONE)
            n +=
                (size_t)snprintf(found + n, sizeof found - n, "%.*s", (int)f->len, text + f->start);
        else
            n += (size_t)snprintf(found + n, sizeof found - n, "{%d}", f->id);
    }
    assert_int_equal(covered, strlen(text));
    assert_string_equal(found, wanted);
    fragments_clear(&list);
}

static void check(const struct opened *o, const char *text, bool controls, const char *wanted) {
    const struct special_where where = {.everywhere = controls};
    check_where(o, text, &where, wanted);
}

static struct opened open_tags(void) {
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    vocab_file_add(&f, "<a>", CONTROL);      /* 0 */
    vocab_file_add(&f, "<a><b>", CONTROL);   /* 1 */
    vocab_file_add(&f, "<b>", UNKNOWN);      /* 2 */
    vocab_file_add(&f, "<u>", USER_DEFINED); /* 3 */
    vocab_file_add(&f, "b><c", CONTROL);     /* 4 */
    vocab_file_add(&f, "xyx", USER_DEFINED); /* 5 */
    vocab_file_add(&f, "<n>", NORMAL);       /* 6 */
    vocab_file_add(&f, "", CONTROL);         /* 7 */
    return open_file(&f);
}

static void control_tokens_are_found_only_when_asked_for(void **state) {
    (void)state;
    struct opened o = open_tags();
    check(&o, "1<a>2<b>3", true, "1|{0}|2|{2}|3");
    check(&o, "1<a>2<b>3", false, "1<a>2<b>3");
    close_file(&o);
}

static void control_tokens_are_found_only_in_the_ranges(void **state) {
    (void)state;
    struct opened o = open_tags();
    /* 0123456789012345678 */
    const char *text = "<a>1<a>2<u><a><b>3b><c";
    static const struct {
        struct text_range ranges[2];
        size_t n;
        const char *wanted;
    } cases[] = {
        {{{0, 22}}, 1, "{0}|1|{0}|2|{3}|{1}|3|{4}"},
        {{{0, 3}}, 1, "{0}|1<a>2|{3}|<a><b>3b><c"},
        {{{0, 2}, {4, 3}}, 2, "<a>1|{0}|2|{3}|<a><b>3b><c"},
        {{{1, 5}, {11, 3}}, 2, "<a>1<a>2|{3}|{0}|<b>3b><c"}, /* not the longer <a><b> */
        {{{3, 4}, {18, 3}}, 2, "<a>1|{0}|2|{3}|<a><b>3b><c"},
        {{{18, 4}}, 1, "<a>1<a>2|{3}|<a><b>3|{4}"},
        {{{14, 4}, {18, 4}}, 0, "<a>1<a>2|{3}|<a><b>3b><c"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        const struct special_where where = {.ranges = cases[i].ranges, .n_ranges = cases[i].n};
        check_where(&o, text, &where, cases[i].wanted);
    }
    close_file(&o);
}

static void user_defined_tokens_are_always_found(void **state) {
    (void)state;
    struct opened o = open_tags();
    check(&o, "1<u>2<a>", false, "1|{3}|2<a>");
    check(&o, "1<u>2<a>", true, "1|{3}|2|{0}");
    close_file(&o);
}

static void ordinary_tokens_are_not_looked_for(void **state) {
    (void)state;
    struct opened o = open_tags();
    check(&o, "<n>", true, "<n>");
    close_file(&o);
}

static void the_longest_token_goes_first_over_the_whole_text(void **state) {
    (void)state;
    struct opened o = open_tags();
    check(&o, "<a><b>", true, "{1}");
    check(&o, "<a> <b>", true, "{0}| |{2}");
    /* "b><c" is longer than "<b>" and takes its end, though "<b>" begins earlier. */
    check(&o, "<b><c", true, "<|{4}");
    /* "<a><b>" is longer still. */
    check(&o, "<a><b><c", true, "{1}|<c");
    close_file(&o);
}

static void the_leftmost_of_one_length_goes_first(void **state) {
    (void)state;
    struct opened o = open_tags();
    check(&o, "xyxyx", false, "{5}|yx");
    check(&o, "axyxyxyx", false, "a|{5}|y|{5}");
    close_file(&o);
}

static void tokens_may_stand_anywhere_and_side_by_side(void **state) {
    (void)state;
    struct opened o = open_tags();
    check(&o, "<u><u><u>", false, "{3}|{3}|{3}");
    check(&o, "<u>x", false, "{3}|x");
    check(&o, "x<u>", false, "x|{3}");
    check(&o, "<u", false, "<u");
    check(&o, "u>", false, "u>");
    check(&o, "<<u>>", false, "<|{3}|>");
    close_file(&o);
}

static void many_tokens_are_all_found(void **state) {
    (void)state;
    enum { N = 5000 };
    static const char unit[4] = {'.', '<', 'u', '>'};
    static char text[N * 4 + 1];
    struct opened o = open_tags();
    struct fragments list = {0};
    for (int i = 0; i < N; i++) memcpy(text + (size_t)4 * (size_t)i, unit, sizeof unit);
    assert_true(special_split(&o.special, &o.in.vocab, text, sizeof text - 1, &nowhere, &list));
    size_t n = 0;
    for (int32_t i = 0; i >= 0; i = list.at[i].next, n++)
        assert_int_equal(list.at[i].id, n % 2 ? 3 : VOCAB_NONE);
    assert_int_equal(n, 2 * N);
    fragments_clear(&list);
    close_file(&o);
}

static void a_vocabulary_without_special_tokens_leaves_texts_whole(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    vocab_file_add(&f, "<a>", NORMAL);
    struct opened o = open_file(&f);
    check(&o, "<a> text", true, "<a> text");
    close_file(&o);
}

static void tokens_of_phi3_take_the_whitespace_after_them_along(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    gguf_writer_str(&f.w, "general.name", "Phi-3 mini");
    vocab_file_add(&f, "<|user|>", CONTROL); /* 0 */
    vocab_file_add(&f, "<s>", CONTROL);      /* 1: does not */
    struct opened o = open_file(&f);
    check(&o, "<|user|> \t\n\v\f\rHi \n", true, "{0}|Hi \n");
    check(&o, "<|user|>\n<|user|>\n", true, "{0}|{0}");
    check(&o, "<s> x", true, "{1}| x");
    check(&o, "<|user|>\xc2\xa0x", true, "{0}|\xc2\xa0x"); /* no whitespace of C */
    check(&o, "<|user|> x", false, "<|user|> x");
    close_file(&o);
}

static void out_of_memory_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    struct opened o = open_tags();
    uint64_t live = mem_live(), n = 1;
    for (ingle_status status = INGLE_NO_MEMORY; status != INGLE_OK; n++) {
        struct special s = {0};
        ingle_error err = {0};
        mem_fail_at(n, 0);
        status = special_init(&s, &o.in.vocab, &err);
        mem_fail_at(0, 0);
        special_clear(&s);
        assert_true(status == INGLE_OK || status == INGLE_NO_MEMORY);
        assert_int_equal(mem_live(), live);
    }
    assert_true(n > 4);
    struct fragments list = {0};
    mem_fail_at(1, 0);
    assert_false(special_split(&o.special, &o.in.vocab, "<u>", 3, &nowhere, &list));
    mem_fail_at(0, 0);
    fragments_clear(&list);
    assert_int_equal(mem_live(), live);
    close_file(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_tokens_are_found_only_when_asked_for),
        cmocka_unit_test(control_tokens_are_found_only_in_the_ranges),
        cmocka_unit_test(user_defined_tokens_are_always_found),
        cmocka_unit_test(ordinary_tokens_are_not_looked_for),
        cmocka_unit_test(the_longest_token_goes_first_over_the_whole_text),
        cmocka_unit_test(the_leftmost_of_one_length_goes_first),
        cmocka_unit_test(tokens_may_stand_anywhere_and_side_by_side),
        cmocka_unit_test(many_tokens_are_all_found),
        cmocka_unit_test(a_vocabulary_without_special_tokens_leaves_texts_whole),
        cmocka_unit_test(tokens_of_phi3_take_the_whitespace_after_them_along),
        cmocka_unit_test(out_of_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
