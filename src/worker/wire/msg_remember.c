#include "worker/wire/msg_remember.h"

void msg_restore(struct wire *w, void *message) {
    struct msg_restore *m = message;
    wire_bool(w, &m->is_first);
    wire_bool(w, &m->is_last);
    wire_view(w, &m->bytes, RESTORE_PART);
}

void msg_remembered(struct wire *w, void *message) {
    struct msg_remembered *m = message;
    wire_bool(w, &m->is_new);
}
