/* Text to token ids and back. All functions are thread-safe on one model. */
#ifndef INGLE_TOKENIZER_H
#define INGLE_TOKENIZER_H

#include "ingle/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t ingle_token;

#define INGLE_TOKEN_NONE ((ingle_token)-1)

enum ingle_tokenize_flags {
    /* Put the tokens that the model expects around a text (BOS, EOS) where it expects them. */
    INGLE_TOKENIZE_ADD_SPECIAL = 1,
    /* Recognise control tokens written in the text. Never set it for text a user wrote. */
    INGLE_TOKENIZE_PARSE_SPECIAL = 2
};

/* Token ids of text[0..len), any bytes. At most cap ids are written to ids; *n_tokens is the number
 * there are. More than cap: INGLE_LIMIT and nothing useful in ids (call again with room; cap 0
 * and ids NULL only counts). There are at most len + 3 if the text is UTF-8; a byte that is not may
 * become 3 tokens. What a byte-level vocabulary cannot spell (starcoder has no tokens for some
 * bytes) is left out; a SentencePiece one without byte tokens and unknown token: INVALID. */
INGLE_API INGLE_NODISCARD ingle_status ingle_tokenize(const ingle_model *model, const char *text,
                                                      size_t len, unsigned flags, ingle_token *ids,
                                                      size_t cap, size_t *n_tokens,
                                                      ingle_error *err);

/* For a text that is still being written: those of the tokens of text[0..len) that nothing which
 * may follow can change. ids, cap, *n_tokens and errors are those of ingle_tokenize(), flags too,
 * only that an EOS is never among them.
 *
 * Guaranteed: they are the first tokens that ingle_tokenize() with the same flags gives for every
 * text that begins with text[0..len), this one included; so they may be evaluated at once. Not
 * guaranteed: that there are many. A word mostly counts once the next one has begun, a run of
 * whitespace once something follows it, a character of which bytes are missing not at all; where
 * control tokens are parsed, what may be the beginning of one holds back what stands before it. */
INGLE_API INGLE_NODISCARD ingle_status ingle_tokenize_stable(const ingle_model *model,
                                                             const char *text, size_t len,
                                                             unsigned flags, ingle_token *ids,
                                                             size_t cap, size_t *n_tokens,
                                                             ingle_error *err);

/* The bytes of one token; *len receives their number (may be 0, may be part of a UTF-8 character).
 * Control tokens have no bytes unless special is true. Borrowed from the model. NULL for an id
 * outside the vocabulary. */
INGLE_API const char *ingle_token_bytes(const ingle_model *model, ingle_token id, bool special,
                                        size_t *len);

/* Text of ids[0..n) as bytes, NUL-terminated if there is room; at most cap bytes with the NUL;
 * *len is the length without it. Too little room: INGLE_LIMIT and *len says what is needed. */
INGLE_API INGLE_NODISCARD ingle_status ingle_detokenize(const ingle_model *model,
                                                        const ingle_token *ids, size_t n,
                                                        bool special, char *text, size_t cap,
                                                        size_t *len, ingle_error *err);

/* True for tokens that end an answer (end of text, end of turn ...). */
INGLE_API bool ingle_token_is_end(const ingle_model *model, ingle_token id);

/* True for control tokens. */
INGLE_API bool ingle_token_is_control(const ingle_model *model, ingle_token id);

/* INGLE_TOKEN_NONE if the model has none. */
INGLE_API ingle_token ingle_token_bos(const ingle_model *model);
INGLE_API ingle_token ingle_token_eos(const ingle_model *model);

/* What the tokens for filling in the middle of a text stand before. */
typedef enum ingle_fim_part {
    INGLE_FIM_PREFIX, /* the text before the gap */
    INGLE_FIM_SUFFIX, /* the text after it */
    INGLE_FIM_MIDDLE, /* what fills it; a model that has none fills after the prefix */
    INGLE_FIM_PAD,
    INGLE_FIM_REPOSITORY, /* the name of a repository */
    INGLE_FIM_FILE        /* the name of a file and its text */
} ingle_fim_part;

/* By the keys of the model's file, or where they are absent by the names that published models
 * use. INGLE_TOKEN_NONE if the model has none; a token in a vocabulary is no promise that the model
 * was trained with it. */
INGLE_API ingle_token ingle_token_fim(const ingle_model *model, ingle_fim_part part);

#ifdef __cplusplus
}
#endif

#endif
