/* Notifications with secrets and without, made by hand: title, newline, body, as digests see them.
 */
#ifndef INGLE_TESTS_SECRET_CASES_H
#define INGLE_TESTS_SECRET_CASES_H

#include <stddef.h>

#include "task/secrets.h"

struct secret_case {
    const char *text;
    const char *secret; /* must be gone; NULL: nothing must be found */
    enum secret_kind kind;
};

extern const struct secret_case secret_cases[];
extern const size_t n_secret_cases;

#endif
