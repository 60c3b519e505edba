/* Whether what the model made of a passage may stand in its place. */
#ifndef INGLE_TASK_REWRITE_CHECK_H
#define INGLE_TASK_REWRITE_CHECK_H

#include "base/buf.h"
#include "base/status.h"
#include "ingle/rewrite.h"

/* Takes off what models put around an answer: blanks, quotation marks, a fence, a line that
 * announces it. Line breaks within become blanks. passage[len] is what was asked about. */
void rewrite_clean(struct buf *answer, const char *passage, size_t len);

struct rewrite_rules {
    ingle_rewrite_manner manner;
    const char *instruction; /* NULL = none; what it says may be in the answer too */
    double max_changed;      /* of PROOFREAD */
    const ingle_pack *tagger;
};

/* Adds what the cleaned answer did wrong to *problem, as the end of a sentence ("was empty."); adds
 * nothing if it passes. */
BASE_NODISCARD ingle_status rewrite_check(const struct rewrite_rules *rules, const char *passage,
                                          size_t len, const struct buf *answer, struct buf *problem,
                                          ingle_error *err);

#endif
