/* ingle's own endpoints; their errors have OpenAI's form. */
#include "daemon/api/own.h"

#include "daemon/api/openai.h"

static const struct api_route routes[] = {
    {HTTP_POST, "/ingle/session", own_session},
    {HTTP_GET, "/ingle/status", own_status},
};

const struct api_dialect api_ingle = {routes, BASE_COUNT(routes), openai_fail, openai_put_error};
