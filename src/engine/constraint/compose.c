/* A composed machine at work. A thread is a place and a state of the machine there; a state of the
 * composed machine is a set of threads, known by its number. */
#include "engine/constraint/compose.h"

#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/compose_internal.h"
#include "engine/constraint/intern.h"

#define MAX_THREADS 1024 /* of one state */
#define MAX_STATE_ITEMS ((size_t)1 << 28)
#define MAX_KEY_ITEMS ((size_t)1 << 22)

struct thread {
    uint32_t place;
    machine_state inside;
};

struct composed {
    struct machine machine;
    struct compose_plan plan;
    struct intern states; /* threads in order; a state is 1 + its number */
    uint32_t n_marked;    /* states at mark() */
    struct intern keys;   /* a machine and its lexer key; ours is LEXER_EXIT + 1 + the number */
    struct thread threads[MAX_THREADS]; /* of the state in the making */
    size_t n_threads;
    uint32_t *entered; /* [n_places] owned; the last set that began there */
    uint32_t *stack;   /* [n_places] within the same */
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

static machine_state step(struct machine *machine, machine_state state, uint8_t byte) {
    struct composed *c = composed_of(machine);
    size_t n;
    if (state == MACHINE_DEAD) return MACHINE_DEAD;
    const struct thread *threads = threads_of(c, state, &n);
    begin(c);
    for (size_t i = 0; i < n; i++) {
        const struct compose_place *place = &c->plan.places[threads[i].place];
        if (place->step != COMPOSE_INSIDE) continue;
        struct machine *m = machine_at(c, threads[i].place);
        machine_state inside = m->ops->step(m, threads[i].inside, byte);
        machine->failed = machine->failed || m->failed;
        if (inside == MACHINE_DEAD) continue;
        struct thread thread = {.place = threads[i].place, .inside = inside};
        if (keep_thread(c, thread) && m->ops->accepts(m, inside)) enter(c, place->to);
    }
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

/* --- lexer keys: those of the machine where the only thread is --- */

static uint64_t key_of(struct composed *c, uint32_t machine, uint64_t inner) {
    uint32_t items[] = {machine, (uint32_t)inner, (uint32_t)(inner >> 32)}, id;
    if (!intern_add(&c->keys, items, 3, &id)) return 0;
    return LEXER_EXIT + 1 + id;
}

static uint64_t lexeme(struct machine *machine, machine_state state) {
    struct composed *c = composed_of(machine);
    size_t n;
    if (state == MACHINE_DEAD) return 0;
    const struct thread *threads = threads_of(c, state, &n);
    const struct compose_place *place = &c->plan.places[threads[0].place];
    if (n != 1 || place->step != COMPOSE_INSIDE) return 0;
    struct machine *m = c->plan.machines[place->machine];
    uint64_t inner = m->ops->lexeme ? m->ops->lexeme(m, threads[0].inside) : 0;
    return inner > LEXER_EXIT ? key_of(c, place->machine, inner) : 0;
}

static uint64_t lex(struct machine *machine, uint64_t key, uint8_t byte) {
    struct composed *c = composed_of(machine);
    size_t n;
    const uint32_t *items = intern_get(&c->keys, (uint32_t)(key - LEXER_EXIT - 1), &n);
    uint32_t number = items[0];
    struct machine *m = c->plan.machines[number];
    uint64_t next = m->ops->lex(m, (uint64_t)items[2] << 32 | items[1], byte);
    if (next <= LEXER_EXIT) return next;
    next = key_of(c, number, next);
    if (!next) machine->failed = true;
    return next ? next : LEXER_DEAD;
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
    mem_free(c->entered);
    mem_free(c);
}

static const struct machine_ops ops = {.step = step,
                                       .accepts = accepts,
                                       .finish = finish,
                                       .lexeme = lexeme,
                                       .lex = lex,
                                       .mark = mark,
                                       .forget = forget,
                                       .compact = compact,
                                       .size = size,
                                       .release = release};

static ingle_status start(struct composed *c, ingle_error *err) {
    size_t n = c->plan.n_places;
    c->entered = mem_calloc(n, 2 * sizeof *c->entered);
    if (!c->entered) return status_no_memory(err, "a constraint", 2 * n * sizeof *c->entered);
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
