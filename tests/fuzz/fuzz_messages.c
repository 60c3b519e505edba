/* Any bytes as any message between front and worker: refused, or what was read is written as the
 * same bytes. The first byte says which message. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "support/messages.h"

#define MAX_ARENA ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    _Alignas(16) uint8_t message[MESSAGES_MAX_SIZE];
    if (size < 1) return 0;
    const struct message_kind *k = &message_kinds[data[0] % n_message_kinds];
    FUZZ_REQUIRE(k->size <= sizeof message);
    struct arena a;
    ingle_error err = {0};
    arena_init(&a, MAX_ARENA);
    ingle_status status = wire_read(message, k->size, k->visit, data + 1, size - 1, &a, &err);
    if (status == INGLE_OK) {
        struct buf again;
        buf_init(&again, size);
        FUZZ_REQUIRE(wire_write(&again, k->visit, message, NULL) == INGLE_OK);
        FUZZ_REQUIRE(again.size == size - 1 && memcmp(again.data, data + 1, size - 1) == 0);
        buf_clear(&again);
    } else {
        FUZZ_REQUIRE(status == INGLE_INVALID || status == INGLE_NO_MEMORY);
        FUZZ_REQUIRE(err.code == status && err.msg[0]);
    }
    arena_clear(&a);
    return 0;
}
