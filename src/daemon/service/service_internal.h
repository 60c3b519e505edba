/* What the files of the service share. */
#ifndef INGLE_DAEMON_SERVICE_SERVICE_INTERNAL_H
#define INGLE_DAEMON_SERVICE_SERVICE_INTERNAL_H

#include <event2/event.h>

#include "daemon/service/service.h"
#include "worker/wire/ring.h"

/* What a file said of itself. */
struct description {
    char digest[65]; /* of which file: service_model.digest */
    struct msg_described what;
    struct buf body; /* and what it borrows from */
    struct arena arena;
};

struct model_entry {
    struct service *service;
    struct service_model view; /* what service_model_at() gives */
    char *id, *path;
    struct hosted *hosted; /* NULL = not loaded */
    struct event *readable, *look;
    bool is_ready;                   /* its worker has started */
    bool was_ready;                  /* ever */
    ingle_error why;                 /* why it could not be loaded the last time; code OK */
    size_t n_running;                /* jobs that take a slot */
    size_t n_beside;                 /* and those that take none */
    bool waits_for_room;             /* it is to be loaded when others have made room */
    double used_s;                   /* when it was last asked, base/clock.h in seconds */
    double keep_s;                   /* < 0 = for ever */
    struct description *description; /* the last; NULL */
    struct describing *describing;   /* describe.c; NULL = nobody asks */
};

enum job_state { JOB_WAITS, JOB_RUNS };

struct job {
    struct service *service;
    struct model_entry *model;
    struct job *next; /* of all, in order of arrival */
    enum job_state state;
    bool is_abandoned;
    bool takes_slot;
    struct service_ask ask;
    struct buf body; /* the request, written */
    void *result;    /* [ask.result_size] */
    uint32_t id;     /* of the worker, while it runs, */
    double began_s;  /* since when */
};

/* Jobs that take no slot are served beside the others, and leave places of the worker for them. */
#define SERVICE_BESIDE ((size_t)RING_REQUESTS / 2)

struct client_use {
    uint64_t client;
    uint64_t served; /* a count that grows with every job begun for anybody */
};
#define SERVICE_CLIENTS 64 /* whose turn is remembered */

struct service {
    struct service_options opt;
    struct model_entry *models; /* [opt.n_models] */
    struct job *jobs;           /* waiting and running */
    struct job **jobs_end;
    struct event *dispatch; /* runs what can run, from the loop */
    struct event *sweep;    /* unloads what nobody uses */
    struct client_use clients[SERVICE_CLIENTS];
    uint64_t n_served;
    struct service_load load;
    double job_s;      /* how long one takes, lately */
    ingle_error ended; /* why nothing is taken any more; code OK */
};

/* pick.c: the waiting job that is to run next on this model; NULL if none may. */
struct job *service_pick(struct service *s, const struct model_entry *m);
/* A job that came earlier, and is as urgent, needs the room that this one's model takes. */
bool service_gives_way(const struct service *s, const struct job *job);
/* That one has begun. */
void service_picked(struct service *s, const struct job *job);

/* model.c */
BASE_NODISCARD ingle_status model_init(struct model_entry *m, struct service *s,
                                       const struct service_model_option *opt, ingle_error *err);
void model_clear(struct model_entry *m);
BASE_NODISCARD ingle_status model_load(struct model_entry *m, ingle_error *err);
void model_unload(struct model_entry *m);
/* For the program around: its own messages have paths in them. For clients: none. */
void service_tell_trouble(const struct model_entry *m, const ingle_error *err);
void service_hide(const struct model_entry *m, ingle_status status, ingle_error *told);
struct model_entry *model_find(struct service *s, const char *name);
void model_touch(struct model_entry *m);
void model_look_soon(struct model_entry *m);
/* Fills the view anew with what the system says of its file. */
void model_look_at_file(struct model_entry *m);

/* describe.c: NULL = not known yet. */
const struct msg_described *model_description(const struct model_entry *m);
/* For the end. Who still wishes to know is not told. */
void model_forget_description(struct model_entry *m);

/* memory.c: loads it as soon as others have made room, which may be later; NO_MEMORY: never. */
BASE_NODISCARD ingle_status service_load_entry(struct service *s, struct model_entry *m,
                                               ingle_error *err);

/* job.c: does anybody wait for this model? */
bool service_has_waiting(const struct service *s, const struct model_entry *m);
/* What is ready to run is sent to the workers, what cannot is ended; from the loop. */
void service_dispatch(evutil_socket_t fd, short what, void *service);
/* Soon. */
void service_stir(struct service *s);

#endif
