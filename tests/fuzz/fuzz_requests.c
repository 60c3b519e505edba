/* Any bytes as any request to the worker's threads, which run in this process with a tiny model:
 * each is answered, once, and the next one too. The first byte says which request. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "support/serving.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct serving served;
    static bool is_up;
    if (!is_up) {
        FUZZ_REQUIRE(serving_start(&served, 64));
        is_up = true;
    }
    if (size < 1) return 0;
    ingle_status status =
        serving_ask(&served, (enum msg_type)(data[0] % MSG_STARTED), data + 1, size - 1, -1.0);
    FUZZ_REQUIRE(status <= INGLE_UNSUPPORTED && status != INGLE_CANCELLED);
    return 0;
}
