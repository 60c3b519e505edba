/* JSON on standard output (base/json_write.h). */
#ifndef INGLE_CLI_JSON_H
#define INGLE_CLI_JSON_H

#include "base/json_write.h"
#include "cli/out.h"

void json_init(struct json *j, struct out *out);
void json_init_in_line(struct json *j, struct out *out);

#endif
