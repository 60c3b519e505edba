/* A digest of notifications: of those that a text has, a JSON object a line, or of those that are
 * listed. Answers are a MSG_FOUND, MSG_PROGRESS, and a MSG_GROUP for each group. */
#ifndef INGLE_WORKER_WIRE_MSG_DIGEST_H
#define INGLE_WORKER_WIRE_MSG_DIGEST_H

#include "ingle/digest.h"
#include "worker/wire/message.h"

#define MSG_DIGEST_MAX_ITEMS ((size_t)1000000)

struct msg_digest {
    bool has_lines; /* the notifications are in the lines, else the items */
    struct wire_text lines;
    const char *lines_name; /* for messages */
    const ingle_notification *items;
    size_t n_items;
    const char *const *apps; /* [n_apps] only these, case aside; none = all */
    size_t n_apps;
    int64_t now_s; /* 0 = the time of the latest */
    size_t max_groups;
};
void msg_digest(struct wire *w, void *message);

/* What there is to digest, before the groups. */
struct msg_found {
    size_t n;        /* notifications */
    size_t n_others; /* of other apps, left out */
    size_t n_bad;    /* lines that are none, left out; the first of them: */
    ingle_error first_bad;
};
void msg_found(struct wire *w, void *message);

/* An ingle_digest_group; reading, no string is NULL. */
void msg_group(struct wire *w, void *message);

/* The result, an ingle_digest_result. */
void msg_digested(struct wire *w, void *message);

#endif
