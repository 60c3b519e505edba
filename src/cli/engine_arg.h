/* The options that many commands share: which model, how many threads, which cache. */
#ifndef INGLE_CLI_ENGINE_ARG_H
#define INGLE_CLI_ENGINE_ARG_H

#include "cli/config.h"
#include "cli/options.h"
#include "ingle/ingle.h"
#include "worker/client/model_files.h"

struct engine_args {
    const char *model; /* NULL = not given */
    int n_threads;     /* 0 = automatic, like all below */
    int n_ctx;
    int n_batch;
    int kv_type; /* ingle_kv_type */
    bool unsealed;
    char set[CONFIG_VALUE_MAX]; /* engine_default() */
};

/* The model of the settings (config.h) where -m was not given; args->model then points into *args,
 * which stays where it is. NULL is left if there is none. */
BASE_NODISCARD ingle_status engine_default(struct engine_args *args, ingle_error *err);

/* Rows for a command whose struct has a field `engine`. */
#define OPTION_MODEL(args)                                                                         \
    {                                                                                              \
        "model", 'm', OPTION_TEXT, "MODEL", "GGUF file to use",                                    \
            .offset = offsetof(args, engine.model)                                                 \
    }
#define OPTION_THREADS(args)                                                                       \
    {                                                                                              \
        "threads", 't', OPTION_INT, "N", "Threads (default auto: as many as decode fastest here)", \
            .offset = offsetof(args, engine.n_threads), .max = 256, .has_auto = true               \
    }
#define OPTION_CTX(args)                                                                           \
    {                                                                                              \
        "ctx", 'c', OPTION_INT, "N",                                                               \
            "Tokens of context (default auto: the model's, at most 4096)",                         \
            .offset = offsetof(args, engine.n_ctx), .max = 1 << 24, .has_auto = true               \
    }
#define OPTION_BATCH(args)                                                                         \
    {                                                                                              \
        "batch", 'b', OPTION_INT, "N", "Prompt tokens computed at once (default auto: 512)",       \
            .offset = offsetof(args, engine.n_batch), .max = 1 << 24, .has_auto = true             \
    }
#define OPTION_KV(args)                                                                            \
    {                                                                                              \
        "kv", '\0', OPTION_CHOICE, "f16|bf16|int8", "Type of the key-value cache (default f16)",   \
            .offset = offsetof(args, engine.kv_type)                                               \
    }
/* Of commands whose model a worker reads (worker_arg.h). */
#define OPTION_UNSEALED(args)                                                                      \
    {                                                                                              \
        "unsealed", '\0', OPTION_FLAG, NULL,                                                       \
            "Read the model and your words in a process that is not sealed",                       \
            .offset = offsetof(args, engine.unsealed), .is_rare = true                             \
    }
#define OPTION_ENGINE(args)                                                                        \
    OPTION_THREADS(args), OPTION_CTX(args), OPTION_BATCH(args), OPTION_KV(args),                   \
        OPTION_UNSEALED(args)

/* NOT_FOUND with a line that says how to get one if no model is named. */
BASE_NODISCARD ingle_status engine_need_model(const struct engine_args *args, ingle_error *err);

/* A model in three steps, so that this process can be sealed after the first of them. */
struct engine_files {
    struct model_files files;
    ingle_model_options opt;
};

/* 1. Opens the files of the model that -m names, and of its packed weights in the user's cache:
 * ingle/packed in XDG_CACHE_HOME or ~/.cache. All that later steps need to know of the system is
 * read, but for engine_n_threads(). The errors of engine_need_model(); BAD_ARGUMENT if INGLE_CPU
 * names no tier of this machine. */
BASE_NODISCARD ingle_status engine_open_files(struct engine_files *f,
                                              const struct engine_args *args, bool vocab_only,
                                              ingle_error *err);

/* (Now the process is sealed, seal_here.h, or the files go to one that is.)
 *
 * 2. Reads the model. Opens nothing. */
BASE_NODISCARD ingle_status engine_parse_files(ingle_model **out, const struct engine_files *f,
                                               ingle_error *err);

/* 3. After it, whatever came of it: *info is what the model says of itself, here or in a worker;
 * NULL: it could not be opened. See model_files_settle(). */
void engine_settle_files(struct engine_files *f, ingle_model_info *info);

/* cache: NULL = none. */
BASE_NODISCARD ingle_status engine_session(ingle_session **out, const ingle_model *model,
                                           const struct engine_args *args,
                                           ingle_prefix_cache *cache, ingle_error *err);

/* CONTEXT_FULL, naming both counts, if the session cannot hold n tokens. */
BASE_NODISCARD ingle_status engine_fits(const ingle_session *session, size_t n, ingle_error *err);

/* The tier that INGLE_CPU or the setting `cpu` names; NULL if neither does. */
BASE_NODISCARD ingle_status engine_tier(const char **out, ingle_error *err);

/* ingle_cpu_tune() with the user's cache. */
BASE_NODISCARD ingle_status engine_tune(ingle_tuning *out, ingle_tune_mode mode, ingle_error *err);

/* Threads that n_threads of the options comes to: where it is 0, the setting `threads`, else what
 * tuning found, which is done now if this machine is new. */
BASE_NODISCARD ingle_status engine_n_threads(int *n_threads, ingle_error *err);

#endif
