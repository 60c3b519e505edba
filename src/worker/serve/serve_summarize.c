/* MSG_SUMMARIZE: a summary of a text. */
#include "worker/serve/serve_task.h"
#include "worker/wire/msg_summarize.h"

ingle_status serve_summarize(struct request *r, ingle_error *err) {
    struct msg_summarize m;
    ingle_summary_result result = {0};
    INGLE_TRY(serve_task(r, &m, sizeof m, msg_summarize, err));
    ingle_summarize_options opt = ingle_summarize_options_default();
    opt.style = m.style;
    opt.length = m.length;
    opt.extractive = m.extractive;
    opt.title = m.title;
    opt.on_text = serve_task_text;
    opt.on_progress = serve_task_progress;
    opt.user = r;
    INGLE_TRY(ingle_summarize(r->slot->tasks, m.text.data, m.text.len, &opt, &result, err));
    return serve_result(r, msg_summarized, &result, err);
}
