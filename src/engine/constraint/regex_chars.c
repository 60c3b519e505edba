/* Classes of code points: two are in one class if no set of the pattern has one and not the other.
 * All sets together cut the code points into intervals; then each set in turn splits the classes
 * of the intervals that it holds in part. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/regex.h"

#define MAX_WORK ((size_t)1 << 26) /* intervals of all sets together */
#define MAX_LISTS ((size_t)1 << 22)

struct divider {
    struct regex_chars *chars;
    const struct intern *sets;
    uint32_t *sizes;            /* of classes, in intervals */
    uint32_t *inside, *renamed; /* [class] of the set at work */
    uint32_t *touched, n_touched;
    size_t work;
    ingle_error *err;
};

void regex_chars_clear(struct regex_chars *chars) {
    mem_free(chars->firsts);
    mem_free(chars->classes);
    mem_free(chars->lists);
    mem_free(chars->list_ends);
    *chars = (struct regex_chars){0};
}

static ingle_status no_memory(struct divider *d, size_t n) {
    return status_no_memory(d->err, "a regular expression", n * sizeof(uint32_t));
}

static ingle_status too_many(struct divider *d) {
    return status_set(d->err, INGLE_LIMIT, 0,
                      "The regular expression is too large: it divides the characters into too "
                      "many classes.");
}

static int by_value(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The beginnings of all intervals. */
static ingle_status cut(struct divider *d) {
    struct regex_chars *chars = d->chars;
    size_t room = d->sets->n_items + 4, n = 0;
    chars->firsts = mem_calloc(room, sizeof *chars->firsts);
    if (!chars->firsts) return no_memory(d, room);
    static const uint32_t always[] = {0, 0xd800, 0xe000, CHARSET_LAST + 1};
    for (size_t i = 0; i < 4; i++) chars->firsts[n++] = always[i];
    for (size_t i = 0; i < d->sets->n_items; i++) {
        chars->firsts[n++] = d->sets->items[i] + (i & 1); /* every set has whole ranges */
    }
    qsort(chars->firsts, n, sizeof *chars->firsts, by_value);
    chars->n = 1;
    for (size_t i = 1; i < n; i++) {
        if (chars->firsts[i] != chars->firsts[chars->n - 1])
            chars->firsts[chars->n++] = chars->firsts[i];
    }
    chars->n--; /* the last one is behind all code points */
    return INGLE_OK;
}

static uint32_t interval_at(const struct regex_chars *chars, uint32_t cp) {
    uint32_t low = 0, high = chars->n;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (chars->firsts[middle] <= cp) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint32_t end_of(const struct regex_chars *chars, uint32_t interval) {
    return interval + 1 < chars->n ? chars->firsts[interval + 1] : CHARSET_LAST + 1;
}

static void count_inside(struct divider *d, uint32_t interval) {
    uint32_t class = d->chars->classes[interval];
    if (d->inside[class]++ == 0) d->touched[d->n_touched++] = class;
}

static void rename_inside(struct divider *d, uint32_t interval) {
    uint32_t *class = &d->chars->classes[interval];
    if (d->renamed[*class] == *class) return;
    d->sizes[*class]--;
    *class = d->renamed[*class];
    d->sizes[*class]++;
}

/* The intervals of a set, one after the other. */
static void each_interval(struct divider *d, uint32_t set,
                          void (*visit)(struct divider *d, uint32_t interval)) {
    size_t n;
    const uint32_t *bounds = intern_get(d->sets, set, &n);
    for (size_t i = 0; i < n; i += 2) {
        for (uint32_t k = interval_at(d->chars, bounds[i]);
             k < d->chars->n && d->chars->firsts[k] <= bounds[i + 1]; k++) {
            visit(d, k);
            d->work++;
        }
    }
}

static ingle_status split_by_set(struct divider *d, uint32_t set) {
    d->n_touched = 0;
    each_interval(d, set, count_inside);
    for (uint32_t i = 0; i < d->n_touched; i++) {
        uint32_t class = d->touched[i];
        bool whole = d->inside[class] == d->sizes[class];
        d->renamed[class] = whole ? class : d->chars->n_classes++;
    }
    each_interval(d, set, rename_inside);
    for (uint32_t i = 0; i < d->n_touched; i++) d->inside[d->touched[i]] = 0;
    return d->work > MAX_WORK ? too_many(d) : INGLE_OK;
}

static void add_to_list(struct divider *d, uint32_t interval) {
    uint32_t class = d->chars->classes[interval];
    if (d->inside[class]++ == 0) d->touched[d->n_touched++] = class;
}

/* The classes of each set. */
static ingle_status list_classes(struct divider *d) {
    struct regex_chars *chars = d->chars;
    size_t n = 0, cap = 0;
    for (uint32_t set = 0; set < d->sets->n; set++) {
        d->n_touched = 0;
        each_interval(d, set, add_to_list);
        if (n + d->n_touched > cap) {
            cap = 2 * (n + d->n_touched);
            if (cap > MAX_LISTS || d->work > MAX_WORK) return too_many(d);
            uint32_t *lists = mem_realloc(chars->lists, cap * sizeof *lists);
            if (!lists) return no_memory(d, cap);
            chars->lists = lists;
        }
        for (uint32_t i = 0; i < d->n_touched; i++) {
            chars->lists[n++] = d->touched[i];
            d->inside[d->touched[i]] = 0;
        }
        chars->list_ends[set] = (uint32_t)n;
    }
    return INGLE_OK;
}

/* Neighbours of one class become one range; surrogates are in none. */
static void join_ranges(struct regex_chars *chars) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < chars->n; i++) {
        uint32_t class = chars->classes[i];
        if (chars->firsts[i] >= 0xd800 && end_of(chars, i) <= 0xe000) class = REGEX_NO_CLASS;
        if (n && chars->classes[n - 1] == class) continue;
        chars->firsts[n] = chars->firsts[i];
        chars->classes[n++] = class;
    }
    chars->n = n;
}

static ingle_status divide(struct divider *d, uint32_t *memory) {
    struct regex_chars *chars = d->chars;
    d->sizes = memory;
    d->inside = memory + chars->n;
    d->renamed = memory + 2 * (size_t)chars->n;
    d->touched = memory + 3 * (size_t)chars->n;
    d->sizes[0] = chars->n;
    chars->n_classes = 1;
    for (uint32_t set = 0; set < d->sets->n; set++) INGLE_TRY(split_by_set(d, set));
    INGLE_TRY(list_classes(d));
    join_ranges(chars);
    return INGLE_OK;
}

ingle_status regex_chars_divide(struct regex_chars *chars, const struct intern *sets,
                                ingle_error *err) {
    *chars = (struct regex_chars){0};
    struct divider d = {.chars = chars, .sets = sets, .err = err};
    INGLE_TRY(cut(&d));
    uint32_t *memory = mem_calloc(chars->n, 4 * sizeof *memory);
    chars->classes = mem_calloc(chars->n, sizeof *chars->classes);
    chars->list_ends = mem_calloc(sets->n + 1, sizeof *chars->list_ends);
    bool ok = memory && chars->classes && chars->list_ends;
    ingle_status status = ok ? divide(&d, memory) : no_memory(&d, chars->n);
    mem_free(memory);
    if (status != INGLE_OK) regex_chars_clear(chars);
    return status;
}
