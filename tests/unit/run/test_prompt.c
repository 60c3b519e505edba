/* Prompts and the prefix cache: what is taken from where, and that no bit tells the difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "support/answer.h"
#include "support/fixture.h"
#include "support/folder.h"

#define N_VOCAB FIXTURE_ODD_VOCAB
#define N_TOKENS 300

static ingle_token tokens[N_TOKENS], others[N_TOKENS];
static ingle_model *model;

static int open_all(void **state) {
    if (folder_make(state) != 0) return -1;
    fixture_tokens(tokens, N_TOKENS, N_VOCAB, 5);
    fixture_tokens(others, N_TOKENS, N_VOCAB, 6);
    model = fixture_model(&fixture_odd, NULL);
    return 0;
}

static int close_all(void **state) {
    ingle_model_close(model);
    return folder_remove(state);
}

/* The first n_kept of tokens, then others, n in all. */
static void fork_at(ingle_token *prompt, int n_kept, int n) {
    memcpy(prompt, tokens, (size_t)n_kept * sizeof *prompt);
    memcpy(prompt + n_kept, others + n_kept, (size_t)(n - n_kept) * sizeof *prompt);
    if (n_kept < n && prompt[n_kept] == tokens[n_kept]) prompt[n_kept] ^= 1;
}

/* The logits after a prompt that nobody has seen before. */
static void compute(float *logits, const ingle_model *m, ingle_kv_type kv_type,
                    const ingle_token *prompt, int n) {
    ingle_session *s = fixture_session(m, (struct fixture_session){.n_ctx = n, .kv_type = kv_type});
    fixture_eval(s, prompt, (size_t)n);
    memcpy(logits, ingle_session_logits(s), N_VOCAB * sizeof *logits);
    ingle_session_free(s);
}

static void expect_bits(const ingle_session *s, const ingle_token *prompt, int n) {
    float wanted[N_VOCAB];
    compute(wanted, model, INGLE_KV_F16, prompt, n);
    assert_int_equal(ingle_session_n_tokens(s), n);
    assert_non_null(ingle_session_logits(s));
    assert_memory_equal(ingle_session_logits(s), wanted, sizeof wanted);
}

static ingle_session *new_session(ingle_prefix_cache *cache) {
    return fixture_session(model,
                           (struct fixture_session){.n_ctx = N_TOKENS, .prefix_cache = cache});
}

/* ---- without a cache ---- */

static void a_session_keeps_what_it_has_of_a_prompt(void **state) {
    (void)state;
    ingle_session *s = new_session(NULL);
    ingle_token prompt[N_TOKENS];
    assert_int_equal(fixture_prompt(s, tokens, 100, 0), 0);
    expect_bits(s, tokens, 100);
    static const int rows[][3] = {
        /* in common, length, reused */
        {100, 150, 100}, {70, 90, 70}, {64, 65, 64}, {63, 130, 63}, {10, 10, 9}, {0, 20, 0},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        fork_at(prompt, rows[i][0], rows[i][1]);
        fixture_prompt(s, tokens, 100, 0);
        assert_int_equal(fixture_prompt(s, prompt, (size_t)rows[i][1], 0), rows[i][2]);
        expect_bits(s, prompt, rows[i][1]);
    }
    /* The same again: the last token is computed for its logits. */
    fixture_prompt(s, tokens, 100, 0);
    assert_int_equal(fixture_prompt(s, tokens, 100, 0), 99);
    expect_bits(s, tokens, 100);
    /* What eval and generate added counts too. */
    fixture_eval(s, tokens + 100, 30);
    assert_int_equal(fixture_prompt(s, tokens, 140, 0), 130);
    expect_bits(s, tokens, 140);
    ingle_session_free(s);
}

static void words_that_are_being_typed_need_no_logits(void **state) {
    (void)state;
    ingle_session *s = new_session(NULL);
    for (int n = 0; n <= 150; n += 5) {
        size_t reused = fixture_prompt(s, n ? tokens : NULL, (size_t)n, INGLE_PROMPT_MORE);
        assert_int_equal(reused, n ? n - 5 : 0);
        assert_int_equal(ingle_session_n_tokens(s), n);
        assert_null(ingle_session_logits(s));
    }
    assert_int_equal(fixture_prompt(s, tokens, 150, INGLE_PROMPT_MORE), 150);
    assert_null(ingle_session_logits(s));
    /* A correction, then Enter. */
    ingle_token prompt[N_TOKENS];
    fork_at(prompt, 140, 160);
    assert_int_equal(fixture_prompt(s, prompt, 150, INGLE_PROMPT_MORE), 140);
    assert_int_equal(fixture_prompt(s, prompt, 160, 0), 150);
    expect_bits(s, prompt, 160);
    assert_int_equal(fixture_prompt(s, prompt, 160, INGLE_PROMPT_MORE), 160);
    assert_null(ingle_session_logits(s));
    assert_int_equal(fixture_prompt(s, prompt, 160, 0), 159);
    expect_bits(s, prompt, 160);
    ingle_session_free(s);
}

/* ---- with one ---- */

/* Enters a prompt of n tokens by one session; another, of other threads and batches, goes on from
 * its first n_kept tokens. */
static void expect_same_bits(const ingle_model *m, ingle_kv_type kv_type, int n, int n_kept) {
    ingle_token prompt[N_TOKENS];
    float wanted[N_VOCAB];
    int n_all = n_kept + 17;
    fork_at(prompt, n_kept, n_all);
    compute(wanted, m, kv_type, prompt, n_all);
    ingle_prefix_cache *cache = fixture_prefix_cache(m, kv_type, 0);
    struct fixture_session options = {.n_ctx = N_TOKENS, .kv_type = kv_type, .prefix_cache = cache};
    ingle_session *first = fixture_session(m, options);
    options.n_threads = 1 + n % 3;
    options.n_batch = 1 + (n_kept * 7) % 40;
    ingle_session *second = fixture_session(m, options);
    fixture_prompt(first, tokens, (size_t)n, INGLE_PROMPT_MORE);
    size_t n_reused = fixture_prompt(second, prompt, (size_t)n_all, 0);
    if (n_reused != (size_t)n_kept) fail_msg("%zu of %d tokens reused", n_reused, n_kept);
    if (!fixture_same_bits(ingle_session_logits(second), wanted, N_VOCAB)) {
        fail_msg("%s, kv type %d: %d of %d tokens kept: other logits", ingle_model_get_info(m).tier,
                 (int)kv_type, n_kept, n);
    }
    ingle_session_free(first);
    ingle_session_free(second);
    ingle_prefix_cache_free(cache);
}

static void wherever_prompts_part_not_a_bit_changes_in_any_tier(void **state) {
    (void)state;
    static const int ends[][2] = {{1, 1},     {63, 62},   {64, 63},   {64, 64},  {65, 64},
                                  {65, 65},   {70, 3},    {127, 127}, {128, 65}, {128, 127},
                                  {129, 128}, {129, 129}, {150, 80},  {150, 149}};
    const char *tier;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        ingle_model *m = fixture_model(&fixture_odd, tier);
        size_t n = i == 0 ? 7 : BASE_COUNT(ends); /* the reference is slow */
        for (size_t k = 0; k < n; k++) {
            for (int kv_type = INGLE_KV_F16; kv_type <= INGLE_KV_INT8; kv_type++) {
                expect_same_bits(m, (ingle_kv_type)kv_type, ends[k][0], ends[k][1]);
            }
        }
        ingle_model_close(m);
    }
}

static void a_prompt_enters_its_whole_pages_and_more_to_come_the_rest_too(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    ingle_session *s = new_session(cache);
    static const struct {
        int n;
        unsigned flags;
        int n_pages, n_tokens;
    } rows[] = {{60, 0, 0, 0},
                {63, INGLE_PROMPT_MORE, 1, 63},
                {64, 0, 1, 64},
                {100, 0, 1, 64},
                {100, INGLE_PROMPT_MORE, 2, 100},
                {90, INGLE_PROMPT_MORE, 2, 100},
                {110, INGLE_PROMPT_MORE, 2, 110},
                {130, 0, 2, 128},
                {130, INGLE_PROMPT_MORE, 3, 130}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        fixture_prompt(s, tokens, (size_t)rows[i].n, rows[i].flags);
        ingle_prefix_cache_info info = ingle_prefix_cache_get_info(cache);
        assert_int_equal(info.n_pages, rows[i].n_pages);
        assert_int_equal(info.n_tokens, rows[i].n_tokens);
        assert_true(info.bytes > 0 || info.n_pages == 0);
        assert_true(info.bytes <= info.max_bytes);
        if (!rows[i].flags) expect_bits(s, tokens, rows[i].n);
    }
    ingle_session_free(s);
    ingle_prefix_cache_free(cache);
}

static void an_answer_is_remembered_when_that_is_asked_for(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    ingle_session *s = new_session(cache), *next = new_session(cache);
    ingle_sampler *sampler = answer_sampler(model, "abc def", 3);
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = 60;
    options.ignore_end = true;
    fixture_prompt(s, tokens, 90, 0);
    ingle_generate_result result;
    assert_int_equal(ingle_session_generate(s, sampler, &options, &result, NULL), INGLE_OK);
    int n = ingle_session_n_tokens(s);
    assert_int_equal(n, 149);
    assert_int_equal(ingle_prefix_cache_get_info(cache).n_tokens, 64);
    ingle_error err;
    mark_error(&err);
    assert_int_equal(ingle_session_remember(s, &err), INGLE_OK);
    expect_marked(&err);
    assert_int_equal(ingle_prefix_cache_get_info(cache).n_tokens, n);
    /* The same sampler says the same again, so what follows it is known. */
    ingle_sampler *again = answer_sampler(model, "abc def", 3);
    ingle_token prompt[N_TOKENS];
    memcpy(prompt, tokens, 90 * sizeof *prompt);
    fixture_prompt(next, tokens, 90, 0);
    for (int i = 90; i < n; i++) {
        prompt[i] = ingle_sampler_sample(again, ingle_session_logits(next));
        ingle_sampler_accept(again, prompt[i]);
        fixture_eval(next, prompt + i, 1);
    }
    ingle_session *third = new_session(cache);
    memcpy(prompt + n, others, 20 * sizeof *prompt);
    assert_int_equal(fixture_prompt(third, prompt, (size_t)n + 20, 0), n);
    expect_bits(third, prompt, n + 20);
    /* The session that remembered goes on as if nothing had been. */
    fixture_eval(s, others, 20);
    expect_bits(s, prompt, n + 20);
    ingle_sampler_free(again);
    ingle_sampler_free(sampler);
    ingle_session_free(third);
    ingle_session_free(next);
    ingle_session_free(s);
    ingle_prefix_cache_free(cache);
}

/* Whatever a session does with borrowed pages, the others are not touched by it. */
static void sessions_that_share_pages_do_not_feel_each_other(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    ingle_session *sessions[3];
    for (int i = 0; i < 3; i++) sessions[i] = new_session(cache);
    struct rng rng;
    rng_init(&rng, 42);
    ingle_token prompt[N_TOKENS];
    for (int round = 0; round < 300; round++) {
        ingle_session *s = sessions[rng_below(&rng, 3)];
        int n_kept = (int)rng_below(&rng, 200), n = n_kept + 1 + (int)rng_below(&rng, 60);
        fork_at(prompt, n_kept, n);
        switch (rng_below(&rng, 5)) {
        case 0: /* to some beginning, and on with other words */
            n_kept = (int)rng_below(&rng, (uint32_t)ingle_session_n_tokens(s) + 1);
            assert_int_equal(ingle_session_truncate(s, n_kept, NULL), INGLE_OK);
            n = N_TOKENS - n_kept < 70 ? N_TOKENS - n_kept : (int)rng_below(&rng, 70);
            fixture_eval(s, others, (size_t)n);
            break;
        case 1:
            assert_int_equal(ingle_session_remember(s, NULL), INGLE_OK);
            break;
        case 2:
            fixture_prompt(s, prompt, (size_t)n, INGLE_PROMPT_MORE);
            break;
        default:
            fixture_prompt(s, prompt, (size_t)n, 0);
            expect_bits(s, prompt, n);
        }
    }
    ingle_prefix_cache_info info = ingle_prefix_cache_get_info(cache);
    assert_true(info.n_hits > 50 && info.n_reused > 2000);
    assert_true(info.n_prompts > info.n_hits && info.n_asked > info.n_reused);
    for (int i = 0; i < 3; i++) ingle_session_free(sessions[i]);
    ingle_prefix_cache_free(cache);
}

/* ---- little room ---- */

static void a_full_cache_forgets_what_was_not_used_for_longest(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    ingle_session *s = new_session(cache);
    fixture_prompt(s, tokens, 65, 0);
    size_t page = (size_t)ingle_prefix_cache_get_info(cache).bytes;
    ingle_session_free(s);
    ingle_prefix_cache_free(cache);
    struct rng rng;
    rng_init(&rng, 43);
    uint64_t n_evicted = 0;
    for (size_t n_pages = 1; n_pages <= 6; n_pages++) {
        cache = fixture_prefix_cache(model, INGLE_KV_F16, n_pages * page + page / 2);
        assert_int_equal(ingle_prefix_cache_get_info(cache).max_bytes, n_pages * page);
        ingle_session *a = new_session(cache), *b = new_session(cache);
        for (int round = 0; round < 40; round++) {
            ingle_token prompt[N_TOKENS];
            int n_kept = (int)rng_below(&rng, 150), n = n_kept + 1 + (int)rng_below(&rng, 140);
            fork_at(prompt, n_kept, n);
            ingle_session *one = round % 2 ? a : b;
            fixture_prompt(one, prompt, (size_t)n, round % 3 ? 0 : INGLE_PROMPT_MORE);
            if (round % 3) expect_bits(one, prompt, n);
            assert_true(ingle_prefix_cache_get_info(cache).n_pages <= n_pages);
            assert_int_equal(ingle_session_truncate(one, (int)rng_below(&rng, (uint32_t)n), NULL),
                             INGLE_OK);
        }
        n_evicted += ingle_prefix_cache_get_info(cache).n_evicted;
        ingle_session_free(a);
        ingle_session_free(b);
        ingle_prefix_cache_free(cache);
    }
    assert_true(n_evicted > 30);
}

static void a_cache_whose_pages_are_all_in_use_takes_nothing(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    ingle_session *holder = new_session(cache);
    fixture_prompt(holder, tokens, 128, 0);
    size_t bytes = (size_t)ingle_prefix_cache_get_info(cache).bytes;
    ingle_session_free(holder);
    ingle_prefix_cache_free(cache);
    cache = fixture_prefix_cache(model, INGLE_KV_F16, bytes);
    holder = new_session(cache);
    ingle_session *other = new_session(cache);
    fixture_prompt(holder, tokens, 128, 0);
    fixture_prompt(other, others, 200, 0);
    assert_int_equal(ingle_session_remember(other, NULL), INGLE_OK);
    expect_bits(other, others, 200);
    ingle_prefix_cache_info info = ingle_prefix_cache_get_info(cache);
    assert_int_equal(info.n_tokens, 128);
    assert_int_equal(info.n_evicted, 0);
    /* Let go of, they make room. */
    assert_int_equal(ingle_session_truncate(holder, 10, NULL), INGLE_OK);
    fixture_prompt(other, others, 200, 0);
    info = ingle_prefix_cache_get_info(cache);
    assert_int_equal(info.n_evicted, 1);
    assert_int_equal(info.n_tokens, 128);
    fixture_eval(holder, others + 10, 100);
    ingle_token prompt[N_TOKENS];
    memcpy(prompt, others, sizeof prompt);
    memcpy(prompt, tokens, 10 * sizeof *prompt);
    expect_bits(holder, prompt, 110);
    ingle_session_free(holder);
    ingle_session_free(other);
    ingle_prefix_cache_free(cache);
}

static void nothing_is_allocated_once_cache_and_session_are_made(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    ingle_session *a = new_session(cache), *b = new_session(cache);
    uint64_t count = mem_count(), live = mem_live();
    fixture_prompt(a, tokens, 200, 0);
    fixture_prompt(b, tokens, 220, INGLE_PROMPT_MORE);
    for (int i = 0; i < 30; i++) fixture_eval(b, tokens + i, 1);
    assert_int_equal(ingle_session_remember(b, NULL), INGLE_OK);
    fixture_prompt(a, others, 200, 0);
    assert_int_equal(mem_count(), count);
    assert_int_equal(mem_live(), live);
    ingle_session_free(a);
    ingle_session_free(b);
    ingle_prefix_cache_free(cache);
}

/* ---- refusals ---- */

static void a_prompt_that_does_not_fit_changes_nothing(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    ingle_session *s =
        fixture_session(model, (struct fixture_session){.n_ctx = 100, .prefix_cache = cache});
    fixture_prompt(s, tokens, 70, 0);
    float before[N_VOCAB];
    memcpy(before, ingle_session_logits(s), sizeof before);
    static const size_t too_many[] = {101, 1000, SIZE_MAX};
    for (size_t i = 0; i < BASE_COUNT(too_many); i++) {
        size_t n_reused = 4711;
        ingle_error err = {0};
        ingle_status status = ingle_session_prompt(s, others, too_many[i], 0, &n_reused, &err);
        expect_refusal(status, INGLE_CONTEXT_FULL, &err,
                       "The context holds 100 tokens; the prompt");
        assert_int_equal(n_reused, 0);
        assert_int_equal(ingle_session_n_tokens(s), 70);
        assert_memory_equal(ingle_session_logits(s), before, sizeof before);
    }
    fixture_prompt(s, tokens, 100, 0); /* exactly full is fine */
    expect_bits(s, tokens, 100);
    ingle_session_free(s);
    ingle_prefix_cache_free(cache);
}

static void nor_does_one_with_a_foreign_token_or_none(void **state) {
    (void)state;
    ingle_session *s = new_session(NULL);
    fixture_prompt(s, tokens, 70, 0);
    ingle_token prompt[] = {1, 2, N_VOCAB, 3};
    ingle_error err = {0};
    expect_refusal(ingle_session_prompt(s, prompt, 4, 0, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "Token 2 is 333");
    expect_refusal(ingle_session_prompt(s, prompt, 4, INGLE_PROMPT_MORE, NULL, &err),
                   INGLE_BAD_ARGUMENT, &err, "Token 2 is 333");
    expect_refusal(ingle_session_prompt(s, NULL, 0, 0, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "A prompt without tokens");
    assert_int_equal(ingle_session_n_tokens(s), 70);
    assert_non_null(ingle_session_logits(s));
    ingle_session_free(s);
}

static void a_cancelled_prompt_leaves_its_beginning(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    ingle_session *first = new_session(cache), *s = new_session(cache);
    fixture_prompt(first, tokens, 100, INGLE_PROMPT_MORE);
    fixture_prompt(s, others, 150, 0);
    ingle_session_cancel(s);
    ingle_error err = {0};
    size_t n_reused = 0;
    expect_refusal(ingle_session_prompt(s, tokens, 140, 0, &n_reused, &err), INGLE_CANCELLED, &err,
                   "Cancelled after 100 tokens");
    assert_int_equal(n_reused, 100);
    assert_int_equal(ingle_session_n_tokens(s), 100);
    assert_null(ingle_session_logits(s));
    assert_int_equal(fixture_prompt(s, tokens, 140, 0), 100);
    expect_bits(s, tokens, 140);
    ingle_session_free(first);
    ingle_session_free(s);
    ingle_prefix_cache_free(cache);
}

/* ---- what else a session does ---- */

static void allowed_tokens_hold_for_prompts_too(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    ingle_session *s = new_session(cache);
    static const ingle_token labels[] = {7, 300};
    float wanted[N_VOCAB];
    fixture_prompt(s, tokens, 100, INGLE_PROMPT_MORE);
    assert_int_equal(ingle_session_allow(s, labels, 2, NULL), INGLE_OK);
    fixture_prompt(s, tokens, 112, 0);
    compute(wanted, model, INGLE_KV_F16, tokens, 112);
    const float *got = ingle_session_logits(s);
    for (int i = 0; i < N_VOCAB; i++) {
        if (i == 7 || i == 300)
            assert_memory_equal(got + i, wanted + i, sizeof *got);
        else
            assert_true(got[i] < -1e30f);
    }
    ingle_session_free(s);
    ingle_prefix_cache_free(cache);
}

static void sessions_with_borrowed_pages_are_computed_together(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    ingle_session *a = new_session(cache), *b = new_session(cache);
    fixture_prompt(a, tokens, 100, INGLE_PROMPT_MORE);
    fixture_prompt(b, tokens, 100, INGLE_PROMPT_MORE);
    const ingle_batch_item items[] = {{a, tokens + 100, 40}, {b, others + 100, 3}};
    assert_int_equal(ingle_session_eval_batch(items, 2, NULL), INGLE_OK);
    expect_bits(a, tokens, 140);
    ingle_token prompt[103];
    memcpy(prompt, tokens, 100 * sizeof *prompt);
    memcpy(prompt + 100, others + 100, 3 * sizeof *prompt);
    expect_bits(b, prompt, 103);
    ingle_session_free(a);
    ingle_session_free(b);
    ingle_prefix_cache_free(cache);
}

/* The vocabulary's dummy space is dropped at the beginning of a text only: a session must know that
 * what it took from the cache was text. */
static void an_answer_after_a_borrowed_prompt_is_the_same_text(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    static struct answer wanted, got;
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = 20;
    for (int i = 0; i < 2; i++) {
        ingle_session *s = new_session(cache);
        ingle_sampler *sampler = answer_sampler(model, " a", 9);
        assert_int_equal(fixture_prompt(s, tokens, 130, 0), i ? 128 : 0);
        answer_generate(i ? &got : &wanted, s, sampler, &options);
        ingle_sampler_free(sampler);
        ingle_session_free(s);
    }
    assert_int_equal(got.status, INGLE_OK);
    assert_true(wanted.len > 0);
    assert_string_equal(got.text, wanted.text);
    ingle_prefix_cache_free(cache);
}

/* Guesses lie in the session's pages ahead of what it holds: none of that may be entered, and a
 * borrowed text is as good to guess from as a computed one. */
static void guesses_and_borrowed_pages_go_together(void **state) {
    (void)state;
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    static struct answer wanted, got;
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = 150;
    options.ignore_end = true;
    ingle_token prompt[100];
    for (int i = 0; i < 100; i++) prompt[i] = (uint8_t) "abcab"[i % 5];
    for (int round = 0; round < 4; round++) {
        ingle_session *s = new_session(cache);
        ingle_sampler *sampler = answer_sampler(model, "ab", 9);
        assert_int_equal(fixture_prompt(s, prompt, 100, 0), round ? 99 : 0);
        options.max_draft = round ? 4 : 0;
        answer_generate(round ? &got : &wanted, s, sampler, &options);
        assert_int_equal(round ? got.status : wanted.status, INGLE_OK);
        if (round) assert_string_equal(got.text, wanted.text);
        assert_int_equal(ingle_session_remember(s, NULL), INGLE_OK);
        assert_int_equal(ingle_prefix_cache_get_info(cache).n_tokens, 249);
        ingle_sampler_free(sampler);
        ingle_session_free(s);
    }
    ingle_prefix_cache_free(cache);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_keeps_what_it_has_of_a_prompt),
        cmocka_unit_test(words_that_are_being_typed_need_no_logits),
        cmocka_unit_test(wherever_prompts_part_not_a_bit_changes_in_any_tier),
        cmocka_unit_test(a_prompt_enters_its_whole_pages_and_more_to_come_the_rest_too),
        cmocka_unit_test(an_answer_is_remembered_when_that_is_asked_for),
        cmocka_unit_test(sessions_that_share_pages_do_not_feel_each_other),
        cmocka_unit_test(a_full_cache_forgets_what_was_not_used_for_longest),
        cmocka_unit_test(a_cache_whose_pages_are_all_in_use_takes_nothing),
        cmocka_unit_test(nothing_is_allocated_once_cache_and_session_are_made),
        cmocka_unit_test(a_prompt_that_does_not_fit_changes_nothing),
        cmocka_unit_test(nor_does_one_with_a_foreign_token_or_none),
        cmocka_unit_test(a_cancelled_prompt_leaves_its_beginning),
        cmocka_unit_test(allowed_tokens_hold_for_prompts_too),
        cmocka_unit_test(sessions_with_borrowed_pages_are_computed_together),
        cmocka_unit_test(an_answer_after_a_borrowed_prompt_is_the_same_text),
        cmocka_unit_test(guesses_and_borrowed_pages_go_together),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
