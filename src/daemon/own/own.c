/* ingle's own endpoints; their errors have OpenAI's form. */
#include "daemon/own/own.h"

#include "daemon/openai/openai.h"

static const struct api_route routes[] = {
    {HTTP_POST, "/ingle/session", own_session},
    {HTTP_GET, "/ingle/status", own_status},
    {HTTP_POST, "/ingle/tasks/summarize", own_summarize},
    {HTTP_POST, "/ingle/tasks/rewrite", own_rewrite},
    {HTTP_POST, "/ingle/tasks/draft", own_draft},
    {HTTP_POST, "/ingle/tasks/complete", own_complete},
    {HTTP_POST, "/ingle/tasks/intent", own_intent},
    {HTTP_POST, "/ingle/tasks/redact", own_redact},
    {HTTP_POST, "/ingle/tasks/digest", own_digest},
    {HTTP_POST, "/ingle/tasks/document", own_document},
};

const struct api_dialect api_ingle = {.routes = routes,
                                      .n_routes = BASE_COUNT(routes),
                                      .fail = openai_fail,
                                      .put_error = openai_put_error,
                                      .id_header = "x-request-id"};
