#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/schema_formula.h"
#include "engine/constraint/schema_raw.h"

#define POINTER_MAX ((size_t)200) /* more is not told */

struct emitter {
    struct schema *c;
    struct shape_table *table;
    uint32_t *used; /* by the compiler's number of an automaton: 1 + that of the table */
};

static void *take(struct emitter *e, size_t count, size_t size) {
    void *data = arena_array(&e->table->arena, count ? count : 1, size);
    if (!data && !schema_failed(e->c)) {
        e->c->status = status_no_memory(e->c->err, "shapes", count * size);
    }
    return data;
}

static const char *copy_text(struct emitter *e, const char *data, size_t len) {
    char *copy = take(e, len + 1, 1);
    if (copy && len) memcpy(copy, data, len);
    return copy;
}

/* The automaton moves to the table. */
static const struct dfa *use(struct emitter *e, uint32_t automaton) {
    struct schema *c = e->c;
    if (automaton == SCHEMA_NONE || schema_failed(c)) return NULL;
    if (e->used[automaton] == 0) {
        size_t n = e->table->n_automata++;
        e->used[automaton] = (uint32_t)n + 1;
        e->table->automata[n] = c->automata[automaton];
        c->automata[automaton] = NULL;
    }
    return e->table->automata[e->used[automaton] - 1];
}

static struct decimal copy_decimal(struct emitter *e, const struct decimal *d) {
    if (!d->data) return (struct decimal){0};
    return (struct decimal){copy_text(e, d->data, d->len), d->len};
}

static const struct decimal *copy_decimals(struct emitter *e, const struct decimal *list,
                                           size_t n) {
    struct decimal *copy = n ? take(e, n, sizeof *copy) : NULL;
    for (size_t i = 0; copy && i < n; i++) copy[i] = copy_decimal(e, &list[i]);
    return copy;
}

static void emit_numbers(struct emitter *e, const struct schema_raw *raw, struct shape *shape) {
    struct number_shape *numbers = take(e, raw->n_numbers, sizeof *numbers);
    if (!numbers) return;
    for (uint32_t i = 0; i < raw->n_numbers; i++) {
        const struct number_shape *from = &raw->numbers[i];
        numbers[i] = *from;
        numbers[i].min = copy_decimal(e, &from->min);
        numbers[i].max = copy_decimal(e, &from->max);
        numbers[i].multiples = copy_decimals(e, from->multiples, from->n_multiples);
        numbers[i].not_multiples = copy_decimals(e, from->not_multiples, from->n_not_multiples);
    }
    shape->numbers = numbers;
    shape->n_numbers = raw->n_numbers;
}

static void emit_strings(struct emitter *e, const struct schema_raw *raw, struct shape *shape) {
    const struct schema_strings *s = raw->strings;
    size_t n = s->n_spans + (s->texts != SCHEMA_NONE);
    struct string_shape *strings = take(e, n, sizeof *strings);
    if (!strings) return;
    for (size_t i = 0; i < s->n_spans; i++) {
        strings[i] = (struct string_shape){.min = s->spans[i].min, .max = s->spans[i].max};
    }
    if (s->texts != SCHEMA_NONE) {
        strings[s->n_spans] = (struct string_shape){.texts = use(e, s->texts), .max = SHAPE_NO_MAX};
    }
    shape->strings = strings;
    shape->n_strings = n;
}

static struct shape_slot emit_slot(struct emitter *e, const struct schema_slot *slot) {
    struct shape_option *options = take(e, slot->n, sizeof *options);
    struct shape_slot out = {.options = options};
    for (uint32_t i = 0; options && i < slot->n; i++) {
        const struct schema_set *set = &e->c->sets[slot->options[i].set];
        if (!set->is_alive) continue;
        options[out.n_options++] = (struct shape_option){set->emitted, slot->options[i].counts};
    }
    return out;
}

static const struct shape_counted *emit_counted(struct emitter *e, const struct schema_list *list) {
    struct shape_counted *counted = take(e, list->n_counted, sizeof *counted);
    if (counted && list->n_counted) {
        memcpy(counted, list->counted, list->n_counted * sizeof *counted);
    }
    return counted;
}

static void emit_array(struct emitter *e, const struct schema_list *list, struct array_shape *out) {
    uint32_t max = schema_max_length(e->c, list);
    uint32_t n_prefix = list->n_prefix < max ? list->n_prefix : max;
    struct shape_slot *prefix = take(e, n_prefix, sizeof *prefix);
    if (!prefix) return;
    for (uint32_t i = 0; i < n_prefix; i++) prefix[i] = emit_slot(e, &list->prefix[i]);
    *out = (struct array_shape){.prefix = prefix,
                                .n_prefix = n_prefix,
                                .min = list->min,
                                .max = max,
                                .counted = emit_counted(e, list),
                                .n_counted = list->n_counted,
                                .is_unique = list->is_unique};
    if (max > n_prefix) out->rest = emit_slot(e, &list->rest);
}

/* Classes without an option go, and their names with them. */
static void emit_object(struct emitter *e, const struct schema_list *list,
                        struct object_shape *out) {
    struct name_class *classes = take(e, list->n_classes, sizeof *classes);
    uint32_t *labels = take(e, (size_t)list->n_classes + 1, sizeof *labels);
    uint32_t n = 0, names = list->names;
    if (!classes || !labels) return;
    for (uint32_t i = 0; i < list->n_classes; i++) {
        const struct schema_class *from = &list->classes[i];
        struct name_class class = {.slot = emit_slot(e, &from->slot),
                                   .is_required = from->is_required};
        if (class.slot.n_options == 0 || from->size == 0) continue;
        if (from->only.data) {
            class.only.data = copy_text(e, from->only.data, from->only.len);
            class.only.len = from->only.len;
        }
        classes[n++] = class;
        labels[i + 1] = n;
    }
    if (n < list->n_classes) names = schema_relabel(e->c, use(e, names), labels);
    *out = (struct object_shape){.names = use(e, names),
                                 .classes = classes,
                                 .n_classes = n,
                                 .min = list->min,
                                 .max = list->max,
                                 .counted = emit_counted(e, list),
                                 .n_counted = list->n_counted};
}

static void emit_lists(struct emitter *e, const struct schema_raw *raw, struct shape *shape) {
    struct array_shape *arrays = take(e, raw->n_arrays, sizeof *arrays);
    struct object_shape *objects = take(e, raw->n_objects, sizeof *objects);
    if (!arrays || !objects) return;
    shape->arrays = arrays;
    shape->objects = objects;
    for (uint32_t i = 0; i < raw->n_arrays && !schema_failed(e->c); i++) {
        if (raw->arrays[i].is_alive) emit_array(e, &raw->arrays[i], &arrays[shape->n_arrays++]);
    }
    for (uint32_t i = 0; i < raw->n_objects && !schema_failed(e->c); i++) {
        if (raw->objects[i].is_alive)
            emit_object(e, &raw->objects[i], &objects[shape->n_objects++]);
    }
}

static void emit_place(struct emitter *e, uint32_t set, struct shape *shape) {
    struct schema *c = e->c;
    uint32_t node = schema_set_place(c, set);
    if (node == SCHEMA_NONE) return;
    struct buf pointer;
    buf_init(&pointer, (size_t)1 << 20);
    schema_add_pointer(c, &pointer, node);
    if (buf_failed(&pointer)) {
        c->status = status_no_memory(c->err, "a JSON pointer", pointer.size);
    } else {
        size_t len = pointer.size < POINTER_MAX ? pointer.size : POINTER_MAX;
        while (len < pointer.size && (pointer.data[len] & 0xc0) == 0x80) len--;
        shape->pointer = copy_text(e, pointer.data, len);
    }
    shape->where = c->nodes[node].value->where;
    buf_clear(&pointer);
}

/* Every automaton in use may move, and every object may need one more. */
static bool make_room(struct emitter *e, const struct schema_ids *sets) {
    struct schema *c = e->c;
    size_t n = c->n_automata;
    for (uint32_t i = 0; i < sets->n; i++) n += c->sets[sets->data[i]].raw->n_objects;
    e->used = schema_alloc(c, n + 1, sizeof *e->used);
    e->table->automata = mem_calloc(n + 1, sizeof(struct dfa *));
    e->table->shapes = mem_calloc((size_t)sets->n + 1, sizeof *e->table->shapes);
    if (!e->used) return false;
    if (e->table->automata && e->table->shapes) return true;
    c->status = status_no_memory(c->err, "shapes", (n + 1) * sizeof(struct dfa *));
    return false;
}

void schema_emit(struct schema *c, uint32_t root, const struct schema_ids *sets,
                 struct shape_table *table) {
    struct emitter e = {.c = c, .table = table};
    struct schema_ids order = {0};
    if (!make_room(&e, sets)) return;
    table->n_shapes = 1;
    for (uint32_t i = 0; i < sets->n; i++) {
        struct schema_set *set = &c->sets[sets->data[i]];
        if (!set->is_alive) continue;
        schema_add_id(c, &order, sets->data[i]);
        set->emitted = (shape_id)table->n_shapes++;
    }
    for (uint32_t i = 0; i < order.n && !schema_failed(c); i++) {
        const struct schema_raw *raw = c->sets[order.data[i]].raw;
        struct shape *shape = &table->shapes[i + 1];
        shape->literals = raw->literals;
        emit_place(&e, order.data[i], shape);
        if (!schema_failed(c)) emit_numbers(&e, raw, shape);
        if (!schema_failed(c)) emit_strings(&e, raw, shape);
        if (!schema_failed(c)) emit_lists(&e, raw, shape);
    }
    table->root = c->sets[root].emitted;
}
