/* Merging neighbours, against the definition: as long as any pair merges, the leftmost of the
 * lowest rank does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "engine/text/merge.h"

#define N_IDS 24

/* Ids 0 .. N_IDS - 1; what any two of them become. */
struct rules {
    int32_t rank[N_IDS][N_IDS]; /* MERGE_NEVER = they do not merge */
    int32_t id[N_IDS][N_IDS];
};

static bool merge_by_table(const void *rules, const char *text, const struct merge_symbol *left,
                           const struct merge_symbol *right, struct merge_result *result) {
    const struct rules *r = rules;
    (void)text;
    if (r->rank[left->id][right->id] == MERGE_NEVER) return false;
    *result = (struct merge_result){r->rank[left->id][right->id], r->id[left->id][right->id]};
    return true;
}

static size_t brute_force(const struct rules *r, int32_t *ids, size_t *lens, size_t n) {
    for (;;) {
        size_t best = n;
        int32_t least = MERGE_NEVER;
        for (size_t i = 0; i + 1 < n; i++) {
            int32_t rank = r->rank[ids[i]][ids[i + 1]];
            if (rank < least) {
                least = rank;
                best = i;
            }
        }
        if (best == n) return n;
        ids[best] = r->id[ids[best]][ids[best + 1]];
        lens[best] += lens[best + 1];
        for (size_t i = best + 1; i + 1 < n; i++) {
            ids[i] = ids[i + 1];
            lens[i] = lens[i + 1];
        }
        n--;
    }
}

static void check(struct merger *m, const struct rules *r, const int32_t *ids, size_t n) {
    static int32_t wanted[5000];
    static size_t lens[5000];
    for (size_t i = 0; i < n; i++) {
        wanted[i] = ids[i];
        lens[i] = 1;
    }
    size_t n_wanted = brute_force(r, wanted, lens, n), found = 0, start = 0;
    assert_true(merger_begin(m, n));
    for (size_t i = 0; i < n; i++) merger_add(m, i, 1, ids[i]);
    merger_run(m, NULL, merge_by_table, r);
    for (int32_t i = n ? 0 : -1; i >= 0; i = m->symbols[i].next, found++) {
        assert_true(found < n_wanted);
        assert_int_equal(m->symbols[i].id, wanted[found]);
        assert_int_equal(m->symbols[i].start, start);
        assert_int_equal(m->symbols[i].len, lens[found]);
        start += lens[found];
    }
    assert_int_equal(found, n_wanted);
}

/* Every pair merges with the given chance, at one of n_ranks ranks. */
static void random_rules(struct rules *r, struct rng *rng, uint32_t percent, uint32_t n_ranks) {
    for (int a = 0; a < N_IDS; a++) {
        for (int b = 0; b < N_IDS; b++) {
            bool merges = rng_below(rng, 100) < percent;
            r->rank[a][b] = merges ? (int32_t)rng_below(rng, n_ranks) - 3 : MERGE_NEVER;
            r->id[a][b] = (int32_t)rng_below(rng, N_IDS);
        }
    }
}

static void no_rule(struct rules *r) {
    for (int a = 0; a < N_IDS; a++) {
        for (int b = 0; b < N_IDS; b++) r->rank[a][b] = MERGE_NEVER;
    }
}

static void nothing_and_one_symbol_stay_as_they_are(void **state) {
    (void)state;
    struct merger m = {0};
    struct rules r;
    no_rule(&r);
    check(&m, &r, NULL, 0);
    check(&m, &r, (int32_t[]){3}, 1);
    merger_clear(&m);
}

static void the_lowest_rank_goes_first(void **state) {
    (void)state;
    struct merger m = {0};
    struct rules r;
    no_rule(&r);
    r.rank[0][1] = 5, r.id[0][1] = 10; /* 0 1 2: the right pair is worth more */
    r.rank[1][2] = 4, r.id[1][2] = 11;
    check(&m, &r, (int32_t[]){0, 1, 2}, 3);
    assert_int_equal(m.symbols[0].id, 0);
    r.rank[0][11] = 0, r.id[0][11] = 12; /* what has merged merges on */
    check(&m, &r, (int32_t[]){0, 1, 2}, 3);
    assert_int_equal(m.symbols[0].id, 12);
    merger_clear(&m);
}

static void the_leftmost_of_equals_goes_first(void **state) {
    (void)state;
    struct merger m = {0};
    struct rules r;
    no_rule(&r);
    r.rank[7][7] = 1, r.id[7][7] = 8;
    int32_t sevens[5] = {7, 7, 7, 7, 7};
    check(&m, &r, sevens, 5); /* 8 8 7 */
    assert_int_equal(m.symbols[0].id, 8);
    assert_int_equal(m.symbols[1].id, 8);
    assert_int_equal(m.symbols[2].id, 7);
    merger_clear(&m);
}

static void random_lists_agree_with_the_definition(void **state) {
    (void)state;
    struct merger m = {0};
    struct rng rng;
    rng_init(&rng, 5);
    for (int round = 0; round < 3000; round++) {
        struct rules r;
        int32_t ids[70];
        random_rules(&r, &rng, 1 + rng_below(&rng, 100), 1 + rng_below(&rng, 40));
        size_t n = rng_below(&rng, 70);
        for (size_t i = 0; i < n; i++) ids[i] = (int32_t)rng_below(&rng, N_IDS);
        check(&m, &r, ids, n);
    }
    merger_clear(&m);
}

/* The levels above the list end at powers of sixteen. */
static void lists_that_just_fill_a_level_agree_as_well(void **state) {
    (void)state;
    static const size_t lens[] = {15,  16,  17,  31,  32,   33,   255,
                                  256, 257, 272, 273, 4095, 4096, 4097};
    static int32_t ids[4097];
    struct merger m = {0};
    struct rng rng;
    rng_init(&rng, 6);
    for (size_t k = 0; k < BASE_COUNT(lens); k++) {
        for (int round = 0; round < 3; round++) {
            struct rules r;
            random_rules(&r, &rng, 30, 500);
            for (size_t i = 0; i < lens[k]; i++) ids[i] = (int32_t)rng_below(&rng, N_IDS);
            check(&m, &r, ids, lens[k]);
        }
    }
    merger_clear(&m);
}

/* Runs, which walks shorten before a tree is built of the rest, if anything is left for it. */
static void long_lists_of_runs_agree_as_well(void **state) {
    (void)state;
    static int32_t ids[1200];
    struct merger m = {0};
    struct rng rng;
    rng_init(&rng, 7);
    for (int round = 0; round < 200; round++) {
        struct rules r;
        size_t n = 60 + rng_below(&rng, round % 10 ? 100 : 1100);
        uint32_t n_kinds = 1 + rng_below(&rng, 4), longest = 1 + rng_below(&rng, 300);
        random_rules(&r, &rng, 20 + rng_below(&rng, 80), 1 + rng_below(&rng, 500));
        for (size_t i = 0; i < n;) {
            int32_t kind = (int32_t)rng_below(&rng, n_kinds);
            for (uint32_t k = rng_below(&rng, longest); i < n; k--) {
                ids[i++] = kind;
                if (k == 0) break;
            }
        }
        check(&m, &r, ids, n);
    }
    merger_clear(&m);
}

static void storage_is_kept_from_list_to_list(void **state) {
    (void)state;
    struct merger m = {0};
    assert_true(merger_begin(&m, 1000));
    uint64_t before = mem_count();
    for (size_t n = 0; n <= 1000; n++) assert_true(merger_begin(&m, n));
    assert_int_equal(mem_count(), before);
    merger_clear(&m);
}

static void out_of_memory_leaves_an_empty_one(void **state) {
    (void)state;
    uint64_t live = mem_live();
    for (uint64_t n = 1; n <= 2; n++) {
        struct merger m = {0};
        mem_fail_at(n, 0);
        assert_false(merger_begin(&m, 100));
        mem_fail_at(0, 0);
        assert_int_equal(mem_live(), live);
        assert_true(merger_begin(&m, 100));
        merger_clear(&m);
    }
    struct merger m = {0};
    assert_false(merger_begin(&m, SIZE_MAX / 8));
    assert_int_equal(mem_live(), live);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_and_one_symbol_stay_as_they_are),
        cmocka_unit_test(the_lowest_rank_goes_first),
        cmocka_unit_test(the_leftmost_of_equals_goes_first),
        cmocka_unit_test(random_lists_agree_with_the_definition),
        cmocka_unit_test(lists_that_just_fill_a_level_agree_as_well),
        cmocka_unit_test(long_lists_of_runs_agree_as_well),
        cmocka_unit_test(storage_is_kept_from_list_to_list),
        cmocka_unit_test(out_of_memory_leaves_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
