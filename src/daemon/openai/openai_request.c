/* Fields that the endpoints of the OpenAI dialect share. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/api/want.h"
#include "daemon/openai/openai.h"

/* ---- sampling ---- */

/* "123" as the number of a token. */
static bool read_token(const struct json_text *name, ingle_token *token) {
    char *end;
    errno = 0;
    long value = strtol(name->data, &end, 10);
    bool is_digits = name->len > 0 && name->data[0] >= '0' && name->data[0] <= '9';
    *token = (ingle_token)value;
    return is_digits && end == name->data + name->len && errno == 0 && value <= INT_MAX;
}

static void read_bias(struct fields *f, struct arena *arena, ingle_sampling_options *o) {
    const struct json_value *object;
    if (!field_object(f, "logit_bias", &object)) return;
    if (object->n > WIRE_MAX_LIST) {
        field_fail(f, "logit_bias", "'logit_bias' has more than %zu members.", WIRE_MAX_LIST);
        return;
    }
    ingle_logit_bias *list = arena_array(arena, object->n + 1, sizeof *list);
    if (!list) field_no_memory(f, "logit_bias");
    for (size_t i = 0; list && i < object->n; i++) {
        const struct json_member *m = &object->members[i];
        double bias = m->value.kind == JSON_NUMBER ? strtod(m->value.text.data, NULL) : NAN;
        if (!read_token(&m->name, &list[i].token)) {
            field_fail(f, "logit_bias", "In 'logit_bias', '%.40s' is no number of a token.",
                       m->name.data);
        } else if (!(bias >= -100 && bias <= 100)) {
            field_fail(f, "logit_bias",
                       "In 'logit_bias', '%.40s' must have a number from -100 to 100.",
                       m->name.data);
        }
        list[i].bias = bias <= -100 ? -INFINITY : (float)bias;
    }
    o->logit_bias = list;
    o->n_logit_bias = list ? object->n : 0;
}

void openai_read_sampling(struct fields *f, struct arena *arena, ingle_sampling_options *o) {
    int64_t seed;
    field_float(f, "temperature", 0, 2, &o->temperature);
    field_float(f, "top_p", 0, 1, &o->top_p);
    field_float(f, "frequency_penalty", -2, 2, &o->frequency_penalty);
    field_float(f, "presence_penalty", -2, 2, &o->presence_penalty);
    if (field_int(f, "seed", INT64_MIN, INT64_MAX, &seed)) o->seed = (uint64_t)seed;
    field_int32(f, "top_k", 0, INT_MAX, &o->top_k);
    field_float(f, "min_p", 0, 1, &o->min_p);
    field_float(f, "typical_p", 0, 1, &o->typical_p);
    field_float(f, "repeat_penalty", 0.01, 100, &o->repetition_penalty);
    field_float(f, "repetition_penalty", 0.01, 100, &o->repetition_penalty);
    read_bias(f, arena, o);
}

/* ---- what the text must be ---- */

static void read_format(struct fields *f, struct arena *arena, struct msg_constraint *c) {
    static const char *const types[] = {"text", "json_object", "json_schema", NULL};
    static const char name[] = "response_format";
    const struct json_value *inner, *schema = NULL;
    struct fields format = {0}, named = {0};
    int type = 0;
    if (!field_object(f, name, &format.object)) return;
    field_need(&format, "type");
    field_choice(&format, "type", types, &type);
    if (type == 2) {
        field_need(&format, "json_schema");
        if (field_object(&format, "json_schema", &inner)) {
            named.object = inner;
            field_need(&named, "schema");
            schema = field_get(&named, "schema");
        }
        field_inside(&format, "json_schema", &named);
    } else if (type == 1) {
        schema = field_get(&format, "schema"); /* as llama.cpp's server has it */
        want_object(c);
    }
    if (schema) want_schema(f, name, arena, schema, c);
    field_inside(f, name, &format);
}

void openai_read_constraint(struct fields *f, struct arena *arena, struct msg_constraint *c) {
    struct json_text grammar;
    read_format(f, arena, c);
    if (!field_text(f, "grammar", &grammar) || grammar.len == 0) return;
    if (c->kind != CONSTRAINT_NONE) {
        field_fail(f, "grammar", "'grammar' and 'response_format' cannot both hold.");
        return;
    }
    c->kind = CONSTRAINT_GRAMMAR;
    c->text = (struct wire_text){grammar.data, grammar.len};
}

/* ---- thinking ---- */

/* Tokens of thinking that the levels leave room for. */
enum { EFFORT_NONE };
static const char *const efforts[] = {"none", "minimal", "low", "medium",
                                      "high", "xhigh",   "max", NULL};
static const int budgets[] = {-1, 256, 1024, 4096, -1, -1, -1};

/* The template's variables: chat_template_kwargs, and the effort for templates that read it. */
static const char *make_variables(struct arena *arena, const struct json_value *more,
                                  const char *effort) {
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    for (size_t i = 0; more && i < more->n; i++) {
        const struct json_member *m = &more->members[i];
        if (effort && json_text_is(&m->name, "reasoning_effort")) continue;
        json_key_text(&j, m->name.data, m->name.len);
        json_value(&j, &m->value);
    }
    if (effort) json_put_str(&j, "reasoning_effort", effort);
    json_end(&j, '}');
    return api_take_text(arena, &b, NULL);
}

void openai_read_effort(struct fields *f, const char *name, struct arena *arena,
                        const struct json_value *more, struct msg_conversation *c) {
    int effort = -1;
    field_choice(f, name, efforts, &effort);
    if (effort >= 0) c->think_budget = budgets[effort];
    if (effort == EFFORT_NONE) c->think = INGLE_THINK_OFF;
    bool has_effort = effort > EFFORT_NONE;
    if (!more && !has_effort) return;
    c->variables = make_variables(arena, more, has_effort ? efforts[effort] : NULL);
    if (!c->variables) field_no_memory(f, name);
}

/* ---- the rest ---- */

void openai_read_max_tokens(struct fields *f, const char *name, int *out) {
    int n;
    if (!field_int32(f, name, -1, INT_MAX, &n)) return;
    if (n == 0) field_fail(f, name, "'%s' is 0; it must be 1 or more.", name);
    *out = n;
}

void openai_read_stream(struct fields *f, bool *streams, bool *wants_usage) {
    struct fields options = {0};
    field_bool(f, "stream", streams);
    if (!field_object(f, "stream_options", &options.object)) return;
    field_bool(&options, "include_usage", wants_usage);
    field_inside(f, "stream_options", &options);
}

void openai_refuse(struct fields *f) {
    static const struct {
        const char *name, *why;
    } fields[] = {
        {"moderation", "nothing here judges what is said."},
        {"lora", "models are served as they are."},
        {"guided_json", "use response_format."},
        {"guided_regex", "use grammar."},
        {"guided_choice", "use response_format with an enum."},
        {"guided_grammar", "use grammar."},
        {"structured_outputs", "use response_format or grammar."},
        {"ignore_eos", "an answer ends where the model ends it."},
        {"min_tokens", "an answer ends where the model ends it."},
    };
    for (size_t i = 0; i < BASE_COUNT(fields); i++) {
        field_refuse(f, fields[i].name, fields[i].why);
    }
}
