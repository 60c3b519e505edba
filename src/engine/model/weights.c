#include "engine/model/weights.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/size.h"

/* Streams start on a page of their own prefetcher: 4 KiB apart from any other matrix. */
#define MATRIX_ALIGN ((size_t)4096)

typedef void (*matrix_fn)(struct matrix *m, void *arg);

/* The head comes first: it is the largest by far, and while it is packed its file pages and its
 * packed form are in memory together; later that would be on top of everything else. */
static void each_matrix(struct model *m, matrix_fn fn, void *arg) {
    fn(&m->output, arg);
    for (int il = 0; il < m->hp.n_layer; il++) {
        struct model_layer *l = &m->layers[il];
        struct matrix *in_order[] = {&l->q, &l->k, &l->v, &l->o, &l->gate, &l->up, &l->down};
        for (size_t i = 0; i < BASE_COUNT(in_order); i++) fn(in_order[i], arg);
    }
}

static size_t n_groups(const struct kern_weight *w) {
    return (size_t)kern_n_groups(w->layout, w->n_rows);
}

/* Sum of the packed sizes; SIZE_MAX once it wraps. */
static void add_packed_size(struct matrix *m, void *arg) {
    size_t *total = arg;
    size_t size, padded;
    if (!mul_size(&size, n_groups(&m->packed), m->packed.group_size) ||
        !round_up_size(&padded, size, MATRIX_ALIGN) || !add_size(total, *total, padded)) {
        *total = SIZE_MAX;
    }
}

static void place(struct matrix *m, void *arg) {
    uint8_t **next = arg;
    size_t size = n_groups(&m->packed) * m->packed.group_size;
    m->packed.data = *next;
    *next += (size + MATRIX_ALIGN - 1) & ~(MATRIX_ALIGN - 1);
}

/* Every thread walks all matrices and takes groups of each as they come. */
static void pack_matrix(struct matrix *m, void *arg) {
    const struct pool_worker *w = arg;
    const struct kern_weight *p = &m->packed;
    int n = (int)n_groups(p);
    for (int g = pool_claim(w); g < n; g = pool_claim(w)) {
        uint8_t *dst = (uint8_t *)(uintptr_t)p->data + (size_t)g * p->group_size;
        kern_pack_group(p->type, p->layout, m->file_rows, p->n_rows, p->n_cols, g, dst);
    }
    pool_barrier(w);
    if (w->index == 0) file_map_done_with(m->file_rows, (size_t)p->n_rows * m->row_size);
}

static void pack_all(const struct pool_worker *w, void *arg) {
    each_matrix(arg, pack_matrix, (void *)(uintptr_t)w);
}

ingle_status weights_pack(struct model *m, int n_threads, ingle_error *err) {
    double start = clock_ms();
    size_t size = 0;
    each_matrix(m, add_packed_size, &size);
    m->packed = size == SIZE_MAX ? NULL : region_new(size, true);
    if (!m->packed) return status_no_memory(err, "the packed weights", size);
    m->packed_size = size;
    uint8_t *next = m->packed;
    each_matrix(m, place, &next);
    bool tied = m->token_embd.file_rows == m->output.file_rows;
    if (tied) m->token_embd.packed.data = m->output.packed.data;

    struct pool *pool;
    INGLE_TRY(pool_new(&pool, n_threads, err));
    pool_run(pool, pack_all, m);
    pool_free(pool);
    m->pack_ms = clock_ms() - start;
    return INGLE_OK;
}
