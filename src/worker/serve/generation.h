/* What continues a prompt, however that was made: shared by MSG_GENERATE and MSG_FILL. */
#ifndef INGLE_WORKER_SERVE_GENERATION_H
#define INGLE_WORKER_SERVE_GENERATION_H

#include "worker/serve/serve.h"
#include "worker/wire/msg_generate.h"

struct generation {
    struct request *request;
    const struct msg_generate *asked;
    struct msg_generated told;
    ingle_constraint *constraint;
    ingle_sampler *sampler;
    ingle_token *made;         /* owned: the prompt's tokens, unless the request has them */
    const ingle_token *tokens; /* [told.n_prompt] */
};

/* Makes the session hold the prompt, and unless it is only to be warm, generates. */
BASE_NODISCARD ingle_status generation_run(struct generation *g, ingle_error *err);
void generation_clear(struct generation *g);

#endif
