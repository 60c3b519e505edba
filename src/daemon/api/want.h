/* What a text must be, as dialects say it: any JSON object, or one of a schema. */
#ifndef INGLE_DAEMON_API_WANT_H
#define INGLE_DAEMON_API_WANT_H

#include "daemon/api/field.h"
#include "worker/wire/msg_chat.h"

void want_object(struct msg_constraint *out);
/* schema: what `name` of f has; its text is in the arena. true and false are schemas, too. */
void want_schema(struct fields *f, const char *name, struct arena *arena,
                 const struct json_value *schema, struct msg_constraint *out);

/* A text that must have a form has no place for calls: refuses `name`, which asks for it, where
 * tools may be called. */
void want_no_calls(struct fields *f, const char *name, const struct msg_chat *m);

#endif
