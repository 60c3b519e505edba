/* The conversation's side of the worker: the messages go there as JSON, answers and what the
 * template makes of them come back. */
#include <stdio.h>
#include <string.h>

#include "cli/chat.h"
#include "cli/chat_view.h"
#include "cli/interrupt.h"

struct msg_conversation chat_conversation(const struct chat_talk *t, const struct buf *json) {
    return (struct msg_conversation){
        .messages = {json->size ? json->data : "[]", json->size ? json->size : 2},
        .template_text = t->args->template_file ? t->template_text.data : NULL,
        .think = t->think,
        .think_budget = t->args->think_budget,
        .now = (uint64_t)t->now,
    };
}

static struct chat_facts facts_of(const ingle_chat_info *info) {
    struct chat_facts f = {.can_think = info->can_think, .thinks = info->thinks};
    snprintf(f.template_from, sizeof f.template_from, "%s",
             info->template_from ? info->template_from : "");
    return f;
}

ingle_status chat_need_worker(struct chat_talk *t, ingle_error *err) {
    if (!worker_is_dead(t->worker)) return INGLE_OK;
    INGLE_TRY(chat_use_model(t, t->model_path, err));
    chat_remark(t, "The model was opened anew.");
    return INGLE_OK;
}

/* ---- messages that the worker tells ---- */

/* A list that grows while a request is answered. */
struct listing {
    struct chat_messages *messages; /* NULL = not wanted */
    struct arena *arena;
    ingle_error *error; /* the first */
};

static bool add_message(const struct listing *l, const void *body, size_t size) {
    struct msg_message m;
    if (!l->messages) return true;
    ingle_status status = wire_read(&m, sizeof m, msg_message, body, size, l->arena, l->error);
    if (status == INGLE_OK) {
        status = chat_messages_add(l->messages, m.role, m.text.data, m.text.len, m.json.data,
                                   m.json.len, l->error);
    }
    l->error->code = status;
    return status == INGLE_OK;
}

static bool on_message(enum msg_type type, const void *body, size_t size, void *user) {
    struct listing *l = user;
    arena_clear(l->arena);
    return type == MSG_MESSAGE && add_message(l, body, size);
}

/* What the front itself could not do with an answer is why it was given up. */
static ingle_status first_error(ingle_status status, const ingle_error *own, ingle_error *err) {
    if (own->code == INGLE_OK) return status;
    if (err) *err = *own;
    return own->code;
}

ingle_status chat_look(struct worker *worker, const struct msg_conversation *conversation,
                       struct chat_look *look, ingle_error *err) {
    struct arena arena = {.max = MESSAGE_MAX_ANSWER, .is_secret = true};
    ingle_error own = {0};
    struct listing listing = {look->messages, &arena, &own};
    struct msg_chat_count m = {.conversation = *conversation,
                               .wants_count = look->wants_count,
                               .wants_messages = look->messages != NULL};
    struct msg_chat_counted told = {0};
    struct worker_ask ask = {.type = MSG_CHAT_COUNT,
                             .visit = msg_chat_count,
                             .request = &m,
                             .visit_result = msg_chat_counted,
                             .result = &told,
                             .result_size = sizeof told,
                             .on_answer = on_message,
                             .user = &listing};
    ingle_status status = worker_do(worker, &ask, err);
    arena_clear(&arena);
    look->n_tokens = told.n_tokens;
    look->facts = facts_of(&told.info);
    return first_error(status, &own, err);
}

ingle_status chat_count(struct chat_talk *t, size_t first, size_t n, size_t *n_tokens,
                        ingle_error *err) {
    struct buf json = {.max = CHAT_MAX_JSON, .is_secret = true};
    struct chat_look look = {.wants_count = true};
    ingle_status status = chat_need_worker(t, err);
    if (status == INGLE_OK) status = chat_messages_json(&t->messages, first, n, &json, err);
    if (status == INGLE_OK) {
        struct msg_conversation conversation = chat_conversation(t, &json);
        status = chat_look(t->worker, &conversation, &look, err);
    }
    *n_tokens = look.n_tokens;
    buf_clear(&json);
    return status;
}

/* ---- answers ---- */

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    struct chat_answer *a = user;
    arena_clear(&a->arena);
    if (type == MSG_MESSAGE) {
        struct listing listing = {a->messages, &a->arena, &a->error};
        return add_message(&listing, body, size);
    }
    ingle_chat_event event;
    if (type != MSG_EVENT) return false;
    a->error.code = wire_read(&event, sizeof event, msg_event, body, size, &a->arena, &a->error);
    return a->error.code == INGLE_OK && chat_view_event(&event, a->view);
}

/* Each answer has its own draws, also one that is tried again; the same seed replays them all. */
static ingle_sampling_options sampling_of_next(const struct chat_talk *t) {
    ingle_sampling_options options = t->args->sampling.options;
    options.seed += (uint64_t)t->totals.n_answers;
    return options;
}

ingle_status chat_get_answer(struct chat_talk *t, struct chat_answer *a, ingle_error *err) {
    struct msg_chat m = {.conversation = a->conversation,
                         .sampling = sampling_of_next(t),
                         .max_tokens = a->max_tokens,
                         .stops = t->args->stops.items,
                         .n_stops = t->args->stops.n,
                         .stop_loops = !t->args->allow_loops,
                         .n_logprobs = -1};
    struct msg_chatted told = {0};
    struct worker_ask ask = {.type = MSG_CHAT,
                             .visit = msg_chat,
                             .request = &m,
                             .visit_result = msg_chatted,
                             .result = &told,
                             .result_size = sizeof told,
                             .on_answer = on_answer,
                             .user = a};
    a->arena = (struct arena){.max = MESSAGE_MAX_ANSWER, .is_secret = true};
    INGLE_TRY(chat_need_worker(t, err));
    interrupt_watch_worker(t->worker);
    ingle_status status = worker_do(t->worker, &ask, err);
    interrupt_watch_worker(NULL);
    arena_clear(&a->arena);
    a->result = told.result;
    return first_error(status, &a->error, err);
}
