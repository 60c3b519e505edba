#include "engine/chat/tools.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "engine/chat/json_out.h"
#include "engine/chat/tight_json.h"
#include "engine/constraint/json_machine.h"
#include "engine/constraint/schema.h"

#define TOOLS_MAX_SIZE ((size_t)16 << 20) /* bytes of all definitions */

static ingle_status wrong(size_t i, const struct json_value *at, const char *field,
                          const char *rule, ingle_error *err) {
    return status_set(err, INGLE_INVALID, at->where, "Tool %zu: %s %s.", i, field, rule);
}

static bool is_name(struct json_text name) {
    static const char others[] = "_-.:/";
    if (name.len == 0 || name.len > TOOL_NAME_MAX) return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i], lower = (char)(c | 0x20);
        bool is_word = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
        if (!is_word && (c == '\0' || !strchr(others, c))) return false;
    }
    return true;
}

static ingle_status check(const struct json_value *value, size_t i, const struct json_value **out,
                          ingle_error *err) {
    *out = NULL;
    if (value->kind != JSON_OBJECT) return wrong(i, value, "it", "must be an object", err);
    const struct json_value *type = json_member(value, "type"),
                            *function = json_member(value, "function");
    if (!type || type->kind != JSON_STRING || !json_text_is(&type->text, "function")) {
        return wrong(i, type ? type : value, "type", "must be \"function\"", err);
    }
    if (!function || function->kind != JSON_OBJECT) {
        return wrong(i, function ? function : value, "function", "must be an object", err);
    }
    const struct json_value *name = json_member(function, "name"),
                            *about = json_member(function, "description"),
                            *parameters = json_member(function, "parameters");
    if (!name || name->kind != JSON_STRING || !is_name(name->text)) {
        return wrong(i, name ? name : function, "function.name",
                     "must be 1 to 128 letters, digits or any of _-.:/", err);
    }
    if (about && about->kind != JSON_STRING && about->kind != JSON_NULL) {
        return wrong(i, about, "function.description", "must be a string", err);
    }
    if (parameters && parameters->kind != JSON_OBJECT && parameters->kind != JSON_NULL) {
        return wrong(i, parameters, "function.parameters", "must be a JSON Schema, an object", err);
    }
    *out = function;
    return INGLE_OK;
}

/* Arguments are an object, whatever else the schema would let pass. */
static ingle_status only_objects(struct tool *tool, ingle_error *err) {
    struct shape_table *table = tool->shapes;
    assert(table);
    const struct shape *root = &table->shapes[table->root];
    if (root->n_objects == 0) {
        return status_set(err, INGLE_REFUSED, 0,
                          "The parameters allow no object, but arguments are one.");
    }
    size_t n = table->n_shapes;
    struct shape *shapes = mem_realloc(table->shapes, (n + 1) * sizeof *shapes);
    if (!shapes) return status_no_memory(err, "the shapes of a tool", (n + 1) * sizeof *shapes);
    table->shapes = shapes;
    shapes[n] = (struct shape){.objects = shapes[table->root].objects,
                               .n_objects = shapes[table->root].n_objects};
    table->n_shapes = n + 1;
    table->root = (shape_id)n;
    return INGLE_OK;
}

static ingle_status compile(struct tool *tool, ingle_error *err) {
    static const char none[] = "{\"type\": \"object\", \"additionalProperties\": false}";
    struct buf text;
    ingle_error why;
    buf_init(&text, TOOLS_MAX_SIZE);
    if (tool->parameters) {
        json_out_value(&text, tool->parameters);
    } else {
        buf_add_str(&text, none);
    }
    ingle_status status = buf_failed(&text)
                              ? status_no_memory(&why, "a tool's parameters", text.size)
                              : schema_compile(&tool->shapes, text.data, text.size, &why);
    buf_clear(&text);
    if (status == INGLE_OK) status = only_objects(tool, &why);
    if (status == INGLE_OK) status = json_machine_supports(tool->shapes, &why);
    if (status == INGLE_OK) return INGLE_OK;
    if (status == INGLE_NO_MEMORY) {
        return status_no_memory(err, "the schema of a tool", TOOLS_MAX_SIZE);
    }
    return status_set(err, status, 0, "Tool '%.60s': %s", tool->name.data, why.msg);
}

static ingle_status read_tools(struct tool_set *set, ingle_error *err) {
    for (size_t i = 0; i < set->list->n; i++) {
        const struct json_value *function;
        INGLE_TRY(check(&set->list->items[i], i, &function, err));
        assert(function);
        struct json_text name = json_member(function, "name")->text;
        if (tool_find(set, name.data, name.len)) {
            return wrong(i, function, "function.name", "is that of an earlier tool", err);
        }
        const struct json_value *parameters = json_member(function, "parameters");
        bool has_any = parameters && parameters->kind == JSON_OBJECT;
        set->at[i] = (struct tool){.name = name, .parameters = has_any ? parameters : NULL};
        set->n = i + 1;
        INGLE_TRY(compile(&set->at[i], err));
    }
    return INGLE_OK;
}

static ingle_status read_set(struct tool_set *set, const char *json, size_t len, ingle_error *err) {
    arena_init(&set->arena, 64 * TOOLS_MAX_SIZE);
    if (len > TOOLS_MAX_SIZE) {
        return status_set(err, INGLE_LIMIT, 0, "The tools are %zu bytes long; %zu is the limit.",
                          len, TOOLS_MAX_SIZE);
    }
    INGLE_TRY(json_tree_parse(&set->list, &set->arena, json, len, "The text of the tools", err));
    if (set->list->kind != JSON_ARRAY) {
        return status_set(err, INGLE_INVALID, set->list->where,
                          "The tools must be a JSON array of definitions.");
    }
    if (set->list->n > TOOLS_MAX) {
        return status_set(err, INGLE_LIMIT, 0, "There are %zu tools; %d is the limit.",
                          set->list->n, TOOLS_MAX);
    }
    set->at = arena_array(&set->arena, set->list->n, sizeof *set->at);
    if (!set->at) return status_no_memory(err, "the tools", set->list->n * sizeof *set->at);
    return read_tools(set, err);
}

ingle_status tool_set_read(struct tool_set **out, const char *json, size_t len, ingle_error *err) {
    *out = NULL;
    struct tool_set *set = mem_calloc(1, sizeof *set);
    if (!set) return status_no_memory(err, "the tools", sizeof *set);
    ingle_status status = read_set(set, json, len, err);
    if (status != INGLE_OK) {
        tool_set_free(set);
        return status;
    }
    *out = set;
    return INGLE_OK;
}

void tool_set_free(struct tool_set *set) {
    if (!set) return;
    for (size_t i = 0; i < set->n; i++) shape_table_free(set->at[i].shapes);
    while (set->views) {
        struct shape_view *next = set->views->next;
        mem_free(set->views->table.shapes);
        mem_free(set->views);
        set->views = next;
    }
    arena_clear(&set->arena);
    mem_free(set);
}

const struct tool *tool_find(const struct tool_set *set, const char *name, size_t len) {
    for (size_t i = 0; i < set->n; i++) {
        if (set->at[i].name.len == len && memcmp(set->at[i].name.data, name, len) == 0) {
            return &set->at[i];
        }
    }
    return NULL;
}

ingle_status tool_judge(const struct tool *tool, const char *arguments, size_t len,
                        ingle_error *err) {
    struct machine *m;
    INGLE_TRY(json_machine_new(&m, tool->shapes, err));
    machine_state state = m->start;
    size_t at = 0;
    while (at < len && state != MACHINE_DEAD) {
        state = m->ops->step(m, state, (uint8_t)arguments[at]);
        if (state != MACHINE_DEAD) at++;
    }
    bool fits = state != MACHINE_DEAD && m->ops->accepts(m, state), failed = m->failed;
    machine_free(m);
    if (failed) return status_no_memory(err, "judging a call", len);
    if (fits) return INGLE_OK;
    return status_set(err, INGLE_INVALID, at,
                      "The model called '%.60s' with arguments that its schema does not allow, "
                      "from byte %zu of them on.",
                      tool->name.data, at);
}

static ingle_status make_machine(struct machine **out, const struct shape_table *table,
                                 ingle_error *err) {
    struct machine *json;
    *out = NULL;
    INGLE_TRY(json_machine_new(&json, table, err));
    return tight_json_new(out, json, err);
}

ingle_status tool_machine(struct machine **out, const struct tool *tool, ingle_error *err) {
    return make_machine(out, tool->shapes, err);
}

ingle_status tool_part_machine(struct machine **out, struct tool_set *set, const struct tool *tool,
                               const struct shape *shape, ingle_error *err) {
    const struct shape_table *whole = tool->shapes;
    size_t n = whole->n_shapes;
    *out = NULL;
    struct shape_view *view = mem_calloc(1, sizeof *view);
    struct shape *shapes = view ? mem_alloc((n + 1) * sizeof *shapes) : NULL;
    if (!shapes) {
        mem_free(view);
        return status_no_memory(err, "the shapes of a tool", n * sizeof *shapes);
    }
    memcpy(shapes, whole->shapes, n * sizeof *shapes);
    shapes[n] = *shape;
    view->table = (struct shape_table){.shapes = shapes,
                                       .n_shapes = n + 1,
                                       .automata = whole->automata,
                                       .n_automata = whole->n_automata,
                                       .root = (shape_id)n};
    view->next = set->views;
    set->views = view;
    return make_machine(out, &view->table, err);
}

static const struct json_value *properties_of(const struct tool *tool) {
    const struct json_value *all =
        tool->parameters ? json_member(tool->parameters, "properties") : NULL;
    return all && all->kind == JSON_OBJECT ? all : NULL;
}

const struct json_value *tool_parameter(const struct tool *tool, const char *name, size_t len) {
    const struct json_value *all = properties_of(tool);
    for (size_t i = 0; all && i < all->n; i++) {
        const struct json_text *other = &all->members[i].name;
        if (other->len == len && memcmp(other->data, name, len) == 0) return &all->members[i].value;
    }
    return NULL;
}

const struct json_text *tool_parameter_name(const struct tool *tool, size_t i) {
    const struct json_value *all = properties_of(tool);
    return all && i < all->n ? &all->members[i].name : NULL;
}
