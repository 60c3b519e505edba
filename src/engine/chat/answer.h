/* What an answer was made of: the message that it becomes. */
#ifndef INGLE_ENGINE_CHAT_ANSWER_H
#define INGLE_ENGINE_CHAT_ANSWER_H

#include "engine/chat/message.h"
#include "engine/chat/split.h"

/* Zeroed by answer_init(). */
struct answer {
    struct buf text, thinking, arguments; /* arguments: of the call that is not complete */
    struct arena arena;
    struct message_call *calls; /* [n_calls], those that are complete */
    size_t n_calls, cap;
    struct json_text id, name; /* of the one that is not */
    bool failed;               /* out of memory */
};

void answer_init(struct answer *a);
void answer_clear(struct answer *a);
void answer_put(struct answer *a, const struct split_event *event);

/* The assistant's message number `number`; NO_MEMORY also if answer_put() had none. */
BASE_NODISCARD ingle_status answer_message(struct message **out, const struct answer *a,
                                           size_t number, ingle_error *err);

#endif
