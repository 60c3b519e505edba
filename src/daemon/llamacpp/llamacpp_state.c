/* GET /props and /slots: what is served, and how busy it is. No words of anybody. */
#include <stdio.h>

#include "daemon/llamacpp/llamacpp.h"
#include "ingle/ingle.h"
#include "worker/wire/msg_describe.h"

/* ---- /props ---- */

static void put_template(struct json *j, const struct msg_described *d) {
    const struct msg_fact *f = msg_fact_find(d, "tokenizer.chat_template");
    bool is_text = f && !f->is_array && f->kind == INGLE_VALUE_STRING;
    json_put_text(j, "chat_template", is_text ? f->text.data : "", is_text ? f->text.len : 0);
}

static void put_defaults(struct json *j, int n_ctx) {
    struct fields none = {0};
    struct llama_request r;
    llama_read_request(&none, NULL, &r); /* which reads nothing, and so makes nothing */
    json_open(j, "default_generation_settings", '{');
    json_put_int(j, "n_ctx", n_ctx);
    json_key(j, "params");
    llama_put_settings(j, &r, UINT32_MAX);
    json_end(j, '}');
}

static void put_modalities(struct json *j) {
    json_open(j, "modalities", '{');
    json_put_bool(j, "vision", false);
    json_put_bool(j, "audio", false);
    json_end(j, '}');
}

static void reply_props(struct errand *e, ingle_status status, const ingle_error *err) {
    struct service *s = e->call.api->service;
    const struct service_model *m = service_find_model(s, e->user);
    char build[64];
    struct buf b;
    struct json j;
    if (status != INGLE_OK || !m || !m->started) {
        api_fail(&e->call, status != INGLE_OK ? status : INGLE_FAILED, err, NULL);
        return;
    }
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    put_defaults(&j, m->started->n_ctx);
    json_put_uint(&j, "total_slots", service_load_now(s).n_slots);
    json_put_str(&j, "model_alias", m->id);
    json_put_str(&j, "model_path", m->file_name);
    put_modalities(&j);
    json_put_bool(&j, "endpoint_slots", true);
    json_put_bool(&j, "endpoint_props", false); /* nobody may change them */
    json_put_bool(&j, "endpoint_metrics", true);
    put_template(&j, e->result);
    snprintf(build, sizeof build, "ingle %d.%d.%d", INGLE_VERSION_MAJOR, INGLE_VERSION_MINOR,
             INGLE_VERSION_PATCH);
    json_put_str(&j, "build_info", build);
    json_put_bool(&j, "is_sleeping", false);
    json_end(&j, '}');
    api_reply_json(e->call.x, 200, &b);
}

/* Loads the model if it is not: the default, or ?model=. */
void llamacpp_props(struct api_call *c) {
    const char *model = api_query_value(c, "model");
    struct service_ask ask = {.model = model,
                              .type = MSG_DESCRIBE,
                              .visit = msg_empty,
                              .visit_result = msg_described,
                              .result_size = sizeof(struct msg_described)};
    errand_start(c, &ask, reply_props, (void *)model);
}

/* ---- /slots ---- */

void llamacpp_slots(struct api_call *c) {
    struct service_load load = service_load_now(c->api->service);
    const char *model = api_query_value(c, "model");
    const struct service_model *m = service_find_model(c->api->service, model);
    ingle_error err;
    struct buf b;
    struct json j;
    if (!m) {
        ingle_status status = service_no_model(model, &err);
        api_fail(c, status, &err, "model");
        return;
    }
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '[');
    for (size_t i = 0; i < load.n_slots; i++) {
        json_begin(&j, '{');
        json_put_uint(&j, "id", i);
        json_put_int(&j, "n_ctx", m->started ? m->started->n_ctx : 0);
        json_put_bool(&j, "speculative", false);
        json_put_bool(&j, "is_processing", i < load.n_running);
        json_end(&j, '}');
    }
    json_end(&j, ']');
    api_reply_json(c->x, 200, &b);
}
