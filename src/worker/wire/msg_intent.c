#include "worker/wire/msg_intent.h"

static void visit_label(struct wire *w, void *item) {
    ingle_label *m = item;
    wire_some_string(w, &m->name, WIRE_MAX_TEXT);
    wire_string(w, &m->description, WIRE_MAX_TEXT);
    wire_strings(w, &m->examples, &m->n_examples, WIRE_MAX_LIST, WIRE_MAX_TEXT);
}

void msg_intent(struct wire *w, void *message) {
    struct msg_intent *m = message;
    wire_text(w, &m->text, WIRE_MAX_TEXT);
    wire_bool(w, &m->same_labels);
    wire_int(w, &m->n_top, 1, MSG_INTENT_MAX_TOP);
    wire_list(w, &m->labels, &m->n_labels, sizeof *m->labels, INGLE_LABELS_MAX, visit_label);
}

static void visit_guess(struct wire *w, void *item) {
    struct msg_intent_guess *m = item;
    wire_some_string(w, &m->label, WIRE_MAX_NAME);
    wire_float(w, &m->confidence);
}

void msg_intended(struct wire *w, void *message) {
    struct msg_intended *m = message;
    wire_bool(w, &m->is_none);
    wire_float(w, &m->confidence);
    wire_list(w, &m->top, &m->n_top, sizeof *m->top, MSG_INTENT_MAX_TOP, visit_guess);
    if (m->n_top == 0) w->failed = true;
}
