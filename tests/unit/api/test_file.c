/* ingle/file.h: what a GGUF file says, read back value by value and in any order. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/gguf_writer.h"

/* ---- opening ---- */

static ingle_file *open_saved(struct gguf_writer *w, const char *name) {
    const char *path = folder_file(name);
    assert_true(gguf_writer_save(w, path));
    ingle_file *file = NULL;
    ingle_error err;
    mark_error(&err);
    if (ingle_file_open(&file, path, &err) != INGLE_OK) fail_msg("%s", err.msg);
    expect_marked(&err);
    return file;
}

static void what_cannot_be_opened_says_why_and_leaves_nothing(void **state) {
    ingle_file *file = (ingle_file *)state;
    ingle_error err = {0};
    uint64_t live = mem_live();
    expect_refusal(ingle_file_open(&file, NULL, &err), INGLE_BAD_ARGUMENT, &err, "path is NULL");
    assert_null(file);
    expect_refusal(ingle_file_open(NULL, "x", &err), INGLE_BAD_ARGUMENT, &err, "out is NULL");
    file = (ingle_file *)state;
    expect_refusal(ingle_file_open(&file, folder_file("nothing"), &err), INGLE_NOT_FOUND, &err,
                   "nothing");
    assert_null(file);
    assert_true(save_bytes(folder_file("text"), "once upon a time, long ago", 26));
    file = (ingle_file *)state;
    expect_refusal(ingle_file_open(&file, folder_file("text"), &err), INGLE_INVALID, &err,
                   "not a GGUF file");
    assert_null(file);
    assert_int_equal(ingle_file_open(&file, folder_file("text"), NULL), INGLE_INVALID);
    assert_int_equal(mem_live(), live);
}

static void no_file_has_nothing(void **state) {
    (void)state;
    ingle_file_key key;
    ingle_value value;
    ingle_file_tensor tensor;
    ingle_file_close(NULL);
    assert_int_equal(ingle_file_version(NULL), 0);
    assert_int_equal(ingle_file_n_keys(NULL), 0);
    assert_int_equal(ingle_file_n_tensors(NULL), 0);
    assert_int_equal(ingle_file_get_key(NULL, 0, &key), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_file_get_value(NULL, 0, 0, &value), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_file_get_tensor(NULL, 0, &tensor), INGLE_BAD_ARGUMENT);
}

static void an_empty_file_of_either_version_opens(void **state) {
    (void)state;
    for (uint32_t version = 2; version <= 3; version++) {
        struct gguf_writer w;
        gguf_writer_init(&w);
        w.version = version;
        ingle_file *file = open_saved(&w, "empty.gguf");
        assert_int_equal(ingle_file_version(file), version);
        assert_int_equal(ingle_file_n_keys(file), 0);
        assert_int_equal(ingle_file_n_tensors(file), 0);
        ingle_file_close(file);
    }
}

/* ---- values ---- */

/* The three values that each type is tried with: as bits, and as they should read. */
static const struct {
    const char *type;
    uint32_t id;
    ingle_value_kind kind;
    size_t size;
    uint64_t bits[3];
    ingle_value wanted[3];
} types[] = {
    {"u8", GGUF_U8, INGLE_VALUE_UINT, 1, {0, 200, 255}, {{.u = 0}, {.u = 200}, {.u = 255}}},
    {"i8", GGUF_I8, INGLE_VALUE_INT, 1, {0, 127, 128}, {{.i = 0}, {.i = 127}, {.i = -128}}},
    {"u16", GGUF_U16, INGLE_VALUE_UINT, 2, {0, 300, 65535}, {{.u = 0}, {.u = 300}, {.u = 65535}}},
    {"i16",
     GGUF_I16,
     INGLE_VALUE_INT,
     2,
     {1, 0x7fff, 0x8000},
     {{.i = 1}, {.i = 32767}, {.i = -32768}}},
    {"u32",
     GGUF_U32,
     INGLE_VALUE_UINT,
     4,
     {0, 1, UINT32_MAX},
     {{.u = 0}, {.u = 1}, {.u = UINT32_MAX}}},
    {"i32",
     GGUF_I32,
     INGLE_VALUE_INT,
     4,
     {7, INT32_MAX, 0x80000000u},
     {{.i = 7}, {.i = INT32_MAX}, {.i = INT32_MIN}}},
    {"f32",
     GGUF_F32,
     INGLE_VALUE_FLOAT,
     4,
     {0x3fc00000, 0xff800000, 1},
     {{.f = 1.5}, {.f = -INFINITY}, {.f = 0x1p-149}}},
    {"bool", GGUF_BOOL, INGLE_VALUE_BOOL, 1, {0, 1, 255}, {{.u = 0}, {.u = 1}, {.u = 1}}},
    {"u64",
     GGUF_U64,
     INGLE_VALUE_UINT,
     8,
     {0, (uint64_t)INT64_MAX + 1, UINT64_MAX},
     {{.u = 0}, {.u = (uint64_t)INT64_MAX + 1}, {.u = UINT64_MAX}}},
    {"i64",
     GGUF_I64,
     INGLE_VALUE_INT,
     8,
     {5, INT64_MAX, (uint64_t)1 << 63},
     {{.i = 5}, {.i = INT64_MAX}, {.i = INT64_MIN}}},
    {"f64",
     GGUF_F64,
     INGLE_VALUE_FLOAT,
     8,
     {0x3ff8000000000000, 0x0000000000000001, 0x7ff0000000000000},
     {{.f = 1.5}, {.f = 0x1p-1074}, {.f = INFINITY}}},
};

static void reads_as(ingle_file *file, size_t key, uint64_t element, ingle_value_kind kind,
                     const ingle_value *wanted) {
    ingle_value got;
    memset(&got, 0xee, sizeof got);
    assert_int_equal(ingle_file_get_value(file, key, element, &got), INGLE_OK);
    assert_int_equal(got.kind, kind);
    if (got.u != wanted->u || got.i != wanted->i || got.f != wanted->f) {
        fail_msg("key %zu, element %d is %llu, %lld, %g", key, (int)element,
                 (unsigned long long)got.u, (long long)got.i, got.f);
    }
}

/* Scalars of three values a type, then an array of the three a type. */
static void every_type_reads_back_alone_and_in_arrays(void **state) {
    (void)state;
    struct gguf_writer w;
    gguf_writer_init(&w);
    for (size_t t = 0; t < BASE_COUNT(types); t++) {
        for (size_t k = 0; k < 3; k++) {
            char name[16];
            snprintf(name, sizeof name, "%s.%zu", types[t].type, k);
            gguf_writer_key(&w, name, types[t].id);
            buf_add(&w.kvs, &types[t].bits[k], types[t].size);
        }
    }
    for (size_t t = 0; t < BASE_COUNT(types); t++) {
        gguf_writer_array(&w, types[t].type, types[t].id, 3);
        for (size_t k = 0; k < 3; k++) buf_add(&w.kvs, &types[t].bits[k], types[t].size);
    }
    ingle_file *file = open_saved(&w, "types.gguf");
    const size_t n_types = BASE_COUNT(types);
    assert_int_equal(ingle_file_n_keys(file), 4 * n_types);
    for (size_t i = 0; i < 4 * n_types; i++) {
        bool is_array = i >= 3 * n_types;
        size_t t = is_array ? i - 3 * n_types : i / 3;
        ingle_file_key key;
        assert_int_equal(ingle_file_get_key(file, i, &key), INGLE_OK);
        assert_string_equal(key.type, types[t].type);
        assert_int_equal(key.is_array, is_array);
        assert_int_equal(key.count, is_array ? 3 : 1);
        for (uint64_t e = 0; e < key.count; e++) {
            reads_as(file, i, e, types[t].kind, &types[t].wanted[is_array ? e : i % 3]);
        }
        ingle_value value;
        assert_int_equal(ingle_file_get_value(file, i, key.count, &value), INGLE_BAD_ARGUMENT);
        assert_int_equal(ingle_file_get_value(file, i, UINT64_MAX, &value), INGLE_BAD_ARGUMENT);
    }
    ingle_file_close(file);
}

static void not_a_number_reads_as_one(void **state) {
    (void)state;
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_key(&w, "f32", GGUF_F32), put_f32(&w.kvs, NAN);
    gguf_writer_key(&w, "f64", GGUF_F64), put_f64(&w.kvs, (double)NAN);
    ingle_file *file = open_saved(&w, "nan.gguf");
    for (size_t i = 0; i < 2; i++) {
        ingle_value value;
        assert_int_equal(ingle_file_get_value(file, i, 0, &value), INGLE_OK);
        assert_int_equal(value.kind, INGLE_VALUE_FLOAT);
        assert_true(isnan(value.f));
    }
    ingle_file_close(file);
}

static void keys_come_in_the_order_of_the_file(void **state) {
    (void)state;
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_str(&w, "general.name", "a name");
    gguf_writer_u32(&w, "zebra", 1);
    gguf_writer_u32(&w, "\xff\x01", 2);
    gguf_writer_array(&w, "none", GGUF_F32, 0);
    gguf_writer_array(&w, "no strings", GGUF_STRING, 0);
    ingle_file *file = open_saved(&w, "keys.gguf");
    static const char *const names[] = {"general.name", "zebra", "\xff\x01", "none", "no strings"};
    static const uint64_t counts[] = {1, 1, 1, 0, 0};
    ingle_file_key key;
    ingle_value value;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(ingle_file_get_key(file, i, &key), INGLE_OK);
        assert_int_equal(key.key.len, strlen(names[i]));
        assert_memory_equal(key.key.data, names[i], key.key.len);
        assert_int_equal(key.count, counts[i]);
        assert_int_equal(ingle_file_get_value(file, i, counts[i], &value), INGLE_BAD_ARGUMENT);
    }
    assert_int_equal(ingle_file_get_key(file, 5, &key), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_file_get_key(file, SIZE_MAX, &key), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_file_get_key(file, 0, NULL), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_file_get_value(file, 5, 0, &value), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_file_get_value(file, 0, 0, NULL), INGLE_BAD_ARGUMENT);
    ingle_file_close(file);
}

/* ---- strings ---- */

#define N_STRINGS 5000

/* String i of array a: of many lengths, none at times, with a NUL or no UTF-8 at others. */
static size_t string_at(int a, uint64_t i, char text[64]) {
    if (i % 11 == 3) return 0;
    int n =
        snprintf(text, 64, "%s %d %*s", a ? "two" : "one", (int)i, (int)(i % (a ? 37 : 29)), "");
    text[n - 1] = i % 5 ? '\xfe' : '\0';
    return (size_t)n;
}

static void reads_as_text(ingle_file *file, int a, uint64_t i) {
    char wanted[64];
    ingle_value got;
    assert_int_equal(ingle_file_get_value(file, (size_t)(1 + a), i, &got), INGLE_OK);
    assert_int_equal(got.kind, INGLE_VALUE_STRING);
    assert_int_equal(got.s.len, string_at(a, i, wanted));
    if (got.s.len) assert_memory_equal(got.s.data, wanted, got.s.len);
}

static void strings_read_back_in_any_order(void **state) {
    (void)state;
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_str(&w, "alone", "by itself");
    for (int a = 0; a < 2; a++) {
        gguf_writer_array(&w, a ? "two" : "one", GGUF_STRING, N_STRINGS);
        for (uint64_t i = 0; i < N_STRINGS; i++) {
            char text[64];
            size_t len = string_at(a, i, text);
            put_u64(&w.kvs, len);
            buf_add(&w.kvs, text, len);
        }
    }
    ingle_file *file = open_saved(&w, "strings.gguf");
    for (uint64_t i = 0; i < N_STRINGS; i++) reads_as_text(file, 0, i);    /* in order */
    for (uint64_t i = 0; i < N_STRINGS; i += 7) reads_as_text(file, 1, i); /* with gaps */
    for (uint64_t i = 0; i < 50; i++) {                                    /* the same again */
        reads_as_text(file, 0, i / 2);
        reads_as_text(file, 0, i / 2);
    }
    for (uint64_t i = 100; i-- > 0;) reads_as_text(file, 1, i); /* backwards */
    struct rng rng;
    rng_init(&rng, 3);
    for (int n = 0; n < 300; n++) { /* anywhere, in either, with other keys between */
        reads_as_text(file, (int)rng_below(&rng, 2), rng_below(&rng, N_STRINGS));
        ingle_value value;
        if (n % 3 == 0) {
            assert_int_equal(ingle_file_get_value(file, 0, 0, &value), INGLE_OK);
            assert_int_equal(value.s.len, 9);
            assert_memory_equal(value.s.data, "by itself", 9);
        }
    }
    reads_as_text(file, 0, N_STRINGS - 1);
    reads_as_text(file, 0, 0);
    ingle_file_close(file);
}

/* ---- tensors ---- */

static void tensors_say_what_they_are(void **state) {
    (void)state;
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_tensor(&w, "vector", 1, (const uint64_t[]){7}, 0);
    gguf_writer_tensor(&w, "matrix", 2, (const uint64_t[]){256, 3}, 12);
    gguf_writer_tensor(&w, "box", 4, (const uint64_t[]){32, 2, 3, 4}, 8);
    gguf_writer_tensor(&w, "odd type", 1, (const uint64_t[]){256}, 16); /* not for computing */
    ingle_file *file = open_saved(&w, "tensors.gguf");
    static const struct {
        const char *name, *type;
        int n_dims;
        uint64_t dims[4], size;
    } wanted[] = {
        {"vector", "F32", 1, {7, 1, 1, 1}, 28},
        {"matrix", "Q4_K", 2, {256, 3, 1, 1}, 432},
        {"box", "Q8_0", 4, {32, 2, 3, 4}, 24 * 34},
        {"odd type", "IQ2_XXS", 1, {256, 1, 1, 1}, 66},
    };
    assert_int_equal(ingle_file_n_tensors(file), 4);
    ingle_file_tensor t;
    uint64_t end = 0;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ingle_file_get_tensor(file, i, &t), INGLE_OK);
        assert_int_equal(t.name.len, strlen(wanted[i].name));
        assert_memory_equal(t.name.data, wanted[i].name, t.name.len);
        assert_string_equal(t.type, wanted[i].type);
        assert_int_equal(t.n_dims, wanted[i].n_dims);
        assert_memory_equal(t.dims, wanted[i].dims, sizeof t.dims);
        assert_int_equal(t.size, wanted[i].size);
        assert_int_equal(t.shard, 0);
        assert_true(t.offset % 32 == 0 && t.offset >= end);
        end = t.offset + t.size;
    }
    assert_int_equal(ingle_file_get_tensor(file, 4, &t), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_file_get_tensor(file, SIZE_MAX, &t), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_file_get_tensor(file, 0, NULL), INGLE_BAD_ARGUMENT);
    ingle_file_close(file);
}

static void tensors_of_a_split_model_name_their_shard(void **state) {
    (void)state;
    ingle_file *file = NULL;
    for (int i = 1; i >= 0; i--) {
        struct gguf_writer w;
        gguf_writer_init(&w);
        gguf_writer_key(&w, "split.no", GGUF_U16), put_u16(&w.kvs, (uint16_t)i);
        gguf_writer_key(&w, "split.count", GGUF_U16), put_u16(&w.kvs, 2);
        gguf_writer_tensor(&w, i ? "second" : "first", 1, (const uint64_t[]){8}, 0);
        const char *name = i ? "m-00002-of-00002.gguf" : "m-00001-of-00002.gguf";
        if (i) assert_true(gguf_writer_save(&w, folder_file(name)));
        if (!i) file = open_saved(&w, name);
    }
    assert_int_equal(ingle_file_n_keys(file), 2);
    assert_int_equal(ingle_file_n_tensors(file), 2);
    for (int i = 0; i < 2; i++) {
        ingle_file_tensor t;
        assert_int_equal(ingle_file_get_tensor(file, (size_t)i, &t), INGLE_OK);
        assert_int_equal(t.shard, i);
        assert_memory_equal(t.name.data, i ? "second" : "first", t.name.len);
    }
    ingle_file_close(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_opened_says_why_and_leaves_nothing),
        cmocka_unit_test(no_file_has_nothing),
        cmocka_unit_test(an_empty_file_of_either_version_opens),
        cmocka_unit_test(every_type_reads_back_alone_and_in_arrays),
        cmocka_unit_test(not_a_number_reads_as_one),
        cmocka_unit_test(keys_come_in_the_order_of_the_file),
        cmocka_unit_test(strings_read_back_in_any_order),
        cmocka_unit_test(tensors_say_what_they_are),
        cmocka_unit_test(tensors_of_a_split_model_name_their_shard),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
