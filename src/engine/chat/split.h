/* Takes a model's answer apart as it comes: thinking, text, calls of tools. However the answer is
 * cut into pieces, the same comes out.
 *
 * Held back is only what could still become a marker, and line breaks at an end of thinking or
 * text. A call is passed on when it is complete and its tool takes the arguments; where these are
 * held to the schema while they are written, they are passed on as they come. */
#ifndef INGLE_ENGINE_CHAT_SPLIT_H
#define INGLE_ENGINE_CHAT_SPLIT_H

#include "engine/chat/call_reader.h"
#include "engine/chat/format.h"
#include "engine/chat/message.h"
#include "engine/chat/tools.h"

enum split_kind { SPLIT_THINKING, SPLIT_TEXT, SPLIT_CALL, SPLIT_ARGUMENTS, SPLIT_CALL_END };

struct split_event {
    enum split_kind kind;
    const char *text; /* [len] THINKING, TEXT, ARGUMENTS: whole characters if the input is */
    size_t len;
    size_t call; /* number of the call, from 0 */
    const char *id, *name;
};

/* Returns false to end the answer: nothing more is passed on. */
typedef bool (*split_fn)(const struct split_event *event, void *user);

struct split_options {
    enum call_format format;
    const struct tool_set *tools;    /* NULL: nothing is taken for a call */
    const struct think_style *think; /* NULL: nothing is taken for thinking */
    bool in_thinking;                /* the answer begins inside thinking */
    bool streams_arguments;          /* they are held to the schema already */
    struct call_ids *ids;
    split_fn put;
    void *user;
};

#define SPLIT_MARKER_MAX 32
#define SPLIT_MARKERS 8

enum split_state { IN_THINKING, IN_TEXT, IN_CALL };

struct split {
    struct split_options o;
    const struct call_format_info *format;
    enum split_state state;
    char held[SPLIT_MARKER_MAX]; /* the beginning of a marker, perhaps */
    size_t n_held;
    char out[256]; /* not yet passed on */
    size_t n_out;
    enum split_kind out_kind;
    char lead[16]; /* white space before a bracket that may begin a call */
    size_t n_lead;
    size_t n_newlines;   /* held back */
    bool drops_newlines; /* these are no part of what follows */
    bool at_line_start;  /* only white space since the last line break */
    bool has_text;       /* the answer has begun with something else than thinking */
    bool after_call;
    bool is_closing; /* see split_close() */
    bool is_over;    /* put() said so */
    struct call_reader reader;
    char id[CALL_ID_MAX];
    size_t n_calls; /* complete ones */
};

/* The options' things must outlive it. */
void split_init(struct split *s, const struct split_options *options);
void split_clear(struct split *s);

/* INVALID for a call that cannot be read, is of no declared tool or whose arguments its tool does
 * not take; LIMIT, NO_MEMORY. After a failure only split_clear() may follow. */
BASE_NODISCARD ingle_status split_feed(struct split *s, const char *text, size_t len,
                                       ingle_error *err);
/* What follows only closes the answer, it is not what the model meant: a call that is not complete
 * by now is dropped. */
void split_close(struct split *s);
/* The end. is_whole: the model ended its answer, so that a call which is not complete is INVALID;
 * else it is dropped. */
BASE_NODISCARD ingle_status split_finish(struct split *s, bool is_whole, ingle_error *err);

/* Where the answer is now. */
static inline bool split_in_thinking(const struct split *s) {
    return s->state == IN_THINKING;
}

#endif
