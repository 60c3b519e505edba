/* Answers under a constraint: always a text of it, whatever the model, the seed and the room. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "engine/api/api.h"
#include "engine/run/constrained.h"
#include "support/answer.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/torture.h"
#include "support/toy_machine.h"

#define END 257
#define N_CTX 300
#define PROMPT 3
#define MAX_TOKENS 512

static ingle_model *model;
static struct trie *trie;

static int open_all(void **state) {
    ingle_error err;
    if (folder_make(state) != 0) return -1;
    model = fixture_model(&(struct make_model_spec){.n_layer = 2, .seed = 3}, NULL);
    return trie_new(&trie, model->tokenizer, &err) == INGLE_OK ? 0 : -1;
}

static int close_all(void **state) {
    trie_free(trie);
    ingle_model_close(model);
    return folder_remove(state);
}

static void constrain(ingle_constraint *c, enum toy_kind kind) {
    ingle_error err;
    struct machine *m = toy_machine_new(kind, 0);
    assert_non_null(m);
    if (constraint_init(&c->core, m, NULL, NULL, trie, api_n_vocab(model), &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
}

/* An answer and its tokens. */
struct told {
    struct answer a;
    ingle_token ids[MAX_TOKENS];
    bool forced[MAX_TOKENS];
    int n_ids;
    int n_forced; /* told with a probability of 1 */
};

static bool note(const ingle_token_report *report, void *user) {
    struct told *t = user;
    bool is_forced = report->logprob == 0 && report->n_top == 0;
    t->n_forced += is_forced;
    if (t->n_ids == MAX_TOKENS) return true;
    t->forced[t->n_ids] = is_forced;
    t->ids[t->n_ids++] = report->token;
    return true;
}

static bool to_answer(const char *text, size_t len, void *user) {
    struct told *t = user;
    if (len > sizeof t->a.text - 1 - t->a.len) return false;
    memcpy(t->a.text + t->a.len, text, len);
    t->a.len += len;
    t->a.n_calls++;
    return !t->a.stop_at || t->a.n_calls < t->a.stop_at;
}

static ingle_sampler *hot_sampler(uint64_t seed) {
    ingle_sampling_options options = ingle_sampling_options_default();
    options.seed = seed;
    options.temperature = 3;
    options.top_k = 0;
    options.top_p = 1;
    options.min_p = 0;
    return fixture_sampler(model, &options);
}

static ingle_session *begin(int n_threads) {
    ingle_session *s = fixture_session(
        model, (struct fixture_session){.n_ctx = N_CTX, .n_batch = 8, .n_threads = n_threads});
    fixture_eval(s, (const ingle_token[PROMPT]){1, 2, 3}, PROMPT);
    return s;
}

static void tell(struct told *t, ingle_session *s, ingle_constraint *c, uint64_t seed,
                 int max_tokens) {
    ingle_generate_options options = ingle_generate_options_default();
    ingle_sampler *sampler = hot_sampler(seed);
    int stop_at = t->a.stop_at;
    *t = (struct told){.a.stop_at = stop_at};
    options.constraint = c;
    options.max_tokens = max_tokens;
    options.on_text = to_answer;
    options.on_token = note;
    options.n_top = 2;
    options.user = t;
    t->a.status = ingle_session_generate(s, sampler, &options, &t->a.result, &t->a.err);
    ingle_sampler_free(sampler);
}

static void tell_anew(struct told *t, ingle_constraint *c, uint64_t seed, int max_tokens) {
    ingle_session *s = begin(1);
    tell(t, s, c, seed, max_tokens);
    ingle_session_free(s);
}

/* The tokens, control tokens included, are a text of the machine. */
static bool is_text(ingle_constraint *c, const struct told *t) {
    machine_state state = c->core.machine->start;
    int n = t->n_ids;
    if (n > 0 && t->ids[n - 1] == END) n--;
    for (int i = 0; i < n && state != MACHINE_DEAD; i++) {
        state = mask_step(c->core.mask, state, t->ids[i], false);
    }
    return state != MACHINE_DEAD && c->core.machine->ops->accepts(c->core.machine, state);
}

static void expect_text(ingle_constraint *c, const struct told *t) {
    if (t->a.status != INGLE_OK) fail_msg("%s", t->a.err.msg);
    assert_int_equal(t->n_ids, t->a.result.n_tokens);
    assert_int_equal(t->n_forced, t->a.result.n_forced);
    if (!is_text(c, t)) fail_msg("no text of the constraint: %.*s", (int)t->a.len, t->a.text);
}

static const enum toy_kind kinds[] = {TOY_LETTERS, TOY_BRACKETS, TOY_WORDS, TOY_STRINGS,
                                      TOY_CONTROL};

static void every_answer_is_a_text_of_the_constraint(void **state) {
    (void)state;
    static struct told t;
    int n_closed = 0;
    for (size_t k = 0; k < BASE_COUNT(kinds); k++) {
        ingle_constraint c;
        constrain(&c, kinds[k]);
        for (uint64_t seed = 0; seed < 60; seed++) {
            tell_anew(&t, &c, seed, 100);
            expect_text(&c, &t);
            assert_in_range(t.a.result.n_tokens, 0, 100);
            n_closed += t.a.result.was_closed;
            assert_true(t.a.result.reason == INGLE_STOP_END ||
                        t.a.result.reason == INGLE_STOP_LENGTH);
            if (t.a.result.was_closed) assert_int_equal(t.a.result.reason, INGLE_STOP_LENGTH);
        }
        constraint_clear(&c.core);
    }
    assert_true(n_closed > 10);
}

/* Tokens of the shortest text. */
static int shortest(enum toy_kind kind) {
    switch (kind) {
    case TOY_BRACKETS:
    case TOY_STRINGS:
        return 2;
    case TOY_WORDS:
        return 0; /* see the test */
    case TOY_CONTROL:
        return 8;
    default:
        return 0;
    }
}

static void any_room_is_enough_or_refused_before_the_first_token(void **state) {
    (void)state;
    static struct told t;
    for (size_t k = 0; k < BASE_COUNT(kinds); k++) {
        ingle_constraint c;
        constrain(&c, kinds[k]);
        bool fitted = false;
        for (int max = 0; max < 30; max++) {
            int n_fitted = 0;
            for (uint64_t seed = 0; seed < 12; seed++) {
                tell_anew(&t, &c, seed, max);
                if (t.a.status == INGLE_OK) {
                    expect_text(&c, &t);
                    assert_true(t.a.result.n_tokens <= max);
                    n_fitted++;
                    continue;
                }
                expect_refusal(t.a.status, INGLE_REFUSED, &t.a.err, "shortest text");
                assert_int_equal(t.a.result.n_tokens, 0);
                assert_int_equal(t.n_ids, 0);
            }
            assert_true(n_fitted == 0 || n_fitted == 12); /* whether it fits is no matter of luck */
            assert_true(!fitted || n_fitted == 12);
            fitted = n_fitted == 12;
            if (kinds[k] != TOY_WORDS) assert_int_equal(fitted, max >= shortest(kinds[k]));
        }
        constraint_clear(&c.core);
    }
}

static void the_same_seed_gives_the_same_answer_for_any_number_of_threads(void **state) {
    (void)state;
    static struct told one, more;
    for (size_t k = 0; k < BASE_COUNT(kinds); k++) {
        ingle_constraint fresh;
        constrain(&fresh, kinds[k]);
        for (uint64_t seed = 0; seed < 8; seed++) {
            tell_anew(&one, &fresh, seed, 80);
            for (int n_threads = 1; n_threads <= 5; n_threads += 2) {
                ingle_constraint c;
                constrain(&c, kinds[k]);
                ingle_session *s = begin(n_threads);
                tell(&more, s, &c, seed, 80);
                assert_int_equal(more.a.len, one.a.len);
                assert_memory_equal(more.a.text, one.a.text, one.a.len);
                assert_int_equal(more.n_ids, one.n_ids);
                assert_memory_equal(more.ids, one.ids, (size_t)one.n_ids * sizeof *one.ids);
                ingle_session_free(s);
                constraint_clear(&c.core);
            }
        }
        constraint_clear(&fresh.core);
    }
}

/* Step by step: all logits computed, those of tokens that may not follow struck out. What the quick
 * way took as forced draws nothing; that there was no choice is checked. */
static void tell_slowly(struct told *t, const struct told *quick, ingle_constraint *c,
                        uint64_t seed) {
    ingle_session *s = begin(1);
    ingle_sampler *sampler = hot_sampler(seed);
    machine_state state = c->core.machine->start;
    float logits[512];
    int n_vocab = api_n_vocab(model);
    *t = (struct told){0};
    while (t->n_ids < quick->n_ids) {
        memcpy(logits, ingle_session_logits(s), (size_t)n_vocab * sizeof *logits);
        bool accepts = c->core.machine->ops->accepts(c->core.machine, state);
        for (int32_t id = 0; id < n_vocab; id++) {
            bool may =
                id == END ? accepts : mask_step(c->core.mask, state, id, false) != MACHINE_DEAD;
            if (!may) logits[id] = -INFINITY;
        }
        bool is_forced = quick->forced[t->n_ids];
        ingle_token id = is_forced ? quick->ids[t->n_ids] : ingle_sampler_sample(sampler, logits);
        if (is_forced) {
            uint8_t byte = (uint8_t)tokenizer_piece(model->tokenizer, id, true).data[0];
            int only = mask_only_byte(c->core.mask, state);
            assert_int_equal(only, tokenizer_is_control(model->tokenizer, id) ? 0xff : byte);
            assert_false(accepts);
        }
        ingle_sampler_accept(sampler, id);
        t->ids[t->n_ids++] = id;
        if (id == END) break;
        state = mask_step(c->core.mask, state, id, false);
        if (mask_only_byte(c->core.mask, state) == MASK_NOTHING) break;
        fixture_eval(s, &id, 1);
    }
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

static void the_tokens_are_those_chosen_from_what_may_follow(void **state) {
    (void)state;
    static struct told quick, slow;
    for (size_t k = 0; k < BASE_COUNT(kinds); k++) {
        ingle_constraint c;
        constrain(&c, kinds[k]);
        for (uint64_t seed = 0; seed < 30; seed++) {
            tell_anew(&quick, &c, seed, 250);
            if (quick.a.result.was_closed) continue;
            tell_slowly(&slow, &quick, &c, seed);
            assert_int_equal(quick.n_ids, slow.n_ids);
            assert_memory_equal(quick.ids, slow.ids, (size_t)slow.n_ids * sizeof *slow.ids);
        }
        constraint_clear(&c.core);
    }
}

static void what_is_forced_has_the_tokens_that_the_tokenizer_gives(void **state) {
    (void)state;
    static struct told t;
    ingle_constraint c;
    constrain(&c, TOY_WORDS);
    bool seen[2] = {false, false};
    for (uint64_t seed = 0; seed < 200; seed++) {
        tell_anew(&t, &c, seed, 100);
        expect_text(&c, &t);
        assert_int_equal(t.a.result.reason, INGLE_STOP_END);
        /* The end is not asked for: there is no token of it. */
        assert_int_not_equal(t.ids[t.n_ids - 1], END);
        if (t.ids[0] != '(' && t.ids[0] != 'h') continue;
        int32_t want[32];
        size_t n;
        assert_int_equal(ingle_tokenize(model, t.a.text, t.a.len, 0, want, 32, &n, NULL), INGLE_OK);
        if ((size_t)t.n_ids != n) continue; /* a token before was another one than the text's */
        assert_memory_equal(t.ids, want, n * sizeof *want);
        if (t.ids[0] == '(') {
            assert_string_equal(t.a.text, "(the thing)");
            assert_in_range(t.a.result.n_forced, 4, n - 1);
            seen[0] = true;
        } else {
            assert_string_equal(t.a.text, "hello, world");
            seen[1] = true;
        }
    }
    assert_true(seen[0]);
    (void)seen[1];
    constraint_clear(&c.core);
}

static void control_tokens_are_written_where_the_constraint_has_them(void **state) {
    (void)state;
    static struct told t;
    ingle_constraint c;
    constrain(&c, TOY_CONTROL);
    tell_anew(&t, &c, 1, 50);
    const ingle_token want[] = {'c', 'a', 'l', 'l', 256, 'a', 'b', 256};
    assert_int_equal(t.n_ids, 8);
    assert_memory_equal(t.ids, want, sizeof want);
    assert_string_equal(t.a.text, "callab");
    assert_int_equal(t.a.result.n_forced, 8);
    assert_int_equal(t.a.result.reason, INGLE_STOP_END);
    constraint_clear(&c.core);
}

static void the_session_holds_all_but_the_last_token(void **state) {
    (void)state;
    static struct told t;
    for (size_t k = 0; k < BASE_COUNT(kinds); k++) {
        ingle_constraint c;
        constrain(&c, kinds[k]);
        for (int max = 8; max < 24; max++) {
            ingle_session *s = begin(2), *other = begin(1);
            tell(&t, s, &c, (uint64_t)max, max);
            expect_text(&c, &t);
            int n = t.a.result.n_tokens;
            if (n > 0) {
                assert_int_equal(ingle_session_n_tokens(s), PROMPT + n - 1);
                assert_int_equal(t.a.result.last, t.ids[n - 1]);
                fixture_eval(s, &t.a.result.last, 1);
                fixture_eval(other, t.ids, (size_t)n);
                assert_true(fixture_same_bits(ingle_session_logits(s), ingle_session_logits(other),
                                              (size_t)api_n_vocab(model)));
            }
            ingle_session_free(s);
            ingle_session_free(other);
        }
        constraint_clear(&c.core);
    }
}

static void nothing_stays_restricted_afterwards(void **state) {
    (void)state;
    static struct told t;
    ingle_constraint c;
    constrain(&c, TOY_BRACKETS);
    ingle_session *s = begin(1);
    tell(&t, s, &c, 1, 30);
    expect_text(&c, &t);
    assert_null(ingle_session_logits(s));
    tell(&t, s, NULL, 1, 5);
    expect_refusal(t.a.status, INGLE_BAD_ARGUMENT, &t.a.err, "no logits");
    fixture_eval(s, (const ingle_token[]){5}, 1);
    const float *logits = ingle_session_logits(s);
    for (int i = 0; i < api_n_vocab(model); i++) assert_true(logits[i] > -INFINITY);
    tell(&t, s, NULL, 1, 5);
    assert_int_equal(t.a.status, INGLE_OK);
    assert_int_equal(t.a.result.n_forced, 0);
    ingle_session_free(s);
    constraint_clear(&c.core);
}

static void the_end_of_the_context_closes_too(void **state) {
    (void)state;
    static struct told t;
    ingle_constraint c;
    constrain(&c, TOY_STRINGS);
    int n_closed = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        tell_anew(&t, &c, seed, -1);
        expect_text(&c, &t);
        assert_in_range(t.a.result.n_tokens, 1, N_CTX - PROMPT + 1);
        n_closed += t.a.result.was_closed;
    }
    assert_true(n_closed > 0);
    constraint_clear(&c.core);
}

static void a_reader_who_has_enough_ends_it_anywhere(void **state) {
    (void)state;
    static struct told t;
    ingle_constraint c;
    constrain(&c, TOY_LETTERS);
    t.a.stop_at = 4;
    tell_anew(&t, &c, 3, 100);
    assert_int_equal(t.a.status, INGLE_OK);
    assert_int_equal(t.a.result.reason, INGLE_STOP_CANCEL);
    assert_int_equal(t.a.n_calls, 4);
    t.a.stop_at = 0;
    tell_anew(&t, &c, 3, 20); /* and the constraint may be used again */
    expect_text(&c, &t);
    constraint_clear(&c.core);
}

static void a_cancelled_session_says_so(void **state) {
    (void)state;
    static struct told t;
    ingle_constraint c;
    constrain(&c, TOY_STRINGS);
    for (int n_threads = 1; n_threads <= 3; n_threads++) {
        ingle_session *s = begin(n_threads);
        ingle_session_cancel(s);
        tell(&t, s, &c, 3, 100);
        assert_int_equal(t.a.status, INGLE_OK);
        assert_int_equal(t.a.result.reason, INGLE_STOP_CANCEL);
        ingle_session_free(s);
    }
    constraint_clear(&c.core);
}

static void a_loop_is_closed_by_the_shortest_ending(void **state) {
    (void)state;
    ingle_constraint c;
    constrain(&c, TOY_BRACKETS);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 3000});
    fixture_eval(s, (const ingle_token[]){1}, 1);
    ingle_generate_options options = ingle_generate_options_default();
    options.constraint = &c;
    ingle_logit_bias bias[] = {{'(', -6}, {'a', 9}};
    ingle_sampling_options sampling = ingle_sampling_options_default();
    sampling.temperature = 0;
    sampling.logit_bias = bias;
    sampling.n_logit_bias = 2;
    ingle_sampler *sampler = fixture_sampler(model, &sampling);
    static struct answer a;
    answer_generate(&a, s, sampler, &options);
    assert_int_equal(a.status, INGLE_OK);
    assert_int_equal(a.result.reason, INGLE_STOP_LOOP);
    assert_true(a.result.was_closed);
    assert_int_equal(a.text[a.len - 1], ')');
    bool accepts;
    assert_int_equal(constraint_accepts(&c.core, a.text, a.len, &accepts, NULL), INGLE_OK);
    assert_true(accepts);
    ingle_sampler_free(sampler);
    ingle_session_free(s);
    constraint_clear(&c.core);
}

struct nested {
    ingle_session *session;
    ingle_constraint *constraint;
    ingle_error err;
    ingle_status status;
};

static bool generate_again(const char *text, size_t len, void *user) {
    (void)text;
    (void)len;
    struct nested *n = user;
    static struct told t;
    tell(&t, n->session, n->constraint, 1, 10);
    n->status = t.a.status;
    n->err = t.a.err;
    return false;
}

static void blanks_that_mean_nothing_come_to_an_end(void **state) {
    (void)state;
    static const char schema[] = "{\"const\": [1, true]}";
    ingle_constraint *c;
    ingle_error err;
    if (ingle_constraint_new_schema(&c, model, schema, sizeof schema - 1, &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
    /* A model that wants nothing but blanks: 20 nats are 20 bytes beyond the free ones, at each of
     * the six places where blanks may stand. */
    ingle_token space;
    size_t n;
    assert_int_equal(ingle_tokenize(model, " ", 1, 0, &space, 1, &n, NULL), INGLE_OK);
    ingle_logit_bias bias = {.token = space, .bias = 20};
    ingle_sampling_options sampling = ingle_sampling_options_default();
    sampling.temperature = 0;
    sampling.logit_bias = &bias;
    sampling.n_logit_bias = 1;
    ingle_sampler *sampler = fixture_sampler(model, &sampling);
    ingle_session *s = begin(1);
    struct told t = {0};
    ingle_generate_options options = ingle_generate_options_default();
    options.constraint = c;
    options.max_tokens = N_CTX - PROMPT;
    options.stop_loops = false;
    options.on_text = to_answer;
    options.user = &t;
    t.a.status = ingle_session_generate(s, sampler, &options, &t.a.result, &t.a.err);
    if (t.a.status != INGLE_OK) fail_msg("%s", t.a.err.msg);
    assert_true(t.a.len > CONSTRAINED_BLANKS);
    assert_false(t.a.result.was_closed);
    bool accepts;
    assert_int_equal(ingle_constraint_accepts(c, t.a.text, t.a.len, &accepts, &err), INGLE_OK);
    assert_true(accepts);
    ingle_session_free(s);
    ingle_sampler_free(sampler);
    ingle_constraint_free(c);
}

static void what_cannot_work_is_refused(void **state) {
    (void)state;
    static struct told t;
    ingle_constraint c;
    constrain(&c, TOY_LETTERS);
    ingle_session *s = begin(1), *other = begin(1);
    ingle_generate_options options = ingle_generate_options_default();
    ingle_generate_result result;
    ingle_error err;
    ingle_sampler *sampler = hot_sampler(1);
    options.constraint = &c;
    options.ignore_end = true;
    expect_refusal(ingle_session_generate(s, sampler, &options, &result, &err), INGLE_BAD_ARGUMENT,
                   &err, "ignore_end");
    options.ignore_end = false;

    struct nested nested = {other, &c, .status = INGLE_OK};
    options.on_text = generate_again;
    options.user = &nested;
    options.max_tokens = 20;
    assert_int_equal(ingle_session_generate(s, sampler, &options, &result, &err), INGLE_OK);
    expect_refusal(nested.status, INGLE_BAD_ARGUMENT, &nested.err, "in use");

    ingle_session *narrow = begin(1);
    assert_int_equal(ingle_session_allow(narrow, (const ingle_token[]){'a', 'b'}, 2, NULL),
                     INGLE_OK);
    fixture_eval(narrow, (const ingle_token[]){5}, 1);
    tell(&t, narrow, &c, 1, 10);
    expect_refusal(t.a.status, INGLE_BAD_ARGUMENT, &t.a.err, "allows some tokens only");
    ingle_session_free(narrow);

    ingle_model *second = fixture_model(&(struct make_model_spec){.n_layer = 1}, "ref");
    ingle_session *foreign = fixture_session(second, (struct fixture_session){0});
    fixture_eval(foreign, (const ingle_token[]){5}, 1);
    tell(&t, foreign, &c, 1, 10);
    expect_refusal(t.a.status, INGLE_BAD_ARGUMENT, &t.a.err, "another model");
    ingle_session_free(foreign);
    ingle_model_close(second);

    ingle_sampler_free(sampler);
    ingle_session_free(s);
    ingle_session_free(other);
    constraint_clear(&c.core);
}

static void an_answer_of_few_choices_allocates_nothing_for_each_token(void **state) {
    (void)state;
    static struct told t;
    ingle_constraint c;
    constrain(&c, TOY_LETTERS);
    ingle_session *s = begin(1);
    tell(&t, s, &c, 1, 5);
    fixture_eval(s, (const ingle_token[]){5}, 1);
    uint64_t before = mem_count();
    tell(&t, s, &c, 1, 5);
    uint64_t few = mem_count() - before;
    fixture_eval(s, (const ingle_token[]){5}, 1);
    before = mem_count();
    tell(&t, s, &c, 2, 60);
    assert_int_equal(mem_count() - before, few);
    ingle_session_free(s);
    constraint_clear(&c.core);
}

static ingle_status generate_anew(ingle_error *err) {
    ingle_constraint c = {0};
    ingle_session_options options = ingle_session_options_default();
    ingle_session *s;
    options.n_ctx = 64;
    options.n_threads = 2;
    INGLE_TRY(ingle_session_new(&s, model, &options, err));
    struct machine *m = toy_machine_new(TOY_STRINGS, 0);
    ingle_status status = m ? INGLE_OK : status_no_memory(err, "the machine", 1);
    if (m) {
        status = constraint_init(&c.core, m, NULL, NULL, trie, api_n_vocab(model), err);
    }
    if (status == INGLE_OK) {
        status = ingle_session_eval(s, (const ingle_token[]){1, 2}, 2, NULL, err);
    }
    if (status == INGLE_OK) {
        ingle_generate_options generate = ingle_generate_options_default();
        ingle_generate_result result;
        ingle_sampler *sampler = NULL;
        status = ingle_sampler_new(&sampler, model, NULL, err);
        generate.constraint = &c;
        generate.max_tokens = 12;
        if (status == INGLE_OK) {
            status = ingle_session_generate(s, sampler, &generate, &result, err);
        }
        ingle_sampler_free(sampler);
    }
    constraint_clear(&c.core);
    ingle_session_free(s);
    return status;
}

static void running_out_of_memory_is_said_and_leaves_nothing_behind(void **state) {
    (void)state;
    assert_true(torture(generate_anew) > 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_a_text_of_the_constraint),
        cmocka_unit_test(any_room_is_enough_or_refused_before_the_first_token),
        cmocka_unit_test(the_same_seed_gives_the_same_answer_for_any_number_of_threads),
        cmocka_unit_test(the_tokens_are_those_chosen_from_what_may_follow),
        cmocka_unit_test(what_is_forced_has_the_tokens_that_the_tokenizer_gives),
        cmocka_unit_test(control_tokens_are_written_where_the_constraint_has_them),
        cmocka_unit_test(the_session_holds_all_but_the_last_token),
        cmocka_unit_test(nothing_stays_restricted_afterwards),
        cmocka_unit_test(the_end_of_the_context_closes_too),
        cmocka_unit_test(a_reader_who_has_enough_ends_it_anywhere),
        cmocka_unit_test(a_cancelled_session_says_so),
        cmocka_unit_test(a_loop_is_closed_by_the_shortest_ending),
        cmocka_unit_test(blanks_that_mean_nothing_come_to_an_end),
        cmocka_unit_test(what_cannot_work_is_refused),
        cmocka_unit_test(running_out_of_memory_is_said_and_leaves_nothing_behind),
        cmocka_unit_test(an_answer_of_few_choices_allocates_nothing_for_each_token),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
