/* Answers of a model for tests of generating: a sampler that may only say certain things, and all
 * that came of an ingle_session_generate(). For the vocabularies of make_model.h, in which the
 * tokens 0..255 are the bytes. */
#ifndef INGLE_TESTS_SUPPORT_ANSWER_H
#define INGLE_TESTS_SUPPORT_ANSWER_H

#include "ingle/ingle.h"

#define ANSWER_MAX 4096

/* In a list of allowed bytes: the end token, and the tokens of several letters. */
#define ANSWER_END "\x01"
#define ANSWER_MERGED "\x02"

/* Draws at temperature 2 from the tokens of these bytes (a string). */
ingle_sampler *answer_sampler(const ingle_model *model, const char *allowed, uint64_t seed);

struct answer {
    ingle_status status;
    ingle_error err;
    ingle_generate_result result;
    char text[ANSWER_MAX]; /* with a NUL */
    size_t len;
    int n_calls;                /* of on_text */
    int stop_at;                /* it returns false in this call; 0 = never */
    bool only_whole_characters; /* in every call */
};

/* Fills *a; options may be NULL, its on_text is replaced. */
void answer_generate(struct answer *a, ingle_session *session, ingle_sampler *sampler,
                     const ingle_generate_options *options);

/* The same with a reader who has enough after n calls. */
void answer_until(struct answer *a, ingle_session *session, ingle_sampler *sampler,
                  const ingle_generate_options *options, int n);

/* The bytes as UTF-8: U+FFFD for every maximal part of a character that is none. By decoding and
 * encoding again, so slowly. text: room for 3 * n. Returns the length. */
size_t answer_decode(char *text, const char *bytes, size_t n);

#endif
