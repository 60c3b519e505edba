#include "worker/wire/msg_judge.h"

void msg_judge(struct wire *w, void *message) {
    struct msg_judge *m = message;
    wire_constraint(w, &m->constraint);
    wire_bool(w, &m->lines);
    wire_text(w, &m->text, WIRE_MAX_TEXT);
    if (m->constraint.kind == CONSTRAINT_NONE) w->failed = true;
}

void msg_judged(struct wire *w, void *message) {
    struct msg_judged *m = message;
    wire_string(w, &m->refusal, WIRE_MAX_NAME);
}
