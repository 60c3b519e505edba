/* Lines from a file descriptor, as they come. */
#ifndef INGLE_CLI_READER_H
#define INGLE_CLI_READER_H

#include "base/buf.h"
#include "base/status.h"

struct reader {
    int fd;
    const char *name; /* for messages; borrowed */
    size_t at, n;     /* what is left of data */
    bool is_over;
    char data[16384];
};

void reader_init(struct reader *r, int fd, const char *name);

/* Adds the next line, without its newline, to *line; a last line may lack one. *has_line is false
 * at the end. CANCELLED if a signal came while waiting. LIMIT past the buffer's maximum. */
BASE_NODISCARD ingle_status reader_line(struct reader *r, struct buf *line, bool *has_line,
                                        ingle_error *err);

#endif
