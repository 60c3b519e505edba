/* What has to be known of an automaton of strings or names, beyond its steps: which kinds of texts
 * can still be reached from a state, and of which there is no end. The kinds are a few;
 * a set of them is a word of bits. (For strings there is one; for names see json_plan.h.) */
#ifndef INGLE_ENGINE_CONSTRAINT_JSON_TEXTS_H
#define INGLE_ENGINE_CONSTRAINT_JSON_TEXTS_H

#include "engine/constraint/dfa.h"

#define JSON_N_KINDS 12

/* Where a text is within a character of UTF-8, after its first bytes. */
enum utf8_place {
    UTF8_BETWEEN,
    UTF8_1, /* bytes to come */
    UTF8_2,
    UTF8_3,
    UTF8_AFTER_E0,
    UTF8_AFTER_ED,
    UTF8_AFTER_F0,
    UTF8_AFTER_F4,
    UTF8_N_PLACES,
    UTF8_BROKEN = UTF8_N_PLACES
};

enum utf8_place utf8_place_after(enum utf8_place place, uint8_t byte);

struct json_texts_state {
    uint16_t reach;    /* kinds of which texts are reached */
    uint16_t infinite; /* of which there is no end */
    uint16_t always;   /* of which there is no end here nor in any state that follows */
    uint16_t begins;   /* kinds reached by a character that begins here; 0 within characters */
    uint8_t is_free;   /* all UTF-8 goes on here: 1 + enum utf8_place; else 0 */
    uint8_t low, high; /* no other bytes go on */
    uint16_t accepts;  /* the kind of the text so far */
};

struct json_texts {
    const struct dfa *dfa; /* NULL: texts of min to max characters, all of kind 1 */
    uint32_t min, max;
    const uint16_t *kinds;              /* [labels + 1] of each label; NULL: 1 for all */
    struct json_texts_state *states;    /* [dfa->n_states + 1] */
    const uint32_t *left[JSON_N_KINDS]; /* [dfa->n_states + 1] bytes to the next text of the kind;
                                           NULL: no such kind. UINT32_MAX: none */
    uint32_t *own_left;                 /* where they lie, unless they are the automaton's */
};

/* dfa not NULL. kinds must stay. */
BASE_NODISCARD ingle_status json_texts_init(struct json_texts *x, const struct dfa *dfa,
                                            const uint16_t *kinds, ingle_error *err);
void json_texts_clear(struct json_texts *x);

/* Bytes to the next text of one of the kinds. */
uint32_t json_texts_left(const struct json_texts *x, uint32_t state, uint16_t kinds);

#endif
