/* What a message between front and worker costs: microseconds for a question that is answered, and
 * for one of a stream of small messages, such as the tokens of an answer. Between two processes,
 * over what they really use. Usage: worker_link [ROUNDS] */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "worker/wire/link.h"
#include "worker/wire/message.h"

#define N_BLOCKS 5
#define TEXT "token" /* about as long as one is */

struct both {
    struct ring_page *pages[2];
    const struct ring_page *seen[2];
    int sockets[2];
};

static void give_up(const char *what) {
    fprintf(stderr, "worker_link: %s failed\n", what);
    exit(1);
}

static void make(struct both *b) {
    for (int i = 0; i < 2; i++) {
        int fd;
        if (ring_create(&fd, &b->pages[i], NULL) != INGLE_OK) give_up("making a ring");
        if (ring_map(&b->seen[i], fd, NULL) != INGLE_OK) give_up("mapping a ring");
        close(fd);
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b->sockets) != 0) give_up("socketpair");
}

static void receive(struct link *l, struct link_message *m) {
    for (bool has = false; !has;) {
        if (link_receive(l, m, -1, &has, NULL) != INGLE_OK) exit(0);
    }
}

static void say(struct link *l, uint32_t id, const void *data, size_t size) {
    if (link_send(l, MSG_TEXT, id, data, size, NULL) != INGLE_OK) exit(0);
}

/* Answers a message of n bytes with so many, each of one token; 0 bytes: with one. `work` spins
 * that long before each, as a model would compute. */
struct question {
    uint32_t n_answers, work_us;
};

static double cpu_us(clockid_t clock) {
    struct timespec t;
    if (clock_gettime(clock, &t) != 0) give_up("clock_gettime");
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static void spin(double us) {
    double end = cpu_us(CLOCK_PROCESS_CPUTIME_ID) + us;
    while (cpu_us(CLOCK_PROCESS_CPUTIME_ID) < end) continue;
}

static void serve(const struct both *b) {
    struct link l;
    struct link_message m = {0};
    close(b->sockets[0]);
    link_init(&l, b->pages[1], b->seen[0], b->sockets[1]);
    buf_init(&m.body, 1 << 16);
    for (;;) {
        receive(&l, &m);
        const struct question q = *(const struct question *)(const void *)m.body.data;
        for (uint32_t i = 0; i < q.n_answers; i++) {
            if (q.work_us) spin(q.work_us);
            say(&l, m.id, TEXT, sizeof TEXT - 1);
        }
    }
}

struct cost {
    double us, cpu_us, worker_us; /* an answer; of processor time, the worker's part of that */
};

/* The best of a few tries. */
static struct cost measure(struct link *l, clockid_t worker, int rounds, struct question q) {
    struct link_message m = {0};
    struct cost best = {1e30, 1e30, 1e30};
    buf_init(&m.body, 1 << 16);
    for (int block = 0; block < N_BLOCKS; block++) {
        double start = clock_ms(), n = (double)rounds * q.n_answers;
        double front_us = cpu_us(CLOCK_PROCESS_CPUTIME_ID), worker_us = cpu_us(worker);
        for (int i = 0; i < rounds; i++) {
            say(l, 1, &q, sizeof q);
            for (uint32_t k = 0; k < q.n_answers; k++) receive(l, &m);
        }
        double us = 1e3 * (clock_ms() - start) / n - q.work_us;
        front_us = (cpu_us(CLOCK_PROCESS_CPUTIME_ID) - front_us) / n;
        worker_us = (cpu_us(worker) - worker_us) / n - q.work_us;
        if (us < best.us) best.us = us;
        if (front_us + worker_us < best.cpu_us) best.cpu_us = front_us + worker_us;
        if (worker_us < best.worker_us) best.worker_us = worker_us;
    }
    buf_clear(&m.body);
    return best;
}

static void print(const char *what, struct cost c) {
    printf("%-28s %8.2f us, %6.2f us of processor time, %6.2f us of it the worker's\n", what, c.us,
           c.cpu_us, c.worker_us);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 2000;
    struct both b;
    struct link l;
    clockid_t worker;
    make(&b);
    pid_t pid = fork();
    if (pid < 0) give_up("fork");
    if (pid == 0) serve(&b);
    close(b.sockets[1]);
    if (clock_getcpuclockid(pid, &worker) != 0) give_up("clock_getcpuclockid");
    link_init(&l, b.pages[0], b.seen[1], b.sockets[0]);
    print("question and answer", measure(&l, worker, rounds, (struct question){1, 0}));
    print("a token of a stream", measure(&l, worker, rounds / 100 + 1, (struct question){1000, 0}));
    print("a token, 2 ms after another",
          measure(&l, worker, rounds / 500 + 1, (struct question){50, 2000}));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return 0;
}
