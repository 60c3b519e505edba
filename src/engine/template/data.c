#include "engine/template/data.h"

#include <string.h>

#include "engine/template/ast.h"
#include "engine/template/filters.h"
#include "engine/template/number.h"
#include "engine/template/seq.h"

#define MAX_DIGITS 4300 /* of an integer; Python reads no more */

static ingle_status number_value(struct run *r, const struct json_text *text, struct value *out) {
    bool is_float = memchr(text->data, '.', text->len) || memchr(text->data, 'e', text->len) ||
                    memchr(text->data, 'E', text->len);
    bool is_big;
    int64_t i;
    double f;
    if (is_float) {
        if (!number_read_float(text->data, text->len, &f)) {
            return run_invalid(r, "a number of the data has too many digits");
        }
        *out = value_float(f);
        return INGLE_OK;
    }
    if (text->len > MAX_DIGITS || !number_read_int(text->data, text->len, 10, &i, &is_big)) {
        return run_invalid(r, "a number of the data has too many digits");
    }
    *out = value_int(i);
    if (!is_big) return INGLE_OK;
    INGLE_TRY(str_new(r, text->data, text->len, true, out));
    out->kind = VALUE_BIG;
    return INGLE_OK;
}

static ingle_status array_value(struct run *r, const struct json_value *json, struct value *out) {
    struct seq *list;
    INGLE_TRY(seq_new(r, SEQ_LIST, json->n, &list));
    *out = value_of_seq(list);
    for (size_t i = 0; i < json->n; i++) {
        struct value item;
        INGLE_TRY(data_value(r, &json->items[i], &item));
        INGLE_TRY(seq_add(r, list, item));
    }
    return INGLE_OK;
}

static ingle_status object_value(struct run *r, const struct json_value *json, struct value *out) {
    struct dict *d;
    INGLE_TRY(dict_new(r, &d));
    *out = value_of_dict(d);
    for (size_t i = 0; i < json->n; i++) {
        const struct json_member *m = &json->members[i];
        struct value key, item;
        INGLE_TRY(str_new(r, m->name.data, m->name.len, true, &key));
        INGLE_TRY(data_value(r, &m->value, &item));
        INGLE_TRY(dict_set(r, d, key, item));
    }
    return INGLE_OK;
}

ingle_status data_value(struct run *r, const struct json_value *json, struct value *out) {
    INGLE_TRY(run_work(r, 0));
    switch (json->kind) {
    case JSON_NULL:
        *out = VALUE_OF_NONE;
        return INGLE_OK;
    case JSON_FALSE:
    case JSON_TRUE:
        *out = value_bool(json->kind == JSON_TRUE);
        return INGLE_OK;
    case JSON_NUMBER:
        return number_value(r, &json->text, out);
    case JSON_STRING:
        return str_new(r, json->text.data, json->text.len, true, out);
    case JSON_ARRAY:
        return array_value(r, json, out);
    default:
        return object_value(r, json, out);
    }
}

/* The JSON tree of a string lives in the rendering's arena. */
static ingle_status parse_text(struct run *r, const struct str *s, const struct json_value **out,
                               bool *is_json) {
    ingle_error ignored;
    ingle_status status = json_tree_parse(out, &r->arena, s->data, s->len, "the string", &ignored);
    *is_json = status == INGLE_OK;
    if (status == INGLE_OK || status == INGLE_INVALID) return run_work(r, s->len * 8);
    return run_fail(r, status, "it takes too much memory");
}

FILTER(filter_from_json) {
    const struct json_value *json;
    struct str *s;
    bool is_json;
    INGLE_TRY(call_need_str(r, p, self, &s));
    INGLE_TRY(parse_text(r, s, &json, &is_json));
    if (!is_json) return run_invalid(r, "'from_json' is given a string that is not JSON");
    return data_value(r, json, out);
}

/* {"function": {"arguments": "{...}"}}: the arguments become the object that they spell. */
static ingle_status open_arguments(struct run *r, struct value call) {
    struct value *function = call.kind == VALUE_DICT ? dict_find(call.d, "function", 8) : NULL;
    if (!function || function->kind != VALUE_DICT) return INGLE_OK;
    struct value *arguments = dict_find(function->d, "arguments", 9);
    if (!arguments || arguments->kind != VALUE_STR) return INGLE_OK;
    const struct json_value *json;
    bool is_json;
    INGLE_TRY(parse_text(r, arguments->s, &json, &is_json));
    if (!is_json || json->kind != JSON_OBJECT) return INGLE_OK;
    return data_value(r, json, arguments);
}

bool template_knows_role(const char *text, size_t len) {
    static const char *const roles[] = {"system",      "developer",     "user",       "assistant",
                                        "tool",        "function",      "ipython",    "model",
                                        "observation", "tool_response", "environment"};
    for (size_t i = 0; i < BASE_COUNT(roles); i++) {
        if (len == strlen(roles[i]) && memcmp(text, roles[i], len) == 0) return true;
    }
    return false;
}

static ingle_status open_message(struct run *r, struct value message) {
    if (message.kind != VALUE_DICT) return INGLE_OK;
    struct value *role = dict_find(message.d, "role", 4);
    if (role && role->kind == VALUE_STR && template_knows_role(role->s->data, role->s->len)) {
        role->s->is_data = false;
    }
    struct value *calls = dict_find(message.d, "tool_calls", 10);
    if (r->input->keep_arguments || !calls || calls->kind != VALUE_SEQ) return INGLE_OK;
    for (size_t i = 0; i < calls->q->n; i++) INGLE_TRY(open_arguments(r, calls->q->items[i]));
    return INGLE_OK;
}

static void set_value(struct run *r, const char *name, size_t len, struct value v) {
    int symbol = symbol_find(r->t, name, len);
    if (symbol != SYMBOL_NONE) r->globals[symbol] = v;
}

static ingle_status set_json(struct run *r, const char *name, const struct json_value *json) {
    struct value v = VALUE_OF_NONE;
    if (symbol_find(r->t, name, strlen(name)) == SYMBOL_NONE) return INGLE_OK;
    if (json) INGLE_TRY(data_value(r, json, &v));
    set_value(r, name, strlen(name), v);
    return INGLE_OK;
}

static ingle_status set_messages(struct run *r) {
    struct value v;
    INGLE_TRY(data_value(r, r->input->messages, &v));
    for (size_t i = 0; v.kind == VALUE_SEQ && i < v.q->n; i++) {
        INGLE_TRY(open_message(r, v.q->items[i]));
    }
    set_value(r, "messages", 8, v);
    return INGLE_OK;
}

/* Names of control tokens, whose text is the template's own. */
static bool is_token_name(const struct json_text *name) {
    static const char *const names[] = {"bos_token", "eos_token", "pad_token", "unk_token",
                                        "sep_token", "cls_token", "mask_token"};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (json_text_is(name, names[i])) return true;
    }
    return false;
}

static ingle_status set_vars(struct run *r, const struct json_value *vars) {
    for (size_t i = 0; vars && i < vars->n; i++) {
        const struct json_member *m = &vars->members[i];
        struct value v;
        if (symbol_find(r->t, m->name.data, m->name.len) == SYMBOL_NONE) continue;
        INGLE_TRY(data_value(r, &m->value, &v));
        if (v.kind == VALUE_STR && is_token_name(&m->name)) v.s->is_data = false;
        set_value(r, m->name.data, m->name.len, v);
    }
    return INGLE_OK;
}

/* Functions, or "'name' is undefined". */
static ingle_status set_rest(struct run *r) {
    void *room;
    for (size_t i = 0; i < r->t->n_symbols; i++) {
        const struct symbol *s = &r->t->symbols[i];
        const struct builtin *global = global_find(s->name, s->len);
        if (global) {
            r->globals[i] = (struct value){.kind = VALUE_GLOBAL, .global = global};
            continue;
        }
        INGLE_TRY(run_alloc(r, 1, sizeof(struct undefined), &room));
        *(struct undefined *)room = (struct undefined){.name = s->name, .name_len = s->len};
        r->globals[i] = (struct value){.kind = VALUE_UNDEFINED, .u = room};
    }
    return INGLE_OK;
}

ingle_status data_globals(struct run *r) {
    const struct template_input *in = r->input;
    void *globals;
    INGLE_TRY(run_alloc(r, r->t->n_symbols, sizeof *r->globals, &globals));
    r->globals = globals;
    INGLE_TRY(set_rest(r));
    for (size_t i = 0; i < in->n_texts; i++) {
        struct value v;
        const struct template_text *text = &in->texts[i];
        INGLE_TRY(str_new(r, text->text.data, text->text.len, false, &v));
        set_value(r, text->name, strlen(text->name), v);
    }
    set_value(r, "add_generation_prompt", 21, value_bool(in->add_generation_prompt));
    INGLE_TRY(set_vars(r, in->vars));
    INGLE_TRY(set_json(r, "tools", in->tools));
    INGLE_TRY(set_json(r, "documents", in->documents));
    return set_messages(r);
}
