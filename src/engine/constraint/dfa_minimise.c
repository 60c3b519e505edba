/* Minimal automata by Valmari's form of Hopcroft's algorithm ("Fast brief practical DFA
 * minimization", 2012): two partitions, of states and of edges, refine each other in O(m log m) for
 * m edges. Dead steps are no edges, so sparse automata are fast. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/dfa_table.h"

/* Elements 0..n in blocks, each block a stretch of items. The marked ones of a block stand at its
 * beginning. */
struct partition {
    uint32_t n_blocks;
    uint32_t *items, *place, *block_of;    /* [n] */
    uint32_t *first, *end, *marked, *work; /* [n] of blocks; work: blocks with marks */
    uint32_t n_work;
    uint32_t *memory;
};

struct edges {
    size_t n;
    uint32_t *tails, *heads;  /* [n] in the order of their symbols */
    uint32_t *symbol_ends;    /* [n_symbols] */
    uint32_t *into, *into_at; /* edges by their heads: into[into_at[s] .. into_at[s + 1]) */
};

struct minimiser {
    struct dfa_table *t;
    uint32_t *live;  /* [n_states] 1 + dense number, 0 = not live */
    uint32_t *dense; /* [n_live] states */
    uint32_t n_live;
    struct edges edges;
    struct partition states, cords;
    ingle_error *err;
};

static ingle_status no_memory(struct minimiser *m, size_t size) {
    return status_no_memory(m->err, "an automaton", size);
}

static uint32_t *new_array(size_t n) {
    return mem_calloc(n ? n : 1, sizeof(uint32_t));
}

static ingle_status partition_init(struct minimiser *m, struct partition *p, size_t n) {
    size_t room = n ? n : 1;
    p->memory = mem_calloc(room, 7 * sizeof *p->memory);
    if (!p->memory) return no_memory(m, room * 7 * sizeof *p->memory);
    uint32_t **arrays[] = {&p->items, &p->place,  &p->block_of, &p->first,
                           &p->end,   &p->marked, &p->work};
    for (size_t i = 0; i < 7; i++) *arrays[i] = p->memory + i * room;
    for (uint32_t i = 0; i < n; i++) p->items[i] = p->place[i] = i;
    p->n_blocks = n > 0;
    p->end[0] = (uint32_t)n;
    return INGLE_OK;
}

static void mark(struct partition *p, uint32_t item) {
    uint32_t block = p->block_of[item], at = p->place[item];
    uint32_t to = p->first[block] + p->marked[block];
    if (at < to) return;
    p->items[at] = p->items[to];
    p->place[p->items[at]] = at;
    p->items[to] = item;
    p->place[item] = to;
    if (p->marked[block]++ == 0) p->work[p->n_work++] = block;
}

/* Each block with marks becomes two: the smaller half gets the new number. */
static void split(struct partition *p) {
    while (p->n_work) {
        uint32_t block = p->work[--p->n_work];
        uint32_t middle = p->first[block] + p->marked[block];
        p->marked[block] = 0;
        if (middle == p->end[block]) continue;
        uint32_t fresh = p->n_blocks++;
        if (middle - p->first[block] <= p->end[block] - middle) {
            p->first[fresh] = p->first[block];
            p->end[fresh] = p->first[block] = middle;
        } else {
            p->end[fresh] = p->end[block];
            p->first[fresh] = p->end[block] = middle;
        }
        for (uint32_t i = p->first[fresh]; i < p->end[fresh]; i++) {
            p->block_of[p->items[i]] = fresh;
        }
        p->marked[fresh] = 0;
    }
}

/* Numbers the states that the starts reach, in the order of the walk. */
static ingle_status walk(struct minimiser *m, const uint32_t *starts, size_t n_starts) {
    struct dfa_table *t = m->t;
    m->live = new_array(t->n_states);
    m->dense = new_array(t->n_states);
    if (!m->live || !m->dense) return no_memory(m, t->n_states * sizeof *m->live);
    for (size_t i = 0; i < n_starts; i++) {
        if (starts[i] == DFA_DEAD || m->live[starts[i]]) continue;
        m->dense[m->n_live++] = starts[i];
        m->live[starts[i]] = m->n_live;
    }
    for (uint32_t i = 0; i < m->n_live; i++) {
        const uint32_t *row = dfa_table_row(t, m->dense[i]);
        for (uint32_t c = 0; c < t->n_symbols; c++) {
            if (row[c] == DFA_DEAD || m->live[row[c]]) continue;
            m->dense[m->n_live++] = row[c];
            m->live[row[c]] = m->n_live;
        }
    }
    return INGLE_OK;
}

static void edges_clear(struct edges *e) {
    mem_free(e->tails);
    mem_free(e->heads);
    mem_free(e->symbol_ends);
    mem_free(e->into);
    mem_free(e->into_at);
    *e = (struct edges){0};
}

/* All steps between live states. */
static ingle_status edges_collect(struct minimiser *m) {
    struct dfa_table *t = m->t;
    struct edges *e = &m->edges;
    size_t n = 0;
    for (uint32_t i = 0; i < m->n_live; i++) {
        const uint32_t *row = dfa_table_row(t, m->dense[i]);
        for (uint32_t c = 0; c < t->n_symbols; c++) n += m->live[row[c]] != 0;
    }
    if (n > DFA_TABLE_MAX_EDGES) return dfa_too_large(m->err);
    e->tails = new_array(n);
    e->heads = new_array(n);
    e->symbol_ends = new_array(t->n_symbols);
    e->into = new_array(n);
    e->into_at = new_array((size_t)m->n_live + 2);
    if (!e->tails || !e->heads || !e->symbol_ends || !e->into || !e->into_at) {
        return no_memory(m, 4 * n * sizeof *e->tails);
    }
    for (uint32_t c = 0; c < t->n_symbols; c++) {
        for (uint32_t i = 0; i < m->n_live; i++) {
            uint32_t head = m->live[dfa_table_row(t, m->dense[i])[c]];
            if (!head) continue;
            e->tails[e->n] = i;
            e->heads[e->n++] = head - 1;
            e->into_at[head + 1]++;
        }
        e->symbol_ends[c] = (uint32_t)e->n;
    }
    for (uint32_t i = 0; i < m->n_live; i++) e->into_at[i + 1] += e->into_at[i];
    for (uint32_t i = 0; i < e->n; i++) e->into[e->into_at[e->heads[i] + 1]++] = i;
    return INGLE_OK;
}

/* Of the states that the starts reach, keeps those that reach a label. */
static ingle_status keep_useful(struct minimiser *m) {
    uint32_t *stack = new_array(m->n_live);
    uint8_t *useful = mem_calloc(m->n_live ? m->n_live : 1, 1);
    ingle_status status = stack && useful ? edges_collect(m) : no_memory(m, m->n_live);
    uint32_t n = 0;
    for (uint32_t i = 0; status == INGLE_OK && i < m->n_live; i++) {
        if (!m->t->labels[m->dense[i]]) continue;
        useful[i] = 1;
        stack[n++] = i;
    }
    while (n) {
        uint32_t state = stack[--n];
        for (uint32_t k = m->edges.into_at[state]; k < m->edges.into_at[state + 1]; k++) {
            uint32_t tail = m->edges.tails[m->edges.into[k]];
            if (useful[tail]) continue;
            useful[tail] = 1;
            stack[n++] = tail;
        }
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; status == INGLE_OK && i < m->n_live; i++) {
        uint32_t state = m->dense[i];
        m->live[state] = 0;
        if (!useful[i]) continue;
        m->dense[kept++] = state;
        m->live[state] = kept;
    }
    m->n_live = kept;
    edges_clear(&m->edges);
    mem_free(stack);
    mem_free(useful);
    return status;
}

struct labelled {
    uint32_t label, state;
};

static int by_label(const void *a, const void *b) {
    const struct labelled *x = a, *y = b;
    if (x->label != y->label) return x->label < y->label ? -1 : 1;
    return x->state < y->state ? -1 : x->state > y->state;
}

/* The first blocks of states: one a label. */
static ingle_status split_by_label(struct minimiser *m) {
    struct labelled *list = mem_calloc(m->n_live ? m->n_live : 1, sizeof *list);
    if (!list) return no_memory(m, m->n_live * sizeof *list);
    for (uint32_t i = 0; i < m->n_live; i++) {
        list[i] = (struct labelled){.label = m->t->labels[m->dense[i]], .state = i};
    }
    qsort(list, m->n_live, sizeof *list, by_label);
    struct partition *p = &m->states;
    for (uint32_t i = 0; i < m->n_live; i++) {
        if (i > 0 && list[i].label != list[i - 1].label) {
            p->end[p->n_blocks - 1] = i;
            p->first[p->n_blocks++] = i;
        }
        p->items[i] = list[i].state;
        p->place[list[i].state] = i;
        p->block_of[list[i].state] = p->n_blocks - 1;
    }
    if (m->n_live) p->end[p->n_blocks - 1] = m->n_live;
    mem_free(list);
    return INGLE_OK;
}

/* The first blocks of edges: one a symbol. */
static void split_by_symbol(struct minimiser *m) {
    struct partition *p = &m->cords;
    uint32_t start = 0, block = 0;
    for (uint32_t c = 0; c < m->t->n_symbols; c++) {
        uint32_t end = m->edges.symbol_ends[c];
        if (end == start) continue;
        p->first[block] = start;
        p->end[block] = end;
        for (uint32_t i = start; i < end; i++) p->block_of[i] = block;
        start = end;
        block++;
    }
    p->n_blocks = block;
}

static void refine(struct minimiser *m) {
    struct partition *states = &m->states, *cords = &m->cords;
    uint32_t block = 1;
    for (uint32_t c = 0; c < cords->n_blocks; c++) {
        for (uint32_t i = cords->first[c]; i < cords->end[c]; i++) {
            mark(states, m->edges.tails[cords->items[i]]);
        }
        split(states);
        for (; block < states->n_blocks; block++) {
            for (uint32_t i = states->first[block]; i < states->end[block]; i++) {
                uint32_t state = states->items[i];
                for (uint32_t k = m->edges.into_at[state]; k < m->edges.into_at[state + 1]; k++) {
                    mark(cords, m->edges.into[k]);
                }
            }
            split(cords);
        }
    }
}

/* The table of blocks, numbered as a walk from the starts meets them. */
static ingle_status rebuild(struct minimiser *m, uint32_t *starts, size_t n_starts) {
    struct dfa_table *old = m->t, fresh;
    uint32_t *number = new_array(m->states.n_blocks), *from = new_array(m->states.n_blocks);
    ingle_status status = number && from ? dfa_table_init(&fresh, old->n_symbols, m->err)
                                         : no_memory(m, m->states.n_blocks);
    if (!number || !from) goto out;
    uint32_t n = 0;
    for (size_t i = 0; status == INGLE_OK && i < n_starts; i++) {
        uint32_t live = m->live[starts[i]];
        if (!live) {
            starts[i] = DFA_DEAD;
            continue;
        }
        uint32_t block = m->states.block_of[live - 1];
        if (!number[block]) {
            status = dfa_table_add(&fresh, old->labels[starts[i]], &number[block], m->err);
            from[n++] = starts[i];
        }
        starts[i] = number[block];
    }
    for (uint32_t i = 0; status == INGLE_OK && i < n; i++) {
        const uint32_t *row = dfa_table_row(old, from[i]);
        for (uint32_t c = 0; status == INGLE_OK && c < old->n_symbols; c++) {
            uint32_t live = m->live[row[c]];
            if (!live) continue;
            uint32_t block = m->states.block_of[live - 1];
            if (!number[block]) {
                status = dfa_table_add(&fresh, old->labels[row[c]], &number[block], m->err);
                if (status != INGLE_OK) break;
                from[n++] = row[c];
            }
            dfa_table_row(&fresh, i + 1)[c] = number[block];
        }
    }
    dfa_table_clear(status == INGLE_OK ? old : &fresh);
    if (status == INGLE_OK) *old = fresh;
out:
    mem_free(number);
    mem_free(from);
    return status;
}

ingle_status dfa_table_minimise(struct dfa_table *t, uint32_t *starts, size_t n_starts,
                                ingle_error *err) {
    struct minimiser m = {.t = t, .err = err};
    ingle_status status = walk(&m, starts, n_starts);
    if (status == INGLE_OK) status = keep_useful(&m);
    if (status == INGLE_OK) status = edges_collect(&m);
    if (status == INGLE_OK) status = partition_init(&m, &m.states, m.n_live);
    if (status == INGLE_OK) status = partition_init(&m, &m.cords, m.edges.n);
    if (status == INGLE_OK) status = split_by_label(&m);
    if (status == INGLE_OK) {
        split_by_symbol(&m);
        refine(&m);
        status = rebuild(&m, starts, n_starts);
    }
    edges_clear(&m.edges);
    mem_free(m.states.memory);
    mem_free(m.cords.memory);
    mem_free(m.live);
    mem_free(m.dense);
    return status;
}
