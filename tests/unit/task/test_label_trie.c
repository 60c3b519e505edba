/* Probabilities of labels along the trie against brute force: every label written out alone, in a
 * session of its own, from all the logits of the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "task/label_trie.h"

#define MAX_LABELS 40
#define MAX_TOKENS 6

static ingle_model *model;
static int n_vocab;

static int open_model(void **state) {
    if (fixture_group_open(state, &model)) return 1;
    n_vocab = ingle_model_get_info(model).n_vocab;
    return 0;
}

static int close_model(void **state) {
    return fixture_group_close(state, model);
}

struct labels {
    ingle_token tokens[MAX_LABELS][MAX_TOKENS];
    size_t len[MAX_LABELS];
    size_t n;
};

static bool begins_alike(const struct labels *l, size_t a, size_t b, size_t n) {
    return l->len[a] >= n && l->len[b] >= n &&
           memcmp(l->tokens[a], l->tokens[b], n * sizeof(ingle_token)) == 0;
}

/* Of a choice after the first `at` tokens of a label: the logits of all that labels leave open. */
static double log_choice(const struct labels *l, size_t label, size_t at, const float *logits) {
    double sum = 0, mine = 0;
    bool ends = false;
    for (size_t i = 0; i < l->n; i++) {
        if (!begins_alike(l, label, i, at)) continue;
        if (l->len[i] == at) {
            ends = true;
            continue;
        }
        bool seen = false;
        for (size_t j = 0; j < i; j++) {
            seen = seen || (l->len[j] > at && begins_alike(l, i, j, at + 1));
        }
        if (!seen) sum += exp((double)logits[l->tokens[i][at]]);
    }
    double end = 0;
    for (ingle_token id = 0; id < n_vocab; id++) {
        if (ingle_token_is_end(model, id)) end += exp((double)logits[id]);
    }
    if (ends && sum > 0) sum += end;
    if (l->len[label] == at) return ends && sum > end ? log(end / sum) : 0;
    mine = exp((double)logits[l->tokens[label][at]]);
    return log(mine / sum);
}

static double by_hand(const struct labels *l, size_t label, const ingle_token *prompt, size_t n) {
    static float rows[64 * 400];
    ingle_token all[64];
    memcpy(all, prompt, n * sizeof *all);
    memcpy(all + n, l->tokens[label], l->len[label] * sizeof *all);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 64});
    assert_int_equal(ingle_session_eval(s, all, n + l->len[label], rows, NULL), INGLE_OK);
    double sum = 0;
    for (size_t at = 0; at <= l->len[label]; at++) {
        sum += log_choice(l, label, at, rows + (n + at - 1) * (size_t)n_vocab);
    }
    ingle_session_free(s);
    return sum;
}

/* Few different tokens, so that labels begin alike; some begin others; none twice. */
static struct labels random_labels(struct rng *r) {
    struct labels l = {.n = 0};
    size_t wanted = 2 + rng_below(r, MAX_LABELS - 2);
    for (int tries = 0; tries < 400 && l.n < wanted; tries++) {
        size_t len = 1 + rng_below(r, MAX_TOKENS);
        bool twice = false;
        for (size_t i = 0; i < len; i++) l.tokens[l.n][i] = (ingle_token)(40 + rng_below(r, 4));
        l.len[l.n] = len;
        for (size_t i = 0; i < l.n; i++) {
            twice = twice || (l.len[i] == len && begins_alike(&l, i, l.n, len));
        }
        if (!twice) l.n++;
    }
    return l;
}

static struct label_trie trie_of(const struct labels *l) {
    struct label_trie t = {0};
    for (size_t i = 0; i < l->n; i++) {
        uint32_t same;
        assert_int_equal(label_trie_add(&t, l->tokens[i], l->len[i], (uint32_t)i, &same, NULL),
                         INGLE_OK);
        assert_int_equal(same, LABEL_TRIE_NONE);
    }
    assert_int_equal(label_trie_finish(&t, model, NULL), INGLE_OK);
    return t;
}

static void probabilities_are_those_of_brute_force(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 13);
    for (int round = 0; round < 25; round++) {
        struct labels l = random_labels(&r);
        struct label_trie t = trie_of(&l);
        ingle_token prompt[8];
        float scores[MAX_LABELS], again[MAX_LABELS];
        int n_passes;
        fixture_tokens(prompt, 8, n_vocab, (uint64_t)round);
        ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 64});
        fixture_eval(s, prompt, 8);
        assert_int_equal(label_trie_score(&t, s, NULL, scores, &n_passes, NULL), INGLE_OK);
        assert_int_equal(ingle_session_n_tokens(s), 8);
        double sum = 0;
        for (size_t i = 0; i < l.n; i++) {
            double right = by_hand(&l, i, prompt, 8);
            if (fabs((double)scores[i] - right) > 1e-4) {
                fail_msg("round %d, label %zu: %g, by hand %g", round, i, (double)scores[i], right);
            }
            sum += exp((double)scores[i]);
        }
        assert_true(fabs(sum - 1) < 1e-4);
        /* Only the logits of the choices: the same bits. */
        assert_int_equal(ingle_session_truncate(s, 0, NULL), INGLE_OK);
        assert_int_equal(ingle_session_allow(s, t.choices, t.n_choices, NULL), INGLE_OK);
        fixture_eval(s, prompt, 8);
        assert_int_equal(label_trie_score(&t, s, NULL, again, &n_passes, NULL), INGLE_OK);
        assert_memory_equal(scores, again, l.n * sizeof *scores);
        ingle_session_free(s);
        label_trie_clear(&t);
    }
}

/* What is left after the prior, as probabilities. */
static void without_prior(float *scores, const float *prior, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += exp((double)(scores[i] - prior[i]));
    for (size_t i = 0; i < n; i++) {
        scores[i] = (float)(exp((double)(scores[i] - prior[i])) / sum);
    }
}

static void passes_that_cannot_matter_are_left_out(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 17);
    int n_all = 0, n_few = 0;
    for (int round = 0; round < 60; round++) {
        struct labels l = random_labels(&r);
        struct label_trie t = trie_of(&l);
        ingle_token prompt[8];
        float all[MAX_LABELS], few[MAX_LABELS], prior[MAX_LABELS];
        int n_passes;
        size_t best = 0, also = 0;
        for (size_t i = 0; i < l.n; i++) prior[i] = -12 * (float)rng_unit(&r);
        fixture_tokens(prompt, 8, n_vocab, (uint64_t)round);
        ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 64});
        fixture_eval(s, prompt, 8);
        assert_int_equal(label_trie_score(&t, s, NULL, all, &n_passes, NULL), INGLE_OK);
        n_all += n_passes;
        assert_int_equal(ingle_session_truncate(s, 0, NULL), INGLE_OK);
        fixture_eval(s, prompt, 8);
        assert_int_equal(label_trie_score(&t, s, prior, few, &n_passes, NULL), INGLE_OK);
        n_few += n_passes;
        without_prior(all, prior, l.n);
        without_prior(few, prior, l.n);
        for (size_t i = 0; i < l.n; i++) {
            assert_true(fabsf(all[i] - few[i]) < 1e-4f);
            if (all[i] > all[best]) best = i;
            if (few[i] > few[also]) also = i;
        }
        assert_int_equal(best, also);
        ingle_session_free(s);
        label_trie_clear(&t);
    }
    assert_true(n_few < n_all);
    print_message("%d passes of %d\n", n_few, n_all);
}

/* Then the probabilities are those of the whole vocabulary, divided by their sum. */
static void labels_of_one_token_take_no_pass(void **state) {
    (void)state;
    struct labels l = {.n = 20};
    for (size_t i = 0; i < l.n; i++) {
        l.tokens[i][0] = (ingle_token)(i * 7);
        l.len[i] = 1;
    }
    struct label_trie t = trie_of(&l);
    ingle_token prompt[8];
    float scores[MAX_LABELS];
    double sum = 0;
    int n_passes;
    fixture_tokens(prompt, 8, n_vocab, 5);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 64});
    fixture_eval(s, prompt, 8);
    const float *logits = ingle_session_logits(s);
    for (size_t i = 0; i < l.n; i++) sum += exp((double)logits[l.tokens[i][0]]);
    assert_int_equal(label_trie_score(&t, s, NULL, scores, &n_passes, NULL), INGLE_OK);
    assert_int_equal(n_passes, 0);
    assert_false(t.needs_ends);
    for (size_t i = 0; i < l.n; i++) {
        assert_true(fabs((double)scores[i] - log(exp((double)logits[i * 7]) / sum)) < 1e-4);
    }
    ingle_session_free(s);
    label_trie_clear(&t);
}

static void passes_are_as_many_as_places_where_paths_part(void **state) {
    (void)state;
    /* 1 2 3 | 1 2 4 | 1 5: a choice after 1, another after 1 2; what all begin with, one pass. */
    struct labels l = {.tokens = {{1, 2, 3}, {1, 2, 4}, {1, 5}}, .len = {3, 3, 2}, .n = 3};
    struct label_trie t = trie_of(&l);
    float scores[3];
    int n_passes;
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 64});
    fixture_eval(s, (const ingle_token[]){9}, 1);
    assert_int_equal(label_trie_score(&t, s, NULL, scores, &n_passes, NULL), INGLE_OK);
    assert_int_equal(n_passes, 2);
    assert_int_equal(t.n_choices, 4);
    ingle_session_free(s);
    label_trie_clear(&t);
}

static void the_same_label_twice_is_told(void **state) {
    (void)state;
    struct label_trie t = {0};
    uint32_t same;
    const ingle_token tokens[] = {1, 2};
    assert_int_equal(label_trie_add(&t, tokens, 2, 4, &same, NULL), INGLE_OK);
    assert_int_equal(same, LABEL_TRIE_NONE);
    assert_int_equal(label_trie_add(&t, tokens, 2, 5, &same, NULL), INGLE_OK);
    assert_int_equal(same, 4);
    label_trie_clear(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_are_those_of_brute_force),
        cmocka_unit_test(passes_that_cannot_matter_are_left_out),
        cmocka_unit_test(labels_of_one_token_take_no_pass),
        cmocka_unit_test(passes_are_as_many_as_places_where_paths_part),
        cmocka_unit_test(the_same_label_twice_is_told),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
