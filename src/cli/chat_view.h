/* How an answer is shown while it is made: on a terminal with its thinking dimmed, in a pipe
 * without it, or as JSON. */
#ifndef INGLE_CLI_CHAT_VIEW_H
#define INGLE_CLI_CHAT_VIEW_H

#include "base/buf.h"
#include "cli/out.h"
#include "ingle/chat.h"

struct chat_view {
    struct out *out;
    bool json;
    bool shows_thinking;
    bool dims;                    /* thinking is dimmed; else it stands under a heading */
    struct buf *copy;             /* also receives the answer's text; may be NULL */
    bool is_thinking, is_written; /* what was shown last; whether anything was */
    bool was_interrupted;         /* by Ctrl-C; the caller's to say */
    ingle_status failed;          /* of *copy */
};

/* shows_thinking: even where no terminal dims it. */
void chat_view_init(struct chat_view *v, struct out *out, bool json, bool shows_thinking);

/* An ingle_chat_event_fn; user is the view. */
bool chat_view_event(const ingle_chat_event *event, void *user);

/* Ends the answer's last line. */
void chat_view_end(struct chat_view *v);

/* How an answer ended, as an object on a line. */
void chat_view_json_end(struct out *out, const ingle_chat_result *result, uint64_t seed);

/* "stop", "length", "loop", "tool", "cancel" */
const char *chat_reason_name(ingle_stop_reason reason);

#endif
