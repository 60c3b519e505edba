/* OpenSSL, loaded when a certificate is: few services have one, and every command would wait for
 * the library to be linked (4 ms of `ingle intent`, which takes 10). Its own names, as members. */
#ifndef INGLE_DAEMON_HTTP_TLS_LIBRARY_H
#define INGLE_DAEMON_HTTP_TLS_LIBRARY_H

#include <openssl/err.h>
#include <openssl/ssl.h>

#define TLS_FUNCTIONS(F)                                                                           \
    F(ERR_clear_error)                                                                             \
    F(ERR_peek_error)                                                                              \
    F(ERR_reason_error_string)                                                                     \
    F(SSL_CTX_check_private_key)                                                                   \
    F(SSL_CTX_ctrl)                                                                                \
    F(SSL_CTX_free)                                                                                \
    F(SSL_CTX_new)                                                                                 \
    F(SSL_CTX_set_default_passwd_cb)                                                               \
    F(SSL_CTX_set_default_passwd_cb_userdata)                                                      \
    F(SSL_CTX_set_options)                                                                         \
    F(SSL_CTX_up_ref)                                                                              \
    F(SSL_CTX_use_PrivateKey_file)                                                                 \
    F(SSL_CTX_use_certificate_chain_file)                                                          \
    F(SSL_accept)                                                                                  \
    F(SSL_ctrl)                                                                                    \
    F(SSL_free)                                                                                    \
    F(SSL_get_error)                                                                               \
    F(SSL_new)                                                                                     \
    F(SSL_read_ex)                                                                                 \
    F(SSL_set_fd)                                                                                  \
    F(SSL_set_options)                                                                             \
    F(SSL_shutdown)                                                                                \
    F(SSL_write_ex)                                                                                \
    F(TLS_server_method)

struct tls_library {
#define TLS_MEMBER(name) __typeof__(name) *name;
    TLS_FUNCTIONS(TLS_MEMBER)
#undef TLS_MEMBER
};

/* The library that is installed, loaded at the first call, for good; NULL if there is none that has
 * all of these. Whoever has an SSL_CTX has it. */
const struct tls_library *tls_library(void);

#endif
