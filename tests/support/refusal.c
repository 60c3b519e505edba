#include "support/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

void mark_error(ingle_error *err) {
    *err = (ingle_error){.code = INGLE_LIMIT, .where = 4711, .msg = "as it was"};
}

void expect_marked(const ingle_error *err) {
    if (err->code != INGLE_LIMIT || err->where != 4711 || strcmp(err->msg, "as it was") != 0) {
        fail_msg("a success wrote to err: %s", err->msg);
    }
}

void expect_refusal(ingle_status status, ingle_status code, const ingle_error *err,
                    const char *saying) {
    if (status != code || err->code != code) {
        fail_msg("%s (in err: %s) instead of %s: %s", ingle_status_name(status),
                 ingle_status_name(err->code), ingle_status_name(code), err->msg);
    }
    size_t len = strlen(err->msg);
    if (!strstr(err->msg, saying)) fail_msg("'%s' does not say '%s'", err->msg, saying);
    if (len < 10 || err->msg[len - 1] != '.') fail_msg("'%s' is no sentence", err->msg);
}
