/* Two versions of a text shown as one: what is gone is red and struck out, what is new is green;
 * without colours as [-old-]{+new+}. */
#ifndef INGLE_CLI_DIFF_VIEW_H
#define INGLE_CLI_DIFF_VIEW_H

#include "cli/out.h"

BASE_NODISCARD ingle_status diff_view(struct out *o, bool colours, const char *old_text,
                                      size_t old_len, const char *new_text, size_t new_len,
                                      ingle_error *err);

#endif
