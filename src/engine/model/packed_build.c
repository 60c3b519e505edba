#include "engine/model/packed_build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"

/* A thread takes so many chunks in a row: a group that lies across two of them is packed once. */
#define CHUNKS_AT_ONCE 4

struct build {
    const struct weights_plan *plan;
    int fd;
    size_t data_at;
    uint64_t *sums;
    uint8_t *buffers;     /* [n_threads][PACKED_CHUNK + max_group_size]; NULL: only the sum */
    uint64_t *source_sum; /* [n_threads]; added up, so that who took what does not matter */
    atomic_int error;     /* errno of the first write that failed */
};

/* What one thread works with. */
struct builder {
    struct build *b;
    uint8_t *chunk, *group; /* PACKED_CHUNK; max_group_size; NULL: only the sum */
    size_t item;
    int g; /* what `group` holds: group g of that item; -1 = nothing */
    uint64_t group_sum, source_sum;
};

/* The rows are hashed before they are packed: should the file change between the two, the sum is
 * that of what is no longer there, and the next open packs anew. */
static void pack_group(struct builder *t, size_t item, int g, uint8_t *dst) {
    const struct matrix *m = t->b->plan->items[item].matrix;
    const struct kern_weight *k = &m->packed;
    size_t size;
    const uint8_t *rows = weights_source(m, g, g + 1, &size);
    t->group_sum = hash_bytes(0, rows, size);
    if (!dst) return;
    kern_pack_group(k->type, k->layout, m->file_rows, k->n_rows, k->n_cols, g, dst);
}

/* The part of group g in [from, to) of the region, of which `chunk` is a copy. */
static void add_group(struct builder *t, size_t from, size_t to, size_t item, int g) {
    const struct weights_item *i = &t->b->plan->items[item];
    size_t size = i->matrix->packed.group_size;
    size_t begin = i->at + (size_t)g * size, end = begin + size;
    if (begin >= from && end <= to) {
        pack_group(t, item, g, t->chunk ? t->chunk + (begin - from) : NULL);
        t->g = -1;
    } else {
        if (t->g != g || t->item != item) pack_group(t, item, g, t->group);
        t->item = item;
        t->g = g;
        size_t first = begin > from ? begin : from, last = end < to ? end : to;
        if (t->chunk) {
            memcpy(t->chunk + (first - from), t->group + (first - begin), last - first);
        }
    }
    t->source_sum += hash_u64(hash_u64(from, begin), t->group_sum);
}

/* All of one matrix that lies in [from, to). */
static void add_item(struct builder *t, size_t from, size_t to, size_t item) {
    const struct weights_item *i = &t->b->plan->items[item];
    size_t size = i->matrix->packed.group_size;
    int n = (int)(i->size / size);
    int g0 = from > i->at ? (int)((from - i->at) / size) : 0, g = g0;
    for (; g < n && i->at + (size_t)g * size < to; g++) add_group(t, from, to, item, g);
    if (g == g0) return; /* only zeros follow the last group */
    size_t n_read;
    const uint8_t *rows = weights_source(i->matrix, g0, g, &n_read);
    file_map_done_with(rows, n_read);
}

static int write_chunk(const struct build *b, const uint8_t *chunk, size_t c, size_t size) {
    b->sums[c] = hash_bytes(c, chunk, size);
    size_t at = b->data_at + c * PACKED_CHUNK;
    int error = packed_write(b->fd, chunk, size, at);
    /* The disk begins now, so that little is left to wait for at the end. */
    if (error == 0) (void)sync_file_range(b->fd, (off_t)at, (off_t)size, SYNC_FILE_RANGE_WRITE);
    return error;
}

static void do_chunk(struct builder *t, size_t c) {
    const struct weights_plan *plan = t->b->plan;
    size_t from = c * PACKED_CHUNK, left = plan->size - from;
    size_t size = left < PACKED_CHUNK ? left : PACKED_CHUNK;
    if (t->chunk) memset(t->chunk, 0, size);
    for (size_t i = 0; i < plan->n_items && plan->items[i].at < from + size; i++) {
        if (plan->items[i].at + plan->items[i].size > from) add_item(t, from, from + size, i);
    }
    int none = 0, error = !t->chunk ? 0 : write_chunk(t->b, t->chunk, c, size);
    if (error) (void)atomic_compare_exchange_strong(&t->b->error, &none, error);
}

static void build_all(const struct pool_worker *w, void *arg) {
    struct build *b = arg;
    struct builder t = {.b = b};
    if (b->buffers) {
        t.chunk = b->buffers + (size_t)w->index * (PACKED_CHUNK + b->plan->max_group_size);
        t.group = t.chunk + PACKED_CHUNK;
    }
    size_t n = packed_n_chunks(b->plan->size);
    for (size_t turn = (size_t)pool_claim(w); turn * CHUNKS_AT_ONCE < n;
         turn = (size_t)pool_claim(w)) {
        t.g = -1;
        size_t end = (turn + 1) * CHUNKS_AT_ONCE;
        for (size_t c = turn * CHUNKS_AT_ONCE; c < n && c < end; c++) {
            if (atomic_load(&b->error) == 0) do_chunk(&t, c);
        }
    }
    b->source_sum[w->index] = t.source_sum;
}

static ingle_status run(struct build *b, struct pool *pool, uint64_t *source_sum,
                        ingle_error *err) {
    size_t n_threads = (size_t)pool_n_threads(pool);
    size_t size = n_threads * sizeof *b->source_sum;
    b->source_sum = mem_calloc(1, size);
    if (!b->source_sum) return status_no_memory(err, "packing", size);
    pool_run(pool, build_all, b);
    *source_sum = 0;
    for (size_t i = 0; i < n_threads; i++) *source_sum += b->source_sum[i];
    mem_free(b->source_sum);
    return INGLE_OK;
}

ingle_status packed_build(int fd, size_t data_at, const struct weights_plan *plan,
                          struct pool *pool, uint64_t *sums, uint64_t *source_sum, const char *path,
                          ingle_error *err) {
    struct build b = {.plan = plan, .fd = fd, .data_at = data_at, .sums = sums};
    atomic_init(&b.error, 0);
    size_t size = (size_t)pool_n_threads(pool) * (PACKED_CHUNK + plan->max_group_size);
    b.buffers = mem_alloc(size);
    if (!b.buffers) return status_no_memory(err, "packing", size);
    ingle_status status = run(&b, pool, source_sum, err);
    mem_free(b.buffers);
    int error = atomic_load(&b.error);
    if (status == INGLE_OK && error) status = status_errno(err, error, "write to", path);
    return status;
}

ingle_status packed_source_sum(uint64_t *out, const struct weights_plan *plan, struct pool *pool,
                               ingle_error *err) {
    struct build b = {.plan = plan};
    atomic_init(&b.error, 0);
    return run(&b, pool, out, err);
}

int packed_write(int fd, const void *data, size_t size, size_t at) {
    const uint8_t *next = data;
    while (size > 0) {
        ssize_t n = pwrite(fd, next, size, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) return ENOSPC;
        next += n;
        at += (size_t)n;
        size -= (size_t)n;
    }
    return 0;
}
