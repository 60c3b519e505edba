/* A grammar at work. A state is how far the text is within a character and the set of stacks that
 * are left; steps are remembered by state and byte. */
#include "engine/constraint/grammar.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/constraint/grammar_stacks.h"

#define MAX_STATES (1u << 22)
#define MAX_KEY_ITEMS ((size_t)1 << 22)
#define NOT_YET UINT32_MAX /* a step that nobody has asked for */
#define MAX_LOOP 64        /* alternatives of a loop that makes a lexeme */

struct grammar_machine {
    struct machine machine;
    struct grammar_plan plan;
    struct grammar_stacks stacks;
    struct intern states; /* (state of plan.character, set); ours is 1 + the number */
    uint32_t *next;       /* [cap_states][character->n_classes] */
    uint32_t cap_states;
    struct intern keys; /* (state of plan.character, places); ours is LEXER_EXIT + 1 + the number */
};

struct position {
    uint32_t character, set;
};

static struct grammar_machine *grammar_of(struct machine *m) {
    return (struct grammar_machine *)m;
}

static struct position position_of(const struct grammar_machine *g, machine_state state) {
    size_t n;
    const uint32_t *items = intern_get(&g->states, state - 1, &n);
    return (struct position){.character = items[0], .set = items[1]};
}

/* Moves next. MACHINE_DEAD if it failed. */
static machine_state state_of(struct grammar_machine *g, struct position at) {
    uint32_t id, before = g->states.n, n_classes = g->plan.character->n_classes;
    g->machine.failed = g->machine.failed || g->stacks.failed;
    if (g->machine.failed || at.set == 0) return MACHINE_DEAD;
    const uint32_t items[] = {at.character, at.set};
    g->machine.failed = !intern_add(&g->states, items, 2, &id);
    if (!g->machine.failed && id == g->cap_states) {
        uint32_t cap = g->cap_states ? g->cap_states * 2 : 64;
        uint32_t *next = mem_realloc(g->next, (size_t)cap * n_classes * sizeof *next);
        g->machine.failed = !next;
        if (next) {
            g->next = next;
            g->cap_states = cap;
        }
    }
    if (g->machine.failed) return MACHINE_DEAD;
    uint32_t *row = g->next + (size_t)id * n_classes;
    for (uint32_t k = 0; id == before && k < n_classes; k++) row[k] = NOT_YET;
    return id + 1;
}

static bool meets(const struct grammar_plan *plan, uint32_t place, uint32_t character) {
    if (place == GRAMMAR_BOTTOM) return false;
    const uint64_t *set = plan->set_bits + (size_t)plan->steps.places[place].what * plan->n_words;
    const uint64_t *next = plan->next_bits + (size_t)character * plan->n_words;
    for (uint32_t w = 0; w < plan->n_words; w++) {
        if (set[w] & next[w]) return true;
    }
    return false;
}

/* Within a character: those stacks whose set still has one that begins so. */
static uint32_t keep_meeting(struct grammar_machine *g, uint32_t set, uint32_t character) {
    size_t n, kept = 0;
    const struct grammar_pair *tops = grammar_pairs(&g->stacks, set, &n);
    struct grammar_pair *list = mem_alloc((n + 1) * sizeof *list);
    if (!list) {
        g->machine.failed = true;
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (meets(&g->plan, tops[i].place, character)) list[kept++] = tops[i];
    }
    uint32_t left = kept ? grammar_set(&g->stacks, list, kept) : 0;
    mem_free(list);
    return left;
}

/* Behind a character, at whose end in the automaton only its class is left. */
static uint32_t take_character(struct grammar_machine *g, uint32_t set, uint32_t end) {
    size_t n;
    const struct grammar_pair *tops = grammar_pairs(&g->stacks, set, &n);
    grammar_begin(&g->stacks);
    for (size_t i = 0; i < n; i++) {
        if (!meets(&g->plan, tops[i].place, end)) continue;
        grammar_enter(&g->stacks, g->plan.steps.places[tops[i].place].to, tops[i].tails);
    }
    return grammar_close(&g->stacks);
}

static machine_state make_step(struct grammar_machine *g, machine_state state, uint8_t byte) {
    const struct dfa *character = g->plan.character;
    struct position at = position_of(g, state);
    uint32_t next = dfa_step(character, at.character, byte);
    if (next == DFA_DEAD) return MACHINE_DEAD;
    bool is_end = character->labels[next] != 0;
    uint32_t set = is_end ? take_character(g, at.set, next) : keep_meeting(g, at.set, next);
    if (is_end) next = character->start;
    return state_of(g, (struct position){.character = next, .set = set});
}

static machine_state step(struct machine *m, machine_state state, uint8_t byte) {
    struct grammar_machine *g = grammar_of(m);
    if (state == MACHINE_DEAD || m->failed) return MACHINE_DEAD;
    const struct dfa *character = g->plan.character;
    size_t cell = (size_t)(state - 1) * character->n_classes + character->classes[byte];
    if (g->next[cell] != NOT_YET) return g->next[cell];
    machine_state next = make_step(g, state, byte);
    if (!m->failed) g->next[cell] = next;
    return next;
}

static bool accepts(struct machine *m, machine_state state) {
    const struct grammar_machine *g = grammar_of(m);
    if (state == MACHINE_DEAD) return false;
    size_t n;
    struct position at = position_of(g, state);
    const struct grammar_pair *tops = grammar_pairs(&g->stacks, at.set, &n);
    return at.character == g->plan.character->start && tops[n - 1].place == GRAMMAR_BOTTOM;
}

/* Of the bytes within a character that lead on to the place's set, one. */
static int byte_within(const struct grammar_plan *plan, uint32_t character, uint32_t place) {
    for (int byte = 0x80; byte < 0xc0; byte++) {
        uint32_t next = dfa_step(plan->character, character, (uint8_t)byte);
        if (next != DFA_DEAD && meets(plan, place, next)) return byte;
    }
    return -1;
}

static int finish(struct machine *m, machine_state state) {
    const struct grammar_machine *g = grammar_of(m);
    if (accepts(m, state)) return -1;
    size_t n, best = 0;
    uint64_t best_way = GRAMMAR_NO_WAY;
    struct position at = position_of(g, state);
    bool is_within = at.character != g->plan.character->start;
    const struct grammar_pair *tops = grammar_pairs(&g->stacks, at.set, &n);
    for (size_t i = 0; i < n; i++) {
        uint32_t place = tops[i].place;
        if (is_within) place = g->plan.steps.places[place].to;
        uint64_t way = g->plan.ways[place] + g->stacks.ways[tops[i].tails];
        if (way >= best_way) continue;
        best_way = way;
        best = i;
    }
    if (is_within) return byte_within(&g->plan, at.character, tops[best].place);
    char bytes[4];
    uint32_t set = g->plan.steps.places[tops[best].place].what;
    (void)utf8_put(bytes, g->plan.set_samples[set]);
    return (uint8_t)bytes[0];
}

/* --- lexer keys: the places on top where all stacks have the same tails and one place is a loop
 * over its characters, such as the inside of a string --- */

static bool is_loop(const struct grammar_plan *plan, uint32_t place) {
    uint32_t to = plan->steps.places[place].to, n = plan->n_reached[to];
    const uint32_t *reached = plan->reached + plan->reached_at[to];
    for (uint32_t i = 0; n <= MAX_LOOP && i < n; i++) {
        if (reached[i] == place) return true;
    }
    return false;
}

/* items: the state in the character, then the places in order. 0: no lexeme. */
static uint64_t key_of(struct grammar_machine *g, const uint32_t *items, size_t n) {
    bool has_loop = false;
    uint32_t id;
    for (size_t i = 1; i < n && !has_loop; i++) has_loop = is_loop(&g->plan, items[i]);
    if (!has_loop || !intern_add(&g->keys, items, n, &id)) return 0;
    return LEXER_EXIT + 1 + id;
}

static uint64_t lexeme(struct machine *m, machine_state state) {
    struct grammar_machine *g = grammar_of(m);
    if (state == MACHINE_DEAD) return 0;
    uint32_t items[MAX_LOOP + 1];
    size_t n;
    struct position at = position_of(g, state);
    const struct grammar_pair *tops = grammar_pairs(&g->stacks, at.set, &n);
    if (n > MAX_LOOP || tops[n - 1].place == GRAMMAR_BOTTOM) return 0;
    items[0] = at.character;
    for (size_t i = 0; i < n; i++) {
        if (tops[i].tails != tops[0].tails) return 0;
        items[i + 1] = tops[i].place;
    }
    return key_of(g, items, n + 1);
}

/* A place into the list, which stays in order; false if there is no room. */
static bool keep_place(uint32_t *items, size_t *n, uint32_t place) {
    size_t at = *n;
    while (at > 1 && items[at - 1] > place) at--;
    if (at > 1 && items[at - 1] == place) return true;
    if (*n == MAX_LOOP + 1) return false;
    memmove(items + at + 1, items + at, (*n - at) * sizeof *items);
    items[at] = place;
    (*n)++;
    return true;
}

/* False if the character leads out of the rule, or into another. */
static bool keep_next(const struct grammar_plan *plan, uint32_t place, uint32_t *items, size_t *n) {
    uint32_t to = plan->steps.places[place].to;
    const uint32_t *reached = plan->reached + plan->reached_at[to];
    for (uint32_t i = 0; i < plan->n_reached[to]; i++) {
        if (plan->steps.places[reached[i]].step != STEP_SET) return false;
        if (!keep_place(items, n, reached[i])) return false;
    }
    return true;
}

static uint64_t lex(struct machine *m, uint64_t key, uint8_t byte) {
    struct grammar_machine *g = grammar_of(m);
    const struct dfa *character = g->plan.character;
    uint32_t items[MAX_LOOP + 2];
    size_t n_old, n = 1;
    const uint32_t *old = intern_get(&g->keys, (uint32_t)(key - LEXER_EXIT - 1), &n_old);
    uint32_t next = dfa_step(character, old[0], byte);
    bool is_end = character->labels[next] != 0, stays = true, lives = false;
    if (next == DFA_DEAD) return LEXER_DEAD;
    for (size_t i = 1; i < n_old; i++) {
        if (!meets(&g->plan, old[i], next)) continue;
        lives = true;
        stays = stays &&
                (is_end ? keep_next(&g->plan, old[i], items, &n) : keep_place(items, &n, old[i]));
    }
    if (!lives) return LEXER_DEAD;
    if (!stays) return LEXER_EXIT;
    items[0] = is_end ? character->start : next;
    uint64_t found = key_of(g, items, n);
    return found ? found : LEXER_EXIT;
}

/* --- memory --- */

static void compact(struct machine *m, machine_state *live) {
    struct grammar_machine *g = grammar_of(m);
    if (m->failed || *live == MACHINE_DEAD) return;
    struct position ends[] = {position_of(g, m->start), position_of(g, *live)};
    uint32_t sets[] = {ends[0].set, ends[1].set};
    grammar_stacks_compact(&g->stacks, sets, 2);
    intern_clear(&g->states);
    mem_free(g->next);
    g->next = NULL;
    g->cap_states = 0;
    for (int i = 0; i < 2; i++) ends[i].set = sets[i];
    machine_state start = state_of(g, ends[0]);
    *live = state_of(g, ends[1]);
    m->failed = m->failed || start != m->start;
}

static size_t size(const struct machine *m) {
    const struct grammar_machine *g = (const struct grammar_machine *)m;
    return intern_size(&g->states) + intern_size(&g->stacks.sets) + intern_size(&g->stacks.unions) +
           (size_t)g->states.n * g->plan.character->n_classes * sizeof *g->next;
}

static void release(struct machine *m) {
    struct grammar_machine *g = grammar_of(m);
    grammar_stacks_clear(&g->stacks);
    grammar_plan_clear(&g->plan);
    intern_clear(&g->states);
    intern_clear(&g->keys);
    mem_free(g->next);
    mem_free(g);
}

static const struct machine_ops ops = {.step = step,
                                       .accepts = accepts,
                                       .finish = finish,
                                       .lexeme = lexeme,
                                       .lex = lex,
                                       .compact = compact,
                                       .size = size,
                                       .release = release,
                                       .ends_by_exit = true};

static ingle_status start(struct grammar_machine *g, ingle_error *err) {
    struct grammar_stacks *s = &g->stacks;
    struct grammar_pair bottom = {.place = GRAMMAR_BOTTOM};
    grammar_stacks_init(s, &g->plan);
    grammar_begin(s);
    uint32_t tails = grammar_set(s, &bottom, 1);
    if (!s->failed) grammar_enter(s, g->plan.rules[g->plan.root].start, tails);
    uint32_t set = grammar_close(s);
    bool is_work = s->work > GRAMMAR_MAX_WORK;
    g->machine.start = state_of(g, (struct position){g->plan.character->start, set});
    if (!g->machine.failed && g->machine.start != MACHINE_DEAD) return INGLE_OK;
    if (!is_work) return status_no_memory(err, "a grammar", intern_size(&s->sets));
    return status_set(err, INGLE_LIMIT, 0, "The grammar is too large: it has too many beginnings.");
}

ingle_status grammar_machine_new(struct machine **out, const char *text, size_t len,
                                 ingle_error *err) {
    *out = NULL;
    struct grammar grammar;
    INGLE_TRY(grammar_parse(&grammar, text, len, err));
    struct grammar_machine *g = mem_calloc(1, sizeof *g);
    if (!g) {
        grammar_clear(&grammar);
        return status_no_memory(err, "a grammar", sizeof *g);
    }
    g->machine.ops = &ops;
    intern_init(&g->states, 3 * (size_t)MAX_STATES);
    intern_init(&g->keys, MAX_KEY_ITEMS);
    ingle_status status = grammar_plan_make(&g->plan, &grammar, err);
    grammar_clear(&grammar);
    if (status == INGLE_OK) status = start(g, err);
    if (status == INGLE_OK) {
        *out = &g->machine;
    } else {
        release(&g->machine);
    }
    return status;
}
