/* Secrets that are shown to be believed: 256 random bits in hex. */
#ifndef INGLE_BASE_SECRET_H
#define INGLE_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define SECRET_LEN 64

struct secret {
    char text[SECRET_LEN + 1]; /* "" = none */
};

/* FAILED without a source of randomness. */
BASE_NODISCARD ingle_status secret_make(struct secret *s, ingle_error *err);

/* Takes one that was written down; false if it is none. */
bool secret_read(struct secret *s, const char *text, size_t len);

/* Compared in a time that does not tell where they differ. An empty secret is nobody's. */
bool secret_is(const struct secret *s, const char *given);

void secret_wipe(struct secret *s);

#endif
