/* The vocabulary of a tokenizer: what each token stands for, and which token stands for what.
 * Texts are stored as what they mean: the stand-in characters of byte-level BPE are taken back to
 * bytes, SentencePiece's U+2581 is a space. */
#ifndef INGLE_ENGINE_TEXT_VOCAB_H
#define INGLE_ENGINE_TEXT_VOCAB_H

#include <stdbool.h>

#include "base/status.h"
#include "engine/format/name_index.h"

#define VOCAB_NONE (-1)
#define VOCAB_SPACE "\xe2\x96\x81" /* U+2581, a space in the strings of a file */

/* How token strings in the file spell text. */
enum vocab_spelling {
    VOCAB_BYTES, /* one character a byte: GPT-2's alphabet */
    VOCAB_SPACES /* UTF-8 with U+2581 for a space, and tokens <0x00> .. <0xFF> for bytes */
};

enum vocab_flags {
    VOCAB_TEXT = 1,        /* ordinary text may become this token */
    VOCAB_CONTROL = 2,     /* control or unknown: no text, only found when asked for */
    VOCAB_LITERAL = 4,     /* user-defined: its string is always found in a text first */
    VOCAB_END = 8,         /* ends an answer */
    VOCAB_EATS_SPACE = 16, /* found in a text, it takes the whitespace after it along */
    VOCAB_UNUSED = 32      /* the file says that the model does not know it */
};

/* Tokens for filling in the middle, in the order of ingle_fim_part. */
enum vocab_fim {
    VOCAB_FIM_PREFIX,
    VOCAB_FIM_SUFFIX,
    VOCAB_FIM_MIDDLE,
    VOCAB_FIM_PAD,
    VOCAB_FIM_REPOSITORY,
    VOCAB_FIM_FILE,
    VOCAB_N_FIM
};

struct vocab {
    int n;
    enum vocab_spelling spelling;
    struct gguf_str *text; /* [n] bytes; of control and literal tokens the string in the file */
    uint8_t *flags;        /* [n] enum vocab_flags */
    float *score;          /* [n]; NULL if the file has none */
    char *arena;           /* texts that the file spells otherwise */
    struct name_index index;
    int32_t byte_id[256]; /* the token for a byte that nothing else stands for; VOCAB_NONE */
    int32_t bos, eos, unk;
    int32_t fim[VOCAB_N_FIM];
    bool add_bos, add_eos;
};

/* Reads tokenizer.ggml.{tokens,token_type,scores} of g, which must outlive *v. Zeroed by the
 * caller, cleared by it also after a failure. */
BASE_NODISCARD ingle_status vocab_init(struct vocab *v, const struct gguf *g,
                                       enum vocab_spelling spelling, ingle_error *err);
void vocab_clear(struct vocab *v);

/* What holds where a file's keys say nothing. Ids that the vocabulary has not count as none. */
struct vocab_defaults {
    int32_t bos, eos, unk;
    bool add_bos;
};

/* vocab_special.c: the ids with a role, and flags that follow from what a token says. */
BASE_NODISCARD ingle_status vocab_find_special(struct vocab *v, const struct gguf *g,
                                               struct vocab_defaults defaults, ingle_error *err);

/* A key that is true or false; *out is left alone if it is absent. */
BASE_NODISCARD ingle_status vocab_read_bool(const struct gguf *g, const char *key, bool *out,
                                            ingle_error *err);

/* Just text, used or not. */
static inline bool vocab_is_ordinary(const struct vocab *v, int32_t id) {
    return (v->flags[id] & ~VOCAB_UNUSED) == VOCAB_TEXT;
}

/* The token of any kind that stands for these bytes; VOCAB_NONE. */
static inline int32_t vocab_find(const struct vocab *v, const char *text, size_t len) {
    uint32_t id = name_index_find(&v->index, text, len);
    return id == NAME_INDEX_NONE ? VOCAB_NONE : (int32_t)id;
}

/* The same, but only what ordinary text may become. */
static inline int32_t vocab_find_text(const struct vocab *v, const char *text, size_t len) {
    int32_t id = vocab_find(v, text, len);
    return id != VOCAB_NONE && (v->flags[id] & VOCAB_TEXT) ? id : VOCAB_NONE;
}

/* The same by a key that is made already. */
static inline int32_t vocab_find_text_key(const struct vocab *v, struct name_key key,
                                          const char *text, size_t len) {
    uint32_t id = name_index_find_key(&v->index, key, text, len);
    return id != NAME_INDEX_NONE && (v->flags[id] & VOCAB_TEXT) ? (int32_t)id : VOCAB_NONE;
}

#define VOCAB_DECODE_PADDING 16

/* Writes what text[0..len) of the file means at out, which has room for len bytes and the padding,
 * and returns its length; false in *ok if it holds a character that is no stand-in (VOCAB_BYTES
 * only). The bytes from text to end may be read. */
size_t vocab_decode(enum vocab_spelling spelling, const char *text, size_t len, const char *end,
                    char *out, bool *ok);

#endif
