#include "learn/encoder_net.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"
#include "learn/split.h"

/* One use of a word in a text, or of a word in a row. */
struct use {
    uint32_t word; /* number in the batch */
    uint32_t text;
};

/* One batch, and room for the largest one. Words are numbered anew in each. */
struct net_batch {
    int n;                   /* pairs */
    size_t n_words;          /* different words */
    uint32_t *word;          /* [n_words] into vocab[] */
    uint32_t *number;        /* [n_vocab] 1 + number in the batch; 0 = not in it */
    bool *has_row;           /* [n_words] whether its own row counts */
    float *v, *dv;           /* [n_words][n_dims] */
    float *dw;               /* [n_words] gradient of the weight */
    struct use *uses;        /* [n_uses] in the order of texts */
    uint32_t *text_at;       /* [2 n + 1] into uses */
    uint32_t *by_word;       /* [n_uses] numbers of uses, by word, in the order of texts */
    uint32_t *word_at;       /* [n_words + 1] into by_word */
    float *u, *du;           /* [2 n][n_dims] vectors of the texts; gradients */
    float *length;           /* [2 n] of s */
    float *pull[2];          /* [n][n] gradients of the products, from a's side and from b's */
    float *loss;             /* [2 n] */
    uint32_t *sums, *topics; /* [2 n], [n] of the pairs */
    size_t n_touched;
    uint32_t *touched;    /* [n_touched] rows */
    uint32_t *row_number; /* [n_rows] 1 + number in touched; 0 = not in it */
    uint32_t *touch_at;   /* [n_touched + 1] into touches */
    uint32_t *touches;    /* numbers of words in the batch, by row */
};

/* A run as the parts of it see it. */
struct run {
    struct encoder_net *net;
    struct learn *l;
    float rate;
};

/* ---- beginning and end ---- */

/* The count that a word needs for a row of its own. */
static ingle_status choose_rows(struct encoder_net *net, ingle_error *err) {
    enum { MOST = 4096 };
    const struct encoder_pairs *p = net->pairs;
    uint32_t *by_count = mem_calloc(MOST + 1, sizeof *by_count);
    net->row_of = mem_alloc((p->n_vocab + 1) * sizeof *net->row_of);
    if (!by_count || !net->row_of) {
        mem_free(by_count);
        return status_no_memory(err, "the words", p->n_vocab * sizeof *net->row_of);
    }
    for (size_t i = 0; i < p->n_vocab; i++) {
        by_count[p->vocab[i].count < MOST ? p->vocab[i].count : MOST]++;
    }
    uint32_t least = MOST;
    size_t sum = by_count[MOST];
    while (least > 2 && sum + by_count[least - 1] <= net->opt.max_words) sum += by_count[--least];
    for (size_t i = 0; i < p->n_vocab; i++) {
        bool has = p->vocab[i].count >= least && net->n_word_rows < net->opt.max_words;
        net->row_of[i] = has ? (uint32_t)net->n_word_rows++ : NET_NO_ROW;
    }
    mem_free(by_count);
    return INGLE_OK;
}

static bool make_batch(struct encoder_net *net) {
    const struct encoder_pairs *p = net->pairs;
    struct net_batch *b = net->batch;
    size_t n = (size_t)net->opt.n_batch, dims = (size_t)net->opt.n_dims;
    size_t max_uses = 2 * n * PAIR_MAX_WORDS;
    if (max_uses > p->n_words) max_uses = p->n_words;
    size_t max_words = max_uses < p->n_vocab ? max_uses : p->n_vocab;
    b->word = mem_calloc(max_words + 1, sizeof *b->word);
    b->number = mem_calloc(p->n_vocab + 1, sizeof *b->number);
    b->has_row = mem_calloc(max_words + 1, sizeof *b->has_row);
    b->v = mem_calloc(max_words * dims + 1, sizeof *b->v);
    b->dv = mem_calloc(max_words * dims + 1, sizeof *b->dv);
    b->dw = mem_calloc(max_words + 1, sizeof *b->dw);
    b->uses = mem_calloc(max_uses + 1, sizeof *b->uses);
    b->text_at = mem_calloc(2 * n + 1, sizeof *b->text_at);
    b->by_word = mem_calloc(max_uses + 1, sizeof *b->by_word);
    b->word_at = mem_calloc(max_words + 2, sizeof *b->word_at);
    b->u = mem_calloc(2 * n * dims, sizeof *b->u);
    b->du = mem_calloc(2 * n * dims, sizeof *b->du);
    b->length = mem_calloc(2 * n, sizeof *b->length);
    b->pull[0] = mem_calloc(n * n, sizeof **b->pull);
    b->pull[1] = mem_calloc(n * n, sizeof **b->pull);
    b->loss = mem_calloc(2 * n, sizeof *b->loss);
    b->sums = mem_calloc(2 * n, sizeof *b->sums);
    b->topics = mem_calloc(n, sizeof *b->topics);
    b->touched = mem_calloc(net->n_rows + 1, sizeof *b->touched);
    b->row_number = mem_calloc(net->n_rows, sizeof *b->row_number);
    b->touch_at = mem_calloc(net->n_rows + 2, sizeof *b->touch_at);
    b->touches = mem_calloc(p->n_pieces + p->n_vocab + 1, sizeof *b->touches);
    return b->word && b->number && b->has_row && b->v && b->dv && b->dw && b->uses && b->text_at &&
           b->by_word && b->word_at && b->u && b->du && b->length && b->pull[0] && b->pull[1] &&
           b->loss && b->sums && b->topics && b->touched && b->row_number && b->touch_at &&
           b->touches;
}

ingle_status encoder_net_init(struct encoder_net *net, const struct encoder_pairs *pairs,
                              const struct encoder_net_options *opt, uint64_t seed,
                              ingle_error *err) {
    *net = (struct encoder_net){.pairs = pairs, .opt = *opt};
    INGLE_TRY(choose_rows(net, err));
    net->n_rows = net->n_word_rows + opt->n_pieces;
    size_t n;
    if (!mul_size(&n, net->n_rows, (size_t)opt->n_dims)) {
        return status_no_memory(err, "the encoder", SIZE_MAX);
    }
    net->rows = mem_calloc(n, sizeof *net->rows);
    net->row_steps = mem_calloc(n, sizeof *net->row_steps);
    net->weights = mem_calloc(pairs->n_vocab + 1, sizeof *net->weights);
    net->weight_steps = mem_calloc(pairs->n_vocab + 1, sizeof *net->weight_steps);
    net->batch = mem_calloc(1, sizeof *net->batch);
    if (!net->rows || !net->row_steps || !net->weights || !net->weight_steps || !net->batch ||
        !make_batch(net)) {
        return status_no_memory(err, "the encoder", n * 2 * sizeof *net->rows);
    }
    struct rng rng;
    rng_init(&rng, seed);
    float size = 1.0f / sqrtf((float)opt->n_dims);
    for (size_t i = 0; i < n; i++) net->rows[i] = size * rng_normal(&rng);
    /* The rarer, the more it says (Arora 2017: a / (a + p)); learning goes on from there. */
    for (size_t i = 0; i < pairs->n_vocab; i++) {
        float p = (float)pairs->vocab[i].count / (float)pairs->n_words;
        net->weights[i] = 1e-3f / (1e-3f + p);
    }
    return INGLE_OK;
}

void encoder_net_clear(struct encoder_net *net) {
    struct net_batch *b = net->batch;
    if (b) {
        void *owned[] = {b->word,    b->number,     b->has_row,  b->v,       b->dv,   b->dw,
                         b->uses,    b->text_at,    b->by_word,  b->word_at, b->u,    b->du,
                         b->length,  b->pull[0],    b->pull[1],  b->loss,    b->sums, b->topics,
                         b->touched, b->row_number, b->touch_at, b->touches};
        for (size_t i = 0; i < BASE_COUNT(owned); i++) mem_free(owned[i]);
    }
    mem_free(b);
    mem_free(net->rows);
    mem_free(net->row_steps);
    mem_free(net->weights);
    mem_free(net->weight_steps);
    mem_free(net->row_of);
    *net = (struct encoder_net){0};
}

/* ---- what is in a batch ---- */

static uint32_t number_of(struct net_batch *b, uint32_t word) {
    if (b->number[word] == 0) {
        b->word[b->n_words++] = word;
        b->number[word] = (uint32_t)b->n_words;
    }
    return b->number[word] - 1;
}

/* The words of one text, less those that are left out. */
static void add_text(struct net_batch *b, const struct encoder_pairs *p, uint32_t text,
                     uint32_t slot, float dropout, struct rng *rng) {
    uint32_t from = p->starts[text], to = p->starts[text + 1], first = b->text_at[slot], at = first;
    for (uint32_t i = from; i < to; i++) {
        if (dropout > 0 && rng_unit(rng) < (double)dropout) continue;
        b->uses[at++] = (struct use){number_of(b, p->words[i]), slot};
    }
    if (at == first) {
        uint32_t any = from + rng_below(rng, to - from);
        b->uses[at++] = (struct use){number_of(b, p->words[any]), slot};
    }
    b->text_at[slot + 1] = at;
    b->sums[slot] = p->sums[text];
}

static void fill_batch(struct encoder_net *net, const uint32_t *chosen, int n,
                       const struct encoder_noise *noise, struct rng *rng) {
    const struct encoder_pairs *p = net->pairs;
    struct net_batch *b = net->batch;
    for (size_t i = 0; i < b->n_words; i++) b->number[b->word[i]] = 0;
    b->n = n;
    b->n_words = 0;
    for (uint32_t side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < (uint32_t)n; i++) {
            uint32_t slot = side * (uint32_t)n + i;
            add_text(b, p, 2 * chosen[i] + side, slot, noise->word_dropout, rng);
            b->topics[i] = p->topics[chosen[i]];
        }
    }
    for (size_t i = 0; i < b->n_words; i++) {
        bool may = net->row_of[b->word[i]] != NET_NO_ROW;
        b->has_row[i] =
            may && !(noise->row_dropout > 0 && rng_unit(rng) < (double)noise->row_dropout);
    }
}

/* by_word and word_at: the uses of each word. */
static void sort_uses(struct net_batch *b) {
    size_t n_uses = b->text_at[2 * b->n];
    memset(b->word_at, 0, (b->n_words + 2) * sizeof *b->word_at);
    for (size_t i = 0; i < n_uses; i++) b->word_at[b->uses[i].word + 2]++;
    for (size_t i = 2; i < b->n_words + 2; i++) b->word_at[i] += b->word_at[i - 1];
    for (size_t i = 0; i < n_uses; i++) {
        b->by_word[b->word_at[b->uses[i].word + 1]++] = (uint32_t)i;
    }
}

/* The row of piece i of a word. */
static size_t piece_row(const struct encoder_net *net, const struct pair_word *w, size_t i) {
    return net->n_word_rows + net->pairs->pieces[w->first_piece + i] % net->opt.n_pieces;
}

/* Calls for every row that a word of the batch uses, a row as often as the word uses it. */
static void each_row(struct encoder_net *net,
                     void (*fn)(struct net_batch *b, size_t row, uint32_t word)) {
    struct net_batch *b = net->batch;
    for (uint32_t i = 0; i < b->n_words; i++) {
        const struct pair_word *w = &net->pairs->vocab[b->word[i]];
        if (b->has_row[i]) fn(b, net->row_of[b->word[i]], i);
        for (size_t j = 0; j < w->n_pieces; j++) fn(b, piece_row(net, w, j), i);
    }
}

static void count_touch(struct net_batch *b, size_t row, uint32_t word) {
    (void)word;
    if (b->row_number[row] == 0) {
        b->touched[b->n_touched++] = (uint32_t)row;
        b->row_number[row] = (uint32_t)b->n_touched;
        b->touch_at[b->n_touched + 1] = 0;
    }
    b->touch_at[b->row_number[row] + 1]++;
}

static void put_touch(struct net_batch *b, size_t row, uint32_t word) {
    b->touches[b->touch_at[b->row_number[row]]++] = word;
}

/* touched, touch_at and touches: the words behind each row. */
static void sort_touches(struct encoder_net *net) {
    struct net_batch *b = net->batch;
    for (size_t i = 0; i < b->n_touched; i++) b->row_number[b->touched[i]] = 0;
    b->n_touched = 0;
    b->touch_at[0] = b->touch_at[1] = 0;
    each_row(net, count_touch);
    for (size_t i = 2; i < b->n_touched + 2; i++) b->touch_at[i] += b->touch_at[i - 1];
    each_row(net, put_touch);
}

/* ---- forward ---- */

static void add_to(float *sum, const float *x, float scale, size_t n) {
    for (size_t d = 0; d < n; d++) sum[d] += scale * x[d];
}

static float dot(const float *x, const float *y, size_t n) {
    float sum = 0;
    for (size_t d = 0; d < n; d++) sum += x[d] * y[d];
    return sum;
}

/* v without its weight. */
static void word_vector(const struct encoder_net *net, size_t word, bool has_row, float *v) {
    size_t dims = (size_t)net->opt.n_dims;
    const struct pair_word *w = &net->pairs->vocab[word];
    memset(v, 0, dims * sizeof *v);
    if (has_row) add_to(v, net->rows + net->row_of[word] * dims, 1.0f, dims);
    for (size_t i = 0; i < w->n_pieces; i++) {
        add_to(v, net->rows + piece_row(net, w, i) * dims, 1.0f / (float)w->n_pieces, dims);
    }
}

static void words_forward(int from, int to, void *arg) {
    const struct encoder_net *net = ((const struct run *)arg)->net;
    const struct net_batch *b = net->batch;
    for (int i = from; i < to; i++) {
        word_vector(net, b->word[i], b->has_row[i], b->v + i * net->opt.n_dims);
    }
}

static void texts_forward(int from, int to, void *arg) {
    const struct encoder_net *net = ((const struct run *)arg)->net;
    const struct net_batch *b = net->batch;
    size_t dims = (size_t)net->opt.n_dims;
    for (int i = from; i < to; i++) {
        float *u = b->u + (size_t)i * dims;
        memset(u, 0, dims * sizeof *u);
        for (uint32_t k = b->text_at[i]; k < b->text_at[i + 1]; k++) {
            uint32_t word = b->uses[k].word;
            add_to(u, b->v + word * dims, net->weights[b->word[word]], dims);
        }
        b->length[i] = sqrtf(dot(u, u, dims)) + 1e-6f;
        for (size_t d = 0; d < dims; d++) u[d] /= b->length[i];
    }
}

/* Is text j of the other side no example of what pair i does not mean? */
static bool is_spared(const struct net_batch *b, int i, int j) {
    if (b->topics[i] && b->topics[i] == b->topics[j]) return true;
    uint32_t ai = b->sums[i], bi = b->sums[b->n + i], aj = b->sums[j], bj = b->sums[b->n + j];
    return ai == aj || bi == bj || ai == bj || bi == aj;
}

/* Row i of one side: products with all texts of the other become the gradient of its loss. */
static void pull_row(const struct encoder_net *net, int side, int i) {
    const struct net_batch *b = net->batch;
    float *row = b->pull[side] + (size_t)i * (size_t)b->n, heat = 1.0f / net->opt.temperature;
    float most = row[i];
    for (int j = 0; j < b->n; j++) {
        if (j != i && is_spared(b, i, j)) row[j] = -1e9f;
        if (row[j] > most) most = row[j];
    }
    float sum = FLT_MIN, own = (row[i] - most) * heat; /* the greatest adds 1 */
    for (int j = 0; j < b->n; j++) {
        row[j] = expf((row[j] - most) * heat);
        sum += row[j];
    }
    b->loss[side * b->n + i] = logf(sum) - own;
    float scale = heat / (2.0f * (float)b->n);
    for (int j = 0; j < b->n; j++) row[j] *= scale / sum;
    row[i] -= scale;
}

static void pull(int from, int to, void *arg) {
    const struct run *r = arg;
    const struct net_batch *b = r->net->batch;
    size_t dims = (size_t)r->net->opt.n_dims, n = (size_t)b->n;
    for (int side = 0; side < 2; side++) {
        const float *own = b->u + (side ? n * dims : 0), *other = b->u + (side ? 0 : n * dims);
        r->l->ops.sgemm(&(struct kern_sgemm_args){.c = b->pull[side] + (size_t)from * n,
                                                  .a = own + (size_t)from * dims,
                                                  .b = other,
                                                  .ldc = n,
                                                  .lda = dims,
                                                  .ldb = dims,
                                                  .m = to - from,
                                                  .n = b->n,
                                                  .k = (int)dims,
                                                  .b_transposed = true});
        for (int i = from; i < to; i++) pull_row(r->net, side, i);
    }
}

/* ---- backward ---- */

/* Gradients of the texts' vectors, and through their length. Rows are those of one side. */
static void texts_backward(int from, int to, void *arg) {
    const struct run *r = arg;
    const struct net_batch *b = r->net->batch;
    size_t dims = (size_t)r->net->opt.n_dims, n = (size_t)b->n;
    for (int side = 0; side < 2; side++) {
        const float *other = b->u + (side ? 0 : n * dims);
        float *du = b->du + ((side ? n : 0) + (size_t)from) * dims;
        struct kern_sgemm_args g = {.c = du,
                                    .a = b->pull[side] + (size_t)from * n,
                                    .b = other,
                                    .ldc = dims,
                                    .lda = n,
                                    .ldb = dims,
                                    .m = to - from,
                                    .n = (int)dims,
                                    .k = b->n};
        r->l->ops.sgemm(&g);
        g.a = b->pull[!side] + from;
        g.a_transposed = g.add = true;
        r->l->ops.sgemm(&g);
        for (int i = from; i < to; i++, du += dims) {
            size_t text = (side ? n : 0) + (size_t)i;
            const float *u = b->u + text * dims;
            float along = dot(u, du, dims);
            for (size_t d = 0; d < dims; d++) du[d] = (du[d] - along * u[d]) / b->length[text];
        }
    }
}

static void words_backward(int from, int to, void *arg) {
    const struct encoder_net *net = ((const struct run *)arg)->net;
    const struct net_batch *b = net->batch;
    size_t dims = (size_t)net->opt.n_dims;
    for (int i = from; i < to; i++) {
        float *dv = b->dv + (size_t)i * dims;
        memset(dv, 0, dims * sizeof *dv);
        for (uint32_t k = b->word_at[i]; k < b->word_at[i + 1]; k++) {
            add_to(dv, b->du + b->uses[b->by_word[k]].text * dims, 1.0f, dims);
        }
        b->dw[i] = dot(dv, b->v + (size_t)i * dims, dims);
        float weight = net->weights[b->word[i]];
        for (size_t d = 0; d < dims; d++) dv[d] *= weight;
    }
}

float encoder_net_run(struct encoder_net *net, struct learn *l, const uint32_t *chosen, int n,
                      const struct encoder_noise *noise, struct rng *rng) {
    struct net_batch *b = net->batch;
    struct run run = {.net = net, .l = l};
    fill_batch(net, chosen, n, noise, rng);
    sort_uses(b);
    sort_touches(net);
    learn_split(l, (int)b->n_words, 32, words_forward, &run);
    learn_split(l, 2 * n, 16, texts_forward, &run);
    learn_split(l, n, 64, pull, &run);
    learn_split(l, n, 64, texts_backward, &run);
    learn_split(l, (int)b->n_words, 32, words_backward, &run);
    double loss = 0;
    for (int i = 0; i < 2 * n; i++) loss += (double)b->loss[i];
    return (float)(loss / (2 * n));
}

const float *encoder_net_vectors(const struct encoder_net *net) {
    return net->batch->u;
}

/* ---- learning ---- */

/* The sum of what the words behind a touched row say of it. */
static void sum_touches(const struct encoder_net *net, size_t i, float *g) {
    const struct net_batch *b = net->batch;
    size_t dims = (size_t)net->opt.n_dims;
    bool is_piece = b->touched[i] >= net->n_word_rows;
    memset(g, 0, dims * sizeof *g);
    for (uint32_t k = b->touch_at[i]; k < b->touch_at[i + 1]; k++) {
        uint32_t word = b->touches[k];
        float n = is_piece ? (float)net->pairs->vocab[b->word[word]].n_pieces : 1.0f;
        add_to(g, b->dv + word * dims, 1.0f / n, dims);
    }
}

void encoder_net_row_gradient(const struct encoder_net *net, size_t row, float *g) {
    memset(g, 0, (size_t)net->opt.n_dims * sizeof *g);
    uint32_t number = net->batch->row_number[row];
    if (number) sum_touches(net, number - 1, g);
}

float encoder_net_weight_gradient(const struct encoder_net *net, size_t word) {
    uint32_t number = net->batch->number[word];
    return number ? net->batch->dw[number - 1] : 0.0f;
}

static void step(float *x, float *squares, const float *g, size_t n, float rate) {
    for (size_t d = 0; d < n; d++) {
        squares[d] += g[d] * g[d];
        x[d] -= rate * g[d] / (sqrtf(squares[d]) + 1e-8f);
    }
}

static void step_rows(int from, int to, void *arg) {
    const struct run *r = arg;
    struct encoder_net *net = r->net;
    size_t dims = (size_t)net->opt.n_dims;
    float g[ENCODER_NET_MAX_DIMS];
    for (int i = from; i < to; i++) {
        size_t row = net->batch->touched[i];
        sum_touches(net, (size_t)i, g);
        step(net->rows + row * dims, net->row_steps + row * dims, g, dims, r->rate);
    }
}

void encoder_net_step(struct encoder_net *net, struct learn *l, float rate) {
    const struct net_batch *b = net->batch;
    struct run run = {.net = net, .l = l, .rate = rate};
    learn_split(l, (int)b->n_touched, 64, step_rows, &run);
    for (size_t i = 0; i < b->n_words; i++) {
        uint32_t word = b->word[i];
        step(&net->weights[word], &net->weight_steps[word], &b->dw[i], 1, rate);
        /* A word may come to say nothing, never the opposite. */
        if (net->weights[word] < 0) net->weights[word] = 0;
    }
}

void encoder_net_word(const struct encoder_net *net, size_t word, float *v) {
    size_t dims = (size_t)net->opt.n_dims;
    word_vector(net, word, net->row_of[word] != NET_NO_ROW, v);
    for (size_t d = 0; d < dims; d++) v[d] *= net->weights[word];
}
