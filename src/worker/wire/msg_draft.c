#include "worker/wire/msg_draft.h"

#include <limits.h>

void msg_draft(struct wire *w, void *message) {
    struct msg_draft *m = message;
    WIRE_ENUM(w, m->kind, INGLE_DRAFT_NOTE);
    wire_string(w, &m->to, WIRE_MAX_TEXT);
    wire_string(w, &m->about, WIRE_MAX_TEXT);
    wire_string(w, &m->tone, WIRE_MAX_TEXT);
    wire_text(w, &m->context, WIRE_MAX_TEXT);
    wire_int(w, &m->max_tokens, INT_MIN, INT_MAX); /* the API refuses what is out of range */
}

static void visit_placeholder(struct wire *w, void *item) {
    ingle_draft_placeholder *p = item;
    wire_some_string(w, &p->text, MESSAGE_MAX_ANSWER);
    wire_some_string(w, &p->replaced, MESSAGE_MAX_ANSWER);
}

void msg_drafted(struct wire *w, void *message) {
    ingle_draft *m = message;
    wire_some_string(w, &m->subject, MESSAGE_MAX_ANSWER);
    wire_some_string(w, &m->body, MESSAGE_MAX_ANSWER);
    wire_bool(w, &m->was_cut);
    wire_list(w, &m->placeholders, &m->n_placeholders, sizeof *m->placeholders, WIRE_MAX_LIST,
              visit_placeholder);
}
