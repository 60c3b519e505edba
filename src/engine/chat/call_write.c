#include "engine/chat/call_write.h"

#include <string.h>

#include "engine/chat/json_out.h"

#define ARENA_MAX ((size_t)512 << 20)

static void put_text(struct buf *out, struct json_text text) {
    buf_add(out, text.data, text.len);
}

/* {"name": "f", "arguments": {...}}, without the last brace. */
static void put_object(struct buf *out, const struct message_call *call, const char *key) {
    buf_add_str(out, "{\"name\": ");
    json_out_string(out, call->name.data, call->name.len);
    buf_addf(out, ", \"%s\": ", key);
    put_text(out, call->arguments);
}

static void put_list(struct buf *out, const struct message_call *calls, size_t n, bool with_ids) {
    buf_add_str(out, "[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0) buf_add_str(out, ", ");
        put_object(out, &calls[i], "arguments");
        if (with_ids) {
            buf_add_str(out, ", \"id\": ");
            json_out_string(out, calls[i].id.data, calls[i].id.len);
        }
        buf_add_str(out, "}");
    }
    buf_add_str(out, "]");
}

static void put_generic(struct buf *out, const struct message_call *calls, size_t n) {
    buf_add_str(out, n == 1 ? "{\"tool_call\": " : "{\"tool_calls\": [");
    for (size_t i = 0; i < n; i++) {
        if (i > 0) buf_add_str(out, ", ");
        put_object(out, &calls[i], "arguments");
        buf_add_str(out, "}");
    }
    buf_add_str(out, n == 1 ? "}" : "]}");
}

/* ---- literals of Python and Gemma, values of XML ---- */

static void put_python(struct buf *out, const struct json_value *value) {
    switch (value->kind) {
    case JSON_NULL:
        buf_add_str(out, "None");
        break;
    case JSON_FALSE:
        buf_add_str(out, "False");
        break;
    case JSON_TRUE:
        buf_add_str(out, "True");
        break;
    case JSON_ARRAY:
        buf_add_str(out, "[");
        for (size_t i = 0; i < value->n; i++) {
            if (i > 0) buf_add_str(out, ", ");
            put_python(out, &value->items[i]);
        }
        buf_add_str(out, "]");
        break;
    case JSON_OBJECT:
        buf_add_str(out, "{");
        for (size_t i = 0; i < value->n; i++) {
            if (i > 0) buf_add_str(out, ", ");
            json_out_string(out, value->members[i].name.data, value->members[i].name.len);
            buf_add_str(out, ": ");
            put_python(out, &value->members[i].value);
        }
        buf_add_str(out, "}");
        break;
    default:
        json_out_value(out, value);
        break;
    }
}

static void put_python_call(struct buf *out, const struct message_call *call,
                            const struct json_value *arguments) {
    put_text(out, call->name);
    buf_add_str(out, "(");
    for (size_t i = 0; i < arguments->n; i++) {
        if (i > 0) buf_add_str(out, ", ");
        put_text(out, arguments->members[i].name);
        buf_add_str(out, "=");
        put_python(out, &arguments->members[i].value);
    }
    buf_add_str(out, ")");
}

static void put_gemma(struct buf *out, const struct json_value *value) {
    switch (value->kind) {
    case JSON_STRING:
        buf_add_str(out, "<|\"|>");
        put_text(out, value->text);
        buf_add_str(out, "<|\"|>");
        break;
    case JSON_ARRAY:
        buf_add_str(out, "[");
        for (size_t i = 0; i < value->n; i++) {
            if (i > 0) buf_add_str(out, ",");
            put_gemma(out, &value->items[i]);
        }
        buf_add_str(out, "]");
        break;
    case JSON_OBJECT:
        buf_add_str(out, "{");
        for (size_t i = 0; i < value->n; i++) {
            if (i > 0) buf_add_str(out, ",");
            put_text(out, value->members[i].name);
            buf_add_str(out, ":");
            put_gemma(out, &value->members[i].value);
        }
        buf_add_str(out, "}");
        break;
    default:
        json_out_value(out, value);
        break;
    }
}

static void put_xml_call(struct buf *out, const struct message_call *call,
                         const struct json_value *arguments) {
    buf_add_str(out, "<function=");
    put_text(out, call->name);
    buf_add_str(out, ">\n");
    for (size_t i = 0; i < arguments->n; i++) {
        const struct json_value *value = &arguments->members[i].value;
        buf_add_str(out, "<parameter=");
        put_text(out, arguments->members[i].name);
        buf_add_str(out, ">\n");
        if (value->kind == JSON_STRING) {
            put_text(out, value->text);
        } else {
            json_out_value(out, value);
        }
        buf_add_str(out, "\n</parameter>\n");
    }
    buf_add_str(out, "</function>");
}

/* One call between its markers, of the formats that are no JSON. */
static void put_call(struct buf *out, enum call_format format, const struct message_call *call,
                     const struct json_value *arguments, bool is_first) {
    const char *separator = format == CALLS_LFM2 ? ", " : "\n";
    switch (format) {
    case CALLS_GEMMA4:
        buf_add_str(out, "<|tool_call>call:");
        put_text(out, call->name);
        put_gemma(out, arguments);
        buf_add_str(out, "<tool_call|>");
        break;
    case CALLS_XML:
        if (!is_first) buf_add_str(out, "\n");
        buf_add_str(out, "<tool_call>\n");
        put_xml_call(out, call, arguments);
        buf_add_str(out, "\n</tool_call>");
        break;
    default:
        if (!is_first) buf_add_str(out, separator);
        put_python_call(out, call, arguments);
        break;
    }
}

static ingle_status put_others(struct buf *out, enum call_format format,
                               const struct message_call *calls, size_t n, ingle_error *err) {
    struct arena arena = {.max = ARENA_MAX};
    ingle_status status = INGLE_OK;
    if (format == CALLS_CODE) buf_add_str(out, "<code>\n");
    if (format == CALLS_LFM2) buf_add_str(out, "<|tool_call_start|>[");
    for (size_t i = 0; i < n && status == INGLE_OK; i++) {
        const struct json_value *arguments;
        status = json_tree_parse(&arguments, &arena, calls[i].arguments.data,
                                 calls[i].arguments.len, "The arguments of a call", err);
        if (status == INGLE_OK) put_call(out, format, &calls[i], arguments, i == 0);
        arena_clear(&arena);
    }
    if (format == CALLS_CODE) buf_add_str(out, "\n</code>");
    if (format == CALLS_LFM2) buf_add_str(out, "]<|tool_call_end|>");
    return status;
}

static void put_tagged(struct buf *out, const struct message_call *calls, size_t n) {
    for (size_t i = 0; i < n; i++) {
        buf_add_str(out, i ? "\n<tool_call>\n" : "<tool_call>\n");
        put_object(out, &calls[i], "arguments");
        buf_add_str(out, "}\n</tool_call>");
    }
}

ingle_status call_write(struct buf *out, enum call_format format, const struct message_call *calls,
                        size_t n, ingle_error *err) {
    switch (format) {
    case CALLS_GENERIC:
        put_generic(out, calls, n);
        break;
    case CALLS_TAGGED:
        put_tagged(out, calls, n);
        break;
    case CALLS_LLAMA3:
        for (size_t i = 0; i < n; i++) {
            if (i > 0) buf_add_str(out, "; ");
            put_object(out, &calls[i], "parameters");
            buf_add_str(out, "}");
        }
        break;
    case CALLS_PHI4:
        buf_add_str(out, "<|tool_call|>");
        put_list(out, calls, n, false);
        buf_add_str(out, "<|/tool_call|>");
        break;
    case CALLS_MISTRAL:
        buf_add_str(out, "[TOOL_CALLS]");
        put_list(out, calls, n, true);
        break;
    case CALLS_MINISTRAL:
        for (size_t i = 0; i < n; i++) {
            buf_add_str(out, "[TOOL_CALLS]");
            put_text(out, calls[i].name);
            buf_add_str(out, "[ARGS]");
            put_text(out, calls[i].arguments);
        }
        break;
    case CALLS_GRANITE3:
        buf_add_str(out, "<|tool_call|>");
        put_list(out, calls, n, false);
        break;
    default:
        INGLE_TRY(put_others(out, format, calls, n, err));
        break;
    }
    return buf_failed(out) ? status_no_memory(err, "the calls of a message", out->size) : INGLE_OK;
}
