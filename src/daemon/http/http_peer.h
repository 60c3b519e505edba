/* Who connects: whether he may, and how many of him there are already. */
#ifndef INGLE_DAEMON_HTTP_HTTP_PEER_H
#define INGLE_DAEMON_HTTP_HTTP_PEER_H

#include "daemon/http/http_internal.h"

struct sockaddr;

/* Fills in *peer, and *key, by which its connections are counted. False: another user's process. */
bool http_peer_of(struct http_peer *peer, uint64_t *key, int fd, const struct sockaddr *address);

/* Whether there is room for one more; the connection that has been idle longest makes some. */
bool http_peer_make_room(struct http_server *server, const struct http_peer *peer, uint64_t key);

/* Says that there is no room, as far as that can be said without waiting; closes fd. */
void http_peer_turn_away(int fd, bool is_tls);

#endif
