#include "base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

ingle_status secret_make(struct secret *s, ingle_error *err) {
    unsigned char bytes[SECRET_LEN / 2];
    *s = (struct secret){.text = ""};
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return status_errno(err, errno, "read", "random bytes");
    }
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(s->text + 2 * i, 3, "%02x", bytes[i]);
    explicit_bzero(bytes, sizeof bytes);
    return INGLE_OK;
}

bool secret_read(struct secret *s, const char *text, size_t len) {
    *s = (struct secret){.text = ""};
    if (len != SECRET_LEN) return false;
    for (size_t i = 0; i < len; i++) {
        if (!strchr("0123456789abcdef", text[i]) || text[i] == '\0') return false;
    }
    memcpy(s->text, text, len);
    return true;
}

bool secret_is(const struct secret *s, const char *given) {
    size_t len = strlen(given);
    unsigned char differs = s->text[0] == '\0' || len != SECRET_LEN;
    for (size_t i = 0; i < SECRET_LEN; i++) {
        unsigned char c = i < len ? (unsigned char)given[i] : 0;
        differs = (unsigned char)(differs | ((unsigned char)s->text[i] ^ c));
    }
    return differs == 0;
}

void secret_wipe(struct secret *s) {
    explicit_bzero(s, sizeof *s);
}
