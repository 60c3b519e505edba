#include "unit/worker/hostile.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"
#include "worker/wire/link.h"
#include "worker/wire/msg_generate.h"
#include "worker/wire/msg_start.h"

#define LIVES_SECONDS 120 /* should the front not end it */

struct hostile {
    struct link link;
    struct ring_page *own;
    struct rng rng;
    uint32_t id; /* of the request */
    bool at_start;
    struct msg_start start;
};

unsigned long hostile_seed(enum hostile_way way, bool at_start, unsigned random) {
    return (unsigned long)random << 8 | (unsigned long)way << 1 | (unsigned long)at_start;
}

bool hostile_is_role(int argc, char **argv) {
    return argc == 1 && strcmp(argv[0], "ingle: worker") == 0;
}

/* ---- what is right ---- */

static void say(struct hostile *h, uint16_t type, uint32_t id, const void *data, size_t size) {
    if (link_send(&h->link, type, id, data, size, NULL) != INGLE_OK) _exit(0);
}

static void write_result(struct hostile *h, struct buf *out) {
    struct msg_started started = {.version = MESSAGE_VERSION,
                                  .is_sealed = true,
                                  .model = {.architecture = "\x1b[31mllama",
                                            .name = "\x1b]0;title\x07",
                                            .tier = "avx2",
                                            .cache_file = "",
                                            .cache_note = ""},
                                  .n_ctx = 100};
    struct msg_generated generated = {.began = true, .n_prompt = 3, .n_read = 3};
    ingle_status status = wire_write(out, h->at_start ? msg_started : msg_generated,
                                     h->at_start ? (void *)&started : (void *)&generated, NULL);
    if (status != INGLE_OK) _exit(1);
}

static void write_done(struct hostile *h, struct buf *out) {
    struct buf result;
    buf_init(&result, 1 << 16);
    write_result(h, &result);
    struct msg_done done = {.peak_memory = 1, .result = {result.data, result.size}};
    buf_init(out, 1 << 20);
    if (wire_write(out, msg_done, &done, NULL) != INGLE_OK) _exit(1);
    buf_clear(&result);
}

static void answer_rightly(struct hostile *h) {
    struct buf out;
    write_done(h, &out);
    say(h, MSG_DONE, h->id, out.data, out.size);
    buf_clear(&out);
}

static struct link_message receive(struct hostile *h) {
    struct link_message m = {0};
    bool has = false;
    buf_init(&m.body, MESSAGE_MAX_REQUEST);
    while (!has) {
        if (link_receive(&h->link, &m, -1, &has, NULL) != INGLE_OK) _exit(0);
    }
    h->id = m.id;
    return m;
}

/* ---- what is not ---- */

static void fill(struct hostile *h, void *data, size_t size) {
    uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)rng_u32(&h->rng);
}

static uint64_t number(struct hostile *h) {
    static const uint64_t edges[] = {0,          1,          RING_SIZE,         RING_SIZE + 1,
                                     UINT32_MAX, UINT64_MAX, (uint64_t)1 << 63, 12};
    uint64_t any = (uint64_t)rng_u32(&h->rng) << 32 | rng_u32(&h->rng);
    return rng_below(&h->rng, 2) ? edges[rng_below(&h->rng, 8)] : any >> rng_below(&h->rng, 64);
}

static void random_page(struct hostile *h) {
    fill(h, h->own->data, 100000);
    atomic_store(&h->own->read, number(h));
    atomic_store(&h->own->beats, rng_u32(&h->rng));
    atomic_store(&h->own->wants_room, rng_u32(&h->rng));
    atomic_store(&h->own->wants_data, rng_u32(&h->rng));
    atomic_store(&h->own->written, number(h));
    link_ring(&h->link);
}

static void move_counter(struct hostile *h) {
    _Atomic uint64_t *counter = rng_below(&h->rng, 2) ? &h->own->written : &h->own->read;
    say(h, MSG_TEXT, h->id, "x", 1);
    if (rng_below(&h->rng, 2)) {
        atomic_fetch_sub(counter, 1 + number(h) % 100);
    } else {
        atomic_store(counter, number(h));
    }
    link_ring(&h->link);
}

static void random_frame(struct hostile *h) {
    struct {
        uint32_t size;
        uint16_t type, more;
        uint32_t id;
    } f = {.size = (uint32_t)number(h),
           .type =
               (uint16_t)(rng_below(&h->rng, 2) ? rng_u32(&h->rng) : 64 + rng_below(&h->rng, 66)),
           .more = (uint16_t)(rng_below(&h->rng, 3) ? rng_below(&h->rng, 2) : rng_u32(&h->rng)),
           .id = rng_below(&h->rng, 4) ? h->id : rng_u32(&h->rng)};
    ring_put(&h->link.ring, 0, &f, sizeof f);
    ring_publish(&h->link.ring, rng_below(&h->rng, 2) ? sizeof f + f.size : number(h) % RING_SIZE);
    link_ring(&h->link);
}

static void random_body(struct hostile *h) {
    static uint8_t body[300000];
    size_t size = rng_below(&h->rng, rng_below(&h->rng, 2) ? sizeof body : 300);
    fill(h, body, size);
    say(h, rng_below(&h->rng, 2) ? MSG_DONE : MSG_TOKEN, h->id, body, size);
}

static void changed_answer(struct hostile *h) {
    struct buf out;
    write_done(h, &out);
    for (unsigned n = 1 + rng_below(&h->rng, 3); n > 0; n--) {
        out.data[rng_below(&h->rng, (uint32_t)out.size)] = (char)rng_u32(&h->rng);
    }
    size_t size = rng_below(&h->rng, 4) ? out.size : rng_below(&h->rng, (uint32_t)out.size);
    say(h, MSG_DONE, h->id, out.data, size);
    buf_clear(&out);
}

static void other_answer(struct hostile *h) {
    struct buf out;
    write_done(h, &out);
    if (rng_below(&h->rng, 2)) {
        say(h, MSG_DONE, h->id + 1 + rng_u32(&h->rng) % 1000, out.data, out.size);
    } else {
        say(h, (uint16_t)rng_below(&h->rng, MSG_STARTED), h->id, out.data, out.size);
    }
    buf_clear(&out);
}

/* The next request, if there is one, is too long to be in the ring as a whole. */
static void early_answer(struct hostile *h) {
    h->id++;
    answer_rightly(h);
}

static void mixed_answers(struct hostile *h) {
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t frame[3] = {LINK_FRAME, MSG_TEXT | 1 << 16, h->id + i};
        ring_put(&h->link.ring, 0, frame, sizeof frame);
        ring_publish(&h->link.ring, sizeof frame + LINK_FRAME);
    }
    link_ring(&h->link);
}

static void die(struct hostile *h) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGKILL, SIGABRT, SIGSYS, SIGFPE, SIGTERM};
    int i = (int)rng_below(&h->rng, BASE_COUNT(signals) + 2);
    if (i >= (int)BASE_COUNT(signals)) _exit(i & 1);
    signal(signals[i], SIG_DFL);
    raise(signals[i]);
}

static void half_a_message(struct hostile *h) {
    uint32_t frame[3] = {LINK_FRAME, MSG_TEXT | 1 << 16, h->id};
    for (unsigned n = 1 + rng_below(&h->rng, 5); n > 0; n--) {
        ring_put(&h->link.ring, 0, frame, sizeof frame);
        ring_publish(&h->link.ring, sizeof frame + LINK_FRAME);
    }
    link_ring(&h->link);
    if (rng_below(&h->rng, 2)) usleep(rng_below(&h->rng, 3000));
    die(h);
}

/* Frames that go on, full ones or empty ones. */
static void endless_message(struct hostile *h) {
    uint32_t size = rng_below(&h->rng, 2) ? LINK_FRAME : 0;
    uint32_t frame[3] = {size, MSG_TEXT | 1 << 16, h->id};
    for (;;) {
        bool is_broken = false;
        while (ring_room(&h->link.ring, &is_broken) < sizeof frame + size) {
            if (is_broken) _exit(0);
            usleep(50);
        }
        ring_put(&h->link.ring, 0, frame, sizeof frame);
        ring_publish(&h->link.ring, sizeof frame + size);
        link_ring(&h->link);
    }
}

static void words(struct hostile *h) {
    static const char escapes[] = "\x1b[2J\x1b]52;c;aGFsbG8=\x07\xff\xfe\0\r\b";
    static uint8_t body[100000];
    memcpy(body, escapes, sizeof escapes);
    fill(h, body + sizeof escapes, sizeof body - sizeof escapes);
    for (int i = 0; i < 40; i++) say(h, MSG_TEXT, h->id, body, rng_below(&h->rng, sizeof body));
    answer_rightly(h);
}

static void beat(struct hostile *h) {
    for (;;) {
        atomic_fetch_add(&h->own->beats, 1);
        usleep(100000);
    }
}

static void flood(struct hostile *h) {
    static const char body[50000] = "words";
    for (;;) {
        atomic_fetch_add(&h->own->beats, 1);
        say(h, MSG_TEXT, h->id, body, sizeof body);
    }
}

static void ring_for_ever(struct hostile *h) {
    for (;;) {
        atomic_fetch_add(&h->own->beats, 1);
        link_ring(&h->link);
    }
}

static void hang_up(struct hostile *h) {
    shutdown(h->link.socket, SHUT_RDWR);
    close(h->link.socket);
    for (;;) pause();
}

static void share(void) {
    if (fork() == 0) {
        alarm(5); /* it is nobody's child */
        for (;;) pause();
    }
    _exit(0);
}

static void do_it(struct hostile *h, enum hostile_way way) {
    switch (way) {
    case HOSTILE_PAGE:
        random_page(h);
        break;
    case HOSTILE_COUNTER:
        move_counter(h);
        break;
    case HOSTILE_FRAME:
        random_frame(h);
        break;
    case HOSTILE_BODY:
        random_body(h);
        break;
    case HOSTILE_CHANGED:
        changed_answer(h);
        break;
    case HOSTILE_OTHER:
        other_answer(h);
        break;
    case HOSTILE_TWICE:
        answer_rightly(h);
        answer_rightly(h);
        break;
    case HOSTILE_EARLY:
        early_answer(h);
        break;
    case HOSTILE_MIXED:
        mixed_answers(h);
        break;
    case HOSTILE_HALF:
        half_a_message(h);
        break;
    case HOSTILE_DEATH:
        die(h);
        break;
    case HOSTILE_ENDLESS:
        endless_message(h);
        break;
    case HOSTILE_WORDS:
        words(h);
        break;
    case HOSTILE_BEATS:
        beat(h);
        break;
    case HOSTILE_FLOOD:
        flood(h);
        break;
    case HOSTILE_BELLS:
        ring_for_ever(h);
        break;
    case HOSTILE_STOPS:
        raise(SIGSTOP);
        break;
    case HOSTILE_HANGS_UP:
        hang_up(h);
        break;
    case HOSTILE_SHARES:
        share();
        break;
    default:
        break;
    }
    /* Some of this may have meant nothing: a random frame that is right. It ends it. */
    if (way < HOSTILE_QUICK) {
        usleep(20000);
        _exit(0);
    }
    for (;;) pause();
}

int hostile_main(void) {
    static struct hostile h;
    const struct ring_page *others;
    struct arena a;
    alarm(LIVES_SECONDS);
    if (ring_map_own(&h.own, WORKER_REPLIES, NULL) != INGLE_OK) return 1;
    if (ring_map(&others, WORKER_REQUESTS, NULL) != INGLE_OK) return 1;
    link_init(&h.link, h.own, others, WORKER_SOCKET);
    arena_init(&a, MESSAGE_MAX_REQUEST);
    struct link_message m = receive(&h);
    if (wire_read(&h.start, sizeof h.start, msg_start, m.body.data, m.body.size, &a, NULL) !=
        INGLE_OK) {
        return 1;
    }
    rng_init(&h.rng, h.start.seed);
    h.at_start = true;
    enum hostile_way way = (enum hostile_way)(h.start.seed >> 1 & 127);
    if (h.start.seed & 1) do_it(&h, way);
    answer_rightly(&h);
    h.at_start = false;
    /* The next request may be too long for the ring: who is silent does not read it either. */
    h.id = m.id + 1;
    if (way < HOSTILE_QUICK || way == HOSTILE_FLOOD) (void)receive(&h);
    do_it(&h, way);
    return 0;
}
