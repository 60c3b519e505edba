/* Prompt lookup: guesses what comes next from what came next the last time that the text ended as
 * it does now. (Yang et al. 2023, "Inference with Reference"; Saxena 2023, "Prompt Lookup
 * Decoding".) Texts that repeat their prompt or themselves are often guessed right, and a guess
 * costs a microsecond.
 *
 * An index of all pairs of tokens, as LZ77 compressors have one of byte strings: from the newest
 * position of a pair a chain leads to the older ones.
 *
 *     newest[hash of the pair (a, b)] -> position of b -> older[that] -> ... -> 0
 *
 * Sessions own one and tell it what they forget; generating asks it. All memory is taken at init,
 * and untouched parts of it cost nothing. */
#ifndef INGLE_ENGINE_RUN_LOOKUP_H
#define INGLE_ENGINE_RUN_LOOKUP_H

#include <stdint.h>

#include "base/status.h"

/* Matches are from 2 tokens to so many; longer ones count as this. */
#define LOOKUP_LONGEST 8

struct lookup {
    int32_t *newest; /* [1 << bits] 1 + the last position where a pair of this hash ends; 0: none */
    int32_t *older;  /* [n_ctx] the same, of the position before this one; 0: none */
    int n_ctx, bits;
    int n_entered; /* the positions in the index are those below */
    int source;    /* position of the token that is expected next, if len > 0 */
    int len; /* so many tokens before it are those that the text ends with; 0: none expected */
};

/* For up to n_ctx >= 1 tokens. On failure *l is zeroed. */
BASE_NODISCARD ingle_status lookup_init(struct lookup *l, int n_ctx, ingle_error *err);
void lookup_clear(struct lookup *l);

/* Forgets all but the first n_keep tokens; called while tokens[] still has the others. */
void lookup_truncate(struct lookup *l, const int32_t *tokens, int n_keep);

/* Forgets what was expected: the tokens that follow are not those of an answer. */
void lookup_restart(struct lookup *l);

/* Sets source and len for the text tokens[0..n), which is that of the call before and one more
 * token. After a truncate or restart it is any text that begins with the tokens entered and has
 * more: the last one is not entered yet. */
void lookup_find(struct lookup *l, const int32_t *tokens, int n);

/* Writes the k tokens expected next to tokens[n..n + k); len > 0. */
void lookup_draft(const struct lookup *l, int32_t *tokens, int n, int k);

#endif
