/* Tiny models and their sessions for tests of the public API. What goes wrong in here ends the test
 * with the sentence that says why; nothing needs checking. For programs with cmocka. */
#ifndef INGLE_TESTS_SUPPORT_FIXTURE_H
#define INGLE_TESTS_SUPPORT_FIXTURE_H

#include "ingle/ingle.h"
#include "support/make_model.h"
#include "support/refusal.h"

/* A model of odd sizes: groups of rows that are not full, several query heads for a key's. */
#define FIXTURE_ODD_VOCAB 333
extern const struct make_model_spec fixture_odd;

/* The i-th kernel tier that this machine has, lowest first; NULL past the last. */
const char *fixture_tier(size_t i);

/* Writes a model of that spec to folder_file(name) and returns the path (which the fourth
 * folder_file() from now overwrites). */
const char *fixture_write(const char *name, const struct make_model_spec *spec);

/* Writes and opens one; tier NULL = the best, two threads that pack. */
ingle_model *fixture_model(const struct make_model_spec *spec, const char *tier);
ingle_model *fixture_open(const char *path, const char *tier);

/* Group set-up and tear-down of tests that share one model of one layer in the reference tier. */
int fixture_group_open(void **state, ingle_model **model);
int fixture_group_close(void **state, ingle_model *model);

/* 0 = the default, as in the options; n_threads 0 = 1 here. */
struct fixture_session {
    int n_ctx, n_batch, n_threads;
    ingle_kv_type kv_type;
    ingle_prefix_cache *prefix_cache;
};
ingle_session *fixture_session(const ingle_model *model, struct fixture_session wanted);

/* 0 = the default. */
ingle_prefix_cache *fixture_prefix_cache(const ingle_model *model, ingle_kv_type kv_type,
                                         size_t max_bytes);

ingle_sampler *fixture_sampler(const ingle_model *model, const ingle_sampling_options *options);

/* Ids below n_vocab, the same for the same seed. */
void fixture_tokens(ingle_token *tokens, size_t n, int n_vocab, uint64_t seed);

void fixture_eval(ingle_session *session, const ingle_token *tokens, size_t n);

/* Whether n logits are the same to the last bit. */
bool fixture_same_bits(const float *a, const float *b, size_t n);

/* Returns how many tokens were reused. */
size_t fixture_prompt(ingle_session *session, const ingle_token *tokens, size_t n, unsigned flags);

/* Overwrites bytes of a tensor in a GGUF file. */
void fixture_patch(const char *path, const char *tensor, uint64_t at, const void *data,
                   size_t size);

#endif
