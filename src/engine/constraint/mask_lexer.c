/* What a lexer key says of the whole vocabulary: the tokens that stay inside the lexeme, and the
 * tree of those that leave it.
 *
 * Inside a string nearly every token may follow, so a plain walk would be long. It is shortened
 * where plain texts stay inside whatever they are, or whatever they are without some characters
 * (blocked), or as long as they have no more than so many characters: then whole trees are taken at
 * once. */
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
    bool no_rows, no_memory;
};

ingle_status mask_lexer_init(struct mask *mask, ingle_error *err) {
    size_t n_keys = (size_t)MASK_KEY_SETS * MASK_WAYS;
    mask->keys = mem_calloc(n_keys, sizeof *mask->keys);
    mask->key_bits = mem_calloc(n_keys * mask->n_words, sizeof *mask->key_bits);
    mask->rows = mem_calloc(MASK_MAX_ROWS, sizeof *mask->rows);
    mask->row_slots = mem_calloc(MASK_ROW_SLOTS, sizeof *mask->row_slots);
    mask->queue = mem_calloc(MASK_MAX_REACH, sizeof *mask->queue);
    mask->path_rows = mem_calloc(TRIE_MAX_LEN + 1, sizeof *mask->path_rows);
    mask->path_nodes = mem_calloc(TRIE_MAX_LEN + 1, sizeof *mask->path_nodes);
    if (mask->keys && mask->key_bits && mask->rows && mask->row_slots && mask->queue &&
        mask->path_rows && mask->path_nodes) {
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
    mem_free(mask->queue);
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

/* ---- what plain texts do ---- */

static uint16_t after_tails(struct mask *mask, uint16_t from, int n);

/* Where a byte from `low` to `high` and then n continuation bytes lead; LEX_DEAD if not all to one
 * row. */
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

static uint16_t find_characters(struct mask *mask, uint16_t from) {
    uint16_t to = 0;
    for (size_t i = 0; i < BASE_COUNT(characters); i++) {
        for (int first = characters[i].first; first <= characters[i].last; first++) {
            uint16_t next = lex_next(mask, from, (uint8_t)first);
            if (next < LEX_FIRST_ROW) return LEX_DEAD;
            next = after_range(mask, next, characters[i].low, characters[i].high,
                               characters[i].n_tails);
            if (next < LEX_FIRST_ROW || (to && next != to)) return LEX_DEAD;
            to = next;
        }
    }
    return to;
}

/* The row that all characters of several bytes lead to; LEX_DEAD if there is no such row. */
static uint16_t after_characters(struct mask *mask, uint16_t from) {
    struct lex_row *row = &mask->rows[from - LEX_FIRST_ROW];
    if (!row->characters) row->characters = find_characters(mask, from);
    return row->characters;
}

/* Adds a row to the search unless it has been seen. False if there is no room. */
static bool look_at(struct mask *mask, uint16_t row, int *n) {
    struct lex_row *r = &mask->rows[row - LEX_FIRST_ROW];
    if (r->seen == mask->search) return true;
    if (*n == MASK_MAX_REACH) return false;
    r->seen = mask->search;
    mask->queue[(*n)++] = row;
    return true;
}

/* Looks at all rows that texts lead to which are not blocked. Characters that lead to where not
 * every character of several bytes may stand are blocked. */
static uint64_t find_blocked(struct mask *mask, uint16_t from, int *n) {
    uint64_t blocked = 0;
    *n = 0;
    mask->search++;
    if (!look_at(mask, from, n)) return ROW_BLOCKS_ALL;
    for (int i = 0; i < *n; i++) {
        uint16_t row = mask->queue[i], next = after_characters(mask, row);
        if (next < LEX_FIRST_ROW || !look_at(mask, next, n)) return ROW_BLOCKS_ALL;
        for (int byte = 0x20; byte < 0x80; byte++) {
            if (!trie_is_plain((uint8_t)byte)) continue;
            next = lex_next(mask, row, (uint8_t)byte);
            bool is_open = next >= LEX_FIRST_ROW && after_characters(mask, next) >= LEX_FIRST_ROW;
            if (!is_open) blocked |= trie_ascii_bit((uint8_t)byte);
            if (is_open && !look_at(mask, next, n)) return ROW_BLOCKS_ALL;
        }
    }
    return blocked;
}

static uint64_t blocked_by(struct mask *mask, uint16_t from) {
    struct lex_row *row = &mask->rows[from - LEX_FIRST_ROW];
    if (row->knows_blocked) return row->blocked;
    int n;
    row->blocked = find_blocked(mask, from, &n);
    row->knows_blocked = true;
    for (int i = 0; row->blocked == 0 && i < n; i++) {
        struct lex_row *reached = &mask->rows[mask->queue[i] - LEX_FIRST_ROW];
        reached->blocked = 0;
        reached->knows_blocked = true;
    }
    return row->blocked;
}

/* The row that every plain character leads to, LEX_DEAD if every one is dead; 0 if they differ. */
static uint16_t after_any_plain(struct mask *mask, uint16_t row) {
    uint16_t to = lex_next(mask, row, ' ');
    for (int byte = 0x20; byte < 0x80; byte++) {
        if (trie_is_plain((uint8_t)byte) && lex_next(mask, row, (uint8_t)byte) != to) return 0;
    }
    for (int byte = 0x80; to == LEX_DEAD && byte < 0x100; byte++) {
        if (lex_next(mask, row, (uint8_t)byte) != LEX_DEAD) return 0;
    }
    if (to == LEX_DEAD) return LEX_DEAD;
    return to >= LEX_FIRST_ROW && after_characters(mask, row) == to ? to : 0;
}

/* How many plain characters may follow, if it matters how many and nothing else does; else -1. */
static int plain_left(struct mask *mask, uint16_t row) {
    for (int n = 0; n <= LEXER_FAR; n++) {
        uint16_t next = after_any_plain(mask, row);
        if (next == LEX_DEAD) return n;
        if (next == 0 || next == row) return -1;
        row = next;
    }
    return -1;
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
        w->no_memory = true;
        return false;
    }
    mask->exits = exits;
    mask->exits_cap = cap;
    return true;
}

/* May the child of a node that ends the lexeme stand there? */
static bool may_follow(const struct mask *mask, uint64_t key, const struct trie_node *child) {
    const struct machine_ops *ops = mask->m->ops;
    return !ops->may_follow || ops->may_follow(mask->m, key, (uint8_t)child->byte);
}

/* Adds node i to the exits and, in front of it, the path to it: nodes whose tokens stay inside. */
static void add_exit(struct lexer_walk *w, uint32_t i) {
    struct mask *mask = w->mask;
    const struct trie_node *node = &mask->trie->nodes[i];
    while (w->exit_depth + 1 < node->depth) {
        struct trie_node *copy = &mask->exits[w->n_exits++];
        *copy = mask->trie->nodes[mask->path_nodes[++w->exit_depth]];
        copy->token = TRIE_NO_TOKEN;
    }
    mask->exits[w->n_exits++] = *node;
}

static void add_subtree(struct lexer_walk *w, uint32_t i) {
    struct mask *mask = w->mask;
    const struct trie_node *node = &mask->trie->nodes[i];
    if (!reserve_exits(w, (size_t)node->depth + node->size)) return;
    add_exit(w, i);
    memcpy(&mask->exits[w->n_exits], node + 1, (node->size - 1) * sizeof *node);
    w->n_exits += node->size - 1;
}

/* The subtree of node i, which ends the lexeme of a key. */
static void add_end(struct lexer_walk *w, uint32_t i, uint64_t key) {
    struct mask *mask = w->mask;
    const struct trie_node *nodes = mask->trie->nodes;
    uint32_t end = i + nodes[i].size;
    bool is_in = nodes[i].token != TRIE_NO_TOKEN;
    if (!reserve_exits(w, (size_t)nodes[i].depth + nodes[i].size)) return;
    if (is_in) add_exit(w, i);
    for (uint32_t k = i + 1; k < end; k += nodes[k].size) {
        if (!may_follow(mask, key, &nodes[k])) continue;
        if (!is_in) add_exit(w, i);
        is_in = true;
        memcpy(&mask->exits[w->n_exits], &nodes[k], nodes[k].size * sizeof *nodes);
        w->n_exits += nodes[k].size;
    }
}

/* Do all texts below plain node i stay inside after that row? */
static bool stays_inside(struct mask *mask, uint16_t row, uint32_t i) {
    uint64_t blocked = blocked_by(mask, row);
    return blocked != ROW_BLOCKS_ALL && (blocked & mask->trie->below[i]) == 0;
}

/* Nodes i..end, after the row at depth 0 of the path. */
static void walk(struct lexer_walk *w, uint32_t i, uint32_t end) {
    struct mask *mask = w->mask;
    const struct trie_node *nodes = mask->trie->nodes;
    w->exit_depth = 0;
    while (i < end && !w->no_rows && !w->no_memory) {
        const struct trie_node *node = &nodes[i];
        if (w->exit_depth >= node->depth) w->exit_depth = node->depth - 1u;
        if (node->depth > LEXER_FAR) {
            add_subtree(w, i);
            i += node->size;
            continue;
        }
        uint16_t row = mask->path_rows[node->depth - 1];
        uint16_t next = lex_next(mask, row, (uint8_t)node->byte);
        if (next < LEX_FIRST_ROW) {
            if (next == 0) w->no_rows = true;
            if (next == LEX_EXIT) add_end(w, i, mask->rows[row - LEX_FIRST_ROW].key);
            if (w->takes_away) clear_tokens(w->bits, node, node->size);
            i += node->size;
        } else if (w->plain && stays_inside(mask, next, i)) {
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

/* Do most plain tokens begin with a byte after which most texts may follow? */
static bool is_mostly_open(struct mask *mask, uint16_t start) {
    const struct trie *trie = mask->trie;
    uint32_t n_open = 0;
    for (uint32_t i = 0; i < trie->n_plain; i += trie->nodes[i].size) {
        uint16_t next = lex_next(mask, start, (uint8_t)trie->nodes[i].byte);
        if (next < LEX_FIRST_ROW || blocked_by(mask, next) == ROW_BLOCKS_ALL) continue;
        n_open += trie->nodes[i].size;
    }
    return n_open > trie->n_plain / 2;
}

/* The plain tokens. */
static void find_plain(struct lexer_walk *w, uint16_t start) {
    struct mask *mask = w->mask;
    const struct trie *trie = mask->trie;
    int n_left = plain_left(mask, start);
    bool all = n_left < 0 && blocked_by(mask, start) == 0;
    w->takes_away = n_left < 0 && (all || is_mostly_open(mask, start));
    if (n_left >= 0 || w->takes_away) {
        size_t upto = n_left < 0 ? LEXER_FAR : (size_t)n_left;
        memcpy(w->bits, trie->plain_bits + upto * trie->n_words, trie->n_words * sizeof *w->bits);
    }
    w->plain = true;
    if (n_left < 0 && !all) walk(w, 0, trie->n_plain);
    w->plain = w->takes_away = false;
}

/* Sizes of the subtrees, which lack what was left out. */
static void count_sizes(struct trie_node *nodes, uint32_t n) {
    uint32_t open[TRIE_MAX_LEN + 1] = {0}, depth = 0;
    for (uint32_t i = 0; i <= n; i++) {
        uint32_t above = i < n ? nodes[i].depth - 1u : 0;
        for (; depth > above; depth--) nodes[open[depth]].size = (i - open[depth]) & 0xffffff;
        if (i < n) open[++depth] = i;
    }
}

/* Fills bits and mask->exits. *found is false if there were too few rows. */
static ingle_status find(struct mask *mask, uint64_t key, uint64_t *bits, uint32_t *n_exits,
                         bool *found, ingle_error *err) {
    const struct trie *trie = mask->trie;
    struct lexer_walk w = {.mask = mask, .bits = bits};
    uint16_t start = row_of(mask, key);
    *found = false;
    if (start == 0) return INGLE_OK;
    mask->path_rows[0] = start;
    memset(bits, 0, mask->n_words * sizeof *bits);
    find_plain(&w, start);
    walk(&w, trie->n_plain, trie->n_nodes);
    if (w.no_memory) return status_no_memory(err, "a mask", 2 * w.n_exits * sizeof *mask->exits);
    count_sizes(mask->exits, w.n_exits);
    *n_exits = w.n_exits;
    *found = !w.no_rows;
    return INGLE_OK;
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
    bool found;
    *out = NULL;
    INGLE_TRY(find(mask, key, bits, &n_exits, &found, err));
    if (!found) {
        forget_rows(mask);
        INGLE_TRY(find(mask, key, bits, &n_exits, &found, err));
    }
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
