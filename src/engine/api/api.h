/* What the files of the API share: the public handles over the engine's own structs, and how
 * option structs of any known size are read. Every pointer that comes from outside is checked
 * before use; what the engine's own functions check (ranges of values) is left to them. */
#ifndef INGLE_ENGINE_API_API_H
#define INGLE_ENGINE_API_API_H

#include <pthread.h>

#include "base/status.h"
#include "engine/constraint/constraint.h"
#include "engine/cpu/topology.h"
#include "engine/format/gguf.h"
#include "engine/model/model.h"
#include "engine/run/sampler.h"
#include "engine/run/session.h"
#include "engine/text/tokenizer.h"
#include "ingle/ingle.h"

/* The tree of the vocabulary's tokens, made when a constraint first needs it. */
struct api_lazy_trie {
    pthread_mutex_t lock;
    struct trie *trie;
};

struct ingle_model {
    struct gguf *gguf;
    struct tokenizer *tokenizer; /* borrows from gguf */
    struct api_lazy_trie *trie;  /* borrows from tokenizer */
    struct model *model;         /* borrows from gguf; NULL if vocab_only */
    enum cpu_tier tier;
    char *architecture, *name;
    double open_ms;
};

struct ingle_sampler {
    struct sampler core;
};

struct ingle_session {
    struct session core;
};

struct ingle_constraint {
    struct constraint core;
};

struct ingle_group {
    struct group core;
};

struct ingle_prefix_cache {
    struct prefix_cache core;
};

/* Copies the caller's options over the defaults in *dst. `known` are the sizes the struct has had,
 * the current one last: an older caller's struct is shorter and its missing fields keep their
 * defaults. src NULL = all defaults. BAD_ARGUMENT for any other size. */
BASE_NODISCARD ingle_status api_read_options(void *dst, const void *src, const char *name,
                                             const size_t *known, size_t n_known, ingle_error *err);

/* The caller's list of open files, checked as far as can be without a look at them. */
BASE_NODISCARD ingle_status api_read_files(ingle_model_files *full, const ingle_model_files *files,
                                           ingle_error *err);

/* BAD_ARGUMENT that names the argument if it is NULL. */
BASE_NODISCARD ingle_status api_need(const void *argument, const char *name, ingle_error *err);

/* BAD_ARGUMENT if there is no model, or one without weights. */
BASE_NODISCARD ingle_status api_need_weights(const struct ingle_model *m, ingle_error *err);

/* Rows of the logits: of the model, or of the vocabulary if there is no model. */
int api_n_vocab(const struct ingle_model *m);

/* The model's tree of tokens; thread-safe. */
BASE_NODISCARD ingle_status api_trie(const struct ingle_model *model, const struct trie **out,
                                     ingle_error *err);

/* A constraint of any machine; takes it, and what it borrows, in any case. model NULL: over bytes.
 */
BASE_NODISCARD ingle_status api_constraint_new(struct ingle_constraint **out,
                                               const struct ingle_model *model, struct machine *m,
                                               void *with, void (*free_with)(void *with),
                                               ingle_error *err);

/* Threads to use when the caller says 0. */
int api_default_threads(const struct cpu_topology *t);

/* Where the system refuses, the team runs on wherever it lets it. */
void api_keep_to_fast_cores(struct pool *pool, const struct cpu_topology *t);

#endif
