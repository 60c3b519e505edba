#include "ingle/document.h"

#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "task/document/charset.h"
#include "task/document/html.h"
#include "task/document/mail.h"
#include "task/document/markdown.h"
#include "task/document/source.h"
#include "task/tasks.h"

#define MAX_DOCUMENT ((size_t)1 << 30)
#define MAX_NOTES 8192
#define MOST_PER_BYTE 32 /* of text: wrong bytes may become U+FFFD, and that be decoded again */

struct ingle_document {
    ingle_document_kind kind;
    struct doc_text text;
    struct buf title, notes;
};

static struct doc_piece ending_of(const char *name) {
    const char *slash = strrchr(name, '/');
    const char *dot = strrchr(slash ? slash : name, '.');
    return dot ? (struct doc_piece){dot + 1, strlen(dot + 1)} : (struct doc_piece){"", 0};
}

static bool ends_in(struct doc_piece ending, const char *const *endings, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (doc_piece_is(ending, endings[i])) return true;
    }
    return false;
}

static bool looks_like_html(const char *text, size_t len) {
    struct doc_piece p = doc_trim(text, len);
    while (doc_starts(p.data, p.len, "<!--") || doc_starts(p.data, p.len, "<?xml")) {
        const char *end = memchr(p.data, '>', p.len);
        if (!end) return false;
        p = doc_trim(end + 1, p.len - (size_t)(end + 1 - p.data));
    }
    static const char *const begins[] = {"<!doctype html", "<html", "<head",  "<body", "<div",
                                         "<table",         "<p>",   "<title", "<meta", "<h1"};
    for (size_t i = 0; i < BASE_COUNT(begins); i++) {
        if (doc_starts(p.data, p.len, begins[i])) return true;
    }
    return false;
}

/* Two signs of Markdown near the beginning that plain text hardly has. */
static bool looks_like_markdown(const char *text, size_t len) {
    unsigned n_signs = 0;
    size_t at = 0;
    for (int i = 0; i < 200 && at < len; i++) {
        struct doc_piece line = doc_line(text, len, &at);
        size_t level = 0;
        while (level < line.len && line.data[level] == '#') level++;
        if (level > 0 && level <= 6 && level < line.len && line.data[level] == ' ') n_signs++;
        if (doc_starts(line.data, line.len, "```")) n_signs++;
        if (line.len && memmem(line.data, line.len, "](", 2)) n_signs++;
    }
    return n_signs >= 2;
}

static ingle_document_kind kind_of(const char *text, size_t len, const char *name) {
    static const char *const markdown[] = {"md", "markdown", "mkd", "mdown"};
    static const char *const html[] = {"html", "htm", "xhtml"};
    static const char *const mail[] = {"eml", "mbox", "mbx"};
    static const char *const plain[] = {"txt", "text", "log", "csv", "tsv"};
    struct doc_piece ending = ending_of(name);
    if (ends_in(ending, markdown, BASE_COUNT(markdown))) return INGLE_DOCUMENT_MARKDOWN;
    if (ends_in(ending, html, BASE_COUNT(html))) return INGLE_DOCUMENT_HTML;
    if (ends_in(ending, mail, BASE_COUNT(mail)) && mail_is_one(text, len)) {
        return INGLE_DOCUMENT_MAIL;
    }
    if (ends_in(ending, plain, BASE_COUNT(plain))) return INGLE_DOCUMENT_TEXT;
    if (source_language(ending.data, ending.len)) return INGLE_DOCUMENT_SOURCE;
    if (looks_like_html(text, len)) return INGLE_DOCUMENT_HTML;
    if (mail_is_one(text, len)) return INGLE_DOCUMENT_MAIL;
    return looks_like_markdown(text, len) ? INGLE_DOCUMENT_MARKDOWN : INGLE_DOCUMENT_TEXT;
}

static void read_plain(struct doc_text *out, const char *text, size_t len) {
    for (size_t at = 0; at < len;) {
        struct doc_piece line = doc_line(text, len, &at);
        doc_text_raw_line(out, line.data, line.len);
    }
}

static void note_mail(struct ingle_document *d, const struct mail_notes *n) {
    if (n->n_attachments) {
        buf_addf(&d->notes, "Attachments are not read (%zu): %s.\n", n->n_attachments,
                 n->attachments.data ? n->attachments.data : "");
    }
    if (n->n_broken) {
        buf_addf(&d->notes, "%zu %s in an encoding that ingle cannot read.\n", n->n_broken,
                 n->n_broken == 1 ? "part is" : "parts are");
    }
    if (n->n_too_deep) {
        buf_add_str(&d->notes, "Parts that lie inside too many others are left out.\n");
    }
}

static void read_kind(struct ingle_document *d, const char *text, size_t len, const char *name) {
    struct mail_notes notes = {0};
    struct doc_piece ending = ending_of(name);
    switch (d->kind) {
    case INGLE_DOCUMENT_MARKDOWN:
        markdown_read(&d->text, &d->title, text, len);
        break;
    case INGLE_DOCUMENT_HTML:
        html_read(&d->text, &d->title, text, len);
        break;
    case INGLE_DOCUMENT_MAIL:
        mail_read(&d->text, &d->title, &notes, text, len);
        note_mail(d, &notes);
        buf_clear(&notes.attachments);
        break;
    case INGLE_DOCUMENT_SOURCE:
        source_read(&d->text, source_language(ending.data, ending.len), text, len);
        break;
    case INGLE_DOCUMENT_TEXT:
        read_plain(&d->text, text, len);
        break;
    }
    doc_text_end(&d->text);
}

/* How the bytes were understood, where that was not plain. */
static void note_encoding(struct ingle_document *d, const struct decoded *decoded) {
    if (decoded->is_guessed) {
        buf_add_str(&d->notes, "The text is no UTF-8; it is read as Windows-1252.\n");
    }
    if (decoded->n_bad) {
        buf_addf(&d->notes, "%zu of its bytes %s no character of the encoding.\n", decoded->n_bad,
                 decoded->n_bad == 1 ? "is" : "are");
    }
}

/* A message of 8-bit parts is decoded part by part, so its bytes stay as they are. */
static bool is_raw_mail(const char *bytes, size_t len, const char *name) {
    return !memchr(bytes, '\0', len) && kind_of(bytes, len, name) == INGLE_DOCUMENT_MAIL;
}

static ingle_status read_bytes(struct ingle_document *d, const char *bytes, size_t len,
                               const char *name, ingle_error *err) {
    const char *shown = name[0] ? name : "the document";
    if (is_raw_mail(bytes, len, name)) {
        struct buf lines;
        buf_init(&lines, 2 * len + 16);
        for (size_t i = 0; i < len; i++) {
            if (bytes[i] != '\r' || i + 1 == len || bytes[i + 1] != '\n') {
                buf_add(&lines, bytes + i, 1);
            }
        }
        d->kind = INGLE_DOCUMENT_MAIL;
        if (lines.size) read_kind(d, lines.data, lines.size, name);
        if (buf_failed(&lines)) d->text.text.failed = true;
        buf_clear(&lines);
        return INGLE_OK;
    }
    struct decoded decoded;
    ingle_status status =
        charset_decode(&decoded, bytes, len, html_charset(bytes, len), shown, err);
    if (status == INGLE_OK) {
        const char *text = decoded.text.data ? decoded.text.data : "";
        note_encoding(d, &decoded);
        d->kind = kind_of(text, decoded.text.size, name);
        read_kind(d, text, decoded.text.size, name);
    }
    buf_clear(&decoded.text);
    return status;
}

ingle_status ingle_document_read(ingle_document **out, const void *data, size_t size,
                                 const char *name, ingle_error *err) {
    INGLE_TRY(task_need(out, "out", err));
    *out = NULL;
    if (size) INGLE_TRY(task_need(data, "data", err));
    if (size > MAX_DOCUMENT) {
        return status_set(err, INGLE_LIMIT, 0, "A document may have %zu MiB; '%.100s' has %zu.",
                          MAX_DOCUMENT >> 20, name ? name : "this one", size >> 20);
    }
    struct ingle_document *d = mem_calloc(1, sizeof *d);
    if (!d) return status_no_memory(err, "the document", sizeof *d);
    doc_text_init(&d->text, MOST_PER_BYTE * size + 4096);
    buf_init(&d->title, MOST_PER_BYTE * size + 64);
    buf_init(&d->notes, MAX_NOTES);
    ingle_status status = read_bytes(d, size ? data : "", size, name ? name : "", err);
    bool failed = buf_failed(&d->text.text) || buf_failed(&d->title) || buf_failed(&d->notes);
    if (status == INGLE_OK && failed) status = status_no_memory(err, "the document's text", size);
    if (status != INGLE_OK) {
        ingle_document_free(d);
        return status;
    }
    *out = d;
    return INGLE_OK;
}

void ingle_document_free(ingle_document *document) {
    if (!document) return;
    doc_text_clear(&document->text);
    buf_clear(&document->title);
    buf_clear(&document->notes);
    mem_free(document);
}

ingle_document_info ingle_document_get_info(const ingle_document *document) {
    static const char *const names[] = {"text", "markdown", "html", "mail", "source"};
    const struct buf *text = &document->text.text, *title = &document->title,
                     *notes = &document->notes;
    return (ingle_document_info){.kind = document->kind,
                                 .kind_name = names[document->kind],
                                 .title = title->data ? title->data : "",
                                 .text = text->data ? text->data : "",
                                 .text_len = text->size,
                                 .notes = notes->data ? notes->data : ""};
}
