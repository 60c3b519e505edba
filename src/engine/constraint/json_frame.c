/* Frames, states, and what may still come in a frame. */
#include "engine/constraint/json_machine_internal.h"

#include <string.h>

const char *const json_literals[3] = {"null", "false", "true"};

static bool check(struct json_machine *m, bool is_added) {
    m->base.failed |= !is_added;
    return is_added;
}

struct json_frame json_frame_at(const struct json_machine *m, uint32_t id) {
    struct json_frame frame;
    size_t n;
    memcpy(&frame, intern_get(&m->frames, id, &n), sizeof frame);
    return frame;
}

bool json_frame_add(struct json_machine *m, const struct json_frame *frame, uint32_t *id) {
    uint32_t words[JSON_FRAME_WORDS];
    if (frame->seen == JSON_VALUES_FAILED || frame->value == JSON_VALUES_FAILED) {
        return check(m, false);
    }
    memcpy(words, frame, sizeof words);
    return check(m, intern_add(&m->frames, words, JSON_FRAME_WORDS, id));
}

const struct json_thread *json_state_threads(const struct json_machine *m, machine_state state,
                                             size_t *n) {
    const uint32_t *words = intern_get(&m->states, state, n);
    *n /= JSON_THREAD_WORDS;
    return (const struct json_thread *)(const void *)words;
}

void json_thread_add(struct json_machine *m, const struct json_thread *thread) {
    uint32_t low = 0, high = m->n_threads;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = memcmp(&m->threads[middle], thread, sizeof *thread);
        if (order == 0) return;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (!check(m, m->n_threads < JSON_MAX_THREADS)) return;
    memmove(&m->threads[low + 1], &m->threads[low], (m->n_threads - low) * sizeof *m->threads);
    m->threads[low] = *thread;
    m->n_threads++;
}

machine_state json_state_end(struct json_machine *m) {
    uint32_t id = MACHINE_DEAD;
    if (m->search.failed) m->base.failed = true;
    if (m->base.failed || m->n_threads == 0) return MACHINE_DEAD;
    const uint32_t *words = (const uint32_t *)(const void *)m->threads;
    if (!check(m, intern_add(&m->states, words, m->n_threads * (size_t)JSON_THREAD_WORDS, &id))) {
        return MACHINE_DEAD;
    }
    return id;
}

static bool is_unseen(struct json_machine *m, uint32_t seen, uint32_t value) {
    m->base.failed |= value == JSON_VALUES_FAILED;
    return !json_set_has(&m->values, seen, value);
}

static bool string_is_free(void *user, uint32_t label, uint32_t content) {
    struct json_question *q = user;
    (void)label;
    return is_unseen(q->machine, q->seen,
                     json_values_add(&q->machine->values, JSON_STRING_OF, content, 0));
}

static bool name_is_free(void *user, uint32_t label, uint32_t content) {
    struct json_question *q = user;
    uint32_t name = q->object->classes[label - 1].name;
    if (!q->object->shape->classes[label - 1].only.data) name = content;
    return is_unseen(q->machine, q->seen, name);
}

static void ask(struct json_question *q, struct json_machine *m, const struct json_texts *texts,
                uint32_t seen) {
    q->machine = m;
    q->seen = seen;
    q->filter.user = q;
    q->asker = (struct json_asker){.texts = texts,
                                   .kinds = 1,
                                   .filter = seen ? &q->filter : NULL,
                                   .values = &m->values,
                                   .search = &m->search};
}

void json_ask_string(struct json_question *q, struct json_machine *m, uint32_t string,
                     const struct json_frame *frame) {
    ask(q, m, m->plan.strings[string].texts, frame->flags & JSON_IS_UNIQUE ? frame->seen : 0);
    q->filter.is_free = string_is_free;
    q->asker.keeps_content = (frame->flags & (JSON_MAKES_VALUE | JSON_IS_UNIQUE)) != 0;
}

void json_ask_name(struct json_question *q, struct json_machine *m, const struct json_thread *t,
                   const struct json_frame *frame) {
    q->object = &m->plan.objects[frame->which];
    ask(q, m, &q->object->names, frame->seen);
    q->filter.is_free = name_is_free;
    q->asker.keeps_content = q->object->keeps_names;
    q->asker.kinds = (uint16_t)t->which;
}

static bool number_is_free(const struct number *value, void *user) {
    struct json_number_question *q = user;
    return is_unseen(q->machine, q->seen, json_values_number(&q->machine->values, value));
}

void json_ask_number(struct json_number_question *q, struct json_machine *m,
                     const struct json_frame *frame) {
    *q = (struct json_number_question){
        .filter = {.is_free = number_is_free, .user = q}, .machine = m, .seen = frame->seen};
}

bool json_number_is_free(struct json_machine *m, const struct json_frame *frame, uint32_t lexer,
                         uint32_t content) {
    if (!(frame->flags & JSON_IS_UNIQUE) || !frame->seen) return true;
    struct json_number_question q;
    struct number_way way;
    char text[JSON_MAX_NUMBER];
    json_ask_number(&q, m, frame);
    size_t len = json_values_read(&m->values, content, text, sizeof text);
    return number_lexer_way_past(&way, &m->plan.numbers[lexer], text, len, &q.filter);
}

bool json_literal_is_free(struct json_machine *m, const struct json_frame *frame, uint32_t which) {
    if (!(frame->flags & JSON_IS_UNIQUE) || !frame->seen) return true;
    return is_unseen(m, frame->seen, json_values_add(&m->values, JSON_LITERAL_OF, which, 0));
}

bool json_shape_is_free(struct json_machine *m, const struct json_frame *frame, shape_id shape) {
    const struct shape *s = &m->plan.table->shapes[shape];
    const struct json_shape_plan *plan = &m->plan.shapes[shape];
    for (uint32_t i = 0; i < s->n_strings; i++) {
        struct json_question q;
        if (m->plan.strings[plan->strings + i].least == JSON_NEVER) continue;
        json_ask_string(&q, m, plan->strings + i, frame);
        struct json_spot spot = json_spot_start(q.asker.texts);
        if (json_spot_is_alive(&q.asker, &spot)) return true;
    }
    for (uint32_t which = 0; which < 3; which++) {
        if ((s->literals >> which & 1) && json_literal_is_free(m, frame, which)) return true;
    }
    for (uint32_t i = 0; i < s->n_arrays; i++) {
        if (m->plan.arrays[plan->arrays + i].least != JSON_NEVER) return true;
    }
    for (uint32_t i = 0; i < s->n_objects; i++) {
        if (m->plan.objects[plan->objects + i].least != JSON_NEVER) return true;
    }
    return s->n_numbers && json_number_is_free(m, frame, plan->numbers, 0);
}

uint16_t json_name_kinds(const struct json_machine *m, const struct json_frame *frame) {
    const struct json_object_plan *object = &m->plan.objects[frame->which];
    const struct json_progress *p = &frame->done;
    uint16_t kinds = 0;
    uint32_t n_more;
    for (int kind = 0; kind < JSON_N_KINDS; kind++) {
        int counts = json_kind_counts(kind);
        bool is_left = json_kind_is_required(kind) ? p->missing[counts] > 0
                                                   : object->n_optional[counts] > p->used[counts];
        if (!is_left || !json_object_needs_after(object, p, kind, &n_more)) continue;
        kinds |= (uint16_t)(1 << kind);
    }
    return kinds;
}

const struct shape_slot *json_slot_at(const struct json_machine *m, const struct json_thread *t,
                                      const struct json_frame *frame) {
    if (t->frame == JSON_ROOT_FRAME) return &m->root_slot;
    if (frame->flags & JSON_IS_ARRAY) {
        return json_array_slot(m->plan.arrays[frame->which].shape, frame->done.n);
    }
    return &m->plan.objects[frame->which].shape->classes[t->which].slot;
}

bool json_take_option(const struct json_machine *m, struct json_frame *frame, bool is_root,
                      const struct shape_option *option) {
    if (m->plan.shapes[option->shape].least == JSON_NEVER) return false;
    if (is_root) return true;
    if (frame->flags & JSON_IS_ARRAY) {
        return json_array_add(&m->plan.arrays[frame->which], option->counts, &frame->done.n,
                              &frame->done.count);
    }
    const struct json_object_plan *object = &m->plan.objects[frame->which];
    uint32_t n_more;
    frame->done = json_object_count(object, &frame->done, option->counts);
    return json_object_needs(object, &frame->done, &n_more);
}

uint32_t json_frame_value(struct json_machine *m, const struct json_frame *frame) {
    bool is_array = frame->flags & JSON_IS_ARRAY;
    if (!(frame->flags & JSON_MAKES_VALUE)) return 0;
    return json_values_add(&m->values, is_array ? JSON_ARRAY_OF : JSON_OBJECT_OF, frame->value, 0);
}

bool json_frame_may_end(struct json_machine *m, const struct json_frame *frame) {
    if (frame->flags & JSON_IS_ARRAY) {
        const struct json_array_plan *array = &m->plan.arrays[frame->which];
        if (!json_array_may_end(array, frame->done.n, frame->done.count)) return false;
    } else if (!json_object_may_end(&m->plan.objects[frame->which], &frame->done)) {
        return false;
    }
    if (!(frame->flags & JSON_MAKES_VALUE)) return true;
    struct json_frame parent = json_frame_at(m, frame->parent);
    return !(parent.flags & JSON_IS_UNIQUE) || !parent.seen ||
           is_unseen(m, parent.seen, json_frame_value(m, frame));
}
