/* Objects of the engine from what several requests say of them. */
#ifndef INGLE_WORKER_SERVE_MAKE_H
#define INGLE_WORKER_SERVE_MAKE_H

#include "ingle/ingle.h"
#include "worker/wire/msg_generate.h"

/* *out NULL if none is asked for. */
BASE_NODISCARD ingle_status make_constraint(ingle_constraint **out, const struct msg_constraint *m,
                                            const ingle_model *model, ingle_error *err);

/* enum ingle_tokenize_flags */
unsigned make_flags(bool no_bos, bool parse_special);

/* The text's tokens; *out is the caller's to mem_free(). */
BASE_NODISCARD ingle_status make_tokens(ingle_token **out, size_t *n, const ingle_model *model,
                                        const struct wire_text *text, unsigned flags,
                                        ingle_error *err);

/* BAD_ARGUMENT, naming the first, unless all are tokens of the model. */
BASE_NODISCARD ingle_status make_check_ids(const ingle_model *model, const ingle_token *ids,
                                           size_t n, ingle_error *err);

/* CONTEXT_FULL, naming both counts, if the session cannot hold n tokens. */
BASE_NODISCARD ingle_status make_fits(const ingle_session *session, size_t n, ingle_error *err);

#endif
