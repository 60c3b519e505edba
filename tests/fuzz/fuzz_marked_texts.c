/* JSON lines of marked texts, as ingle learn tagger reads them: refused with a sentence, or spans
 * that lie in order inside their texts. */
#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "learn/tagger_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t live = mem_live();
    struct tagger_data d = {0};
    ingle_error err = {0};
    if (size > 65536) return 0;
    if (tagger_data_read(&d, size ? (const char *)data : "", size, "data", &err) == INGLE_OK) {
        for (size_t i = 0; i < d.n_texts; i++) {
            for (size_t k = 0, last = 0; k < d.texts[i].n_spans; k++) {
                const struct tagged_span *s = &d.texts[i].spans[k];
                FUZZ_REQUIRE(s->from >= last && s->from < s->to && s->to <= d.texts[i].len);
                FUZZ_REQUIRE(s->label < d.n_labels);
                last = s->to;
            }
        }
    } else {
        FUZZ_REQUIRE(err.msg[0]);
    }
    tagger_data_clear(&d);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
