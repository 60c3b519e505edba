/* GET /v1/models and /v1/models/{id}, in a shape that serves Anthropic's clients as well. */
#include <string.h>
#include <time.h>

#include "daemon/openai/openai.h"

static void put_model(struct json *j, const struct service_model *m) {
    char date[32] = "1970-01-01T00:00:00Z";
    time_t modified = (time_t)m->modified_s;
    struct tm parts;
    if (gmtime_r(&modified, &parts)) strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &parts);
    json_begin(j, '{');
    json_put_str(j, "id", m->id);
    json_put_str(j, "object", "model");
    json_put_int(j, "created", m->modified_s);
    json_put_str(j, "owned_by", "ingle");
    json_put_str(j, "type", "model");
    json_put_str(j, "display_name", m->id);
    json_put_str(j, "created_at", date);
    json_end(j, '}');
}

static void put_id(struct json *j, const char *key, struct service *s, size_t i) {
    const struct service_model *m = service_model_at(s, i);
    json_key(j, key);
    if (m) {
        json_str(j, m->id);
    } else {
        json_null(j);
    }
}

void openai_models(struct api_call *c) {
    struct service *s = c->api->service;
    size_t n = service_n_models(s);
    struct buf b;
    struct json j;
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "object", "list");
    json_open(&j, "data", '[');
    for (size_t i = 0; i < n; i++) put_model(&j, service_model_at(s, i));
    json_end(&j, ']');
    json_put_bool(&j, "has_more", false);
    put_id(&j, "first_id", s, 0);
    put_id(&j, "last_id", s, n - 1);
    json_end(&j, '}');
    api_reply_json(c->x, 200, &b);
}

/* The default model has a name of its own: an empty one is nobody's. */
void openai_model(struct api_call *c) {
    const struct service_model *m =
        c->rest[0] ? service_find_model(c->api->service, c->rest) : NULL;
    struct buf b;
    struct json j;
    if (!m) {
        ingle_error err = {0};
        ingle_status status = service_no_model(c->rest, &err);
        api_fail(c, status, &err, "model");
        return;
    }
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    put_model(&j, m);
    api_reply_json(c->x, 200, &b);
}
