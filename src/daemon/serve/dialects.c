#include "daemon/serve/dialects.h"

#include "daemon/anthropic/anthropic.h"
#include "daemon/llamacpp/llamacpp.h"
#include "daemon/ollama/ollama.h"
#include "daemon/openai/openai.h"
#include "daemon/own/own.h"
#include "daemon/page/page.h"
#include "daemon/responses/responses.h"

/* Where two have a path, the one that stands first has it. */
static const struct api_dialect *const dialects[] = {
    &api_openai, &api_page, &api_responses, &api_anthropic, &api_llamacpp, &api_ollama, &api_ingle,
};

void dialects_set(struct api *api) {
    api->dialects = dialects;
    api->n_dialects = BASE_COUNT(dialects);
}
