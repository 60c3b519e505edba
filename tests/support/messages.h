/* Every message between front and worker, with an example of it. */
#ifndef INGLE_TESTS_SUPPORT_MESSAGES_H
#define INGLE_TESTS_SUPPORT_MESSAGES_H

#include <stddef.h>

#include "worker/wire/wire.h"

#define MESSAGES_MAX_SIZE 4096 /* of the structs */

struct message_kind {
    const char *name;
    wire_fn visit;
    size_t size;
    const void *example; /* its storage is static */
};

extern const struct message_kind message_kinds[];
extern const size_t n_message_kinds;

#endif
