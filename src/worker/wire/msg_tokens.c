#include "worker/wire/msg_tokens.h"

#include <limits.h>

void msg_tokenize(struct wire *w, void *message) {
    struct msg_tokenize *m = message;
    wire_text(w, &m->text, WIRE_MAX_TEXT);
    wire_bool(w, &m->no_bos);
    wire_bool(w, &m->parse_special);
    wire_bool(w, &m->wants_bytes);
}

void msg_tokens(struct wire *w, void *message) {
    struct msg_tokens *m = message;
    struct msg_tokens_item *made = NULL;
    bool is_writing = w->out != NULL;
    if (!wire_list(w, &made, &m->n, sizeof *made, MSG_TOKENS_MAX)) return;
    for (size_t i = 0; i < m->n; i++) {
        struct msg_tokens_item item = {0};
        if (is_writing) item = m->items[i];
        wire_int(w, &item.id, 0, INT_MAX);
        wire_text(w, &item.bytes, WIRE_MAX_TEXT);
        if (!is_writing) made[i] = item;
    }
    if (!is_writing) m->items = made;
}

void msg_detokenize(struct wire *w, void *message) {
    struct msg_detokenize *m = message;
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
