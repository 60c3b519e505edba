/* The bytes of the file are anybody's; those of a chunk that could be opened are the writer's. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "guard/vault/sealed_internal.h"

struct sealed_reader {
    struct crypt_stream *stream;
    int fd;
    bool is_last;      /* the chunk that is being read is marked as the last */
    bool has_ended;    /* no data follow it: it was not full */
    ingle_error error; /* the first; code OK = none */
    uint64_t offset;   /* of the next chunk in the file */
    size_t pos, n_data;
    char path[PATH_MAX];
    uint8_t plain[SEALED_CHUNK];
    uint8_t sealed[SEALED_CHUNK + CRYPT_STREAM_EXTRA];
};

/* ---- reading ---- */

static bool invalid(struct sealed_reader *r, const char *why) {
    if (r->error.code == INGLE_OK) {
        r->error.code = status_set(&r->error, INGLE_INVALID, r->offset, "The sealed file '%s' %s.",
                                   r->path, why);
    }
    return false;
}

/* As many of size bytes as there are; -1 if the file cannot be read. */
static ssize_t read_full(struct sealed_reader *r, void *out, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(r->fd, (uint8_t *)out + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            r->error.code = status_errno(&r->error, errno, "read", r->path);
            return -1;
        }
        if (n == 0) break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static bool next_chunk(struct sealed_reader *r) {
    r->pos = r->n_data = 0;
    ssize_t n = read_full(r, r->sealed, sizeof r->sealed);
    if (n < 0) return false;
    if (n == 0) return invalid(r, "is cut short");
    size_t size = (size_t)n;
    if (!crypt_stream_pull(r->stream, r->plain, r->sealed, size, &r->is_last)) {
        return invalid(r, "was sealed with another key or as something else, or is damaged");
    }
    size -= CRYPT_STREAM_EXTRA;
    /* From here on no breach is an attack: it would be a fault of the writer. */
    size_t n_data = size < SEALED_COUNT ? SIZE_MAX : sealed_get_u32(r->plain);
    if (size < SEALED_COUNT || n_data > size - SEALED_COUNT || (r->has_ended && n_data > 0)) {
        return invalid(r, "breaks a rule of its format");
    }
    r->has_ended = n_data < SEALED_ROOM;
    r->n_data = n_data;
    r->offset += (uint64_t)n;
    return true;
}

bool sealed_read(void *data, size_t size, void *reader) {
    struct sealed_reader *r = reader;
    uint8_t *to = data;
    if (r->error.code != INGLE_OK) return false;
    while (size > 0) {
        if (r->pos == r->n_data) {
            if (r->is_last || r->has_ended) return invalid(r, "holds less than it should");
            if (!next_chunk(r)) return false;
        }
        size_t left = r->n_data - r->pos, n = size < left ? size : left;
        memcpy(to, r->plain + SEALED_COUNT + r->pos, n);
        r->pos += n;
        to += n;
        size -= n;
    }
    return true;
}

bool sealed_read_some(void *data, size_t cap, size_t *n, struct sealed_reader *r) {
    *n = 0;
    if (r->error.code != INGLE_OK) return false;
    while (*n < cap) {
        if (r->pos == r->n_data) {
            if (r->is_last || r->has_ended) return true;
            if (!next_chunk(r)) return false;
            continue;
        }
        size_t left = r->n_data - r->pos, part = cap - *n < left ? cap - *n : left;
        memcpy((uint8_t *)data + *n, r->plain + SEALED_COUNT + r->pos, part);
        r->pos += part;
        *n += part;
    }
    return true;
}

static bool read_to_end(struct sealed_reader *r) {
    uint8_t more;
    if (r->error.code != INGLE_OK) return false;
    while (r->pos == r->n_data && !r->is_last) {
        if (!next_chunk(r)) return false;
    }
    if (r->pos < r->n_data) return invalid(r, "holds more than it should");
    ssize_t n = read_full(r, &more, 1);
    if (n > 0) return invalid(r, "goes on after its end");
    return n == 0;
}

ingle_status sealed_reader_finish(struct sealed_reader *r, ingle_error *err) {
    if (read_to_end(r)) return INGLE_OK;
    if (err) *err = r->error;
    return r->error.code;
}

/* ---- the life of a reader ---- */

void sealed_reader_close(struct sealed_reader *r) {
    if (!r) return;
    crypt_stream_free(r->stream);
    if (r->fd >= 0) close(r->fd);
    crypt_wipe(r, sizeof *r);
    mem_free(r);
}

static int open_regular(const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))) return fd;
    close(fd);
    errno = ENXIO;
    return -1;
}

static bool check_header(struct sealed_reader *r, const uint8_t *header, enum sealed_kind kind) {
    if (memcmp(header, SEALED_MAGIC, 8) != 0) return invalid(r, "has no header of one");
    if (sealed_get_u32(header + 8) != SEALED_VERSION) {
        return invalid(r, "is of a version that this ingle does not know");
    }
    if (sealed_get_u32(header + 12) != (uint32_t)kind) return invalid(r, "is of another kind");
    return true;
}

static ingle_status begin(struct sealed_reader *r, const struct sealed_as *as, ingle_error *err) {
    uint8_t header[SEALED_HEADER], key[CRYPT_KEY_SIZE];
    r->fd = open_regular(r->path);
    if (r->fd < 0 && errno == ENXIO) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is not a regular file.", r->path);
    }
    if (r->fd < 0) return status_unreadable(err, errno, "open", r->path);
    ssize_t n = read_full(r, header, sizeof header);
    if (n >= 0 && (size_t)n < sizeof header) (void)invalid(r, "is cut short");
    if (n < (ssize_t)sizeof header || !check_header(r, header, as->kind)) {
        if (err) *err = r->error;
        return r->error.code;
    }
    r->offset = sizeof header;
    sealed_file_key(key, header, as);
    ingle_status status = crypt_stream_open(&r->stream, header + SEALED_HASHED, key, err);
    crypt_wipe(key, sizeof key);
    return status;
}

ingle_status sealed_reader_open(struct sealed_reader **out, const char *path,
                                const struct sealed_as *as, ingle_error *err) {
    *out = NULL;
    if (strlen(path) >= PATH_MAX) return status_unreadable(err, ENAMETOOLONG, "open", path);
    struct sealed_reader *r = mem_calloc(1, sizeof *r);
    if (!r) return status_no_memory(err, "a sealed file", sizeof *r);
    r->fd = -1;
    snprintf(r->path, sizeof r->path, "%s", path);
    ingle_status status = begin(r, as, err);
    if (status == INGLE_OK) {
        *out = r;
    } else {
        sealed_reader_close(r);
    }
    return status;
}
