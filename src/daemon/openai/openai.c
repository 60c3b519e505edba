/* OpenAI's dialect: its routes, and what all of them share. */
#include "daemon/openai/openai.h"

#include <string.h>

/* Models read and write text. */
static void no_sound(struct api_call *c) {
    ingle_error err = {0};
    ingle_status status = status_set(&err, INGLE_NOT_FOUND, 0,
                                     "ingle neither hears nor speaks: no model of it does.");
    struct api_failure f = api_failure_of(status, &err, NULL);
    f.code = NULL;
    openai_fail(c->x, &f);
}

static const struct api_route routes[] = {
    {HTTP_GET, "/v1/models", openai_models},
    {HTTP_GET, "/models", openai_models},
    {HTTP_GET, "/v1/models/*", openai_model},
    {HTTP_POST, "/v1/chat/completions", openai_chat},
    {HTTP_POST, "/chat/completions", openai_chat},
    {HTTP_POST, "/v1/completions", openai_completions},
    {HTTP_POST, "/v1/embeddings", openai_embeddings},
    {HTTP_POST, "/v1/audio/*", no_sound},
};

const struct api_dialect api_openai = {.routes = routes,
                                       .n_routes = BASE_COUNT(routes),
                                       .fail = openai_fail,
                                       .put_error = openai_put_error,
                                       .id_header = "x-request-id"};

/* ---- failures ---- */

static const char *type_of(int http_status) {
    switch (http_status) {
    case 401:
    case 403:
        return "authentication_error";
    case 404:
        return "not_found_error";
    case 429:
        return "rate_limit_error";
    default:
        return http_status < 500 ? "invalid_request_error" : "server_error";
    }
}

static void put_string_or_null(struct json *j, const char *key, const char *text) {
    json_key(j, key);
    if (text) {
        json_str(j, text);
    } else {
        json_null(j);
    }
}

void openai_put_error(struct json *j, const struct api_failure *f) {
    json_begin(j, '{');
    json_open(j, "error", '{');
    json_put_str(j, "message", f->message);
    json_put_str(j, "type", type_of(f->http_status));
    put_string_or_null(j, "param", f->param);
    put_string_or_null(j, "code", f->code);
    json_end(j, '}');
    json_end(j, '}');
}

void openai_fail(struct http_exchange *x, const struct api_failure *f) {
    api_reply_error(x, f, openai_put_error);
}

/* ---- answers ---- */

const char *openai_finish_reason(const struct turn_usage *u) {
    switch (u->reason) {
    case INGLE_STOP_LENGTH:
    case INGLE_STOP_LOOP:
        return "length";
    case INGLE_STOP_TOOL:
        return "tool_calls";
    default:
        return "stop";
    }
}

void openai_put_usage_value(struct json *j, const struct turn_usage *u) {
    int64_t n_out = (int64_t)u->n_answer + u->n_thinking;
    json_begin(j, '{');
    json_put_int(j, "prompt_tokens", u->n_prompt);
    json_put_int(j, "completion_tokens", n_out);
    json_put_int(j, "total_tokens", u->n_prompt + n_out);
    json_open(j, "prompt_tokens_details", '{');
    json_put_int(j, "cached_tokens", u->n_cached);
    json_end(j, '}');
    json_open(j, "completion_tokens_details", '{');
    json_put_int(j, "reasoning_tokens", u->n_thinking);
    json_end(j, '}');
    json_end(j, '}');
}
