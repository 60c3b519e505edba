#include "engine/model/pack_ways.h"

void pack_note(struct weights *w, const char *first, const char *then) {
    const char *between = *first && *then ? " " : "";
    ingle_status code = status_set(&w->note, INGLE_FAILED, 0, "%s%s%s", first, between, then);
    (void)code; /* no failure of the open */
}

/* What is not there needs no sentence. */
static void forget(ingle_error *err, ingle_status status) {
    if (status == INGLE_NOT_FOUND) err->msg[0] = '\0';
}

ingle_status pack_old_or_new(struct weights *w, pack_way use_old, pack_way write_new,
                             const void *arg, ingle_error *err) {
    ingle_error bad = {.msg = ""}, failed = {.msg = ""};
    ingle_status status = use_old(w, arg, &bad);
    if (status == INGLE_OK) {
        w->from = WEIGHTS_CACHED;
        return INGLE_OK;
    }
    if (status == INGLE_NO_MEMORY) {
        if (err) *err = bad;
        return status;
    }
    forget(&bad, status);
    status = write_new(w, arg, &failed);
    if (status == INGLE_NO_MEMORY) {
        if (err) *err = failed;
        return status;
    }
    if (status == INGLE_OK) {
        w->from = WEIGHTS_WRITTEN;
        if (bad.msg[0]) pack_note(w, bad.msg, "It was replaced.");
        return INGLE_OK;
    }
    forget(&failed, status);
    pack_note(w, bad.msg, failed.msg);
    return INGLE_OK;
}
