#include "learn/examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/json_tree.h"
#include "base/utf8.h"

#define MAX_MEMORY ((size_t)1 << 30)
#define MAX_LINE_TREE ((size_t)64 << 20)
#define MAX_CONTRADICTIONS 200 /* one example in so many */

void examples_init(struct examples *e) {
    *e = (struct examples){0};
    arena_init(&e->arena, MAX_MEMORY);
}

void examples_clear(struct examples *e) {
    arena_clear(&e->arena);
    mem_free(e->items);
    mem_free(e->labels);
    *e = (struct examples){0};
}

/* Where a reader is. */
struct place {
    struct examples *e;
    const char *data, *name;
    size_t len, at, line;
};

static ingle_status bad(const struct place *p, const char *what, ingle_error *err) {
    return status_set(err, INGLE_INVALID, p->line, "Line %zu of '%s' %s.", p->line, p->name, what);
}

static ingle_status no_room(const struct place *p, ingle_error *err) {
    if (p->e->arena.total < MAX_MEMORY / 2) {
        return status_no_memory(err, "the examples", p->e->arena.total);
    }
    return status_set(err, INGLE_LIMIT, p->line, "'%s' has more than %zu MiB of texts.", p->name,
                      MAX_MEMORY >> 20);
}

/* items holds one more after. */
static bool grow(void *array, size_t n, size_t *cap, size_t size) {
    if (n < *cap) return true;
    size_t more = *cap ? *cap * 2 : 256;
    void *grown = mem_realloc(*(void **)array, more * size);
    if (!grown) return false;
    *(void **)array = grown;
    *cap = more;
    return true;
}

static ingle_status find_label(const struct place *p, const char *label, size_t len, int *out,
                               ingle_error *err) {
    struct examples *e = p->e;
    if (len > EXAMPLES_MAX_LABEL) {
        return status_set(err, INGLE_INVALID, p->line,
                          "Line %zu of '%s' has a label of %zu bytes; %d is the most.", p->line,
                          p->name, len, EXAMPLES_MAX_LABEL);
    }
    if (memchr(label, '\0', len)) return bad(p, "has a NUL in its label", err);
    /* The newest first: files mostly keep the examples of a label together. */
    for (size_t i = e->n_labels; i-- > 0;) {
        if (strlen(e->labels[i]) == len && memcmp(e->labels[i], label, len) == 0) {
            *out = (int)i;
            return INGLE_OK;
        }
    }
    if (e->n_labels == EXAMPLES_MAX_LABELS) {
        return status_set(err, INGLE_LIMIT, p->line,
                          "Line %zu of '%s' has label number %d; a classifier has %d at most.",
                          p->line, p->name, EXAMPLES_MAX_LABELS + 1, EXAMPLES_MAX_LABELS);
    }
    if (!grow(&e->labels, e->n_labels, &e->labels_cap, sizeof *e->labels)) {
        return status_no_memory(err, "the labels", e->n_labels * sizeof *e->labels);
    }
    const char *kept = arena_copy(&e->arena, label, len);
    if (!kept) return no_room(p, err);
    *out = (int)e->n_labels;
    e->labels[e->n_labels++] = kept;
    return INGLE_OK;
}

/* label NULL: out of scope. */
static ingle_status add(const struct place *p, struct json_text text, const struct json_text *label,
                        ingle_error *err) {
    struct examples *e = p->e;
    if (json_is_blank(text.data, text.len)) return bad(p, "has an empty text", err);
    if (label && json_is_blank(label->data, label->len)) return bad(p, "has an empty label", err);
    struct example x = {.label = EXAMPLES_NONE, .line = p->line, .file = p->name};
    if (label) INGLE_TRY(find_label(p, label->data, label->len, &x.label, err));
    if (!grow(&e->items, e->n, &e->cap, sizeof *e->items)) {
        return status_no_memory(err, "the examples", e->n * sizeof *e->items);
    }
    x.text = arena_copy(&e->arena, text.data, text.len);
    x.len = text.len;
    if (!x.text) return no_room(p, err);
    e->items[e->n++] = x;
    return INGLE_OK;
}

/* ---- JSON lines ---- */

static ingle_status add_object(const struct place *p, struct arena *scratch, const char *line,
                               size_t len, ingle_error *err) {
    char what[64];
    snprintf(what, sizeof what, "Line %zu of the examples", p->line);
    arena_clear(scratch);
    const struct json_value *v;
    INGLE_TRY(json_tree_parse(&v, scratch, line, len, what, err));
    const struct json_value *text = json_member(v, "text"), *label = json_member(v, "label");
    if (v->kind != JSON_OBJECT) return bad(p, "is no JSON object", err);
    if (!text || text->kind != JSON_STRING) return bad(p, "has no string \"text\"", err);
    if (!label || (label->kind != JSON_STRING && label->kind != JSON_NULL)) {
        return bad(p, "has no \"label\" that is a string, or null for out of scope", err);
    }
    return add(p, text->text, label->kind == JSON_NULL ? NULL : &label->text, err);
}

static ingle_status read_json_lines(struct place *p, ingle_error *err) {
    struct arena scratch;
    arena_init(&scratch, MAX_LINE_TREE);
    ingle_status status = INGLE_OK;
    while (p->at < p->len && status == INGLE_OK) {
        const char *line = p->data + p->at;
        const char *newline = memchr(line, '\n', p->len - p->at);
        size_t len = newline ? (size_t)(newline - line) : p->len - p->at;
        p->line++;
        p->at += len + 1;
        if (!json_is_blank(line, len)) status = add_object(p, &scratch, line, len, err);
    }
    arena_clear(&scratch);
    return status;
}

/* ---- CSV ---- */

#define CSV_FIELDS 2

/* One record: its fields, unquoted in place of `store`, and how many there were. */
struct record {
    struct json_text fields[CSV_FIELDS];
    size_t n;
    size_t line, n_lines; /* where it begins, and how many line ends it has passed */
};

static bool ends_line(const struct place *p, size_t at) {
    return at >= p->len || p->data[at] == '\n' ||
           (p->data[at] == '\r' && (at + 1 == p->len || p->data[at + 1] == '\n'));
}

static ingle_status read_quoted(struct place *p, char *to, size_t *len, struct record *r,
                                ingle_error *err) {
    p->at++;
    for (*len = 0; p->at < p->len; p->at++) {
        char c = p->data[p->at];
        if (c == '"') {
            if (p->at + 1 >= p->len || p->data[p->at + 1] != '"') break;
            p->at++;
        }
        r->n_lines += c == '\n';
        to[(*len)++] = c;
    }
    if (p->at >= p->len) return bad(p, "begins a quoted field that never ends", err);
    p->at++;
    if (ends_line(p, p->at) || p->data[p->at] == ',') return INGLE_OK;
    return bad(p, "has text behind a closing quote; a quote inside is written twice", err);
}

static ingle_status read_plain(struct place *p, char *to, size_t *len, ingle_error *err) {
    for (*len = 0; !ends_line(p, p->at) && p->data[p->at] != ','; p->at++) {
        if (p->data[p->at] == '"') return bad(p, "has a quote inside an unquoted field", err);
        to[(*len)++] = p->data[p->at];
    }
    return INGLE_OK;
}

/* store holds as many bytes as are left. */
static ingle_status read_record(struct place *p, struct record *r, char *store, ingle_error *err) {
    *r = (struct record){.line = p->line};
    for (;;) {
        size_t len;
        INGLE_TRY(p->at < p->len && p->data[p->at] == '"' ? read_quoted(p, store, &len, r, err)
                                                          : read_plain(p, store, &len, err));
        if (r->n < CSV_FIELDS) r->fields[r->n] = (struct json_text){store, len};
        r->n++;
        store += len;
        if (p->at >= p->len || p->data[p->at] != ',') break;
        p->at++;
    }
    if (p->at < p->len && p->data[p->at] == '\r') p->at++;
    if (p->at < p->len) p->at++; /* the newline */
    r->n_lines++;
    return INGLE_OK;
}

static bool is_header(const struct record *r) {
    return r->n == CSV_FIELDS && json_text_is(&r->fields[0], "text") &&
           json_text_is(&r->fields[1], "label");
}

static ingle_status add_record(const struct place *p, const struct record *r, ingle_error *err) {
    if (r->n != CSV_FIELDS) {
        return status_set(err, INGLE_INVALID, p->line,
                          "Line %zu of '%s' has %zu field%s instead of 2 (text,label); a text with "
                          "commas is put in quotes.",
                          p->line, p->name, r->n, r->n == 1 ? "" : "s");
    }
    return add(p, r->fields[0], r->fields[1].len ? &r->fields[1] : NULL, err);
}

static ingle_status read_csv(struct place *p, ingle_error *err) {
    char *store = mem_alloc(p->len + 1);
    if (!store) return status_no_memory(err, "the examples", p->len);
    ingle_status status = INGLE_OK;
    bool is_first = true;
    p->line = 1;
    while (p->at < p->len && status == INGLE_OK) {
        struct record r;
        status = read_record(p, &r, store, err);
        if (status != INGLE_OK) break;
        bool is_empty = r.n == 1 && json_is_blank(r.fields[0].data, r.fields[0].len);
        if (!is_empty && !(is_first && is_header(&r))) status = add_record(p, &r, err);
        is_first = is_first && is_empty;
        p->line += r.n_lines;
    }
    mem_free(store);
    return status;
}

/* ---- both ---- */

static size_t line_of(const char *data, size_t at) {
    size_t line = 1;
    for (size_t i = 0; i < at; i++) line += data[i] == '\n';
    return line;
}

ingle_status examples_read(struct examples *e, const char *data, size_t len, const char *name,
                           ingle_error *err) {
    struct place p = {.e = e, .data = data, .len = len, .name = name};
    size_t invalid = utf8_find_invalid(data, len);
    if (invalid < len) {
        p.line = line_of(data, invalid);
        return bad(&p, "is no UTF-8 text", err);
    }
    if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) p.at = 3;
    size_t first = p.at;
    while (first < len && json_is_space(data[first])) first++;
    if (first == len) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is empty.", name);
    }
    if (data[first] == '[') {
        p.line = 1;
        return bad(&p, "begins a JSON array; what is needed is one object a line", err);
    }
    return data[first] == '{' ? read_json_lines(&p, err) : read_csv(&p, err);
}

static uint64_t hash_of(const struct example *x) {
    return hash_bytes(0, x->text, x->len);
}

struct keyed {
    uint64_t key;
    uint32_t index;
};

static int by_key(const void *a, const void *b) {
    const struct keyed *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool is_same_text(const struct example *a, const struct example *b) {
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* Marks in drop[] what repeats or contradicts an earlier example. */
static void find_repeats(struct examples *e, const struct keyed *order, bool *drop) {
    for (size_t i = 0; i < e->n; i++) {
        struct example *x = &e->items[order[i].index];
        for (size_t j = i; j-- > 0 && order[j].key == order[i].key;) {
            struct example *y = &e->items[order[j].index];
            if (!is_same_text(x, y)) continue;
            drop[order[i].index] = true;
            if (x->label == y->label) {
                e->n_repeats++;
                break;
            }
            if (e->n_contradictory == 0) {
                e->first_contradictory[0] = *y;
                e->first_contradictory[1] = *x;
            }
            e->n_contradictory += drop[order[j].index] ? 1 : 2;
            drop[order[j].index] = true;
            break;
        }
    }
}

static ingle_status merge_repeats(struct examples *e, ingle_error *err) {
    struct keyed *order = mem_alloc(e->n * sizeof *order);
    bool *drop = mem_calloc(e->n, sizeof *drop);
    if (!order || !drop) {
        mem_free(order);
        mem_free(drop);
        return status_no_memory(err, "the examples", e->n * sizeof *order);
    }
    for (size_t i = 0; i < e->n; i++) {
        order[i] = (struct keyed){hash_of(&e->items[i]), (uint32_t)i};
    }
    qsort(order, e->n, sizeof *order, by_key);
    size_t n_all = e->n, n = 0;
    find_repeats(e, order, drop);
    for (size_t i = 0; i < e->n; i++) {
        if (!drop[i]) e->items[n++] = e->items[i];
    }
    e->n = n;
    mem_free(order);
    mem_free(drop);
    if (e->n_contradictory * MAX_CONTRADICTIONS <= n_all) return INGLE_OK;
    const struct example *a = &e->first_contradictory[0], *b = &e->first_contradictory[1];
    return status_set(err, INGLE_INVALID, b->line,
                      "Line %zu of '%s' has the text of line %zu of '%s' with another label.",
                      b->line, b->file, a->line, a->file);
}

static ingle_status check_labels(const struct examples *e, ingle_error *err) {
    if (e->n_labels < 2) {
        return status_set(err, INGLE_INVALID, 0,
                          "The examples have %s; a classifier chooses between two at least.",
                          e->n_labels ? "only one label" : "no label");
    }
    size_t *counts = mem_calloc(e->n_labels, sizeof *counts);
    if (!counts) return status_no_memory(err, "the labels", e->n_labels * sizeof *counts);
    for (size_t i = 0; i < e->n; i++) {
        if (e->items[i].label != EXAMPLES_NONE) counts[e->items[i].label]++;
    }
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < e->n_labels && status == INGLE_OK; i++) {
        if (counts[i] >= EXAMPLES_MIN) continue;
        status = status_set(err, INGLE_INVALID, 0,
                            "The label '%s' has %zu example%s; every label needs %d at least.",
                            e->labels[i], counts[i], counts[i] == 1 ? "" : "s", EXAMPLES_MIN);
    }
    mem_free(counts);
    return status;
}

ingle_status examples_finish(struct examples *e, ingle_error *err) {
    if (e->n == 0) return status_set(err, INGLE_INVALID, 0, "There are no examples.");
    if (e->n > INT32_MAX / 2)
        return status_set(err, INGLE_LIMIT, 0, "There are too many examples.");
    INGLE_TRY(merge_repeats(e, err));
    return check_labels(e, err);
}
