#include "builtin/builtin.h"

#include <stdint.h>

/* C has no way to name a file's bytes before C23's #embed; the assembler does. */
#define EMBED(symbol, file)                                                                        \
    __asm__(".section .rodata\n"                                                                   \
            ".balign 64\n"                                                                         \
            ".local " #symbol "\n" #symbol ":\n"                                                   \
            ".incbin \"" file "\"\n"                                                               \
            ".local " #symbol "_end\n" #symbol "_end:\n"                                           \
            ".previous\n");                                                                        \
    extern const uint8_t symbol[], symbol##_end[]

#ifdef BUILTIN_INTENTS_FILE
EMBED(builtin_intents, BUILTIN_INTENTS_FILE);
#endif
#ifdef BUILTIN_TAGGER_FILE
EMBED(builtin_tagger, BUILTIN_TAGGER_FILE);
#endif
#ifdef BUILTIN_ENCODER_FILE
EMBED(builtin_encoder, BUILTIN_ENCODER_FILE);
#endif

#define BYTES(name, symbol)                                                                        \
    { name, symbol, (size_t)(symbol##_end - symbol) }

struct builtin_bytes builtin_bytes(enum builtin_pack which) {
    switch (which) {
#ifdef BUILTIN_INTENTS_FILE
    case BUILTIN_INTENTS:
        return (struct builtin_bytes)BYTES("the built-in intents", builtin_intents);
#endif
#ifdef BUILTIN_TAGGER_FILE
    case BUILTIN_TAGGER:
        return (struct builtin_bytes)BYTES("the built-in tagger", builtin_tagger);
#endif
#ifdef BUILTIN_ENCODER_FILE
    case BUILTIN_ENCODER:
        return (struct builtin_bytes)BYTES("the built-in encoder", builtin_encoder);
#endif
    default:
        return (struct builtin_bytes){"", NULL, 0};
    }
}
