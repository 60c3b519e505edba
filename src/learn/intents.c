#include "learn/intents.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"
#include "engine/format/gguf_write.h"
#include "engine/kern/quant.h"

#define SLICE 8            /* batches between two looks at the clock and at Ctrl-C */
#define MAX_LIVE_SCORE 500 /* held-out examples that the score on the way is of */
#define LIVE_SCORES 12     /* of a round */
#define MAX_PACK ((size_t)1 << 30)

enum { TYPE_F32 = 0, TYPE_Q4_0 = 2, TYPE_Q8_0 = 8, TYPE_I32 = 26 }; /* of a GGUF tensor */

struct intents_options intents_options_default(void) {
    return (struct intents_options){.n_members = 3,
                                    .n_folds = 4,
                                    .n_judges = 1,
                                    .max_grams = 20000,
                                    .max_pairs = 16000,
                                    .net = class_options_default(),
                                    .loss = 0.005f,
                                    .name = "",
                                    .licence = "",
                                    .attribution = ""};
}

/* One training run. */
struct job {
    const uint32_t *subset, *held; /* examples it learns; those it judges */
    size_t n, n_held;
    struct class_trainer trainer;
};

struct training {
    struct learn *l;
    const struct intents_options *opt;
    const struct class_data *data;
    struct job *jobs; /* of a round: one a thread */
    int n_jobs;
    uint64_t first_seed;
    float live_score;
};

/* ---- rounds of jobs ---- */

static void run_slice(const struct pool_worker *w, void *arg) {
    struct training *t = arg;
    for (int i = pool_claim(w); i < t->n_jobs; i = pool_claim(w)) {
        for (int step = 0; step < SLICE && class_trainer_step(&t->jobs[i].trainer); step++) {}
    }
}

/* The share of the job's held-out examples, or of the first of them, that it gets right. */
static ingle_status score_on_the_way(struct training *t, struct job *job, ingle_error *err) {
    size_t n = job->n_held < MAX_LIVE_SCORE ? job->n_held : MAX_LIVE_SCORE;
    size_t n_out = (size_t)job->trainer.net.n_out, right = 0, n_in = 0;
    if (n == 0) return INGLE_OK;
    float *z = mem_alloc(n * n_out * sizeof *z);
    if (!z) return status_no_memory(err, "a score", n * n_out * sizeof *z);
    class_trainer_predict(&job->trainer, job->held, n, z);
    for (size_t i = 0; i < n; i++) {
        size_t label = (size_t)t->data->labels[job->held[i]], best = 0;
        if (label == t->data->n_labels) continue;
        for (size_t k = 1; k < t->data->n_labels; k++) {
            if (z[i * n_out + k] > z[i * n_out + best]) best = k;
        }
        n_in++;
        right += best == label;
    }
    mem_free(z);
    if (n_in) t->live_score = (float)right / (float)n_in;
    return INGLE_OK;
}

/* Trains the jobs of a round side by side. before, of: other steps that are part of the whole. */
static ingle_status run_round(struct training *t, const char *what, int before, int of,
                              ingle_error *err) {
    struct class_trainer *first = &t->jobs[0].trainer;
    int last_pass = 0;
    for (;;) {
        INGLE_TRY(learn_tell(t->l, what, before + first->step, of,
                             first->n_seen ? (float)first->loss : NAN, t->live_score, err));
        pool_run(t->l->pool, run_slice, t);
        bool is_over = true;
        for (int i = 0; i < t->n_jobs; i++) {
            is_over = is_over && t->jobs[i].trainer.step == t->jobs[i].trainer.n_steps;
        }
        if (is_over && before + first->step < of) return INGLE_OK;
        if (is_over) {
            return learn_tell(t->l, what, of, of, (float)first->loss, t->live_score, err);
        }
        int pass = first->step / first->per_pass;
        if (pass > last_pass) {
            INGLE_TRY(score_on_the_way(t, &t->jobs[0], err));
            last_pass = pass + first->n_steps / LIVE_SCORES / first->per_pass;
        }
    }
}

typedef ingle_status (*job_fn)(struct training *t, int number, struct job *job, void *arg,
                               ingle_error *err);

static void clear_jobs(struct training *t) {
    for (int i = 0; i < t->n_jobs; i++) class_trainer_clear(&t->jobs[i].trainer);
    t->n_jobs = 0;
}

static ingle_status start_job(struct training *t, const struct job *plan, int number,
                              ingle_error *err) {
    struct job *job = &t->jobs[t->n_jobs++];
    *job = *plan;
    /* A seed of its own for every job, whatever the round that it falls into. */
    uint64_t seed = t->l->seed * 1000003 + t->first_seed + (uint64_t)number;
    return class_trainer_init(&job->trainer, t->data, job->subset, job->n, &t->opt->net, &t->l->ops,
                              seed, err);
}

/* All plans, as many at a time as there are threads; every one that is over is given to `take`. */
static ingle_status run_jobs(struct training *t, const struct job *plans, int n, const char *what,
                             job_fn take, void *arg, ingle_error *err) {
    int n_threads = pool_n_threads(t->l->pool), n_rounds = (n + n_threads - 1) / n_threads;
    ingle_status status = INGLE_OK;
    for (int from = 0; from < n && status == INGLE_OK; from += n_threads) {
        for (int i = from; i < n && i < from + n_threads && status == INGLE_OK; i++) {
            status = start_job(t, &plans[i], i, err);
        }
        if (status == INGLE_OK) {
            int n_steps = t->jobs[0].trainer.n_steps;
            status = run_round(t, what, from / n_threads * n_steps, n_rounds * n_steps, err);
        }
        for (int i = 0; i < t->n_jobs && status == INGLE_OK; i++) {
            status = take(t, from + i, &t->jobs[i], arg, err);
        }
        clear_jobs(t);
    }
    return status;
}

/* ---- judging ---- */

/* The examples by label, shuffled, dealt to the folds in turn: fold f holds out every n_folds-th.
 * `held` is the examples in the order of folds, `rest` what each fold does not hold out. */
struct folds {
    uint32_t *order;         /* [n] owned */
    uint32_t **held, **rest; /* [n_folds] owned arrays of owned arrays */
    size_t *n_held;
    int n;
};

static void folds_clear(struct folds *f) {
    for (int i = 0; i < f->n; i++) {
        if (f->held) mem_free(f->held[i]);
        if (f->rest) mem_free(f->rest[i]);
    }
    mem_free(f->order);
    mem_free(f->held);
    mem_free(f->rest);
    mem_free(f->n_held);
    *f = (struct folds){0};
}

/* f->order: by label, in each in an order of chance. */
static void deal(struct folds *f, const struct class_data *d, uint64_t seed) {
    struct rng rng;
    rng_init(&rng, seed);
    size_t n = 0;
    for (size_t label = 0; label <= d->n_labels; label++) {
        size_t from = n;
        for (size_t i = 0; i < d->n; i++) {
            if ((size_t)d->labels[i] == label) f->order[n++] = (uint32_t)i;
        }
        for (size_t i = n - from; i > 1; i--) {
            size_t j = from + rng_below(&rng, (uint32_t)i);
            uint32_t item = f->order[from + i - 1];
            f->order[from + i - 1] = f->order[j];
            f->order[j] = item;
        }
    }
}

static ingle_status folds_init(struct folds *f, const struct class_data *d, int n, uint64_t seed,
                               ingle_error *err) {
    *f = (struct folds){.n = n};
    size_t count = (size_t)n;
    f->order = mem_alloc(d->n * sizeof *f->order);
    f->held = mem_calloc(count, sizeof *f->held);
    f->rest = mem_calloc(count, sizeof *f->rest);
    f->n_held = mem_calloc(count, sizeof *f->n_held);
    if (!f->order || !f->held || !f->rest || !f->n_held) {
        return status_no_memory(err, "the examples", d->n * sizeof *f->order);
    }
    deal(f, d, seed);
    for (size_t fold = 0; fold < count; fold++) {
        uint32_t *held = f->held[fold] = mem_alloc(d->n * sizeof *held);
        uint32_t *rest = f->rest[fold] = mem_alloc(d->n * sizeof *rest);
        if (!held || !rest) return status_no_memory(err, "the examples", d->n * sizeof *held);
        size_t n_rest = 0;
        for (size_t i = 0; i < d->n; i++) {
            if (i % count == fold) {
                held[f->n_held[fold]++] = f->order[i];
            } else {
                rest[n_rest++] = f->order[i];
            }
        }
        /* The score on the way is of the first ones: of all labels. */
        struct rng rng;
        rng_init(&rng, seed + fold + 1);
        for (size_t i = f->n_held[fold]; i > 1; i--) {
            size_t j = rng_below(&rng, (uint32_t)i);
            uint32_t item = held[i - 1];
            held[i - 1] = held[j];
            held[j] = item;
        }
    }
    return INGLE_OK;
}

/* Adds what a judge says of the examples it had not seen to the sums z[n][n_out]. */
static ingle_status take_judgement(struct training *t, int number, struct job *job, void *arg,
                                   ingle_error *err) {
    (void)number;
    float *sums = arg;
    size_t n_out = (size_t)job->trainer.net.n_out;
    float *z = mem_alloc(job->n_held * n_out * sizeof *z);
    if (!z) return status_no_memory(err, "a judgement", job->n_held * n_out * sizeof *z);
    class_trainer_predict(&job->trainer, job->held, job->n_held, z);
    for (size_t i = 0; i < job->n_held; i++) {
        float *to = sums + job->held[i] * n_out;
        for (size_t k = 0; k < n_out; k++) to[k] += z[i * n_out + k] / (float)t->opt->n_judges;
    }
    mem_free(z);
    return INGLE_OK;
}

static ingle_status judge(struct training *t, struct intents_report *report, ingle_error *err) {
    const struct class_data *d = t->data;
    const int n_folds = t->opt->n_folds, n_jobs = n_folds * t->opt->n_judges;
    size_t n_out = class_data_n_out(d);
    struct folds f = {0};
    struct job *plans = mem_calloc((size_t)n_jobs, sizeof *plans);
    float *z = mem_calloc(d->n * n_out, sizeof *z);
    ingle_status status = INGLE_OK;
    if (!plans || !z) status = status_no_memory(err, "the judgements", d->n * n_out * sizeof *z);
    if (status == INGLE_OK) status = folds_init(&f, d, n_folds, t->l->seed, err);
    for (int i = 0; plans && i < n_jobs && status == INGLE_OK; i++) {
        int fold = i % n_folds;
        plans[i] = (struct job){.subset = f.rest[fold],
                                .n = d->n - f.n_held[fold],
                                .held = f.held[fold],
                                .n_held = f.n_held[fold]};
    }
    if (status == INGLE_OK) {
        status = run_jobs(t, plans, n_jobs, "judging held-out examples", take_judgement, z, err);
    }
    if (status == INGLE_OK) {
        struct class_judged judged = {z, d->labels, d->n, d->n_labels, n_out};
        status = class_fit(&judged, t->opt->loss, &report->decision, &report->held_out, err);
        t->live_score = report->held_out.accuracy;
    }
    folds_clear(&f);
    mem_free(plans);
    mem_free(z);
    return status;
}

/* ---- the pack ---- */

/* The members' numbers as they will lie in the file. */
struct parts {
    uint8_t *rows;                       /* Q4_0 [n_grams][members * dim] */
    uint8_t *filters[CLASSIFIER_WIDTHS]; /* Q8_0 [members * n_filters][width * dim] */
    uint8_t *out;                        /* Q8_0 [members * n_out][n_features] */
    float *filter_bias, *out_bias;       /* [members][n_features], [members][n_out] */
    uint8_t *bag_rows;                   /* Q4_0 [n_rows][members * n_bag] */
    uint8_t *bag_out;                    /* Q8_0 [members * n_out][n_bag] */
    float *bag_bias, *bag_out_bias;      /* [members][n_bag], [members][n_out] */
    int n_members, dim, n_filters, n_bag, n_out;
    size_t n_grams, n_rows;
};

static void parts_clear(struct parts *p) {
    mem_free(p->rows);
    for (int i = 0; i < CLASSIFIER_WIDTHS; i++) mem_free(p->filters[i]);
    mem_free(p->out);
    mem_free(p->filter_bias);
    mem_free(p->out_bias);
    mem_free(p->bag_rows);
    mem_free(p->bag_out);
    mem_free(p->bag_bias);
    mem_free(p->bag_out_bias);
}

static ingle_status parts_init(struct parts *p, const struct training *t, ingle_error *err) {
    const struct intents_options *opt = t->opt;
    *p = (struct parts){.n_members = opt->n_members,
                        .dim = opt->net.dim,
                        .n_filters = opt->net.n_filters,
                        .n_out = (int)class_data_n_out(t->data),
                        .n_bag = opt->net.bag.dim,
                        .n_grams = t->data->n_grams,
                        .n_rows = t->data->n_grams + t->data->n_pairs};
    size_t n = (size_t)p->n_members, n_features = CLASSIFIER_WIDTHS * (size_t)p->n_filters;
    size_t n_rows = n * (size_t)p->n_filters, n_out = n * (size_t)p->n_out;
    p->rows = mem_calloc(p->n_grams + 1, kern_row_size(KERN_Q4_0, (int64_t)n * p->dim));
    bool good = p->rows;
    for (int i = 0; i < CLASSIFIER_WIDTHS; i++) {
        p->filters[i] = mem_calloc(n_rows, kern_row_size(KERN_Q8_0, (int64_t)(i + 1) * p->dim));
        good = good && p->filters[i];
    }
    p->out = mem_calloc(n_out, kern_row_size(KERN_Q8_0, (int64_t)n_features));
    p->filter_bias = mem_calloc(n * n_features, sizeof(float));
    p->out_bias = mem_calloc(n_out, sizeof(float));
    size_t n_bags = n * (size_t)p->n_bag;
    p->bag_rows = mem_calloc(p->n_rows, kern_row_size(KERN_Q4_0, (int64_t)n_bags));
    p->bag_out = mem_calloc(n_out, kern_row_size(KERN_Q8_0, p->n_bag));
    p->bag_bias = mem_calloc(n_bags, sizeof(float));
    p->bag_out_bias = mem_calloc(n_out, sizeof(float));
    good = good && p->bag_rows && p->bag_out && p->bag_bias && p->bag_out_bias;
    if (good && p->out && p->filter_bias && p->out_bias) return INGLE_OK;
    return status_no_memory(err, "a pack", p->n_grams * n * (size_t)p->dim);
}

/* Rows of floats as Q8_0 rows, from row `at` of the tensor on. */
static void put_rows(uint8_t *tensor, size_t at, const float *rows, size_t n_rows, size_t n_cols) {
    size_t row_size = kern_row_size(KERN_Q8_0, (int64_t)n_cols);
    for (size_t i = 0; i < n_rows; i++) {
        kern_quant_row(KERN_Q8_0, rows + i * n_cols, tensor + (at + i) * row_size, (int64_t)n_cols);
    }
}

/* The k-th part of every row of a tensor Q4_0 whose rows have n_parts of n_cols values. */
static void put_part(uint8_t *tensor, const float *rows, size_t n_rows, int n_cols, size_t k,
                     int n_parts) {
    size_t part_size = kern_row_size(KERN_Q4_0, n_cols), row_size = part_size * (size_t)n_parts;
    for (size_t i = 0; i < n_rows; i++) {
        kern_quant_row(KERN_Q4_0, rows + i * (size_t)n_cols, tensor + i * row_size + k * part_size,
                       n_cols);
    }
}

static ingle_status take_member(struct training *t, int number, struct job *job, void *arg,
                                ingle_error *err) {
    (void)t, (void)err;
    struct parts *p = arg;
    const struct class_net *net = &job->trainer.net;
    size_t k = (size_t)number, dim = (size_t)p->dim, n_filters = (size_t)p->n_filters;
    size_t n_features = CLASSIFIER_WIDTHS * n_filters, n_out = (size_t)p->n_out;
    put_part(p->rows, net->rows, p->n_grams, p->dim, k, p->n_members);
    for (int width = 1; width <= CLASSIFIER_WIDTHS; width++) {
        put_rows(p->filters[width - 1], k * n_filters, class_net_filters(net, width), n_filters,
                 (size_t)width * dim);
    }
    put_rows(p->out, k * n_out, class_net_out(net), n_out, n_features);
    memcpy(p->filter_bias + k * n_features, class_net_filter_biases(net),
           n_features * sizeof(float));
    memcpy(p->out_bias + k * n_out, class_net_out_biases(net), n_out * sizeof(float));
    const struct class_bag *bag = &job->trainer.bag;
    size_t n_bag = (size_t)p->n_bag;
    put_part(p->bag_rows, bag->rows, p->n_rows, p->n_bag, k, p->n_members);
    put_rows(p->bag_out, k * n_out, bag->out, n_out, n_bag);
    memcpy(p->bag_bias + k * n_bag, bag->bias, n_bag * sizeof(float));
    memcpy(p->bag_out_bias + k * n_out, bag->out_bias, n_out * sizeof(float));
    return INGLE_OK;
}

static void write_numbers(struct gguf_write *w, const struct training *t,
                          const struct class_decision *d) {
    const struct intents_options *opt = t->opt;
    gguf_write_str(w, "general.architecture", PACK_ARCHITECTURE);
    gguf_write_str(w, "general.name", opt->name);
    gguf_write_str(w, "general.license", opt->licence);
    gguf_write_str(w, "ingle.attribution", opt->attribution);
    gguf_write_str(w, "ingle.kind", "classifier");
    gguf_write_u32(w, "ingle.version", CLASSIFIER_VERSION);
    gguf_write_u32(w, CLASSIFIER_DIM, (uint32_t)opt->net.dim);
    gguf_write_u32(w, CLASSIFIER_FILTERS, (uint32_t)opt->net.n_filters);
    gguf_write_u32(w, CLASSIFIER_BAG, (uint32_t)opt->net.bag.dim);
    gguf_write_u32(w, CLASSIFIER_MEMBERS, (uint32_t)opt->n_members);
    gguf_write_u32(w, CLASSIFIER_HAS_NONE, t->data->n_none > 0);
    gguf_write_f32(w, CLASSIFIER_TEMPERATURE, d->temperature);
    gguf_write_f32(w, CLASSIFIER_THRESHOLD, d->threshold);
    gguf_write_f32(w, CLASSIFIER_SLOPE, d->slope);
    gguf_write_f32(w, CLASSIFIER_SHIFT, d->shift);
}

static void write_tensors(struct gguf_write *w, const struct class_data *d, const struct parts *p) {
    uint64_t n = (uint64_t)p->n_members, dim = (uint64_t)p->dim, n_filters = (uint64_t)p->n_filters;
    uint64_t n_features = CLASSIFIER_WIDTHS * n_filters, n_out = (uint64_t)p->n_out;
    gguf_write_tensor(w, CLASSIFIER_GRAMS, TYPE_I32, d->n_grams, 0, d->hashes);
    gguf_write_tensor(w, CLASSIFIER_ROWS, TYPE_Q4_0, n * dim, d->n_grams, p->rows);
    for (uint64_t width = 1; width <= CLASSIFIER_WIDTHS; width++) {
        char name[sizeof CLASSIFIER_FILTERS_OF + 16];
        snprintf(name, sizeof name, CLASSIFIER_FILTERS_OF, (int)width);
        gguf_write_tensor(w, name, TYPE_Q8_0, width * dim, n * n_filters, p->filters[width - 1]);
    }
    gguf_write_tensor(w, CLASSIFIER_FILTER_BIAS, TYPE_F32, n_features, n, p->filter_bias);
    gguf_write_tensor(w, CLASSIFIER_OUT, TYPE_Q8_0, n_features, n * n_out, p->out);
    gguf_write_tensor(w, CLASSIFIER_OUT_BIAS, TYPE_F32, n_out, n, p->out_bias);
    uint64_t n_bag = (uint64_t)p->n_bag, n_rows = p->n_rows;
    gguf_write_tensor(w, CLASSIFIER_PAIRS, TYPE_I32, d->n_pairs, 0, d->pair_hashes);
    gguf_write_tensor(w, CLASSIFIER_WEIGHTS, TYPE_F32, n_rows, 0, d->weights);
    gguf_write_tensor(w, CLASSIFIER_BAG_ROWS, TYPE_Q4_0, n * n_bag, n_rows, p->bag_rows);
    gguf_write_tensor(w, CLASSIFIER_BAG_BIAS, TYPE_F32, n_bag, n, p->bag_bias);
    gguf_write_tensor(w, CLASSIFIER_BAG_OUT, TYPE_Q8_0, n_bag, n * n_out, p->bag_out);
    gguf_write_tensor(w, CLASSIFIER_BAG_OUT_BIAS, TYPE_F32, n_out, n, p->bag_out_bias);
}

static ingle_status write_pack(const struct training *t, const struct examples *e,
                               const struct class_decision *d, const struct parts *p,
                               struct buf *pack, ingle_error *err) {
    struct gguf_str *labels = mem_alloc(e->n_labels * sizeof *labels);
    if (!labels) return status_no_memory(err, "the labels", e->n_labels * sizeof *labels);
    for (size_t i = 0; i < e->n_labels; i++) {
        labels[i] = (struct gguf_str){e->labels[i], strlen(e->labels[i])};
    }
    struct gguf_write w;
    gguf_write_init(&w, MAX_PACK);
    write_numbers(&w, t, d);
    gguf_write_strs(&w, "ingle.labels", labels, e->n_labels);
    write_tensors(&w, t->data, p);
    mem_free(labels);
    return gguf_write_finish(&w, pack, err);
}

/* The members, trained on all examples, and the pack of them. */
static ingle_status make_members(struct training *t, const struct examples *e,
                                 const struct class_decision *d, struct buf *pack,
                                 ingle_error *err) {
    size_t n = t->data->n, n_members = (size_t)t->opt->n_members;
    uint32_t *all = mem_alloc(n * sizeof *all);
    struct job *plans = mem_calloc(n_members, sizeof *plans);
    struct parts parts = {0};
    ingle_status status = INGLE_OK;
    if (!all || !plans) status = status_no_memory(err, "the examples", n * sizeof *all);
    if (status == INGLE_OK) status = parts_init(&parts, t, err);
    if (all && plans && status == INGLE_OK) {
        for (size_t i = 0; i < n; i++) all[i] = (uint32_t)i;
        for (size_t i = 0; i < n_members; i++) plans[i] = (struct job){.subset = all, .n = n};
        t->first_seed = 1000;
        status = run_jobs(t, plans, (int)n_members, "learning", take_member, &parts, err);
    }
    if (status == INGLE_OK) status = write_pack(t, e, d, &parts, pack, err);
    parts_clear(&parts);
    mem_free(all);
    mem_free(plans);
    return status;
}

ingle_status intents_train(struct learn *l, const struct examples *e,
                           const struct intents_options *opt, struct buf *pack,
                           struct intents_report *report, ingle_error *err) {
    struct class_data d;
    INGLE_TRY(class_data_init(&d, e, opt->max_grams, opt->max_pairs, err));
    struct training t = {.l = l, .opt = opt, .data = &d, .live_score = NAN};
    *report = (struct intents_report){
        .n_examples = d.n, .n_none = d.n_none, .n_labels = d.n_labels, .n_grams = d.n_grams};
    size_t n_threads = (size_t)pool_n_threads(l->pool);
    t.jobs = mem_calloc(n_threads, sizeof *t.jobs);
    ingle_status status = INGLE_OK;
    if (!t.jobs) status = status_no_memory(err, "the training", n_threads * sizeof *t.jobs);
    if (status == INGLE_OK) status = judge(&t, report, err);
    if (status == INGLE_OK) status = make_members(&t, e, &report->decision, pack, err);
    mem_free(t.jobs);
    class_data_clear(&d);
    return status;
}
