/* worker/wire/link: messages over a pair of rings, between threads and between processes, and what
 * becomes of an end whose other end dies, stops or lies. */
#include "worker/wire/link.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include "support/link_pair.h"
#include "support/refusal.h"
#include "support/sanitized.h"

#define MAX_BODY ((size_t)8 << 20)

static void begin(struct link_message *m) {
    *m = (struct link_message){0};
    buf_init(&m->body, MAX_BODY);
}

/* ---- what goes over it: the same for the same seed ---- */

static size_t next_size(struct rng *rng, int i) {
    static const size_t edges[] = {
        0, 1, 3, 4, 5, LINK_FRAME - 1, LINK_FRAME, LINK_FRAME + 1, 2 * LINK_FRAME};
    if (i % 4 == 0) return edges[rng_below(rng, BASE_COUNT(edges))];
    if (i % 40 == 1) return rng_below(rng, 3 << 20);
    return rng_below(rng, i % 4 == 1 ? 200000 : 300);
}

static void write_body(uint8_t *body, size_t size, uint32_t id) {
    for (size_t i = 0; i < size; i++) body[i] = (uint8_t)(i * 31 + i / 251 + id * 7);
}

struct traffic {
    struct link *link;
    uint64_t seed;
    int n;
    const char *problem; /* cmocka's assertions are for the main thread alone */
    atomic_int *n_sending;
};

static void *send_all(void *arg) {
    struct traffic *t = arg;
    struct rng rng;
    rng_init(&rng, t->seed);
    uint8_t *body = mem_alloc(MAX_BODY);
    for (int i = 1; i <= t->n && body && !t->problem; i++) {
        size_t size = next_size(&rng, i);
        write_body(body, size, (uint32_t)i);
        if (link_send(t->link, (uint16_t)(i % 100), (uint32_t)i, body, size, NULL) != INGLE_OK) {
            t->problem = "not sent";
        }
    }
    mem_free(body);
    atomic_fetch_sub(t->n_sending, 1);
    return NULL;
}

static const char *receive_one(struct link *l, struct link_message *m, int i, size_t size,
                               uint8_t *wanted) {
    bool has = false;
    while (!has) {
        if (link_receive(l, m, -1, &has, NULL) != INGLE_OK) return "not received";
    }
    write_body(wanted, size, (uint32_t)i);
    if (m->type != i % 100 || m->id != (uint32_t)i) return "another message";
    if (m->body.size != size) return "another size";
    return size == 0 || memcmp(m->body.data, wanted, size) == 0 ? NULL : "other bytes";
}

static void *receive_all(void *arg) {
    struct traffic *t = arg;
    struct rng rng;
    rng_init(&rng, t->seed);
    uint8_t *wanted = mem_alloc(MAX_BODY);
    struct link_message m;
    begin(&m);
    for (int i = 1; i <= t->n && wanted && !t->problem; i++) {
        t->problem = receive_one(t->link, &m, i, next_size(&rng, i), wanted);
    }
    /* The sender of this end is woken by whoever receives. */
    for (bool has; atomic_load(t->n_sending) > 0;) {
        if (link_receive(t->link, &m, 1, &has, NULL) != INGLE_OK || has) t->problem = "too much";
    }
    buf_clear(&m.body);
    mem_free(wanted);
    return NULL;
}

static void messages_of_all_sizes_go_both_ways_at_once(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, false);
    for (int i = 0; i < 2; i++) p.ends[i].is_threaded = true;
    const int n = SANITIZED ? 300 : 2000;
    atomic_int n_sending = 2;
    struct traffic out[2] = {{&p.ends[0], 1, n, NULL, &n_sending},
                             {&p.ends[1], 2, n, NULL, &n_sending}};
    struct traffic in[2] = {{&p.ends[0], 2, n, NULL, &n_sending},
                            {&p.ends[1], 1, n, NULL, &n_sending}};
    pthread_t threads[4];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[2 * i], NULL, receive_all, &in[i]), 0);
        assert_int_equal(pthread_create(&threads[2 * i + 1], NULL, send_all, &out[i]), 0);
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++) {
        if (in[i].problem || out[i].problem) {
            fail_msg("%s, %s", in[i].problem ? in[i].problem : "received",
                     out[i].problem ? out[i].problem : "sent");
        }
    }
    link_pair_clear(&p);
}

/* In a child: sends every message back until the other end is gone. */
static void echo(struct link_pair *p) {
    close(p->sockets[0]);
    p->ends[1].only_writes = true;
    signal(SIGPIPE, SIG_IGN);
    struct link_message m;
    begin(&m);
    for (;;) {
        bool has;
        ingle_status status = link_receive(&p->ends[1], &m, -1, &has, NULL);
        if (status != INGLE_OK) _exit(status == INGLE_CANCELLED ? 0 : 1);
        if (!has) continue;
        if (link_send(&p->ends[1], m.type, m.id, m.body.data, m.body.size, NULL) != INGLE_OK) {
            _exit(2);
        }
    }
}

static pid_t start_child(struct link_pair *p, void (*run)(struct link_pair *)) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        run(p);
        _exit(99);
    }
    close(p->sockets[1]);
    p->sockets[1] = -1;
    return pid;
}

static int end_of(pid_t pid) {
    int how;
    assert_int_equal(waitpid(pid, &how, 0), pid);
    return how;
}

static void another_process_gets_them_and_answers(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, true);
    pid_t pid = start_child(&p, echo);
    struct rng rng;
    rng_init(&rng, 3);
    uint8_t *body = mem_alloc(MAX_BODY), *wanted = mem_alloc(MAX_BODY);
    struct link_message m;
    begin(&m);
    for (int i = 1; i <= 1000; i++) {
        size_t size = next_size(&rng, i);
        write_body(body, size, (uint32_t)i);
        assert_int_equal(link_send(&p.ends[0], (uint16_t)(i % 100), (uint32_t)i, body, size, NULL),
                         INGLE_OK);
        const char *problem = receive_one(&p.ends[0], &m, i, size, wanted);
        if (problem) fail_msg("%s", problem);
    }
    shutdown(p.sockets[0], SHUT_RDWR);
    assert_int_equal(end_of(pid), 0);
    buf_clear(&m.body);
    mem_free(body);
    mem_free(wanted);
    link_pair_clear(&p);
}

/* A lost wake-up would be one message that waits for ever: nobody looks by the clock. */
static void no_wake_up_is_lost_in_many_small_exchanges(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, true);
    pid_t pid = start_child(&p, echo);
    struct link_message m;
    begin(&m);
    for (uint32_t i = 1; i <= (SANITIZED ? 5000 : 50000); i++) {
        bool has = false;
        if (i % 64 == 1) alarm(50); /* on a busy machine each takes its time */
        assert_int_equal(link_send(&p.ends[0], 1, i, &i, sizeof i, NULL), INGLE_OK);
        if (i % 5 == 0) {
            for (volatile int spin = 0; spin < (int)(i % 7000); spin++) continue;
        }
        while (!has) assert_int_equal(link_receive(&p.ends[0], &m, -1, &has, NULL), INGLE_OK);
        assert_int_equal(m.id, i);
    }
    alarm(0);
    kill(pid, SIGKILL);
    end_of(pid);
    buf_clear(&m.body);
    link_pair_clear(&p);
}

struct frame_bytes {
    uint32_t size;
    uint16_t type, more;
    uint32_t id;
};

/* Puts a frame's head and `filled` bytes in all into the ring of ends[1]. */
static void put_frame(struct link_pair *p, struct frame_bytes f, size_t filled) {
    struct ring *r = &p->ends[1].ring;
    ring_put(r, 0, &f, sizeof f);
    ring_publish(r, filled);
}

/* ---- the other end dies ---- */

static void send_and_die(struct link_pair *p) {
    close(p->sockets[0]);
    for (uint32_t id = 1; id <= 3; id++) {
        if (link_send(&p->ends[1], 5, id, "words", 5, NULL) != INGLE_OK) _exit(1);
    }
    raise(SIGKILL);
}

static void what_a_process_sent_before_it_died_is_received(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, true);
    pid_t pid = start_child(&p, send_and_die);
    end_of(pid);
    struct link_message m;
    begin(&m);
    bool has;
    for (uint32_t id = 1; id <= 3; id++) {
        assert_int_equal(link_receive(&p.ends[0], &m, -1, &has, NULL), INGLE_OK);
        assert_true(has);
        assert_int_equal(m.id, id);
    }
    ingle_status status = INGLE_OK;
    ingle_error err;
    while (status == INGLE_OK) {
        status = link_receive(&p.ends[0], &m, -1, &has, &err);
        assert_false(has);
    }
    expect_refusal(status, INGLE_CANCELLED, &err, "gone");
    /* So is a sender told, once it listens; and the closed socket raises no signal. */
    expect_refusal(link_send(&p.ends[0], 1, 1, "x", 1, &err), INGLE_CANCELLED, &err, "gone");
    atomic_store(&p.pages[1]->wants_data, 1);
    link_ring(&p.ends[0]);
    buf_clear(&m.body);
    link_pair_clear(&p);
}

static void half_a_message_is_none(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, true);
    put_frame(&p, (struct frame_bytes){LINK_FRAME, 1, 1, 1}, 12 + LINK_FRAME);
    close(p.sockets[1]);
    p.sockets[1] = -1;
    struct link_message m;
    begin(&m);
    bool has;
    assert_int_equal(link_receive(&p.ends[0], &m, -1, &has, NULL), INGLE_OK);
    assert_false(has);
    assert_true(m.is_partial);
    ingle_status status = INGLE_OK;
    while (status == INGLE_OK) {
        status = link_receive(&p.ends[0], &m, -1, &has, NULL);
        assert_false(has);
    }
    assert_int_equal(status, INGLE_CANCELLED);
    buf_clear(&m.body);
    link_pair_clear(&p);
}

static void sleep_on(struct link_pair *p) {
    close(p->sockets[0]);
    for (;;) pause();
}

static void a_sender_whose_other_end_reads_nothing_hears_that_it_died(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, true);
    pid_t pid = start_child(&p, sleep_on);
    char *body = mem_calloc(1, 2 * RING_SIZE);
    ingle_error err;
    kill(pid, SIGKILL);
    end_of(pid);
    expect_refusal(link_send(&p.ends[0], 1, 1, body, 2 * RING_SIZE, &err), INGLE_CANCELLED, &err,
                   "gone");
    mem_free(body);
    link_pair_clear(&p);
}

/* ---- a sender and a receiver that do not wait ---- */

static bool can_be_read(const struct link *l) {
    struct pollfd p = {.fd = l->socket, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

/* However its budget ends, and wherever the other end is then: it is rung when it can go on. */
static void a_sender_that_does_not_wait_is_rung_when_it_can_go_on(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 4);
    struct link_pair p;
    link_pair_make(&p, true);
    uint8_t *body = mem_alloc(MAX_BODY);
    struct link_message m;
    begin(&m);
    for (uint32_t i = 1; i <= 300; i++) {
        size_t size = next_size(&rng, (int)i);
        write_body(body, size, i);
        struct link_sending s = {.type = 1, .id = i, .data = body, .size = size};
        bool has = false;
        for (bool is_first = true; !s.is_sent; is_first = false) {
            /* The socket is emptied before it goes on, as the receiver of that end would. */
            if (!is_first) assert_true(can_be_read(&p.ends[0]));
            assert_int_equal(link_hear(&p.ends[0]), 0);
            size_t n_frames = 1 + rng_below(&rng, 20), before = s.at, wanted = n_frames;
            assert_int_equal(link_send_some(&p.ends[0], &s, &n_frames, NULL), INGLE_OK);
            assert_true(n_frames < wanted && (s.is_sent || s.at > before));
            if (n_frames > 0 && !s.is_sent) { /* it is full; some or all of it is taken */
                struct link_budget budget = {1 + rng_below(&rng, 16), SIZE_MAX};
                assert_int_equal(link_receive_some(&p.ends[1], &m, &budget, &has, NULL), INGLE_OK);
            } else if (!s.is_sent) {
                assert_int_equal(link_receive(&p.ends[1], &m, 0, &has, NULL), INGLE_OK);
            }
        }
        while (!has) assert_int_equal(link_receive(&p.ends[1], &m, 0, &has, NULL), INGLE_OK);
        assert_int_equal(m.id, i);
        assert_int_equal(m.body.size, size);
        assert_true(size == 0 || memcmp(m.body.data, body, size) == 0);
    }
    buf_clear(&m.body);
    mem_free(body);
    link_pair_clear(&p);
}

static void a_receiver_takes_no_more_than_its_budget(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, true);
    link_arm(&p.ends[0]);
    struct link_message m;
    begin(&m);
    bool has;
    assert_false(can_be_read(&p.ends[0]));
    for (uint32_t i = 1; i <= 5; i++) {
        assert_int_equal(link_send(&p.ends[1], 1, i, "words", 5, NULL), INGLE_OK);
    }
    assert_true(can_be_read(&p.ends[0]));
    struct link_budget budget = {.n_frames = 2, .n_bytes = SIZE_MAX};
    for (uint32_t i = 1; i <= 3; i++) {
        assert_int_equal(link_receive_some(&p.ends[0], &m, &budget, &has, NULL), INGLE_OK);
        assert_int_equal(has, i <= 2);
    }
    size_t filled = link_hear(&p.ends[0]);
    assert_int_equal(filled, 3 * (LINK_HEAD + 8));
    assert_false(can_be_read(&p.ends[0]));
    assert_int_equal(link_send(&p.ends[1], 1, 6, "words", 5, NULL), INGLE_OK);
    assert_true(can_be_read(&p.ends[0])); /* for what came after it was heard */
    budget = (struct link_budget){.n_frames = SIZE_MAX, .n_bytes = filled};
    for (uint32_t i = 3; i <= 6; i++) {
        assert_int_equal(link_receive_some(&p.ends[0], &m, &budget, &has, NULL), INGLE_OK);
        assert_int_equal(has, i <= 5);
    }
    close(p.sockets[1]);
    p.sockets[1] = -1;
    assert_int_equal(link_hear(&p.ends[0]), LINK_HEAD + 8); /* which is told before the end is */
    budget = (struct link_budget){SIZE_MAX, SIZE_MAX};
    assert_int_equal(link_receive_some(&p.ends[0], &m, &budget, &has, NULL), INGLE_OK);
    assert_true(has && m.id == 6);
    assert_true(can_be_read(&p.ends[0])); /* the end stays, until it is heard */
    assert_int_equal(link_hear(&p.ends[0]), 0);
    assert_int_equal(link_receive_some(&p.ends[0], &m, &budget, &has, NULL), INGLE_CANCELLED);
    buf_clear(&m.body);
    link_pair_clear(&p);
}

static void *send_much(void *arg) {
    struct traffic *t = arg;
    static const char body[2 * RING_SIZE];
    if (link_send(t->link, 1, 1, body, sizeof body, NULL) == INGLE_CANCELLED) t->problem = "gone";
    return NULL;
}

static void a_sender_beside_a_receiver_hears_from_it_that_the_other_end_is_gone(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, false);
    p.ends[0].is_threaded = true;
    struct traffic t = {.link = &p.ends[0]};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_much, &t), 0);
    while (!atomic_load(&p.pages[0]->wants_room)) usleep(100);
    close(p.sockets[1]);
    p.sockets[1] = -1;
    struct link_message m;
    begin(&m);
    bool has;
    while (link_receive(&p.ends[0], &m, -1, &has, NULL) == INGLE_OK) assert_false(has);
    pthread_join(thread, NULL);
    assert_string_equal(t.problem, "gone");
    buf_clear(&m.body);
    link_pair_clear(&p);
}

static void do_nothing(int number) {
    (void)number;
}

static void a_signal_wakes_a_sleeper_and_harms_nothing(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, false);
    struct sigaction action = {.sa_handler = do_nothing}, before;
    sigaction(SIGALRM, &action, &before);
    struct link_message m;
    begin(&m);
    bool has = true;
    ualarm(20000, 0);
    assert_int_equal(link_receive(&p.ends[0], &m, -1, &has, NULL), INGLE_OK);
    assert_false(has);
    sigaction(SIGALRM, &before, NULL);
    buf_clear(&m.body);
    link_pair_clear(&p);
}

static void a_full_bell_is_heard_once(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, false);
    for (int i = 0; i < 1000000; i++) {
        link_ring(&p.ends[1]);
        if (i % 1000 == 0 && send(p.sockets[1], "", 1, MSG_DONTWAIT) < 0) break;
    }
    assert_int_equal(send(p.sockets[1], "", 1, MSG_DONTWAIT), -1);
    assert_int_equal(link_send(&p.ends[1], 1, 9, "x", 1, NULL), INGLE_OK);
    struct link_message m;
    begin(&m);
    bool has;
    assert_int_equal(link_receive(&p.ends[0], &m, -1, &has, NULL), INGLE_OK);
    assert_true(has && m.id == 9);
    assert_int_equal(link_receive(&p.ends[0], &m, -1, &has, NULL), INGLE_OK);
    assert_false(has);
    double begin_ms = clock_ms(); /* it is empty now: the next one sleeps */
    assert_int_equal(link_receive(&p.ends[0], &m, 50, &has, NULL), INGLE_OK);
    assert_true(clock_ms() - begin_ms >= 40);
    buf_clear(&m.body);
    link_pair_clear(&p);
}

/* ---- the other end lies ---- */

static void frames_that_break_a_rule_are_refused(void **state) {
    (void)state;
    static const struct {
        struct frame_bytes frame;
        size_t filled;
    } wrong[] = {
        {{LINK_FRAME + 1, 1, 0, 1}, RING_SIZE},      /* too large */
        {{UINT32_MAX, 1, 0, 1}, RING_SIZE},          /* its padded size wraps in 32 bits */
        {{UINT32_MAX - 11, 1, 0, 1}, RING_SIZE},     /* with its head, too */
        {{100, 1, 0, 1}, 111},                       /* more than there is */
        {{5, 1, 0, 1}, 17},                          /* without its padding */
        {{0, 1, 0, 1}, 11},                          /* half a head */
        {{0, 1, 0, 1}, 1},                           /* a byte of it */
        {{LINK_FRAME, 1, 2, 1}, 12 + LINK_FRAME},    /* more is 0 or 1 */
        {{0, 1, 1, 1}, 12},                          /* goes on, though not full */
        {{LINK_FRAME - 1, 1, 1, 1}, 12 + LINK_FRAME} /* the same */
    };
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        struct link_pair p;
        link_pair_make(&p, false);
        put_frame(&p, wrong[i].frame, wrong[i].filled);
        struct link_message m;
        begin(&m);
        bool has;
        ingle_error err;
        expect_refusal(link_receive(&p.ends[0], &m, 0, &has, &err), INGLE_INVALID, &err,
                       "broke the protocol");
        buf_clear(&m.body);
        link_pair_clear(&p);
    }
}

static void a_message_larger_than_its_buffer_is_refused(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, false);
    struct link_message m = {0};
    buf_init(&m.body, 2 * LINK_FRAME);
    bool has;
    for (size_t extra = 0; extra < 2; extra++) {
        static const char body[2 * LINK_FRAME + 1];
        assert_int_equal(link_send(&p.ends[1], 1, 1, body, 2 * LINK_FRAME + extra, NULL), INGLE_OK);
        assert_int_equal(link_receive(&p.ends[0], &m, 0, &has, NULL),
                         extra ? INGLE_INVALID : INGLE_OK);
    }
    buf_clear(&m.body);
    link_pair_clear(&p);
}

static void two_messages_cannot_be_mixed(void **state) {
    (void)state;
    static const struct frame_bytes seconds[] = {{0, 2, 0, 1}, {0, 1, 0, 2}};
    for (size_t i = 0; i < BASE_COUNT(seconds); i++) {
        struct link_pair p;
        link_pair_make(&p, false);
        put_frame(&p, (struct frame_bytes){LINK_FRAME, 1, 1, 1}, 12 + LINK_FRAME);
        put_frame(&p, seconds[i], 12);
        struct link_message m;
        begin(&m);
        bool has;
        assert_int_equal(link_receive(&p.ends[0], &m, 0, &has, NULL), INGLE_INVALID);
        buf_clear(&m.body);
        link_pair_clear(&p);
    }
}

static void counters_that_cannot_be_end_both_ways(void **state) {
    (void)state;
    struct link_pair p;
    link_pair_make(&p, false);
    struct link_message m;
    begin(&m);
    bool has;
    atomic_store(&p.pages[1]->written, RING_SIZE + 1);
    assert_int_equal(link_receive(&p.ends[0], &m, -1, &has, NULL), INGLE_INVALID);
    atomic_store(&p.pages[1]->read, 1);
    assert_int_equal(link_send(&p.ends[0], 1, 1, "x", 1, NULL), INGLE_INVALID);
    buf_clear(&m.body);
    link_pair_clear(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_all_sizes_go_both_ways_at_once),
        cmocka_unit_test(another_process_gets_them_and_answers),
        cmocka_unit_test(no_wake_up_is_lost_in_many_small_exchanges),
        cmocka_unit_test(what_a_process_sent_before_it_died_is_received),
        cmocka_unit_test(half_a_message_is_none),
        cmocka_unit_test(a_sender_whose_other_end_reads_nothing_hears_that_it_died),
        cmocka_unit_test(a_sender_that_does_not_wait_is_rung_when_it_can_go_on),
        cmocka_unit_test(a_receiver_takes_no_more_than_its_budget),
        cmocka_unit_test(a_sender_beside_a_receiver_hears_from_it_that_the_other_end_is_gone),
        cmocka_unit_test(a_signal_wakes_a_sleeper_and_harms_nothing),
        cmocka_unit_test(a_full_bell_is_heard_once),
        cmocka_unit_test(frames_that_break_a_rule_are_refused),
        cmocka_unit_test(a_message_larger_than_its_buffer_is_refused),
        cmocka_unit_test(two_messages_cannot_be_mixed),
        cmocka_unit_test(counters_that_cannot_be_end_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
