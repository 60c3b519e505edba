#include "engine/constraint/grammar_stacks.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define MAX_SET_ITEMS ((size_t)1 << 26)

void grammar_stacks_init(struct grammar_stacks *s, const struct grammar_plan *plan) {
    *s = (struct grammar_stacks){.plan = plan};
    intern_init(&s->sets, MAX_SET_ITEMS);
    intern_init(&s->seen, 4 * GRAMMAR_MAX_WORK);
    intern_init(&s->unions, MAX_SET_ITEMS);
    (void)grammar_set(s, NULL, 0);
}

void grammar_stacks_clear(struct grammar_stacks *s) {
    intern_clear(&s->sets);
    intern_clear(&s->seen);
    intern_clear(&s->unions);
    mem_free(s->union_sets);
    mem_free(s->ways);
    mem_free(s->todo);
    mem_free(s->tops);
    mem_free(s->calls);
}

/* Makes room for one element more. */
static bool room(struct grammar_stacks *s, void **list, size_t n, size_t *cap, size_t size) {
    if (s->failed || ++s->work > GRAMMAR_MAX_WORK) {
        s->failed = true;
        return false;
    }
    if (n < *cap) return true;
    size_t more = *cap ? *cap * 2 : 64;
    void *grown = mem_realloc(*list, more * size);
    if (!grown) {
        s->failed = true;
        return false;
    }
    *list = grown;
    *cap = more;
    return true;
}

static void add_pair(struct grammar_stacks *s, struct grammar_pair **list, size_t *n, size_t *cap,
                     struct grammar_pair pair) {
    void *data = *list;
    if (room(s, &data, *n, cap, sizeof pair)) {
        *list = data;
        (*list)[(*n)++] = pair;
    }
}

static int by_pair(const void *a, const void *b) {
    const struct grammar_pair *x = a, *y = b;
    if (x->place != y->place) return x->place < y->place ? -1 : 1;
    return x->tails < y->tails ? -1 : x->tails > y->tails;
}

static uint64_t shortest(const struct grammar_stacks *s, const struct grammar_pair *pairs,
                         size_t n) {
    uint64_t best = GRAMMAR_NO_WAY;
    for (size_t i = 0; i < n; i++) {
        bool is_bottom = pairs[i].place == GRAMMAR_BOTTOM;
        uint64_t way = is_bottom ? 0 : s->plan->ways[pairs[i].place] + s->ways[pairs[i].tails];
        if (way < best) best = way;
    }
    return best;
}

uint32_t grammar_set(struct grammar_stacks *s, struct grammar_pair *pairs, size_t n) {
    uint32_t id, before = s->sets.n;
    size_t kept = 0;
    if (s->failed) return 0;
    if (n > 1) qsort(pairs, n, sizeof *pairs, by_pair);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || by_pair(&pairs[i], &pairs[i - 1]) != 0) pairs[kept++] = pairs[i];
    }
    s->failed = !intern_add(&s->sets, (const uint32_t *)pairs, 2 * kept, &id);
    if (!s->failed && id == before && id >= s->cap_ways) {
        uint32_t cap = s->cap_ways ? s->cap_ways * 2 : 64;
        uint64_t *ways = mem_realloc(s->ways, cap * sizeof *ways);
        s->failed = !ways;
        if (ways) {
            s->ways = ways;
            s->cap_ways = cap;
        }
    }
    if (s->failed) return 0;
    if (id == before) s->ways[id] = shortest(s, pairs, kept);
    return id;
}

void grammar_begin(struct grammar_stacks *s) {
    s->n_todo = s->n_tops = s->n_calls = s->work = 0;
    intern_reset(&s->seen);
}

void grammar_enter(struct grammar_stacks *s, uint32_t place, uint32_t tails) {
    struct grammar_pair pair = {.place = place, .tails = tails};
    uint32_t id, before = s->seen.n;
    if (s->failed) return;
    if (!intern_add(&s->seen, (const uint32_t *)&pair, 2, &id)) {
        s->failed = true;
        return;
    }
    if (id == before) add_pair(s, &s->todo, &s->n_todo, &s->cap_todo, pair);
}

static void add_call(struct grammar_stacks *s, uint32_t rule, struct grammar_pair behind) {
    void *data = s->calls;
    if (room(s, &data, s->n_calls, &s->cap_calls, sizeof *s->calls)) {
        s->calls = data;
        s->calls[s->n_calls++] = (struct grammar_call){.rule = rule, .behind = behind};
    }
}

/* Whether nothing of the rule can follow a place. */
static bool is_end(const struct grammar_plan *plan, uint32_t place) {
    return plan->n_reached[place] == 1 &&
           plan->steps.places[plan->reached[plan->reached_at[place]]].step == STEP_MATCH;
}

/* A call at the end of a rule leaves nothing of this rule behind: what lies below follows it. */
static void call(struct grammar_stacks *s, const struct regex_place *place, uint32_t tails) {
    uint32_t to = is_end(s->plan, place->to) ? GRAMMAR_BOTTOM : place->to;
    add_call(s, place->what, (struct grammar_pair){.place = to, .tails = tails});
}

static void leave(struct grammar_stacks *s, uint32_t tails) {
    size_t n;
    const struct grammar_pair *below = grammar_pairs(s, tails, &n);
    for (size_t i = 0; i < n && !s->failed; i++) {
        if (below[i].place == GRAMMAR_BOTTOM) {
            add_pair(s, &s->tops, &s->n_tops, &s->cap_tops, below[i]);
        } else {
            grammar_enter(s, below[i].place, below[i].tails);
        }
    }
}

static void follow(struct grammar_stacks *s, struct grammar_pair pair) {
    const struct grammar_plan *plan = s->plan;
    const uint32_t *reached = plan->reached + plan->reached_at[pair.place];
    for (uint32_t i = 0; i < plan->n_reached[pair.place] && !s->failed; i++) {
        const struct regex_place *place = &plan->steps.places[reached[i]];
        if (place->step == STEP_CALL) {
            call(s, place, pair.tails);
        } else if (place->step == STEP_MATCH) {
            leave(s, pair.tails);
        } else {
            add_pair(s, &s->tops, &s->n_tops, &s->cap_tops,
                     (struct grammar_pair){.place = reached[i], .tails = pair.tails});
        }
    }
}

static uint32_t make_union(struct grammar_stacks *s, uint32_t a, uint32_t b) {
    size_t n_a, n_b;
    const struct grammar_pair *of_a = grammar_pairs(s, a, &n_a), *of_b = grammar_pairs(s, b, &n_b);
    s->work += n_a + n_b;
    bool is_much = s->work > GRAMMAR_MAX_WORK;
    struct grammar_pair *all = is_much ? NULL : mem_alloc((n_a + n_b + 1) * sizeof *all);
    if (!all) {
        s->failed = true;
        return 0;
    }
    if (n_a) memcpy(all, of_a, n_a * sizeof *all);
    if (n_b) memcpy(all + n_a, of_b, n_b * sizeof *all);
    uint32_t set = grammar_set(s, all, n_a + n_b);
    mem_free(all);
    return set;
}

static uint32_t union_of(struct grammar_stacks *s, uint32_t a, uint32_t b) {
    const uint32_t pair[] = {a < b ? a : b, a < b ? b : a};
    uint32_t id, before = s->unions.n;
    if (a == b || s->failed) return a;
    s->failed = !intern_add(&s->unions, pair, 2, &id);
    if (!s->failed && id == s->cap_unions) {
        uint32_t cap = s->cap_unions ? s->cap_unions * 2 : 64;
        uint32_t *sets = mem_realloc(s->union_sets, cap * sizeof *sets);
        s->failed = !sets;
        if (sets) {
            s->union_sets = sets;
            s->cap_unions = cap;
        }
    }
    if (s->failed) return 0;
    if (id == before) s->union_sets[id] = make_union(s, a, b);
    return s->union_sets[id];
}

/* What lies below any of some pairs, which are in order: equal beginnings have known unions. */
static uint32_t join_tails(struct grammar_stacks *s, const struct grammar_pair *tops, size_t n) {
    uint32_t set = tops[0].tails;
    for (size_t i = 1; i < n; i++) set = union_of(s, set, tops[i].tails);
    return set;
}

/* The rule of those that are called which begins with most of the others: it may call them too. */
static uint32_t first_rule(const struct grammar_stacks *s) {
    uint32_t rule = s->calls[0].rule;
    for (size_t i = 1; i < s->n_calls; i++) {
        if (s->plan->rules[s->calls[i].rule].rank < s->plan->rules[rule].rank) {
            rule = s->calls[i].rule;
        }
    }
    return rule;
}

/* All calls of one rule become one. */
static void make_call(struct grammar_stacks *s) {
    size_t n = 0, n_ends = 0, kept = 0, n_calls = s->n_calls;
    uint32_t rule = first_rule(s);
    struct grammar_pair *behind =
        mem_alloc(n_calls * sizeof *behind); /* calls at ends: from back */
    s->work += n_calls;
    s->failed = s->failed || !behind || s->work > GRAMMAR_MAX_WORK;
    if (s->failed) {
        mem_free(behind);
        return;
    }
    for (size_t i = 0; i < n_calls; i++) {
        const struct grammar_call *c = &s->calls[i];
        if (c->rule != rule) {
            s->calls[kept++] = *c;
        } else if (c->behind.place == GRAMMAR_BOTTOM) {
            behind[n_calls - ++n_ends] = c->behind;
        } else {
            behind[n++] = c->behind;
        }
    }
    s->n_calls = kept;
    struct grammar_pair *ends = behind + n_calls - n_ends;
    if (n_ends > 1) qsort(ends, n_ends, sizeof *ends, by_pair);
    uint32_t tails = n_ends ? join_tails(s, ends, n_ends) : 0;
    if (n)
        tails = n_ends ? union_of(s, tails, grammar_set(s, behind, n)) : grammar_set(s, behind, n);
    mem_free(behind);
    grammar_enter(s, s->plan->rules[rule].start, tails);
}

uint32_t grammar_close(struct grammar_stacks *s) {
    while (!s->failed && (s->n_todo || s->n_calls)) {
        if (s->n_todo) {
            follow(s, s->todo[--s->n_todo]);
        } else {
            make_call(s);
        }
    }
    if (s->failed || s->n_tops == 0) return 0;
    struct grammar_pair *tops = s->tops;
    size_t kept = 0;
    qsort(tops, s->n_tops, sizeof *tops, by_pair);
    for (size_t i = 0, end; i < s->n_tops; i = end) {
        for (end = i + 1; end < s->n_tops && tops[end].place == tops[i].place;) end++;
        bool joined = end > i + 1 && tops[i].place != GRAMMAR_BOTTOM;
        uint32_t tails = joined ? join_tails(s, tops + i, end - i) : tops[i].tails;
        tops[kept++] = (struct grammar_pair){.place = tops[i].place, .tails = tails};
    }
    return grammar_set(s, tops, kept);
}

void grammar_stacks_compact(struct grammar_stacks *s, uint32_t *sets, size_t n) {
    struct intern old = s->sets;
    uint32_t *number = mem_calloc(old.n, sizeof *number); /* 1: in use; then its new one */
    struct grammar_pair *pairs = mem_alloc((old.n_items + 2) * sizeof *old.items);
    if (!number || !pairs) { /* nothing is lost by keeping all */
        mem_free(number);
        mem_free(pairs);
        return;
    }
    for (size_t i = 0; i < n; i++) number[sets[i]] = 1;
    for (uint32_t set = old.n; set-- > 0;) {
        size_t n_pairs;
        const struct grammar_pair *list = grammar_pairs(s, set, &n_pairs);
        for (size_t i = 0; number[set] && i < n_pairs; i++) {
            if (list[i].place != GRAMMAR_BOTTOM) number[list[i].tails] = 1;
        }
    }
    intern_init(&s->sets, old.max);
    intern_reset(&s->unions);
    number[0] = 1;
    for (uint32_t set = 0; set < old.n && !s->failed; set++) {
        size_t n_items;
        if (!number[set]) continue;
        const uint32_t *list = intern_get(&old, set, &n_items);
        memcpy(pairs, list, n_items * sizeof *list);
        for (size_t i = 0; i < n_items / 2; i++) {
            if (pairs[i].place != GRAMMAR_BOTTOM) pairs[i].tails = number[pairs[i].tails];
        }
        number[set] = grammar_set(s, pairs, n_items / 2);
    }
    for (size_t i = 0; i < n; i++) sets[i] = number[sets[i]];
    intern_clear(&old);
    mem_free(number);
    mem_free(pairs);
}
