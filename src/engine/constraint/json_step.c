/* One byte of a thread. */
#include "engine/constraint/json_machine_internal.h"

#include <string.h>

static bool is_space(uint8_t byte) {
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static bool makes_values(const struct json_frame *frame) {
    return (frame->flags & (JSON_MAKES_VALUE | JSON_IS_UNIQUE)) != 0;
}

static void add_at(struct json_machine *m, uint32_t frame, enum json_place place, uint32_t which) {
    json_thread_add(m, &(struct json_thread){.frame = frame, .place = place, .which = which});
}

/* The frame once the value in it is whole; false if it may not be (an equal one was there). */
static bool end_value(struct json_machine *m, uint32_t id, uint32_t value, uint32_t *out) {
    struct json_frame frame = json_frame_at(m, id);
    *out = id;
    if (id == JSON_ROOT_FRAME || !makes_values(&frame)) return true;
    m->base.failed |= value == JSON_VALUES_FAILED;
    if (frame.flags & JSON_IS_UNIQUE) {
        if (json_set_has(&m->values, frame.seen, value)) return false;
        frame.seen = json_set_add(&m->values, frame.seen, value);
    }
    if (frame.flags & JSON_MAKES_VALUE) {
        if (frame.flags & JSON_IS_ARRAY) {
            frame.value = json_values_add(&m->values, JSON_LIST, frame.value, value);
        } else {
            value = json_values_add(&m->values, JSON_MEMBER, frame.name, value);
            frame.value = json_set_add(&m->values, frame.value, value);
            frame.name = 0;
        }
    }
    return json_frame_add(m, &frame, out);
}

static void add_after(struct json_machine *m, uint32_t frame, uint32_t value) {
    uint32_t after;
    if (end_value(m, frame, value, &after)) add_at(m, after, JSON_AFTER_VALUE, 0);
}

static void start_strings(struct json_machine *m, const struct json_frame *frame, uint32_t id,
                          shape_id shape) {
    const struct json_shape_plan *plan = &m->plan.shapes[shape];
    for (uint32_t i = 0; i < m->plan.table->shapes[shape].n_strings; i++) {
        const struct json_string_plan *string = &m->plan.strings[plan->strings + i];
        if (string->least == JSON_NEVER) continue;
        struct json_thread t = {.frame = id,
                                .place = JSON_IN_STRING,
                                .which = plan->strings + i,
                                .spot = json_spot_start(string->texts)};
        if ((frame->flags & JSON_IS_UNIQUE) && frame->seen) {
            struct json_question q;
            json_ask_string(&q, m, t.which, frame);
            if (!json_spot_is_alive(&q.asker, &t.spot)) continue;
        }
        json_thread_add(m, &t);
    }
}

static void start_number(struct json_machine *m, const struct json_frame *frame, uint32_t id,
                         shape_id shape, uint8_t byte) {
    uint32_t which = m->plan.shapes[shape].numbers;
    if (which == JSON_NO_NUMBERS) return;
    struct json_thread t = {.frame = id, .place = JSON_IN_NUMBER, .which = which};
    t.spot.state = number_lexer_step(&m->plan.numbers[which], NUMBER_START, byte);
    m->base.failed |= t.spot.state == NUMBER_FAILED;
    if (t.spot.state == NUMBER_DEAD || m->base.failed) return;
    if (makes_values(frame)) {
        t.spot.content = json_values_add(&m->values, JSON_TEXT, 0, byte);
        if (!json_number_is_free(m, frame, which, t.spot.content)) return;
    }
    json_thread_add(m, &t);
}

static void start_literal(struct json_machine *m, const struct json_frame *frame, uint32_t id,
                          shape_id shape, uint8_t byte) {
    for (uint32_t which = 0; which < 3; which++) {
        if (!(m->plan.table->shapes[shape].literals >> which & 1)) continue;
        if ((uint8_t)json_literals[which][0] != byte) continue;
        if (!json_literal_is_free(m, frame, which)) continue;
        json_thread_add(
            m, &(struct json_thread){
                   .frame = id, .place = JSON_IN_LITERAL, .which = which, .spot.state = 1});
    }
}

static void start_compound(struct json_machine *m, const struct json_frame *frame, uint32_t id,
                           uint32_t which, bool is_array) {
    struct json_frame inner = {.parent = id, .which = which};
    if (makes_values(frame)) inner.flags |= JSON_MAKES_VALUE;
    if (is_array) {
        if (m->plan.arrays[which].least == JSON_NEVER) return;
        inner.flags |= JSON_IS_ARRAY;
        if (m->plan.arrays[which].shape->is_unique) inner.flags |= JSON_IS_UNIQUE;
    } else {
        if (m->plan.objects[which].least == JSON_NEVER) return;
        inner.done = json_object_start(&m->plan.objects[which]);
    }
    if (json_frame_add(m, &inner, &id)) add_at(m, id, is_array ? JSON_AT_FIRST : JSON_AT_NAME, 0);
}

static void start_shape(struct json_machine *m, const struct json_frame *frame, uint32_t id,
                        shape_id shape, uint8_t byte) {
    const struct json_shape_plan *plan = &m->plan.shapes[shape];
    const struct shape *s = &m->plan.table->shapes[shape];
    if (byte == '"') {
        start_strings(m, frame, id, shape);
    } else if (byte == '[') {
        for (uint32_t i = 0; i < s->n_arrays; i++) {
            start_compound(m, frame, id, plan->arrays + i, true);
        }
    } else if (byte == '{') {
        for (uint32_t i = 0; i < s->n_objects; i++) {
            start_compound(m, frame, id, plan->objects + i, false);
        }
    } else if (byte == '-' || (byte >= '0' && byte <= '9')) {
        start_number(m, frame, id, shape, byte);
    } else {
        start_literal(m, frame, id, shape, byte);
    }
}

static bool begins_value(uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte && strchr("\"[{-nft", byte));
}

static void start_value(struct json_machine *m, const struct json_thread *t,
                        const struct json_frame *frame, uint8_t byte) {
    if (!begins_value(byte)) return;
    const struct shape_slot *slot = json_slot_at(m, t, frame);
    for (size_t i = 0; i < slot->n_options; i++) {
        struct json_frame counted = *frame;
        uint32_t id = t->frame;
        bool is_root = t->frame == JSON_ROOT_FRAME;
        if (!json_take_option(m, &counted, is_root, &slot->options[i])) continue;
        if (!is_root && !json_frame_add(m, &counted, &id)) return;
        start_shape(m, &counted, id, slot->options[i].shape, byte);
    }
}

bool json_number_end(struct json_machine *m, const struct json_thread *t,
                     const struct json_frame *frame, struct json_thread *after) {
    uint32_t value = 0;
    *after = (struct json_thread){.place = JSON_AFTER_VALUE};
    if (makes_values(frame)) {
        char text[JSON_MAX_NUMBER];
        struct number number;
        size_t len = json_values_read(&m->values, t->spot.content, text, sizeof text);
        if (!number_parse(&number, text, len)) return false;
        value = json_values_number(&m->values, &number);
    }
    return end_value(m, t->frame, value, &after->frame);
}

static void step_number(struct json_machine *m, const struct json_thread *t,
                        const struct json_frame *frame, uint8_t byte) {
    struct number_lexer *lexer = &m->plan.numbers[t->which];
    uint32_t node = number_lexer_step(lexer, t->spot.state, byte);
    if (node == NUMBER_FAILED) {
        m->base.failed = true;
    } else if (node != NUMBER_DEAD) {
        struct json_thread next = *t;
        next.spot.state = node;
        if (makes_values(frame)) {
            next.spot.content = json_values_add(&m->values, JSON_TEXT, t->spot.content, byte);
            if (!json_number_is_free(m, frame, t->which, next.spot.content)) return;
        }
        json_thread_add(m, &next);
    } else if ((is_space(byte) || byte == ',' || byte == ']' || byte == '}') &&
               number_lexer_accepts(lexer, t->spot.state)) {
        struct json_thread after;
        if (json_number_end(m, t, frame, &after)) json_step_thread(m, &after, byte);
    }
}

static void step_string(struct json_machine *m, const struct json_thread *t,
                        const struct json_frame *frame, uint8_t byte) {
    struct json_question q;
    struct json_thread next = *t;
    json_ask_string(&q, m, t->which, frame);
    enum json_spot_end end = json_spot_step(&q.asker, &next.spot, byte);
    if (end == JSON_SPOT_INSIDE) json_thread_add(m, &next);
    if (end != JSON_SPOT_END) return;
    uint32_t value = 0;
    if (q.asker.keeps_content) {
        value = json_values_add(&m->values, JSON_STRING_OF, t->spot.content, 0);
    }
    add_after(m, t->frame, value);
}

static void step_literal(struct json_machine *m, const struct json_thread *t, uint8_t byte) {
    const char *word = json_literals[t->which];
    struct json_thread next = *t;
    if ((uint8_t)word[t->spot.state] != byte) return;
    next.spot.state++;
    if (word[next.spot.state]) {
        json_thread_add(m, &next);
    } else {
        add_after(m, t->frame, json_values_add(&m->values, JSON_LITERAL_OF, t->which, 0));
    }
}

/* In a name, if one may come. */
static bool start_name(struct json_machine *m, const struct json_thread *t,
                       const struct json_frame *frame, struct json_thread *out) {
    struct json_question q;
    *out = (struct json_thread){
        .frame = t->frame, .place = JSON_IN_NAME, .which = json_name_kinds(m, frame)};
    if (!out->which) return false;
    json_ask_name(&q, m, out, frame);
    out->spot = json_spot_start(q.asker.texts);
    return json_spot_is_alive(&q.asker, &out->spot);
}

static void step_name(struct json_machine *m, const struct json_thread *t, struct json_frame *frame,
                      uint8_t byte) {
    struct json_question q;
    struct json_thread next = *t;
    json_ask_name(&q, m, t, frame);
    enum json_spot_end end = json_spot_step(&q.asker, &next.spot, byte);
    if (end == JSON_SPOT_INSIDE) json_thread_add(m, &next);
    if (end != JSON_SPOT_END) return;
    uint32_t class = q.asker.texts->dfa->labels[t->spot.state] - 1, id;
    const struct json_class_plan *plan = &q.object->classes[class];
    uint32_t name = q.object->shape->classes[class].only.data ? plan->name : t->spot.content;
    int kind = 0;
    while (plan->kind >> kind != 1) kind++;
    frame->done = json_object_add(q.object, &frame->done, kind);
    frame->seen = json_set_add(&m->values, frame->seen, name);
    if (frame->flags & JSON_MAKES_VALUE) frame->name = name;
    if (json_frame_add(m, frame, &id)) add_at(m, id, JSON_AT_COLON, class);
}

/* Is there an element that is not in the array yet? */
static bool element_exists(struct json_machine *m, const struct json_thread *t,
                           const struct json_frame *frame) {
    const struct shape_slot *slot = json_slot_at(m, t, frame);
    for (size_t i = 0; i < slot->n_options; i++) {
        struct json_frame counted = *frame;
        if (!json_take_option(m, &counted, false, &slot->options[i])) continue;
        const struct json_array_plan *array = &m->plan.arrays[frame->which];
        size_t at = frame->done.n < array->shape->n_prefix ? frame->done.n : array->shape->n_prefix;
        if (!array->shape->is_unique || !frame->seen || array->is_endless[at]) return true;
        if (json_shape_is_free(m, &counted, slot->options[i].shape)) return true;
    }
    return false;
}

static void step_comma(struct json_machine *m, const struct json_thread *t,
                       const struct json_frame *frame) {
    struct json_thread name;
    if (frame->flags & JSON_IS_ARRAY) {
        if (element_exists(m, t, frame)) add_at(m, t->frame, JSON_AT_VALUE, 0);
    } else if (start_name(m, t, frame, &name)) {
        add_at(m, t->frame, JSON_AT_NEXT_NAME, 0);
    }
}

static void step_between(struct json_machine *m, const struct json_thread *t,
                         const struct json_frame *frame, uint8_t byte) {
    struct json_thread name;
    bool is_array = frame->flags & JSON_IS_ARRAY;
    if (is_space(byte)) {
        json_thread_add(m, t);
    } else if (t->place == JSON_AT_COLON) {
        if (byte == ':') add_at(m, t->frame, JSON_AT_VALUE, t->which);
    } else if (byte == '"' && (t->place == JSON_AT_NAME || t->place == JSON_AT_NEXT_NAME)) {
        if (start_name(m, t, frame, &name)) json_thread_add(m, &name);
    } else if (byte == (is_array ? ']' : '}') && t->frame != JSON_ROOT_FRAME &&
               t->place != JSON_AT_VALUE && t->place != JSON_AT_NEXT_NAME) {
        if (json_frame_may_end(m, frame)) add_after(m, frame->parent, json_frame_value(m, frame));
    } else if (t->place == JSON_AT_VALUE || t->place == JSON_AT_FIRST) {
        start_value(m, t, frame, byte);
    } else if (byte == ',' && t->place == JSON_AFTER_VALUE && t->frame != JSON_ROOT_FRAME) {
        step_comma(m, t, frame);
    }
}

void json_step_thread(struct json_machine *m, const struct json_thread *t, uint8_t byte) {
    struct json_frame frame = json_frame_at(m, t->frame);
    switch (t->place) {
    case JSON_IN_STRING:
        step_string(m, t, &frame, byte);
        break;
    case JSON_IN_NAME:
        step_name(m, t, &frame, byte);
        break;
    case JSON_IN_NUMBER:
        step_number(m, t, &frame, byte);
        break;
    case JSON_IN_LITERAL:
        step_literal(m, t, byte);
        break;
    default:
        step_between(m, t, &frame, byte);
        break;
    }
}
