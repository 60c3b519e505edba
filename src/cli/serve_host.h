/* What the service is given by the program around it: workers, started as all commands start them.
 */
#ifndef INGLE_CLI_SERVE_HOST_H
#define INGLE_CLI_SERVE_HOST_H

#include "cli/engine_arg.h"
#include "daemon/service/service.h"

/* The engine's options of every model that is opened from now on; borrowed. */
void serve_host_init(const struct engine_args *args);

extern const struct service_host serve_host;

#endif
