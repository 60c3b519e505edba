#include "learn/text/text_checkpoint.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"

#define MAGIC "INGLELM1"
#define MAGIC_SIZE 8
#define N_INTS 8
#define HEAD_SIZE (MAGIC_SIZE + 4 * N_INTS + 8 * 3 + 8 * 2 + 4 * 4)
#define SEAL_SIZE 8

/* All that stands before the floats, in the order of the file. */
struct head {
    char magic[MAGIC_SIZE];
    uint32_t ints[N_INTS];
    uint64_t seed, data_hash, n;
    double seconds_all, seconds;
    float rate, dropout, loss, zero;
};
_Static_assert(sizeof(struct head) == HEAD_SIZE, "the head has no padding");

static ingle_status refuse(const char *name, const char *why, ingle_error *err) {
    return status_set(err, INGLE_INVALID, 0, "'%s' is no checkpoint that can be used: %s.", name,
                      why);
}

/* hash_bytes() of several parts at once would need all of them in one place: the seal is that of
 * the parts' own hashes. */
static uint64_t seal(const uint8_t *head, const void *a, const void *b, const void *c,
                     size_t size) {
    uint64_t hash = hash_bytes(0, head, HEAD_SIZE);
    hash = hash_bytes(hash, a, size);
    hash = hash_bytes(hash, b, size);
    return hash_bytes(hash, c, size);
}

uint64_t text_checkpoint_seal(const uint8_t *data, uint64_t n) {
    size_t part = (size_t)n * sizeof(float);
    const uint8_t *floats = data + HEAD_SIZE;
    return seal(data, floats, floats + part, floats + 2 * part, part);
}

/* Whether a model of that shape has so many floats: what is allocated for it is then no more than
 * the file can back. */
static bool shape_fits(const struct text_checkpoint *c) {
    const struct text_options *opt = &c->opt;
    if (opt->n_head < 1 || opt->n_embd < 1 || opt->n_embd > (1 << 16)) return false;
    struct transformer_hparams hp = text_run_hparams(opt, c->n_vocab);
    return transformer_check(&hp, NULL) == INGLE_OK && transformer_n_floats(&hp) == c->n;
}

static bool ints_are_counts(const uint32_t *ints) {
    for (int i = 0; i < N_INTS; i++) {
        if (ints[i] > INT32_MAX) return false;
    }
    return true;
}

ingle_status text_checkpoint_read(struct text_checkpoint *c, const void *data, size_t size,
                                  const char *name, ingle_error *err) {
    struct bytes in = {.data = data, .size = size};
    struct head h;
    const uint8_t *floats;
    uint64_t sealed;
    *c = (struct text_checkpoint){0};
    if (!bytes_read(&in, &h, sizeof h) || memcmp(h.magic, MAGIC, MAGIC_SIZE) != 0) {
        return refuse(name, "it does not begin as one", err);
    }
    if (h.n > bytes_left(&in) / (3 * sizeof(float)) ||
        bytes_left(&in) != h.n * 3 * sizeof(float) + SEAL_SIZE) {
        return refuse(name, "it is longer or shorter than it says", err);
    }
    bool whole = bytes_take(&in, 3 * (size_t)h.n * sizeof(float), &floats);
    if (!whole || !bytes_u64(&in, &sealed) || sealed != text_checkpoint_seal(data, h.n)) {
        return refuse(name, "it is damaged", err);
    }
    if (!ints_are_counts(h.ints) || !(h.seconds >= 0.0) || !(h.seconds_all > 0.0)) {
        return refuse(name, "its numbers make no sense", err);
    }
    c->n_vocab = (int)h.ints[0];
    c->opt = (struct text_options){.n_embd = (int)h.ints[1],
                                   .n_layer = (int)h.ints[2],
                                   .n_head = (int)h.ints[3],
                                   .n_ctx = (int)h.ints[4],
                                   .n_batch = (int)h.ints[5],
                                   .n_steps = (int)h.ints[6],
                                   .seconds = h.seconds_all,
                                   .rate = h.rate,
                                   .dropout = h.dropout,
                                   .seed = h.seed};
    c->opt.n_vocab = c->n_vocab;
    c->step = (int)h.ints[7];
    c->seconds = h.seconds;
    c->loss = h.loss;
    c->data_hash = h.data_hash;
    c->n = h.n;
    c->floats = floats;
    bool is_begun = c->opt.n_steps == 0 || c->step <= c->opt.n_steps;
    if (is_begun && shape_fits(c)) return INGLE_OK;
    return refuse(name, "its numbers make no sense", err);
}

ingle_status text_checkpoint_apply(const struct text_checkpoint *c, struct text_run *r,
                                   const char *name, ingle_error *err) {
    const struct nn_params *p = &r->model.params;
    if (c->data_hash != r->data->hash || c->n_vocab != r->data->n_vocab) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "'%s' is a checkpoint of a run on another text; a run goes on with the "
                          "text it began with.",
                          name);
    }
    if (c->n != p->n) return refuse(name, "its shape and its size do not go together", err);
    size_t size = p->n * sizeof(float);
    memcpy(p->value, c->floats, size);
    memcpy(r->optimizer.mean, c->floats + size, size);
    memcpy(r->optimizer.square, c->floats + 2 * size, size);
    r->optimizer.step = c->step;
    r->step = c->step;
    r->seconds = c->seconds;
    r->loss = c->loss;
    return INGLE_OK;
}

void text_checkpoint_write(const struct text_run *r,
                           void (*put)(void *to, const void *data, size_t size), void *to) {
    const struct text_options *opt = &r->opt;
    const int counts[N_INTS] = {r->data->n_vocab, opt->n_embd,  opt->n_layer, opt->n_head,
                                opt->n_ctx,       opt->n_batch, opt->n_steps, r->step};
    struct head h = {.seed = opt->seed,
                     .data_hash = r->data->hash,
                     .n = r->model.params.n,
                     .seconds_all = opt->seconds,
                     .seconds = r->seconds,
                     .rate = opt->rate,
                     .dropout = opt->dropout,
                     .loss = r->loss};
    memcpy(h.magic, MAGIC, MAGIC_SIZE);
    for (int i = 0; i < N_INTS; i++) h.ints[i] = (uint32_t)counts[i];
    const float *parts[] = {r->model.params.value, r->optimizer.mean, r->optimizer.square};
    size_t size = r->model.params.n * sizeof(float);
    uint64_t sealed = seal((const uint8_t *)&h, parts[0], parts[1], parts[2], size);
    put(to, &h, sizeof h);
    for (int i = 0; i < 3; i++) put(to, parts[i], size);
    put(to, &sealed, sizeof sealed);
}
