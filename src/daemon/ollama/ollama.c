/* Ollama's dialect: its routes, and what all of them share. */
#include "daemon/ollama/ollama.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The one whose behaviour this is; clients ask for one that is new enough. */
static const char compatible[] = "0.32.0";

/* ---- that somebody is here ---- */

void ollama_root(struct api_call *c) {
    static const char text[] = "Ollama is running";
    http_reply(c->x, 200, "text/plain; charset=utf-8", text, sizeof text - 1);
}

static void version(struct api_call *c) {
    struct buf b;
    struct json j;
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "version", compatible);
    json_end(&j, '}');
    api_reply_json(c->x, 200, &b);
}

static const struct api_route routes[] = {
    {HTTP_GET, "/api/version", version},
    {HTTP_GET, "/api/tags", ollama_tags},
    {HTTP_GET, "/api/ps", ollama_ps},
    {HTTP_POST, "/api/show", ollama_show},
    {HTTP_POST, "/api/generate", ollama_generate},
    {HTTP_POST, "/api/chat", ollama_chat},
    {HTTP_POST, "/api/embed", ollama_embed},
    {HTTP_POST, "/api/embeddings", ollama_embeddings},
    {HTTP_POST, "/api/pull", ollama_pull},
    {HTTP_POST, "/api/push", ollama_push},
    {HTTP_POST, "/api/create", ollama_create},
    {HTTP_POST, "/api/copy", ollama_copy},
    {HTTP_DELETE, "/api/delete", ollama_delete},
    {HTTP_GET, "/api/blobs/*", ollama_blob},
    {HTTP_POST, "/api/blobs/*", ollama_blob},
};

const struct api_dialect api_ollama = {.routes = routes,
                                       .n_routes = BASE_COUNT(routes),
                                       .fail = ollama_fail,
                                       .put_error = ollama_put_error,
                                       .root = "/api/"};

/* ---- failures ---- */

void ollama_put_error(struct json *j, const struct api_failure *f) {
    json_begin(j, '{');
    json_put_str(j, "error", f->message);
    json_end(j, '}');
}

void ollama_fail(struct http_exchange *x, const struct api_failure *f) {
    api_reply_error(x, f, ollama_put_error);
}

/* ---- times and names ---- */

#define NS_PER_S 1000000000

void ollama_time(char text[OLLAMA_TIME], int64_t ns) {
    struct tm t;
    time_t seconds = ns / NS_PER_S;
    text[0] = '\0';
    if (!gmtime_r(&seconds, &t)) return;
    snprintf(text, OLLAMA_TIME, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", t.tm_year + 1900,
             t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(ns % NS_PER_S));
}

void ollama_put_time(struct json *j, const char *key, int64_t ns) {
    char text[OLLAMA_TIME];
    ollama_time(text, ns);
    json_put_str(j, key, text);
}

void ollama_put_ns(struct json *j, const char *key, double ms) {
    json_put_int(j, key, ms > 0 ? (int64_t)(ms * 1e6) : 0);
}

const char *ollama_name(struct arena *arena, const char *id) {
    static const char tag[] = ":latest";
    size_t n = strlen(id), n_tag = strchr(id, ':') ? 0 : sizeof tag - 1;
    char *name = arena_alloc(arena, n + sizeof tag);
    if (!name) return NULL;
    memcpy(name, id, n);
    memcpy(name + n, tag, n_tag);
    return name;
}

const char *ollama_read_model(struct fields *f) {
    const char *model = NULL;
    if (!field_string(f, "model", &model)) field_string(f, "name", &model);
    if (!model || !model[0]) field_fail(f, "model", "model is required");
    return model;
}
