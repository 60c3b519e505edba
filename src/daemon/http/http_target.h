/* The request line: method, target, version. */
#ifndef INGLE_DAEMON_HTTP_HTTP_TARGET_H
#define INGLE_DAEMON_HTTP_HTTP_TARGET_H

#include "daemon/http/http_head.h"

/* line ends with a NUL, is cut into strings in place, and lives as long as the head. */
bool http_request_line_parse(struct http_head *head, struct arena *arena, char *line, bool *is_1_0,
                             struct http_refusal *why);

#endif
