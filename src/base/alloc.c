#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/size.h"

#define LARGE_PAGE ((size_t)2 << 20)

static atomic_uint_fast64_t n_allocs;
static atomic_uint_fast64_t n_live;
static atomic_uint_fast64_t fail_countdown; /* 0 = off */
static atomic_int fail_for_ever;

static int may_allocate(void) {
    if (BASE_UNLIKELY(atomic_load_explicit(&fail_countdown, memory_order_relaxed) != 0)) {
        uint64_t left = atomic_load(&fail_countdown);
        if (left == 1) {
            if (!atomic_load(&fail_for_ever)) atomic_store(&fail_countdown, 0);
            return 0;
        }
        atomic_store(&fail_countdown, left - 1);
    }
    atomic_fetch_add_explicit(&n_allocs, 1, memory_order_relaxed);
    return 1;
}

static void *counted(void *ptr) {
    if (ptr) atomic_fetch_add_explicit(&n_live, 1, memory_order_relaxed);
    return ptr;
}

void *mem_alloc(size_t size) {
    if (!may_allocate()) return NULL;
    return counted(malloc(size ? size : 1));
}

void *mem_calloc(size_t count, size_t size) {
    size_t total;
    if (!mul_size(&total, count, size) || !may_allocate()) return NULL;
    return counted(calloc(1, total ? total : 1));
}

void *mem_realloc(void *ptr, size_t size) {
    if (!may_allocate()) return NULL;
    void *moved = realloc(ptr, size ? size : 1);
    return ptr ? moved : counted(moved);
}

void *mem_aligned(size_t alignment, size_t size) {
    size_t padded;
    if (!round_up_size(&padded, size ? size : 1, alignment) || !may_allocate()) return NULL;
    void *ptr = aligned_alloc(alignment, padded);
    if (ptr) memset(ptr, 0, padded);
    return counted(ptr);
}

/* Large pages, where the system has them: a table costs a hundredth of the page faults to fill, and
 * its reads fewer walks through the page tables. What the advice cannot do is no fault. */
void *mem_table(size_t count, size_t size) {
    size_t total, padded;
    if (!mul_size(&total, count, size)) return NULL;
    if (total < LARGE_PAGE) return mem_calloc(count, size);
    if (!round_up_size(&padded, total, LARGE_PAGE) || !may_allocate()) return NULL;
    void *ptr = aligned_alloc(LARGE_PAGE, padded);
    if (!ptr) return NULL;
    (void)madvise(ptr, total, MADV_HUGEPAGE);
    return counted(memset(ptr, 0, total));
}

char *mem_strndup(const char *text, size_t len) {
    size_t size;
    if (!add_size(&size, len, 1)) return NULL;
    char *copy = mem_alloc(size);
    if (!copy) return NULL;
    if (len) memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

void mem_free(void *ptr) {
    if (ptr) atomic_fetch_sub_explicit(&n_live, 1, memory_order_relaxed);
    free(ptr);
}

uint64_t mem_count(void) {
    return atomic_load(&n_allocs);
}

uint64_t mem_live(void) {
    return atomic_load(&n_live);
}

void mem_fail_at(uint64_t n, int for_ever) {
    atomic_store(&fail_for_ever, for_ever);
    atomic_store(&fail_countdown, n);
}
