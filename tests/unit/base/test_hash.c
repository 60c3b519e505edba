/* base/hash: that contents are known again, and nothing else for them. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

#define MAX_SIZE 600

static uint8_t text[MAX_SIZE];

static int fill(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 11);
    for (size_t i = 0; i < MAX_SIZE; i++) text[i] = (uint8_t)rng_below(&rng, 256);
    return 0;
}

static void the_same_bytes_have_the_same_hash_at_any_address(void **state) {
    (void)state;
    uint8_t room[MAX_SIZE + 16];
    for (size_t size = 0; size <= MAX_SIZE; size++) {
        uint64_t wanted = hash_bytes(5, text, size);
        for (size_t shift = 0; shift < 9; shift++) {
            memset(room, 0xee, sizeof room);
            memcpy(room + shift, text, size);
            assert_int_equal(hash_bytes(5, room + shift, size), wanted);
        }
    }
}

static void every_bit_counts(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 8, 15, 16, 127, 128, 129, 255, 256, 300, 600};
    uint8_t other[MAX_SIZE];
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        uint64_t h = hash_bytes(0, text, sizes[i]);
        memcpy(other, text, sizes[i]);
        for (size_t bit = 0; bit < 8 * sizes[i]; bit++) {
            other[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_not_equal(hash_bytes(0, other, sizes[i]), h);
            other[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static int compare(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Zeros of any length, any seed; no two alike. */
static void sizes_and_seeds_count(void **state) {
    (void)state;
    enum { N = 300 };
    static const uint8_t zeros[N];
    static uint64_t all[2 * N];
    for (size_t i = 0; i < N; i++) {
        all[i] = hash_bytes(0, zeros, i);
        all[N + i] = hash_bytes(i + 1, zeros, 64);
    }
    qsort(all, 2 * N, sizeof *all, compare);
    for (size_t i = 1; i < 2 * N; i++) assert_int_not_equal(all[i], all[i - 1]);
}

/* What a file system may do to a file: parts that change places, and parts that become zeros. */
static void the_order_of_parts_counts(void **state) {
    (void)state;
    static const size_t part_sizes[] = {8, 16, 64, 128};
    uint8_t other[512];
    uint64_t h = hash_bytes(0, text, sizeof other);
    for (size_t i = 0; i < BASE_COUNT(part_sizes); i++) {
        size_t size = part_sizes[i];
        for (size_t a = 0; a + size <= sizeof other; a += size) {
            for (size_t b = 0; b + size <= a; b += size) {
                memcpy(other, text, sizeof other);
                memcpy(other + a, text + b, size);
                memcpy(other + b, text + a, size);
                assert_int_not_equal(hash_bytes(0, other, sizeof other), h);
            }
            memcpy(other, text, sizeof other);
            memset(other + a, 0, size);
            assert_int_not_equal(hash_bytes(0, other, sizeof other), h);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bytes_have_the_same_hash_at_any_address),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(sizes_and_seeds_count),
        cmocka_unit_test(the_order_of_parts_counts),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
