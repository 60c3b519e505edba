/* A text in which what stands between < and > is a span of kind PERSON, the rest is for the rules:
 * rules, merging and repetitions keep their promises, and the redacted text comes back whole. */
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "guard/redact/redact_map.h"
#include "guard/redact/redact_repeats.h"
#include "guard/redact/rules.h"

#define MAX_SIZE 2048

static bool keep(const char *data, size_t len, const char *kind, void *user) {
    (void)kind;
    return buf_add(user, data, len);
}

static void check_order(const struct redact_spans *s, size_t len) {
    for (size_t i = 0, last = 0; i < s->n; i++) {
        FUZZ_REQUIRE(s->items[i].from >= last && s->items[i].to > s->items[i].from);
        last = s->items[i].to;
        FUZZ_REQUIRE(last <= len);
    }
}

static bool is_covered(const struct redact_spans *s, size_t at) {
    for (size_t i = 0; i < s->n; i++) {
        if (at >= s->items[i].from && at < s->items[i].to) return true;
    }
    return false;
}

static void check_way_back(const char *text, size_t len, const struct redact_spans *spans) {
    struct redact_map *map, *again = NULL;
    struct buf redacted, json, restored;
    buf_init(&redacted, 1 << 20), buf_init(&json, 1 << 20), buf_init(&restored, 1 << 20);
    FUZZ_REQUIRE(redact_map_new(&map, NULL) == INGLE_OK);
    FUZZ_REQUIRE(redact_apply(map, text, len, spans, keep, &redacted, NULL) == INGLE_OK);
    FUZZ_REQUIRE(redact_map_write(map, &json, NULL) == INGLE_OK);
    ingle_status status = redact_map_read(&again, json.data, json.size, "map", NULL);
    FUZZ_REQUIRE(status == INGLE_OK);
    const char *data = redacted.data ? redacted.data : "";
    FUZZ_REQUIRE(redact_restore(again, data, redacted.size, keep, &restored, NULL) == INGLE_OK);
    FUZZ_REQUIRE(restored.size == len && (len == 0 || memcmp(restored.data, text, len) == 0));
    redact_map_free(map);
    redact_map_free(again);
    buf_clear(&redacted), buf_clear(&json), buf_clear(&restored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct redact_span none = {0, 0, "PERSON", 0.9f, REDACT_BY_MODEL};
    struct redact_spans rules = {0}, tagged = {0}, merged = {0}, all = {0};
    const char *text = (const char *)data;
    if (size > MAX_SIZE) return 0;
    uint64_t live = mem_live();
    FUZZ_REQUIRE(redact_rules(&rules, text, size, NULL) == INGLE_OK);
    check_order(&rules, size);
    for (size_t i = 0, end; i < size && utf8_is_valid(text, size); i = end + 1) {
        const char *open = memchr(text + i, '<', size - i);
        if (!open) break;
        i = (size_t)(open - text);
        const char *close = memchr(open, '>', size - i);
        if (!close) break;
        end = (size_t)(close - text);
        struct redact_span span = none;
        span.from = i;
        span.to = end;
        FUZZ_REQUIRE(redact_spans_add(&tagged, &span, NULL) == INGLE_OK);
    }
    FUZZ_REQUIRE(redact_spans_merge(&merged, text, size, &rules, &tagged, NULL) == INGLE_OK);
    check_order(&merged, size);
    for (size_t i = 0; i < rules.n; i++) {
        FUZZ_REQUIRE(is_covered(&merged, rules.items[i].from));
        FUZZ_REQUIRE(is_covered(&merged, rules.items[i].to - 1));
    }
    FUZZ_REQUIRE(redact_repeats(&all, text, size, &merged, NULL) == INGLE_OK);
    check_order(&all, size);
    for (size_t i = 0; i < merged.n; i++) FUZZ_REQUIRE(is_covered(&all, merged.items[i].from));
    if (utf8_is_valid(text, size)) check_way_back(text, size, &all);
    redact_spans_clear(&rules);
    redact_spans_clear(&tagged);
    redact_spans_clear(&merged);
    redact_spans_clear(&all);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
