/* A pack's bytes: refused, or a tagger whose spans lie in order inside the text. */
#include <string.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "ingle/pack.h"

static const char text[] =
    "Ada Byron, born 10.12.1815, lives at 12 St James's Sq.\n\nCall 7 or Zo\xc3\xab.";

static bool on_span(const ingle_span *span, void *user) {
    size_t *last = user;
    FUZZ_REQUIRE(span->from >= *last && span->to > span->from && span->to < sizeof text);
    FUZZ_REQUIRE(span->confidence >= 0.0f && span->confidence <= 1.001f);
    *last = span->to;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t live = mem_live();
    void *copy = mem_aligned(64, size + 1);
    ingle_pack *pack;
    if (!copy) return 0;
    if (size) memcpy(copy, data, size);
    if (ingle_pack_open_memory(&pack, copy, size, "the pack", NULL) == INGLE_OK) {
        size_t last = 0;
        if (ingle_pack_get_info(pack).kind == INGLE_PACK_TAGGER) {
            FUZZ_REQUIRE(ingle_tag(pack, text, sizeof text - 1, on_span, &last, NULL) == INGLE_OK);
        }
        ingle_pack_close(pack);
    }
    mem_free(copy);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
