/* A digest as it is printed: sections on a terminal and in a pipe, or one JSON object. */
#ifndef INGLE_CLI_NOTIFY_VIEW_H
#define INGLE_CLI_NOTIFY_VIEW_H

#include "cli/out.h"
#include "ingle/digest.h"

/* now_s: 0 = that of the latest notification. Prints the digest of items[0..n); without any, that
 * there are none. Texts of the model that were not borne out are said on standard error. */
BASE_NODISCARD ingle_status notify_print(struct out *out, ingle_tasks *tasks,
                                         const ingle_notification *items, size_t n, int64_t now_s,
                                         size_t max_groups, bool is_json, ingle_error *err);

/* Prints item, marked as urgent, if it is critical by itself or by what it says; else nothing. */
BASE_NODISCARD ingle_status notify_print_critical(struct out *out, ingle_tasks *tasks,
                                                  const ingle_notification *item, int64_t now_s,
                                                  bool is_json, ingle_error *err);

#endif
