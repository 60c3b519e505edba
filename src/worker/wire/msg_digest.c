#include "worker/wire/msg_digest.h"

/* Times may be before 1970. */
static void visit_time(struct wire *w, int64_t *time_s) {
    uint64_t bits = (uint64_t)*time_s;
    wire_u64(w, &bits);
    if (!w->out) *time_s = (int64_t)bits;
}

static void visit_item(struct wire *w, void *item) {
    ingle_notification *m = item;
    const char **const strings[] = {&m->app,          &m->title, &m->body,
                                    &m->conversation, &m->id,    &m->replaces};
    for (size_t i = 0; i < BASE_COUNT(strings); i++) wire_string(w, strings[i], WIRE_MAX_TEXT);
    visit_time(w, &m->time_s);
    WIRE_ENUM(w, m->urgency, INGLE_URGENCY_CRITICAL);
}

void msg_digest(struct wire *w, void *message) {
    struct msg_digest *m = message;
    wire_bool(w, &m->has_lines);
    wire_view(w, &m->lines, WIRE_MAX_TEXT);
    wire_string(w, &m->lines_name, WIRE_MAX_NAME);
    wire_strings(w, &m->apps, &m->n_apps, WIRE_MAX_LIST, WIRE_MAX_TEXT);
    visit_time(w, &m->now_s);
    wire_size(w, &m->max_groups);
    wire_list(w, &m->items, &m->n_items, sizeof *m->items, MSG_DIGEST_MAX_ITEMS, visit_item);
}

void msg_found(struct wire *w, void *message) {
    struct msg_found *m = message;
    wire_size(w, &m->n);
    wire_size(w, &m->n_others);
    wire_size(w, &m->n_bad);
    wire_error(w, &m->first_bad);
}

void msg_group(struct wire *w, void *message) {
    ingle_digest_group *m = message;
    WIRE_ENUM(w, m->section, INGLE_DIGEST_REST);
    WIRE_ENUM(w, m->urgency, INGLE_URGENCY_CRITICAL);
    wire_some_string(w, &m->app, MESSAGE_MAX_ANSWER);
    wire_some_string(w, &m->conversation, MESSAGE_MAX_ANSWER);
    wire_some_string(w, &m->text, MESSAGE_MAX_ANSWER);
    wire_some_string(w, &m->when, MESSAGE_MAX_ANSWER);
    wire_size(w, &m->n);
    wire_size(w, &m->n_merged);
    visit_time(w, &m->first_s);
    visit_time(w, &m->last_s);
    wire_bool(w, &m->had_secret);
    wire_bool(w, &m->is_generated);
}

void msg_digested(struct wire *w, void *message) {
    ingle_digest_result *m = message;
    wire_size(w, &m->n);
    wire_size(w, &m->n_groups);
    wire_size(w, &m->n_left);
    wire_size(w, &m->n_left_apps);
    wire_size(w, &m->n_secrets);
    wire_size(w, &m->n_refused);
}
