/* Notifications from JSON lines: one object a line,
 *
 *     {"app", "title" or "summary", "body", "time", "urgency", "conversation" or "thread",
 *      "id", "replaces"}
 *
 * all optional but one of title and body; unknown members are ignored. A line that is none of this
 * is left out and counted, and the first such is said. */
#ifndef INGLE_TASK_DIGEST_READ_H
#define INGLE_TASK_DIGEST_READ_H

#include "base/arena.h"
#include "ingle/digest.h"

#define DIGEST_MAX_ITEMS ((size_t)1000000)
#define DIGEST_MAX_LINE ((size_t)1 << 20)

struct digest_batch {
    struct arena texts;        /* owned */
    ingle_notification *items; /* owned; [n], with strings of texts */
    size_t n, cap;
    size_t n_bad;          /* lines left out */
    ingle_error first_bad; /* a sentence with the number of the first of them */
};

/* *batch is zeroed by the caller, and cleared by it, also after a failure. `name` names the text
 * ("standard input"). Bad lines are no failure: NO_MEMORY and LIMIT (too many) are. */
BASE_NODISCARD ingle_status digest_read(struct digest_batch *batch, const char *text, size_t len,
                                        const char *name, ingle_error *err);

/* One more notification, whose strings are copied (NULL stays NULL). */
BASE_NODISCARD ingle_status digest_batch_add(struct digest_batch *batch,
                                             const ingle_notification *item, ingle_error *err);
void digest_batch_clear(struct digest_batch *batch);

#endif
