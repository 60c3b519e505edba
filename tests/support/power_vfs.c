#include "support/power_vfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/rng.h"
#include "support/files.h"

#define MAX_FILES 8
#define SECTOR 512
#define MAX_PATH 600

/* A write, or (data NULL) a new end of the file. */
struct change {
    struct change *next;
    int64_t at;
    size_t size;
    uint8_t *data;
};

struct shadow {
    char path[MAX_PATH];
    uint8_t *durable; /* what is surely on the disk */
    size_t size;
    struct change *first, **last; /* what may be */
    uint8_t *ghost;               /* a file that was deleted, as long as it may come back */
    size_t ghost_size;
};

struct power_file {
    sqlite3_file base;
    struct shadow *shadow;
    sqlite3_file *real;
};

static struct {
    sqlite3_vfs vfs, *real;
    struct shadow files[MAX_FILES];
    int n_files;
    uint64_t n_done, fails_at, n_written, full_at;
} disk;

/* ---- shadows ---- */

static void drop_changes(struct shadow *s) {
    while (s->first) {
        struct change *c = s->first;
        s->first = c->next;
        free(c->data);
        free(c);
    }
    s->last = &s->first;
}

static struct shadow *shadow_of(const char *path) {
    for (int i = 0; i < disk.n_files; i++) {
        if (strcmp(disk.files[i].path, path) == 0) return &disk.files[i];
    }
    assert_true(disk.n_files < MAX_FILES);
    struct shadow *s = &disk.files[disk.n_files++];
    memset(s, 0, sizeof *s);
    s->last = &s->first;
    assert_true(strlen(path) < sizeof s->path);
    snprintf(s->path, sizeof s->path, "%s", path);
    FILE *f = fopen(path, "rb");
    if (f) {
        fclose(f);
        s->durable = file_read(path, &s->size);
    }
    return s;
}

static void apply(struct shadow *s, const struct change *c, size_t size) {
    size_t end = (size_t)c->at + (c->data ? size : 0);
    if (!c->data || end > s->size) {
        s->durable = realloc(s->durable, end + 1);
        assert_non_null(s->durable);
        if (end > s->size) memset(s->durable + s->size, 0, end - s->size);
        s->size = end;
    }
    if (c->data) memcpy(s->durable + c->at, c->data, size);
}

static void remember(struct shadow *s, const void *data, size_t size, int64_t at) {
    struct change *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->at = at;
    c->size = size;
    if (data) {
        c->data = malloc(size + 1);
        assert_non_null(c->data);
        memcpy(c->data, data, size);
    }
    *s->last = c;
    s->last = &c->next;
}

/* It is gone, but until the folder is synced, which SQLite does with the first sync of a new file
 * of that name, it may come back. */
static void drop_file(const char *path) {
    struct shadow *s = shadow_of(path);
    drop_changes(s);
    if (!s->ghost) {
        s->ghost = s->durable;
        s->ghost_size = s->size;
    } else {
        free(s->durable);
    }
    s->durable = NULL;
    s->size = 0;
}

static void drop_ghost(struct shadow *s) {
    free(s->ghost);
    s->ghost = NULL;
}

/* ---- what goes wrong ---- */

static bool has_power(void) {
    return !disk.fails_at || ++disk.n_done < disk.fails_at;
}

/* What only writes over what is there needs none. */
static bool has_room(sqlite3_file *real, int64_t end) {
    sqlite3_int64 size;
    if (real->pMethods->xFileSize(real, &size) != SQLITE_OK) return false;
    if (end <= size) return true;
    disk.n_written++;
    return !disk.full_at || disk.n_written < disk.full_at;
}

uint64_t power_fails_after(uint64_t n) {
    uint64_t n_done = disk.n_done;
    disk.n_done = 0;
    disk.fails_at = n;
    return n_done;
}

uint64_t disk_is_full_after(uint64_t n) {
    uint64_t n_written = disk.n_written;
    disk.n_written = 0;
    disk.full_at = n;
    return n_written;
}

void power_cut(uint64_t seed) {
    struct rng r;
    rng_init(&r, seed);
    for (int i = 0; i < disk.n_files; i++) {
        struct shadow *s = &disk.files[i];
        for (struct change *c = s->first; c; c = c->next) {
            uint32_t pick = rng_u32(&r) % 4;
            size_t part = c->size / SECTOR ? rng_u32(&r) % (c->size / SECTOR) * SECTOR : 0;
            if (pick < 2) apply(s, c, c->size);
            if (pick == 2 && c->data && part) apply(s, c, part);
        }
        bool comes_back = s->ghost && rng_u32(&r) % 2;
        if (comes_back) {
            file_write(s->path, s->ghost, s->ghost_size);
        } else if (s->durable) {
            file_write(s->path, s->durable, s->size);
        } else {
            (void)unlink(s->path);
        }
    }
    power_vfs_forget();
}

void power_vfs_forget(void) {
    for (int i = 0; i < disk.n_files; i++) {
        drop_ghost(&disk.files[i]);
        drop_changes(&disk.files[i]);
        free(disk.files[i].durable);
    }
    disk.n_files = 0;
}

/* ---- files ---- */

static struct power_file *as_power(sqlite3_file *file) {
    return (struct power_file *)(void *)file;
}

static int broken(int code) {
    errno = EIO; /* which SQLite asks for */
    return code;
}

static int on_close(sqlite3_file *file) {
    sqlite3_file *real = as_power(file)->real;
    return real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
}

static int on_read(sqlite3_file *file, void *out, int size, sqlite3_int64 at) {
    sqlite3_file *real = as_power(file)->real;
    return real->pMethods->xRead(real, out, size, at);
}

static int on_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at) {
    struct power_file *f = as_power(file);
    if (!has_room(f->real, at + size)) return SQLITE_FULL;
    if (!has_power()) return broken(SQLITE_IOERR_WRITE);
    if (f->shadow) remember(f->shadow, data, (size_t)size, at);
    return f->real->pMethods->xWrite(f->real, data, size, at);
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size) {
    struct power_file *f = as_power(file);
    if (!has_power()) return broken(SQLITE_IOERR_TRUNCATE);
    if (f->shadow) remember(f->shadow, NULL, 0, size);
    return f->real->pMethods->xTruncate(f->real, size);
}

static int on_sync(sqlite3_file *file, int flags) {
    struct power_file *f = as_power(file);
    (void)flags;
    if (!has_power()) return broken(SQLITE_IOERR_FSYNC);
    if (!f->shadow) return SQLITE_OK;
    for (struct change *c = f->shadow->first; c; c = c->next) apply(f->shadow, c, c->size);
    drop_changes(f->shadow);
    if (!f->shadow->durable) apply(f->shadow, &(struct change){0}, 0);
    drop_ghost(f->shadow);
    return SQLITE_OK;
}

#define PASS(name, type, ...)                                                                      \
    static int on_##name(sqlite3_file *file, type value) {                                         \
        sqlite3_file *real = as_power(file)->real;                                                 \
        return real->pMethods->__VA_ARGS__(real, value);                                           \
    }
PASS(size, sqlite3_int64 *, xFileSize)
PASS(lock, int, xLock)
PASS(unlock, int, xUnlock)
PASS(check_lock, int *, xCheckReservedLock)

static int on_control(sqlite3_file *file, int what, void *value) {
    sqlite3_file *real = as_power(file)->real;
    return real->pMethods->xFileControl(real, what, value);
}

static int on_sector(sqlite3_file *file) {
    (void)file;
    return SECTOR;
}

static int on_character(sqlite3_file *file) {
    sqlite3_file *real = as_power(file)->real;
    return real->pMethods->xDeviceCharacteristics(real);
}

static const sqlite3_io_methods methods = {.iVersion = 1,
                                           .xClose = on_close,
                                           .xRead = on_read,
                                           .xWrite = on_write,
                                           .xTruncate = on_truncate,
                                           .xSync = on_sync,
                                           .xFileSize = on_size,
                                           .xLock = on_lock,
                                           .xUnlock = on_unlock,
                                           .xCheckReservedLock = on_check_lock,
                                           .xFileControl = on_control,
                                           .xSectorSize = on_sector,
                                           .xDeviceCharacteristics = on_character};

/* Temporary files have no name and outlive nothing. */
static int on_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *got) {
    struct power_file *f = as_power(file);
    (void)vfs;
    f->real = (sqlite3_file *)(void *)(f + 1);
    f->base.pMethods = NULL;
    f->shadow = path ? shadow_of(path) : NULL;
    int code = disk.real->xOpen(disk.real, path, f->real, flags, got);
    if (code == SQLITE_OK) f->base.pMethods = &methods;
    return code;
}

static int on_delete(sqlite3_vfs *vfs, const char *path, int sync_folder) {
    (void)vfs;
    if (!has_power()) return broken(SQLITE_IOERR_DELETE);
    drop_file(path);
    if (sync_folder) drop_ghost(shadow_of(path));
    return disk.real->xDelete(disk.real, path, 0);
}

void power_vfs_install(void) {
    disk.real = sqlite3_vfs_find(NULL);
    assert_non_null(disk.real);
    disk.vfs = *disk.real;
    disk.vfs.zName = "power";
    disk.vfs.szOsFile = (int)sizeof(struct power_file) + disk.real->szOsFile;
    disk.vfs.xOpen = on_open;
    disk.vfs.xDelete = on_delete;
    assert_int_equal(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}
