/* Any bytes as what a hostile process does to the memory it shares with this one: its ring, its
 * counters, its flags; and this side receives and sends. It is refused, or gets messages that were
 * there and no larger than they may be.
 *
 * The input is a list of deeds, each a byte that says which, and its arguments. */
#include <string.h>
#include <sys/socket.h>

#include "fuzz/fuzz.h"
#include "worker/wire/link.h"

#define MAX_BODY (3 * LINK_FRAME)

struct world {
    struct ring_page *own, *hostile;
    int sockets[2];
};

static void make(struct world *w) {
    int fd;
    FUZZ_REQUIRE(ring_create(&fd, &w->own, NULL) == INGLE_OK);
    FUZZ_REQUIRE(ring_create(&fd, &w->hostile, NULL) == INGLE_OK);
    FUZZ_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, w->sockets) == 0);
}

static void reset(struct ring_page *page, uint64_t written, uint64_t read) {
    atomic_store(&page->written, written);
    atomic_store(&page->read, read);
    atomic_store(&page->wants_data, 0);
    atomic_store(&page->wants_room, 0);
}

struct deeds {
    const uint8_t *at, *end;
};

static uint64_t number(struct deeds *d, size_t size) {
    uint64_t value = 0;
    size_t n = (size_t)(d->end - d->at) < size ? (size_t)(d->end - d->at) : size;
    memcpy(&value, d->at, n);
    d->at += n;
    return value;
}

/* Bytes into the hostile ring, wherever its writer is. */
static void write_bytes(struct world *w, const void *data, size_t size) {
    struct ring hostile = {.own = w->hostile, .others = w->own};
    ring_put(&hostile, 0, data, size);
    ring_publish(&hostile, size);
}

struct frame_bytes {
    uint32_t size;
    uint16_t type, more;
    uint32_t id;
};

/* A frame that may be right: its payload is whatever lies in the ring. */
static void write_frame(struct world *w, struct deeds *d) {
    struct frame_bytes f = {.size = (uint32_t)number(d, 3),
                            .type = (uint16_t)number(d, 1),
                            .more = (uint16_t)number(d, 1),
                            .id = (uint32_t)number(d, 1)};
    write_bytes(w, &f, sizeof f);
    atomic_fetch_add(&w->hostile->written, (f.size + 3) & ~(uint64_t)3);
}

/* Up to what there is room for. */
static ingle_status send_words(struct link *l, struct deeds *d) {
    static const char words[2 * RING_SIZE] = "words";
    struct link_sending s = {
        .type = 1, .id = 1, .data = words, .size = (size_t)number(d, 3) % sizeof words};
    size_t n_frames = 20;
    ingle_status status = link_send_some(l, &s, &n_frames, NULL);
    FUZZ_REQUIRE(status == INGLE_OK || status == INGLE_INVALID);
    FUZZ_REQUIRE(s.at <= s.size && s.is_sent == (s.at == s.size && n_frames < 20));
    link_wipe(l);
    return status;
}

static ingle_status receive(struct link *l, struct link_message *m, struct link_budget budget) {
    size_t n_frames = budget.n_frames, n_bytes = budget.n_bytes;
    bool has;
    ingle_status status = link_receive_some(l, m, &budget, &has, NULL);
    FUZZ_REQUIRE(budget.n_frames <= n_frames && budget.n_bytes <= n_bytes);
    FUZZ_REQUIRE(m->body.size <= MAX_BODY);
    FUZZ_REQUIRE(status == INGLE_OK || status == INGLE_INVALID);
    FUZZ_REQUIRE(!has || status == INGLE_OK);
    return status;
}

static ingle_status deed(struct world *w, struct link *l, struct link_message *m, struct deeds *d) {
    switch (number(d, 1) % 9) {
    case 0:
        atomic_store(&w->hostile->written, number(d, 8));
        return INGLE_OK;
    case 1:
        atomic_store(&w->hostile->read, number(d, 8));
        return INGLE_OK;
    case 2:
        atomic_fetch_add(&w->hostile->written, number(d, 3));
        return INGLE_OK;
    case 3:
        atomic_store(&w->hostile->wants_data, (unsigned)number(d, 1));
        atomic_store(&w->hostile->wants_room, (unsigned)number(d, 1));
        return INGLE_OK;
    case 4: {
        size_t size = (size_t)number(d, 1), left = (size_t)(d->end - d->at);
        if (size > left) size = left;
        write_bytes(w, d->at, size);
        d->at += size;
        return INGLE_OK;
    }
    case 5:
        write_frame(w, d);
        return INGLE_OK;
    case 6:
        return receive(l, m, (struct link_budget){SIZE_MAX, SIZE_MAX});
    case 8: {
        size_t n_frames = (size_t)number(d, 1) % 4, n_bytes = (size_t)number(d, 3);
        return receive(l, m, (struct link_budget){n_frames, n_bytes});
    }
    default:
        return send_words(l, d);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct world w;
    if (!w.own) make(&w);
    struct deeds d = {data, data + size};
    uint64_t from = number(&d, 8), to = number(&d, 8);
    reset(w.own, to, from);
    reset(w.hostile, from, to);
    struct link l;
    link_init(&l, w.own, w.hostile, w.sockets[0]);
    struct link_message m = {0};
    buf_init(&m.body, MAX_BODY);
    while (d.at < d.end && deed(&w, &l, &m, &d) == INGLE_OK) continue;
    buf_clear(&m.body);
    link_clear(&l);
    char bells[4096];
    for (int i = 0; i < 2; i++) {
        while (recv(w.sockets[i], bells, sizeof bells, MSG_DONTWAIT) > 0) continue;
    }
    return 0;
}
