/* worker/wire/msg_*: every message says the same after it was read, and no part of it is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/messages.h"
#include "support/refusal.h"

#define MAX ((size_t)1 << 20)

static ingle_status read_again(const struct message_kind *k, const void *data, size_t size,
                               struct buf *again, ingle_error *err) {
    _Alignas(16) uint8_t message[MESSAGES_MAX_SIZE];
    struct arena a;
    assert_true(k->size <= sizeof message);
    arena_init(&a, MAX);
    uint8_t *copy = mem_alloc(size ? size : 1);
    memcpy(copy, data, size);
    ingle_status status = wire_read(message, k->size, k->visit, copy, size, &a, err);
    if (status == INGLE_OK) status = wire_write(again, k->visit, message, err);
    mem_free(copy); /* of which views borrow */
    arena_clear(&a);
    return status;
}

/* again: a buffer for read_again() */
typedef void check_fn(const struct message_kind *k, struct buf *bytes, struct buf *again);

static void check_every_example(check_fn *check) {
    for (size_t i = 0; i < n_message_kinds; i++) {
        const struct message_kind *k = &message_kinds[i];
        struct buf bytes, again;
        buf_init(&bytes, MAX);
        buf_init(&again, MAX);
        assert_int_equal(wire_write(&bytes, k->visit, k->example, NULL), INGLE_OK);
        check(k, &bytes, &again);
        buf_clear(&bytes);
        buf_clear(&again);
    }
}

static void check_every_length(const struct message_kind *k, struct buf *bytes, struct buf *again) {
    for (size_t size = 0; size <= bytes->size; size++) {
        ingle_error err;
        buf_reset(again);
        ingle_status status = read_again(k, bytes->data, size, again, &err);
        if (size < bytes->size) {
            expect_refusal(status, INGLE_INVALID, &err, "malformed");
        } else {
            assert_int_equal(status, INGLE_OK);
        }
    }
    assert_int_equal(again->size, bytes->size);
    assert_memory_equal(again->data, bytes->data, bytes->size);
}

static void every_message_is_read_as_it_was_written_and_only_whole(void **state) {
    (void)state;
    check_every_example(check_every_length);
}

static void check_every_byte(const struct message_kind *k, struct buf *bytes, struct buf *again) {
    static const uint8_t flips[] = {1, 0x80, 0xff};
    for (size_t at = 0; at < bytes->size; at++) {
        for (size_t j = 0; j < sizeof flips; j++) {
            bytes->data[at] = (char)(bytes->data[at] ^ flips[j]);
            buf_reset(again);
            if (read_again(k, bytes->data, bytes->size, again, NULL) == INGLE_OK) {
                assert_int_equal(again->size, bytes->size);
                assert_memory_equal(again->data, bytes->data, bytes->size);
            }
            bytes->data[at] = (char)(bytes->data[at] ^ flips[j]);
        }
    }
}

static void any_byte_of_it_may_be_changed(void **state) {
    (void)state;
    check_every_example(check_every_byte);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_read_as_it_was_written_and_only_whole),
        cmocka_unit_test(any_byte_of_it_may_be_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
