#include "engine/model/workspace.h"

#include "base/alloc.h"
#include "base/map.h"
#include "base/size.h"

#define ALIGN ((size_t)64)
#define TILE_SIZE ((size_t)64 << 10) /* floats: 256 KiB, at home in a second-level cache */

/* Hands out consecutive pieces of a region; with base NULL it only adds up their sizes. */
struct layout {
    uint8_t *base;
    size_t used;
    bool wrapped;
};

static void *take(struct layout *l, size_t count, size_t size) {
    size_t bytes, padded, used;
    if (!mul_size(&bytes, count, size) || !round_up_size(&padded, bytes, ALIGN) ||
        !add_size(&used, l->used, padded)) {
        l->wrapped = true;
        return NULL;
    }
    void *piece = l->base ? l->base + l->used : NULL;
    l->used = used;
    return piece;
}

static float *take_floats(struct layout *l, size_t rows, int cols) {
    size_t count;
    if (!mul_size(&count, rows, (size_t)cols)) l->wrapped = true, count = 0;
    return take(l, count, sizeof(float));
}

static void take_acts(struct layout *l, struct kern_acts acts[KERN_N_ACT], unsigned kinds, int rows,
                      int cols) {
    for (int kind = 0; kind < KERN_N_ACT; kind++) {
        if (!(kinds >> kind & 1)) continue;
        void *storage = take(l, 1, kern_acts_size((enum kern_act)kind, rows, cols));
        if (storage) kern_acts_init(&acts[kind], (enum kern_act)kind, rows, cols, storage);
    }
}

static unsigned kind_of(const struct matrix *m) {
    return 1u << kern_type_info(m->packed.type)->act;
}

static void find_kinds(unsigned kinds[N_ACT_SETS], const struct model *m) {
    kinds[ACTS_EMBD] = kind_of(&m->output);
    for (int il = 0; il < m->hp.n_layer; il++) {
        const struct model_layer *l = &m->layers[il];
        kinds[ACTS_EMBD] |=
            kind_of(&l->q) | kind_of(&l->k) | kind_of(&l->v) | kind_of(&l->gate) | kind_of(&l->up);
        kinds[ACTS_HEADS] |= kind_of(&l->o);
        kinds[ACTS_FF] |= kind_of(&l->down);
    }
}

static void lay_out(struct workspace *ws, const struct model *m, struct layout *l) {
    const struct hparams *hp = &m->hp;
    int n_q = hp->n_head * hp->head_dim, n_kv = hp->n_head_kv * hp->head_dim;
    const int width[N_ACT_SETS] = {hp->n_embd, n_q, hp->n_ff};
    size_t n = (size_t)ws->n_batch;
    ws->x = take_floats(l, n, hp->n_embd);
    size_t shared = l->used; /* by the two halves of a layer */
    ws->q = take_floats(l, n, n_q);
    ws->k = take_floats(l, n, n_kv);
    ws->v = take_floats(l, n, n_kv);
    ws->heads = take_floats(l, n, n_q);
    size_t attention_end = l->used;
    l->used = shared;
    ws->ff = take_floats(l, n, hp->n_ff);
    if (l->used < attention_end) l->used = attention_end;
    ws->cs = take_floats(l, n, hp->rope.n_rot);
    ws->rows = take(l, n, sizeof *ws->rows);
    for (int set = 0; set < N_ACT_SETS; set++) {
        take_acts(l, ws->acts[set], ws->kinds[set], ws->n_batch, width[set]);
    }
    for (int i = 0; i < ws->n_threads; i++) {
        struct worker_space *w = &ws->workers[i];
        for (int set = 0; set < N_ACT_SETS; set++) {
            take_acts(l, w->acts[set], ws->kinds[set], 1, width[set]);
        }
        w->row = take_floats(l, 1, hp->n_embd > hp->n_ff ? hp->n_embd : hp->n_ff);
        w->tile[0] = take(l, ws->tile_size, sizeof(float));
        w->tile[1] = take(l, ws->tile_size, sizeof(float));
        w->q = take_floats(l, KERN_ATTN_MAX_Q, hp->head_dim);
        w->out = take_floats(l, KERN_ATTN_MAX_Q, hp->head_dim);
        w->attn = take(l, KERN_ATTN_SCRATCH(hp->head_dim), sizeof(float));
    }
}

ingle_status workspace_new(struct workspace **out, const struct model *m, int n_batch,
                           int n_threads, ingle_error *err) {
    *out = NULL;
    struct workspace *ws = mem_calloc(1, sizeof *ws);
    if (!ws) return status_no_memory(err, "the workspace", sizeof *ws);
    ws->n_batch = n_batch;
    ws->n_threads = n_threads;
    size_t group = (size_t)n_batch * (size_t)m->ops.layout.rows;
    ws->tile_size = group > TILE_SIZE ? group : TILE_SIZE;
    find_kinds(ws->kinds, m);
    ws->workers = mem_calloc((size_t)n_threads, sizeof *ws->workers);
    struct layout measure = {0};
    if (ws->workers) lay_out(ws, m, &measure);
    struct layout real = {0};
    if (ws->workers && !measure.wrapped) real.base = region_new(measure.used, false);
    if (!real.base) {
        workspace_free(ws);
        return status_no_memory(err, "the workspace", measure.used);
    }
    ws->region = real.base;
    ws->region_size = measure.used;
    lay_out(ws, m, &real);
    *out = ws;
    return INGLE_OK;
}

void workspace_free(struct workspace *ws) {
    if (!ws) return;
    region_free(ws->region, ws->region_size);
    mem_free(ws->workers);
    mem_free(ws);
}
