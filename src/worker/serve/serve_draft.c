/* MSG_DRAFT: a text from a few words. */
#include "worker/serve/serve_task.h"
#include "worker/wire/msg_draft.h"

struct drafting {
    struct request *request;
    ingle_status status; /* of the result */
    ingle_error err;
};

static void on_draft(const ingle_draft *draft, void *user) {
    struct drafting *d = user;
    d->status = serve_result(d->request, msg_drafted, draft, &d->err);
}

ingle_status serve_draft(struct request *r, ingle_error *err) {
    struct msg_draft m;
    struct drafting d = {.request = r};
    INGLE_TRY(serve_task(r, &m, sizeof m, msg_draft, err));
    ingle_draft_options opt = ingle_draft_options_default();
    opt.kind = m.kind;
    opt.to = m.to;
    opt.about = m.about;
    opt.tone = m.tone;
    opt.context = m.context.len ? m.context.data : NULL;
    opt.context_len = m.context.len;
    opt.max_tokens = m.max_tokens;
    opt.on_draft = on_draft;
    opt.user = &d;
    INGLE_TRY(ingle_draft_text(r->slot->tasks, &opt, err));
    if (d.status != INGLE_OK) *err = d.err;
    return d.status;
}
