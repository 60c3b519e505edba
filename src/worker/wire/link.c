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

_Static_assert(sizeof(struct frame) == LINK_HEAD, "no padding");

void link_init(struct link *l, struct ring_page *own, const struct ring_page *others, int socket) {
    *l = (struct link){.ring = {.own = own, .others = others}, .socket = socket};
    pthread_mutex_init(&l->sending, NULL);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->rung, NULL);
}

void link_clear(struct link *l) {
    pthread_mutex_destroy(&l->sending);
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

/* Empties the socket; false once the other side is gone. */
static bool empty(const struct link *l) {
    char bytes[64];
    for (;;) {
        ssize_t n = read(l->socket, bytes, sizeof bytes);
        if (n == (ssize_t)sizeof bytes) continue;
        if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) return true;
        return false;
    }
}

/* Waits for the socket and empties it. */
static bool listen_to(struct link *l, int wait_ms) {
    struct pollfd p = {.fd = l->socket, .events = POLLIN};
    return poll(&p, 1, wait_ms) <= 0 || empty(l); /* in time, or a signal */
}

/* ---- sending ---- */

static size_t frame_size(const struct frame *f) {
    return sizeof *f + f->size + (-(size_t)f->size & 3);
}

static struct frame next_frame(const struct link_sending *s) {
    size_t left = s->size - s->at, part = left < LINK_FRAME ? left : LINK_FRAME;
    return (struct frame){
        .size = (uint32_t)part, .type = s->type, .more = part < left, .id = s->id};
}

/* For which there is room. */
static void put_frame(struct link *l, const struct frame *f, struct link_sending *s) {
    static const uint8_t zeros[4];
    ring_put(&l->ring, 0, f, sizeof *f);
    if (f->size) ring_put(&l->ring, sizeof *f, (const uint8_t *)s->data + s->at, f->size);
    ring_put(&l->ring, sizeof *f + f->size, zeros, -(size_t)f->size & 3);
    ring_publish(&l->ring, frame_size(f));
    ring_if(l, &l->ring.others->wants_data);
    s->at += f->size;
    s->is_sent = !f->more;
}

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

/* No thread receives: this one listens for the room by itself. */
static void wait_alone(struct link *l) {
    if (!listen_to(l, -1)) atomic_store(&l->is_gone, true);
}

static ingle_status wait_for_room(struct link *l, size_t size, ingle_error *err) {
    for (;;) {
        bool is_broken = false;
        if (atomic_load(&l->is_gone)) return gone(err);
        if (ring_room(&l->ring, &is_broken) >= size) return INGLE_OK;
        if (is_broken) return broken(err);
        atomic_store(&l->ring.own->wants_room, 1);
        bool is_there = ring_room(&l->ring, &is_broken) >= size;
        if (!is_there && l->is_threaded) wait_beside(l);
        if (!is_there && !l->is_threaded) wait_alone(l);
        atomic_store(&l->ring.own->wants_room, 0);
    }
}

ingle_status link_send(struct link *l, uint16_t type, uint32_t id, const void *data, size_t size,
                       ingle_error *err) {
    struct link_sending s = {.type = type, .id = id, .data = data, .size = size};
    ingle_status status = INGLE_OK;
    pthread_mutex_lock(&l->sending);
    while (!s.is_sent && status == INGLE_OK) {
        struct frame f = next_frame(&s);
        status = wait_for_room(l, frame_size(&f), err);
        if (status == INGLE_OK) put_frame(l, &f, &s);
    }
    pthread_mutex_unlock(&l->sending);
    return status;
}

/* Room for the frame: if not, that is wished before it is looked once more, so that the other side
 * sees the wish or this one the room. */
static bool has_room(struct link *l, size_t size, bool *is_broken) {
    if (ring_room(&l->ring, is_broken) >= size) return true;
    atomic_store(&l->ring.own->wants_room, 1);
    return ring_room(&l->ring, is_broken) >= size;
}

ingle_status link_send_some(struct link *l, struct link_sending *s, size_t *n_frames,
                            ingle_error *err) {
    atomic_store(&l->ring.own->wants_room, 0);
    while (!s->is_sent && *n_frames > 0) {
        struct frame f = next_frame(s);
        bool is_broken = false;
        if (atomic_load(&l->is_gone)) return gone(err);
        /* The last one is taken after that was wished. */
        if (*n_frames == 1) atomic_store(&l->ring.own->wants_room, 1);
        bool fits = has_room(l, frame_size(&f), &is_broken);
        if (is_broken) return broken(err);
        if (!fits) break;
        put_frame(l, &f, s);
        --*n_frames;
    }
    return INGLE_OK;
}

void link_wipe(struct link *l) {
    pthread_mutex_lock(&l->sending);
    ring_wipe(&l->ring);
    pthread_mutex_unlock(&l->sending);
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
static ingle_status take_frames(struct link *l, struct link_message *m, struct link_budget *budget,
                                bool *has, ingle_error *err) {
    struct frame f;
    *has = false;
    while (budget->n_frames > 0 && budget->n_bytes > 0) {
        INGLE_TRY(take_frame(l, &f, &m->body, has, err));
        if (!*has) return INGLE_OK;
        *has = !f.more;
        if (m->is_partial && (f.type != m->type || f.id != m->id)) {
            *has = false;
            return broken(err);
        }
        m->type = f.type;
        m->id = f.id;
        m->is_partial = f.more;
        budget->n_frames--;
        budget->n_bytes -= frame_size(&f) < budget->n_bytes ? frame_size(&f) : budget->n_bytes;
        if (*has) return INGLE_OK;
    }
    return INGLE_OK;
}

ingle_status link_receive_some(struct link *l, struct link_message *m, struct link_budget *budget,
                               bool *has, ingle_error *err) {
    if (!m->is_partial) buf_reset(&m->body);
    INGLE_TRY(take_frames(l, m, budget, has, err));
    bool is_over = !*has && budget->n_frames > 0 && budget->n_bytes > 0;
    return is_over && atomic_load(&l->is_gone) ? gone(err) : INGLE_OK;
}

ingle_status link_receive(struct link *l, struct link_message *m, int wait_ms, bool *has,
                          ingle_error *err) {
    struct link_budget all = {SIZE_MAX, SIZE_MAX};
    INGLE_TRY(link_receive_some(l, m, &all, has, err));
    if (*has || wait_ms == 0) return INGLE_OK;
    if (!sleep_for_data(l, wait_ms)) atomic_store(&l->is_gone, true);
    return take_frames(l, m, &all, has, err);
}

void link_arm(struct link *l) {
    atomic_store(&l->ring.own->wants_data, 1);
}

size_t link_hear(struct link *l) {
    bool is_broken = false;
    if (!empty(l)) atomic_store(&l->is_gone, true);
    size_t filled = ring_filled(&l->ring, &is_broken);
    return is_broken ? 1 : filled; /* which is found out by receiving it */
}
