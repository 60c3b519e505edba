#include "worker/wire/msg_template.h"

void msg_template(struct wire *w, void *message) {
    struct msg_template *m = message;
    wire_string(w, &m->source, WIRE_MAX_TEXT);
    wire_string(w, &m->source_name, WIRE_MAX_NAME);
    wire_some_string(w, &m->messages, WIRE_MAX_TEXT);
    wire_string(w, &m->tools, WIRE_MAX_TEXT);
    wire_string(w, &m->vars, WIRE_MAX_TEXT);
    wire_string(w, &m->now, WIRE_MAX_NAME);
    wire_bool(w, &m->no_generation_prompt);
}

static void visit_span(struct wire *w, void *item) {
    ingle_rendering_span *m = item;
    wire_size(w, &m->start);
    wire_size(w, &m->len);
    wire_bool(w, &m->is_data);
}

void msg_rendered(struct wire *w, void *message) {
    struct msg_rendered *m = message;
    wire_list(w, &m->spans, &m->n_spans, sizeof *m->spans, MESSAGE_MAX_ANSWER, visit_span);
}
