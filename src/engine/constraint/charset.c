#include "engine/constraint/charset.h"

#include <stdlib.h>

#include "base/alloc.h"

void charset_init(struct charset *set, size_t max) {
    *set = (struct charset){.max = max};
}

void charset_clear(struct charset *set) {
    mem_free(set->bounds);
    charset_init(set, set->max);
}

void charset_reset(struct charset *set) {
    set->n = 0;
    set->failed = set->full = false;
}

void charset_add(struct charset *set, uint32_t first, uint32_t last) {
    if (set->n + 2 > set->cap) {
        size_t cap = set->cap ? set->cap * 2 : 16;
        set->full = set->full || set->n + 2 > set->max;
        uint32_t *bounds = set->full ? NULL : mem_realloc(set->bounds, cap * sizeof *bounds);
        set->failed = set->failed || (!set->full && !bounds);
        if (!bounds) return;
        set->bounds = bounds;
        set->cap = cap;
    }
    set->bounds[set->n++] = first;
    set->bounds[set->n++] = last;
}

static int by_first(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

void charset_normalise(struct charset *set) {
    if (set->n == 0) return;
    qsort(set->bounds, set->n / 2, 2 * sizeof *set->bounds, by_first);
    size_t n = 2;
    for (size_t i = 2; i < set->n; i += 2) {
        uint32_t *last = &set->bounds[n - 1];
        if (set->bounds[i] <= *last + 1) {
            if (set->bounds[i + 1] > *last) *last = set->bounds[i + 1];
            continue;
        }
        set->bounds[n++] = set->bounds[i];
        set->bounds[n++] = set->bounds[i + 1];
    }
    set->n = n;
}

/* The gaps: at most one range more than there were. */
void charset_negate(struct charset *set) {
    uint32_t first = 0;
    size_t n = 0, old_n = set->n;
    for (size_t i = 0; i < old_n; i += 2) {
        uint32_t low = set->bounds[i], high = set->bounds[i + 1];
        if (low > first) {
            set->bounds[n++] = first;
            set->bounds[n++] = low - 1;
        }
        first = high + 1;
    }
    set->n = n;
    if (first <= CHARSET_LAST) charset_add(set, first, CHARSET_LAST);
}

void charset_drop_surrogates(struct charset *set) {
    size_t old_n = set->n, n = 0;
    uint32_t above_last = 0;
    for (size_t i = 0; i < old_n; i += 2) {
        uint32_t first = set->bounds[i], last = set->bounds[i + 1];
        if (first <= 0xdfff && last >= 0xd800) {
            if (last > 0xdfff && first < 0xd800) above_last = last; /* one range becomes two */
            if (last > 0xdfff && first >= 0xd800) {
                first = 0xe000;
            } else if (first >= 0xd800) {
                continue;
            } else {
                last = 0xd7ff;
            }
        }
        set->bounds[n++] = first;
        set->bounds[n++] = last;
    }
    set->n = n;
    if (above_last) charset_add(set, 0xe000, above_last);
    charset_normalise(set);
}
