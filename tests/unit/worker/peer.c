#include "unit/worker/peer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "worker/wire/link.h"

#define MAX_PADDING ((size_t)256 << 20)
#define LIVES_SECONDS 900 /* should the front not end it */

/* ---- what is said ---- */

void peer_request(struct wire *w, void *message) {
    struct peer_request *m = message;
    wire_u32(w, &m->key);
    wire_u32(w, &m->n_answers);
    wire_u32(w, &m->answer_size);
    wire_u32(w, &m->result_size);
    wire_view(w, &m->padding, MAX_PADDING);
}

void peer_result(struct wire *w, void *message) {
    struct peer_result *m = message;
    wire_u32(w, &m->key);
    wire_u32(w, &m->n_said);
    wire_text(w, &m->words, MESSAGE_MAX_ANSWER);
}

static uint8_t byte_at(size_t i, uint32_t key, uint32_t n) {
    return (uint8_t)(i * 31 + i / 251 + key * 7U + n * 13U);
}

void peer_bytes(void *out, size_t size, uint32_t key, uint32_t n) {
    for (size_t i = 0; i < size; i++) ((uint8_t *)out)[i] = byte_at(i, key, n);
}

bool peer_is_right(const void *data, size_t size, uint32_t key, uint32_t n) {
    for (size_t i = 0; i < size; i++) {
        if (((const uint8_t *)data)[i] != byte_at(i, key, n)) return false;
    }
    return true;
}

/* ---- the worker ---- */

struct job {
    uint32_t id; /* 0 = none */
    uint32_t n_said;
    struct peer_request asked;
};

struct peer {
    struct link link;
    struct link_message m;
    struct rng rng;
    struct job jobs[RING_REQUESTS]; /* the open ones first */
    uint32_t n_jobs;
    unsigned n_sent;
};

static struct peer_script script;

static void die(void) {
    if (script.signal) {
        signal(script.signal, SIG_DFL);
        raise(script.signal);
    }
    _exit(3);
}

static void say(struct peer *p, enum msg_type type, uint32_t id, const void *data, size_t size) {
    if (script.dies_after && ++p->n_sent > script.dies_after) die();
    atomic_fetch_add(&p->link.ring.own->beats, 1);
    if (link_send(&p->link, (uint16_t)type, id, data, size, NULL) != INGLE_OK) _exit(0);
}

static void say_done(struct peer *p, uint32_t id, ingle_status status, wire_fn visit,
                     const void *message) {
    struct buf result, out;
    struct msg_done done = {.error = {.code = status}, .peak_memory = 1};
    buf_init(&result, MESSAGE_MAX_ANSWER);
    buf_init(&out, MESSAGE_MAX_ANSWER);
    if (status != INGLE_OK) strcpy(done.error.msg, "It is over.");
    if (wire_write(&result, visit, message, NULL) != INGLE_OK) _exit(4);
    done.result = (struct wire_text){result.data, result.size};
    if (wire_write(&out, msg_done, &done, NULL) != INGLE_OK) _exit(4);
    say(p, MSG_DONE, id, out.data, out.size);
    buf_clear(&out);
    buf_clear(&result);
}

static void end_job(struct peer *p, struct job *job, ingle_status status) {
    struct peer_result result = {job->asked.key, job->n_said, {"", job->asked.result_size}};
    uint8_t *words = mem_alloc(job->asked.result_size + 1);
    if (!words) _exit(4);
    peer_bytes(words, job->asked.result_size, job->asked.key, PEER_WORDS);
    result.words.data = (const char *)words;
    say_done(p, job->id, status, peer_result, &result);
    mem_free(words);
    *job = p->jobs[--p->n_jobs];
}

static void go_on(struct peer *p) {
    static uint8_t body[MESSAGE_MAX_ANSWER];
    struct job *job = &p->jobs[rng_below(&p->rng, p->n_jobs)];
    bool is_cancelled =
        atomic_load(&p->link.ring.others->cancelled[job->id % RING_REQUESTS]) == job->id;
    if (is_cancelled && !script.is_deaf) {
        end_job(p, job, INGLE_CANCELLED);
    } else if (job->n_said == job->asked.n_answers) {
        end_job(p, job, INGLE_OK);
    } else {
        peer_bytes(body, job->asked.answer_size, job->asked.key, job->n_said);
        say(p, MSG_TEXT, job->id, body, job->asked.answer_size);
        job->n_said++;
    }
    if (script.pause_us && rng_below(&p->rng, 8) == 0) usleep(script.pause_us);
}

/* What the front must not do ends it with a code that no test expects. */
static void begin_job(struct peer *p) {
    struct job job = {.id = p->m.id};
    struct arena a;
    struct msg_asker asker;
    arena_init(&a, 1 << 16);
    if (p->n_jobs == RING_REQUESTS || p->m.body.size < MSG_ASKER_SIZE) _exit(5);
    if (wire_read(&asker, sizeof asker, msg_asker, p->m.body.data, MSG_ASKER_SIZE, &a, NULL) !=
            INGLE_OK ||
        wire_read(&job.asked, sizeof job.asked, peer_request, p->m.body.data + MSG_ASKER_SIZE,
                  p->m.body.size - MSG_ASKER_SIZE, &a, NULL) != INGLE_OK) {
        _exit(6);
    }
    bool is_right =
        peer_is_right(job.asked.padding.data, job.asked.padding.len, job.asked.key, PEER_PADDING);
    if (!is_right || asker.client != job.asked.key) _exit(7);
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        if (p->jobs[i].id % RING_REQUESTS == job.id % RING_REQUESTS) _exit(8);
    }
    p->jobs[p->n_jobs++] = job;
    arena_clear(&a);
}

static bool receive(struct peer *p, int wait_ms) {
    bool has;
    if (link_receive(&p->link, &p->m, wait_ms, &has, NULL) != INGLE_OK) _exit(0);
    atomic_fetch_add(&p->link.ring.own->beats, 1);
    return has;
}

static void start(struct peer *p) {
    struct msg_started started = {
        .version = script.version ? script.version : MESSAGE_VERSION,
        .model = {.architecture = "", .name = "", .tier = "", .cache_file = "", .cache_note = ""}};
    while (!receive(p, -1)) continue;
    for (unsigned ms = 0; ms < script.start_ms; ms += 20) {
        usleep(20000);
        atomic_fetch_add(&p->link.ring.own->beats, 1);
    }
    say_done(p, p->m.id, script.start, msg_started, &started);
}

static int work(void) {
    static struct peer p;
    struct ring_page *own;
    const struct ring_page *others;
    alarm(LIVES_SECONDS);
    rng_init(&p.rng, script.seed);
    if (ring_map_own(&own, WORKER_REPLIES, NULL) != INGLE_OK) return 1;
    if (ring_map(&others, WORKER_REQUESTS, NULL) != INGLE_OK) return 1;
    link_init(&p.link, own, others, WORKER_SOCKET);
    buf_init(&p.m.body, MESSAGE_MAX_REQUEST);
    start(&p);
    while (script.is_sullen) pause();
    for (;;) {
        if (receive(&p, p.n_jobs ? 0 : 100)) begin_job(&p);
        if (p.n_jobs) go_on(&p);
    }
}

/* ---- its front ---- */

struct worker *peer_spawn(const struct peer_script *s,
                          void (*on_started)(ingle_status, const ingle_error *, void *),
                          void *user) {
    struct worker *w;
    struct msg_start m = {.unsealed = true, .has_session = true};
    const struct worker_files files = {.packed = -1, .packed_new = -1, .in_child = work};
    ingle_error err;
    script = *s;
    if (worker_spawn(&w, &m, &files, on_started, user, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return w;
}
