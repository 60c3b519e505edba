#include "worker/wire/msg_rewrite.h"

void msg_rewrite(struct wire *w, void *message) {
    struct msg_rewrite *m = message;
    wire_view(w, &m->text, WIRE_MAX_TEXT);
    WIRE_ENUM(w, m->manner, INGLE_REWRITE_FREE);
    wire_string(w, &m->instruction, WIRE_MAX_TEXT);
    wire_float(w, &m->max_changed);
}

void msg_block(struct wire *w, void *message) {
    ingle_rewrite_block *m = message;
    wire_size(w, &m->from);
    wire_size(w, &m->to);
    if (m->from > m->to) w->failed = true;
    wire_size(w, &m->line);
    struct wire_text text = {m->text, m->len};
    wire_text(w, &text, MESSAGE_MAX_ANSWER);
    if (!w->out) m->text = text.data;
    if (!w->out) m->len = text.len;
    wire_string(w, &m->kept_because, WIRE_MAX_NAME);
}

void msg_rewritten(struct wire *w, void *message) {
    ingle_rewrite_result *m = message;
    wire_size(w, &m->n_blocks);
    wire_size(w, &m->n_changed);
    wire_size(w, &m->n_kept);
    wire_size(w, &m->n_retried);
}
