#include "worker/wire/msg_redact.h"

void msg_redact(struct wire *w, void *message) {
    struct msg_redact *m = message;
    wire_view(w, &m->text, WIRE_MAX_TEXT);
    wire_string(w, &m->only, WIRE_MAX_TEXT);
    wire_string(w, &m->keep, WIRE_MAX_TEXT);
}

/* They become placeholders as they are. */
static bool is_kind(const char *name) {
    for (size_t i = 0; name[i]; i++) {
        bool is_capital = name[i] >= 'A' && name[i] <= 'Z';
        bool is_other = name[i] == '_' || (name[i] >= '0' && name[i] <= '9');
        if (!is_capital && (i == 0 || !is_other)) return false;
    }
    return name[0] != '\0';
}

static void visit_span(struct wire *w, void *item) {
    struct msg_span *m = item;
    wire_size(w, &m->from);
    wire_size(w, &m->to);
    wire_size(w, &m->kind);
    wire_float(w, &m->confidence);
    wire_int(w, &m->by, 0, 2);
    if (m->from >= m->to) w->failed = true;
}

void msg_spans(struct wire *w, void *message) {
    struct msg_spans *m = message;
    wire_strings(w, &m->kinds, &m->n_kinds, MSG_REDACT_MAX_KINDS, MSG_REDACT_MAX_KIND);
    for (size_t i = 0; i < m->n_kinds && !w->failed; i++) {
        if (!is_kind(m->kinds[i])) w->failed = true;
    }
    wire_list(w, &m->spans, &m->n_spans, sizeof *m->spans, MSG_SPANS_MAX, visit_span);
    for (size_t i = 0; i < m->n_spans; i++) {
        if (m->spans[i].kind >= m->n_kinds) w->failed = true;
    }
}
