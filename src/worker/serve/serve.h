/* What the files of the worker share: the engine's objects, and how requests are answered.
 *
 * A worker without slots (msg_start.n_slots 0) has one user, the command line: one thread serves
 * one request after another, and what was remembered is the front's to keep (serve_remember.c).
 * With slots it serves many clients: each slot is a thread with a session of its own, two lanes are
 * threads for what needs none (slots.h), and no client's words, nor how quickly they are answered,
 * depend on another's (clients.h). One more thread receives (inbox.h). */
#ifndef INGLE_WORKER_SERVE_SERVE_H
#define INGLE_WORKER_SERVE_SERVE_H

#include "ingle/ingle.h"
#include "ingle/tasks.h"
#include "worker/serve/clients.h"
#include "worker/serve/inbox.h"
#include "worker/wire/msg_start.h"

/* Of one thread that serves. Its objects are made when they are first needed. */
struct slot {
    struct server *server;
    size_t taker; /* of the inbox */
    pthread_t thread;
    pthread_mutex_t lock; /* held while it serves, and by who takes its cache away */
    bool is_lane;         /* it has no session, ever */
    bool has_client;
    uint64_t client;           /* whom it served last: what follows is of that one */
    ingle_prefix_cache *cache; /* of the session; NULL = none */
    ingle_session *session;
    ingle_chat *chat;          /* of the last conversation; NULL */
    struct buf chat_options;   /* what was said of it */
    ingle_tasks *tasks;        /* with a session of their own, if they need one */
    struct arena labels_arena; /* labels of the last MSG_INTENT that had some */
    const ingle_label *labels;
    size_t n_labels;
    struct buf out;        /* the message that is being written */
    _Atomic size_t n_held; /* tokens in the session after its last request */
};

/* Since the start, over all slots. */
struct counters {
    atomic_uint_fast64_t n_requests, n_prompt, n_reused, n_generated, prompt_us, generate_us;
};

#define N_LANES 2

struct server {
    struct inbox *inbox;
    struct msg_start start;
    ingle_model *model;                     /* NULL = none */
    ingle_group *group;                     /* of all sessions; NULL = no two work at once */
    ingle_prefix_cache *prefix_cache;       /* without slots */
    size_t n_restored;                      /* pages ever in it when it was restored */
    ingle_pack *encoder, *intents, *tagger; /* NULL = not there */
    void *user_pack;                        /* bytes of one of them */
    struct clients clients;                 /* with slots */
    struct slot *slots; /* [n_threads] the first is served by the thread that started all */
    size_t n_threads;   /* those with sessions, then the lanes */
    struct counters counters;
};

/* A request that is being served. */
struct request {
    struct server *server;
    struct slot *slot;
    uint32_t id; /* that the answers go to */
    struct msg_asker asker;
    const void *body; /* [size] without it */
    size_t size;
    struct arena *arena; /* of what is read from the body */
    struct buf *result;  /* of MSG_DONE; a handler adds to it with serve_result() */
    ingle_error unsaid;  /* why a message could not be written; code OK: all were */
};

/* Serves the request, answers it, and clears it. */
void serve_request(struct slot *slot, struct link_message *m);

/* MSG_DONE; ends the process if nobody hears it. result may be NULL. */
void serve_done(struct link *link, uint32_t id, ingle_status status, const ingle_error *err,
                const struct buf *result);

/* Handlers, one a type of request. */
typedef ingle_status (*serve_fn)(struct request *r, ingle_error *err);
ingle_status serve_generate(struct request *r, ingle_error *err);
ingle_status serve_chat(struct request *r, ingle_error *err);
ingle_status serve_chat_count(struct request *r, ingle_error *err);
ingle_status serve_tokenize(struct request *r, ingle_error *err);
ingle_status serve_detokenize(struct request *r, ingle_error *err);
ingle_status serve_template(struct request *r, ingle_error *err);
ingle_status serve_restore(struct request *r, ingle_error *err);
ingle_status serve_remember(struct request *r, ingle_error *err);
ingle_status serve_document(struct request *r, ingle_error *err);
ingle_status serve_summarize(struct request *r, ingle_error *err);
ingle_status serve_rewrite(struct request *r, ingle_error *err);
ingle_status serve_draft(struct request *r, ingle_error *err);
ingle_status serve_complete(struct request *r, ingle_error *err);
ingle_status serve_intent(struct request *r, ingle_error *err);
ingle_status serve_digest(struct request *r, ingle_error *err);
ingle_status serve_redact(struct request *r, ingle_error *err);
ingle_status serve_logits(struct request *r, ingle_error *err);
ingle_status serve_judge(struct request *r, ingle_error *err);
ingle_status serve_describe(struct request *r, ingle_error *err);
ingle_status serve_embed(struct request *r, ingle_error *err);
ingle_status serve_fill(struct request *r, ingle_error *err);
ingle_status serve_status(struct request *r, ingle_error *err);

/* Bytes that this process ever held. */
uint64_t serve_peak_memory(void);

/* Reads the request into *message [size]. */
BASE_NODISCARD ingle_status serve_read(struct request *r, void *message, size_t size, wire_fn visit,
                                       ingle_error *err);

/* The same for what the session does, REFUSED if there is none: from now on a wish to end the
 * request reaches it. */
BASE_NODISCARD ingle_status serve_read_for_session(struct request *r, void *message, size_t size,
                                                   wire_fn visit, ingle_error *err);

/* Sends a message about the request. False if the front is gone or wants no more of it, or if the
 * message is too large to be one: then the request fails, whatever its handler says. */
bool serve_say(struct request *r, enum msg_type type, wire_fn visit, const void *message);
bool serve_say_bytes(struct request *r, enum msg_type type, const void *data, size_t size);

/* As many messages as it takes. */
bool serve_say_all(struct request *r, enum msg_type type, const void *data, size_t size);

/* CANCELLED, in a word, if the front wants no more of the request: it may not have been told all.
 */
BASE_NODISCARD ingle_status serve_check_cancel(const struct request *r, ingle_error *err);

/* MSG_TEXT, the whole text: CANCELLED as above. */
BASE_NODISCARD ingle_status serve_say_text(struct request *r, const char *text, size_t len,
                                           ingle_error *err);

/* MSG_TOKEN: a callback whose user is the request. */
bool serve_say_token(const ingle_token_report *report, void *request);

/* Sets the result, which is sent whether or not the request succeeds. */
BASE_NODISCARD ingle_status serve_result(struct request *r, wire_fn visit, const void *message,
                                         ingle_error *err);

/* The same of a request that ended with `status`, which is returned if it is a failure. */
BASE_NODISCARD ingle_status serve_end(struct request *r, ingle_status status, wire_fn visit,
                                      const void *message, ingle_error *err);

/* REFUSED, in words, if the worker was started without a model (or its session). */
BASE_NODISCARD ingle_status serve_need_model(const struct server *s, ingle_error *err);
BASE_NODISCARD ingle_status serve_need_session(struct slot *slot, ingle_error *err);

/* REFUSED, in words, where there are slots: it would be of all clients. */
BASE_NODISCARD ingle_status serve_need_sole(const struct server *s, ingle_error *err);

#endif
