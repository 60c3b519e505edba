#include <stdlib.h>
#include <string.h>

#include "engine/constraint/schema_internal.h"

/* A scope is the dynamic anchors that outer resources have bound: pairs (name, node), by name. */
static uint32_t widen_scope(struct schema *c, uint32_t scope, const struct schema_anchor *anchor) {
    const struct schema_key *key = &c->scopes.keys[scope];
    const uint32_t *pairs = key->data;
    size_t n = key->size / sizeof *pairs, at = 0;
    while (at < n && pairs[at] < anchor->name) at += 2;
    if (at < n && pairs[at] == anchor->name) return scope;
    uint32_t *wider = schema_alloc(c, n + 2, sizeof *wider);
    if (!wider) return scope;
    if (at) memcpy(wider, pairs, at * sizeof *wider);
    wider[at] = anchor->name;
    wider[at + 1] = anchor->node;
    if (n > at) memcpy(wider + at + 2, pairs + at, (n - at) * sizeof *wider);
    bool is_new;
    uint32_t id = schema_map_add(c, &c->scopes, wider, (n + 2) * sizeof *wider, &is_new);
    return id == SCHEMA_NONE ? scope : id;
}

static uint32_t bound_in(const struct schema *c, uint32_t scope, uint32_t name) {
    const struct schema_key *key = &c->scopes.keys[scope];
    const uint32_t *pairs = key->data;
    for (size_t i = 0; i < key->size / sizeof *pairs; i += 2) {
        if (pairs[i] == name) return pairs[i + 1];
    }
    return SCHEMA_NONE;
}

uint32_t schema_site(struct schema *c, uint32_t node, uint32_t scope) {
    bool is_new;
    if (schema_failed(c)) return SCHEMA_NONE;
    const struct schema_resource *resource = &c->resources[c->nodes[node].resource];
    for (const struct schema_anchor *a = resource->dynamic; a; a = a->next) {
        scope = widen_scope(c, scope, a);
    }
    schema_check_node(c, node);
    uint32_t key[] = {node, scope};
    uint32_t n = schema_map_add(c, &c->site_keys, key, sizeof key, &is_new);
    if (n == SCHEMA_NONE || !is_new) return n;
    struct schema_site *sites = schema_grow(c, c->sites, n, &c->sites_cap, sizeof *sites);
    if (!sites) return SCHEMA_NONE;
    c->sites = sites;
    sites[n] = (struct schema_site){.node = node, .scope = scope};
    return n;
}

uint32_t schema_child(struct schema *c, uint32_t site, const struct json_value *value) {
    if (schema_failed(c)) return SCHEMA_NONE;
    return schema_site(c, schema_place(c, value), c->sites[site].scope);
}

/* One step of a JSON pointer: token is still escaped with ~. */
static const struct json_value *descend(struct schema *c, const struct json_value *value,
                                        const char *token, size_t len) {
    char *name = schema_alloc(c, len + 1, 1);
    size_t n = 0;
    if (!name) return NULL;
    for (size_t i = 0; i < len; i++) {
        bool is_escape = token[i] == '~' && i + 1 < len && (token[i + 1] | 1) == '1';
        name[n++] = !is_escape ? token[i] : token[i + 1] == '0' ? '~' : '/';
        i += is_escape;
    }
    struct json_text text = {name, n};
    schema_step(c, 1 + value->n / 16);
    if (value->kind == JSON_OBJECT) {
        for (size_t i = 0; i < value->n; i++) {
            if (json_text_equal(&value->members[i].name, &text)) return &value->members[i].value;
        }
        return NULL;
    }
    if (value->kind != JSON_ARRAY || n == 0 || n > 9 || (n > 1 && name[0] == '0')) return NULL;
    size_t index = 0;
    for (size_t i = 0; i < n; i++) {
        if (name[i] < '0' || name[i] > '9') return NULL;
        index = index * 10 + (size_t)(name[i] - '0');
    }
    return index < value->n ? &value->items[index] : NULL;
}

static uint32_t follow_pointer(struct schema *c, uint32_t node, const struct json_text *pointer) {
    const struct json_value *value = c->nodes[node].value;
    size_t passed = 0; /* of the pointer, at the last node on the way */
    for (size_t i = 0; i < pointer->len && value;) {
        size_t n = 1;
        while (i + n < pointer->len && pointer->data[i + n] != '/') n++;
        value = descend(c, value, pointer->data + i + 1, n - 1);
        i += n;
        uint32_t place = value ? schema_place(c, value) : SCHEMA_NONE;
        if (place == SCHEMA_NONE) continue;
        node = place;
        passed = i;
    }
    if (!value || passed == pointer->len) return value ? node : SCHEMA_NONE;
    return schema_read_late(c, node, pointer->data + passed + 1, value);
}

/* The node that a reference in a node's document leads to. *anchor is the plain name at its end. */
static uint32_t resolve(struct schema *c, uint32_t node, const char *keyword,
                        const struct json_text *ref, struct json_text *anchor) {
    *anchor = (struct json_text){0};
    const char *hash = ref->len ? memchr(ref->data, '#', ref->len) : NULL;
    size_t len = hash ? (size_t)(hash - ref->data) : ref->len;
    const char *base = c->resources[c->nodes[node].resource].uri;
    const char *uri = schema_uri_resolve(c, base, ref->data, len);
    if (schema_failed(c)) return SCHEMA_NONE;
    uint32_t found = SCHEMA_NONE;
    if (!len || !memchr(ref->data, 0, len)) {
        found = schema_map_find(&c->uris, uri, strlen(uri));
    }
    if (found == SCHEMA_NONE) {
        schema_fail(c, INGLE_REFUSED, node, keyword,
                    "it refers to another document, and nothing is fetched");
        return SCHEMA_NONE;
    }
    found = c->uri_nodes[found];
    if (found == SCHEMA_AMBIGUOUS) {
        schema_fail(c, INGLE_REFUSED, node, keyword,
                    "two schemas have the identifier that it names");
        return SCHEMA_NONE;
    }
    struct json_text fragment = {"", 0};
    if (hash) fragment = schema_uri_decode(c, hash + 1, ref->len - len - 1);
    if (fragment.len > 0 && fragment.data[0] == '/') {
        found = follow_pointer(c, found, &fragment);
    } else if (fragment.len > 0) {
        struct json_text key = schema_anchor_key(c, uri, &fragment);
        found = schema_map_find(&c->uris, key.data, key.len);
        if (found != SCHEMA_NONE) found = c->uri_nodes[found];
        *anchor = fragment;
    }
    if (found == SCHEMA_NONE || found == SCHEMA_AMBIGUOUS) {
        schema_fail(c, INGLE_REFUSED, node, keyword, "it leads to no schema, or to more than one");
        return SCHEMA_NONE;
    }
    return found;
}

uint32_t schema_ref(struct schema *c, uint32_t site) {
    struct schema_site at = c->sites[site];
    const struct json_value *ref = schema_member(c, at.node, "$ref");
    if (!ref || schema_failed(c)) return SCHEMA_NONE;
    struct json_text anchor;
    if (!c->nodes[at.node].is_resolved) {
        uint32_t node = resolve(c, at.node, "$ref", &ref->text, &anchor);
        if (node == SCHEMA_NONE) return node;
        c->nodes[at.node].target = node;
        c->nodes[at.node].is_resolved = true;
    }
    return schema_site(c, c->nodes[at.node].target, at.scope);
}

uint32_t schema_dynamic_ref(struct schema *c, uint32_t site) {
    struct schema_site at = c->sites[site];
    const struct json_value *ref = schema_member(c, at.node, "$dynamicRef");
    if (!ref || schema_failed(c)) return SCHEMA_NONE;
    struct json_text anchor;
    uint32_t node = resolve(c, at.node, "$dynamicRef", &ref->text, &anchor);
    if (node == SCHEMA_NONE) return node;
    const struct json_value *dynamic = schema_member(c, node, "$dynamicAnchor");
    if (anchor.len && dynamic && json_text_equal(&dynamic->text, &anchor)) {
        uint32_t name = schema_map_find(&c->names, anchor.data, anchor.len);
        uint32_t bound = bound_in(c, at.scope, name);
        if (bound != SCHEMA_NONE) node = bound;
    }
    return schema_site(c, node, at.scope);
}

static void visit_all(struct schema *c, uint32_t site, const struct json_value *value,
                      schema_visit_fn visit, void *user) {
    for (size_t i = 0; value && i < value->n && !schema_failed(c); i++) {
        bool is_list = value->kind == JSON_ARRAY;
        const struct json_value *item = is_list ? &value->items[i] : &value->members[i].value;
        if (!is_list && item->kind == JSON_ARRAY) continue;
        visit(c, schema_child(c, site, item), user);
    }
}

void schema_each_in_place(struct schema *c, uint32_t site, schema_visit_fn visit, void *user) {
    static const char *const lists[] = {"allOf", "anyOf", "oneOf", "dependentSchemas",
                                        "dependencies"};
    static const char *const singles[] = {"not", "if", "then", "else"};
    uint32_t node = c->sites[site].node;
    if (c->nodes[node].value->kind != JSON_OBJECT) return;
    uint32_t target = schema_ref(c, site);
    if (target != SCHEMA_NONE) visit(c, target, user);
    target = schema_dynamic_ref(c, site);
    if (target != SCHEMA_NONE) visit(c, target, user);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        visit_all(c, site, schema_member(c, node, lists[i]), visit, user);
    }
    bool has_if = schema_member(c, node, "if") != NULL;
    for (size_t i = 0; i < sizeof singles / sizeof *singles && !schema_failed(c); i++) {
        const struct json_value *value = schema_member(c, node, singles[i]);
        if (value && (i == 0 || has_if)) visit(c, schema_child(c, site, value), user);
    }
}
