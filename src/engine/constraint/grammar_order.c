/* Which rules begin with which: a rule that begins with itself, through others and through what may
 * be empty, is left recursion and refused. All others get ranks, callers first. */
#include "base/alloc.h"
#include "engine/constraint/grammar_plan.h"

#define MAX_EDGES ((size_t)1 << 22)

struct order {
    struct grammar_plan *plan;
    const struct grammar *g;
    uint32_t *edges, *ends; /* the rules that rule r begins with end at edges[ends[r]] */
    size_t n_edges, cap_edges;
    uint32_t *seen_place, *seen_rule; /* 1 + the rule that was at work */
    uint32_t *stack;
    ingle_error *err;
};

static ingle_status no_memory(struct order *o) {
    return status_no_memory(o->err, "a grammar", o->plan->steps.n * sizeof(uint32_t));
}

static ingle_status add_edge(struct order *o, uint32_t from, uint32_t to) {
    if (o->seen_rule[to] == from + 1) return INGLE_OK;
    o->seen_rule[to] = from + 1;
    if (o->n_edges == o->cap_edges) {
        size_t cap = o->cap_edges ? o->cap_edges * 2 : 256;
        if (cap > MAX_EDGES) {
            return grammar_fail(o->g, INGLE_LIMIT, o->g->rules[from].name_at, o->err,
                                "too many rules begin with too many others");
        }
        uint32_t *edges = mem_realloc(o->edges, cap * sizeof *edges);
        if (!edges) return no_memory(o);
        o->edges = edges;
        o->cap_edges = cap;
    }
    o->edges[o->n_edges++] = to;
    return INGLE_OK;
}

static void visit(struct order *o, size_t *n, uint32_t rule, uint32_t place) {
    if (place == REGEX_NOWHERE || o->seen_place[place] == rule + 1) return;
    o->seen_place[place] = rule + 1;
    o->stack[(*n)++] = place;
}

/* The rules that stand at a beginning of this one. */
static ingle_status find_edges(struct order *o, uint32_t rule) {
    size_t n = 0;
    visit(o, &n, rule, o->plan->rules[rule].start);
    while (n) {
        const struct regex_place *place = &o->plan->steps.places[o->stack[--n]];
        if (place->step == STEP_CALL) INGLE_TRY(add_edge(o, rule, place->what));
        bool may_be_empty = place->step == STEP_FREE ||
                            (place->step == STEP_CALL && o->plan->rules[place->what].way == 0);
        if (!may_be_empty) continue;
        visit(o, &n, rule, place->to);
        visit(o, &n, rule, place->other);
    }
    o->ends[rule] = (uint32_t)o->n_edges;
    return INGLE_OK;
}

static ingle_status refuse(struct order *o, uint32_t rule) {
    const struct grammar_rule *r = &o->g->rules[rule];
    return grammar_fail_rule(o->g, INGLE_REFUSED, r, o->err, "is left-recursive");
}

/* A walk in depth; ranks in the order in which rules are left, turned round. */
static ingle_status walk(struct order *o, uint32_t first, uint8_t *stage, uint32_t *at,
                         uint32_t *rank) {
    size_t n = 0;
    o->stack[n++] = first;
    stage[first] = 1;
    at[first] = first ? o->ends[first - 1] : 0;
    while (n) {
        uint32_t rule = o->stack[n - 1];
        if (at[rule] == o->ends[rule]) {
            stage[rule] = 2;
            o->plan->rules[rule].rank = --*rank;
            n--;
            continue;
        }
        uint32_t next = o->edges[at[rule]++];
        if (stage[next] == 1) return refuse(o, next);
        if (stage[next] == 2) continue;
        stage[next] = 1;
        at[next] = next ? o->ends[next - 1] : 0;
        o->stack[n++] = next;
    }
    return INGLE_OK;
}

static ingle_status rank_all(struct order *o, uint8_t *stage, uint32_t *at) {
    uint32_t rank = o->plan->n_rules;
    for (uint32_t r = 0; r < o->plan->n_rules; r++) INGLE_TRY(find_edges(o, r));
    for (uint32_t r = 0; r < o->plan->n_rules; r++) {
        if (!stage[r]) INGLE_TRY(walk(o, r, stage, at, &rank));
    }
    return INGLE_OK;
}

ingle_status grammar_order(struct grammar_plan *plan, const struct grammar *g, ingle_error *err) {
    struct order o = {.plan = plan, .g = g, .err = err};
    size_t n_rules = plan->n_rules, n_places = plan->steps.n;
    o.ends = mem_calloc(n_rules, sizeof *o.ends);
    o.seen_rule = mem_calloc(n_rules, sizeof *o.seen_rule);
    o.seen_place = mem_calloc(n_places, sizeof *o.seen_place);
    o.stack = mem_calloc(n_places + n_rules, sizeof *o.stack);
    uint8_t *stage = mem_calloc(n_rules, 1);
    uint32_t *at = mem_calloc(n_rules, sizeof *at);
    bool ok = o.ends && o.seen_rule && o.seen_place && o.stack && stage && at;
    ingle_status status = ok ? rank_all(&o, stage, at) : no_memory(&o);
    mem_free(o.edges);
    mem_free(o.ends);
    mem_free(o.seen_rule);
    mem_free(o.seen_place);
    mem_free(o.stack);
    mem_free(stage);
    mem_free(at);
    return status;
}
