#include "cli/json.h"

static void to_out(void *to, const void *data, size_t size) {
    out_bytes(to, data, size);
}

void json_init(struct json *j, struct out *out) {
    json_init_sink(j, to_out, out);
}

/* Part of a line of other text. */
void json_init_in_line(struct json *j, struct out *out) {
    json_init(j, out);
    j->ends_line = false;
}
