/* The messages of a conversation: read from OpenAI's shape, checked, and kept in one form:
 *
 *     {"role": "assistant", "content": "...", "reasoning_content": "...",
 *      "tool_calls": [{"id": "...", "type": "function",
 *                      "function": {"name": "...", "arguments": "{...}"}}]}
 *
 * content is a string, or null beside calls; fields that are empty are left out; fields that are
 * not known follow as they came. */
#ifndef INGLE_ENGINE_CHAT_MESSAGE_H
#define INGLE_ENGINE_CHAT_MESSAGE_H

#include "base/json_tree.h"
#include "base/rng.h"
#include "base/status.h"

#define MESSAGE_MAX_SIZE ((size_t)64 << 20) /* bytes of one, as JSON */
#define MESSAGES_MAX ((size_t)1 << 16)

enum message_role { MESSAGE_SYSTEM, MESSAGE_USER, MESSAGE_ASSISTANT, MESSAGE_TOOL };

struct message_call {
    struct json_text id, name;
    struct json_text arguments; /* JSON text of an object */
};

struct message {
    struct arena arena;
    const struct json_value *tree;
    struct json_text json;
    enum message_role role;
    struct json_text text, thinking, call_id, name; /* "" = none */
    const struct message_call *calls;
    size_t n_calls;
};

/* Zeroed is empty. */
struct message_list {
    struct message **at;
    size_t n, cap;
};

/* Where the ids of calls come from. Mistral's templates want exactly nine characters. */
struct call_ids {
    struct rng rng;
    bool are_short;
};

#define CALL_ID_MAX 32

void call_id_make(struct call_ids *ids, char id[CALL_ID_MAX]);

/* What a message is made of; texts may be NULL with len 0. */
struct message_parts {
    enum message_role role;
    struct json_text text, thinking, call_id, name;
    const struct message_call *calls;
    size_t n_calls;
    const struct json_value *from; /* OBJECT whose unknown fields are kept; NULL */
};

const char *message_role_name(enum message_role role);
/* False if there is no such role. "developer" is system. */
bool message_find_role(const char *name, size_t len, enum message_role *role);

/* INVALID, naming message `number`, if a text is no UTF-8. */
BASE_NODISCARD ingle_status message_new(struct message **out, const struct message_parts *parts,
                                        size_t number, ingle_error *err);
void message_free(struct message *m);

/* From a tree in OpenAI's shape, as message list->n after those in the list: a result without an id
 * answers their first call that has none. */
BASE_NODISCARD ingle_status message_read(struct message **out, const struct json_value *value,
                                         const struct message_list *list, struct call_ids *ids,
                                         ingle_error *err);

/* The first call of the last message with calls that no message answers; NULL. name "" = any. */
const struct message_call *message_open_call(const struct message_list *list,
                                             struct json_text name);
/* The latest call with this id in messages 0..n; NULL. */
const struct message_call *message_find_call(const struct message_list *list, size_t n,
                                             struct json_text id);

/* LIMIT, NO_MEMORY; the list takes the message only on success. */
BASE_NODISCARD ingle_status message_list_add(struct message_list *list, struct message *m,
                                             ingle_error *err);
/* Frees the messages too. */
void message_list_clear(struct message_list *list);

#endif
