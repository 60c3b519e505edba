/* Random schemas over a small world of names, numbers and strings, each with random values and what
 * the schema compiler makes of them, for another validator to compare:
 *
 *     schema_random SEED SCHEMAS VALUES
 *
 * One line a schema that is not refused (without a value is a verdict too), then "end":
 * {"schema": S, "cases": [[VALUE, VERDICT], ...]}. A fourth argument: say what is refused, and why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/rng.h"
#include "engine/constraint/json_machine.h"
#include "engine/constraint/schema.h"
#include "unit/constraint/shape_judge.h"

static struct rng rng;
static unsigned n_wrong, n_machineless;

static unsigned pick(unsigned n) {
    return rng_below(&rng, n);
}

static const char *one_of(const char *const *list, size_t n) {
    return list[pick((unsigned)n)];
}

#define ONE_OF(list) one_of(list, sizeof(list) / sizeof *(list))

static const char *const names[] = {"a", "b", "c", "ab"};
static const char *const strings[] = {"\"\"", "\"a\"", "\"b\"", "\"ab\"", "\"aab\"", "\"\\u00e9\""};
static const char *const numbers[] = {"-1", "0", "1", "1.5", "2", "3", "4.0", "6", "0.5", "1e1"};
static const char *const patterns[] = {"a", "^a", "b$", "^a*$", "^.$", "^[^b]*$"};
static const char *const types[] = {"null",   "boolean", "integer", "number",
                                    "string", "array",   "object"};

static void add_value(struct buf *out, int depth) {
    static const char *const literals[] = {"null", "true", "false"};
    unsigned kind = pick(depth > 0 ? 8 : 4);
    if (kind == 0) {
        buf_add_str(out, ONE_OF(literals));
    } else if (kind == 1) {
        buf_add_str(out, ONE_OF(strings));
    } else if (kind < 4) {
        buf_add_str(out, ONE_OF(numbers));
    } else if (kind < 6) {
        buf_add_str(out, "[");
        for (unsigned i = 0, n = pick(4); i < n; i++) {
            if (i) buf_add_str(out, ",");
            add_value(out, depth - 1);
        }
        buf_add_str(out, "]");
    } else {
        bool is_first = true;
        buf_add_str(out, "{");
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            if (pick(2)) continue;
            buf_addf(out, "%s\"%s\":", is_first ? "" : ",", names[i]);
            is_first = false;
            add_value(out, depth - 1);
        }
        buf_add_str(out, "}");
    }
}

static void add_schema(struct buf *out, int depth);

static void add_schemas(struct buf *out, int depth) {
    buf_add_str(out, "[");
    for (unsigned i = 0, n = 1 + pick(3); i < n; i++) {
        if (i) buf_add_str(out, ",");
        add_schema(out, depth);
    }
    buf_add_str(out, "]");
}

static void add_map(struct buf *out, int depth, bool is_pattern) {
    bool is_first = true;
    buf_add_str(out, "{");
    size_t n = is_pattern ? sizeof patterns / sizeof *patterns : sizeof names / sizeof *names;
    for (size_t i = 0; i < n; i++) {
        if (pick(is_pattern ? 4 : 2)) continue;
        buf_addf(out, "%s\"%s\":", is_first ? "" : ",", is_pattern ? patterns[i] : names[i]);
        is_first = false;
        add_schema(out, depth);
    }
    buf_add_str(out, "}");
}

static void add_names(struct buf *out) {
    bool is_first = true;
    buf_add_str(out, "[");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (pick(3)) continue;
        buf_addf(out, "%s\"%s\"", is_first ? "" : ",", names[i]);
        is_first = false;
    }
    buf_add_str(out, "]");
}

static void add_names_map(struct buf *out) {
    buf_addf(out, "{\"%s\":", names[pick(2)]);
    add_names(out);
    buf_addf(out, ",\"%s\":", names[2 + pick(2)]);
    add_names(out);
    buf_add_str(out, "}");
}

static void add_types(struct buf *out) {
    if (pick(2)) {
        buf_addf(out, "\"%s\"", ONE_OF(types));
        return;
    }
    size_t first = pick(3), second = 3 + pick(2), third = 5 + pick(2);
    buf_addf(out, "[\"%s\",\"%s\",\"%s\"]", types[first], types[second], types[third]);
}

static void add_values(struct buf *out) {
    buf_add_str(out, "[");
    for (unsigned i = 0, n = 1 + pick(4); i < n; i++) {
        if (i) buf_add_str(out, ",");
        add_value(out, 1);
    }
    buf_add_str(out, "]");
}

enum content {
    SCHEMA,
    SCHEMAS,
    MAP,
    PATTERN_MAP,
    NAMES,
    NAMES_MAP,
    TYPES,
    VALUE,
    VALUES,
    COUNT,
    NUMBER,
    DIVISOR,
    PATTERN,
    BOOLEAN,
    REF
};

static const struct {
    const char *name;
    enum content content;
    bool is_deep;
} keywords[] = {
    {"type", TYPES, false},
    {"type", TYPES, false},
    {"const", VALUE, false},
    {"enum", VALUES, false},
    {"minimum", NUMBER, false},
    {"maximum", NUMBER, false},
    {"exclusiveMinimum", NUMBER, false},
    {"exclusiveMaximum", NUMBER, false},
    {"multipleOf", DIVISOR, false},
    {"minLength", COUNT, false},
    {"maxLength", COUNT, false},
    {"pattern", PATTERN, false},
    {"minItems", COUNT, false},
    {"maxItems", COUNT, false},
    {"uniqueItems", BOOLEAN, false},
    {"minProperties", COUNT, false},
    {"maxProperties", COUNT, false},
    {"required", NAMES, false},
    {"required", NAMES, false},
    {"dependentRequired", NAMES_MAP, false},
    {"$ref", REF, false},
    {"items", SCHEMA, true},
    {"items", SCHEMA, true},
    {"prefixItems", SCHEMAS, true},
    {"contains", SCHEMA, true},
    {"properties", MAP, true},
    {"properties", MAP, true},
    {"properties", MAP, true},
    {"patternProperties", PATTERN_MAP, true},
    {"additionalProperties", SCHEMA, true},
    {"propertyNames", SCHEMA, true},
    {"dependentSchemas", MAP, true},
    {"unevaluatedProperties", SCHEMA, true},
    {"unevaluatedItems", SCHEMA, true},
    {"allOf", SCHEMAS, true},
    {"anyOf", SCHEMAS, true},
    {"anyOf", SCHEMAS, true},
    {"oneOf", SCHEMAS, true},
    {"oneOf", SCHEMAS, true},
    {"not", SCHEMA, true},
    {"not", SCHEMA, true},
    {"if", SCHEMA, true},
};

#define N_KEYWORDS (sizeof keywords / sizeof *keywords)

static void add_content(struct buf *out, enum content content, int depth) {
    static const char *const divisors[] = {"1", "2", "3", "0.5", "1.5"};
    switch (content) {
    case SCHEMA:
        add_schema(out, depth - 1);
        break;
    case SCHEMAS:
        add_schemas(out, depth - 1);
        break;
    case MAP:
    case PATTERN_MAP:
        add_map(out, depth - 1, content == PATTERN_MAP);
        break;
    case NAMES:
        add_names(out);
        break;
    case NAMES_MAP:
        add_names_map(out);
        break;
    case TYPES:
        add_types(out);
        break;
    case VALUE:
        add_value(out, 1);
        break;
    case VALUES:
        add_values(out);
        break;
    case COUNT:
        buf_addf(out, "%u", pick(4));
        break;
    case NUMBER:
        buf_add_str(out, ONE_OF(numbers));
        break;
    case DIVISOR:
        buf_add_str(out, ONE_OF(divisors));
        break;
    case PATTERN:
        buf_addf(out, "\"%s\"", ONE_OF(patterns));
        break;
    case BOOLEAN:
        buf_add_str(out, pick(3) ? "true" : "false");
        break;
    case REF:
        buf_addf(out, "\"#/$defs/%s\"", pick(2) ? "x" : "y");
        break;
    }
}

static void add_member(struct buf *out, const char *name, bool *is_first) {
    buf_addf(out, "%s\"%s\":", *is_first ? "" : ",", name);
    *is_first = false;
}

/* What only goes with another keyword. */
static void add_partners(struct buf *out, const char *name, int depth, bool *is_first) {
    if (strcmp(name, "contains") == 0) {
        if (pick(2)) add_member(out, "minContains", is_first), buf_addf(out, "%u", pick(3));
        if (pick(2)) add_member(out, "maxContains", is_first), buf_addf(out, "%u", pick(3));
    }
    if (strcmp(name, "if") == 0) {
        if (pick(4)) add_member(out, "then", is_first), add_schema(out, depth - 1);
        if (pick(4)) add_member(out, "else", is_first), add_schema(out, depth - 1);
    }
}

static void add_members(struct buf *out, int depth) {
    bool used[N_KEYWORDS] = {false}, is_first = true;
    for (unsigned i = 0, n = 1 + pick(4); i < n; i++) {
        size_t k = pick(N_KEYWORDS);
        while (depth == 0 && keywords[k].is_deep) k = pick(N_KEYWORDS);
        for (size_t other = 0; other < N_KEYWORDS; other++) {
            used[k] = used[k] || (used[other] && !strcmp(keywords[other].name, keywords[k].name));
        }
        if (used[k]) continue;
        used[k] = true;
        add_member(out, keywords[k].name, &is_first);
        add_content(out, keywords[k].content, depth);
        add_partners(out, keywords[k].name, depth, &is_first);
    }
}

static void add_schema(struct buf *out, int depth) {
    if (pick(12) == 0) {
        buf_add_str(out, pick(3) ? "true" : "false");
        return;
    }
    buf_add_str(out, "{");
    add_members(out, depth);
    buf_add_str(out, "}");
}

/* The machine of the same shapes takes and leaves the same texts. */
static void run(struct machine *machine, const struct buf *text, bool is_in) {
    if (!machine) return;
    machine_state state = machine_steps(machine, machine->start, text->data, text->size);
    bool takes = state != MACHINE_DEAD && machine->ops->accepts(machine, state);
    if (takes == is_in && !machine->failed) return;
    fprintf(stderr, "the machine %s %s\n", takes ? "takes" : "leaves", text->data);
    n_wrong++;
}

static void judge(const struct shape_table *table, unsigned n_values) {
    struct machine *machine = NULL;
    struct buf text;
    if (table && json_machine_new(&machine, table, NULL) != INGLE_OK) n_machineless++;
    buf_init(&text, 1 << 16);
    for (unsigned i = 0; i < n_values; i++) {
        const struct json_value *value;
        struct arena arena;
        arena_init(&arena, 1 << 20);
        buf_reset(&text);
        add_value(&text, 3);
        if (json_tree_parse(&value, &arena, text.data, text.size, "", NULL) != INGLE_OK) exit(1);
        bool is_in = table && shape_judge(table, table->root, value);
        printf("%s[%s,%s]", i ? "," : "", text.data, is_in ? "true" : "false");
        run(machine, &text, is_in);
        arena_clear(&arena);
    }
    machine_free(machine);
    buf_clear(&text);
}

static void add_document(struct buf *out) {
    buf_reset(out);
    buf_add_str(out, "{\"$defs\":{\"x\":");
    add_schema(out, 2);
    buf_add_str(out, ",\"y\":");
    add_schema(out, 1);
    buf_add_str(out, "},");
    add_members(out, 3);
    buf_add_str(out, "}");
}

static bool is_verbose;

static int fail(const char *why, const struct buf *text) {
    fprintf(stderr, "%s\n%s\n", why, text->data);
    return 1;
}

int main(int argc, char **argv) {
    struct buf text;
    unsigned n_refused = 0, n_empty = 0;
    if (argc < 4) return 2;
    is_verbose = argc > 4;
    rng_init(&rng, strtoull(argv[1], NULL, 10));
    unsigned n_schemas = (unsigned)strtoul(argv[2], NULL, 10);
    unsigned n_values = (unsigned)strtoul(argv[3], NULL, 10);
    buf_init(&text, 1 << 20);
    for (unsigned i = 0; i < n_schemas; i++) {
        struct shape_table *table;
        ingle_error err;
        add_document(&text);
        ingle_status status = schema_compile(&table, text.data, text.size, &err);
        bool is_empty = status != INGLE_OK && strstr(err.msg, "no value satisfies");
        n_empty += is_empty;
        if (status != INGLE_OK && status != INGLE_REFUSED) return fail(err.msg, &text);
        if (status != INGLE_OK && !is_empty) {
            n_refused++;
            if (is_verbose) fail(err.msg, &text);
            continue;
        }
        const char *broken = table ? shape_check(table) : NULL;
        if (broken) return fail(broken, &text);
        printf("{\"schema\":%s,\"cases\":[", text.data);
        judge(table, n_values);
        printf("]}\n");
        shape_table_free(table);
    }
    if (n_wrong == 0) printf("\"end\"\n");
    fprintf(stderr, "%u schemas: %u refused, %u without a value, %u without a machine\n", n_schemas,
            n_refused, n_empty, n_machineless);
    buf_clear(&text);
    return n_wrong > 0;
}
