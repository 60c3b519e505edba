#include "engine/constraint/json_texts.h"

#include <string.h>

#include "base/alloc.h"
#include "base/size.h"

#define MAX_FREE_STATES 4096 /* of automata in which is_free is looked for */
#define MAX_FREE_ROUNDS 32

enum utf8_place utf8_place_after(enum utf8_place place, uint8_t byte) {
    static const struct {
        uint8_t low, high, after;
    } next[UTF8_N_PLACES] = {
        [UTF8_1] = {0x80, 0xbf, UTF8_BETWEEN},  [UTF8_2] = {0x80, 0xbf, UTF8_1},
        [UTF8_3] = {0x80, 0xbf, UTF8_2},        [UTF8_AFTER_E0] = {0xa0, 0xbf, UTF8_1},
        [UTF8_AFTER_ED] = {0x80, 0x9f, UTF8_1}, [UTF8_AFTER_F0] = {0x90, 0xbf, UTF8_2},
        [UTF8_AFTER_F4] = {0x80, 0x8f, UTF8_2},
    };
    if (place != UTF8_BETWEEN) {
        bool fits = byte >= next[place].low && byte <= next[place].high;
        return fits ? (enum utf8_place)next[place].after : UTF8_BROKEN;
    }
    if (byte < 0x80) return UTF8_BETWEEN;
    if (byte < 0xc2 || byte > 0xf4) return UTF8_BROKEN;
    if (byte < 0xe0) return UTF8_1;
    if (byte < 0xf0) return byte == 0xe0 ? UTF8_AFTER_E0 : byte == 0xed ? UTF8_AFTER_ED : UTF8_2;
    return byte == 0xf0 ? UTF8_AFTER_F0 : byte == 0xf4 ? UTF8_AFTER_F4 : UTF8_3;
}

/* The steps of the automaton the other way round, one for each class of bytes. */
struct backward {
    size_t *first;   /* [n_states + 2] */
    uint32_t *from;  /* [edges] */
    uint32_t *work;  /* [n_states + 1] states to look at */
    uint32_t *n_out; /* [n_states + 1] */
};

static void free_backward(struct backward *b) {
    mem_free(b->first);
    mem_free(b->from);
    mem_free(b->work);
    mem_free(b->n_out);
}

static bool make_backward(struct backward *b, const struct dfa *d) {
    size_t n = (size_t)d->n_states + 1, n_edges = n * d->n_classes;
    *b = (struct backward){.first = mem_calloc(n + 1, sizeof *b->first),
                           .work = mem_calloc(n, sizeof *b->work),
                           .n_out = mem_calloc(n, sizeof *b->n_out)};
    if (!b->first || !b->work || !b->n_out) return false;
    for (size_t e = 0; e < n_edges; e++) b->first[d->next[e] + 1]++;
    b->first[1] = 0; /* what dies is of no interest */
    for (size_t s = 1; s <= n; s++) b->first[s] += b->first[s - 1];
    b->from = mem_calloc(b->first[n] + 1, sizeof *b->from);
    if (!b->from) return false;
    for (size_t e = 0; e < n_edges; e++) {
        uint32_t to = d->next[e];
        if (to != DFA_DEAD) b->from[b->first[to]++] = (uint32_t)(e / d->n_classes);
    }
    for (size_t s = n; s > 0; s--) b->first[s] = b->first[s - 1];
    b->first[0] = 0;
    return true;
}

static uint16_t kind_of(const struct json_texts *x, uint32_t state) {
    uint32_t label = x->dfa->labels[state];
    return label == 0 ? 0 : x->kinds ? x->kinds[label] : 1;
}

/* Breadth first from the texts of the kind backwards. */
static void measure(struct json_texts *x, const struct backward *b, uint16_t kind, uint32_t *left) {
    uint32_t n = 0;
    for (uint32_t s = 0; s <= x->dfa->n_states; s++) {
        left[s] = kind_of(x, s) & kind ? 0 : UINT32_MAX;
        if (left[s] == 0) b->work[n++] = s;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t s = b->work[i];
        for (size_t e = b->first[s]; e < b->first[s + 1]; e++) {
            if (left[b->from[e]] != UINT32_MAX) continue;
            left[b->from[e]] = left[s] + 1;
            b->work[n++] = b->from[e];
        }
    }
}

/* Taking away, again and again, states that lead nowhere leaves those from which a cycle is
 * reached; only states that reach the kind take part. */
static void find_infinite(struct json_texts *x, const struct backward *b, uint16_t kind) {
    const struct dfa *d = x->dfa;
    uint32_t n = 0;
    for (uint32_t s = 1; s <= d->n_states; s++) {
        b->n_out[s] = 0;
        if (!(x->states[s].reach & kind)) continue;
        for (uint32_t c = 0; c < d->n_classes; c++) {
            b->n_out[s] += (x->states[d->next[(size_t)s * d->n_classes + c]].reach & kind) != 0;
        }
        x->states[s].infinite |= kind;
        if (b->n_out[s] == 0) b->work[n++] = s;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t s = b->work[i];
        x->states[s].infinite &= (uint16_t)~kind;
        for (size_t e = b->first[s]; e < b->first[s + 1]; e++) {
            uint32_t from = b->from[e];
            if ((x->states[from].reach & kind) && --b->n_out[from] == 0) b->work[n++] = from;
        }
    }
}

static void find_always(struct json_texts *x, const struct backward *b, uint16_t kind) {
    uint32_t n = 0;
    for (uint32_t s = 1; s <= x->dfa->n_states; s++) {
        x->states[s].always |= kind;
        if (x->states[s].infinite & kind) continue;
        x->states[s].always &= (uint16_t)~kind;
        if (x->states[s].reach) b->work[n++] = s;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t s = b->work[i];
        for (size_t e = b->first[s]; e < b->first[s + 1]; e++) {
            struct json_texts_state *from = &x->states[b->from[e]];
            if (!(from->always & kind)) continue;
            from->always &= (uint16_t)~kind;
            b->work[n++] = b->from[e];
        }
    }
}

static void find_bytes(struct json_texts *x) {
    for (uint32_t s = 1; s <= x->dfa->n_states; s++) {
        struct json_texts_state *state = &x->states[s];
        state->low = 255;
        state->accepts = kind_of(x, s);
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint16_t reach = x->states[dfa_step(x->dfa, s, (uint8_t)byte)].reach;
            if (!reach) continue;
            if (state->low > byte) state->low = (uint8_t)byte;
            state->high = (uint8_t)byte;
            if ((byte & 0xc0) != 0x80) state->begins |= reach;
        }
    }
}

/* May all of UTF-8 follow, given that for the states after it the same is known? */
static bool is_free_at(const struct json_texts *x, const uint8_t *places, uint32_t state,
                       enum utf8_place place) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        enum utf8_place after = utf8_place_after(place, (uint8_t)byte);
        if (after == UTF8_BROKEN) continue;
        if (!(places[dfa_step(x->dfa, state, (uint8_t)byte)] >> after & 1)) return false;
    }
    return true;
}

/* From all is possible down to what holds itself; without a result where that takes long, which
 * costs speed and nothing else. A state within a character is at the place that allows the most. */
static bool find_free(struct json_texts *x) {
    uint32_t n = x->dfa->n_states;
    if (n > MAX_FREE_STATES) return true;
    uint8_t *places = mem_calloc((size_t)n + 1, 1);
    if (!places) return false;
    for (uint32_t s = 1; s <= n; s++) places[s] = x->states[s].reach ? 0xff : 0;
    bool is_changed = true;
    for (int round = 0; is_changed && round < MAX_FREE_ROUNDS; round++) {
        is_changed = false;
        for (uint32_t s = n; s > 0; s--) {
            for (int p = 0; p < UTF8_N_PLACES; p++) {
                if (!(places[s] >> p & 1) || is_free_at(x, places, s, (enum utf8_place)p)) continue;
                places[s] &= (uint8_t) ~(1u << p);
                is_changed = true;
            }
        }
    }
    for (uint32_t s = 1; s <= n && !is_changed; s++) {
        if (places[s]) x->states[s].is_free = (uint8_t)(1 + __builtin_ctz(places[s]));
    }
    mem_free(places);
    return true;
}

static bool measure_kinds(struct json_texts *x, const struct backward *b) {
    size_t n = (size_t)x->dfa->n_states + 1, size;
    uint16_t kinds = 0;
    for (uint32_t s = 1; s < n; s++) kinds |= kind_of(x, s);
    uint32_t n_kinds = (uint32_t)__builtin_popcount(kinds);
    if (!mul_size(&size, n, n_kinds)) return false;
    x->own_left = mem_calloc(size + 1, sizeof *x->own_left);
    if (!x->own_left) return false;
    uint32_t *left = x->own_left;
    for (int k = 0; k < JSON_N_KINDS; k++) {
        uint16_t kind = (uint16_t)(1 << k);
        if (!(kinds & kind)) continue;
        measure(x, b, kind, left);
        for (size_t s = 1; s < n; s++) x->states[s].reach |= left[s] == UINT32_MAX ? 0 : kind;
        x->left[k] = left;
        left += n;
    }
    for (int k = 0; k < JSON_N_KINDS; k++) {
        if (kinds >> k & 1) find_infinite(x, b, (uint16_t)(1 << k));
    }
    for (int k = 0; k < JSON_N_KINDS; k++) {
        if (kinds >> k & 1) find_always(x, b, (uint16_t)(1 << k));
    }
    return true;
}

ingle_status json_texts_init(struct json_texts *x, const struct dfa *dfa, const uint16_t *kinds,
                             ingle_error *err) {
    struct backward b = {0};
    *x = (struct json_texts){.dfa = dfa, .kinds = kinds};
    x->states = mem_calloc((size_t)dfa->n_states + 1, sizeof *x->states);
    bool is_done = x->states && make_backward(&b, dfa) && measure_kinds(x, &b);
    if (is_done) {
        find_bytes(x);
        is_done = find_free(x);
    }
    free_backward(&b);
    if (is_done) return INGLE_OK;
    json_texts_clear(x);
    return status_no_memory(err, "an automaton of the schema", dfa->n_states * sizeof *x->states);
}

void json_texts_clear(struct json_texts *x) {
    mem_free(x->states);
    mem_free(x->own_left);
    *x = (struct json_texts){0};
}

uint32_t json_texts_left(const struct json_texts *x, uint32_t state, uint16_t kinds) {
    uint32_t least = UINT32_MAX;
    for (int k = 0; k < JSON_N_KINDS; k++) {
        if ((kinds >> k & 1) && x->left[k] && x->left[k][state] < least) least = x->left[k][state];
    }
    return least;
}
