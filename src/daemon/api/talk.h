/* The messages that a worker is asked about, in the one shape it takes (OpenAI's chat), made from
 * dialects whose conversations come in smaller pieces: what the assistant thought, said and called
 * one after another becomes one message.
 *
 *     talk_init(&t);
 *     talk_text(&t, TALK_USER, "Is it raining?", 14);
 *     talk_call(&t, "call_1", "weather", "{}", 2);
 *     talk_result(&t, "call_1", "yes", 3);
 *     ok = talk_end(&t, c->arena, &m->conversation.messages);
 *     talk_clear(&t);
 *
 * Failure (memory) is remembered until talk_end(). */
#ifndef INGLE_DAEMON_API_TALK_H
#define INGLE_DAEMON_API_TALK_H

#include "base/arena.h"
#include "base/json_write.h"
#include "daemon/api/field.h"
#include "worker/wire/wire.h"

enum talk_role { TALK_NOBODY, TALK_SYSTEM, TALK_DEVELOPER, TALK_USER, TALK_ASSISTANT };

struct talk {
    struct buf out; /* the array so far */
    struct json json;
    enum talk_role role; /* of the message that is being gathered */
    struct buf text, thinking, calls;
    struct json calls_json;
    bool has_text, has_failed;
    size_t n_calls, n_messages;
};

void talk_init(struct talk *t);
void talk_clear(struct talk *t);

/* Messages of an earlier talk_end(), without its brackets. */
void talk_before(struct talk *t, const struct wire_text *messages);

/* A piece of what somebody says: joins the message that is being gathered, behind a newline, if it
 * is of the same role. */
void talk_text(struct talk *t, enum talk_role role, const char *text, size_t len);
/* What the assistant thinks, and calls; the arguments are JSON text. */
void talk_thinking(struct talk *t, const char *text, size_t len);
void talk_call(struct talk *t, const char *id, const char *name, const char *arguments, size_t len);
/* What came of a call. */
void talk_result(struct talk *t, const char *id, const char *text, size_t len);

/* What comes next is a message of its own. */
void talk_break(struct talk *t);

/* One of the tools, in the array that msg_conversation.tools is. description, parameters: may be
 * NULL. */
void talk_put_tool(struct json *j, const char *name, const struct json_value *description,
                   const struct json_value *parameters);

/* The field "tools" as that array, each item written by `put` (with talk_put_tool()); NULL if there
 * are none, or one is wrong. */
const char *talk_read_tools(struct fields *f, struct arena *arena,
                            void (*put)(struct fields *item, struct json *j));

/* *out is in the arena. False: there is no memory. */
bool talk_end(struct talk *t, struct arena *arena, struct wire_text *out);

#endif
