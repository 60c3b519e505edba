/* guard/audit: what is written can be read, in one form; nothing but what may be written is. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/audit_log.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/refusal.h"
#include "support/torture.h"

static int64_t shift_ns; /* of the clock on the wall */

int64_t __real_clock_date_ns(void);
int64_t __wrap_clock_date_ns(void);
int64_t __wrap_clock_date_ns(void) {
    return __real_clock_date_ns() + shift_ns;
}

static char folder[128];

static void new_folder(const char *name) {
    snprintf(folder, sizeof folder, "%s", folder_file(name));
}

static void a_record_says_when_where_and_what(void **state) {
    (void)state;
    new_folder("one");
    struct audit *log = log_open(folder);
    log_write(log, AUDIT_UNSEALED, 7);
    size_t size;
    char *text = (char *)file_read(log_file(folder, AUDIT_LOG), &size);
    text[size] = '\0';
    const char *second = strchr(text, '\n') + 1;
    char want[128];
    snprintf(want, sizeof want, ",\"pid\":%d,\"kind\":\"unsealed\",\"fields\":{\"n\":7,", getpid());
    assert_non_null(strstr(second, want));
    assert_non_null(
        strstr(second, "\"what\":\"test 1.0\",\"ok\":true,\"bytes\":\"0700000000000000\","));
    assert_int_equal(strncmp(second, "{\"seq\":2,\"time\":\"20", 18), 0);
    assert_int_equal(strncmp(text, "{\"seq\":1,\"time\":\"20", 18), 0);
    assert_non_null(strstr(text, "\"kind\":\"start\",\"fields\":{\"format\":1,\"key\":\""));
    free(text);
    log_close(log);
    struct audit_report report = log_expect_good(folder);
    assert_int_equal(report.n_records, 3);
    assert_int_equal(report.n_checkpoints, 1);
    assert_int_equal(report.n_unsigned, 0);
    assert_int_equal(file_mode(folder), 0700);
    assert_int_equal(file_mode(log_file(folder, AUDIT_LOG)), 0600);
    assert_int_equal(file_mode(log_file(folder, AUDIT_HEAD)), 0600);
    assert_int_equal(file_mode(log_file(folder, "vault.key")), 0600);
}

static void a_session_without_records_leaves_none(void **state) {
    (void)state;
    struct audit_mark mark;
    ingle_error err;
    new_folder("none");
    expect_refusal(audit_head(&mark, folder, &err), INGLE_NOT_FOUND, &err, "no audit log");
    log_close(log_open(folder));
    log_close(NULL);
    expect_refusal(audit_head(&mark, folder, &err), INGLE_NOT_FOUND, &err, "no audit log");
    struct audit_report report;
    expect_refusal(audit_verify(&report, folder, NULL, NULL, NULL, &err), INGLE_NOT_FOUND, &err,
                   "no audit log");
    assert_int_equal(file_size(log_file(folder, AUDIT_LOG)), 0);
}

static void checkpoints_come_at_least_every_64_records(void **state) {
    (void)state;
    new_folder("many");
    struct audit *log = log_open(folder);
    for (uint64_t i = 0; i < 200; i++) log_write(log, AUDIT_SEAL, i);
    struct audit_report report = log_expect_good(folder);
    assert_int_equal(report.n_checkpoints, 3);
    assert_true(report.n_unsigned < AUDIT_CHECKPOINT_EVERY);
    log_close(log);
    report = log_expect_good(folder);
    assert_int_equal(report.n_unsigned, 0);
    assert_int_equal(report.n_records, 1 + 200 + 4);
}

/* ---- what may be in it ---- */

static void refuse_field(struct audit_field field) {
    struct audit *log = log_open(folder);
    ingle_error err = {0};
    ingle_status status = audit_write(log, AUDIT_REFUSAL, &field, 1, &err);
    expect_refusal(status, INGLE_BAD_ARGUMENT, &err, "of a kind that the audit log takes");
    log_close(log);
}

static void words_of_others_cannot_be_written(void **state) {
    (void)state;
    new_folder("words");
    log_make(folder, 4);
    size_t size = file_size(log_file(folder, AUDIT_LOG));
    static const char *const texts[] = {
        "/srv/anna/secret.gguf",
        "say \"hi\"",
        "a\nb",
        "caf\xc3\xa9",
        "{}",
        "a\\b",
        "a,b",
        "mail@example.org",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        refuse_field((struct audit_field)AUDIT_FIELD_WORDS("what", texts[i]));
    }
    refuse_field((struct audit_field)AUDIT_FIELD_NUMBER("", 1));
    refuse_field((struct audit_field)AUDIT_FIELD_NUMBER("a b", 1));
    refuse_field((struct audit_field)AUDIT_FIELD_NUMBER("A", 1));
    uint8_t bytes[AUDIT_HEX_MAX + 1] = {0};
    refuse_field((struct audit_field)AUDIT_FIELD_HEX("hex", bytes, sizeof bytes));
    refuse_field((struct audit_field)AUDIT_FIELD_HEX("hex", bytes, 0));
    assert_int_equal(file_size(log_file(folder, AUDIT_LOG)), size);
    log_expect_good(folder);
}

static void a_digest_is_salted_and_can_be_looked_for(void **state) {
    (void)state;
    uint8_t here[AUDIT_HASH_SIZE], there[AUDIT_HASH_SIZE];
    char hex[2 * AUDIT_HASH_SIZE + 1];
    uint64_t number = 3;
    new_folder("salt");
    struct audit *log = log_open(folder);
    log_write(log, AUDIT_LOAD, number);
    size_t size;
    char *text = (char *)file_read(log_file(folder, AUDIT_LOG), &size);
    text[size] = '\0';
    assert_int_equal(audit_digest(here, folder, "name", &number, sizeof number, NULL), INGLE_OK);
    audit_put_hex(hex, here, sizeof here);
    assert_non_null(strstr(text, hex));
    free(text);
    log_close(log);
    log_make(folder_file("salt2"), 3);
    assert_int_equal(
        audit_digest(there, folder_file("salt2"), "name", &number, sizeof number, NULL), INGLE_OK);
    assert_memory_not_equal(here, there, sizeof here);
    assert_int_equal(audit_digest(there, folder, "other", &number, sizeof number, NULL), INGLE_OK);
    assert_memory_not_equal(here, there, sizeof here);
}

/* ---- clocks, others, files ---- */

static void clocks_that_jump_change_no_order(void **state) {
    (void)state;
    static const int64_t years = (int64_t)365 * 86400;
    const int64_t jumps_s[] = {0,          -10 * years,  10 * years, -1,
                               14 * years, -100 * years, 200 * years};
    new_folder("clock");
    struct audit *log = log_open(folder);
    for (size_t i = 0; i < BASE_COUNT(jumps_s); i++) {
        shift_ns = jumps_s[i] * 1000000000;
        log_write(log, AUDIT_LOAD, i);
    }
    log_close(log);
    shift_ns = 0;
    assert_int_equal(log_expect_good(folder).n_records, BASE_COUNT(jumps_s) + 2);
}

#define N_WRITERS 8
#define N_EACH 60

/* In a process of its own. Where each sync takes long the others may hold the log for so long that
 * one is told so; it may try again. */
static int write_many(void) {
    struct audit *log;
    if (audit_open(&log, folder, NULL) != INGLE_OK) return 1;
    for (uint64_t k = 0; k < N_EACH; k++) {
        ingle_status status;
        do {
            status = audit_write(log, k % 8 ? AUDIT_LOAD : AUDIT_CONFIG, NULL, 0, NULL);
        } while (status == INGLE_LIMIT);
        if (status != INGLE_OK) return 2;
    }
    ingle_status status = audit_close(log, NULL); /* with a checkpoint, or without */
    return status == INGLE_OK || status == INGLE_LIMIT ? 0 : 3;
}

static void many_processes_write_one_log(void **state) {
    (void)state;
    pid_t pids[N_WRITERS];
    new_folder("crowd");
    for (int i = 0; i < N_WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) _exit(write_many());
    }
    for (int i = 0; i < N_WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    struct audit_report report = log_expect_good(folder);
    assert_int_equal(report.n_records - report.n_checkpoints, N_WRITERS * N_EACH + 1);
    assert_int_equal(folder_count(folder, ""), 3);
}

static void who_holds_the_log_for_long_stops_nobody_for_ever(void **state) {
    (void)state;
    new_folder("held");
    log_make(folder, 3);
    int fd = open(log_file(folder, AUDIT_LOG), O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    struct audit *log = log_open(folder);
    ingle_error err = {0};
    expect_refusal(audit_write(log, AUDIT_CONFIG, NULL, 0, &err), INGLE_LIMIT, &err,
                   "Another process");
    close(fd);
    log_write(log, AUDIT_CONFIG, 1);
    log_close(log);
    log_expect_good(folder);
}

/* As one does who is stopped by what its output goes to: ingle audit list | less. */
static bool write_meanwhile(const struct audit_record *r, void *user) {
    bool *has_written = user;
    if (*has_written) return true;
    struct audit *log = log_open(folder);
    log_write(log, AUDIT_UNSEALED, r->seq);
    log_close(log);
    *has_written = true;
    return true;
}

static void who_reads_slowly_keeps_nobody_from_writing(void **state) {
    (void)state;
    struct audit_report report;
    bool has_written = false;
    new_folder("slow");
    log_make(folder, 300);
    assert_int_equal(audit_verify(&report, folder, NULL, write_meanwhile, &has_written, NULL),
                     INGLE_OK);
    assert_true(has_written);
    assert_int_equal(report.rule, AUDIT_RULE_NONE);
    assert_int_equal(report.n_records, 300); /* as it was when it was begun */
    assert_int_equal(log_expect_good(folder).n_records, 302);
}

static void refuse_open(ingle_status code, const char *saying) {
    ingle_error err = {0};
    struct audit *log;
    int n_files = process_n_files();
    uint64_t live = mem_live();
    expect_refusal(audit_open(&log, folder, &err), code, &err, saying);
    assert_null(log);
    assert_int_equal(process_n_files(), n_files);
    assert_int_equal(mem_live(), live);
}

static void a_log_that_others_can_read_is_refused(void **state) {
    (void)state;
    new_folder("loose");
    log_make(folder, 3);
    assert_int_equal(chmod(folder, 0750), 0);
    refuse_open(INGLE_REFUSED, "open to other users");
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(chmod(log_file(folder, AUDIT_LOG), 0644), 0);
    refuse_open(INGLE_REFUSED, "should be 600");
    assert_int_equal(chmod(log_file(folder, AUDIT_LOG), 0600), 0);
    assert_int_equal(unlink(log_file(folder, AUDIT_HEAD)), 0);
    assert_int_equal(symlink("/etc/passwd", log_file(folder, AUDIT_HEAD)), 0);
    refuse_open(INGLE_FAILED, "audit.head");
    assert_int_equal(unlink(log_file(folder, AUDIT_HEAD)), 0);
    assert_int_equal(mkfifo(log_file(folder, AUDIT_HEAD), 0600), 0);
    refuse_open(INGLE_INVALID, "not a regular file");
}

/* ---- for others ---- */

static bool keep_text(const void *data, size_t size, void *user) {
    FILE *file = user;
    return fwrite(data, 1, size, file) == size;
}

static bool refuse_text(const void *data, size_t size, void *user) {
    (void)data, (void)size, (void)user;
    return false;
}

static void an_exported_log_is_verified_without_its_folder(void **state) {
    (void)state;
    char path[128];
    new_folder("export");
    log_make(folder, 100);
    snprintf(path, sizeof path, "%s", folder_file("export.json"));
    FILE *file = fopen(path, "w");
    assert_int_equal(audit_export(folder, keep_text, file, NULL), INGLE_OK);
    fclose(file);
    struct audit_report here = log_expect_good(folder), there = log_expect_good(path);
    assert_int_equal(there.n_records, 100);
    assert_memory_equal(&here.last, &there.last, sizeof here.last);
    assert_memory_equal(here.key, there.key, sizeof here.key);
    ingle_error err;
    expect_refusal(audit_export(folder, refuse_text, NULL, &err), INGLE_FAILED, &err,
                   "not exported");

    size_t size;
    uint8_t *data = file_read(path, &size);
    for (size_t i = 0; i < size; i += 13) { /* every change of the exported text is noticed, too */
        data[i] ^= (uint8_t)(1u << i % 7);
        file_write(path, data, size);
        if (log_verify(path, NULL).rule == AUDIT_RULE_NONE) fail_msg("byte %d", (int)i);
        data[i] ^= (uint8_t)(1u << i % 7);
    }
    for (size_t n = 0; n < size; n += 97) {
        file_write(path, data, n);
        if (log_verify(path, NULL).rule == AUDIT_RULE_NONE) fail_msg("cut at %d", (int)n);
    }
    free(data);
}

/* ---- old logs ---- */

/* Files of tests/golden/audit, where they lie under names of their own, and the key of all sevens.
 */
static void put_golden(const char *name, const char *as) {
    size_t n;
    uint8_t *bytes = file_read(log_file(TEST_GOLDEN "/audit", name), &n);
    file_write(log_file(folder, as), bytes, n);
    free(bytes);
}

static void put_sevens(void) {
    uint8_t key[CRYPT_KEY_SIZE];
    memset(key, 7, sizeof key);
    assert_int_equal(mkdir(folder, 0700), 0);
    file_write(log_file(folder, "vault.key"), key, sizeof key);
}

/* With INGLE_GOLDEN=write in the environment: a log of this version, for all to come. */
static void write_golden(void) {
    const char *wanted = getenv("INGLE_GOLDEN");
    if (!wanted || strcmp(wanted, "write") != 0) return;
    static const char *const names[][2] = {{AUDIT_LOG, "log.jsonl"}, {AUDIT_HEAD, "head"}};
    size_t n;
    snprintf(folder, sizeof folder, "%s", folder_file("make"));
    put_sevens();
    struct audit *log = log_open(folder);
    for (int kind = AUDIT_LOAD; kind < AUDIT_N_KINDS; kind++) {
        log_write(log, (enum audit_kind)kind, (uint64_t)kind);
    }
    log_close(log);
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        uint8_t *bytes = file_read(log_file(folder, names[i][0]), &n);
        file_write(log_file(TEST_GOLDEN "/audit", names[i][1]), bytes, n);
        free(bytes);
    }
    FILE *file = fopen(TEST_GOLDEN "/audit/export.json", "w");
    assert_non_null(file);
    assert_int_equal(audit_export(folder, keep_text, file, NULL), INGLE_OK);
    fclose(file);
}

/* That every version to come opens for ever. */
static void a_log_of_the_first_version_opens_and_goes_on(void **state) {
    (void)state;
    write_golden();
    new_folder("golden");
    put_sevens();
    put_golden("log.jsonl", AUDIT_LOG);
    put_golden("head", AUDIT_HEAD);
    struct audit_report report = log_expect_good(folder);
    assert_int_equal(report.n_records, 12);
    assert_int_equal(report.n_checkpoints, 1);
    assert_int_equal(log_expect_good(TEST_GOLDEN "/audit/export.json").n_records, 12);
    struct audit *log = log_open(folder);
    log_write(log, AUDIT_LOAD, 1);
    log_close(log);
    assert_int_equal(log_expect_good(folder).n_records, 14);
}

/* ---- when memory ends ---- */

static ingle_status use_log(ingle_error *err) {
    struct audit *log;
    const struct audit_field fields[] = {AUDIT_FIELD_NUMBER("n", 1)};
    INGLE_TRY(audit_open(&log, folder, err));
    ingle_status status = audit_write(log, AUDIT_LOAD, fields, BASE_COUNT(fields), err);
    ingle_status closed = audit_close(log, status == INGLE_OK ? err : NULL);
    return status == INGLE_OK ? closed : status;
}

static ingle_status read_log(ingle_error *err) {
    struct audit_report report;
    INGLE_TRY(audit_verify(&report, folder, NULL, NULL, NULL, err));
    assert_int_equal(report.rule, AUDIT_RULE_NONE);
    return INGLE_OK;
}

static void an_allocation_that_fails_is_told_and_loses_nothing(void **state) {
    (void)state;
    new_folder("memory");
    log_make(folder, 3);
    assert_true(torture(use_log) >= 5);
    assert_true(torture(read_log) >= 3);
    log_expect_good(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_says_when_where_and_what),
        cmocka_unit_test(a_session_without_records_leaves_none),
        cmocka_unit_test(checkpoints_come_at_least_every_64_records),
        cmocka_unit_test(words_of_others_cannot_be_written),
        cmocka_unit_test(a_digest_is_salted_and_can_be_looked_for),
        cmocka_unit_test(clocks_that_jump_change_no_order),
        cmocka_unit_test(many_processes_write_one_log),
        cmocka_unit_test(who_holds_the_log_for_long_stops_nobody_for_ever),
        cmocka_unit_test(who_reads_slowly_keeps_nobody_from_writing),
        cmocka_unit_test(a_log_that_others_can_read_is_refused),
        cmocka_unit_test(an_exported_log_is_verified_without_its_folder),
        cmocka_unit_test(a_log_of_the_first_version_opens_and_goes_on),
        cmocka_unit_test(an_allocation_that_fails_is_told_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
