/* Writes calls the way a family's models do, for templates that do not: the other direction of
 * call_reader.h. */
#ifndef INGLE_ENGINE_CHAT_CALL_WRITE_H
#define INGLE_ENGINE_CHAT_CALL_WRITE_H

#include "base/buf.h"
#include "engine/chat/format.h"
#include "engine/chat/message.h"

/* Appends all of an answer's calls, n > 0. INVALID only if arguments are no JSON object. */
BASE_NODISCARD ingle_status call_write(struct buf *out, enum call_format format,
                                       const struct message_call *calls, size_t n,
                                       ingle_error *err);

#endif
