#include "cli/reader.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cli/interrupt.h"

void reader_init(struct reader *r, int fd, const char *name) {
    *r = (struct reader){.fd = fd, .name = name};
}

static ingle_status fill(struct reader *r, ingle_error *err) {
    r->at = r->n = 0;
    for (;;) {
        ssize_t n = read(r->fd, r->data, sizeof r->data);
        if (n >= 0) {
            r->n = (size_t)n;
            r->is_over = n == 0;
            return INGLE_OK;
        }
        if (errno == EAGAIN) { /* a pipe that its other owner made non-blocking */
            (void)poll(&(struct pollfd){.fd = r->fd, .events = POLLIN}, 1, -1);
        } else if (errno != EINTR) {
            return status_errno(err, errno, "read", r->name);
        }
        if (interrupt_came()) return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    }
}

ingle_status reader_line(struct reader *r, struct buf *line, bool *has_line, ingle_error *err) {
    *has_line = false;
    for (;;) {
        if (r->at == r->n && !r->is_over) INGLE_TRY(fill(r, err));
        if (r->is_over) return INGLE_OK;
        const char *first = r->data + r->at;
        const char *end = memchr(first, '\n', r->n - r->at);
        size_t len = end ? (size_t)(end - first) : r->n - r->at;
        *has_line = true;
        if (!buf_add(line, first, len)) {
            if (line->size + len <= line->max) {
                return status_no_memory(err, "the line", line->size + len);
            }
            return status_set(err, INGLE_LIMIT, 0,
                              "A line of %s is longer than %zu MiB, the most that a text may have.",
                              r->name, line->max >> 20);
        }
        r->at += len + (end ? 1 : 0);
        if (end) return INGLE_OK;
    }
}
