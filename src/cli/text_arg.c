#include "cli/text_arg.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

static ingle_status read_failed(int errnum, const char *name, ingle_error *err) {
    if (errnum == EBADF) {
        return status_set(err, INGLE_FAILED, 0, "The %s is not open for reading.", name);
    }
    return status_errno(err, errnum, "read", name);
}

static ingle_status read_all(struct buf *text, int fd, const char *name, ingle_error *err) {
    char block[65536];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n == 0) return INGLE_OK;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) { /* a pipe that its other owner made non-blocking */
            (void)poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
            continue;
        }
        if (n < 0) return read_failed(errno, name, err);
        if (buf_add(text, block, (size_t)n)) continue;
        if (text->size + (size_t)n > text->max) {
            return status_set(err, INGLE_LIMIT, 0,
                              "'%s' is longer than %zu MiB, the most that a text may have.", name,
                              text->max >> 20);
        }
        return status_no_memory(err, "the text", text->size + (size_t)n);
    }
}

/* Never blocks at opening, and never reads what has no end. */
static ingle_status read_file(struct buf *text, const char *path, ingle_error *err) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat st = {0};
    /* A socket, or a device that nobody serves, cannot even be opened. */
    if (fd < 0 && errno != ENXIO) return status_unreadable(err, errno, "open", path);
    ingle_status status = INGLE_OK;
    if (fd >= 0 && fstat(fd, &st) != 0) {
        status = status_errno(err, errno, "read", path);
    } else if (!S_ISREG(st.st_mode)) {
        status =
            status_set(err, INGLE_INVALID, 0,
                       "'%s' is not a regular file; a text that streams comes through -.", path);
    } else {
        status = read_all(text, fd, path, err);
    }
    if (fd >= 0) close(fd);
    return status;
}

ingle_status text_arg_read(struct buf *text, const char *arg, ingle_error *err) {
    buf_init_secret(text, TEXT_ARG_MAX);
    if (strcmp(arg, "-") == 0) return read_all(text, STDIN_FILENO, "standard input", err);
    if (arg[0] == '@') return read_file(text, arg + 1, err);
    if (buf_add_str(text, arg)) return INGLE_OK;
    return status_no_memory(err, "the text", strlen(arg));
}

ingle_status text_file_read(struct buf *text, const char *path, ingle_error *err) {
    buf_init_secret(text, TEXT_ARG_MAX);
    if (strcmp(path, "-") == 0) return read_all(text, STDIN_FILENO, "standard input", err);
    return read_file(text, path, err);
}

ingle_status text_words_read(struct buf *text, const struct words *words, ingle_error *err) {
    if (words->n == 1) return text_arg_read(text, words->items[0], err);
    buf_init_secret(text, TEXT_ARG_MAX);
    for (int i = 0; i < words->n; i++) {
        if (i > 0) buf_add_str(text, " ");
        buf_add_str(text, words->items[i]);
    }
    return buf_failed(text) ? status_no_memory(err, "the text", text->size) : INGLE_OK;
}

static bool next_id(const char **p, ingle_token *id) {
    const char *at = *p;
    while (isspace((unsigned char)*at)) at++;
    if (!isdigit((unsigned char)*at)) return false;
    char *end;
    errno = 0;
    long value = strtol(at, &end, 10);
    if (errno || value > INT32_MAX) return false;
    while (isspace((unsigned char)*end)) end++;
    *id = (ingle_token)value;
    *p = end;
    return true;
}

static ingle_status parse_ids(const struct buf *text, ingle_token *ids, size_t *n,
                              ingle_error *err) {
    const char *first = text->data ? text->data : "";
    const char *p = first;
    for (;; p++) {
        if (!next_id(&p, &ids[*n])) break;
        ++*n;
        if (p == first + text->size) return INGLE_OK;
        if (*p != ',') break;
    }
    return status_set(err, INGLE_BAD_ARGUMENT, (uint64_t)(p - first),
                      "The list of token ids must be like 1,2,3; entry %zu is '%.20s'.", *n + 1, p);
}

ingle_status text_read_ids(const char *arg, ingle_token **ids, size_t *n, ingle_error *err) {
    *ids = NULL;
    *n = 0;
    struct buf text;
    ingle_status status = text_arg_read(&text, arg, err);
    if (status == INGLE_OK) {
        size_t cap = text.size / 2 + 1; /* a digit and a comma each */
        *ids = mem_calloc(cap, sizeof **ids);
        status = *ids ? parse_ids(&text, *ids, n, err)
                      : status_no_memory(err, "the tokens", cap * sizeof **ids);
    }
    if (status != INGLE_OK) {
        mem_free(*ids);
        *ids = NULL;
    }
    buf_clear(&text);
    return status;
}
