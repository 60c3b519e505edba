#include "worker/wire/msg_generate.h"

#include <limits.h>

void msg_generate(struct wire *w, void *message) {
    struct msg_generate *m = message;
    wire_text(w, &m->prompt, WIRE_MAX_TEXT);
    wire_bool(w, &m->no_bos);
    wire_bool(w, &m->parse_special);
    wire_tokens(w, &m->ids, &m->n_ids);
    wire_bool(w, &m->warm);
    wire_sampling(w, &m->sampling);
    wire_constraint(w, &m->constraint);
    wire_int(w, &m->max_tokens, -1, INT_MAX);
    wire_strings(w, &m->stops, &m->n_stops, WIRE_MAX_LIST, WIRE_MAX_TEXT);
    wire_bool(w, &m->ignore_end);
    wire_bool(w, &m->stop_loops);
    wire_int(w, &m->n_logprobs, -1, INGLE_TOP_MAX);
    wire_int(w, &m->max_ms, 0, INT_MAX);
}

static void visit_choice(struct wire *w, void *item) {
    struct msg_token_choice *c = item;
    wire_int(w, &c->token, 0, INT_MAX);
    wire_float(w, &c->logprob);
    wire_text(w, &c->bytes, WIRE_MAX_TEXT);
}

void msg_token(struct wire *w, void *message) {
    struct msg_token *m = message;
    visit_choice(w, &m->chosen);
    wire_list(w, &m->top, &m->n_top, sizeof *m->top, INGLE_TOP_MAX, visit_choice);
    wire_bool(w, &m->is_shown);
}

void msg_generated(struct wire *w, void *message) {
    struct msg_generated *m = message;
    wire_bool(w, &m->began);
    wire_size(w, &m->n_prompt);
    wire_int(w, &m->n_read, 0, WIRE_MAX_TOKENS);
    wire_size(w, &m->n_reused);
    wire_double(w, &m->prefill_ms);
    wire_generate_result(w, &m->result);
}
