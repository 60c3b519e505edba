/* The automaton of a pattern over classes of characters, by sets of threads. A thread is a place in
 * the pattern and what it has promised about the rest of the text: a set of states of the automata
 * of looks, which step along with it. A promise that cannot be broken any more is dropped, a thread
 * whose promise is broken dies. What stands before a character (the beginning, a word's character
 * or another) is known when threads arrive there, so \b and ^ are decided at once. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/regex_steps.h"

#define MAX_WORK ((size_t)1 << 24)
#define MAX_PROMISES 64
#define MAX_PROMISE_ITEMS ((size_t)1 << 20)
#define STATE_BITS 18 /* of an item of a promise: DFA_TABLE_MAX_STATES; above them the look */

enum before { BEFORE_START, BEFORE_WORD, BEFORE_OTHER, N_BEFORE };

/* Looks that no pattern spells; those of the pattern follow, N_BEFORE each. */
enum { LOOK_END, LOOK_WORD, LOOK_NOT_WORD, N_FIXED_LOOKS };

struct look {
    struct dfa_table table;
    uint32_t start;
    uint32_t always; /* a state that accepts whatever follows, or DFA_DEAD */
};

struct thread {
    uint32_t place, promise;
};

struct runner {
    const struct regex *re;
    const struct regex_chars *chars;
    struct regex_steps steps;
    struct look *looks;
    bool *is_word;          /* [n_classes] */
    struct intern promises; /* number 0 is no promise */
    size_t work, cells;
    ingle_error *err;
};

/* One automaton in the making. */
struct subset {
    struct runner *r;
    bool goes_on; /* any text may follow a match */
    struct dfa_table *table;
    struct intern states; /* threads, in the order of the table's states - 1 */
    struct thread *threads, *stack;
    size_t n_threads, cap_threads, n_stack, cap_stack;
    struct seen {
        struct thread thread;
        uint32_t round;
    } * seen; /* [n_seen] open addressing */
    size_t n_seen, n_used;
    uint32_t round;
    uint32_t *counts, *bucket; /* of threads by class */
    size_t cap_bucket;
};

static ingle_status no_memory(struct runner *r) {
    return status_no_memory(r->err, "a regular expression", r->steps.n * sizeof(struct thread));
}

static ingle_status too_large(struct runner *r) {
    return status_set(r->err, INGLE_LIMIT, 0,
                      "The regular expression is too intricate: its automaton is too large.");
}

/* --- promises --- */

static ingle_status keep_promise(struct runner *r, const uint32_t *items, size_t n,
                                 uint32_t *promise) {
    if (intern_add(&r->promises, items, n, promise)) return INGLE_OK;
    return r->promises.full ? too_large(r) : no_memory(r);
}

/* *alive is false if the look's automaton is dead at its start. */
static ingle_status add_promise(struct runner *r, uint32_t look, uint32_t *promise, bool *alive) {
    uint32_t items[MAX_PROMISES + 1];
    size_t n, at = 0;
    uint32_t start = r->looks[look].start;
    *alive = start != DFA_DEAD;
    if (!*alive || start == r->looks[look].always) return INGLE_OK;
    uint32_t item = look << STATE_BITS | start;
    const uint32_t *old = intern_get(&r->promises, *promise, &n);
    if (n == MAX_PROMISES) return too_large(r);
    while (at < n && old[at] < item) at++;
    if (at < n && old[at] == item) return INGLE_OK;
    if (at > 0) memcpy(items, old, at * sizeof *items);
    items[at] = item;
    if (n > at) memcpy(items + at + 1, old + at, (n - at) * sizeof *items);
    return keep_promise(r, items, n + 1, promise);
}

static ingle_status step_promise(struct runner *r, uint32_t class, uint32_t *promise, bool *alive) {
    uint32_t items[MAX_PROMISES];
    size_t n, kept = 0;
    *alive = true;
    const uint32_t *old = intern_get(&r->promises, *promise, &n);
    for (size_t i = 0; i < n; i++) {
        const struct look *look = &r->looks[old[i] >> STATE_BITS];
        uint32_t state = old[i] & ((1u << STATE_BITS) - 1);
        uint32_t next = dfa_table_row(&look->table, state)[class];
        *alive = next != DFA_DEAD;
        if (!*alive) return INGLE_OK;
        if (next == look->always) continue;
        uint32_t item = (old[i] >> STATE_BITS) << STATE_BITS | next;
        size_t at = kept;
        while (at > 0 && items[at - 1] > item) at--;
        if (at > 0 && items[at - 1] == item) continue;
        memmove(items + at + 1, items + at, (kept - at) * sizeof *items);
        items[at] = item;
        kept++;
    }
    return keep_promise(r, items, kept, promise);
}

/* Whether the promise holds if the text ends here. */
static bool is_kept_at_end(const struct runner *r, uint32_t promise) {
    size_t n;
    const uint32_t *items = intern_get(&r->promises, promise, &n);
    for (size_t i = 0; i < n; i++) {
        const struct look *look = &r->looks[items[i] >> STATE_BITS];
        if (!look->table.labels[items[i] & ((1u << STATE_BITS) - 1)]) return false;
    }
    return true;
}

/* Whether all that a promises is promised by b. */
static bool is_part(const struct runner *r, uint32_t a, uint32_t b) {
    size_t n_a, n_b, k = 0;
    const uint32_t *items_a = intern_get(&r->promises, a, &n_a);
    const uint32_t *items_b = intern_get(&r->promises, b, &n_b);
    for (size_t i = 0; i < n_a; i++) {
        while (k < n_b && items_b[k] < items_a[i]) k++;
        if (k == n_b || items_b[k] != items_a[i]) return false;
    }
    return true;
}

/* --- sets of threads --- */

static size_t seen_slot(const struct subset *s, struct thread thread) {
    size_t hash = thread.place * 0x9e3779b1u ^ thread.promise * 0x85ebca77u;
    size_t slot = (hash ^ hash >> 15) & (s->n_seen - 1);
    while (s->seen[slot].round == s->round && (s->seen[slot].thread.place != thread.place ||
                                               s->seen[slot].thread.promise != thread.promise)) {
        slot = (slot + 1) & (s->n_seen - 1);
    }
    return slot;
}

static bool grow_seen(struct subset *s) {
    struct seen *old = s->seen;
    size_t n = s->n_seen;
    struct seen *seen = mem_calloc(n ? n * 2 : 256, sizeof *seen);
    if (!seen) return false;
    s->seen = seen;
    s->n_seen = n ? n * 2 : 256;
    for (size_t i = 0; i < n; i++) {
        if (old[i].round == s->round) s->seen[seen_slot(s, old[i].thread)] = old[i];
    }
    mem_free(old);
    return true;
}

/* Grows an array of threads so that one more fits. */
static bool room_for_one(struct thread **list, size_t n, size_t *cap) {
    if (n < *cap) return true;
    size_t more = *cap ? *cap * 2 : 64;
    struct thread *grown = mem_realloc(*list, more * sizeof *grown);
    if (!grown) return false;
    *list = grown;
    *cap = more;
    return true;
}

static ingle_status push(struct subset *s, uint32_t place, uint32_t promise) {
    if (place == REGEX_NOWHERE) return INGLE_OK;
    struct thread thread = {.place = place, .promise = promise};
    if (s->n_used * 2 >= s->n_seen && !grow_seen(s)) return no_memory(s->r);
    size_t slot = seen_slot(s, thread);
    if (s->seen[slot].round == s->round) return INGLE_OK;
    s->seen[slot] = (struct seen){.thread = thread, .round = s->round};
    s->n_used++;
    if (++s->r->work > MAX_WORK) return too_large(s->r);
    if (!room_for_one(&s->stack, s->n_stack, &s->cap_stack)) return no_memory(s->r);
    s->stack[s->n_stack++] = thread;
    return INGLE_OK;
}

static uint32_t look_of(const struct subset *s, const struct regex_place *place,
                        enum before before) {
    switch (place->step) {
    case STEP_END:
        return LOOK_END;
    case STEP_EDGE:
        return (before == BEFORE_WORD) == place->negated ? LOOK_WORD : LOOK_NOT_WORD;
    default:
        return N_FIXED_LOOKS + place->what * N_BEFORE +
               (s->r->re->asks_before ? before : BEFORE_START);
    }
}

/* What can be reached from the threads on the stack without a character more. */
static ingle_status close_threads(struct subset *s, enum before before) {
    while (s->n_stack) {
        struct thread thread = s->stack[--s->n_stack];
        const struct regex_place *place = &s->r->steps.places[thread.place];
        bool alive = true;
        switch (place->step) {
        case STEP_FREE:
            INGLE_TRY(push(s, place->to, thread.promise));
            INGLE_TRY(push(s, place->other, thread.promise));
            break;
        case STEP_START:
            if (before == BEFORE_START) INGLE_TRY(push(s, place->to, thread.promise));
            break;
        case STEP_END:
        case STEP_EDGE:
        case STEP_LOOK:
            INGLE_TRY(add_promise(s->r, look_of(s, place, before), &thread.promise, &alive));
            if (alive) INGLE_TRY(push(s, place->to, thread.promise));
            break;
        case STEP_CALL:
            break;
        case STEP_SET:
        case STEP_MATCH:
            if (!room_for_one(&s->threads, s->n_threads, &s->cap_threads)) return no_memory(s->r);
            s->threads[s->n_threads++] = thread;
            break;
        }
    }
    return INGLE_OK;
}

static int by_place(const void *a, const void *b) {
    const struct thread *x = a, *y = b;
    if (x->place != y->place) return x->place < y->place ? -1 : 1;
    return x->promise < y->promise ? -1 : x->promise > y->promise;
}

/* Drops threads that promise more than another in the same place, and all others beside a match
 * without promises that any text may follow. */
static void simplify(struct subset *s) {
    size_t kept = 0;
    for (size_t i = 0; i < s->n_threads; i++) {
        const struct thread *t = &s->threads[i];
        if (!s->goes_on || t->promise || s->r->steps.places[t->place].step != STEP_MATCH) continue;
        s->threads[0] = *t;
        s->n_threads = 1;
        return;
    }
    qsort(s->threads, s->n_threads, sizeof *s->threads, by_place);
    for (size_t i = 0; i < s->n_threads; i++) {
        struct thread thread = s->threads[i];
        bool needless = false;
        for (size_t k = kept; k-- > 0 && s->threads[k].place == thread.place && !needless;) {
            needless = is_part(s->r, s->threads[k].promise, thread.promise);
            s->r->work++; /* push() sees to the limit */
        }
        if (!needless) s->threads[kept++] = thread;
    }
    s->n_threads = kept;
}

static bool accepts(const struct subset *s) {
    for (size_t i = 0; i < s->n_threads; i++) {
        bool is_match = s->r->steps.places[s->threads[i].place].step == STEP_MATCH;
        if (is_match && is_kept_at_end(s->r, s->threads[i].promise)) return true;
    }
    return false;
}

/* The state of the threads that were collected. */
static ingle_status state_of(struct subset *s, uint32_t *state) {
    *state = DFA_DEAD;
    if (s->n_threads == 0) return INGLE_OK;
    simplify(s);
    uint32_t id;
    if (!intern_add(&s->states, (const uint32_t *)s->threads, 2 * s->n_threads, &id)) {
        return s->states.full ? too_large(s->r) : no_memory(s->r);
    }
    *state = id + 1;
    if (*state < s->table->n_states) return INGLE_OK;
    return dfa_table_add(s->table, accepts(s), state, s->r->err);
}

static void begin(struct subset *s) {
    s->round++;
    s->n_used = s->n_threads = s->n_stack = 0;
}

/* --- steps --- */

static const uint32_t *classes_of(const struct subset *s, const struct regex_place *place,
                                  uint32_t *n) {
    const struct regex_chars *chars = s->r->chars;
    *n = 0;
    if (place->step == STEP_MATCH && !s->goes_on) return NULL;
    if (place->step == STEP_MATCH || place->what == REGEX_ALL_SETS) {
        *n = chars->n_classes;
        return NULL;
    }
    return regex_classes_of(chars, place->what, n);
}

/* Which threads a character of each class lets live: after it counts[c] is where those of class c
 * end in the bucket. */
static ingle_status fill_buckets(struct subset *s, const struct thread *threads, size_t n) {
    uint32_t n_classes = s->r->chars->n_classes, n_own, class;
    size_t total = 0;
    memset(s->counts, 0, ((size_t)n_classes + 1) * sizeof *s->counts);
    for (size_t i = 0; i < n; i++) {
        const uint32_t *own = classes_of(s, &s->r->steps.places[threads[i].place], &n_own);
        for (uint32_t k = 0; k < n_own; k++) s->counts[(own ? own[k] : k) + 1]++;
        total += n_own;
    }
    s->r->work += total;
    if (s->r->work > MAX_WORK) return too_large(s->r);
    if (total > s->cap_bucket) {
        mem_free(s->bucket);
        s->cap_bucket = 2 * total;
        s->bucket = mem_alloc(s->cap_bucket * sizeof *s->bucket);
        if (!s->bucket) return no_memory(s->r);
    }
    for (class = 0; class < n_classes; class ++) s->counts[class + 1] += s->counts[class];
    for (size_t i = 0; i < n; i++) {
        const uint32_t *own = classes_of(s, &s->r->steps.places[threads[i].place], &n_own);
        for (uint32_t k = 0; k < n_own; k++) {
            s->bucket[s->counts[own ? own[k] : k]++] = (uint32_t)i;
        }
    }
    return INGLE_OK;
}

static ingle_status step_thread(struct subset *s, struct thread thread, uint32_t class) {
    const struct regex_place *place = &s->r->steps.places[thread.place];
    bool alive = true;
    if (thread.promise) INGLE_TRY(step_promise(s->r, class, &thread.promise, &alive));
    if (!alive) return INGLE_OK;
    return push(s, place->step == STEP_MATCH ? thread.place : place->to, thread.promise);
}

static ingle_status step_state(struct subset *s, uint32_t from) {
    size_t n_items;
    const uint32_t *items = intern_get(&s->states, from - 1, &n_items);
    size_t n = n_items / 2;
    struct thread *threads = mem_alloc(n_items * sizeof *items);
    if (!threads) return no_memory(s->r);
    memcpy(threads, items, n_items * sizeof *items);
    ingle_status status = fill_buckets(s, threads, n);
    uint32_t at = 0;
    for (uint32_t class = 0; status == INGLE_OK && class < s->r->chars->n_classes; class ++) {
        uint32_t to;
        begin(s);
        for (; status == INGLE_OK && at < s->counts[class]; at++) {
            status = step_thread(s, threads[s->bucket[at]], class);
        }
        enum before before = s->r->is_word[class] ? BEFORE_WORD : BEFORE_OTHER;
        if (status == INGLE_OK) status = close_threads(s, before);
        if (status == INGLE_OK) status = state_of(s, &to);
        if (status == INGLE_OK) dfa_table_row(s->table, from)[class] = to;
    }
    mem_free(threads);
    return status;
}

static void subset_clear(struct subset *s) {
    intern_clear(&s->states);
    mem_free(s->threads);
    mem_free(s->stack);
    mem_free(s->seen);
    mem_free(s->counts);
    mem_free(s->bucket);
}

static ingle_status explore(struct runner *r, struct dfa_table *table, uint32_t *start,
                            uint32_t place, enum before before, bool goes_on) {
    struct subset s = {.r = r, .goes_on = goes_on, .table = table};
    intern_init(&s.states, DFA_TABLE_MAX_CELLS);
    ingle_status status = dfa_table_init(table, r->chars->n_classes, r->err);
    s.counts = mem_calloc((size_t)r->chars->n_classes + 1, sizeof *s.counts);
    if (status == INGLE_OK && !s.counts) status = no_memory(r);
    begin(&s);
    if (status == INGLE_OK) status = push(&s, place, 0);
    if (status == INGLE_OK) status = close_threads(&s, before);
    if (status == INGLE_OK) status = state_of(&s, start);
    for (uint32_t from = 1; status == INGLE_OK && from < table->n_states; from++) {
        status = step_state(&s, from);
    }
    subset_clear(&s);
    if (status == INGLE_OK) status = dfa_table_minimise(table, start, 1, r->err);
    return status;
}

/* --- looks --- */

static ingle_status negate(struct dfa_table *t, uint32_t *start, ingle_error *err) {
    uint32_t rest;
    INGLE_TRY(dfa_table_add(t, 0, &rest, err));
    for (uint32_t s = 1; s < t->n_states; s++) {
        uint32_t *row = dfa_table_row(t, s);
        t->labels[s] = !t->labels[s];
        for (uint32_t c = 0; c < t->n_symbols; c++) {
            if (row[c] == DFA_DEAD) row[c] = rest;
        }
    }
    if (*start == DFA_DEAD) *start = rest;
    return dfa_table_minimise(t, start, 1, err);
}

static void find_always(struct look *look) {
    look->always = DFA_DEAD;
    for (uint32_t s = 1; s < look->table.n_states; s++) {
        const uint32_t *row = dfa_table_row(&look->table, s);
        bool stays = look->table.labels[s] != 0;
        for (uint32_t c = 0; c < look->table.n_symbols && stays; c++) stays = row[c] == s;
        if (stays) look->always = s;
    }
}

/* The end of the text; a word's character next; none next. */
static ingle_status make_fixed(struct runner *r) {
    for (uint32_t i = 0; i < N_FIXED_LOOKS; i++) {
        struct look *look = &r->looks[i];
        INGLE_TRY(dfa_table_init(&look->table, r->chars->n_classes, r->err));
        INGLE_TRY(dfa_table_add(&look->table, i != LOOK_WORD, &look->start, r->err));
        if (i == LOOK_END) continue;
        uint32_t always;
        INGLE_TRY(dfa_table_add(&look->table, 1, &always, r->err));
        look->always = always;
        for (uint32_t c = 0; c < r->chars->n_classes; c++) {
            dfa_table_row(&look->table, always)[c] = always;
            if (r->is_word[c] != (i == LOOK_WORD)) continue;
            dfa_table_row(&look->table, look->start)[c] = always;
        }
    }
    return INGLE_OK;
}

static ingle_status make_looks(struct runner *r) {
    INGLE_TRY(make_fixed(r));
    for (uint32_t i = 0; i < r->re->n_looks; i++) {
        for (uint32_t before = 0; before < (r->re->asks_before ? N_BEFORE : 1u); before++) {
            struct look *look = &r->looks[N_FIXED_LOOKS + i * N_BEFORE + before];
            INGLE_TRY(explore(r, &look->table, &look->start, r->steps.look_starts[i],
                              (enum before)before, true));
            if (r->re->looks[i]->negated) INGLE_TRY(negate(&look->table, &look->start, r->err));
            find_always(look);
            r->cells += (size_t)look->table.n_states * look->table.n_symbols;
            if (r->cells > DFA_TABLE_MAX_CELLS) return too_large(r);
        }
    }
    return INGLE_OK;
}

static ingle_status prepare(struct runner *r, uint32_t n_looks) {
    uint32_t none;
    r->looks = mem_calloc(n_looks, sizeof *r->looks);
    r->is_word = mem_calloc(r->chars->n_classes, sizeof *r->is_word);
    if (!r->looks || !r->is_word) return no_memory(r);
    INGLE_TRY(keep_promise(r, NULL, 0, &none));
    if (r->re->has_edges) {
        uint32_t n;
        const uint32_t *classes = regex_classes_of(r->chars, r->re->word_set, &n);
        for (uint32_t i = 0; i < n; i++) r->is_word[classes[i]] = true;
    }
    return make_looks(r);
}

ingle_status regex_run(struct dfa_table *out, uint32_t *start, const struct regex *re,
                       const struct regex_chars *chars, bool search, ingle_error *err) {
    *out = (struct dfa_table){0};
    struct runner r = {.re = re, .chars = chars, .err = err};
    uint32_t n_looks = N_FIXED_LOOKS + re->n_looks * N_BEFORE;
    intern_init(&r.promises, MAX_PROMISE_ITEMS);
    INGLE_TRY(regex_steps_make(&r.steps, re, search, err));
    ingle_status status = prepare(&r, n_looks);
    if (status == INGLE_OK) {
        status = explore(&r, out, start, r.steps.start, BEFORE_START, search);
    }
    for (uint32_t i = 0; r.looks && i < n_looks; i++) dfa_table_clear(&r.looks[i].table);
    mem_free(r.looks);
    mem_free(r.is_word);
    intern_clear(&r.promises);
    regex_steps_clear(&r.steps);
    if (status != INGLE_OK) dfa_table_clear(out);
    return status;
}
