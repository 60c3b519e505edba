/* What is written is read again, from memory too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/format/gguf_write.h"
#include "support/refusal.h"

#define MAX_SIZE ((size_t)1 << 20)

/* A file with every kind of value; into 32-byte aligned memory. */
static void *make_file(size_t *size) {
    struct gguf_write w;
    gguf_write_init(&w, MAX_SIZE);
    static const struct gguf_str words[] = {{"one", 3}, {"", 0}, {"t\0o", 3}};
    static const float floats[] = {1.5f, -2.0f};
    static const int32_t ints[] = {-1, 0, 7};
    static const float rows[6] = {1, 2, 3, 4, 5, 6};
    gguf_write_str(&w, "general.architecture", "test");
    gguf_write_u32(&w, "a.u32", 4000000000u);
    gguf_write_f32(&w, "a.f32", 0.25f);
    gguf_write_bool(&w, "a.bool", true);
    gguf_write_strs(&w, "a.words", words, 3);
    gguf_write_f32s(&w, "a.floats", floats, 2);
    gguf_write_i32s(&w, "a.ints", ints, 3);
    gguf_write_tensor(&w, "matrix", 0, 3, 2, rows);
    gguf_write_tensor(&w, "vector", 0, 5, 0, rows);
    struct buf out;
    buf_init(&out, MAX_SIZE);
    assert_int_equal(gguf_write_finish(&w, &out, NULL), INGLE_OK);
    void *aligned = mem_aligned(64, out.size);
    assert_non_null(aligned);
    memcpy(aligned, out.data, out.size);
    *size = out.size;
    buf_clear(&out);
    return aligned;
}

static void what_is_written_is_read(void **state) {
    (void)state;
    size_t size;
    void *bytes = make_file(&size);
    struct gguf *g;
    assert_int_equal(gguf_open_memory(&g, bytes, size, "memory", NULL), INGLE_OK);
    assert_int_equal(gguf_n_kvs(g), 7);
    uint64_t u;
    double f;
    int64_t i;
    assert_true(gguf_get_uint(gguf_find(g, "a.u32"), 0, &u));
    assert_int_equal(u, 4000000000u);
    assert_true(gguf_get_float(gguf_find(g, "a.f32"), 0, &f));
    assert_true(f == 0.25);
    assert_true(gguf_get_uint(gguf_find(g, "a.bool"), 0, &u));
    assert_int_equal(u, 1);
    assert_true(gguf_get_float(gguf_find(g, "a.floats"), 1, &f));
    assert_true(f == -2.0);
    assert_true(gguf_get_int(gguf_find(g, "a.ints"), 0, &i));
    assert_int_equal(i, -1);
    struct gguf_str word;
    size_t cursor = 0, n = 0;
    while (gguf_next_str(gguf_find(g, "a.words"), &cursor, &word)) n++;
    assert_int_equal(n, 3);
    assert_int_equal(word.len, 3);
    assert_memory_equal(word.data, "t\0o", 3);

    const struct gguf_tensor *matrix = gguf_find_tensor(g, "matrix");
    const struct gguf_tensor *vector = gguf_find_tensor(g, "vector");
    assert_int_equal(matrix->dims[0], 3);
    assert_int_equal(matrix->dims[1], 2);
    assert_int_equal(vector->n_dims, 1);
    assert_true(((const float *)(const void *)matrix->data)[5] == 6.0f);
    assert_int_equal((uintptr_t)vector->data % 32, 0);
    gguf_close(g);
    mem_free(bytes);
}

static void done_reading_leaves_borrowed_bytes_alone(void **state) {
    (void)state;
    size_t size;
    uint8_t *bytes = make_file(&size);
    struct gguf *g;
    assert_int_equal(gguf_open_memory(&g, bytes, size, "memory", NULL), INGLE_OK);
    gguf_done_reading(g);
    assert_memory_equal(bytes, "GGUF", 4);
    gguf_close(g);
    assert_memory_equal(bytes, "GGUF", 4);
    mem_free(bytes);
}

static void a_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    size_t size;
    void *bytes = make_file(&size);
    for (size_t n = 0; n < size - 32; n++) {
        struct gguf *g;
        ingle_error err;
        mark_error(&err);
        ingle_status status = gguf_open_memory(&g, bytes, n, "memory", &err);
        expect_refusal(status, INGLE_INVALID, &err, "memory");
        assert_null(g);
    }
    mem_free(bytes);
}

static void more_than_the_maximum_is_a_failure_at_the_end(void **state) {
    (void)state;
    struct gguf_write w;
    gguf_write_init(&w, 64);
    float row[32] = {0};
    gguf_write_tensor(&w, "big", 0, 32, 0, row);
    struct buf out;
    buf_init(&out, MAX_SIZE);
    ingle_error err;
    mark_error(&err);
    expect_refusal(gguf_write_finish(&w, &out, &err), INGLE_NO_MEMORY, &err, "GGUF");
    buf_clear(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(done_reading_leaves_borrowed_bytes_alone),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(more_than_the_maximum_is_a_failure_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
