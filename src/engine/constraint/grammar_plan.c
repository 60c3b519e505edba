#include "engine/constraint/grammar_plan.h"

#include <string.h>

#include "base/alloc.h"

#define MAX_REACHED ((size_t)1 << 22)
#define MAX_BIT_WORDS ((size_t)1 << 21)

struct planner {
    struct grammar_plan *plan;
    const struct grammar *g;
    uint32_t *seen, *stack, round; /* [places] */
    size_t n_reached, cap_reached;
    ingle_error *err;
};

void grammar_plan_clear(struct grammar_plan *plan) {
    regex_steps_clear(&plan->steps);
    mem_free(plan->rules);
    mem_free(plan->ways);
    mem_free(plan->reached);
    mem_free(plan->reached_at);
    mem_free(plan->n_reached);
    dfa_free(plan->character);
    mem_free(plan->set_bits);
    mem_free(plan->next_bits);
    mem_free(plan->set_samples);
    *plan = (struct grammar_plan){0};
}

static ingle_status no_memory(struct planner *p) {
    return status_no_memory(p->err, "a grammar", p->g->len);
}

static ingle_status too_large(struct planner *p, const char *why) {
    return status_set(p->err, INGLE_LIMIT, 0, "The grammar is too large: %s.", why);
}

static ingle_status make_places(struct planner *p) {
    struct grammar_plan *plan = p->plan;
    plan->steps.what = "The grammar";
    plan->n_rules = p->g->n_rules;
    plan->root = p->g->root;
    plan->rules = mem_calloc(plan->n_rules, sizeof *plan->rules);
    if (!plan->rules) return no_memory(p);
    for (uint32_t r = 0; r < plan->n_rules; r++) {
        INGLE_TRY(
            regex_steps_add(&plan->steps, p->g->rules[r].root, &plan->rules[r].start, p->err));
    }
    plan->ways = mem_calloc(plan->steps.n, sizeof *plan->ways);
    return plan->ways ? INGLE_OK : no_memory(p);
}

/* --- characters --- */

/* A character that is short and, if there is one, a letter, a digit or another that shows. */
static uint32_t sample_of(const uint32_t *bounds, size_t n) {
    static const uint32_t wanted[][2] = {{'a', 'z'}, {'0', '9'}, {'A', 'Z'}, {' ', '~'}};
    for (size_t w = 0; w < 4; w++) {
        for (size_t i = 0; i < n && bounds[i] <= wanted[w][1]; i += 2) {
            uint32_t first = bounds[i] > wanted[w][0] ? bounds[i] : wanted[w][0];
            if (first <= bounds[i + 1] && first <= wanted[w][1]) return first;
        }
    }
    return n ? bounds[0] : UINT32_MAX;
}

/* The automaton of one character, labelled by its class. */
static ingle_status make_character(struct planner *p, const struct regex_chars *chars) {
    struct dfa_table table;
    uint32_t start = DFA_DEAD, end;
    ingle_status status = dfa_table_init(&table, chars->n_classes, p->err);
    if (status == INGLE_OK) status = dfa_table_add(&table, 0, &start, p->err);
    for (uint32_t c = 0; status == INGLE_OK && c < chars->n_classes; c++) {
        status = dfa_table_add(&table, c + 1, &end, p->err);
        if (status == INGLE_OK) dfa_table_row(&table, start)[c] = end;
    }
    if (status == INGLE_OK) {
        status = regex_bytes(&p->plan->character, &table, start, chars, p->err);
    }
    dfa_table_clear(&table);
    return status;
}

static void fill_state_bits(struct grammar_plan *plan, uint32_t state) {
    const struct dfa *d = plan->character;
    uint64_t *bits = plan->next_bits + (size_t)state * plan->n_words;
    uint32_t label = d->labels[state];
    if (label) bits[(label - 1) / 64] |= (uint64_t)1 << (label - 1) % 64;
    for (uint32_t k = 0; k < d->n_classes; k++) {
        uint32_t to = d->next[(size_t)state * d->n_classes + k];
        const uint64_t *more = plan->next_bits + (size_t)to * plan->n_words;
        for (uint32_t w = 0; to && w < plan->n_words; w++) bits[w] |= more[w];
    }
}

/* What can still be reached within a character: each step within one brings its end, which is as
 * far on all ways, nearer by one. Only from the start the ways differ. */
static void fill_next_bits(struct grammar_plan *plan) {
    const struct dfa *d = plan->character;
    for (uint32_t left = 0; left < 4; left++) {
        for (uint32_t s = 1; s <= d->n_states; s++) {
            if (s != d->start && d->left[s] == left) fill_state_bits(plan, s);
        }
    }
    if (d->start != DFA_DEAD) fill_state_bits(plan, d->start);
}

static ingle_status make_bits(struct planner *p, const struct regex_chars *chars) {
    struct grammar_plan *plan = p->plan;
    size_t n_sets = p->g->sets.n, n_states = (size_t)plan->character->n_states + 1;
    plan->n_words = (chars->n_classes + 63) / 64;
    if ((n_sets + n_states) * plan->n_words > MAX_BIT_WORDS) {
        return too_large(p, "its sets of characters are too many");
    }
    plan->set_bits = mem_calloc((n_sets + 1) * plan->n_words, sizeof *plan->set_bits);
    plan->next_bits = mem_calloc(n_states * plan->n_words, sizeof *plan->next_bits);
    plan->set_samples = mem_calloc(n_sets + 1, sizeof *plan->set_samples);
    if (!plan->set_bits || !plan->next_bits || !plan->set_samples) return no_memory(p);
    for (uint32_t set = 0; set < n_sets; set++) {
        uint32_t n;
        const uint32_t *classes = regex_classes_of(chars, set, &n);
        uint64_t *bits = plan->set_bits + (size_t)set * plan->n_words;
        for (uint32_t i = 0; i < n; i++) bits[classes[i] / 64] |= (uint64_t)1 << classes[i] % 64;
        size_t n_bounds;
        const uint32_t *bounds = intern_get(&p->g->sets, set, &n_bounds);
        plan->set_samples[set] = sample_of(bounds, n_bounds);
    }
    fill_next_bits(plan);
    return INGLE_OK;
}

static ingle_status make_characters(struct planner *p) {
    struct regex_chars chars;
    INGLE_TRY(regex_chars_divide(&chars, &p->g->sets, p->err));
    ingle_status status = make_character(p, &chars);
    if (status == INGLE_OK) status = make_bits(p, &chars);
    regex_chars_clear(&chars);
    return status;
}

/* --- places --- */

static ingle_status keep_reached(struct planner *p, uint32_t place) {
    if (p->n_reached == p->cap_reached) {
        size_t cap = p->cap_reached ? p->cap_reached * 2 : 256;
        if (cap > MAX_REACHED) return too_large(p, "its rules have too many alternatives");
        uint32_t *reached = mem_realloc(p->plan->reached, cap * sizeof *reached);
        if (!reached) return no_memory(p);
        p->plan->reached = reached;
        p->cap_reached = cap;
    }
    p->plan->reached[p->n_reached++] = place;
    return INGLE_OK;
}

static void visit(struct planner *p, size_t *n, uint32_t place) {
    if (place == REGEX_NOWHERE || p->seen[place] == p->round) return;
    if (p->plan->ways[place] == GRAMMAR_NO_WAY) return;
    p->seen[place] = p->round;
    p->stack[(*n)++] = place;
}

/* Places that only lead on share what is reached from where they lead. */
static uint32_t skip(const struct grammar_plan *plan, uint32_t place) {
    for (;;) {
        const struct regex_place *p = &plan->steps.places[place];
        if (p->step != STEP_FREE || p->other != REGEX_NOWHERE) return place;
        place = p->to;
    }
}

static ingle_status find_reached(struct planner *p, uint32_t from) {
    struct grammar_plan *plan = p->plan;
    uint32_t place = skip(plan, from);
    if (!plan->n_reached[place] && plan->ways[place] != GRAMMAR_NO_WAY) {
        size_t n = 0;
        p->round++;
        plan->reached_at[place] = (uint32_t)p->n_reached;
        visit(p, &n, place);
        while (n) {
            uint32_t at = p->stack[--n];
            const struct regex_place *step = &plan->steps.places[at];
            if (step->step != STEP_FREE) {
                INGLE_TRY(keep_reached(p, at));
                continue;
            }
            visit(p, &n, step->other);
            visit(p, &n, step->to);
        }
        plan->n_reached[place] = (uint32_t)p->n_reached - plan->reached_at[place];
    }
    plan->reached_at[from] = plan->reached_at[place];
    plan->n_reached[from] = plan->n_reached[place];
    return INGLE_OK;
}

static ingle_status make_reached(struct planner *p) {
    struct grammar_plan *plan = p->plan;
    size_t n = plan->steps.n;
    plan->reached_at = mem_calloc(n, sizeof *plan->reached_at);
    plan->n_reached = mem_calloc(n, sizeof *plan->n_reached);
    p->seen = mem_calloc(n, 2 * sizeof *p->seen);
    if (!plan->reached_at || !plan->n_reached || !p->seen) return no_memory(p);
    p->stack = p->seen + n;
    for (uint32_t r = 0; r < plan->n_rules; r++) INGLE_TRY(find_reached(p, plan->rules[r].start));
    for (uint32_t i = 0; i < n; i++) {
        const struct regex_place *place = &plan->steps.places[i];
        if (place->step == STEP_SET || place->step == STEP_CALL) {
            INGLE_TRY(find_reached(p, place->to));
        }
    }
    return INGLE_OK;
}

ingle_status grammar_plan_make(struct grammar_plan *out, const struct grammar *g,
                               ingle_error *err) {
    *out = (struct grammar_plan){0};
    struct planner p = {.plan = out, .g = g, .err = err};
    ingle_status status = make_places(&p);
    if (status == INGLE_OK) status = make_characters(&p);
    if (status == INGLE_OK) status = grammar_find_ways(out, g, err);
    if (status == INGLE_OK) status = grammar_order(out, g, err);
    if (status == INGLE_OK) status = make_reached(&p);
    mem_free(p.seen);
    if (status != INGLE_OK) grammar_plan_clear(out);
    return status;
}
