#include "worker/serve/inbox.h"

#include <unistd.h>

#include "base/alloc.h"

#define MAX_WAITING 64
#define BEAT_MS 200

struct waiting {
    struct link_message message;
    struct msg_asker asker;
    enum inbox_weight weight;
};

struct taker {
    unsigned weights;
    bool is_idle;
    pthread_cond_t given;        /* something: */
    struct link_message message; /* type 0 = nothing */
    uint64_t client;             /* of the last request, */
    uint64_t n_taken;            /* which was so late among all; 0 = there was none */
    uint32_t watched, told;      /* the request of cancel; the one that it was called for */
    inbox_cancel_fn cancel;
    void *user;
};

struct inbox {
    struct link *link;
    pthread_t thread;
    pthread_mutex_t lock; /* for all that follows */
    struct waiting waiting[MAX_WAITING];
    size_t n_waiting;
    struct taker takers[INBOX_MAX_TAKERS];
    size_t n_takers;
    uint64_t n_taken; /* requests ever */
};

/* Nobody is left to work for, or the front is not what it should be. */
static void end(void) {
    _exit(0);
}

/* ---- who takes what ---- */

static enum inbox_weight weight_of(uint16_t type) {
    switch (type) {
    case MSG_TOKENIZE:
    case MSG_DETOKENIZE:
    case MSG_TEMPLATE:
    case MSG_CHAT_COUNT:
    case MSG_STATUS:
        return INBOX_QUICK;
    case MSG_DOCUMENT:
    case MSG_INTENT: /* of labels it is passed on */
    case MSG_REDACT:
    case MSG_JUDGE:
    case MSG_DESCRIBE:
        return INBOX_LIGHT;
    default:
        return type < MSG_STARTED ? INBOX_HEAVY : INBOX_QUICK; /* which is refused */
    }
}

static bool may_take(struct inbox *in, const struct taker *t, const struct waiting *w) {
    if (!t->is_idle) return false;
    return (t->weights & (unsigned)w->weight) || inbox_is_cancelled(in, w->message.id);
}

static bool is_better(const struct taker *a, const struct taker *b, uint64_t client) {
    bool a_knows = a->n_taken > 0 && a->client == client;
    bool b_knows = b->n_taken > 0 && b->client == client;
    if (a_knows != b_knows) return a_knows;
    return a_knows ? a->n_taken > b->n_taken : a->n_taken < b->n_taken;
}

static struct taker *find_taker(struct inbox *in, const struct waiting *w) {
    struct taker *best = NULL;
    for (size_t i = 0; i < in->n_takers; i++) {
        struct taker *t = &in->takers[i];
        if (!may_take(in, t, w)) continue;
        if (!best || is_better(t, best, w->asker.client)) best = t;
    }
    return best;
}

static void take_out(struct inbox *in, size_t i) {
    in->n_waiting--;
    for (; i < in->n_waiting; i++) in->waiting[i] = in->waiting[i + 1];
}

/* Gives what waits to whoever is idle. The inbox is locked. */
static void hand_out(struct inbox *in) {
    for (size_t i = 0; i < in->n_waiting;) {
        const struct waiting *w = &in->waiting[i];
        struct taker *t = find_taker(in, w);
        if (!t) {
            i++;
            continue;
        }
        t->message = w->message;
        t->client = w->asker.client;
        t->n_taken = ++in->n_taken;
        t->is_idle = false;
        take_out(in, i);
        pthread_cond_signal(&t->given);
    }
}

/* ---- receiving ---- */

static void tell_cancelled(struct inbox *in, struct taker *t) {
    uint32_t id = t->watched;
    if (id == 0 || t->told == id || !t->cancel || !inbox_is_cancelled(in, id)) return;
    t->told = id;
    t->cancel(t->user);
}

/* A body that begins with no asker is refused by whoever serves it. */
static struct msg_asker asker_of(const struct link_message *m) {
    struct msg_asker asker = {0};
    struct arena none = {0};
    if (m->body.size < MSG_ASKER_SIZE || wire_read(&asker, sizeof asker, msg_asker, m->body.data,
                                                   MSG_ASKER_SIZE, &none, NULL) != INGLE_OK) {
        return (struct msg_asker){0};
    }
    return asker;
}

/* Behind those that are as urgent, or with `first` before them. */
static void put_in(struct inbox *in, const struct waiting *w, bool first) {
    size_t i = in->n_waiting;
    if (i == MAX_WAITING) end(); /* no front of ours sends so many ahead */
    for (; i > 0; i--) {
        const struct waiting *before = &in->waiting[i - 1];
        if (before->asker.urgency < w->asker.urgency) break;
        if (before->asker.urgency == w->asker.urgency && !first) break;
        in->waiting[i] = *before;
    }
    in->waiting[i] = *w;
    in->n_waiting++;
}

static void enqueue(struct inbox *in, struct link_message *m) {
    const struct waiting w = {*m, asker_of(m), weight_of(m->type)};
    put_in(in, &w, false);
    *m = (struct link_message){0};
    buf_init_secret(&m->body, MESSAGE_MAX_REQUEST);
}

/* Before all have joined, MSG_START is being served. */
static bool has_work(const struct inbox *in) {
    bool has = in->n_waiting > 0 || in->n_takers == 0;
    for (size_t i = 0; i < in->n_takers; i++) has = has || !in->takers[i].is_idle;
    return has;
}

static void *receive(void *arg) {
    struct inbox *in = arg;
    struct link_message m = {0};
    buf_init_secret(&m.body, MESSAGE_MAX_REQUEST);
    for (bool is_busy = true;;) {
        bool has;
        if (link_receive(in->link, &m, is_busy ? BEAT_MS : -1, &has, NULL) != INGLE_OK) end();
        atomic_fetch_add(&in->link->ring.own->beats, 1);
        pthread_mutex_lock(&in->lock);
        if (has) enqueue(in, &m);
        for (size_t i = 0; i < in->n_takers; i++) tell_cancelled(in, &in->takers[i]);
        hand_out(in);
        is_busy = has_work(in);
        pthread_mutex_unlock(&in->lock);
    }
    return NULL;
}

ingle_status inbox_start(struct inbox **out, struct link *link, ingle_error *err) {
    *out = NULL;
    struct inbox *in = mem_calloc(1, sizeof *in);
    if (!in) return status_no_memory(err, "the worker", sizeof *in);
    in->link = link;
    link->is_threaded = true;
    pthread_mutex_init(&in->lock, NULL);
    int error = pthread_create(&in->thread, NULL, receive, in);
    if (error) {
        mem_free(in);
        return status_errno(err, error, "start", "a thread");
    }
    *out = in;
    return INGLE_OK;
}

/* ---- serving ---- */

size_t inbox_join(struct inbox *in, unsigned weights) {
    pthread_mutex_lock(&in->lock);
    if (in->n_takers == INBOX_MAX_TAKERS) end();
    size_t i = in->n_takers++;
    in->takers[i].weights = weights;
    pthread_cond_init(&in->takers[i].given, NULL);
    pthread_mutex_unlock(&in->lock);
    return i;
}

void inbox_next(struct inbox *in, size_t taker, struct link_message *request) {
    struct taker *t = &in->takers[taker];
    pthread_mutex_lock(&in->lock);
    t->is_idle = true;
    hand_out(in);
    while (t->is_idle) pthread_cond_wait(&t->given, &in->lock);
    *request = t->message;
    t->message = (struct link_message){0};
    pthread_mutex_unlock(&in->lock);
}

void inbox_pass_on(struct inbox *in, struct link_message *request) {
    const struct waiting w = {*request, asker_of(request), INBOX_HEAVY};
    pthread_mutex_lock(&in->lock);
    put_in(in, &w, true);
    hand_out(in);
    pthread_mutex_unlock(&in->lock);
    *request = (struct link_message){0};
}

void inbox_watch(struct inbox *in, size_t taker, uint32_t id, inbox_cancel_fn cancel, void *user) {
    struct taker *t = &in->takers[taker];
    pthread_mutex_lock(&in->lock);
    t->watched = id;
    t->cancel = cancel;
    t->user = user;
    t->told = 0;
    tell_cancelled(in, t);
    pthread_mutex_unlock(&in->lock);
}

bool inbox_is_cancelled(struct inbox *in, uint32_t id) {
    return atomic_load(&in->link->ring.others->cancelled[id % RING_REQUESTS]) == id;
}

struct inbox_load inbox_get_load(struct inbox *in) {
    pthread_mutex_lock(&in->lock);
    struct inbox_load load = {.n_waiting = in->n_waiting};
    for (size_t i = 0; i < in->n_takers; i++) {
        const struct taker *t = &in->takers[i];
        load.n_busy += (t->weights & INBOX_HEAVY) && !t->is_idle;
    }
    pthread_mutex_unlock(&in->lock);
    return load;
}

struct link *inbox_link(struct inbox *in) {
    return in->link;
}
