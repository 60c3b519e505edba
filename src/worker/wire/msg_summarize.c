#include "worker/wire/msg_summarize.h"

void msg_summarize(struct wire *w, void *message) {
    struct msg_summarize *m = message;
    wire_view(w, &m->text, WIRE_MAX_TEXT);
    wire_string(w, &m->title, WIRE_MAX_TEXT);
    WIRE_ENUM(w, m->style, INGLE_SUMMARY_TLDR);
    WIRE_ENUM(w, m->length, INGLE_SUMMARY_LONG);
    wire_bool(w, &m->extractive);
}

void msg_summarized(struct wire *w, void *message) {
    ingle_summary_result *m = message;
    wire_bool(w, &m->is_extractive);
    wire_size(w, &m->n_parts);
    wire_size(w, &m->n_second_tries);
    wire_size(w, &m->n_replaced);
    wire_size(w, &m->n_cut);
    wire_size(w, &m->n_silent);
    wire_bool(w, &m->was_replaced);
    wire_chars(w, m->unfounded, sizeof m->unfounded);
}
