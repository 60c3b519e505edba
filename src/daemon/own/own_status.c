/* GET /ingle/status: what is served, what it takes, and what the kernel enforces. No words of
 * anybody's, and no paths. */
#include "base/clock.h"
#include "daemon/own/own.h"
#include "ingle/ingle.h"

static void put_seal(struct json *j, const struct msg_started *m) {
    json_open(j, "seal", '{');
    json_put_bool(j, "sealed", m->is_sealed);
    json_put_int(j, "calls", m->n_calls);
    json_put_int(j, "landlock", m->landlock_abi);
    json_put_uint(j, "namespaces", m->namespaces);
    json_end(j, '}');
}

static void put_model(struct json *j, const struct service_model *m) {
    static const char *const states[] = {
        [MODEL_UNLOADED] = "unloaded", [MODEL_LOADING] = "loading", [MODEL_READY] = "ready"};
    json_begin(j, '{');
    json_put_str(j, "id", m->id);
    json_put_str(j, "file", m->file_name);
    json_put_uint(j, "size", m->file_size);
    json_put_str(j, "state", states[m->state]);
    json_put_uint(j, "memory", m->memory);
    json_put_number(j, "expires_s",
                    m->state == MODEL_READY && m->expires_s >= 0 ? m->expires_s : -1, 6);
    if (m->started) {
        json_put_int(j, "context", m->started->n_ctx);
        json_put_int(j, "threads", m->started->n_threads);
        json_put_bool(j, "fills_middle", m->started->fills_middle);
        put_seal(j, m->started);
    }
    json_end(j, '}');
}

static void put_models(struct json *j, struct service *s) {
    json_open(j, "models", '[');
    for (size_t i = 0; i < service_n_models(s); i++) put_model(j, service_model_at(s, i));
    json_end(j, ']');
}

static void put_load(struct json *j, const struct service *s) {
    struct service_load load = service_load_now(s);
    json_open(j, "queue", '{');
    json_put_uint(j, "running", load.n_running);
    json_put_uint(j, "waiting", load.n_waiting);
    json_put_uint(j, "requests", load.n_requests);
    json_put_uint(j, "refused", load.n_refused);
    json_end(j, '}');
}

static void put_http(struct json *j, const struct http_server *server) {
    struct http_server_info info;
    http_server_info(server, &info);
    json_open(j, "http", '{');
    json_put_uint(j, "connections", info.connections);
    json_put_uint(j, "running", info.running);
    json_put_uint(j, "accepted", info.accepted);
    json_put_uint(j, "requests", info.requests);
    json_put_uint(j, "refused", info.refused);
    json_put_uint(j, "gone", info.gone);
    json_put_uint(j, "cut",
                  info.cut_head + info.cut_body + info.cut_idle + info.cut_stall + info.cut_size);
    json_end(j, '}');
}

/* What this process may, as a worker's "seal" says it of that. */
static void put_front(struct json *j, const struct api_front *front) {
    if (!front->files) return;
    json_open(j, "front", '{');
    json_put_str(j, "network", front->has_network ? "all" : "none");
    json_put_str(j, "files", front->files);
    json_put_uint(j, "places", front->n_places);
    json_put_uint(j, "writable", front->n_writable);
    json_put_int(j, "landlock", front->landlock);
    json_put_str(j, "signals", front->keeps_signals ? "its workers" : "all");
    json_put_str(j, "memory", front->hides_memory ? "hidden" : "open");
    json_end(j, '}');
}

void own_status(struct api_call *c) {
    struct buf b;
    struct json j;
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "version", ingle_version());
    json_put_int(&j, "started", c->api->started_s);
    put_front(&j, &c->api->front);
    put_models(&j, c->api->service);
    put_load(&j, c->api->service);
    put_http(&j, c->api->server);
    json_end(&j, '}');
    api_reply_json(c->x, 200, &b);
}
