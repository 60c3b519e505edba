/* The models that are part of the program: packs of models/, trained by the project
 * (docs/builtin.md), as bytes of its read-only data. Nothing is unpacked or parsed here. */
#ifndef INGLE_BUILTIN_BUILTIN_H
#define INGLE_BUILTIN_BUILTIN_H

#include <stddef.h>

enum builtin_pack { BUILTIN_INTENTS, BUILTIN_TAGGER, BUILTIN_ENCODER, BUILTIN_N_PACKS };

struct builtin_bytes {
    const char *name; /* for messages */
    const void *data; /* 64-byte aligned */
    size_t size;      /* 0: not in this build */
};

struct builtin_bytes builtin_bytes(enum builtin_pack which);

#endif
