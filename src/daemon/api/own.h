/* What the files of ingle's own endpoints share. */
#ifndef INGLE_DAEMON_API_OWN_H
#define INGLE_DAEMON_API_OWN_H

#include "daemon/api/api.h"
#include "daemon/api/field.h"

/* POST /ingle/session {"key"} -> {"token"}: own_session.c */
void own_session(struct api_call *c);

/* GET /ingle/status: own_status.c */
void own_status(struct api_call *c);

#endif
