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

void msg_drafted(struct wire *w, void *message) {
    ingle_draft *m = message;
    wire_some_string(w, &m->subject, MESSAGE_MAX_ANSWER);
    wire_some_string(w, &m->body, MESSAGE_MAX_ANSWER);
    wire_bool(w, &m->was_cut);
    ingle_draft_placeholder *made = NULL;
    bool is_writing = w->out != NULL;
    if (!wire_list(w, &made, &m->n_placeholders, sizeof *made, WIRE_MAX_LIST)) return;
    for (size_t i = 0; i < m->n_placeholders; i++) {
        ingle_draft_placeholder p = is_writing ? m->placeholders[i] : made[i];
        wire_some_string(w, &p.text, MESSAGE_MAX_ANSWER);
        wire_some_string(w, &p.replaced, MESSAGE_MAX_ANSWER);
        if (!is_writing) made[i] = p;
    }
    if (!is_writing) m->placeholders = made;
}
