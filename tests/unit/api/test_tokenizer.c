/* ingle/tokenizer.h: arguments and room, whatever the vocabulary; what the tokens of a text are is
 * the business of unit/text and oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "support/fixture.h"

#define BOS 256
#define EOS 257
#define THE 260 /* "the" */

static ingle_model *model;

static int open_model(void **state) {
    return fixture_group_open(state, &model);
}

static int close_model(void **state) {
    return fixture_group_close(state, model);
}

static void tokenising_needs_its_arguments(void **state) {
    (void)state;
    ingle_token ids[4];
    size_t n = 99;
    ingle_error err = {0};
    expect_refusal(ingle_tokenize(NULL, "a", 1, 0, ids, 4, &n, &err), INGLE_BAD_ARGUMENT, &err,
                   "model is NULL");
    expect_refusal(ingle_tokenize(model, "a", 1, 0, ids, 4, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "n_tokens is NULL");
    expect_refusal(ingle_tokenize(model, NULL, 1, 0, ids, 4, &n, &err), INGLE_BAD_ARGUMENT, &err,
                   "text is NULL");
    assert_int_equal(n, 0);
    expect_refusal(ingle_tokenize(model, "a", 1, 0, NULL, 4, &n, &err), INGLE_BAD_ARGUMENT, &err,
                   "ids is NULL");
    assert_int_equal(ingle_tokenize(NULL, NULL, 1, 0, NULL, 4, NULL, NULL), INGLE_BAD_ARGUMENT);
}

static void unknown_flags_are_refused(void **state) {
    (void)state;
    static const unsigned wrong[] = {4, 7, 0x80000000u, ~0u};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ingle_token ids[4];
        size_t n;
        ingle_error err = {0};
        char saying[32];
        snprintf(saying, sizeof saying, "flags 0x%x", wrong[i]);
        expect_refusal(ingle_tokenize(model, "a", 1, wrong[i], ids, 4, &n, &err),
                       INGLE_BAD_ARGUMENT, &err, saying);
    }
}

static void an_empty_text_needs_no_pointer(void **state) {
    (void)state;
    size_t n = 99;
    ingle_error err;
    mark_error(&err);
    assert_int_equal(ingle_tokenize(model, NULL, 0, 0, NULL, 0, &n, &err), INGLE_OK);
    assert_int_equal(n, 0);
    expect_marked(&err);
}

static void too_little_room_says_how_much_is_needed_and_writes_no_more(void **state) {
    (void)state;
    static const char text[] = "hat hat";
    for (size_t cap = 0; cap <= 9; cap++) {
        ingle_token ids[10];
        for (size_t i = 0; i < 10; i++) ids[i] = 4711;
        size_t n;
        ingle_error err;
        mark_error(&err);
        ingle_status status = ingle_tokenize(model, text, 7, 0, cap ? ids : NULL, cap, &n, &err);
        assert_int_equal(n, 7);
        if (cap == 0 || cap >= 7) {
            assert_int_equal(status, INGLE_OK);
            expect_marked(&err);
        } else {
            char saying[64];
            snprintf(saying, sizeof saying, "has 7 tokens; there is room for %zu", cap);
            expect_refusal(status, INGLE_LIMIT, &err, saying);
        }
        for (size_t i = cap; i < 10; i++) assert_int_equal(ids[i], 4711);
    }
}

static void control_tokens_in_a_text_count_only_if_asked_for(void **state) {
    (void)state;
    ingle_token ids[32];
    size_t n;
    static const char text[] = "a<|257|>";
    assert_int_equal(
        ingle_tokenize(model, text, 8, INGLE_TOKENIZE_PARSE_SPECIAL, ids, 32, &n, NULL), INGLE_OK);
    assert_int_equal(n, 2);
    assert_int_equal(ids[1], EOS);
    assert_int_equal(ingle_tokenize(model, text, 8, 0, ids, 32, &n, NULL), INGLE_OK);
    assert_int_equal(n, 8);
    for (size_t i = 0; i < n; i++) assert_false(ingle_token_is_control(model, ids[i]));
}

static void stable_tokens_are_the_first_ones_and_have_the_same_rules(void **state) {
    (void)state;
    ingle_token all[32], stable[32];
    size_t n, n_stable;
    ingle_error err = {0};
    static const char text[] = "hat the hat";
    assert_int_equal(ingle_tokenize(model, text, 11, 1, all, 32, &n, NULL), INGLE_OK);
    assert_int_equal(ingle_tokenize_stable(model, text, 11, 1, stable, 32, &n_stable, NULL),
                     INGLE_OK);
    assert_in_range(n_stable, 4, n - 1); /* BOS, h, a, t; the last word may go on */
    assert_memory_equal(stable, all, n_stable * sizeof *all);
    assert_int_equal(ingle_tokenize_stable(model, text, 11, 1, NULL, 0, &n, NULL), INGLE_OK);
    assert_int_equal(n, n_stable);
    expect_refusal(ingle_tokenize_stable(model, text, 11, 1, stable, 2, &n, &err), INGLE_LIMIT,
                   &err, "there is room for 2");
    expect_refusal(ingle_tokenize_stable(model, text, 11, 4, stable, 32, &n, &err),
                   INGLE_BAD_ARGUMENT, &err, "flags 0x4");
    expect_refusal(ingle_tokenize_stable(NULL, text, 11, 0, stable, 32, &n, &err),
                   INGLE_BAD_ARGUMENT, &err, "model is NULL");
}

/* ---- one token ---- */

static void a_token_has_bytes_and_control_tokens_only_if_special(void **state) {
    (void)state;
    size_t len = 99;
    assert_memory_equal(ingle_token_bytes(model, THE, false, &len), "the", 3);
    assert_int_equal(len, 3);
    for (int byte = 0; byte < 256; byte++) {
        const char *bytes = ingle_token_bytes(model, byte, false, &len);
        assert_int_equal(len, 1);
        assert_int_equal((unsigned char)bytes[0], byte);
    }
    assert_non_null(ingle_token_bytes(model, EOS, false, &len));
    assert_int_equal(len, 0);
    assert_memory_equal(ingle_token_bytes(model, EOS, true, &len), "<|257|>", 7);
    assert_int_equal(len, 7);
}

static void an_id_outside_the_vocabulary_is_no_token(void **state) {
    (void)state;
    static const ingle_token wrong[] = {-1, 320, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        size_t len = 99;
        assert_null(ingle_token_bytes(model, wrong[i], true, &len));
        assert_int_equal(len, 0);
        assert_false(ingle_token_is_end(model, wrong[i]));
        assert_false(ingle_token_is_control(model, wrong[i]));
    }
    assert_null(ingle_token_bytes(model, 1, true, NULL));
}

static void no_model_has_no_tokens(void **state) {
    (void)state;
    size_t len = 99;
    assert_null(ingle_token_bytes(NULL, 1, true, &len));
    assert_int_equal(len, 0);
    assert_false(ingle_token_is_end(NULL, EOS));
    assert_false(ingle_token_is_control(NULL, EOS));
    assert_int_equal(ingle_token_bos(NULL), INGLE_TOKEN_NONE);
    assert_int_equal(ingle_token_eos(NULL), INGLE_TOKEN_NONE);
}

static void bos_eos_and_ends_are_those_of_the_file(void **state) {
    (void)state;
    assert_int_equal(ingle_token_bos(model), BOS);
    assert_int_equal(ingle_token_eos(model), EOS);
    for (ingle_token id = 0; id < 320; id++) {
        assert_int_equal(ingle_token_is_end(model, id), id == EOS);
        assert_int_equal(ingle_token_is_control(model, id), id == BOS || id == EOS);
    }
}

/* ---- back to text ---- */

static void detokenising_needs_its_arguments(void **state) {
    (void)state;
    static const ingle_token ids[] = {'a'};
    char text[8];
    size_t len = 99;
    ingle_error err = {0};
    expect_refusal(ingle_detokenize(NULL, ids, 1, false, text, 8, &len, &err), INGLE_BAD_ARGUMENT,
                   &err, "model is NULL");
    expect_refusal(ingle_detokenize(model, ids, 1, false, text, 8, NULL, &err), INGLE_BAD_ARGUMENT,
                   &err, "len is NULL");
    expect_refusal(ingle_detokenize(model, NULL, 1, false, text, 8, &len, &err), INGLE_BAD_ARGUMENT,
                   &err, "ids is NULL");
    assert_int_equal(len, 0);
    expect_refusal(ingle_detokenize(model, ids, 1, false, NULL, 8, &len, &err), INGLE_BAD_ARGUMENT,
                   &err, "text is NULL");
    static const ingle_token wrong[] = {'a', 320};
    expect_refusal(ingle_detokenize(model, wrong, 2, false, text, 8, &len, &err),
                   INGLE_BAD_ARGUMENT, &err, "Token 1 is 320; the vocabulary has 0 to 319");
    assert_int_equal(ingle_detokenize(model, NULL, 0, false, NULL, 0, &len, NULL), INGLE_OK);
    assert_int_equal(len, 0);
}

static void text_is_terminated_if_there_is_room_and_never_written_past_it(void **state) {
    (void)state;
    static const ingle_token ids[] = {BOS, 'a', THE, 'b', EOS};
    for (int special = 0; special <= 1; special++) {
        const char *whole = special ? "<|256|>atheb<|257|>" : "atheb";
        size_t wanted = strlen(whole);
        for (size_t cap = 0; cap <= wanted + 2; cap++) {
            char text[32];
            memset(text, '#', sizeof text);
            size_t len;
            ingle_error err;
            mark_error(&err);
            ingle_status status =
                ingle_detokenize(model, ids, 5, special, cap ? text : NULL, cap, &len, &err);
            assert_int_equal(len, wanted);
            if (cap < wanted) {
                char saying[64];
                snprintf(saying, sizeof saying, "has %zu bytes; there is room for %zu", wanted,
                         cap);
                expect_refusal(status, INGLE_LIMIT, &err, saying);
            } else {
                assert_int_equal(status, INGLE_OK);
                expect_marked(&err);
                assert_memory_equal(text, whole, wanted);
                if (cap > wanted) assert_int_equal(text[wanted], 0);
            }
            for (size_t i = cap; i < sizeof text; i++) assert_int_equal(text[i], '#');
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokenising_needs_its_arguments),
        cmocka_unit_test(unknown_flags_are_refused),
        cmocka_unit_test(an_empty_text_needs_no_pointer),
        cmocka_unit_test(too_little_room_says_how_much_is_needed_and_writes_no_more),
        cmocka_unit_test(control_tokens_in_a_text_count_only_if_asked_for),
        cmocka_unit_test(stable_tokens_are_the_first_ones_and_have_the_same_rules),
        cmocka_unit_test(a_token_has_bytes_and_control_tokens_only_if_special),
        cmocka_unit_test(an_id_outside_the_vocabulary_is_no_token),
        cmocka_unit_test(no_model_has_no_tokens),
        cmocka_unit_test(bos_eos_and_ends_are_those_of_the_file),
        cmocka_unit_test(detokenising_needs_its_arguments),
        cmocka_unit_test(text_is_terminated_if_there_is_room_and_never_written_past_it),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
