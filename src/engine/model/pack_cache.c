#include "engine/model/pack_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cache_folder.h"
#include "engine/model/pack_ways.h"
#include "engine/model/packed_file.h"

#define SUFFIX ".packed"

struct cache {
    struct cache_folder folder;
    char name[64]; /* of the file */
    struct packed_work work;
};

static bool is_outdated(int fd, const char *name, const void *arg) {
    (void)name;
    (void)arg;
    struct packed_header h;
    return pread(fd, &h, sizeof h, 0) == (ssize_t)sizeof h && packed_version_of(&h) != 0 &&
           packed_version_of(&h) < PACKED_VERSION;
}

/* Of the same model; of its other layouts, those that no longer serve. */
static void remove_outdated(const struct cache *c) {
    char prefix[20];
    snprintf(prefix, sizeof prefix, "%.17s", c->name);
    cache_folder_remove(&c->folder, prefix, is_outdated, NULL);
}

static ingle_status write_new(struct weights *w, const void *cache, ingle_error *err) {
    const struct cache *c = cache;
    size_t data_at, file_size;
    struct cache_temp temp;
    if (!packed_sizes(c->work.plan->size, &data_at, &file_size)) {
        return status_no_memory(err, "the packed weights", c->work.plan->size);
    }
    INGLE_TRY(cache_temp_open(&temp, &c->folder, file_size, err));
    ingle_status status = packed_file_fill(temp.fd, &c->work, c->folder.path, err);
    if (status == INGLE_OK) status = cache_temp_commit(&temp, &c->folder, c->name, err);
    if (status == INGLE_OK) {
        remove_outdated(c);
        status = packed_file_take(&w->map, &w->data, temp.fd, &c->work, c->folder.path, err);
        close(temp.fd);
    } else {
        cache_temp_abandon(&temp, &c->folder);
    }
    return status;
}

/* NOT_FOUND, or INVALID where the file must be replaced. */
static ingle_status use_old(struct weights *w, const void *cache, ingle_error *err) {
    const struct cache *c = cache;
    int fd;
    struct packed_seen patch;
    INGLE_TRY(cache_folder_find(&fd, &c->folder, c->name, err));
    ingle_status status = packed_file_use(&w->map, &w->data, &patch, fd, c->name, &c->work, err);
    close(fd);
    INGLE_TRY(status);
    ingle_error why;
    if (patch.self && cache_folder_patch(&c->folder, c->name, w->map.identity.inode, &patch,
                                         sizeof patch, PACKED_SEEN_AT, &why) != INGLE_OK) {
        pack_note(w, PACK_NOT_RECORDED, why.msg);
    }
    return INGLE_OK;
}

ingle_status pack_cache_open(struct weights *w, const char *folder, const struct gguf *g,
                             const struct weights_plan *plan, struct pool *pool, ingle_error *err) {
    struct cache c = {.work = {.source = packed_source_of(g, plan), .plan = plan, .pool = pool}};
    ingle_error why;
    ingle_status status = cache_folder_open(&c.folder, folder, &why);
    if (status == INGLE_NO_MEMORY && err) *err = why;
    if (status == INGLE_NO_MEMORY) return status;
    if (status != INGLE_OK) {
        pack_note(w, why.msg, "");
        return INGLE_OK;
    }
    const struct packed_key *key = &c.work.source.key;
    snprintf(c.name, sizeof c.name, "%016" PRIx64 "-%016" PRIx64 SUFFIX, key->model, key->layout);
    cache_folder_sweep(&c.folder);
    status = pack_old_or_new(w, use_old, write_new, &c, err);
    cache_folder_close(&c.folder);
    if (status != INGLE_OK || !w->data) return status;
    size_t size = strlen(folder) + strlen(c.name) + 2;
    w->path = mem_alloc(size);
    if (!w->path) return status_no_memory(err, "a path", size);
    snprintf(w->path, size, "%s/%s", folder, c.name);
    return INGLE_OK;
}
