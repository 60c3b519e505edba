/* OpenAI's Responses API: its routes, and the counting of tokens. */
#include "daemon/responses/responses.h"

#include "daemon/api/count.h"
#include "daemon/openai/openai.h"

static void create(struct api_call *c) {
    struct responses_request *r = arena_alloc(c->arena, sizeof *r);
    if (!r) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
    } else if (responses_read(c, r)) {
        responses_answer(c, r);
    }
}

static void reply_count(struct api_call *c, size_t n_tokens) {
    struct buf b;
    struct json j;
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "object", "response.input_tokens");
    json_put_uint(&j, "input_tokens", n_tokens);
    json_end(&j, '}');
    api_reply_json(c->x, 200, &b);
}

static void count_tokens(struct api_call *c) {
    struct responses_request r;
    if (responses_read(c, &r)) count_start(c, r.model, &r.chat.conversation, reply_count);
}

static const struct api_route routes[] = {
    {HTTP_POST, "/v1/responses", create},
    {HTTP_POST, "/v1/responses/input_tokens", count_tokens},
    {HTTP_GET, "/v1/responses/*", responses_get},
    {HTTP_POST, "/v1/responses/*", responses_post},
    {HTTP_DELETE, "/v1/responses/*", responses_delete},
};

const struct api_dialect api_responses = {.routes = routes,
                                          .n_routes = BASE_COUNT(routes),
                                          .fail = openai_fail,
                                          .put_error = openai_put_error,
                                          .id_header = "x-request-id"};
