/* model/packed_header: only the very file is believed. */
#include "engine/model/packed_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static const struct packed_key key = {
    .model = 0x1111, .layout = 0x2222, .data_size = 2 * PACKED_CHUNK + 4096};
#define N_CHUNKS 3

static uint8_t *file; /* all of it */
static size_t file_size;

static int make_file(void **state) {
    (void)state;
    size_t data_at;
    if (!packed_sizes(key.data_size, &data_at, &file_size)) return -1;
    file = mem_aligned(64, file_size);
    if (!file || data_at != PACKED_CHUNK) return -1;
    const uint64_t sums[N_CHUNKS] = {7, 8, 9};
    struct packed_header h = {.key = key, .source_sum = 0x3333};
    packed_header_seal(&h, sums);
    struct packed_seen seen = packed_seen_make(&h, 0x4444);
    memcpy(file, &h, sizeof h);
    memcpy(file + PACKED_SEEN_AT, &seen, sizeof seen);
    memcpy(file + PACKED_SUMS_AT, sums, sizeof sums);
    return 0;
}

static int free_file(void **state) {
    (void)state;
    mem_free(file);
    return 0;
}

static void refuses(const uint8_t *bytes, size_t size, const struct packed_key *wanted,
                    const char *saying) {
    struct packed_view view;
    ingle_error err = {0};
    assert_int_equal(packed_view_init(&view, bytes, size, wanted, &err), INGLE_INVALID);
    assert_int_equal(err.code, INGLE_INVALID);
    if (!strstr(err.msg, saying)) fail_msg("'%s' does not say '%s'", err.msg, saying);
    assert_int_equal(err.msg[strlen(err.msg) - 1], '.');
}

static void a_whole_file_is_seen_as_it_is(void **state) {
    (void)state;
    struct packed_view view;
    assert_int_equal(packed_view_init(&view, file, file_size, &key, NULL), INGLE_OK);
    assert_int_equal(view.header.source_sum, 0x3333);
    assert_int_equal(view.identity, 0x4444);
    for (uint64_t i = 0; i < N_CHUNKS; i++) assert_int_equal(view.sums[i], 7 + i);
    assert_ptr_equal(view.data, file + PACKED_CHUNK);
}

static void a_file_cut_or_grown_is_refused(void **state) {
    (void)state;
    for (size_t size = 0; size < PACKED_SUMS_AT; size += 61) refuses(file, size, &key, "cut short");
    static const size_t sizes[] = {PACKED_SUMS_AT, PACKED_SUMS_AT + 8, PACKED_CHUNK};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) refuses(file, sizes[i], &key, "another size");
    refuses(file, file_size - 1, &key, "another size");
    refuses(file, file_size + 1, &key, "another size");
}

/* Every bit of the header and of the table. */
static void a_changed_bit_is_seen(void **state) {
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(struct packed_header); bit++) {
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
        const char *saying = bit < 64 ? "does not hold" : bit < 128 ? "version" : "in its header";
        refuses(file, file_size, &key, saying);
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t bit = 0; bit < 64 * N_CHUNKS; bit++) {
        uint8_t *byte = file + PACKED_SUMS_AT + bit / 8;
        *byte ^= (uint8_t)(1u << bit % 8);
        refuses(file, file_size, &key, "table of sums");
        *byte ^= (uint8_t)(1u << bit % 8);
    }
}

/* Written in place, it may be torn: then nothing is known of the model's files. */
static void a_damaged_identity_is_none(void **state) {
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(struct packed_seen); bit++) {
        struct packed_view view;
        uint8_t *byte = file + PACKED_SEEN_AT + bit / 8;
        *byte ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(packed_view_init(&view, file, file_size, &key, NULL), INGLE_OK);
        assert_int_equal(view.identity, 0);
        *byte ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_file_of_something_else_is_refused(void **state) {
    (void)state;
    struct packed_key other = key;
    other.model++;
    refuses(file, file_size, &other, "another model");
    other = key;
    other.layout++;
    refuses(file, file_size, &other, "another model");
    other = key;
    other.data_size += 4096;
    refuses(file, file_size, &other, "another model");
    uint8_t *zeros = mem_aligned(64, file_size);
    refuses(zeros, file_size, &key, "does not hold packed weights");
    refuses(zeros, 0, &key, "cut short");
    mem_free(zeros);
}

/* A header in order, for data that no machine holds. */
static void impossible_sizes_have_no_file(void **state) {
    (void)state;
    size_t data_at, size;
    assert_false(packed_sizes(0, &data_at, &size));
    assert_false(packed_sizes(UINT64_MAX, &data_at, &size));
    assert_false(packed_sizes(SIZE_MAX - PACKED_CHUNK, &data_at, &size));
    assert_true(packed_sizes(1, &data_at, &size));
    assert_int_equal(size, PACKED_CHUNK + 1);
    /* A table that is larger than the first chunk. */
    uint64_t many = (uint64_t)PACKED_CHUNK / 8 * PACKED_CHUNK;
    assert_true(packed_sizes(many, &data_at, &size));
    assert_int_equal(data_at, 2 * PACKED_CHUNK);
    assert_int_equal(packed_n_chunks(PACKED_CHUNK), 1);
    assert_int_equal(packed_n_chunks(PACKED_CHUNK + 1), 2);
}

static void the_version_is_read_off_any_bytes(void **state) {
    (void)state;
    struct packed_header h;
    memcpy(&h, file, sizeof h);
    assert_int_equal(packed_version_of(&h), PACKED_VERSION);
    h.magic ^= 1;
    assert_int_equal(packed_version_of(&h), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_seen_as_it_is),
        cmocka_unit_test(a_file_cut_or_grown_is_refused),
        cmocka_unit_test(a_changed_bit_is_seen),
        cmocka_unit_test(a_damaged_identity_is_none),
        cmocka_unit_test(a_file_of_something_else_is_refused),
        cmocka_unit_test(impossible_sizes_have_no_file),
        cmocka_unit_test(the_version_is_read_off_any_bytes),
    };
    return cmocka_run_group_tests(tests, make_file, free_file);
}
