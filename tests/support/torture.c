#include "support/torture.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/process.h"
#include "support/refusal.h"
#include "support/sanitized.h"

struct footprint footprint_now(int n_threads) {
    return (struct footprint){.n_blocks = mem_live(),
                              .n_files = process_n_files(),
                              .n_threads = process_n_threads(n_threads),
                              .reserved = process_memory().reserved};
}

void expect_unchanged(const struct footprint *before) {
    struct footprint now = footprint_now(before->n_threads);
    assert_int_equal(now.n_blocks, before->n_blocks);
    assert_int_equal(now.n_files, before->n_files);
    assert_true(now.n_threads <= before->n_threads);
}

static uint64_t count_allocations(torture_fn work) {
    ingle_error err;
    mark_error(&err);
    uint64_t before = mem_count(), live = mem_live();
    if (work(&err) != INGLE_OK) fail_msg("%s", err.msg);
    expect_marked(&err);
    assert_int_equal(mem_live(), live);
    return mem_count() - before;
}

uint64_t torture(torture_fn work) {
    uint64_t n_allocations = count_allocations(work);
    struct footprint before = footprint_now(INT_MAX);
    for (int for_ever = 0; for_ever <= 1; for_ever++) {
        for (uint64_t n = 1; n <= n_allocations; n++) {
            ingle_error err = {0};
            mem_fail_at(n, for_ever);
            ingle_status status = work(n % 5 == 0 ? NULL : &err);
            mem_fail_at(0, 0);
            if (status != INGLE_NO_MEMORY) {
                fail_msg("allocation %d of %d, %s: %s", (int)n, (int)n_allocations,
                         for_ever ? "for ever" : "once", ingle_status_name(status));
            }
            if (n % 5) expect_refusal(status, INGLE_NO_MEMORY, &err, "Out of memory: ");
            expect_unchanged(&before);
        }
    }
    /* Regions and maps of files are not counted as blocks, but are far larger than this. */
    struct footprint after = footprint_now(INT_MAX);
    if (!SANITIZED) assert_true(after.reserved < before.reserved + (1 << 20));
    assert_int_equal(count_allocations(work), n_allocations);
    return n_allocations;
}
