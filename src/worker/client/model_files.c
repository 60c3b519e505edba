#include "worker/client/model_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/part_name.h"
#include "worker/client/model_files_internal.h"

/* ---- the model ---- */

static bool is_missing(const char *path) {
    struct stat st;
    return lstat(path, &st) != 0 && errno == ENOENT;
}

/* Whether the model has parts stands in the first one, which is not read here: what has the name of
 * one is taken along, and from the first that is missing on it is for the reader to tell. */
static ingle_status open_parts(struct model_files *f, ingle_error *err) {
    char path[PATH_MAX];
    int n = part_name_count(f->name);
    if (n < 2 || snprintf(path, sizeof path, "%s", f->name) >= (int)sizeof path) return INGLE_OK;
    for (int i = 1; i < n; i++) {
        part_name_set(path, i);
        if (is_missing(path)) return INGLE_OK;
        if (f->n_fds == MODEL_FILES_MAX) {
            return status_set(err, INGLE_UNSUPPORTED, 0,
                              "'%s' has more than %d parts; that many cannot be handed over.",
                              f->name, MODEL_FILES_MAX);
        }
        INGLE_TRY(file_open_regular(&f->fds[f->n_fds], path, err));
        f->n_fds++;
    }
    return INGLE_OK;
}

/* ---- its prepared weights ---- */

/* Its real path, and that this is the file that is open. */
static bool name_packed(struct model_files *f, const char *tier) {
    char real[PATH_MAX];
    struct stat open_one, named;
    if (!realpath(f->name, real) || fstat(f->fds[0], &open_one) != 0 || stat(real, &named) != 0) {
        return false;
    }
    f->inode = open_one.st_ino;
    snprintf(f->key, sizeof f->key, "%016" PRIx64 "-", hash_bytes(0, real, strlen(real)));
    snprintf(f->packed_name, sizeof f->packed_name, "%s%" PRIx64 "-%.40s.packed", f->key,
             (uint64_t)f->inode, tier);
    return named.st_ino == open_one.st_ino && named.st_dev == open_one.st_dev;
}

static bool join(char out[PATH_MAX], const char *folder, const char *name) {
    int n = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    if (n > 0 && n < PATH_MAX) return true;
    out[0] = '\0';
    return false;
}

static void note(struct model_files *f, const ingle_error *why) {
    if (!f->note.msg[0]) f->note = *why;
}

/* The old file is only read: whoever takes a worker over leaves nothing in it. An empty file is
 * made on every start, and removed again if the old one fits, which costs little and spares looking
 * into that one. */
static void open_packed(struct model_files *f) {
    ingle_error why;
    f->packed = -1;
    ingle_status status = cache_folder_find(&f->packed, &f->folder, f->packed_name, &why);
    if (status != INGLE_OK && status != INGLE_NOT_FOUND) note(f, &why);
    if (cache_temp_open(&f->temp, &f->folder, 0, &why) != INGLE_OK) {
        note(f, &why);
        return;
    }
    f->packed_new = f->temp.fd;
    if (!join(f->unfinished, f->folder.path, f->temp.name)) f->unfinished[0] = '\0';
}

static void open_cache(struct model_files *f, const char *cache, const char *tier) {
    ingle_error why = {.msg = "The model's file was replaced while it was opened."};
    snprintf(f->folder_path, sizeof f->folder_path, "%s", cache);
    if (!name_packed(f, tier) || !join(f->packed_path, cache, f->packed_name)) {
        note(f, &why);
        return;
    }
    if (cache_folder_open(&f->folder, f->folder_path, &why) != INGLE_OK) {
        note(f, &why);
        return;
    }
    cache_folder_sweep(&f->folder);
    open_packed(f);
}

ingle_status model_files_open(struct model_files *f, const char *path, const char *cache,
                              const char *tier, ingle_error *err) {
    *f = (struct model_files){.name = path,
                              .packed = -1,
                              .packed_new = -1,
                              .folder = {.fd = -1},
                              .temp = {.fd = -1},
                              .keeper = {-1, -1}};
    INGLE_TRY(file_open_regular(&f->fds[0], path, err));
    f->n_fds = 1;
    ingle_status status = open_parts(f, err);
    if (status != INGLE_OK) {
        model_files_close(f);
        return status;
    }
    if (cache) open_cache(f, cache, tier);
    return INGLE_OK;
}

/* ---- the end ---- */

/* Of files that were at this path before, for any tier. */
static bool is_of_another_file(int fd, const char *name, const void *arg) {
    const struct model_files *f = arg;
    char inode[32];
    (void)fd;
    int n = snprintf(inode, sizeof inode, "%" PRIx64 "-", (uint64_t)f->inode);
    return strncmp(name + strlen(f->key), inode, (size_t)n) != 0;
}

ingle_status model_files_commit(struct model_files *f, ingle_error *err) {
    INGLE_TRY(cache_temp_commit(&f->temp, &f->folder, f->packed_name, err));
    close(f->temp.fd);
    f->temp.fd = f->packed_new = -1;
    cache_folder_remove(&f->folder, f->key, is_of_another_file, f);
    return INGLE_OK;
}

/* By whoever holds the folder: this process, or the keeper. */
static ingle_status commit(struct model_files *f, ingle_error *err) {
    return f->keeper[0] >= 0 ? model_keeper_commit(f, err) : model_files_commit(f, err);
}

/* What was said of the weights, and of the files for them where that is why. */
static void tell(struct model_files *f, ingle_model_info *info, const char *failed) {
    bool is_kept = info->weights_from != INGLE_WEIGHTS_MEMORY;
    const char *parts[] = {info->cache_note, failed,
                           !is_kept || info->cache_note[0] ? f->note.msg : ""};
    f->told[0] = '\0';
    for (size_t i = 0; i < BASE_COUNT(parts); i++) {
        size_t n = strlen(f->told);
        if (!parts[i][0]) continue;
        snprintf(f->told + n, sizeof f->told - n, "%s%s", n ? " " : "", parts[i]);
    }
    info->cache_note = f->told;
    info->cache_file = is_kept ? f->packed_path : "";
}

void model_files_settle(struct model_files *f, ingle_model_info *info) {
    ingle_error failed = {.msg = ""};
    if (info && info->weights_from == INGLE_WEIGHTS_WRITTEN && commit(f, &failed) != INGLE_OK) {
        info->weights_from = INGLE_WEIGHTS_MEMORY;
    }
    model_files_close(f);
    if (info) tell(f, info, failed.msg);
}

static void close_one(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

void model_files_close(struct model_files *f) {
    if (!f->name) return;
    for (size_t i = 0; i < f->n_fds; i++) close(f->fds[i]);
    f->n_fds = 0;
    close_one(&f->packed);
    if (f->folder.fd < 0) {
        close_one(&f->packed_new); /* the keeper removes it */
    } else {
        cache_temp_abandon(&f->temp, &f->folder);
        f->packed_new = -1;
    }
    cache_folder_close(&f->folder);
    model_keeper_close(f);
    f->unfinished[0] = '\0';
}

size_t model_files_list(const struct model_files *f, int *fds) {
    const int others[] = {f->packed, f->packed_new, f->folder.fd, f->keeper[0], f->keeper[1]};
    size_t n = 0;
    for (size_t i = 0; i < f->n_fds; i++) fds[n++] = f->fds[i];
    for (size_t i = 0; i < BASE_COUNT(others); i++) {
        if (others[i] >= 0) fds[n++] = others[i];
    }
    return n;
}
