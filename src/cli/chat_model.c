/* Which model the conversation is held with. */
#include <string.h>

#include "base/alloc.h"
#include "cli/chat.h"
#include "cli/interrupt.h"

/* A worker that has read a model, before it takes the place of another. */
struct seat {
    struct worker *worker;
    char *path;
    struct chat_facts facts;
};

static void leave(struct seat *s) {
    worker_arg_free(s->worker);
    mem_free(s->path);
    *s = (struct seat){0};
}

/* Whether this model's template takes the messages. */
static ingle_status try_messages(const struct chat_talk *t, struct seat *s, ingle_error *err) {
    struct buf json = {.max = CHAT_MAX_JSON, .is_secret = true};
    struct chat_look look = {.wants_count = t->messages.n > 0};
    ingle_status status = chat_messages_json(&t->messages, 0, 0, &json, err);
    if (status == INGLE_OK) {
        struct msg_conversation conversation = chat_conversation(t, &json);
        status = chat_look(s->worker, &conversation, &look, err);
    }
    s->facts = look.facts;
    buf_clear(&json);
    return status;
}

static ingle_status take(const struct chat_talk *t, const char *path, struct seat *s,
                         ingle_error *err) {
    struct engine_args engine = t->args->engine;
    struct msg_start start = {.has_session = true};
    engine.model = path;
    INGLE_TRY(worker_arg_new(&s->worker, &start, &engine, err));
    interrupt_watch_worker(NULL);         /* but while it answers */
    size_t len = path ? strlen(path) : 0; /* worker_arg_new() refuses NULL */
    s->path = mem_strndup(path ? path : "", len);
    if (!s->path) return status_no_memory(err, "the model's name", len);
    return try_messages(t, s, err);
}

ingle_status chat_use_model(struct chat_talk *t, const char *path, ingle_error *err) {
    struct seat s = {0};
    ingle_status status = take(t, path, &s, err);
    if (status == INGLE_OK) {
        struct seat old = {.worker = t->worker, .path = t->model_path};
        t->worker = s.worker;
        t->model_path = s.path;
        t->facts = s.facts;
        s = old;
    }
    leave(&s);
    return status;
}

void chat_show_model(const struct chat_talk *t) {
    const struct msg_started *started = worker_started(t->worker);
    const ingle_model_info *info = &started->model;
    const char *slash = strrchr(t->model_path, '/');
    const char *name = info->name[0] ? info->name : slash ? slash + 1 : t->model_path;
    chat_say(t, "%.200s (%.40s), a context of %d tokens.", name, info->architecture,
             started->n_ctx);
    if (t->args->template_file || strncmp(t->facts.template_from, "the model", 9) == 0) return;
    chat_say(t, "It has no chat template; messages are written in the manner of %.40s.",
             t->facts.template_from);
}
