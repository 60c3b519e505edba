/* Regular expressions of ECMA-262 (flag u) on their way to automata: regex_parse.c reads a pattern
 * to a tree, regex_chars.c divides the code points into classes that no set of the pattern tells
 * apart, regex_run.c makes an automaton over these classes, regex_bytes.c one over bytes. */
#ifndef INGLE_ENGINE_CONSTRAINT_REGEX_H
#define INGLE_ENGINE_CONSTRAINT_REGEX_H

#include "base/arena.h"
#include "engine/constraint/charset.h"
#include "engine/constraint/dfa_table.h"
#include "engine/constraint/intern.h"

#define REGEX_MAX_LEN ((size_t)1 << 16)
#define REGEX_MAX_DEPTH 250
#define REGEX_MAX_BOUNDS ((size_t)1 << 20)
#define REGEX_MAX_LOOKS 1000
#define REGEX_NO_MAX UINT32_MAX

enum regex_kind {
    REGEX_SET,      /* one character of a set */
    REGEX_SEQUENCE, /* the children in a row; none: the empty text */
    REGEX_CHOICE,
    REGEX_REPEAT, /* the child min to max times */
    REGEX_START,
    REGEX_END,
    REGEX_EDGE, /* \b; with negated \B */
    REGEX_LOOK, /* the child stands ahead; with negated it does not */
    REGEX_CALL  /* a rule of a grammar (grammar_parse.h); in no pattern */
};

struct regex_node {
    enum regex_kind kind;
    bool negated;
    bool is_void;      /* nothing but the empty text, and no assertion */
    uint32_t set;      /* REGEX_SET: its number in sets */
    uint32_t look;     /* REGEX_LOOK: its number; inner ones have smaller numbers */
    uint32_t rule;     /* REGEX_CALL */
    uint32_t min, max; /* REGEX_REPEAT */
    struct regex_node *children, *last_child, *next;
};

void regex_node_init(struct regex_node *node, enum regex_kind kind);
void regex_node_append(struct regex_node *parent, struct regex_node *child);

struct regex {
    struct arena arena;
    struct intern sets; /* bounds of ranges as in struct charset, no surrogates */
    struct regex_node *root;
    struct regex_node **looks; /* [n_looks] in the arena */
    uint32_t n_looks;
    uint32_t word_set; /* the set of \w, if has_edges */
    bool has_edges;    /* \b or \B */
    bool asks_before;  /* these or ^: what stands before a place matters */
};

void regex_clear(struct regex *re);
BASE_NODISCARD ingle_status regex_parse(struct regex *re, const char *pattern, size_t len,
                                        ingle_error *err);

/* Code points by class: ranges in order, without gaps. */
struct regex_chars {
    uint32_t *firsts, *classes; /* [n] owned; a range ends where the next begins */
    uint32_t n;
    uint32_t n_classes;
    uint32_t *lists;     /* the classes of set i are lists[list_ends[i - 1]] to ... */
    uint32_t *list_ends; /* [n_sets] */
};

#define REGEX_NO_CLASS UINT32_MAX /* of surrogates */

static inline const uint32_t *regex_classes_of(const struct regex_chars *chars, uint32_t set,
                                               uint32_t *n) {
    uint32_t start = set ? chars->list_ends[set - 1] : 0;
    *n = chars->list_ends[set] - start;
    return chars->lists + start;
}

void regex_chars_clear(struct regex_chars *chars);
BASE_NODISCARD ingle_status regex_chars_divide(struct regex_chars *chars, const struct intern *sets,
                                               ingle_error *err);

/* The automaton over classes; *start is its first state. */
BASE_NODISCARD ingle_status regex_run(struct dfa_table *out, uint32_t *start,
                                      const struct regex *re, const struct regex_chars *chars,
                                      bool search, ingle_error *err);

BASE_NODISCARD ingle_status regex_bytes(struct dfa **out, const struct dfa_table *table,
                                        uint32_t start, const struct regex_chars *chars,
                                        ingle_error *err);

#endif
