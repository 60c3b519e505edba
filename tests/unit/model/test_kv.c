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
#include "base/compiler.h"

static const struct hparams shape = {.n_layer = 3, .n_head_kv = 2, .head_dim = 6};

static struct kv_cache new_cache(enum kern_kv_type type, int n_ctx) {
    struct kv_cache kv;
    assert_int_equal(kv_cache_init(&kv, &shape, type, n_ctx, NULL), INGLE_OK);
    return kv;
}

static void the_context_is_rounded_up_to_whole_pages(void **state) {
    (void)state;
    static const int rows[][2] = {{1, 64}, {63, 64}, {64, 64}, {65, 128}, {1000, 1024}};
    for (int type = 0; type < KERN_N_KV_TYPES; type++) {
        for (size_t i = 0; i < BASE_COUNT(rows); i++) {
            struct kv_cache kv = new_cache((enum kern_kv_type)type, rows[i][0]);
            assert_int_equal(kv.n_ctx, rows[i][1]);
            assert_int_equal(kv.n_pages, rows[i][1] / KERN_ATTN_KEYS);
            size_t per_token = 6 * kern_kv_size(kv.format.type) + (type == KERN_KV_I8 ? 4 : 0);
            assert_true(kv.page_size >= 3 * 2 * 2 * per_token * KERN_ATTN_KEYS);
            assert_int_equal(kv.page_size % 4096, 0);
            kv_cache_clear(&kv);
            assert_null(kv.own);
            kv_cache_clear(&kv);
        }
    }
}

/* Counts the bytes at p, of page `page`, as belonging to a view. */
static void claim(const struct kv_cache *kv, uint8_t *owners, int page, const void *p,
                  size_t size) {
    size_t at = (size_t)((const uint8_t *)p - kv->pages[page]);
    assert_true(at <= kv->page_size && size <= kv->page_size - at);
    assert_int_equal(at % 64, 0);
    for (size_t i = 0; i < size; i++) owners[at + i]++;
}

static void no_byte_of_a_page_belongs_to_two_heads(void **state) {
    (void)state;
    for (int type = 0; type < KERN_N_KV_TYPES; type++) {
        struct kv_cache kv = new_cache((enum kern_kv_type)type, 100);
        uint8_t *owners = calloc(kv.page_size, 1);
        assert_non_null(owners);
        for (int n = 0; n < 2 * 3 * 2; n++) {
            struct kern_kv view = kv_cache_head(&kv, n / 2 % 3, n % 2);
            struct kern_kv_page page = kern_kv_page(&view, n / 6);
            assert_int_equal(view.type, type);
            assert_int_equal(view.head_dim, 6);
            claim(&kv, owners, n / 6, page.k, 64 * 6 * kern_kv_size(view.type));
            claim(&kv, owners, n / 6, page.v, 64 * 6 * kern_kv_size(view.type));
            if (type != KERN_KV_I8) continue;
            claim(&kv, owners, n / 6, page.k_scale, 64 * sizeof(float));
            claim(&kv, owners, n / 6, page.v_scale, 64 * sizeof(float));
        }
        for (size_t i = 0; i < kv.page_size; i++) {
            bool used = i < 6 * kv.head_size;
            assert_int_equal(owners[i], used ? 2 : 0); /* once in each of two pages */
            assert_int_equal(kv.pages[0][i], 0);
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
    struct kv_cache kv = new_cache(KERN_KV_F16, 64);
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

/* What position pos of page i holds in every layer and head: `seed` in keys, values and scales. */
static void put(struct kv_cache *kv, const struct kern_ops *ops, int pos, int seed) {
    for (int n = 0; n < 6; n++) {
        struct kern_kv view = kv_cache_head(kv, n / 2, n % 2);
        float key[6], value[6];
        for (int d = 0; d < 6; d++) {
            key[d] = (float)(seed + n + d);
            value[d] = (float)(seed + n - d);
        }
        ops->kv_store(&view, pos, key, value);
    }
}

static void a_lent_page_is_read_and_copied_before_it_changes(void **state) {
    (void)state;
    struct kern_ops ops;
    kern_ops_init(&ops, CPU_TIER_REF);
    for (int type = 0; type < KERN_N_KV_TYPES; type++) {
        for (int keep = 0; keep < 64; keep += 7) {
            struct kv_cache lender = new_cache((enum kern_kv_type)type, 128);
            struct kv_cache kv = new_cache((enum kern_kv_type)type, 128);
            struct kv_cache wanted = new_cache((enum kern_kv_type)type, 128);
            for (int pos = 64; pos < 128; pos++) {
                put(&lender, &ops, pos, pos);
                put(&kv, &ops, pos, 1000 + pos);
                put(&wanted, &ops, pos, pos < 64 + keep ? pos : 2000 + pos);
            }
            kv_cache_lend(&kv, 1, lender.pages[1]);
            assert_false(kv_cache_owns(&kv, 1));
            assert_true(kv_cache_owns(&kv, 0));
            assert_ptr_equal(kv.pages[1], lender.pages[1]);
            kv_cache_own(&kv, 1, keep);
            assert_true(kv_cache_owns(&kv, 1));
            for (int pos = 64 + keep; pos < 128; pos++) put(&kv, &ops, pos, 2000 + pos);
            assert_memory_equal(kv.pages[1], wanted.pages[1], kv.page_size);
            kv_cache_own(&kv, 1, 0); /* it is already */
            assert_memory_equal(kv.pages[1], wanted.pages[1], kv.page_size);
            kv_cache_clear(&wanted);
            kv_cache_clear(&kv);
            kv_cache_clear(&lender);
        }
    }
}

/* Positions that kernels would see in no bit are zeros in a copy: nobody's words go with it. */
static void a_copy_of_some_positions_holds_nothing_of_the_others(void **state) {
    (void)state;
    struct kern_ops ops;
    kern_ops_init(&ops, CPU_TIER_REF);
    for (int type = 0; type < KERN_N_KV_TYPES; type++) {
        struct kv_cache whole = new_cache((enum kern_kv_type)type, 64);
        for (int pos = 0; pos < 64; pos++) put(&whole, &ops, pos, 100 + pos);
        for (int n = 0; n <= 64; n++) {
            struct kv_cache wanted = new_cache((enum kern_kv_type)type, 64);
            struct kv_cache got = new_cache((enum kern_kv_type)type, 64);
            for (int pos = 0; pos < n; pos++) put(&wanted, &ops, pos, 100 + pos);
            kv_copy_positions(&got.format, got.pages[0], whole.pages[0], n);
            assert_memory_equal(got.pages[0], wanted.pages[0], got.page_size);
            /* Its pieces, and only they, hold something. */
            struct kv_piece p;
            size_t end = 0;
            for (size_t i = 0; kv_page_piece(&p, &got.format, n, i); i++) {
                assert_true(p.at >= end && p.size > 0);
                end = p.at + p.size;
                assert_true(end <= got.page_size);
                memset(got.pages[0] + p.at, 0, p.size);
            }
            for (size_t i = 0; i < got.page_size; i++) assert_int_equal(got.pages[0][i], 0);
            kv_cache_clear(&wanted);
            kv_cache_clear(&got);
        }
        kv_cache_clear(&whole);
    }
}

static void formats_are_equal_if_all_of_them_is(void **state) {
    (void)state;
    const struct kv_format one = {KERN_KV_BF16, 3, 2, 6, true};
    const struct kv_format others[] = {{KERN_KV_F16, 3, 2, 6, true},
                                       {KERN_KV_BF16, 4, 2, 6, true},
                                       {KERN_KV_BF16, 3, 3, 6, true},
                                       {KERN_KV_BF16, 3, 2, 8, true},
                                       {KERN_KV_BF16, 3, 2, 6, false}};
    assert_true(kv_format_equal(&one, &one));
    for (size_t i = 0; i < BASE_COUNT(others); i++) {
        assert_false(kv_format_equal(&one, &others[i]));
    }
}

static void what_cannot_be_had_is_refused_and_leaves_nothing(void **state) {
    (void)state;
    static const struct hparams huge = {.n_layer = 512, .n_head_kv = 1024, .head_dim = 1024};
    struct kv_cache kv = {.n_ctx = 1};
    ingle_error err = {0};
    assert_int_equal(kv_cache_init(&kv, &huge, KERN_KV_F16, 1 << 24, &err), INGLE_NO_MEMORY);
    assert_non_null(strstr(err.msg, "the KV cache needs"));
    assert_null(kv.own);
    assert_int_equal(kv.n_ctx, 0);
    for (int n = 1; n <= 3; n++) {
        mem_fail_at((uint64_t)n, 0);
        assert_int_equal(kv_cache_init(&kv, &shape, KERN_KV_I8, 64, &err), INGLE_NO_MEMORY);
        mem_fail_at(0, 0);
        assert_null(kv.own);
        assert_null(kv.pages);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_context_is_rounded_up_to_whole_pages),
        cmocka_unit_test(no_byte_of_a_page_belongs_to_two_heads),
        cmocka_unit_test(what_is_stored_is_found_again),
        cmocka_unit_test(a_lent_page_is_read_and_copied_before_it_changes),
        cmocka_unit_test(a_copy_of_some_positions_holds_nothing_of_the_others),
        cmocka_unit_test(formats_are_equal_if_all_of_them_is),
        cmocka_unit_test(what_cannot_be_had_is_refused_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
