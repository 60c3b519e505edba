/* Between the files of json_machine.
 *
 * A state is a set of threads: the ways in which the text so far may be taken. Alternatives of a
 * shape run beside each other until the text has decided. A thread is a place in the text (what is
 * being read) in a frame (the array or object around it with what was read of it, its frame, and so
 * on); each frame already counts the value being read in it. All of these are known by numbers,
 * equal ones by the same, so that equal situations are equal states.
 *
 * Every thread of a state can be finished on its own. That is checked where threads are made:
 * frames only become what can be ended (json_plan.h), and places only what leads to a value that
 * the frame may take. */
#ifndef INGLE_ENGINE_CONSTRAINT_JSON_MACHINE_INTERNAL_H
#define INGLE_ENGINE_CONSTRAINT_JSON_MACHINE_INTERNAL_H

#include "engine/constraint/json_machine.h"
#include "engine/constraint/json_plan.h"
#include "engine/constraint/json_strings.h"

#define JSON_ROOT_FRAME 0u
/* The ways in which one text may be taken at the same time; more and the machine fails. */
#define JSON_MAX_THREADS 2048

enum json_place {
    JSON_AT_VALUE,   /* a value should come; in an object, of class `which` */
    JSON_AT_FIRST,   /* after [: a value or ] */
    JSON_IN_LITERAL, /* `which` of json_literals, spot.state bytes of it */
    JSON_IN_NUMBER,  /* of lexer `which`, at node spot.state */
    JSON_IN_STRING,  /* `which` of the plan */
    JSON_AT_NAME,    /* after {: a name or } */
    JSON_AT_NEXT_NAME,
    JSON_IN_NAME, /* of the kinds `which` */
    JSON_AT_COLON,
    JSON_AFTER_VALUE /* in the root frame: the text is whole */
};

struct json_thread {
    uint32_t frame;
    uint32_t place; /* enum json_place */
    uint32_t which;
    struct json_spot spot;
};

#define JSON_MAX_NUMBER (NUMBER_MAX_DIGITS + NUMBER_MAX_EXPONENT + 8) /* bytes of the text */
#define JSON_THREAD_WORDS 6

enum json_frame_flag {
    JSON_IS_ARRAY = 1,
    JSON_MAKES_VALUE = 2, /* the value of this array or object must be known when it ends */
    JSON_IS_UNIQUE = 4,
    JSON_IS_ROOT = 8
};

struct json_frame {
    uint32_t parent;
    uint32_t flags;
    uint32_t which;            /* array or object of the plan */
    struct json_progress done; /* arrays: n is the index, count as in json_plan.h */
    uint32_t seen;             /* set: names of an object; values of an array without equal ones */
    uint32_t value;            /* list of elements, set of members; see JSON_MAKES_VALUE */
    uint32_t name;             /* of the member being read */
};

#define JSON_FRAME_WORDS (sizeof(struct json_frame) / sizeof(uint32_t))

/* Of a lexer key; see json_lexeme.c. */
struct json_key_spot {
    uint32_t kind, which, kinds, state, escape, is_name;
};

#define JSON_MAX_KEY_SPOTS 64

struct json_machine {
    struct machine base;
    struct json_plan plan;
    struct json_values values;
    struct intern frames; /* [0] is the root frame */
    struct intern states; /* sequences of threads; [0] is the dead one */
    struct intern keys;   /* sequences of spots: of lexer keys */
    struct {
        uint32_t frames, states, values;
    } marked; /* how many there were at mark() */
    struct json_search search;
    struct json_thread
        *threads; /* [JSON_MAX_THREADS + 1] of the state under construction, sorted */
    uint32_t n_threads;
    struct json_key_spot key_spots[JSON_MAX_KEY_SPOTS]; /* of the key under construction, sorted */
    struct shape_option root_option;
    struct shape_slot root_slot;
};

extern const char *const json_literals[3];

struct json_frame json_frame_at(const struct json_machine *m, uint32_t id);
/* False: failed. */
bool json_frame_add(struct json_machine *m, const struct json_frame *frame, uint32_t *id);

/* The threads of a state; valid until a state is added. */
const struct json_thread *json_state_threads(const struct json_machine *m, machine_state state,
                                             size_t *n);

/* Adds to the state under construction. */
void json_thread_add(struct json_machine *m, const struct json_thread *thread);
machine_state json_state_end(struct json_machine *m);

/* What a thread in a string or name asks of the text. */
struct json_question {
    struct json_asker asker;
    struct json_filter filter;
    struct json_machine *machine;
    const struct json_object_plan *object; /* of a name */
    uint32_t seen;
};

void json_ask_string(struct json_question *q, struct json_machine *m, uint32_t string,
                     const struct json_frame *frame);
void json_ask_name(struct json_question *q, struct json_machine *m, const struct json_thread *t,
                   const struct json_frame *frame);

/* The kinds of names that may come next in an object. */
uint16_t json_name_kinds(const struct json_machine *m, const struct json_frame *frame);

/* The options of the value that comes at the thread, and the frame with the value counted in it,
 * if an option is taken. False: it cannot be taken. */
const struct shape_slot *json_slot_at(const struct json_machine *m, const struct json_thread *t,
                                      const struct json_frame *frame);
bool json_take_option(const struct json_machine *m, struct json_frame *frame, bool is_root,
                      const struct shape_option *option);

/* In an array without equal elements: may the element still come to be one that was not there? All
 * of them take the frame with the element counted. content: the number so far, as written. */
bool json_number_is_free(struct json_machine *m, const struct json_frame *frame, uint32_t lexer,
                         uint32_t content);
bool json_literal_is_free(struct json_machine *m, const struct json_frame *frame, uint32_t which);
bool json_shape_is_free(struct json_machine *m, const struct json_frame *frame, shape_id shape);

/* The filter of numbers for a frame of unique elements. */
struct json_number_question {
    struct number_filter filter;
    struct json_machine *machine;
    uint32_t seen;
};
void json_ask_number(struct json_number_question *q, struct json_machine *m,
                     const struct json_frame *frame);

/* May the array or object end here? Its bounds say so, and it is no equal of one that was there. */
bool json_frame_may_end(struct json_machine *m, const struct json_frame *frame);
/* The value of an array or object that ends; 0 if nobody asks for it. */
uint32_t json_frame_value(struct json_machine *m, const struct json_frame *frame);

/* The thread after a number that may end. False: it may not, an equal one was there. */
bool json_number_end(struct json_machine *m, const struct json_thread *t,
                     const struct json_frame *frame, struct json_thread *after);

void json_step_thread(struct json_machine *m, const struct json_thread *t, uint8_t byte);

int json_machine_finish(struct machine *base, machine_state state);
uint64_t json_machine_lexeme(struct machine *base, machine_state state);
uint64_t json_machine_lex(struct machine *base, uint64_t key, uint8_t byte);
bool json_machine_may_follow(struct machine *base, uint64_t key, uint8_t byte);
void json_machine_compact(struct machine *base, machine_state *live);
size_t json_machine_size(const struct machine *base);

#endif
