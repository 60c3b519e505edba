#include "engine/constraint/json_machine.h"

#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/json_machine_internal.h"

#define MAX_ITEMS ((size_t)1 << 30) /* of each store */

static machine_state step(struct machine *base, machine_state state, uint8_t byte) {
    struct json_machine *m = (struct json_machine *)base;
    size_t n;
    const struct json_thread *threads = json_state_threads(m, state, &n);
    m->n_threads = 0;
    for (size_t i = 0; i < n; i++) json_step_thread(m, &threads[i], byte);
    if (n == 1 && m->n_threads == 1 && !base->failed && !m->search.failed &&
        memcmp(threads, m->threads, sizeof *threads) == 0) {
        return state;
    }
    return json_state_end(m);
}

static bool accepts(struct machine *base, machine_state state) {
    struct json_machine *m = (struct json_machine *)base;
    size_t n;
    const struct json_thread *t = json_state_threads(m, state, &n);
    for (const struct json_thread *end = t + n; t < end; t++) {
        if (t->frame != JSON_ROOT_FRAME) continue;
        if (t->place == JSON_AFTER_VALUE) return true;
        if (t->place == JSON_IN_NUMBER &&
            number_lexer_accepts(&m->plan.numbers[t->which], t->spot.state)) {
            return true;
        }
    }
    return false;
}

static void release(struct machine *base) {
    struct json_machine *m = (struct json_machine *)base;
    json_plan_clear(&m->plan);
    json_values_clear(&m->values);
    intern_clear(&m->frames);
    intern_clear(&m->states);
    intern_clear(&m->keys);
    json_search_clear(&m->search);
    mem_free(m->threads);
    mem_free(m);
}

static void mark(struct machine *base) {
    struct json_machine *m = (struct json_machine *)base;
    m->marked.frames = m->frames.n;
    m->marked.states = m->states.n;
    m->marked.values = m->values.nodes.n;
}

static void forget(struct machine *base) {
    struct json_machine *m = (struct json_machine *)base;
    intern_cut(&m->frames, m->marked.frames);
    intern_cut(&m->states, m->marked.states);
    intern_cut(&m->values.nodes, m->marked.values);
}

static const struct machine_ops ops = {.step = step,
                                       .accepts = accepts,
                                       .finish = json_machine_finish,
                                       .lexeme = json_machine_lexeme,
                                       .lex = json_machine_lex,
                                       .may_follow = json_machine_may_follow,
                                       .mark = mark,
                                       .forget = forget,
                                       .compact = json_machine_compact,
                                       .size = json_machine_size,
                                       .release = release,
                                       .ends_by_exit = true};

/* The root frame, the dead state, and the one that waits for the value. */
static bool start(struct json_machine *m) {
    struct json_frame root = {.flags = JSON_IS_ROOT};
    uint32_t id;
    m->threads = mem_calloc(JSON_MAX_THREADS + 1, sizeof *m->threads);
    if (!m->threads || !json_frame_add(m, &root, &id)) return false;
    if (!intern_add(&m->states, NULL, 0, &id)) return false;
    json_thread_add(m, &(struct json_thread){.frame = JSON_ROOT_FRAME, .place = JSON_AT_VALUE});
    m->base.start = json_state_end(m);
    return m->base.start != MACHINE_DEAD;
}

ingle_status json_machine_new(struct machine **out, const struct shape_table *table,
                              ingle_error *err) {
    *out = NULL;
    struct json_machine *m = mem_calloc(1, sizeof *m);
    if (!m) return status_no_memory(err, "the machine of a schema", sizeof *m);
    m->base.ops = &ops;
    intern_init(&m->frames, MAX_ITEMS);
    intern_init(&m->states, MAX_ITEMS);
    intern_init(&m->keys, MAX_ITEMS);
    m->root_option.shape = table->root;
    m->root_slot = (struct shape_slot){.options = &m->root_option, .n_options = 1};
    ingle_status status = INGLE_OK;
    if (!json_values_init(&m->values, MAX_ITEMS)) {
        status = status_no_memory(err, "the machine of a schema", sizeof *m);
    }
    if (status == INGLE_OK) status = json_plan_init(&m->plan, table, &m->values, err);
    if (status == INGLE_OK && !start(m)) {
        status = status_no_memory(err, "the machine of a schema", sizeof *m);
    }
    if (status != INGLE_OK) {
        release(&m->base);
        return status;
    }
    *out = &m->base;
    return INGLE_OK;
}

ingle_status json_machine_supports(const struct shape_table *table, ingle_error *err) {
    struct json_values values;
    struct json_plan plan;
    ingle_status status = INGLE_OK;
    if (!json_values_init(&values, MAX_ITEMS)) {
        status = status_no_memory(err, "the plan of a schema", 0);
    }
    if (status == INGLE_OK) status = json_plan_init(&plan, table, &values, err);
    if (status == INGLE_OK) json_plan_clear(&plan);
    json_values_clear(&values);
    return status;
}
