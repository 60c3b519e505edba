/* Completing code (or any text) at a place in a file: what stands before and after the place, cut
 * at line borders to what the context holds, and pieces of other files that share its identifiers
 * make the prompt, with the model's own tokens for filling in the middle. Text of a file never
 * becomes such a token. The completion ends where a statement or block does, never closes a bracket
 * that the text after it closes, and does not repeat what follows. */
#ifndef INGLE_COMPLETE_H
#define INGLE_COMPLETE_H

#include "ingle/tasks.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A file: its name tells the language, and both go to the model. UTF-8. */
typedef struct ingle_complete_file {
    const char *name; /* as the project calls it: "src/main.c" */
    const char *text; /* [len] */
    size_t len;
    bool is_wanted; /* of another file: its pieces come before all that were only found */
} ingle_complete_file;

typedef enum ingle_complete_extent {
    INGLE_COMPLETE_BLOCK, /* to the end of the statement, block or paragraph */
    INGLE_COMPLETE_LINE   /* to the end of the line */
} ingle_complete_extent;

typedef struct ingle_complete_options {
    size_t size;
    ingle_complete_extent extent; /* default BLOCK */
    int max_tokens;               /* of the completion, 1 or more. Default 128 */
    int max_prompt; /* tokens of the prompt's parts at most; 0 = what the context holds beside
                       max_tokens. Default 2048: a first completion need not take seconds */
    const char *repository;            /* the project's name; NULL = none */
    const ingle_complete_file *others; /* [n_others] to take pieces from; in any order */
    size_t n_others;
    ingle_text_fn on_text; /* receives what will stay, as soon as that is certain; may be NULL */
    void *user;
} ingle_complete_options;

/* Why a completion ended. */
typedef enum ingle_complete_reason {
    INGLE_COMPLETE_END,      /* the model ended it */
    INGLE_COMPLETE_AT_LINE,  /* with its line */
    INGLE_COMPLETE_AT_BLOCK, /* with its statement, block or paragraph */
    INGLE_COMPLETE_BRACKET,  /* before a bracket or quote that the text after it closes */
    INGLE_COMPLETE_REPEAT,   /* before the line that follows anyway */
    INGLE_COMPLETE_LENGTH,   /* max_tokens */
    INGLE_COMPLETE_LOOP      /* the same words went round and round */
} ingle_complete_reason;

/* A piece of another file that was part of the prompt. */
typedef struct ingle_complete_piece {
    size_t file;          /* its number among the others */
    size_t line, n_lines; /* its first line, from 1 */
    size_t n_tokens;
} ingle_complete_piece;

#define INGLE_COMPLETE_MAX_PIECES 16

typedef struct ingle_complete_result {
    ingle_complete_reason reason;
    bool fills_middle; /* false: the model has no tokens for it and continued what stands before the
                          place; nothing else was shown to it */
    int n_tokens;      /* generated */
    int n_prompt, n_reused; /* tokens of the prompt; of them, those not computed anew */
    int n_budget;           /* tokens that the parts of the prompt could take */
    int n_prefix, n_suffix; /* that the text before and after the place took */
    size_t first_line;      /* of the text before the place that was shown, from 1 */
    size_t last_line;       /* of the text after it */
    bool is_line_cut;       /* not even the place's own line fitted: it was cut inside */
    size_t n_pieces;        /* pieces of other files, in the order of the prompt */
    ingle_complete_piece pieces[INGLE_COMPLETE_MAX_PIECES];
    double prompt_ms, ms; /* for the prompt; for all of it */
} ingle_complete_result;

INGLE_API ingle_complete_options ingle_complete_options_default(void);

/* Completes file->text at byte `at`, which is not inside of a character. opt may be NULL. A second
 * completion nearby computes of its prompt only what changed. NOT_FOUND without a model; INVALID
 * for text that is no UTF-8; BAD_ARGUMENT; CONTEXT_FULL, naming both counts, if the context cannot
 * hold max_tokens and a prompt; CANCELLED. The text so far was delivered in any case. */
INGLE_API INGLE_NODISCARD ingle_status ingle_complete(ingle_tasks *tasks,
                                                      const ingle_complete_file *file, size_t at,
                                                      const ingle_complete_options *opt,
                                                      ingle_complete_result *result,
                                                      ingle_error *err);

/* "end", "line", "block", "bracket", "repeat", "length", "loop"; "" for what is none. */
INGLE_API const char *ingle_complete_reason_name(ingle_complete_reason reason);

#ifdef __cplusplus
}
#endif

#endif
