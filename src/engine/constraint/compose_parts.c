/* Parts as they are given, and the places that they become once repetitions are written out. */
#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/compose_internal.h"
#include "engine/constraint/dfa_machine.h"
#include "engine/constraint/dfa_table.h"

#define MAX_PARTS (1u << 20)
#define MAX_DEPTH 200
#define NO_PART UINT32_MAX

enum part_kind { PART_MACHINE, PART_SEQUENCE, PART_CHOICE, PART_REPEAT };

struct part {
    enum part_kind kind;
    bool is_never; /* no text fits it */
    bool is_void;  /* nothing but the empty text, and no machine */
    uint32_t machine;
    uint32_t first, n; /* children */
    uint32_t min, max;
    int depth;
};

struct compose {
    struct machine **machines; /* owned */
    uint32_t n_machines, cap_machines;
    struct part *parts;
    uint32_t n_parts, cap_parts;
    compose_part *children;
    uint32_t n_children, cap_children;
    ingle_error failure; /* the first; code INGLE_OK: none */
};

ingle_status compose_new(struct compose **out, ingle_error *err) {
    *out = mem_calloc(1, sizeof **out);
    return *out ? INGLE_OK : status_no_memory(err, "a constraint", sizeof **out);
}

static void free_machines(struct machine **machines, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) machine_free(machines[i]);
    mem_free(machines);
}

void compose_free(struct compose *c) {
    if (!c) return;
    free_machines(c->machines, c->n_machines);
    mem_free(c->parts);
    mem_free(c->children);
    mem_free(c);
}

void compose_plan_clear(struct compose_plan *plan) {
    free_machines(plan->machines, plan->n_machines);
    mem_free(plan->places);
    *plan = (struct compose_plan){0};
}

/* --- parts --- */

static compose_part fail_memory(struct compose *c, size_t size) {
    if (c->failure.code == INGLE_OK) (void)!status_no_memory(&c->failure, "a constraint", size);
    return NO_PART;
}

static compose_part fail_limit(struct compose *c, const char *what) {
    if (c->failure.code == INGLE_OK) {
        (void)!status_set(&c->failure, INGLE_LIMIT, 0, "The constraint has too many %s.", what);
    }
    return NO_PART;
}

/* Makes an array fit for n elements. */
static bool make_room(void *array, uint32_t *cap, uint32_t n, size_t size) {
    if (n <= *cap) return true;
    uint32_t more = n < 16 ? 16 : n * 2;
    void *old;
    memcpy(&old, array, sizeof old);
    void *grown = mem_realloc(old, more * size);
    if (!grown) return false;
    memcpy(array, &grown, sizeof grown);
    *cap = more;
    return true;
}

static compose_part add_part(struct compose *c, const struct part *part) {
    if (c->failure.code != INGLE_OK) return NO_PART;
    if (c->n_parts == MAX_PARTS) return fail_limit(c, "parts");
    if (part->depth > MAX_DEPTH) return fail_limit(c, "parts inside of each other");
    if (!make_room(&c->parts, &c->cap_parts, c->n_parts + 1, sizeof *c->parts)) {
        return fail_memory(c, c->n_parts * sizeof *c->parts);
    }
    c->parts[c->n_parts] = *part;
    return c->n_parts++;
}

compose_part compose_machine(struct compose *c, struct machine *m) {
    if (!m) return fail_memory(c, 0);
    if (!make_room(&c->machines, &c->cap_machines, c->n_machines + 1, sizeof(struct machine *))) {
        machine_free(m);
        return fail_memory(c, c->n_machines * sizeof(struct machine *));
    }
    c->machines[c->n_machines++] = m;
    return add_part(c, &(struct part){.kind = PART_MACHINE, .machine = c->n_machines - 1});
}

compose_part compose_dfa(struct compose *c, struct dfa *d) {
    if (!d) return fail_memory(c, 0);
    if (dfa_is_empty(d)) {
        dfa_free(d);
        return compose_choice(c, NULL, 0);
    }
    struct machine *m;
    ingle_error err;
    if (dfa_machine_new(&m, d, &err) != INGLE_OK) {
        if (c->failure.code == INGLE_OK) c->failure = err;
        return NO_PART;
    }
    return compose_machine(c, m);
}

compose_part compose_text(struct compose *c, const char *bytes, size_t len) {
    struct dfa *d;
    ingle_error err;
    if (len == 0) return compose_sequence(c, NULL, 0);
    if (dfa_bytes(&d, bytes, len, &err) == INGLE_OK) return compose_dfa(c, d);
    if (c->failure.code == INGLE_OK) c->failure = err;
    return NO_PART;
}

static compose_part add_list(struct compose *c, struct part *part, const compose_part *parts,
                             size_t n) {
    if (c->failure.code != INGLE_OK) return NO_PART;
    if (n > MAX_PARTS || c->n_children + n > MAX_PARTS) return fail_limit(c, "parts");
    if (!make_room(&c->children, &c->cap_children, c->n_children + (uint32_t)n, sizeof *parts)) {
        return fail_memory(c, n * sizeof *parts);
    }
    part->first = c->n_children;
    part->n = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        c->children[c->n_children++] = parts[i];
        if (c->parts[parts[i]].depth >= part->depth) part->depth = c->parts[parts[i]].depth + 1;
    }
    return add_part(c, part);
}

compose_part compose_sequence(struct compose *c, const compose_part *parts, size_t n) {
    struct part part = {.kind = PART_SEQUENCE, .is_void = true};
    for (size_t i = 0; c->failure.code == INGLE_OK && i < n; i++) {
        part.is_never = part.is_never || c->parts[parts[i]].is_never;
        part.is_void = part.is_void && c->parts[parts[i]].is_void;
    }
    return add_list(c, &part, parts, n);
}

compose_part compose_choice(struct compose *c, const compose_part *parts, size_t n) {
    struct part part = {.kind = PART_CHOICE, .is_never = true, .is_void = n > 0};
    for (size_t i = 0; c->failure.code == INGLE_OK && i < n; i++) {
        part.is_never = part.is_never && c->parts[parts[i]].is_never;
        part.is_void = part.is_void && c->parts[parts[i]].is_void;
    }
    return add_list(c, &part, parts, n);
}

compose_part compose_repeat(struct compose *c, compose_part part, uint32_t min, uint32_t max) {
    struct part repeat = {.kind = PART_REPEAT, .min = min, .max = max};
    if (c->failure.code == INGLE_OK) {
        bool is_never = c->parts[part].is_never;
        repeat.is_never = min > max || (is_never && min > 0);
        repeat.is_void = !repeat.is_never && (is_never || max == 0 || c->parts[part].is_void);
    }
    return add_list(c, &repeat, &part, 1);
}

/* --- places --- */

struct planner {
    const struct compose *c;
    struct compose_plan *plan;
    uint32_t cap;
    ingle_error *err;
};

static ingle_status new_place(struct planner *p, uint32_t *place) {
    struct compose_plan *plan = p->plan;
    if (plan->n_places == COMPOSE_MAX_PLACES) {
        return status_set(p->err, INGLE_LIMIT, 0,
                          "The constraint is too large once its repetitions are written out.");
    }
    if (!make_room(&plan->places, &p->cap, plan->n_places + 1, sizeof *plan->places)) {
        return status_no_memory(p->err, "a constraint", plan->n_places * sizeof *plan->places);
    }
    plan->places[plan->n_places] =
        (struct compose_place){.to = COMPOSE_NOWHERE, .other = COMPOSE_NOWHERE, .left = UINT64_MAX};
    *place = plan->n_places++;
    return INGLE_OK;
}

/* Writes the part from the open place *at on, and leaves there the open place behind it. */
static ingle_status write_part(struct planner *p, compose_part number, uint32_t *at);

static ingle_status fork_at(struct planner *p, uint32_t at, uint32_t *body, uint32_t other) {
    INGLE_TRY(new_place(p, body));
    p->plan->places[at].to = *body;
    p->plan->places[at].other = other;
    return INGLE_OK;
}

static ingle_status write_choice(struct planner *p, const struct part *part, uint32_t *at) {
    const compose_part *children = p->c->children + part->first;
    uint32_t end = 0, n_left = 0;
    for (uint32_t i = 0; i < part->n; i++) n_left += !p->c->parts[children[i]].is_never;
    INGLE_TRY(new_place(p, &end));
    for (uint32_t i = 0; i < part->n; i++) {
        uint32_t body = 0, rest = COMPOSE_NOWHERE;
        if (p->c->parts[children[i]].is_never) continue;
        if (--n_left) INGLE_TRY(new_place(p, &rest));
        INGLE_TRY(fork_at(p, *at, &body, rest));
        INGLE_TRY(write_part(p, children[i], &body));
        p->plan->places[body].to = end;
        *at = rest;
    }
    *at = end;
    return INGLE_OK;
}

static ingle_status write_repeat(struct planner *p, const struct part *part, uint32_t *at) {
    compose_part one = p->c->children[part->first];
    uint32_t body = 0, end = 0;
    for (uint32_t i = 0; i < part->min; i++) INGLE_TRY(write_part(p, one, at));
    if (part->max == part->min) return INGLE_OK;
    INGLE_TRY(new_place(p, &end));
    if (part->max == COMPOSE_NO_MAX) {
        INGLE_TRY(fork_at(p, *at, &body, end));
        INGLE_TRY(write_part(p, one, &body));
        p->plan->places[body].to = *at;
        *at = end;
        return INGLE_OK;
    }
    for (uint32_t i = part->min; i < part->max; i++) {
        INGLE_TRY(fork_at(p, *at, &body, end));
        *at = body;
        INGLE_TRY(write_part(p, one, at));
    }
    p->plan->places[*at].to = end;
    *at = end;
    return INGLE_OK;
}

static ingle_status write_part(struct planner *p, compose_part number, uint32_t *at) {
    const struct part *part = &p->c->parts[number];
    if (part->is_void) return INGLE_OK;
    if (part->kind == PART_CHOICE) return write_choice(p, part, at);
    if (part->kind == PART_REPEAT) return write_repeat(p, part, at);
    for (uint32_t i = 0; i < part->n; i++) {
        INGLE_TRY(write_part(p, p->c->children[part->first + i], at));
    }
    if (part->kind == PART_SEQUENCE) return INGLE_OK;
    uint32_t behind = 0;
    INGLE_TRY(new_place(p, &behind));
    struct compose_place *place = &p->plan->places[*at];
    place->step = COMPOSE_INSIDE;
    place->machine = part->machine;
    place->to = behind;
    *at = behind;
    return INGLE_OK;
}

uint64_t compose_left(struct machine *m, machine_state state) {
    uint64_t n = 0;
    for (; n < COMPOSE_MAX_LEFT; n++) {
        int byte = m->ops->finish(m, state);
        if (byte < 0) break;
        state = m->ops->step(m, state, (uint8_t)byte);
        if (state == MACHINE_DEAD) break; /* out of memory: m->failed */
    }
    return n;
}

static uint64_t left_behind(const struct compose_plan *plan, uint32_t place) {
    return place == COMPOSE_NOWHERE ? UINT64_MAX : plan->places[place].left;
}

/* The ways to the end, from behind; again until nothing gets shorter (loops lead back). */
static ingle_status find_ways(struct compose_plan *plan, ingle_error *err) {
    uint64_t *lefts = mem_calloc(plan->n_machines + 1, sizeof *lefts);
    if (!lefts) return status_no_memory(err, "a constraint", plan->n_machines * sizeof *lefts);
    bool failed = false;
    for (uint32_t i = 0; i < plan->n_machines; i++) {
        lefts[i] = compose_left(plan->machines[i], plan->machines[i]->start);
        failed = failed || plan->machines[i]->failed;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = plan->n_places; i-- > 0;) {
            struct compose_place *place = &plan->places[i];
            uint64_t left = left_behind(plan, place->to), other = left_behind(plan, place->other);
            if (place->step == COMPOSE_END) left = 0;
            if (place->step == COMPOSE_INSIDE && left != UINT64_MAX) left += lefts[place->machine];
            if (place->step == COMPOSE_FREE && other < left) left = other;
            if (left >= place->left) continue;
            place->left = left;
            changed = true;
        }
    }
    mem_free(lefts);
    return failed ? status_no_memory(err, "a constraint", plan->n_places) : INGLE_OK;
}

ingle_status compose_plan_make(struct compose_plan *out, struct compose *c, compose_part root,
                               ingle_error *err) {
    *out = (struct compose_plan){0};
    struct planner p = {.c = c, .plan = out, .err = err};
    ingle_status status = INGLE_OK;
    uint32_t end;
    if (c->failure.code != INGLE_OK) {
        status = status_set(err, c->failure.code, c->failure.where, "%s", c->failure.msg);
    } else if (c->parts[root].is_never) {
        status = status_set(err, INGLE_REFUSED, 0, "No text fits this constraint.");
    }
    if (status == INGLE_OK) status = new_place(&p, &out->start);
    end = out->start;
    if (status == INGLE_OK) status = write_part(&p, root, &end);
    if (status == INGLE_OK) {
        out->places[end].step = COMPOSE_END;
        out->machines = c->machines;
        out->n_machines = c->n_machines;
        c->machines = NULL;
        c->n_machines = 0;
        status = find_ways(out, err);
    }
    compose_free(c);
    if (status != INGLE_OK) compose_plan_clear(out);
    return status;
}
