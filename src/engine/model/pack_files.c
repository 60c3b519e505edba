#include "engine/model/pack_files.h"

#include <errno.h>

#include "base/cache_folder.h"
#include "engine/model/pack_ways.h"
#include "engine/model/packed_build.h"
#include "engine/model/packed_file.h"

#define NAME "the cached file" /* its real one is the caller's */

struct handed {
    const struct packed_files *files;
    struct packed_work work;
};

static ingle_status use_old(struct weights *w, const void *arg, ingle_error *err) {
    const struct handed *h = arg;
    if (h->files->old < 0) return INGLE_NOT_FOUND;
    struct packed_seen patch;
    INGLE_TRY(packed_file_use(&w->map, &w->data, &patch, h->files->old, NAME, &h->work, err));
    if (!patch.self) return INGLE_OK;
    int error = packed_write(h->files->old, &patch, sizeof patch, PACKED_SEEN_AT);
    if (!error) return INGLE_OK;
    if (h->files->fresh >= 0) {
        /* The model was moved or touched, which a file that is only read cannot record. */
        file_map_close(&w->map);
        w->data = NULL;
        return INGLE_NOT_FOUND;
    }
    ingle_error why;
    ingle_status failed = status_errno(&why, error, "update", NAME);
    (void)failed; /* the weights are good */
    /* Why it was opened for reading only, its opener knows. */
    pack_note(w, PACK_NOT_RECORDED, error == EBADF ? "" : why.msg);
    return INGLE_OK;
}

static ingle_status write_new(struct weights *w, const void *arg, ingle_error *err) {
    const struct handed *h = arg;
    size_t data_at, file_size;
    int fd = h->files->fresh;
    if (fd < 0) return INGLE_NOT_FOUND;
    if (!packed_sizes(h->work.plan->size, &data_at, &file_size)) {
        return status_no_memory(err, "the packed weights", h->work.plan->size);
    }
    INGLE_TRY(cache_room(fd, file_size, NAME, err));
    INGLE_TRY(packed_file_fill(fd, &h->work, NAME, err));
    return packed_file_take(&w->map, &w->data, fd, &h->work, NAME, err);
}

ingle_status pack_files_open(struct weights *w, const struct packed_files *files,
                             const struct gguf *g, const struct weights_plan *plan,
                             struct pool *pool, ingle_error *err) {
    struct handed h = {.files = files,
                       .work = {.source = packed_source_of(g, plan), .plan = plan, .pool = pool}};
    return pack_old_or_new(w, use_old, write_new, &h, err);
}
