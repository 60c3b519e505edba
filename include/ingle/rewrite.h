/* Refining a text, block by block: Markdown's structure, code, tables and front matter stay as they
 * are, and so do links, code within lines, numbers, dates and names. What the model makes of a
 * block is checked; an answer that fails is asked for once more, and failing again leaves the block
 * as it was, which is said. */
#ifndef INGLE_REWRITE_H
#define INGLE_REWRITE_H

#include "ingle/tasks.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ingle_rewrite_manner {
    INGLE_REWRITE_PROOFREAD, /* mistakes only */
    INGLE_REWRITE_CONCISE,
    INGLE_REWRITE_FORMAL,
    INGLE_REWRITE_FRIENDLY,
    INGLE_REWRITE_PLAIN,
    INGLE_REWRITE_FREE /* as the instruction says */
} ingle_rewrite_manner;

/* What became of a block; borrowed during the call. */
typedef struct ingle_rewrite_block {
    size_t from, to;  /* bytes of the source; what lies between blocks is never changed */
    size_t line;      /* of its first byte, from 1 */
    const char *text; /* [len] what stands there now */
    size_t len;
    const char *kept_because; /* a sentence, if the block stayed because of what the model made of
                                 it; else NULL */
} ingle_rewrite_block;

/* Receives blocks in the order of the text. Returns false to stop. */
typedef bool (*ingle_rewrite_fn)(const ingle_rewrite_block *block, void *user);

typedef struct ingle_rewrite_options {
    size_t size;
    ingle_rewrite_manner manner; /* default PROOFREAD */
    const char *instruction;     /* of FREE; with another manner, something to mind besides */
    float max_changed; /* of PROOFREAD: the share of a block's words that may change. Default 0.4 */
    ingle_text_fn on_text;         /* receives the whole text as it gets certain; may be NULL */
    ingle_rewrite_fn on_block;     /* may be NULL */
    ingle_progress_fn on_progress; /* may be NULL */
    void *user;                    /* of the three */
} ingle_rewrite_options;

typedef struct ingle_rewrite_result {
    size_t n_blocks;  /* that were given to the model */
    size_t n_changed; /* of these */
    size_t n_kept;    /* as they were, because what the model made of them did not pass */
    size_t n_retried; /* asked for twice */
} ingle_rewrite_result;

INGLE_API ingle_rewrite_options ingle_rewrite_options_default(void);

/* INVALID for text that is no UTF-8; NOT_FOUND if the tasks have no model; BAD_ARGUMENT for FREE
 * without an instruction. result may be NULL. */
INGLE_API INGLE_NODISCARD ingle_status ingle_rewrite(ingle_tasks *tasks, const char *text,
                                                     size_t len, const ingle_rewrite_options *opt,
                                                     ingle_rewrite_result *result,
                                                     ingle_error *err);

#ifdef __cplusplus
}
#endif

#endif
