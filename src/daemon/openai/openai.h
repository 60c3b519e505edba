/* What the files of the OpenAI dialect share. */
#ifndef INGLE_DAEMON_OPENAI_OPENAI_H
#define INGLE_DAEMON_OPENAI_OPENAI_H

#include "daemon/api/field.h"
#include "daemon/api/turn.h"

extern const struct api_dialect api_openai;

#define OPENAI_TOP_LOGPROBS 20
#define OPENAI_MAX_N 8

/* {"error": {"message", "type", "param", "code"}} */
void openai_fail(struct http_exchange *x, const struct api_failure *f);
void openai_put_error(struct json *j, const struct api_failure *f);

/* ---- fields that several endpoints have: openai_request.c ---- */

/* temperature, top_p, seed, penalties, logit_bias; of others' servers top_k, min_p, typical_p,
 * repeat_penalty. Their arrays are in the arena. */
void openai_read_sampling(struct fields *f, struct arena *arena, ingle_sampling_options *o);
/* response_format and grammar. Its texts are in the arena. */
void openai_read_constraint(struct fields *f, struct arena *arena, struct msg_constraint *c);
/* How much is thought: "none" to "xhigh"; `more` (NULL) are other variables of the template. */
void openai_read_effort(struct fields *f, const char *name, struct arena *arena,
                        const struct json_value *more, struct msg_conversation *c);
/* max_tokens: -1 is "until the context is full". */
void openai_read_max_tokens(struct fields *f, const char *name, int *out);
void openai_read_stream(struct fields *f, bool *streams, bool *wants_usage);
/* What changes the meaning of an answer and is not to be had here, of all endpoints. */
void openai_refuse(struct fields *f);

/* ---- answers ---- */

const char *openai_finish_reason(const struct turn_usage *u);
void openai_put_usage_value(struct json *j, const struct turn_usage *u);

/* ---- endpoints ---- */

void openai_models(struct api_call *c);
void openai_model(struct api_call *c);
void openai_chat(struct api_call *c);
void openai_completions(struct api_call *c);
void openai_embeddings(struct api_call *c);

#endif
