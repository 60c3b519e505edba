/* Models: an open GGUF file, ready to run. Immutable after open; any number of sessions and
 * threads may share one. */
#ifndef INGLE_MODEL_H
#define INGLE_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "ingle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_model ingle_model;

typedef struct ingle_model_options {
    size_t size;      /* sizeof(ingle_model_options), set by ingle_model_options_default() */
    bool vocab_only;  /* open the tokenizer only; no session can be made */
    int n_threads;    /* threads that prepare the weights; 0 = those of ingle_cpu_info */
    const char *tier; /* kernel tier ("avx2"; ingle_cpu_tier() lists them); NULL = the best */
    /* A folder for prepared weights, made if missing: the first open of a model writes them to a
     * file there, of about the model's size, and later ones map that file and are ready at once.
     * Each processor's form of each model is one file; all may be deleted at any time. Only this
     * user may be able to write to the folder. NULL = none: every open prepares the weights in
     * memory. */
    const char *cache_dir;
} ingle_model_options;

typedef enum ingle_weights_from {
    INGLE_WEIGHTS_MEMORY,  /* prepared in memory by this open */
    INGLE_WEIGHTS_WRITTEN, /* prepared by this open, in a new file of the cache */
    INGLE_WEIGHTS_CACHED   /* found in the cache */
} ingle_weights_from;

typedef struct ingle_model_info {
    const char *architecture; /* "llama"; like all strings here borrowed from the model */
    const char *name;         /* general.name, or "" */
    const char *tier;         /* kernel tier in use */
    int n_vocab, n_embd, n_layer, n_head, n_head_kv, head_dim, n_ff;
    int n_ctx_train;         /* longest context the model was made for */
    uint64_t n_params;       /* weights in the file */
    uint64_t file_size;      /* bytes, all shards */
    uint64_t packed_size;    /* bytes of prepared weights */
    double open_ms, pack_ms; /* time to open the file; to prepare or find the weights */
    ingle_weights_from weights_from;
    const char *cache_file; /* that holds the weights; "" if they are in memory, or the caller's */
    const char *cache_note; /* sentences: why a cache_dir could not be used, or why a file in it was
                               replaced; "" if all was well */
} ingle_model_info;

/* The files of a model that somebody has opened, for a process that can open none itself. All of
 * them stay the caller's, who may close them once the model is open. */
typedef struct ingle_model_files {
    size_t size;      /* sizeof(ingle_model_files), set by ingle_model_files_default() */
    const int *fds;   /* its parts in order, for reading */
    size_t n_fds;     /* what the model's name promises may be more than there are: see below */
    const char *name; /* the first one's path, or what messages should call it */
    /* A file with prepared weights, for reading; -1 = none. If it may be written to as well, it
     * learns where the model's files are now, if they were moved or touched; else they are prepared
     * anew. */
    int packed;
    /* An empty file, for reading and writing, which the weights are put into if `packed` has none
     * that fit; -1 = none. */
    int packed_new;
} ingle_model_files;

INGLE_API ingle_model_options ingle_model_options_default(void);
INGLE_API ingle_model_files ingle_model_files_default(void);

/* Opens the GGUF file at path (the first shard of a split model; its siblings are found).
 * opt may be NULL. On failure *out is NULL and err says why: NOT_FOUND, INVALID (err->where is
 * a byte offset), UNSUPPORTED (an architecture, tokenizer or tensor type that ingle does not know),
 * NO_MEMORY. A cache that cannot be used is no failure: see ingle_model_info. */
INGLE_API INGLE_NODISCARD ingle_status ingle_model_open(ingle_model **out, const char *path,
                                                        const ingle_model_options *opt,
                                                        ingle_error *err);

/* The same for open files. It opens none and looks none up by a name, and neither does anything
 * that is done with the model later, once ingle_cpu_get_info() has been called. A model of several
 * parts has all of them in `fds`: NOT_FOUND names one that is missing; those that it does not have,
 * although its name says so, are not looked at. opt->cache_dir must be NULL.
 *
 * ingle_model_info.weights_from says what is to be done with the prepared weights. CACHED: `packed`
 * was good. WRITTEN: `packed_new` is complete; the caller waits until it is on the disk and gives
 * it the name of `packed`, which it replaces. MEMORY: neither is of use, cache_note says why.
 * Nothing but weights of this model, for this tier, may be put under that name: what is found there
 * is checked against accidents, not against forgers. */
INGLE_API INGLE_NODISCARD ingle_status ingle_model_open_files(ingle_model **out,
                                                              const ingle_model_files *files,
                                                              const ingle_model_options *opt,
                                                              ingle_error *err);

/* Ends the model; sessions made from it must be gone. NULL is fine. */
INGLE_API void ingle_model_close(ingle_model *model);

INGLE_API ingle_model_info ingle_model_get_info(const ingle_model *model);

#ifdef __cplusplus
}
#endif

#endif
