/* A composed machine at work. A thread is a place and a state of the machine there; a state of the
 * composed machine is a set of threads, known by its number. */
#include "engine/constraint/compose.h"

#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/compose_internal.h"
#include "engine/constraint/intern.h"

#define MAX_THREADS 1024 /* of one state */
#define MAX_STATE_ITEMS ((size_t)1 << 28)
#define MAX_KEY_THREADS 32
#define MAX_BEHIND_PLACES 2048
#define MAX_KEY_ITEMS ((size_t)1 << 22)

struct thread {
    uint32_t place;
    machine_state inside;
};

struct compose_behind {
    bool is_known;
    uint8_t bytes[32]; /* bit set */
};

struct composed {
    struct machine machine;
    struct compose_plan plan;
    struct intern states;               /* threads in order; a state is 1 + its number */
    uint32_t n_marked;                  /* states at mark() */
    struct intern keys;                 /* ours is LEXER_EXIT + 1 + the number */
    struct thread threads[MAX_THREADS]; /* of the state in the making */
    size_t n_threads;
    struct compose_behind *behind; /* [n_machines] owned */
    uint32_t *entered;             /* [n_places] owned; the last set that began there */
    uint32_t *stack;               /* [n_places] within the same */
    uint32_t round;
};

static struct composed *composed_of(struct machine *m) {
    return (struct composed *)m;
}

static const struct thread *threads_of(const struct composed *c, machine_state state, size_t *n) {
    const uint32_t *items = intern_get(&c->states, state - 1, n);
    *n /= 2;
    return (const struct thread *)items;
}

static struct machine *machine_at(const struct composed *c, uint32_t place) {
    return c->plan.machines[c->plan.places[place].machine];
}

/* True if the thread is new. The list stays in order. */
static bool keep_thread(struct composed *c, struct thread thread) {
    size_t at = c->n_threads;
    while (at > 0) {
        const struct thread *t = &c->threads[at - 1];
        if (t->place == thread.place && t->inside == thread.inside) return false;
        if (t->place < thread.place || (t->place == thread.place && t->inside < thread.inside)) {
            break;
        }
        at--;
    }
    if (c->n_threads == MAX_THREADS) {
        c->machine.failed = true;
        return false;
    }
    memmove(c->threads + at + 1, c->threads + at, (c->n_threads - at) * sizeof thread);
    c->threads[at] = thread;
    c->n_threads++;
    return true;
}

/* A new set of threads. */
static void begin(struct composed *c) {
    c->n_threads = 0;
    if (++c->round == 0) {
        memset(c->entered, 0, c->plan.n_places * sizeof *c->entered);
        c->round = 1;
    }
}

static void push_place(struct composed *c, size_t *n, uint32_t place) {
    if (place == COMPOSE_NOWHERE || c->entered[place] == c->round) return;
    c->entered[place] = c->round;
    c->stack[(*n)++] = place;
}

/* Adds what begins at a place, and what begins behind it where the machine there accepts at once;
 * each place once a set. */
static void enter(struct composed *c, uint32_t place) {
    size_t n = 0;
    push_place(c, &n, place);
    while (n) {
        uint32_t at = c->stack[--n];
        const struct compose_place *p = &c->plan.places[at];
        if (p->step == COMPOSE_FREE) {
            push_place(c, &n, p->other);
            push_place(c, &n, p->to);
            continue;
        }
        struct machine *m = p->step == COMPOSE_INSIDE ? machine_at(c, at) : NULL;
        keep_thread(c, (struct thread){.place = at, .inside = m ? m->start : 0});
        if (m && m->ops->accepts(m, m->start)) push_place(c, &n, p->to);
    }
}

static machine_state intern_threads(struct composed *c) {
    uint32_t id;
    if (c->machine.failed || c->n_threads == 0) return MACHINE_DEAD;
    if (intern_add(&c->states, (const uint32_t *)c->threads, 2 * c->n_threads, &id)) return id + 1;
    c->machine.failed = true;
    return MACHINE_DEAD;
}

/* The threads after a byte, as the set in the making. */
static void step_threads(struct composed *c, const struct thread *threads, size_t n, uint8_t byte) {
    begin(c);
    for (size_t i = 0; i < n; i++) {
        const struct compose_place *place = &c->plan.places[threads[i].place];
        if (place->step != COMPOSE_INSIDE) continue;
        struct machine *m = machine_at(c, threads[i].place);
        machine_state inside = m->ops->step(m, threads[i].inside, byte);
        c->machine.failed = c->machine.failed || m->failed;
        if (inside == MACHINE_DEAD) continue;
        struct thread thread = {.place = threads[i].place, .inside = inside};
        if (keep_thread(c, thread) && m->ops->accepts(m, inside)) enter(c, place->to);
    }
}

static machine_state step(struct machine *machine, machine_state state, uint8_t byte) {
    struct composed *c = composed_of(machine);
    size_t n;
    if (state == MACHINE_DEAD) return MACHINE_DEAD;
    const struct thread *threads = threads_of(c, state, &n);
    step_threads(c, threads, n, byte);
    return intern_threads(c);
}

static bool accepts(struct machine *machine, machine_state state) {
    const struct composed *c = composed_of(machine);
    size_t n;
    if (state == MACHINE_DEAD) return false;
    const struct thread *threads = threads_of(c, state, &n);
    for (size_t i = 0; i < n; i++) {
        if (c->plan.places[threads[i].place].step == COMPOSE_END) return true;
    }
    return false;
}

/* The thread with the shortest way; a byte on, its way is one byte shorter. */
static int finish(struct machine *machine, machine_state state) {
    struct composed *c = composed_of(machine);
    if (accepts(machine, state)) return -1;
    size_t n;
    const struct thread *threads = threads_of(c, state, &n);
    uint64_t best = UINT64_MAX;
    int byte = -1;
    for (size_t i = 0; i < n; i++) {
        struct machine *m = machine_at(c, threads[i].place);
        uint64_t inside = compose_left(m, threads[i].inside);
        uint64_t left = inside + c->plan.places[c->plan.places[threads[i].place].to].left;
        machine->failed = machine->failed || m->failed;
        if (inside == 0 || left >= best) continue;
        best = left;
        byte = m->ops->finish(m, threads[i].inside);
    }
    return byte;
}

/* --- lexer keys ---
 *
 * Of two kinds: a key of the machine where the only thread is; or all the threads, where they are
 * in finite machines: these are left where a machine of the other kind may begin. */

enum key_kind { KEY_INSIDE, KEY_THREADS };

/* 0 if there is no room: then there is no key, which only takes longer. */
static uint64_t key_of(struct composed *c, const uint32_t *items, size_t n) {
    uint32_t id;
    return intern_add(&c->keys, items, n, &id) ? LEXER_EXIT + 1 + id : 0;
}

static uint64_t key_inside(struct composed *c, uint32_t machine, uint64_t inner) {
    const uint32_t items[] = {KEY_INSIDE, machine, (uint32_t)inner, (uint32_t)(inner >> 32)};
    return key_of(c, items, 4);
}

static bool is_finite(const struct composed *c, const struct thread *thread) {
    if (c->plan.places[thread->place].step != COMPOSE_INSIDE) return true;
    return machine_at(c, thread->place)->ops->is_finite;
}

/* 0 if one of them is in a machine that is not finite. */
static uint64_t key_threads(struct composed *c, const struct thread *threads, size_t n) {
    uint32_t items[1 + 2 * MAX_KEY_THREADS] = {KEY_THREADS};
    if (n > MAX_KEY_THREADS) return 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_finite(c, &threads[i])) return 0;
        items[1 + 2 * i] = threads[i].place;
        items[2 + 2 * i] = threads[i].inside;
    }
    return key_of(c, items, 1 + 2 * n);
}

static uint64_t lexeme(struct machine *machine, machine_state state) {
    struct composed *c = composed_of(machine);
    size_t n;
    if (state == MACHINE_DEAD) return 0;
    const struct thread *threads = threads_of(c, state, &n);
    if (n != 1 || is_finite(c, &threads[0])) return key_threads(c, threads, n);
    struct machine *m = machine_at(c, threads[0].place);
    uint64_t inner = m->ops->ends_by_exit ? m->ops->lexeme(m, threads[0].inside) : 0;
    uint32_t number = c->plan.places[threads[0].place].machine;
    return inner > LEXER_EXIT ? key_inside(c, number, inner) : 0;
}

static uint64_t lex_inside(struct composed *c, uint32_t machine, uint64_t inner, uint8_t byte) {
    struct machine *m = c->plan.machines[machine];
    uint64_t next = m->ops->lex(m, inner, byte);
    c->machine.failed = c->machine.failed || m->failed;
    if (next <= LEXER_EXIT) return next;
    next = key_inside(c, machine, next);
    return next ? next : LEXER_EXIT;
}

static uint64_t lex(struct machine *machine, uint64_t key, uint8_t byte) {
    struct composed *c = composed_of(machine);
    size_t n;
    const uint32_t *items = intern_get(&c->keys, (uint32_t)(key - LEXER_EXIT - 1), &n);
    if (items[0] == KEY_INSIDE) {
        return lex_inside(c, items[1], (uint64_t)items[3] << 32 | items[2], byte);
    }
    step_threads(c, (const struct thread *)(items + 1), (n - 1) / 2, byte);
    if (c->n_threads == 0) return LEXER_DEAD;
    uint64_t next = key_threads(c, c->threads, c->n_threads);
    return next ? next : LEXER_EXIT;
}

/* Adds the bytes that may begin a place. */
static void add_beginnings(struct composed *c, uint32_t place, uint8_t *bytes) {
    begin(c);
    enter(c, place);
    for (size_t i = 0; i < c->n_threads; i++) {
        if (c->plan.places[c->threads[i].place].step != COMPOSE_INSIDE) continue;
        struct machine *m = machine_at(c, c->threads[i].place);
        for (uint32_t byte = 0; byte < 256; byte++) {
            if (m->ops->step(m, c->threads[i].inside, (uint8_t)byte) == MACHINE_DEAD) continue;
            bytes[byte / 8] |= (uint8_t)(1u << byte % 8);
        }
    }
}

/* The bytes that may begin what is behind a machine, wherever it stands. Where that takes long to
 * find out, all. */
static const struct compose_behind *behind(struct composed *c, uint32_t machine) {
    struct compose_behind *known = &c->behind[machine];
    if (known->is_known) return known;
    bool is_long = c->plan.n_places > MAX_BEHIND_PLACES;
    if (is_long) memset(known->bytes, 0xff, sizeof known->bytes);
    for (uint32_t i = 0; i < c->plan.n_places && !is_long; i++) {
        const struct compose_place *p = &c->plan.places[i];
        if (p->step != COMPOSE_INSIDE || p->machine != machine) continue;
        add_beginnings(c, p->to, known->bytes);
    }
    known->is_known = true;
    return known;
}

/* Where a lexeme ends the machine may end as well, and what is behind it begins. */
static bool may_follow(struct machine *machine, uint64_t key, uint8_t byte) {
    struct composed *c = composed_of(machine);
    size_t n;
    const uint32_t *items = intern_get(&c->keys, (uint32_t)(key - LEXER_EXIT - 1), &n);
    if (items[0] != KEY_INSIDE) return true;
    struct machine *m = c->plan.machines[items[1]];
    uint64_t inner = (uint64_t)items[3] << 32 | items[2];
    if (!m->ops->may_follow || m->ops->may_follow(m, inner, byte)) return true;
    return behind(c, items[1])->bytes[byte / 8] >> byte % 8 & 1;
}

/* --- memory --- */

/* Lets each machine forget all but the state of its only thread, or of none; where several threads
 * are in one machine at different states it keeps all of them. */
static void compact_machines(struct composed *c, struct thread *threads, size_t n) {
    for (uint32_t i = 0; i < c->plan.n_machines; i++) {
        struct machine *m = c->plan.machines[i];
        machine_state live = m->start, old = MACHINE_DEAD;
        bool is_single = true;
        for (size_t k = 0; k < n; k++) {
            const struct compose_place *place = &c->plan.places[threads[k].place];
            if (place->step != COMPOSE_INSIDE || place->machine != i) continue;
            is_single = is_single && (old == MACHINE_DEAD || old == threads[k].inside);
            old = live = threads[k].inside;
        }
        if (!is_single) continue;
        m->ops->compact(m, &live);
        c->machine.failed = c->machine.failed || m->failed;
        for (size_t k = 0; k < n; k++) {
            const struct compose_place *place = &c->plan.places[threads[k].place];
            if (place->step == COMPOSE_INSIDE && place->machine == i) threads[k].inside = live;
        }
    }
}

static void compact(struct machine *machine, machine_state *live) {
    struct composed *c = composed_of(machine);
    size_t n;
    const struct thread *threads = threads_of(c, *live, &n);
    struct thread *kept = mem_alloc(n * sizeof *kept);
    if (!kept) return; /* nothing is lost by keeping all */
    memcpy(kept, threads, n * sizeof *kept);
    compact_machines(c, kept, n);
    intern_clear(&c->states);
    begin(c);
    enter(c, c->plan.start);
    machine_state start = intern_threads(c);
    begin(c);
    for (size_t i = 0; i < n; i++) keep_thread(c, kept[i]);
    *live = intern_threads(c);
    machine->failed = machine->failed || start != machine->start || *live == MACHINE_DEAD;
    mem_free(kept);
}

static void mark(struct machine *machine) {
    struct composed *c = composed_of(machine);
    c->n_marked = c->states.n;
    for (uint32_t i = 0; i < c->plan.n_machines; i++) {
        struct machine *m = c->plan.machines[i];
        if (m->ops->mark) m->ops->mark(m);
    }
}

static void forget(struct machine *machine) {
    struct composed *c = composed_of(machine);
    intern_cut(&c->states, c->n_marked);
    for (uint32_t i = 0; i < c->plan.n_machines; i++) {
        struct machine *m = c->plan.machines[i];
        if (m->ops->forget) m->ops->forget(m);
    }
}

static size_t size(const struct machine *machine) {
    const struct composed *c = (const struct composed *)machine;
    size_t total = intern_size(&c->states);
    for (uint32_t i = 0; i < c->plan.n_machines; i++) {
        total += c->plan.machines[i]->ops->size(c->plan.machines[i]);
    }
    return total;
}

static void release(struct machine *machine) {
    struct composed *c = composed_of(machine);
    compose_plan_clear(&c->plan);
    intern_clear(&c->states);
    intern_clear(&c->keys);
    mem_free(c->behind);
    mem_free(c->entered);
    mem_free(c);
}

static const struct machine_ops ops = {.step = step,
                                       .accepts = accepts,
                                       .finish = finish,
                                       .lexeme = lexeme,
                                       .lex = lex,
                                       .may_follow = may_follow,
                                       .mark = mark,
                                       .forget = forget,
                                       .compact = compact,
                                       .size = size,
                                       .release = release};

static ingle_status start(struct composed *c, ingle_error *err) {
    size_t n = c->plan.n_places;
    c->entered = mem_calloc(n, 2 * sizeof *c->entered);
    c->behind = mem_calloc(c->plan.n_machines, sizeof *c->behind);
    if (!c->entered || (!c->behind && c->plan.n_machines > 0)) {
        return status_no_memory(err, "a constraint", 2 * n * sizeof *c->entered);
    }
    c->stack = c->entered + n;
    begin(c);
    enter(c, c->plan.start);
    c->machine.start = intern_threads(c);
    if (c->machine.start != MACHINE_DEAD) return INGLE_OK;
    if (c->n_threads < MAX_THREADS) {
        return status_no_memory(err, "a constraint", intern_size(&c->states));
    }
    return status_set(err, INGLE_LIMIT, 0, "The constraint has too many ways to begin.");
}

ingle_status compose_machine_new(struct machine **out, struct compose *parts, compose_part root,
                                 ingle_error *err) {
    *out = NULL;
    struct composed *c = mem_calloc(1, sizeof *c);
    if (!c) {
        compose_free(parts);
        return status_no_memory(err, "a constraint", sizeof *c);
    }
    c->machine.ops = &ops;
    intern_init(&c->states, MAX_STATE_ITEMS);
    intern_init(&c->keys, MAX_KEY_ITEMS);
    ingle_status status = compose_plan_make(&c->plan, parts, root, err);
    if (status == INGLE_OK) status = start(c, err);
    if (status == INGLE_OK) {
        *out = &c->machine;
    } else {
        release(&c->machine);
    }
    return status;
}
