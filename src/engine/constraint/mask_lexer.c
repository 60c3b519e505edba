/* What a lexer key says of the whole vocabulary: the tokens that stay inside the lexeme, and the
 * tree of those that leave it.
 *
 * Inside a string nearly every token may follow, so a plain walk would be long. It is shortened
 * where a key is closed: where every plain text leads back to it. Then the whole tree of plain
 * tokens is taken at once, or the whole subtree of a prefix that led there. Where most subtrees are
 * like that, the walk begins with all plain tokens and takes away instead. */
#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/mask_internal.h"

struct lexer_walk {
    struct mask *mask;
    uint64_t *bits;
    bool takes_away;     /* bits begin with all plain tokens */
    bool plain;          /* in the tree of plain tokens */
    uint32_t n_exits;    /* in mask->exits */
    uint32_t exit_depth; /* nodes of the path that are the newest ones of the exits */
    bool failed;         /* no room */
};

ingle_status mask_lexer_init(struct mask *mask, ingle_error *err) {
    size_t n_keys = (size_t)MASK_KEY_SETS * MASK_WAYS;
    mask->keys = mem_calloc(n_keys, sizeof *mask->keys);
    mask->key_bits = mem_calloc(n_keys * mask->n_words, sizeof *mask->key_bits);
    mask->rows = mem_calloc(MASK_MAX_ROWS, sizeof *mask->rows);
    mask->row_slots = mem_calloc(MASK_ROW_SLOTS, sizeof *mask->row_slots);
    mask->path_rows = mem_calloc(TRIE_MAX_LEN + 1, sizeof *mask->path_rows);
    mask->path_nodes = mem_calloc(TRIE_MAX_LEN + 1, sizeof *mask->path_nodes);
    if (mask->keys && mask->key_bits && mask->rows && mask->row_slots && mask->path_rows &&
        mask->path_nodes) {
        return INGLE_OK;
    }
    return status_no_memory(err, "masks", n_keys * mask->n_words * sizeof *mask->key_bits);
}

void mask_lexer_clear(struct mask *mask) {
    for (size_t i = 0; mask->keys && i < (size_t)MASK_KEY_SETS * MASK_WAYS; i++) {
        mem_free(mask->keys[i].exits);
    }
    mem_free(mask->keys);
    mem_free(mask->key_bits);
    mem_free(mask->rows);
    mem_free(mask->row_slots);
    mem_free(mask->path_rows);
    mem_free(mask->path_nodes);
    mem_free(mask->exits);
}

/* ---- keys as rows of a table ---- */

static void forget_rows(struct mask *mask) {
    memset(mask->row_slots, 0, MASK_ROW_SLOTS * sizeof *mask->row_slots);
    mask->n_lex_rows = 0;
}

/* LEX_FIRST_ROW + the row of a key; 0 if there is no room. */
static uint16_t row_of(struct mask *mask, uint64_t key) {
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 40) % MASK_ROW_SLOTS;
    for (;; at = (at + 1) % MASK_ROW_SLOTS) {
        unsigned slot = mask->row_slots[at];
        if (slot == 0) break;
        if (mask->rows[slot - 1].key == key) return (uint16_t)(LEX_FIRST_ROW + slot - 1);
    }
    if (mask->n_lex_rows == MASK_MAX_ROWS) return 0;
    struct lex_row *row = &mask->rows[mask->n_lex_rows++];
    memset(row, 0, sizeof *row);
    row->key = key;
    mask->row_slots[at] = (uint16_t)mask->n_lex_rows;
    return (uint16_t)(LEX_FIRST_ROW + mask->n_lex_rows - 1);
}

static uint16_t ask(struct mask *mask, uint16_t from, uint8_t byte) {
    struct lex_row *row = &mask->rows[from - LEX_FIRST_ROW];
    uint64_t key = mask->m->ops->lex(mask->m, row->key, byte);
    uint16_t next = key == LEXER_DEAD ? LEX_DEAD : key == LEXER_EXIT ? LEX_EXIT : row_of(mask, key);
    row->next[byte] = next;
    return next;
}

/* What a byte does; 0 if there is no room for the row it leads to. */
static inline uint16_t lex_next(struct mask *mask, uint16_t from, uint8_t byte) {
    uint16_t next = mask->rows[from - LEX_FIRST_ROW].next[byte];
    return next ? next : ask(mask, from, byte);
}

/* ---- closed rows ---- */

static uint16_t after_tails(struct mask *mask, uint16_t from, int n);

/* Where byte `low` to `high` and then n continuation bytes lead; LEX_DEAD if not all to one row. */
static uint16_t after_range(struct mask *mask, uint16_t from, int low, int high, int n) {
    uint16_t to = 0;
    for (int byte = low; byte <= high; byte++) {
        uint16_t next = lex_next(mask, from, (uint8_t)byte);
        if (next >= LEX_FIRST_ROW && n > 0) next = after_tails(mask, next, n);
        if (next < LEX_FIRST_ROW || (to && next != to)) return LEX_DEAD;
        to = next;
    }
    return to;
}

static uint16_t after_tails(struct mask *mask, uint16_t from, int n) {
    struct lex_row *row = &mask->rows[from - LEX_FIRST_ROW];
    if (!row->back[n - 1]) row->back[n - 1] = after_range(mask, from, 0x80, 0xbf, n - 1);
    return row->back[n - 1];
}

/* The characters of two bytes and more, by first byte and what may follow it (RFC 3629). */
static const struct {
    uint8_t first, last, low, high, n_tails; /* first bytes; the second one; further ones */
} characters[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 0}, {0xe0, 0xe0, 0xa0, 0xbf, 1}, {0xe1, 0xec, 0x80, 0xbf, 1},
    {0xed, 0xed, 0x80, 0x9f, 1}, {0xee, 0xef, 0x80, 0xbf, 1}, {0xf0, 0xf0, 0x90, 0xbf, 2},
    {0xf1, 0xf3, 0x80, 0xbf, 2}, {0xf4, 0xf4, 0x80, 0x8f, 2},
};

static bool find_closed(struct mask *mask, uint16_t row) {
    for (int byte = 0; byte < 0x80; byte++) {
        if (trie_is_plain((uint8_t)byte) && lex_next(mask, row, (uint8_t)byte) != row) return false;
    }
    for (size_t i = 0; i < BASE_COUNT(characters); i++) {
        for (int first = characters[i].first; first <= characters[i].last; first++) {
            uint16_t next = lex_next(mask, row, (uint8_t)first);
            if (next < LEX_FIRST_ROW) return false;
            next = after_range(mask, next, characters[i].low, characters[i].high,
                               characters[i].n_tails);
            if (next != row) return false;
        }
    }
    return true;
}

static bool is_closed(struct mask *mask, uint16_t from) {
    struct lex_row *row = &mask->rows[from - LEX_FIRST_ROW];
    if (row->closed == ROW_UNKNOWN) row->closed = find_closed(mask, from) ? ROW_CLOSED : ROW_OPEN;
    return row->closed == ROW_CLOSED;
}

/* ---- the walk ---- */

static void set_tokens(uint64_t *bits, const struct trie_node *nodes, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        uint32_t token = nodes[i].token;
        if (token != TRIE_NO_TOKEN) bits[token / 64] |= UINT64_C(1) << token % 64;
    }
}

static void clear_tokens(uint64_t *bits, const struct trie_node *nodes, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        uint32_t token = nodes[i].token;
        if (token != TRIE_NO_TOKEN) bits[token / 64] &= ~(UINT64_C(1) << token % 64);
    }
}

static bool reserve_exits(struct lexer_walk *w, size_t n) {
    struct mask *mask = w->mask;
    if (w->n_exits + n <= mask->exits_cap) return true;
    size_t cap = 2 * (w->n_exits + n);
    struct trie_node *exits = mem_realloc(mask->exits, cap * sizeof *exits);
    if (!exits) {
        w->failed = true;
        return false;
    }
    mask->exits = exits;
    mask->exits_cap = cap;
    return true;
}

/* Adds a subtree to the exits, with the path to it: nodes whose tokens stay inside. */
static void add_exit(struct lexer_walk *w, uint32_t i) {
    struct mask *mask = w->mask;
    const struct trie_node *node = &mask->trie->nodes[i];
    if (!reserve_exits(w, (size_t)node->depth + node->size)) return;
    while (w->exit_depth + 1 < node->depth) {
        struct trie_node *copy = &mask->exits[w->n_exits++];
        *copy = mask->trie->nodes[mask->path_nodes[++w->exit_depth]];
        copy->token = TRIE_NO_TOKEN;
    }
    memcpy(&mask->exits[w->n_exits], node, node->size * sizeof *node);
    w->n_exits += node->size;
}

/* Nodes i..end, after the row at depth 0 of the path. */
static void walk(struct lexer_walk *w, uint32_t i, uint32_t end) {
    struct mask *mask = w->mask;
    const struct trie_node *nodes = mask->trie->nodes;
    w->exit_depth = 0;
    while (i < end && !w->failed) {
        const struct trie_node *node = &nodes[i];
        if (w->exit_depth >= node->depth) w->exit_depth = node->depth - 1u;
        uint16_t next = node->depth > LEXER_FAR
                            ? LEX_EXIT
                            : lex_next(mask, mask->path_rows[node->depth - 1], (uint8_t)node->byte);
        if (next < LEX_FIRST_ROW) {
            if (next == 0) w->failed = true;
            if (next == LEX_EXIT) add_exit(w, i);
            if (w->takes_away) clear_tokens(w->bits, node, node->size);
            i += node->size;
        } else if (w->plain && is_closed(mask, next)) {
            if (!w->takes_away) set_tokens(w->bits, node, node->size);
            i += node->size;
        } else {
            mask->path_rows[node->depth] = next;
            mask->path_nodes[node->depth] = i;
            if (node->token != TRIE_NO_TOKEN) {
                w->bits[node->token / 64] |= UINT64_C(1) << node->token % 64;
            }
            i++;
        }
    }
}

/* Do most plain tokens begin with a byte after which all of them may follow? */
static bool is_mostly_closed(struct mask *mask, uint16_t start) {
    const struct trie *trie = mask->trie;
    uint32_t n_closed = 0;
    for (uint32_t i = 0; i < trie->n_plain; i += trie->nodes[i].size) {
        uint16_t next = lex_next(mask, start, (uint8_t)trie->nodes[i].byte);
        if (next >= LEX_FIRST_ROW && is_closed(mask, next)) n_closed += trie->nodes[i].size;
    }
    return n_closed > trie->n_plain / 2;
}

/* Sizes of the subtrees, which lack what was left out. */
static void count_sizes(struct trie_node *nodes, uint32_t n) {
    uint32_t open[TRIE_MAX_LEN + 1], depth = 0;
    for (uint32_t i = 0; i <= n; i++) {
        uint32_t above = i < n ? nodes[i].depth - 1u : 0;
        for (; depth > above; depth--) nodes[open[depth]].size = (i - open[depth]) & 0xffffff;
        if (i < n) open[++depth] = i;
    }
}

/* Fills bits and mask->exits. False if there was no room for rows or exits. */
static bool find(struct mask *mask, uint64_t key, uint64_t *bits, uint32_t *n_exits) {
    const struct trie *trie = mask->trie;
    struct lexer_walk w = {.mask = mask, .bits = bits, .plain = true};
    uint16_t start = row_of(mask, key);
    if (start == 0) return false;
    mask->path_rows[0] = start;
    bool closed = is_closed(mask, start);
    w.takes_away = closed || is_mostly_closed(mask, start);
    memset(bits, 0, mask->n_words * sizeof *bits);
    if (w.takes_away) {
        memcpy(bits, trie->plain_bits, ((size_t)trie->n_vocab / 64 + 1) * sizeof *bits);
    }
    if (!closed) walk(&w, 0, trie->n_plain);
    w.takes_away = w.plain = false;
    walk(&w, trie->n_plain, trie->n_nodes);
    count_sizes(mask->exits, w.n_exits);
    *n_exits = w.n_exits;
    return !w.failed;
}

/* ---- the cache ---- */

static void give_up(struct mask *mask, struct mask_key *k) {
    mask->n_exits -= k->n_exits;
    mem_free(k->exits);
    *k = (struct mask_key){0};
}

static struct mask_key *place_of(struct mask *mask, uint64_t key) {
    struct mask_key *set = &mask->keys[mask_set(key, MASK_KEY_SETS) * MASK_WAYS], *best = set;
    for (struct mask_key *k = set; k < set + MASK_WAYS; k++) {
        if (k->key == key) return k;
        if (k->used < best->used) best = k;
    }
    return best;
}

static void give_up_all(struct mask *mask) {
    for (size_t i = 0; i < (size_t)MASK_KEY_SETS * MASK_WAYS; i++) give_up(mask, &mask->keys[i]);
}

ingle_status mask_lexer(struct mask *mask, uint64_t key, const struct mask_key **out,
                        ingle_error *err) {
    struct mask_key *k = place_of(mask, key);
    *out = k;
    k->used = ++mask->clock;
    if (k->key == key) return INGLE_OK;
    give_up(mask, k);
    uint64_t *bits = mask->key_bits + (size_t)(k - mask->keys) * mask->n_words;
    uint32_t n_exits;
    bool found = find(mask, key, bits, &n_exits);
    if (!found && mask->n_lex_rows == MASK_MAX_ROWS) {
        forget_rows(mask);
        found = find(mask, key, bits, &n_exits);
    }
    *out = NULL;
    if (!found) return INGLE_OK; /* a plain walk does it too */
    if (mask->n_exits + n_exits > MASK_MAX_EXITS) give_up_all(mask);
    struct trie_node *exits = mem_alloc((n_exits + 1) * sizeof *exits);
    if (!exits) return status_no_memory(err, "a mask", n_exits * sizeof *exits);
    if (n_exits) memcpy(exits, mask->exits, n_exits * sizeof *exits);
    *k = (struct mask_key){key, ++mask->clock, bits, exits, n_exits};
    mask->n_exits += n_exits;
    *out = k;
    return INGLE_OK;
}
