#include "worker/wire/msg_logits.h"

#include <limits.h>

void msg_logits(struct wire *w, void *message) {
    struct msg_logits *m = message;
    wire_bool(w, &m->all);
    wire_int(w, &m->top, 0, INT_MAX);
    ingle_token *made = NULL;
    bool is_writing = w->out != NULL;
    if (!wire_list(w, &made, &m->n, sizeof *made, MESSAGE_MAX_REQUEST / sizeof *made)) return;
    for (size_t i = 0; i < m->n; i++) {
        ingle_token id = is_writing ? m->ids[i] : 0;
        wire_int(w, &id, 0, INT_MAX);
        if (!is_writing) made[i] = id;
    }
    if (!is_writing) m->ids = made;
}

void msg_top(struct wire *w, void *message) {
    struct msg_top *m = message;
    wire_size(w, &m->position);
    wire_bool(w, &m->is_last);
    struct msg_top_item *made = NULL;
    bool is_writing = w->out != NULL;
    if (!wire_list(w, &made, &m->n, sizeof *made, MSG_TOP_MAX)) return;
    for (size_t i = 0; i < m->n; i++) {
        struct msg_top_item item = {0};
        if (is_writing) item = m->items[i];
        wire_int(w, &item.token, 0, INT_MAX);
        wire_float(w, &item.logit);
        wire_double(w, &item.logprob);
        wire_text(w, &item.bytes, WIRE_MAX_TEXT);
        if (!is_writing) made[i] = item;
    }
    if (!is_writing) m->items = made;
}
