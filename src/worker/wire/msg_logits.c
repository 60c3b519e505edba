#include "worker/wire/msg_logits.h"

#include <limits.h>

void msg_logits(struct wire *w, void *message) {
    struct msg_logits *m = message;
    wire_bool(w, &m->all);
    wire_int(w, &m->top, 0, INT_MAX);
    wire_tokens(w, &m->ids, &m->n);
}

static void visit_item(struct wire *w, void *item) {
    struct msg_top_item *m = item;
    wire_int(w, &m->token, 0, INT_MAX);
    wire_float(w, &m->logit);
    wire_double(w, &m->logprob);
    wire_text(w, &m->bytes, WIRE_MAX_TEXT);
}

void msg_top(struct wire *w, void *message) {
    struct msg_top *m = message;
    wire_size(w, &m->position);
    wire_bool(w, &m->is_last);
    wire_list(w, &m->items, &m->n, sizeof *m->items, MSG_TOP_MAX, visit_item);
}
