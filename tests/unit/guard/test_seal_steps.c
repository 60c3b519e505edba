/* guard/seal: what each step of the seal did, read back from the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "guard/seal/seal.h"
#include "support/sanitized.h"
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

/* The line is of this limit, and both the soft and the hard one are as they must be. */
static bool is_limit(const char *line, const char *name, unsigned long wanted) {
    char *at;
    if (strncmp(line, name, strlen(name)) != 0) return false;
    assert_int_equal(strtoul(line + strlen(name), &at, 10), wanted);
    assert_int_equal(strtoul(at, NULL, 10), wanted);
    return true;
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
        n_found += is_limit(line, "Max core file size", 0) || is_limit(line, "Max open files", 64);
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

/* ---- a process that is its own master ---- */

static bool asks_about_its_terminal(const struct seal_report *report, void *arg) {
    (void)arg;
    bool is_terminal = isatty(STDERR_FILENO); /* whichever it is, it lives */
    struct winsize size;
    (void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    return report->is_sealed && (is_terminal || errno != 0);
}

/* Typing for whoever sits at the terminal. */
static bool types(const struct seal_report *report, void *arg) {
    (void)report;
    return ioctl(STDERR_FILENO, TIOCSTI, arg) == 0;
}

static void it_may_look_at_its_terminal_and_not_type_there(void **state) {
    (void)state;
    struct sealed_how how = {.is_own_master = true};
    char key = 'x';
    assert_int_equal(sealed_run(&how, asks_about_its_terminal, NULL), SEALED_EXIT(0));
    int end = sealed_run(&how, types, &key);
    /* So that a sanitizer can still report, all of these only fail there. */
    if (end != SIGSYS && !(SANITIZED && end == SEALED_EXIT(1))) fail_msg("typed: %d", end);
}

static void its_standard_output_may_swallow_all_and_lead_nowhere(void **state) {
    (void)state;
    static const struct {
        const char *path, *saying;
    } places[] = {{"/dev/null", ""},
                  {"/dev/zero", ""},
                  {"/dev/full", ""},
                  {"/dev/urandom", "its standard output is a device"},
                  {"/proc/self/comm", "its standard output is a switch of the system"}};
    int before = dup(STDOUT_FILENO);
    fflush(stdout);
    for (size_t i = 0; i < BASE_COUNT(places); i++) {
        int fd = open(places[i].path, O_RDWR | O_CLOEXEC), keep = STDOUT_FILENO;
        char sentence[240];
        struct sealed_how how = {
            .keep = &keep, .n_keep = 1, .is_own_master = true, .sentence = &sentence};
        bool is_allowed = !places[i].saying[0];
        assert_true(fd >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
        int end = sealed_run(&how, fine, NULL);
        dup2(before, STDOUT_FILENO);
        close(fd);
        assert_int_equal(end, SEALED_EXIT(is_allowed ? 0 : 2));
        if (!strstr(sentence, places[i].saying)) fail_msg("%s: '%s'", places[i].path, sentence);
    }
    close(before);
}

/* ---- a disk that is not filled ---- */

static bool writes_as_much_as_it_may(const struct seal_report *report, void *arg) {
    int fd = *(int *)arg;
    (void)report;
    signal(SIGXFSZ, SIG_IGN);
    return pwrite(fd, "x", 1, 999) == 1 && pwrite(fd, "x", 1, 1000) < 0 && errno == EFBIG &&
           ftruncate(fd, 2000) < 0;
}

static void no_file_grows_beyond_what_the_plan_says(void **state) {
    (void)state;
    FILE *file = tmpfile();
    int fd = fileno(file);
    struct sealed_how how = {.keep = &fd, .n_keep = 1, .max_file = 1000};
    assert_int_equal(sealed_run(&how, writes_as_much_as_it_may, &fd), SEALED_EXIT(0));
    assert_int_equal(ftruncate(fd, 1000000), 0);
    assert_int_equal(seal_max_file(&fd, 1) - seal_max_file(NULL, 0), 2000000);
    fclose(file);
}

static bool opens_what_the_battery_does(void) {
    int ends[2];
    for (int i = 0; i < 8; i++) {
        if (pipe(ends) != 0) return false;
    }
    return true;
}

static void between(void *arg) {
    *(bool *)arg = opens_what_the_battery_does();
}

static void as_many_files_stay_open_as_a_model_may_have(void **state) {
    (void)state;
    int fds[220];
    bool *has_room =
        mmap(NULL, sizeof *has_room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < BASE_COUNT(fds); i++) assert_true((fds[i] = dup(STDERR_FILENO)) >= 0);
    struct sealed_how how = {.keep = fds, .n_keep = BASE_COUNT(fds), .between = between};
    assert_int_equal(sealed_run(&how, fine, has_room), SEALED_EXIT(0));
    assert_true(*has_room);
    for (size_t i = 0; i < BASE_COUNT(fds); i++) close(fds[i]);
    munmap(has_room, sizeof *has_room);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_says_that_the_process_is_sealed),
        cmocka_unit_test(limits_are_for_good),
        cmocka_unit_test(the_namespaces_are_others_where_that_is_allowed),
        cmocka_unit_test(all_other_descriptors_are_closed),
        cmocka_unit_test(what_leads_further_is_not_kept),
        cmocka_unit_test(it_may_look_at_its_terminal_and_not_type_there),
        cmocka_unit_test(its_standard_output_may_swallow_all_and_lead_nowhere),
        cmocka_unit_test(no_file_grows_beyond_what_the_plan_says),
        cmocka_unit_test(as_many_files_stay_open_as_a_model_may_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
