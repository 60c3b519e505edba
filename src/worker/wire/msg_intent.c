#include "worker/wire/msg_intent.h"

static void visit_label(struct wire *w, ingle_label *m) {
    wire_some_string(w, &m->name, WIRE_MAX_TEXT);
    wire_string(w, &m->description, WIRE_MAX_TEXT);
    wire_strings(w, &m->examples, &m->n_examples, WIRE_MAX_LIST, WIRE_MAX_TEXT);
}

void msg_intent(struct wire *w, void *message) {
    struct msg_intent *m = message;
    wire_text(w, &m->text, WIRE_MAX_TEXT);
    wire_bool(w, &m->same_labels);
    wire_int(w, &m->n_top, 1, MSG_INTENT_MAX_TOP);
    ingle_label *made = NULL;
    bool is_writing = w->out != NULL;
    if (!wire_list(w, &made, &m->n_labels, sizeof *made, INGLE_LABELS_MAX)) return;
    for (size_t i = 0; i < m->n_labels; i++) {
        ingle_label label = is_writing ? m->labels[i] : made[i];
        visit_label(w, &label);
        if (!is_writing) made[i] = label;
    }
    if (!is_writing) m->labels = made;
}

void msg_intended(struct wire *w, void *message) {
    struct msg_intended *m = message;
    wire_bool(w, &m->is_none);
    wire_float(w, &m->confidence);
    struct msg_intent_guess *made = NULL;
    bool is_writing = w->out != NULL;
    if (!wire_list(w, &made, &m->n_top, sizeof *made, MSG_INTENT_MAX_TOP)) return;
    if (m->n_top == 0) w->failed = true;
    if (!is_writing) m->top = made;
    for (size_t i = 0; i < m->n_top; i++) {
        wire_some_string(w, &m->top[i].label, WIRE_MAX_NAME);
        wire_float(w, &m->top[i].confidence);
    }
}
