#include "worker/serve/slots.h"

#include "base/alloc.h"
#include "task/tasks.h"
#include "worker/serve/open.h"
#include "worker/wire/msg_intent.h"

/* ---- what a slot has ---- */

static void slot_init(struct slot *slot, struct server *s) {
    slot->server = s;
    pthread_mutex_init(&slot->lock, NULL);
    arena_init_secret(&slot->labels_arena, MESSAGE_MAX_REQUEST);
    buf_init_secret(&slot->out, MESSAGE_MAX_ANSWER);
}

ingle_status slot_need_session(struct slot *slot, ingle_error *err) {
    if (slot->session) return INGLE_OK;
    return open_session(slot, err);
}

ingle_status slot_need_tasks(struct slot *slot, ingle_error *err) {
    if (slot->tasks) return INGLE_OK;
    return open_tasks(slot, err);
}

static void empty(ingle_session **session) {
    if (!*session || ingle_session_use_cache(*session, NULL, NULL) == INGLE_OK) return;
    ingle_session_free(*session);
    *session = NULL;
}

void slot_forget(struct slot *slot) {
    slot->has_client = false;
    slot->cache = NULL;
    atomic_store(&slot->n_held, 0);
    empty(&slot->session);
    if (slot->tasks) task_forget(slot->tasks);
    ingle_chat_free(slot->chat);
    slot->chat = NULL;
    buf_clear(&slot->chat_options);
    slot->labels = NULL;
    slot->n_labels = 0;
    arena_clear(&slot->labels_arena);
}

ingle_status slot_turn_to(struct slot *slot, uint64_t client, ingle_error *err) {
    if (slot->server->start.n_slots == 0 || (slot->has_client && slot->client == client)) {
        return INGLE_OK;
    }
    clients_leave_cache(slot);
    slot->client = client;
    if (!slot->is_lane) INGLE_TRY(clients_find_cache(slot, err));
    if (slot->session) INGLE_TRY(ingle_session_use_cache(slot->session, slot->cache, err));
    slot->has_client = true;
    return INGLE_OK;
}

void slot_set_urgency(struct slot *slot, enum urgency urgency) {
    static const ingle_session_urgency as[] = {[URGENCY_INTERACTIVE] = INGLE_URGENCY_INTERACTIVE,
                                               [URGENCY_TASK] = INGLE_URGENCY_TASK,
                                               [URGENCY_BACKGROUND] = INGLE_URGENCY_BACKGROUND};
    if (slot->session) ingle_session_set_urgency(slot->session, as[urgency]);
    if (slot->tasks) task_set_urgency(slot->tasks, as[urgency]);
}

ingle_status slot_remember_after(struct slot *slot, ingle_status status, ingle_error *err) {
    if (!slot->session) return status;
    atomic_store(&slot->n_held, (size_t)ingle_session_n_tokens(slot->session));
    if (!slot->cache || slot->server->start.n_slots == 0) return status;
    ingle_status remembered =
        ingle_session_remember(slot->session, status == INGLE_OK ? err : NULL);
    return status == INGLE_OK ? remembered : status;
}

static uint64_t microseconds(double ms) {
    return ms > 0 ? (uint64_t)(1e3 * ms) : 0;
}

void slot_count(struct slot *slot, const struct slot_work *work) {
    struct counters *c = &slot->server->counters;
    atomic_fetch_add(&c->n_prompt, work->n_prompt);
    atomic_fetch_add(&c->n_reused, work->n_reused);
    atomic_fetch_add(&c->n_generated, work->n_generated);
    atomic_fetch_add(&c->prompt_us, microseconds(work->prompt_ms));
    atomic_fetch_add(&c->generate_us, microseconds(work->generate_ms));
}

/* ---- threads ---- */

/* The lane for what looks light may find that it is not: labels are asked of a model. */
static bool is_too_heavy(const struct slot *slot, const struct link_message *m) {
    if (!slot->is_lane || m->type != MSG_INTENT || m->body.size < MSG_ASKER_SIZE) return false;
    struct msg_intent intent;
    struct arena arena;
    arena_init_secret(&arena, 2 * MESSAGE_MAX_REQUEST);
    ingle_status status =
        wire_read(&intent, sizeof intent, msg_intent, m->body.data + MSG_ASKER_SIZE,
                  m->body.size - MSG_ASKER_SIZE, &arena, NULL);
    bool is_heavy = status == INGLE_OK && intent.n_labels > 0;
    arena_clear(&arena);
    return is_heavy;
}

void slot_serve(struct slot *slot) {
    struct inbox *in = slot->server->inbox;
    for (;;) {
        struct link_message m;
        inbox_next(in, slot->taker, &m);
        if (is_too_heavy(slot, &m) && !inbox_is_cancelled(in, m.id)) {
            inbox_pass_on(in, &m);
            continue;
        }
        pthread_mutex_lock(&slot->lock);
        serve_request(slot, &m);
        pthread_mutex_unlock(&slot->lock);
    }
}

static void *run(void *slot) {
    slot_serve(slot);
    return NULL;
}

/* One lane takes what is answered at once and nothing else: a long document in the other one holds
 * up no tokens. */
static unsigned weights_of(const struct server *s, size_t i) {
    size_t n_slots = (size_t)s->start.n_slots;
    if (n_slots == 0) return INBOX_ANY;
    if (i < n_slots) return INBOX_HEAVY;
    return i == n_slots ? INBOX_QUICK : INBOX_QUICK | INBOX_LIGHT;
}

ingle_status slots_new(struct server *s, ingle_error *err) {
    size_t n_slots = (size_t)s->start.n_slots;
    s->n_threads = n_slots > 0 ? n_slots + N_LANES : 1;
    s->slots = mem_calloc(s->n_threads, sizeof *s->slots);
    if (!s->slots) return status_no_memory(err, "the slots", s->n_threads * sizeof *s->slots);
    clients_init(&s->clients);
    for (size_t i = 0; i < s->n_threads; i++) {
        slot_init(&s->slots[i], s);
        s->slots[i].is_lane = n_slots > 0 && i >= n_slots;
    }
    return INGLE_OK;
}

ingle_status slots_start(struct server *s, ingle_error *err) {
    for (size_t i = 0; i < s->n_threads; i++) {
        s->slots[i].taker = inbox_join(s->inbox, weights_of(s, i));
    }
    for (size_t i = 1; i < s->n_threads; i++) {
        int error = pthread_create(&s->slots[i].thread, NULL, run, &s->slots[i]);
        if (error) return status_errno(err, error, "start", "a thread");
    }
    return INGLE_OK;
}
