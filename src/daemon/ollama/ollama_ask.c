/* The fields that requests for text have in common: what is to be generated, and how. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/api/want.h"
#include "daemon/ollama/ollama.h"

#define MAX_TOP 20

/* ---- keep_alive ---- */

/* Seconds of one of the units of Go's durations; 0 = none. *len: of its name. */
static double unit(const char *text, size_t *len) {
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"\xc2\xb5s", 1e-6}, {"ms", 1e-3}, {"h", 3600},
                 {"m", 60},    {"s", 1}};
    for (size_t i = 0; i < BASE_COUNT(units); i++) {
        *len = strlen(units[i].name);
        if (strncmp(text, units[i].name, *len) == 0) return units[i].seconds;
    }
    return 0;
}

/* "5m", "1h30m", "-1", "0": a number without a unit is seconds. */
static bool read_duration(const char *text, double *seconds) {
    bool is_negative = text[0] == '-';
    double sum = 0;
    if (text[0] == '-' || text[0] == '+') text++;
    if (!text[0]) return false;
    while (text[0]) {
        char *end;
        size_t len = 0;
        if (!strchr("0123456789.", text[0])) return false;
        if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) return false;
        double value = strtod(text, &end);
        if (end == text || !isfinite(value)) return false;
        double each = *end ? unit(end, &len) : 1;
        if (each == 0) return false;
        sum += value * each;
        text = end + len;
    }
    *seconds = is_negative ? -sum : sum;
    return isfinite(sum);
}

void ollama_read_keep(struct fields *f, struct ollama_keep *keep) {
    const struct json_value *v = field_get(f, "keep_alive");
    double seconds = 0;
    *keep = (struct ollama_keep){0};
    if (!v) return;
    if (v->kind != JSON_STRING && v->kind != JSON_NUMBER) {
        field_fail(f, "keep_alive", "'keep_alive' must be a duration such as \"5m\", or seconds.");
        return;
    }
    if (strlen(v->text.data) != v->text.len || v->text.len > 64 ||
        (v->kind == JSON_STRING && !read_duration(v->text.data, &seconds))) {
        field_fail(f, "keep_alive", "'keep_alive' is no duration such as \"5m\" or \"1h30m\".");
        return;
    }
    if (v->kind == JSON_NUMBER && !field_number(f, "keep_alive", -1e15, 1e15, &seconds)) return;
    keep->unloads = seconds == 0;
    keep->seconds = seconds < 0 ? -1 : seconds;
}

/* ---- options ---- */

/* Known once, no longer, or only to some: what would change the text is not passed over. */
static void refuse_options(struct fields *o) {
    static const struct {
        const char *name;
        double none; /* the value that changes nothing */
    } numbers[] = {{"mirostat", 0}, {"tfs_z", 1}};
    double value;
    for (size_t i = 0; i < BASE_COUNT(numbers); i++) {
        const char *name = numbers[i].name;
        if (field_number(o, name, -1e9, 1e9, &value) && value != numbers[i].none) {
            field_fail(o, name, "'%s' is not supported: ingle has no such sampler.", name);
        }
    }
}

static void read_options(struct fields *f, struct arena *arena, struct ollama_ask *a) {
    const struct json_value *object;
    ingle_sampling_options *s = &a->sampling;
    int64_t n;
    if (!field_object(f, "options", &object)) return;
    struct fields o = {.object = object};
    field_int32(&o, "num_ctx", 1, INT_MAX, &a->n_ctx);
    if (field_int(&o, "num_predict", -2, INT_MAX, &n)) a->max_tokens = n > 0 ? (int)n : -1;
    field_float(&o, "temperature", 0, 1000, &s->temperature);
    field_int32(&o, "top_k", 0, INT_MAX, &s->top_k);
    field_float(&o, "top_p", 0, 1, &s->top_p);
    field_float(&o, "min_p", 0, 1, &s->min_p);
    field_float(&o, "typical_p", 0, 1, &s->typical_p);
    field_float(&o, "repeat_penalty", 1e-3, 1000, &s->repetition_penalty);
    field_int32(&o, "repeat_last_n", -1, 1 << 20, &s->penalty_last_n);
    field_float(&o, "presence_penalty", -1000, 1000, &s->presence_penalty);
    field_float(&o, "frequency_penalty", -1000, 1000, &s->frequency_penalty);
    if (field_int(&o, "seed", INT64_MIN, INT64_MAX, &n) && n != -1) s->seed = (uint64_t)n;
    field_stops(&o, "stop", arena, &a->stops, &a->n_stops);
    refuse_options(&o);
    if (o.bad) field_fail(f, o.bad, "%s", o.err.msg);
}

void ollama_read_ctx(struct fields *f, int *n_ctx) {
    const struct json_value *object;
    if (!field_object(f, "options", &object)) return;
    struct fields o = {.object = object};
    field_int32(&o, "num_ctx", 1, INT_MAX, n_ctx);
    if (o.bad) field_fail(f, o.bad, "%s", o.err.msg);
}

/* ---- the others ---- */

static void read_format(struct fields *f, struct arena *arena, struct msg_constraint *c) {
    const struct json_value *v = field_get(f, "format");
    if (!v || (v->kind == JSON_STRING && v->text.len == 0)) return;
    if (v->kind == JSON_STRING && json_text_is(&v->text, "json")) {
        want_object(c);
    } else if (v->kind == JSON_OBJECT) {
        want_schema(f, "format", arena, v, c);
    } else {
        field_fail(f, "format", "'format' must be \"json\" or a JSON schema.");
    }
}

static void read_think(struct fields *f, struct ollama_ask *a) {
    static const char *const levels[] = {"low", "medium", "high", NULL};
    const struct json_value *v = field_get(f, "think");
    bool is_on;
    int level;
    if (v && v->kind == JSON_STRING) {
        if (!field_choice(f, "think", levels, &level)) return;
        a->think = INGLE_THINK_ON;
        a->effort = levels[level];
    } else if (field_bool(f, "think", &is_on)) {
        a->think = is_on ? INGLE_THINK_ON : INGLE_THINK_OFF;
    }
}

static void read_logprobs(struct fields *f, struct ollama_ask *a) {
    bool wants = false;
    int n_top = 0;
    field_bool(f, "logprobs", &wants);
    field_int32(f, "top_logprobs", 0, MAX_TOP, &n_top);
    a->n_logprobs = wants ? n_top : -1;
    if (n_top > 0 && !wants) {
        field_fail(f, "top_logprobs", "'top_logprobs' needs 'logprobs' to be true.");
    }
}

void ollama_read_ask(struct fields *f, struct arena *arena, struct ollama_ask *a) {
    *a = (struct ollama_ask){
        .streams = true, .max_tokens = -1, .sampling = turn_sampling_default(), .n_logprobs = -1};
    a->model = ollama_read_model(f);
    field_bool(f, "stream", &a->streams);
    ollama_read_keep(f, &a->keep);
    read_options(f, arena, a);
    read_format(f, arena, &a->constraint);
    read_think(f, a);
    read_logprobs(f, a);
    field_refuse(f, "truncate", "ingle drops nothing of a prompt that is too long.");
    field_refuse(f, "shift", "ingle ends an answer where the context is full.");
}

const char *ollama_variables(struct arena *arena, const struct ollama_ask *a, bool *failed) {
    struct buf b;
    struct json j;
    if (!a->effort) return NULL;
    buf_init(&b, 256);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "reasoning_effort", a->effort);
    json_end(&j, '}');
    const char *text = api_take_text(arena, &b, NULL);
    if (!text) *failed = true;
    return text;
}

struct msg_chat ollama_conversation(const struct ollama_ask *a) {
    return (struct msg_chat){.conversation = {.think = a->think, .think_budget = -1},
                             .sampling = a->sampling,
                             .constraint = a->constraint,
                             .max_tokens = a->max_tokens,
                             .stops = a->stops,
                             .n_stops = a->n_stops,
                             .stop_loops = true,
                             .n_logprobs = a->n_logprobs};
}

/* ---- messages ---- */

static void put_message(struct fields *f, struct json *j, const struct json_value *message) {
    static const struct {
        const char *theirs, *ours;
    } names[] = {{"role", "role"},
                 {"content", "content"},
                 {"thinking", "reasoning_content"},
                 {"tool_calls", "tool_calls"},
                 {"tool_call_id", "tool_call_id"},
                 {"tool_name", "name"}};
    struct fields m = {.object = message};
    field_refuse(&m, "images", "ingle reads no images.");
    if (m.bad) field_fail(f, m.bad, "%s", m.err.msg);
    json_begin(j, '{');
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        const struct json_value *v = field_get(&m, names[i].theirs);
        if (v) json_put_value(j, names[i].ours, v);
    }
    if (!field_get(&m, "content")) json_put_str(j, "content", ""); /* as null, or left out */
    json_end(j, '}');
}

void ollama_read_messages(struct fields *f, struct arena *arena, struct wire_text *out) {
    const struct json_value *messages = NULL;
    struct buf b;
    struct json j;
    field_array(f, "messages", &messages);
    if (!messages) return;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '[');
    for (size_t i = 0; i < messages->n && !f->bad; i++) {
        if (messages->items[i].kind != JSON_OBJECT) {
            field_fail(f, "messages", "Message %zu must be an object.", i);
            break;
        }
        put_message(f, &j, &messages->items[i]);
    }
    json_end(&j, ']');
    out->data = api_take_text(arena, &b, &out->len);
    if (!out->data) field_no_memory(f, "messages");
}
