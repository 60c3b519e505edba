#include "engine/constraint/regex_steps.h"

#include "base/alloc.h"

struct maker {
    struct regex_steps *steps;
    ingle_error *err;
};

void regex_steps_clear(struct regex_steps *steps) {
    mem_free(steps->places);
    mem_free(steps->look_starts);
    *steps = (struct regex_steps){0};
}

/* A place that leads nowhere yet. */
static ingle_status new_place(struct maker *m, uint32_t *place) {
    struct regex_steps *s = m->steps;
    if (s->n == REGEX_MAX_PLACES) {
        return status_set(m->err, INGLE_LIMIT, 0,
                          "%s is too large once its repetitions are written out.", s->what);
    }
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 64;
        struct regex_place *places = mem_realloc(s->places, cap * sizeof *places);
        if (!places) return status_no_memory(m->err, "a regular expression", cap * sizeof *places);
        s->places = places;
        s->cap = cap;
    }
    s->places[s->n] = (struct regex_place){.to = REGEX_NOWHERE, .other = REGEX_NOWHERE};
    *place = s->n++;
    return INGLE_OK;
}

static void join(struct maker *m, uint32_t from, uint32_t to) {
    m->steps->places[from].to = to;
}

/* Makes of the open place `at` a step of some kind, and goes on behind it. */
static ingle_status step(struct maker *m, uint32_t *at, enum regex_step kind, uint32_t what,
                         bool negated) {
    uint32_t to = 0;
    INGLE_TRY(new_place(m, &to));
    m->steps->places[*at] = (struct regex_place){
        .step = kind, .negated = negated, .what = what, .to = to, .other = REGEX_NOWHERE};
    *at = to;
    return INGLE_OK;
}

static ingle_status fork_at(struct maker *m, uint32_t at, uint32_t *body, uint32_t other) {
    INGLE_TRY(new_place(m, body));
    m->steps->places[at].to = *body;
    m->steps->places[at].other = other;
    return INGLE_OK;
}

/* Writes the node from the open place *at on, and leaves there the open place behind it. */
static ingle_status write_node(struct maker *m, const struct regex_node *node, uint32_t *at);

static ingle_status write_choice(struct maker *m, const struct regex_node *node, uint32_t *at) {
    uint32_t end = 0;
    INGLE_TRY(new_place(m, &end));
    for (const struct regex_node *child = node->children; child; child = child->next) {
        uint32_t body = 0, rest = REGEX_NOWHERE;
        if (child->next) INGLE_TRY(new_place(m, &rest));
        INGLE_TRY(fork_at(m, *at, &body, rest));
        INGLE_TRY(write_node(m, child, &body));
        join(m, body, end);
        *at = rest;
    }
    *at = end;
    return INGLE_OK;
}

static ingle_status write_repeat(struct maker *m, const struct regex_node *node, uint32_t *at) {
    uint32_t body = 0, end = 0;
    for (uint32_t i = 0; i < node->min; i++) INGLE_TRY(write_node(m, node->children, at));
    if (node->max == node->min) return INGLE_OK;
    INGLE_TRY(new_place(m, &end));
    if (node->max == REGEX_NO_MAX) {
        INGLE_TRY(fork_at(m, *at, &body, end));
        INGLE_TRY(write_node(m, node->children, &body));
        join(m, body, *at);
        *at = end;
        return INGLE_OK;
    }
    for (uint32_t i = node->min; i < node->max; i++) {
        INGLE_TRY(fork_at(m, *at, &body, end));
        *at = body;
        INGLE_TRY(write_node(m, node->children, at));
    }
    join(m, *at, end);
    *at = end;
    return INGLE_OK;
}

static ingle_status write_node(struct maker *m, const struct regex_node *node, uint32_t *at) {
    if (node->is_void) return INGLE_OK;
    switch (node->kind) {
    case REGEX_SET:
        return step(m, at, STEP_SET, node->set, false);
    case REGEX_SEQUENCE:
        for (const struct regex_node *child = node->children; child; child = child->next) {
            INGLE_TRY(write_node(m, child, at));
        }
        return INGLE_OK;
    case REGEX_CHOICE:
        return write_choice(m, node, at);
    case REGEX_REPEAT:
        return write_repeat(m, node, at);
    case REGEX_START:
        return step(m, at, STEP_START, 0, false);
    case REGEX_END:
        return step(m, at, STEP_END, 0, false);
    case REGEX_EDGE:
        return step(m, at, STEP_EDGE, 0, node->negated);
    case REGEX_LOOK:
        return step(m, at, STEP_LOOK, node->look, false);
    case REGEX_CALL:
        return step(m, at, STEP_CALL, node->rule, false);
    }
    return INGLE_OK;
}

static ingle_status write_whole(struct maker *m, const struct regex_node *node, bool search,
                                uint32_t *start) {
    uint32_t at = 0, skip = 0;
    INGLE_TRY(new_place(m, &at));
    *start = at;
    if (search) {
        INGLE_TRY(new_place(m, &skip));
        m->steps->places[skip] = (struct regex_place){
            .step = STEP_SET, .what = REGEX_ALL_SETS, .to = at, .other = REGEX_NOWHERE};
        uint32_t body = 0;
        INGLE_TRY(fork_at(m, at, &body, skip));
        at = body;
    }
    INGLE_TRY(write_node(m, node, &at));
    m->steps->places[at].step = STEP_MATCH;
    return INGLE_OK;
}

ingle_status regex_steps_add(struct regex_steps *steps, const struct regex_node *node,
                             uint32_t *start, ingle_error *err) {
    struct maker m = {.steps = steps, .err = err};
    return write_whole(&m, node, false, start);
}

ingle_status regex_steps_make(struct regex_steps *out, const struct regex *re, bool search,
                              ingle_error *err) {
    *out = (struct regex_steps){.what = "The regular expression"};
    struct maker m = {.steps = out, .err = err};
    out->look_starts = mem_calloc(re->n_looks + 1, sizeof *out->look_starts);
    if (!out->look_starts) {
        return status_no_memory(err, "a regular expression", re->n_looks * sizeof(uint32_t));
    }
    ingle_status status = INGLE_OK;
    for (uint32_t i = 0; status == INGLE_OK && i < re->n_looks; i++) {
        status = write_whole(&m, re->looks[i]->children, false, &out->look_starts[i]);
    }
    if (status == INGLE_OK) status = write_whole(&m, re->root, search, &out->start);
    if (status != INGLE_OK) regex_steps_clear(out);
    return status;
}
