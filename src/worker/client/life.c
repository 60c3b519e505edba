#include "worker/client/life.h"

/* What beats alone take is less; any work is more. */
#define WORKS_MS 1.0

bool life_is_due(const struct life *l, double now_ms) {
    return !l->has_looked || now_ms - l->last.now_ms >= LIFE_LOOK_MS;
}

/* A front that was stopped itself has not seen whether the worker was silent meanwhile. */
static double since(const struct life *l, const struct life_signs *now) {
    double ms = now->now_ms - l->last.now_ms;
    return ms < 2.0 * LIFE_LOOK_MS ? ms : 2.0 * LIFE_LOOK_MS;
}

static bool works(const struct life *l, const struct life_signs *now) {
    return now->cpu_ms < 0.0 || l->last.cpu_ms < 0.0 || now->cpu_ms - l->last.cpu_ms >= WORKS_MS;
}

static void count(struct life *l, const struct life_signs *now) {
    double ms = since(l, now);
    bool is_idle = !works(l, now) && !now->has_unread;
    bool has_moved = now->received != l->last.received || now->taken != l->last.taken;
    l->stopped_ms = now->is_stopped ? l->stopped_ms + ms : 0.0;
    l->silent_ms += ms;
    if (is_idle) l->silent_idle_ms += ms;
    if (now->beats != l->last.beats || now->has_unread) l->silent_ms = l->silent_idle_ms = 0.0;
    l->still_ms = is_idle && !has_moved ? l->still_ms + ms : 0.0;
    if (now->cancelled != l->last.cancelled) l->cancelled_ms = l->cancelled_idle_ms = 0.0;
    if (now->cancelled == 0) return;
    l->cancelled_ms += ms;
    if (is_idle) l->cancelled_idle_ms += ms;
}

static bool is_silent(const struct life *l) {
    double starved_ms = l->last.beats == 0 ? LIFE_STARTS_MS : LIFE_STARVED_MS;
    return l->stopped_ms > LIFE_STOPPED_MS || l->silent_idle_ms > LIFE_SILENT_MS ||
           l->silent_ms > starved_ms;
}

static bool disobeys(const struct life *l) {
    return l->cancelled_idle_ms > LIFE_OBEYS_MS || l->cancelled_ms > LIFE_ENDS_MS ||
           l->last.told_late > LIFE_ENDS_BYTES;
}

enum life_verdict life_look(struct life *l, const struct life_signs *now) {
    if (l->has_looked) count(l, now);
    l->has_looked = true;
    l->last = *now;
    if (is_silent(l)) return LIFE_SILENT;
    if (l->still_ms > LIFE_STUCK_MS) return LIFE_STUCK;
    return disobeys(l) ? LIFE_DISOBEYS : LIFE_GOES_ON;
}

const char *life_sentence(enum life_verdict verdict) {
    switch (verdict) {
    case LIFE_SILENT:
        return "The worker did not answer any more and was ended.";
    case LIFE_STUCK:
        return "The worker stood still for half a minute and was ended.";
    case LIFE_DISOBEYS:
        return "The worker did not stop when it was told to and was ended.";
    case LIFE_GOES_ON:
        break;
    }
    return "The worker works.";
}
