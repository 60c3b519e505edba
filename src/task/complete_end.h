/* Where a completion ends. Text goes in as the model makes it; what comes out is the part of it
 * that belongs at the place. It ends
 *   - before a bracket or quote that the text after the place closes already,
 *   - with its line, where only a line is wanted, or where code follows on the same line,
 *   - with the statement or block that stands at the place: before a line that is not indented
 *     deeper (a statement begun in the cursor's line), less deep (a block), or follows a blank
 * line,
 *   - before the line that follows the place anyway,
 * and what its end has in common with what follows is taken off. How the text was divided into
 * pieces makes no difference. */
#ifndef INGLE_TASK_COMPLETE_END_H
#define INGLE_TASK_COMPLETE_END_H

#include "base/buf.h"
#include "base/status.h"
#include "ingle/complete.h"
#include "task/complete_code.h"

struct completion {
    /* the place */
    const char *before; /* [before_len] of the cursor's line */
    size_t before_len;
    const char *after; /* [after_len] all that follows */
    size_t after_len;
    const char *next; /* [next_len] the first line after the cursor's that is not blank */
    size_t next_len;
    bool one_line;     /* no more than a line is wanted */
    bool is_mid_line;  /* something follows in the line: it ends there, but for open brackets */
    bool is_statement; /* something stands before the place in its line */
    bool string_ends;  /* the place is in a string that ends after it */
    size_t indent;     /* columns: of the statement, or the least of the block */
    size_t may_close;  /* brackets open at the place that nothing after it closes */
    size_t owed;       /* of them, those in the cursor's line: the statement lasts until then */

    /* what was taken so far */
    struct buf text;
    size_t line, at;         /* where its last line begins; how far it is scanned */
    struct code_state state; /* at `at` */
    size_t n_open, n_closed; /* brackets of its own that are open; of the place's, closed */
    char last;               /* the last sign that is no blank and no comment; '\0' = none */
    bool in_block;           /* the statement goes on in lines that are indented deeper */
    bool after_blank;        /* the line before was blank */
    bool in_fence;           /* prose: between two lines of ``` */
    bool is_final;           /* no more text comes */
    bool is_over;
    ingle_complete_reason reason; /* once it is over */
};

/* text is borrowed. */
void completion_init(struct completion *c, const struct code_language *language, const char *text,
                     size_t len, size_t at, ingle_complete_extent extent);
void completion_clear(struct completion *c);

/* Takes whole characters; false once it is over. */
bool completion_add(struct completion *c, const char *text, size_t len);

/* The model makes no more. Its reason counts unless the completion was over before. */
void completion_finish(struct completion *c, ingle_complete_reason reason);

/* Bytes of the text that stay, whatever follows. All of it once it is over. */
size_t completion_certain(const struct completion *c);

#endif
