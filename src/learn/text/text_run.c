#include "learn/text/text_run.h"

#include <math.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "learn/schedule.h"

#define LN_2 0.6931471805599453
#define MAX_TOKENS 2048 /* computed at once, unless the context is longer */
#define SCORE_TOKENS 32768
#define MAX_NORM 1.0f
#define SMOOTH 0.9f /* of the loss that is told */

struct text_options text_options_default(void) {
    return (struct text_options){.n_vocab = 2048,
                                 .n_embd = 192,
                                 .n_layer = 4,
                                 .n_head = 6,
                                 .n_ctx = 256,
                                 .n_batch = 4096,
                                 .seconds = 300.0,
                                 .rate = 3e-3f};
}

/* Gated layers of 8/3 the width have as many parameters as plain ones of 4 times (Shazeer 2020). */
static int ff_width(int n_embd) {
    return (8 * n_embd / 3 + 31) / 32 * 32;
}

struct transformer_hparams text_run_hparams(const struct text_options *opt, int n_vocab) {
    return (struct transformer_hparams){.n_vocab = n_vocab,
                                        .n_embd = opt->n_embd,
                                        .n_layer = opt->n_layer,
                                        .n_head = opt->n_head,
                                        .n_head_kv = opt->n_head,
                                        .head_dim = opt->n_embd / opt->n_head,
                                        .n_ff = ff_width(opt->n_embd),
                                        .n_ctx = opt->n_ctx,
                                        .norm_eps = 1e-5f,
                                        .rope_base = 10000.0f,
                                        .dropout = opt->dropout,
                                        .is_causal = true};
}

ingle_status text_options_check(const struct text_options *opt, ingle_error *err) {
    if (opt->n_head < 1 || opt->n_embd % opt->n_head != 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "%d dims cannot be shared among %d heads.",
                          opt->n_embd, opt->n_head);
    }
    if (opt->n_batch < opt->n_ctx) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "A step of %d tokens does not hold a context of %d.", opt->n_batch,
                          opt->n_ctx);
    }
    return INGLE_OK;
}

ingle_status text_run_init(struct text_run *r, struct learn *l, const struct text_data *data,
                           const struct text_options *opt, ingle_error *err) {
    *r = (struct text_run){.l = l, .data = data, .opt = *opt, .loss = NAN};
    INGLE_TRY(text_options_check(opt, err));
    int windows = MAX_TOKENS / opt->n_ctx > 0 ? MAX_TOKENS / opt->n_ctx : 1;
    if (windows > opt->n_batch / opt->n_ctx) windows = opt->n_batch / opt->n_ctx;
    r->max_tokens = windows * opt->n_ctx;
    struct transformer_hparams hp = text_run_hparams(opt, data->n_vocab);
    INGLE_TRY(text_model_init(&r->model, l, &hp, r->max_tokens, opt->seed, err));
    INGLE_TRY(optimizer_init(&r->optimizer, &r->model.params, err));
    r->ids = mem_calloc((size_t)r->max_tokens, sizeof *r->ids);
    r->targets = mem_calloc((size_t)r->max_tokens, sizeof *r->targets);
    r->starts = mem_calloc((size_t)windows + 1, sizeof *r->starts);
    if (r->ids && r->targets && r->starts) return INGLE_OK;
    return status_no_memory(err, "a batch", (uint64_t)r->max_tokens * 8);
}

void text_run_clear(struct text_run *r) {
    text_model_clear(&r->model);
    optimizer_clear(&r->optimizer);
    mem_free(r->ids);
    mem_free(r->targets);
    mem_free(r->starts);
    *r = (struct text_run){0};
}

double text_run_done(const struct text_run *r) {
    if (r->opt.n_steps > 0) return (double)r->step / r->opt.n_steps;
    return r->seconds >= r->opt.seconds ? 1.0 : r->seconds / r->opt.seconds;
}

/* A rate for a step that begins when `done` of the run is done; the first one is not 0. */
static float rate_of(const struct text_run *r) {
    struct schedule s = {.peak = r->opt.rate, .floor = 0.05f * r->opt.rate, .warmup = 0.03};
    double done = text_run_done(r), least = 0.02 * s.warmup;
    return schedule_rate(&s, done > least ? done : least);
}

ingle_status text_run_step(struct text_run *r, ingle_error *err) {
    double start = clock_ms(), sum = 0.0;
    size_t n_ctx = (size_t)r->opt.n_ctx;
    int n_windows = r->opt.n_batch / r->opt.n_ctx, at_once = r->max_tokens / r->opt.n_ctx;
    float rate = rate_of(r), scale = 1.0f / (float)(n_windows * r->opt.n_ctx);
    uint64_t number = (uint64_t)r->step * (uint64_t)n_windows;
    nn_params_zero_grad(&r->model.params);
    for (int done = 0; done < n_windows; done += at_once) {
        int n = n_windows - done < at_once ? n_windows - done : at_once;
        for (int i = 0; i < n; i++, number++) {
            size_t at = (size_t)i * n_ctx;
            text_data_window(r->data, r->opt.seed, number, r->ids + at, r->targets + at);
            r->starts[i + 1] = (i + 1) * r->opt.n_ctx;
        }
        struct transformer_batch b = {r->ids, {r->starts, n}, true, hash_u64(r->opt.seed, number)};
        sum += text_model_learn(&r->model, r->l, &b, r->targets, scale);
    }
    optimizer_clip(&r->optimizer, r->l, &r->model.params, MAX_NORM);
    optimizer_step(&r->optimizer, r->l, &r->model.params, rate);
    float loss = (float)(sum * (double)scale);
    r->loss = isnan(r->loss) ? loss : SMOOTH * r->loss + (1.0f - SMOOTH) * loss;
    r->step++;
    r->seconds += (clock_ms() - start) * 1e-3;
    if (isfinite(loss)) return INGLE_OK;
    return status_set(err, INGLE_FAILED, 0,
                      "The loss of step %d is no number: the learning rate %g is too high.",
                      r->step, (double)r->opt.rate);
}

double text_run_score(struct text_run *r) {
    double start = clock_ms();
    size_t n = text_data_n_held_out(r->data), most = SCORE_TOKENS / (size_t)r->opt.n_ctx + 1;
    size_t stride = (n + most - 1) / most, bytes = 0;
    double sum = 0.0;
    int at_once = r->max_tokens / r->opt.n_ctx;
    for (size_t i = 0; i < n;) {
        int k = 0;
        for (; k < at_once && i < n; i += stride, k++) {
            size_t of_window;
            int at = r->starts[k];
            int len = text_data_held_out(r->data, i, r->ids + at, r->targets + at, &of_window);
            r->starts[k + 1] = at + len;
            bytes += of_window;
        }
        struct transformer_batch b = {.ids = r->ids, .seqs = {r->starts, k}};
        sum += text_model_loss(&r->model, r->l, &b, r->targets);
    }
    r->seconds += (clock_ms() - start) * 1e-3;
    return bytes > 0 ? sum / LN_2 / (double)bytes : (double)NAN;
}
