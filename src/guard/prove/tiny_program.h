/* The smallest program there is: it ends with code 0. What a twin runs if it can. */
#ifndef INGLE_GUARD_PROVE_TINY_PROGRAM_H
#define INGLE_GUARD_PROVE_TINY_PROGRAM_H

#include <stdint.h>

#if defined(__x86_64__)
#define TINY_MACHINE 62, 0
#define TINY_CODE                                                                                  \
    0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05, 0, 0, 0 /* xor edi, edi; mov eax, 60; syscall */
#elif defined(__aarch64__)
#define TINY_MACHINE 183, 0
#define TINY_CODE                                                                                  \
    0, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 1, 0, 0, 0xd4 /* x0 = 0; x8 = 93; svc                \
                                                             */
#else
#define TINY_MACHINE 0, 0
#define TINY_CODE 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#endif

#define TINY_U64(low, high) low, high, 0, 0, 0, 0, 0, 0

/* An ELF header, one program header (all of the file, at 0x400000, readable and executable), and
 * the code at 0x78. */
static const uint8_t tiny_program[] = {
    0x7f,
    'E',
    'L',
    'F',
    2,
    1,
    1,
    0,
    TINY_U64(0, 0),
    2,
    0,
    TINY_MACHINE,
    1,
    0,
    0,
    0,
    0x78,
    0,
    0x40,
    0,
    0,
    0,
    0,
    0,
    TINY_U64(0x40, 0),
    TINY_U64(0, 0),
    0,
    0,
    0,
    0,
    0x40,
    0,
    0x38,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    5,
    0,
    0,
    0,
    TINY_U64(0, 0),
    0,
    0,
    0x40,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0x40,
    0,
    0,
    0,
    0,
    0,
    TINY_U64(0x84, 0),
    TINY_U64(0x84, 0),
    TINY_U64(0, 0x10),
    TINY_CODE,
};

#endif
