/* The parts of a mask; private to the folder. */
#ifndef INGLE_ENGINE_CONSTRAINT_MASK_INTERNAL_H
#define INGLE_ENGINE_CONSTRAINT_MASK_INTERNAL_H

#include "engine/constraint/mask.h"

/* Caches are sets of MASK_WAYS places; of a full set the one used longest ago is given up. */
#define MASK_WAYS 4
#define MASK_STATE_BYTES ((size_t)8 << 20) /* of masks by state */
#define MASK_MAX_STATE_SETS 256
#define MASK_KEY_SETS 64
#define MASK_MAX_EXITS (4u << 20) /* nodes, of all keys together */
#define MASK_MAX_ROWS 2048
#define MASK_MAX_REACH 256 /* rows looked at to see what they block */
#define MASK_ROW_SLOTS (2 * MASK_MAX_ROWS)

struct mask_slot {
    machine_state state; /* MACHINE_DEAD: empty */
    int n_allowed;
    bool accepts;
    uint64_t used; /* when, by mask->clock */
};

/* What a lexer key says of the vocabulary. */
struct mask_key {
    uint64_t key; /* 0: empty */
    uint64_t used;
    uint64_t *inside; /* bits; borrowed from key_bits */
    struct trie_node
        *exits; /* [n_exits] the tree of tokens that leave the lexeme, or are too long */
    uint32_t n_exits;
};

/* A lexer key as a state of an automaton. Steps: 0 = not asked yet, or one of: */
enum { LEX_DEAD = 1, LEX_EXIT = 2, LEX_FIRST_ROW = 3 };
#define ROW_BLOCKS_ALL UINT64_MAX
struct lex_row {
    uint64_t key;
    uint64_t blocked; /* of plain texts from here those without these ASCII characters
                         (trie_ascii_bit()) stay inside; or ROW_BLOCKS_ALL */
    bool knows_blocked;
    uint16_t next[256];  /* LEX_DEAD, LEX_EXIT, or LEX_FIRST_ROW + row */
    uint16_t back[2];    /* where all 1, 2 continuation bytes lead; 0 = unknown, LEX_DEAD = apart */
    uint16_t characters; /* the same of all characters of several bytes */
    uint16_t seen;       /* by the search of this number */
};

struct mask {
    const struct trie *trie;
    struct machine *m;
    int n_rows;
    size_t n_words;
    uint64_t clock;
    size_t compact_at;     /* bytes of the machine */
    machine_state *states; /* [TRIE_MAX_LEN + 1] of a walk, by depth */
    uint64_t *scratch;     /* [n_words] the row that is kept nowhere */

    struct mask_slot *slots; /* [n_sets * MASK_WAYS] */
    uint64_t *slot_bits;     /* [n_sets * MASK_WAYS][n_words] */
    size_t n_sets;           /* a power of two */

    struct mask_key *keys; /* [MASK_KEY_SETS * MASK_WAYS] */
    uint64_t *key_bits;    /* [MASK_KEY_SETS * MASK_WAYS][n_words] */
    size_t n_exits;        /* of all keys */

    struct lex_row *rows; /* [MASK_MAX_ROWS] */
    uint16_t *row_slots;  /* [MASK_ROW_SLOTS] 1 + row by hash of its key; 0 = free */
    int n_lex_rows;
    uint16_t *queue;         /* [MASK_MAX_REACH] */
    uint16_t search;         /* number of the last one */
    uint16_t *path_rows;     /* [TRIE_MAX_LEN + 1] steps of a lexer walk, by depth */
    uint32_t *path_nodes;    /* [TRIE_MAX_LEN + 1] its nodes */
    struct trie_node *exits; /* [n_exits_cap] of the key that is being made */
    size_t exits_cap;
};

/* Place of a key in a cache of n sets (a power of two): the first of MASK_WAYS. */
static inline size_t mask_set(uint64_t key, size_t n_sets) {
    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 40) & (n_sets - 1);
}

/* mask_lexer.c: what a key says, made if need be. *out NULL: nothing that helps. */
BASE_NODISCARD ingle_status mask_lexer_init(struct mask *mask, ingle_error *err);
void mask_lexer_clear(struct mask *mask);
BASE_NODISCARD ingle_status mask_lexer(struct mask *mask, uint64_t key, const struct mask_key **out,
                                       ingle_error *err);

#endif
