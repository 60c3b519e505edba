/* engine/format/gguf: files that open and what they say, and every rule whose breach is refused. */
#include "engine/format/gguf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/folder.h"
#include "support/gguf_writer.h"
#include "support/process.h"

static char path[128];

static int make_folder(void **state) {
    if (folder_make(state) != 0) return -1;
    snprintf(path, sizeof path, "%s", folder_file("model.gguf"));
    return 0;
}

static struct gguf *open_good(struct gguf_writer *w) {
    struct gguf *g = NULL;
    ingle_error err = {0};
    assert_true(gguf_writer_save(w, path));
    if (gguf_open(&g, path, &err) != INGLE_OK) fail_msg("refused: %s", err.msg);
    assert_non_null(g);
    return g;
}

/* The sentence must name the file and contain `saying`. */
static void refuses_path(const char *opened, ingle_status code, const char *saying) {
    struct gguf *g = (struct gguf *)path;
    ingle_error err = {0};
    ingle_status status = gguf_open(&g, opened, &err);
    if (status != code || err.code != code) {
        fail_msg("%s instead of %s (%s): %s", ingle_status_name(status), ingle_status_name(code),
                 saying, err.msg);
    }
    assert_null(g);
    if (!strstr(err.msg, saying)) fail_msg("'%s' does not say '%s'", err.msg, saying);
    if (!strstr(err.msg, opened)) fail_msg("'%s' does not name the file", err.msg);
    assert_int_equal(err.msg[strlen(err.msg) - 1], '.');
}

static void refuses(struct gguf_writer *w, ingle_status code, const char *saying) {
    assert_true(gguf_writer_save(w, path));
    refuses_path(path, code, saying);
}

/* ---- good files ---- */

static void an_empty_model_of_either_version_opens(void **state) {
    (void)state;
    for (uint32_t version = 2; version <= 3; version++) {
        struct gguf_writer w;
        gguf_writer_init(&w);
        w.version = version;
        struct gguf *g = open_good(&w);
        assert_int_equal(gguf_version(g), version);
        assert_string_equal(gguf_path(g), path);
        assert_int_equal(gguf_n_kvs(g), 0);
        assert_int_equal(gguf_n_tensors(g), 0);
        assert_int_equal(gguf_file_size(g), 32);
        assert_null(gguf_find(g, "general.name"));
        assert_null(gguf_find_tensor(g, "x"));
        gguf_close(g);
    }
    gguf_close(NULL);
}

static void write_every_type(struct gguf_writer *w) {
    gguf_writer_init(w);
    gguf_writer_key(w, "u8", GGUF_U8), put_u8(&w->kvs, 200);
    gguf_writer_key(w, "i8", GGUF_I8), put_u8(&w->kvs, (uint8_t)-100);
    gguf_writer_key(w, "u16", GGUF_U16), put_u16(&w->kvs, 60000);
    gguf_writer_key(w, "i16", GGUF_I16), put_u16(&w->kvs, (uint16_t)-30000);
    gguf_writer_key(w, "u32", GGUF_U32), put_u32(&w->kvs, 4000000000u);
    gguf_writer_key(w, "i32", GGUF_I32), put_u32(&w->kvs, (uint32_t)-2000000000);
    gguf_writer_key(w, "f32", GGUF_F32), put_f32(&w->kvs, 10.5f);
    gguf_writer_key(w, "bool", GGUF_BOOL), put_u8(&w->kvs, 1);
    gguf_writer_key(w, "str", GGUF_STRING), put_str(&w->kvs, "text");
    gguf_writer_key(w, "u64", GGUF_U64), put_u64(&w->kvs, UINT64_MAX);
    gguf_writer_key(w, "i64", GGUF_I64), put_u64(&w->kvs, (uint64_t)INT64_MIN);
    gguf_writer_key(w, "f64", GGUF_F64), put_f64(&w->kvs, -7.0);
}

static void every_value_type_reads_back(void **state) {
    (void)state;
    static const struct {
        const char *key;
        enum gguf_value_type type;
        bool is_int;
        int64_t i;
        double f;
    } rows[] = {
        {"u8", GGUF_U8, true, 200, 200},
        {"i8", GGUF_I8, true, -100, -100},
        {"u16", GGUF_U16, true, 60000, 60000},
        {"i16", GGUF_I16, true, -30000, -30000},
        {"u32", GGUF_U32, true, 4000000000, 4000000000.0},
        {"i32", GGUF_I32, true, -2000000000, -2000000000.0},
        {"f32", GGUF_F32, false, 0, 10.5},
        {"bool", GGUF_BOOL, true, 1, 1},
        {"u64", GGUF_U64, false, 0, 0x1p64},
        {"i64", GGUF_I64, true, INT64_MIN, -0x1p63},
        {"f64", GGUF_F64, true, -7, -7},
    };
    struct gguf_writer w;
    write_every_type(&w);
    struct gguf *g = open_good(&w);
    assert_int_equal(gguf_n_kvs(g), 12);
    for (size_t k = 0; k < BASE_COUNT(rows); k++) {
        const struct gguf_kv *kv = gguf_find(g, rows[k].key);
        assert_non_null(kv);
        int64_t i = 12345;
        double f;
        struct gguf_str text;
        assert_int_equal(kv->type, rows[k].type);
        assert_int_equal(kv->count, 1);
        assert_false(kv->is_array);
        assert_int_equal(gguf_get_int(kv, 0, &i), rows[k].is_int);
        if (rows[k].is_int) assert_true(i == rows[k].i);
        assert_true(gguf_get_float(kv, 0, &f));
        assert_true(f == rows[k].f);
        assert_false(gguf_get_int(kv, 1, &i));
        assert_false(gguf_get_float(kv, UINT64_MAX, &f));
        assert_false(gguf_get_str(kv, &text));
    }
    const struct gguf_kv *kv = gguf_find(g, "str");
    struct gguf_str text;
    int64_t i;
    double f;
    assert_true(gguf_get_str(kv, &text));
    assert_int_equal(text.len, 4);
    assert_memory_equal(text.data, "text", 4);
    assert_false(gguf_get_int(kv, 0, &i));
    assert_false(gguf_get_float(kv, 0, &f));
    assert_ptr_equal(gguf_kv_at(g, 8), kv);
    gguf_close(g);
}

static void a_float_is_an_integer_only_if_nothing_is_lost(void **state) {
    (void)state;
    static const struct {
        double stored;
        bool ok;
    } rows[] = {{10.0, true},   {-0.0, true},         {10.5, false},
                {0x1p62, true}, {0x1p63, false},      {-0x1p63, false},
                {1e300, false}, {(double)NAN, false}, {-(double)INFINITY, false}};
    for (size_t k = 0; k < BASE_COUNT(rows); k++) {
        struct gguf_writer w;
        gguf_writer_init(&w);
        gguf_writer_key(&w, "k", GGUF_F64), put_f64(&w.kvs, rows[k].stored);
        struct gguf *g = open_good(&w);
        int64_t i;
        assert_int_equal(gguf_get_int(gguf_find(g, "k"), 0, &i), rows[k].ok);
        if (rows[k].ok) assert_true((double)i == rows[k].stored);
        gguf_close(g);
    }
}

static void arrays_of_every_type_have_their_elements(void **state) {
    (void)state;
    static const uint8_t sizes[GGUF_N_VALUE_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    for (uint32_t type = 0; type < GGUF_N_VALUE_TYPES; type++) {
        if (sizes[type] == 0) continue;
        for (uint64_t n = 0; n < 4; n++) {
            struct gguf_writer w;
            gguf_writer_init(&w);
            gguf_writer_array(&w, "k", type, n);
            put_zeros(&w.kvs, n * sizes[type]);
            struct gguf *g = open_good(&w);
            const struct gguf_kv *kv = gguf_find(g, "k");
            int64_t i = 5;
            struct gguf_str text;
            size_t cursor = 0;
            assert_true(kv->is_array);
            assert_int_equal(kv->type, type);
            assert_int_equal(kv->count, n);
            assert_int_equal(kv->size, n * sizes[type]);
            if (n) assert_true(gguf_get_int(kv, n - 1, &i));
            if (n) assert_int_equal(i, 0);
            assert_false(gguf_get_int(kv, n, &i));
            assert_false(gguf_next_str(kv, &cursor, &text));
            gguf_close(g);
        }
    }
}

static void strings_of_an_array_are_walked_in_order(void **state) {
    (void)state;
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_array(&w, "k", GGUF_STRING, 3);
    put_str(&w.kvs, "one"), put_str(&w.kvs, ""), put_str(&w.kvs, "three");
    struct gguf *g = open_good(&w);
    const struct gguf_kv *kv = gguf_find(g, "k");
    struct gguf_str text;
    size_t cursor = 0;
    assert_false(gguf_get_str(kv, &text));
    assert_true(gguf_next_str(kv, &cursor, &text));
    assert_memory_equal(text.data, "one", 3);
    assert_true(gguf_next_str(kv, &cursor, &text));
    assert_int_equal(text.len, 0);
    assert_true(gguf_next_str(kv, &cursor, &text));
    assert_int_equal(text.len, 5);
    assert_false(gguf_next_str(kv, &cursor, &text));
    gguf_close(g);
}

static void tensors_have_their_shape_and_place(void **state) {
    (void)state;
    for (uint64_t alignment = 32; alignment <= 4096; alignment *= 2) {
        struct gguf_writer w;
        gguf_writer_init(&w);
        w.alignment = alignment;
        gguf_writer_u32(&w, "general.alignment", (uint32_t)alignment);
        gguf_writer_tensor(&w, "a", 1, (uint64_t[]){3}, 0);
        gguf_writer_tensor(&w, "b", 2, (uint64_t[]){64, 5}, 2);
        gguf_writer_tensor(&w, "c", 4, (uint64_t[]){256, 2, 3, 4}, 14);
        memset(w.data.data, 'a', 12);
        struct gguf *g = open_good(&w);
        assert_int_equal(gguf_n_tensors(g), 3);
        const struct gguf_tensor *a = gguf_find_tensor(g, "a");
        const struct gguf_tensor *b = gguf_find_tensor(g, "b");
        const struct gguf_tensor *c = gguf_find_tensor(g, "c");
        assert_ptr_equal(gguf_tensor_at(g, 2), c);
        assert_int_equal(a->size, 12);
        assert_memory_equal(a->data, "aaaaaaaaaaaa\0\0", 14);
        assert_int_equal(a->dims[1], 1);
        assert_int_equal(b->n_dims, 2);
        assert_int_equal(b->size, 5 * 2 * 18);
        assert_int_equal(b->offset % alignment, 0);
        assert_int_equal(b->offset, a->offset + alignment);
        assert_int_equal(c->size, 24 * 210);
        assert_int_equal(c->dims[3], 4);
        gguf_close(g);
    }
}

static void the_order_of_data_is_free_and_the_last_need_not_be_padded(void **state) {
    (void)state;
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_info(&w, "late", 1, (uint64_t[]){1}, 0, 64);
    gguf_writer_info(&w, "early", 1, (uint64_t[]){8}, 0, 0);
    put_zeros(&w.data, 68);
    gguf_close(open_good(&w));
}

/* ---- the header ---- */

static void what_is_no_gguf_file_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"", "GGU", "GGML\0\0\0\0", "gguf", "PK\3\4 and more bytes"};
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        assert_true(save_bytes(path, texts[i], strlen(texts[i])));
        refuses_path(path, INGLE_INVALID, "not a GGUF file");
    }
    refuses_path(folder_file("."), INGLE_INVALID, "not a regular file");
    refuses_path(folder_file("none"), INGLE_NOT_FOUND, "No such file");
}

static void other_versions_are_refused(void **state) {
    (void)state;
    static const struct {
        uint32_t version;
        ingle_status code;
        const char *saying;
    } rows[] = {{0, INGLE_INVALID, "version 0"},
                {1, INGLE_INVALID, "version 1"},
                {4, INGLE_INVALID, "version 4"},
                {UINT32_MAX, INGLE_INVALID, "version 4294967295"},
                {0x03000000, INGLE_UNSUPPORTED, "big-endian"},
                {0x02000000, INGLE_UNSUPPORTED, "big-endian"}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        struct gguf_writer w;
        gguf_writer_init(&w);
        w.version = rows[i].version;
        refuses(&w, rows[i].code, rows[i].saying);
    }
}

static void counts_beyond_the_file_are_refused(void **state) {
    (void)state;
    static const uint64_t counts[] = {
        3, 65537, (uint64_t)1 << 32, (uint64_t)1 << 60, INT64_MAX, (uint64_t)1 << 63, UINT64_MAX};
    for (size_t i = 0; i < BASE_COUNT(counts); i++) {
        struct gguf_writer w;
        gguf_writer_init(&w);
        w.n_kvs = counts[i];
        refuses(&w, INGLE_INVALID, "metadata keys");
        gguf_writer_init(&w);
        w.n_tensors = counts[i];
        refuses(&w, INGLE_INVALID, "tensors");
        gguf_writer_init(&w);
        w.n_kvs = w.n_tensors = counts[i];
        refuses(&w, INGLE_INVALID, "metadata keys");
    }
}

static void more_keys_than_the_limit_are_refused(void **state) {
    (void)state;
    struct gguf_writer w;
    gguf_writer_init(&w);
    for (int i = 0; i < 65537; i++) {
        char key[16];
        snprintf(key, sizeof key, "%06d", i);
        gguf_writer_key(&w, key, GGUF_U8), put_u8(&w.kvs, 0);
    }
    refuses(&w, INGLE_INVALID, "65537 metadata keys");
}

static void a_file_cut_anywhere_in_its_head_is_refused(void **state) {
    (void)state;
    struct gguf_writer w;
    write_every_type(&w);
    gguf_writer_array(&w, "strs", GGUF_STRING, 2);
    put_str(&w.kvs, "a"), put_str(&w.kvs, "b");
    gguf_writer_tensor(&w, "t", 2, (uint64_t[]){32, 2}, 8);
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    assert_true(gguf_writer_bytes(&w, &bytes));
    gguf_writer_clear(&w);
    size_t needed = bytes.size - (96 - 68);
    for (size_t size = 0; size < needed; size++) {
        assert_true(save_bytes(path, bytes.data, size));
        refuses_path(path, INGLE_INVALID, "");
    }
    assert_true(save_bytes(path, bytes.data, needed));
    struct gguf *g;
    assert_int_equal(gguf_open(&g, path, NULL), INGLE_OK);
    gguf_close(g);
    buf_clear(&bytes);
}

/* ---- keys ---- */

static void a_string_longer_than_the_file_is_refused(void **state) {
    (void)state;
    static const uint64_t lens[] = {1000, (uint64_t)1 << 31, (uint64_t)1 << 63, UINT64_MAX - 7,
                                    UINT64_MAX};
    for (size_t i = 0; i < BASE_COUNT(lens); i++) {
        struct gguf_writer w;
        gguf_writer_init(&w);
        put_u64(&w.kvs, lens[i]), put_zeros(&w.kvs, 40);
        w.n_kvs = 1;
        refuses(&w, INGLE_INVALID, "A metadata key");
        gguf_writer_init(&w);
        gguf_writer_key(&w, "k", GGUF_STRING);
        put_u64(&w.kvs, lens[i]), put_zeros(&w.kvs, 40);
        refuses(&w, INGLE_INVALID, "A metadata string");
        gguf_writer_init(&w);
        put_u64(&w.infos, lens[i]), put_zeros(&w.infos, 40);
        w.n_tensors = 1;
        refuses(&w, INGLE_INVALID, "A tensor name");
    }
}

static void empty_long_and_repeated_keys_are_refused(void **state) {
    (void)state;
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_u32(&w, "", 1);
    refuses(&w, INGLE_INVALID, "key");
    gguf_writer_init(&w);
    gguf_writer_u32(&w, "some.key", 1);
    gguf_writer_u32(&w, "another", 1);
    gguf_writer_str(&w, "some.key", "x");
    refuses(&w, INGLE_INVALID, "some.key");
    for (size_t len = 65535; len <= 65536; len++) {
        char *key = mem_calloc(1, len + 1);
        assert_non_null(key);
        memset(key, 'k', len);
        gguf_writer_init(&w);
        gguf_writer_u32(&w, key, 1);
        if (len == 65535)
            gguf_close(open_good(&w));
        else
            refuses(&w, INGLE_INVALID, "65,535");
        mem_free(key);
    }
}

static void unknown_value_types_are_refused(void **state) {
    (void)state;
    static const uint32_t types[] = {13, 14, 255, 1u << 31, UINT32_MAX};
    for (size_t i = 0; i < BASE_COUNT(types); i++) {
        struct gguf_writer w;
        gguf_writer_init(&w);
        gguf_writer_key(&w, "k", types[i]), put_zeros(&w.kvs, 64);
        refuses(&w, INGLE_INVALID, "unknown type");
        gguf_writer_init(&w);
        gguf_writer_array(&w, "k", types[i], 1), put_zeros(&w.kvs, 64);
        refuses(&w, INGLE_INVALID, "unknown type");
    }
}

static void arrays_of_arrays_and_arrays_beyond_the_file_are_refused(void **state) {
    (void)state;
    static const uint64_t counts[] = {
        1000,      ((uint64_t)1 << 30) + 1, (uint64_t)1 << 61, (uint64_t)1 << 62, (uint64_t)1 << 63,
        UINT64_MAX};
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_array(&w, "k", GGUF_ARRAY, 1);
    put_u32(&w.kvs, GGUF_U8), put_u64(&w.kvs, 1), put_u8(&w.kvs, 0);
    refuses(&w, INGLE_INVALID, "holds arrays");
    for (size_t i = 0; i < BASE_COUNT(counts); i++) {
        for (uint32_t type = 0; type < GGUF_N_VALUE_TYPES; type++) {
            if (type == GGUF_ARRAY) continue;
            gguf_writer_init(&w);
            gguf_writer_array(&w, "k", type, counts[i]), put_zeros(&w.kvs, 64);
            refuses(&w, INGLE_INVALID, "past the end");
        }
    }
    gguf_writer_init(&w);
    gguf_writer_array(&w, "k", GGUF_STRING, 2);
    put_str(&w.kvs, "fine"), put_u64(&w.kvs, 500);
    refuses(&w, INGLE_INVALID, "past the end");
}

static void other_alignments_are_refused(void **state) {
    (void)state;
    static const uint32_t values[] = {0, 1, 3, 8, 16, 31, 33, 48, 8192, 1u << 31, UINT32_MAX};
    struct gguf_writer w;
    for (size_t i = 0; i < BASE_COUNT(values); i++) {
        gguf_writer_init(&w);
        gguf_writer_u32(&w, "general.alignment", values[i]);
        refuses(&w, INGLE_INVALID, "general.alignment");
    }
    gguf_writer_init(&w);
    gguf_writer_key(&w, "general.alignment", GGUF_U64), put_u64(&w.kvs, 64);
    refuses(&w, INGLE_INVALID, "general.alignment");
    gguf_writer_init(&w);
    gguf_writer_key(&w, "general.alignment", GGUF_I32), put_u32(&w.kvs, 64);
    refuses(&w, INGLE_INVALID, "general.alignment");
    gguf_writer_init(&w);
    gguf_writer_str(&w, "general.alignment", "64");
    refuses(&w, INGLE_INVALID, "general.alignment");
    gguf_writer_init(&w);
    gguf_writer_array(&w, "general.alignment", GGUF_U32, 1), put_u32(&w.kvs, 64);
    refuses(&w, INGLE_INVALID, "general.alignment");
    gguf_writer_init(&w);
    gguf_writer_u32(&w, "general.alignment", 64);
    gguf_writer_u32(&w, "general.alignment", 64);
    refuses(&w, INGLE_INVALID, "general.alignment");
}

/* ---- memory ---- */

static uint64_t sum_of(const struct gguf_tensor *t) {
    uint64_t sum = 0;
    for (size_t i = 0; i < t->size; i++) sum += t->data[i];
    return sum;
}

static void what_was_read_leaves_memory_and_reads_the_same_again(void **state) {
    (void)state;
    const size_t size = (size_t)8 << 20;
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_str(&w, "general.name", "large");
    gguf_writer_info(&w, "t", 1, (uint64_t[]){size / sizeof(float)}, 0, 0);
    for (size_t i = 0; i < size / 4; i++) put_u32(&w.data, (uint32_t)i);
    struct gguf *g = open_good(&w);
    const struct gguf_tensor *t = gguf_find_tensor(g, "t");
    uint64_t sum = sum_of(t);
    size_t before = process_memory().resident;
    gguf_done_reading(g);
    assert_true(process_memory().resident < before - size / 2);
    assert_int_equal(sum_of(t), sum);
    assert_non_null(gguf_find(g, "general.name"));
    gguf_close(g);
}

/* ---- tensors ---- */

static void refuses_tensor(const char *name, uint32_t n_dims, const uint64_t *dims, uint32_t type,
                           uint64_t offset, ingle_status code, const char *saying) {
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_info(&w, name, n_dims, dims, type, offset);
    put_zeros(&w.data, 4096);
    refuses(&w, code, saying);
}

static void bad_tensor_names_are_refused(void **state) {
    (void)state;
    char name[70] = {0};
    uint64_t dims[] = {1};
    refuses_tensor("", 1, dims, 0, 0, INGLE_INVALID, "empty");
    memset(name, 'n', 64);
    refuses_tensor(name, 1, dims, 0, 0, INGLE_INVALID, "63 bytes");
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_tensor(&w, name + 1, 1, dims, 0);
    gguf_close(open_good(&w));
    gguf_writer_init(&w);
    gguf_writer_tensor(&w, "twin", 1, dims, 0);
    gguf_writer_tensor(&w, "other", 1, dims, 0);
    gguf_writer_tensor(&w, "twin", 1, dims, 0);
    refuses(&w, INGLE_INVALID, "twin");
}

static void bad_dimensions_are_refused(void **state) {
    (void)state;
    static const uint64_t wrong[] = {0, (uint64_t)1 << 63, UINT64_MAX};
    uint64_t ones[] = {1, 1, 1, 1, 1};
    refuses_tensor("none", 0, ones, 0, 0, INGLE_INVALID, "1 to 4 dimensions");
    refuses_tensor("five", 5, ones, 0, 0, INGLE_INVALID, "1 to 4 dimensions");
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        for (uint32_t k = 0; k < 4; k++) {
            uint64_t dims[] = {1, 1, 1, 1};
            dims[k] = wrong[i];
            refuses_tensor("shape", 4, dims, 0, 0, INGLE_INVALID, "shape");
        }
    }
}

static void every_product_that_wraps_is_refused(void **state) {
    (void)state;
    static const uint32_t types[] = {0, 1, 2, 8, 14, 24, 28};
    for (uint32_t total = 60; total <= 64; total++) {
        for (uint32_t first = 8; first < 63 && first < total; first += 3) {
            uint64_t dims[4] = {(uint64_t)1 << first, 1, 1, 1};
            uint32_t rest = total - first;
            dims[1] = (uint64_t)1 << rest / 2;
            dims[2] = (uint64_t)1 << (rest - rest / 2);
            for (size_t i = 0; i < BASE_COUNT(types); i++)
                refuses_tensor("huge", 4, dims, types[i], 0, INGLE_INVALID, "huge");
        }
    }
    refuses_tensor("pad", 1, (uint64_t[]){SIZE_MAX / 4}, 0, 0, INGLE_INVALID, "pad");
    refuses_tensor("quad", 2, (uint64_t[]){(uint64_t)1 << 32, (uint64_t)1 << 32}, 0, 0,
                   INGLE_INVALID, "quad");
}

static void a_row_must_be_whole_blocks(void **state) {
    (void)state;
    for (uint32_t type = 0; type < 64; type++) {
        struct gguf_type_info info = gguf_type_info(type);
        if (!info.name || info.block_elems == 1) continue;
        uint64_t dims[] = {info.block_elems - 1, 1};
        refuses_tensor("odd", 2, dims, type, 0, INGLE_INVALID, "blocks");
        dims[0] = info.block_elems + 1;
        refuses_tensor("odd", 2, dims, type, 0, INGLE_INVALID, "blocks");
    }
}

static void unknown_removed_and_foreign_tensor_types_are_refused(void **state) {
    (void)state;
    static const uint32_t unknown[] = {4, 5, 31, 32, 33, 37, 38, 43, 96, 100, 1000, UINT32_MAX};
    static const uint32_t ik[] = {36, 97, 99, 133, 158, 200, 230, 398};
    uint64_t dims[] = {256};
    char saying[64];
    for (size_t i = 0; i < BASE_COUNT(unknown); i++) {
        snprintf(saying, sizeof saying, "unknown type %u.", unknown[i]);
        refuses_tensor("odd", 1, dims, unknown[i], 0, INGLE_UNSUPPORTED, saying);
    }
    for (size_t i = 0; i < BASE_COUNT(ik); i++) {
        snprintf(saying, sizeof saying, "ik_llama.cpp-only quantisation type %u.", ik[i]);
        refuses_tensor("odd", 1, dims, ik[i], 0, INGLE_UNSUPPORTED, saying);
    }
}

static void data_outside_the_file_misaligned_or_shared_is_refused(void **state) {
    (void)state;
    static const uint64_t beyond[] = {4096, 4096 - 32, 8192, (uint64_t)1 << 63, UINT64_MAX - 31};
    static const uint64_t odd[] = {1, 4, 16, 31, 33, UINT64_MAX};
    uint64_t dims[] = {16};
    for (size_t i = 0; i < BASE_COUNT(beyond); i++)
        refuses_tensor("far", 1, dims, 0, beyond[i], INGLE_INVALID, "far");
    for (size_t i = 0; i < BASE_COUNT(odd); i++)
        refuses_tensor("odd", 1, dims, 0, odd[i], INGLE_INVALID, "not aligned");
    for (uint64_t offset = 0; offset < 64; offset += 32) {
        struct gguf_writer w;
        gguf_writer_init(&w);
        gguf_writer_info(&w, "first", 1, dims, 0, 0);
        gguf_writer_info(&w, "second", 1, dims, 0, offset);
        put_zeros(&w.data, 4096);
        refuses(&w, INGLE_INVALID, "shares data");
    }
}

/* ---- allocation failures ---- */

static void every_failed_allocation_is_reported(void **state) {
    (void)state;
    struct gguf_writer w;
    write_every_type(&w);
    gguf_writer_tensor(&w, "a", 1, (uint64_t[]){3}, 0);
    gguf_writer_tensor(&w, "b", 1, (uint64_t[]){3}, 0);
    gguf_close(open_good(&w));
    int n_failed = 0;
    for (int for_ever = 0; for_ever <= 1; for_ever++) {
        for (uint64_t n = 1;; n++) {
            struct gguf *g;
            ingle_error err = {0};
            uint64_t before = mem_live();
            mem_fail_at(n, for_ever);
            ingle_status status = gguf_open(&g, path, &err);
            mem_fail_at(0, 0);
            if (status == INGLE_OK) {
                gguf_close(g);
                break;
            }
            assert_int_equal(status, INGLE_NO_MEMORY);
            assert_int_equal(mem_live(), before);
            assert_null(g);
            assert_non_null(strstr(err.msg, "Out of memory"));
            n_failed++;
        }
    }
    assert_true(n_failed >= 14);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_model_of_either_version_opens),
        cmocka_unit_test(every_value_type_reads_back),
        cmocka_unit_test(a_float_is_an_integer_only_if_nothing_is_lost),
        cmocka_unit_test(arrays_of_every_type_have_their_elements),
        cmocka_unit_test(strings_of_an_array_are_walked_in_order),
        cmocka_unit_test(tensors_have_their_shape_and_place),
        cmocka_unit_test(the_order_of_data_is_free_and_the_last_need_not_be_padded),
        cmocka_unit_test(what_is_no_gguf_file_is_refused),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(counts_beyond_the_file_are_refused),
        cmocka_unit_test(more_keys_than_the_limit_are_refused),
        cmocka_unit_test(a_file_cut_anywhere_in_its_head_is_refused),
        cmocka_unit_test(a_string_longer_than_the_file_is_refused),
        cmocka_unit_test(empty_long_and_repeated_keys_are_refused),
        cmocka_unit_test(unknown_value_types_are_refused),
        cmocka_unit_test(arrays_of_arrays_and_arrays_beyond_the_file_are_refused),
        cmocka_unit_test(other_alignments_are_refused),
        cmocka_unit_test(what_was_read_leaves_memory_and_reads_the_same_again),
        cmocka_unit_test(bad_tensor_names_are_refused),
        cmocka_unit_test(bad_dimensions_are_refused),
        cmocka_unit_test(every_product_that_wraps_is_refused),
        cmocka_unit_test(a_row_must_be_whole_blocks),
        cmocka_unit_test(unknown_removed_and_foreign_tensor_types_are_refused),
        cmocka_unit_test(data_outside_the_file_misaligned_or_shared_is_refused),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
