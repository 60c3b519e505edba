#include "task/document/mail.h"

#include <string.h>

#include "base/compiler.h"
#include "task/document/charset.h"
#include "task/document/html.h"
#include "task/document/mail_body.h"
#include "task/document/mime.h"

#define MAX_DEPTH 12   /* parts in parts */
#define MAX_PARTS 2000 /* of one file: each is searched for boundaries */
#define MAX_NAMES 2000 /* bytes of attachments' names */

struct mail {
    struct doc_text *out;
    struct buf *title;
    struct mail_notes *notes;
    bool keep_quotes;
    size_t n_parts;
};

/* A part: its header, its bytes, and what the header says. */
struct part {
    const char *header, *body;
    size_t header_len, body_len;
    struct doc_piece type_field, type, encoding, disposition;
};

static struct part open_part(const char *bytes, size_t len) {
    struct part p = {.header = bytes, .header_len = mime_header_len(bytes, len)};
    p.body = bytes + p.header_len;
    p.body_len = len - p.header_len;
    p.type_field = mime_field(p.header, p.header_len, "Content-Type");
    p.type = mime_value(p.type_field);
    if (p.type.len == 0) p.type = (struct doc_piece){"text/plain", 10};
    p.encoding = mime_value(mime_field(p.header, p.header_len, "Content-Transfer-Encoding"));
    p.disposition = mime_field(p.header, p.header_len, "Content-Disposition");
    return p;
}

static bool is_type(const struct part *p, const char *type) {
    return doc_piece_is(p->type, type);
}

static bool is_multipart(const struct part *p) {
    return doc_starts(p->type.data, p->type.len, "multipart/");
}

static void name_attachment(struct mail *m, const struct part *p) {
    struct buf *names = &m->notes->attachments;
    struct buf name;
    buf_init(&name, 64 + 32 * p->header_len);
    m->notes->n_attachments++;
    bool has_name = (mime_parameter(&name, p->disposition, "filename") ||
                     mime_parameter(&name, p->type_field, "name")) &&
                    name.size > 0;
    if (!has_name) mime_words(&name, p->type);
    if (buf_failed(&name)) m->out->text.failed = true;
    if (names->size + name.size + 2 <= MAX_NAMES && name.data) {
        if (names->size) buf_add_str(names, ", ");
        charset_clean(names, name.data, name.size);
    }
    buf_clear(&name);
}

/* The words of a text part as UTF-8; false if its encoding is not known. */
static bool part_text(struct buf *out, const struct part *p) {
    struct buf bytes, charset;
    buf_init(&bytes, p->body_len + 16);
    buf_init(&charset, 32 * p->type_field.len + 64);
    const char *data = p->body;
    size_t len = p->body_len;
    bool is_known = true;
    if (doc_piece_is(p->encoding, "base64")) {
        mime_base64(&bytes, data, len);
    } else if (doc_piece_is(p->encoding, "quoted-printable")) {
        mime_quoted_printable(&bytes, data, len, false);
    } else {
        buf_add(&bytes, data, len);
    }
    data = bytes.data ? bytes.data : "";
    len = bytes.size;
    struct buf raw;
    buf_init(&raw, 4 * len + 64);
    struct decoded d = {0};
    bool has_charset = mime_parameter(&charset, p->type_field, "charset") && charset.size;
    struct doc_piece name = {charset.data, charset.size};
    if (!has_charset && is_type(p, "text/html")) name = html_charset(data, len);
    if (name.len && charset_convert(&raw, name, data, len)) {
        charset_clean(out, raw.data ? raw.data : "", raw.size);
    } else {
        is_known = !has_charset;
        ingle_status status = charset_decode(&d, data, len, (struct doc_piece){"", 0}, "", NULL);
        if (status == INGLE_OK) buf_add(out, d.text.data ? d.text.data : "", d.text.size);
        if (status == INGLE_NO_MEMORY) out->failed = true;
        is_known = is_known && status == INGLE_OK;
    }
    if (buf_failed(&bytes) || buf_failed(&raw) || buf_failed(&charset)) out->failed = true;
    buf_clear(&d.text);
    buf_clear(&raw);
    buf_clear(&bytes);
    buf_clear(&charset);
    return is_known;
}

static void read_text(struct mail *m, const struct part *p) {
    struct buf text;
    buf_init(&text, 16 * p->body_len + 64);
    if (!part_text(&text, p)) m->notes->n_broken++;
    doc_text_gap(m->out, DOC_BLOCK);
    const char *data = text.data ? text.data : "";
    if (is_type(p, "text/html"))
        html_read(m->out, NULL, data, text.size);
    else
        mail_body(m->out, data, text.size, m->keep_quotes);
    doc_text_gap(m->out, DOC_BLOCK);
    if (buf_failed(&text)) m->out->text.failed = true;
    buf_clear(&text);
}

/* The boundary line at body[i..len): 0 if it is none, 1 between parts, 2 behind the last. */
static int boundary_at(const char *line, size_t len, const struct buf *boundary) {
    if (len < boundary->size + 2 || line[0] != '-' || line[1] != '-') return 0;
    if (memcmp(line + 2, boundary->data, boundary->size) != 0) return 0;
    struct doc_piece rest = doc_trim(line + 2 + boundary->size, len - 2 - boundary->size);
    return rest.len == 0 ? 1 : rest.len == 2 && memcmp(rest.data, "--", 2) == 0 ? 2 : 0;
}

/* The next part of a multipart body from *at on; false behind the last. */
static bool next_part(const char *body, size_t len, const struct buf *boundary, size_t *at,
                      struct doc_piece *part) {
    bool is_in = *at > 0;
    size_t from = *at;
    for (size_t i = *at; i < len;) {
        size_t here = i;
        struct doc_piece line = doc_line(body, len, &i);
        int is_boundary = boundary_at(line.data, line.len, boundary);
        if (!is_boundary) continue;
        if (is_in) {
            *part = (struct doc_piece){body + from, here > from ? here - from - 1 : 0};
            *at = is_boundary == 2 ? len : i;
            return true;
        }
        if (is_boundary == 2) return false;
        is_in = true;
        from = i;
    }
    *part = (struct doc_piece){body + from, len - from};
    *at = len;
    return is_in && from < len; /* its end is missing */
}

static void read_part(struct mail *m, const struct part *p, int depth);

/* How well a part says in words what an alternative means: the plain text best. */
static int worth_of(const struct part *p) {
    if (is_type(p, "text/plain") && doc_trim(p->body, p->body_len).len) return 3;
    if (is_multipart(p)) return 2;
    return is_type(p, "text/html") ? 1 : 0;
}

static void read_multipart(struct mail *m, const struct part *p, int depth) {
    struct buf boundary;
    buf_init(&boundary, 32 * p->type_field.len + 64);
    if (!mime_parameter(&boundary, p->type_field, "boundary") || boundary.size == 0) {
        m->notes->n_broken++;
        if (buf_failed(&boundary)) m->out->text.failed = true;
        buf_clear(&boundary);
        return;
    }
    bool is_choice = is_type(p, "multipart/alternative");
    struct part best = {0};
    int best_worth = -1;
    struct doc_piece bytes;
    for (size_t at = 0;
         at < p->body_len && next_part(p->body, p->body_len, &boundary, &at, &bytes);) {
        if (++m->n_parts > MAX_PARTS) {
            m->notes->n_too_deep++;
            break;
        }
        struct part child = open_part(bytes.data, bytes.len);
        if (!is_choice) {
            read_part(m, &child, depth + 1);
        } else if (worth_of(&child) > best_worth) {
            best = child;
            best_worth = worth_of(&child);
        }
    }
    if (best_worth >= 0) read_part(m, &best, depth + 1);
    if (buf_failed(&boundary)) m->out->text.failed = true;
    buf_clear(&boundary);
}

static void read_message(struct mail *m, const char *bytes, size_t len, int depth);

static void read_part(struct mail *m, const struct part *p, int depth) {
    bool is_attached = doc_starts(p->disposition.data, p->disposition.len, "attachment");
    if (depth > MAX_DEPTH) {
        m->notes->n_too_deep++;
    } else if (is_multipart(p)) {
        read_multipart(m, p, depth);
    } else if (is_type(p, "message/rfc822")) {
        read_message(m, p->body, p->body_len, depth + 1);
    } else if (!is_attached && (is_type(p, "text/plain") || is_type(p, "text/html"))) {
        read_text(m, p);
    } else if (!doc_starts(p->type.data, p->type.len, "image/") || is_attached) {
        name_attachment(m, p); /* a picture in the text says nothing */
    }
}

/* A field of the header as words; false if there is none. */
static bool field_words(struct mail *m, struct buf *words, const struct part *p, const char *name) {
    struct doc_piece value = mime_field(p->header, p->header_len, name);
    buf_init(words, 32 * value.len + 64);
    mime_words(words, value);
    if (buf_failed(words)) m->out->text.failed = true;
    return words->size > 0;
}

/* The header as a heading: Lunch (From: Ann; To: Bob; Date: ...). It is about the message, and no
 * sentence of it. */
static void put_header(struct mail *m, const struct part *p) {
    static const char *const names[] = {"From", "To", "Cc", "Date"};
    struct buf words;
    bool has_field = false;
    doc_text_begin(m->out, "# ");
    if (field_words(m, &words, p, "Subject")) {
        doc_text_add(m->out, words.data, words.size);
        if (m->title && !m->title->size) buf_add(m->title, words.data, words.size);
    }
    buf_clear(&words);
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (field_words(m, &words, p, names[i])) {
            doc_text_add_str(m->out, has_field ? "; " : " (");
            doc_text_add_str(m->out, names[i]);
            doc_text_add_str(m->out, ": ");
            doc_text_add(m->out, words.data, words.size);
            has_field = true;
        }
        buf_clear(&words);
    }
    if (has_field) doc_text_add_str(m->out, ")");
    m->out->prefix = NULL;
    doc_text_gap(m->out, DOC_BLOCK);
}

static void read_message(struct mail *m, const char *bytes, size_t len, int depth) {
    struct part p = open_part(bytes, len);
    put_header(m, &p);
    read_part(m, &p, depth);
}

/* The offset behind the line "From ..." that begins the next message of an mbox; *end is where the
 * one before ends. len if there is none. */
static size_t next_message(const char *mail, size_t len, size_t at, size_t *end) {
    for (size_t from = at; from < len;) {
        const char *line = memmem(mail + from, len - from, "\n\nFrom ", 7);
        if (!line) break;
        size_t i = (size_t)(line - mail) + 2;
        *end = i - 1;
        (void)doc_line(mail, len, &i);
        if (mail_is_one(mail + i, len - i)) return i;
        from = i;
    }
    *end = len;
    return len;
}

void mail_read(struct doc_text *out, struct buf *title, struct mail_notes *notes, const char *mail,
               size_t len) {
    struct mail m = {.out = out, .title = title, .notes = notes};
    *notes = (struct mail_notes){0};
    buf_init(&notes->attachments, 2 * MAX_NAMES);
    size_t at = 0, end;
    if (doc_starts(mail, len, "From ")) (void)doc_line(mail, len, &at);
    size_t next = next_message(mail, len, at, &end);
    m.keep_quotes = next == len;
    for (;;) {
        notes->n_messages++;
        read_message(&m, mail + at, end - at, 0);
        doc_text_gap(out, DOC_BLOCK);
        if (next >= len) break;
        at = next;
        next = next_message(mail, len, at, &end);
    }
    if (buf_failed(&notes->attachments)) out->text.failed = true;
    out->prefix = NULL;
}

bool mail_is_one(const char *text, size_t len) {
    static const char *const known[] = {
        "From:",         "To:",          "Subject:",      "Date:",     "Message-ID:",  "Received:",
        "MIME-Version:", "Return-Path:", "Delivered-To:", "Reply-To:", "Content-Type:"};
    unsigned n_known = 0;
    size_t at = 0;
    if (doc_starts(text, len, "From ")) (void)doc_line(text, len, &at);
    for (int i = 0; i < 60 && at < len; i++) {
        struct doc_piece line = doc_line(text, len, &at);
        if (line.len == 0) break;
        if (line.data[0] == ' ' || line.data[0] == '\t') continue;
        if (!memchr(line.data, ':', line.len < 80 ? line.len : 80)) return false;
        for (size_t k = 0; k < BASE_COUNT(known); k++) {
            n_known += doc_starts(line.data, line.len, known[k]);
        }
        if (n_known >= 3) return true;
    }
    return n_known >= 2;
}
