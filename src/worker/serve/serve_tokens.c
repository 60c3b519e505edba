/* MSG_TOKENIZE and MSG_DETOKENIZE. */
#include "base/alloc.h"
#include "worker/serve/make.h"
#include "worker/serve/serve.h"
#include "worker/wire/msg_tokens.h"

static bool say_tokens(struct request *r, const ingle_token *ids, size_t n, bool wants_bytes) {
    struct msg_tokens_item items[MSG_TOKENS_MAX];
    struct msg_tokens m = {.items = items, .n = n};
    for (size_t i = 0; i < n; i++) {
        items[i] = (struct msg_tokens_item){.id = ids[i]};
        if (!wants_bytes) continue;
        struct wire_text *bytes = &items[i].bytes;
        bytes->data = ingle_token_bytes(r->server->model, ids[i], true, &bytes->len);
    }
    return serve_say(r, MSG_TOKENS, msg_tokens, &m);
}

ingle_status serve_tokenize(struct request *r, ingle_error *err) {
    struct msg_tokenize m;
    ingle_token *ids;
    size_t n;
    INGLE_TRY(serve_need_model(r->server, err));
    INGLE_TRY(serve_read(r, &m, sizeof m, msg_tokenize, err));
    INGLE_TRY(make_tokens(&ids, &n, r->server->model, &m.text,
                          make_flags(m.no_bos, m.parse_special), err));
    bool is_wanted = true;
    for (size_t at = 0; is_wanted && at < n; at += MSG_TOKENS_MAX) {
        size_t part = n - at < MSG_TOKENS_MAX ? n - at : MSG_TOKENS_MAX;
        is_wanted = say_tokens(r, ids + at, part, m.wants_bytes);
    }
    mem_free(ids);
    return serve_check_cancel(r, err);
}

ingle_status serve_detokenize(struct request *r, ingle_error *err) {
    struct msg_detokenize m;
    size_t len = 0;
    INGLE_TRY(serve_need_model(r->server, err));
    INGLE_TRY(serve_read(r, &m, sizeof m, msg_detokenize, err));
    const ingle_model *model = r->server->model;
    ingle_status status = ingle_detokenize(model, m.ids, m.n, true, NULL, 0, &len, err);
    if (status != INGLE_OK && status != INGLE_LIMIT) return status;
    char *text = mem_alloc(len + 1);
    if (!text) return status_no_memory(err, "the text", len + 1);
    status = ingle_detokenize(model, m.ids, m.n, true, text, len + 1, &len, err);
    if (status == INGLE_OK) status = serve_say_text(r, text, len, err);
    mem_free(text);
    return status;
}
