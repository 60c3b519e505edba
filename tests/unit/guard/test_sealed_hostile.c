/* guard/vault/sealed_reader against files that somebody has changed: every bit, every length, every
 * order; other keys, kinds and contexts; and readers that want something else than was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "guard/vault/sealed_internal.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/refusal.h"
#include "support/vault.h"

#define SMALL 900                   /* data of the small file: one short chunk */
#define LARGE (8 * SEALED_ROOM + 7) /* of the large one: ten, all of them full */
#define SEALED_FULL (SEALED_CHUNK + CRYPT_STREAM_EXTRA) /* a full chunk in the file */

static struct vault_key *key, *other_key;
static struct sealed_as as;
static uint8_t data[LARGE], back[LARGE];
static uint8_t *small, *large; /* whole files */
static size_t small_size, large_size;
static int bad_fd; /* in memory: thousands of files are made */
static char bad[64];

static int make_files(void **state) {
    if (folder_make(state) != 0) return -1;
    key = vault_key_of(1);
    other_key = vault_key_of(2);
    as = (struct sealed_as){
        .key = key, .kind = SEALED_SNAPSHOT, .context = "context", .context_size = 7};
    fill(data, sizeof data, 2);
    seal(folder_file("small"), &as, data, SMALL);
    seal(folder_file("large"), &as, data, LARGE);
    small = file_read(folder_file("small"), &small_size);
    large = file_read(folder_file("large"), &large_size);
    bad_fd = memfd_create("bad", MFD_CLOEXEC);
    if (bad_fd < 0) return -1;
    snprintf(bad, sizeof bad, "/proc/self/fd/%d", bad_fd);
    return 0;
}

static int drop_files(void **state) {
    close(bad_fd);
    free(small);
    free(large);
    vault_key_close(key);
    vault_key_close(other_key);
    return folder_remove(state);
}

static void write_bad(const uint8_t *file, size_t n) {
    assert_int_equal(ftruncate(bad_fd, 0), 0);
    assert_int_equal(pwrite(bad_fd, file, n, 0), n);
}

/* Refused, with a sentence of the file, and nothing kept. */
static void refuse_file(const char *path, const struct sealed_as *wanted, size_t size,
                        const char *saying) {
    ingle_error err = {0};
    uint64_t live = mem_live();
    int n_files = process_n_files();
    expect_refusal(unseal(path, wanted, back, size, &err), INGLE_INVALID, &err, saying);
    assert_non_null(strstr(err.msg, path));
    assert_int_equal(mem_live(), live);
    assert_int_equal(process_n_files(), n_files);
}

static void refuse(const uint8_t *file, size_t file_n, size_t size, const char *saying) {
    write_bad(file, file_n);
    refuse_file(bad, &as, size, saying);
}

/* ---- changed ---- */

static void every_flipped_bit_is_found(void **state) {
    (void)state;
    assert_true(small_size < 2000);
    for (size_t i = 0; i < small_size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            small[i] ^= (uint8_t)(1 << bit);
            refuse(small, small_size, SMALL, i < 8 ? "has no header" : i < 12 ? "version" : " ");
            small[i] ^= (uint8_t)(1 << bit);
        }
    }
    assert_int_equal(unseal(folder_file("small"), &as, back, SMALL, NULL), INGLE_OK);
}

static void every_byte_changed_in_a_file_of_many_chunks_is_found(void **state) {
    (void)state;
    for (size_t i = 0; i < large_size; i += i % SEALED_FULL < 200 ? 13 : 4111) {
        large[i] ^= 0x55;
        refuse(large, large_size, LARGE, " ");
        large[i] ^= 0x55;
    }
}

static void every_other_length_is_found(void **state) {
    (void)state;
    for (size_t n = 0; n < small_size; n++) {
        refuse(small, n, SMALL, n <= SEALED_HEADER ? "is cut short" : "is damaged");
    }
    for (size_t n = 0; n < large_size; n += 911) refuse(large, n, LARGE, " ");
    /* Where chunks end nothing but the missing mark tells. */
    for (size_t n = SEALED_HEADER; n < large_size; n += SEALED_FULL) {
        refuse(large, n, LARGE, "is cut short");
        if (n > SEALED_HEADER) refuse(large, n - 1, LARGE, "is damaged");
        if (n + 1 < large_size) refuse(large, n + 1, LARGE, "is damaged");
    }
}

static void bytes_after_the_end_are_found(void **state) {
    (void)state;
    static const size_t more[] = {1, 17, 1000, SEALED_FULL, 2 * SEALED_FULL};
    uint8_t *longer = malloc(large_size + 2 * SEALED_FULL);
    assert_non_null(longer);
    for (size_t i = 0; i < BASE_COUNT(more); i++) {
        memcpy(longer, small, small_size);
        memset(longer + small_size, 0, more[i]);
        /* The last chunk is a short one: more bytes make it another. */
        refuse(longer, small_size + more[i], SMALL, "is damaged");
        memcpy(longer, large, large_size);
        memcpy(longer + large_size, large + SEALED_HEADER, more[i]);
        refuse(longer, large_size + more[i], LARGE, " ");
    }
    /* The last one is full. */
    size_t size;
    seal(folder_file("full"), &as, data, SEALED_ROOM);
    uint8_t *full = file_read(folder_file("full"), &size);
    assert_int_equal(size, SEALED_HEADER + SEALED_FULL);
    for (size_t i = 0; i < BASE_COUNT(more); i++) {
        memcpy(longer, full, size);
        memset(longer + size, 0, more[i]);
        refuse(longer, size + more[i], SEALED_ROOM, "goes on after its end");
    }
    free(full);
    free(longer);
}

static uint8_t *chunk_of(uint8_t *file, size_t i) {
    return file + SEALED_HEADER + i * SEALED_FULL;
}

static void chunks_in_another_order_are_found(void **state) {
    (void)state;
    const size_t n_full = (large_size - SEALED_HEADER) / SEALED_FULL;
    assert_true(n_full > 5);
    uint8_t *mixed = malloc(large_size + SEALED_FULL);
    assert_non_null(mixed);
    for (size_t i = 0; i < n_full; i++) {
        for (size_t k = 0; k < i; k++) { /* swapped */
            memcpy(mixed, large, large_size);
            memcpy(chunk_of(mixed, i), chunk_of(large, k), SEALED_FULL);
            memcpy(chunk_of(mixed, k), chunk_of(large, i), SEALED_FULL);
            refuse(mixed, large_size, LARGE, "is damaged");
        }
        size_t at = (size_t)(chunk_of(large, i) - large);
        memcpy(mixed, large, at); /* left out */
        memcpy(mixed + at, large + at + SEALED_FULL, large_size - at - SEALED_FULL);
        refuse(mixed, large_size - SEALED_FULL, LARGE, " ");
        memcpy(mixed, large, at); /* twice */
        memcpy(mixed + at, chunk_of(large, i), SEALED_FULL);
        memcpy(mixed + at + SEALED_FULL, large + at, large_size - at);
        const bool is_last = i == n_full - 1;
        refuse(mixed, large_size + SEALED_FULL, LARGE, is_last ? "goes on after" : "is damaged");
    }
    free(mixed);
}

static void parts_of_two_files_do_not_make_a_third(void **state) {
    (void)state;
    size_t size;
    seal(folder_file("twin"), &as, data, LARGE);
    uint8_t *twin = file_read(folder_file("twin"), &size);
    assert_int_equal(size, large_size);
    for (size_t cut = 16; cut < size; cut += cut < 100 ? 8 : SEALED_FULL / 2) {
        write_bad(twin, cut);
        assert_int_equal(pwrite(bad_fd, large + cut, size - cut, (off_t)cut), size - cut);
        if (cut == 16) { /* only what both have in common: the file is `large` */
            assert_int_equal(unseal(bad, &as, back, LARGE, NULL), INGLE_OK);
        } else {
            refuse_file(bad, &as, LARGE, "is damaged");
        }
    }
    free(twin);
}

/* ---- sealed as something else ---- */

static void another_key_kind_or_context_does_not_open_it(void **state) {
    (void)state;
    struct sealed_as other = as;
    other.key = other_key;
    refuse_file(folder_file("small"), &other, SMALL, "another key");
    other = as;
    other.kind = (enum sealed_kind)2;
    refuse_file(folder_file("small"), &other, SMALL, "is of another kind");
    other = as;
    other.context = "contexT";
    refuse_file(folder_file("small"), &other, SMALL, "as something else");
    other.context = "context";
    other.context_size = 6;
    refuse_file(folder_file("small"), &other, SMALL, "as something else");
    other.context = NULL;
    other.context_size = 0;
    refuse_file(folder_file("large"), &other, LARGE, "as something else");
    struct vault_key *derived;
    assert_int_equal(vault_key_derive(&derived, key, "purpose", NULL), INGLE_OK);
    other = as;
    other.key = derived;
    refuse_file(folder_file("large"), &other, LARGE, "another key");
    vault_key_close(derived);
}

static void what_was_never_sealed_is_refused(void **state) {
    (void)state;
    static uint8_t junk[200000];
    static const size_t sizes[] = {0, 1, 8, 63, 64, 65, 80, 81, 85, 1000, 65617, 200000};
    fill(junk, sizeof junk, 3);
    for (int with_header = 0; with_header <= 1; with_header++) {
        for (size_t i = 0; i < BASE_COUNT(sizes); i++) refuse(junk, sizes[i], 100, " ");
        memcpy(junk, small, 16);
    }
}

/* ---- another reader than writer ---- */

static void to_read_less_or_more_than_was_written_fails(void **state) {
    (void)state;
    refuse_file(folder_file("small"), &as, SMALL + 1, "holds less than it should");
    refuse_file(folder_file("small"), &as, SMALL - 1, "holds more than it should");
    refuse_file(folder_file("small"), &as, 0, "holds more than it should");
    refuse_file(folder_file("large"), &as, LARGE - 1, "holds more than it should");
    refuse_file(folder_file("large"), &as, SEALED_ROOM, "holds more than it should");
    static uint8_t more[LARGE + SEALED_CHUNK];
    ingle_error err = {0};
    ingle_status status = unseal(folder_file("large"), &as, more, LARGE + 1, &err);
    expect_refusal(status, INGLE_INVALID, &err, "holds less than it should");
    status = unseal(folder_file("large"), &as, more, sizeof more, &err);
    expect_refusal(status, INGLE_INVALID, &err, "holds less than it should");
}

static void a_failure_lasts(void **state) {
    (void)state;
    struct sealed_reader *r;
    ingle_error err = {0};
    large[SEALED_HEADER + SEALED_FULL] ^= 1; /* in the second chunk */
    write_bad(large, large_size);
    large[SEALED_HEADER + SEALED_FULL] ^= 1;
    assert_int_equal(sealed_reader_open(&r, bad, &as, NULL), INGLE_OK);
    assert_true(sealed_read(back, SEALED_ROOM, r));
    assert_memory_equal(back, data, SEALED_ROOM);
    memset(back, 0, 16);
    for (int i = 0; i < 3; i++) assert_false(sealed_read(back, 16, r));
    assert_int_equal(back[0] | back[15], 0); /* nothing of a chunk that is not authentic */
    for (int i = 0; i < 3; i++) {
        expect_refusal(sealed_reader_finish(r, &err), INGLE_INVALID, &err, "is damaged");
        assert_int_equal(err.where, SEALED_HEADER + SEALED_FULL);
    }
    assert_int_equal(sealed_reader_finish(r, NULL), INGLE_INVALID);
    sealed_reader_close(r);
}

/* ---- authentic, but against the format: a fault of a writer ---- */

/* A file of one chunk with this count, marked as the last or not, and as many bytes. */
static void write_chunk(uint32_t count, size_t size, bool is_last) {
    uint8_t header[SEALED_HEADER], file_key[CRYPT_KEY_SIZE];
    uint8_t plain[64] = {0}, file[SEALED_HEADER + sizeof plain + CRYPT_STREAM_EXTRA];
    struct crypt_stream *stream;
    memcpy(header, small, SEALED_HASHED);
    sealed_file_key(file_key, header, &as);
    assert_int_equal(crypt_stream_seal(&stream, header + SEALED_HASHED, file_key, NULL), INGLE_OK);
    sealed_put_u32(plain, count);
    memcpy(file, header, sizeof header);
    crypt_stream_push(stream, file + sizeof header, plain, size, is_last);
    crypt_stream_free(stream);
    write_bad(file, sizeof header + size + CRYPT_STREAM_EXTRA);
}

static void a_chunk_that_says_more_than_it_has_is_refused(void **state) {
    (void)state;
    write_chunk(4, 8, true);
    assert_int_equal(unseal(bad, &as, back, 4, NULL), INGLE_OK);
    write_chunk(5, 8, true);
    refuse_file(bad, &as, 5, "breaks a rule");
    write_chunk(UINT32_MAX, 8, true);
    refuse_file(bad, &as, 5, "breaks a rule");
    write_chunk(0, 4, true);
    assert_int_equal(unseal(bad, &as, back, 0, NULL), INGLE_OK);
    for (size_t size = 0; size < 4; size++) {
        write_chunk(0, size, true);
        refuse_file(bad, &as, 0, "breaks a rule");
    }
    write_chunk(4, 8, false);
    refuse_file(bad, &as, 4, "is cut short");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(every_byte_changed_in_a_file_of_many_chunks_is_found),
        cmocka_unit_test(every_other_length_is_found),
        cmocka_unit_test(bytes_after_the_end_are_found),
        cmocka_unit_test(chunks_in_another_order_are_found),
        cmocka_unit_test(parts_of_two_files_do_not_make_a_third),
        cmocka_unit_test(another_key_kind_or_context_does_not_open_it),
        cmocka_unit_test(what_was_never_sealed_is_refused),
        cmocka_unit_test(to_read_less_or_more_than_was_written_fails),
        cmocka_unit_test(a_failure_lasts),
        cmocka_unit_test(a_chunk_that_says_more_than_it_has_is_refused),
    };
    return cmocka_run_group_tests(tests, make_files, drop_files);
}
