#include "worker/wire/msg_fill.h"

#include "worker/wire/msg_complete.h"

void msg_fill(struct wire *w, void *message) {
    struct msg_fill *m = message;
    msg_generate(w, &m->rest);
    wire_text(w, &m->prefix, WIRE_MAX_TEXT);
    wire_text(w, &m->suffix, WIRE_MAX_TEXT);
    wire_string(w, &m->name, WIRE_MAX_NAME);
    wire_string(w, &m->repository, WIRE_MAX_NAME);
    wire_list(w, &m->files, &m->n_files, sizeof *m->files, MSG_COMPLETE_MAX_OTHERS, wire_file);
}

void msg_filled(struct wire *w, void *message) {
    struct msg_filled *m = message;
    msg_generated(w, &m->made);
    wire_size(w, &m->n_dropped);
    wire_size(w, &m->n_files);
}
