/* GET /api/tags and /api/ps: the models there are, and those that are loaded. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/ollama/ollama.h"

#define NS_PER_S 1000000000
#define NEVER_S (100.0 * 365 * 24 * 3600) /* until something that does not expire does */

/* 135000000 as "135M", 1500000000 as "1.5B": as people call models. */
static void name_size(char text[16], uint64_t n) {
    static const char letters[] = " KMBT";
    double value = (double)n;
    size_t i = 0;
    for (; value >= 999.5 && letters[i + 1]; i++) value /= 1000;
    if (i == 0) {
        snprintf(text, 16, "%.0f", value);
    } else {
        bool is_short = value < 9.95 && i >= 3; /* 1.7B, but 135M */
        snprintf(text, 16, is_short ? "%.1f%c" : "%.0f%c", value, letters[i]);
    }
}

void ollama_put_details(struct json *j, const struct msg_described *what) {
    char size[16] = "";
    if (what) name_size(size, what->n_params);
    json_open(j, "details", '{');
    json_put_str(j, "parent_model", "");
    json_put_str(j, "format", "gguf");
    json_put_str(j, "family", what ? what->architecture : "");
    json_open(j, "families", '[');
    if (what) json_str(j, what->architecture);
    json_end(j, ']');
    json_put_str(j, "parameter_size", size);
    json_put_str(j, "quantization_level", what ? what->quantization : "");
    json_end(j, '}');
}

static void put_model(struct json *j, struct arena *arena, const struct service_model *m) {
    const char *name = ollama_name(arena, m->id);
    json_put_str(j, "name", name ? name : m->id);
    json_put_str(j, "model", name ? name : m->id);
    json_put_str(j, "digest", m->digest);
    ollama_put_details(j, m->what);
}

/* ---- lists, which take as long as it takes to know what each is ---- */

struct listing {
    struct api_call call;
    bool is_of_loaded; /* ps */
    size_t next;
    bool is_asking, goes_on;
};

static bool is_listed(const struct listing *l, const struct service_model *m) {
    return !l->is_of_loaded || m->state == MODEL_READY;
}

/* A model that cannot be read is listed without its details: /api/show says why. */
static void put_item(struct json *j, const struct listing *l, const struct service_model *m) {
    json_begin(j, '{');
    put_model(j, l->call.arena, m);
    if (l->is_of_loaded) {
        bool is_far = m->expires_s < 0 || m->expires_s > NEVER_S;
        double left = is_far ? NEVER_S : m->expires_s;
        json_put_uint(j, "size", m->memory);
        json_put_uint(j, "size_vram", 0);
        json_put_int(j, "context_length", m->n_ctx);
        ollama_put_time(j, "expires_at", clock_date_ns() + (int64_t)(left * 1e9));
    } else {
        json_put_uint(j, "size", m->file_size);
        ollama_put_time(j, "modified_at", m->modified_s * NS_PER_S);
    }
    json_end(j, '}');
}

static void reply(struct listing *l) {
    struct service *s = l->call.api->service;
    struct buf b;
    struct json j;
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_open(&j, "models", '[');
    for (size_t i = 0; i < service_n_models(s); i++) {
        const struct service_model *m = service_model_at(s, i);
        if (is_listed(l, m)) put_item(&j, l, m);
    }
    json_end(&j, ']');
    json_end(&j, '}');
    api_reply_json(l->call.x, 200, &b);
}

static void go_on(struct listing *l);

static void on_described(ingle_status status, const ingle_error *err,
                         const struct msg_described *what, void *listing) {
    struct listing *l = listing;
    (void)status;
    (void)err;
    (void)what; /* the service knows it now */
    l->next++;
    l->goes_on = true;
    if (!l->is_asking) go_on(l); /* else who asked sees that it is answered already */
}

static void go_on(struct listing *l) {
    struct service *s = l->call.api->service;
    l->goes_on = true;
    while (l->goes_on && l->next < service_n_models(s)) {
        const struct service_model *m = service_model_at(s, l->next);
        l->goes_on = false;
        l->is_asking = true;
        ingle_status status =
            is_listed(l, m) ? service_describe(s, m->id, on_described, l, NULL) : INGLE_NOT_FOUND;
        if (status != INGLE_OK) on_described(status, NULL, NULL, l);
        l->is_asking = false;
    }
    if (l->goes_on) reply(l);
}

static void list(struct api_call *c, bool is_of_loaded) {
    struct listing *l = arena_alloc(c->arena, sizeof *l);
    if (!l) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    l->call = *c;
    l->is_of_loaded = is_of_loaded;
    go_on(l);
}

void ollama_tags(struct api_call *c) {
    list(c, false);
}

void ollama_ps(struct api_call *c) {
    list(c, true);
}
