/* Generating: why an answer ends, what of its text arrives and when, going on afterwards. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "support/answer.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/gguf_edit.h"

#define EOS 257
#define PROMPT 3 /* tokens */

static ingle_model *model; /* a token for every byte, so that any text may come */

static int open_all(void **state) {
    if (folder_make(state) != 0) return -1;
    model = fixture_model(&(struct make_model_spec){.n_layer = 1, .seed = 3}, NULL);
    return 0;
}

static int close_all(void **state) {
    ingle_model_close(model);
    return folder_remove(state);
}

static ingle_session *begin(int n_ctx) {
    ingle_session *s =
        fixture_session(model, (struct fixture_session){.n_ctx = n_ctx, .n_batch = 16});
    fixture_eval(s, (const ingle_token[PROMPT]){1, 2, 3}, PROMPT);
    return s;
}

/* An answer of its own session, with only these tokens allowed. */
static void answer_with(struct answer *a, const char *allowed, uint64_t seed,
                        const ingle_generate_options *options) {
    ingle_session *s = begin(400);
    ingle_sampler *sampler = answer_sampler(model, allowed, seed);
    answer_generate(a, s, sampler, options);
    assert_int_equal(a->status, INGLE_OK);
    assert_int_equal(ingle_session_n_tokens(s), PROMPT + a->result.n_tokens - 1);
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

static ingle_generate_options at_most(int max_tokens) {
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = max_tokens;
    return options;
}

/* ---- why it ends ---- */

static void max_tokens_ends_an_answer_after_just_so_many(void **state) {
    (void)state;
    static const int counts[] = {1, 2, 17, 200};
    for (size_t i = 0; i < BASE_COUNT(counts); i++) {
        struct answer a;
        ingle_generate_options options = at_most(counts[i]);
        answer_with(&a, "abc", 1, &options);
        assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
        assert_int_equal(a.result.n_tokens, counts[i]);
        assert_int_equal(a.len, counts[i]);
        assert_int_equal(a.result.last, a.text[a.len - 1]);
        assert_true(a.result.first_ms >= 0 && a.result.decode_ms >= 0);
    }
}

static void no_tokens_asked_for_is_an_answer_of_none(void **state) {
    (void)state;
    ingle_session *s = begin(20);
    ingle_sampler *sampler = answer_sampler(model, "abc", 1);
    ingle_generate_options options = at_most(0);
    struct answer a;
    answer_generate(&a, s, sampler, &options);
    assert_int_equal(a.status, INGLE_OK);
    assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
    assert_int_equal(a.result.n_tokens, 0);
    assert_int_equal(a.result.last, INGLE_TOKEN_NONE);
    assert_int_equal(a.n_calls, 0);
    assert_non_null(ingle_session_logits(s));
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

static void a_negative_number_of_tokens_other_than_minus_one_is_refused(void **state) {
    (void)state;
    ingle_session *s = begin(20);
    ingle_sampler *sampler = answer_sampler(model, "abc", 1);
    static const int wrong[] = {-2, -3, INT32_MIN};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ingle_generate_options options = at_most(wrong[i]);
        struct answer a;
        answer_generate(&a, s, sampler, &options);
        char saying[40];
        snprintf(saying, sizeof saying, "max_tokens is %d", wrong[i]);
        expect_refusal(a.status, INGLE_BAD_ARGUMENT, &a.err, saying);
        assert_int_equal(a.result.n_tokens, 0);
        assert_int_equal(ingle_session_n_tokens(s), PROMPT);
    }
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

static void an_end_token_ends_an_answer_and_is_no_text(void **state) {
    (void)state;
    int n_long = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct answer a;
        answer_with(&a, "ab" ANSWER_END, seed, NULL);
        assert_int_equal(a.result.reason, INGLE_STOP_END);
        assert_int_equal(a.result.last, EOS);
        assert_int_equal(a.len, a.result.n_tokens - 1);
        assert_int_equal(strspn(a.text, "ab"), a.len);
        n_long += a.len > 2;
    }
    assert_true(n_long > 0);
}

static void end_tokens_can_be_ignored(void **state) {
    (void)state;
    ingle_generate_options options = at_most(100);
    options.ignore_end = true;
    struct answer a;
    answer_with(&a, "ab" ANSWER_END, 1, &options);
    assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
    assert_int_equal(a.result.n_tokens, 100);
    assert_in_range(a.len, 1, 99); /* some were end tokens */
    assert_int_equal(strspn(a.text, "ab"), a.len);
}

static void the_reader_may_end_an_answer_and_gets_no_more(void **state) {
    (void)state;
    for (int n = 1; n < 5; n++) {
        ingle_session *s = begin(100);
        ingle_sampler *sampler = answer_sampler(model, "abc", 1);
        struct answer a;
        answer_until(&a, s, sampler, NULL, n);
        assert_int_equal(a.status, INGLE_OK);
        assert_int_equal(a.result.reason, INGLE_STOP_CANCEL);
        assert_int_equal(a.n_calls, n);
        assert_int_equal(a.result.n_tokens, n);
        ingle_sampler_free(sampler);
        ingle_session_free(s);
    }
}

/* What was held back is delivered at the end, and may be what the reader has enough of. */
static void the_reader_may_end_an_answer_at_its_end(void **state) {
    (void)state;
    ingle_session *s = begin(100);
    ingle_sampler *sampler = answer_sampler(model, "a", 1);
    ingle_generate_options options = at_most(3);
    options.stops = (const char *const[]){"aaaa"};
    options.n_stops = 1;
    struct answer a;
    answer_generate(&a, s, sampler, &options);
    assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
    assert_int_equal(a.n_calls, 1); /* all of it held back until then */
    assert_string_equal(a.text, "aaa");
    fixture_eval(s, &a.result.last, 1);
    answer_until(&a, s, sampler, &options, 1);
    assert_int_equal(a.status, INGLE_OK);
    assert_int_equal(a.result.reason, INGLE_STOP_CANCEL);
    assert_string_equal(a.text, "aaa");
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

static void an_answer_needs_no_reader(void **state) {
    (void)state;
    ingle_session *s = begin(100);
    ingle_sampler *sampler = answer_sampler(model, "abc", 1);
    ingle_generate_options options = at_most(10);
    ingle_generate_result result;
    assert_int_equal(ingle_session_generate(s, sampler, &options, &result, NULL), INGLE_OK);
    assert_int_equal(result.n_tokens, 10);
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

static void a_text_ends_after_its_time_and_says_so(void **state) {
    (void)state;
    struct answer a;
    ingle_generate_options options = at_most(300);
    options.ignore_end = true;
    answer_with(&a, "abc", 1, &options);
    assert_false(a.result.is_late);
    options.max_ms = 60000;
    answer_with(&a, "abc", 1, &options);
    assert_int_equal(a.result.n_tokens, 300);
    assert_false(a.result.is_late);
    options.max_ms = 1;
    options.max_tokens = -1;
    ingle_session *s = begin(4000);
    ingle_sampler *sampler = answer_sampler(model, "abc", 1);
    answer_generate(&a, s, sampler, &options);
    assert_int_equal(a.status, INGLE_OK);
    assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
    assert_true(a.result.is_late);
    assert_true(a.result.n_tokens >= 1);
    options.max_ms = -1;
    expect_refusal(ingle_session_generate(s, sampler, &options, &a.result, &a.err),
                   INGLE_BAD_ARGUMENT, &a.err, "max_ms is -1");
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

/* ---- stop strings ---- */

/* The first end at which any string ends; of those that end there the longest. Returns where it
 * begins, or the length of the text. */
static size_t find_stop(const char *text, const char *const *stops, size_t n_stops, size_t *end) {
    for (*end = 1; *end <= strlen(text); ++*end) {
        size_t longest = 0;
        for (size_t i = 0; i < n_stops; i++) {
            size_t n = strlen(stops[i]);
            if (n <= *end && n > longest && memcmp(text + *end - n, stops[i], n) == 0) longest = n;
        }
        if (longest) return *end - longest;
    }
    return strlen(text);
}

static void no_byte_of_a_stop_string_leaks_wherever_tokens_end(void **state) {
    (void)state;
    /* Tokens of one to three letters: t h e i n, space, and the merged ones of the vocabulary. */
    static const char allowed[] = "thein " ANSWER_MERGED;
    static const char *const lists[][3] = {
        {"the"},      {"nth", "hei"},      {"e t", "eth"}, {" ", "in"},
        {"ththt"},    {"het", "t", "e"},   {"n then"},     {"hehe", "tt", "ii"},
        {"inthe in"}, {"nn", "nin", "hth"}};
    int n_found = 0, n_whole = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct answer whole, a;
        ingle_generate_options options = at_most(60);
        answer_with(&whole, allowed, seed, &options);
        for (size_t i = 0; i < BASE_COUNT(lists); i++) {
            options.stops = lists[i];
            for (options.n_stops = 0; options.n_stops < 3 && lists[i][options.n_stops];) {
                options.n_stops++;
            }
            size_t end, wanted = find_stop(whole.text, lists[i], options.n_stops, &end);
            answer_with(&a, allowed, seed, &options);
            bool found = wanted < whole.len;
            assert_int_equal(a.result.reason, found ? INGLE_STOP_STRING : INGLE_STOP_LENGTH);
            assert_int_equal(a.result.stop >= 0, found);
            if (found) {
                const char *stop = lists[i][a.result.stop];
                assert_int_equal(strlen(stop), end - wanted);
                assert_memory_equal(stop, whole.text + wanted, end - wanted);
            }
            assert_int_equal(a.len, wanted);
            assert_memory_equal(a.text, whole.text, wanted);
            n_found += found;
            n_whole += !found;
        }
    }
    assert_true(n_found > 40 && n_whole > 5);
}

static void a_stop_string_outranks_the_length(void **state) {
    (void)state;
    struct answer whole, a;
    ingle_generate_options options = at_most(30);
    answer_with(&whole, "abc", 4, &options);
    char tail[4] = {0};
    memcpy(tail, whole.text + 27, 3);
    options.stops = (const char *const[]){tail};
    options.n_stops = 1;
    size_t end, wanted = find_stop(whole.text, options.stops, 1, &end);
    options.max_tokens = (int)end;
    answer_with(&a, "abc", 4, &options);
    assert_int_equal(a.result.reason, INGLE_STOP_STRING);
    assert_int_equal(a.len, wanted);
    /* One token less, and what was held back is text. */
    options.max_tokens = (int)end - 1;
    answer_with(&a, "abc", 4, &options);
    assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
    assert_int_equal(a.len, end - 1);
    assert_memory_equal(a.text, whole.text, end - 1);
}

static void unusable_stop_strings_are_refused_before_anything_is_computed(void **state) {
    (void)state;
    static const char *const wrong[] = {"ok", ""};
    ingle_session *s = begin(20);
    ingle_sampler *sampler = answer_sampler(model, "abc", 1);
    ingle_generate_options options = at_most(5);
    options.stops = wrong;
    options.n_stops = 2;
    struct answer a;
    answer_generate(&a, s, sampler, &options);
    expect_refusal(a.status, INGLE_BAD_ARGUMENT, &a.err, "Stop string 2 is empty");
    assert_int_equal(a.result.n_tokens, 0);
    assert_int_equal(a.n_calls, 0);
    assert_int_equal(ingle_session_n_tokens(s), PROMPT);
    options.stops = NULL;
    answer_generate(&a, s, sampler, &options);
    expect_refusal(a.status, INGLE_BAD_ARGUMENT, &a.err, "stops");
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

/* ---- characters ---- */

/* Generates n tokens one by one, going on from the last each time; returns their bytes. */
static size_t bytes_one_by_one(char *bytes, const char *allowed, uint64_t seed, int n) {
    ingle_session *s = begin(400);
    ingle_sampler *sampler = answer_sampler(model, allowed, seed);
    ingle_generate_options options = at_most(1);
    size_t len = 0;
    for (int i = 0; i < n; i++) {
        ingle_generate_result result;
        assert_int_equal(ingle_session_generate(s, sampler, &options, &result, NULL), INGLE_OK);
        assert_int_equal(result.n_tokens, 1);
        size_t n_bytes;
        const char *piece = ingle_token_bytes(model, result.last, false, &n_bytes);
        memcpy(bytes + len, piece, n_bytes);
        len += n_bytes;
        fixture_eval(s, &result.last, 1);
    }
    ingle_sampler_free(sampler);
    ingle_session_free(s);
    return len;
}

static void text_arrives_as_whole_characters_whatever_the_tokens_are(void **state) {
    (void)state;
    /* The bytes of U+E9, U+20AC, U+1F642 in any order, and bytes that never belong anywhere. */
    static const char allowed[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x80\xff\xed";
    int n_replaced = 0, n_long = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        char bytes[400], wanted[1200];
        struct answer a;
        size_t n_bytes = bytes_one_by_one(bytes, allowed, seed, 150);
        ingle_generate_options options = at_most(150);
        answer_with(&a, allowed, seed, &options);
        assert_true(a.only_whole_characters);
        size_t len = answer_decode(wanted, bytes, n_bytes);
        assert_int_equal(a.len, len);
        assert_memory_equal(a.text, wanted, len);
        for (const char *p = a.text; (p = strstr(p, "\xef\xbf\xbd")); p += 3) n_replaced++;
        for (const char *p = a.text; (p = strstr(p, "\xc3\xa9")); p += 2) n_long++;
    }
    assert_true(n_replaced > 100 && n_long > 10);
}

static void stop_strings_of_long_characters_work_too(void **state) {
    (void)state;
    static const char allowed[] = "a\xc3\xa9\xa8";
    static const char *const stops[] = {"\xc3\xa9\xc3\xa9", "a\xc3\xa8"};
    int n_found = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct answer whole, a;
        ingle_generate_options options = at_most(100);
        answer_with(&whole, allowed, seed, &options);
        options.stops = stops;
        options.n_stops = 2;
        size_t end, wanted = find_stop(whole.text, stops, 2, &end);
        answer_with(&a, allowed, seed, &options);
        assert_int_equal(a.len, wanted);
        assert_memory_equal(a.text, whole.text, wanted);
        assert_true(a.only_whole_characters);
        n_found += a.result.reason == INGLE_STOP_STRING;
    }
    assert_true(n_found > 5);
}

/* ---- errors in the midst ---- */

static void a_full_context_is_an_error_that_keeps_the_text(void **state) {
    (void)state;
    struct answer whole, a;
    ingle_generate_options options = at_most(18);
    answer_with(&whole, "abc", 9, &options);
    ingle_session *s = begin(20);
    ingle_sampler *sampler = answer_sampler(model, "abc", 9);
    options = at_most(-1);
    char last_letters[3] = {whole.text[16], whole.text[17], 0}; /* held back at the end */
    char never[8];
    snprintf(never, sizeof never, "%s!", last_letters);
    options.stops = (const char *const[]){never};
    options.n_stops = 1;
    answer_generate(&a, s, sampler, &options);
    expect_refusal(a.status, INGLE_CONTEXT_FULL, &a.err, "holds 20 tokens: 20 are used");
    assert_int_equal(a.result.n_tokens, 18); /* 17 in the context, and one for which it is full */
    assert_int_equal(a.result.last, whole.result.last);
    assert_int_equal(a.len, 18);
    assert_memory_equal(a.text, whole.text, 18);
    assert_int_equal(ingle_session_n_tokens(s), 20);
    assert_non_null(ingle_session_logits(s));
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

static void nan_logits_are_an_error_that_keeps_the_text(void **state) {
    (void)state;
    const char *path =
        fixture_write("nan.gguf", &(struct make_model_spec){.n_layer = 1, .seed = 3});
    float nan = NAN;
    fixture_patch(path, "token_embd.weight", 'b' * 64 * sizeof nan, &nan, sizeof nan);
    ingle_model *faulty = fixture_open(path, NULL);
    int n_text = 0;
    for (uint64_t seed = 1; seed < 10; seed++) {
        ingle_session *s = fixture_session(faulty, (struct fixture_session){.n_ctx = 100});
        ingle_sampler *sampler = answer_sampler(faulty, "aabc", seed);
        fixture_eval(s, (const ingle_token[]){'a'}, 1);
        struct answer a;
        answer_generate(&a, s, sampler, NULL);
        if (a.status != INGLE_CONTEXT_FULL) {
            expect_refusal(a.status, INGLE_FAILED, &a.err, "No token can follow");
            assert_int_equal(a.result.last, 'b'); /* what came of it is NaN */
            assert_int_equal(a.text[a.len - 1], 'b');
            assert_int_equal(a.len, a.result.n_tokens);
            n_text += a.len > 1;
        }
        ingle_sampler_free(sampler);
        ingle_session_free(s);
    }
    assert_true(n_text > 0);
    ingle_model_close(faulty);
}

static void without_logits_there_is_nothing_to_go_on_from(void **state) {
    (void)state;
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 20});
    ingle_sampler *sampler = answer_sampler(model, "abc", 1);
    struct answer a;
    answer_generate(&a, s, sampler, NULL);
    expect_refusal(a.status, INGLE_BAD_ARGUMENT, &a.err, "eval a token first");
    fixture_eval(s, (const ingle_token[]){1, 2}, 2);
    assert_int_equal(ingle_session_truncate(s, 1, NULL), INGLE_OK);
    answer_generate(&a, s, sampler, NULL);
    expect_refusal(a.status, INGLE_BAD_ARGUMENT, &a.err, "eval a token first");
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

static void what_is_said_counts_for_the_penalties(void **state) {
    (void)state;
    ingle_logit_bias bias[320];
    for (int i = 0; i < 320; i++) {
        bias[i] = (ingle_logit_bias){i, i >= 'a' && i <= 'z' ? 0 : -INFINITY};
    }
    ingle_sampling_options sampling = ingle_sampling_options_default();
    sampling.temperature = 0;
    sampling.presence_penalty = 1000;
    sampling.logit_bias = bias;
    sampling.n_logit_bias = 320;
    ingle_sampler *sampler = fixture_sampler(model, &sampling);
    ingle_session *s = begin(100);
    ingle_generate_options options = at_most(26);
    struct answer a;
    answer_generate(&a, s, sampler, &options);
    assert_int_equal(a.len, 26);
    for (int c = 'a'; c <= 'z'; c++) assert_non_null(strchr(a.text, c)); /* each just once */
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

/* Weights are often padded to a round number of rows. */
static void rows_that_no_token_has_are_no_text(void **state) {
    (void)state;
    const struct make_model_spec tied = {.n_layer = 1, .seed = 3, .tied = true};
    char padded[128];
    snprintf(padded, sizeof padded, "%s", folder_file("padded.gguf"));
    assert_true(
        gguf_edit_copy(fixture_write("tied.gguf", &tied), padded,
                       &(struct gguf_edit){.reshape = "token_embd.weight", .dims = {64, 352}}));
    ingle_model *wide = fixture_open(padded, NULL);
    assert_int_equal(ingle_model_get_info(wide).n_vocab, 352);
    const ingle_logit_bias bias[] = {{330, 1000}};
    ingle_sampling_options sampling = ingle_sampling_options_default();
    sampling.logit_bias = bias;
    sampling.n_logit_bias = 1;
    sampling.dry_multiplier = 1; /* which reads the bytes of every token */
    ingle_sampler *sampler = fixture_sampler(wide, &sampling);
    ingle_session *s = fixture_session(wide, (struct fixture_session){.n_ctx = 100});
    fixture_eval(s, (const ingle_token[]){340, 'a'}, 2);
    ingle_generate_options options = at_most(5);
    struct answer a;
    answer_generate(&a, s, sampler, &options);
    assert_int_equal(a.status, INGLE_OK);
    assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
    assert_int_equal(a.result.last, 330);
    assert_int_equal(a.len, 0);
    size_t len;
    assert_null(ingle_token_bytes(wide, 330, true, &len));
    ingle_sampler_free(sampler);
    ingle_session_free(s);
    ingle_model_close(wide);
}

/* ---- again, and further ---- */

static void the_same_seed_tells_the_same_story(void **state) {
    (void)state;
    struct answer a, b, c;
    ingle_generate_options options = at_most(80);
    answer_with(&a, "abcdefgh", 1, &options);
    answer_with(&b, "abcdefgh", 1, &options);
    answer_with(&c, "abcdefgh", 2, &options);
    assert_string_equal(a.text, b.text);
    assert_string_not_equal(a.text, c.text);
}

static void an_answer_in_parts_is_the_answer_in_one(void **state) {
    (void)state;
    struct answer whole;
    ingle_generate_options options = at_most(90);
    answer_with(&whole, "abcdefgh", 5, &options);
    ingle_session *s = begin(400);
    ingle_sampler *sampler = answer_sampler(model, "abcdefgh", 5);
    char text[100] = "";
    size_t len = 0;
    for (int n = 2; len < 90; n += 5) {
        struct answer part;
        options = at_most(n < 90 - (int)len ? n : 90 - (int)len);
        answer_generate(&part, s, sampler, &options);
        assert_int_equal(part.status, INGLE_OK);
        memcpy(text + len, part.text, part.len);
        len += part.len;
        fixture_eval(s, &part.result.last, 1);
    }
    assert_string_equal(text, whole.text);
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(max_tokens_ends_an_answer_after_just_so_many),
        cmocka_unit_test(no_tokens_asked_for_is_an_answer_of_none),
        cmocka_unit_test(a_negative_number_of_tokens_other_than_minus_one_is_refused),
        cmocka_unit_test(an_end_token_ends_an_answer_and_is_no_text),
        cmocka_unit_test(end_tokens_can_be_ignored),
        cmocka_unit_test(the_reader_may_end_an_answer_and_gets_no_more),
        cmocka_unit_test(the_reader_may_end_an_answer_at_its_end),
        cmocka_unit_test(an_answer_needs_no_reader),
        cmocka_unit_test(a_text_ends_after_its_time_and_says_so),
        cmocka_unit_test(no_byte_of_a_stop_string_leaks_wherever_tokens_end),
        cmocka_unit_test(a_stop_string_outranks_the_length),
        cmocka_unit_test(unusable_stop_strings_are_refused_before_anything_is_computed),
        cmocka_unit_test(text_arrives_as_whole_characters_whatever_the_tokens_are),
        cmocka_unit_test(stop_strings_of_long_characters_work_too),
        cmocka_unit_test(a_full_context_is_an_error_that_keeps_the_text),
        cmocka_unit_test(nan_logits_are_an_error_that_keeps_the_text),
        cmocka_unit_test(without_logits_there_is_nothing_to_go_on_from),
        cmocka_unit_test(what_is_said_counts_for_the_penalties),
        cmocka_unit_test(rows_that_no_token_has_are_no_text),
        cmocka_unit_test(the_same_seed_tells_the_same_story),
        cmocka_unit_test(an_answer_in_parts_is_the_answer_in_one),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
