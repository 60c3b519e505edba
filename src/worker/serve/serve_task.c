#include "worker/serve/serve_task.h"

#include "worker/serve/slots.h"

static void cancel(void *user) {
    ingle_tasks_cancel(user);
}

ingle_status serve_task(struct request *r, void *message, size_t size, wire_fn visit,
                        ingle_error *err) {
    INGLE_TRY(serve_read(r, message, size, visit, err));
    INGLE_TRY(slot_need_tasks(r->slot, err));
    slot_set_urgency(r->slot, r->asker.urgency);
    inbox_watch(r->server->inbox, r->slot->taker, r->id, cancel, r->slot->tasks);
    return INGLE_OK;
}

bool serve_task_text(const char *text, size_t len, void *request) {
    return serve_say_bytes(request, MSG_TEXT, text, len);
}

bool serve_task_progress(const ingle_progress *progress, void *request) {
    return serve_say(request, MSG_PROGRESS, msg_progress, progress);
}
