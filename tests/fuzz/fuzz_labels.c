/* A file of labels: labels that ingle_intent() takes, or refused with a line. */
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "cli/intent_labels.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t live = mem_live();
    struct intent_labels l;
    ingle_error err = {0};
    ingle_status status = intent_labels_parse(&l, (const char *)data, size, "labels", &err);
    FUZZ_REQUIRE(status == INGLE_OK || (status == INGLE_INVALID && err.msg[0]));
    if (status == INGLE_OK) {
        FUZZ_REQUIRE(l.n >= 2 && l.n <= INGLE_LABELS_MAX);
        for (size_t i = 0; i < l.n; i++) {
            size_t len = strlen(l.labels[i].name);
            FUZZ_REQUIRE(len >= 1 && len <= 256 && utf8_is_valid(l.labels[i].name, len));
            FUZZ_REQUIRE(!strpbrk(l.labels[i].name, "\n\t"));
            for (size_t j = 0; j < l.labels[i].n_examples; j++) {
                FUZZ_REQUIRE(l.labels[i].examples[j][0]);
            }
        }
    }
    intent_labels_clear(&l);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
