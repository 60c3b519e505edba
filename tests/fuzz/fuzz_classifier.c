/* Any bytes as a classifier: refused with a sentence, or what it answers to any text adds up. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "ingle/pack.h"

#define MAX_SIZE ((size_t)1 << 20)

static void check_answer(const ingle_pack *pack, const char *text, size_t len) {
    ingle_class top[4];
    ingle_classification c;
    ingle_error err = {0};
    ingle_status status = ingle_classify(pack, text, len, top, 4, &c, &err);
    if (status != INGLE_OK) { /* numbers of its weights that are none */
        FUZZ_REQUIRE(status == INGLE_INVALID && err.msg[0]);
        return;
    }
    size_t n_labels = ingle_pack_get_info(pack).n_labels;
    FUZZ_REQUIRE(c.n == (n_labels < 4 ? n_labels : 4));
    FUZZ_REQUIRE(c.confidence >= 0 && c.confidence <= 1);
    for (size_t i = 0; i < c.n; i++) {
        FUZZ_REQUIRE(top[i].label < n_labels && ingle_pack_label(pack, top[i].label));
        FUZZ_REQUIRE(top[i].confidence >= 0 && top[i].confidence <= 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char text[] = "Hello world, say hello: bl\xc3\xbcht \xe4\xbb\x8a.";
    if (size > MAX_SIZE) return 0;
    uint64_t live = mem_live();
    void *copy = mem_aligned(64, size + 1);
    FUZZ_REQUIRE(copy);
    if (size) memcpy(copy, data, size);
    ingle_pack *pack;
    ingle_error err = {0};
    ingle_status status = ingle_pack_open_memory(&pack, copy, size, "fuzz", &err);
    if (status == INGLE_OK) {
        if (ingle_pack_get_info(pack).kind == INGLE_PACK_CLASSIFIER) {
            check_answer(pack, text, sizeof text - 1);
            check_answer(pack, copy, size);
        }
        ingle_pack_close(pack);
    } else {
        FUZZ_REQUIRE(!pack && err.code == status && err.msg[0]);
    }
    mem_free(copy);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
