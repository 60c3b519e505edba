/* guard/seal: what each step of the seal did, read back from the kernel. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/seal/seal.h"
#include "support/sealed.h"

/* ---- a sealed child that waits while its parent looks at it ---- */

struct looked_at {
    int ready[2], go[2];
    pid_t pid;
    struct seal_report report;
};

static void start(struct looked_at *l) {
    assert_int_equal(pipe(l->ready), 0);
    assert_int_equal(pipe(l->go), 0);
    pid_t parent = getpid();
    l->pid = fork();
    assert_true(l->pid >= 0);
    if (l->pid != 0) {
        close(l->ready[1]);
        close(l->go[0]);
        assert_int_equal(read(l->ready[0], &l->report, sizeof l->report), sizeof l->report);
        return;
    }
    int keep[] = {STDERR_FILENO, l->ready[1], l->go[0]};
    struct seal_plan plan = {.keep = keep, .n_keep = 3, .parent = parent};
    ingle_error err = {0};
    char byte;
    if (seal_prepare(&l->report, &plan, &err) != INGLE_OK ||
        seal_finish(&l->report, &err) != INGLE_OK) {
        (void)!write(STDERR_FILENO, err.msg, strlen(err.msg));
        _exit(2);
    }
    (void)!write(l->ready[1], &l->report, sizeof l->report);
    (void)!read(l->go[0], &byte, 1);
    _exit(0);
}

static void finish(struct looked_at *l) {
    int status;
    close(l->go[1]);
    close(l->ready[0]);
    assert_int_equal(waitpid(l->pid, &status, 0), l->pid);
    assert_int_equal(status, 0);
}

/* A line of /proc/PID/status as a number; base 16 for capabilities. */
static unsigned long long status_of(pid_t pid, const char *key, int base) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    unsigned long long value = 99;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) == 0) value = strtoull(line + strlen(key), NULL, base);
    }
    fclose(file);
    return value;
}

static void the_kernel_says_that_the_process_is_sealed(void **state) {
    (void)state;
    struct looked_at l;
    start(&l);
    assert_true(l.report.is_sealed);
    assert_true(l.report.n_calls > 30 && l.report.n_calls < 80);
    assert_int_equal(status_of(l.pid, "Seccomp:", 10), 2);
    assert_int_equal(status_of(l.pid, "NoNewPrivs:", 10), 1);
    static const char *const sets[] = {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:"};
    for (size_t i = 0; i < BASE_COUNT(sets); i++) {
        assert_int_equal(status_of(l.pid, sets[i], 16), 0);
    }
    /* Only who has privileges may drop the bounding set. */
    if (l.report.namespaces & CLONE_NEWUSER) assert_int_equal(status_of(l.pid, "CapBnd:", 16), 0);
    finish(&l);
}

static void limits_are_for_good(void **state) {
    (void)state;
    struct looked_at l;
    char path[64], line[256];
    int n_found = 0;
    start(&l);
    snprintf(path, sizeof path, "/proc/%d/limits", (int)l.pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        unsigned long soft, hard;
        if (sscanf(line, "Max core file size %lu %lu", &soft, &hard) == 2) {
            assert_true(soft == 0 && hard == 0);
            n_found++;
        }
        if (sscanf(line, "Max open files %lu %lu", &soft, &hard) == 2) {
            assert_true(soft == 64 && hard == 64);
            n_found++;
        }
    }
    fclose(file);
    assert_int_equal(n_found, 2);
    finish(&l);
}

static uint64_t namespace_of(const char *pid, enum seal_namespace which) {
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, seal_namespace_name(which));
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* May this process have namespaces at all? Tried in a child, which then ends. */
static bool may_unshare(void *arg) {
    return unshare(*(int *)arg) == 0;
}

static void the_namespaces_are_others_where_that_is_allowed(void **state) {
    (void)state;
    struct looked_at l;
    struct {
        int flag;
        enum seal_namespace which;
    } kinds[] = {{CLONE_NEWUSER, SEAL_USER}, {CLONE_NEWNET, SEAL_NET},
                 {CLONE_NEWIPC, SEAL_IPC},   {CLONE_NEWUTS, SEAL_UTS},
                 {CLONE_NEWNS, SEAL_MOUNT},  {CLONE_NEWCGROUP, SEAL_CGROUP}};
    start(&l);
    for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
        int alone = kinds[i].flag, with_user = alone | CLONE_NEWUSER;
        bool may = sealed_child(may_unshare, &alone) == SEALED_EXIT(0) ||
                   sealed_child(may_unshare, &with_user) == SEALED_EXIT(0);
        uint64_t ours = namespace_of("self", kinds[i].which);
        assert_int_equal(l.report.outside[kinds[i].which], ours);
        assert_int_equal((l.report.namespaces & (unsigned)alone) != 0, may);
        assert_int_equal(l.report.inside[kinds[i].which] != ours, may);
        /* Root may look; others are kept from it, since the process is not dumpable. */
        char pid[16];
        snprintf(pid, sizeof pid, "%d", (int)l.pid);
        uint64_t theirs = namespace_of(pid, kinds[i].which);
        if (theirs != 0) assert_int_equal(theirs, l.report.inside[kinds[i].which]);
    }
    finish(&l);
}

/* ---- what the sealed process itself finds ---- */

static bool only_what_was_kept_is_open(const struct seal_report *report, void *arg) {
    (void)report;
    const int *kept = arg;
    for (int fd = 0; fd < 1100; fd++) {
        bool is_open = fcntl(fd, F_GETFD) >= 0;
        if (is_open != (fd == STDERR_FILENO || fd == kept[0] || fd == kept[1])) return false;
    }
    return true;
}

static void all_other_descriptors_are_closed(void **state) {
    (void)state;
    int fds[2], low = dup(STDERR_FILENO);
    assert_int_equal(pipe(fds), 0);
    /* In no order, with gaps, and one far above. */
    int kept[] = {dup2(fds[0], 41), dup2(fds[1], 17)}, far = dup2(fds[0], 1000);
    struct sealed_how how = {.keep = kept, .n_keep = 2};
    assert_int_equal(sealed_run(&how, only_what_was_kept_is_open, kept), SEALED_EXIT(0));
    close(far);
    close(kept[0]);
    close(kept[1]);
    close(fds[0]);
    close(fds[1]);
    close(low);
}

static bool fine(const struct seal_report *report, void *arg) {
    (void)arg;
    return report->is_sealed;
}

static void refuse_to_keep(int fd, const char *saying) {
    char sentence[240];
    struct sealed_how how = {.keep = &fd, .n_keep = 1, .sentence = &sentence};
    assert_int_equal(sealed_run(&how, fine, NULL), SEALED_EXIT(2));
    if (!strstr(sentence, saying)) fail_msg("'%s' does not say '%s'", sentence, saying);
}

static void what_leads_further_is_not_kept(void **state) {
    (void)state;
    static const struct {
        const char *path, *saying;
    } places[] = {{"/", "is a folder"},
                  {"/dev/zero", "is a device"},
                  {"/proc/self/status", "is a switch of the system"}};
    for (size_t i = 0; i < BASE_COUNT(places); i++) {
        FILE *file = fopen(places[i].path, "r");
        assert_non_null(file);
        refuse_to_keep(fileno(file), places[i].saying);
        fclose(file);
    }
    int network = socket(AF_INET, SOCK_STREAM, 0);
    if (network >= 0) refuse_to_keep(network, "is a network socket");
    close(network);
    refuse_to_keep(999, "is not open");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_says_that_the_process_is_sealed),
        cmocka_unit_test(limits_are_for_good),
        cmocka_unit_test(the_namespaces_are_others_where_that_is_allowed),
        cmocka_unit_test(all_other_descriptors_are_closed),
        cmocka_unit_test(what_leads_further_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
