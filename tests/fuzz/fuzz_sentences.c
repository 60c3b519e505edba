/* Any bytes as a text: its sentences come in order, without overlap, none too long; and what is
 * chosen of them is some of them. The first byte says how many, and how many bytes. */
#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "task/extract.h"

#define MAX_SIZE 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > MAX_SIZE) return 0;
    const char *text = (const char *)data + 1;
    size_t len = size - 1, at = 0, n, n_chosen, k = 0;
    uint64_t live = mem_live();
    struct sentence *list;
    struct text_range *chosen;
    FUZZ_REQUIRE(sentences_split(text, len, &list, &n, NULL) == INGLE_OK);
    for (size_t i = 0; i < n; i++) {
        struct text_range r = list[i].range;
        FUZZ_REQUIRE(r.from >= at && r.to > r.from && r.to <= len);
        FUZZ_REQUIRE(list[i].kind == TEXT_VERBATIM || list[i].kind == TEXT_HEADING ||
                     r.to - r.from <= SENTENCE_MAX + 64);
        at = r.to;
    }
    ingle_tasks *t;
    FUZZ_REQUIRE(ingle_tasks_new(&t, NULL, NULL) == INGLE_OK);
    struct extract_options opt = {.n_sentences = data[0] & 15, .max_bytes = 16u * (data[0] >> 4)};
    FUZZ_REQUIRE(extract_sentences(t, text, len, &opt, &chosen, &n_chosen, NULL) == INGLE_OK);
    FUZZ_REQUIRE((n_chosen > 0) == (n > 0));
    for (size_t i = 0; i < n_chosen; i++, k++) {
        while (k < n && list[k].range.from != chosen[i].from) k++;
        FUZZ_REQUIRE(k < n && list[k].range.to == chosen[i].to);
    }
    if (opt.n_sentences) FUZZ_REQUIRE(n_chosen <= opt.n_sentences);
    ingle_tasks_free(t);
    mem_free(chosen);
    mem_free(list);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
