/* A map, a zero byte, a text: the map is refused with a sentence, or restores the text, which then
 * has as many bytes as its parts. What was read is written the same again. */
#include <string.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "guard/redact/redact_map.h"

static bool keep(const char *data, size_t len, const char *kind, void *user) {
    (void)kind;
    return buf_add(user, data, len);
}

static void check(const struct redact_map *map, const char *text, size_t len) {
    struct redact_map *again;
    struct buf first, second, out;
    buf_init(&first, 1 << 22), buf_init(&second, 1 << 22), buf_init(&out, 1 << 26);
    FUZZ_REQUIRE(redact_map_write(map, &first, NULL) == INGLE_OK);
    FUZZ_REQUIRE(redact_map_read(&again, first.data, first.size, "map", NULL) == INGLE_OK);
    FUZZ_REQUIRE(redact_map_write(again, &second, NULL) == INGLE_OK);
    FUZZ_REQUIRE(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    FUZZ_REQUIRE(redact_restore(map, text, len, keep, &out, NULL) == INGLE_OK);
    redact_map_free(again);
    buf_clear(&first), buf_clear(&second), buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *json = (const char *)data, *end = size ? memchr(json, 0, size) : NULL;
    size_t len = end ? (size_t)(end - json) : size;
    uint64_t live = mem_live();
    struct redact_map *map;
    ingle_error err = {0};
    if (size > 65536) return 0;
    if (redact_map_read(&map, size ? json : "", len, "map", &err) == INGLE_OK) {
        check(map, end ? end + 1 : "", end ? size - len - 1 : 0);
        redact_map_free(map);
    } else {
        FUZZ_REQUIRE(map == NULL && err.msg[0]);
    }
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
