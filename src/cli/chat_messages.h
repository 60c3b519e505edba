/* A conversation as the front holds it: messages, each with what is said of it here and the whole
 * of it as JSON, which the worker wrote or takes. What they held is wiped. */
#ifndef INGLE_CLI_CHAT_MESSAGES_H
#define INGLE_CLI_CHAT_MESSAGES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

struct chat_message {
    const char *role, *text, *json; /* NUL-terminated, in one block that begins with role */
    size_t text_len, json_len, size;
    int64_t time; /* when the vault kept it, in nanoseconds since 1970; 0 */
};

/* Zeroed is a valid empty one. */
struct chat_messages {
    struct chat_message *at; /* [n], the oldest first */
    size_t n, cap;
};

void chat_messages_clear(struct chat_messages *m);

/* Appends a message of the person's; INVALID if the text is no UTF-8. */
BASE_NODISCARD ingle_status chat_messages_say(struct chat_messages *m, const char *role,
                                              const char *text, size_t len, ingle_error *err);

/* Appends a message whose JSON is known. */
BASE_NODISCARD ingle_status chat_messages_add(struct chat_messages *m, const char *role,
                                              const char *text, size_t text_len, const char *json,
                                              size_t json_len, ingle_error *err);

/* A copy of a message, which becomes number `at`. */
BASE_NODISCARD ingle_status chat_messages_insert(struct chat_messages *m, size_t at,
                                                 const struct chat_message *message,
                                                 ingle_error *err);

/* All messages of `from`, which is empty afterwards, to the end of m. */
BASE_NODISCARD ingle_status chat_messages_append(struct chat_messages *m,
                                                 struct chat_messages *from, ingle_error *err);

/* Takes out n messages from number `first` on, and puts them into *into (empty) or away (NULL). */
BASE_NODISCARD ingle_status chat_messages_take(struct chat_messages *m, size_t first, size_t n,
                                               struct chat_messages *into, ingle_error *err);

/* The system message, which is message 0 if there is one: sets, replaces or (NULL) removes it. */
BASE_NODISCARD ingle_status chat_messages_set_system(struct chat_messages *m, const char *text,
                                                     size_t len, ingle_error *err);
/* NULL if there is none. */
const struct chat_message *chat_messages_system(const struct chat_messages *m);

/* Turns, each a user's message and what follows it: how many there are, and the number of the
 * message that turn i begins with; m->n past the last. */
size_t chat_messages_n_turns(const struct chat_messages *m);
size_t chat_messages_turn(const struct chat_messages *m, size_t i);

/* All of them but n from number `first` on, as a JSON array. */
BASE_NODISCARD ingle_status chat_messages_json(const struct chat_messages *m, size_t first,
                                               size_t n, struct buf *json, ingle_error *err);

#endif
