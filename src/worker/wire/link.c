#include "worker/wire/link.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct frame {
    uint32_t size;
    uint16_t type, more;
    uint32_t id;
};

_Static_assert(sizeof(struct frame) == 12, "no padding");

void link_init(struct link *l, struct ring_page *own, const struct ring_page *others, int socket) {
    *l = (struct link){.ring = {.own = own, .others = others}, .socket = socket, .look_ms = -1};
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->rung, NULL);
}

void link_clear(struct link *l) {
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->rung);
}

static ingle_status gone(ingle_error *err) {
    return status_set(err, INGLE_CANCELLED, 0, "The process at the other end is gone.");
}

static ingle_status broken(ingle_error *err) {
    return status_set(err, INGLE_INVALID, 0, "The process at the other end broke the protocol.");
}

void link_ring(struct link *l) {
    /* A full socket has enough in it to wake anybody; a closed one is found when it is read. */
    ssize_t n = l->only_writes ? write(l->socket, "", 1)
                               : send(l->socket, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)n;
}

/* After something was published: whoever sleeps for it is woken. Sequentially consistent, as is the
 * other side's "I will sleep; is there really nothing?": one of the two sees the other. A side that
 * lies about wanting it wakes but itself. */
static void ring_if(struct link *l, const atomic_uint *wants) {
    if (atomic_load(wants)) link_ring(l);
}

/* Waits for the socket and empties it; false once the other side is gone. */
static bool listen_to(struct link *l, int wait_ms) {
    struct pollfd p = {.fd = l->socket, .events = POLLIN};
    if (poll(&p, 1, wait_ms) <= 0) return true; /* in time, or a signal */
    char bytes[64];
    for (;;) {
        ssize_t n = read(l->socket, bytes, sizeof bytes);
        if (n == (ssize_t)sizeof bytes) continue;
        if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) return true;
        return false;
    }
}

/* ---- sending ---- */

/* Woken by the thread that receives. */
static void wait_beside(struct link *l) {
    bool is_broken = false;
    pthread_mutex_lock(&l->lock);
    while (!atomic_load(&l->is_gone) &&
           ring_room(&l->ring, &is_broken) < sizeof(struct frame) + LINK_FRAME && !is_broken) {
        pthread_cond_wait(&l->rung, &l->lock);
    }
    pthread_mutex_unlock(&l->lock);
}

/* No thread receives: this one listens for the room by itself, and looks whether to go on. */
static ingle_status wait_alone(struct link *l, ingle_error *err) {
    if (!listen_to(l, l->look_ms)) atomic_store(&l->is_gone, true);
    if (!l->look || l->look(l->user)) return INGLE_OK;
    return status_set(err, INGLE_FAILED, 0, "The process at the other end was given up.");
}

static ingle_status wait_for_room(struct link *l, size_t size, ingle_error *err) {
    for (;;) {
        bool is_broken = false;
        if (atomic_load(&l->is_gone)) return gone(err);
        if (ring_room(&l->ring, &is_broken) >= size) return INGLE_OK;
        if (is_broken) return broken(err);
        ingle_status status = INGLE_OK;
        atomic_store(&l->ring.own->wants_room, 1);
        bool is_there = ring_room(&l->ring, &is_broken) >= size;
        if (!is_there && l->is_threaded) wait_beside(l);
        if (!is_there && !l->is_threaded) status = wait_alone(l, err);
        atomic_store(&l->ring.own->wants_room, 0);
        INGLE_TRY(status);
    }
}

static ingle_status send_frame(struct link *l, const struct frame *f, const void *data,
                               ingle_error *err) {
    static const uint8_t zeros[4];
    size_t n_zeros = -(size_t)f->size & 3, size = sizeof *f + f->size + n_zeros;
    INGLE_TRY(wait_for_room(l, size, err));
    ring_put(&l->ring, 0, f, sizeof *f);
    if (f->size) ring_put(&l->ring, sizeof *f, data, f->size);
    ring_put(&l->ring, sizeof *f + f->size, zeros, n_zeros);
    ring_publish(&l->ring, size);
    ring_if(l, &l->ring.others->wants_data);
    return INGLE_OK;
}

ingle_status link_send(struct link *l, uint16_t type, uint32_t id, const void *data, size_t size,
                       ingle_error *err) {
    const uint8_t *from = data;
    do {
        size_t part = size < LINK_FRAME ? size : LINK_FRAME;
        struct frame f = {.size = (uint32_t)part, .type = type, .more = part < size, .id = id};
        INGLE_TRY(send_frame(l, &f, from, err));
        if (part) from += part;
        size -= part;
    } while (size > 0);
    return INGLE_OK;
}

void link_wipe(struct link *l) {
    ring_wipe(&l->ring);
}

/* ---- receiving ---- */

/* The room of what was taken goes back, and who waits for it is told. */
static void give_back(struct link *l, size_t size) {
    ring_release(&l->ring, size);
    ring_if(l, &l->ring.others->wants_room);
}

/* One frame that is whole in the ring; *has = false if there is none yet. */
static ingle_status take_frame(struct link *l, struct frame *f, struct buf *body, bool *has,
                               ingle_error *err) {
    bool is_broken = false;
    size_t filled = ring_filled(&l->ring, &is_broken);
    *has = false;
    if (is_broken) return broken(err);
    if (filled < sizeof *f) return filled == 0 ? INGLE_OK : broken(err);
    ring_get(&l->ring, 0, f, sizeof *f); /* a copy: what is checked is what is used */
    size_t size = sizeof *f + f->size + (-(size_t)f->size & 3);
    if (f->size > LINK_FRAME || f->more > 1 || size > filled) return broken(err);
    if (f->more && f->size < LINK_FRAME) return broken(err); /* else one message might never end */
    if (f->size > body->max - body->size) return broken(err);
    char *room = buf_extend(body, f->size);
    if (!room) return status_no_memory(err, "a message", body->size);
    ring_get(&l->ring, sizeof *f, room, f->size);
    give_back(l, size);
    *has = true;
    return INGLE_OK;
}

/* Sleeps until the other side rings; a sender of this side that waits for room is woken, too. */
static bool sleep_for_data(struct link *l, int wait_ms) {
    bool is_broken = false, is_there = true;
    atomic_store(&l->ring.own->wants_data, 1);
    if (ring_filled(&l->ring, &is_broken) == 0 && !is_broken) is_there = listen_to(l, wait_ms);
    atomic_store(&l->ring.own->wants_data, 0);
    if (l->is_threaded) {
        pthread_mutex_lock(&l->lock);
        if (!is_there) atomic_store(&l->is_gone, true);
        pthread_cond_signal(&l->rung);
        pthread_mutex_unlock(&l->lock);
    }
    return is_there;
}

/* Frames that are there; *has = true once the message is whole. */
static ingle_status take_frames(struct link *l, struct link_message *m, bool *has,
                                ingle_error *err) {
    struct frame f;
    for (;;) {
        INGLE_TRY(take_frame(l, &f, &m->body, has, err));
        if (!*has) return INGLE_OK;
        if (m->is_partial && (f.type != m->type || f.id != m->id)) {
            *has = false;
            return broken(err);
        }
        m->type = f.type;
        m->id = f.id;
        m->is_partial = f.more;
        if (!f.more) return INGLE_OK;
    }
}

ingle_status link_receive(struct link *l, struct link_message *m, int wait_ms, bool *has,
                          ingle_error *err) {
    if (!m->is_partial) buf_reset(&m->body);
    INGLE_TRY(take_frames(l, m, has, err));
    if (*has) return INGLE_OK;
    if (atomic_load(&l->is_gone)) return gone(err);
    if (wait_ms == 0) return INGLE_OK;
    if (!sleep_for_data(l, wait_ms)) atomic_store(&l->is_gone, true);
    return take_frames(l, m, has, err);
}
