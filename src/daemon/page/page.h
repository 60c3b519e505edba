/* The page that people open in a browser. */
#ifndef INGLE_DAEMON_PAGE_PAGE_H
#define INGLE_DAEMON_PAGE_PAGE_H

#include "daemon/api/api.h"

extern const struct api_dialect api_page;

#endif
