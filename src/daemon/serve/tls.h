/* The certificate of a service that other machines may reach. */
#ifndef INGLE_DAEMON_SERVE_TLS_H
#define INGLE_DAEMON_SERVE_TLS_H

#include "base/status.h"

struct ssl_ctx_st;

/* TLS 1.2 and 1.3. cert, key: PEM files; the certificate may have its chain behind it. INVALID,
 * naming the file, if they cannot be used or do not belong together; UNSUPPORTED: the key is
 * encrypted. */
BASE_NODISCARD ingle_status tls_new(struct ssl_ctx_st **out, const char *cert, const char *key,
                                    ingle_error *err);
void tls_free(struct ssl_ctx_st *tls);

#endif
