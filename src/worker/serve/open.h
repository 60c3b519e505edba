/* Opens, after the seal, what MSG_START names: model, session, prefix cache, packs. */
#ifndef INGLE_WORKER_SERVE_OPEN_H
#define INGLE_WORKER_SERVE_OPEN_H

#include "worker/serve/serve.h"

BASE_NODISCARD ingle_status open_all(struct server *s, ingle_error *err);

#endif
