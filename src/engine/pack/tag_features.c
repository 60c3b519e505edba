#include "engine/pack/tag_features.h"

struct list {
    uint32_t *out, kind;
};

/* The kinds are numbered by their order, so that equal values of two kinds do not meet. */
static void add3(struct list *l, uint32_t a, uint32_t b, uint32_t c) {
    uint64_t h = ++l->kind * 0x9e3779b97f4a7c15u;
    h = (h ^ a) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 31 ^ b) * 0x94d049bb133111ebu;
    h = (h ^ h >> 29 ^ c) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 29) * 0x94d049bb133111ebu;
    *l->out++ = (uint32_t)(h >> 32) | 1u;
}

static void add2(struct list *l, uint32_t a, uint32_t b) {
    add3(l, a, b, 0);
}

static void add1(struct list *l, uint32_t a) {
    add3(l, a, 0, 0);
}

/* What a token looks like without its letters. */
static uint32_t look_of(const struct tag_token *t) {
    return t->shape ^ (t->rank * 0x9e3779b1u) ^ (t->gap >= TAG_LINE ? 0x5bd1e995u : 0);
}

/* around[TAG_CONTEXT] is the token. */
static void add_words(struct list *l, const struct tag_token *const *around) {
    const struct tag_token *b3 = around[1], *b2 = around[2], *b = around[3], *t = around[4],
                           *a = around[5], *a2 = around[6], *a3 = around[7];
    add1(l, t->word);
    add1(l, b->word);
    add1(l, a->word);
    add1(l, b2->word);
    add1(l, a2->word);
    add1(l, b3->word);
    add1(l, a3->word);
    add2(l, b->word, t->word);
    add2(l, t->word, a->word);
    add2(l, b->word, a->word);
    add2(l, b2->word, b->word);
    add2(l, a->word, a2->word);
    add2(l, b->word, look_of(t));
    add2(l, a->word, look_of(t));
    add3(l, b2->word, b->word, look_of(t));
    add3(l, a->word, a2->word, look_of(t));
    add3(l, b->word, look_of(t), a->word);
    add2(l, b2->word, look_of(t));
    add2(l, a2->word, look_of(t));
    add3(l, b2->word, look_of(b), look_of(t));
    add3(l, b3->word, look_of(b2) ^ look_of(b), look_of(t));
}

static void add_letters(struct list *l, const struct tag_token *const *around) {
    const struct tag_token *b = around[3], *t = around[4], *a = around[5];
    for (int i = 0; i < TAG_N_AFFIXES; i++) {
        add1(l, t->prefix[i]);
        add1(l, t->suffix[i]);
    }
    add2(l, t->suffix[2], t->shape);
    add2(l, t->suffix[1], look_of(t));
    add2(l, t->prefix[2], t->shape);
    add2(l, b->suffix[2], look_of(t));
    add2(l, a->suffix[2], look_of(t));
    add2(l, a->suffix[3], look_of(t));
    add2(l, a->prefix[2], look_of(t));
    add3(l, b->word, t->suffix[2], t->shape);
}

static void add_looks(struct list *l, const struct tag_token *const *around) {
    const struct tag_token *b3 = around[1], *b2 = around[2], *b = around[3], *t = around[4],
                           *a = around[5], *a2 = around[6], *a3 = around[7];
    uint32_t look = look_of(t);
    add1(l, t->shape);
    add2(l, t->shape, t->rank);
    add1(l, look);
    add1(l, look_of(b));
    add1(l, look_of(a));
    add2(l, look_of(b), look);
    add2(l, look, look_of(a));
    add3(l, look_of(b), look, look_of(a));
    add3(l, look_of(b2), look_of(b), look);
    add3(l, look, look_of(a), look_of(a2));
    add3(l, look_of(b2) * 3 ^ look_of(b), look, look_of(a) * 3 ^ look_of(a2));
    add3(l, look_of(b3) * 5 ^ look_of(b2) * 3 ^ look_of(b), look, look_of(a));
    add3(l, look, look_of(a) * 3 ^ look_of(a2), look_of(a3));
    add2(l, t->piece, t->place);
    add2(l, t->piece, t->shape);
    add3(l, t->piece, b->piece, t->shape);
    add3(l, t->piece, a->piece, t->shape);
    add2(l, b->word, t->piece);
    add3(l, t->gap, a->gap, t->shape);
    add3(l, t->gap, a->gap, t->rank);
    add2(l, t->line, look);
    add3(l, t->line, t->place, look);
    add3(l, t->gap, a->mark ? (uint32_t)a->mark : 0, b->mark ? (uint32_t)b->mark : 0);
    add3(l, b->mark ? (uint32_t)b->mark : 0, a->mark ? (uint32_t)a->mark : 0, look);
}

void tag_features(const struct tag_token *tokens, size_t n, size_t i,
                  uint32_t features[TAG_N_FEATURES]) {
    static const struct tag_token nothing = {.gap = TAG_PARAGRAPH, .word = 1, .shape = 1};
    const struct tag_token *around[2 * TAG_CONTEXT + 1];
    for (size_t k = 0; k <= 2 * TAG_CONTEXT; k++) {
        size_t at = i + k;
        bool is_there = at >= TAG_CONTEXT && at - TAG_CONTEXT < n;
        around[k] = is_there ? &tokens[at - TAG_CONTEXT] : &nothing;
    }
    struct list l = {.out = features};
    add_words(&l, around);
    add_letters(&l, around);
    add_looks(&l, around);
    while (l.kind < TAG_N_FEATURES) add1(&l, 0); /* the bias, and what is not used yet */
}
