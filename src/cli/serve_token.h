/* The service's token: in a file that only its owner can read, made at the first start. */
#ifndef INGLE_CLI_SERVE_TOKEN_H
#define INGLE_CLI_SERVE_TOKEN_H

#include <stdbool.h>

#include "base/secret.h"
#include "cli/user_dir.h"

struct serve_token {
    struct secret secret;
    char path[USER_DIR_CAP];
    bool is_new; /* it was made now */
};

/* REFUSED if others can read or change the file, INVALID if there is no token in it. */
BASE_NODISCARD ingle_status serve_token_read(struct serve_token *t, ingle_error *err);

#endif
