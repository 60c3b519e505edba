/* MSG_COMPLETE: what belongs at a place of a text. */
#include "worker/serve/serve_task.h"
#include "worker/wire/msg_complete.h"

ingle_status serve_complete(struct request *r, ingle_error *err) {
    struct msg_complete m;
    ingle_complete_result result = {0};
    INGLE_TRY(serve_task(r, &m, sizeof m, msg_complete, err));
    ingle_complete_options opt = ingle_complete_options_default();
    opt.extent = m.extent;
    opt.max_tokens = m.max_tokens;
    opt.repository = m.repository;
    opt.others = m.others;
    opt.n_others = m.n_others;
    opt.on_text = serve_task_text;
    opt.user = r;
    INGLE_TRY(ingle_complete(r->slot->tasks, &m.file, m.at, &opt, &result, err));
    return serve_result(r, msg_completed, &result, err);
}
