/* ingle's token ids beside those of another tokenizer, text by text. */
#ifndef INGLE_TESTS_ORACLE_TOKENS_COMPARE_H
#define INGLE_TESTS_ORACLE_TOKENS_COMPARE_H

#include "ingle/ingle.h"
#include "oracle/tokens_texts.h"

struct tokens_tally {
    size_t n_texts, n_tokens, n_different;
};

/* Opens a vocabulary; ends the program if that fails. */
ingle_model *tokens_open(const char *path);

/* What a vocabulary gives to the texts: sets controls and pieces, which tokens_clear() frees. */
void tokens_sources(const ingle_model *model, struct text_sources *sources);
void tokens_clear(struct text_sources *sources);

/* Compares all texts with `lines`, one line of ids a text as `who` printed them. Shows the first
 * texts that differ. */
void tokens_compare(const ingle_model *model, unsigned flags, const struct texts *texts,
                    const char *who, const char *lines, struct tokens_tally *tally);

/* Says which seed the texts are made from and returns it: INGLE_TEST_SEED from the environment,
 * else another one every time. */
uint64_t tokens_seed(void);

#endif
