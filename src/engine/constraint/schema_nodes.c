#include <string.h>

#include "base/compiler.h"
#include "engine/constraint/schema_internal.h"

#define MAX_NODES 200000u

/* Relative identifiers need something to be relative to; no reference of a user names this. */
#define DOCUMENT_URI "schema-document:///"

/* Where a schema stands, on the way down. */
struct spot {
    uint32_t parent;
    const char *keyword;
    const struct json_text *name;
    uint32_t index;
    bool is_path;
};

static void read_schema(struct schema *c, const struct json_value *value, const struct spot *spot);

uint32_t schema_place(const struct schema *c, const struct json_value *value) {
    return schema_map_find(&c->places, &value, sizeof(void *));
}

/* Generators give the same identifier to many schemas; only a reference to it is then in doubt. */
static void add_uri(struct schema *c, const char *key, size_t len, uint32_t node,
                    const char *keyword) {
    bool is_new;
    uint32_t n = schema_map_add(c, &c->uris, key, len, &is_new);
    if (n == SCHEMA_NONE) return;
    uint32_t *nodes = schema_grow(c, c->uri_nodes, n, &c->uri_nodes_cap, sizeof *nodes);
    if (!nodes) return;
    c->uri_nodes = nodes;
    nodes[n] = is_new || nodes[n] == node ? node : SCHEMA_AMBIGUOUS;
    if (nodes[n] == SCHEMA_AMBIGUOUS && strcmp(keyword, "$dynamicAnchor") == 0) {
        schema_fail(c, INGLE_REFUSED, node, keyword, "the same anchor stands for two schemas");
    }
}

static void add_anchor(struct schema *c, uint32_t node, const struct json_text *name,
                       const char *keyword, bool is_dynamic) {
    struct schema_resource *resource = &c->resources[c->nodes[node].resource];
    struct json_text key = schema_anchor_key(c, resource->uri, name);
    add_uri(c, key.data, key.len, node, keyword);
    if (!is_dynamic) return;
    bool is_new;
    struct schema_anchor *anchor = schema_alloc(c, 1, sizeof *anchor);
    uint32_t id = schema_map_add(c, &c->names, name->data, name->len, &is_new);
    if (!anchor || id == SCHEMA_NONE) return;
    *anchor = (struct schema_anchor){.name = id, .node = node, .next = resource->dynamic};
    resource->dynamic = anchor;
}

/* The dialect that "$schema" of a node names, or its parent's. */
static enum schema_dialect dialect_of(struct schema *c, uint32_t node) {
    static const struct {
        const char *name;
        enum schema_dialect dialect;
    } known[] = {
        {"json-schema.org/draft/2020-12/schema", DRAFT_2020},
        {"json-schema.org/draft/2019-09/schema", DRAFT_2019},
        {"json-schema.org/draft-07/schema", DRAFT_07},
        {"json-schema.org/draft-06/schema", DRAFT_06},
        {"json-schema.org/draft-04/schema", DRAFT_04},
    };
    uint32_t parent = c->nodes[node].parent;
    const struct json_value *value = schema_member(c, node, "$schema");
    if (!value || value->kind != JSON_STRING) {
        return parent == SCHEMA_NONE ? DRAFT_2020 : c->nodes[parent].dialect;
    }
    struct json_text uri = value->text;
    if (uri.len && uri.data[uri.len - 1] == '#') uri.len--;
    for (size_t i = 0; i < BASE_COUNT(known); i++) {
        size_t len = strlen(known[i].name);
        if (uri.len < len + 7 || memcmp(uri.data + uri.len - len, known[i].name, len) != 0)
            continue;
        uri.len -= len;
        if (json_text_is(&uri, "http://") || json_text_is(&uri, "https://")) {
            return known[i].dialect;
        }
        uri.len += len;
    }
    schema_fail(c, INGLE_REFUSED, node, "$schema",
                "this dialect is not supported; draft 2020-12, 2019-09, 7, 6 and 4 are");
    return DRAFT_2020;
}

static void add_resource(struct schema *c, uint32_t node, const char *uri, const char *keyword) {
    struct schema_resource *resources =
        schema_grow(c, c->resources, c->n_resources, &c->resources_cap, sizeof *resources);
    if (!resources) return;
    c->resources = resources;
    resources[c->n_resources] = (struct schema_resource){.uri = uri, .node = node};
    c->nodes[node].resource = c->n_resources++;
    add_uri(c, uri, strlen(uri), node, keyword);
}

/* Before 2019-09 an identifier may end in a fragment, which names the place within the document. */
static void read_fragment(struct schema *c, uint32_t node, const struct json_text *id,
                          size_t before, const char *keyword) {
    const char *base = c->resources[c->nodes[node].resource].uri;
    const char *uri = schema_uri_resolve(c, base, id->data, before);
    struct json_text name = {id->data + before + 1, id->len - before - 1};
    if (c->nodes[node].dialect > DRAFT_07 || strcmp(uri, base) != 0) {
        schema_fail(c, INGLE_REFUSED, node, keyword, "an identifier with a fragment");
    } else if (name.data[0] != '/') {
        add_anchor(c, node, &name, keyword, false);
    }
}

static void read_id(struct schema *c, uint32_t node, const struct json_text *id,
                    const char *keyword) {
    const char *hash = id->len ? memchr(id->data, '#', id->len) : NULL;
    size_t before = hash ? (size_t)(hash - id->data) : id->len;
    if (id->len && memchr(id->data, 0, id->len)) {
        schema_fail(c, INGLE_REFUSED, node, keyword, "an identifier with a zero byte");
    } else if (hash && before + 1 < id->len) {
        read_fragment(c, node, id, before, keyword);
    } else if (before > 0) {
        const char *base = c->resources[c->nodes[node].resource].uri;
        const char *uri = schema_uri_resolve(c, base, id->data, before);
        if (c->nodes[node].parent == SCHEMA_NONE) {
            c->resources[0].uri = uri;
            add_uri(c, uri, strlen(uri), node, keyword);
        } else {
            add_resource(c, node, uri, keyword);
        }
    }
}

/* What no keyword makes a schema has no identifiers when a reference makes it one. */
static void refuse_identifiers(struct schema *c, uint32_t node) {
    static const char *const words[] = {"$id", "id", "$anchor", "$dynamicAnchor", "$schema"};
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        const struct json_value *value = schema_member(c, node, words[i]);
        if (!value || value->kind != JSON_STRING) continue;
        schema_fail(c, INGLE_REFUSED, node, words[i],
                    "an identifier where only a reference makes a schema");
    }
}

static void read_identifiers(struct schema *c, uint32_t node) {
    if (c->is_late) {
        refuse_identifiers(c, node);
        return;
    }
    enum schema_dialect dialect = c->nodes[node].dialect;
    const char *keyword = dialect == DRAFT_04 ? "id" : "$id";
    const struct json_value *id = schema_member(c, node, keyword);
    /* Beside $ref an identifier is not looked at, says draft-07. */
    bool is_lost = dialect <= DRAFT_07 && schema_member(c, node, "$ref");
    if (id && id->kind == JSON_STRING && !is_lost) read_id(c, node, &id->text, keyword);
    if (dialect <= DRAFT_07 || schema_failed(c)) return;
    const struct json_value *anchor = schema_member(c, node, "$anchor");
    if (anchor && anchor->kind == JSON_STRING) {
        add_anchor(c, node, &anchor->text, "$anchor", false);
    }
    anchor = schema_member(c, node, "$dynamicAnchor");
    if (anchor && anchor->kind == JSON_STRING) {
        add_anchor(c, node, &anchor->text, "$dynamicAnchor", true);
    }
}

static void read_list(struct schema *c, uint32_t node, const char *keyword,
                      const struct json_value *list) {
    for (uint32_t i = 0; i < list->n; i++) {
        struct spot spot = {.parent = node, .keyword = keyword, .index = i};
        read_schema(c, &list->items[i], &spot);
    }
}

static void read_map(struct schema *c, uint32_t node, const char *keyword,
                     const struct json_value *map) {
    for (size_t i = 0; i < map->n; i++) {
        const struct json_member *member = &map->members[i];
        if (member->value.kind == JSON_ARRAY) continue; /* a dependency on names */
        struct spot spot = {node, keyword, &member->name, SCHEMA_NONE, false};
        read_schema(c, &member->value, &spot);
    }
}

static void read_keyword(struct schema *c, uint32_t node, const struct json_member *member) {
    const struct schema_keyword *keyword = schema_keyword_find(&member->name);
    if (!keyword || schema_failed(c)) return;
    const struct json_value *value = &member->value;
    schema_check_value(c, node, keyword, value);
    if (schema_failed(c)) return;
    struct spot spot = {node, keyword->name, NULL, SCHEMA_NONE, false};
    switch (keyword->holds) {
    case HOLDS_ITEMS:
        if (value->kind != JSON_ARRAY) {
            read_schema(c, value, &spot);
            break;
        }
        read_list(c, node, keyword->name, value);
        break;
    case HOLDS_SCHEMAS:
        read_list(c, node, keyword->name, value);
        break;
    case HOLDS_SCHEMA:
        read_schema(c, value, &spot);
        break;
    case HOLDS_SCHEMA_MAP:
    case HOLDS_DEPENDENCIES:
        read_map(c, node, keyword->name, value);
        break;
    default:
        break;
    }
}

/* As deep as the document at most, which its reader has bounded. */
static void read_schema(struct schema *c, const struct json_value *value, const struct spot *spot) {
    bool is_new;
    if (c->is_late && schema_place(c, value) != SCHEMA_NONE) return;
    struct schema_node *nodes = schema_grow(c, c->nodes, c->n_nodes, &c->nodes_cap, sizeof *nodes);
    if (schema_failed(c) || !nodes) return;
    uint32_t node = c->n_nodes++;
    c->nodes = nodes;
    nodes[node] = (struct schema_node){.value = value,
                                       .parent = spot->parent,
                                       .keyword = spot->keyword,
                                       .name = spot->name,
                                       .index = spot->index,
                                       .is_path = spot->is_path};
    schema_map_add(c, &c->places, &value, sizeof(void *), &is_new);
    if (spot->parent == SCHEMA_NONE) {
        add_resource(c, node, DOCUMENT_URI, "$id");
    } else {
        nodes[node].resource = nodes[spot->parent].resource;
    }
    if (node == MAX_NODES) schema_fail(c, INGLE_REFUSED, node, NULL, "too many schemas in one");
    if (schema_failed(c)) return;
    c->nodes[node].dialect = dialect_of(c, node);
    if (value->kind != JSON_OBJECT || schema_failed(c)) return;
    read_identifiers(c, node);
    for (size_t i = 0; i < value->n; i++) read_keyword(c, node, &value->members[i]);
}

void schema_read(struct schema *c) {
    struct spot root = {SCHEMA_NONE, NULL, NULL, SCHEMA_NONE, false};
    const struct json_value *document = c->document;
    bool is_schema = document->kind == JSON_OBJECT || document->kind == JSON_TRUE ||
                     document->kind == JSON_FALSE;
    if (!is_schema) {
        c->status = status_set(c->err, INGLE_INVALID, document->where,
                               "The schema should be an object, true or false.");
        return;
    }
    read_schema(c, document, &root);
}

uint32_t schema_read_late(struct schema *c, uint32_t parent, const char *path,
                          const struct json_value *value) {
    struct spot spot = {parent, path, NULL, SCHEMA_NONE, true};
    bool is_schema =
        value->kind == JSON_OBJECT || value->kind == JSON_TRUE || value->kind == JSON_FALSE;
    if (!is_schema) return SCHEMA_NONE;
    c->is_late = true;
    read_schema(c, value, &spot);
    return schema_failed(c) ? SCHEMA_NONE : schema_place(c, value);
}
