/* Sessions computed together: the same bits as alone, what is refused, cancelling one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "support/fixture.h"
#include "support/folder.h"

#define N_VOCAB FIXTURE_ODD_VOCAB
#define N_SESSIONS 6
#define N_TOKENS 300

static ingle_token tokens[N_SESSIONS][N_TOKENS];

static int make_all(void **state) {
    for (int i = 0; i < N_SESSIONS; i++) {
        fixture_tokens(tokens[i], N_TOKENS, N_VOCAB, (uint64_t)(100 + i));
    }
    return folder_make(state);
}

/* Every session beside one that does the same alone. */
struct pair {
    ingle_session *together, *alone;
    int n; /* tokens it holds */
};

static void open_pairs(struct pair *pairs, const ingle_model *model, ingle_kv_type kv_type) {
    for (int i = 0; i < N_SESSIONS; i++) {
        struct fixture_session options = {
            .n_ctx = N_TOKENS, .n_batch = 64 + i, .n_threads = i == 0 ? 3 : 1, .kv_type = kv_type};
        pairs[i] =
            (struct pair){fixture_session(model, options), fixture_session(model, options), 0};
    }
}

static void close_pairs(struct pair *pairs) {
    for (int i = 0; i < N_SESSIONS; i++) {
        ingle_session_free(pairs[i].together);
        ingle_session_free(pairs[i].alone);
    }
}

/* Some sessions in some order, each with some tokens, as one pass. */
static void step(struct pair *pairs, struct rng *rng, const char *what) {
    ingle_batch_item items[N_SESSIONS];
    int order[N_SESSIONS], n_items = 1 + (int)rng_below(rng, N_SESSIONS), room = 64;
    for (int i = 0; i < N_SESSIONS; i++) {
        int k = (int)rng_below(rng, (uint32_t)i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    for (int i = 0; i < n_items; i++) {
        int k = order[i], most = rng_below(rng, 3) > 0 ? 1 : room - (n_items - i - 1);
        int n = 1 + (int)rng_below(rng, (uint32_t)most);
        if (n > N_TOKENS - pairs[k].n) n = N_TOKENS - pairs[k].n;
        if (n == 0) return;
        room -= n;
        items[i] = (ingle_batch_item){pairs[k].together, tokens[k] + pairs[k].n, (size_t)n};
    }
    assert_int_equal(ingle_session_eval_batch(items, (size_t)n_items, NULL), INGLE_OK);
    for (int i = 0; i < n_items; i++) {
        struct pair *p = &pairs[order[i]];
        fixture_eval(p->alone, items[i].tokens, items[i].n);
        p->n += (int)items[i].n;
        assert_int_equal(ingle_session_n_tokens(p->together), p->n);
        if (!fixture_same_bits(ingle_session_logits(p->together), ingle_session_logits(p->alone),
                               N_VOCAB)) {
            fail_msg("%s: item %d of %d differs after %zu tokens", what, i, n_items, items[i].n);
        }
    }
}

static void sessions_together_give_the_bits_of_each_alone(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 17);
    const char *tier;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        ingle_model *model = fixture_model(&fixture_odd, tier);
        for (int kv_type = INGLE_KV_F16; kv_type <= INGLE_KV_INT8; kv_type++) {
            struct pair pairs[N_SESSIONS];
            char what[64];
            snprintf(what, sizeof what, "%s, kv type %d", tier, kv_type);
            open_pairs(pairs, model, (ingle_kv_type)kv_type);
            for (int n = 0; n < (i == 0 ? 6 : 20); n++) step(pairs, &rng, what);
            close_pairs(pairs);
        }
        ingle_model_close(model);
    }
}

static void a_session_may_be_alone_with_others_that_are_restricted(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&fixture_odd, NULL);
    struct pair pairs[N_SESSIONS];
    open_pairs(pairs, model, INGLE_KV_F16);
    const ingle_token some[] = {300, 7, 40, 41};
    assert_int_equal(ingle_session_allow(pairs[1].together, some, 4, NULL), INGLE_OK);
    assert_int_equal(ingle_session_allow(pairs[1].alone, some, 4, NULL), INGLE_OK);
    assert_int_equal(ingle_session_allow(pairs[4].together, some + 1, 1, NULL), INGLE_OK);
    assert_int_equal(ingle_session_allow(pairs[4].alone, some + 1, 1, NULL), INGLE_OK);
    struct rng rng;
    rng_init(&rng, 23);
    for (int n = 0; n < 20; n++) step(pairs, &rng, "restricted");
    close_pairs(pairs);
    ingle_model_close(model);
}

/* Nothing but the logits may be gone: the session goes on as it was. */
static void expect_unchanged(const struct pair *p, int i) {
    assert_int_equal(ingle_session_n_tokens(p->together), p->n);
    fixture_eval(p->together, tokens[i] + p->n, 1);
    fixture_eval(p->alone, tokens[i] + p->n, 1);
    assert_memory_equal(ingle_session_logits(p->together), ingle_session_logits(p->alone),
                        N_VOCAB * sizeof(float));
}

static void what_is_refused_is_named_and_changes_nothing(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&fixture_odd, NULL),
                *other = fixture_model(&fixture_odd, NULL);
    struct pair pairs[N_SESSIONS];
    open_pairs(pairs, model, INGLE_KV_F16);
    ingle_session *stranger = fixture_session(other, (struct fixture_session){.n_ctx = 20});
    const ingle_token wrong[] = {1, N_VOCAB};
    const struct {
        ingle_batch_item items[3];
        ingle_status status;
        const char *saying;
    } rows[] = {
        {{{pairs[0].together, tokens[0], 1}, {stranger, tokens[1], 1}},
         INGLE_BAD_ARGUMENT,
         "Item 1 of the batch belongs to another model"},
        {{{pairs[0].together, tokens[0], 1}, {pairs[0].together, tokens[0], 1}},
         INGLE_BAD_ARGUMENT,
         "Item 1 of the batch is a session that is in it already"},
        {{{pairs[0].together, tokens[0], 1}, {pairs[1].together, tokens[1], 0}},
         INGLE_BAD_ARGUMENT,
         "Item 1 of the batch has no tokens"},
        {{{pairs[0].together, tokens[0], 1}, {pairs[1].together, wrong, 2}},
         INGLE_BAD_ARGUMENT,
         "Token 1 is 333"},
        {{{pairs[0].together, tokens[0], 1}, {pairs[1].together, tokens[1], N_TOKENS + 1}},
         INGLE_CONTEXT_FULL,
         "The context holds 300 tokens"},
        {{{pairs[0].together, tokens[0], 32}, {pairs[1].together, tokens[1], 33}},
         INGLE_LIMIT,
         "more tokens than the 64 that its first session computes"},
        {{{pairs[0].together, tokens[0], 1}, {NULL, tokens[1], 1}}, INGLE_BAD_ARGUMENT, "session"},
        {{{pairs[0].together, tokens[0], 1}, {pairs[1].together, NULL, 1}},
         INGLE_BAD_ARGUMENT,
         "tokens"},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        ingle_error err = {0};
        expect_refusal(ingle_session_eval_batch(rows[i].items, 2, &err), rows[i].status, &err,
                       rows[i].saying);
        for (int k = 0; k < 2; k++) {
            expect_unchanged(&pairs[k], k);
            pairs[k].n++;
        }
    }
    ingle_error err = {0};
    ingle_batch_item many[65];
    for (size_t i = 0; i < 65; i++) {
        many[i] = (ingle_batch_item){pairs[0].together, tokens[0], 1};
    }
    expect_refusal(ingle_session_eval_batch(many, 65, &err), INGLE_LIMIT, &err, "65 items");
    expect_refusal(ingle_session_eval_batch(NULL, 1, &err), INGLE_BAD_ARGUMENT, &err, "items");
    assert_int_equal(ingle_session_eval_batch(NULL, 0, NULL), INGLE_OK);
    ingle_session_free(stranger);
    close_pairs(pairs);
    ingle_model_close(other);
    ingle_model_close(model);
}

static void a_cancelled_item_is_named_and_the_others_go_on_without_it(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&fixture_odd, NULL);
    struct pair pairs[N_SESSIONS];
    open_pairs(pairs, model, INGLE_KV_F16);
    ingle_batch_item items[3];
    for (int i = 0; i < 3; i++) {
        items[i] = (ingle_batch_item){pairs[i].together, tokens[i], 5};
    }
    ingle_session_cancel(pairs[1].together);
    ingle_session_cancel(pairs[2].together);
    ingle_error err = {0};
    expect_refusal(ingle_session_eval_batch(items, 3, &err), INGLE_CANCELLED, &err,
                   "Item 1 of the batch was cancelled");
    assert_int_equal(err.where, 1);
    for (int i = 0; i < 3; i++) assert_int_equal(ingle_session_n_tokens(pairs[i].together), 0);
    /* Both flags have been answered. */
    assert_int_equal(ingle_session_eval_batch(items, 3, NULL), INGLE_OK);
    for (int i = 0; i < 3; i++) {
        fixture_eval(pairs[i].alone, tokens[i], 5);
        pairs[i].n = 5;
        expect_unchanged(&pairs[i], i);
    }
    close_pairs(pairs);
    ingle_model_close(model);
}

static void a_batch_allocates_nothing(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&fixture_odd, NULL);
    struct pair pairs[N_SESSIONS];
    open_pairs(pairs, model, INGLE_KV_F16);
    uint64_t count = mem_count();
    for (int n = 0; n < 70; n++) {
        ingle_batch_item items[N_SESSIONS];
        for (int i = 0; i < N_SESSIONS; i++) {
            items[i] = (ingle_batch_item){pairs[i].together, tokens[i] + n, 1};
        }
        assert_int_equal(ingle_session_eval_batch(items, N_SESSIONS, NULL), INGLE_OK);
    }
    assert_int_equal(mem_count(), count);
    close_pairs(pairs);
    ingle_model_close(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_together_give_the_bits_of_each_alone),
        cmocka_unit_test(a_session_may_be_alone_with_others_that_are_restricted),
        cmocka_unit_test(what_is_refused_is_named_and_changes_nothing),
        cmocka_unit_test(a_cancelled_item_is_named_and_the_others_go_on_without_it),
        cmocka_unit_test(a_batch_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, make_all, folder_remove);
}
