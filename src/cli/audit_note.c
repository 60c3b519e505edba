#include "cli/audit_note.h"

#include <stdbool.h>
#include <string.h>

#include "cli/config.h"
#include "cli/say.h"
#include "cli/user_dir.h"

/* Like the command's other ends (interrupt.c), the one thing of a process that everything in it
 * writes to. */
static struct audit *session;
static bool has_failed;

static ingle_status open_session(ingle_error *err) {
    char folder[USER_DIR_CAP];
    if (session) return INGLE_OK;
    if (!user_state_dir(folder, "/audit")) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "There is no place for the audit log: neither HOME nor XDG_STATE_HOME "
                          "names a folder.");
    }
    return audit_open(&session, folder, err);
}

ingle_status audit_require(enum audit_kind kind, const struct audit_field *fields, size_t n,
                           ingle_error *err) {
    INGLE_TRY(open_session(err));
    return audit_write(session, kind, fields, n, err);
}

/* Settings that cannot be read are told by who needs them. */
static bool is_off(void) {
    char value[CONFIG_VALUE_MAX];
    return config_get(value, CONFIG_AUDIT, NULL) == INGLE_OK && strcmp(value, "off") == 0;
}

void audit_note(enum audit_kind kind, const struct audit_field *fields, size_t n) {
    ingle_error err;
    if (has_failed || is_off()) return;
    ingle_status status = audit_require(kind, fields, n, &err);
    if (status == INGLE_OK) return;
    has_failed = true;
    if (status != INGLE_UNSUPPORTED) say(NULL, err.msg);
}

void audit_note_end(void) {
    ingle_error err;
    ingle_status status = audit_close(session, &err);
    session = NULL;
    if (status != INGLE_OK && !has_failed) say(NULL, err.msg);
}
