/* Writes JSON texts the way templates' tojson does: ", " and ": " between things, characters that
 * need no escape as they are. */
#ifndef INGLE_ENGINE_CHAT_JSON_OUT_H
#define INGLE_ENGINE_CHAT_JSON_OUT_H

#include "base/buf.h"
#include "base/json_tree.h"

void json_out_string(struct buf *out, const char *text, size_t len);
void json_out_value(struct buf *out, const struct json_value *value);

/* `"name": `, with ", " before it unless it is the first of its object; says so from then on. */
void json_out_name(struct buf *out, const char *name, size_t len, bool *is_first);

#endif
