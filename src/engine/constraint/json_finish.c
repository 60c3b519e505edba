/* The shortest way out, about. Every thread has a cost: a bound on the bytes up to the end of the
 * text if it is taken to it. The byte that is given leads the cheapest thread on to a cheaper one,
 * so that the way ends, whichever threads come and go beside it. No white space is ever given.
 *
 * The costs hang together with those of the plan: a value of a shape is given at most the shape's
 * `least`, a property what json_object_cost() counts for it. */
#include "engine/constraint/json_machine_internal.h"

struct step {
    int byte; /* -1: none is needed here */
    uint64_t cost;
};

static uint64_t add(uint64_t a, uint64_t b) {
    return a >= JSON_NEVER / 2 || b >= JSON_NEVER / 2 ? JSON_NEVER / 2 : a + b;
}

static uint64_t frame_cost(const struct json_machine *m, const struct json_frame *frame) {
    if (frame->flags & JSON_IS_ARRAY) {
        const struct json_array_plan *array = &m->plan.arrays[frame->which];
        return json_array_cost(array, frame->done.n, frame->done.count);
    }
    const struct json_object_plan *object = &m->plan.objects[frame->which];
    return json_object_cost(object, &m->values, &frame->done, frame->seen);
}

/* Up to the end of the text, from after a value in the frame. */
static uint64_t chain_cost(const struct json_machine *m, uint32_t id) {
    uint64_t cost = 0;
    while (id != JSON_ROOT_FRAME) {
        struct json_frame frame = json_frame_at(m, id);
        cost = add(cost, frame_cost(m, &frame));
        id = frame.parent;
    }
    return cost;
}

static void keep_cheaper(struct step *best, int byte, uint64_t cost) {
    if (best->cost > cost) *best = (struct step){.byte = byte, .cost = cost};
}

/* Of an array or object that may have to be longer than the shortest, to differ from others. */
static uint64_t longer(uint64_t least) {
    return least > JSON_NEVER / 16 ? least : 4 * least + JSON_EXTRA / 2;
}

/* The cheapest beginning of a value of the shape; the frame has it counted. */
static struct step begin_shape(struct json_machine *m, const struct json_frame *frame,
                               shape_id shape) {
    const struct shape *s = &m->plan.table->shapes[shape];
    const struct json_shape_plan *p = &m->plan.shapes[shape];
    struct step best = {.byte = -1, .cost = JSON_NEVER};
    for (uint32_t which = 0; which < 3; which++) {
        if (!(s->literals >> which & 1) || !json_literal_is_free(m, frame, which)) continue;
        keep_cheaper(&best, json_literals[which][0], which == 1 ? 5 : 4);
    }
    if (s->n_numbers) {
        struct number_lexer *lexer = &m->plan.numbers[p->numbers];
        struct number_way way = number_lexer_way(lexer, NUMBER_START);
        bool is_there = way.left != UINT32_MAX;
        if (is_there && (frame->flags & JSON_IS_UNIQUE) && frame->seen) {
            struct json_number_question q;
            json_ask_number(&q, m, frame);
            is_there = number_lexer_way_past(&way, lexer, "", 0, &q.filter);
        }
        if (is_there) keep_cheaper(&best, way.byte, way.left);
    }
    for (uint32_t i = 0; i < s->n_strings; i++) {
        struct json_question q;
        if (m->plan.strings[p->strings + i].least == JSON_NEVER) continue;
        json_ask_string(&q, m, p->strings + i, frame);
        struct json_spot spot = json_spot_start(q.asker.texts);
        if (!json_spot_is_alive(&q.asker, &spot)) continue;
        keep_cheaper(&best, '"', 1 + (uint64_t)json_spot_finish(&q.asker, &spot).left);
    }
    bool may_be_taken = (frame->flags & JSON_IS_UNIQUE) && frame->seen;
    for (uint32_t i = 0; i < s->n_arrays; i++) {
        uint64_t least = m->plan.arrays[p->arrays + i].least;
        if (least != JSON_NEVER) keep_cheaper(&best, '[', may_be_taken ? longer(least) : least);
    }
    for (uint32_t i = 0; i < s->n_objects; i++) {
        uint64_t least = m->plan.objects[p->objects + i].least;
        if (least != JSON_NEVER) keep_cheaper(&best, '{', may_be_taken ? longer(least) : least);
    }
    return best;
}

static struct step begin_value(struct json_machine *m, const struct json_thread *t,
                               const struct json_frame *frame) {
    const struct shape_slot *slot = json_slot_at(m, t, frame);
    bool is_root = t->frame == JSON_ROOT_FRAME;
    struct step best = {.byte = -1, .cost = JSON_NEVER};
    for (size_t i = 0; i < slot->n_options; i++) {
        struct json_frame counted = *frame;
        if (!json_take_option(m, &counted, is_root, &slot->options[i])) continue;
        struct step step = begin_shape(m, &counted, slot->options[i].shape);
        if (step.cost == JSON_NEVER) continue;
        if (!is_root) step.cost = add(step.cost, frame_cost(m, &counted));
        keep_cheaper(&best, step.byte, step.cost);
    }
    return best;
}

static struct step in_string(struct json_machine *m, const struct json_thread *t,
                             const struct json_frame *frame) {
    struct json_question q;
    json_ask_string(&q, m, t->which, frame);
    struct json_spot_way way = json_spot_finish(&q.asker, &t->spot);
    return (struct step){.byte = way.byte, .cost = way.left};
}

static struct step in_number(struct json_machine *m, const struct json_thread *t,
                             const struct json_frame *frame) {
    struct number_lexer *lexer = &m->plan.numbers[t->which];
    struct number_way way = number_lexer_way(lexer, t->spot.state);
    if ((frame->flags & JSON_IS_UNIQUE) && frame->seen) {
        char text[JSON_MAX_NUMBER];
        struct json_number_question q;
        json_ask_number(&q, m, frame);
        size_t len = json_values_read(&m->values, t->spot.content, text, sizeof text);
        (void)number_lexer_way_past(&way, lexer, text, len, &q.filter);
    }
    return (struct step){.byte = way.byte, .cost = way.left};
}

/* The kinds of properties that bring the object nearer to its end: missing ones, and of the others
 * at a place those after which fewer are needed. */
static uint16_t useful_kinds(const struct json_object_plan *object, const struct json_progress *p,
                             enum json_kind_place place) {
    uint32_t n_more = 0, n_after;
    uint16_t kinds = 0;
    (void)json_object_needs(object, p, &n_more);
    for (int counts = 0; counts < 3; counts++) {
        int required = json_kind(counts, JSON_REQUIRED), other = json_kind(counts, place);
        if (p->missing[counts]) kinds |= (uint16_t)(1 << required);
        if (json_object_needs_after(object, p, other, &n_after) && n_after < n_more) {
            kinds |= (uint16_t)(1 << other);
        }
    }
    return kinds;
}

static struct step in_name(struct json_machine *m, const struct json_thread *t,
                           const struct json_frame *frame) {
    struct json_question q;
    json_ask_name(&q, m, t, frame);
    uint64_t cost = frame_cost(m, frame) - JSON_EXTRA;
    q.asker.kinds = (uint16_t)t->which & useful_kinds(q.object, &frame->done, JSON_OPTIONAL);
    if (!q.asker.kinds || !json_spot_is_alive(&q.asker, &t->spot)) {
        q.asker.kinds = (uint16_t)t->which & useful_kinds(q.object, &frame->done, JSON_MIXED);
    }
    if (!q.asker.kinds || !json_spot_is_alive(&q.asker, &t->spot)) {
        q.asker.kinds = (uint16_t)t->which;
        cost = add(frame_cost(m, frame), JSON_EXTRA);
    }
    struct json_spot_way way = json_spot_finish(&q.asker, &t->spot);
    return (struct step){.byte = way.byte, .cost = add(cost, way.left + 1)};
}

/* Between values: the cost is from here to the end of the frame. */
static struct step between(struct json_machine *m, const struct json_thread *t,
                           const struct json_frame *frame) {
    uint64_t cost = t->frame == JSON_ROOT_FRAME ? 0 : frame_cost(m, frame);
    bool is_array = frame->flags & JSON_IS_ARRAY, may_end = false;
    if (t->frame != JSON_ROOT_FRAME) may_end = json_frame_may_end(m, frame);
    switch (t->place) {
    case JSON_AT_COLON:
        cost = add(cost, m->plan.objects[frame->which].classes[t->which].cost);
        return (struct step){.byte = ':', .cost = add(cost, 1)};
    case JSON_AT_NEXT_NAME:
        return (struct step){.byte = '"', .cost = cost - 1};
    case JSON_AT_NAME:
        return (struct step){.byte = may_end ? '}' : '"', .cost = cost};
    case JSON_AFTER_VALUE:
        return (struct step){.byte = may_end ? is_array ? ']' : '}' : ',', .cost = cost};
    default:
        if (t->place == JSON_AT_FIRST && may_end) return (struct step){.byte = ']', .cost = 1};
        return begin_value(m, t, frame);
    }
}

/* The step of a thread; with all the cost up to the end of the text, if it matters: the frames
 * around it may be many. */
static struct step step_of(struct json_machine *m, const struct json_thread *t, bool wants_cost) {
    struct json_frame frame = json_frame_at(m, t->frame);
    struct step step;
    bool is_inner = true; /* the frame's own cost comes on top */
    switch (t->place) {
    case JSON_IN_STRING:
        step = in_string(m, t, &frame);
        break;
    case JSON_IN_NUMBER:
        step = in_number(m, t, &frame);
        break;
    case JSON_IN_LITERAL: {
        const char *rest = json_literals[t->which] + t->spot.state;
        uint64_t left = 1;
        while (rest[left]) left++;
        step = (struct step){.byte = rest[0], .cost = left};
        break;
    }
    case JSON_IN_NAME:
        step = in_name(m, t, &frame);
        is_inner = false;
        break;
    default:
        step = between(m, t, &frame);
        is_inner = false;
        break;
    }
    if (step.byte < 0) { /* a number that may end */
        struct json_thread after;
        if (!json_number_end(m, t, &frame, &after)) return step;
        frame = json_frame_at(m, after.frame);
        step = between(m, &after, &frame);
        is_inner = false;
    }
    uint32_t outer = is_inner ? t->frame : frame.parent;
    if (wants_cost && t->frame != JSON_ROOT_FRAME) step.cost = add(step.cost, chain_cost(m, outer));
    return step;
}

int json_machine_finish(struct machine *base, machine_state state) {
    struct json_machine *m = (struct json_machine *)base;
    struct step best = {.byte = -1, .cost = JSON_NEVER};
    size_t n;
    if (base->ops->accepts(base, state)) return -1;
    (void)json_state_threads(m, state, &n);
    for (size_t i = 0; i < n; i++) {
        struct json_thread t = json_state_threads(m, state, &n)[i];
        struct step step = step_of(m, &t, n > 1);
        keep_cheaper(&best, step.byte, step.cost);
    }
    m->base.failed |= m->search.failed;
    return best.byte;
}
