/* Snapshots of the worker's prefix cache: `ingle run --remember`. Only the front has the keys that
 * they are sealed with; what goes to and fro is wiped after use.
 *
 * MSG_RESTORE comes in parts, each a request of its own. The first one begins a snapshot, the last
 * one ends it, and only then does any of it count: the front sends the last one when it knows that
 * all was authentic, and one without bytes, which no snapshot is whole with, if it was not. A part
 * that fails ends the snapshot.
 *
 * MSG_REMEMBER enters what the session holds into the cache, and if that is new answers with the
 * whole cache as MSG_SNAPSHOT messages. */
#ifndef INGLE_WORKER_WIRE_MSG_REMEMBER_H
#define INGLE_WORKER_WIRE_MSG_REMEMBER_H

#include "worker/wire/message.h"

#define RESTORE_PART ((size_t)256 << 10)

struct msg_restore {
    bool is_first, is_last;
    struct wire_text bytes; /* at most RESTORE_PART; borrowed from the body */
};
void msg_restore(struct wire *w, void *message);

/* The result of MSG_REMEMBER. */
struct msg_remembered {
    bool is_new; /* since MSG_RESTORE, or the start */
};
void msg_remembered(struct wire *w, void *message);

#endif
