/* guard/prove: that the ways are real (without a seal they work, and are seen to), that the seal
 * shuts all of them, and what counts as open. */
#include "guard/prove/prove.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/prove/prove_internal.h"
#include "guard/seal/seal.h"
#include "support/sanitized.h"

/* ---- what counts as open ---- */

/* Wait statuses, as the kernel makes them. */
static int exited(int code) {
    return code << 8;
}

static int killed(int signal) {
    return signal;
}

static void judge(const struct prove_way *way, int status, enum prove_outcome outcome, int errnum) {
    struct prove_end end = prove_judge(way, status);
    assert_int_equal(end.outcome, outcome);
    assert_int_equal(end.errnum, errnum);
}

static void a_way_is_open_if_it_worked_or_did_not_come_back(void **state) {
    (void)state;
    const struct prove_way way = {.name = "way"};
    judge(&way, exited(0), PROVE_OPEN, 0);
    judge(&way, killed(SIGALRM), PROVE_OPEN, 0);
    judge(&way, killed(SIGSYS), PROVE_KILLED, 0);
    judge(&way, killed(SIGSYS) | 0x80, PROVE_KILLED, 0); /* a core was dumped */
    judge(&way, killed(SIGSEGV), PROVE_KILLED, 0);       /* the door is not there */
    judge(&way, exited(EPERM), PROVE_REFUSED, EPERM);
    judge(&way, exited(EINVAL), PROVE_REFUSED, EINVAL);
    judge(&way, exited(EAFNOSUPPORT), PROVE_MISSING, EAFNOSUPPORT);
    judge(&way, exited(200), PROVE_MISSING, 0);
}

static void a_call_is_open_if_the_kernel_looked_at_its_arguments(void **state) {
    (void)state;
    const struct prove_way call = {.name = "41 socket", .is_call = true};
    judge(&call, exited(0), PROVE_OPEN, 0);
    judge(&call, exited(EINVAL), PROVE_OPEN, 0);
    judge(&call, exited(EFAULT), PROVE_OPEN, 0);
    judge(&call, exited(EBADF), PROVE_OPEN, 0);
    judge(&call, exited(EAFNOSUPPORT), PROVE_OPEN, 0);
    judge(&call, exited(255), PROVE_OPEN, 0); /* it was an exit() */
    judge(&call, killed(SIGSEGV), PROVE_OPEN, 0);
    judge(&call, killed(SIGALRM), PROVE_OPEN, 0);
    judge(&call, exited(ENOSYS), PROVE_REFUSED, ENOSYS);
    judge(&call, exited(EPERM), PROVE_REFUSED, EPERM);
    judge(&call, exited(EACCES), PROVE_REFUSED, EACCES);
    judge(&call, killed(SIGSYS), PROVE_KILLED, 0);
}

static void a_call_may_go_through_only_if_it_is_listed(void **state) {
    (void)state;
    const struct prove_way call = {.name = "0 read", .is_call = true, .allowed = "why"};
    judge(&call, exited(0), PROVE_ALLOWED, 0);
    judge(&call, exited(EBADF), PROVE_ALLOWED, 0);
    judge(&call, killed(SIGSEGV), PROVE_ALLOWED, 0);
    judge(&call, killed(SIGSYS), PROVE_KILLED, 0);
    static const long never[] = {41, 42, 59, 56, 57, 101, 157, 322, 425, 435};
    for (size_t i = 0; i < BASE_COUNT(never); i++) assert_null(prove_call_allowed(never[i]));
}

/* ---- the ways themselves ---- */

#define MAX_WAYS 4096

struct told {
    size_t n, n_outcomes[PROVE_N_OUTCOMES], n_named_open;
    struct {
        const char *group;
        char name[64];
        enum prove_outcome outcome;
        int errnum;
    } ways[MAX_WAYS];
};

static struct told bare, prepared, sealed;

static void keep(const struct prove_result *r, void *user) {
    struct told *t = user;
    assert_true(t->n < MAX_WAYS);
    assert_true(r->outcome < PROVE_N_OUTCOMES);
    t->ways[t->n].group = r->group;
    snprintf(t->ways[t->n].name, sizeof t->ways[0].name, "%s", r->name);
    t->ways[t->n].outcome = r->outcome;
    t->ways[t->n].errnum = r->errnum;
    t->n_outcomes[r->outcome]++;
    t->n++;
}

static void tell(struct told *t, enum prove_depth depth) {
    ingle_error err = {0};
    size_t n_open;
    *t = (struct told){0};
    ingle_status status = prove_all_at(depth, keep, t, &n_open, &err);
    if (status != INGLE_OK) fail_msg("the battery could not run: %s", err.msg);
    assert_int_equal(n_open, t->n_outcomes[PROVE_OPEN]);
}

static enum prove_outcome outcome_of(const struct told *t, const char *name) {
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->ways[i].name, name) == 0) return t->ways[i].outcome;
    }
    fail_msg("there is no way '%s'", name);
    return PROVE_MISSING;
}

static void expect(const struct told *t, const char *name, enum prove_outcome outcome) {
    enum prove_outcome was = outcome_of(t, name);
    if (was != outcome) fail_msg("'%s' ended in %d, not in %d", name, was, outcome);
}

static bool is_of(const char *group, const char *const *groups, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(group, groups[i]) == 0) return true;
    }
    return false;
}

/* What works nowhere, since the descriptors that a worker gets are made so. */
static const char *const never[] = {
    "connect() of the channel to a socket file",
    "undo the connection of the channel",
    "send elsewhere by the channel",
    "listen() on the channel",
    "accept() on the channel",
    "write to the model",
    "map the model for writing",
    "make a mapping of the model writable",
    "truncate the model",
    "write to the sealed text",
    "map the sealed text for writing",
    "shrink the ring",
    "grow the ring",
    "seal the ring",
};

/* What only this machine, or this user, does not have. */
static bool is_of_the_machine(enum prove_outcome outcome, int errnum) {
    static const int reasons[] = {EPERM, EACCES, ENOENT, ENXIO, ENODEV, ENOSYS, EBUSY, EROFS};
    if (outcome == PROVE_MISSING) return true;
    for (size_t i = 0; i < BASE_COUNT(reasons); i++) {
        if (errnum == reasons[i]) return true;
    }
    return false;
}

/* An attempt that fails for a fault of its own would fail under every seal. */
static void ways_work_without_a_seal(void **state) {
    (void)state;
    static const char *const by_number[] = {"socket families", "every system call",
                                            "every system call, x32"};
    size_t n_open = 0;
    tell(&bare, PROVE_BARE);
    for (size_t i = 0; i < bare.n; i++) {
        if (is_of(bare.ways[i].group, by_number, BASE_COUNT(by_number))) continue;
        enum prove_outcome outcome = bare.ways[i].outcome;
        bool is_never = is_of(bare.ways[i].name, never, BASE_COUNT(never));
        if (outcome == PROVE_OPEN && is_never) {
            fail_msg("'%s' works: take it off the list", bare.ways[i].name);
        }
        n_open += outcome == PROVE_OPEN;
        if (outcome == PROVE_OPEN || is_never) continue;
        if (is_of_the_machine(outcome, bare.ways[i].errnum)) continue;
        fail_msg("'%s' does not work without a seal either: outcome %d, %s", bare.ways[i].name,
                 outcome, strerror(bare.ways[i].errnum));
    }
    assert_true(n_open >= 100);
}

/* Those that every machine has, for every user. */
static void what_must_work_without_a_seal_does(void **state) {
    (void)state;
    static const char *const always[] = {
        "socket(AF_UNIX, SOCK_STREAM)",
        "connect to a socket file",
        "connect to an abstract socket",
        "send to a socket file",
        "receive a descriptor, recvmsg()",
        "receive a descriptor, recvmmsg()",
        "hand a descriptor out, sendmsg()",
        "a new socket pair",
        "read a file of the user",
        "write a file of the user",
        "create a file",
        "list a folder",
        "make a folder",
        "delete a file",
        "rename a file",
        "change the mode of a file",
        "read /",
        "lock the model",
        "memfd_create()",
        "dup() of the channel",
        "kill()",
        "tgkill()",
        "rt_sigqueueinfo()",
        "execve() of a file",
        "memfd_create() and execveat()",
        "a program in the ring, execveat()",
        "fork()",
        "vfork()",
        "clone() of a process",
        "clone() as posix_spawn() does",
        "mmap() of code",
        "mprotect() of data as code",
        "mmap() of the ring as code",
        "prctl(PR_SET_DUMPABLE)",
        "shmget()",
    };
    for (size_t i = 0; i < BASE_COUNT(always); i++) expect(&bare, always[i], PROVE_OPEN);
}

/* The twins do not only say so. */
static void what_works_is_seen_from_outside(void **state) {
    (void)state;
    size_t n = 0;
    for (size_t i = 0; i < bare.n; i++) {
        if (strcmp(bare.ways[i].group, "seen from outside") != 0) continue;
        n++;
        if (bare.ways[i].outcome == PROVE_MISSING) continue;
        if (strcmp(bare.ways[i].name, "another process's memory changed") == 0) continue; /* Yama */
        expect(&bare, bare.ways[i].name, PROVE_OPEN);
    }
    assert_int_equal(n, 8);
    if (outcome_of(&bare, "process_vm_writev()") == PROVE_OPEN) {
        expect(&bare, "another process's memory changed", PROVE_OPEN);
    }
}

/* In containers every process may have the same number, and still share the network. */
static void two_may_prove_at_once(void **state) {
    (void)state;
    struct prove_scene one, other;
    assert_int_equal(prove_scene_open(&one, NULL), INGLE_OK);
    assert_int_equal(prove_scene_open(&other, NULL), INGLE_OK);
    for (size_t i = 0; i < BASE_COUNT(one.listeners); i++) {
        if (one.listeners[i] >= 0) assert_true(other.listeners[i] >= 0);
    }
    prove_scene_close(&other);
    prove_scene_close(&one);
}

static void every_number_is_called(void **state) {
    (void)state;
    size_t n = 0, n_open = 0;
    for (size_t i = 0; i < bare.n; i++) {
        if (strcmp(bare.ways[i].group, "every system call") != 0) continue;
        n++;
        n_open += bare.ways[i].outcome == PROVE_OPEN;
    }
    assert_true(n >= 600);
    assert_true(n_open >= 150); /* that are let in, and that no list allows */
}

/* ---- with the seal ---- */

/* A system, or a build, without filters; any other failure is one of the tests. */
static bool can_seal(void) {
    pid_t child = fork();
    if (child == 0) {
        struct seal_report report;
        struct seal_plan plan = {.parent = getppid()};
        _exit((int)seal_prepare(&report, &plan, NULL));
    }
    int status;
    waitpid(child, &status, 0);
    return !WIFEXITED(status) || WEXITSTATUS(status) != INGLE_UNSUPPORTED;
}

static void the_seal_shuts_every_way(void **state) {
    (void)state;
    tell(&sealed, PROVE_SEALED);
    for (size_t i = 0; i < sealed.n; i++) {
        if (sealed.ways[i].outcome != PROVE_OPEN) continue;
        fail_msg("'%s' (%s) is open", sealed.ways[i].name, sealed.ways[i].group);
    }
    assert_int_equal(sealed.n, bare.n);
    assert_true(sealed.n_outcomes[PROVE_KILLED] > 500);
    assert_true(sealed.n_outcomes[PROVE_ALLOWED] < 100);
    /* Nothing is left out because the seal is there. */
    assert_true(sealed.n_outcomes[PROVE_MISSING] <= bare.n_outcomes[PROVE_MISSING]);
}

/* Everything that has to do with the network ends the process: no other layer is asked. */
static void network_ends_the_process(void **state) {
    (void)state;
    static const char *const groups[] = {"socket families", "network", "other doors"};
    for (size_t i = 0; i < sealed.n; i++) {
        if (!is_of(sealed.ways[i].group, groups, BASE_COUNT(groups))) continue;
        if (sealed.ways[i].outcome == PROVE_MISSING) continue;
        expect(&sealed, sealed.ways[i].name, PROVE_KILLED);
    }
}

/* The command itself, which must open files and start workers. */
static void the_front_has_no_network(void **state) {
    (void)state;
    static struct told front;
    tell(&front, PROVE_NO_NETWORK);
    for (size_t i = 0; i < front.n; i++) {
        if (front.ways[i].outcome == PROVE_OPEN) fail_msg("'%s' is open", front.ways[i].name);
    }
    assert_true(front.n >= 200);
    expect(&front, "TCP over IPv4", PROVE_REFUSED);
    expect(&front, "connect to a socket file", PROVE_REFUSED);
    expect(&front, "socket(AF_NETLINK, SOCK_RAW)", PROVE_REFUSED);
    expect(&front, "a socket through io_uring", PROVE_REFUSED);
}

/* Without the filter, the other layers leave ways open: the battery sees a seal that is half. */
static void half_a_seal_is_noticed(void **state) {
    (void)state;
    tell(&prepared, PROVE_PREPARED);
    assert_true(prepared.n_outcomes[PROVE_OPEN] > 50);
    assert_true(prepared.n_outcomes[PROVE_OPEN] < bare.n_outcomes[PROVE_OPEN]);
    expect(&prepared, "fork()", PROVE_OPEN);
    expect(&prepared, "mmap() of code", PROVE_OPEN);
}

/* What prove_short() says in a process that is sealed so far. */
static int say_short(bool is_prepared, bool is_sealed, char *msg, size_t size) {
    int to_us[2], status;
    assert_int_equal(pipe(to_us), 0);
    pid_t child = fork();
    if (child == 0) {
        ingle_error err = {0};
        struct seal_report report = {0};
        struct seal_plan plan = {.keep = &to_us[1], .n_keep = 1, .parent = getppid()};
        if (is_prepared && seal_prepare(&report, &plan, &err) != INGLE_OK) _exit(99);
        ingle_status said = prove_few(is_sealed ? &report : NULL, &err);
        ssize_t n = write(to_us[1], err.msg, strlen(err.msg) + 1);
        _exit(n > 0 ? (int)said : 99);
    }
    close(to_us[1]);
    ssize_t n = read(to_us[0], msg, size - 1);
    msg[n > 0 ? n : 0] = '\0';
    close(to_us[0]);
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void the_short_battery_names_what_is_open(void **state) {
    (void)state;
    char msg[240];
    assert_int_equal(say_short(false, false, msg, sizeof msg), INGLE_REFUSED);
    assert_non_null(strstr(msg, "The seal has a hole: "));
}

static void the_short_battery_passes_with_the_seal(void **state) {
    (void)state;
    char msg[240];
    int said = say_short(true, true, msg, sizeof msg);
    if (said != INGLE_OK) fail_msg("%d: %s", said, msg);
}

int main(void) {
    const struct CMUnitTest outcomes[] = {
        cmocka_unit_test(a_way_is_open_if_it_worked_or_did_not_come_back),
        cmocka_unit_test(a_call_is_open_if_the_kernel_looked_at_its_arguments),
        cmocka_unit_test(a_call_may_go_through_only_if_it_is_listed),
    };
    const struct CMUnitTest ways[] = {
        cmocka_unit_test(ways_work_without_a_seal),
        cmocka_unit_test(what_must_work_without_a_seal_does),
        cmocka_unit_test(what_works_is_seen_from_outside),
        cmocka_unit_test(two_may_prove_at_once),
        cmocka_unit_test(every_number_is_called),
        cmocka_unit_test(the_short_battery_names_what_is_open),
    };
    const struct CMUnitTest seals[] = {
        cmocka_unit_test(the_seal_shuts_every_way),
        cmocka_unit_test(network_ends_the_process),
        cmocka_unit_test(the_front_has_no_network),
        cmocka_unit_test(half_a_seal_is_noticed),
        cmocka_unit_test(the_short_battery_passes_with_the_seal),
    };
    int n_failed = cmocka_run_group_tests(outcomes, NULL, NULL);
    if (SANITIZED) {
        print_message("skipped: twins of an instrumented program make other calls\n");
        return n_failed ? n_failed : 77;
    }
    n_failed += cmocka_run_group_tests(ways, NULL, NULL);
    if (!can_seal()) {
        print_message("skipped: this system cannot seal a process\n");
        return n_failed ? n_failed : 77;
    }
    return n_failed + cmocka_run_group_tests(seals, NULL, NULL);
}
