#include "guard/seal/seal.h"

#include <string.h>
#include <sys/prctl.h>

#include "guard/seal/seal_instrumented.h"
#include "guard/seal/seal_internal.h"

ingle_status seal_failed(ingle_error *err, int errnum, const char *what) {
    return status_set(err, INGLE_FAILED, 0, "Cannot seal this process: %s: %s.", what,
                      strerror(errnum));
}

/* Each step needs what the next one takes away: /proc to look at the namespaces, capabilities of
 * the new user namespace to empty the root folder and to drop the bounding set, no new privileges
 * for Landlock, which forbids mounting, for good. */
ingle_status seal_prepare(struct seal_report *out, const struct seal_plan *plan, ingle_error *err) {
    *out = (struct seal_report){0};
    seal_tell_sanitizers();
    INGLE_TRY(seal_one_thread(err));
    INGLE_TRY(seal_filter_compile(out, plan->is_own_master, err));
    INGLE_TRY(seal_bind_to_parent(plan, err));
    INGLE_TRY(seal_close_others(plan, err));
    INGLE_TRY(seal_limit(plan, err));
    seal_enter_namespaces(out);
    INGLE_TRY(seal_drop_privileges(err));
    INGLE_TRY(seal_landlock(out, err));
    return seal_bind_to_parent(plan, err);
}

ingle_status seal_finish(struct seal_report *out, ingle_error *err) {
    out->is_sealed = false;
    if (out->program.n == 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 ||
        prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return status_set(err, INGLE_FAILED, 0,
                          "Cannot seal this process: it has not been prepared for it.");
    }
    INGLE_TRY(seal_filter_load(&out->program, err));
    out->is_sealed = true;
    return INGLE_OK;
}
