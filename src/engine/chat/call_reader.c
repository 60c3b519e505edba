#include "engine/chat/call_reader.h"

#include <string.h>

#include "engine/text/unicode.h"

#define NAMED_MARKER "[ARGS]"
#define NAMED_ID_MARKER "[CALL_ID]"
#define NAMED_MAX 512 /* bytes before that marker */

ingle_status call_broken(size_t where, const char *why, ingle_error *err) {
    return status_set(err, INGLE_INVALID, where,
                      "The model wrote a call of a tool that cannot be read: %s.", why);
}

void call_reader_begin(struct call_reader *r, const struct call_format_info *format,
                       const struct call_sink *sink, bool is_bare) {
    call_reader_clear(r);
    *r = (struct call_reader){.format = format, .sink = *sink, .is_bare = is_bare};
    buf_init(&r->region, CALL_MAX_SIZE);
    arena_init(&r->arena, 32 * CALL_MAX_SIZE);
    r->base = format->syntax == SYNTAX_OBJECT ? 1 : format->syntax == SYNTAX_LIST ? 2 : 0;
}

void call_reader_clear(struct call_reader *r) {
    buf_clear(&r->region);
    arena_clear(&r->arena);
}

static ingle_status find(const struct call_sink *sink, const struct json_text *name,
                         const struct tool **tool, ingle_error *err) {
    *tool = tool_find(sink->tools, name->data, name->len);
    if (*tool) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0,
                      "The model called '%.60s', which is no tool that was declared.", name->data);
}

static ingle_status deliver(const struct call_sink *sink, const struct json_text *name,
                            struct json_text arguments, bool is_begun, size_t end,
                            ingle_error *err) {
    const struct tool *tool;
    if (end > sink->limit) return INGLE_OK;
    INGLE_TRY(find(sink, name, &tool, err));
    INGLE_TRY(tool_judge(tool, arguments.data, arguments.len, err));
    if (!is_begun) {
        sink->begin(sink->user, name);
        sink->more(sink->user, arguments.data, arguments.len);
    }
    sink->end(sink->user);
    return INGLE_OK;
}

ingle_status call_sink_put(const struct call_sink *sink, const struct json_text *name,
                           const struct buf *arguments, size_t end, ingle_error *err) {
    if (buf_failed(arguments)) {
        return status_no_memory(err, "the arguments of a call", arguments->size);
    }
    const struct json_text text = {arguments->data, arguments->size};
    return deliver(sink, name, text, false, end, err);
}

/* ---- JSON ---- */

static const char *json_text_at(const struct call_reader *r, size_t at) {
    return r->region.data + r->skipped + at;
}

static bool key_is(const struct call_reader *r, const char *key) {
    size_t len = strlen(key);
    return r->scan.n - r->scan.string_at == len + 2 &&
           memcmp(json_text_at(r, r->scan.string_at + 1), key, len) == 0;
}

static void meet_key(struct call_reader *r) {
    if (r->format->syntax == SYNTAX_GENERIC && r->scan.depth == 1) {
        r->key = key_is(r, "response") ? KEY_RESPONSE : KEY_OTHER;
        r->base = key_is(r, "tool_call") ? 2 : key_is(r, "tool_calls") ? 3 : 0;
    } else if (r->scan.depth == r->base) {
        r->key = key_is(r, "name")                                   ? KEY_NAME
                 : key_is(r, "arguments") || key_is(r, "parameters") ? KEY_ARGUMENTS
                                                                     : KEY_OTHER;
    }
}

static ingle_status parse_at(struct call_reader *r, size_t start, size_t end,
                             const struct json_value **out, ingle_error *err) {
    ingle_error why;
    ingle_status status =
        json_tree_parse(out, &r->arena, json_text_at(r, start), end - start, "The call", &why);
    if (status == INGLE_INVALID) return call_broken(start + why.where, why.msg, err);
    if (status != INGLE_OK && err) *err = why;
    return status;
}

/* A string ended. */
static ingle_status meet_string(struct call_reader *r, ingle_error *err) {
    if (r->base == 0 || r->scan.depth != r->base || r->key != KEY_NAME) return INGLE_OK;
    const struct json_value *name;
    INGLE_TRY(parse_at(r, r->scan.string_at, r->scan.n, &name, err));
    r->name = name->text;
    return INGLE_OK;
}

static ingle_status meet_open(struct call_reader *r, ingle_error *err) {
    int depth = r->scan.depth;
    size_t at = r->scan.n - 1;
    if (r->base > 0 && depth == r->base) {
        r->object_at = at;
        r->key = KEY_OTHER;
        r->name = (struct json_text){NULL, 0};
        r->arguments_end = 0;
        r->is_begun = false;
    }
    bool are_arguments = depth == r->base + 1 && r->key == KEY_ARGUMENTS && !r->arguments_end;
    if (!are_arguments || !json_scan_in_object(&r->scan)) return INGLE_OK;
    r->arguments_at = at;
    if (!r->name.data) return INGLE_OK;
    r->is_call = true;
    if (!r->sink.is_eager) return INGLE_OK;
    const struct tool *tool;
    INGLE_TRY(find(&r->sink, &r->name, &tool, err));
    r->sink.begin(r->sink.user, &r->name);
    r->is_begun = r->is_passing = true;
    return INGLE_OK;
}

static bool may_be_none(const struct call_reader *r) {
    return r->is_bare && !r->is_call && r->n_found == 0;
}

/* The arguments' JSON text: as written, or in a string, or none at all. */
static ingle_status arguments_of(struct call_reader *r, const struct json_value *call,
                                 struct json_text *out, ingle_error *err) {
    const struct json_value *value = json_member(call, "arguments"), *inner;
    if (!value) value = json_member(call, "parameters");
    *out = (struct json_text){"{}", 2};
    if (!value || value->kind == JSON_NULL) return INGLE_OK;
    if (value->kind == JSON_OBJECT) {
        *out = (struct json_text){json_text_at(r, r->arguments_at),
                                  r->arguments_end - r->arguments_at};
        return INGLE_OK;
    }
    if (value->kind != JSON_STRING)
        return call_broken(value->where, "its arguments are no object", err);
    *out = value->text;
    ingle_error why;
    ingle_status status =
        json_tree_parse(&inner, &r->arena, out->data, out->len, "The string of arguments", &why);
    if (status == INGLE_INVALID) return call_broken(value->where, why.msg, err);
    if (status == INGLE_OK && inner->kind != JSON_OBJECT) {
        return call_broken(value->where, "its arguments are no object", err);
    }
    return status;
}

static ingle_status finish_object(struct call_reader *r, enum call_step *step, ingle_error *err) {
    const struct json_value *call;
    struct json_text arguments;
    ingle_error why;
    ingle_status status = parse_at(r, r->object_at, r->scan.n, &call, &why);
    if (status == INGLE_INVALID && may_be_none(r)) {
        *step = CALL_NO_CALL;
        return INGLE_OK;
    }
    if (status != INGLE_OK) {
        if (err) *err = why;
        return status;
    }
    const struct json_value *name = json_member(call, "name");
    bool has_arguments = json_member(call, "arguments") || json_member(call, "parameters");
    bool has_name = name && name->kind == JSON_STRING && name->text.len > 0;
    if (!has_name || (!has_arguments && r->is_bare)) {
        if (!may_be_none(r)) return call_broken(r->object_at, "it has no name", err);
        *step = CALL_NO_CALL;
        return INGLE_OK;
    }
    INGLE_TRY(arguments_of(r, call, &arguments, err));
    INGLE_TRY(deliver(&r->sink, &name->text, arguments, r->is_begun, r->region.size, err));
    r->n_found++;
    r->is_begun = false;
    return INGLE_OK;
}

/* SYNTAX_NAMED: the JSON text is the arguments. */
static ingle_status finish_named(struct call_reader *r, ingle_error *err) {
    const struct json_value *arguments;
    INGLE_TRY(parse_at(r, 0, r->scan.n, &arguments, err));
    const struct json_text text = {json_text_at(r, arguments->where), r->scan.n - arguments->where};
    INGLE_TRY(deliver(&r->sink, &r->name, text, r->is_begun, r->region.size, err));
    r->n_found++;
    return INGLE_OK;
}

static ingle_status meet_close(struct call_reader *r, enum call_step *step, ingle_error *err) {
    int depth = r->scan.depth;
    bool is_named = r->format->syntax == SYNTAX_NAMED;
    if (depth == r->base && r->key == KEY_ARGUMENTS && !r->arguments_end) {
        r->arguments_end = r->scan.n;
        r->is_passing = false;
    }
    if (depth > 0 && depth != r->base - 1) return INGLE_OK;
    if (is_named && depth == 0) INGLE_TRY(finish_named(r, err));
    if (!is_named && r->base > 0 && depth == r->base - 1) INGLE_TRY(finish_object(r, step, err));
    if (depth > 0 || *step != CALL_MORE) return INGLE_OK;
    bool is_nothing = r->n_found == 0 && r->is_bare;
    *step = is_nothing ? CALL_NO_CALL : CALL_DONE;
    return INGLE_OK;
}

/* ---- the string of a response, decoded as it comes ---- */

static int hex4(const char *digits) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = (char)(digits[i] | 0x20);
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return -1;
        value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
}

/* Decodes the escape if it is whole; a high surrogate waits for its other half. */
static void response_escape(struct call_reader *r) {
    static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
    const char *e = r->escape;
    uint8_t out[4];
    if (r->n_escape == 2 && e[1] != 'u') {
        const char *found = strchr(names, e[1]);
        char c = found && *found ? values[found - names] : e[1];
        r->sink.text(r->sink.user, &c, 1);
        r->n_escape = 0;
    }
    if (r->n_escape != 6 && r->n_escape != 12) return;
    int high = hex4(e + 2);
    uint32_t cp = high < 0 ? UNICODE_REPLACEMENT : (uint32_t)high;
    bool is_high = cp >= 0xd800 && cp < 0xdc00;
    if (is_high && r->n_escape == 6) return;
    if (is_high) {
        int low = hex4(e + 8);
        bool fits = e[6] == '\\' && e[7] == 'u' && low >= 0xdc00 && low <= 0xdfff;
        cp =
            fits ? 0x10000 + ((cp - 0xd800) << 10) + ((uint32_t)low - 0xdc00) : UNICODE_REPLACEMENT;
    } else if (cp >= 0xdc00 && cp <= 0xdfff) {
        cp = UNICODE_REPLACEMENT;
    }
    size_t n = unicode_encode(cp, out);
    r->sink.text(r->sink.user, (const char *)out, n);
    r->n_escape = 0;
}

static void response_byte(struct call_reader *r, char c) {
    if (r->n_escape > 0 || c == '\\') {
        r->escape[r->n_escape++] = c;
        response_escape(r);
        return;
    }
    r->sink.text(r->sink.user, &c, 1);
}

/* ---- bytes ---- */

static bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static ingle_status json_byte(struct call_reader *r, char c, enum call_step *step,
                              ingle_error *err) {
    bool is_response = r->key == KEY_RESPONSE && r->scan.in_string && r->scan.depth == 1;
    enum json_scan_event event = json_scan_byte(&r->scan, c);
    bool is_outside = r->scan.depth == 0 && event != SCAN_CLOSE && !is_space(c);
    bool is_list = event == SCAN_OPEN && r->scan.depth == 1 && c == '[';
    if (event == SCAN_OPEN && r->scan.depth == 1 && is_list != (r->format->syntax == SYNTAX_LIST)) {
        is_outside = true;
    }
    if (event == SCAN_BROKEN || is_outside) {
        if (!may_be_none(r)) return call_broken(r->scan.n - 1, "it is no JSON of that kind", err);
        *step = CALL_NO_CALL;
        return INGLE_OK;
    }
    if (event == SCAN_KEY) meet_key(r);
    if (event == SCAN_OPEN) INGLE_TRY(meet_open(r, err));
    if (r->is_passing) r->sink.more(r->sink.user, &c, 1);
    if (event == SCAN_STRING) INGLE_TRY(meet_string(r, err));
    if (event == SCAN_CLOSE) return meet_close(r, step, err);
    if (is_response && r->scan.in_string) response_byte(r, c);
    if (is_response && !r->scan.in_string) r->n_found++;
    return INGLE_OK;
}

/* The name of a call and the marker behind it. */
static ingle_status named_byte(struct call_reader *r, ingle_error *err) {
    const char *data = r->region.data;
    size_t n = r->region.size, len = strlen(NAMED_MARKER);
    if (n > NAMED_MAX) return call_broken(n, "it has no " NAMED_MARKER, err);
    if (n < len || memcmp(data + n - len, NAMED_MARKER, len) != 0) return INGLE_OK;
    size_t name_len = n - len, start = 0, id_len = strlen(NAMED_ID_MARKER);
    for (size_t i = 0; i + id_len <= name_len; i++) {
        if (memcmp(data + i, NAMED_ID_MARKER, id_len) == 0) name_len = i;
    }
    while (start < name_len && is_space(data[start])) start++;
    while (name_len > start && is_space(data[name_len - 1])) name_len--;
    r->name =
        (struct json_text){arena_copy(&r->arena, data + start, name_len - start), name_len - start};
    if (!r->name.data) return status_no_memory(err, "the name of a call", name_len);
    r->skipped = n;
    r->key = KEY_ARGUMENTS;
    return INGLE_OK;
}

ingle_status call_reader_byte(struct call_reader *r, char c, enum call_step *step,
                              ingle_error *err) {
    *step = CALL_MORE;
    if (!buf_add(&r->region, &c, 1)) {
        if (r->region.size < CALL_MAX_SIZE) {
            return status_no_memory(err, "a call of a tool", r->region.size);
        }
        return status_set(err, INGLE_LIMIT, 0, "The model wrote a call longer than %zu bytes.",
                          CALL_MAX_SIZE);
    }
    switch (r->format->syntax) {
    case SYNTAX_REGION:
        return INGLE_OK;
    case SYNTAX_NAMED:
        return r->skipped ? json_byte(r, c, step, err) : named_byte(r, err);
    default:
        return json_byte(r, c, step, err);
    }
}

ingle_status call_reader_end(struct call_reader *r, ingle_error *err) {
    const char *text = r->region.data ? r->region.data : "";
    ingle_status status;
    if (r->format->syntax != SYNTAX_REGION) {
        return call_broken(r->region.size, "it ends too early", err);
    }
    if (r->format == call_format_info(CALLS_GEMMA4)) {
        status = call_read_gemma4(&r->sink, text, r->region.size, err);
    } else if (r->format == call_format_info(CALLS_XML)) {
        status = call_read_xml(&r->sink, text, r->region.size, err);
    } else {
        bool is_list = r->format == call_format_info(CALLS_LFM2);
        status = call_read_python(&r->sink, text, r->region.size, is_list, err);
    }
    r->n_found += status == INGLE_OK;
    return status;
}
