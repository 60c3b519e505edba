#include "cli/document_arg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/pdf.h"
#include "cli/say.h"
#include "cli/text_arg.h"
#include "task/document/pages.h"

/* PDFs of which standard input has been read stand in memory as a file. */
static ingle_status spill(int *fd, const struct buf *bytes, ingle_error *err) {
    *fd = memfd_create("ingle", MFD_CLOEXEC);
    if (*fd < 0) return status_errno(err, errno, "keep", "standard input");
    for (size_t at = 0; at < bytes->size;) {
        ssize_t n = write(*fd, bytes->data + at, bytes->size - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return status_errno(err, errno, "keep", "standard input");
        at += (size_t)n;
    }
    return INGLE_OK;
}

static ingle_status read_pdf(struct document_arg *d, int fd, ingle_error *err) {
    struct buf raw, text;
    buf_init(&raw, TEXT_ARG_MAX);
    buf_init(&text, 2 * TEXT_ARG_MAX);
    ingle_status status = pdf_text(&raw, fd, d->name, err);
    if (status == INGLE_OK && !pages_join(&text, raw.data, raw.size)) {
        status = status_no_memory(err, "the text", raw.size);
    }
    if (status == INGLE_OK) {
        d->kind = "pdf";
        status = ingle_document_read(&d->document, text.data, text.size, "pdf.txt", err);
    }
    buf_clear(&raw);
    buf_clear(&text);
    return status;
}

/* An open descriptor of the file if it is a PDF, which may be larger than a text; else -1. */
static int open_pdf(const char *path) {
    char head[1024];
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return -1;
    ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? pread(fd, head, sizeof head, 0) : -1;
    if (n > 0 && pdf_is_one(head, (size_t)n)) return fd;
    close(fd);
    return -1;
}

static ingle_status read_other(struct document_arg *d, const char *path, ingle_error *err) {
    struct buf bytes;
    int fd = -1;
    bool is_stream = strcmp(path, "-") == 0;
    ingle_status status = text_file_read(&bytes, path, err);
    if (status == INGLE_OK && bytes.size == 0) {
        status = status_set(err, INGLE_INVALID, 0, "'%s' is empty.", d->name);
    }
    if (status == INGLE_OK && pdf_is_one(bytes.data, bytes.size)) {
        status = spill(&fd, &bytes, err);
        if (status == INGLE_OK) status = read_pdf(d, fd, err);
    } else if (status == INGLE_OK) {
        status = ingle_document_read(&d->document, bytes.data, bytes.size,
                                     is_stream ? d->name : path, err);
    }
    if (fd >= 0) close(fd);
    buf_clear(&bytes);
    return status;
}

/* Each of the notes, which are sentences, a line. */
static void say_notes(const struct document_arg *d, const struct command *c) {
    struct buf line;
    buf_init(&line, 1 << 14);
    for (const char *note = d->info.notes; *note;) {
        size_t n = strcspn(note, "\n");
        buf_reset(&line);
        buf_addf(&line, "'%s': %.*s", d->name, (int)n, note);
        if (line.data) say(c, line.data);
        note += n + (note[n] == '\n');
    }
    buf_clear(&line);
}

ingle_status document_arg_read(struct document_arg *d, const struct command *c, const char *path,
                               ingle_error *err) {
    *d = (struct document_arg){.name = strcmp(path, "-") == 0 ? "standard input" : path};
    int fd = strcmp(path, "-") == 0 ? -1 : open_pdf(path);
    ingle_status status = fd >= 0 ? read_pdf(d, fd, err) : read_other(d, path, err);
    if (fd >= 0) close(fd);
    INGLE_TRY(status);
    d->info = ingle_document_get_info(d->document);
    if (!d->kind) d->kind = d->info.kind_name;
    say_notes(d, c);
    if (d->info.text_len > 0) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "'%s' says nothing: it has no text.", d->name);
}

void document_arg_clear(struct document_arg *d) {
    ingle_document_free(d->document);
    *d = (struct document_arg){0};
}
