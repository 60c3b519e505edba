#include "cli/bench_values.h"

#include <errno.h>
#include <stdlib.h>

struct reader {
    struct bench_values *values;
    const char *p;
    long low, high;
};

static bool read_number(struct reader *r, long low, long *out) {
    char *end;
    errno = 0;
    *out = strtol(r->p, &end, 10);
    bool ok = *r->p >= '0' && *r->p <= '9' && errno == 0 && *out >= low && *out <= r->high;
    r->p = end;
    return ok;
}

/* first[-last[+step|*factor]] */
static bool read_range(struct reader *r) {
    long first, last, step = 1;
    if (!read_number(r, r->low, &first)) return false;
    last = first;
    bool grows = false;
    if (*r->p == '-') {
        r->p++;
        if (!read_number(r, first, &last)) return false;
        if (*r->p == '+' || *r->p == '*') {
            grows = *r->p++ == '*';
            if (!read_number(r, grows ? 2 : 1, &step)) return false;
            if (grows && first == 0) return false;
        }
    }
    for (long value = first; value <= last; value = grows ? value * step : value + step) {
        if (r->values->n == BENCH_MAX_VALUES) return false;
        r->values->items[r->values->n++] = (int)value;
    }
    return true;
}

static bool read_list(struct reader *r) {
    for (;; r->p++) {
        if (!read_range(r)) return false;
        if (*r->p != ',') return *r->p == '\0';
    }
}

ingle_status bench_values_parse(struct bench_values *v, const struct option_list *list,
                                const char *name, int low, int high, ingle_error *err) {
    if (list->n > 0) v->n = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct reader r = {.values = v, .p = list->items[i], .low = low, .high = high};
        if (read_list(&r)) continue;
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Option %s is '%.40s'; it must be like 64,512 or 64-256+64, at most %d "
                          "numbers from %d to %d.",
                          name, list->items[i], BENCH_MAX_VALUES, low, high);
    }
    return INGLE_OK;
}

int bench_values_greatest(const struct bench_values *v) {
    int best = 1;
    for (int i = 0; i < v->n; i++) best = v->items[i] > best ? v->items[i] : best;
    return best;
}
