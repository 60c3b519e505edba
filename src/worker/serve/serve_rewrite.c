/* MSG_REWRITE: a text refined block by block. */
#include "worker/serve/serve_task.h"
#include "worker/wire/msg_rewrite.h"

static bool on_block(const ingle_rewrite_block *block, void *user) {
    return serve_say(user, MSG_BLOCK, msg_block, block);
}

ingle_status serve_rewrite(struct request *r, ingle_error *err) {
    struct msg_rewrite m;
    ingle_rewrite_result result = {0};
    INGLE_TRY(serve_task(r, &m, sizeof m, msg_rewrite, err));
    ingle_rewrite_options opt = ingle_rewrite_options_default();
    opt.manner = m.manner;
    opt.instruction = m.instruction;
    opt.max_changed = m.max_changed;
    opt.on_text = serve_task_text;
    opt.on_block = on_block;
    opt.on_progress = serve_task_progress;
    opt.user = r;
    INGLE_TRY(ingle_rewrite(r->slot->tasks, m.text.data, m.text.len, &opt, &result, err));
    return serve_result(r, msg_rewritten, &result, err);
}
