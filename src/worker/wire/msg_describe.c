#include "worker/wire/msg_describe.h"

#include <limits.h>
#include <string.h>

static void visit_fact(struct wire *w, void *item) {
    struct msg_fact *m = item;
    wire_text(w, &m->key, WIRE_MAX_TEXT);
    wire_bool(w, &m->is_array);
    wire_u64(w, &m->count);
    WIRE_ENUM(w, m->kind, INGLE_VALUE_STRING);
    wire_u64(w, &m->number);
    wire_double(w, &m->real);
    wire_text(w, &m->text, MSG_FACT_TEXT);
}

void msg_described(struct wire *w, void *message) {
    struct msg_described *m = message;
    wire_some_string(w, &m->architecture, WIRE_MAX_NAME);
    wire_some_string(w, &m->name, WIRE_MAX_NAME);
    wire_some_string(w, &m->quantization, WIRE_MAX_NAME);
    wire_u64(w, &m->n_params);
    wire_u64(w, &m->file_size);
    wire_int(w, &m->n_ctx_train, 0, INT_MAX);
    wire_bool(w, &m->fills_middle);
    wire_bool(w, &m->has_template);
    wire_some_string(w, &m->template_from, WIRE_MAX_NAME);
    wire_some_string(w, &m->tool_format, WIRE_MAX_NAME);
    wire_bool(w, &m->can_think);
    wire_bool(w, &m->thinks);
    wire_bool(w, &m->has_system);
    wire_list(w, &m->facts, &m->n_facts, sizeof *m->facts, WIRE_MAX_LIST, visit_fact);
}

const struct msg_fact *msg_fact_find(const struct msg_described *m, const char *key) {
    for (size_t i = 0; i < m->n_facts; i++) {
        const struct msg_fact *f = &m->facts[i];
        if (f->key.len == strlen(key) && memcmp(f->key.data, key, f->key.len) == 0) return f;
    }
    return NULL;
}
