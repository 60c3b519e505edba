/* The tools of a conversation: OpenAI's array of definitions, checked, with the parameters' schemas
 * compiled. Immutable once read, but for what
 * machines borrow. */
#ifndef INGLE_ENGINE_CHAT_TOOLS_H
#define INGLE_ENGINE_CHAT_TOOLS_H

#include "base/json_tree.h"
#include "engine/constraint/machine.h"
#include "engine/constraint/shape.h"

#define TOOLS_MAX 1024
#define TOOL_NAME_MAX 128

struct tool {
    struct json_text name;               /* letters, digits and any of _-.:/ */
    const struct json_value *parameters; /* OBJECT; NULL: it takes none */
    struct shape_table *shapes;          /* of the arguments: objects only */
};

/* A machine over a part of a tool's shapes borrows a table of its own. */
struct shape_view {
    struct shape_table table; /* its shapes are owned, all else is the tool's */
    struct shape_view *next;
};

struct tool_set {
    struct arena arena;
    const struct json_value *list; /* ARRAY of the definitions as they came */
    struct tool *at;
    size_t n;
    struct shape_view *views; /* owned */
};

/* INVALID, naming the tool's number and the field; REFUSED, with the tool's name and the schema's
 * own sentence, for parameters that cannot be held to. */
BASE_NODISCARD ingle_status tool_set_read(struct tool_set **out, const char *json, size_t len,
                                          ingle_error *err);
void tool_set_free(struct tool_set *set);

/* NULL if there is none. */
const struct tool *tool_find(const struct tool_set *set, const char *name, size_t len);

/* Are these, a JSON text, arguments that the tool takes? INVALID, naming the tool and the byte at
 * which they stop being so. */
BASE_NODISCARD ingle_status tool_judge(const struct tool *tool, const char *arguments, size_t len,
                                       ingle_error *err);

/* The JSON texts of the arguments, or of one shape made of parts of the tool's own, as tight as in
 * tight_json.h. The tool, the set must outlive it. */
BASE_NODISCARD ingle_status tool_machine(struct machine **out, const struct tool *tool,
                                         ingle_error *err);
BASE_NODISCARD ingle_status tool_part_machine(struct machine **out, struct tool_set *set,
                                              const struct tool *tool, const struct shape *shape,
                                              ingle_error *err);

/* The schema of a parameter as it stands under "properties"; NULL. */
const struct json_value *tool_parameter(const struct tool *tool, const char *name, size_t len);
/* The name of parameter i in the order of "properties"; NULL past the last. */
const struct json_text *tool_parameter_name(const struct tool *tool, size_t i);

#endif
