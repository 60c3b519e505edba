/* What the files of ingle's own endpoints share. */
#ifndef INGLE_DAEMON_OWN_OWN_H
#define INGLE_DAEMON_OWN_OWN_H

#include "daemon/api/api.h"
#include "daemon/api/field.h"

extern const struct api_dialect api_ingle;

/* POST /ingle/session {"key"} -> {"token"}: own_session.c */
void own_session(struct api_call *c);

/* GET /ingle/status: own_status.c */
void own_status(struct api_call *c);

/* POST /ingle/tasks/...: own_task_<name>.c */
void own_summarize(struct api_call *c);
void own_rewrite(struct api_call *c);
void own_draft(struct api_call *c);
void own_complete(struct api_call *c);
void own_intent(struct api_call *c);
void own_redact(struct api_call *c);
void own_digest(struct api_call *c);
void own_document(struct api_call *c);

#endif
