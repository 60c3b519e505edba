#include "worker/wire/msg_embed.h"

static void visit_input(struct wire *w, void *item) {
    struct msg_embed_input *m = item;
    wire_text(w, &m->text, WIRE_MAX_TEXT);
    wire_tokens(w, &m->ids, &m->n_ids);
}

void msg_embed(struct wire *w, void *message) {
    struct msg_embed *m = message;
    wire_list(w, &m->inputs, &m->n, sizeof *m->inputs, WIRE_MAX_LIST, visit_input);
    wire_bool(w, &m->cuts);
}

void msg_vector(struct wire *w, void *message) {
    struct msg_vector *m = message;
    wire_size(w, &m->n_tokens);
    wire_bool(w, &m->was_cut);
    wire_view(w, &m->values, MESSAGE_MAX_ANSWER);
}

void msg_embedded(struct wire *w, void *message) {
    struct msg_embedded *m = message;
    wire_size(w, &m->n_vectors);
    wire_size(w, &m->n_tokens);
    wire_double(w, &m->ms);
}
