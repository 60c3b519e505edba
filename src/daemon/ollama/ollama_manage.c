/* What changes the models there are: nothing does here. A service that reaches no network fetches
 * none, and no client names files; what is served is said by who starts it. */
#include "daemon/ollama/ollama.h"

static void refuse(struct api_call *c, const char *sentence) {
    const struct api_failure f = {.http_status = 403, .status = INGLE_REFUSED, .message = sentence};
    ollama_fail(c->x, &f);
}

static void put_status(struct buf *b, const char *status) {
    struct json j;
    json_init_buf(&j, b);
    json_begin(&j, '{');
    json_put_str(&j, "status", status);
    json_end(&j, '}');
}

/* It is here: what a pull of it would end with. */
static void say_it_is_here(struct api_call *c, bool streams) {
    static const char *const steps[] = {"pulling manifest", "verifying sha256 digest",
                                        "writing manifest", "success"};
    struct buf b;
    buf_init(&b, API_MAX_ANSWER);
    if (!streams) {
        put_status(&b, "success");
        api_reply_json(c->x, 200, &b);
        return;
    }
    http_begin(c->x, 200, API_LINES, NULL);
    for (size_t i = 0; i < BASE_COUNT(steps); i++) {
        put_status(&b, steps[i]);
        (void)api_send_line(c->x, &b);
    }
    buf_clear(&b);
    http_finish(c->x);
}

void ollama_pull(struct api_call *c) {
    struct fields f = {.object = c->body};
    bool streams = true;
    const char *model = ollama_read_model(&f);
    field_bool(&f, "stream", &streams);
    if (f.bad) {
        api_fail_fields(c, &f);
    } else if (service_find_model(c->api->service, model)) {
        say_it_is_here(c, streams);
    } else {
        refuse(c, "This service fetches no models, for it reaches no network: start it with a file "
                  "that is here, 'ingle serve -m FILE'.");
    }
}

void ollama_push(struct api_call *c) {
    refuse(c, "This service sends no models anywhere, for it reaches no network.");
}

void ollama_create(struct api_call *c) {
    refuse(c, "This service makes no models: start it with the file, 'ingle serve -m FILE'.");
}

void ollama_copy(struct api_call *c) {
    refuse(c, "This service copies no models: what they are called is said where it is started.");
}

void ollama_delete(struct api_call *c) {
    refuse(c, "This service deletes no models: remove the file yourself.");
}

void ollama_blob(struct api_call *c) {
    const struct api_failure none = {
        .http_status = 404, .status = INGLE_NOT_FOUND, .message = "This service has no blobs."};
    if (c->request->method == HTTP_POST) {
        refuse(c, "This service takes no files from clients.");
    } else {
        ollama_fail(c->x, &none);
    }
}
