#include "support/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/format/gguf.h"

#define TAU 6.283185307179586
#define MAX_WIDTH 1024

struct run {
    const struct reference *r;
    const struct gguf *g;
    int n_tokens;
    double *x;         /* [n_tokens][n_embd] */
    double *q, *k, *v; /* [n_tokens][n_head or n_head_kv][head_dim] */
    double *heads;     /* [n_tokens][n_head * head_dim] */
    double *score;     /* [n_tokens] */
    bool failed;
};

/* ---- tensors ---- */

static const float *find(struct run *run, int layer, const char *name) {
    char full[96];
    if (layer < 0)
        snprintf(full, sizeof full, "%s", name);
    else
        snprintf(full, sizeof full, "blk.%d.%s", layer, name);
    const struct gguf_tensor *t = gguf_find_tensor(run->g, full);
    return t && t->type == 0 ? (const float *)(const void *)t->data : NULL;
}

static const float *need(struct run *run, int layer, const char *name) {
    static const float nothing[MAX_WIDTH];
    const float *data = find(run, layer, name);
    if (!data) run->failed = true;
    return data ? data : nothing;
}

/* out[0..n_rows) = rows first_row.. of a matrix times in[0..n_cols), plus the bias. */
static void multiply(struct run *run, int layer, const char *name, int first_row, int n_rows,
                     int n_cols, const double *in, double *out) {
    char weight[64], bias[64];
    snprintf(weight, sizeof weight, "%s.weight", name);
    snprintf(bias, sizeof bias, "%s.bias", name);
    const float *w = find(run, layer, weight), *b = find(run, layer, bias);
    if (!w) run->failed = true;
    for (int i = 0; i < n_rows; i++) {
        double sum = b ? (double)b[first_row + i] : 0;
        for (int k = 0; w && k < n_cols; k++) {
            sum += (double)w[(size_t)(first_row + i) * (size_t)n_cols + (size_t)k] * in[k];
        }
        out[i] = sum;
    }
}

/* ---- formulas ---- */

static void rms_norm(const struct reference *r, const double *x, const float *w, int n,
                     double *out) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[i] * x[i];
    for (int i = 0; i < n; i++) out[i] = x[i] / sqrt(sum / n + r->eps) * (double)w[i];
}

/* To the nearest of the numbers with 11 bits from 2^-14 up, evenly spaced below. */
static double round_f16(double x) {
    int exponent;
    (void)frexp(x, &exponent);
    double unit = ldexp(1.0, (exponent - 1 < -14 ? -14 : exponent - 1) - 10);
    return nearbyint(x / unit) * unit;
}

/* The angle of pair i at a position, and the magnitude of cos and sin. */
static double angle_of(struct run *run, int i, int pos, double *magnitude) {
    const struct reference *r = run->r;
    double divisor = r->factors ? (double)need(run, -1, r->factors)[i] : 1;
    double plain = pos * pow(r->rope_base, -2.0 * i / r->n_rot) / divisor;
    *magnitude = r->magnitude == 0 ? 1 : r->magnitude;
    if (r->yarn_factor == 0) return plain / (r->linear_factor == 0 ? 1 : r->linear_factor);
    double dim[2]; /* whose wave turns 32 times, and once, within the original context */
    for (int k = 0; k < 2; k++) {
        dim[k] = r->n_rot * log(r->n_ctx_orig / (TAU * (k ? 1 : 32))) / (2 * log(r->rope_base));
    }
    double low = floor(dim[0]) > 0 ? floor(dim[0]) : 0;
    double high = ceil(dim[1]) < r->n_rot - 1 ? ceil(dim[1]) : r->n_rot - 1;
    double along = (i - low) / (high - low > 0.001 ? high - low : 0.001);
    double keep = 1 - (along < 0 ? 0 : along > 1 ? 1 : along);
    *magnitude *= 1 + 0.1 * log(r->yarn_factor);
    return plain / r->yarn_factor * (1 - keep) + plain * keep;
}

static void rotate(struct run *run, double *head, int pos) {
    const struct reference *r = run->r;
    for (int i = 0; i < r->n_rot / 2; i++) {
        double magnitude, angle = angle_of(run, i, pos, &magnitude);
        double *a = head + (r->neox ? i : 2 * i), *b = a + (r->neox ? r->n_rot / 2 : 1);
        double c = magnitude * cos(angle), s = magnitude * sin(angle), old = *a;
        *a = old * c - *b * s;
        *b = old * s + *b * c;
    }
}

/* Heads of one token: norm, rotation. */
static void turn(struct run *run, int layer, const char *norm, double *heads, int n_heads,
                 int pos) {
    const struct reference *r = run->r;
    const float *w = find(run, layer, norm);
    bool nope = r->nope_every && (layer + 1) % r->nope_every == 0;
    for (int h = 0; h < n_heads; h++) {
        double *head = heads + h * r->head_dim;
        if (w) rms_norm(r, head, w, r->head_dim, head);
        if (!nope) rotate(run, head, pos);
    }
}

static void attend(struct run *run, int pos, int h) {
    const struct reference *r = run->r;
    int dim = r->head_dim, n_kv = r->n_head_kv * dim, kv_head = h / (r->n_head / r->n_head_kv);
    const double *q = run->q + (pos * r->n_head + h) * dim;
    double *out = run->heads + (pos * r->n_head + h) * dim, total = 0, most = -INFINITY;
    double scale = r->attn_scale == 0 ? 1 / sqrt(dim) : r->attn_scale;
    double *score = run->score;
    for (int p = 0; p <= pos; p++) {
        score[p] = 0;
        const double *k = run->k + p * n_kv + kv_head * dim;
        for (int d = 0; d < dim; d++) score[p] += scale * q[d] * k[d];
        if (score[p] > most) most = score[p];
    }
    for (int d = 0; d < dim; d++) out[d] = 0;
    for (int p = 0; p <= pos; p++) {
        double weight = exp(score[p] - most);
        total += weight;
        for (int d = 0; d < dim; d++) out[d] += weight * run->v[p * n_kv + kv_head * dim + d];
    }
    for (int d = 0; d < dim; d++) out[d] /= total;
}

/* ---- layers ---- */

static void attention(struct run *run, int layer) {
    const struct reference *r = run->r;
    int n_q = r->n_head * r->head_dim, n_kv = r->n_head_kv * r->head_dim;
    bool fused = find(run, layer, "attn_qkv.weight") != NULL;
    const float *norm = need(run, layer, "attn_norm.weight");
    double n[MAX_WIDTH] = {0}, o[MAX_WIDTH] = {0};
    for (int t = 0; t < run->n_tokens; t++) {
        double *q = run->q + t * n_q, *k = run->k + t * n_kv, *v = run->v + t * n_kv;
        rms_norm(r, run->x + t * r->n_embd, norm, r->n_embd, n);
        multiply(run, layer, fused ? "attn_qkv" : "attn_q", 0, n_q, r->n_embd, n, q);
        multiply(run, layer, fused ? "attn_qkv" : "attn_k", fused ? n_q : 0, n_kv, r->n_embd, n, k);
        multiply(run, layer, fused ? "attn_qkv" : "attn_v", fused ? n_q + n_kv : 0, n_kv, r->n_embd,
                 n, v);
        turn(run, layer, "attn_q_norm.weight", q, r->n_head, t);
        turn(run, layer, "attn_k_norm.weight", k, r->n_head_kv, t);
        for (int i = 0; i < n_kv; i++) k[i] = round_f16(k[i]), v[i] = round_f16(v[i]);
        for (int h = 0; h < r->n_head; h++) attend(run, t, h);
        multiply(run, layer, "attn_output", 0, r->n_embd, n_q, run->heads + t * n_q, o);
        for (int i = 0; i < r->n_embd; i++) run->x[t * r->n_embd + i] += o[i];
    }
}

static void feed_forward(struct run *run, int layer) {
    const struct reference *r = run->r;
    bool fused = !find(run, layer, "ffn_gate.weight");
    const float *norm = need(run, layer, "ffn_norm.weight");
    double n[MAX_WIDTH] = {0}, gate[MAX_WIDTH] = {0}, up[MAX_WIDTH] = {0}, down[MAX_WIDTH] = {0};
    for (int t = 0; t < run->n_tokens; t++) {
        rms_norm(r, run->x + t * r->n_embd, norm, r->n_embd, n);
        multiply(run, layer, fused ? "ffn_up" : "ffn_gate", 0, r->n_ff, r->n_embd, n, gate);
        multiply(run, layer, "ffn_up", fused ? r->n_ff : 0, r->n_ff, r->n_embd, n, up);
        for (int i = 0; i < r->n_ff; i++) up[i] *= gate[i] / (1 + exp(-gate[i]));
        multiply(run, layer, "ffn_down", 0, r->n_embd, r->n_ff, up, down);
        for (int i = 0; i < r->n_embd; i++) run->x[t * r->n_embd + i] += down[i];
    }
}

static void evaluate(struct run *run, const int32_t *tokens, double *logits) {
    const struct reference *r = run->r;
    const float *embd = find(run, -1, "token_embd.weight");
    const float *norm = need(run, -1, "output_norm.weight");
    const char *head = find(run, -1, "output.weight") ? "output" : "token_embd";
    double n[MAX_WIDTH] = {0};
    if (!embd) run->failed = true;
    for (int i = 0; embd && i < run->n_tokens * r->n_embd; i++) {
        run->x[i] = (double)embd[tokens[i / r->n_embd] * r->n_embd + i % r->n_embd];
    }
    for (int layer = 0; layer < r->n_layer; layer++) {
        attention(run, layer);
        feed_forward(run, layer);
    }
    for (int t = 0; t < run->n_tokens; t++) {
        rms_norm(r, run->x + t * r->n_embd, norm, r->n_embd, n);
        multiply(run, -1, head, 0, r->n_vocab, r->n_embd, n, logits + t * r->n_vocab);
    }
}

bool reference_logits(const struct reference *r, const char *path, const int32_t *tokens,
                      int n_tokens, double *logits) {
    struct gguf *g;
    if (gguf_open(&g, path, NULL) != INGLE_OK) return false;
    size_t n = (size_t)n_tokens, n_embd = (size_t)r->n_embd,
           n_q = (size_t)(r->n_head * r->head_dim), n_kv = (size_t)(r->n_head_kv * r->head_dim);
    double *memory = calloc(n * (n_embd + 2 * n_q + 2 * n_kv + 1), sizeof *memory);
    struct run run = {.r = r, .g = g, .n_tokens = n_tokens, .x = memory};
    if (memory) {
        run.q = run.x + n * n_embd;
        run.k = run.q + n * n_q;
        run.v = run.k + n * n_kv;
        run.heads = run.v + n * n_kv;
        run.score = run.heads + n * n_q;
        evaluate(&run, tokens, logits);
    }
    free(memory);
    gguf_close(g);
    return memory && !run.failed;
}
