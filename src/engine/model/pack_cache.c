#include "engine/model/pack_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "engine/model/packed_build.h"
#include "engine/model/packed_file.h"
#include "engine/model/packed_folder.h"

#define SUFFIX ".packed"

struct cache {
    struct packed_folder folder;
    char name[64]; /* of the file */
    struct packed_source source;
    const struct weights_plan *plan;
    struct pool *pool;
};

static void note(struct weights *w, const char *first, const char *then) {
    const char *between = *first && *then ? " " : "";
    ingle_status code = status_set(&w->note, INGLE_FAILED, 0, "%s%s%s", first, between, then);
    (void)code; /* no failure of the open */
}

/* Into an empty file; what is in it does not count before it has its name. */
static ingle_status write_file(const struct cache *c, int fd, ingle_error *err) {
    size_t data_at, file_size;
    if (!packed_sizes(c->plan->size, &data_at, &file_size)) {
        return status_no_memory(err, "the packed weights", c->plan->size);
    }
    size_t sums_size = packed_n_chunks(c->plan->size) * sizeof(uint64_t);
    uint64_t *sums = mem_calloc(1, sums_size);
    if (!sums) return status_no_memory(err, "packing", sums_size);
    struct packed_header header = {.key = c->source.key};
    ingle_status status =
        packed_build(fd, data_at, c->plan, c->pool, sums, &header.source_sum, c->folder.path, err);
    if (status == INGLE_OK) {
        packed_header_seal(&header, sums);
        struct packed_seen seen = packed_seen_make(&header, c->source.identity);
        int error = packed_write(fd, &header, sizeof header, 0);
        if (!error) error = packed_write(fd, &seen, sizeof seen, PACKED_SEEN_AT);
        if (!error) error = packed_write(fd, sums, sums_size, PACKED_SUMS_AT);
        if (error) status = status_errno(err, error, "write to", c->folder.path);
    }
    mem_free(sums);
    return status;
}

static bool is_outdated(int fd) {
    struct packed_header h;
    return pread(fd, &h, sizeof h, 0) == (ssize_t)sizeof h && packed_version_of(&h) != 0 &&
           packed_version_of(&h) < PACKED_VERSION;
}

/* Of the same model; of its other layouts, those that no longer serve. */
static void remove_outdated(const struct cache *c) {
    char prefix[20];
    snprintf(prefix, sizeof prefix, "%.17s", c->name);
    packed_folder_remove(&c->folder, prefix, is_outdated);
}

static ingle_status map_written(struct weights *w, int fd, const struct cache *c,
                                ingle_error *err) {
    size_t data_at, file_size;
    INGLE_TRY(file_map_descriptor(&w->map, fd, c->name, err));
    if (packed_sizes(c->plan->size, &data_at, &file_size) && w->map.size == file_size) {
        w->data = w->map.data + data_at;
        w->from = WEIGHTS_WRITTEN;
        return INGLE_OK;
    }
    file_map_close(&w->map);
    return status_set(err, INGLE_FAILED, 0, "'%s' was changed by somebody else.", c->folder.path);
}

static ingle_status write_new(struct weights *w, const struct cache *c, ingle_error *err) {
    size_t data_at, file_size;
    struct packed_temp temp;
    if (!packed_sizes(c->plan->size, &data_at, &file_size)) {
        return status_no_memory(err, "the packed weights", c->plan->size);
    }
    INGLE_TRY(packed_temp_open(&temp, &c->folder, file_size, err));
    ingle_status status = write_file(c, temp.fd, err);
    if (status == INGLE_OK) status = packed_temp_commit(&temp, &c->folder, c->name, err);
    if (status == INGLE_OK) {
        remove_outdated(c);
        status = map_written(w, temp.fd, c, err);
        close(temp.fd);
    } else {
        packed_temp_abandon(&temp, &c->folder);
    }
    return status;
}

/* NOT_FOUND, or INVALID where the file must be replaced. */
static ingle_status use_old(struct weights *w, const struct cache *c, ingle_error *err) {
    int fd;
    struct packed_seen patch;
    INGLE_TRY(packed_folder_find(&fd, &c->folder, c->name, err));
    ingle_status status =
        packed_file_use(&w->map, &w->data, &patch, fd, c->name, &c->source, c->plan, c->pool, err);
    close(fd);
    INGLE_TRY(status);
    w->from = WEIGHTS_CACHED;
    ingle_error why;
    if (patch.self && packed_folder_patch(&c->folder, c->name, w->map.identity.inode, &patch,
                                          sizeof patch, PACKED_SEEN_AT, &why) != INGLE_OK) {
        note(w, "The model's file was moved or touched, and the cached one cannot record it.",
             why.msg);
    }
    return INGLE_OK;
}

static ingle_status open_in(struct weights *w, struct cache *c, ingle_error *err) {
    packed_folder_sweep(&c->folder);
    ingle_error bad = {.msg = ""};
    ingle_status status = use_old(w, c, &bad);
    if (status == INGLE_OK) return INGLE_OK;
    if (status == INGLE_NO_MEMORY) {
        if (err) *err = bad;
        return status;
    }
    if (status == INGLE_NOT_FOUND) bad.msg[0] = '\0';
    ingle_error failed;
    status = write_new(w, c, &failed);
    if (status == INGLE_NO_MEMORY && err) *err = failed;
    if (status == INGLE_NO_MEMORY) return status;
    if (status != INGLE_OK) note(w, bad.msg, failed.msg);
    if (status == INGLE_OK && bad.msg[0]) note(w, bad.msg, "It was replaced.");
    return INGLE_OK;
}

ingle_status pack_cache_open(struct weights *w, const char *folder, const struct gguf *g,
                             const struct weights_plan *plan, struct pool *pool, ingle_error *err) {
    struct cache c = {.plan = plan, .pool = pool, .source = packed_source_of(g, plan)};
    ingle_error why;
    ingle_status status = packed_folder_open(&c.folder, folder, &why);
    if (status == INGLE_NO_MEMORY && err) *err = why;
    if (status == INGLE_NO_MEMORY) return status;
    if (status != INGLE_OK) {
        note(w, why.msg, "");
        return INGLE_OK;
    }
    snprintf(c.name, sizeof c.name, "%016" PRIx64 "-%016" PRIx64 SUFFIX, c.source.key.model,
             c.source.key.layout);
    status = open_in(w, &c, err);
    packed_folder_close(&c.folder);
    if (status != INGLE_OK || !w->data) return status;
    size_t size = strlen(folder) + strlen(c.name) + 2;
    w->path = mem_alloc(size);
    if (!w->path) return status_no_memory(err, "a path", size);
    snprintf(w->path, size, "%s/%s", folder, c.name);
    return INGLE_OK;
}
