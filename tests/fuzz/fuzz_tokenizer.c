/* The first byte chooses a tiny vocabulary and the flags, the rest is text: ids in range, no more
 * than the contract says, byte-level text that comes back as it was, and stable ids that are.
 *
 *     bits 0-2  the vocabulary, unless bit 5 is set: then the last one
 *     bit 3     add_special
 *     bit 4     parse_special */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "engine/text/tokenizer.h"
#include "fuzz/fuzz.h"
#include "fuzz/tiny_vocab.h"

#define MAX_TEXT 4096

static struct tokenizer *open_vocab(int which) {
    static struct tokenizer *open[TINY_VOCABS];
    static struct gguf *files[TINY_VOCABS]; /* borrowed from */
    if (open[which]) return open[which];
    char path[64];
    struct gguf_writer w;
    ingle_error err = {0};
    int fd = memfd_create("vocab", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    gguf_writer_init(&w);
    tiny_vocab_write(&w, which);
    FUZZ_REQUIRE(fd >= 0 && gguf_writer_save(&w, path));
    if (gguf_open(&files[which], path, &err) != INGLE_OK ||
        tokenizer_open(&open[which], files[which], &err) != INGLE_OK)
        fprintf(stderr, "vocabulary %d: %s\n", which, err.msg);
    FUZZ_REQUIRE(open[which] != NULL);
    close(fd);
    return open[which];
}

/* Well-formed UTF-8 (Unicode 15, table 3-7). */
static bool is_utf8(const uint8_t *s, size_t len) {
    for (size_t i = 0; i < len;) {
        uint8_t lead = s[i], low = 0x80, high = 0xbf;
        size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || n > len - i) return false;
        if (lead == 0xe0) low = 0xa0;
        if (lead == 0xed) high = 0x9f;
        if (lead == 0xf0) low = 0x90;
        if (lead == 0xf4) high = 0x8f;
        for (size_t k = 1; k < n; k++) {
            if (s[i + k] < low || s[i + k] > high) return false;
            low = 0x80;
            high = 0xbf;
        }
        i += n;
    }
    return true;
}

static void check_text(const struct tokenizer *t, const int32_t *ids, size_t n, const uint8_t *text,
                       size_t len) {
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        struct gguf_str piece = tokenizer_piece(t, ids[i], true);
        FUZZ_REQUIRE(piece.len <= len - at && memcmp(piece.data, text + at, piece.len) == 0);
        at += piece.len;
    }
    FUZZ_REQUIRE(at == len);
}

/* What is stable of the first half begins the ids of the whole. */
static void check_stable(const struct tokenizer *t, const char *text, size_t len, bool add_special,
                         bool parse_special, const int32_t *ids, size_t n) {
    static int32_t stable[3 * MAX_TEXT + 3];
    size_t n_stable;
    FUZZ_REQUIRE(tokenizer_encode_stable(t, text, len / 2, add_special, parse_special, stable,
                                         BASE_COUNT(stable), &n_stable, NULL) == INGLE_OK);
    FUZZ_REQUIRE(n_stable <= n && memcmp(stable, ids, n_stable * sizeof *ids) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int32_t ids[3 * MAX_TEXT + 3];
    if (size < 1 || size > MAX_TEXT) return 0;
    int which = data[0] & 32 ? TINY_VOCABS - 1 : data[0] & 7;
    bool add_special = data[0] & 8, parse_special = data[0] & 16;
    const char *text = (const char *)data + 1;
    size_t len = size - 1, n, counted;
    const struct tokenizer *t = open_vocab(which);
    uint64_t live = mem_live();
    ingle_error err = {0};
    FUZZ_REQUIRE(tokenizer_encode(t, text, len, add_special, parse_special, ids, BASE_COUNT(ids),
                                  &n, &err) == INGLE_OK);
    /* A byte that is no UTF-8 is encoded as U+FFFD, three bytes. */
    bool well_formed = is_utf8(data + 1, len);
    FUZZ_REQUIRE(n <= (well_formed ? len : 3 * len) + 3);
    for (size_t i = 0; i < n; i++) {
        FUZZ_REQUIRE(ids[i] >= 0 && ids[i] < tokenizer_n_vocab(t));
        if (!add_special && !parse_special) FUZZ_REQUIRE(!tokenizer_is_end(t, ids[i]));
    }
    FUZZ_REQUIRE(tokenizer_encode(t, text, len, add_special, parse_special, NULL, 0, &counted,
                                  &err) == INGLE_OK);
    FUZZ_REQUIRE(counted == n);
    check_stable(t, text, len, add_special, parse_special, ids, n);
    if (tiny_vocab_is_bytes(which) && !add_special && well_formed)
        check_text(t, ids, n, data + 1, len);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
