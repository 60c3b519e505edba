#include "task/tasks.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "ingle/prefix_cache.h"

ingle_status task_read_options(void *dst, const void *src, size_t known, const char *name,
                               ingle_error *err) {
    if (!src) return INGLE_OK;
    size_t size;
    memcpy(&size, src, sizeof size);
    if (size != known) {
        return status_set(
            err, INGLE_BAD_ARGUMENT, 0,
            "The size of %s is %zu; this library knows %zu. Fill it with %s_default().", name, size,
            known, name);
    }
    memcpy(dst, src, known);
    return INGLE_OK;
}

ingle_status task_need(const void *argument, const char *name, ingle_error *err) {
    if (argument) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "The argument %s must not be NULL.", name);
}

ingle_status task_check_cancel(struct ingle_tasks *t, ingle_error *err) {
    if (!atomic_exchange(&t->is_cancelled, false)) return INGLE_OK;
    return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
}

ingle_status task_begin(struct ingle_tasks *t, ingle_error *err) {
    atomic_store(&t->cancellable, t->session);
    ingle_status status = task_check_cancel(t, err);
    if (status != INGLE_OK) task_end(t);
    return status;
}

void task_end(struct ingle_tasks *t) {
    atomic_store(&t->cancellable, NULL);
}

ingle_status task_progress(struct ingle_tasks *t, ingle_progress_fn progress, void *user,
                           const char *step, size_t done, size_t total, ingle_error *err) {
    ingle_progress p = {.step = step, .done = done, .total = total};
    if (progress && !progress(&p, user)) {
        return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    }
    return task_check_cancel(t, err);
}

ingle_status task_check_text(const char *text, size_t len, const char *what, ingle_error *err) {
    size_t bad = utf8_find_invalid(text, len);
    const char *zero = len ? memchr(text, '\0', len) : NULL;
    if (zero && (size_t)(zero - text) < bad) bad = (size_t)(zero - text);
    if (bad == len) return INGLE_OK;
    return status_set(err, INGLE_INVALID, bad, "%s is not text: byte %zu is no UTF-8.", what, bad);
}

void task_forget(struct ingle_tasks *t) {
    task_forget_labels(t);
    ingle_chat_free(t->chat);
    t->chat = NULL;
    t->n_shown = 0;
    if (!t->session || ingle_session_use_cache(t->session, NULL, NULL) == INGLE_OK) return;
    ingle_session_free(t->session);
    t->session = NULL;
}

void task_set_urgency(struct ingle_tasks *t, ingle_session_urgency urgency) {
    t->urgency = urgency;
    if (t->session) ingle_session_set_urgency(t->session, urgency);
}

ingle_tasks_options ingle_tasks_options_default(void) {
    return (ingle_tasks_options){.size = sizeof(ingle_tasks_options)};
}

ingle_status ingle_tasks_new(ingle_tasks **out, const ingle_tasks_options *opt, ingle_error *err) {
    INGLE_TRY(task_need(out, "out", err));
    *out = NULL;
    ingle_tasks_options options = ingle_tasks_options_default();
    INGLE_TRY(task_read_options(&options, opt, sizeof options, "ingle_tasks_options", err));
    struct ingle_tasks *t = mem_calloc(1, sizeof *t);
    if (!t) return status_no_memory(err, "the tasks", sizeof *t);
    t->options = options;
    t->session_options = options.session ? *options.session : ingle_session_options_default();
    atomic_init(&t->cancellable, NULL);
    atomic_init(&t->is_cancelled, false);
    *out = t;
    return INGLE_OK;
}

void ingle_tasks_free(ingle_tasks *tasks) {
    if (!tasks) return;
    atomic_store(&tasks->cancellable, NULL);
    task_forget_labels(tasks);
    ingle_chat_free(tasks->chat);
    ingle_session_free(tasks->session);
    mem_free(tasks);
}

void ingle_tasks_cancel(ingle_tasks *tasks) {
    if (!tasks) return;
    atomic_store(&tasks->is_cancelled, true);
    ingle_session *session = atomic_load(&tasks->cancellable);
    if (session) ingle_session_cancel(session);
}
