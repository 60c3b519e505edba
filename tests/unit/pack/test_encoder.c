/* engine/pack/encoder: words of a text, vectors made of a table, and tables that are damaged. */
#include "engine/pack/encoder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "engine/format/gguf_write.h"
#include "engine/pack/encoder_text.h"
#include "support/refusal.h"
#include "support/torture.h"

enum { DIMS = 8, PIECES = 3 };

/* ---- words ---- */

static void require_words(const char *text, const char *expected) {
    struct encoder_word w;
    char found[512] = "";
    for (size_t at = 0; encoder_next_word(text, strlen(text), &at, &w);) {
        assert_true(w.n_chars >= 3 && w.at[w.n_chars] < sizeof w.bytes);
        strncat(found, w.bytes, w.at[w.n_chars]);
    }
    assert_string_equal(found, expected);
}

static void a_text_is_its_words_in_small_letters(void **state) {
    (void)state;
    require_words("", "");
    require_words(" .,-!? ", "");
    require_words("Don't stop, me NOW2!", "<dont><stop><me><now2>");
    require_words("tar -xzf a_b.tar.gz", "<tar><xzf><a><b><tar><gz>");
    require_words("\xc3\x89t\xc3\xa9 \xd0\x94\xd0\xb0", "<\xc3\xa9t\xc3\xa9><\xd0\xb4\xd0\xb0>");
    require_words("\xe4\xbb\x8a\xe5\xa4\xa9", "<\xe4\xbb\x8a><\xe5\xa4\xa9>");
    require_words("ab\xe4\xbb\x8a"
                  "cd",
                  "<ab><\xe4\xbb\x8a><cd>");
    require_words("\xe2\x80\x9cyes\xe2\x80\x9d \xf0\x9f\x98\x80", "<yes>");
    require_words("a\xff"
                  "b",
                  "<a><b>");
    require_words("'", "");
    require_words("0123456789012345678901234567890123456789", "<01234567890123456789012345678901>");
}

static void a_word_has_all_its_pieces(void **state) {
    (void)state;
    struct encoder_word w;
    uint32_t pieces[ENCODER_MAX_PIECES], again[ENCODER_MAX_PIECES];
    size_t at = 0;
    assert_true(encoder_next_word("a", 1, &at, &w));
    assert_int_equal(encoder_pieces(&w, pieces), 1);
    at = 0;
    assert_true(encoder_next_word("tar", 3, &at, &w)); /* <tar>: 3 + 2 + 1 */
    assert_int_equal(encoder_pieces(&w, pieces), 6);
    at = 0;
    assert_true(encoder_next_word("TAR!", 4, &at, &w));
    assert_int_equal(encoder_pieces(&w, again), 6);
    assert_memory_equal(pieces, again, 6 * sizeof *pieces);
    char longest[4 * 64];
    for (size_t i = 0; i < sizeof longest; i++) longest[i] = "\xf0\x90\x80\x80"[i % 4];
    at = 0;
    assert_true(encoder_next_word(longest, sizeof longest, &at, &w));
    assert_int_equal(encoder_pieces(&w, pieces), ENCODER_MAX_PIECES - 9);
}

static uint32_t hash_of(const char *word) {
    struct encoder_word w;
    size_t at = 0;
    assert_true(encoder_next_word(word, strlen(word), &at, &w));
    return encoder_word_hash(&w);
}

static void hashes_never_change(void **state) {
    (void)state;
    /* Packs are made of them: other numbers would make all packs useless. */
    assert_int_equal(hash_of("hello"), 0x17cf221au);
    assert_int_equal(hash_of("\xc3\xa9t\xc3\xa9"), 0xea44744bu);
}

/* ---- packs ---- */

/* What a pack of two words holds; NULL = left out. */
struct tables {
    const void *hashes, *words, *word_scales, *pieces, *piece_scales;
    uint32_t word_type;
    size_t n_words, n_hashes, n_scales, dims, piece_dims, n_piece_scales;
};

static const float ones[] = {1.0f, 0.5f, 2.0f};
static int8_t words[2][DIMS] = {{10, 0, 0, 0, 0, 0, 0, 127}, {0, -20, 0, 0, 0, 0, 0, 0}};
static int8_t pieces[PIECES][DIMS] = {{1, 1}, {0, 0, 3}, {0, 0, 0, -4}};
static uint32_t hashes[2];

static struct tables good(void) {
    uint32_t a = hash_of("hello"), b = hash_of("world");
    bool is_first = a < b;
    hashes[0] = is_first ? a : b;
    hashes[1] = is_first ? b : a;
    return (struct tables){hashes, words, ones, pieces, ones, ENCODER_TYPE_I8,
                           2,      2,     2,    DIMS,   DIMS, PIECES};
}

static ingle_status open_tables(const struct tables *t, ingle_pack **pack, void **memory,
                                ingle_error *err) {
    struct gguf_write w;
    struct buf out;
    gguf_write_init(&w, (size_t)1 << 20);
    gguf_write_str(&w, "general.architecture", PACK_ARCHITECTURE);
    gguf_write_str(&w, "ingle.kind", "encoder");
    gguf_write_u32(&w, "ingle.version", 1);
    if (t->hashes) {
        gguf_write_tensor(&w, ENCODER_WORD_HASH, ENCODER_TYPE_I32, t->n_hashes, 0, t->hashes);
    }
    if (t->words) gguf_write_tensor(&w, ENCODER_WORD, t->word_type, t->dims, t->n_words, t->words);
    if (t->word_scales) {
        gguf_write_tensor(&w, ENCODER_WORD_SCALE, ENCODER_TYPE_F32, t->n_scales, 0, t->word_scales);
    }
    if (t->pieces) {
        gguf_write_tensor(&w, ENCODER_PIECE, ENCODER_TYPE_I8, t->piece_dims, PIECES, t->pieces);
    }
    if (t->piece_scales) {
        gguf_write_tensor(&w, ENCODER_PIECE_SCALE, ENCODER_TYPE_F32, t->n_piece_scales, 0,
                          t->piece_scales);
    }
    buf_init(&out, (size_t)1 << 20);
    assert_int_equal(gguf_write_finish(&w, &out, NULL), INGLE_OK);
    *memory = mem_aligned(64, out.size);
    assert_non_null(*memory);
    memcpy(*memory, out.data, out.size);
    mark_error(err);
    ingle_status status = ingle_pack_open_memory(pack, *memory, out.size, "the pack", err);
    buf_clear(&out);
    return status;
}

static void expect_damage(const struct tables *t, const char *saying) {
    ingle_pack *pack;
    void *memory;
    ingle_error err;
    uint64_t live = mem_live();
    expect_refusal(open_tables(t, &pack, &memory, &err), INGLE_INVALID, &err, saying);
    assert_null(pack);
    mem_free(memory);
    assert_int_equal(mem_live(), live);
}

static void damaged_tables_are_refused(void **state) {
    (void)state;
    static const float bad[] = {1.0f, NAN, -1.0f, INFINITY};
    static const uint32_t same[] = {7, 7}, falling[] = {0xffffffffu, 1};
    struct tables t = good();
    t.words = NULL, expect_damage(&t, "encoder.word ");
    t = good(), t.pieces = NULL, expect_damage(&t, "encoder.piece ");
    t = good(), t.hashes = NULL, expect_damage(&t, "encoder.word_hash");
    t = good(), t.word_scales = NULL, expect_damage(&t, "encoder.word_scale");
    t = good(), t.piece_scales = NULL, expect_damage(&t, "encoder.piece_scale");
    t = good(), t.word_type = 25, t.dims = 4, expect_damage(&t, "must be I8");
    t = good(), t.dims = 4, expect_damage(&t, "8 to 1024");
    t = good(), t.dims = 12, t.n_words = 1, expect_damage(&t, "a multiple of 8");
    t = good(), t.dims = 16, t.n_words = 1, expect_damage(&t, "as long as");
    t = good(), t.n_hashes = 1, expect_damage(&t, "encoder.word_hash");
    t = good(), t.n_scales = 1, expect_damage(&t, "encoder.word_scale");
    t = good(), t.n_piece_scales = 2, expect_damage(&t, "encoder.piece_scale");
    t = good(), t.hashes = same, expect_damage(&t, "ascend");
    t = good(), t.hashes = falling, expect_damage(&t, "ascend");
    for (size_t i = 0; i + 1 < BASE_COUNT(bad); i++) {
        t = good(), t.word_scales = bad + i, expect_damage(&t, "0 to 1e6");
    }
    t = good(), t.piece_scales = bad, expect_damage(&t, "0 to 1e6");
}

static ingle_pack *open_good(void **memory) {
    struct tables t = good();
    ingle_pack *pack;
    ingle_error err;
    assert_int_equal(open_tables(&t, &pack, memory, &err), INGLE_OK);
    assert_int_equal(ingle_pack_get_info(pack).kind, INGLE_PACK_ENCODER);
    assert_int_equal(ingle_pack_get_info(pack).n_dims, DIMS);
    return pack;
}

/* The scaled sum of rows, brought to length 1. */
static void expect_vector(const ingle_pack *pack, const char *text, const float sum[DIMS]) {
    float v[DIMS], length = 0;
    assert_int_equal(ingle_encode(pack, text, strlen(text), v, NULL), INGLE_OK);
    for (size_t d = 0; d < DIMS; d++) length += sum[d] * sum[d];
    length = length > 0 ? sqrtf(length) : 1.0f;
    for (size_t d = 0; d < DIMS; d++) assert_true(fabsf(v[d] - sum[d] / length) < 1e-6f);
}

static void a_text_is_the_sum_of_its_words(void **state) {
    (void)state;
    void *memory;
    ingle_pack *pack = open_good(&memory);
    size_t hello = hashes[0] == hash_of("hello") ? 0 : 1;
    float sums[2][DIMS] = {{0}}, both[DIMS];
    for (size_t d = 0; d < DIMS; d++) {
        sums[hello][d] = ones[hello] * (float)words[hello][d];
        sums[!hello][d] = ones[!hello] * (float)words[!hello][d];
        both[d] = sums[hello][d] + 2 * sums[!hello][d];
    }
    expect_vector(pack, "hello", sums[hello]);
    expect_vector(pack, "World!", sums[!hello]);
    expect_vector(pack, "World, hello WORLD", both);
    expect_vector(pack, "", (float[DIMS]){0});
    expect_vector(pack, "...", (float[DIMS]){0});
    ingle_pack_close(pack);
    mem_free(memory);
}

static void a_word_that_is_not_known_is_the_mean_of_its_pieces(void **state) {
    (void)state;
    void *memory;
    ingle_pack *pack = open_good(&memory);
    struct encoder_word w;
    uint32_t list[ENCODER_MAX_PIECES];
    float sum[DIMS] = {0};
    size_t at = 0;
    assert_true(encoder_next_word("helloworld", 10, &at, &w));
    size_t n = encoder_pieces(&w, list);
    for (size_t i = 0; i < n; i++) {
        size_t row = list[i] % PIECES;
        for (size_t d = 0; d < DIMS; d++) sum[d] += ones[row] * (float)pieces[row][d];
    }
    expect_vector(pack, "HelloWorld", sum);
    ingle_pack_close(pack);
    mem_free(memory);
}

static void any_bytes_have_a_vector_of_length_one_or_zero(void **state) {
    (void)state;
    void *memory;
    ingle_pack *pack = open_good(&memory);
    struct rng rng;
    rng_init(&rng, 3);
    char text[300];
    for (int round = 0; round < 2000; round++) {
        size_t len = rng_below(&rng, sizeof text);
        for (size_t i = 0; i < len; i++) text[i] = (char)rng_below(&rng, 256);
        float v[DIMS], square = 0;
        assert_int_equal(ingle_encode(pack, text, len, v, NULL), INGLE_OK);
        for (size_t d = 0; d < DIMS; d++) square += v[d] * v[d];
        assert_true(square == 0.0f || fabsf(square - 1.0f) < 1e-5f);
    }
    ingle_pack_close(pack);
    mem_free(memory);
}

static void other_kinds_are_refused(void **state) {
    (void)state;
    void *memory;
    ingle_pack *pack = open_good(&memory);
    ingle_class top;
    ingle_classification c;
    ingle_error err;
    mark_error(&err);
    expect_refusal(ingle_classify(pack, "x", 1, &top, 1, &c, &err), INGLE_BAD_ARGUMENT, &err,
                   "classifier");
    ingle_pack_close(pack);
    mem_free(memory);
}

static ingle_status open_and_close(ingle_error *err) {
    static _Alignas(64) char bytes[65536];
    static size_t size;
    if (size == 0) {
        struct tables t = good();
        ingle_pack *pack;
        void *memory;
        assert_int_equal(open_tables(&t, &pack, &memory, err), INGLE_OK);
        ingle_pack_close(pack);
        mem_free(memory);
        struct gguf_write w;
        struct buf out;
        gguf_write_init(&w, (size_t)1 << 20);
        gguf_write_str(&w, "general.architecture", PACK_ARCHITECTURE);
        gguf_write_str(&w, "ingle.kind", "encoder");
        gguf_write_u32(&w, "ingle.version", 1);
        gguf_write_tensor(&w, ENCODER_WORD_HASH, ENCODER_TYPE_I32, 2, 0, hashes);
        gguf_write_tensor(&w, ENCODER_WORD, ENCODER_TYPE_I8, DIMS, 2, words);
        gguf_write_tensor(&w, ENCODER_WORD_SCALE, ENCODER_TYPE_F32, 2, 0, ones);
        gguf_write_tensor(&w, ENCODER_PIECE, ENCODER_TYPE_I8, DIMS, PIECES, pieces);
        gguf_write_tensor(&w, ENCODER_PIECE_SCALE, ENCODER_TYPE_F32, PIECES, 0, ones);
        buf_init(&out, sizeof bytes);
        assert_int_equal(gguf_write_finish(&w, &out, NULL), INGLE_OK);
        memcpy(bytes, out.data, out.size);
        size = out.size;
        buf_clear(&out);
    }
    ingle_pack *pack;
    ingle_status status = ingle_pack_open_memory(&pack, bytes, size, "the pack", err);
    if (status == INGLE_OK)
        ingle_pack_close(pack);
    else
        assert_null(pack);
    return status;
}

static void no_memory_is_said_at_every_allocation(void **state) {
    (void)state;
    ingle_error err;
    assert_int_equal(open_and_close(&err), INGLE_OK);
    assert_true(torture(open_and_close) >= 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_its_words_in_small_letters),
        cmocka_unit_test(a_word_has_all_its_pieces),
        cmocka_unit_test(hashes_never_change),
        cmocka_unit_test(damaged_tables_are_refused),
        cmocka_unit_test(a_text_is_the_sum_of_its_words),
        cmocka_unit_test(a_word_that_is_not_known_is_the_mean_of_its_pieces),
        cmocka_unit_test(any_bytes_have_a_vector_of_length_one_or_zero),
        cmocka_unit_test(other_kinds_are_refused),
        cmocka_unit_test(no_memory_is_said_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
