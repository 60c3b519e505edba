/* Who may use the service over TCP: whoever holds the token, or a session of the page, which is got
 * with the one-time key of a link. (Over the Unix socket it is the user, as the kernel says.) And
 * which client a request counts for: its words are remembered for it alone. */
#ifndef INGLE_DAEMON_API_ACCESS_H
#define INGLE_DAEMON_API_ACCESS_H

#include "base/secret.h"
#include "daemon/http/http.h"

struct access;

/* token: copied; NULL = nobody needs one. */
BASE_NODISCARD ingle_status access_new(struct access **out, const struct secret *token,
                                       ingle_error *err);
void access_free(struct access *a); /* wipes */

bool access_needs_token(const struct access *a);

/* The key that a link may carry; good for one session. "" once it was used. */
const char *access_link_key(const struct access *a);

/* A session for whoever shows the key of the link, or the token; false, and nothing, for anything
 * else. The oldest of many sessions ends. */
bool access_open_session(struct access *a, const char *key, struct secret *session);

/* Requests that showed nothing that is known, so far. */
uint64_t access_n_refused(const struct access *a);

/* Of http_options: "Authorization: Bearer" or "x-api-key". */
bool access_authorize(const struct http_request *r, uint64_t *client, struct access *a);

#endif
