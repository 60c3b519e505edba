/* What the seal costs: a start of it, step by step, and each system call under it: medians of
 * starts, the best rounds of calls (other programs only make those slower).
 *
 *   seal_cost [STARTS [CALLS]]     200 starts, 1,000,000 calls */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "guard/seal/seal.h"

#define MAX_STARTS 10000
#define ROUNDS 101

/* In memory that the children share with us. */
struct shared {
    double fork_ms, prepare_ms, finish_ms;
    bool is_sealed;
    struct seal_report report;
    char sentence[240];
};

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[n / 2];
}

/* ---- a start ---- */

static ingle_status seal(struct shared *s, pid_t parent, double forked_at, ingle_error *err) {
    int keep[] = {0, 1, 2};
    struct seal_plan plan = {.keep = keep, .n_keep = 3, .parent = parent};
    double start = clock_ms();
    s->fork_ms = start - forked_at;
    INGLE_TRY(seal_prepare(&s->report, &plan, err));
    double between = clock_ms();
    s->prepare_ms = between - start;
    INGLE_TRY(seal_finish(&s->report, err));
    s->finish_ms = clock_ms() - between;
    s->is_sealed = true;
    return INGLE_OK;
}

/* A child that seals itself and goes on with `then`; false with a sentence. */
static bool in_sealed_child(struct shared *s, void (*then)(double *out), double *out) {
    ingle_error err = {0};
    s->is_sealed = false;
    s->sentence[0] = '\0';
    double forked_at = clock_ms();
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        if (seal(s, parent, forked_at, &err) != INGLE_OK) {
            memcpy(s->sentence, err.msg, sizeof err.msg);
            _exit(1);
        }
        if (then) then(out);
        _exit(0);
    }
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid) return false;
    if (status != 0 && !s->sentence[0]) {
        snprintf(s->sentence, sizeof s->sentence, "A sealed process ended with status %#x.",
                 (unsigned)status);
    }
    return status == 0 && s->is_sealed;
}

static bool starts(struct shared *s, int n) {
    static double fork_ms[MAX_STARTS], prepare[MAX_STARTS], finish[MAX_STARTS], both[MAX_STARTS];
    for (int i = 0; i < n; i++) {
        if (!in_sealed_child(s, NULL, NULL)) return false;
        fork_ms[i] = s->fork_ms;
        prepare[i] = s->prepare_ms;
        finish[i] = s->finish_ms;
        both[i] = s->prepare_ms + s->finish_ms;
    }
    double middle = median(both, n);
    printf("%d starts: the seal %.3f ms (9 of 10 below %.3f, worst %.3f)\n", n, middle,
           both[n * 9 / 10], both[n - 1]);
    printf("  seal_prepare %.3f, seal_finish %.3f; fork before it %.3f\n", median(prepare, n),
           median(finish, n), median(fork_ms, n));
    printf("  namespaces %#x (errno %d), root %s, Landlock ABI %d, %d calls allowed\n",
           s->report.namespaces, s->report.namespace_errno,
           s->report.root_is_empty ? "empty" : "as it was", s->report.landlock_abi,
           s->report.n_calls);
    return true;
}

/* Steps that can be taken alone, each in a child of its own. */
static void step(struct shared *s, const char *name, int (*take)(void)) {
    static double ms[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            double start = clock_ms();
            int result = take();
            s->prepare_ms = clock_ms() - start;
            _exit(result != 0);
        }
        int status;
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            printf("  %-28s not possible here\n", name);
            return;
        }
        ms[i] = s->prepare_ms;
    }
    printf("  %-28s %.3f ms\n", name, median(ms, ROUNDS));
}

static int user(void) {
    return unshare(CLONE_NEWUSER);
}
static int user_net(void) {
    return unshare(CLONE_NEWUSER | CLONE_NEWNET);
}
static int user_mount(void) {
    return unshare(CLONE_NEWUSER | CLONE_NEWNS);
}
static int all_namespaces(void) {
    return unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS |
                   CLONE_NEWCGROUP);
}
static int no_network(void) {
    int families[] = {AF_UNIX};
    return seal_no_network(families, 1, NULL);
}

/* ---- calls ---- */

static int n_calls = 1000000;

static double ns_of(long nr, long a, long b, long c, long d) {
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        double start = clock_ms();
        for (int k = 0; k < n_calls / ROUNDS; k++) syscall(nr, a, b, c, d, 0);
        double ns = (clock_ms() - start) * 1e6 * ROUNDS / n_calls;
        if (ns < best) best = ns;
    }
    return best;
}

static unsigned word;
static const char *const call_names[] = {"getppid (no arguments)", "futex wake", "madvise",
                                         "write of 0 bytes"};

static void measure(double *out) {
    out[0] = ns_of(SYS_getppid, 0, 0, 0, 0);
    out[1] = ns_of(SYS_futex, (long)&word, 1 | 128, 1, 0);
    out[2] = ns_of(SYS_madvise, (long)&word & ~4095L, 0, 0, 0);
    out[3] = ns_of(SYS_write, 1, (long)&word, 0, 0);
}

static bool calls(struct shared *s, double *out) {
    double before[4];
    measure(before);
    if (!in_sealed_child(s, measure, out)) return false;
    printf("a call, ns            without   sealed\n");
    for (int i = 0; i < 4; i++)
        printf("  %-22s %5.0f    %5.0f\n", call_names[i], before[i], out[i]);
    return true;
}

int main(int argc, char **argv) {
    long n = argc > 1 ? strtol(argv[1], NULL, 10) : 200;
    if (argc > 2) n_calls = (int)strtol(argv[2], NULL, 10);
    if (n < 1 || n > MAX_STARTS || n_calls < ROUNDS) return 2;
    struct shared *s = mmap(NULL, sizeof *s + 4 * sizeof(double), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED) return 1;
    if (!starts(s, (int)n)) {
        fprintf(stderr, "%s\n", s->sentence);
        return 1;
    }
    step(s, "user namespace", user);
    step(s, "user and network", user_net);
    step(s, "user and mount", user_mount);
    step(s, "all namespaces", all_namespaces);
    step(s, "seal_no_network (the front)", no_network);
    return calls(s, (double *)(s + 1)) ? 0 : 1;
}
