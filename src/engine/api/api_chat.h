/* The public chat over engine/chat, and what it needs of sessions. */
#ifndef INGLE_ENGINE_API_API_CHAT_H
#define INGLE_ENGINE_API_API_CHAT_H

#include "engine/api/api.h"
#include "engine/chat/chat.h"
#include "ingle/constraint.h"

/* What parts of an answer are held to, made when first needed: thinking; the answer; the answer, of
 * which thinking may be the beginning. */
enum reply_constraint { HOLD_THINKING, HOLD_ANSWER, HOLD_BEGINNING, HOLD_N };

struct ingle_chat {
    const struct ingle_model *model;
    struct chat core;
    struct ingle_constraint *constraints[HOLD_N]; /* owned; they borrow from the settings */
    ingle_chat_call *calls;                       /* [calls_cap] of the message last asked for */
    size_t calls_cap;
};

/* chat_markers.c: the control tokens of which the chat's markers consist. Only these are read; any
 * other that a model writes is no part of its answer. */
#define CHAT_MARKERS_MAX 32
BASE_NODISCARD ingle_status chat_find_markers(const struct ingle_chat *chat,
                                              ingle_token ids[CHAT_MARKERS_MAX], size_t *n,
                                              ingle_error *err);

#endif
