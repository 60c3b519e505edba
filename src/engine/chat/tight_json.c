#include "engine/chat/tight_json.h"

#include "base/alloc.h"

/* Where in a JSON text: what a blank means there. A state is the inner one and this. */
enum place { OUTSIDE, AFTER_SEPARATOR, IN_STRING, IN_ESCAPE, N_PLACES };

#define MAX_INNER (UINT32_MAX / N_PLACES - 1)

struct tight_json {
    struct machine base;
    struct machine *inner;
};

static struct machine *inner_of(const struct machine *m) {
    return ((const struct tight_json *)m)->inner;
}

static machine_state pack(struct machine *m, machine_state inner, enum place place) {
    if (inner == MACHINE_DEAD) return MACHINE_DEAD;
    if (inner > MAX_INNER) m->failed = true;
    return m->failed ? MACHINE_DEAD : inner * N_PLACES + place;
}

static enum place place_of(machine_state state) {
    return (enum place)(state % N_PLACES);
}

/* The place after a byte; N_PLACES for a blank that may not stand there. */
static enum place next_place(enum place place, uint8_t byte) {
    bool is_blank = byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
    switch (place) {
    case IN_ESCAPE:
        return IN_STRING;
    case IN_STRING:
        return byte == '"' ? OUTSIDE : byte == '\\' ? IN_ESCAPE : IN_STRING;
    default:
        if (is_blank) return place == AFTER_SEPARATOR && byte == ' ' ? OUTSIDE : N_PLACES;
        return byte == '"' ? IN_STRING : byte == ':' || byte == ',' ? AFTER_SEPARATOR : OUTSIDE;
    }
}

static machine_state step(struct machine *m, machine_state state, uint8_t byte) {
    struct machine *inner = inner_of(m);
    enum place next = next_place(place_of(state), byte);
    if (next == N_PLACES) return MACHINE_DEAD;
    machine_state reached = inner->ops->step(inner, state / N_PLACES, byte);
    if (inner->failed) m->failed = true;
    return pack(m, reached, next);
}

static bool accepts(struct machine *m, machine_state state) {
    struct machine *inner = inner_of(m);
    return inner->ops->accepts(inner, state / N_PLACES);
}

/* No short completion has blanks outside of strings. */
static int finish(struct machine *m, machine_state state) {
    struct machine *inner = inner_of(m);
    return inner->ops->finish(inner, state / N_PLACES);
}

/* Inside a string there is nothing to take away. */
static uint64_t lexeme(struct machine *m, machine_state state) {
    struct machine *inner = inner_of(m);
    bool in_string = place_of(state) == IN_STRING || place_of(state) == IN_ESCAPE;
    return in_string && inner->ops->lexeme ? inner->ops->lexeme(inner, state / N_PLACES) : 0;
}

static uint64_t lex(struct machine *m, uint64_t key, uint8_t byte) {
    struct machine *inner = inner_of(m);
    return inner->ops->lex(inner, key, byte);
}

static void compact(struct machine *m, machine_state *live) {
    struct machine *inner = inner_of(m);
    machine_state state = *live / N_PLACES;
    inner->ops->compact(inner, &state);
    *live = state * N_PLACES + place_of(*live);
}

static size_t size(const struct machine *m) {
    const struct machine *inner = inner_of(m);
    return inner->ops->size(inner);
}

static void release(struct machine *m) {
    machine_free(inner_of(m));
    mem_free(m);
}

static const struct machine_ops ops = {.step = step,
                                       .accepts = accepts,
                                       .finish = finish,
                                       .lexeme = lexeme,
                                       .lex = lex,
                                       .compact = compact,
                                       .size = size,
                                       .release = release};

ingle_status tight_json_new(struct machine **out, struct machine *json, ingle_error *err) {
    *out = NULL;
    struct tight_json *t = mem_calloc(1, sizeof *t);
    if (!t) {
        machine_free(json);
        return status_no_memory(err, "the machine of a call", sizeof *t);
    }
    *t = (struct tight_json){.base = {.ops = &ops, .start = json->start * N_PLACES}, .inner = json};
    *out = &t->base;
    return INGLE_OK;
}
