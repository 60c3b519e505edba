/* Messages to the text that a model continues: put into the shape that its template takes,
 * rendered, and ended as thinking wants it. */
#ifndef INGLE_ENGINE_CHAT_RENDER_H
#define INGLE_ENGINE_CHAT_RENDER_H

#include "engine/chat/family.h"
#include "engine/chat/message.h"
#include "engine/chat/tools.h"
#include "engine/text/text_range.h"

enum think_mode { THINK_AUTO, THINK_ON, THINK_OFF };

struct render_input {
    const struct family *family;
    const struct family_model *model;
    const struct message_list *messages;
    const struct tool_set *tools;  /* to be shown; NULL */
    const struct json_value *vars; /* OBJECT; NULL */
    enum call_format calls;        /* the family's, or CALLS_CODE */
    enum think_mode think;
    bool has_many_calls; /* more than one call an answer is asked for at most */
    struct tm now;
};

/* Zeroed is empty; cleared by the caller also after a failure. */
struct rendered {
    struct buf text;
    struct text_range *ranges; /* [n_ranges] what the template wrote: control tokens may be there */
    size_t n_ranges;
    bool in_thinking; /* the answer begins inside thinking */
};
void rendered_clear(struct rendered *r);

/* INVALID: the template refuses the messages, or cannot do with them what it does. */
BASE_NODISCARD ingle_status render_messages(struct rendered *out, const struct render_input *input,
                                            ingle_error *err);

/* normalise.c: the messages as the family's template takes them, all in the arena. */
BASE_NODISCARD ingle_status normalise_messages(const struct json_value **out,
                                               const struct render_input *input,
                                               struct arena *arena, ingle_error *err);

/* What tells a model of CALLS_GENERIC about its tools. */
void generic_instructions(struct buf *out, const struct tool_set *tools, bool has_many);

#endif
