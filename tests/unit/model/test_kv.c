/* The KV cache: its size, where heads and layers lie in it, what cannot be had. */
#include "engine/model/kv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static const struct hparams shape = {.n_layer = 3, .n_head_kv = 2, .head_dim = 6};

static size_t element_size(enum kern_kv_type type) {
    return type == KERN_KV_I8 ? 1 : 2;
}

static void the_context_is_rounded_up_to_whole_blocks(void **state) {
    (void)state;
    static const int rows[][2] = {{1, 64}, {63, 64}, {64, 64}, {65, 128}, {1000, 1024}};
    for (int type = 0; type < KERN_N_KV_TYPES; type++) {
        for (size_t i = 0; i < BASE_COUNT(rows); i++) {
            struct kv_cache kv;
            assert_int_equal(kv_cache_init(&kv, &shape, (enum kern_kv_type)type, rows[i][0], NULL),
                             INGLE_OK);
            assert_int_equal(kv.n_ctx, rows[i][1]);
            size_t per_token = 6 * element_size(kv.type) + (type == KERN_KV_I8 ? 4 : 0);
            assert_int_equal(kv.size, 3 * 2 * 2 * per_token * (size_t)kv.n_ctx);
            kv_cache_clear(&kv);
            assert_null(kv.data);
            kv_cache_clear(&kv);
        }
    }
}

/* Counts the bytes at p as belonging to a view. */
static void claim(const struct kv_cache *kv, uint8_t *owners, const void *p, size_t size) {
    size_t at = (size_t)((const uint8_t *)p - kv->data);
    assert_true(at <= kv->size && size <= kv->size - at);
    for (size_t i = 0; i < size; i++) owners[at + i]++;
}

static void every_byte_belongs_to_just_one_head(void **state) {
    (void)state;
    for (int type = 0; type < KERN_N_KV_TYPES; type++) {
        struct kv_cache kv;
        assert_int_equal(kv_cache_init(&kv, &shape, (enum kern_kv_type)type, 100, NULL), INGLE_OK);
        uint8_t *owners = calloc(kv.size, 1);
        assert_non_null(owners);
        for (int layer = 0; layer < 3; layer++) {
            for (int head = 0; head < 2; head++) {
                struct kern_kv view = kv_cache_head(&kv, layer, head);
                assert_int_equal(view.type, type);
                assert_int_equal(view.head_dim, 6);
                claim(&kv, owners, view.k, 128 * 6 * element_size(view.type));
                claim(&kv, owners, view.v, 128 * 6 * element_size(view.type));
                if (type == KERN_KV_I8) {
                    claim(&kv, owners, view.k_scale, 128 * sizeof(float));
                    claim(&kv, owners, view.v_scale, 128 * sizeof(float));
                } else {
                    assert_null(view.k_scale);
                    assert_null(view.v_scale);
                }
                assert_int_equal((uintptr_t)view.k % 64, 0);
                assert_int_equal((uintptr_t)view.v % 64, 0);
            }
        }
        for (size_t i = 0; i < kv.size; i++) {
            assert_int_equal(owners[i], 1);
            assert_int_equal(kv.data[i], 0);
        }
        free(owners);
        kv_cache_clear(&kv);
    }
}

/* Fills the cache with other numbers everywhere, then reads every one back. */
static void what_is_stored_is_found_again(void **state) {
    (void)state;
    struct kern_ops ops;
    kern_ops_init(&ops, CPU_TIER_REF);
    struct kv_cache kv;
    assert_int_equal(kv_cache_init(&kv, &shape, KERN_KV_F16, 64, NULL), INGLE_OK);
    for (int n = 0; n < 3 * 2 * 64; n++) {
        struct kern_kv view = kv_cache_head(&kv, n / 128, n / 64 % 2);
        float key[6], value[6];
        for (int d = 0; d < 6; d++) key[d] = (float)n, value[d] = (float)(n + 1000);
        ops.kv_store(&view, n % 64, key, value);
    }
    for (int n = 0; n < 3 * 2 * 64; n++) {
        /* One key counts, so the answer is its value. */
        struct kern_kv view = kv_cache_head(&kv, n / 128, n / 64 % 2);
        _Alignas(64) static float scratch[KERN_ATTN_SCRATCH(6)];
        const float q[6] = {100, 100, 100, 100, 100, 100};
        float out[6];
        const int n_keys = n % 64 + 1;
        ops.attn[KERN_KV_F16](&(struct kern_attn_args){.out = out,
                                                       .out_stride = 6,
                                                       .q = q,
                                                       .q_stride = 6,
                                                       .n_q = 1,
                                                       .n_keys = &n_keys,
                                                       .scale = 1,
                                                       .kv = &view,
                                                       .scratch = scratch});
        for (int d = 0; d < 6; d++) assert_true(out[d] == (float)(n + 1000));
    }
    kv_cache_clear(&kv);
}

static void what_cannot_be_had_is_refused_and_leaves_nothing(void **state) {
    (void)state;
    static const struct hparams huge = {.n_layer = 512, .n_head_kv = 1024, .head_dim = 1024};
    struct kv_cache kv = {.size = 1};
    ingle_error err = {0};
    assert_int_equal(kv_cache_init(&kv, &huge, KERN_KV_F16, 1 << 24, &err), INGLE_NO_MEMORY);
    assert_non_null(strstr(err.msg, "the KV cache needs"));
    assert_null(kv.data);
    assert_int_equal(kv.size, 0);
    mem_fail_at(1, 0);
    assert_int_equal(kv_cache_init(&kv, &shape, KERN_KV_I8, 64, &err), INGLE_NO_MEMORY);
    mem_fail_at(0, 0);
    assert_null(kv.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_context_is_rounded_up_to_whole_blocks),
        cmocka_unit_test(every_byte_belongs_to_just_one_head),
        cmocka_unit_test(what_is_stored_is_found_again),
        cmocka_unit_test(what_cannot_be_had_is_refused_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
