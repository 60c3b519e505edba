/* From classes of characters to bytes. The classes as a function of the code point are a tree of
 * three levels of 64 branches, the bits of UTF-8's tails, with equal branches shared. Each state
 * of the automaton over classes gets the states within characters that this tree asks for; states
 * within characters that step alike are one, over all of the automaton. */
#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/regex.h"

#define FAN 64
#define MAX_WORK ((size_t)1 << 28) /* cells looked at */

/* Branches: level 1 holds classes, level 2 numbers of level 1, level 3 numbers of level 2. */
enum { LEVEL_1, LEVEL_2, LEVEL_3, N_LEVELS };

struct bytes {
    const struct regex_chars *chars;
    const struct dfa_table *from;
    struct dfa_table table;
    struct intern branches[N_LEVELS];
    struct intern inner;      /* states within characters: where each group of tails leads */
    uint32_t *heads;          /* [256] the branch of a byte that begins a character */
    uint32_t *done[N_LEVELS]; /* [branches] 1 + the state of a branch, for the state at work */
    uint32_t first_inner;     /* the table's state of inner number 0 */
    uint8_t symbols[256];
    uint32_t n_symbols, n_tails; /* tails have the symbols 0 to n_tails - 1 */
    uint8_t tail_of[FAN];        /* of each group of tails, one */
    size_t work;
    ingle_error *err;
};

static ingle_status no_memory(struct bytes *b) {
    return status_no_memory(b->err, "a regular expression", b->from->n_states * sizeof(uint32_t));
}

static ingle_status add_branch(struct bytes *b, int level, const uint32_t items[FAN],
                               uint32_t *branch) {
    if (intern_add(&b->branches[level], items, FAN, branch)) return INGLE_OK;
    return b->branches[level].full ? dfa_too_large(b->err) : no_memory(b);
}

/* Walks over the ranges of classes, in order. */
struct walk {
    uint32_t range;
};

static void move_to(const struct regex_chars *chars, struct walk *w, uint32_t cp) {
    while (w->range + 1 < chars->n && chars->firsts[w->range + 1] <= cp) w->range++;
}

static uint32_t class_at(const struct regex_chars *chars, struct walk *w, uint32_t cp) {
    move_to(chars, w, cp);
    return chars->classes[w->range];
}

/* The branch of level 1 for 64 code points from cp on. */
static ingle_status make_leaf(struct bytes *b, struct walk *w, uint32_t cp, uint32_t *branch) {
    uint32_t items[FAN];
    for (uint32_t i = 0; i < FAN; i++) items[i] = class_at(b->chars, w, cp + i);
    return add_branch(b, LEVEL_1, items, branch);
}

/* leaves[cp / 64]; runs of one class are not looked at one by one. */
static ingle_status make_leaves(struct bytes *b, uint32_t *leaves) {
    struct walk w = {0};
    for (uint32_t i = 0; i < (CHARSET_LAST + 1) / FAN; i++) {
        move_to(b->chars, &w, i * FAN);
        uint32_t range = w.range;
        uint32_t end = range + 1 < b->chars->n ? b->chars->firsts[range + 1] : CHARSET_LAST + 1;
        bool same = i > 0 && b->chars->firsts[range] <= (i - 1) * FAN && end >= (i + 1) * FAN;
        if (same) {
            leaves[i] = leaves[i - 1];
        } else {
            INGLE_TRY(make_leaf(b, &w, i * FAN, &leaves[i]));
        }
    }
    return INGLE_OK;
}

/* The branch of a byte that begins a character: what may follow it, long forms left out. */
static ingle_status make_heads(struct bytes *b, const uint32_t *leaves) {
    uint32_t none[FAN], items[FAN], no_leaf, no_middle, middles[(CHARSET_LAST + 1) / FAN / FAN];
    for (uint32_t i = 0; i < FAN; i++) none[i] = REGEX_NO_CLASS;
    INGLE_TRY(add_branch(b, LEVEL_1, none, &no_leaf));
    for (uint32_t i = 0; i < FAN; i++) none[i] = no_leaf;
    INGLE_TRY(add_branch(b, LEVEL_2, none, &no_middle));
    for (uint32_t i = 0; i < BASE_COUNT(middles); i++) {
        INGLE_TRY(add_branch(b, LEVEL_2, leaves + i * FAN, &middles[i]));
    }
    for (uint32_t head = 0xc2; head < 0xe0; head++) b->heads[head] = leaves[head & 0x1f];
    for (uint32_t head = 0xe0; head < 0xf0; head++) {
        for (uint32_t i = 0; i < FAN; i++) {
            uint32_t leaf = (head & 0xf) * FAN + i;
            items[i] = leaf < 0x800 / FAN ? no_leaf : leaves[leaf];
        }
        INGLE_TRY(add_branch(b, LEVEL_2, items, &b->heads[head]));
    }
    for (uint32_t head = 0xf0; head < 0xf5; head++) {
        for (uint32_t i = 0; i < FAN; i++) {
            uint32_t middle = (head & 7) * FAN + i;
            bool is_long = middle < 0x10000 / FAN / FAN;
            items[i] = is_long || middle >= BASE_COUNT(middles) ? no_middle : middles[middle];
        }
        INGLE_TRY(add_branch(b, LEVEL_3, items, &b->heads[head]));
    }
    return INGLE_OK;
}

static int level_of(uint32_t head) {
    return head < 0xe0 ? LEVEL_1 : head < 0xf0 ? LEVEL_2 : LEVEL_3;
}

static bool same_tails(const struct bytes *b, uint32_t x, uint32_t y) {
    for (int level = 0; level < N_LEVELS; level++) {
        const struct intern *in = &b->branches[level];
        for (size_t at = 0; at < in->n_items; at += FAN) {
            if (in->items[at + x] != in->items[at + y]) return false;
        }
    }
    return true;
}

/* One symbol for all tails that no branch tells apart, for all ASCII of one class, and for all
 * heads of one branch. */
static void make_symbols(struct bytes *b) {
    uint32_t n = 0;
    for (uint32_t tail = 0; tail < FAN; tail++) {
        uint32_t k = 0;
        while (k < n && !same_tails(b, b->tail_of[k], tail)) k++;
        if (k == n) b->tail_of[n++] = (uint8_t)tail;
        b->symbols[0x80 + tail] = (uint8_t)k;
    }
    b->n_tails = n;
    struct walk w = {0};
    uint32_t classes[128];
    for (uint32_t byte = 0; byte < 128; byte++) {
        classes[byte] = class_at(b->chars, &w, byte);
        uint32_t same = 0;
        while (classes[same] != classes[byte]) same++;
        b->symbols[byte] = same < byte ? b->symbols[same] : (uint8_t)n++;
    }
    for (uint32_t head = 0xc2; head < 0xf5; head++) {
        uint32_t same = 0xc2;
        while (b->heads[same] != b->heads[head] || level_of(same) != level_of(head)) same++;
        b->symbols[head] = same < head ? b->symbols[same] : (uint8_t)n++;
    }
    uint8_t never = (uint8_t)n++;
    for (uint32_t byte = 0; byte < 256; byte++) {
        if (byte == 0xc0 || byte == 0xc1 || byte >= 0xf5) b->symbols[byte] = never;
    }
    b->n_symbols = n;
}

/* The state in which the tails of a branch are awaited; no more branches are made meanwhile. */
static ingle_status state_within(struct bytes *b, uint32_t from, int level, uint32_t branch,
                                 uint32_t *state) {
    if (b->done[level][branch]) {
        *state = b->done[level][branch] - 1;
        return INGLE_OK;
    }
    const uint32_t *items = b->branches[level].items + (size_t)branch * FAN;
    const uint32_t *row = dfa_table_row(b->from, from);
    uint32_t to[FAN] = {0};
    bool is_dead = true;
    for (uint32_t k = 0; k < b->n_tails; k++) {
        uint32_t item = items[b->tail_of[k]];
        if (level > LEVEL_1) {
            INGLE_TRY(state_within(b, from, level - 1, item, &to[k]));
        } else {
            to[k] = item == REGEX_NO_CLASS ? DFA_DEAD : row[item];
        }
        is_dead = is_dead && to[k] == DFA_DEAD;
    }
    b->work += b->n_tails;
    if (b->work > MAX_WORK) return dfa_too_large(b->err);
    *state = DFA_DEAD;
    if (!is_dead) {
        uint32_t id;
        if (!intern_add(&b->inner, to, b->n_tails, &id)) {
            return b->inner.full ? dfa_too_large(b->err) : no_memory(b);
        }
        *state = b->first_inner + id;
        if (*state == b->table.n_states) {
            INGLE_TRY(dfa_table_add(&b->table, 0, state, b->err));
            memcpy(dfa_table_row(&b->table, *state), to, b->n_tails * sizeof *to);
        }
    }
    b->done[level][branch] = *state + 1;
    return INGLE_OK;
}

static ingle_status convert_state(struct bytes *b, uint32_t from) {
    struct walk w = {0};
    for (int level = 0; level < N_LEVELS; level++) {
        memset(b->done[level], 0, b->branches[level].n * sizeof *b->done[level]);
        b->work += b->branches[level].n / 8;
    }
    for (uint32_t byte = 0; byte < 128; byte++) {
        uint32_t to = dfa_table_row(b->from, from)[class_at(b->chars, &w, byte)];
        dfa_table_row(&b->table, from)[b->symbols[byte]] = to;
    }
    for (uint32_t head = 0xc2; head < 0xf5; head++) {
        uint32_t to;
        INGLE_TRY(state_within(b, from, level_of(head), b->heads[head], &to));
        dfa_table_row(&b->table, from)[b->symbols[head]] = to;
    }
    return INGLE_OK;
}

static ingle_status build(struct bytes *b) {
    uint32_t *leaves = mem_calloc((CHARSET_LAST + 1) / FAN, sizeof *leaves);
    if (!leaves) return no_memory(b);
    ingle_status status = make_leaves(b, leaves);
    if (status == INGLE_OK) status = make_heads(b, leaves);
    mem_free(leaves);
    INGLE_TRY(status);
    make_symbols(b);
    for (int level = 0; level < N_LEVELS; level++) {
        b->done[level] = mem_calloc(b->branches[level].n, sizeof *b->done[level]);
        if (!b->done[level]) return no_memory(b);
    }
    INGLE_TRY(dfa_table_init(&b->table, b->n_symbols, b->err));
    for (uint32_t s = 1; s < b->from->n_states; s++) {
        uint32_t same;
        INGLE_TRY(dfa_table_add(&b->table, b->from->labels[s], &same, b->err));
    }
    b->first_inner = b->table.n_states;
    for (uint32_t s = 1; s < b->from->n_states; s++) INGLE_TRY(convert_state(b, s));
    return INGLE_OK;
}

ingle_status regex_bytes(struct dfa **out, const struct dfa_table *table, uint32_t start,
                         const struct regex_chars *chars, ingle_error *err) {
    *out = NULL;
    uint32_t heads[256] = {0};
    struct bytes b = {.chars = chars, .from = table, .heads = heads, .err = err};
    for (int level = 0; level < N_LEVELS; level++) {
        intern_init(&b.branches[level], DFA_TABLE_MAX_CELLS);
    }
    intern_init(&b.inner, DFA_TABLE_MAX_CELLS);
    ingle_status status = build(&b);
    if (status == INGLE_OK) status = dfa_from_table(out, &b.table, b.symbols, start, err);
    dfa_table_clear(&b.table);
    intern_clear(&b.inner);
    for (int level = 0; level < N_LEVELS; level++) {
        intern_clear(&b.branches[level]);
        mem_free(b.done[level]);
    }
    return status;
}
