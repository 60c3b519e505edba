#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "guard/vault/sealed_internal.h"

#define MAX_TRIES 100
#define SMALLEST 1024u /* bytes of chunks before they are sealed */

struct sealed_writer {
    struct crypt_stream *stream;
    int fd;
    bool has_ended;
    ingle_error error; /* the first; code OK = none */
    size_t n_data;     /* in the chunk that is being filled */
    uint64_t n_chunks; /* written, all of them full */
    uint64_t size;     /* of the file */
    char target[PATH_MAX];
    char unfinished[PATH_MAX + sizeof SEALED_UNFINISHED + SEALED_UNFINISHED_DIGITS];
    uint8_t plain[SEALED_CHUNK];
    uint8_t sealed[SEALED_CHUNK + CRYPT_STREAM_EXTRA];
};

/* ---- the unfinished file ---- */

/* As long as the writer has it open it is locked, so that a sweeper can tell it from one that a
 * dead process has left. One that came between open and lock has taken the name: false. */
static bool hold(int fd) {
    struct stat st;
    /* A file system without locks: then nobody sweeps there either. */
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
    return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

static int open_unfinished(struct sealed_writer *w) {
    for (int i = 0; i < MAX_TRIES; i++) {
        uint64_t number;
        crypt_random(&number, sizeof number);
        snprintf(w->unfinished, sizeof w->unfinished, "%s" SEALED_UNFINISHED "%016" PRIx64,
                 w->target, number);
        int fd = open(w->unfinished,
                      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
        if (fd < 0 && errno != EEXIST) return -1;
        if (fd >= 0 && hold(fd)) return fd;
        if (fd >= 0) close(fd);
    }
    errno = EEXIST;
    return -1;
}

void sealed_sweep(int folder, const char *name) {
    int fd = openat(folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) (void)unlinkat(folder, name, 0);
    close(fd);
}

/* ---- writing ---- */

/* False, having kept why. */
static bool fail(struct sealed_writer *w, int errnum) {
    w->error.code = status_errno(&w->error, errnum, "write", w->target);
    return false;
}

static bool write_all(struct sealed_writer *w, const uint8_t *data, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t n = write(w->fd, data + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(w, errno);
        done += (size_t)n;
    }
    w->size += size;
    return true;
}

/* Seals what is in w->plain, filled up with zeros to plain_size. */
static bool put_chunk(struct sealed_writer *w, size_t plain_size, bool is_last) {
    size_t used = SEALED_COUNT + w->n_data;
    sealed_put_u32(w->plain, (uint32_t)w->n_data);
    memset(w->plain + used, 0, plain_size - used);
    crypt_stream_push(w->stream, w->sealed, w->plain, plain_size, is_last);
    w->n_data = 0;
    w->n_chunks += !is_last;
    return write_all(w, w->sealed, plain_size + CRYPT_STREAM_EXTRA);
}

bool sealed_write(const void *data, size_t size, void *writer) {
    struct sealed_writer *w = writer;
    const uint8_t *from = data;
    if (w->error.code != INGLE_OK) return false;
    while (size > 0) {
        /* A full chunk waits for more to come: it may be the last. */
        if (w->n_data == SEALED_ROOM && !put_chunk(w, SEALED_CHUNK, false)) return false;
        size_t room = SEALED_ROOM - w->n_data, n = size < room ? size : room;
        memcpy(w->plain + SEALED_COUNT + w->n_data, from, n);
        w->n_data += n;
        from += n;
        size -= n;
    }
    return true;
}

/* The next of the lengths that files have: 1, 1.25, 1.5 or 1.75 times a power of two. */
static uint64_t padded_size(uint64_t size) {
    if (size <= SMALLEST) return SMALLEST;
    uint64_t step = 1;
    while (step * 8 <= size) step *= 2;
    return (size + step - 1) & ~(step - 1);
}

static bool put_end(struct sealed_writer *w) {
    uint64_t left = padded_size(w->n_chunks * SEALED_CHUNK + SEALED_COUNT + w->n_data) -
                    w->n_chunks * SEALED_CHUNK;
    for (; left > SEALED_CHUNK; left -= SEALED_CHUNK) {
        if (!put_chunk(w, SEALED_CHUNK, false)) return false;
    }
    return put_chunk(w, (size_t)left, true);
}

/* ---- the life of a writer ---- */

static void writer_free(struct sealed_writer *w) {
    crypt_stream_free(w->stream);
    if (w->fd >= 0) close(w->fd);
    crypt_wipe(w, sizeof *w);
    mem_free(w);
}

static ingle_status begin(struct sealed_writer *w, const struct sealed_as *as, ingle_error *err) {
    uint8_t header[SEALED_HEADER], key[CRYPT_KEY_SIZE];
    sealed_put_head(header, as->kind);
    crypt_random(header + 16, SEALED_SALT);
    sealed_file_key(key, header, as);
    ingle_status status = crypt_stream_seal(&w->stream, header + SEALED_HASHED, key, err);
    crypt_wipe(key, sizeof key);
    if (status != INGLE_OK) return status;
    w->fd = open_unfinished(w);
    if (w->fd < 0) return status_errno(err, errno, "write", w->target);
    /* A write that fails is found out at the commit, as any other. */
    (void)write_all(w, header, sizeof header);
    return INGLE_OK;
}

static int check_path(const char *path) {
    size_t len = strlen(path);
    if (len == 0) return ENOENT;
    if (path[len - 1] == '/') return EISDIR;
    return len < PATH_MAX ? 0 : ENAMETOOLONG;
}

ingle_status sealed_writer_open(struct sealed_writer **out, const char *path,
                                const struct sealed_as *as, ingle_error *err) {
    *out = NULL;
    int errnum = check_path(path);
    if (errnum) return status_errno(err, errnum, "write", path);
    struct sealed_writer *w = mem_calloc(1, sizeof *w);
    if (!w) return status_no_memory(err, "a sealed file", sizeof *w);
    w->fd = -1;
    snprintf(w->target, sizeof w->target, "%s", path);
    ingle_status status = begin(w, as, err);
    if (status == INGLE_OK) {
        *out = w;
    } else {
        writer_free(w);
    }
    return status;
}

ingle_status sealed_writer_end(struct sealed_writer *w, ingle_error *err) {
    if (w->error.code == INGLE_OK && !w->has_ended) {
        if (put_end(w) && fsync(w->fd) != 0) (void)fail(w, errno);
        w->has_ended = true;
    }
    if (w->error.code != INGLE_OK && err) *err = w->error;
    return w->error.code;
}

uint64_t sealed_writer_size(const struct sealed_writer *w) {
    return w->size;
}

const char *sealed_writer_target(const struct sealed_writer *w) {
    return w->target;
}

static int open_folder_of(const char *path) {
    char folder[PATH_MAX + 1];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash + 1 - path) : 0;
    snprintf(folder, sizeof folder, "%.*s.", (int)len, path);
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The folder is synced as well, so that the name lasts. */
static int give_name(struct sealed_writer *w) {
    int folder = open_folder_of(w->target);
    if (folder < 0) return errno;
    int errnum = rename(w->unfinished, w->target) == 0 ? 0 : errno;
    if (!errnum) {
        w->unfinished[0] = '\0';
        if (fsync(folder) != 0 && errno != EINVAL) errnum = errno;
    }
    close(folder);
    return errnum;
}

ingle_status sealed_writer_commit(struct sealed_writer *w, ingle_error *err) {
    ingle_status status = sealed_writer_end(w, err);
    if (status == INGLE_OK) {
        int errnum = give_name(w);
        if (errnum) status = status_errno(err, errnum, "write", w->target);
    }
    sealed_writer_abort(w);
    return status;
}

void sealed_writer_abort(struct sealed_writer *w) {
    if (!w) return;
    if (w->unfinished[0]) (void)unlink(w->unfinished);
    writer_free(w);
}

const char *sealed_writer_unfinished(const struct sealed_writer *w) {
    return w->unfinished;
}
