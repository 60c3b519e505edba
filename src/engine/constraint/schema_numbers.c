/* Numbers. All bounds and constants that a set mentions cut the line into points and gaps; all its
 * divisors ask questions that are independent of these. Within a gap the set is a truth table over
 * the divisors (one bit for each pattern of answers), on a point it is true or false. Neighbours
 * with the same table are one piece, and each piece becomes a few alternatives. */
#include <stdlib.h>

#include "engine/constraint/decimal.h"
#include "engine/constraint/schema_raw.h"

#define MAX_DIVISORS 6
#define MAX_NUMBERS 1024u

struct axis {
    struct decimal *edges; /* sorted, different */
    uint32_t n_edges, edges_cap;
    struct decimal divisors[MAX_DIVISORS];
    uint32_t n_divisors;
    /* The question of this turn: */
    uint32_t region;  /* 2 i + 1: on edges[i]; 2 i: in the gap before it */
    unsigned pattern; /* bit i: a multiple of divisors[i] */
};

static const struct decimal one = {"1", 1};

static struct decimal decimal_of(const struct json_value *value) {
    return (struct decimal){value->text.data, value->text.len};
}

/* ---- which numbers a set mentions ---- */

static void add_edge(struct schema *c, struct axis *x, const struct json_value *value) {
    if (value->kind != JSON_NUMBER) return;
    struct decimal d = decimal_of(value);
    if (!decimal_is_modest(&d)) {
        schema_refuse(c, "a number of so many digits is not supported");
        return;
    }
    struct decimal *edges = schema_grow(c, x->edges, x->n_edges, &x->edges_cap, sizeof *edges);
    if (!edges) return;
    x->edges = edges;
    edges[x->n_edges++] = d;
}

static void add_divisor(struct schema *c, struct axis *x, const struct decimal *d) {
    for (uint32_t i = 0; i < x->n_divisors; i++) {
        if (decimal_compare(&x->divisors[i], d) == 0) return;
    }
    if (!decimal_is_modest(d)) {
        schema_refuse(c, "a number of so many digits is not supported");
    } else if (x->n_divisors == MAX_DIVISORS) {
        schema_refuse(c, "too many different divisors for one number");
    } else {
        x->divisors[x->n_divisors++] = *d;
    }
}

static void collect_member(struct schema *c, struct axis *x, const struct json_member *member) {
    static const char *const bounds[] = {"minimum", "maximum", "exclusiveMinimum",
                                         "exclusiveMaximum", "const"};
    const struct json_value *value = &member->value;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        if (json_text_is(&member->name, bounds[i])) add_edge(c, x, value);
    }
    if (json_text_is(&member->name, "enum")) {
        for (size_t i = 0; i < value->n; i++) add_edge(c, x, &value->items[i]);
    }
    if (json_text_is(&member->name, "type") && schema_type_allows(value, "integer")) {
        add_divisor(c, x, &one);
    }
    if (json_text_is(&member->name, "multipleOf")) {
        struct decimal d = decimal_of(value);
        add_divisor(c, x, &d);
    }
}

static void collect_site(struct schema *c, uint32_t site, void *user) {
    if (schema_failed(c) || site == SCHEMA_NONE || c->sites[site].collect_turn == c->turn) return;
    c->sites[site].collect_turn = c->turn;
    struct schema_at before;
    uint32_t node = c->sites[site].node;
    if (schema_enter(c, node, &before)) {
        const struct json_value *schema = c->nodes[node].value;
        for (size_t i = 0; i < schema->n; i++) {
            const struct schema_keyword *keyword = schema_keyword_find(&schema->members[i].name);
            c->at_key = keyword ? keyword->name : NULL;
            if (keyword) collect_member(c, user, &schema->members[i]);
        }
        schema_each_in_place(c, site, collect_site, user);
    }
    schema_leave(c, &before);
}

static void collect_literal(struct schema *c, struct axis *x, schema_literal literal) {
    if (literal < 2 || schema_failed(c)) return;
    struct schema_condition condition = c->conditions[literal / 2 - 1];
    if (condition.kind == CONDITION_SITE) collect_site(c, condition.site, x);
    if (condition.kind == CONDITION_VALUE) add_edge(c, x, condition.value);
    for (size_t i = 0; i < condition.n_some; i++) collect_literal(c, x, condition.some[i]);
}

static int by_size(const void *a, const void *b) {
    return decimal_compare(a, b);
}

static void collect(struct schema *c, struct axis *x, const struct schema_set *set) {
    c->turn++;
    for (size_t i = 0; i < set->n; i++) collect_literal(c, x, set->literals[i]);
    if (x->n_edges == 0) return;
    qsort(x->edges, x->n_edges, sizeof *x->edges, by_size);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < x->n_edges; i++) {
        if (kept && decimal_compare(&x->edges[kept - 1], &x->edges[i]) == 0) continue;
        x->edges[kept++] = x->edges[i];
    }
    x->n_edges = kept;
}

/* ---- what the set says in one region, for one pattern: an element is 0 or 1 ---- */

static uint32_t region_of(const struct axis *x, const struct json_value *value) {
    struct decimal d = decimal_of(value);
    uint32_t low = 0, high = x->n_edges;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        int order = decimal_compare(&x->edges[mid], &d);
        if (order == 0) return 2 * mid + 1;
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return 2 * low; /* not reached: every number was collected */
}

static bool is_divided(const struct axis *x, const struct decimal *d) {
    for (uint32_t i = 0; i < x->n_divisors; i++) {
        if (decimal_compare(&x->divisors[i], d) == 0) return x->pattern >> i & 1;
    }
    return false;
}

static uintptr_t number_equal(struct schema *c, const void *user, const struct json_value *value) {
    const struct axis *x = user;
    if (value->kind != JSON_NUMBER || x->region % 2 == 0) return 0;
    (void)c;
    struct decimal d = decimal_of(value);
    return decimal_compare(&x->edges[x->region / 2], &d) == 0;
}

/* In draft-04 these say of the bound beside them whether it is one of the numbers. */
static bool is_edge(const struct json_value *schema, const char *name) {
    const struct json_value *value = json_member(schema, name);
    return value && value->kind == JSON_TRUE;
}

static uintptr_t number_keyword(struct schema *c, const void *user, const struct json_value *schema,
                                const struct json_member *member) {
    const struct axis *x = user;
    const struct json_value *value = &member->value;
    const struct json_text *name = &member->name;
    if (json_text_is(name, "type")) {
        return schema_type_allows(value, "number") ||
               (schema_type_allows(value, "integer") && is_divided(x, &one));
    }
    if (json_text_is(name, "enum")) {
        uintptr_t found = 0;
        schema_step(c, x->region % 2 ? value->n : 0);
        for (size_t i = 0; i < value->n && !found && x->region % 2; i++) {
            found = number_equal(c, user, &value->items[i]);
        }
        return found;
    }
    if (json_text_is(name, "minimum")) {
        return x->region >= region_of(x, value) + is_edge(schema, "exclusiveMinimum");
    }
    if (json_text_is(name, "maximum")) {
        return x->region + is_edge(schema, "exclusiveMaximum") <= region_of(x, value);
    }
    if (value->kind != JSON_NUMBER) return 1; /* exclusiveMinimum of draft-04 */
    if (json_text_is(name, "exclusiveMinimum")) return x->region > region_of(x, value);
    if (json_text_is(name, "exclusiveMaximum")) return x->region < region_of(x, value);
    if (json_text_is(name, "multipleOf")) {
        struct decimal d = decimal_of(value);
        return is_divided(x, &d);
    }
    return 1;
}

static uintptr_t meet(struct schema *c, uintptr_t a, uintptr_t b) {
    (void)c;
    return a & b;
}

static uintptr_t join(struct schema *c, uintptr_t a, uintptr_t b) {
    (void)c;
    return a | b;
}

static uintptr_t negate(struct schema *c, uintptr_t a) {
    (void)c;
    return !a;
}

static bool truth(struct schema *c, const struct axis *x, const struct schema_set *set) {
    struct schema_algebra algebra = {
        .kind = ALGEBRA_NUMBERS,
        .all = 1,
        .both = meet,
        .either = join,
        .complement = negate,
        .keyword = number_keyword,
        .equal = number_equal,
        .user = x,
        .turn = ++c->turn,
    };
    return schema_evaluate_set(c, &algebra, set) != 0;
}

static unsigned pattern_of(const struct axis *x, const struct decimal *d) {
    unsigned pattern = 0;
    for (uint32_t i = 0; i < x->n_divisors; i++) {
        if (decimal_is_multiple(d, &x->divisors[i])) pattern |= 1u << i;
    }
    return pattern;
}

/* ---- pieces to alternatives ---- */

struct piece {
    struct decimal min, max;
    bool above_min, below_max;
};

struct writer {
    struct schema *c;
    const struct axis *axis;
    struct schema_raw *raw;
    uint32_t cap;
    struct number_shape shape; /* the piece at work */
    struct decimal multiples[MAX_DIVISORS], not_multiples[MAX_DIVISORS];
};

static const struct decimal *copy_list(struct schema *c, const struct decimal *list, size_t n) {
    struct decimal *copy = n ? schema_alloc(c, n, sizeof *copy) : NULL;
    for (size_t i = 0; copy && i < n; i++) copy[i] = list[i];
    return copy;
}

static void write_shape(struct writer *w) {
    struct schema *c = w->c;
    struct number_shape shape = w->shape;
    uint32_t count;
    shape.multiples = w->multiples;
    shape.not_multiples = w->not_multiples;
    if (!decimal_count(&count, &shape, 1, NULL, &c->arena)) {
        schema_refuse(c, "whether a number fits all of its bounds and divisors is not known");
    }
    if (schema_failed(c) || count == 0) return;
    struct number_shape *list =
        schema_grow(c, w->raw->numbers, w->raw->n_numbers, &w->cap, sizeof *list);
    if (!list) return;
    shape.multiples = copy_list(c, w->multiples, shape.n_multiples);
    shape.not_multiples = copy_list(c, w->not_multiples, shape.n_not_multiples);
    w->raw->numbers = list;
    list[w->raw->n_numbers++] = shape;
    if (w->raw->n_numbers > MAX_NUMBERS) schema_refuse(c, "it lists too many numbers");
}

/* The patterns of the first n divisors for which the table is true; the others are settled. */
static void write_cubes(struct writer *w, uint64_t table, uint32_t n) {
    if (table == 0 || schema_failed(w->c)) return;
    if (n == 0) {
        write_shape(w);
        return;
    }
    uint32_t half = 1u << (n - 1);
    uint64_t mask = ((uint64_t)1 << half) - 1, low = table & mask, high = table >> half;
    if (low == high) {
        write_cubes(w, low, n - 1);
        return;
    }
    w->multiples[w->shape.n_multiples++] = w->axis->divisors[n - 1];
    write_cubes(w, high, n - 1);
    w->shape.n_multiples--;
    w->not_multiples[w->shape.n_not_multiples++] = w->axis->divisors[n - 1];
    write_cubes(w, low, n - 1);
    w->shape.n_not_multiples--;
}

static void write_piece(struct writer *w, const struct piece *piece, uint64_t table) {
    w->shape = (struct number_shape){.min = piece->min,
                                     .max = piece->max,
                                     .above_min = piece->above_min,
                                     .below_max = piece->below_max};
    write_cubes(w, table, w->axis->n_divisors);
}

static void write_point(struct writer *w, const struct decimal *point) {
    w->shape = (struct number_shape){.min = *point, .max = *point};
    write_shape(w);
}

static uint64_t gap_table(struct schema *c, struct axis *x, const struct schema_set *set) {
    uint64_t table = 0;
    for (x->pattern = 0; x->pattern < 1u << x->n_divisors; x->pattern++) {
        if (truth(c, x, set)) table |= (uint64_t)1 << x->pattern;
    }
    return table;
}

void schema_numbers(struct schema *c, const struct schema_set *set, struct schema_raw *raw) {
    struct axis x = {0};
    collect(c, &x, set);
    struct writer w = {.c = c, .axis = &x, .raw = raw};
    struct piece piece = {{0}, {0}, false, false};
    x.region = 0;
    uint64_t table = gap_table(c, &x, set);
    for (uint32_t i = 0; i < x.n_edges && !schema_failed(c); i++) {
        const struct decimal *edge = &x.edges[i];
        x.region = 2 * i + 1;
        unsigned pattern = x.pattern = pattern_of(&x, edge);
        bool is_in = truth(c, &x, set);
        x.region++;
        uint64_t next = gap_table(c, &x, set);
        bool joins_before = (table >> pattern & 1) == is_in;
        bool joins_after = (next >> pattern & 1) == is_in;
        if (joins_before && joins_after && table == next) continue;
        bool is_before = is_in && joins_before, is_after = is_in && joins_after && !is_before;
        piece.max = *edge;
        piece.below_max = !is_before;
        write_piece(&w, &piece, table);
        if (is_in && !is_before && !is_after) write_point(&w, edge);
        piece = (struct piece){*edge, {0}, !is_after, false};
        table = next;
    }
    piece.max = (struct decimal){0};
    piece.below_max = false;
    write_piece(&w, &piece, table);
}
