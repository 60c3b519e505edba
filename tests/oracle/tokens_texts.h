/* Texts on which two tokenizers are compared: made fresh from a seed, of every kind that tells
 * tokenizers apart. The same seed and sources make the same texts. */
#ifndef INGLE_TESTS_ORACLE_TOKENS_TEXTS_H
#define INGLE_TESTS_ORACLE_TOKENS_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ingle/file.h"

struct text_sources {
    const char *folder;          /* of real texts; skipped if it is not there */
    const ingle_bytes *controls; /* strings of control tokens */
    const ingle_bytes *pieces;   /* texts of tokens */
    size_t n_controls, n_pieces;
    bool utf8_only; /* no ill-formed text, and none of `pieces` */
    bool no_crash;  /* nothing on which llama.cpp's BPE ends the process */
};

struct texts {
    struct buf bytes; /* all of them, each a u32 length and its bytes: oracle_llama's format */
    ingle_bytes *at;  /* [n] */
    int *kind;        /* [n] */
    size_t n;
};

void texts_make(struct texts *t, uint64_t seed, const struct text_sources *from);
void texts_clear(struct texts *t);

/* Name of a kind of text; NULL past the last. */
const char *texts_kind(int kind);

#endif
