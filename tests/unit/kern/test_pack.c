/* Packing: what goes in comes out again, and lies where the drawing in pack.h says. */
#include "engine/kern/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "engine/kern/dequant.h"
#include "support/blocks.h"

static const struct kern_layout layouts[] = {{16, 4}, {32, 4}, {8, 4}, {8, 8}, {4, 8}};

/* A matrix of random blocks and its packed form. */
struct pair {
    enum kern_type type;
    int n_rows, n_cols;
    size_t row_size;
    uint8_t *file;
    struct kern_weight packed;
};

static void make_pair(struct pair *p, enum kern_type type, struct kern_layout layout, int n_rows,
                      int n_cols, uint64_t seed) {
    struct rng rng;
    rng_init(&rng, seed);
    const struct kern_type_info *info = kern_type_info(type);
    *p = (struct pair){.type = type, .n_rows = n_rows, .n_cols = n_cols};
    p->row_size = kern_row_size(type, n_cols);
    p->file = test_malloc((size_t)n_rows * p->row_size);
    for (size_t at = 0; at < (size_t)n_rows * p->row_size; at += (size_t)info->block_bytes) {
        blocks_random(&rng, type, p->file + at);
    }
    size_t group_size = kern_packed_group_size(type, layout, n_cols);
    int n_groups = kern_n_groups(layout, n_rows);
    /* Filled with other bytes, and of just the size: packing must write all and no more. */
    uint8_t *data = test_malloc((size_t)n_groups * group_size);
    memset(data, 0xa5, (size_t)n_groups * group_size);
    for (int g = n_groups - 1; g >= 0; g--) {
        kern_pack_group(type, layout, p->file, n_rows, n_cols, g, data + (size_t)g * group_size);
    }
    p->packed = (struct kern_weight){.data = data,
                                     .group_size = group_size,
                                     .type = type,
                                     .layout = layout,
                                     .n_rows = n_rows,
                                     .n_cols = n_cols};
}

static void free_pair(struct pair *p) {
    test_free(p->file);
    test_free((void *)(uintptr_t)p->packed.data);
}

static void each_pair(void (*test)(const struct pair *p)) {
    for (size_t t = 0; t < BASE_COUNT(blocks_all); t++) {
        int elems = kern_type_info(blocks_all[t])->block_elems;
        for (size_t i = 0; i < BASE_COUNT(layouts); i++) {
            int rows = layouts[i].rows;
            const int n_rows[] = {1, rows - 1, rows, rows + 1, 2 * rows + 3};
            for (size_t k = 0; k < BASE_COUNT(n_rows); k++) {
                /* 1 to 5 blocks: not whole numbers of 256 for the 32-element types. */
                int n_cols = elems == 1 ? 1 + 13 * (int)k : elems * (1 + (int)(k + i) % 5);
                if (elems == 256) n_cols = 256 * (1 + (int)k % 2);
                struct pair p;
                make_pair(&p, blocks_all[t], layouts[i], n_rows[k], n_cols, 10 * i + k);
                test(&p);
                free_pair(&p);
            }
        }
    }
}

/* ---- sizes ---- */

static void groups_hold_the_rows_and_the_last_what_is_left(void **state) {
    (void)state;
    static const int rows[][3] = {{16, 1, 1}, {16, 16, 1}, {16, 17, 2}, {8, 4001, 501}, {4, 4, 1}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        struct kern_layout layout = {rows[i][0], 4};
        assert_int_equal(kern_n_groups(layout, rows[i][1]), rows[i][2]);
    }
}

/* The file's bytes, but for the scales of the 256-element types, which become bytes. */
static void a_packed_block_is_as_large_as_its_fields(void **state) {
    (void)state;
    static const struct {
        enum kern_type type;
        size_t bytes; /* a row */
    } sizes[] = {
        {KERN_Q4_0, 18},
        {KERN_Q4_1, 20},
        {KERN_Q5_0, 22},
        {KERN_Q5_1, 24},
        {KERN_Q8_0, 34},
        {KERN_IQ4_NL, 18},
        {KERN_MXFP4, 17},
        {KERN_Q2_K, 4 + 32 + 64},
        {KERN_Q3_K, 2 + 16 + 96},
        {KERN_Q4_K, 4 + 16 + 128},
        {KERN_Q5_K, 4 + 16 + 160},
        {KERN_Q6_K, 2 + 16 + 192},
        {KERN_IQ4_XS, 2 + 8 + 128},
        {KERN_F32, 4},
        {KERN_F16, 2},
        {KERN_BF16, 4}, /* two of a row together */
    };
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        enum kern_type type = sizes[i].type;
        for (size_t k = 0; k < BASE_COUNT(layouts); k++) {
            size_t rows = (size_t)layouts[k].rows, size = sizes[i].bytes * rows;
            int elems = type == KERN_BF16 ? 2 : kern_type_info(type)->block_elems;
            assert_int_equal(kern_packed_block_size(type, layouts[k]), size);
            assert_int_equal(kern_packed_group_size(type, layouts[k], 3 * elems), 3 * size);
        }
    }
    assert_int_equal(kern_packed_group_size(KERN_BF16, layouts[0], 5), 3 * 4 * 16);
}

/* ---- there and back ---- */

static bool same_values(const float *a, const float *b, int n) {
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

static void check_rows(const struct pair *p) {
    float wanted[512], got[512];
    assert_in_range(p->n_cols, 1, 512);
    for (int row = 0; row < p->n_rows; row++) {
        kern_dequant_row(p->type, p->file + (size_t)row * p->row_size, wanted, p->n_cols);
        kern_unpack_row(&p->packed, row, got);
        if (!same_values(got, wanted, p->n_cols)) {
            fail_msg("%s, layout %d x %d: row %d of %d differs", kern_type_info(p->type)->name,
                     p->packed.layout.rows, p->packed.layout.kb, row, p->n_rows);
        }
    }
}

static void rows_unpack_to_the_very_values(void **state) {
    (void)state;
    each_pair(check_rows);
}

static void check_blocks(const struct pair *p) {
    const struct kern_code *c = kern_code(p->type);
    if (!c) return;
    const struct kern_type_info *info = kern_type_info(p->type);
    int rows = p->packed.layout.rows, elems = info->block_elems;
    size_t block_size = kern_packed_block_size(p->type, p->packed.layout);
    for (int row = 0; row < p->n_rows; row++) {
        const uint8_t *packed = p->packed.data + (size_t)(row / rows) * p->packed.group_size;
        for (int b = 0; b < p->n_cols / elems; b++) {
            struct kern_block wanted, got;
            kern_block_decode(p->type, p->file + (size_t)row * p->row_size + b * info->block_bytes,
                              &wanted);
            kern_unpack_block(p->type, p->packed.layout, packed + (size_t)b * block_size,
                              row % rows, &got);
            assert_int_equal(got.d, wanted.d);
            assert_memory_equal(got.code, wanted.code, (size_t)elems);
            if (c->has_min) assert_int_equal(got.dmin, wanted.dmin);
            if (elems == 32) continue;
            assert_memory_equal(got.scale, wanted.scale, (size_t)c->n_sub);
            if (c->has_min) assert_memory_equal(got.min, wanted.min, (size_t)c->n_sub);
        }
    }
}

static void blocks_unpack_to_the_very_fields(void **state) {
    (void)state;
    each_pair(check_blocks);
}

/* Rows beyond the last are zeros, to the bit: so are the values a kernel makes of them. */
static void check_padding(const struct pair *p) {
    struct kern_layout l = p->packed.layout;
    int n_left = kern_n_groups(l, p->n_rows) * l.rows - p->n_rows;
    if (n_left == 0) return;
    const uint8_t *last = p->packed.data + (size_t)(p->n_rows / l.rows) * p->packed.group_size;
    for (int r = l.rows - n_left; r < l.rows; r++) {
        if (kern_code(p->type)) {
            struct kern_block block;
            kern_unpack_block(p->type, l, last, r, &block);
            assert_int_equal(block.d, 0);
            for (int e = 0; e < kern_type_info(p->type)->block_elems; e++) {
                assert_int_equal(block.code[e], 0);
            }
        } else {
            int run = p->type == KERN_BF16 ? 2 : 1, size = kern_type_info(p->type)->block_bytes;
            for (int i = 0; i < run * size; i++) assert_int_equal(last[r * run * size + i], 0);
        }
    }
}

static void rows_beyond_the_last_are_zero(void **state) {
    (void)state;
    each_pair(check_padding);
}

/* ---- where things lie ---- */

/* Code of element k (of 32) of row r, read out of planes as pack.h draws them. */
static int drawn_code(const struct kern_code *c, struct kern_layout l, const uint8_t *planes, int r,
                      int k) {
    int code = 0, shift = 0;
    if (c->bytes) return planes[(k / l.kb * l.rows + r) * l.kb + k % l.kb];
    if (c->nibbles) {
        int low = k % 16;
        int byte = planes[(low / l.kb * l.rows + r) * l.kb + low % l.kb];
        code = k < 16 ? byte & 15 : byte >> 4;
        planes += 16 * l.rows;
        shift = 4;
    }
    if (c->crumbs) {
        int low = k % 8;
        int byte = planes[(low / l.kb * l.rows + r) * l.kb + low % l.kb];
        code |= (byte >> 2 * (k / 8) & 3) << shift;
        planes += 8 * l.rows;
        shift += 2;
    }
    if (c->bits) {
        int bit = r * l.kb + k % l.kb;
        const uint8_t *unit = planes + k / l.kb * (l.rows * l.kb / 8);
        code |= (unit[bit / 8] >> bit % 8 & 1) << shift;
    }
    return code;
}

static void check_places(const struct pair *p) {
    const struct kern_code *c = kern_code(p->type);
    if (!c) return;
    struct kern_layout l = p->packed.layout;
    bool super = kern_type_info(p->type)->block_elems == 256;
    size_t rows = (size_t)l.rows, n_sub = (size_t)c->n_sub;
    for (int r = 0; r < l.rows && r < p->n_rows; r++) {
        struct kern_block b;
        kern_block_decode(p->type, p->file + (size_t)r * p->row_size, &b);
        const uint8_t *at = p->packed.data;
        if (p->type == KERN_MXFP4) {
            assert_int_equal(at[r], b.d);
            at += rows;
        } else {
            assert_memory_equal(at + 2 * r, &b.d, 2);
            at += 2 * rows;
        }
        if (c->has_min) {
            assert_memory_equal(at + 2 * r, &b.dmin, 2);
            at += 2 * rows;
        }
        for (size_t s = 0; super && s < n_sub; s++) {
            assert_int_equal(at[s * rows + (size_t)r], (uint8_t)b.scale[s]);
        }
        if (super) at += n_sub * rows;
        for (size_t s = 0; super && c->has_min && s < n_sub; s++) {
            assert_int_equal(at[(s / 2 * rows + (size_t)r) * 2 + s % 2], b.min[s]);
        }
        if (super && c->has_min) at += n_sub * rows;
        size_t planes = (size_t)l.rows * (size_t)((c->nibbles ? 16 : 0) + (c->crumbs ? 8 : 0) +
                                                  (c->bits ? 4 : 0) + (c->bytes ? 32 : 0));
        for (int e = 0; e < (super ? 256 : 32); e++) {
            int code = drawn_code(c, l, at + (size_t)(e / 32) * planes, r, e % 32);
            assert_int_equal(code, b.code[e]);
        }
    }
}

static void fields_and_planes_lie_where_the_drawing_says(void **state) {
    (void)state;
    each_pair(check_places);
}

static void floats_lie_in_runs(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(layouts); i++) {
        struct pair p;
        int rows = layouts[i].rows;
        make_pair(&p, KERN_BF16, layouts[i], rows, 7, i);
        for (int r = 0; r < rows; r++) {
            for (int k = 0; k < 8; k++) {
                uint16_t h = 0;
                if (k < 7) memcpy(&h, p.file + (size_t)r * p.row_size + 2 * k, 2);
                assert_memory_equal(p.packed.data + 2 * ((k / 2 * rows + r) * 2 + k % 2), &h, 2);
            }
        }
        free_pair(&p);
        make_pair(&p, KERN_F32, layouts[i], rows, 7, i);
        for (int r = 0; r < rows; r++) {
            for (int k = 0; k < 7; k++) {
                assert_memory_equal(p.packed.data + 4 * (k * rows + r),
                                    p.file + (size_t)r * p.row_size + 4 * k, 4);
            }
        }
        free_pair(&p);
    }
}

/* ---- across processes ---- */

static uint64_t sum_of_all;

static void add_to_sum(const struct pair *p) {
    size_t n_groups = (size_t)kern_n_groups(p->packed.layout, p->n_rows);
    sum_of_all = hash_bytes(sum_of_all, p->packed.data, n_groups * p->packed.group_size);
}

/* Packed weights are kept in files. Whoever changes what kern_pack_group() writes raises
 * KERN_PACK_VERSION, and then this sum may change. */
static void the_bytes_are_those_of_this_version(void **state) {
    (void)state;
    sum_of_all = KERN_PACK_VERSION;
    each_pair(add_to_sum);
    if (sum_of_all != 0x06d4818095d9a852u)
        fail_msg("the sum is %#llx", (unsigned long long)sum_of_all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_hold_the_rows_and_the_last_what_is_left),
        cmocka_unit_test(a_packed_block_is_as_large_as_its_fields),
        cmocka_unit_test(rows_unpack_to_the_very_values),
        cmocka_unit_test(blocks_unpack_to_the_very_fields),
        cmocka_unit_test(rows_beyond_the_last_are_zero),
        cmocka_unit_test(fields_and_planes_lie_where_the_drawing_says),
        cmocka_unit_test(floats_lie_in_runs),
        cmocka_unit_test(the_bytes_are_those_of_this_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
