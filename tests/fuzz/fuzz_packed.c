/* Any bytes as a file of packed weights: refused, or all that it says lies in it. The first byte
 * says whether what follows is given hashes that fit, without which little gets far. */
#include <string.h>

#include "base/alloc.h"
#include "engine/model/packed_header.h"
#include "fuzz/fuzz.h"

static volatile uint64_t sink; /* so that no read is dropped */

static void check(const uint8_t *file, size_t size, const struct packed_key *key) {
    struct packed_view view;
    ingle_error err = {0};
    ingle_status status = packed_view_init(&view, file, size, key, &err);
    if (status != INGLE_OK) {
        FUZZ_REQUIRE(status == INGLE_INVALID && err.code == status);
        FUZZ_REQUIRE(strncmp(err.msg, "The cached file ", 16) == 0);
        return;
    }
    FUZZ_REQUIRE(memcmp(&view.header.key, key, sizeof *key) == 0 && key->data_size > 0);
    FUZZ_REQUIRE(view.data > file && view.data <= file + size);
    FUZZ_REQUIRE(key->data_size <= (uint64_t)(file + size - view.data));
    size_t n = packed_n_chunks((size_t)key->data_size);
    FUZZ_REQUIRE((const uint8_t *)(view.sums + n) <= view.data);
    sink += view.sums[0] + view.sums[n - 1] + view.data[0] + view.data[key->data_size - 1];
}

/* With sums and hashes as if it were whole, if there is room for them. */
static void seal(uint8_t *file, size_t size) {
    struct packed_header h;
    size_t data_at, file_size;
    if (size < PACKED_SUMS_AT) return;
    memcpy(&h, file, sizeof h);
    if (!packed_sizes(h.key.data_size, &data_at, &file_size) || data_at > size) return;
    uint64_t version = h.version;
    packed_header_seal(&h, (const uint64_t *)(const void *)(file + PACKED_SUMS_AT));
    if (version % 2) memcpy(file, &h, sizeof h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    bool is_sealed = data[0] & 1;
    /* The data of a file are far from its head: the tail of the input is spread, not copied. */
    size_t head = size - 1, whole = head;
    if (data[0] & 2) whole = PACKED_CHUNK + (head < 4096 ? 0 : head - 4096);
    uint8_t *file = mem_aligned(64, whole ? whole : 1);
    FUZZ_REQUIRE(file);
    memcpy(file, data + 1, head < whole ? head : whole);
    if (is_sealed) seal(file, whole);
    struct packed_key key = {.model = 1, .layout = 2, .data_size = 4096};
    check(file, whole, &key);
    struct packed_header h;
    if (whole >= sizeof h) {
        memcpy(&h, file, sizeof h);
        check(file, whole, &h.key);
    }
    mem_free(file);
    return 0;
}
