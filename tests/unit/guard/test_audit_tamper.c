/* guard/audit: every change of a log is noticed, and the first bad record is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "guard/audit/audit_read_internal.h"
#include "support/audit_log.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/refusal.h"
#include "support/sanitized.h"

#define N_RECORDS 1000

/* The log of all tests, its bytes, and where its records begin. */
static char whole[128], folder[128];
static uint8_t *data;
static size_t size, begins[N_RECORDS + 2]; /* [seq] */

static int make_log(void **state) {
    if (folder_make(state) != 0) return -1;
    snprintf(whole, sizeof whole, "%s", folder_file("whole"));
    snprintf(folder, sizeof folder, "%s", folder_file("log"));
    log_make(whole, N_RECORDS);
    data = file_read(log_file(whole, AUDIT_LOG), &size);
    size_t seq = 1;
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n') begins[++seq] = i + 1;
    }
    return seq == N_RECORDS + 1 && begins[seq] == size ? 0 : -1;
}

static int drop_log(void **state) {
    free(data);
    return folder_remove(state);
}

/* The copy with other bytes as its log. */
static void put(const void *bytes, size_t n) {
    log_copy(folder, whole);
    file_write(log_file(folder, AUDIT_LOG), bytes, n);
}

/* Replaces the bytes [from, to) of the log. */
static void splice(size_t from, size_t to, const void *bytes, size_t n) {
    uint8_t *changed = malloc(size + n);
    assert_non_null(changed);
    memcpy(changed, data, from);
    if (n) memcpy(changed + from, bytes, n);
    memcpy(changed + from + n, data + to, size - to);
    put(changed, from + n + size - to);
    free(changed);
}

static size_t length(size_t seq) {
    return begins[seq + 1] - begins[seq];
}

/* ---- bits ---- */

/* Bits of every record, all of them where there is time (the test audit_every_bit): read after the
 * records before it, with the one behind it. */
static void every_flipped_bit_is_found_in_its_record(void **state) {
    (void)state;
    struct audit_report before = {0};
    size_t step = getenv("AUDIT_EVERY_BIT") ? 1 : SANITIZED ? 211 : 11, n_flips = 0;
    uint8_t *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, data, size);
    for (size_t seq = 1; seq <= N_RECORDS; seq++) {
        size_t end = seq < N_RECORDS ? begins[seq + 2] : size, n = end - begins[seq];
        for (size_t bit = seq % step; bit < 8 * length(seq); bit += step) {
            uint8_t *at = &copy[begins[seq] + bit / 8];
            struct audit_report report = before;
            struct audit_check c = {.report = &report, .on_line = audit_check_line};
            *at ^= (uint8_t)(1u << bit % 8);
            audit_check_text(&c, (const char *)copy + begins[seq], n, true);
            *at ^= (uint8_t)(1u << bit % 8);
            n_flips++;
            if (report.rule == AUDIT_RULE_NONE || report.bad_seq != seq) {
                fail_msg("bit %d of record %d", (int)bit, (int)seq);
            }
        }
        struct audit_check c = {.report = &before, .on_line = audit_check_line};
        audit_check_text(&c, (const char *)data + begins[seq], length(seq), true);
        assert_int_equal(before.rule, AUDIT_RULE_NONE);
    }
    printf("%zu flips of %zu bits in %d records\n", n_flips, 8 * size, N_RECORDS);
    free(copy);
}

/* The same by the way that people take, through the file, for bits at random. */
static void a_flipped_bit_in_the_file_is_found(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 6);
    put(data, size);
    FILE *file = fopen(log_file(folder, AUDIT_LOG), "r+");
    assert_non_null(file);
    setvbuf(file, NULL, _IONBF, 0);
    for (int i = 0; i < (SANITIZED ? 40 : 150); i++) {
        size_t at = rng_below(&r, (uint32_t)size), seq = 1;
        while (begins[seq + 1] <= at) seq++;
        uint8_t byte = data[at] ^ (uint8_t)(1u << rng_below(&r, 8));
        fseek(file, (long)at, SEEK_SET);
        assert_int_equal(fwrite(&byte, 1, 1, file), 1);
        struct audit_report report = log_verify(folder, NULL);
        if (report.rule == AUDIT_RULE_NONE || report.bad_seq != seq) fail_msg("byte %d", (int)at);
        fseek(file, (long)at, SEEK_SET);
        assert_int_equal(fwrite(&data[at], 1, 1, file), 1);
    }
    fclose(file);
    log_expect_good(folder);
}

static void every_flipped_bit_of_the_head_is_found(void **state) {
    (void)state;
    size_t n;
    log_copy(folder, whole);
    uint8_t *head = file_read(log_file(folder, AUDIT_HEAD), &n);
    assert_int_equal(n, 2 * AUDIT_SLOT);
    struct audit_report report = log_expect_good(whole);
    for (size_t bit = 0; bit < 8 * n; bit += SANITIZED ? 101 : 3) {
        struct audit_head h;
        head[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (audit_slots_are_whole((const char *)head, report.key)) fail_msg("bit %d", (int)bit);
        assert_true(audit_slots_read(&h, (const char *)head, report.key)); /* the other is left */
        head[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    head[700] ^= 1;
    file_write(log_file(folder, AUDIT_HEAD), head, n);
    log_expect_bad(folder, AUDIT_RULE_NO_HEAD, N_RECORDS + 1);
    head[700] ^= 1;
    file_write(log_file(folder, AUDIT_HEAD), head, n - 1);
    assert_int_equal(log_verify(folder, NULL).rule, AUDIT_RULE_NO_HEAD);
    free(head);
}

/* ---- records ---- */

static void a_record_left_out_is_found(void **state) {
    (void)state;
    static const size_t some[] = {1, 2, 63, 64, 65, 500, 999};
    for (size_t i = 0; i < BASE_COUNT(some); i++) {
        splice(begins[some[i]], begins[some[i] + 1], NULL, 0);
        log_expect_bad(folder, AUDIT_RULE_CHAIN, some[i]);
    }
    splice(begins[N_RECORDS], size, NULL, 0);
    log_expect_bad(folder, AUDIT_RULE_CUT, N_RECORDS);
    splice(0, size, NULL, 0);
    log_expect_bad(folder, AUDIT_RULE_CUT, 1);
    assert_int_equal(unlink(log_file(folder, AUDIT_LOG)), 0);
    log_expect_bad(folder, AUDIT_RULE_CUT, 1);
}

static void records_that_were_swapped_doubled_or_put_in_are_found(void **state) {
    (void)state;
    char both[2 * AUDIT_LINE_MAX];
    for (size_t seq = 1; seq < N_RECORDS; seq += 111) {
        memcpy(both, data + begins[seq + 1], length(seq + 1));
        memcpy(both + length(seq + 1), data + begins[seq], length(seq));
        splice(begins[seq], begins[seq + 2], both, length(seq) + length(seq + 1));
        log_expect_bad(folder, AUDIT_RULE_CHAIN, seq);
        splice(begins[seq], begins[seq], data + begins[seq], length(seq)); /* twice */
        log_expect_bad(folder, AUDIT_RULE_CHAIN, seq + 1);
        splice(begins[seq + 1], begins[seq + 1], data + begins[900], length(900));
        assert_int_equal(log_verify(folder, NULL).bad_seq, seq + 1);
    }
    splice(begins[500], begins[500], "\n", 1);
    log_expect_bad(folder, AUDIT_RULE_FORM, 500);
    splice(size, size, "x", 1);
    log_expect_bad(folder, AUDIT_RULE_END, N_RECORDS + 1);
    char *nothing = calloc(1, 3000);
    splice(begins[500], begins[500], nothing, 3000);
    log_expect_bad(folder, AUDIT_RULE_FORM, 500);
    free(nothing);
}

static void a_log_cut_anywhere_is_found(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 7);
    for (int i = 0; i < 60; i++) {
        size_t n = i < 8 ? size - 1 - (size_t)i : rng_below(&r, (uint32_t)size), seq = 1;
        while (begins[seq + 1] <= n) seq++;
        put(data, n);
        log_expect_bad(folder, n == begins[seq] ? AUDIT_RULE_CUT : AUDIT_RULE_END, seq);
    }
}

/* Records with right hashes all over, but not of this log. */
static void a_part_of_another_log_is_found(void **state) {
    (void)state;
    size_t n;
    log_make(folder_file("other"), 600);
    uint8_t *other = file_read(log_file(folder_file("other"), AUDIT_LOG), &n);
    size_t half = 0;
    for (size_t seq = 1; seq < 300; half++) seq += other[half] == '\n';
    splice(begins[300], size, other + half, n - half);
    log_expect_bad(folder, AUDIT_RULE_CHAIN, 300);
    put(other, n); /* all of it: the key is another one */
    log_expect_bad(folder, AUDIT_RULE_KEY, 1);
    free(other);
}

/* Who changes a record and computes all hashes anew. */
static void forge(uint8_t *text, size_t first) {
    memcpy(text, data, size);
    uint8_t *digit = (uint8_t *)strstr((char *)text + begins[first], "\"n\":") + 4;
    *digit = (uint8_t)(*digit == '9' ? '8' : *digit + 1);
    char hex[2 * AUDIT_HASH_SIZE + 1] = "";
    for (size_t seq = first; seq <= N_RECORDS; seq++) {
        uint8_t hash[AUDIT_HASH_SIZE];
        char *end = (char *)text + begins[seq + 1] - 1; /* at the newline */
        char *hashed_end = end - strlen(",\"hash\":\"\"}") - 2 * AUDIT_HASH_SIZE;
        if (hex[0]) memcpy(hashed_end - 1 - 2 * AUDIT_HASH_SIZE, hex, 2 * AUDIT_HASH_SIZE);
        crypt_sha256(hash, text + begins[seq], (size_t)(hashed_end - (char *)text) - begins[seq]);
        audit_put_hex(hex, hash, sizeof hash);
        memcpy(end - 2 - 2 * AUDIT_HASH_SIZE, hex, 2 * AUDIT_HASH_SIZE);
    }
}

static void a_chain_computed_anew_fails_at_the_next_signature(void **state) {
    (void)state;
    uint8_t *text = malloc(size + 1);
    assert_non_null(text);
    text[size] = '\0';
    forge(text, 70);
    put(text, size);
    free(text);
    struct audit_report report = log_verify(folder, NULL);
    assert_int_equal(report.rule, AUDIT_RULE_SIGNATURE);
    assert_in_range(report.bad_seq, 71, 71 + AUDIT_CHECKPOINT_EVERY);
}

/* After the last checkpoint it is the head that tells. */
static void a_last_record_computed_anew_fails_at_the_head(void **state) {
    (void)state;
    char hex[2 * AUDIT_HASH_SIZE + 1], path[128];
    uint8_t hash[AUDIT_HASH_SIZE];
    size_t n, from;
    ingle_error err = {0};
    snprintf(path, sizeof path, "%s", folder_file("short"));
    struct audit *log = log_open(path);
    for (uint64_t i = 0; i < 3; i++) log_write(log, AUDIT_LOAD, i);
    char *text = (char *)file_read(log_file(path, AUDIT_LOG), &n);
    for (from = n - 1; text[from - 1] != '\n';) from--;
    text[n] = '\0';
    *(strstr(text + from, "\"n\":") + 4) = '7';
    size_t n_hashed = n - from - strlen(",\"hash\":\"\"}\n") - 2 * AUDIT_HASH_SIZE;
    crypt_sha256(hash, text + from, n_hashed);
    audit_put_hex(hex, hash, sizeof hash);
    memcpy(text + from + n_hashed + strlen(",\"hash\":\""), hex, sizeof hex - 1);
    FILE *file = fopen(log_file(path, AUDIT_LOG), "r+"); /* the one that is open */
    assert_true(file && fwrite(text, 1, n, file) == n && fclose(file) == 0);
    free(text);
    log_expect_bad(path, AUDIT_RULE_HEAD, 4);
    ingle_status status = audit_write(log, AUDIT_CONFIG, NULL, 0, &err);
    expect_refusal(status, INGLE_INVALID, &err, "is not what was written");
    expect_refusal(audit_close(log, &err), INGLE_INVALID, &err, "is not what was written");
    log_expect_bad(path, AUDIT_RULE_HEAD, 4);
}

/* ---- older states ---- */

static void an_older_copy_is_caught_by_what_was_noted(void **state) {
    (void)state;
    struct audit_mark mark;
    char old[128];
    snprintf(old, sizeof old, "%s", folder_file("old"));
    log_copy(old, whole);
    log_copy(folder, whole);
    struct audit *log = log_open(folder);
    log_write(log, AUDIT_CONFIG, 1);
    log_close(log);
    assert_int_equal(audit_head(&mark, folder, NULL), INGLE_OK);
    assert_int_equal(mark.seq, N_RECORDS + 2);
    struct audit_report report = log_verify(folder, mark.hash);
    assert_true(report.rule == AUDIT_RULE_NONE && report.is_anchored);

    size_t n;
    uint8_t *older = file_read(log_file(old, AUDIT_LOG), &n); /* the log alone: its head tells */
    file_write(log_file(folder, AUDIT_LOG), older, n);
    free(older);
    log_expect_bad(folder, AUDIT_RULE_CUT, N_RECORDS + 1);
    log_copy(folder, old); /* all of it: only who noted something outside can tell */
    log_expect_good(folder);
    assert_int_equal(log_verify(folder, mark.hash).rule, AUDIT_RULE_NOTED);
    log = log_open(folder); /* also when it has gone on from there */
    for (int i = 0; i < 5; i++) log_write(log, AUDIT_CONFIG, 2);
    log_close(log);
    log_expect_good(folder);
    assert_int_equal(log_verify(folder, mark.hash).rule, AUDIT_RULE_NOTED);
}

static void without_its_key_or_head_no_log_is_good(void **state) {
    (void)state;
    log_copy(folder, whole);
    assert_int_equal(unlink(log_file(folder, "vault.key")), 0);
    log_expect_bad(folder, AUDIT_RULE_KEY, 1);
    log_copy(folder, whole);
    assert_int_equal(unlink(log_file(folder, AUDIT_HEAD)), 0);
    log_expect_bad(folder, AUDIT_RULE_NO_HEAD, N_RECORDS + 1);
    struct audit *log = log_open(folder);
    ingle_error err = {0};
    expect_refusal(audit_write(log, AUDIT_LOAD, NULL, 0, &err), INGLE_INVALID, &err,
                   "is not what was written");
    log_close(log);
}

static void to_a_log_that_was_cut_nothing_is_added(void **state) {
    (void)state;
    put(data, begins[N_RECORDS]);
    struct audit *log = log_open(folder);
    ingle_error err = {0};
    expect_refusal(audit_write(log, AUDIT_UNSEALED, NULL, 0, &err), INGLE_INVALID, &err,
                   "is not what was written");
    log_close(log);
    assert_int_equal(file_size(log_file(folder, AUDIT_LOG)), begins[N_RECORDS]);
    log_expect_bad(folder, AUDIT_RULE_CUT, N_RECORDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flipped_bit_is_found_in_its_record),
        cmocka_unit_test(a_flipped_bit_in_the_file_is_found),
        cmocka_unit_test(every_flipped_bit_of_the_head_is_found),
        cmocka_unit_test(a_record_left_out_is_found),
        cmocka_unit_test(records_that_were_swapped_doubled_or_put_in_are_found),
        cmocka_unit_test(a_log_cut_anywhere_is_found),
        cmocka_unit_test(a_part_of_another_log_is_found),
        cmocka_unit_test(a_chain_computed_anew_fails_at_the_next_signature),
        cmocka_unit_test(a_last_record_computed_anew_fails_at_the_head),
        cmocka_unit_test(an_older_copy_is_caught_by_what_was_noted),
        cmocka_unit_test(without_its_key_or_head_no_log_is_good),
        cmocka_unit_test(to_a_log_that_was_cut_nothing_is_added),
    };
    return cmocka_run_group_tests(tests, make_log, drop_log);
}
