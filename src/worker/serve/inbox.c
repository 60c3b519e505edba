#include "worker/serve/inbox.h"

#include <unistd.h>

#include "base/alloc.h"
#include "worker/wire/message.h"

#define MAX_WAITING 64
#define BEAT_MS 200

struct inbox {
    struct link *link;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct link_message waiting[MAX_WAITING]; /* the oldest first */
    size_t n_waiting;
    bool is_busy;           /* a request is being served */
    uint32_t watched, told; /* the request of cancel; the one that it was called for */
    inbox_cancel_fn cancel;
    void *user;
};

/* Nobody is left to work for, or the front is not what it should be. */
static void end(void) {
    _exit(0);
}

static void tell_cancelled(struct inbox *in) {
    uint32_t id = in->watched;
    if (id == 0 || in->told == id || !in->cancel || !inbox_is_cancelled(in, id)) return;
    in->told = id;
    in->cancel(in->user);
}

static void enqueue(struct inbox *in, struct link_message *m) {
    if (in->n_waiting == MAX_WAITING) end(); /* no front of ours sends so many ahead */
    in->waiting[in->n_waiting++] = *m;
    *m = (struct link_message){0};
    buf_init_secret(&m->body, MESSAGE_MAX_REQUEST);
    pthread_cond_signal(&in->arrived);
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
        tell_cancelled(in);
        is_busy = in->is_busy || in->n_waiting > 0;
        pthread_mutex_unlock(&in->lock);
    }
    return NULL;
}

ingle_status inbox_start(struct inbox **out, struct link *link, ingle_error *err) {
    *out = NULL;
    struct inbox *in = mem_calloc(1, sizeof *in);
    if (!in) return status_no_memory(err, "the worker", sizeof *in);
    in->link = link;
    in->is_busy = true; /* with MSG_START, until inbox_next() */
    link->is_threaded = true;
    pthread_mutex_init(&in->lock, NULL);
    pthread_cond_init(&in->arrived, NULL);
    int error = pthread_create(&in->thread, NULL, receive, in);
    if (error) {
        mem_free(in);
        return status_errno(err, error, "start", "a thread");
    }
    *out = in;
    return INGLE_OK;
}

void inbox_next(struct inbox *in, struct link_message *request) {
    pthread_mutex_lock(&in->lock);
    in->is_busy = false;
    while (in->n_waiting == 0) pthread_cond_wait(&in->arrived, &in->lock);
    *request = in->waiting[0];
    in->n_waiting--;
    for (size_t i = 0; i < in->n_waiting; i++) in->waiting[i] = in->waiting[i + 1];
    in->is_busy = true;
    pthread_mutex_unlock(&in->lock);
}

void inbox_watch(struct inbox *in, uint32_t id, inbox_cancel_fn cancel, void *user) {
    pthread_mutex_lock(&in->lock);
    in->watched = id;
    in->cancel = cancel;
    in->user = user;
    in->told = 0;
    tell_cancelled(in);
    pthread_mutex_unlock(&in->lock);
}

bool inbox_is_cancelled(struct inbox *in, uint32_t id) {
    return atomic_load(&in->link->ring.others->cancelled[id % RING_REQUESTS]) == id;
}

struct link *inbox_link(struct inbox *in) {
    return in->link;
}
