#include "engine/model/packed_file.h"

#include <stdatomic.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "engine/model/packed_build.h"

/* The coarsest clock that a file system stamps its files with. A file that changed less than that
 * before it was opened may change again without another stamp. */
#define STAMP_NS ((int64_t)2000000000)

/* ---- the model ---- */

static uint64_t hash_of_heads(const struct gguf *g) {
    uint64_t h = 0;
    for (int i = 0; i < gguf_n_parts(g); i++) {
        struct gguf_part part = gguf_part_at(g, i);
        h = hash_u64(hash_bytes(h, part.data, part.head_size), part.size);
    }
    return h;
}

static uint64_t hash_of_identities(const struct gguf *g) {
    uint64_t h = 0;
    int64_t now = clock_date_ns();
    for (int i = 0; i < gguf_n_parts(g); i++) {
        struct file_identity id = gguf_part_at(g, i).identity;
        if (now - id.changed_ns < STAMP_NS) return 0;
        h = hash_bytes(h, &id, sizeof id);
    }
    return h;
}

/* Which part a matrix is in, and where. */
static uint64_t hash_of_place(const struct gguf *g, const uint8_t *rows) {
    for (int i = 0; i < gguf_n_parts(g); i++) {
        struct gguf_part part = gguf_part_at(g, i);
        uintptr_t at = (uintptr_t)rows - (uintptr_t)part.data;
        if (at < part.size) return hash_u64((uint64_t)i, at);
    }
    return 0;
}

static uint64_t hash_of_layout(const struct gguf *g, const struct weights_plan *plan) {
    uint64_t h = 0;
    for (size_t i = 0; i < plan->n_items; i++) {
        const struct weights_item *item = &plan->items[i];
        const struct kern_weight *k = &item->matrix->packed;
        const uint64_t facts[] = {hash_of_place(g, item->matrix->file_rows),
                                  item->at,
                                  item->size,
                                  k->type,
                                  (uint64_t)k->layout.rows,
                                  (uint64_t)k->layout.kb,
                                  (uint64_t)k->n_rows,
                                  (uint64_t)k->n_cols,
                                  k->group_size};
        h = hash_bytes(h, facts, sizeof facts);
    }
    return h;
}

struct packed_source packed_source_of(const struct gguf *g, const struct weights_plan *plan) {
    return (struct packed_source){.key = {.model = hash_of_heads(g),
                                          .layout = hash_of_layout(g, plan),
                                          .data_size = plan->size},
                                  .identity = hash_of_identities(g)};
}

/* ---- the file ---- */

struct check {
    const struct packed_view *view;
    atomic_bool is_bad;
};

/* Every byte is read; that is also what brings the pages in. */
static void check_sums(const struct pool_worker *w, void *arg) {
    struct check *c = arg;
    size_t size = (size_t)c->view->header.key.data_size, n = packed_n_chunks(size);
    for (size_t i = (size_t)pool_claim(w); i < n; i = (size_t)pool_claim(w)) {
        const uint8_t *chunk = c->view->data + i * PACKED_CHUNK;
        size_t left = size - i * PACKED_CHUNK;
        if (left > PACKED_CHUNK) left = PACKED_CHUNK;
        file_map_populate(chunk, left);
        if (hash_bytes(i, chunk, left) != c->view->sums[i]) atomic_store(&c->is_bad, true);
        if (atomic_load(&c->is_bad)) return;
    }
}

static ingle_status check_data(const struct packed_view *view, struct pool *pool,
                               ingle_error *err) {
    struct check c = {.view = view};
    atomic_init(&c.is_bad, false);
    pool_run(pool, check_sums, &c);
    if (!atomic_load(&c.is_bad)) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "The cached file was damaged in its weights.");
}

/* Touched, moved or copied the model's files are still the same; changed in place they are not. */
static ingle_status check_source(const struct packed_view *view, const struct packed_work *work,
                                 struct packed_seen *patch, ingle_error *err) {
    const struct packed_source *source = &work->source;
    *patch = (struct packed_seen){0};
    if (source->identity != 0 && view->identity == source->identity) return INGLE_OK;
    uint64_t sum;
    INGLE_TRY(packed_source_sum(&sum, work->plan, work->pool, err));
    if (sum != view->header.source_sum) {
        return status_set(err, INGLE_INVALID, 0,
                          "The model's weights have changed since the cached file was made.");
    }
    if (source->identity != view->identity) {
        *patch = packed_seen_make(&view->header, source->identity);
    }
    return INGLE_OK;
}

ingle_status packed_file_use(struct file_map *map, const uint8_t **data, struct packed_seen *patch,
                             int fd, const char *path, const struct packed_work *work,
                             ingle_error *err) {
    struct packed_view view;
    INGLE_TRY(file_map_descriptor(map, fd, path, err));
    ingle_status status = packed_view_init(&view, map->data, map->size, &work->source.key, err);
    if (status == INGLE_OK) status = check_source(&view, work, patch, err);
    if (status == INGLE_OK) status = check_data(&view, work->pool, err);
    if (status == INGLE_OK)
        *data = view.data;
    else
        file_map_close(map);
    return status;
}

/* ---- a new file ---- */

/* What is in it does not count before somebody gives it its name. */
static int write_heads(int fd, const struct packed_header *header, uint64_t identity,
                       const uint64_t *sums, size_t sums_size) {
    struct packed_seen seen = packed_seen_make(header, identity);
    int error = packed_write(fd, header, sizeof *header, 0);
    if (!error) error = packed_write(fd, &seen, sizeof seen, PACKED_SEEN_AT);
    if (!error) error = packed_write(fd, sums, sums_size, PACKED_SUMS_AT);
    return error;
}

ingle_status packed_file_fill(int fd, const struct packed_work *work, const char *where,
                              ingle_error *err) {
    const struct weights_plan *plan = work->plan;
    size_t data_at, file_size;
    if (!packed_sizes(plan->size, &data_at, &file_size)) {
        return status_no_memory(err, "the packed weights", plan->size);
    }
    size_t sums_size = packed_n_chunks(plan->size) * sizeof(uint64_t);
    uint64_t *sums = mem_calloc(1, sums_size);
    if (!sums) return status_no_memory(err, "packing", sums_size);
    struct packed_header header = {.key = work->source.key};
    ingle_status status =
        packed_build(fd, data_at, plan, work->pool, sums, &header.source_sum, where, err);
    if (status == INGLE_OK) {
        packed_header_seal(&header, sums);
        int error = write_heads(fd, &header, work->source.identity, sums, sums_size);
        if (error) status = status_errno(err, error, "write to", where);
    }
    mem_free(sums);
    return status;
}

ingle_status packed_file_take(struct file_map *map, const uint8_t **data, int fd,
                              const struct packed_work *work, const char *where, ingle_error *err) {
    size_t data_at, file_size;
    INGLE_TRY(file_map_descriptor(map, fd, where, err));
    if (packed_sizes(work->plan->size, &data_at, &file_size) && map->size == file_size) {
        *data = map->data + data_at;
        return INGLE_OK;
    }
    file_map_close(map);
    return status_set(err, INGLE_FAILED, 0, "'%s' was changed by somebody else.", where);
}
