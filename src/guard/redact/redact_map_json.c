/* A map as JSON:
 *     {"ingle_redact_map": 1, "placeholders": {"[PERSON_1]": {"text": "Ada", "n": 2,
 *      "spellings": {"2": "ADA"}}}}
 * spellings: the occurrences that are written in another way than the first. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_tree.h"
#include "guard/redact/redact_map_internal.h"

#define MAX_TREE ((size_t)1 << 30)

static void put_text(struct buf *out, const char *text, size_t len) {
    buf_add(out, "\"", 1);
    for (size_t i = 0, plain; i < len; i += plain + 1) {
        for (plain = 0; i + plain < len; plain++) {
            unsigned char c = (unsigned char)text[i + plain];
            if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) break;
        }
        buf_add(out, text + i, plain);
        if (i + plain < len) buf_addf(out, "\\u%04x", (unsigned char)text[i + plain]);
    }
    buf_add(out, "\"", 1);
}

static void put_entry(struct buf *out, const struct redact_entry *e) {
    put_text(out, e->placeholder, e->placeholder_len);
    buf_add_str(out, ": {\"text\": ");
    put_text(out, e->text, e->len);
    buf_addf(out, ", \"n\": %" PRIu64, e->n);
    if (e->others) buf_add_str(out, ", \"spellings\": {");
    for (const struct redact_spelling *s = e->others; s; s = s->next) {
        buf_addf(out, "\"%" PRIu64 "\": ", s->occurrence);
        put_text(out, s->text, s->len);
        buf_add_str(out, s->next ? ", " : "}");
    }
    buf_add_str(out, "}");
}

ingle_status redact_map_write(const struct redact_map *map, struct buf *out, ingle_error *err) {
    buf_add_str(out, "{\"ingle_redact_map\": 1, \"placeholders\": {");
    for (size_t i = 0; i < map->n; i++) {
        buf_add_str(out, i ? ",\n" : "\n");
        put_entry(out, &map->entries[i]);
    }
    buf_add_str(out, "}}\n");
    return buf_failed(out) ? status_no_memory(err, "the map", out->size) : INGLE_OK;
}

static bool read_number(const struct json_text *t, uint64_t *out) {
    *out = 0;
    if (t->len == 0 || t->len > 18) return false;
    for (size_t i = 0; i < t->len; i++) {
        if (t->data[i] < '0' || t->data[i] > '9') return false;
        *out = *out * 10 + (uint64_t)(t->data[i] - '0');
    }
    return *out > 0;
}

static ingle_status bad(const struct json_text *placeholder, const char *what, const char *name,
                        ingle_error *err) {
    return status_set(err, INGLE_INVALID, 0, "The map '%s' is broken: \"%.*s\" %s.", name,
                      (int)(placeholder->len > 60 ? 60 : placeholder->len), placeholder->data,
                      what);
}

static ingle_status read_spellings(struct redact_map *map, struct redact_entry *e,
                                   const struct json_member *m, const char *name,
                                   ingle_error *err) {
    const struct json_value *list = json_member(&m->value, "spellings");
    if (!list) return INGLE_OK;
    if (list->kind != JSON_OBJECT)
        return bad(&m->name, "has spellings that are no object", name, err);
    uint64_t last = 1;
    for (size_t i = 0; i < list->n; i++) {
        const struct json_value *v = &list->members[i].value;
        uint64_t occurrence;
        bool is_good = read_number(&list->members[i].name, &occurrence) && occurrence > last &&
                       occurrence <= e->n && v->kind == JSON_STRING;
        if (!is_good) return bad(&m->name, "has a spelling of no occurrence", name, err);
        INGLE_TRY(redact_map_add_spelling(map, e, occurrence, v->text.data, v->text.len, err));
        last = occurrence;
    }
    return INGLE_OK;
}

static ingle_status read_entry(struct redact_map *map, const struct json_member *m,
                               const char *name, ingle_error *err) {
    const struct json_value *text = json_member(&m->value, "text"),
                            *n = json_member(&m->value, "n");
    size_t len = redact_placeholder_len(m->name.data, m->name.len);
    if (len == 0 || len != m->name.len) return bad(&m->name, "is no placeholder", name, err);
    if (!text || text->kind != JSON_STRING)
        return bad(&m->name, "has no string \"text\"", name, err);
    struct redact_entry e = {.placeholder = m->name.data,
                             .placeholder_len = len,
                             .text = text->text.data,
                             .len = text->text.len};
    if (!n || n->kind != JSON_NUMBER || !read_number(&n->text, &e.n)) {
        return bad(&m->name, "has no count \"n\"", name, err);
    }
    char kind[REDACT_MAX_PLACEHOLDER + 1];
    size_t kind_len = len - 1;
    while (m->name.data[kind_len] != '_') kind_len--;
    snprintf(kind, sizeof kind, "%.*s", (int)(kind_len - 1), m->name.data + 1);
    e.kind = kind;
    INGLE_TRY(redact_map_add(map, &e, err));
    return read_spellings(map, &map->entries[map->n - 1], m, name, err);
}

static ingle_status read_tree(struct redact_map *map, const struct json_value *tree,
                              const char *name, ingle_error *err) {
    const struct json_value *version = json_member(tree, "ingle_redact_map");
    const struct json_value *list = json_member(tree, "placeholders");
    if (!version || !list || list->kind != JSON_OBJECT) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is no map of ingle redact.", name);
    }
    if (version->kind != JSON_NUMBER || !json_text_is(&version->text, "1")) {
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "'%s' is a map of another version; this ingle reads version 1.", name);
    }
    for (size_t i = 0; i < list->n; i++) INGLE_TRY(read_entry(map, &list->members[i], name, err));
    return INGLE_OK;
}

ingle_status redact_map_read(struct redact_map **out, const char *json, size_t len,
                             const char *name, ingle_error *err) {
    struct arena arena;
    const struct json_value *tree;
    *out = NULL;
    arena_init(&arena, MAX_TREE);
    ingle_status status = json_tree_parse(&tree, &arena, json, len, name, err);
    if (status == INGLE_OK) status = redact_map_new(out, err);
    if (status == INGLE_OK) status = read_tree(*out, tree, name, err);
    arena_clear(&arena);
    if (status == INGLE_OK) return INGLE_OK;
    redact_map_free(*out);
    *out = NULL;
    return status;
}
