#include "engine/constraint/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "engine/constraint/schema_formula.h"
#include "engine/constraint/schema_raw.h"

#define ARENA_MAX ((size_t)512 << 20)
#define TEXT_MAX ((size_t)16 << 20)
#define STEPS_MAX ((uint64_t)20 << 20)
#define AUTOMATA_MAX ((size_t)256 << 20)
#define DEPTH_MAX 400

/* One token of a JSON pointer, escaped. */
static void add_token(struct buf *out, const struct json_text *name) {
    buf_add_str(out, "/");
    for (size_t i = 0; i < name->len; i++) {
        char c = name->data[i];
        if (c == '~') {
            buf_add_str(out, "~0");
        } else if (c == '/') {
            buf_add_str(out, "~1");
        } else {
            buf_add(out, &c, 1);
        }
    }
}

static void add_text(struct buf *out, const char *text) {
    struct json_text token = {text, strlen(text)};
    add_token(out, &token);
}

void schema_add_pointer(const struct schema *c, struct buf *out, uint32_t node) {
    buf_add_str(out, "#");
    uint32_t path[JSON_TREE_MAX_DEPTH + 1] = {0};
    size_t n = 0;
    for (; node != SCHEMA_NONE && c->nodes[node].parent != SCHEMA_NONE;
         node = c->nodes[node].parent) {
        path[n++] = node;
    }
    while (n-- > 0) {
        const struct schema_node *place = &c->nodes[path[n]];
        if (place->is_path) buf_addf(out, "/%s", place->keyword);
        if (!place->is_path) add_text(out, place->keyword);
        if (place->name) add_token(out, place->name);
        if (!place->name && place->index != SCHEMA_NONE) buf_addf(out, "/%u", place->index);
    }
}

void schema_fail(struct schema *c, ingle_status status, uint32_t node, const char *keyword,
                 const char *fmt, ...) {
    if (schema_failed(c)) return;
    struct buf pointer;
    char why[160];
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    buf_init(&pointer, (size_t)1 << 20);
    if (node == SCHEMA_NONE) node = c->at;
    size_t where = 0;
    if (node != SCHEMA_NONE && c->nodes) {
        const struct json_value *value = keyword ? schema_member(c, node, keyword) : NULL;
        where = value ? value->where : c->nodes[node].value->where;
        schema_add_pointer(c, &pointer, node);
    } else {
        buf_add_str(&pointer, "#");
    }
    if (keyword) add_text(&pointer, keyword);
    if (buf_failed(&pointer)) {
        c->status = status_no_memory(c->err, "a JSON pointer", pointer.size);
    } else {
        c->status =
            status_set(c->err, status, where, "The schema is %s at '%s': %s.",
                       status == INGLE_INVALID ? "not valid" : "refused", pointer.data, why);
    }
    buf_clear(&pointer);
}

void schema_refuse(struct schema *c, const char *why) {
    schema_fail(c, INGLE_REFUSED, SCHEMA_NONE, c->at_key, "%s", why);
}

bool schema_step(struct schema *c, uint64_t n) {
    c->steps += n;
    if (c->steps > c->steps_max) schema_refuse(c, "it has too many combinations of cases");
    return !schema_failed(c);
}

bool schema_enter(struct schema *c, uint32_t node, struct schema_at *before) {
    *before = (struct schema_at){c->at, c->at_key};
    c->depth++;
    if (node != SCHEMA_NONE) {
        c->at = node;
        c->at_key = NULL;
    }
    if (c->depth > DEPTH_MAX) schema_refuse(c, "its references and parts are nested too deeply");
    return schema_step(c, 1);
}

void schema_leave(struct schema *c, const struct schema_at *before) {
    c->depth--;
    c->at = before->node;
    c->at_key = before->key;
}

static bool keep_room(struct schema *c) {
    if (schema_failed(c)) return false;
    if (c->n_automata < c->automata_cap) return true;
    uint32_t cap = c->automata_cap ? c->automata_cap * 2 : 16;
    struct dfa **automata = mem_realloc(c->automata, cap * sizeof(struct dfa *));
    if (!automata) {
        c->status = status_no_memory(c->err, "automata", cap * sizeof(struct dfa *));
        return false;
    }
    c->automata = automata;
    c->automata_cap = cap;
    return true;
}

uint32_t schema_keep(struct schema *c, ingle_status status, struct dfa *d, const ingle_error *why) {
    if (status == INGLE_NO_MEMORY) {
        if (!schema_failed(c)) c->status = status_set(c->err, status, 0, "%s", why->msg);
    } else if (status != INGLE_OK) {
        size_t len = strlen(why->msg);
        if (len && why->msg[len - 1] == '.') len--;
        schema_fail(c, status == INGLE_INVALID ? status : INGLE_REFUSED, SCHEMA_NONE, c->at_key,
                    "%.*s", (int)len, why->msg);
    } else if (keep_room(c)) {
        c->automata[c->n_automata] = d;
        c->automata_size += (size_t)(d->n_states + 1) * (d->n_classes + 3) * 4;
        if (c->automata_size > AUTOMATA_MAX) {
            schema_refuse(c, "its patterns and lengths take too much memory together");
        }
        schema_step(c, d->n_states / 16);
        return c->n_automata++;
    }
    dfa_free(d);
    return SCHEMA_NONE;
}

static void clear(struct schema *c) {
    for (uint32_t i = 0; i < c->n_automata; i++) dfa_free(c->automata[i]);
    mem_free(c->automata);
    arena_clear(&c->arena);
}

static ingle_status compile(struct schema *c, struct shape_table *table) {
    bool is_new;
    schema_map_add(c, &c->scopes, NULL, 0, &is_new);
    schema_read(c);
    uint32_t site = schema_site(c, 0, 0);
    if (schema_failed(c)) return c->status;
    schema_literal root = schema_literal_of(c, site);
    uint32_t set = schema_set_of(c, &root, 1);
    struct schema_ids sets = {0};
    if (set != SET_NEVER) schema_expand_all(c, set, &sets);
    schema_find_alive(c, &sets);
    if (!schema_failed(c) && (set == SET_NEVER || !c->sets[set].is_alive)) {
        schema_fail(c, INGLE_REFUSED, 0, NULL, "no value satisfies the schema");
    }
    if (!schema_failed(c)) schema_emit(c, set, &sets, table);
    return c->status;
}

ingle_status schema_compile(struct shape_table **out, const char *text, size_t len,
                            ingle_error *err) {
    *out = NULL;
    if (len > TEXT_MAX) {
        return status_set(err, INGLE_REFUSED, 0,
                          "The schema is refused: it is longer than %zu MiB.", TEXT_MAX >> 20);
    }
    struct schema c = {.err = err, .at = SCHEMA_NONE, .steps_max = STEPS_MAX};
    arena_init(&c.arena, ARENA_MAX);
    struct shape_table *table = mem_calloc(1, sizeof *table);
    ingle_status status = table ? INGLE_OK : status_no_memory(err, "shapes", sizeof *table);
    if (status == INGLE_OK) {
        arena_init(&table->arena, ARENA_MAX);
        status = json_tree_parse(&c.document, &c.arena, text, len, "The schema", err);
    }
    if (status == INGLE_LIMIT) {
        status = status_set(err, INGLE_REFUSED, 0, "The schema is refused: its tree is too large.");
    }
    if (status == INGLE_OK) status = compile(&c, table);
    clear(&c);
    if (status != INGLE_OK) {
        shape_table_free(table);
        return status;
    }
    *out = table;
    return INGLE_OK;
}
