#include "cli/document_arg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/pdf.h"
#include "cli/say.h"
#include "cli/text_arg.h"
#include "worker/wire/msg_document.h"

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
    d->is_pdf = true;
    buf_clear(&d->bytes);
    return pdf_text(&d->bytes, fd, d->name, err);
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
    int fd = -1;
    INGLE_TRY(text_file_read(&d->bytes, path, err));
    if (d->bytes.size == 0) return status_set(err, INGLE_INVALID, 0, "'%s' is empty.", d->name);
    if (!pdf_is_one(d->bytes.data, d->bytes.size)) return INGLE_OK;
    ingle_status status = spill(&fd, &d->bytes, err);
    if (status == INGLE_OK) status = read_pdf(d, fd, err);
    if (fd >= 0) close(fd);
    return status;
}

ingle_status document_arg_read(struct document_arg *d, const char *path, ingle_error *err) {
    bool is_stream = strcmp(path, "-") == 0;
    *d = (struct document_arg){.name = is_stream ? "standard input" : path};
    buf_init_secret(&d->bytes, TEXT_ARG_MAX);
    buf_init_secret(&d->text, MESSAGE_MAX_REQUEST);
    int fd = is_stream ? -1 : open_pdf(path);
    ingle_status status = fd >= 0 ? read_pdf(d, fd, err) : read_other(d, path, err);
    if (fd >= 0) close(fd);
    return status;
}

/* ---- by a worker ---- */

/* Each of the notes, which are sentences, a line. */
static void say_notes(const struct document_arg *d, const struct command *c, const char *notes) {
    struct buf line;
    buf_init(&line, 1 << 14);
    for (const char *note = notes; *note;) {
        size_t n = strcspn(note, "\n");
        buf_reset(&line);
        buf_addf(&line, "'%s': %.*s", d->name, (int)n, note);
        if (line.data) say(c, line.data);
        note += n + (note[n] == '\n');
    }
    buf_clear(&line);
}

ingle_status document_arg_understand(struct document_arg *d, const struct command *c,
                                     struct worker *w, ingle_error *err) {
    struct msg_document m = {
        .bytes = {d->bytes.data ? d->bytes.data : "", d->bytes.size},
        .name = d->is_pdf ? "pdf.txt" : d->name,
        .is_pages = d->is_pdf,
    };
    struct msg_document_read told;
    struct worker_ask ask = {.type = MSG_DOCUMENT,
                             .visit = msg_document,
                             .request = &m,
                             .visit_result = msg_document_read,
                             .result = &told,
                             .result_size = sizeof told,
                             .on_answer = worker_arg_collect,
                             .user = &d->text};
    ingle_status status = worker_do(w, &ask, err);
    if (buf_failed(&d->text)) return status_no_memory(err, "the text", d->text.size);
    INGLE_TRY(status);
    buf_clear(&d->bytes);
    const char *kind = d->is_pdf ? "pdf" : told.kind_name;
    d->kind = mem_strndup(kind, strlen(kind));
    d->title = mem_strndup(told.title, strlen(told.title));
    if (!d->kind || !d->title) return status_no_memory(err, "the title", strlen(told.title));
    say_notes(d, c, told.notes);
    if (d->text.size > 0) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "'%s' says nothing: it has no text.", d->name);
}

void document_arg_clear(struct document_arg *d) {
    buf_clear(&d->bytes);
    buf_clear(&d->text);
    mem_free(d->kind);
    mem_free(d->title);
    *d = (struct document_arg){0};
}
