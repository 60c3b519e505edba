/* guard/vault/crypt_sodium: keys in memory that leaks nowhere, and keys and hashes that differ
 * where they must. (That XChaCha20-Poly1305 is what it should be is tested by libsodium.) */
#include "guard/vault/crypt.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/process.h"
#include "support/refusal.h"
#include "support/sanitized.h"

static void *secret_new(size_t size) {
    void *secret;
    ingle_error err;
    if (crypt_secret_new(&secret, size, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return secret;
}

/* The flags that the kernel shows of the map that this address is in. */
static void vm_flags(const void *address, char flags[256]) {
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    bool is_it = false;
    assert_non_null(maps);
    flags[0] = '\0';
    while (fgets(line, sizeof line, maps)) {
        char *rest;
        uintptr_t from = strtoul(line, &rest, 16);
        if (*rest == '-') {
            is_it = from <= (uintptr_t)address && (uintptr_t)address < strtoul(rest + 1, NULL, 16);
        }
        if (is_it && strncmp(line, "VmFlags:", 8) == 0) snprintf(flags, 256, "%.255s", line + 8);
    }
    fclose(maps);
}

static void a_secret_is_locked_and_left_out_of_core_dumps(void **state) {
    (void)state;
    char flags[256];
    uint8_t *secret = secret_new(CRYPT_KEY_SIZE);
    vm_flags(secret, flags);
    if (!SANITIZED) assert_non_null(strstr(flags, " lo")); /* mlock(), which they drop */
    assert_non_null(strstr(flags, " dd"));                 /* MADV_DONTDUMP */
    vm_flags(flags, flags);
    assert_null(strstr(flags, " dd"));
    crypt_secret_free(secret);
}

/* The signal that ends a child which does this to a secret. */
static int signal_of(size_t at, bool is_kept, bool is_write) {
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        (void)signal(SIGSEGV, SIG_DFL); /* cmocka would go on with the next test */
        close(STDERR_FILENO);           /* what a sanitizer says of it */
        void *secret;
        if (crypt_secret_new(&secret, CRYPT_KEY_SIZE, NULL) != INGLE_OK) _exit(9);
        volatile uint8_t *byte = (uint8_t *)secret + at;
        if (is_kept) crypt_secret_keep(secret);
        if (is_write) *byte = 1;
        _exit(*byte & 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) return WTERMSIG(status);
    return WEXITSTATUS(status) == 0 ? 0 : -1; /* a sanitizer catches signals and exits */
}

static void a_secret_ends_at_a_guard_and_can_be_closed_to_writing(void **state) {
    (void)state;
    assert_int_equal(signal_of(CRYPT_KEY_SIZE - 1, false, true), 0);
    assert_int_equal(signal_of(CRYPT_KEY_SIZE - 1, true, false), 0);
    assert_int_not_equal(signal_of(CRYPT_KEY_SIZE, false, false), 0);
    assert_int_not_equal(signal_of(0, true, true), 0);
}

static void a_secret_that_cannot_be_locked_is_refused(void **state) {
    (void)state;
    if (SANITIZED) skip(); /* they make mlock() do nothing */
    struct rlimit before;
    ingle_error err = {0};
    void *secret = &before;
    bool is_root = geteuid() == 0; /* who may lock as much as he likes */
    getrlimit(RLIMIT_MEMLOCK, &before);
    setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max});
    if (is_root) assert_int_equal(seteuid(65534), 0);
    ingle_status status = crypt_secret_new(&secret, CRYPT_KEY_SIZE, &err);
    if (is_root) assert_int_equal(seteuid(0), 0);
    setrlimit(RLIMIT_MEMLOCK, &before);
    assert_null(secret);
    expect_refusal(status, INGLE_LIMIT, &err, "out of the swap space");
}

static void nothing_is_left_of_a_secret_or_a_stream(void **state) {
    (void)state;
    if (SANITIZED) skip(); /* their own memory grows */
    uint8_t header[CRYPT_STREAM_HEADER], key[CRYPT_KEY_SIZE] = {1};
    size_t before = process_memory().reserved;
    for (int i = 0; i < 500; i++) {
        struct crypt_stream *sealing, *opening;
        assert_int_equal(crypt_stream_seal(&sealing, header, key, NULL), INGLE_OK);
        assert_int_equal(crypt_stream_open(&opening, header, key, NULL), INGLE_OK);
        crypt_secret_free(secret_new(CRYPT_KEY_SIZE));
        crypt_stream_free(sealing);
        crypt_stream_free(opening);
    }
    crypt_secret_free(NULL);
    crypt_stream_free(NULL);
    assert_true(process_memory().reserved < before + ((size_t)1 << 20));
}

static void keys_of_purposes_differ_and_can_be_had_again(void **state) {
    (void)state;
    uint8_t from[CRYPT_KEY_SIZE] = {1}, other[CRYPT_KEY_SIZE] = {2}, keys[4][CRYPT_KEY_SIZE];
    crypt_derive(keys[0], from, "a");
    crypt_derive(keys[1], from, "ab");
    crypt_derive(keys[2], from, "abcdefgh");
    crypt_derive(keys[3], other, "a");
    for (int i = 0; i < 4; i++) {
        assert_memory_not_equal(keys[i], from, CRYPT_KEY_SIZE);
        for (int k = 0; k < i; k++) assert_memory_not_equal(keys[i], keys[k], CRYPT_KEY_SIZE);
    }
    crypt_derive(keys[1], from, "a");
    assert_memory_equal(keys[1], keys[0], CRYPT_KEY_SIZE);
}

static void a_hash_depends_on_key_bytes_and_where_the_second_part_begins(void **state) {
    (void)state;
    uint8_t key[CRYPT_KEY_SIZE] = {1}, other[CRYPT_KEY_SIZE] = {2}, hashes[5][CRYPT_HASH_SIZE];
    crypt_hash(hashes[0], key, "ab", 2, "c", 1);
    crypt_hash(hashes[1], key, "a", 1, "bc", 2);
    crypt_hash(hashes[2], key, "ab", 2, "d", 1);
    crypt_hash(hashes[3], other, "ab", 2, "c", 1);
    crypt_hash(hashes[4], key, NULL, 0, NULL, 0);
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < i; k++) assert_memory_not_equal(hashes[i], hashes[k], CRYPT_HASH_SIZE);
    }
    crypt_hash(hashes[1], key, "ab", 2, "c", 1);
    assert_memory_equal(hashes[1], hashes[0], CRYPT_HASH_SIZE);
}

/* Of the standards: FIPS 180-4 "abc"; RFC 8032 7.1, test 1. */
static void hashes_and_signatures_are_those_of_the_standards(void **state) {
    (void)state;
    static const uint8_t abc[CRYPT_HASH_SIZE] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                                 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                                 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                                 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    static const uint8_t seed[CRYPT_KEY_SIZE] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
                                                 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
                                                 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19,
                                                 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
    static const uint8_t begins[4] = {0xe5, 0x56, 0x43, 0x00},
                         public_begins[4] = {0xd7, 0x5a, 0x98, 0x01};
    uint8_t hash[CRYPT_HASH_SIZE], public_key[CRYPT_PUBLIC_SIZE], signature[CRYPT_SIGNATURE_SIZE];
    struct crypt_signer *signer;
    crypt_sha256(hash, "abc", 3);
    assert_memory_equal(hash, abc, sizeof abc);
    assert_int_equal(crypt_signer_new(&signer, public_key, seed, NULL), INGLE_OK);
    assert_memory_equal(public_key, public_begins, 4);
    crypt_sign(signature, signer, "", 0);
    assert_memory_equal(signature, begins, 4);
    assert_true(crypt_sign_check(signature, public_key, "", 0));
    assert_false(crypt_sign_check(signature, public_key, "x", 1));
    for (int i = 0; i < 8 * CRYPT_SIGNATURE_SIZE; i++) {
        signature[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_false(crypt_sign_check(signature, public_key, "", 0));
        signature[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    crypt_signer_free(signer);
    crypt_signer_free(NULL);
}

static void random_bytes_are_not_the_same_twice(void **state) {
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0};
    assert_true(crypt_is_zero(a, sizeof a));
    crypt_random(a, sizeof a);
    crypt_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_false(crypt_is_zero(a, sizeof a));
    crypt_wipe(a, sizeof a);
    assert_true(crypt_is_zero(a, sizeof a));
}

int main(void) {
    if (crypt_start(NULL) != INGLE_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_locked_and_left_out_of_core_dumps),
        cmocka_unit_test(a_secret_ends_at_a_guard_and_can_be_closed_to_writing),
        cmocka_unit_test(a_secret_that_cannot_be_locked_is_refused),
        cmocka_unit_test(nothing_is_left_of_a_secret_or_a_stream),
        cmocka_unit_test(keys_of_purposes_differ_and_can_be_had_again),
        cmocka_unit_test(a_hash_depends_on_key_bytes_and_where_the_second_part_begins),
        cmocka_unit_test(hashes_and_signatures_are_those_of_the_standards),
        cmocka_unit_test(random_bytes_are_not_the_same_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
