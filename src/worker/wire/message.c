#include "worker/wire/message.h"

#include <limits.h>

void wire_error(struct wire *w, ingle_error *error) {
    WIRE_ENUM(w, error->code, INGLE_UNSUPPORTED);
    wire_u64(w, &error->where);
    wire_chars(w, error->msg, sizeof error->msg);
}

void msg_asker(struct wire *w, void *message) {
    struct msg_asker *m = message;
    wire_u64(w, &m->client);
    WIRE_ENUM(w, m->urgency, URGENCY_BACKGROUND);
}

void msg_done(struct wire *w, void *message) {
    struct msg_done *m = message;
    wire_error(w, &m->error);
    wire_u64(w, &m->peak_memory);
    wire_text(w, &m->result, MESSAGE_MAX_ANSWER);
}

void msg_empty(struct wire *w, void *message) {
    (void)w;
    (void)message;
}

static void visit_token(struct wire *w, void *item) {
    wire_int(w, item, 0, INT_MAX);
}

void wire_tokens(struct wire *w, const ingle_token **ids, size_t *n) {
    wire_list(w, ids, n, sizeof **ids, MESSAGE_MAX_REQUEST / sizeof **ids, visit_token);
}

static void visit_bias(struct wire *w, void *item) {
    ingle_logit_bias *bias = item;
    wire_int(w, &bias->token, 0, INT_MAX);
    wire_float(w, &bias->bias);
}

void wire_sampling(struct wire *w, ingle_sampling_options *o) {
    if (!w->out) o->size = sizeof *o;
    wire_u64(w, &o->seed);
    wire_float(w, &o->temperature);
    wire_int(w, &o->top_k, INT_MIN, INT_MAX); /* the sampler refuses what is out of range */
    wire_float(w, &o->top_p);
    wire_float(w, &o->min_p);
    wire_float(w, &o->typical_p);
    wire_int(w, &o->penalty_last_n, INT_MIN, INT_MAX);
    wire_float(w, &o->repetition_penalty);
    wire_float(w, &o->presence_penalty);
    wire_float(w, &o->frequency_penalty);
    wire_float(w, &o->dry_multiplier);
    wire_float(w, &o->dry_base);
    wire_int(w, &o->dry_allowed_length, INT_MIN, INT_MAX);
    wire_int(w, &o->dry_last_n, INT_MIN, INT_MAX);
    bool has_breakers = o->dry_breakers != NULL;
    wire_bool(w, &has_breakers);
    if (has_breakers) {
        wire_strings(w, &o->dry_breakers, &o->n_dry_breakers, WIRE_MAX_LIST, WIRE_MAX_NAME);
    }
    wire_list(w, &o->logit_bias, &o->n_logit_bias, sizeof *o->logit_bias, WIRE_MAX_LIST,
              visit_bias);
}

void wire_constraint(struct wire *w, struct msg_constraint *c) {
    WIRE_ENUM(w, c->kind, CONSTRAINT_CHOICES);
    if (c->kind == CONSTRAINT_NONE) return;
    if (c->kind == CONSTRAINT_CHOICES) {
        wire_strings(w, &c->choices, &c->n_choices, WIRE_MAX_LIST, WIRE_MAX_TEXT);
    } else {
        wire_text(w, &c->text, WIRE_MAX_TEXT);
    }
}

void wire_generate_result(struct wire *w, ingle_generate_result *r) {
    WIRE_ENUM(w, r->reason, INGLE_STOP_TOOL);
    wire_int(w, &r->n_tokens, 0, WIRE_MAX_TOKENS);
    wire_double(w, &r->first_ms);
    wire_double(w, &r->decode_ms);
    wire_int(w, &r->last, INT_MIN, INT_MAX);
    wire_int(w, &r->n_drafted, 0, WIRE_MAX_TOKENS);
    wire_int(w, &r->n_accepted, 0, WIRE_MAX_TOKENS);
    wire_int(w, &r->n_forced, 0, WIRE_MAX_TOKENS);
    wire_bool(w, &r->was_closed);
    wire_int(w, &r->stop, -1, INT_MAX);
    wire_bool(w, &r->is_late);
}

void msg_progress(struct wire *w, void *message) {
    ingle_progress *m = message;
    wire_some_string(w, &m->step, WIRE_MAX_NAME);
    wire_size(w, &m->done);
    wire_size(w, &m->total);
}
