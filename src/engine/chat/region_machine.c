/* Calls that are no JSON: f(a=1, b="x"), call:f{a:1}, <function=f>...: the parameters that a tool
 * declares, in the order of the schema's normal form, each with a value under its schema. */
#include <string.h>

#include "engine/chat/answer_machine.h"

#define QUOTE "<|\"|>"
#define CLOSE_PARAMETER "</parameter>"

static compose_part build_nothing(struct builder *b) {
    return compose_choice(b->c, NULL, 0);
}

/* ---- values ---- */

/* JSON texts of one shape of the tool's table, or of its parts. */
static compose_part build_json(struct builder *b, const struct tool *tool,
                               const struct shape *shape) {
    struct machine *m = NULL;
    if (b->status == INGLE_OK)
        build_failed(b, tool_part_machine(&m, b->spec->tools, tool, shape, b->err));
    return compose_machine(b->c, m);
}

/* The strings of a shape as they are, without `end`. */
static compose_part build_raw_strings(struct builder *b, const struct shape *shape,
                                      const char *end) {
    compose_part all = build_nothing(b);
    const size_t len = strlen(end);
    for (size_t i = 0; i < shape->n_strings; i++) {
        const struct string_shape *s = &shape->strings[i];
        struct dfa *without = NULL, *length = NULL, *both = NULL;
        if (b->status == INGLE_OK) build_failed(b, dfa_without(&without, &end, &len, 1, b->err));
        if (b->status == INGLE_OK && !s->texts)
            build_failed(b, dfa_length(&length, s->min, s->max, b->err));
        if (b->status == INGLE_OK) {
            build_failed(b, dfa_and(&both, s->texts ? s->texts : length, without, b->err));
        }
        dfa_free(without);
        dfa_free(length);
        all = build_choice2(b, all, compose_dfa(b->c, both));
    }
    return all;
}

static bool has_others(const struct shape *shape) {
    return shape->literals || shape->n_numbers || shape->n_arrays || shape->n_objects;
}

static compose_part build_xml_value(struct builder *b, const struct tool *tool,
                                    const struct shape *shape) {
    compose_part value = build_raw_strings(b, shape, CLOSE_PARAMETER);
    if (!has_others(shape)) return value;
    struct shape others = *shape;
    others.n_strings = 0;
    return build_choice2(b, value, build_json(b, tool, &others));
}

static compose_part build_gemma_value(struct builder *b, const struct tool *tool,
                                      const struct shape *shape, int depth);

static compose_part build_gemma_slot(struct builder *b, const struct tool *tool,
                                     const struct shape_slot *slot, int depth) {
    compose_part all = build_nothing(b);
    for (size_t i = 0; i < slot->n_options; i++) {
        const struct shape *shape = &tool->shapes->shapes[slot->options[i].shape];
        all = build_choice2(b, all, build_gemma_value(b, tool, shape, depth));
    }
    return all;
}

static compose_part build_gemma_array(struct builder *b, const struct tool *tool,
                                      const struct array_shape *array, int depth) {
    compose_part inside =
        array->min == 0 && array->n_prefix == 0 ? build_text(b, "") : build_nothing(b);
    if (array->n_prefix > 0 || array->max == 0) return build_nothing(b);
    compose_part item = build_gemma_slot(b, tool, &array->rest, depth + 1);
    const compose_part more[] = {build_text(b, ","), item};
    uint32_t min = array->min > 0 ? array->min - 1 : 0;
    uint32_t max = array->max == SHAPE_NO_MAX ? COMPOSE_NO_MAX : array->max - 1;
    const compose_part items[] = {item,
                                  compose_repeat(b->c, compose_sequence(b->c, more, 2), min, max)};
    inside = build_choice2(b, inside, compose_sequence(b->c, items, 2));
    const compose_part all[] = {build_text(b, "["), inside, build_text(b, "]")};
    return compose_sequence(b->c, all, 3);
}

/* ---- objects: declared names in order, optional ones left out or not ---- */

struct syntax {
    const char *separator;
    compose_part (*member)(struct builder *b, const struct tool *tool, const struct json_name *name,
                           const struct shape_slot *slot, int depth);
};

/* From the last name to the first: what may follow when something stands before, and when nothing
 * does. */
static compose_part build_members(struct builder *b, const struct tool *tool,
                                  const struct object_shape *object, const struct syntax *syntax,
                                  int depth) {
    compose_part after_some = build_text(b, ""), after_none = after_some;
    for (size_t i = object->n_classes; i-- > 0;) {
        const struct name_class *class = &object->classes[i];
        if (!class->only.data || class->slot.n_options == 0) continue;
        compose_part member = syntax->member(b, tool, &class->only, &class->slot, depth);
        const compose_part next[] = {build_text(b, syntax->separator), member, after_some};
        compose_part some = compose_sequence(b->c, next, 3);
        compose_part none = compose_sequence(b->c, next + 1, 2);
        bool is_required = class->is_required;
        after_none = is_required ? none : build_choice2(b, none, after_none);
        after_some = is_required ? some : build_choice2(b, some, after_some);
    }
    return after_none;
}

static compose_part build_objects(struct builder *b, const struct tool *tool,
                                  const struct shape *shape, const struct syntax *syntax,
                                  int depth) {
    compose_part all = build_nothing(b);
    for (size_t i = 0; i < shape->n_objects; i++) {
        all = build_choice2(b, all, build_members(b, tool, &shape->objects[i], syntax, depth));
    }
    return all;
}

typedef compose_part (*build_value_fn)(struct builder *b, const struct tool *tool,
                                       const struct shape *shape);

/* Any of a slot's options, each as `build` writes it. */
static compose_part build_options(struct builder *b, const struct tool *tool,
                                  const struct shape_slot *slot, build_value_fn build) {
    compose_part value = build_nothing(b);
    for (size_t i = 0; i < slot->n_options; i++) {
        const struct shape *shape = &tool->shapes->shapes[slot->options[i].shape];
        value = build_choice2(b, value, build(b, tool, shape));
    }
    return value;
}

static compose_part build_python_member(struct builder *b, const struct tool *tool,
                                        const struct json_name *name, const struct shape_slot *slot,
                                        int depth) {
    (void)depth;
    const compose_part parts[] = {compose_text(b->c, name->data, name->len), build_text(b, "="),
                                  build_options(b, tool, slot, build_json)};
    return compose_sequence(b->c, parts, 3);
}

static compose_part build_gemma_member(struct builder *b, const struct tool *tool,
                                       const struct json_name *name, const struct shape_slot *slot,
                                       int depth) {
    const compose_part parts[] = {compose_text(b->c, name->data, name->len), build_text(b, ":"),
                                  build_gemma_slot(b, tool, slot, depth)};
    return compose_sequence(b->c, parts, 3);
}

static compose_part build_xml_member(struct builder *b, const struct tool *tool,
                                     const struct json_name *name, const struct shape_slot *slot,
                                     int depth) {
    (void)depth;
    const compose_part parts[] = {build_text(b, "<parameter="),
                                  compose_text(b->c, name->data, name->len), build_text(b, ">\n"),
                                  build_options(b, tool, slot, build_xml_value),
                                  build_text(b, "\n" CLOSE_PARAMETER "\n")};
    return compose_sequence(b->c, parts, 5);
}

static const struct syntax python = {", ", build_python_member};
static const struct syntax gemma = {",", build_gemma_member};
static const struct syntax xml = {"", build_xml_member};

static compose_part build_gemma_object(struct builder *b, const struct tool *tool,
                                       const struct shape *shape, int depth) {
    const compose_part parts[] = {build_text(b, "{"), build_objects(b, tool, shape, &gemma, depth),
                                  build_text(b, "}")};
    return compose_sequence(b->c, parts, 3);
}

/* Numbers, true, false and null are JSON's; deeper than REGION_DEPTH there is nothing else. */
static compose_part build_gemma_value(struct builder *b, const struct tool *tool,
                                      const struct shape *shape, int depth) {
    compose_part all = build_nothing(b);
    if (shape->literals || shape->n_numbers) {
        struct shape scalars = {
            .literals = shape->literals, .numbers = shape->numbers, .n_numbers = shape->n_numbers};
        all = build_json(b, tool, &scalars);
    }
    if (shape->n_strings > 0) {
        const compose_part quoted[] = {build_marker(b, QUOTE), build_raw_strings(b, shape, QUOTE),
                                       build_marker(b, QUOTE)};
        all = build_choice2(b, all, compose_sequence(b->c, quoted, 3));
    }
    if (depth == REGION_DEPTH) return all;
    for (size_t i = 0; i < shape->n_arrays; i++) {
        all = build_choice2(b, all, build_gemma_array(b, tool, &shape->arrays[i], depth));
    }
    if (shape->n_objects > 0) {
        all = build_choice2(b, all, build_gemma_object(b, tool, shape, depth + 1));
    }
    return all;
}

compose_part build_region_call(struct builder *b, const struct tool *tool) {
    const struct shape *root = &tool->shapes->shapes[tool->shapes->root];
    compose_part name = compose_text(b->c, tool->name.data, tool->name.len);
    if (b->spec->calls == CALLS_GEMMA4) {
        const compose_part parts[] = {build_text(b, "call:"), name,
                                      build_gemma_object(b, tool, root, 0)};
        return compose_sequence(b->c, parts, 3);
    }
    if (b->spec->calls == CALLS_XML) {
        const compose_part parts[] = {build_text(b, "<function="), name, build_text(b, ">\n"),
                                      build_objects(b, tool, root, &xml, 0),
                                      build_text(b, "</function>")};
        return compose_sequence(b->c, parts, 5);
    }
    const compose_part parts[] = {name, build_text(b, "("),
                                  build_objects(b, tool, root, &python, 0), build_text(b, ")")};
    return compose_sequence(b->c, parts, 4);
}
