#include "worker/wire/msg_complete.h"

#include <limits.h>

void wire_file(struct wire *w, void *file) {
    ingle_complete_file *m = file;
    wire_some_string(w, &m->name, WIRE_MAX_NAME);
    struct wire_text text = {m->text, m->len};
    wire_text(w, &text, WIRE_MAX_TEXT);
    if (!w->out) m->text = text.data;
    if (!w->out) m->len = text.len;
    wire_bool(w, &m->is_wanted);
}

void msg_complete(struct wire *w, void *message) {
    struct msg_complete *m = message;
    wire_file(w, &m->file);
    wire_size(w, &m->at);
    WIRE_ENUM(w, m->extent, INGLE_COMPLETE_LINE);
    wire_int(w, &m->max_tokens, INT_MIN, INT_MAX); /* the API refuses what is out of range */
    wire_string(w, &m->repository, WIRE_MAX_NAME);
    wire_list(w, &m->others, &m->n_others, sizeof *m->others, MSG_COMPLETE_MAX_OTHERS, wire_file);
}

static void visit_pieces(struct wire *w, ingle_complete_result *m) {
    wire_size(w, &m->n_pieces);
    if (m->n_pieces > INGLE_COMPLETE_MAX_PIECES) w->failed = true;
    if (w->failed) return;
    for (size_t i = 0; i < m->n_pieces; i++) {
        ingle_complete_piece *p = &m->pieces[i];
        wire_size(w, &p->file);
        wire_size(w, &p->line);
        wire_size(w, &p->n_lines);
        wire_size(w, &p->n_tokens);
    }
}

void msg_completed(struct wire *w, void *message) {
    ingle_complete_result *m = message;
    WIRE_ENUM(w, m->reason, INGLE_COMPLETE_LOOP);
    wire_bool(w, &m->fills_middle);
    int *const numbers[] = {&m->n_tokens, &m->n_prompt, &m->n_reused,
                            &m->n_budget, &m->n_prefix, &m->n_suffix};
    for (size_t i = 0; i < BASE_COUNT(numbers); i++) wire_int(w, numbers[i], 0, INT_MAX);
    wire_size(w, &m->first_line);
    wire_size(w, &m->last_line);
    wire_bool(w, &m->is_line_cut);
    visit_pieces(w, m);
    wire_double(w, &m->prompt_ms);
    wire_double(w, &m->ms);
}
