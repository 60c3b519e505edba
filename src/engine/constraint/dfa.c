#include "engine/constraint/dfa.h"

#include "base/alloc.h"

void dfa_free(struct dfa *d) {
    if (!d) return;
    mem_free(d->next);
    mem_free(d->labels);
    mem_free(d->finish);
    mem_free(d->left);
    mem_free(d);
}

bool dfa_is_empty(const struct dfa *d) {
    return d->start == DFA_DEAD;
}

uint32_t dfa_match(const struct dfa *d, const char *text, size_t len) {
    uint32_t state = d->start;
    for (size_t i = 0; i < len && state != DFA_DEAD; i++) {
        state = dfa_step(d, state, (uint8_t)text[i]);
    }
    return d->labels[state];
}

/* Counting texts: a walk in depth; a state on the walk's own path that can reach the label again
 * is a circle. */
struct counter {
    const struct dfa *d;
    uint32_t label;
    uint64_t max;
    uint32_t sizes[256]; /* bytes of each class */
    uint64_t *counts;    /* texts from a state on; at least the number that it says is max */
    uint8_t *stage;      /* 0 unseen, 1 on the path, 2 done */
    uint8_t *circular;   /* on a path that met itself */
    struct frame {
        uint32_t state, next_class;
    } * path;
};

static bool wanted(const struct counter *c, uint32_t state) {
    uint32_t label = c->d->labels[state];
    return label && (!c->label || label == c->label);
}

static uint64_t plus(const struct counter *c, uint64_t a, uint64_t b) {
    return a > c->max - b ? c->max : a + b;
}

/* One state is done: what it adds to the one before it on the path. */
static void add_to(struct counter *c, uint32_t to, uint32_t from, uint32_t times) {
    for (uint32_t i = 0; i < times && c->counts[from] && c->counts[to] < c->max; i++) {
        c->counts[to] = plus(c, c->counts[to], c->counts[from]);
    }
}

static void count_walk(struct counter *c) {
    const struct dfa *d = c->d;
    size_t depth = 0;
    c->path[depth++] = (struct frame){.state = d->start};
    c->stage[d->start] = 1;
    c->counts[d->start] = wanted(c, d->start) && c->max;
    while (depth) {
        struct frame *top = &c->path[depth - 1];
        if (top->next_class == d->n_classes) {
            c->stage[top->state] = 2;
            depth--;
            if (depth) {
                struct frame *above = &c->path[depth - 1];
                add_to(c, above->state, top->state, c->sizes[above->next_class - 1]);
            }
            continue;
        }
        uint32_t k = top->next_class++;
        uint32_t to = d->next[(size_t)top->state * d->n_classes + k];
        if (to == DFA_DEAD) continue;
        if (c->stage[to] == 1) c->circular[to] = 1;
        if (c->stage[to] == 2) add_to(c, top->state, to, c->sizes[k]);
        if (c->stage[to]) continue;
        c->stage[to] = 1;
        c->counts[to] = wanted(c, to) && c->max;
        c->path[depth++] = (struct frame){.state = to};
    }
}

/* Whether a state on a circle reaches the label: then there is no end of texts. */
static bool is_infinite(struct counter *c) {
    const struct dfa *d = c->d;
    size_t n = 0;
    for (uint32_t s = 1; s <= d->n_states; s++) {
        c->stage[s] = c->circular[s];
        if (c->circular[s]) c->path[n++].state = s;
    }
    while (n) {
        uint32_t s = c->path[--n].state;
        if (wanted(c, s)) return true;
        for (uint32_t k = 0; k < d->n_classes; k++) {
            uint32_t to = d->next[(size_t)s * d->n_classes + k];
            if (to == DFA_DEAD || c->stage[to] == 1) continue;
            c->stage[to] = 1;
            c->path[n++].state = to;
        }
    }
    return false;
}

ingle_status dfa_count(uint64_t *out, const struct dfa *d, uint32_t label, uint64_t max,
                       ingle_error *err) {
    *out = 0;
    if (dfa_is_empty(d)) return INGLE_OK;
    struct counter c = {.d = d, .label = label, .max = max};
    size_t n = (size_t)d->n_states + 1;
    for (int byte = 0; byte < 256; byte++) c.sizes[d->classes[byte]]++;
    c.counts = mem_calloc(n, sizeof *c.counts);
    c.stage = mem_calloc(n, 1);
    c.circular = mem_calloc(n, 1);
    c.path = mem_calloc(n, sizeof *c.path);
    bool ok = c.counts && c.stage && c.circular && c.path;
    if (ok) {
        count_walk(&c);
        uint64_t count = c.counts[d->start];
        *out = is_infinite(&c) ? DFA_INFINITE : count;
    }
    mem_free(c.counts);
    mem_free(c.stage);
    mem_free(c.circular);
    mem_free(c.path);
    return ok ? INGLE_OK : status_no_memory(err, "an automaton", n * sizeof *c.counts);
}
