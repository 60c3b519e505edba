#include "daemon/serve/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

/* The library's own word for the latest failure. */
static ingle_status refuse(const char *what, const char *path, ingle_error *err) {
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return status_set(err, INGLE_INVALID, 0, "The %s '%s' cannot be used: %s.", what, path,
                      why ? why : "it cannot be read");
}

static ingle_status fill(SSL_CTX *tls, const char *cert, const char *key, ingle_error *err) {
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (SSL_CTX_use_certificate_chain_file(tls, cert) != 1) return refuse("certificate", cert, err);
    if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls) != 1) {
        return refuse("key", key, err);
    }
    return INGLE_OK;
}

ingle_status tls_new(struct ssl_ctx_st **out, const char *cert, const char *key, ingle_error *err) {
    *out = NULL;
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls) return status_no_memory(err, "TLS", 0);
    ingle_status status = fill(tls, cert, key, err);
    if (status == INGLE_OK) {
        *out = tls;
    } else {
        SSL_CTX_free(tls);
    }
    return status;
}

void tls_free(struct ssl_ctx_st *tls) {
    SSL_CTX_free(tls);
}
