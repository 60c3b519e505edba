#include "engine/model/weights.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/pool.h"
#include "base/size.h"
#include "engine/model/pack_cache.h"
#include "engine/model/pack_files.h"

/* Streams start on a page of their own prefetcher: 4 KiB apart from any other matrix. */
#define MATRIX_ALIGN ((size_t)4096)
#define N_PER_LAYER 7

static int n_groups(const struct matrix *m) {
    return kern_n_groups(m->packed.layout, m->packed.n_rows);
}

/* False once the sum wraps. */
static bool add_item(struct weights_plan *plan, struct matrix *m) {
    struct weights_item item = {.matrix = m, .at = plan->size};
    size_t padded;
    if (!mul_size(&item.size, (size_t)n_groups(m), m->packed.group_size) ||
        !round_up_size(&padded, item.size, MATRIX_ALIGN) ||
        !add_size(&plan->size, plan->size, padded)) {
        return false;
    }
    if (plan->max_group_size < m->packed.group_size) plan->max_group_size = m->packed.group_size;
    plan->items[plan->n_items++] = item;
    return true;
}

/* The head comes first: it is the largest by far, and while it is packed its file pages and its
 * packed form are in memory together; later that would be on top of everything else. */
static ingle_status make_plan(struct weights_plan *plan, struct model *m, ingle_error *err) {
    size_t n = 1 + (size_t)m->hp.n_layer * N_PER_LAYER;
    plan->items = mem_calloc(n, sizeof *plan->items);
    if (!plan->items) return status_no_memory(err, "a plan", n * sizeof *plan->items);
    bool fits = add_item(plan, &m->output);
    for (int il = 0; il < m->hp.n_layer; il++) {
        struct model_layer *l = &m->layers[il];
        struct matrix *in_order[N_PER_LAYER] = {&l->q,    &l->k,  &l->v,   &l->o,
                                                &l->gate, &l->up, &l->down};
        for (size_t i = 0; i < N_PER_LAYER; i++) fits = fits && add_item(plan, in_order[i]);
    }
    return fits ? INGLE_OK : status_no_memory(err, "the packed weights", SIZE_MAX);
}

const uint8_t *weights_source(const struct matrix *m, int g0, int g1, size_t *size) {
    int rows = m->packed.layout.rows, first = g0 * rows;
    int end = g1 < n_groups(m) ? g1 * rows : m->packed.n_rows;
    *size = (size_t)(end - first) * m->row_size;
    return m->file_rows + (size_t)first * m->row_size;
}

static void place(struct model *m, const struct weights_plan *plan) {
    for (size_t i = 0; i < plan->n_items; i++) {
        plan->items[i].matrix->packed.data = m->weights.data + plan->items[i].at;
    }
    bool tied = m->token_embd.file_rows == m->output.file_rows;
    if (tied) m->token_embd.packed.data = m->output.packed.data;
}

/* ---- in memory ---- */

struct packing {
    const struct weights_plan *plan;
    uint8_t *region;
};

/* Every thread walks all matrices and takes groups of each as they come. */
static void pack_all(const struct pool_worker *w, void *arg) {
    const struct packing *p = arg;
    for (size_t i = 0; i < p->plan->n_items; i++) {
        const struct weights_item *item = &p->plan->items[i];
        const struct kern_weight *k = &item->matrix->packed;
        int n = n_groups(item->matrix);
        for (int g = pool_claim(w); g < n; g = pool_claim(w)) {
            kern_pack_group(k->type, k->layout, item->matrix->file_rows, k->n_rows, k->n_cols, g,
                            p->region + item->at + (size_t)g * k->group_size);
        }
        pool_barrier(w);
        size_t size;
        const uint8_t *rows = weights_source(item->matrix, 0, n, &size);
        if (w->index == 0) file_map_done_with(rows, size);
    }
}

static ingle_status pack_in_memory(struct weights *w, const struct weights_plan *plan,
                                   struct pool *pool, ingle_error *err) {
    w->region = region_new(plan->size, true);
    if (!w->region) return status_no_memory(err, "the packed weights", plan->size);
    w->data = w->region;
    struct packing packing = {.plan = plan, .region = w->region};
    pool_run(pool, pack_all, &packing);
    return INGLE_OK;
}

/* ---- either way ---- */

static ingle_status open_into(struct model *m, const struct gguf *g,
                              const struct model_options *opt, struct weights_plan *plan,
                              ingle_error *err) {
    INGLE_TRY(make_plan(plan, m, err));
    m->weights.size = plan->size;
    struct pool *pool;
    INGLE_TRY(pool_new(&pool, opt->n_threads, err));
    ingle_status status = INGLE_OK;
    if (opt->cache_dir) {
        status = pack_cache_open(&m->weights, opt->cache_dir, g, plan, pool, err);
    }
    if (opt->files) status = pack_files_open(&m->weights, opt->files, g, plan, pool, err);
    if (status == INGLE_OK && !m->weights.data) {
        status = pack_in_memory(&m->weights, plan, pool, err);
    }
    pool_free(pool);
    return status;
}

ingle_status weights_open(struct model *m, const struct gguf *g, const struct model_options *opt,
                          ingle_error *err) {
    double start = clock_ms();
    struct weights_plan plan = {0};
    ingle_status status = open_into(m, g, opt, &plan, err);
    if (status == INGLE_OK) place(m, &plan);
    mem_free(plan.items);
    m->weights.open_ms = clock_ms() - start;
    return status;
}

void weights_close(struct weights *w) {
    region_free(w->region, w->size);
    file_map_close(&w->map);
    mem_free(w->path);
}
