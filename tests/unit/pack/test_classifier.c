/* engine/pack/classifier: words and grams of a text, and packs that are whole or damaged. */
#include "engine/pack/classifier.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/pack/class_text.h"
#include "support/classifier_pack.h"
#include "support/refusal.h"
#include "support/torture.h"

/* ---- words ---- */

static void require_words(const char *text, const char *expected) {
    struct class_text t;
    char found[512] = "";
    assert_int_equal(class_text_init(&t, text, strlen(text), NULL), INGLE_OK);
    for (size_t i = 0; i < t.n_words; i++) {
        size_t n = strlen(found);
        snprintf(found + n, sizeof found - n, "%s%.*s", i ? "|" : "",
                 (int)(t.words[i].to - t.words[i].from), t.bytes + t.words[i].from);
    }
    assert_string_equal(found, expected);
    class_text_clear(&t);
}

static void a_text_is_its_words_in_small_letters(void **state) {
    (void)state;
    require_words("", "");
    require_words(" ?!, ", "");
    require_words("What's UP, doc2?", "what's|up|doc2");
    require_words("\xc3\x89T\xc3\x89 \xd0\x94\xd0\x90 \xce\xa9",
                  "\xc3\xa9t\xc3\xa9|\xd0\xb4\xd0\xb0|\xcf\x89");
    require_words("\xe2\x80\x9cyes\xe2\x80\x9d\xe2\x80\x94no", "yes|no");
    require_words("\xe4\xbb\x8a\xe5\xa4\xa9ok", "\xe4\xbb\x8a|\xe5\xa4\xa9|ok");
    require_words("a\xff"
                  "b\xc3",
                  "a|b");
}

static void of_a_long_text_the_beginning_counts(void **state) {
    (void)state;
    static char text[3 * CLASS_MAX_TEXT];
    for (size_t i = 0; i < sizeof text; i++) text[i] = i % 2 ? ' ' : 'a';
    struct class_text t;
    assert_int_equal(class_text_init(&t, text, sizeof text, NULL), INGLE_OK);
    assert_int_equal(t.n_words, CLASS_MAX_TEXT / 2);
    class_text_clear(&t);
}

static void a_word_has_all_its_grams(void **state) {
    (void)state;
    uint32_t grams[CLASS_MAX_GRAMS], other[CLASS_MAX_GRAMS];
    /* " ab ": the word, and 3 of two, 2 of three, 1 of four characters */
    assert_int_equal(class_word_grams("ab", 2, grams), 7);
    /* As many of letters of two bytes. */
    assert_int_equal(class_word_grams("\xc3\xa9\xc3\xa8", 4, other), 7);
    for (size_t i = 0; i < 7; i++) assert_int_not_equal(grams[i], other[i]);
    char longest[4 * 300];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(class_word_grams(longest, sizeof longest, grams),
                     1 + 4 * (CLASS_WORD_CHARS + 2) - (1 + 2 + 3 + 4));
    for (size_t i = 0; i < sizeof longest; i++) longest[i] = "\xf0\x90\x80\x80"[i % 4];
    (void)class_word_grams(longest, sizeof longest, other);
    /* Two words that differ behind what makes grams are still two. */
    assert_int_not_equal(class_word_grams(longest, sizeof longest - 4, grams), 0);
    assert_int_not_equal(grams[0], other[0]);
}

static void hashes_never_change(void **state) {
    (void)state;
    /* Packs are made of them: other numbers would make all packs useless. */
    uint32_t grams[CLASS_MAX_GRAMS];
    (void)class_word_grams("hello", 5, grams);
    assert_int_equal(grams[0], 0x6f9697ecu);
    assert_int_equal(grams[1], 0xf75b0ca1u);
    assert_int_equal(class_pair_gram("hello", 5, "world", 5), 0xedb3429u);
    assert_int_not_equal(class_pair_gram("ab", 2, "c", 1), class_pair_gram("a", 1, "bc", 2));
}

static void rows_are_found(void **state) {
    (void)state;
    static const uint32_t hashes[] = {1, 5, 9, 0xffffffffu};
    assert_int_equal(class_find_row(hashes, 4, 1), 0);
    assert_int_equal(class_find_row(hashes, 4, 9), 2);
    assert_int_equal(class_find_row(hashes, 4, 0xffffffffu), 3);
    assert_int_equal(class_find_row(hashes, 4, 0), 4);
    assert_int_equal(class_find_row(hashes, 4, 6), 4);
    assert_int_equal(class_find_row(hashes, 0, 6), 0);
}

/* ---- packs ---- */

static ingle_status open_it(const struct classifier_pack *p, ingle_pack **pack, void **memory,
                            ingle_error *err) {
    struct buf bytes;
    buf_init(&bytes, 1 << 24);
    classifier_pack_write(p, &bytes);
    *memory = mem_aligned(64, bytes.size);
    assert_non_null(*memory);
    memcpy(*memory, bytes.data, bytes.size);
    mark_error(err);
    ingle_status status = ingle_pack_open_memory(pack, *memory, bytes.size, "the pack", err);
    buf_clear(&bytes);
    return status;
}

static void expect_damage(const struct classifier_pack *p, const char *saying) {
    ingle_pack *pack;
    void *memory;
    ingle_error err;
    uint64_t live = mem_live();
    expect_refusal(open_it(p, &pack, &memory, &err), INGLE_INVALID, &err, saying);
    assert_null(pack);
    mem_free(memory);
    assert_int_equal(mem_live(), live);
}

static void damaged_packs_are_refused(void **state) {
    (void)state;
    static const char *const keys[] = {CLASSIFIER_DIM,
                                       CLASSIFIER_FILTERS,
                                       CLASSIFIER_BAG,
                                       CLASSIFIER_MEMBERS,
                                       CLASSIFIER_HAS_NONE,
                                       CLASSIFIER_TEMPERATURE,
                                       CLASSIFIER_THRESHOLD,
                                       CLASSIFIER_SLOPE,
                                       CLASSIFIER_SHIFT,
                                       CLASSIFIER_GRAMS,
                                       CLASSIFIER_PAIRS,
                                       CLASSIFIER_ROWS,
                                       "filters.1",
                                       "filters.2",
                                       "filters.3",
                                       CLASSIFIER_FILTER_BIAS,
                                       CLASSIFIER_OUT,
                                       CLASSIFIER_OUT_BIAS,
                                       CLASSIFIER_WEIGHTS,
                                       CLASSIFIER_BAG_ROWS,
                                       CLASSIFIER_BAG_BIAS,
                                       CLASSIFIER_BAG_OUT,
                                       CLASSIFIER_BAG_OUT_BIAS};
    struct classifier_pack p;
    for (size_t i = 0; i < BASE_COUNT(keys); i++) {
        p = classifier_pack_default(), p.without = keys[i], expect_damage(&p, keys[i]);
    }
    for (size_t i = 11; i < BASE_COUNT(keys); i++) {
        p = classifier_pack_default(), p.shorter = keys[i], expect_damage(&p, keys[i]);
    }
    p = classifier_pack_default(), p.falls = true, expect_damage(&p, "do not rise");
    p = classifier_pack_default(), p.temperature = 0, expect_damage(&p, "temperature 0");
    p = classifier_pack_default(), p.temperature = NAN, expect_damage(&p, "finite");
    p = classifier_pack_default(), p.slope = -1, expect_damage(&p, "slope -1");
}

static void numbers_that_are_none_are_said(void **state) {
    (void)state;
    struct classifier_pack p = classifier_pack_default();
    ingle_pack *pack;
    void *memory;
    ingle_error err;
    ingle_class top;
    ingle_classification c;
    p.is_infinite = true;
    assert_int_equal(open_it(&p, &pack, &memory, &err), INGLE_OK);
    mark_error(&err);
    expect_refusal(ingle_classify(pack, "hello", 5, &top, 1, &c, &err), INGLE_INVALID, &err,
                   "no number");
    ingle_pack_close(pack);
    mem_free(memory);
}

static void answers_add_up(void **state) {
    (void)state;
    static const char *const texts[] = {"hello world", "Hello, WORLD!", "", "held", "x y z w"};
    struct classifier_pack p = classifier_pack_default();
    ingle_pack *pack;
    void *memory;
    ingle_error err;
    assert_int_equal(open_it(&p, &pack, &memory, &err), INGLE_OK);
    expect_marked(&err);
    ingle_class first[3];
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        ingle_class top[5];
        ingle_classification c;
        assert_int_equal(ingle_classify(pack, texts[i], strlen(texts[i]), top, 5, &c, NULL),
                         INGLE_OK);
        assert_int_equal(c.n, 3);
        float sum = 0;
        for (size_t k = 0; k < 3; k++) {
            assert_true(top[k].label < 3 && top[k].confidence >= 0);
            assert_true(k == 0 || top[k].confidence <= top[k - 1].confidence);
            sum += top[k].confidence;
        }
        assert_true(sum <= 1.0001f);
        assert_true(c.is_none == (c.confidence != top[0].confidence) || top[0].confidence == 0.5f);
        if (i == 0) memcpy(first, top, sizeof first);
        if (i == 1) assert_memory_equal(first, top, sizeof first);
        assert_int_equal(ingle_classify(pack, texts[i], strlen(texts[i]), NULL, 0, &c, NULL),
                         INGLE_OK);
        assert_int_equal(c.n, 0);
    }
    ingle_pack_close(pack);
    mem_free(memory);
}

static void a_threshold_of_one_leaves_nothing_in_scope(void **state) {
    (void)state;
    for (int all = 0; all <= 1; all++) {
        struct classifier_pack p = classifier_pack_default();
        p.threshold = all ? 0 : 1.5f;
        ingle_pack *pack;
        void *memory;
        ingle_class top;
        ingle_classification c;
        ingle_error err;
        assert_int_equal(open_it(&p, &pack, &memory, &err), INGLE_OK);
        assert_int_equal(ingle_classify(pack, "hello", 5, &top, 1, &c, NULL), INGLE_OK);
        assert_int_equal(c.is_none, !all);
        ingle_pack_close(pack);
        mem_free(memory);
    }
}

static ingle_status open_and_ask(ingle_error *err) {
    struct classifier_pack p = classifier_pack_default();
    static void *memory;
    static size_t size;
    if (!memory) {
        struct buf bytes;
        buf_init(&bytes, 1 << 24);
        classifier_pack_write(&p, &bytes);
        memory = mem_aligned(64, bytes.size);
        memcpy(memory, bytes.data, size = bytes.size);
        buf_clear(&bytes);
    }
    ingle_pack *pack;
    ingle_class top;
    ingle_classification c;
    ingle_status status = ingle_pack_open_memory(&pack, memory, size, "the pack", err);
    if (status == INGLE_OK) status = ingle_classify(pack, "hello you", 9, &top, 1, &c, err);
    ingle_pack_close(pack);
    return status;
}

static void no_memory_is_said_at_every_allocation(void **state) {
    (void)state;
    assert_int_equal(open_and_ask(NULL), INGLE_OK);
    assert_true(torture(open_and_ask) > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_its_words_in_small_letters),
        cmocka_unit_test(of_a_long_text_the_beginning_counts),
        cmocka_unit_test(a_word_has_all_its_grams),
        cmocka_unit_test(hashes_never_change),
        cmocka_unit_test(rows_are_found),
        cmocka_unit_test(damaged_packs_are_refused),
        cmocka_unit_test(numbers_that_are_none_are_said),
        cmocka_unit_test(answers_add_up),
        cmocka_unit_test(a_threshold_of_one_leaves_nothing_in_scope),
        cmocka_unit_test(no_memory_is_said_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
