/* The Z-function of the answer's end, read backwards: z[p] tokens from the end on are those which
 * stand p further back, so that the end has the period p for p + z[p] tokens. (Gusfield 1997,
 * section 1.4.) It knows all periods at once, which a search for one candidate after another does
 * not: blocks that repeat within themselves would lead it astray. */
#include "engine/run/loop.h"

void loop_init(struct loop *l) {
    l->next = LOOP_EVERY;
}

/* z[1..n) of the n tokens that end before `end`. */
static void find_periods(uint16_t *z, const int32_t *end, int n) {
    int left = 0, right = 0; /* the match [left, right) of those known that reaches farthest */
    for (int p = 1; p < n; p++) {
        int len = 0;
        if (p < right) len = z[p - left] < right - p ? z[p - left] : right - p;
        while (p + len < n && end[-1 - len] == end[-1 - p - len]) len++;
        z[p] = (uint16_t)len;
        if (p + len > right) {
            left = p;
            right = p + len;
        }
    }
}

/* Has the block at least LOOP_RICH different tokens? */
static bool is_rich(const int32_t *block, int p) {
    int32_t seen[LOOP_RICH];
    int n = 0;
    for (int i = 0; i < p; i++) {
        int k = 0;
        while (k < n && seen[k] != block[i]) k++;
        if (k < n) continue;
        seen[n++] = block[i];
        if (n == LOOP_RICH) return true;
    }
    return false;
}

bool loop_found(struct loop *l, const int32_t *tokens, int n) {
    if (n < l->next) return false;
    l->next = n + LOOP_EVERY;
    const int32_t *end = tokens + n;
    int n_seen = n < LOOP_WINDOW ? n : LOOP_WINDOW;
    find_periods(l->z, end, n_seen);
    for (int p = 1; p <= LOOP_LONGEST && p < n_seen; p++) {
        int repeated = l->z[p];
        if (repeated < LOOP_REPEATED || repeated < LOOP_COPIES * p) continue;
        if (repeated >= LOOP_REPEATED_POOR || is_rich(end - p, p)) return true;
    }
    return false;
}
