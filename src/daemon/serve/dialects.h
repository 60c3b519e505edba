/* All dialects that the service speaks. */
#ifndef INGLE_DAEMON_SERVE_DIALECTS_H
#define INGLE_DAEMON_SERVE_DIALECTS_H

#include "daemon/api/api.h"

/* Of struct api. */
void dialects_set(struct api *api);

#endif
