#include <string.h>

#include "base/compiler.h"
#include "engine/constraint/decimal.h"
#include "engine/constraint/schema_internal.h"

static const struct schema_keyword keywords[] = {
    {"$anchor", HOLDS_STRING, DRAFT_2019, false},
    {"$defs", HOLDS_SCHEMA_MAP, DRAFT_04, false},
    {"$dynamicAnchor", HOLDS_STRING, DRAFT_2020, false},
    {"$dynamicRef", HOLDS_STRING, DRAFT_2020, true},
    {"$id", HOLDS_STRING, DRAFT_06, false},
    {"$ref", HOLDS_STRING, DRAFT_04, true},
    {"$schema", HOLDS_STRING, DRAFT_04, false},
    {"additionalItems", HOLDS_SCHEMA, DRAFT_04, true},
    {"additionalProperties", HOLDS_SCHEMA, DRAFT_04, true},
    {"allOf", HOLDS_SCHEMAS, DRAFT_04, true},
    {"anyOf", HOLDS_SCHEMAS, DRAFT_04, true},
    {"const", HOLDS_ANY, DRAFT_06, true},
    {"contains", HOLDS_SCHEMA, DRAFT_06, true},
    {"definitions", HOLDS_SCHEMA_MAP, DRAFT_04, false},
    {"dependencies", HOLDS_DEPENDENCIES, DRAFT_04, true},
    {"dependentRequired", HOLDS_NAMES_MAP, DRAFT_2019, true},
    {"dependentSchemas", HOLDS_SCHEMA_MAP, DRAFT_2019, true},
    {"else", HOLDS_SCHEMA, DRAFT_07, true},
    {"enum", HOLDS_LIST, DRAFT_04, true},
    {"exclusiveMaximum", HOLDS_EDGE, DRAFT_04, true},
    {"exclusiveMinimum", HOLDS_EDGE, DRAFT_04, true},
    {"if", HOLDS_SCHEMA, DRAFT_07, true},
    {"items", HOLDS_ITEMS, DRAFT_04, true},
    {"maxContains", HOLDS_COUNT, DRAFT_2019, true},
    {"maxItems", HOLDS_COUNT, DRAFT_04, true},
    {"maxLength", HOLDS_COUNT, DRAFT_04, true},
    {"maxProperties", HOLDS_COUNT, DRAFT_04, true},
    {"maximum", HOLDS_NUMBER, DRAFT_04, true},
    {"minContains", HOLDS_COUNT, DRAFT_2019, true},
    {"minItems", HOLDS_COUNT, DRAFT_04, true},
    {"minLength", HOLDS_COUNT, DRAFT_04, true},
    {"minProperties", HOLDS_COUNT, DRAFT_04, true},
    {"minimum", HOLDS_NUMBER, DRAFT_04, true},
    {"multipleOf", HOLDS_POSITIVE, DRAFT_04, true},
    {"not", HOLDS_SCHEMA, DRAFT_04, true},
    {"oneOf", HOLDS_SCHEMAS, DRAFT_04, true},
    {"pattern", HOLDS_STRING, DRAFT_04, true},
    {"patternProperties", HOLDS_SCHEMA_MAP, DRAFT_04, true},
    {"prefixItems", HOLDS_SCHEMAS, DRAFT_2020, true},
    {"properties", HOLDS_SCHEMA_MAP, DRAFT_04, true},
    {"propertyNames", HOLDS_SCHEMA, DRAFT_06, true},
    {"required", HOLDS_NAMES, DRAFT_04, true},
    {"then", HOLDS_SCHEMA, DRAFT_07, true},
    {"type", HOLDS_TYPE, DRAFT_04, true},
    {"unevaluatedItems", HOLDS_SCHEMA, DRAFT_2019, true},
    {"unevaluatedProperties", HOLDS_SCHEMA, DRAFT_2019, true},
    {"uniqueItems", HOLDS_BOOLEAN, DRAFT_04, true},
};

/* Words that say nothing about which values are right, and are near enough to one that does. */
static const char *const harmless[] = {
    "$comment",   "contentEncoding", "contentMediaType", "contentSchema", "default",
    "deprecated", "description",     "example",          "examples",      "format",
    "readOnly",   "title",           "writeOnly",
};

/* Words of other dialects and libraries that would constrain. */
static const char *const foreign[] = {
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "disallow",
    "divisibleBy",
    "elements",
    "extends",
    "formatExclusiveMaximum",
    "formatMaximum",
    "formatMinimum",
    "nullable",
    "optionalProperties",
    "patternRequired",
    "propertyDependencies",
    "requiredProperties",
    "formatExclusiveMinimum",
};

static bool is_listed(const char *const *list, size_t n, const struct json_text *name) {
    for (size_t i = 0; i < n; i++) {
        if (json_text_is(name, list[i])) return true;
    }
    return false;
}

const struct schema_keyword *schema_keyword_find(const struct json_text *name) {
    size_t low = 0, high = BASE_COUNT(keywords);
    while (low < high) {
        size_t mid = (low + high) / 2, len = strlen(keywords[mid].name);
        int order = memcmp(name->data, keywords[mid].name, name->len < len ? name->len : len);
        if (order == 0 && name->len == len) return &keywords[mid];
        bool is_before = order < 0 || (order == 0 && name->len < len);
        if (is_before) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return NULL;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static size_t common(const char *a, size_t n_a, const char *b, size_t n_b) {
    size_t n = 0;
    while (n < n_a && n < n_b && lower(a[n]) == lower(b[n])) n++;
    return n;
}

/* The same letters whatever their case, or one letter more, less, other, or two exchanged. */
static bool is_near(const struct json_text *name, const char *word) {
    const char *a = name->data, *b = word;
    size_t n_a = name->len, n_b = strlen(word);
    if (n_b < 4) return n_a == n_b && common(a, n_a, b, n_b) == n_a;
    size_t same = common(a, n_a, b, n_b);
    a += same, n_a -= same;
    b += same, n_b -= same;
    if (n_a == 0 && n_b == 0) return true;
    if (n_a > n_b + 1 || n_b > n_a + 1) return false;
    if (n_a > n_b) return common(a + 1, n_a - 1, b, n_b) == n_b;
    if (n_b > n_a) return common(a, n_a, b + 1, n_b - 1) == n_a;
    if (common(a + 1, n_a - 1, b + 1, n_b - 1) == n_a - 1) return true;
    return n_a >= 2 && lower(a[0]) == lower(b[1]) && lower(a[1]) == lower(b[0]) &&
           common(a + 2, n_a - 2, b + 2, n_b - 2) == n_a - 2;
}

static bool is_near_start(const struct json_text *name, const char *start) {
    size_t len = strlen(start);
    return name->len >= len && common(name->data, len, start, len) == len;
}

static void check_unknown(struct schema *c, uint32_t node, const struct json_text *name) {
    bool is_private = name->len > 0 && (name->data[0] == '_' || is_near_start(name, "x-"));
    if (is_private || is_listed(harmless, BASE_COUNT(harmless), name)) return;
    if (is_listed(foreign, BASE_COUNT(foreign), name)) {
        schema_fail(c, INGLE_REFUSED, node, name->data,
                    "this keyword of another dialect is not supported");
        return;
    }
    for (size_t i = 0; i < BASE_COUNT(keywords); i++) {
        if (!keywords[i].constrains || !is_near(name, keywords[i].name)) continue;
        schema_fail(c, INGLE_REFUSED, node, name->data,
                    "there is no such keyword, and it may be meant for '%s'", keywords[i].name);
        return;
    }
}

/* Up to draft-07 nothing counts that stands beside $ref: what is written there would be lost. */
static void check_beside_ref(struct schema *c, uint32_t node) {
    const struct json_value *value = c->nodes[node].value;
    for (size_t i = 0; i < value->n; i++) {
        const struct json_text *name = &value->members[i].name;
        const struct schema_keyword *keyword = schema_keyword_find(name);
        if (!keyword || !keyword->constrains || json_text_is(name, "$ref")) continue;
        schema_fail(c, INGLE_REFUSED, node, name->data,
                    "before draft 2019-09, keywords beside $ref are not looked at");
        return;
    }
}

void schema_check_node(struct schema *c, uint32_t node) {
    struct schema_node *place = &c->nodes[node];
    if (place->is_checked || place->value->kind != JSON_OBJECT) return;
    enum schema_dialect dialect = place->dialect;
    for (size_t i = 0; i < place->value->n; i++) {
        const struct json_text *name = &place->value->members[i].name;
        const struct schema_keyword *keyword = schema_keyword_find(name);
        if (!keyword) {
            check_unknown(c, node, name);
        } else if (keyword->constrains && keyword->first > dialect) {
            schema_fail(c, INGLE_REFUSED, node, name->data,
                        "the dialect that $schema names does not know this keyword");
        }
    }
    if (dialect <= DRAFT_07 && json_member(place->value, "$ref")) check_beside_ref(c, node);
    const struct json_value *items = json_member(place->value, "items");
    if (items && items->kind == JSON_ARRAY && json_member(place->value, "prefixItems")) {
        schema_fail(c, INGLE_REFUSED, node, "items", "a list of items beside prefixItems");
    }
    place->is_checked = !schema_failed(c);
}

static bool is_type_name(const struct json_value *value) {
    static const char *const names[] = {"array",  "boolean", "integer", "null",
                                        "number", "object",  "string"};
    return value->kind == JSON_STRING && is_listed(names, BASE_COUNT(names), &value->text);
}

static bool all_are(const struct json_value *list, bool (*rule)(const struct json_value *)) {
    if (list->kind != JSON_ARRAY) return false;
    for (size_t i = 0; i < list->n; i++) {
        if (!rule(&list->items[i])) return false;
    }
    return true;
}

static bool is_string(const struct json_value *value) {
    return value->kind == JSON_STRING;
}

static bool is_schema(const struct json_value *value) {
    return value->kind == JSON_TRUE || value->kind == JSON_FALSE || value->kind == JSON_OBJECT;
}

static bool is_names(const struct json_value *value) {
    return all_are(value, is_string);
}

static bool is_dependency(const struct json_value *value) {
    return is_schema(value) || is_names(value);
}

static bool members_are(const struct json_value *value, bool (*rule)(const struct json_value *)) {
    if (value->kind != JSON_OBJECT) return false;
    for (size_t i = 0; i < value->n; i++) {
        if (!rule(&value->members[i].value)) return false;
    }
    return true;
}

static bool is_whole_count(const struct json_value *value) {
    static const struct decimal one = {"1", 1}, zero = {"0", 1};
    if (value->kind != JSON_NUMBER) return false;
    struct decimal d = {value->text.data, value->text.len};
    return decimal_compare(&d, &zero) >= 0 && decimal_is_multiple(&d, &one);
}

/* NULL if the value is right, else what it should be. */
static const char *wanted(enum schema_holds holds, const struct json_value *value) {
    static const struct decimal zero = {"0", 1};
    struct decimal d = {value->text.data, value->text.len};
    bool is_list = value->kind == JSON_ARRAY;
    switch (holds) {
    case HOLDS_ANY:
        return NULL;
    case HOLDS_SCHEMA:
        return is_schema(value) ? NULL : "a schema: an object, true or false";
    case HOLDS_SCHEMAS:
        return all_are(value, is_schema) && value->n > 0 ? NULL : "a list of schemas";
    case HOLDS_SCHEMA_MAP:
        return members_are(value, is_schema) ? NULL : "an object whose values are schemas";
    case HOLDS_ITEMS:
        return is_schema(value) || all_are(value, is_schema) ? NULL : "a schema or a list of them";
    case HOLDS_DEPENDENCIES:
        return members_are(value, is_dependency) ? NULL : "an object of schemas and lists of names";
    case HOLDS_TYPE:
        if (is_list ? all_are(value, is_type_name) && value->n > 0 : is_type_name(value)) {
            return NULL;
        }
        return "array, boolean, integer, null, number, object or string, or a list of these";
    case HOLDS_LIST:
        return is_list ? NULL : "a list";
    case HOLDS_NUMBER:
    case HOLDS_EDGE:
        return value->kind == JSON_NUMBER ? NULL : "a number";
    case HOLDS_POSITIVE:
        if (value->kind == JSON_NUMBER && decimal_compare(&d, &zero) > 0) return NULL;
        return "a number above zero";
    case HOLDS_COUNT:
        return is_whole_count(value) ? NULL : "a whole number, zero or more";
    case HOLDS_STRING:
        return is_string(value) ? NULL : "a string";
    case HOLDS_BOOLEAN:
        return value->kind == JSON_TRUE || value->kind == JSON_FALSE ? NULL : "true or false";
    case HOLDS_NAMES:
        return is_names(value) ? NULL : "a list of strings";
    case HOLDS_NAMES_MAP:
        return members_are(value, is_names) ? NULL : "an object whose values are lists of strings";
    }
    return NULL;
}

void schema_check_value(struct schema *c, uint32_t node, const struct schema_keyword *keyword,
                        const struct json_value *value) {
    bool is_old_edge = keyword->holds == HOLDS_EDGE && c->nodes[node].dialect == DRAFT_04 &&
                       (value->kind == JSON_TRUE || value->kind == JSON_FALSE);
    const char *what = is_old_edge ? NULL : wanted(keyword->holds, value);
    if (what) schema_fail(c, INGLE_INVALID, node, keyword->name, "it should be %s", what);
}
