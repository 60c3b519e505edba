/* Strings and names as JSON spells them: from bytes and escapes to the texts of an automaton. */
#ifndef INGLE_ENGINE_CONSTRAINT_JSON_STRINGS_H
#define INGLE_ENGINE_CONSTRAINT_JSON_STRINGS_H

#include "engine/constraint/json_texts.h"
#include "engine/constraint/json_values.h"

/* After the opening quote. content: the text so far, where somebody has to know it, else 0.
 *
 * escape: 0 between escapes; an enum utf8_place where there is no automaton to know it; else the
 * stage << 24 | high surrogate, its low ten bits << 12 | hexadecimal digits so far. */
struct json_spot {
    uint32_t state; /* of the automaton; without one: characters so far, up to where it matters */
    uint32_t escape;
    uint32_t content;
};

enum json_escape_stage {
    JSON_ESCAPE_NONE,
    JSON_ESCAPE_BEGUN,                      /* after the backslash */
    JSON_ESCAPE_HEX,                        /* after \u; + number of digits, below 4 */
    JSON_ESCAPE_PAIR = JSON_ESCAPE_HEX + 4, /* after a high surrogate, */
    JSON_ESCAPE_PAIR_U,                     /* its backslash */
    JSON_ESCAPE_LOW                         /* and u; + number of digits */
};

/* Which texts are not free any more: names that were there, strings that were. */
struct json_filter {
    bool (*is_free)(void *user, uint32_t label, uint32_t content);
    void *user;
};

/* Who asks: the texts, and of them those of these kinds that are free. */
struct json_asker {
    const struct json_texts *texts;
    uint16_t kinds;
    bool keeps_content;
    const struct json_filter *filter; /* NULL: all are free */
    struct json_values *values;
    struct json_search *search;
};

/* Memory for looking through automata. */
struct json_search {
    struct json_branch {
        uint32_t state, content;
        uint16_t byte; /* the next to try */
    } * branches;
    uint32_t cap;
    bool failed; /* out of memory: answers are lies */
};

void json_search_clear(struct json_search *search);

struct json_spot json_spot_start(const struct json_texts *texts);

enum json_spot_end { JSON_SPOT_DEAD, JSON_SPOT_INSIDE, JSON_SPOT_END };

/* One byte more. END: it was the closing quote, and the text is one of the asker's. Dead too if no
 * such text is reached any more. */
enum json_spot_end json_spot_step(const struct json_asker *asker, struct json_spot *spot,
                                  uint8_t byte);

/* Is any of the asker's texts reached? */
bool json_spot_is_alive(const struct json_asker *asker, const struct json_spot *spot);

/* The next byte on a short way to the end of the string, and how many there are; the way that
 * follows is shorter. Of a living spot. */
struct json_spot_way {
    uint8_t byte;
    uint32_t left;
};

struct json_spot_way json_spot_finish(const struct json_asker *asker, const struct json_spot *spot);

/* Is there a text of at most `limit` more bytes? *byte: the first of them, -1 if there are none. */
bool json_text_search(const struct json_asker *asker, uint32_t state, uint32_t content,
                      uint32_t limit, int *byte);

#endif
