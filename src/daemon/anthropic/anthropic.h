/* What the files of Anthropic's dialect share. */
#ifndef INGLE_DAEMON_ANTHROPIC_ANTHROPIC_H
#define INGLE_DAEMON_ANTHROPIC_ANTHROPIC_H

#include "daemon/api/field.h"
#include "daemon/api/talk.h"
#include "daemon/api/turn.h"

extern const struct api_dialect api_anthropic;

/* POST /v1/messages, and what count_tokens needs of it. */
struct anthropic_request {
    struct msg_chat chat;
    const char *model; /* NULL: the default */
    bool streams;
    bool hides_thinking; /* thinking.display "omitted": only that there was some */
};

/* anthropic_read.c. False: it was answered. counts: no answer is wanted, so that max_tokens may be
 * missing. */
bool anthropic_read(struct api_call *c, struct anthropic_request *r, bool counts);

/* anthropic_blocks.c: the conversation: `system` and `messages`. */
void anthropic_read_messages(struct fields *f, struct arena *arena, struct talk *talk);

/* anthropic_answer.c. Frees nothing of r, which is needed during the call only. */
void anthropic_answer(struct api_call *c, const struct anthropic_request *r);

/* ---- answers ---- */

/* {"type": "error", "error": {"type", "message"}} */
void anthropic_put_error(struct json *j, const struct api_failure *f);

/* What stands behind thinking, so that it is known again: not empty, no secret, and nothing that
 * anything depends on. 32 characters and a NUL. */
void anthropic_sign(char signature[33], const char *thinking, size_t len);

#endif
