#include "worker/wire/msg_tokens.h"

#include <limits.h>

void msg_tokenize(struct wire *w, void *message) {
    struct msg_tokenize *m = message;
    wire_text(w, &m->text, WIRE_MAX_TEXT);
    wire_bool(w, &m->no_bos);
    wire_bool(w, &m->parse_special);
    wire_bool(w, &m->wants_bytes);
}

static void visit_item(struct wire *w, void *item) {
    struct msg_tokens_item *m = item;
    wire_int(w, &m->id, 0, INT_MAX);
    wire_text(w, &m->bytes, WIRE_MAX_TEXT);
}

void msg_tokens(struct wire *w, void *message) {
    struct msg_tokens *m = message;
    wire_list(w, &m->items, &m->n, sizeof *m->items, MSG_TOKENS_MAX, visit_item);
}

void msg_detokenize(struct wire *w, void *message) {
    struct msg_detokenize *m = message;
    wire_tokens(w, &m->ids, &m->n);
}
