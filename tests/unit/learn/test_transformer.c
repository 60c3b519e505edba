/* The transformer as a whole: gradients of every tensor against difference quotients, the same bits
 * for any number of threads, and that it learns. */
#include "learn/nn/transformer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "learn/nn/linear.h"
#include "learn/nn/loss.h"
#include "learn/nn/mean_pool.h"
#include "learn/optimizer.h"
#include "learn/schedule.h"
#include "support/gradient.h"
#include "support/refusal.h"

#define N_VOCAB 17
#define N_EMBD 12
#define N_LABELS 3
#define N_TOKENS 90

static const struct transformer_hparams usual = {.n_vocab = N_VOCAB,
                                                 .n_embd = N_EMBD,
                                                 .n_layer = 2,
                                                 .n_head = 4,
                                                 .n_head_kv = 2,
                                                 .head_dim = 4,
                                                 .n_ff = 20,
                                                 .n_ctx = 70,
                                                 .norm_eps = 1e-5f,
                                                 .rope_base = 10000.0f,
                                                 .is_causal = true};
static const int starts[] = {0, 70, 75, N_TOKENS};

/* A language model (tied head) or a classifier by the mean. */
struct net {
    struct learn l;
    struct nn_params params;
    struct transformer t;
    int head;
    int32_t ids[N_TOKENS], targets[N_TOKENS];
    struct transformer_batch batch;
    float logits[N_TOKENS * N_VOCAB], losses[N_TOKENS];
    float pooled[N_TOKENS * N_EMBD], dpooled[N_TOKENS * N_EMBD], dhidden[N_TOKENS * N_EMBD];
};

static struct net *new_net(struct transformer_hparams hp, enum cpu_tier tier, int n_threads) {
    struct net *net = mem_calloc(1, sizeof *net);
    struct rng r;
    rng_init(&r, 5);
    assert_non_null(net);
    assert_int_equal(learn_init(&net->l, tier, n_threads, 1, NULL), INGLE_OK);
    assert_int_equal(transformer_init(&net->t, &net->l, &hp, &net->params, N_TOKENS, NULL),
                     INGLE_OK);
    net->head = nn_params_add(&net->params, "cls.weight", N_LABELS, N_EMBD, true);
    assert_int_equal(nn_params_alloc(&net->params, NULL), INGLE_OK);
    transformer_fill(&net->t, &r);
    nn_params_fill(&net->params, net->head, &r, 0.5f);
    for (int i = 0; i < N_TOKENS; i++) {
        net->ids[i] = (int32_t)rng_below(&r, N_VOCAB);
        net->targets[i] = (int32_t)rng_below(&r, hp.is_causal ? N_VOCAB : N_LABELS);
    }
    net->batch = (struct transformer_batch){net->ids, {starts, 3}, hp.dropout > 0.0f, 99};
    return net;
}

static void free_net(struct net *net) {
    learn_clear(&net->l);
    transformer_clear(&net->t);
    nn_params_clear(&net->params);
    mem_free(net);
}

static double mean_loss(const struct net *net, int n) {
    double sum = 0.0;
    for (int i = 0; i < n; i++) sum += (double)net->losses[i];
    return sum / n;
}

/* Loss of the forward pass; what the backward pass needs is left in net. */
static double forward(void *ctx) {
    struct net *net = ctx;
    bool is_causal = net->t.hp.is_causal;
    const float *h = transformer_forward(&net->t, &net->l, &net->batch);
    int n = is_causal ? N_TOKENS : net->batch.seqs.n;
    struct nn_linear head =
        nn_linear_of(&net->params, is_causal ? net->t.embedding : net->head, -1);
    if (!is_causal) {
        nn_mean_pool_forward(net->pooled, h, net->batch.seqs, N_EMBD);
        h = net->pooled;
    }
    nn_linear_forward(&net->l, &head, net->logits, h, n);
    struct nn_loss loss = {net->targets, n, head.n_out, 0.1f, 1.0f / (float)n};
    nn_loss(&net->l, &loss, net->logits, net->losses);
    return mean_loss(net, n);
}

static void backward(struct net *net) {
    nn_params_zero_grad(&net->params);
    if (net->t.hp.is_causal) {
        struct nn_linear head = nn_linear_of(&net->params, net->t.embedding, -1);
        nn_linear_backward(&net->l, &head, net->dhidden, false, net->logits, net->t.hidden,
                           N_TOKENS);
    } else {
        struct nn_linear head = nn_linear_of(&net->params, net->head, -1);
        nn_linear_backward(&net->l, &head, net->dpooled, false, net->logits, net->pooled,
                           net->batch.seqs.n);
        nn_mean_pool_backward(net->dhidden, net->dpooled, net->batch.seqs, N_EMBD);
    }
    transformer_backward(&net->t, &net->l, &net->batch, net->dhidden);
}

static void check_gradients(struct transformer_hparams hp, enum cpu_tier tier) {
    struct net *net = new_net(hp, tier, 1);
    (void)forward(net);
    backward(net);
    float *gradient = mem_calloc(net->params.n, sizeof *gradient);
    assert_non_null(gradient);
    memcpy(gradient, net->params.grad, net->params.n * sizeof *gradient);
    for (int i = 0; i < net->params.n_tensors; i++) {
        const struct nn_tensor *t = &net->params.tensors[i];
        gradient_check(forward, net, net->params.value + t->at, gradient + t->at, nn_tensor_size(t),
                       t->name);
    }
    mem_free(gradient);
    free_net(net);
}

static void a_causal_transformer_has_the_right_gradients(void **state) {
    (void)state;
    check_gradients(usual, CPU_TIER_REF);
    check_gradients(usual, cpu_tier_detect());
}

static void an_encoder_has_the_right_gradients(void **state) {
    (void)state;
    struct transformer_hparams hp = usual;
    hp.is_causal = false;
    check_gradients(hp, cpu_tier_detect());
}

static void gradients_are_right_with_dropout_too(void **state) {
    (void)state;
    struct transformer_hparams hp = usual;
    hp.dropout = 0.2f;
    check_gradients(hp, cpu_tier_detect());
}

/* The parameters after some steps; the caller frees. */
static float *trained(int n_threads, double *loss) {
    struct transformer_hparams hp = usual;
    hp.dropout = 0.1f;
    struct net *net = new_net(hp, cpu_tier_detect(), n_threads);
    struct optimizer o;
    assert_int_equal(optimizer_init(&o, &net->params, NULL), INGLE_OK);
    for (int step = 0; step < 15; step++) {
        net->batch.seed = (uint64_t)step;
        *loss = forward(net);
        backward(net);
        optimizer_clip(&o, &net->l, &net->params, 1.0f);
        optimizer_step(&o, &net->l, &net->params, 0.02f);
    }
    float *values = mem_calloc(net->params.n, sizeof *values);
    assert_non_null(values);
    memcpy(values, net->params.value, net->params.n * sizeof *values);
    optimizer_clear(&o);
    free_net(net);
    return values;
}

static void any_number_of_threads_trains_to_the_same_bits(void **state) {
    (void)state;
    double loss[3];
    struct net *net = new_net(usual, CPU_TIER_REF, 1);
    size_t size = net->params.n * sizeof(float);
    double before = forward(net);
    free_net(net);
    float *values[3];
    for (int i = 0; i < 3; i++) values[i] = trained(i + 1, &loss[i]);
    for (int i = 1; i < 3; i++) {
        assert_memory_equal(values[0], values[i], size);
        assert_true(loss[i] == loss[0]);
    }
    assert_true(loss[0] < 0.9 * before);
    for (int i = 0; i < 3; i++) mem_free(values[i]);
}

static void shapes_that_do_not_go_together_are_refused(void **state) {
    (void)state;
    ingle_error err = {0};
    struct transformer_hparams hp = usual;
    hp.n_head_kv = 3;
    expect_refusal(transformer_check(&hp, &err), INGLE_BAD_ARGUMENT, &err, "share");
    hp = usual;
    hp.head_dim = 5;
    expect_refusal(transformer_check(&hp, &err), INGLE_BAD_ARGUMENT, &err, "even");
    hp = usual;
    hp.n_layer = 0;
    expect_refusal(transformer_check(&hp, &err), INGLE_BAD_ARGUMENT, &err, "layers");
    hp = usual;
    hp.dropout = 1.0f;
    expect_refusal(transformer_check(&hp, &err), INGLE_BAD_ARGUMENT, &err, "Dropout");
}

static void too_little_memory_is_said(void **state) {
    (void)state;
    struct learn l;
    assert_int_equal(learn_init(&l, CPU_TIER_REF, 1, 1, NULL), INGLE_OK);
    for (uint64_t n = 1; n <= 3; n++) {
        struct nn_params params = {0};
        struct transformer t;
        mem_fail_at(n, 1);
        ingle_status status = transformer_init(&t, &l, &usual, &params, 8, NULL);
        if (status == INGLE_OK) status = nn_params_alloc(&params, NULL);
        mem_fail_at(0, 0);
        assert_int_equal(status, INGLE_NO_MEMORY);
        transformer_clear(&t);
        nn_params_clear(&params);
    }
    learn_clear(&l);
}

/* ---- optimizer and schedule ---- */

static void the_optimizer_finds_the_bottom_and_decays_what_it_may(void **state) {
    (void)state;
    struct learn l;
    struct nn_params p = {0};
    struct optimizer o;
    assert_int_equal(learn_init(&l, CPU_TIER_REF, 2, 1, NULL), INGLE_OK);
    int a = nn_params_add(&p, "a", 2, 3, true), b = nn_params_add(&p, "b", 0, 5, false);
    assert_int_equal(nn_params_alloc(&p, NULL), INGLE_OK);
    assert_int_equal(optimizer_init(&o, &p, NULL), INGLE_OK);
    nn_params_set(&p, a, 1.0f);
    nn_params_set(&p, b, 1.0f);
    optimizer_step(&o, &l, &p, 0.5f); /* no gradient: decay alone */
    assert_float_equal(nn_value(&p, a)[5], 0.95f, 1e-6f);
    assert_float_equal(nn_value(&p, b)[4], 1.0f, 0.0f);
    for (int i = 0; i < 5; i++) nn_grad(&p, b)[i] = 3.0f;
    optimizer_step(&o, &l, &p, 0.1f);
    assert_true(nn_value(&p, b)[0] < 1.0f && nn_value(&p, b)[0] > 0.8f);
    for (int step = 0; step < 150; step++) {
        for (int i = 0; i < 5; i++) nn_grad(&p, b)[i] = nn_value(&p, b)[i] - 7.0f;
        optimizer_step(&o, &l, &p, 0.1f);
    }
    for (int i = 0; i < 5; i++) assert_float_equal(nn_value(&p, b)[i], 7.0f, 0.05f);
    optimizer_clear(&o);
    nn_params_clear(&p);
    learn_clear(&l);
}

static void a_long_gradient_is_shortened(void **state) {
    (void)state;
    struct learn l;
    struct nn_params p = {0};
    struct optimizer o;
    assert_int_equal(learn_init(&l, CPU_TIER_REF, 2, 1, NULL), INGLE_OK);
    int a = nn_params_add(&p, "a", 0, 40000, true);
    assert_int_equal(nn_params_alloc(&p, NULL), INGLE_OK);
    assert_int_equal(optimizer_init(&o, &p, NULL), INGLE_OK);
    for (int i = 0; i < 40000; i++) nn_grad(&p, a)[i] = 0.1f;
    assert_float_equal(optimizer_clip(&o, &l, &p, 5.0f), 20.0f, 1e-3f);
    assert_float_equal(nn_grad(&p, a)[39999], 0.025f, 1e-6f);
    assert_float_equal(optimizer_clip(&o, &l, &p, 6.0f), 5.0f, 1e-3f);
    assert_float_equal(nn_grad(&p, a)[39999], 0.025f, 1e-6f);
    optimizer_clear(&o);
    nn_params_clear(&p);
    learn_clear(&l);
}

static void the_rate_rises_to_its_peak_and_falls_to_its_floor(void **state) {
    (void)state;
    struct schedule s = {.peak = 1.0f, .floor = 0.1f, .warmup = 0.2};
    assert_float_equal(schedule_rate(&s, 0.1), 0.5f, 1e-6f);
    assert_float_equal(schedule_rate(&s, 0.2), 1.0f, 1e-6f);
    assert_float_equal(schedule_rate(&s, 0.6), 0.55f, 1e-6f);
    assert_float_equal(schedule_rate(&s, 1.0), 0.1f, 1e-6f);
    assert_float_equal(schedule_rate(&s, 1.5), 0.1f, 1e-6f);
    s.warmup = 0.0;
    assert_float_equal(schedule_rate(&s, 0.0), 1.0f, 1e-6f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_causal_transformer_has_the_right_gradients),
        cmocka_unit_test(an_encoder_has_the_right_gradients),
        cmocka_unit_test(gradients_are_right_with_dropout_too),
        cmocka_unit_test(any_number_of_threads_trains_to_the_same_bits),
        cmocka_unit_test(shapes_that_do_not_go_together_are_refused),
        cmocka_unit_test(too_little_memory_is_said),
        cmocka_unit_test(the_optimizer_finds_the_bottom_and_decays_what_it_may),
        cmocka_unit_test(a_long_gradient_is_shortened),
        cmocka_unit_test(the_rate_rises_to_its_peak_and_falls_to_its_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
