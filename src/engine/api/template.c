#include "ingle/template.h"

#include <string.h>

#include "base/alloc.h"
#include "engine/api/api.h"
#include "engine/template/template.h"

#define MAX_JSON_TREE ((size_t)512 << 20)
#define N_TEXTS 4

struct ingle_template {
    struct template *plain;
    struct template *with_tools; /* NULL: plain is for tools too */
    char *texts[N_TEXTS];        /* of text_keys; NULL = the model has no such token */
};

struct ingle_rendering {
    struct template_output output;
    ingle_rendering_span *spans;
};

/* The tokens that templates know by name. */
static const struct {
    const char *name, *key;
} text_keys[N_TEXTS] = {
    {"bos_token", "tokenizer.ggml.bos_token_id"},
    {"eos_token", "tokenizer.ggml.eos_token_id"},
    {"unk_token", "tokenizer.ggml.unknown_token_id"},
    {"pad_token", "tokenizer.ggml.padding_token_id"},
};

ingle_status ingle_template_new(ingle_template **out, const char *source, size_t len,
                                ingle_error *err) {
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    if (len > 0) INGLE_TRY(api_need(source, "source", err));
    struct ingle_template *t = mem_calloc(1, sizeof *t);
    if (!t) return status_no_memory(err, "the chat template", sizeof *t);
    ingle_status status = template_new(&t->plain, len ? source : "", len, err);
    if (status == INGLE_OK) {
        *out = t;
    } else {
        ingle_template_free(t);
    }
    return status;
}

/* The template under this key; NULL if there is none. */
static ingle_status read_template(struct template **out, const struct gguf *g, const char *key,
                                  ingle_error *err) {
    const struct gguf_kv *kv = gguf_find(g, key);
    struct gguf_str source;
    *out = NULL;
    if (!kv) return INGLE_OK;
    if (!gguf_get_str(kv, &source)) {
        return status_set(err, INGLE_INVALID, kv->where, "'%.120s': the key %s is not a string.",
                          gguf_path(g), key);
    }
    return template_new(out, source.data, source.len, err);
}

static ingle_status read_texts(struct ingle_template *t, const ingle_model *model,
                               ingle_error *err) {
    for (int i = 0; i < N_TEXTS; i++) {
        const struct gguf_kv *kv = gguf_find(model->gguf, text_keys[i].key);
        int64_t id;
        bool is_known =
            kv && gguf_get_int(kv, 0, &id) && id >= 0 && id < tokenizer_n_vocab(model->tokenizer);
        if (!is_known) continue;
        struct gguf_str text = tokenizer_piece(model->tokenizer, (int32_t)id, true);
        t->texts[i] = mem_strndup(text.data ? text.data : "", text.len);
        if (!t->texts[i]) return status_no_memory(err, "the chat template", text.len);
    }
    return INGLE_OK;
}

ingle_status ingle_template_from_model(ingle_template **out, const ingle_model *model,
                                       ingle_error *err) {
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    INGLE_TRY(api_need(model, "model", err));
    struct ingle_template *t = mem_calloc(1, sizeof *t);
    if (!t) return status_no_memory(err, "the chat template", sizeof *t);
    const char *key = "tokenizer.chat_template";
    ingle_status status = read_template(&t->plain, model->gguf, key, err);
    if (status == INGLE_OK && !t->plain) {
        status = status_set(err, INGLE_NOT_FOUND, 0, "'%.120s' has no chat template.",
                            gguf_path(model->gguf));
    }
    if (status == INGLE_OK) {
        key = "tokenizer.chat_template.tool_use";
        status = read_template(&t->with_tools, model->gguf, key, err);
    }
    if (status == INGLE_OK) status = read_texts(t, model, err);
    if (status == INGLE_OK) {
        *out = t;
    } else {
        ingle_template_free(t);
    }
    return status;
}

void ingle_template_free(ingle_template *t) {
    if (!t) return;
    template_free(t->plain);
    template_free(t->with_tools);
    for (int i = 0; i < N_TEXTS; i++) mem_free(t->texts[i]);
    mem_free(t);
}

ingle_template_options ingle_template_options_default(void) {
    return (ingle_template_options){.size = sizeof(ingle_template_options),
                                    .add_generation_prompt = true};
}

/* "2026-01-31T12:00:00"; false for any other form. */
static bool read_digits(const char *now, int parts[6]) {
    static const char form[] = "0000-00-00T00:00:00";
    int part = 0;
    if (strlen(now) != sizeof form - 1) return false;
    for (int i = 0; form[i]; i++) {
        if (form[i] != '0') {
            if (now[i] != form[i]) return false;
            part++;
            continue;
        }
        if (now[i] < '0' || now[i] > '9') return false;
        parts[part] = parts[part] * 10 + (now[i] - '0');
    }
    return true;
}

/* A time that the calendar has: it comes back as it was given. */
static ingle_status read_now(struct tm *out, const char *now, ingle_error *err) {
    int p[6] = {0};
    if (!now) {
        time_t t = time(NULL);
        if (localtime_r(&t, out)) return INGLE_OK;
        return status_set(err, INGLE_FAILED, 0, "The system does not tell the local time.");
    }
    bool has_form = read_digits(now, p);
    *out = (struct tm){.tm_year = p[0] - 1900,
                       .tm_mon = p[1] - 1,
                       .tm_mday = p[2],
                       .tm_hour = p[3],
                       .tm_min = p[4],
                       .tm_sec = p[5]};
    (void)timegm(out);
    if (has_form && out->tm_mon == p[1] - 1 && out->tm_mday == p[2] && out->tm_hour == p[3] &&
        out->tm_min == p[4] && out->tm_sec == p[5]) {
        return INGLE_OK;
    }
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.40s' is no time like 2026-01-31T12:00:00.",
                      now);
}

static ingle_status read_json(const struct json_value **out, struct arena *arena, const char *text,
                              const char *what, enum json_kind kind, ingle_error *err) {
    *out = NULL;
    if (!text) return INGLE_OK;
    INGLE_TRY(json_tree_parse(out, arena, text, strlen(text), what, err));
    if ((*out)->kind == kind) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "%s should be JSON's %s.", what,
                      kind == JSON_ARRAY ? "array" : "object");
}

static ingle_status wrong(const struct json_value *at, size_t number, const char *rule,
                          ingle_error *err) {
    return status_set(err, INGLE_INVALID, at->where, "Message %zu %s.", number, rule);
}

static ingle_status check_content(const struct json_value *content, size_t number,
                                  ingle_error *err) {
    if (!content || content->kind == JSON_NULL || content->kind == JSON_STRING) return INGLE_OK;
    if (content->kind != JSON_ARRAY) {
        return wrong(content, number, "has a content that is no string, null or list of parts",
                     err);
    }
    for (size_t i = 0; i < content->n; i++) {
        const struct json_value *part = &content->items[i];
        const struct json_value *type = json_member(part, "type");
        if (part->kind == JSON_STRING || (type && type->kind == JSON_STRING)) continue;
        return wrong(part, number, "has a part of its content that is no object with a \"type\"",
                     err);
    }
    return INGLE_OK;
}

static ingle_status check_calls(const struct json_value *calls, size_t number, ingle_error *err) {
    if (!calls || calls->kind == JSON_NULL) return INGLE_OK;
    if (calls->kind != JSON_ARRAY)
        return wrong(calls, number, "has tool_calls that are no list", err);
    for (size_t i = 0; i < calls->n; i++) {
        if (calls->items[i].kind == JSON_OBJECT) continue;
        return wrong(&calls->items[i], number, "has a tool call that is no object", err);
    }
    return INGLE_OK;
}

/* What no template can make sense of, and what most would silently leave out. */
static ingle_status check_messages(const struct json_value *messages, ingle_error *err) {
    for (size_t i = 0; i < messages->n; i++) {
        const struct json_value *message = &messages->items[i];
        const struct json_value *role = json_member(message, "role");
        if (message->kind != JSON_OBJECT) return wrong(message, i, "is no object", err);
        if (!role || role->kind != JSON_STRING) return wrong(message, i, "has no role", err);
        if (!template_knows_role(role->text.data, role->text.len)) {
            return status_set(err, INGLE_INVALID, role->where,
                              "Message %zu has the role '%.40s', which is unknown; it should be "
                              "system, developer, user, assistant or tool.",
                              i, role->text.data);
        }
        INGLE_TRY(check_content(json_member(message, "content"), i, err));
        INGLE_TRY(check_calls(json_member(message, "tool_calls"), i, err));
    }
    return INGLE_OK;
}

static ingle_status check_tools(const struct json_value *tools, ingle_error *err) {
    for (size_t i = 0; tools && i < tools->n; i++) {
        enum json_kind kind = tools->items[i].kind;
        if (kind == JSON_OBJECT || kind == JSON_STRING) continue;
        return status_set(err, INGLE_INVALID, tools->items[i].where,
                          "Tool %zu is neither an object nor a string.", i);
    }
    return INGLE_OK;
}

static bool is_own(const struct json_member *m) {
    return json_text_is(&m->name, "messages") || json_text_is(&m->name, "tools") ||
           json_text_is(&m->name, "documents");
}

/* Variables of the messages' object, then those of the options, which win by coming last. */
static ingle_status join_vars(const struct json_value **out, struct arena *arena,
                              const struct json_value *object, const struct json_value *vars,
                              ingle_error *err) {
    size_t n = (object ? object->n : 0) + (vars ? vars->n : 0);
    struct json_value *all = arena_alloc(arena, sizeof *all);
    struct json_member *members = arena_array(arena, n ? n : 1, sizeof *members);
    if (!all || !members) return status_no_memory(err, "the variables", n * sizeof *members);
    *all = (struct json_value){.kind = JSON_OBJECT, .members = members};
    for (size_t i = 0; object && i < object->n; i++) {
        if (!is_own(&object->members[i])) members[all->n++] = object->members[i];
    }
    for (size_t i = 0; vars && i < vars->n; i++) {
        if (is_own(&vars->members[i])) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "'%.20s' is given by an argument of its own, not as a variable.",
                              vars->members[i].name.data);
        }
        members[all->n++] = vars->members[i];
    }
    *out = all;
    return INGLE_OK;
}

static const struct json_value *list_of(const struct json_value *object, const char *name) {
    const struct json_value *list = object ? json_member(object, name) : NULL;
    return list && list->kind != JSON_NULL ? list : NULL;
}

static ingle_status read_input(struct template_input *in, struct arena *arena, const char *messages,
                               const ingle_template_options *opt, ingle_error *err) {
    const struct json_value *object = NULL, *vars;
    INGLE_TRY(json_tree_parse(&in->messages, arena, messages, strlen(messages),
                              "The list of messages", err));
    if (in->messages->kind == JSON_OBJECT) {
        object = in->messages;
        in->messages = json_member(object, "messages");
    }
    if (!in->messages || in->messages->kind != JSON_ARRAY) {
        return status_set(err, INGLE_INVALID, 0,
                          "The messages should be a JSON array, or an object with \"messages\".");
    }
    INGLE_TRY(check_messages(in->messages, err));
    INGLE_TRY(read_json(&in->tools, arena, opt->tools, "The list of tools", JSON_ARRAY, err));
    INGLE_TRY(read_json(&vars, arena, opt->vars, "The object of variables", JSON_OBJECT, err));
    if (!in->tools) in->tools = list_of(object, "tools");
    INGLE_TRY(check_tools(in->tools, err));
    in->documents = list_of(object, "documents");
    INGLE_TRY(join_vars(&in->vars, arena, object, vars, err));
    in->add_generation_prompt = opt->add_generation_prompt;
    in->keep_arguments = opt->keep_arguments;
    return read_now(&in->now, opt->now, err);
}

static ingle_status hand_out_spans(struct ingle_rendering *r, ingle_error *err) {
    size_t n = r->output.n_spans;
    r->spans = mem_calloc(n ? n : 1, sizeof *r->spans);
    if (!r->spans) return status_no_memory(err, "the rendered prompt", n * sizeof *r->spans);
    for (size_t i = 0; i < n; i++) {
        const struct template_span *span = &r->output.spans[i];
        r->spans[i] = (ingle_rendering_span){span->start, span->len, span->is_data};
    }
    return INGLE_OK;
}

static ingle_status render(struct ingle_rendering *r, const struct ingle_template *t,
                           struct template_input *in, ingle_error *err) {
    struct template_text texts[N_TEXTS];
    in->texts = texts;
    for (int i = 0; i < N_TEXTS; i++) {
        if (!t->texts[i]) continue;
        texts[in->n_texts++] = (struct template_text){
            text_keys[i].name, {.data = t->texts[i], .len = strlen(t->texts[i])}};
    }
    const struct template *chosen = in->tools && t->with_tools ? t->with_tools : t->plain;
    INGLE_TRY(template_render(chosen, in, &r->output, err));
    return hand_out_spans(r, err);
}

ingle_status ingle_template_render(ingle_rendering **out, const ingle_template *t,
                                   const char *messages, const ingle_template_options *opt,
                                   ingle_error *err) {
    static const size_t known[] = {sizeof(ingle_template_options)};
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    INGLE_TRY(api_need(t, "t", err));
    INGLE_TRY(api_need(messages, "messages", err));
    ingle_template_options full = ingle_template_options_default();
    INGLE_TRY(
        api_read_options(&full, opt, "ingle_template_options", known, BASE_COUNT(known), err));
    struct ingle_rendering *r = mem_calloc(1, sizeof *r);
    if (!r) return status_no_memory(err, "the rendered prompt", sizeof *r);
    struct arena arena;
    struct template_input in = {0};
    arena_init(&arena, MAX_JSON_TREE);
    ingle_status status = read_input(&in, &arena, messages, &full, err);
    if (status == INGLE_OK) status = render(r, t, &in, err);
    arena_clear(&arena);
    if (status == INGLE_OK) {
        *out = r;
    } else {
        ingle_rendering_free(r);
    }
    return status;
}

const char *ingle_rendering_text(const ingle_rendering *r, size_t *len) {
    if (len) *len = r ? r->output.text.size : 0;
    return r && r->output.text.data ? r->output.text.data : "";
}

const ingle_rendering_span *ingle_rendering_spans(const ingle_rendering *r, size_t *n_spans) {
    if (n_spans) *n_spans = r ? r->output.n_spans : 0;
    return r ? r->spans : NULL;
}

void ingle_rendering_free(ingle_rendering *r) {
    if (!r) return;
    template_output_clear(&r->output);
    mem_free(r->spans);
    mem_free(r);
}
