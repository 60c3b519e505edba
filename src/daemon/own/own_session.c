/* A session of the page, for whoever shows the key of the link that was printed, or the token. */
#include "daemon/api/access.h"
#include "daemon/own/own.h"

void own_session(struct api_call *c) {
    struct fields f = {.object = c->body};
    const char *key = "";
    struct secret session;
    field_need(&f, "key");
    field_string(&f, "key", &key);
    if (f.bad) {
        api_fail_fields(c, &f);
        return;
    }
    if (!access_open_session(c->api->access, key, &session)) {
        struct api_failure failure = {
            .http_status = 401,
            .status = INGLE_REFUSED,
            .message = "This link has been used, or was never valid. The token opens a session, "
                       "too: ingle serve says where it is kept.",
            .param = "key",
            .code = "invalid_api_key"};
        c->dialect->fail(c->x, &failure);
        return;
    }
    struct buf b;
    struct json j;
    buf_init_secret(&b, 4096);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "token", session.text);
    json_end(&j, '}');
    secret_wipe(&session);
    api_reply_json(c->x, 200, &b);
}
