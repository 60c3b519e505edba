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

void msg_rendered(struct wire *w, void *message) {
    struct msg_rendered *m = message;
    ingle_rendering_span *made = NULL;
    bool is_writing = w->out != NULL;
    if (!wire_list(w, &made, &m->n_spans, sizeof *made, MESSAGE_MAX_ANSWER)) return;
    for (size_t i = 0; i < m->n_spans; i++) {
        ingle_rendering_span span = {0};
        if (is_writing) span = m->spans[i];
        wire_size(w, &span.start);
        wire_size(w, &span.len);
        wire_bool(w, &span.is_data);
        if (!is_writing) made[i] = span;
    }
    if (!is_writing) m->spans = made;
}
