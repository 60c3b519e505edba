/* Vocabularies for the tests of this folder, token by token, right or wrong on purpose, and what a
 * tokenizer makes of a text as one string. What goes wrong in here ends the test. */
#ifndef INGLE_TESTS_UNIT_TEXT_VOCAB_FILE_H
#define INGLE_TESTS_UNIT_TEXT_VOCAB_FILE_H

#include "engine/text/tokenizer.h"
#include "engine/text/vocab.h"
#include "support/gguf_writer.h"

/* tokenizer.ggml.token_type */
enum { UNDEFINED, NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE };

/* The keys go to w at once, the arrays when the file is opened. */
struct vocab_file {
    struct gguf_writer w;
    struct buf tokens, types, scores, merges; /* elements */
    uint64_t n_tokens, n_merges;
    bool no_types, no_scores, no_merges; /* leaves an array out; set before opening */
};

/* pre may be NULL. */
void vocab_file_init(struct vocab_file *f, const char *model, const char *pre);

/* Returns the id. */
int32_t vocab_file_add(struct vocab_file *f, const char *text, uint32_t type);
int32_t vocab_file_add_scored(struct vocab_file *f, const char *text, uint32_t type, float score);

/* The 256 letters of GPT-2's alphabet: ids are bytes if they are the first tokens. */
void vocab_file_add_alphabet(struct vocab_file *f);
/* <0x00> .. <0xFF>, of type BYTE. */
void vocab_file_add_byte_names(struct vocab_file *f);

/* "left right", and the token that they make unless it is there; letters spelt for the file. */
void vocab_file_merge(struct vocab_file *f, const char *merge);
int32_t vocab_file_add_merged(struct vocab_file *f, const char *left, const char *right);

/* Writes and opens the file, and empties f. gguf_close() is the caller's. */
struct gguf *vocab_file_open(struct vocab_file *f);

/* The same and the vocabulary in it, ids with a role found. */
struct vocab_in_file {
    struct gguf *gguf;
    struct vocab vocab;
};
struct vocab_in_file vocab_in_file_open(struct vocab_file *f, enum vocab_spelling spelling,
                                        struct vocab_defaults defaults);
void vocab_in_file_close(struct vocab_in_file *in);

/* Or a tokenizer over it, which tokenizer_file_close() closes with the file. */
struct tokenizer_file {
    struct gguf *gguf;
    struct tokenizer *t;
};
struct tokenizer_file tokenizer_file_open(struct vocab_file *f);
struct tokenizer_file tokenizer_file_tiny(int which); /* fuzz/tiny_vocab.h */
void tokenizer_file_close(struct tokenizer_file *file);

/* Opens nothing: the file is refused with that code and a finished sentence with `saying` in it,
 * and nothing stays allocated. Closes g. */
void expect_refused(struct gguf *g, ingle_status code, const char *saying);

/* Ids with spaces between them, valid until the next call. Plain: no special tokens of any kind;
 * parsed: control tokens in the text count; whole: and BOS and EOS are added. */
const char *ids_plain(const struct tokenizer *t, const char *text);
const char *ids_parsed(const struct tokenizer *t, const char *text);
const char *ids_whole(const struct tokenizer *t, const char *text);
const char *ids_of(const struct tokenizer *t, const char *text, size_t len, bool add_special,
                   bool parse_special);

/* Encodes the bytes of unit repeated up to len, on a thread with a stack of 64 KiB; returns the
 * processor time it took, in seconds. */
double encode_on_a_small_stack(const struct tokenizer *t, const char *unit, size_t len);

/* What hostile texts are made of, NULL past the last. */
const char *hostile_unit(size_t i);

#endif
