/* A response, and the items it consists of, as JSON. */
#include <string.h>

#include "daemon/responses/responses.h"

/* ---- what the request said ---- */

/* The request's member, or what it is where the request says nothing. */
static void put_given(struct json *j, const struct turn *t, const char *key,
                      const char *otherwise) {
    const struct response *r = t->user;
    const struct json_value *v = json_member(r->request->body, key);
    json_key(j, key);
    if (v && v->kind != JSON_NULL) {
        json_value(j, v);
    } else {
        json_raw(j, otherwise, strlen(otherwise));
    }
}

static void put_text(struct json *j, const struct turn *t) {
    const struct response *r = t->user;
    const struct json_value *text = json_member(r->request->body, "text");
    const struct json_value *format = text ? json_member(text, "format") : NULL;
    const struct json_value *verbosity = text ? json_member(text, "verbosity") : NULL;
    json_open(j, "text", '{');
    if (format && format->kind == JSON_OBJECT) {
        json_put_value(j, "format", format);
    } else {
        json_open(j, "format", '{');
        json_put_str(j, "type", "text");
        json_end(j, '}');
    }
    if (verbosity) json_put_value(j, "verbosity", verbosity);
    json_end(j, '}');
}

static void put_request(struct json *j, const struct turn *t) {
    const struct response *r = t->user;
    const ingle_sampling_options *sampling = &r->request->chat.sampling;
    put_given(j, t, "instructions", "null");
    put_given(j, t, "max_output_tokens", "null");
    put_given(j, t, "metadata", "{}");
    put_given(j, t, "parallel_tool_calls", "true");
    put_given(j, t, "previous_response_id", "null");
    put_given(j, t, "reasoning", "{\"effort\":null,\"summary\":null}");
    put_given(j, t, "tool_choice", "\"auto\"");
    put_given(j, t, "tools", "[]");
    put_text(j, t);
    json_put_number(j, "temperature", (double)sampling->temperature, 6);
    json_put_number(j, "top_p", (double)sampling->top_p, 6);
    json_put_str(j, "truncation", "disabled");
    json_put_bool(j, "store", r->request->stores);
    json_put_bool(j, "background", false);
}

/* ---- items ---- */

bool responses_was_cut(const struct turn *t) {
    const struct response *r = t->user;
    return r->is_cancelled || t->usage.reason == INGLE_STOP_LENGTH ||
           t->usage.reason == INGLE_STOP_LOOP;
}

static const char *item_status(const struct turn *t, const struct block *b, bool has_ended) {
    const struct response *r = t->user;
    if (!has_ended) return "in_progress";
    bool is_last = b->number + 1 == r->blocks.n;
    return b->is_whole && (b->kind == BLOCK_CALL || !is_last || !responses_was_cut(t))
               ? "completed"
               : "incomplete";
}

static void put_words(struct json *j, const char *key, const char *type,
                      const struct wire_text *text) {
    json_open(j, key, '[');
    if (text) {
        json_begin(j, '{');
        json_put_str(j, "type", type);
        json_put_text(j, "text", text->data, text->len);
        if (strcmp(type, "output_text") == 0) {
            json_put_raw(j, "annotations", "[]", 2);
            json_put_raw(j, "logprobs", "[]", 2);
        }
        json_end(j, '}');
    }
    json_end(j, ']');
}

void responses_put_item(struct json *j, const struct turn *t, const struct block *b,
                        bool has_ended) {
    static const char *const types[] = {"reasoning", "message", "function_call"};
    struct wire_text text = block_text(t, b);
    json_begin(j, '{');
    json_put_str(j, "id", b->id);
    json_put_str(j, "type", types[b->kind]);
    json_put_str(j, "status", item_status(t, b, has_ended));
    if (b->kind == BLOCK_CALL) {
        json_put_str(j, "call_id", block_call_id(t, b));
        json_put_str(j, "name", block_call_name(t, b));
        json_put_text(j, "arguments", text.data, has_ended ? text.len : 0);
    } else if (b->kind == BLOCK_TEXT) {
        json_put_str(j, "role", "assistant");
        put_words(j, "content", "output_text", has_ended ? &text : NULL);
    } else {
        put_words(j, "summary", "summary_text", has_ended ? &text : NULL);
    }
    json_end(j, '}');
}

/* ---- what became of it ---- */

static void put_output(struct json *j, const struct turn *t, bool has_ended) {
    const struct response *r = t->user;
    json_open(j, "output", '[');
    for (size_t i = 0; i < r->blocks.n && has_ended; i++) {
        responses_put_item(j, t, &r->blocks.at[i], true);
    }
    json_end(j, ']');
}

static void put_usage(struct json *j, const struct turn_usage *u) {
    int64_t n_out = (int64_t)u->n_answer + u->n_thinking;
    json_open(j, "usage", '{');
    json_put_int(j, "input_tokens", u->n_prompt);
    json_open(j, "input_tokens_details", '{');
    json_put_int(j, "cached_tokens", u->n_cached);
    json_end(j, '}');
    json_put_int(j, "output_tokens", n_out);
    json_open(j, "output_tokens_details", '{');
    json_put_int(j, "reasoning_tokens", u->n_thinking);
    json_end(j, '}');
    json_put_int(j, "total_tokens", u->n_prompt + n_out);
    json_end(j, '}');
}

static void put_end(struct json *j, const struct turn *t, enum response_status status,
                    const struct api_failure *failure) {
    const struct response *r = t->user;
    json_key(j, "error");
    if (failure) {
        json_begin(j, '{');
        json_put_str(j, "code", "server_error");
        json_put_str(j, "message", failure->message);
        json_end(j, '}');
    } else {
        json_null(j);
    }
    json_key(j, "incomplete_details");
    if (status == RESPONSE_ENDED && responses_was_cut(t) && !r->is_cancelled) {
        json_begin(j, '{');
        json_put_str(j, "reason", "max_output_tokens");
        json_end(j, '}');
    } else {
        json_null(j);
    }
    put_output(j, t, status != RESPONSE_RUNS);
    if (status == RESPONSE_ENDED && !r->is_cancelled) {
        put_usage(j, &t->usage);
    } else {
        json_put_null(j, "usage");
    }
}

void responses_put(struct json *j, const struct turn *t, enum response_status status,
                   const struct api_failure *failure) {
    static const char *const words[] = {"in_progress", "completed", "failed"};
    const struct response *r = t->user;
    const char *word = words[status];
    if (status == RESPONSE_ENDED && responses_was_cut(t)) {
        word = r->is_cancelled ? "cancelled" : "incomplete";
    }
    json_begin(j, '{');
    json_put_str(j, "id", t->id);
    json_put_str(j, "object", "response");
    json_put_int(j, "created_at", t->created_s);
    json_put_str(j, "status", word);
    json_put_str(j, "model", t->model);
    put_end(j, t, status, failure);
    put_request(j, t);
    json_end(j, '}');
}
