#include "worker/wire/msg_document.h"

void msg_document(struct wire *w, void *message) {
    struct msg_document *m = message;
    wire_view(w, &m->bytes, WIRE_MAX_TEXT);
    wire_string(w, &m->name, WIRE_MAX_NAME);
    wire_bool(w, &m->is_pages);
}

void msg_document_read(struct wire *w, void *message) {
    struct msg_document_read *m = message;
    wire_some_string(w, &m->kind_name, WIRE_MAX_NAME);
    wire_some_string(w, &m->title, MESSAGE_MAX_ANSWER);
    wire_some_string(w, &m->notes, MESSAGE_MAX_ANSWER);
}
