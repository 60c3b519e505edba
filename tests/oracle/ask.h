/* Questions to the two engines under comparison: the downloaded llama.cpp, through the program that
 * `fetch` built, and ingle, through its public API. Answers are the caller's to free(); every
 * failure ends the test program with a sentence, for there is nothing left to compare. */
#ifndef INGLE_TESTS_ORACLE_ASK_H
#define INGLE_TESTS_ORACLE_ASK_H

#include <stddef.h>
#include <stdint.h>

#define EXIT_SKIPPED 77

/* Ends the program as skipped (or failed, if INGLE_REQUIRE_ORACLE is 1) unless the oracle is there.
 * dir is where `fetch` put it; INGLE_ORACLE_DIR wins. */
void ask_init(const char *dir);

/* The same unless a program can be found. */
void ask_need(const char *program);

/* Ends the program with exit code 1. */
_Noreturn void ask_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A path for a scratch file of this process, valid for ever; the file is removed at exit. */
const char *ask_scratch(const char *name);

/* Runs a program, looked for as a shell would, with up to eight arguments, `in` on its standard
 * input; returns its standard output, NUL-terminated. args ends with a NULL. */
char *ask_program(const char *program, const char *const *args, const void *in, size_t in_size,
                  size_t *out_size);

/* The same with oracle_llama, up to four arguments, a NULL after fewer. */
char *ask_oracle(const char *const args[4], const void *in, size_t in_size, size_t *out_size);

/* Logits [n][n_vocab] of every position from llama.cpp; kv is "f16" or "f32". */
float *ask_oracle_logits(const char *model, int n_ctx, const char *kv, const int32_t *ids, int n,
                         int *n_vocab);
/* A text's vector [n_embd]; pooling 1 mean, 2 the first token's, 3 the last's. */
float *ask_oracle_embedding(const char *model, int n_ctx, int pooling, const int32_t *ids, int n,
                            int *n_embd);
int32_t *ask_oracle_greedy(const char *model, int n_ctx, const int32_t *ids, int n, int n_new);

/* The same from ingle, on two threads, with a kernel tier by name. */
float *ask_ingle_logits(const char *model, const char *tier, int n_ctx, const int32_t *ids, int n,
                        int *n_vocab);
float *ask_ingle_embedding(const char *model, const char *tier, int n_ctx, int pooling,
                           const int32_t *ids, int n, int *n_embd);
int32_t *ask_ingle_greedy(const char *model, const char *tier, int n_ctx, const int32_t *ids, int n,
                          int n_new);

/* Kernel tiers of this machine, lowest first; NULL past the last. */
const char *ask_tier(size_t i);

#endif
