/* llama.cpp's own dialect: its routes, and what all of them share. */
#include "daemon/llamacpp/llamacpp.h"

#include <string.h>

/* ---- failures ---- */

static const char *type_of(const struct api_failure *f) {
    if (f->status == INGLE_CONTEXT_FULL) return "exceed_context_size_error";
    switch (f->http_status) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 404:
        return "not_found_error";
    case 429:
        return "rate_limit_error";
    case 501:
        return "not_supported_error";
    case 503:
        return "unavailable_error";
    default:
        return f->http_status < 500 ? "invalid_request_error" : "server_error";
    }
}

void llamacpp_put_error(struct json *j, const struct api_failure *f) {
    json_begin(j, '{');
    json_open(j, "error", '{');
    json_put_int(j, "code", f->http_status);
    json_put_str(j, "message", f->message);
    json_put_str(j, "type", type_of(f));
    json_end(j, '}');
    json_end(j, '}');
}

void llamacpp_fail(struct http_exchange *x, const struct api_failure *f) {
    api_reply_error(x, f, llamacpp_put_error);
}

void llamacpp_refuse(struct api_call *c, const char *why) {
    struct api_failure f = {.http_status = 501, .status = INGLE_UNSUPPORTED, .message = why};
    llamacpp_fail(c->x, &f);
}

/* ---- what is there, and what is not ---- */

/* Needs no token: nothing but whether a model answers. */
static void health(struct api_call *c) {
    static const char ok[] = "{\"status\":\"ok\"}";
    const struct service_model *m = service_find_model(c->api->service, NULL);
    if (m && m->state == MODEL_LOADING) {
        struct api_failure f = {
            .http_status = 503, .status = INGLE_FAILED, .message = "Loading model"};
        llamacpp_fail(c->x, &f);
        return;
    }
    http_reply(c->x, 200, "application/json", ok, sizeof ok - 1);
}

static void list_adapters(struct api_call *c) {
    http_reply(c->x, 200, "application/json", "[]", 2);
}

static void set_adapters(struct api_call *c) {
    llamacpp_refuse(c, "ingle loads no LoRA adapters.");
}

static void slot_action(struct api_call *c) {
    llamacpp_refuse(c,
                    "What a slot remembers is no client's to save, restore or erase; ingle keeps "
                    "the beginnings of each client's prompts by itself.");
}

static void change_models(struct api_call *c) {
    llamacpp_refuse(c, "Models are loaded when they are asked, and unloaded by themselves.");
}

static void rerank(struct api_call *c) {
    llamacpp_refuse(c, "No model here puts documents in order.");
}

static const struct api_route routes[] = {
    {HTTP_GET, "/health", health},
    {HTTP_GET, "/v1/health", health},
    {HTTP_GET, "/props", llamacpp_props},
    {HTTP_GET, "/slots", llamacpp_slots},
    {HTTP_POST, "/slots/*", slot_action},
    {HTTP_GET, "/metrics", llamacpp_metrics},
    {HTTP_GET, "/lora-adapters", list_adapters},
    {HTTP_POST, "/lora-adapters", set_adapters},
    {HTTP_POST, "/models/load", change_models},
    {HTTP_POST, "/models/unload", change_models},
    {HTTP_POST, "/rerank", rerank},
    {HTTP_POST, "/reranking", rerank},
    {HTTP_POST, "/v1/rerank", rerank},
    {HTTP_POST, "/v1/reranking", rerank},
    {HTTP_POST, "/tokenize", llamacpp_tokenize},
    {HTTP_POST, "/detokenize", llamacpp_detokenize},
    {HTTP_POST, "/apply-template", llamacpp_apply_template},
    {HTTP_POST, "/completion", llamacpp_completion},
    {HTTP_POST, "/completions", llamacpp_completion},
    {HTTP_POST, "/infill", llamacpp_infill},
    {HTTP_POST, "/embedding", llamacpp_embedding},
    {HTTP_POST, "/embeddings", llamacpp_embedding},
};

const struct api_dialect api_llamacpp = {.routes = routes,
                                         .n_routes = BASE_COUNT(routes),
                                         .fail = llamacpp_fail,
                                         .put_error = llamacpp_put_error};
