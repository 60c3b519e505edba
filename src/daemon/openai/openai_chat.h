/* What a chat completion asks for, read from its request. */
#ifndef INGLE_DAEMON_OPENAI_OPENAI_CHAT_H
#define INGLE_DAEMON_OPENAI_OPENAI_CHAT_H

#include "daemon/openai/openai.h"

struct openai_chat_request {
    const char *model;
    struct msg_chat ask; /* of the first choice; the others have the next seeds */
    int n;
    bool streams, wants_usage;
};

/* The first field that is wrong stays in *f. All of it lies in the arena. */
void openai_read_chat(struct fields *f, struct arena *arena, struct openai_chat_request *r);

#endif
