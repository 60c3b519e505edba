/* POST /api/show: what a model is and can do. */
#include <stdio.h>
#include <string.h>

#include "daemon/ollama/ollama.h"

#define NS_PER_S 1000000000

struct showing {
    struct api_call call;
    const char *model;
};

/* ---- parts ---- */

static void put_fact(struct json *j, const char *key, const struct msg_fact *f) {
    json_put_text(j, key, f && !f->is_array ? f->text.data : "",
                  f && !f->is_array ? f->text.len : 0);
}

/* Clients look into it for what a model takes: ".Suffix" means that it fills the middle of a text.
 * It is no template that anybody runs; the model's own is Jinja, and under model_info. */
static void put_template(struct json *j, const struct msg_described *what) {
    static const char chat[] =
        "{{- /* ingle writes messages with the model's own chat template, see "
        "tokenizer.chat_template; this says only what it takes. */ -}}\n";
    static const char fill[] = "{{- if .Suffix }}{{ .Prompt }}{{ .Suffix }}{{ else }}";
    char text[1024];
    bool fills = what->fills_middle, calls = what->has_template;
    snprintf(text, sizeof text,
             "%s%s{{ .System }}%s{{ range .Messages }}{{ .Role }}{{ .Content }}"
             "%s{{ end }}%s",
             chat, fills ? fill : "", calls ? "{{ .Tools }}" : "", calls ? "{{ .ToolCalls }}" : "",
             fills ? "{{ end }}" : "");
    json_put_str(j, "template", text);
}

static void put_capabilities(struct json *j, const struct msg_described *what) {
    char key[256];
    snprintf(key, sizeof key, "%.200s.pooling_type", what->architecture);
    bool is_encoder = msg_fact_find(what, key) != NULL; /* made for vectors; others can, too */
    const struct {
        const char *name;
        bool has;
    } all[] = {{"completion", !is_encoder},
               {"embedding", is_encoder},
               {"tools", what->has_template},
               {"insert", what->fills_middle},
               {"thinking", what->can_think}};
    json_open(j, "capabilities", '[');
    for (size_t i = 0; i < BASE_COUNT(all); i++) {
        if (all[i].has) json_str(j, all[i].name);
    }
    json_end(j, ']');
}

static void put_value(struct json *j, const struct msg_fact *f) {
    if (f->is_array) {
        json_null(j);
        return;
    }
    switch (f->kind) {
    case INGLE_VALUE_UINT:
        json_uint(j, f->number);
        break;
    case INGLE_VALUE_INT:
        json_int(j, (int64_t)f->number);
        break;
    case INGLE_VALUE_FLOAT:
        json_number(j, f->real, 9);
        break;
    case INGLE_VALUE_BOOL:
        json_bool(j, f->number != 0);
        break;
    case INGLE_VALUE_STRING:
        json_text(j, f->text.data, f->text.len);
        break;
    }
}

/* Clients fill as much as context_length says, so that it says what is there; what the model was
 * made for stands beside it. */
static void put_model_info(struct json *j, const struct msg_described *what, int n_ctx) {
    static const char count[] = "general.parameter_count";
    char key[256];
    snprintf(key, sizeof key, "%.200s.context_length", what->architecture);
    json_open(j, "model_info", '{');
    for (size_t i = 0; i < what->n_facts; i++) {
        const struct msg_fact *f = &what->facts[i];
        const struct json_text name = {f->key.data, f->key.len};
        if (json_text_is(&name, key) || json_text_is(&name, count)) continue;
        json_key_text(j, f->key.data, f->key.len);
        put_value(j, f);
    }
    json_put_uint(j, count, what->n_params);
    json_put_int(j, key, n_ctx);
    json_put_int(j, "ingle.trained_context_length", what->n_ctx_train);
    json_end(j, '}');
}

/* ---- the whole ---- */

static void reply(struct showing *s, const struct service_model *m,
                  const struct msg_described *what) {
    struct buf b;
    struct json j;
    char text[512];
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    put_fact(&j, "license", msg_fact_find(what, "general.license"));
    snprintf(text, sizeof text, "FROM %.400s\n", m->id);
    json_put_str(&j, "modelfile", text);
    snprintf(text, sizeof text, "num_ctx                        %d", m->n_ctx);
    json_put_str(&j, "parameters", text);
    put_template(&j, what);
    json_put_str(&j, "system", "");
    ollama_put_details(&j, what);
    put_model_info(&j, what, m->n_ctx);
    put_capabilities(&j, what);
    ollama_put_time(&j, "modified_at", m->modified_s * NS_PER_S);
    json_end(&j, '}');
    api_reply_json(s->call.x, 200, &b);
}

static void on_described(ingle_status status, const ingle_error *err,
                         const struct msg_described *what, void *showing) {
    struct showing *s = showing;
    const struct service_model *m = service_find_model(s->call.api->service, s->model);
    if (status != INGLE_OK || !m) {
        api_fail(&s->call, status, err, NULL);
    } else {
        reply(s, m, what);
    }
}

void ollama_show(struct api_call *c) {
    struct fields f = {.object = c->body};
    struct showing *s = arena_alloc(c->arena, sizeof *s);
    ingle_error err = {0};
    const char *model = ollama_read_model(&f);
    if (!s || f.bad) {
        api_fail_fields(c, &f);
        return;
    }
    *s = (struct showing){.call = *c, .model = model};
    ingle_status status = service_describe(c->api->service, model, on_described, s, &err);
    if (status != INGLE_OK) api_fail(c, status, &err, NULL);
}
