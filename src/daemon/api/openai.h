/* What the files of the OpenAI dialect share. */
#ifndef INGLE_DAEMON_API_OPENAI_H
#define INGLE_DAEMON_API_OPENAI_H

#include "daemon/api/field.h"
#include "daemon/api/turn.h"

/* {"error": {"message", "type", "param", "code"}} */
void openai_fail(struct http_exchange *x, const struct api_failure *f);
void openai_put_error(struct json *j, const struct api_failure *f);

/* Fields that chat/completions and completions share: temperature, top_p, seed, penalties ... */
void openai_read_sampling(struct fields *f, struct arena *arena, ingle_sampling_options *o);

const char *openai_finish_reason(const struct turn_usage *u);
void openai_put_usage(struct json *j, const struct turn_usage *u);

void openai_chat(struct api_call *c);

#endif
