/* guard/seal: on systems that lack a layer, older and newer Landlocks, steps that fail, and parents
 * that end. Systems are imitated by filters that answer calls in the kernel's place. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/seal/seal_internal.h"
#include "support/sealed.h"

#define LANDLOCK_CREATE 444
#define LANDLOCK_RESTRICT 446
#define CLOSE_RANGE 436
#define ALL                                                                                        \
    (CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWCGROUP)

/* ---- systems ---- */

/* Calls that fail with this error, all or where an argument has one of these bits. */
struct lack {
    int call, error;
    int arg; /* -1 = always */
    uint64_t bits, value;
};

static const struct lack lacks_nothing = {SCMP_SYS(unshare), EPERM, 0, UINT64_MAX, UINT64_MAX};

static void need(bool is_good) {
    if (!is_good) _exit(9);
}

static void live_with(void *arg) {
    const struct lack *l = arg;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    struct scmp_arg_cmp when =
        SCMP_CMP64((unsigned)(l->arg < 0 ? 0 : l->arg), SCMP_CMP_MASKED_EQ, l->bits, l->value);
    need(filter && seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)l->error), l->call,
                                    l->arg >= 0, when) == 0);
    need(seccomp_load(filter) == 0);
    seccomp_release(filter);
}

static bool is_sealed(const struct seal_report *report, void *arg) {
    (void)arg;
    return report->is_sealed;
}

static struct seal_report seal_on(struct lack lack) {
    struct seal_report report;
    struct sealed_how how = {.before = live_with, .report = &report};
    assert_int_equal(sealed_run(&how, is_sealed, &lack), SEALED_EXIT(0));
    assert_true(report.is_sealed);
    return report;
}

static void fail_on(struct lack lack, const char *saying) {
    char sentence[240];
    struct seal_report report;
    struct sealed_how how = {.before = live_with, .report = &report, .sentence = &sentence};
    assert_int_equal(sealed_run(&how, is_sealed, &lack), SEALED_EXIT(2));
    assert_false(report.is_sealed);
    if (!strstr(sentence, saying)) fail_msg("'%s' does not say '%s'", sentence, saying);
    assert_int_equal(sentence[strlen(sentence) - 1], '.');
}

/* ---- namespaces ---- */

static void without_namespaces_the_other_layers_hold(void **state) {
    (void)state;
    struct seal_report r = seal_on((struct lack){SCMP_SYS(unshare), EPERM, -1, 0, 0});
    assert_int_equal(r.namespaces, 0);
    assert_int_equal(r.namespace_errno, EPERM);
    assert_false(r.root_is_empty);
    assert_memory_equal(r.inside, r.outside, sizeof r.inside);
    assert_true(r.n_calls > 0);
}

static void what_one_namespace_lacks_the_others_have(void **state) {
    (void)state;
    struct seal_report whole = seal_on(lacks_nothing);
    struct seal_report r =
        seal_on((struct lack){SCMP_SYS(unshare), ENOSPC, 0, CLONE_NEWCGROUP, CLONE_NEWCGROUP});
    assert_int_equal(r.namespaces, whole.namespaces & ~(unsigned)CLONE_NEWCGROUP);
    if (whole.namespaces == ALL) assert_int_equal(r.namespace_errno, ENOSPC);
    assert_int_equal(r.inside[SEAL_CGROUP], r.outside[SEAL_CGROUP]);
}

/* Some systems give a namespace of the user, but no privileges in it. */
static void a_root_that_cannot_be_emptied_is_reported(void **state) {
    (void)state;
    assert_false(seal_on((struct lack){SCMP_SYS(mount), EACCES, -1, 0, 0}).root_is_empty);
    assert_false(seal_on((struct lack){SCMP_SYS(chroot), EPERM, -1, 0, 0}).root_is_empty);
}

/* In a namespace of a user in which there may be no others; with its privileges, or without. */
static void forbid_user_namespaces(void *arg) {
    if (unshare(CLONE_NEWUSER) != 0) _exit(77);
    int fd = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1) _exit(78);
    close(fd);
    if (*(bool *)arg) return;
    ingle_error err;
    need(seal_drop_privileges(&err) == INGLE_OK);
}

static void user_namespaces_may_be_switched_off(void **state) {
    (void)state;
    for (int has_privileges = 0; has_privileges < 2; has_privileges++) {
        bool has = has_privileges;
        struct seal_report r;
        struct sealed_how how = {.before = forbid_user_namespaces, .report = &r};
        int end = sealed_run(&how, is_sealed, &has);
        if (end == SEALED_EXIT(77) || end == SEALED_EXIT(78)) {
            print_message("this system gives no user namespace to switch them off in\n");
            skip();
        }
        assert_int_equal(end, SEALED_EXIT(0));
        assert_int_equal(r.namespace_errno, ENOSPC);
        assert_int_equal(r.namespaces, has ? ALL & ~CLONE_NEWUSER : 0);
        assert_int_equal(r.root_is_empty, has);
    }
}

/* ---- Landlock ---- */

static void without_landlock_the_filter_holds(void **state) {
    (void)state;
    static const int errors[] = {ENOSYS, EOPNOTSUPP, EPERM};
    for (size_t i = 0; i < BASE_COUNT(errors); i++) {
        struct seal_report r = seal_on((struct lack){LANDLOCK_CREATE, errors[i], -1, 0, 0});
        assert_int_equal(r.landlock_abi, 0);
        assert_true(r.landlock_fs == 0 && r.landlock_net == 0 && r.landlock_scope == 0);
    }
}

/* A kernel with this version of Landlock, played by a process that answers for it. */
struct played {
    int abi;
    bool refuses_newest; /* knows other rights than version 9 was expected to have */
    int n_refused;
};

static int64_t answer(struct played *p, const struct seccomp_notif *call, int *error) {
    if (call->data.nr == LANDLOCK_RESTRICT) return 0;
    if (call->data.args[2] == 1) return p->abi;
    *error = p->refuses_newest && p->n_refused++ == 0 ? -EINVAL : 0;
    return *error ? 0 : 63; /* a descriptor that there is not */
}

static void play(struct played *p, int fd) {
    struct seccomp_notif *call;
    struct seccomp_notif_resp *response;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) _exit(1);
    if (seccomp_notify_alloc(&call, &response) != 0) _exit(1);
    while (seccomp_notify_receive(fd, call) == 0) {
        int error = 0;
        memset(response, 0, sizeof *response);
        response->id = call->id;
        response->val = answer(p, call, &error);
        response->error = error;
        if (seccomp_notify_respond(fd, response) != 0) _exit(1);
        memset(call, 0, sizeof *call);
    }
    _exit(0);
}

static void live_with_landlock(void *arg) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    need(filter && seccomp_rule_add(filter, SCMP_ACT_NOTIFY, LANDLOCK_CREATE, 0) == 0);
    need(seccomp_rule_add(filter, SCMP_ACT_NOTIFY, LANDLOCK_RESTRICT, 0) == 0);
    need(seccomp_load(filter) == 0);
    int fd = seccomp_notify_fd(filter);
    pid_t pid = fork();
    need(fd >= 0 && pid >= 0);
    if (pid == 0) play(arg, fd);
    close(fd);
}

static void every_version_of_landlock_is_asked_for_what_it_has(void **state) {
    (void)state;
    /* From the kernel's documentation: how many rights each version has. */
    static const struct {
        int fs, net, scope;
    } wanted[] = {{0, 0, 0},  {13, 0, 0}, {14, 0, 0}, {15, 0, 0}, {15, 2, 0}, {16, 2, 0},
                  {16, 2, 2}, {16, 2, 2}, {16, 2, 2}, {17, 2, 2}, {17, 2, 2}};
    for (int abi = 0; abi < (int)BASE_COUNT(wanted); abi++) {
        struct played p = {.abi = abi};
        struct seal_report r;
        struct sealed_how how = {.before = live_with_landlock, .report = &r};
        assert_int_equal(sealed_run(&how, is_sealed, &p), SEALED_EXIT(0));
        assert_int_equal(r.landlock_abi, abi);
        assert_int_equal(r.landlock_fs, (1u << wanted[abi].fs) - 1);
        assert_int_equal(r.landlock_net, (1u << wanted[abi].net) - 1);
        assert_int_equal(r.landlock_scope, (1u << wanted[abi].scope) - 1);
    }
}

static void a_version_that_turned_out_otherwise_is_asked_for_less(void **state) {
    (void)state;
    struct played p = {.abi = 9, .refuses_newest = true};
    struct seal_report r;
    char sentence[240];
    struct sealed_how how = {.before = live_with_landlock, .report = &r, .sentence = &sentence};
    assert_int_equal(sealed_run(&how, is_sealed, &p), SEALED_EXIT(0));
    assert_int_equal(r.landlock_fs, 0xffff);
    p.abi = 7; /* for which there is no such excuse */
    assert_int_equal(sealed_run(&how, is_sealed, &p), SEALED_EXIT(2));
    assert_non_null(strstr(sentence, "making a Landlock rule set: Invalid argument."));
}

static bool is_kept_from_files(const struct seal_report *report, void *arg) {
    (void)arg;
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    int error = report->root_is_empty ? ENOENT : EACCES;
    return report->landlock_abi == 0 || (fd < 0 && errno == error);
}

static void landlock_itself_keeps_files_away(void **state) {
    (void)state;
    struct lack none = {SCMP_SYS(unshare), EPERM, -1, 0, 0};
    struct sealed_how how = {.before = live_with, .only_prepare = true};
    assert_int_equal(sealed_run(&how, is_kept_from_files, &none), SEALED_EXIT(0));
    struct sealed_how all = {.only_prepare = true};
    assert_int_equal(sealed_run(&all, is_kept_from_files, NULL), SEALED_EXIT(0));
}

/* ---- steps that must not fail ---- */

static void a_step_that_fails_stops_with_a_sentence(void **state) {
    (void)state;
    const struct {
        struct lack lack;
        const char *saying;
    } cases[] = {
        {{SCMP_SYS(prctl), EINVAL, 0, 0xffffffff, PR_SET_PDEATHSIG}, "its life to its parent's"},
        {{SCMP_SYS(prctl), EINVAL, 0, 0xffffffff, PR_SET_DUMPABLE}, "hiding its memory"},
        {{SCMP_SYS(prctl), EINVAL, 0, 0xffffffff, PR_SET_NO_NEW_PRIVS}, "new privileges"},
        {{SCMP_SYS(prlimit64), EPERM, 1, 0xffffffff, 4}, "forbidding core files: Operation not"},
        {{SCMP_SYS(prlimit64), EPERM, 1, 0xffffffff, 7}, "limiting its descriptors"},
        {{SCMP_SYS(setsid), EACCES, -1, 0, 0}, "leaving its session"},
        {{SCMP_SYS(capset), EPERM, -1, 0, 0}, "giving up capabilities"},
        {{LANDLOCK_RESTRICT, E2BIG, -1, 0, 0}, "enforcing Landlock: Argument list too long."},
        {{SCMP_SYS(seccomp), EPERM, 0, 0xffffffff, 1}, "filter of system calls"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        bool needs_landlock = cases[i].lack.call == LANDLOCK_RESTRICT;
        if (needs_landlock && seal_on(lacks_nothing).landlock_abi == 0) continue;
        fail_on(cases[i].lack, cases[i].saying);
    }
}

static bool has_only_standard_error(const struct seal_report *report, void *arg) {
    (void)report;
    (void)arg;
    for (int fd = 0; fd < 1100; fd++) {
        if ((fcntl(fd, F_GETFD) >= 0) != (fd == STDERR_FILENO)) return false;
    }
    return true;
}

static void descriptors_are_closed_one_by_one_where_need_be(void **state) {
    (void)state;
    struct lack lack = {CLOSE_RANGE, ENOSYS, -1, 0, 0};
    struct sealed_how how = {.before = live_with};
    int far = fcntl(STDERR_FILENO, F_DUPFD, 1000);
    assert_int_equal(sealed_run(&how, has_only_standard_error, &lack), SEALED_EXIT(0));
    close(far);
}

static bool finishes(void *arg) {
    (void)arg;
    struct seal_report report = {0};
    ingle_error err = {0};
    return seal_finish(&report, &err) == INGLE_FAILED && !report.is_sealed &&
           strstr(err.msg, "not been prepared");
}

static void the_filter_alone_is_no_seal(void **state) {
    (void)state;
    assert_int_equal(sealed_child(finishes, NULL), SEALED_EXIT(0));
}

/* ---- parents ---- */

static bool seals_with_parent(void *arg) {
    int keep[] = {STDERR_FILENO};
    struct seal_plan plan = {.keep = keep, .n_keep = 1, .parent = *(pid_t *)arg};
    struct seal_report report;
    ingle_error err = {0};
    return seal_prepare(&report, &plan, &err) == INGLE_FAILED &&
           strstr(err.msg, "its parent has ended");
}

static void a_parent_that_is_not_there_any_more_is_noticed(void **state) {
    (void)state;
    pid_t other = getppid();
    assert_int_equal(sealed_child(seals_with_parent, &other), SEALED_EXIT(0));
}

/* The first process of a namespace of its own is told that its parent is 0. */
static bool is_tied_to_its_parent(void *arg) {
    (void)arg;
    if (unshare(CLONE_NEWPID) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) _exit(77);
    pid_t pid = fork();
    if (pid == 0) {
        int keep[] = {STDERR_FILENO}, signal = 0;
        struct seal_plan plan = {.keep = keep, .n_keep = 1, .parent = getppid()};
        struct seal_report report;
        if (plan.parent != 0) _exit(1);
        if (seal_prepare(&report, &plan, NULL) != INGLE_OK) _exit(2);
        _exit(prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal == SIGKILL ? 0 : 3);
    }
    int status;
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static void a_parent_that_it_cannot_see_is_one_all_the_same(void **state) {
    (void)state;
    int end = sealed_child(is_tied_to_its_parent, NULL);
    if (end == SEALED_EXIT(77)) skip();
    assert_int_equal(end, SEALED_EXIT(0));
}

/* A parent with a sealed child that would wait for ever, holding the end of a pipe. */
static void parent_of_a_sealed_child(int fd) {
    pid_t parent = getpid();
    if (fork() == 0) {
        int keep[] = {STDERR_FILENO, fd};
        struct seal_plan plan = {.keep = keep, .n_keep = 2, .parent = parent};
        struct seal_report report;
        if (seal_prepare(&report, &plan, NULL) != INGLE_OK) _exit(1);
        if (seal_finish(&report, NULL) != INGLE_OK) _exit(2);
        (void)!write(fd, "s", 1);
        for (;;) poll(NULL, 0, -1);
    }
    close(fd);
    for (;;) pause();
}

static void the_end_of_its_parent_is_its_own(void **state) {
    (void)state;
    int fds[2];
    char byte;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) parent_of_a_sealed_child(fds[1]);
    close(fds[1]);
    assert_int_equal(read(fds[0], &byte, 1), 1);
    struct pollfd end = {.fd = fds[0]};
    assert_int_equal(poll(&end, 1, 50), 0); /* it lives */
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(poll(&end, 1, -1), 1);
    assert_int_equal(read(fds[0], &byte, 1), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(fds[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_namespaces_the_other_layers_hold),
        cmocka_unit_test(what_one_namespace_lacks_the_others_have),
        cmocka_unit_test(a_root_that_cannot_be_emptied_is_reported),
        cmocka_unit_test(user_namespaces_may_be_switched_off),
        cmocka_unit_test(without_landlock_the_filter_holds),
        cmocka_unit_test(every_version_of_landlock_is_asked_for_what_it_has),
        cmocka_unit_test(a_version_that_turned_out_otherwise_is_asked_for_less),
        cmocka_unit_test(landlock_itself_keeps_files_away),
        cmocka_unit_test(a_step_that_fails_stops_with_a_sentence),
        cmocka_unit_test(descriptors_are_closed_one_by_one_where_need_be),
        cmocka_unit_test(the_filter_alone_is_no_seal),
        cmocka_unit_test(a_parent_that_is_not_there_any_more_is_noticed),
        cmocka_unit_test(a_parent_that_it_cannot_see_is_one_all_the_same),
        cmocka_unit_test(the_end_of_its_parent_is_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
