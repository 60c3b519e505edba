/* Every differentiable part against difference quotients, in the reference and the best tier. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "learn/nn/attend.h"
#include "learn/nn/dropout.h"
#include "learn/nn/embedding.h"
#include "learn/nn/linear.h"
#include "learn/nn/loss.h"
#include "learn/nn/mean_pool.h"
#include "learn/nn/norm.h"
#include "learn/nn/rotary.h"
#include "learn/nn/swiglu.h"
#include "support/gradient.h"

#define MAX 4096

static struct learn learners[2];

static int open_learners(void **state) {
    (void)state;
    return learn_init(&learners[0], CPU_TIER_REF, 1, 1, NULL) != INGLE_OK ||
           learn_init(&learners[1], cpu_tier_detect(), 2, 1, NULL) != INGLE_OK;
}

static int close_learners(void **state) {
    (void)state;
    learn_clear(&learners[0]);
    learn_clear(&learners[1]);
    return 0;
}

static void randomise(float *x, size_t n, uint64_t seed) {
    struct rng r;
    rng_init(&r, seed);
    for (size_t i = 0; i < n; i++) x[i] = rng_normal(&r);
}

/* The loss of most checks: a fixed weighted sum of what a part puts out. */
static double weighted(const float *y, const float *weights, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) sum += (double)y[i] * (double)weights[i];
    return sum;
}

/* ---- linear ---- */

struct linear_case {
    struct learn *l;
    struct nn_linear f;
    float w[MAX], bias[MAX], dw[MAX], dbias[MAX], x[MAX], dx[MAX], y[MAX], c[MAX];
    int n;
};

static double linear_loss(void *ctx) {
    struct linear_case *t = ctx;
    nn_linear_forward(t->l, &t->f, t->y, t->x, t->n);
    return weighted(t->y, t->c, (size_t)(t->n * t->f.n_out));
}

static void a_linear_layer_has_the_right_gradients(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        static struct linear_case t;
        memset(&t, 0, sizeof t);
        t.l = &learners[i];
        t.n = 11;
        t.f = (struct nn_linear){t.w, t.bias, t.dw, t.dbias, 13, 9};
        randomise(t.w, 13 * 9, 1);
        randomise(t.bias, 9, 2);
        randomise(t.x, 11 * 13, 3);
        randomise(t.c, 11 * 9, 4);
        (void)linear_loss(&t);
        nn_linear_backward(t.l, &t.f, t.dx, false, t.c, t.x, t.n);
        gradient_check(linear_loss, &t, t.w, t.dw, 13 * 9, "w");
        gradient_check(linear_loss, &t, t.bias, t.dbias, 9, "bias");
        gradient_check(linear_loss, &t, t.x, t.dx, 11 * 13, "x");
        nn_linear_backward(t.l, &t.f, t.dx, true, t.c, t.x, t.n);
        for (int k = 0; k < 11 * 13; k++) t.dx[k] *= 0.5f;
        gradient_check(linear_loss, &t, t.x, t.dx, 11 * 13, "x, added twice");
    }
}

/* ---- norm ---- */

struct norm_case {
    struct learn *l;
    struct nn_norm f;
    float w[MAX], dw[MAX], x[MAX], dx[MAX], y[MAX], c[MAX], scratch[MAX];
    int n;
};

static double norm_loss(void *ctx) {
    struct norm_case *t = ctx;
    nn_norm_forward(t->l, &t->f, t->y, t->x, t->n);
    return weighted(t->y, t->c, (size_t)(t->n * t->f.n_dims));
}

static void an_rms_norm_has_the_right_gradients(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        static struct norm_case t;
        memset(&t, 0, sizeof t);
        t.l = &learners[i];
        t.n = 130; /* three parts */
        t.f = (struct nn_norm){t.w, t.dw, 21, 1e-5f};
        assert_true(nn_norm_scratch(t.n, 21) <= MAX);
        randomise(t.w, 21, 1);
        randomise(t.x, 130 * 21, 2);
        randomise(t.c, 130 * 21, 3);
        nn_norm_backward(t.l, &t.f, t.dx, t.c, t.x, t.n, t.scratch);
        gradient_check(norm_loss, &t, t.w, t.dw, 21, "w");
        gradient_check(norm_loss, &t, t.x, t.dx, 130 * 21, "x");
    }
}

/* ---- the gate ---- */

struct swiglu_case {
    struct learn *l;
    float gate[MAX], up[MAX], dgate[MAX], dup[MAX], y[MAX], c[MAX];
};

static double swiglu_loss(void *ctx) {
    struct swiglu_case *t = ctx;
    nn_swiglu_forward(t->l, t->y, t->gate, t->up, 20, 37);
    return weighted(t->y, t->c, 20 * 37);
}

static void the_gate_has_the_right_gradients(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        static struct swiglu_case t;
        t.l = &learners[i];
        randomise(t.gate, 20 * 37, 1);
        randomise(t.up, 20 * 37, 2);
        randomise(t.c, 20 * 37, 3);
        memcpy(t.dgate, t.gate, sizeof t.gate);
        memcpy(t.dup, t.up, sizeof t.up);
        nn_swiglu_backward(t.l, t.dgate, t.dup, t.c, 20, 37);
        gradient_check(swiglu_loss, &t, t.gate, t.dgate, 20 * 37, "gate");
        gradient_check(swiglu_loss, &t, t.up, t.dup, 20 * 37, "up");
    }
}

/* ---- attention ---- */

static const int attend_starts[] = {0, 3, 73, 74}; /* one sequence longer than a block */
#define N_TOKENS 74
#define HEAD_DIM 6

struct attend_case {
    struct learn *l;
    struct nn_attend f;
    float q[MAX], k[MAX], v[MAX], out[MAX], log_sum[MAX], c[MAX], dq[MAX], dk[MAX], dv[MAX];
    float scratch[2 * 2 * 64 * N_TOKENS];
    size_t n;
};

static double attend_loss(void *ctx) {
    struct attend_case *t = ctx;
    nn_attend_forward(t->l, &t->f);
    return weighted(t->out, t->c, t->n);
}

static void check_attention(struct learn *l, int n_head, int n_head_kv, bool is_causal) {
    static struct attend_case t;
    size_t n = (size_t)(N_TOKENS * n_head * HEAD_DIM);
    size_t n_kv = (size_t)(N_TOKENS * n_head_kv * HEAD_DIM);
    memset(&t, 0, sizeof t);
    t.l = l;
    t.n = n;
    t.f = (struct nn_attend){n_head,    n_head_kv, HEAD_DIM, is_causal, {attend_starts, 3},
                             t.q,       t.k,       t.v,      t.out,     t.log_sum,
                             t.scratch, NULL,      NULL,     NULL,      NULL};
    assert_true(n <= MAX && nn_attend_scratch(l, 70) <= BASE_COUNT(t.scratch));
    randomise(t.q, n, 1);
    randomise(t.k, n_kv, 2);
    randomise(t.v, n_kv, 3);
    randomise(t.c, n, 4);
    (void)attend_loss(&t);
    struct nn_attend back = t.f;
    back.dout = t.c;
    back.dq = t.dq;
    back.dk = t.dk;
    back.dv = t.dv;
    nn_attend_backward(l, &back);
    gradient_check(attend_loss, &t, t.q, t.dq, n, "q");
    gradient_check(attend_loss, &t, t.k, t.dk, n_kv, "k");
    gradient_check(attend_loss, &t, t.v, t.dv, n_kv, "v");
}

static void attention_has_the_right_gradients(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        check_attention(&learners[i], 4, 2, true);
        check_attention(&learners[i], 4, 2, false);
        check_attention(&learners[i], 3, 3, true);
        check_attention(&learners[i], 4, 1, false);
    }
}

static void a_causal_row_does_not_see_later_ones(void **state) {
    (void)state;
    static struct attend_case t;
    memset(&t, 0, sizeof t);
    t.f = (struct nn_attend){2,         2,    HEAD_DIM, true,  {attend_starts, 3},
                             t.q,       t.k,  t.v,      t.out, t.log_sum,
                             t.scratch, NULL, NULL,     NULL,  NULL};
    size_t n = N_TOKENS * 2 * HEAD_DIM;
    randomise(t.q, n, 1);
    randomise(t.k, n, 2);
    randomise(t.v, n, 3);
    nn_attend_forward(&learners[1], &t.f);
    memcpy(t.c, t.out, sizeof t.out);
    const size_t changed = 72; /* the last row of the second sequence */
    for (size_t i = changed * 2 * HEAD_DIM; i < (changed + 1) * 2 * HEAD_DIM; i++) t.k[i] = 9.0f;
    nn_attend_forward(&learners[1], &t.f);
    assert_memory_equal(t.c, t.out, changed * 2 * HEAD_DIM * sizeof(float));
    assert_memory_not_equal(t.c + changed * 2 * HEAD_DIM, t.out + changed * 2 * HEAD_DIM,
                            2 * HEAD_DIM * sizeof(float));
    assert_memory_equal(t.c + (changed + 1) * 2 * HEAD_DIM, t.out + (changed + 1) * 2 * HEAD_DIM,
                        2 * HEAD_DIM * sizeof(float));
}

/* ---- loss ---- */

struct loss_case {
    struct learn *l;
    struct nn_loss f;
    float x[MAX], work[MAX], losses[MAX];
};

static double loss_loss(void *ctx) {
    struct loss_case *t = ctx;
    memcpy(t->work, t->x, sizeof t->x);
    nn_loss(t->l, &t->f, t->work, t->losses);
    double sum = 0.0;
    for (int i = 0; i < t->f.n; i++) sum += (double)t->losses[i] * (double)t->f.scale;
    return sum;
}

static void cross_entropy_has_the_right_gradients(void **state) {
    (void)state;
    static const int32_t targets[] = {0, 4, NN_IGNORE, 10, 3, 3, 0, NN_IGNORE, 7, 1};
    for (int i = 0; i < 4; i++) {
        static struct loss_case t;
        t.l = &learners[i % 2];
        t.f = (struct nn_loss){targets, BASE_COUNT(targets), 11, i < 2 ? 0.0f : 0.2f, 0.5f};
        randomise(t.x, 110, 1);
        static float gradient[MAX];
        (void)loss_loss(&t);
        memcpy(gradient, t.work, sizeof gradient);
        gradient_check(loss_loss, &t, t.x, gradient, 110, "logits");
        assert_true(t.losses[2] == 0.0f);
    }
}

static void even_logits_cost_the_logarithm_of_the_classes(void **state) {
    (void)state;
    float logits[8] = {0}, losses[2];
    static const int32_t targets[] = {1, 3};
    struct nn_loss f = {targets, 2, 4, 0.1f, 1.0f};
    nn_loss(&learners[1], &f, logits, losses);
    assert_float_equal(losses[0], logf(4.0f), 1e-6f);
    assert_float_equal(losses[1], logf(4.0f), 1e-6f);
}

/* ---- what moves rows about ---- */

static void lookups_add_up_in_the_table(void **state) {
    (void)state;
    enum { DIM = 70 };
    static const int32_t ids[] = {2, 0, 2, 1};
    float table[3 * DIM], x[4 * DIM], dtable[3 * DIM] = {0};
    randomise(table, 3 * DIM, 1);
    nn_embedding_forward(&learners[1], x, table, ids, 4, DIM);
    for (int t = 0; t < 4; t++) {
        assert_memory_equal(x + t * DIM, table + ids[t] * DIM, DIM * sizeof(float));
    }
    for (int i = 0; i < 4 * DIM; i++) x[i] = (float)(1 << i / DIM);
    nn_embedding_backward(&learners[1], dtable, x, ids, 4, DIM);
    for (int i = 0; i < DIM; i++) {
        assert_true(dtable[i] == 2.0f && dtable[DIM + i] == 8.0f && dtable[2 * DIM + i] == 5.0f);
    }
}

static void means_go_back_in_equal_shares(void **state) {
    (void)state;
    static const int starts[] = {0, 2, 3};
    struct nn_sequences seqs = {starts, 2};
    float x[] = {1, 2, 3, 6, 7, 8}, y[4], dx[6];
    nn_mean_pool_forward(y, x, seqs, 2);
    assert_true(y[0] == 2.0f && y[1] == 4.0f && y[2] == 7.0f && y[3] == 8.0f);
    nn_mean_pool_backward(dx, y, seqs, 2);
    assert_true(dx[0] == 1.0f && dx[3] == 2.0f && dx[4] == 7.0f && dx[5] == 8.0f);
}

static void a_rotation_and_its_reverse_leave_things_as_they_were(void **state) {
    (void)state;
    enum { DIM = 8, N = 12 };
    static const int starts[] = {0, 5, N};
    struct nn_sequences seqs = {starts, 2};
    float cs[N * DIM], x[N * 2 * DIM], before[N * 2 * DIM];
    nn_rotary_angles(cs, N, DIM, 10000.0f);
    randomise(x, N * 2 * DIM, 1);
    memcpy(before, x, sizeof x);
    nn_rotary(&learners[1], x, cs, seqs, 2, DIM);
    assert_memory_equal(x, before, 2 * DIM * sizeof(float)); /* position 0 */
    assert_memory_equal(x + 5 * 2 * DIM, before + 5 * 2 * DIM, 2 * DIM * sizeof(float));
    assert_memory_not_equal(x + 2 * DIM, before + 2 * DIM, 2 * DIM * sizeof(float));
    nn_rotary_reverse(cs, N, DIM);
    nn_rotary(&learners[1], x, cs, seqs, 2, DIM);
    for (int i = 0; i < N * 2 * DIM; i++) assert_float_equal(x[i], before[i], 1e-5f);
}

static void dropout_drops_its_share_the_same_way_twice(void **state) {
    (void)state;
    enum { ROWS = 200, COLS = 50 };
    static float a[ROWS * COLS], b[ROWS * COLS];
    int n_dropped = 0, n_other = 0;
    for (int i = 0; i < ROWS * COLS; i++) a[i] = b[i] = 3.0f;
    nn_dropout(&learners[0], a, ROWS, COLS, 0.25f, 7);
    nn_dropout(&learners[1], b, ROWS, COLS, 0.25f, 7);
    assert_memory_equal(a, b, sizeof a);
    for (int i = 0; i < ROWS * COLS; i++) {
        n_dropped += a[i] == 0.0f;
        assert_true(a[i] == 0.0f || fabsf(a[i] - 4.0f) < 1e-6f);
        b[i] = 3.0f;
    }
    assert_in_range(n_dropped, ROWS * COLS * 23 / 100, ROWS * COLS * 27 / 100);
    nn_dropout(&learners[1], b, ROWS, COLS, 0.25f, 8);
    for (int i = 0; i < ROWS * COLS; i++) n_other += (a[i] == 0.0f) != (b[i] == 0.0f);
    assert_true(n_other > ROWS * COLS / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_layer_has_the_right_gradients),
        cmocka_unit_test(an_rms_norm_has_the_right_gradients),
        cmocka_unit_test(the_gate_has_the_right_gradients),
        cmocka_unit_test(attention_has_the_right_gradients),
        cmocka_unit_test(a_causal_row_does_not_see_later_ones),
        cmocka_unit_test(cross_entropy_has_the_right_gradients),
        cmocka_unit_test(even_logits_cost_the_logarithm_of_the_classes),
        cmocka_unit_test(lookups_add_up_in_the_table),
        cmocka_unit_test(means_go_back_in_equal_shares),
        cmocka_unit_test(a_rotation_and_its_reverse_leave_things_as_they_were),
        cmocka_unit_test(dropout_drops_its_share_the_same_way_twice),
    };
    return cmocka_run_group_tests(tests, open_learners, close_learners);
}
