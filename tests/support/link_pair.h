/* Two links that are each other's other end, in one process. For programs with cmocka. */
#ifndef INGLE_TESTS_SUPPORT_LINK_PAIR_H
#define INGLE_TESTS_SUPPORT_LINK_PAIR_H

#include "worker/wire/link.h"

struct link_pair {
    struct link ends[2];
    int fds[2];                 /* of the rings; -1 = closed */
    struct ring_page *pages[2]; /* written by ends[i] */
    const struct ring_page *seen[2];
    int sockets[2];
};

/* What one end writes the other sees at the same address, so that the thread sanitizer judges the
 * order of accesses; or, is_apart, through a mapping of its own that is for reading only. */
void link_pair_make(struct link_pair *p, bool is_apart);
void link_pair_clear(struct link_pair *p);

#endif
