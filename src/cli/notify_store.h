/* The desktop's notifications between two digests: so many at most, whatever comes. */
#ifndef INGLE_CLI_NOTIFY_STORE_H
#define INGLE_CLI_NOTIFY_STORE_H

#include "cli/desktop_bus.h"
#include "task/digest_read.h"

enum {
    NOTIFY_MAX_KEPT = 4096,
    NOTIFY_MAX_LATE = 256 /* the desktop's answer is for one of the last so many */
};

/* A zeroed one is empty. */
struct notify_store {
    struct digest_batch batch;
    uint64_t calls[NOTIFY_MAX_KEPT]; /* of each notification */
    size_t n_dropped;                /* the oldest of the least urgent, for want of room */
    size_t n_withdrawn;              /* by their apps */
};

void notify_store_clear(struct notify_store *s); /* also sets the counts to 0 */

/* Keeps what a DESKTOP_NOTIFY shows; of its texts no more than a digest looks at. */
BASE_NODISCARD ingle_status notify_store_add(struct notify_store *s,
                                             const struct desktop_event *event, int64_t time_s,
                                             ingle_error *err);

/* DESKTOP_ID: which id the notification of a call got. */
BASE_NODISCARD ingle_status notify_store_name(struct notify_store *s,
                                              const struct desktop_event *event, ingle_error *err);

/* DESKTOP_CLOSE: the notification goes, and all that it had updated. */
void notify_store_withdraw(struct notify_store *s, const struct desktop_event *event);

#endif
