/* Forgetting: the frames and values of all states but one and the start are given back. */
#include "engine/constraint/json_machine_internal.h"

#include <string.h>

#include "base/alloc.h"

struct compaction {
    struct json_thread *threads; /* [n] of the live state */
    size_t n;
    uint32_t *frames; /* [frames.n] 1: live; then the new number */
    uint32_t *values; /* [values.nodes.n] likewise; see json_values_compact() */
};

static void keep(uint32_t *values, uint32_t id, uint32_t how) {
    if (values[id] < how) values[id] = how;
}

static void keep_frame_values(const struct json_frame *frame, uint32_t *values) {
    bool is_array = frame->flags & JSON_IS_ARRAY;
    keep(values, frame->seen, JSON_KEEP_SET);
    keep(values, frame->value, is_array ? JSON_KEEP : JSON_KEEP_SET);
    keep(values, frame->name, JSON_KEEP);
}

/* A frame's parent was made before it. */
static void mark(const struct json_machine *m, struct compaction *c) {
    c->frames[JSON_ROOT_FRAME] = 1;
    for (size_t i = 0; i < c->n; i++) {
        c->frames[c->threads[i].frame] = 1;
        keep(c->values, c->threads[i].spot.content, JSON_KEEP);
    }
    for (uint32_t id = m->frames.n; id-- > 1;) {
        if (!c->frames[id]) continue;
        struct json_frame frame = json_frame_at(m, id);
        c->frames[frame.parent] = 1;
        keep_frame_values(&frame, c->values);
    }
    for (uint32_t i = 0; i < m->plan.n_objects; i++) {
        const struct json_object_plan *object = &m->plan.objects[i];
        for (size_t k = 0; k < object->shape->n_classes; k++) {
            keep(c->values, object->classes[k].name, JSON_KEEP);
        }
    }
}

static void rename_values(struct json_machine *m, struct compaction *c) {
    for (size_t i = 0; i < c->n; i++) {
        c->threads[i].spot.content = c->values[c->threads[i].spot.content];
    }
    for (uint32_t i = 0; i < m->plan.n_objects; i++) {
        const struct json_object_plan *object = &m->plan.objects[i];
        for (size_t k = 0; k < object->shape->n_classes; k++) {
            object->classes[k].name = c->values[object->classes[k].name];
        }
    }
}

static bool move_frames(struct json_machine *m, struct compaction *c) {
    struct intern old = m->frames;
    intern_init(&m->frames, old.max);
    bool is_done = true;
    for (uint32_t id = 0; id < old.n && is_done; id++) {
        struct json_frame frame;
        size_t n;
        if (!c->frames[id]) continue;
        memcpy(&frame, intern_get(&old, id, &n), sizeof frame);
        if (id != JSON_ROOT_FRAME) frame.parent = c->frames[frame.parent];
        frame.seen = c->values[frame.seen];
        frame.value = c->values[frame.value];
        frame.name = c->values[frame.name];
        is_done = json_frame_add(m, &frame, &c->frames[id]);
    }
    intern_clear(&old);
    return is_done;
}

static machine_state move_states(struct json_machine *m, struct compaction *c) {
    uint32_t dead;
    intern_clear(&m->states);
    m->base.failed |= !intern_add(&m->states, NULL, 0, &dead);
    m->n_threads = 0;
    json_thread_add(m, &(struct json_thread){.frame = JSON_ROOT_FRAME, .place = JSON_AT_VALUE});
    m->base.failed |= json_state_end(m) != m->base.start;
    m->n_threads = 0;
    for (size_t i = 0; i < c->n; i++) {
        c->threads[i].frame = c->frames[c->threads[i].frame];
        json_thread_add(m, &c->threads[i]);
    }
    return json_state_end(m);
}

/* A lexer that the live state is in keeps its nodes. Without memory it does, too. */
static void compact_lexers(struct json_machine *m, const struct compaction *c) {
    for (uint32_t i = 0; i < m->plan.n_numbers; i++) {
        bool is_used = false;
        for (size_t k = 0; k < c->n; k++) {
            is_used |= c->threads[k].place == JSON_IN_NUMBER && c->threads[k].which == i;
        }
        if (!is_used) (void)number_lexer_compact(&m->plan.numbers[i]);
    }
}

/* As long as memory is short before anything is given up, all stays as it is. */
void json_machine_compact(struct machine *base, machine_state *live) {
    struct json_machine *m = (struct json_machine *)base;
    struct compaction c = {.frames = mem_calloc(m->frames.n, sizeof *c.frames),
                           .values = mem_calloc(m->values.nodes.n, sizeof *c.values)};
    const struct json_thread *threads = json_state_threads(m, *live, &c.n);
    c.threads = mem_calloc(c.n + 1, sizeof *c.threads);
    if (c.frames && c.values && c.threads && !base->failed) {
        if (c.n) memcpy(c.threads, threads, c.n * sizeof *threads);
        mark(m, &c);
        if (json_values_compact(&m->values, c.values)) {
            rename_values(m, &c);
            compact_lexers(m, &c);
            *live = move_frames(m, &c) ? move_states(m, &c) : MACHINE_DEAD;
        }
    }
    mem_free(c.frames);
    mem_free(c.values);
    mem_free(c.threads);
}

size_t json_machine_size(const struct machine *base) {
    const struct json_machine *m = (const struct json_machine *)base;
    size_t size = intern_size(&m->frames) + intern_size(&m->states) + intern_size(&m->values.nodes);
    for (uint32_t i = 0; i < m->plan.n_numbers; i++) {
        size += number_lexer_size(&m->plan.numbers[i]);
    }
    return size;
}
