#include "daemon/serve/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "daemon/http/tls_library.h"

/* The library's own word for what went wrong first, of which the rest is the echo. */
static ingle_status refuse(const char *what, const char *path, ingle_error *err) {
    const struct tls_library *tls = tls_library();
    const char *why = tls->ERR_reason_error_string(tls->ERR_peek_error());
    tls->ERR_clear_error();
    return status_set(err, INGLE_INVALID, 0, "The %s '%s' cannot be used: %s.", what, path,
                      why ? why : "it cannot be read");
}

/* The library's words for a file that is not there are poor ones. */
static ingle_status check_file(const char *path, ingle_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return status_errno(err, errno, "read", path);
    close(fd);
    return INGLE_OK;
}

/* Of an encrypted key. The library's own would ask at the terminal, which a service has not. */
static int has_no_passphrase(char *buf, int size, int for_writing, void *was_asked) {
    (void)buf, (void)size, (void)for_writing;
    *(bool *)was_asked = true;
    return -1;
}

static ingle_status read_key(SSL_CTX *made, const char *key, ingle_error *err) {
    const struct tls_library *tls = tls_library();
    bool was_asked = false;
    tls->SSL_CTX_set_default_passwd_cb(made, has_no_passphrase);
    tls->SSL_CTX_set_default_passwd_cb_userdata(made, &was_asked);
    bool is_read = tls->SSL_CTX_use_PrivateKey_file(made, key, SSL_FILETYPE_PEM) == 1;
    tls->SSL_CTX_set_default_passwd_cb_userdata(made, NULL);
    if (was_asked) {
        tls->ERR_clear_error();
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "The key '%s' is encrypted, and a service has nobody to ask for its "
                          "passphrase ('openssl pkey' writes one that is not).",
                          key);
    }
    return is_read && tls->SSL_CTX_check_private_key(made) == 1 ? INGLE_OK
                                                                : refuse("key", key, err);
}

static ingle_status fill(SSL_CTX *made, const char *cert, const char *key, ingle_error *err) {
    const struct tls_library *tls = tls_library();
    INGLE_TRY(check_file(cert, err));
    INGLE_TRY(check_file(key, err));
    (void)tls->SSL_CTX_ctrl(made, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL);
    (void)tls->SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (tls->SSL_CTX_use_certificate_chain_file(made, cert) != 1) {
        return refuse("certificate", cert, err);
    }
    return read_key(made, key, err);
}

ingle_status tls_new(struct ssl_ctx_st **out, const char *cert, const char *key, ingle_error *err) {
    const struct tls_library *tls = tls_library();
    *out = NULL;
    if (!tls) {
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "A certificate needs OpenSSL, which is not installed (Debian: libssl3).");
    }
    SSL_CTX *made = tls->SSL_CTX_new(tls->TLS_server_method());
    if (!made) return status_no_memory(err, "TLS", 0);
    ingle_status status = fill(made, cert, key, err);
    if (status == INGLE_OK) {
        *out = made;
    } else {
        tls->SSL_CTX_free(made);
    }
    return status;
}

void tls_free(struct ssl_ctx_st *tls) {
    if (tls) tls_library()->SSL_CTX_free(tls);
}
