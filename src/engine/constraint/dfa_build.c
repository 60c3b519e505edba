/* From a table over any symbols to a struct dfa: classes of bytes, and the ways to an end. */
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "engine/constraint/dfa_table.h"

/* Columns of a minimal table that are equal become one class; classes are numbered by their first
 * bytes. */
struct columns {
    uint64_t hashes[256];
    uint8_t symbol_of[256]; /* of each class, one of its symbols */
    uint32_t n;
};

static bool equal_columns(const struct dfa_table *t, uint32_t a, uint32_t b) {
    for (uint32_t s = 1; s < t->n_states; s++) {
        const uint32_t *row = dfa_table_row(t, s);
        if (row[a] != row[b]) return false;
    }
    return true;
}

static void find_classes(const struct dfa_table *t, const uint8_t symbols[256],
                         struct columns *columns, uint8_t classes[256]) {
    for (uint32_t c = 0; c < t->n_symbols; c++) columns->hashes[c] = 0;
    for (uint32_t s = 1; s < t->n_states; s++) {
        const uint32_t *row = dfa_table_row(t, s);
        for (uint32_t c = 0; c < t->n_symbols; c++) {
            columns->hashes[c] = hash_u64(columns->hashes[c], row[c]);
        }
    }
    columns->n = 0;
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t symbol = symbols[byte], k = 0;
        for (; k < columns->n; k++) {
            uint32_t other = columns->symbol_of[k];
            if (other == symbol) break;
            if (columns->hashes[other] == columns->hashes[symbol] &&
                equal_columns(t, other, symbol))
                break;
        }
        if (k == columns->n) columns->symbol_of[columns->n++] = (uint8_t)symbol;
        classes[byte] = (uint8_t)k;
    }
}

/* Which byte of several that serve alike stands for them in a completion: letters and digits
 * before all others. */
static int byte_rank(int byte) {
    if (byte >= 'a' && byte <= 'z') return 0;
    if (byte >= '0' && byte <= '9') return 1;
    if (byte >= 'A' && byte <= 'Z') return 2;
    return byte >= ' ' && byte <= '~' ? 3 : 4;
}

static void choose_bytes(const struct dfa *d, uint8_t best[256]) {
    for (uint32_t k = 0; k < d->n_classes; k++) {
        int chosen = -1;
        for (int byte = 0; byte < 256; byte++) {
            if (d->classes[byte] != k) continue;
            if (chosen < 0 || byte_rank(byte) < byte_rank(chosen)) chosen = byte;
        }
        best[k] = (uint8_t)chosen;
    }
}

/* The states from which some byte leads to `to` are from[at[to]] to from[at[to + 1]]. */
static void collect_sources(const struct dfa *d, uint32_t *at, uint32_t *from) {
    size_t cells = (size_t)d->n_states * d->n_classes;
    const uint32_t *next = d->next + d->n_classes;
    for (size_t i = 0; i < cells; i++) at[next[i] + 1]++;
    at[1] = 0; /* nobody asks for the dead state */
    for (uint32_t s = 1; s <= d->n_states; s++) at[s + 1] += at[s];
    for (size_t i = cells; i-- > 0;) {
        uint32_t to = next[i];
        if (to != DFA_DEAD) from[--at[to + 1]] = (uint32_t)(i / d->n_classes) + 1;
    }
    memmove(at, at + 1, ((size_t)d->n_states + 1) * sizeof *at);
}

static void walk_back(struct dfa *d, const uint32_t *at, const uint32_t *from, size_t n_from,
                      uint32_t *queue) {
    uint32_t n = 0;
    for (uint32_t s = 1; s <= d->n_states; s++) {
        d->left[s] = d->labels[s] ? 0 : UINT32_MAX;
        if (d->labels[s]) queue[n++] = s;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t to = queue[i];
        size_t end = to < d->n_states ? at[to + 1] : n_from;
        for (size_t k = at[to]; k < end; k++) {
            if (d->left[from[k]] != UINT32_MAX) continue;
            d->left[from[k]] = d->left[to] + 1;
            queue[n++] = from[k];
        }
    }
}

static void choose_steps(struct dfa *d) {
    uint8_t best[256];
    choose_bytes(d, best);
    for (uint32_t s = 1; s <= d->n_states; s++) {
        int chosen = -1;
        for (uint32_t k = 0; d->left[s] && k < d->n_classes; k++) {
            uint32_t to = d->next[(size_t)s * d->n_classes + k];
            if (to == DFA_DEAD || d->left[to] + 1 != d->left[s]) continue;
            if (chosen < 0 || byte_rank(best[k]) < byte_rank(chosen)) chosen = best[k];
        }
        d->finish[s] = chosen < 0 ? 0 : (uint8_t)chosen;
    }
}

static ingle_status find_ways(struct dfa *d, ingle_error *err) {
    size_t cells = (size_t)d->n_states * d->n_classes;
    uint32_t *at = mem_calloc((size_t)d->n_states + 2, sizeof *at);
    uint32_t *from = mem_calloc(cells + 1, sizeof *from);
    uint32_t *queue = mem_calloc((size_t)d->n_states + 1, sizeof *queue);
    bool ok = at && from && queue;
    if (ok) {
        collect_sources(d, at, from);
        size_t n_from = 0;
        for (size_t i = 0; i < cells; i++) n_from += d->next[d->n_classes + i] != DFA_DEAD;
        walk_back(d, at, from, n_from, queue);
        choose_steps(d);
    }
    mem_free(at);
    mem_free(from);
    mem_free(queue);
    return ok ? INGLE_OK : status_no_memory(err, "an automaton", cells * sizeof *from);
}

static ingle_status copy_table(struct dfa *d, const struct dfa_table *t,
                               const struct columns *columns, ingle_error *err) {
    d->n_classes = columns->n;
    d->n_states = t->n_states - 1;
    d->next = mem_calloc((size_t)t->n_states * d->n_classes, sizeof *d->next);
    d->labels = mem_calloc(t->n_states, sizeof *d->labels);
    d->finish = mem_calloc(t->n_states, sizeof *d->finish);
    d->left = mem_calloc(t->n_states, sizeof *d->left);
    if (!d->next || !d->labels || !d->finish || !d->left) {
        return status_no_memory(err, "an automaton", (size_t)t->n_states * d->n_classes * 4);
    }
    memcpy(d->labels, t->labels, t->n_states * sizeof *d->labels);
    for (uint32_t s = 1; s < t->n_states; s++) {
        const uint32_t *row = dfa_table_row(t, s);
        uint32_t *to = d->next + (size_t)s * d->n_classes;
        for (uint32_t k = 0; k < d->n_classes; k++) to[k] = row[columns->symbol_of[k]];
    }
    return find_ways(d, err);
}

ingle_status dfa_from_table(struct dfa **out, struct dfa_table *t, const uint8_t symbols[256],
                            uint32_t start, ingle_error *err) {
    *out = NULL;
    INGLE_TRY(dfa_table_minimise(t, &start, 1, err));
    if (t->n_states - 1 > DFA_MAX_STATES) return dfa_too_large(err);
    struct dfa *d = mem_calloc(1, sizeof *d);
    if (!d) return status_no_memory(err, "an automaton", sizeof *d);
    struct columns columns;
    d->start = start;
    find_classes(t, symbols, &columns, d->classes);
    ingle_status status = copy_table(d, t, &columns, err);
    if (status == INGLE_OK) {
        *out = d;
    } else {
        dfa_free(d);
    }
    return status;
}
