/* Keys of the inside of strings and names. A key is a set of spots without what stands around them:
 * the text of the automaton, or how many characters may still come, and where in an escape. */
#include "engine/constraint/json_machine_internal.h"

#include <string.h>

enum room_kind {
    ANY_TEXT = 1, /* all UTF-8 goes on; the escape tells where within a character */
    ROOM,         /* all UTF-8, for state characters (LEXER_FAR: or more) */
    STRING_TEXT,  /* of texts `which` of the plan */
    NAME_TEXT     /* of object `which`, names of these kinds */
};

#define KEY_WORDS (sizeof(struct json_key_spot) / sizeof(uint32_t))

static const struct json_texts any_text = {.max = SHAPE_NO_MAX};

static bool key_add(struct json_machine *m, uint32_t *n, struct json_key_spot spot) {
    struct json_key_spot *spots = m->key_spots;
    uint32_t i = 0;
    while (i < *n && memcmp(&spots[i], &spot, sizeof spot) < 0) i++;
    if (i < *n && memcmp(&spots[i], &spot, sizeof spot) == 0) return true;
    if (*n == JSON_MAX_KEY_SPOTS) return false;
    memmove(&spots[i + 1], &spots[i], (*n - i) * sizeof spot);
    spots[i] = spot;
    ++*n;
    return true;
}

/* False: what is alive here depends on more than a key tells. */
static bool make_spot(struct json_key_spot *out, const struct json_texts *x, enum room_kind kind,
                      uint32_t which, const struct json_asker *asker,
                      const struct json_spot *spot) {
    *out = (struct json_key_spot){.kind = ANY_TEXT, .escape = spot->escape};
    if (!x->dfa) {
        uint32_t room = x->max - spot->state;
        if (x->max == SHAPE_NO_MAX) return true;
        out->kind = ROOM;
        out->state = room < LEXER_FAR ? room : LEXER_FAR;
        return !asker->filter;
    }
    const struct json_texts_state *state = &x->states[spot->state];
    bool is_always = state->always & asker->kinds;
    if (is_always && state->is_free) {
        if (spot->escape == 0) out->escape = state->is_free - 1u;
        return true;
    }
    out->kind = kind;
    out->which = which;
    out->kinds = asker->kinds;
    out->state = spot->state;
    return is_always || !asker->filter;
}

static bool spot_of_thread(struct json_machine *m, const struct json_thread *t,
                           struct json_key_spot *out) {
    struct json_question q;
    if (t->place != JSON_IN_STRING && t->place != JSON_IN_NAME) return false;
    struct json_frame frame = json_frame_at(m, t->frame);
    if (t->place == JSON_IN_NAME) {
        json_ask_name(&q, m, t, &frame);
        bool is_known = make_spot(out, q.asker.texts, NAME_TEXT, frame.which, &q.asker, &t->spot);
        out->is_name = true;
        return is_known;
    }
    json_ask_string(&q, m, t->which, &frame);
    uint32_t texts = q.asker.texts->dfa ? (uint32_t)(q.asker.texts - m->plan.texts) : 0;
    return make_spot(out, q.asker.texts, STRING_TEXT, texts, &q.asker, &t->spot);
}

static uint64_t key_of(struct json_machine *m, uint32_t n) {
    uint32_t id;
    if (!intern_add(&m->keys, (const uint32_t *)(const void *)m->key_spots, n * KEY_WORDS, &id)) {
        m->base.failed = true;
        return LEXER_DEAD;
    }
    return LEXER_EXIT + 1 + id;
}

uint64_t json_machine_lexeme(struct machine *base, machine_state state) {
    struct json_machine *m = (struct json_machine *)base;
    struct json_key_spot spot;
    size_t n;
    uint32_t n_spots = 0;
    const struct json_thread *threads = json_state_threads(m, state, &n);
    for (size_t i = 0; i < n; i++) {
        if (!spot_of_thread(m, &threads[i], &spot) || !key_add(m, &n_spots, spot)) return 0;
    }
    return n_spots ? key_of(m, n_spots) : 0;
}

/* One spot of a key with one byte more. */
static enum json_spot_end step_spot(struct json_machine *m, const struct json_key_spot *spot,
                                    uint8_t byte, struct json_key_spot *out) {
    struct json_texts room = {.max = spot->state};
    struct json_asker asker = {.kinds = 1, .values = &m->values, .search = &m->search};
    struct json_spot at = {.state = spot->state, .escape = spot->escape};
    switch (spot->kind) {
    case STRING_TEXT:
        asker.texts = &m->plan.texts[spot->which];
        break;
    case NAME_TEXT:
        asker.texts = &m->plan.objects[spot->which].names;
        asker.kinds = (uint16_t)spot->kinds;
        break;
    default:
        asker.texts = spot->kind == ROOM ? &room : &any_text;
        at.state = 0;
        break;
    }
    enum json_spot_end end = json_spot_step(&asker, &at, byte);
    if (end != JSON_SPOT_INSIDE) return end;
    (void)make_spot(out, asker.texts, (enum room_kind)spot->kind, spot->which, &asker, &at);
    out->is_name = spot->is_name;
    if (spot->kind == ROOM && spot->state == LEXER_FAR) out->state = LEXER_FAR;
    return end;
}

uint64_t json_machine_lex(struct machine *base, uint64_t key, uint8_t byte) {
    struct json_machine *m = (struct json_machine *)base;
    uint32_t n_spots = 0;
    size_t n;
    const uint32_t *words = intern_get(&m->keys, (uint32_t)(key - LEXER_EXIT - 1), &n);
    for (size_t i = 0; i < n; i += KEY_WORDS) {
        struct json_key_spot spot, next;
        memcpy(&spot, words + i, sizeof spot);
        enum json_spot_end end = step_spot(m, &spot, byte, &next);
        if (end == JSON_SPOT_END) return LEXER_EXIT;
        if (end == JSON_SPOT_INSIDE) (void)key_add(m, &n_spots, next); /* no more than before */
    }
    return n_spots ? key_of(m, n_spots) : LEXER_DEAD;
}

/* Names and strings have keys of their own, since other bytes follow them. */
bool json_machine_may_follow(struct machine *base, uint64_t key, uint8_t byte) {
    struct json_machine *m = (struct json_machine *)base;
    size_t n;
    if (byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r') return true;
    const uint32_t *words = intern_get(&m->keys, (uint32_t)(key - LEXER_EXIT - 1), &n);
    for (size_t i = 0; i < n; i += KEY_WORDS) {
        struct json_key_spot spot;
        memcpy(&spot, words + i, sizeof spot);
        if (spot.is_name ? byte == ':' : byte == ',' || byte == ']' || byte == '}') return true;
    }
    return false;
}
