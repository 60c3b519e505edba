#include "cli/notify_watch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/desktop_bus.h"
#include "cli/interrupt.h"
#include "cli/notify_view.h"
#include "cli/say.h"
#include "cli/task_arg.h"
#include "task/digest_clean.h"
#include "task/digest_read.h"

enum {
    MAX_KEPT = 4096, /* notifications between two digests */
    MAX_LATE = 256   /* answers come for one of the last so many */
};

struct watch {
    const struct notify_watch *w;
    struct desktop_bus *bus;
    struct task_state state;
    struct digest_batch batch;
    uint64_t calls[MAX_KEPT + 1]; /* of each notification of the batch */
    size_t n_dropped;             /* the oldest of the least urgent, for want of room */
    size_t n_withdrawn;           /* by their apps, before they were told */
    uint64_t due_ns;
};

static int64_t now_s(void) {
    return clock_date_ns() / 1000000000;
}

static bool is_wanted(const struct watch *x, const char *app) {
    const struct option_list *apps = x->w->apps;
    for (size_t i = 0; i < apps->n; i++) {
        if (strcasecmp(apps->items[i], app) == 0) return true;
    }
    return apps->n == 0;
}

/* ---- keeping ---- */

/* A quarter of the batch goes: the oldest of low urgency, then of normal, then the oldest. */
static ingle_status make_room(struct watch *x, ingle_error *err) {
    struct digest_batch kept = {0};
    bool *goes = mem_calloc(x->batch.n, sizeof *goes);
    if (!goes) return status_no_memory(err, "the notifications", x->batch.n);
    size_t n_go = 0;
    for (int urgency = INGLE_URGENCY_LOW; urgency <= INGLE_URGENCY_CRITICAL; urgency++) {
        for (size_t i = 0; i < x->batch.n && n_go < MAX_KEPT / 4; i++) {
            if ((int)x->batch.items[i].urgency != urgency || goes[i]) continue;
            goes[i] = true;
            n_go++;
        }
    }
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < x->batch.n && status == INGLE_OK; i++) {
        if (goes[i]) continue;
        x->calls[kept.n] = x->calls[i];
        status = digest_batch_add(&kept, &x->batch.items[i], err);
    }
    mem_free(goes);
    digest_batch_clear(&x->batch);
    x->batch = kept;
    x->n_dropped += n_go;
    return status;
}

/* No more of a text than a digest looks at; the copy is the caller's to free. */
static char *beginning(const char *text) {
    size_t len = text ? strlen(text) : 0;
    return mem_strndup(text ? text : "", len < DIGEST_CLEAN_MAX ? len : DIGEST_CLEAN_MAX);
}

static ingle_status tell_at_once(struct watch *x, ingle_error *err) {
    ingle_status status = notify_print_critical(
        &x->w->cli->out, x->state.tasks, &x->batch.items[x->batch.n - 1], now_s(), x->w->json, err);
    if (status != INGLE_OK) return status;
    return out_flush(&x->w->cli->out, err);
}

static ingle_status keep(struct watch *x, const struct desktop_event *event, ingle_error *err) {
    if (!is_wanted(x, event->app)) return INGLE_OK;
    if (x->batch.n == MAX_KEPT) INGLE_TRY(make_room(x, err));
    char replaces[16];
    snprintf(replaces, sizeof replaces, "%u", event->id);
    char *title = beginning(event->title), *body = beginning(event->body);
    char *app = beginning(event->app);
    ingle_notification item = {.app = app,
                               .title = title,
                               .body = body,
                               .time_s = now_s(),
                               .replaces = event->id ? replaces : NULL,
                               .urgency = event->urgency};
    ingle_status status = title && body && app ? INGLE_OK : status_no_memory(err, "a text", 0);
    x->calls[x->batch.n] = event->call;
    if (status == INGLE_OK) status = digest_batch_add(&x->batch, &item, err);
    mem_free(title);
    mem_free(body);
    mem_free(app);
    return status == INGLE_OK ? tell_at_once(x, err) : status;
}

/* The desktop has said which id the notification of a call got. */
static void give_id(struct watch *x, const struct desktop_event *event) {
    for (size_t i = x->batch.n; i-- > 0 && i + MAX_LATE >= x->batch.n;) {
        if (x->calls[i] != event->call || x->batch.items[i].id) continue;
        char id[16];
        int n = snprintf(id, sizeof id, "%u", event->id);
        x->batch.items[i].id = arena_copy(&x->batch.texts, id, (size_t)n);
        return;
    }
}

/* Leaves out the notification that an app has withdrawn, and all that it had updated. */
static void withdraw(struct watch *x, const struct desktop_event *event) {
    char id[16];
    snprintf(id, sizeof id, "%u", event->id);
    size_t kept = 0;
    for (size_t i = 0; i < x->batch.n; i++) {
        const ingle_notification *item = &x->batch.items[i];
        bool goes = (item->id && strcmp(item->id, id) == 0) ||
                    (item->replaces && strcmp(item->replaces, id) == 0);
        if (goes) continue;
        x->calls[kept] = x->calls[i];
        x->batch.items[kept++] = *item;
    }
    x->n_withdrawn += x->batch.n - kept;
    x->batch.n = kept;
}

static ingle_status take_events(struct watch *x, ingle_error *err) {
    struct desktop_event event;
    bool has_event;
    while (!interrupt_came()) {
        INGLE_TRY(desktop_bus_next(x->bus, &event, &has_event, err));
        if (!has_event) break;
        if (event.kind == DESKTOP_NOTIFY) INGLE_TRY(keep(x, &event, err));
        if (event.kind == DESKTOP_ID) give_id(x, &event);
        if (event.kind == DESKTOP_CLOSE) withdraw(x, &event);
    }
    return INGLE_OK;
}

/* ---- telling ---- */

static void say_count(const struct watch *x, size_t n, const char *what) {
    if (n == 0) return;
    char sentence[160];
    snprintf(sentence, sizeof sentence, "%zu %s", n, what);
    say(x->w->cli->command, sentence);
}

static void put_head(struct watch *x) {
    time_t now = (time_t)now_s();
    struct tm tm;
    char at[16] = "";
    if (localtime_r(&now, &tm)) (void)strftime(at, sizeof at, "%H:%M", &tm);
    out_f(&x->w->cli->out, "-- %s, %zu notification%s\n", at, x->batch.n,
          x->batch.n == 1 ? "" : "s");
}

/* The digest of what came since the last one; nothing came: nothing is printed. */
static ingle_status print_digest(struct watch *x, ingle_error *err) {
    struct out *out = &x->w->cli->out;
    say_count(x, x->n_dropped, "old ones of the least urgent found no room and are in no digest.");
    say_count(x, x->n_withdrawn, "withdrawn by their apps are left out.");
    x->n_dropped = x->n_withdrawn = 0;
    ingle_status status = INGLE_OK;
    if (x->batch.n) {
        if (!x->w->json) put_head(x);
        status = notify_print(out, x->state.tasks, x->batch.items, x->batch.n, now_s(),
                              x->w->max_groups, x->w->json, err);
        if (!x->w->json) out_str(out, "\n");
    }
    digest_batch_clear(&x->batch);
    return status == INGLE_OK ? out_flush(out, err) : status;
}

/* With Ctrl-C blocked but while waiting, none is missed between the look and the wait. */
static ingle_status wait_for_more(struct watch *x, ingle_error *err) {
    uint64_t now = clock_ns();
    int64_t left_ms = x->due_ns > now ? (int64_t)((x->due_ns - now) / 1000000) + 1 : 0;
    sigset_t interrupts, before;
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupts, &before);
    ingle_status status = INGLE_OK;
    if (!interrupt_came()) status = desktop_bus_wait(x->bus, left_ms, &before, err);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

static ingle_status watch_on(struct watch *x, ingle_error *err) {
    uint64_t every_ns = (uint64_t)x->w->every_min * 60 * 1000000000;
    x->due_ns = clock_ns() + every_ns;
    while (!interrupt_came()) {
        INGLE_TRY(take_events(x, err));
        if (clock_ns() >= x->due_ns) {
            interrupt_watch_tasks(x->state.tasks);
            INGLE_TRY(print_digest(x, err));
            interrupt_watch_tasks(NULL);
            x->due_ns = clock_ns() + every_ns;
        }
        INGLE_TRY(wait_for_more(x, err));
    }
    return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
}

static void say_listening(const struct watch *x, const struct desktop_welcome *welcome) {
    char sentence[400];
    if (!welcome->has_desktop) {
        say(x->w->cli->command, "Nothing here shows notifications yet; until something does, the "
                                "bus passes none on.");
    }
    if (!welcome->is_monitor) {
        snprintf(sentence, sizeof sentence,
                 "The bus allows no monitor (%.200s); eavesdropping instead.", welcome->refusal);
        say(x->w->cli->command, sentence);
    }
    snprintf(sentence, sizeof sentence,
             "Listening; a digest every %d minute%s and at Ctrl-C, what is critical at once.",
             x->w->every_min, x->w->every_min == 1 ? "" : "s");
    say(x->w->cli->command, sentence);
}

static ingle_status watch_bus(struct watch *x, ingle_error *err) {
    struct desktop_welcome welcome;
    INGLE_TRY(task_open(&x->state, x->w->engine, 0, 0, 0, err));
    interrupt_watch_tasks(NULL); /* Ctrl-C ends the watch, not a digest */
    INGLE_TRY(desktop_bus_open(&x->bus, &welcome, err));
    interrupt_outlive();
    say_listening(x, &welcome);
    ingle_status status = watch_on(x, err);
    /* Whatever ended it: what came until then is told, heard already or not. */
    interrupt_forget();
    if (status == INGLE_CANCELLED) {
        ingle_status heard = take_events(x, NULL);
        (void)heard; /* a bus that goes now goes unmissed */
    }
    out_resume(&x->w->cli->out);
    ingle_status printed = print_digest(x, status == INGLE_OK ? err : NULL);
    return status == INGLE_OK ? printed : status;
}

ingle_status notify_watch(const struct notify_watch *w, ingle_error *err) {
    struct watch *x = mem_calloc(1, sizeof *x);
    if (!x) return status_no_memory(err, "the watch", sizeof *x);
    x->w = w;
    ingle_status status = watch_bus(x, err);
    desktop_bus_close(x->bus);
    digest_batch_clear(&x->batch);
    task_close(&x->state);
    mem_free(x);
    return status;
}
