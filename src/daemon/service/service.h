/* What the local service does with models: each has a worker while it is used, and what is asked of
 * them waits in one queue until a worker has a slot free. Knows nothing of HTTP. One thread, that
 * of the event loop. */
#ifndef INGLE_DAEMON_SERVICE_SERVICE_H
#define INGLE_DAEMON_SERVICE_SERVICE_H

#include "worker/client/worker.h"
#include "worker/wire/msg_describe.h"

struct event_base;
struct service;
struct hosted;

typedef void (*service_started_fn)(ingle_status status, const ingle_error *err, void *user);

/* What only the program around it can do: find out how a model is to be opened here, start a worker
 * for it, and keep the records. */
struct service_host {
    /* Opens the model's files and starts a worker; `start` has what the service wants of it, the
     * host fills in the rest. Returns at once, on_started comes from worker_turn(). */
    ingle_status (*start)(struct hosted **out, const char *path, struct msg_start *start,
                          service_started_fn on_started, void *user, ingle_error *err);
    struct worker *(*worker)(struct hosted *hosted);
    void (*stop)(struct hosted *hosted); /* NULL is fine */
};

struct service_model_option {
    const char *id;   /* what clients call it: "smollm2-135m", "org/name" */
    const char *path; /* of its file; "" = there is none, only what the program has built in */
};

struct service_options {
    struct event_base *base;
    const struct service_host *host;
    const struct service_model_option *models; /* [n_models], copied; the first is the default */
    size_t n_models;
    int n_slots;           /* requests that one worker serves at once */
    size_t max_waiting;    /* that wait for that */
    double keep_alive_s;   /* an idle model stays loaded so long; < 0 = for ever */
    uint64_t max_memory;   /* that loaded models may take; 0 = no limit */
    uint64_t cache_memory; /* of each, for the beginnings of prompts */
    int n_ctx;             /* that the host starts them with; 0 = as each was made for */

    /* A model could not be loaded, or its worker died; who asked for it is told as well.
     * was_loaded: it was, once. NULL = nobody hears it. */
    void (*on_trouble)(const char *id, bool was_loaded, const ingle_error *err, void *user);
    void *user;
};

BASE_NODISCARD ingle_status service_new(struct service **out, const struct service_options *opt,
                                        ingle_error *err);
/* Ends the workers; what is still asked of them is never answered. */
void service_free(struct service *s);

/* ---- models ---- */

enum service_model_state { MODEL_UNLOADED, MODEL_LOADING, MODEL_READY };

struct service_model {
    const char *id;
    const char *file_name; /* without its folders: a path is nobody's business */
    uint64_t file_size;
    int64_t modified_s; /* since 1970 */
    char digest[65];    /* of which file it is, not of what is in it: 64 hex digits */
    enum service_model_state state;
    const struct msg_described *what;  /* NULL = not known yet: service_describe() */
    const struct msg_started *started; /* READY; else NULL */
    int n_ctx;                         /* tokens of a session; 0 = not known yet: ask what it is */
    uint64_t memory;                   /* bytes that its worker takes; 0 = not loaded */
    double expires_s;                  /* until it is unloaded if nobody asks; < 0 = never */
};

size_t service_n_models(const struct service *s);
/* Filled anew by each call; borrowed until the service next turns. NULL: no such number / name. A
 * name may have the ":latest" of Ollama behind it; NULL and "" are the default model. */
const struct service_model *service_model_at(struct service *s, size_t i);
const struct service_model *service_find_model(struct service *s, const char *name);

/* NOT_FOUND, as everybody says it. */
ingle_status service_no_model(const char *name, ingle_error *err);

/* Begins to load it if it is not; nobody waits. */
BASE_NODISCARD ingle_status service_load(struct service *s, const char *name, ingle_error *err);
/* From now on it stays loaded so long while idle (0: it is unloaded as soon as it is; < 0: for
 * ever). NOT_FOUND. */
BASE_NODISCARD ingle_status service_keep_alive(struct service *s, const char *name, double seconds,
                                               ingle_error *err);

/* What the model's file says of itself: at once if that is known, else when a worker has looked
 * into it, which loads no weights. `what` is NULL on failure, and borrowed during the call. Who
 * asks is told once, maybe before service_describe() returns, unless that fails (NOT_FOUND ...) or
 * the service ends. */
typedef void (*service_described_fn)(ingle_status status, const ingle_error *err,
                                     const struct msg_described *what, void *user);
BASE_NODISCARD ingle_status service_describe(struct service *s, const char *name,
                                             service_described_fn on_described, void *user,
                                             ingle_error *err);

/* ---- asking ---- */

struct job;

struct service_ask {
    const char *model; /* NULL or "" = the default */
    struct msg_asker asker;
    enum msg_type type;
    wire_fn visit; /* of the request, which is needed only during the call */
    const void *request;
    wire_fn visit_result;
    size_t result_size;
    double keep_alive_s; /* 0 = unchanged, as service_keep_alive() otherwise */
    bool unloads;        /* the model, as soon as it is idle afterwards */
    bool only_looks; /* is no use of the model: neither loads it (CANCELLED) nor keeps it loaded */

    /* Messages about the request, worker_answer_fn. NULL = they are dropped. */
    worker_answer_fn on_answer;
    /* Its end, once, never from within service_ask(). err NULL if OK; result [result_size]: zeros
     * if there is none; borrowed during the call. */
    void (*on_done)(ingle_status status, const ingle_error *err, const void *result, void *user);
    void *user;
};

/* What asks for a model's time waits for its turn: by urgency, then clients with less at work
 * first, then in order. NOT_FOUND: there is no such model; LIMIT: too many wait already. */
BASE_NODISCARD ingle_status service_ask(struct job **out, struct service *s,
                                        const struct service_ask *ask, ingle_error *err);

/* Nobody wants it any more: it is ended, and calls nothing from now on. */
void job_abandon(struct job *job);

struct service_load {
    size_t n_running, n_waiting;
    size_t n_slots;               /* answers that one model makes at once */
    size_t n_requests, n_refused; /* ever; for want of room */
    double retry_after_s;         /* when it is worth asking again */
};
struct service_load service_load_now(const struct service *s);

/* For an end in order: whoever waits or is being answered is told why (on_done), and so is whoever
 * asks from now on. */
void service_end_jobs(struct service *s, const ingle_error *why);

/* True when nothing is asked and nothing runs. */
bool service_is_idle(const struct service *s);

#endif
