#include "unit/constraint/shape_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"

static const char *const texts[] = {"", "a", "b", "ab", "\xc3\xa9", "\n"};
static const char *const numbers[] = {"0", "1", "2", "3", "-1", "1.5", "10", "0.5", "25e-1", "1e1"};

struct builder {
    struct shape_table *table;
    struct rng *r;
};

static uint32_t below(struct builder *b, uint32_t n) {
    return rng_below(b->r, n);
}

static void *make(struct builder *b, size_t n, size_t size) {
    void *data = arena_array(&b->table->arena, n, size);
    if (!data) abort();
    return data;
}

static const struct dfa *keep(struct builder *b, ingle_status status, struct dfa **d) {
    if (status != INGLE_OK) abort();
    b->table->automata[b->table->n_automata++] = *d;
    return *d;
}

/* Some of the texts; labels in the order of the list. */
static const struct dfa *some_texts(struct builder *b, const char **list, uint32_t n) {
    size_t lens[BASE_COUNT(texts)];
    struct dfa *d;
    for (uint32_t i = 0; i < n; i++) lens[i] = strlen(list[i]);
    return keep(b, dfa_texts(&d, list, lens, n, NULL), &d);
}

static uint32_t choose(struct builder *b, const char **list) {
    uint32_t n = 0;
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        if (below(b, 2)) list[n++] = texts[i];
    }
    return n;
}

static struct decimal random_number(struct builder *b) {
    const char *text = numbers[below(b, BASE_COUNT(numbers))];
    return (struct decimal){text, strlen(text)};
}

static void add_numbers(struct builder *b, struct shape *s) {
    static const struct decimal steps[] = {{"1", 1}, {"0.5", 3}, {"2", 1}, {"3", 1}, {"0.25", 4}};
    struct number_shape *n = make(b, 1, sizeof *n);
    if (below(b, 2)) n->min = random_number(b);
    if (below(b, 2)) n->max = random_number(b);
    if (below(b, 4) == 0) n->max = n->min;
    n->above_min = below(b, 4) == 0;
    n->below_max = below(b, 4) == 0;
    n->multiples = &steps[below(b, 4)];
    n->n_multiples = below(b, 2);
    n->not_multiples = &steps[below(b, 3)];
    n->n_not_multiples = below(b, 4) ? 0 : below(b, 3);
    s->numbers = n;
    s->n_numbers = 1;
}

static uint32_t some_kind(uint32_t label_a, uint32_t label_b, void *user) {
    (void)user;
    return label_a ? label_a : label_b ? 100 : 0;
}

static void add_strings(struct builder *b, struct shape *s) {
    struct string_shape *strings = make(b, 2, sizeof *strings);
    const char *list[BASE_COUNT(texts)];
    s->strings = strings;
    s->n_strings = 1 + below(b, 2);
    for (size_t i = 0; i < s->n_strings; i++) {
        strings[i].max = SHAPE_NO_MAX;
        if (below(b, 2)) {
            strings[i].min = below(b, 3);
            if (below(b, 2)) strings[i].max = below(b, 3);
            continue;
        }
        uint32_t n = choose(b, list);
        strings[i].texts = some_texts(b, list, n);
        if (below(b, 3)) continue;
        struct dfa *d;
        strings[i].texts = keep(b, dfa_not(&d, strings[i].texts, NULL), &d);
    }
}

static struct shape_slot random_slot(struct builder *b, bool counts) {
    uint32_t n = 1 + below(b, 2);
    if (below(b, 12) == 0) n = 0;
    struct shape_option *options = make(b, 2, sizeof *options);
    for (uint32_t i = 0; i < n; i++) {
        options[i].shape = 1 + below(b, (uint32_t)b->table->n_shapes - 1);
        if (counts) options[i].counts = (uint8_t)below(b, 4);
    }
    return (struct shape_slot){.options = options, .n_options = n};
}

static uint32_t random_max(struct builder *b) {
    return below(b, 2) ? SHAPE_NO_MAX : below(b, 4);
}

static const struct shape_counted *random_counted(struct builder *b, size_t n) {
    struct shape_counted *counted = make(b, 2, sizeof *counted);
    for (size_t i = 0; i < n; i++) {
        counted[i].min = below(b, 3);
        counted[i].max = random_max(b);
    }
    return counted;
}

static void add_arrays(struct builder *b, struct shape *s) {
    struct array_shape *a = make(b, 1, sizeof *a);
    struct shape_slot *prefix = make(b, 2, sizeof *prefix);
    a->n_counted = below(b, 3) ? 0 : 1 + below(b, 2);
    a->counted = random_counted(b, a->n_counted);
    a->n_prefix = below(b, 3);
    for (size_t i = 0; i < a->n_prefix; i++) prefix[i] = random_slot(b, a->n_counted > 0);
    a->prefix = prefix;
    a->rest = random_slot(b, a->n_counted > 0);
    a->min = below(b, 3);
    a->max = random_max(b);
    a->is_unique = below(b, 3) == 0;
    s->arrays = a;
    s->n_arrays = 1;
}

/* Some names of their own, and perhaps all others, or the rest of a few, as one class. */
static void add_objects(struct builder *b, struct shape *s) {
    struct object_shape *o = make(b, 1, sizeof *o);
    const char *list[BASE_COUNT(texts)];
    uint32_t n = choose(b, list);
    struct name_class *classes = make(b, n + 2, sizeof *classes);
    struct dfa *d;
    o->names = some_texts(b, list, n);
    o->n_counted = below(b, 4) == 0;
    o->counted = random_counted(b, o->n_counted);
    o->n_classes = n;
    for (uint32_t i = 0; i < n; i++) {
        classes[i].slot = random_slot(b, o->n_counted > 0);
        classes[i].only.data = list[i];
        classes[i].only.len = strlen(list[i]);
        classes[i].is_required = below(b, 3) == 0;
    }
    uint32_t others = below(b, 3);
    if (others) {
        const struct dfa *rest;
        const char *few[] = {"a", "b", "c", "cc"};
        size_t lens[] = {1, 1, 1, 2};
        uint32_t label = n + 1;
        if (others == 1) {
            rest = keep(b, dfa_any(&d, NULL), &d);
        } else {
            rest = keep(b, dfa_texts(&d, few, lens, 4, NULL), &d);
        }
        o->names = keep(b, dfa_product(&d, o->names, rest, false, some_kind, NULL, NULL), &d);
        for (uint32_t i = 0; i <= d->n_states; i++) {
            if (d->labels[i] == 100) d->labels[i] = label;
        }
        classes[n].slot = random_slot(b, o->n_counted > 0);
        o->n_classes = n + 1;
    }
    o->classes = classes;
    o->min = below(b, 3);
    o->max = random_max(b);
    s->objects = o;
    s->n_objects = 1;
}

struct shape_table *shape_build_random(struct rng *r) {
    struct shape_table *table = mem_calloc(1, sizeof *table);
    struct builder b = {.table = table, .r = r};
    if (!table) abort();
    arena_init(&table->arena, 1 << 20);
    table->n_shapes = 2 + below(&b, 5);
    table->shapes = mem_calloc(table->n_shapes, sizeof *table->shapes);
    table->automata = mem_calloc(64, sizeof(void *));
    if (!table->shapes || !table->automata) abort();
    table->root = 1;
    for (size_t i = 1; i < table->n_shapes; i++) {
        struct shape *s = &table->shapes[i];
        bool is_leaf = i > 1 && below(&b, 2);
        if (below(&b, 3) == 0) s->literals = below(&b, 8);
        if (below(&b, 2)) add_numbers(&b, s);
        if (below(&b, 2)) add_strings(&b, s);
        if (!is_leaf && below(&b, 3)) add_arrays(&b, s);
        if (!is_leaf && below(&b, 3)) add_objects(&b, s);
    }
    return table;
}

static void put_space(struct rng *r, struct buf *out) {
    while (rng_below(r, 8) == 0) buf_add(out, &" \n\t\r"[rng_below(r, 4)], 1);
}

static void put_string(struct rng *r, struct buf *out) {
    static const char *const spelled[] = {"a",
                                          "b",
                                          "ab",
                                          "",
                                          "\xc3\xa9",
                                          "\\n",
                                          "c",
                                          "\\u0061",
                                          "\\u00e9",
                                          "aa",
                                          "cc",
                                          "\\u000A",
                                          "\xe2\x82\xac",
                                          "a\\u0062",
                                          "\\ud83d\\ude00",
                                          "\\/",
                                          "\\\"",
                                          "ba"};
    uint32_t n = rng_below(r, 3) ? 11 : (uint32_t)BASE_COUNT(spelled);
    buf_addf(out, "\"%s\"", spelled[rng_below(r, n)]);
}

static void put_number(struct rng *r, struct buf *out) {
    static const char *const spelled[] = {"0",   "1",    "2",     "3",  "-1",    "1.5", "10",
                                          "0.5", "2.5",  "1.0",   "-0", "10e-1", "1E1", "0.0",
                                          "4",   "0.25", "15e-1", "12", "2e0",   "100"};
    buf_add_str(out, spelled[rng_below(r, BASE_COUNT(spelled))]);
}

static void put_value(struct rng *r, struct buf *out, int depth) {
    static const char *const literals[] = {"null", "false", "true"};
    uint32_t kind = rng_below(r, depth == 0 ? 3 : 8);
    put_space(r, out);
    if (kind == 0) {
        buf_add_str(out, literals[rng_below(r, 3)]);
    } else if (kind == 1) {
        put_number(r, out);
    } else if (kind == 2) {
        put_string(r, out);
    } else {
        bool is_array = kind < 5;
        uint32_t n = rng_below(r, 4);
        buf_add_str(out, is_array ? "[" : "{");
        for (uint32_t i = 0; i < n; i++) {
            if (i) buf_add_str(out, ",");
            put_space(r, out);
            if (!is_array) {
                put_string(r, out);
                put_space(r, out);
                buf_add_str(out, ":");
            }
            put_value(r, out, depth - 1);
        }
        put_space(r, out);
        buf_add_str(out, is_array ? "]" : "}");
    }
    put_space(r, out);
}

void shape_build_text(struct rng *r, struct buf *out) {
    static const char bytes[] = "\"\\{}[],:0123.e-aub \xc3\xa9n\x01\xff";
    put_value(r, out, 2);
    if (out->size && rng_below(r, 8) == 0) {
        out->data[rng_below(r, (uint32_t)out->size)] = bytes[rng_below(r, sizeof bytes - 1)];
    }
}
