/* Sets made of two sets: all pairs of states that some text reaches. For what is in neither set,
 * the states of "every UTF-8 text" are a third. */
#include "base/alloc.h"
#include "engine/constraint/dfa_table.h"
#include "engine/constraint/intern.h"

struct product {
    const struct dfa *a, *b, *all; /* all: NULL unless texts of neither are asked for */
    dfa_combine_fn combine;
    void *user;
    struct dfa_table table;
    struct intern states; /* (a, b, all), in the order of their numbers - 1 */
    ingle_error *err;
};

enum { SIDE_A, SIDE_B, SIDE_ALL, N_SIDES };

static ingle_status state_of(struct product *p, const uint32_t sides[N_SIDES], uint32_t *state) {
    *state = DFA_DEAD;
    bool is_dead = p->all ? sides[SIDE_ALL] == DFA_DEAD
                          : sides[SIDE_A] == DFA_DEAD && sides[SIDE_B] == DFA_DEAD;
    if (is_dead) return INGLE_OK;
    uint32_t id;
    if (!intern_add(&p->states, sides, N_SIDES, &id)) {
        return p->states.full ? dfa_too_large(p->err)
                              : status_no_memory(p->err, "an automaton", intern_size(&p->states));
    }
    *state = id + 1;
    if (*state < p->table.n_states) return INGLE_OK;
    bool ends = !p->all || p->all->labels[sides[SIDE_ALL]];
    uint32_t a = p->a->labels[sides[SIDE_A]], b = p->b->labels[sides[SIDE_B]];
    uint32_t label = ends && (p->all || a || b) ? p->combine(a, b, p->user) : 0;
    return dfa_table_add(&p->table, label, state, p->err);
}

/* A symbol for each three classes that some byte is in together. */
static uint32_t symbols_of_product(const struct product *p, uint8_t symbols[256],
                                   uint8_t bytes[256]) {
    uint32_t n = 0;
    for (int byte = 0; byte < 256; byte++) {
        uint32_t k = 0;
        for (; k < n; k++) {
            if (p->a->classes[byte] == p->a->classes[bytes[k]] &&
                p->b->classes[byte] == p->b->classes[bytes[k]] &&
                (!p->all || p->all->classes[byte] == p->all->classes[bytes[k]]))
                break;
        }
        if (k == n) bytes[n++] = (uint8_t)byte;
        symbols[byte] = (uint8_t)k;
    }
    return n;
}

static ingle_status explore(struct product *p, const uint8_t bytes[256]) {
    uint32_t state, start[N_SIDES] = {p->a->start, p->b->start, p->all ? p->all->start : 0};
    INGLE_TRY(state_of(p, start, &state));
    for (uint32_t s = 1; s < p->table.n_states; s++) {
        size_t n;
        uint32_t sides[N_SIDES];
        const uint32_t *from = intern_get(&p->states, s - 1, &n);
        for (int i = 0; i < N_SIDES; i++) sides[i] = from[i];
        for (uint32_t k = 0; k < p->table.n_symbols; k++) {
            uint32_t to[N_SIDES] = {
                dfa_step(p->a, sides[SIDE_A], bytes[k]), dfa_step(p->b, sides[SIDE_B], bytes[k]),
                p->all ? dfa_step(p->all, sides[SIDE_ALL], bytes[k]) : DFA_DEAD};
            INGLE_TRY(state_of(p, to, &state));
            dfa_table_row(&p->table, s)[k] = state;
        }
    }
    return INGLE_OK;
}

ingle_status dfa_product(struct dfa **out, const struct dfa *a, const struct dfa *b, bool whole,
                         dfa_combine_fn combine, void *user, ingle_error *err) {
    *out = NULL;
    struct dfa *all = NULL;
    if (whole) INGLE_TRY(dfa_any(&all, err));
    struct product p = {.a = a, .b = b, .all = all, .combine = combine, .user = user, .err = err};
    uint8_t symbols[256], bytes[256] = {0};
    intern_init(&p.states, (size_t)DFA_TABLE_MAX_STATES * (N_SIDES + 1));
    ingle_status status = dfa_table_init(&p.table, symbols_of_product(&p, symbols, bytes), err);
    if (status == INGLE_OK) status = explore(&p, bytes);
    uint32_t start = p.table.n_states > 1 ? 1 : DFA_DEAD;
    if (status == INGLE_OK) status = dfa_from_table(out, &p.table, symbols, start, err);
    dfa_table_clear(&p.table);
    intern_clear(&p.states);
    dfa_free(all);
    return status;
}

static uint32_t in_both(uint32_t a, uint32_t b, void *user) {
    (void)user;
    return a && b;
}

static uint32_t in_one(uint32_t a, uint32_t b, void *user) {
    (void)user;
    return a || b;
}

static uint32_t in_none(uint32_t a, uint32_t b, void *user) {
    (void)user;
    return !a && !b;
}

ingle_status dfa_and(struct dfa **out, const struct dfa *a, const struct dfa *b, ingle_error *err) {
    return dfa_product(out, a, b, false, in_both, NULL, err);
}

ingle_status dfa_or(struct dfa **out, const struct dfa *a, const struct dfa *b, ingle_error *err) {
    return dfa_product(out, a, b, false, in_one, NULL, err);
}

ingle_status dfa_not(struct dfa **out, const struct dfa *a, ingle_error *err) {
    return dfa_product(out, a, a, true, in_none, NULL, err);
}
