/* Answers of /completion and /infill: pieces of streams, whole ones, and the parts of them that
 * were asked for. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/llamacpp/llamacpp.h"

/* ---- numbers ---- */

static void put_rate(struct json *j, const char *prefix, double n, double ms) {
    char name[40];
    snprintf(name, sizeof name, "%s_n", prefix);
    json_put_number(j, name, n, 9);
    snprintf(name, sizeof name, "%s_ms", prefix);
    json_put_number(j, name, ms, 6);
    snprintf(name, sizeof name, "%s_per_token_ms", prefix);
    json_put_number(j, name, n > 0 ? ms / n : 0, 6);
    snprintf(name, sizeof name, "%s_per_second", prefix);
    json_put_number(j, name, ms > 0 ? 1e3 * n / ms : 0, 6);
}

static void put_timings(struct json *j, const struct turn_usage *u) {
    json_open(j, "timings", '{');
    json_put_int(j, "cache_n", u->n_cached);
    put_rate(j, "prompt", u->n_prompt - u->n_cached, u->prompt_ms);
    put_rate(j, "predicted", u->n_answer, u->first_ms + u->decode_ms);
    json_end(j, '}');
}

/* ---- tokens ---- */

/* Bytes of text that is gone because the answer was cut before it take their tokens along. */
static size_t n_kept_tokens(const struct llama_answer *a) {
    const struct turn *t = a->turn;
    size_t n = 0, n_bytes = 0;
    if (!a->cut.is_over) return t->n_tokens;
    while (n < t->n_tokens && n_bytes < a->cut.n_safe) n_bytes += t->tokens[n++]->chosen.bytes.len;
    return n;
}

static void put_ids(struct json *j, const struct turn *t, size_t from, size_t to) {
    json_open(j, "tokens", '[');
    for (size_t i = from; i < to; i++) json_int(j, t->tokens[i]->chosen.token);
    json_end(j, ']');
}

static void put_choice(struct json *j, const struct msg_token_choice *c) {
    double logprob = isfinite(c->logprob) ? (double)c->logprob : -(double)FLT_MAX;
    json_put_int(j, "id", c->token);
    json_put_text(j, "token", c->bytes.data, c->bytes.len);
    json_open(j, "bytes", '[');
    for (size_t i = 0; i < c->bytes.len; i++) json_uint(j, (unsigned char)c->bytes.data[i]);
    json_end(j, ']');
    json_put_number(j, "logprob", logprob, 7);
}

static void put_probabilities(struct json *j, const struct turn *t, size_t from, size_t to) {
    json_open(j, "completion_probabilities", '[');
    for (size_t i = from; i < to; i++) {
        const struct msg_token *m = t->tokens[i];
        json_begin(j, '{');
        put_choice(j, &m->chosen);
        json_open(j, "top_logprobs", '[');
        for (size_t k = 0; k < m->n_top; k++) {
            json_begin(j, '{');
            put_choice(j, &m->top[k]);
            json_end(j, '}');
        }
        json_end(j, ']');
        json_end(j, '}');
    }
    json_end(j, ']');
}

/* ---- the last of an answer ---- */

static const char *stop_type(const struct llama_answer *a) {
    if (a->cut.is_over || a->all->r.m.warm) return "limit";
    switch (a->turn->usage.reason) {
    case INGLE_STOP_END:
        return "eos";
    case INGLE_STOP_STRING:
        return "word";
    case INGLE_STOP_LENGTH:
    case INGLE_STOP_LOOP:
        return "limit";
    default:
        return "none";
    }
}

static const char *stopping_word(const struct llama_answer *a) {
    const ingle_generate_result *r = &a->turn->generated.result;
    const struct msg_generate *m = &a->all->r.m;
    bool is_word = !a->cut.is_over && r->reason == INGLE_STOP_STRING;
    return is_word && r->stop >= 0 && (size_t)r->stop < m->n_stops ? m->stops[r->stop] : "";
}

static void put_end(struct json *j, const struct llama_answer *a) {
    const struct llama_request *r = &a->all->r;
    const struct turn *t = a->turn;
    const struct turn_usage *u = &t->usage;
    json_put_int(j, "id_slot", r->id_slot);
    json_put_bool(j, "stop", true);
    json_put_str(j, "model", t->model);
    json_put_int(j, "tokens_predicted", u->n_answer);
    json_put_int(j, "tokens_evaluated", u->n_prompt);
    json_key(j, "generation_settings");
    llama_put_settings(j, r, llama_seed(a));
    json_put_text(j, "prompt", a->prompt.data ? a->prompt.data : "", a->prompt.len);
    json_put_bool(j, "has_new_line", a->cut.has_line);
    json_put_bool(j, "truncated", u->context_full || t->n_dropped > 0);
    json_put_str(j, "stop_type", stop_type(a));
    json_put_str(j, "stopping_word", stopping_word(a));
    json_put_int(j, "tokens_cached", u->n_prompt + u->n_answer);
    put_timings(j, u);
}

static void put_whole(struct json *j, const struct llama_answer *a) {
    const struct turn *t = a->turn;
    size_t n_tokens = n_kept_tokens(a);
    bool streams = a->all->r.streams;
    json_begin(j, '{');
    json_put_int(j, "index", (int64_t)a->index);
    json_put_text(j, "content", t->text.data && !streams ? t->text.data : "",
                  streams ? 0 : a->cut.n_safe);
    put_ids(j, t, 0, a->all->r.return_tokens && !streams ? n_tokens : 0);
    put_end(j, a);
    if (a->all->r.n_probs > 0 && !streams) put_probabilities(j, t, 0, n_tokens);
    json_end(j, '}');
}

/* ---- response_fields ---- */

/* What a path of keys leads to; NULL if to nothing. */
static const struct json_value *follow(const struct json_value *v, const char *path,
                                       struct arena *arena) {
    while (v) {
        size_t n = strcspn(path, "/");
        const char *key = arena_copy(arena, path, n);
        v = key ? json_member(v, key) : NULL;
        if (!path[n]) break;
        path += n + 1;
    }
    return v;
}

static void put_chosen(struct json *j, const struct json_value *whole, struct arena *arena,
                       const struct llama_request *r) {
    json_begin(j, '{');
    for (size_t i = 0; i < r->n_response_fields; i++) {
        const char *path = r->response_fields[i];
        const struct json_value *v = follow(whole, path, arena);
        if (v) json_put_value(j, path, v);
    }
    json_end(j, '}');
}

/* The whole answer is in b; what was asked of it takes its place. */
static void choose(struct buf *b, const struct llama_request *r) {
    struct arena arena;
    const struct json_value *whole;
    struct buf chosen;
    struct json j;
    arena_init_secret(&arena, 2 * API_MAX_ANSWER);
    buf_init_secret(&chosen, API_MAX_ANSWER);
    json_init_buf(&j, &chosen);
    if (!buf_failed(b) &&
        json_tree_parse(&whole, &arena, b->data, b->size, "the answer", NULL) == INGLE_OK) {
        put_chosen(&j, whole, &arena, r);
    } else {
        chosen.failed = true;
    }
    arena_clear(&arena);
    buf_clear(b);
    *b = chosen;
}

void llama_put_answer(struct buf *b, const struct llama_answer *a) {
    struct json j;
    json_init_buf(&j, b);
    put_whole(&j, a);
    if (a->all->r.n_response_fields > 0) choose(b, &a->all->r);
}

/* ---- streams ---- */

static bool send(const struct llama_answer *a, struct buf *b) {
    struct llama_completion *all = a->all;
    http_begin(all->call.x, 200, API_EVENT_STREAM, API_KEEP_ALIVE);
    bool is_heard = api_send_event(all->call.x, NULL, b);
    buf_clear(b);
    return is_heard;
}

/* Of what has come so far; the prompt's part is known at the end. */
static void put_timings_so_far(struct json *j, const struct llama_answer *a) {
    json_open(j, "timings", '{');
    put_rate(j, "predicted", (double)a->turn->n_tokens,
             a->cut.begun_ms > 0 ? clock_ms() - a->cut.begun_ms : 0);
    json_end(j, '}');
}

bool llama_send_piece(const struct llama_answer *a, const char *text, size_t len) {
    const struct llama_request *r = &a->all->r;
    const struct turn *t = a->turn;
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_int(&j, "index", (int64_t)a->index);
    json_put_text(&j, "content", text, len);
    put_ids(&j, t, a->n_sent_tokens, t->n_tokens);
    json_put_bool(&j, "stop", false);
    json_put_int(&j, "id_slot", r->id_slot);
    json_put_int(&j, "tokens_predicted", (int64_t)t->n_tokens);
    if (r->timings_per_token) put_timings_so_far(&j, a);
    if (r->n_probs > 0) put_probabilities(&j, t, a->n_sent_tokens, t->n_tokens);
    json_end(&j, '}');
    return send(a, &b);
}

void llama_send_last(const struct llama_answer *a) {
    const struct turn *t = a->turn;
    struct buf b;
    size_t n = a->cut.n_safe - a->n_sent;
    if (n > 0 && !llama_send_piece(a, t->text.data + a->n_sent, n)) return;
    buf_init_secret(&b, API_MAX_ANSWER);
    llama_put_answer(&b, a);
    (void)send(a, &b);
}
