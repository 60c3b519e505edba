#include "support/random_schema.h"

#include <string.h>

#include "base/compiler.h"

#define MAX_DEPTH 3
#define N_DEFS 2

struct maker {
    struct buf *out;
    struct rng *rng;
    bool has_defs;
    bool may_refer; /* a reference here does not lead in a circle without end */
    bool first;     /* no keyword of the present object yet */
};

static void schema(struct maker *m, int depth);

static uint32_t below(struct maker *m, uint32_t n) {
    return rng_below(m->rng, n);
}

static bool chance(struct maker *m, uint32_t percent) {
    return below(m, 100) < percent;
}

static void put(struct maker *m, const char *text) {
    buf_add_str(m->out, text);
}

/* Begins a keyword of the present object. */
static void key(struct maker *m, const char *name) {
    buf_addf(m->out, "%s\"%s\":", m->first ? "" : ",", name);
    m->first = false;
}

static void number_key(struct maker *m, const char *name, int value) {
    key(m, name);
    buf_addf(m->out, "%d", value);
}

static const char *any_of(struct maker *m, const char *const *list, uint32_t n) {
    return list[below(m, n)];
}

static void value(struct maker *m, int depth) {
    static const char *const scalars[] = {"null",      "true",    "false",   "0",
                                          "1",         "-7",      "2.5",     "100",
                                          "\"\"",      "\"a\"",   "\"b c\"", "\"\\u00e9t\\u00e9\"",
                                          "\"x\\ny\"", "\"red\"", "1e2"};
    uint32_t kind = depth < 2 ? below(m, 10) : 0;
    if (kind < 8) {
        put(m, any_of(m, scalars, BASE_COUNT(scalars)));
    } else if (kind == 8) {
        put(m, "[");
        for (uint32_t i = below(m, 3), n = i; i > 0; i--) {
            if (i < n) put(m, ",");
            value(m, depth + 1);
        }
        put(m, "]");
    } else {
        put(m, "{\"k\":");
        value(m, depth + 1);
        put(m, "}");
    }
}

static void string_keywords(struct maker *m) {
    static const char *const patterns[] = {"^[a-z]+$",
                                           "^[A-Z]{3}$",
                                           "^\\\\d{4}-\\\\d{2}-\\\\d{2}$",
                                           "[0-9]",
                                           "^(ab|cd)*$",
                                           "^[^@ ]+@[a-z]+$",
                                           "^.{2,5}$",
                                           "\\\\.txt$",
                                           "^x?y+z*$",
                                           "^\\u00e9[a-c]{2}",
                                           "^(yes|no|maybe)$",
                                           "^[\\\\w-]{1,8}$"};
    if (chance(m, 25)) {
        key(m, "pattern");
        buf_addf(m->out, "\"%s\"", any_of(m, patterns, BASE_COUNT(patterns)));
    }
    int min = (int)below(m, 6);
    if (chance(m, 35)) number_key(m, "minLength", min);
    if (chance(m, 50)) number_key(m, "maxLength", min + (int)below(m, 40));
}

static void number_keywords(struct maker *m, bool integer) {
    int low = (int)below(m, 400) - 200;
    if (chance(m, 60)) {
        key(m, chance(m, 70) ? "minimum" : "exclusiveMinimum");
        buf_addf(m->out, integer || chance(m, 50) ? "%d" : "%d.5", low);
    }
    if (chance(m, 60)) {
        key(m, chance(m, 70) ? "maximum" : "exclusiveMaximum");
        buf_addf(m->out, integer || chance(m, 50) ? "%d" : "%d.25", low + (int)below(m, 1000));
    }
    if (!chance(m, 20)) return;
    static const char *const steps[] = {"1", "2", "3", "5", "10", "0.5", "0.25", "7"};
    key(m, "multipleOf");
    put(m, any_of(m, steps, integer ? 5 : BASE_COUNT(steps)));
}

static void sub_schema(struct maker *m, int depth) {
    bool first = m->first;
    schema(m, depth + 1);
    m->first = first;
}

/* Of a part of the value: circles end with it. */
static void part_schema(struct maker *m, int depth) {
    bool before = m->may_refer;
    m->may_refer = true;
    sub_schema(m, depth);
    m->may_refer = before;
}

static void list_of_schemas(struct maker *m, const char *name, int depth, uint32_t n) {
    key(m, name);
    put(m, "[");
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) put(m, ",");
        sub_schema(m, depth);
    }
    put(m, "]");
}

static void array_keywords(struct maker *m, int depth) {
    if (chance(m, 25)) list_of_schemas(m, "prefixItems", depth, 1 + below(m, 3));
    if (chance(m, 70)) {
        key(m, "items");
        part_schema(m, depth);
    }
    int min = (int)below(m, 3);
    if (chance(m, 40)) number_key(m, "minItems", min);
    if (chance(m, 60)) number_key(m, "maxItems", min + (int)below(m, 4));
    if (chance(m, 12)) {
        key(m, "uniqueItems");
        put(m, "true");
    }
    if (!chance(m, 12)) return;
    key(m, "contains");
    part_schema(m, depth);
    if (chance(m, 30)) number_key(m, "maxContains", 1 + (int)below(m, 2));
}

static const char *const names[] = {"a", "ab", "name", "id", "x-y", "caf\\u00e9", "two words", "n"};

static void object_keywords(struct maker *m, int depth) {
    bool is_property[BASE_COUNT(names)] = {false};
    if (chance(m, 85)) {
        key(m, "properties");
        put(m, "{");
        bool any = false;
        for (size_t i = 0; i < BASE_COUNT(names); i++) {
            if (!chance(m, 35)) continue;
            is_property[i] = true;
            buf_addf(m->out, "%s\"%s\":", any ? "," : "", names[i]);
            any = true;
            part_schema(m, depth);
        }
        put(m, "}");
    }
    if (chance(m, 60)) {
        key(m, "required");
        put(m, "[");
        bool any = false;
        for (size_t i = 0; i < BASE_COUNT(names); i++) {
            if (!chance(m, is_property[i] ? 60 : 3)) continue;
            buf_addf(m->out, "%s\"%s\"", any ? "," : "", names[i]);
            any = true;
        }
        put(m, "]");
    }
    if (chance(m, 60)) {
        key(m, "additionalProperties");
        if (chance(m, 70)) {
            put(m, "false");
        } else {
            part_schema(m, depth);
        }
    }
    if (chance(m, 15)) {
        key(m, "patternProperties");
        put(m, chance(m, 50) ? "{\"^x-\":" : "{\"^[0-9]+$\":");
        part_schema(m, depth);
        put(m, "}");
    }
    if (chance(m, 10)) {
        key(m, "propertyNames");
        put(m, chance(m, 50) ? "{\"maxLength\":4}" : "{\"pattern\":\"^[a-z]\"}");
    }
    if (chance(m, 10)) {
        key(m, "dependentRequired");
        put(m, "{\"a\":[\"id\"],\"name\":[\"n\"]}");
    }
    if (chance(m, 15)) number_key(m, "minProperties", (int)below(m, 3));
    if (chance(m, 25)) number_key(m, "maxProperties", 2 + (int)below(m, 4));
}

/* Keywords that put schemas together. */
static void combine(struct maker *m, int depth) {
    switch (below(m, 12)) {
    case 0:
    case 1:
    case 2:
        list_of_schemas(m, "anyOf", depth, 2 + below(m, 2));
        break;
    case 3:
        list_of_schemas(m, "oneOf", depth, 2);
        break;
    case 4:
        list_of_schemas(m, "allOf", depth, 2);
        break;
    case 5:
        key(m, "not");
        sub_schema(m, depth);
        break;
    case 6:
        key(m, "if");
        sub_schema(m, depth);
        key(m, "then");
        sub_schema(m, depth);
        if (chance(m, 60)) {
            key(m, "else");
            sub_schema(m, depth);
        }
        break;
    case 7:
    case 8:
        key(m, "const");
        value(m, 0);
        break;
    default:
        key(m, "enum");
        put(m, "[");
        value(m, 0);
        for (uint32_t i = below(m, 4); i > 0; i--) {
            put(m, ",");
            value(m, 0);
        }
        put(m, "]");
    }
}

static void typed(struct maker *m, int depth) {
    static const char *const types[] = {"string", "integer", "number", "boolean",
                                        "null",   "array",   "object"};
    uint32_t kind = below(m, depth < MAX_DEPTH ? 11 : 5);
    if (kind >= 7) kind = 5 + kind % 2;
    key(m, "type");
    if (chance(m, 12)) {
        buf_addf(m->out, "[\"%s\",\"%s\"]", types[kind], types[(kind + 1 + below(m, 5)) % 7]);
    } else {
        buf_addf(m->out, "\"%s\"", types[kind]);
    }
    if (kind == 0) string_keywords(m);
    if (kind == 1 || kind == 2) number_keywords(m, kind == 1);
    if (kind == 5) array_keywords(m, depth);
    if (kind == 6) object_keywords(m, depth);
}

static void schema(struct maker *m, int depth) {
    if (chance(m, 3)) {
        put(m, "true");
        return;
    }
    put(m, "{");
    m->first = true;
    if (m->has_defs && m->may_refer && depth > 0 && chance(m, 8)) {
        key(m, "$ref");
        buf_addf(m->out, "\"#/$defs/d%d\"", (int)below(m, N_DEFS));
    } else if (chance(m, depth < MAX_DEPTH ? 18 : 5)) {
        if (chance(m, 30)) typed(m, depth);
        combine(m, depth);
    } else {
        typed(m, depth);
    }
    put(m, "}");
}

void random_schema(struct buf *out, struct rng *rng) {
    struct maker m = {.out = out, .rng = rng, .first = true};
    m.has_defs = chance(&m, 25);
    if (!m.has_defs) {
        schema(&m, 0);
        return;
    }
    put(&m, "{\"$defs\":{");
    for (int i = 0; i < N_DEFS; i++) {
        buf_addf(out, "%s\"d%d\":", i ? "," : "", i);
        schema(&m, 1);
    }
    m.may_refer = true;
    put(&m, "},\"allOf\":[");
    schema(&m, 0);
    put(&m, "]}");
}
