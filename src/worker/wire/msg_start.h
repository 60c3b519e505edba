/* Starting a worker: which descriptors it holds, what it is to open, and how it is sealed. */
#ifndef INGLE_WORKER_WIRE_MSG_START_H
#define INGLE_WORKER_WIRE_MSG_START_H

#include "worker/wire/message.h"
#include "worker/wire/ring.h"

/* argv[0] of a worker, which has no other argument. */
#define WORKER_NAME "ingle: worker"

/* What a worker finds open when it starts; nothing else stays. Its standard streams are /dev/null.
 */
enum worker_fd {
    WORKER_SOCKET = 3,
    WORKER_REQUESTS, /* the front's ring */
    WORKER_REPLIES,  /* the worker's */
    WORKER_FILES     /* the first of those that MSG_START counts */
};

#define WORKER_MAX_FILES 200 /* shards of a model; a process may have 1,024 files open */

enum worker_packs { WORKER_INTENTS = 1, WORKER_ENCODER = 2, WORKER_TAGGER = 4 };

struct msg_start {
    uint32_t version; /* MESSAGE_VERSION */
    bool unsealed;    /* --unsealed */

    /* The files, in the order of their descriptors: the shards, packed, packed_new. */
    int n_shards; /* 0 = no model */
    bool has_packed, has_packed_new;
    const char *model_name; /* for messages */

    bool vocab_only, has_session;
    const char *tier; /* NULL = the best */
    int n_threads;    /* that prepare the weights */
    int n_ctx, n_batch, session_threads, kv_type;
    /* 0: the worker has one user, whose requests it serves one after another. 1 to RING_REQUESTS:
     * so many at once that need a session, each with its own, of clients that do not learn of each
     * other; what needs no session waits for none of them */
    int n_slots;
    bool has_prefix_cache;       /* with slots: one for each of the last few clients, */
    uint64_t prefix_cache_bytes; /* and this is for all of them; 0 = 256 MiB */

    /* For everyday tasks */
    uint32_t packs;             /* worker_packs: the built-in ones that are wanted, if this */
                                /* build has them */
    struct wire_text user_pack; /* bytes of a pack in place of the built-in one of its kind */
    const char *user_pack_name;
    float temperature;
    uint64_t seed;
};
void msg_start(struct wire *w, void *message);

/* What became of it. Strings are "" where there is no model. */
struct msg_started {
    uint32_t version;
    /* of seal_report */
    bool is_sealed;
    uint32_t namespaces;
    int namespace_errno, landlock_abi, n_calls;
    double seal_ms; /* from its first instruction, the short battery included */

    ingle_model_info model; /* cache_file is "": the front knows it */
    int n_ctx, n_threads;   /* of the session */
    bool fills_middle;      /* the model has tokens for it */
    uint32_t packs;         /* worker_packs: those that are there, the user's included */
};
void msg_started(struct wire *w, void *message);

#endif
