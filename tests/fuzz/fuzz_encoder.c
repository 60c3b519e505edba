/* Any bytes as an encoder: refused with a sentence, or vectors of any text are of length one, or
 * zero. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "ingle/pack.h"

#define MAX_SIZE ((size_t)1 << 20)

static void check_vector(const ingle_pack *pack, const char *text, size_t len) {
    size_t n = ingle_pack_get_info(pack).n_dims;
    FUZZ_REQUIRE(n >= 8 && n <= 1024);
    float v[1024];
    double square = 0;
    FUZZ_REQUIRE(ingle_encode(pack, text, len, v, NULL) == INGLE_OK);
    for (size_t d = 0; d < n; d++) square += (double)v[d] * (double)v[d];
    FUZZ_REQUIRE(square == 0 || fabs(square - 1) < 1e-3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char text[] = "Hello world, a word that nobody knows: bl\xc3\xbcht \xe4\xbb\x8a.";
    if (size > MAX_SIZE) return 0;
    uint64_t live = mem_live();
    void *copy = mem_aligned(64, size + 1);
    FUZZ_REQUIRE(copy);
    if (size) memcpy(copy, data, size);
    ingle_pack *pack;
    ingle_error err = {0};
    ingle_status status = ingle_pack_open_memory(&pack, copy, size, "fuzz", &err);
    if (status == INGLE_OK) {
        if (ingle_pack_get_info(pack).kind == INGLE_PACK_ENCODER) {
            check_vector(pack, text, sizeof text - 1);
            check_vector(pack, copy, size);
        }
        ingle_pack_close(pack);
    } else {
        FUZZ_REQUIRE(!pack && err.code == status && err.msg[0]);
    }
    mem_free(copy);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
