/* Any bytes as any request to the worker's threads, which run in this process with a tiny model:
 * each is answered, once, and the next one too. The first byte says which request, and by its
 * highest bit whether a worker without slots gets it or one with two. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "support/serving.h"
#include "worker/wire/msg_remember.h"

/* A snapshot that was begun takes all requests for its next parts, and whoever sends another is no
 * front. One without bytes ends it. */
static void end_restore(struct serving *served) {
    const struct msg_restore end = {.is_last = true, .bytes = {"", 0}};
    struct buf body;
    buf_init(&body, 64);
    FUZZ_REQUIRE(wire_write(&body, msg_restore, &end, NULL) == INGLE_OK);
    ingle_status status = serving_ask(served, MSG_RESTORE, body.data, body.size, -1.0);
    FUZZ_REQUIRE(status != INGLE_OK && status <= INGLE_UNSUPPORTED);
    buf_clear(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct serving all[2];
    static bool is_up;
    if (!is_up) {
        FUZZ_REQUIRE(serving_start(&all[0], 64) && serving_start_slots(&all[1], 64, 2));
        is_up = true;
    }
    if (size < 1) return 0;
    struct serving *served = &all[data[0] >> 7];
    ingle_status status =
        serving_ask(served, (enum msg_type)(data[0] % MSG_STARTED), data + 1, size - 1, -1.0);
    FUZZ_REQUIRE(status <= INGLE_UNSUPPORTED && status != INGLE_CANCELLED);
    if (data[0] % MSG_STARTED == MSG_RESTORE) end_restore(served);
    return 0;
}
