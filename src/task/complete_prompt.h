/* The prompt of a completion as tokens, in the order that each family of models was trained on:
 *
 *   [begin] [repository] name\n ([file] name\n piece\n)... [file] name\n
 *   [prefix] text before [suffix] text after [middle]
 *
 * Without a token for files, pieces stand at the beginning of the text before, each under a comment
 * that names it. Codestral's order is [suffix] text after [prefix] text before. A model without any
 * of these tokens gets [begin] text before. Texts of files never become control tokens. */
#ifndef INGLE_TASK_COMPLETE_PROMPT_H
#define INGLE_TASK_COMPLETE_PROMPT_H

#include "ingle/complete.h"

#include "base/status.h"

struct fim_prompt {
    const ingle_model *model;
    ingle_token begin, prefix, suffix, middle, repository, file; /* INGLE_TOKEN_NONE */
    bool fills;                                                  /* it can fill the middle */
    bool suffix_first; /* and takes the text after first */
    bool adds_space;   /* the vocabulary puts a space before a text */
    ingle_token *ids;  /* owned */
    size_t n, cap;
};

BASE_NODISCARD ingle_status fim_prompt_init(struct fim_prompt *p, const ingle_model *model,
                                            ingle_error *err);
void fim_prompt_clear(struct fim_prompt *p);

/* Control tokens around everything, at most; and around each piece. */
#define FIM_PROMPT_CONTROLS 5

/* Tokens that a text will take: for struct budget_counter, user is the prompt. */
BASE_NODISCARD ingle_status fim_prompt_count(void *prompt, const char *text, size_t len, size_t *n,
                                             ingle_error *err);

struct fim_piece {
    const char *name, *text; /* text is [len] */
    size_t len;
    size_t n_tokens; /* set by fim_prompt_make() */
};

struct fim_parts {
    const char *repository; /* NULL = none */
    const char *name;       /* of the file; NULL = none */
    const char *comment;    /* that begins a line of comment in it */
    struct fim_piece *pieces;
    size_t n_pieces;
    const char *before, *after; /* [before_len], [after_len] */
    size_t before_len, after_len;
};

/* Leaves the tokens in p->ids. */
BASE_NODISCARD ingle_status fim_prompt_make(struct fim_prompt *p, const struct fim_parts *parts,
                                            ingle_error *err);

/* Adds to p->ids how the middle begins. */
BASE_NODISCARD ingle_status fim_prompt_begin_middle(struct fim_prompt *p, const char *text,
                                                    size_t len, ingle_error *err);

/* What the head of a piece, or that of the file itself, takes: its name and what stands around. */
BASE_NODISCARD ingle_status fim_prompt_count_head(struct fim_prompt *p, const char *comment,
                                                  const char *name, size_t *n, ingle_error *err);

#endif
