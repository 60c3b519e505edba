#include "cli/notify_watch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/desktop_bus.h"
#include "cli/interrupt.h"
#include "cli/notify_store.h"
#include "cli/notify_view.h"
#include "cli/say.h"
#include "cli/task_worker.h"

struct watch {
    const struct notify_watch *w;
    struct desktop_bus *bus;
    struct worker *worker;
    struct notify_store store;
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

static ingle_status keep(struct watch *x, const struct desktop_event *event, ingle_error *err) {
    if (!is_wanted(x, event->app)) return INGLE_OK;
    INGLE_TRY(notify_store_add(&x->store, event, now_s(), err));
    struct out *out = &x->w->cli->out;
    const struct digest_batch *batch = &x->store.batch;
    INGLE_TRY(notify_print_critical(out, x->worker, &batch->items[batch->n - 1], now_s(),
                                    x->w->json, err));
    return out_flush(out, err);
}

static ingle_status take_events(struct watch *x, ingle_error *err) {
    struct desktop_event event;
    bool has_event;
    while (!interrupt_came()) {
        INGLE_TRY(desktop_bus_next(x->bus, &event, &has_event, err));
        if (!has_event) break;
        if (event.kind == DESKTOP_NOTIFY) INGLE_TRY(keep(x, &event, err));
        if (event.kind == DESKTOP_ID) INGLE_TRY(notify_store_name(&x->store, &event, err));
        if (event.kind == DESKTOP_CLOSE) notify_store_withdraw(&x->store, &event);
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
    out_f(&x->w->cli->out, "-- %s, %zu notification%s\n", at, x->store.batch.n,
          x->store.batch.n == 1 ? "" : "s");
}

/* The digest of what came since the last one; nothing came: nothing is printed. */
static ingle_status print_digest(struct watch *x, ingle_error *err) {
    struct out *out = &x->w->cli->out;
    say_count(x, x->store.n_dropped,
              "old ones of the least urgent found no room and are in no digest.");
    say_count(x, x->store.n_withdrawn, "withdrawn by their apps are left out.");
    ingle_status status = INGLE_OK;
    if (x->store.batch.n) {
        if (!x->w->json) put_head(x);
        struct msg_digest asked = {.items = x->store.batch.items,
                                   .n_items = x->store.batch.n,
                                   .now_s = now_s(),
                                   .max_groups = x->w->max_groups};
        struct msg_found found;
        status = notify_print(out, x->worker, &asked, x->w->json, &found, err);
        if (!x->w->json) out_str(out, "\n");
    }
    notify_store_clear(&x->store);
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
            interrupt_watch_worker(x->worker);
            INGLE_TRY(print_digest(x, err));
            interrupt_watch_worker(NULL);
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
    struct msg_start start = {.packs = x->w->engine->model ? WORKER_TAGGER : 0};
    INGLE_TRY(task_worker_new(&x->worker, &start, x->w->engine, err));
    interrupt_watch_worker(NULL); /* Ctrl-C ends the watch, not a digest */
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
    notify_store_clear(&x->store);
    worker_arg_free(x->worker);
    mem_free(x);
    return status;
}
