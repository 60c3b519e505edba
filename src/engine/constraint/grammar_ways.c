/* The shortest way from each place to the end of its rule: Knuth's generalisation of Dijkstra's
 * algorithm to grammars. A place without a way belongs to no finite text. */
#include <stdlib.h>

#include "base/alloc.h"
#include "engine/constraint/grammar_plan.h"
#include "engine/text/unicode.h"

struct entry {
    uint64_t way;
    uint32_t place;
};

struct search {
    struct grammar_plan *plan;
    uint32_t *before, *before_at;   /* places that lead to a place: before[before_at[p]] ... */
    uint32_t *callers, *callers_at; /* calls of a rule */
    uint32_t *rule_of;              /* [places] 1 + the rule that begins there */
    uint8_t *done;
    struct entry *heap;
    size_t n_heap, cap_heap;
};

static void search_clear(struct search *s) {
    mem_free(s->before);
    mem_free(s->before_at);
    mem_free(s->callers);
    mem_free(s->callers_at);
    mem_free(s->rule_of);
    mem_free(s->done);
    mem_free(s->heap);
}

static bool push(struct search *s, uint32_t place, uint64_t way) {
    if (way >= s->plan->ways[place]) return true;
    s->plan->ways[place] = way;
    if (s->n_heap == s->cap_heap) {
        size_t cap = s->cap_heap ? s->cap_heap * 2 : 256;
        struct entry *heap = mem_realloc(s->heap, cap * sizeof *heap);
        if (!heap) return false;
        s->heap = heap;
        s->cap_heap = cap;
    }
    size_t i = s->n_heap++;
    for (; i > 0 && s->heap[(i - 1) / 2].way > way; i = (i - 1) / 2) {
        s->heap[i] = s->heap[(i - 1) / 2];
    }
    s->heap[i] = (struct entry){.way = way, .place = place};
    return true;
}

static struct entry pop(struct search *s) {
    struct entry top = s->heap[0], last = s->heap[--s->n_heap];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= s->n_heap) break;
        if (child + 1 < s->n_heap && s->heap[child + 1].way < s->heap[child].way) child++;
        if (s->heap[child].way >= last.way) break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = last;
    return top;
}

static uint64_t sum(uint64_t a, uint64_t b) {
    if (a == GRAMMAR_NO_WAY || b == GRAMMAR_NO_WAY) return GRAMMAR_NO_WAY;
    return a + b > GRAMMAR_MAX_WAY ? GRAMMAR_MAX_WAY : a + b;
}

/* A longer way through the place behind it, whose own way is known. */
static uint64_t way_through(const struct search *s, const struct regex_place *place,
                            uint64_t behind) {
    switch (place->step) {
    case STEP_SET: {
        uint32_t sample = s->plan->set_samples[place->what];
        bool is_empty = sample > CHARSET_LAST;
        return sum(behind, is_empty ? GRAMMAR_NO_WAY : unicode_encoded_len(sample));
    }
    case STEP_CALL:
        return sum(behind, s->plan->rules[place->what].way);
    default:
        return behind;
    }
}

static ingle_status no_memory(const struct search *s, ingle_error *err) {
    return status_no_memory(err, "a grammar", s->plan->steps.n * sizeof(struct entry));
}

/* Turns the steps round. */
static ingle_status prepare(struct search *s, ingle_error *err) {
    const struct regex_steps *steps = &s->plan->steps;
    size_t n = steps->n, n_rules = s->plan->n_rules;
    s->before = mem_calloc(2 * n + 1, sizeof *s->before);
    s->before_at = mem_calloc(n + 2, sizeof *s->before_at);
    s->callers = mem_calloc(n + 1, sizeof *s->callers);
    s->callers_at = mem_calloc(n_rules + 2, sizeof *s->callers_at);
    s->rule_of = mem_calloc(n + 1, sizeof *s->rule_of);
    s->done = mem_calloc(n + 1, 1);
    if (!s->before || !s->before_at || !s->callers || !s->callers_at || !s->rule_of || !s->done) {
        return no_memory(s, err);
    }
    for (uint32_t r = 0; r < n_rules; r++) s->rule_of[s->plan->rules[r].start] = r + 1;
    for (uint32_t i = 0; i < n; i++) {
        const struct regex_place *p = &steps->places[i];
        if (p->to != REGEX_NOWHERE) s->before_at[p->to + 2]++;
        if (p->other != REGEX_NOWHERE) s->before_at[p->other + 2]++;
        if (p->step == STEP_CALL) s->callers_at[p->what + 2]++;
    }
    for (size_t i = 2; i < n + 2; i++) s->before_at[i] += s->before_at[i - 1];
    for (size_t i = 2; i < n_rules + 2; i++) s->callers_at[i] += s->callers_at[i - 1];
    for (uint32_t i = 0; i < n; i++) {
        const struct regex_place *p = &steps->places[i];
        if (p->to != REGEX_NOWHERE) s->before[s->before_at[p->to + 1]++] = i;
        if (p->other != REGEX_NOWHERE) s->before[s->before_at[p->other + 1]++] = i;
        if (p->step == STEP_CALL) s->callers[s->callers_at[p->what + 1]++] = i;
    }
    return INGLE_OK;
}

/* The way of a place is known: what that means for the places before it. */
static bool settle(struct search *s, uint32_t place, uint64_t way) {
    const struct regex_place *places = s->plan->steps.places;
    for (uint32_t k = s->before_at[place]; k < s->before_at[place + 1]; k++) {
        uint32_t p = s->before[k];
        if (!push(s, p, way_through(s, &places[p], way))) return false;
    }
    if (!s->rule_of[place]) return true;
    uint32_t rule = s->rule_of[place] - 1;
    s->plan->rules[rule].way = way;
    for (uint32_t k = s->callers_at[rule]; k < s->callers_at[rule + 1]; k++) {
        const struct regex_place *p = &places[s->callers[k]];
        if (!s->done[p->to]) continue;
        if (!push(s, s->callers[k], sum(s->plan->ways[p->to], way))) return false;
    }
    return true;
}

static ingle_status check_ways(const struct grammar_plan *plan, const struct grammar *g,
                               ingle_error *err) {
    for (uint32_t r = 0; r < plan->n_rules; r++) {
        const struct grammar_rule *rule = &g->rules[r];
        bool is_root = r == plan->root;
        if (is_root && plan->rules[r].way == GRAMMAR_NO_WAY) {
            return grammar_fail_rule(g, INGLE_REFUSED, rule, err, "has no finite text");
        }
        if (plan->rules[r].way < GRAMMAR_MAX_WAY || plan->rules[r].way == GRAMMAR_NO_WAY) continue;
        return grammar_fail_rule(g, INGLE_LIMIT, rule, err, "has only texts that are too long");
    }
    return INGLE_OK;
}

ingle_status grammar_find_ways(struct grammar_plan *plan, const struct grammar *g,
                               ingle_error *err) {
    struct search s = {.plan = plan};
    for (uint32_t i = 0; i < plan->steps.n; i++) plan->ways[i] = GRAMMAR_NO_WAY;
    for (uint32_t r = 0; r < plan->n_rules; r++) plan->rules[r].way = GRAMMAR_NO_WAY;
    ingle_status status = prepare(&s, err);
    bool ok = status == INGLE_OK;
    for (uint32_t i = 0; ok && i < plan->steps.n; i++) {
        if (plan->steps.places[i].step == STEP_MATCH) ok = push(&s, i, 0);
    }
    while (ok && s.n_heap) {
        struct entry entry = pop(&s);
        if (s.done[entry.place]) continue;
        s.done[entry.place] = 1;
        ok = settle(&s, entry.place, entry.way);
    }
    if (status == INGLE_OK && !ok) status = no_memory(&s, err);
    search_clear(&s);
    return status == INGLE_OK ? check_ways(plan, g, err) : status;
}
