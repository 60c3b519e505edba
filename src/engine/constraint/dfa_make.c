/* The simple makers: every text, texts of a length, lists. */
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/constraint/dfa_table.h"

enum utf8_symbol {
    UTF8_NEVER,  /* c0, c1, f5 to ff */
    UTF8_ASCII,  /* 00 to 7f */
    UTF8_TAIL_8, /* 80 to 8f */
    UTF8_TAIL_9, /* 90 to 9f */
    UTF8_TAIL_A, /* a0 to bf */
    UTF8_HEAD_2, /* c2 to df */
    UTF8_E0,
    UTF8_HEAD_3, /* e1 to ef but ed */
    UTF8_ED,
    UTF8_F0,
    UTF8_HEAD_4, /* f1 to f3 */
    UTF8_F4,
    UTF8_N_SYMBOLS
};

/* The symbol of each byte. */
static void utf8_symbols(uint8_t symbols[256]) {
    for (int byte = 0; byte < 256; byte++) {
        symbols[byte] = byte < 0x80   ? UTF8_ASCII
                        : byte < 0x90 ? UTF8_TAIL_8
                        : byte < 0xa0 ? UTF8_TAIL_9
                        : byte < 0xc0 ? UTF8_TAIL_A
                        : byte < 0xc2 ? UTF8_NEVER
                        : byte < 0xe0 ? UTF8_HEAD_2
                        : byte < 0xf0 ? UTF8_HEAD_3
                        : byte < 0xf5 ? UTF8_HEAD_4
                                      : UTF8_NEVER;
    }
    symbols[0xe0] = UTF8_E0;
    symbols[0xed] = UTF8_ED;
    symbols[0xf0] = UTF8_F0;
    symbols[0xf4] = UTF8_F4;
}

/* Makes `from` step over any one character to `to`. */
static ingle_status add_any(struct dfa_table *t, uint32_t from, uint32_t to, ingle_error *err) {
    enum { ONE, TWO, THREE, AFTER_E0, AFTER_ED, AFTER_F0, AFTER_F4, N };
    uint32_t s[N];
    for (int i = 0; i < N; i++) INGLE_TRY(dfa_table_add(t, 0, &s[i], err));
    const struct {
        uint32_t from, symbol, to;
    } steps[] = {
        {from, UTF8_ASCII, to},
        {from, UTF8_HEAD_2, s[ONE]},
        {from, UTF8_HEAD_3, s[TWO]},
        {from, UTF8_HEAD_4, s[THREE]},
        {from, UTF8_E0, s[AFTER_E0]},
        {from, UTF8_ED, s[AFTER_ED]},
        {from, UTF8_F0, s[AFTER_F0]},
        {from, UTF8_F4, s[AFTER_F4]},
        {s[AFTER_E0], UTF8_TAIL_A, s[ONE]},
        {s[AFTER_ED], UTF8_TAIL_8, s[ONE]},
        {s[AFTER_ED], UTF8_TAIL_9, s[ONE]},
        {s[AFTER_F0], UTF8_TAIL_9, s[TWO]},
        {s[AFTER_F0], UTF8_TAIL_A, s[TWO]},
        {s[AFTER_F4], UTF8_TAIL_8, s[TWO]},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        dfa_table_row(t, steps[i].from)[steps[i].symbol] = steps[i].to;
    }
    const uint32_t after[] = {to, s[ONE], s[TWO]};
    for (int i = ONE; i <= THREE; i++) {
        for (int tail = UTF8_TAIL_8; tail <= UTF8_TAIL_A; tail++) {
            dfa_table_row(t, s[i])[tail] = after[i];
        }
    }
    return INGLE_OK;
}

ingle_status dfa_any(struct dfa **out, ingle_error *err) {
    return dfa_length(out, 0, UINT32_MAX, err);
}

static ingle_status add_lengths(struct dfa_table *t, uint32_t min, uint32_t max, uint32_t *start,
                                ingle_error *err) {
    uint32_t state;
    uint32_t last = max == UINT32_MAX ? min : max;
    INGLE_TRY(dfa_table_add(t, min == 0, &state, err));
    *start = state;
    for (uint32_t length = 1; length <= last; length++) {
        uint32_t next;
        INGLE_TRY(dfa_table_add(t, length >= min, &next, err));
        INGLE_TRY(add_any(t, state, next, err));
        state = next;
    }
    return max == UINT32_MAX ? add_any(t, state, state, err) : INGLE_OK;
}

ingle_status dfa_length(struct dfa **out, uint32_t min, uint32_t max, ingle_error *err) {
    *out = NULL;
    uint8_t symbols[256];
    struct dfa_table t;
    uint32_t start = DFA_DEAD;
    utf8_symbols(symbols);
    ingle_status status = dfa_table_init(&t, UTF8_N_SYMBOLS, err);
    if (status == INGLE_OK && min <= max) status = add_lengths(&t, min, max, &start, err);
    if (status == INGLE_OK) status = dfa_from_table(out, &t, symbols, start, err);
    dfa_table_clear(&t);
    return status;
}

/* A symbol for each byte that occurs; symbol 0 for all others (or the last, if all occur). */
static uint32_t symbols_of_texts(const char *const *texts, const size_t *lens, size_t n,
                                 uint8_t symbols[256]) {
    uint32_t n_symbols = 1;
    memset(symbols, 0, 256);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < lens[i]; k++) {
            uint8_t byte = (uint8_t)texts[i][k];
            if (!symbols[byte] && n_symbols < 256) symbols[byte] = (uint8_t)n_symbols++;
        }
    }
    return n_symbols;
}

static ingle_status add_text(struct dfa_table *t, const char *text, size_t len, uint32_t label,
                             uint32_t state, const uint8_t symbols[256], ingle_error *err) {
    for (size_t i = 0; i < len; i++) {
        uint8_t symbol = symbols[(uint8_t)text[i]];
        uint32_t next = dfa_table_row(t, state)[symbol];
        if (next == DFA_DEAD) {
            INGLE_TRY(dfa_table_add(t, 0, &next, err));
            dfa_table_row(t, state)[symbol] = next;
        }
        state = next;
    }
    if (!t->labels[state]) t->labels[state] = label;
    return INGLE_OK;
}

static ingle_status check_texts(const char *const *texts, const size_t *lens, size_t n,
                                ingle_error *err) {
    for (size_t i = 0; i < n; i++) {
        if (utf8_is_valid(texts[i], lens[i])) continue;
        return status_set(err, INGLE_INVALID, i, "Text %zu of the list is not UTF-8.", i + 1);
    }
    return INGLE_OK;
}

/* The tree of the texts: a state for each beginning of one. */
static ingle_status make_tree(struct dfa_table *t, uint32_t *start, const char *const *texts,
                              const size_t *lens, size_t n, uint8_t symbols[256],
                              ingle_error *err) {
    INGLE_TRY(dfa_table_init(t, symbols_of_texts(texts, lens, n, symbols), err));
    INGLE_TRY(dfa_table_add(t, 0, start, err));
    for (size_t i = 0; i < n; i++) {
        INGLE_TRY(add_text(t, texts[i], lens[i], (uint32_t)i + 1, *start, symbols, err));
    }
    return INGLE_OK;
}

static ingle_status make_texts(struct dfa **out, const char *const *texts, const size_t *lens,
                               size_t n, ingle_error *err) {
    *out = NULL;
    uint8_t symbols[256];
    struct dfa_table t;
    uint32_t start = DFA_DEAD;
    ingle_status status = make_tree(&t, &start, texts, lens, n, symbols, err);
    if (status == INGLE_OK) status = dfa_from_table(out, &t, symbols, start, err);
    dfa_table_clear(&t);
    return status;
}

ingle_status dfa_texts(struct dfa **out, const char *const *texts, const size_t *lens, size_t n,
                       ingle_error *err) {
    *out = NULL;
    INGLE_TRY(check_texts(texts, lens, n, err));
    return make_texts(out, texts, lens, n, err);
}

ingle_status dfa_bytes(struct dfa **out, const char *bytes, size_t len, ingle_error *err) {
    return make_texts(out, &bytes, &len, 1, err);
}

/* Which state each state falls back to where its text goes on in none of the list (Aho and
 * Corasick), for states in the order of their lengths. */
static ingle_status add_fallbacks(struct dfa_table *t, uint32_t start, ingle_error *err) {
    uint32_t *fall = mem_calloc(t->n_states, 2 * sizeof *fall);
    if (!fall) return status_no_memory(err, "an automaton", t->n_states * 2 * sizeof *fall);
    uint32_t *queue = fall + t->n_states, n = 0;
    queue[n++] = start;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t *row = dfa_table_row(t, queue[i]);
        const uint32_t *below = dfa_table_row(t, fall[queue[i]]);
        for (uint32_t c = 0; c < t->n_symbols; c++) {
            uint32_t rest = queue[i] == start ? start : below[c];
            if (row[c] == DFA_DEAD) {
                row[c] = rest;
                continue;
            }
            fall[row[c]] = rest;
            t->labels[row[c]] |= t->labels[rest];
            queue[n++] = row[c];
        }
    }
    mem_free(fall);
    return INGLE_OK;
}

/* Of an automaton that has come to the end of a text exactly in labelled states: the others stay
 * and are labelled, whatever bytes come. */
static void turn_round(struct dfa_table *t) {
    for (uint32_t s = 1; s < t->n_states; s++) {
        uint32_t *row = dfa_table_row(t, s);
        for (uint32_t c = 0; c < t->n_symbols; c++) {
            if (t->labels[row[c]]) row[c] = DFA_DEAD;
        }
    }
    for (uint32_t s = 1; s < t->n_states; s++) t->labels[s] = !t->labels[s];
}

ingle_status dfa_without(struct dfa **out, const char *const *texts, const size_t *lens, size_t n,
                         ingle_error *err) {
    *out = NULL;
    uint8_t symbols[256];
    struct dfa_table t;
    struct dfa *all = NULL, *bytes = NULL;
    uint32_t start;
    INGLE_TRY(check_texts(texts, lens, n, err));
    ingle_status status = make_tree(&t, &start, texts, lens, n, symbols, err);
    if (status == INGLE_OK) status = add_fallbacks(&t, start, err);
    if (status == INGLE_OK) {
        turn_round(&t);
        status = dfa_from_table(&bytes, &t, symbols, t.labels[start] ? start : DFA_DEAD, err);
    }
    if (status == INGLE_OK) status = dfa_any(&all, err);
    if (status == INGLE_OK) status = dfa_and(out, bytes, all, err);
    dfa_table_clear(&t);
    dfa_free(bytes);
    dfa_free(all);
    return status;
}
