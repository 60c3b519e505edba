/* OpenAI's dialect: its routes, and what all of them share. */
#include "daemon/api/openai.h"

#include <string.h>

static const struct api_route routes[] = {
    {HTTP_POST, "/v1/chat/completions", openai_chat},
    {HTTP_POST, "/chat/completions", openai_chat},
};

const struct api_dialect api_openai = {routes, BASE_COUNT(routes), openai_fail};

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
    struct buf b;
    struct json j;
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    openai_put_error(&j, f);
    api_reply_json(x, f->http_status, &b);
}

/* ---- requests ---- */

void openai_read_sampling(struct fields *f, struct arena *arena, ingle_sampling_options *o) {
    int64_t seed;
    (void)arena;
    field_float(f, "temperature", 0, 2, &o->temperature);
    field_float(f, "top_p", 0, 1, &o->top_p);
    field_float(f, "frequency_penalty", -2, 2, &o->frequency_penalty);
    field_float(f, "presence_penalty", -2, 2, &o->presence_penalty);
    if (field_int(f, "seed", INT64_MIN, INT64_MAX, &seed)) o->seed = (uint64_t)seed;
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

void openai_put_usage(struct json *j, const struct turn_usage *u) {
    int n_out = u->n_answer + u->n_thinking;
    json_open(j, "usage", '{');
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
