#include "engine/constraint/number_lexer.h"

#include <string.h>

#include "base/alloc.h"

#define N_SYMBOLS 14
#define NOT_KNOWN (UINT32_MAX - 1)
#define MAX_ITEMS ((size_t)1 << 28)
#define MAX_KEY (8 + 2 * (1 + NUMBER_MAX_NOT)) /* of one set */
#define MAX_TEXT (NUMBER_MAX_DIGITS + NUMBER_MAX_EXPONENT + 8)

struct number_node {
    uint32_t next[N_SYMBOLS];
    uint32_t before; /* the node from which it was first reached, */
    uint8_t byte;    /* and by what */
    bool accepts, has_way;
    struct number_way way;
};

static int symbol_of(uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    return byte == '.' ? 10 : byte == '-' ? 11 : byte == '+' ? 12 : (byte | 0x20) == 'e' ? 13 : -1;
}

/* A text of those that lead to the node. */
static void text_of(const struct number_lexer *lexer, uint32_t node, struct number_text *t) {
    uint8_t bytes[MAX_TEXT];
    size_t n = 0;
    for (; node != NUMBER_START; node = lexer->nodes[node].before) {
        bytes[n++] = lexer->nodes[node].byte;
    }
    *t = (struct number_text){0};
    while (n) (void)number_text_add(t, bytes[--n]);
}

/* How the digits that stand compare to those of a bound: less, as far as they go equal, greater. */
static uint32_t compare_digits(const struct number_prefix *p, const struct number *bound) {
    uint32_t same = p->n < bound->n ? p->n : bound->n;
    int order = memcmp(p->digits, bound->digits, same);
    if (order) return order < 0 ? 0 : 2;
    for (uint32_t i = same; i < p->n; i++) {
        if (p->digits[i]) return 2;
    }
    return 1;
}

static uint32_t put_remainder(uint32_t *key, const struct number_prefix *p, uint64_t m) {
    uint64_t rest = 0;
    uint32_t n = p->n;
    while (n && p->digits[n - 1] == 0) n--;
    for (uint32_t i = 0; i < n; i++) rest = (rest * 10 + p->digits[i]) % m;
    key[0] = (uint32_t)rest;
    key[1] = (uint32_t)(rest >> 32);
    return 2;
}

/* All that acceptance of any continuation depends on: the value is D * 10^k, and both its place
 * among the bounds and its remainders follow from these, whatever digits and exponent come. The
 * remainders are those of D without its last zeros: D * 10^k is a multiple of m * 10^q if and only
 * if these zeros and k bring it up to 10^q, and the rest divides. */
static uint32_t make_key(uint32_t *key, const struct number_set *set, const struct number_text *t) {
    const struct number_prefix *p = &t->digits;
    const struct number_side *side = &set->sides[p->is_negative];
    uint32_t n = 0;
    key[n++] = (uint32_t)t->phase << 8 | (uint32_t)p->is_negative << 2 |
               (uint32_t)t->is_small << 3 | (p->n ? 0 : 1);
    key[n++] = t->n_whole << 16 | t->n_fraction;
    key[n++] = t->exponent << 8 | t->n_exponent;
    if (p->n == 0) return n;
    key[n++] = p->n;
    key[n++] = compare_digits(p, &side->min) << 2 | compare_digits(p, &side->max);
    if (!set->has_multiple && set->n_not == 0) return n;
    uint32_t zeros = 0;
    while (p->digits[p->n - 1 - zeros] == 0) zeros++;
    key[n++] = zeros;
    if (set->has_multiple && set->multiple.m > 1) n += put_remainder(key + n, p, set->multiple.m);
    for (uint32_t i = 0; i < set->n_not; i++) {
        if (set->nots[i].m > 1) n += put_remainder(key + n, p, set->nots[i].m);
    }
    return n;
}

static bool reserve(struct number_lexer *lexer, uint32_t n) {
    if (n <= lexer->cap) return true;
    uint32_t cap = lexer->cap ? lexer->cap * 2 : 16;
    struct number_node *nodes = mem_realloc(lexer->nodes, cap * sizeof *nodes);
    if (!nodes) return false;
    lexer->nodes = nodes;
    lexer->cap = cap;
    return true;
}

/* A node of the sets that `from` (NULL: all) has a key for and that the text may still reach. */
static uint32_t add_node(struct number_lexer *lexer, const struct number_text *t, uint32_t before,
                         uint8_t byte) {
    uint32_t id, n = 0, n_nodes = lexer->keys.n;
    bool is_start = byte == 0, accepts = false;
    size_t n_from = 0, at = 0;
    const uint32_t *from = is_start ? NULL : intern_get(&lexer->keys, before, &n_from);
    struct number_way way;
    for (uint32_t i = 0; is_start ? i < lexer->n_sets : at < n_from; i++) {
        uint32_t set = is_start ? i : from[at];
        if (!is_start) at += from[at + 1];
        if (!number_text_way(&way, t, &lexer->sets[set], NULL, true)) continue;
        accepts |= number_text_is_in(t, &lexer->sets[set], NULL);
        lexer->key[n] = set;
        lexer->key[n + 1] = 2 + make_key(lexer->key + n + 2, &lexer->sets[set], t);
        n += lexer->key[n + 1];
    }
    if (n == 0 && !is_start) return NUMBER_DEAD;
    if (n == 0) lexer->key[n++] = 0; /* no set is reached: a start all the same */
    if (!reserve(lexer, n_nodes + 1) || !intern_add(&lexer->keys, lexer->key, n, &id)) {
        return NUMBER_FAILED;
    }
    if (id < n_nodes) return id;
    struct number_node *node = &lexer->nodes[id];
    *node = (struct number_node){.before = before, .byte = byte, .accepts = accepts};
    for (int i = 0; i < N_SYMBOLS; i++) node->next[i] = n == 1 ? NUMBER_DEAD : NOT_KNOWN;
    return id;
}

static bool add_first(struct number_lexer *lexer) {
    uint32_t dead;
    if (!reserve(lexer, 1) || !intern_add(&lexer->keys, NULL, 0, &dead)) return false;
    lexer->nodes[NUMBER_DEAD] = (struct number_node){0};
    return add_node(lexer, &(struct number_text){0}, 0, 0) == NUMBER_START;
}

ingle_status number_lexer_init(struct number_lexer *lexer, const struct number_shape *shapes,
                               size_t n, ingle_error *err) {
    *lexer = (struct number_lexer){.n_sets = (uint32_t)n};
    intern_init(&lexer->keys, MAX_ITEMS);
    lexer->sets = mem_calloc(n, sizeof *lexer->sets);
    lexer->key = mem_calloc(n, MAX_KEY * sizeof *lexer->key);
    ingle_status status = INGLE_OK;
    for (size_t i = 0; lexer->sets && i < n && status == INGLE_OK; i++) {
        status = number_set_make(&lexer->sets[i], &shapes[i], err);
    }
    if (status == INGLE_OK && !(lexer->sets && lexer->key && add_first(lexer))) {
        status = status_no_memory(err, "the numbers of a schema", n * sizeof *lexer->sets);
    }
    if (status != INGLE_OK) number_lexer_clear(lexer);
    return status;
}

static void forget_nodes(struct number_lexer *lexer) {
    intern_clear(&lexer->keys);
    mem_free(lexer->nodes);
    lexer->nodes = NULL;
    lexer->cap = 0;
}

void number_lexer_clear(struct number_lexer *lexer) {
    forget_nodes(lexer);
    mem_free(lexer->sets);
    mem_free(lexer->key);
    *lexer = (struct number_lexer){0};
}

static uint32_t make_next(struct number_lexer *lexer, uint32_t node, uint8_t byte) {
    struct number_text t;
    text_of(lexer, node, &t);
    return number_text_add(&t, byte) ? add_node(lexer, &t, node, byte) : NUMBER_DEAD;
}

uint32_t number_lexer_step(struct number_lexer *lexer, uint32_t node, uint8_t byte) {
    int symbol = symbol_of(byte);
    if (symbol < 0) return NUMBER_DEAD;
    uint32_t next = lexer->nodes[node].next[symbol];
    if (next != NOT_KNOWN) return next;
    next = make_next(lexer, node, byte);
    if (next != NUMBER_FAILED) lexer->nodes[node].next[symbol] = next;
    return next;
}

bool number_lexer_accepts(const struct number_lexer *lexer, uint32_t node) {
    return lexer->nodes[node].accepts;
}

/* The shortest over the sets. */
static bool shortest_way(struct number_way *out, const struct number_lexer *lexer,
                         const struct number_text *t, const struct number_filter *filter) {
    bool found = false;
    struct number_way way;
    for (uint32_t i = 0; i < lexer->n_sets && !(found && out->left == 0); i++) {
        if (!number_text_way(&way, t, &lexer->sets[i], filter, false)) continue;
        if (!found || way.left < out->left) *out = way;
        found = true;
    }
    return found;
}

struct number_way number_lexer_way(struct number_lexer *lexer, uint32_t node) {
    struct number_node *n = &lexer->nodes[node];
    if (n->has_way) return n->way;
    struct number_text t;
    text_of(lexer, node, &t);
    n->has_way = true;
    n->way = (struct number_way){.byte = -1, .left = UINT32_MAX};
    (void)shortest_way(&n->way, lexer, &t, NULL);
    return n->way;
}

bool number_lexer_way_past(struct number_way *out, const struct number_lexer *lexer,
                           const char *text, size_t len, const struct number_filter *filter) {
    struct number_text t = {0};
    for (size_t i = 0; i < len; i++) (void)number_text_add(&t, (uint8_t)text[i]);
    return shortest_way(out, lexer, &t, filter);
}

bool number_lexer_compact(struct number_lexer *lexer) {
    struct number_lexer to = *lexer;
    intern_init(&to.keys, lexer->keys.max);
    to.nodes = NULL;
    to.cap = 0;
    bool is_done = add_first(&to);
    forget_nodes(is_done ? lexer : &to);
    if (is_done) *lexer = to;
    return is_done;
}

size_t number_lexer_size(const struct number_lexer *lexer) {
    return intern_size(&lexer->keys) + lexer->keys.n * sizeof *lexer->nodes;
}
