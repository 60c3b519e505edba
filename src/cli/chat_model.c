/* Which model the conversation is held with. */
#include <string.h>

#include "base/alloc.h"
#include "cli/chat.h"

/* A model with its session and chat, before it takes the place of another. */
struct seat {
    ingle_model *model;
    ingle_session *session;
    ingle_chat *chat;
    char *path;
};

static void leave(struct seat *s) {
    ingle_chat_free(s->chat);
    ingle_session_free(s->session);
    ingle_model_close(s->model);
    mem_free(s->path);
    *s = (struct seat){0};
}

/* The messages as this model's template takes them. */
static ingle_status move_messages(const struct chat_talk *t, ingle_chat *chat, ingle_error *err) {
    if (!t->chat || ingle_chat_n_messages(t->chat) == 0) return INGLE_OK;
    struct buf json;
    buf_init(&json, CHAT_MAX_JSON);
    ingle_status status = chat_to_json(t->chat, 0, &json, err);
    if (status == INGLE_OK) status = ingle_chat_add_json(chat, json.data, json.size, err);
    const char *text;
    size_t len;
    if (status == INGLE_OK) status = ingle_chat_render(chat, &text, &len, err);
    buf_clear(&json);
    return status;
}

static ingle_status take(const struct chat_talk *t, const char *path, struct seat *s,
                         ingle_error *err) {
    struct engine_args engine = t->args->engine;
    engine.model = path;
    INGLE_TRY(engine_open(&s->model, &engine, false, err));
    INGLE_TRY(engine_session(&s->session, s->model, &engine, NULL, err));
    ingle_chat_options options = chat_options(t);
    INGLE_TRY(ingle_chat_new(&s->chat, s->model, &options, err));
    size_t len = path ? strlen(path) : 0; /* engine_open() refuses NULL */
    s->path = mem_strndup(path ? path : "", len);
    if (!s->path) return status_no_memory(err, "the model's name", len);
    return move_messages(t, s->chat, err);
}

ingle_status chat_use_model(struct chat_talk *t, const char *path, ingle_error *err) {
    struct seat s = {0};
    ingle_status status = take(t, path, &s, err);
    if (status == INGLE_OK) {
        struct seat old = {t->model, t->session, t->chat, t->model_path};
        t->model = s.model;
        t->session = s.session;
        t->chat = s.chat;
        t->model_path = s.path;
        s = old;
    }
    leave(&s);
    return status;
}

void chat_show_model(const struct chat_talk *t) {
    ingle_model_info info = ingle_model_get_info(t->model);
    ingle_chat_info chat = ingle_chat_get_info(t->chat);
    const char *slash = strrchr(t->model_path, '/');
    const char *name = info.name[0] ? info.name : slash ? slash + 1 : t->model_path;
    chat_say(t, "%.200s (%.40s), a context of %d tokens.", name, info.architecture,
             ingle_session_n_ctx(t->session));
    if (t->args->template_file || strncmp(chat.template_from, "the model", 9) == 0) return;
    chat_say(t, "It has no chat template; messages are written in the manner of %.40s.",
             chat.template_from);
}
