#include "guard/vault/snapshot_store.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "guard/vault/private_folder.h"
#include "guard/vault/sealed_internal.h"

#define LOCK_NAME "lock"
#define NAME_LEN (2 * (size_t)CRYPT_HASH_SIZE)
#define MAX_ENTRIES ((size_t)1 << 16)

static_assert(sizeof((struct snapshot_entry *)0)->name == NAME_LEN + 1, "a name is a hash");

struct snapshot_store {
    struct vault_key *seal_key, *name_key;
    int folder;
    uint64_t max_size;
    char path[PATH_MAX];
};

/* ---- names ---- */

/* The path of a snapshot; its name is the hash in hexadecimal. */
struct snapshot_path {
    uint8_t hash[CRYPT_HASH_SIZE];
    char text[PATH_MAX + 1 + NAME_LEN];
};

static void name_snapshot(struct snapshot_path *p, const struct snapshot_store *store,
                          const struct snapshot_id *id) {
    crypt_hash(p->hash, store->name_key->bytes, id->kind, strlen(id->kind), id->fingerprint,
               id->fingerprint_size);
    int len = snprintf(p->text, sizeof p->text, "%s/", store->path);
    for (size_t i = 0; i < CRYPT_HASH_SIZE; i++) {
        snprintf(p->text + len + 2 * i, 3, "%02x", p->hash[i]);
    }
}

static struct sealed_as sealed_as(const struct snapshot_store *store,
                                  const struct snapshot_path *p) {
    return (struct sealed_as){.key = store->seal_key,
                              .kind = SEALED_SNAPSHOT,
                              .context = p->hash,
                              .context_size = sizeof p->hash};
}

static bool is_hex(const char *text, size_t len) {
    return strspn(text, "0123456789abcdef") >= len;
}

/* Nothing else in the folder is ever touched. */
static bool is_snapshot(const char *name) {
    return strlen(name) == NAME_LEN && is_hex(name, NAME_LEN);
}

static bool is_unfinished(const char *name) {
    const size_t n_mark = sizeof SEALED_UNFINISHED - 1;
    return strlen(name) == NAME_LEN + n_mark + SEALED_UNFINISHED_DIGITS && is_hex(name, NAME_LEN) &&
           memcmp(name + NAME_LEN, SEALED_UNFINISHED, n_mark) == 0 &&
           is_hex(name + NAME_LEN + n_mark, SEALED_UNFINISHED_DIGITS);
}

/* ---- the folder ---- */

/* Calls visit for every name until it returns an errno. */
typedef int (*visit_fn)(const struct snapshot_store *store, const char *name, void *user);

static int visit_all(const struct snapshot_store *store, visit_fn visit, void *user) {
    int fd = openat(store->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        int errnum = errno;
        if (fd >= 0) close(fd);
        return errnum;
    }
    int errnum = 0;
    while (!errnum) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            errnum = errno;
            break;
        }
        errnum = visit(store, entry->d_name, user);
    }
    closedir(dir);
    return errnum;
}

static int sweep(const struct snapshot_store *store, const char *name, void *user) {
    (void)user;
    if (is_unfinished(name)) sealed_sweep(store->folder, name);
    return 0;
}

static int delete_snapshot(const struct snapshot_store *store, const char *name, size_t *n) {
    if (unlinkat(store->folder, name, 0) == 0) {
        ++*n;
    } else if (errno != ENOENT) { /* another process was first */
        return errno;
    }
    return 0;
}

static int delete_any(const struct snapshot_store *store, const char *name, void *user) {
    return is_snapshot(name) ? delete_snapshot(store, name, user) : 0;
}

/* Held while files come and go by the limit, so that two processes do not both count on the same
 * room. Not needed to read. Closing the descriptor ends it. */
static ingle_status lock(int *fd, const struct snapshot_store *store, ingle_error *err) {
    *fd = openat(store->folder, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                 0600);
    if (*fd < 0) return status_errno(err, errno, "lock the folder", store->path);
    int failed;
    do failed = flock(*fd, LOCK_EX);
    while (failed && errno == EINTR);
    if (!failed) return INGLE_OK;
    ingle_status status = status_errno(err, errno, "lock the folder", store->path);
    close(*fd);
    return status;
}

/* ---- the list ---- */

static int list_one(const struct snapshot_store *store, const char *name, void *user) {
    struct stat st;
    if (!is_snapshot(name)) return 0;
    if (fstatat(store->folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? 0 : errno;
    }
    if (!S_ISREG(st.st_mode)) return 0;
    struct snapshot_entry entry = {.size = (uint64_t)st.st_size,
                                   .used = (int64_t)st.st_mtim.tv_sec * 1000000000 +
                                           st.st_mtim.tv_nsec};
    memcpy(entry.name, name, NAME_LEN + 1);
    struct buf *list = user;
    if (buf_add(list, &entry, sizeof entry)) return 0;
    return list->size + sizeof entry > list->max ? EMFILE : ENOMEM;
}

static int by_use(const void *a, const void *b) {
    const struct snapshot_entry *x = a, *y = b;
    if (x->used != y->used) return x->used < y->used ? -1 : 1;
    return strcmp(x->name, y->name);
}

ingle_status snapshot_store_list(const struct snapshot_store *store, struct snapshot_entry **out,
                                 size_t *n, ingle_error *err) {
    struct buf list;
    *out = NULL;
    *n = 0;
    buf_init(&list, MAX_ENTRIES * sizeof **out);
    int errnum = visit_all(store, list_one, &list);
    if (errnum) {
        buf_clear(&list);
        if (errnum == ENOMEM) return status_no_memory(err, "the list of snapshots", sizeof **out);
        if (errnum == EMFILE) {
            return status_set(err, INGLE_LIMIT, 0, "The folder '%s' has more than %zu snapshots.",
                              store->path, MAX_ENTRIES);
        }
        return status_errno(err, errnum, "read the folder", store->path);
    }
    if (list.size == 0) return INGLE_OK;
    *out = (struct snapshot_entry *)(void *)list.data;
    *n = list.size / sizeof **out;
    qsort(*out, *n, sizeof **out, by_use);
    return INGLE_OK;
}

/* ---- room ---- */

/* Deletes from the oldest on, but for the one of that name, whose place the new one takes. */
static ingle_status make_room(const struct snapshot_store *store, const char *name, uint64_t size,
                              ingle_error *err) {
    struct snapshot_entry *entries;
    size_t n, n_deleted = 0;
    int errnum = 0;
    INGLE_TRY(snapshot_store_list(store, &entries, &n, err));
    uint64_t total = size;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(entries[i].name, name) != 0) total += entries[i].size;
    }
    for (size_t i = 0; i < n && total > store->max_size && !errnum; i++) {
        if (strcmp(entries[i].name, name) == 0) continue;
        errnum = delete_snapshot(store, entries[i].name, &n_deleted);
        total -= entries[i].size;
    }
    mem_free(entries);
    return errnum ? status_errno(err, errnum, "make room in", store->path) : INGLE_OK;
}

static ingle_status commit_locked(const struct snapshot_store *store, struct sealed_writer *w,
                                  ingle_error *err) {
    const char *name = strrchr(sealed_writer_target(w), '/') + 1;
    ingle_status status = make_room(store, name, sealed_writer_size(w), err);
    if (status == INGLE_OK) return sealed_writer_commit(w, err);
    sealed_writer_abort(w);
    return status;
}

ingle_status snapshot_store_commit(const struct snapshot_store *store, struct sealed_writer *w,
                                   ingle_error *err) {
    int fd = -1;
    ingle_status status = sealed_writer_end(w, err);
    if (status == INGLE_OK && sealed_writer_size(w) > store->max_size) {
        status = status_set(err, INGLE_LIMIT, 0,
                            "A snapshot of %" PRIu64 " bytes is more than all together may take, "
                            "%" PRIu64 ".",
                            sealed_writer_size(w), store->max_size);
    }
    if (status == INGLE_OK) status = lock(&fd, store, err);
    if (status != INGLE_OK) {
        sealed_writer_abort(w);
        return status;
    }
    status = commit_locked(store, w, err);
    close(fd);
    return status;
}

/* ---- the rest ---- */

ingle_status snapshot_store_write(struct sealed_writer **out, const struct snapshot_store *store,
                                  const struct snapshot_id *id, ingle_error *err) {
    struct snapshot_path p;
    name_snapshot(&p, store, id);
    struct sealed_as as = sealed_as(store, &p);
    return sealed_writer_open(out, p.text, &as, err);
}

ingle_status snapshot_store_read(struct sealed_reader **out, const struct snapshot_store *store,
                                 const struct snapshot_id *id, ingle_error *err) {
    struct snapshot_path p;
    name_snapshot(&p, store, id);
    struct sealed_as as = sealed_as(store, &p);
    INGLE_TRY(sealed_reader_open(out, p.text, &as, err));
    /* Where this is not possible the snapshot is only the sooner to go. */
    (void)utimensat(AT_FDCWD, p.text, NULL, AT_SYMLINK_NOFOLLOW);
    return INGLE_OK;
}

ingle_status snapshot_store_remove(const struct snapshot_store *store, const struct snapshot_id *id,
                                   ingle_error *err) {
    struct snapshot_path p;
    name_snapshot(&p, store, id);
    return unlink(p.text) == 0 ? INGLE_OK : status_errno(err, errno, "delete", p.text);
}

ingle_status snapshot_store_clear(const struct snapshot_store *store, size_t *n, ingle_error *err) {
    int fd;
    *n = 0;
    INGLE_TRY(lock(&fd, store, err));
    int errnum = visit_all(store, delete_any, n);
    if (!errnum) errnum = visit_all(store, sweep, NULL);
    close(fd);
    return errnum ? status_errno(err, errnum, "empty the folder", store->path) : INGLE_OK;
}

static ingle_status begin(struct snapshot_store *store, const struct vault_key *key,
                          ingle_error *err) {
    INGLE_TRY(vault_key_derive(&store->seal_key, key, "snapshot", err));
    INGLE_TRY(vault_key_derive(&store->name_key, key, "snapname", err));
    INGLE_TRY(private_folder_make(&store->folder, store->path, err));
    int fd, errnum = 0;
    INGLE_TRY(lock(&fd, store, err));
    errnum = visit_all(store, sweep, NULL);
    close(fd);
    return errnum ? status_errno(err, errnum, "read the folder", store->path) : INGLE_OK;
}

ingle_status snapshot_store_open(struct snapshot_store **out, const char *folder,
                                 const struct vault_key *key, uint64_t max_size, ingle_error *err) {
    *out = NULL;
    struct snapshot_store *store = mem_calloc(1, sizeof *store);
    if (!store) return status_no_memory(err, "the snapshots", sizeof *store);
    store->folder = -1;
    store->max_size = max_size;
    snprintf(store->path, sizeof store->path, "%s", folder);
    ingle_status status = strlen(folder) < sizeof store->path
                              ? begin(store, key, err)
                              : status_errno(err, ENAMETOOLONG, "open the folder", folder);
    if (status == INGLE_OK) {
        *out = store;
    } else {
        snapshot_store_close(store);
    }
    return status;
}

void snapshot_store_close(struct snapshot_store *store) {
    if (!store) return;
    vault_key_close(store->seal_key);
    vault_key_close(store->name_key);
    if (store->folder >= 0) close(store->folder);
    mem_free(store);
}
