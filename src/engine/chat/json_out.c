#include "engine/chat/json_out.h"

#include "base/json_quote.h"

void json_out_string(struct buf *out, const char *text, size_t len) {
    json_quote(out, text, len);
}

void json_out_name(struct buf *out, const char *name, size_t len, bool *is_first) {
    if (!*is_first) buf_add(out, ", ", 2);
    *is_first = false;
    json_out_string(out, name, len);
    buf_add(out, ": ", 2);
}

/* The tree is no deeper than JSON_TREE_MAX_DEPTH. */
void json_out_value(struct buf *out, const struct json_value *value) {
    bool is_first = true;
    switch (value->kind) {
    case JSON_NULL:
        buf_add_str(out, "null");
        break;
    case JSON_FALSE:
        buf_add_str(out, "false");
        break;
    case JSON_TRUE:
        buf_add_str(out, "true");
        break;
    case JSON_NUMBER:
        buf_add(out, value->text.data, value->text.len);
        break;
    case JSON_STRING:
        json_out_string(out, value->text.data, value->text.len);
        break;
    case JSON_ARRAY:
        buf_add(out, "[", 1);
        for (size_t i = 0; i < value->n; i++) {
            if (i > 0) buf_add(out, ", ", 2);
            json_out_value(out, &value->items[i]);
        }
        buf_add(out, "]", 1);
        break;
    case JSON_OBJECT:
        buf_add(out, "{", 1);
        for (size_t i = 0; i < value->n; i++) {
            json_out_name(out, value->members[i].name.data, value->members[i].name.len, &is_first);
            json_out_value(out, &value->members[i].value);
        }
        buf_add(out, "}", 1);
        break;
    }
}
