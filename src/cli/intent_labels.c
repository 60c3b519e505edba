#include "cli/intent_labels.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "cli/text_arg.h"

#define MAX_FILE ((size_t)8 << 20)
#define MAX_NAME 256 /* bytes of a label, as ingle_intent() takes it */

struct parser {
    struct intent_labels *l;
    const char *name;      /* of the file */
    size_t line, *lines;   /* [n] where each label stands */
    const char **examples; /* [n_examples] of the last label */
    size_t n_examples, cap;
};

static ingle_status refuse(const struct parser *p, const char *why, ingle_error *err) {
    return status_set(err, INGLE_INVALID, p->line, "Line %zu of '%.80s': %s.", p->line, p->name,
                      why);
}

static const char *copy_trimmed(struct parser *p, const char *text, size_t len) {
    while (len > 0 && ascii_is_blank(text[0])) {
        text++;
        len--;
    }
    while (len > 0 && ascii_is_blank(text[len - 1])) len--;
    return arena_copy(&p->l->arena, text, len);
}

/* Gives the last label its examples. */
static ingle_status end_label(struct parser *p, ingle_error *err) {
    if (p->n_examples == 0) return INGLE_OK;
    const char **own = arena_array(&p->l->arena, p->n_examples, sizeof *own);
    if (!own) return status_no_memory(err, "the labels", p->n_examples * sizeof *own);
    memcpy(own, p->examples, p->n_examples * sizeof *own);
    ingle_label *label = &p->l->labels[p->l->n - 1];
    label->examples = own;
    label->n_examples = p->n_examples;
    p->n_examples = 0;
    return INGLE_OK;
}

static ingle_status add_example(struct parser *p, const char *text, size_t len, ingle_error *err) {
    if (p->l->n == 0) return refuse(p, "an example that stands under no label", err);
    if (p->n_examples == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 64;
        const char **more = arena_array(&p->l->arena, cap, sizeof *more);
        if (!more) return status_no_memory(err, "the labels", cap * sizeof *more);
        if (p->n_examples) memcpy(more, p->examples, p->n_examples * sizeof *more);
        p->examples = more;
        p->cap = cap;
    }
    p->examples[p->n_examples] = copy_trimmed(p, text, len);
    if (!p->examples[p->n_examples]) return status_no_memory(err, "the labels", len);
    p->n_examples++;
    return INGLE_OK;
}

/* Where the name ends: at a tab, or a colon with a blank or nothing behind it. */
static size_t name_end(const char *text, size_t len, size_t *rest) {
    for (size_t i = 0; i < len; i++) {
        bool colon = text[i] == ':' && (i + 1 == len || ascii_is_blank(text[i + 1]));
        if (!colon && text[i] != '\t') continue;
        *rest = i + 1;
        return i;
    }
    return *rest = len;
}

static ingle_status add_label(struct parser *p, const char *text, size_t len, ingle_error *err) {
    size_t rest;
    INGLE_TRY(end_label(p, err));
    const char *name = copy_trimmed(p, text, name_end(text, len, &rest));
    const char *description = copy_trimmed(p, text + rest, len - rest);
    if (!name || !description) return status_no_memory(err, "the labels", len);
    if (!name[0]) return refuse(p, "a label is missing before its description", err);
    if (strlen(name) > MAX_NAME) return refuse(p, "the label is longer than 256 bytes", err);
    for (size_t i = 0; i < p->l->n; i++) {
        if (strcmp(p->l->labels[i].name, name) != 0) continue;
        return status_set(err, INGLE_INVALID, p->line,
                          "Line %zu of '%.80s': the label '%.60s' is there already, in line %zu.",
                          p->line, p->name, name, p->lines[i]);
    }
    if (p->l->n == INGLE_LABELS_MAX) return refuse(p, "there may be 1024 labels", err);
    p->lines[p->l->n] = p->line;
    p->l->labels[p->l->n++] = (ingle_label){.name = name, .description = description};
    return INGLE_OK;
}

static ingle_status add_line(struct parser *p, const char *line, size_t len, ingle_error *err) {
    size_t blank = 0;
    while (blank < len && ascii_is_blank(line[blank])) blank++;
    if (blank == len) return INGLE_OK;
    if (!utf8_is_valid(line, len)) return refuse(p, "the bytes are no UTF-8", err);
    if (memchr(line, '\0', len)) return refuse(p, "there is a NUL byte in it", err);
    return blank > 0 ? add_example(p, line, len, err) : add_label(p, line, len, err);
}

ingle_status intent_labels_parse(struct intent_labels *l, const char *text, size_t len,
                                 const char *name, ingle_error *err) {
    *l = (struct intent_labels){0};
    arena_init(&l->arena, MAX_FILE * 16);
    struct parser p = {.l = l, .name = name};
    l->labels = arena_array(&l->arena, INGLE_LABELS_MAX, sizeof *l->labels);
    p.lines = arena_array(&l->arena, INGLE_LABELS_MAX, sizeof *p.lines);
    if (!l->labels || !p.lines) return status_no_memory(err, "the labels", 0);
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a mark that editors put there */
        text += 3;
        len -= 3;
    }
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - text) - at : len - at;
        p.line++;
        INGLE_TRY(add_line(&p, text + at, n, err));
        at += n + 1;
    }
    INGLE_TRY(end_label(&p, err));
    if (l->n >= 2) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "'%.80s' has %s; a choice needs two or more.", name,
                      l->n == 1 ? "one label" : "no labels");
}

ingle_status intent_labels_read(struct intent_labels *l, const char *path, ingle_error *err) {
    struct buf text;
    *l = (struct intent_labels){0};
    ingle_status status = text_file_read(&text, path, err);
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    if (status == INGLE_OK && text.size > MAX_FILE) {
        status = status_set(err, INGLE_LIMIT, 0,
                            "'%.80s' is longer than %zu MiB, the most that labels may take.", name,
                            MAX_FILE >> 20);
    }
    if (status == INGLE_OK) {
        status = intent_labels_parse(l, text.data ? text.data : "", text.size, name, err);
    }
    buf_clear(&text);
    return status;
}

void intent_labels_clear(struct intent_labels *l) {
    arena_clear(&l->arena);
    *l = (struct intent_labels){0};
}
