/* guard/audit when the process, the machine or the disk gives up: what was acknowledged is there,
 * the log verifies, and what is missing is told. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "support/audit_log.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/refusal.h"
#include "support/sanitized.h"

static char folder[128];

static void new_folder(const char *name) {
    snprintf(folder, sizeof folder, "%s", folder_file(name));
}

/* ---- kill -9 ---- */

/* Writes for ever, and says so of every record that was acknowledged. */
static void write_on(int fd, uint64_t from) {
    struct audit *log;
    if (audit_open(&log, folder, NULL) != INGLE_OK) _exit(1);
    for (uint64_t n = from;; n++) {
        const struct audit_field fields[] = {AUDIT_FIELD_NUMBER("n", n)};
        enum audit_kind kind = n % 16 ? AUDIT_LOAD : AUDIT_CONFIG;
        if (audit_write(log, kind, fields, BASE_COUNT(fields), NULL) != INGLE_OK) _exit(2);
        if (write(fd, &n, sizeof n) != sizeof n) _exit(3);
    }
}

/* Which numbers are in the log, in order. */
static bool count_number(const struct audit_record *r, void *user) {
    uint64_t *next = user, n;
    if (!audit_field_number(&n, r, "n")) return true; /* one of the log's own */
    if (n < *next) fail_msg("%d comes after %d", (int)n, (int)*next);
    if (n > *next + 1) fail_msg("%d is missing", (int)*next);
    *next = n + 1;
    return true;
}

static void every_acknowledged_record_outlives_a_kill(void **state) {
    (void)state;
    const char *wanted = getenv("AUDIT_KILLS");
    int n_kills = wanted ? (int)strtol(wanted, NULL, 10) : SANITIZED ? 20 : 60;
    struct rng r;
    uint64_t acknowledged = 0; /* numbers below are in the log, this one may be */
    rng_init(&r, 1);
    new_folder("kill");
    for (int i = 0; i < n_kills; i++) {
        int pipe_fds[2], status;
        uint64_t n;
        assert_int_equal(pipe(pipe_fds), 0);
        pid_t pid = fork();
        if (pid == 0) write_on(pipe_fds[1], acknowledged + 1);
        close(pipe_fds[1]);
        nanosleep(&(struct timespec){.tv_nsec = 200000 + (long)rng_below(&r, 8000000)}, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        while (read(pipe_fds[0], &n, sizeof n) == sizeof n) acknowledged = n;
        close(pipe_fds[0]);
        if (access(log_file(folder, AUDIT_LOG), F_OK) != 0) continue;
        struct audit_report report;
        uint64_t next = 0;
        ingle_error err;
        ingle_status verified = audit_verify(&report, folder, NULL, count_number, &next, &err);
        if (verified == INGLE_NOT_FOUND && acknowledged == 0) continue;
        if (verified != INGLE_OK) fail_msg("%s", err.msg);
        bool is_torn = report.rule == AUDIT_RULE_END; /* the next writer moves it aside */
        if (report.rule != AUDIT_RULE_NONE && !is_torn) {
            fail_msg("kill %d, record %d: %s", i, (int)report.bad_seq,
                     audit_rule_text(report.rule));
        }
        assert_int_equal(report.n_lost, 0);
        assert_true(next > acknowledged || acknowledged == 0);
        if (next > 0) acknowledged = next - 1; /* one that was written, but not yet acknowledged */
    }
    log_close(log_open(folder));
    struct audit *log = log_open(folder);
    log_write(log, AUDIT_CONFIG, acknowledged + 1);
    log_close(log);
    struct audit_report report = log_expect_good(folder);
    assert_true(report.n_records > acknowledged);
    printf("%d kills, %d records acknowledged\n", n_kills, (int)acknowledged);
}

/* ---- power cuts ---- */

/* A log of which the last records are not synced, as another start of the machine finds it. */
static struct audit_head make_unsynced(void) {
    struct audit *log = log_open(folder);
    for (uint64_t i = 0; i < 5; i++) log_write(log, AUDIT_LOAD, i);
    log_write(log, AUDIT_UNSEALED, 5);
    for (uint64_t i = 6; i < 12; i++) log_write(log, AUDIT_LOAD, i);
    log_close(log);
    struct audit_head head = log_head(folder);
    assert_true(head.synced.mark.seq == 7 && head.last.mark.seq == 14);
    memcpy(head.boot, "00000000-1111-2222-3333-444444444444", 37);
    log_put_head(folder, &head);
    return head;
}

static bool find_unsealed(const struct audit_record *r, void *user) {
    *(bool *)user |= audit_is_kind(r, AUDIT_UNSEALED);
    return true;
}

/* What is there after the cut, and after the next record. */
static void expect_recovered(const struct audit_head *head, size_t n_bytes, bool has_gap) {
    struct audit_report report;
    bool has_unsealed = false;
    struct audit *log = log_open(folder);
    log_write(log, AUDIT_SEAL, 99);
    log_close(log);
    assert_int_equal(audit_verify(&report, folder, NULL, find_unsealed, &has_unsealed, NULL),
                     INGLE_OK);
    if (report.rule != AUDIT_RULE_NONE) {
        fail_msg("%d bytes: record %d: %s", (int)n_bytes, (int)report.bad_seq,
                 audit_rule_text(report.rule));
    }
    assert_true(has_unsealed); /* what had to be on the disk is */
    assert_int_equal(report.n_lost > 0, has_gap);
    assert_true(report.last.seq > head->last.mark.seq); /* no number twice */
}

static void a_power_cut_takes_only_what_was_not_synced(void **state) {
    (void)state;
    size_t size;
    char good[128];
    snprintf(good, sizeof good, "%s", folder_file("unsynced"));
    new_folder("unsynced");
    struct audit_head head = make_unsynced();
    uint8_t *data = file_read(log_file(good, AUDIT_LOG), &size);
    assert_int_equal(size, head.last.end);
    new_folder("cut");
    size_t step = SANITIZED ? 53 : 7;
    for (size_t n = (size_t)head.synced.end; n <= size;
         n += n + step > size && n < size ? 1 : step) {
        log_copy(folder, good);
        file_write(log_file(folder, AUDIT_LOG), data, n);
        if (data[n - 1] == '\n') { /* it may be told before the next record is written */
            struct audit_report report = log_expect_good(folder);
            assert_int_equal(report.n_lost, head.last.mark.seq - report.last.seq);
        }
        expect_recovered(&head, n, n < size);
        memset(data + n, 0, size - n); /* the size was on the disk, the bytes were not */
        log_copy(folder, good);
        file_write(log_file(folder, AUDIT_LOG), data, size);
        expect_recovered(&head, n, n < size);
        free(data);
        data = file_read(log_file(good, AUDIT_LOG), &size);
    }
    free(data);
}

static void a_head_that_a_power_cut_left_behind_is_caught_up_with(void **state) {
    (void)state;
    size_t n_slots, size;
    new_folder("late");
    struct audit *log = log_open(folder);
    log_write(log, AUDIT_UNSEALED, 1);
    uint8_t *slots = file_read(log_file(folder, AUDIT_HEAD), &n_slots);
    for (uint64_t i = 0; i < 9; i++) log_write(log, AUDIT_LOAD, i);
    log_close(log);
    file_write(log_file(folder, AUDIT_HEAD), slots, n_slots);
    free(slots);
    struct audit_report report = log_expect_good(folder);
    assert_int_equal(report.n_records, 2 + 9 + 1);
    log = log_open(folder);
    log_write(log, AUDIT_LOAD, 10);
    log_close(log);
    report = log_expect_good(folder);
    assert_int_equal(report.n_records, 2 + 9 + 1 + 2);
    assert_int_equal(report.n_lost, 0);
    free(file_read(log_file(folder, AUDIT_LOG), &size));
}

static void what_was_synced_cannot_be_lost_to_a_power_cut(void **state) {
    (void)state;
    size_t size;
    ingle_error err = {0};
    new_folder("below");
    struct audit_head head = make_unsynced();
    uint8_t *data = file_read(log_file(folder, AUDIT_LOG), &size);
    for (size_t less = 1; less < 900; less += 200) {
        file_write(log_file(folder, AUDIT_LOG), data, (size_t)head.synced.end - less);
        struct audit *log = log_open(folder);
        ingle_status status = audit_write(log, AUDIT_LOAD, NULL, 0, &err);
        expect_refusal(status, INGLE_INVALID, &err, "is not what was written");
        log_close(log);
        assert_int_not_equal(log_verify(folder, NULL).rule, AUDIT_RULE_NONE);
    }
    free(data);
}

static void a_torn_record_is_moved_aside_and_told(void **state) {
    (void)state;
    new_folder("torn");
    log_make(folder, 5);
    FILE *file = fopen(log_file(folder, AUDIT_LOG), "a");
    assert_true(file && fputs("{\"seq\":6,\"time\":\"2026-", file) >= 0 && fclose(file) == 0);
    log_expect_bad(folder, AUDIT_RULE_END, 6);
    struct audit *log = log_open(folder);
    log_write(log, AUDIT_LOAD, 1);
    log_close(log);
    struct audit_report report = log_expect_good(folder);
    assert_int_equal(report.n_records, 5 + 3); /* torn, load, checkpoint */
    assert_int_equal(folder_count(folder, "torn-5-"), 1);
}

/* ---- a full disk ---- */

static void limit_files(rlim_t size) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_loses_nothing_and_is_told(void **state) {
    (void)state;
    int n_full = 0;
    signal(SIGXFSZ, SIG_IGN);
    new_folder("full");
    log_make(folder, 3);
    for (size_t i = 0; i < 200; i++) { /* each ends somewhere else in a record */
        size_t size = file_size(log_file(folder, AUDIT_LOG));
        struct audit *log = log_open(folder);
        ingle_error err = {0};
        limit_files(size + 1 + i * 7);
        ingle_status status = INGLE_OK;
        uint64_t n_written = 0;
        while (status == INGLE_OK) {
            const struct audit_field fields[] = {AUDIT_FIELD_NUMBER("n", i)};
            status = audit_write(log, i % 2 ? AUDIT_CONFIG : AUDIT_LOAD, fields, 1, &err);
            n_written += status == INGLE_OK;
        }
        expect_refusal(status, INGLE_LIMIT, &err, "Cannot write to the audit log");
        n_full++;
        struct audit_report report = log_expect_good(folder);
        limit_files(RLIM_INFINITY);
        assert_true(report.n_records >= n_written);
        log_write(log, AUDIT_LOAD, i);
        log_close(log);
        log_expect_good(folder);
    }
    assert_int_equal(n_full, 200);
    assert_int_equal(folder_count(folder, "torn"), 0);
}

static bool put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) close(fd);
    return ok;
}

/* A file system of 128 KiB of its own, in namespaces of its own; false where that is not allowed.
 */
static bool enter_small_disk(void) {
    char users[32], groups[32];
    snprintf(users, sizeof users, "0 %d 1", (int)geteuid());
    snprintf(groups, sizeof groups, "0 %d 1", (int)getegid());
    bool is_root = geteuid() == 0;
    if (unshare(is_root ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    if (!is_root && !(put("/proc/self/setgroups", "deny") && put("/proc/self/uid_map", users) &&
                      put("/proc/self/gid_map", groups))) {
        return false;
    }
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", folder, "tmpfs", 0, "size=128k,mode=0700") == 0;
}

/* Fills the disk but for so many bytes. */
static bool leave_room(size_t left) {
    static const char zeros[1024];
    int fd = open(log_file(folder, "filler"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    struct statvfs s;
    while (fstatvfs(fd, &s) == 0 && s.f_bavail * s.f_bsize > left) {
        if (write(fd, zeros, sizeof zeros) < 0) break;
    }
    return close(fd) == 0;
}

/* How many records were written and acknowledged before the disk was full; -1: something broke. */
static int fill_disk(size_t left) {
    struct audit *log;
    ingle_error err;
    int n = 0;
    if (audit_open(&log, folder, NULL) != INGLE_OK || !leave_room(left)) return -1;
    ingle_status status = INGLE_OK;
    while (status == INGLE_OK && n < 1000) {
        status = audit_write(log, n % 5 ? AUDIT_LOAD : AUDIT_CONFIG, NULL, 0, &err);
        n += status == INGLE_OK;
    }
    struct audit_report report;
    if (status != INGLE_LIMIT || !strstr(err.msg, "No space left")) return -1;
    if (audit_verify(&report, folder, NULL, NULL, NULL, NULL) != INGLE_OK) return -1;
    if (report.rule != AUDIT_RULE_NONE || report.n_records < (uint64_t)n) return -1;
    if (unlink(log_file(folder, "filler")) != 0) return -1;
    status = audit_write(log, AUDIT_CONFIG, NULL, 0, NULL); /* there is room again */
    if (audit_close(log, NULL) != INGLE_OK || status != INGLE_OK) return -1;
    return n;
}

static void a_disk_without_room_loses_nothing_either(void **state) {
    (void)state;
    int status;
    new_folder("small");
    assert_int_equal(mkdir(folder, 0700), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct audit_report report;
        if (!enter_small_disk()) _exit(77);
        log_make(folder, 3);
        for (size_t i = 0; i < 5; i++) {
            if (fill_disk(4096 * i) < 0) _exit(1);
        }
        if (audit_verify(&report, folder, NULL, NULL, NULL, NULL) != INGLE_OK) _exit(2);
        _exit(report.rule == AUDIT_RULE_NONE ? 0 : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) skip();
    assert_int_equal(status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_acknowledged_record_outlives_a_kill),
        cmocka_unit_test(a_power_cut_takes_only_what_was_not_synced),
        cmocka_unit_test(a_head_that_a_power_cut_left_behind_is_caught_up_with),
        cmocka_unit_test(what_was_synced_cannot_be_lost_to_a_power_cut),
        cmocka_unit_test(a_torn_record_is_moved_aside_and_told),
        cmocka_unit_test(a_full_disk_loses_nothing_and_is_told),
        cmocka_unit_test(a_disk_without_room_loses_nothing_either),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
