/* The vault when its process, the power, or the room on the disk ends in the middle of a write:
 * what was acknowledged is there, in order, and at most one record more; and it goes on from there.
 * VAULT_KILLS and VAULT_CUTS: how often (slow tests). */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "support/folder.h"
#include "support/power_vfs.h"
#include "support/refusal.h"
#include "support/vault_store.h"

#define TALKS 3

static struct vault_where where;
static char folder[32];
static int n_folders;

/* What was acknowledged: so many records, which are their own numbers. */
static uint32_t kept[TALKS];

static int times(const char *variable, int otherwise) {
    const char *text = getenv(variable);
    return text ? (int)strtol(text, NULL, 10) : otherwise;
}

static void make(void) {
    char title[32];
    power_vfs_forget();
    snprintf(folder, sizeof folder, "crash-%d", n_folders++);
    where = store_where(folder);
    store_make(&where, VAULT_LOCK_KEY_FILE);
    struct vault *v = store_open(&where);
    for (int i = 0; i < TALKS; i++) {
        snprintf(title, sizeof title, "talk %d", i + 1);
        assert_int_equal(store_begin(v, title), i + 1);
    }
    vault_close(v);
    memset(kept, 0, sizeof kept);
}

struct count {
    uint32_t talk, n;
    bool is_wrong;
};

static void write_record(char out[3100], uint32_t talk, uint32_t n) {
    int len = snprintf(out, 3100, "record %u of %u ", n, talk);
    memset(out + len, 'x', n * 37 % 3000);
    out[(uint32_t)len + n * 37 % 3000] = '\0';
}

static bool count_record(const struct vault_record *record, void *user) {
    struct count *c = user;
    char want[3100];
    write_record(want, c->talk, c->n);
    c->is_wrong |= strlen(want) != record->size || memcmp(want, record->data, record->size) != 0;
    c->n++;
    return true;
}

/* Everything acknowledged is there. One record more may be: it had not been answered yet. */
static void check(const char *after) {
    struct vault *v = store_open(&where);
    for (uint32_t i = 0; i < TALKS; i++) {
        struct count c = {.talk = i + 1};
        ingle_error err;
        if (vault_read(v, i + 1, count_record, &c, &err) != INGLE_OK) {
            fail_msg("after %s: %s", after, err.msg);
        }
        if (c.is_wrong) fail_msg("after %s: another record in talk %u", after, i + 1);
        if (c.n < kept[i] || c.n > kept[i] + 1) {
            fail_msg("after %s: talk %u has %u records, %u were acknowledged", after, i + 1, c.n,
                     kept[i]);
        }
        kept[i] = c.n;
    }
    vault_close(v);
}

/* ---- kill -9 ---- */

/* Until it is killed. Every answer is a byte on the pipe. Now and then a conversation comes and
 * goes, a title changes. */
static void write_for_ever(int pipe) {
    uint32_t n[TALKS];
    memcpy(n, kept, sizeof n);
    struct vault *v = store_open(&where);
    for (uint32_t i = 0;; i++) {
        uint32_t talk = i % TALKS;
        char text[3100];
        if (i % 11 == 5) (void)!vault_forget(v, store_begin(v, "not for long"), NULL);
        if (i % 7 == 3) (void)!vault_rename(v, talk + 1, "renamed", 7, NULL);
        write_record(text, talk + 1, n[talk]);
        store_append(v, talk + 1, text);
        n[talk]++;
        if (write(pipe, &(uint8_t){(uint8_t)talk}, 1) != 1) _exit(1);
    }
}

/* So soon that it may not have begun to write, or not before it has written something. */
static void kill_once(struct rng *r, bool is_soon) {
    int ends[2];
    uint8_t talk;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        write_for_ever(ends[1]);
    }
    close(ends[1]);
    if (!is_soon) {
        assert_int_equal(read(ends[0], &talk, 1), 1);
        kept[talk]++;
    }
    nanosleep(&(struct timespec){.tv_nsec = (long)(rng_u32(r) % 25000000)}, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(ends[0], &talk, 1) == 1) kept[talk]++;
    close(ends[0]);
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
}

static void a_killed_process_loses_nothing_acknowledged(void **state) {
    (void)state;
    struct rng r;
    uint32_t total = 0;
    int n = times("VAULT_KILLS", 60);
    rng_init(&r, 8);
    for (int i = 0; i < n; i++) {
        if (i % 100 == 0) make();
        for (int k = 0; k < TALKS; k++) total -= kept[k];
        kill_once(&r, i % 4 == 0);
        check("a kill");
        for (int k = 0; k < TALKS; k++) total += kept[k];
    }
    print_message("%d kills, %u records\n", n, total);
    assert_true(total >= (uint32_t)n / 2);
}

/* ---- power ---- */

/* Appends until it fails; what was answered is acknowledged. */
static ingle_status write_some(uint32_t n, ingle_error *err) {
    struct vault *v;
    ingle_status status = vault_open(&v, &where, NULL, err);
    for (uint32_t i = 0; i < n && status == INGLE_OK; i++) {
        uint32_t talk = i % TALKS;
        char text[3100];
        if (i % 4 == 1) status = vault_rename(v, talk + 1, "renamed", 7, err);
        write_record(text, talk + 1, kept[talk]);
        if (status == INGLE_OK) status = vault_append(v, talk + 1, text, strlen(text), err);
        if (status == INGLE_OK) kept[talk]++;
    }
    vault_close(v);
    return status;
}

static void a_power_cut_loses_nothing_acknowledged(void **state) {
    (void)state;
    struct rng r;
    int n = times("VAULT_CUTS", 300), n_failed = 0;
    rng_init(&r, 9);
    for (int i = 0; i < n; i++) {
        if (i % 50 == 0) make();
        ingle_error err = {0};
        (void)power_fails_after(1 + rng_u32(&r) % 500);
        ingle_status status = write_some(9, &err);
        if (status != INGLE_OK) {
            n_failed++;
            expect_refusal(status, INGLE_FAILED, &err, "vault.db");
        }
        (void)power_fails_after(0);
        power_cut((uint64_t)i);
        check("a power cut");
    }
    print_message("%d power cuts, %d in the middle of a write\n", n, n_failed);
    assert_true(n_failed > n / 4);
}

/* ---- a full disk ---- */

static void a_full_disk_is_said_and_loses_nothing(void **state) {
    (void)state;
    int n_failed = 0;
    make();
    for (uint64_t at = 1; at <= 200; at++) {
        if (at % 50 == 0) make();
        ingle_error err = {0};
        (void)disk_is_full_after(at % 7 + 1);
        ingle_status status = write_some(9, &err);
        if (status != INGLE_OK) {
            n_failed++;
            expect_refusal(status, INGLE_LIMIT, &err, "the disk is full");
        }
        check("a full disk"); /* reads while it is still full */
        (void)disk_is_full_after(0);
        assert_int_equal(write_some(1, &err), INGLE_OK);
        check("there is room again");
    }
    print_message("200 full disks, %d in the middle of a write\n", n_failed);
    assert_true(n_failed > 100);
}

/* Without real syncs, which a kill does not need, there are far more writes to be killed in. */
static int begin(void **state) {
    power_vfs_install();
    return folder_make(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_process_loses_nothing_acknowledged),
        cmocka_unit_test(a_power_cut_loses_nothing_acknowledged),
        cmocka_unit_test(a_full_disk_is_said_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, begin, folder_remove);
}
