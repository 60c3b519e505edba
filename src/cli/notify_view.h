/* A digest as it is printed: sections on a terminal and in a pipe, or one JSON object. */
#ifndef INGLE_CLI_NOTIFY_VIEW_H
#define INGLE_CLI_NOTIFY_VIEW_H

#include "cli/out.h"
#include "worker/client/worker.h"
#include "worker/wire/msg_digest.h"

/* Has the worker make a digest of what `asked` says, and prints it; without any notification, that
 * there are none. What was left out as of other apps, and texts of the model that were not borne
 * out, are said on standard error. *found: what there was to digest. */
BASE_NODISCARD ingle_status notify_print(struct out *out, struct worker *worker,
                                         const struct msg_digest *asked, bool is_json,
                                         struct msg_found *found, ingle_error *err);

/* Prints item, marked as urgent, if it is critical by itself or by what it says; else nothing. */
BASE_NODISCARD ingle_status notify_print_critical(struct out *out, struct worker *worker,
                                                  const ingle_notification *item, int64_t now_s,
                                                  bool is_json, ingle_error *err);

#endif
