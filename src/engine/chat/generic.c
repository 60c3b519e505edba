/* Tools for models whose template knows none: they are told in words what the answer, which is held
 * to that form, may be. */
#include "engine/chat/json_out.h"
#include "engine/chat/render.h"

void generic_instructions(struct buf *out, const struct tool_set *tools, bool has_many) {
    buf_add_str(out, "You can call these tools:\n");
    for (size_t i = 0; i < tools->list->n; i++) {
        const struct json_value *function = json_member(&tools->list->items[i], "function");
        json_out_value(out, function);
        buf_add_str(out, "\n");
    }
    buf_add_str(out, "Answer in JSON. To call a tool: {\"tool_call\": {\"name\": \"...\", "
                     "\"arguments\": {...}}}");
    if (has_many) {
        buf_add_str(out, "\nTo call several: {\"tool_calls\": [{\"name\": \"...\", \"arguments\": "
                         "{...}}, ...]}");
    }
    buf_add_str(out, "\nTo answer without a tool: {\"response\": \"...\"}");
}
