/* A conversation as the vault keeps it: a record for each message, its JSON; and for what became of
 * them later an edit, of which all members are optional:
 *
 *     {"at": 3, "removed": 2, "message": {"role": "user", "content": "..."}}
 *
 * From message 3 on (default: the end; the first is 0) two are gone, and this one stands in their
 * place. All records, in their order, make the conversation as it stands. */
#ifndef INGLE_CLI_CHAT_RECORD_H
#define INGLE_CLI_CHAT_RECORD_H

#include "cli/chat_messages.h"

/* Called with the text of a record (borrowed) that is to be kept. */
typedef ingle_status (*chat_record_fn)(const char *data, size_t size, void *user, ingle_error *err);

/* The fewest records that make *kept the same as *wanted; each that was accepted is done to *kept,
 * so that after a failure the rest can be tried again. */
BASE_NODISCARD ingle_status chat_record_changes(struct chat_messages *kept,
                                                const struct chat_messages *wanted,
                                                chat_record_fn keep, void *user, ingle_error *err);
bool chat_record_is_same(const struct chat_messages *a, const struct chat_messages *b);

/* Does a record to the messages. INVALID, and nothing is done, if it is none. */
BASE_NODISCARD ingle_status chat_record_apply(struct chat_messages *m, const char *data,
                                              size_t size, int64_t time, ingle_error *err);

#endif
