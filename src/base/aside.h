/* One more thread that works beside its owner: one piece of work at a time, handed over and waited
 * for. Between pieces it sleeps. */
#ifndef INGLE_BASE_ASIDE_H
#define INGLE_BASE_ASIDE_H

#include "base/status.h"

struct aside;

BASE_NODISCARD ingle_status aside_new(struct aside **out, ingle_error *err);
void aside_free(struct aside *aside); /* after the last piece was waited for */

/* Every start is followed by a wait, after which all that fn wrote is seen. */
void aside_start(struct aside *aside, void (*fn)(void *arg), void *arg);
void aside_wait(struct aside *aside);

#endif
