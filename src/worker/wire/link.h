/* Messages over a pair of rings, with a socket pair as the bell.
 *
 * A message is one or more frames in a row, all but the last marked and of LINK_FRAME bytes, which
 * the last may have at most:
 *
 *     size u32   bytes of payload
 *     type u16   enum msg_type
 *     more u16   1: the next frame goes on with this message
 *     id   u32   the request that it makes, or belongs to
 *     payload, and zeros up to a multiple of 4
 *
 * The socket carries bytes without a meaning: "look". That one side is gone shows as its end.
 *
 * One thread receives; it may be the one that sends, or others do, each a whole message at a time.
 * Only the receiving one may use the socket: a sender that waits for room while another thread
 * receives is woken by that thread. */
#ifndef INGLE_WORKER_WIRE_LINK_H
#define INGLE_WORKER_WIRE_LINK_H

#include <pthread.h>

#include "base/buf.h"
#include "worker/wire/ring.h"

#define LINK_FRAME ((size_t)64 << 10)
#define LINK_HEAD ((size_t)12)

struct link {
    struct ring ring;
    int socket;              /* non-blocking; not owned, like the rings */
    bool only_writes;        /* this process may not send(), and ignores SIGPIPE */
    bool is_threaded;        /* another thread than the sender's receives */
    pthread_mutex_t sending; /* held for a whole message */
    pthread_mutex_t lock;
    pthread_cond_t rung; /* is_threaded: by the receiving thread, for a sender that waits */
    _Atomic bool is_gone;
};

struct link_message {
    uint16_t type;
    uint32_t id;
    struct buf body; /* owned by the caller, who sets its max */
    bool is_partial; /* some of it has come */
};

/* The link borrows all of these. */
void link_init(struct link *l, struct ring_page *own, const struct ring_page *others, int socket);
void link_clear(struct link *l);

/* Sends one message; waits while the ring is full, for ever if the other side wants that.
 * CANCELLED: it is gone; INVALID: it broke the protocol. After any failure the link is of no more
 * use. */
BASE_NODISCARD ingle_status link_send(struct link *l, uint16_t type, uint32_t id, const void *data,
                                      size_t size, ingle_error *err);

/* A message on its way from a sender that does not wait: begun with these four. */
struct link_sending {
    uint16_t type;
    uint32_t id;
    const void *data; /* [size], borrowed until is_sent */
    size_t size;
    size_t at; /* so much of it is sent */
    bool is_sent;
};

/* Sends what there is room for, *n_frames at most, which it counts down. Unless it is sent then,
 * the other side will ring when the time has come to go on, with the same s and before any other
 * message. Errors as link_send()'s. */
BASE_NODISCARD ingle_status link_send_some(struct link *l, struct link_sending *s, size_t *n_frames,
                                           ingle_error *err);

/* The sender overwrites what it has sent and the other side has taken: it may hold words. */
void link_wipe(struct link *l);

/* Receives the next message, or *has = false if it is not there, or not all of it, after one sleep
 * of at most wait_ms milliseconds (-1 = until something happens, 0 = does not wait), which signals
 * end: call again with the same m. CANCELLED: the other side is gone, and all it had sent was
 * received; INVALID: it broke the protocol, or sent more than m->body may hold; NO_MEMORY. After
 * any failure the link is of no more use. */
BASE_NODISCARD ingle_status link_receive(struct link *l, struct link_message *m, int wait_ms,
                                         bool *has, ingle_error *err);

/* What may be taken at once, counted down. */
struct link_budget {
    size_t n_frames, n_bytes;
};

/* As link_receive() without waiting, but *has = false as well if the budget is spent. */
BASE_NODISCARD ingle_status link_receive_some(struct link *l, struct link_message *m,
                                              struct link_budget *budget, bool *has,
                                              ingle_error *err);

/* For a receiver that sleeps elsewhere, until the socket can be read: from now on the other side
 * rings for whatever it sends. */
void link_arm(struct link *l);

/* Empties the socket, and returns how much was there to receive after that: for all that comes
 * later it can be read again. Finds out, too, whether the other side is gone. */
size_t link_hear(struct link *l);

/* Rings, for what is told in the pages besides messages. Safe in a signal handler. */
void link_ring(struct link *l);

#endif
