#include "oracle/json_write.h"

static void write_string(struct buf *out, const struct json_text *text) {
    buf_add_str(out, "\"");
    for (size_t i = 0; i < text->len; i++) {
        unsigned char c = (unsigned char)text->data[i];
        if (c < 0x20 || c == '"' || c == '\\') {
            buf_addf(out, "\\u%04x", c);
        } else {
            buf_add(out, &text->data[i], 1);
        }
    }
    buf_add_str(out, "\"");
}

void json_write(struct buf *out, const struct json_value *value) {
    static const char *const words[] = {
        [JSON_NULL] = "null", [JSON_FALSE] = "false", [JSON_TRUE] = "true"};
    switch (value->kind) {
    case JSON_NUMBER:
        buf_add(out, value->text.data, value->text.len);
        return;
    case JSON_STRING:
        write_string(out, &value->text);
        return;
    case JSON_ARRAY:
        buf_add_str(out, "[");
        for (size_t i = 0; i < value->n; i++) {
            if (i) buf_add_str(out, ",");
            json_write(out, &value->items[i]);
        }
        buf_add_str(out, "]");
        return;
    case JSON_OBJECT:
        buf_add_str(out, "{");
        for (size_t i = 0; i < value->n; i++) {
            if (i) buf_add_str(out, ",");
            write_string(out, &value->members[i].name);
            buf_add_str(out, ":");
            json_write(out, &value->members[i].value);
        }
        buf_add_str(out, "}");
        return;
    default:
        buf_add_str(out, words[value->kind]);
    }
}
