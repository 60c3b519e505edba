/* Where a text may be cut: never where two parts may join. */
#include "engine/text/joints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

static struct joints *joints;

static int make(void **state) {
    (void)state;
    joints = calloc(1, sizeof *joints);
    return joints ? 0 : -1;
}

static int drop(void **state) {
    (void)state;
    free(joints);
    return 0;
}

/* The first `at` bytes of a text and the others are parts. */
static void add(const char *text, size_t at) {
    char room[32] = {0}; /* so that nothing lies outside of a literal */
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) room[JOINT_SIDE + i] = text[i];
    joints_add(joints, room + JOINT_SIDE + at, at, len - at);
}

static bool may_join(const char *text, size_t at) {
    return joints_may_join(joints, text, 0, at, strlen(text));
}

static void nothing_joins_at_first(void **state) {
    (void)state;
    assert_false(may_join("ab", 1));
    assert_false(may_join("\xe4\xb8\xad\xe6\x96\x87", 3));
}

static void two_bytes_tell_most_joints(void **state) {
    (void)state;
    add("abcd", 2);
    add("xyzxyz", 3); /* ASCII, however long */
    assert_true(may_join("bc", 1));
    assert_true(may_join("bbcc", 2));
    assert_true(may_join("zx", 1));
    assert_false(may_join("cb", 1));
    assert_false(may_join("ab", 1));
}

static void six_bytes_tell_joints_of_long_parts(void **state) {
    (void)state;
    add("\xe4\xb8\xad\xe6\x96\x87", 3);
    assert_true(may_join("\xe4\xb8\xad\xe6\x96\x87", 3));
    assert_true(may_join("a\xe4\xb8\xad\xe6\x96\x87z", 4));
    assert_false(may_join("\xe5\xb8\xad\xe6\x96\x87", 3)); /* the same two meet */
    assert_false(may_join("\xe4\xb8\xad\xe6\x96\x88", 3));
}

static void where_a_long_part_has_no_room_it_does_not_join(void **state) {
    (void)state;
    const char *text = "\xe4\xb8\xad\xe6\x96\x87";
    add(text, 3);
    assert_false(joints_may_join(joints, text, 1, 3, 6));
    assert_false(joints_may_join(joints, text, 0, 3, 5));
}

static void a_short_part_joins_whatever_is_around_it(void **state) {
    (void)state;
    add("\xb8\xad\xe6\x96\x87", 2);
    const char text[] = "\xb8\xb8\xad\xe6\x96\x87";
    assert_true(joints_may_join(joints, text, 2, 3, 4));
    assert_true(may_join("\xe5\xe5\xad\xe6\x96\x87", 3));
}

/* Of what was added, nothing is missed; of what was not, little is made up. */
static void no_joint_is_missed(void **state) {
    (void)state;
    enum { N = 20000, LEN = 8 };
    static char texts[N][LEN];
    static uint8_t at[N];
    struct rng rng;
    rng_init(&rng, 3);
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < LEN; k++) texts[i][k] = (char)(0x80 + rng_below(&rng, 0x80));
        at[i] = (uint8_t)(3 + rng_below(&rng, 3));
        joints_add(joints, texts[i] + at[i], at[i], LEN - at[i]);
    }
    int made_up = 0;
    for (int i = 0; i < N; i++) {
        assert_true(joints_may_join(joints, texts[i], 0, at[i], LEN));
        texts[i][at[i]] ^= 1;
        made_up += joints_may_join(joints, texts[i], 0, at[i], LEN);
    }
    assert_true(made_up < N / 20);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(nothing_joins_at_first),
        TEST(two_bytes_tell_most_joints),
        TEST(six_bytes_tell_joints_of_long_parts),
        TEST(where_a_long_part_has_no_room_it_does_not_join),
        TEST(a_short_part_joins_whatever_is_around_it),
        TEST(no_joint_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
