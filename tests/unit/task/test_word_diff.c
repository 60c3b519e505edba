/* task/word_diff: the fewest changes, and both texts in its parts. */
#include "task/word_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/rng.h"

/* The longest common subsequence, by the table. */
static size_t longest(const size_t *a, size_t n_a, const size_t *b, size_t n_b) {
    static size_t table[64][64];
    for (size_t i = 0; i <= n_a; i++) {
        for (size_t j = 0; j <= n_b; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = 0;
            } else if (a[i - 1] == b[j - 1]) {
                table[i][j] = table[i - 1][j - 1] + 1;
            } else {
                size_t up = table[i - 1][j], left = table[i][j - 1];
                table[i][j] = up > left ? up : left;
            }
        }
    }
    return table[n_a][n_b];
}

static void what_stays_is_a_longest_common_subsequence(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 3);
    for (int round = 0; round < 20000; round++) {
        size_t a[40], b[40], n_a = rng_below(&rng, 40), n_b = rng_below(&rng, 40);
        uint32_t letters = 1 + rng_below(&rng, 8);
        for (size_t i = 0; i < n_a; i++) a[i] = rng_below(&rng, letters);
        for (size_t i = 0; i < n_b; i++) b[i] = rng_below(&rng, letters);
        bool changed_a[40], changed_b[40];
        assert_int_equal(diff_items(a, n_a, b, n_b, changed_a, changed_b, NULL), INGLE_OK);
        size_t i = 0, j = 0, n = 0;
        for (;;) {
            while (i < n_a && changed_a[i]) i++;
            while (j < n_b && changed_b[j]) j++;
            if (i == n_a || j == n_b) break;
            assert_int_equal(a[i++], b[j++]);
            n++;
        }
        assert_int_equal(i, n_a);
        assert_int_equal(j, n_b);
        assert_int_equal(n, longest(a, n_a, b, n_b));
    }
}

static void expect_diff(const char *old_text, const char *new_text, const char *shown) {
    struct word_diff d;
    struct buf out = {.max = 4096};
    assert_int_equal(
        word_diff_new(&d, old_text, strlen(old_text), new_text, strlen(new_text), NULL), INGLE_OK);
    for (size_t i = 0; i < d.n; i++) {
        const struct diff_part *p = &d.parts[i];
        static const char *const open[] = {"", "[-", "{+"}, *const close[] = {"", "-]", "+}"};
        buf_add_str(&out, open[p->kind]);
        buf_add(&out, (p->kind == DIFF_ADDED ? new_text : old_text) + p->from, p->to - p->from);
        buf_add_str(&out, close[p->kind]);
    }
    assert_string_equal(out.data ? out.data : "", shown);
    buf_clear(&out);
    word_diff_clear(&d);
}

static void words_that_changed_are_shown_and_no_others(void **state) {
    (void)state;
    expect_diff("", "", "");
    expect_diff("the same", "the same", "the same");
    expect_diff("teh cat sat.", "the cat sat.", "[-teh-]{+the+} cat sat.");
    expect_diff("a b c", "a c", "a [-b -]c");
    expect_diff("I has went there.", "I had gone there.", "I [-has went-]{+had gone+} there.");
    expect_diff("caf\xc3\xa9s are", "caf\xc3\xa9 is", "[-caf\xc3\xa9s are-]{+caf\xc3\xa9 is+}");
    expect_diff("one,two", "one, two", "one,{+ +}two");
    expect_diff("all", "nothing", "[-all-]{+nothing+}");
    expect_diff("", "new", "{+new+}");
}

static void the_share_of_changed_words_does_not_count_blanks(void **state) {
    (void)state;
    struct word_diff d;
    assert_int_equal(word_diff_new(&d, "one two three four", 18, "one 2 three four", 16, NULL),
                     INGLE_OK);
    assert_int_equal(d.n_old, 4);
    assert_int_equal(d.n_removed, 1);
    assert_int_equal(d.n_added, 1);
    assert_true(word_diff_share(&d) > 0.24 && word_diff_share(&d) < 0.26);
    word_diff_clear(&d);
}

static void long_texts_with_few_changes_take_no_time(void **state) {
    (void)state;
    struct buf a = {.max = 1 << 24}, b = {.max = 1 << 24};
    for (int i = 0; i < 200000; i++) {
        buf_addf(&a, "word%d ", i);
        buf_addf(&b, i % 5000 == 77 ? "other%d " : "word%d ", i);
    }
    struct word_diff d;
    assert_int_equal(word_diff_new(&d, a.data, a.size, b.data, b.size, NULL), INGLE_OK);
    assert_int_equal(d.n_removed, 40);
    assert_int_equal(d.n_added, 40);
    word_diff_clear(&d);
    buf_clear(&a);
    buf_clear(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stays_is_a_longest_common_subsequence),
        cmocka_unit_test(words_that_changed_are_shown_and_no_others),
        cmocka_unit_test(the_share_of_changed_words_does_not_count_blanks),
        cmocka_unit_test(long_texts_with_few_changes_take_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
