#include "worker/wire/msg_chat.h"

#include <limits.h>

static void visit_conversation(struct wire *w, struct msg_conversation *c) {
    wire_view(w, &c->messages, WIRE_MAX_TEXT);
    wire_string(w, &c->template_text, WIRE_MAX_TEXT);
    wire_string(w, &c->tools, WIRE_MAX_TEXT);
    wire_string(w, &c->variables, WIRE_MAX_TEXT);
    WIRE_ENUM(w, c->tool_choice, INGLE_TOOLS_NAMED);
    wire_string(w, &c->tool_name, WIRE_MAX_NAME);
    wire_bool(w, &c->one_call);
    wire_bool(w, &c->free_tools);
    WIRE_ENUM(w, c->think, INGLE_THINK_OFF);
    wire_int(w, &c->think_budget, -1, INT_MAX);
    wire_u64(w, &c->now);
    wire_u64(w, &c->id_seed);
}

void msg_chat(struct wire *w, void *message) {
    struct msg_chat *m = message;
    visit_conversation(w, &m->conversation);
    wire_sampling(w, &m->sampling);
    wire_constraint(w, &m->constraint);
    wire_int(w, &m->max_tokens, -1, INT_MAX);
    wire_strings(w, &m->stops, &m->n_stops, WIRE_MAX_LIST, WIRE_MAX_TEXT);
    wire_bool(w, &m->stop_loops);
    wire_bool(w, &m->drop_partial);
    wire_int(w, &m->n_logprobs, -1, INGLE_TOP_MAX);
    wire_bool(w, &m->tells_prompt);
}

void msg_chat_count(struct wire *w, void *message) {
    struct msg_chat_count *m = message;
    visit_conversation(w, &m->conversation);
    wire_bool(w, &m->wants_count);
    wire_bool(w, &m->wants_messages);
}

void msg_event(struct wire *w, void *message) {
    ingle_chat_event *e = message;
    struct wire_text text = {e->text ? e->text : "", e->len};
    WIRE_ENUM(w, e->kind, INGLE_CHAT_CALL_END);
    wire_text(w, &text, MESSAGE_MAX_ANSWER);
    wire_size(w, &e->call);
    wire_some_string(w, &e->id, WIRE_MAX_NAME);
    wire_some_string(w, &e->name, WIRE_MAX_NAME);
    if (w->out) return;
    e->text = text.data;
    e->len = text.len;
}

void msg_prompt(struct wire *w, void *message) {
    struct msg_prompt *m = message;
    wire_int(w, &m->n_prompt, 0, WIRE_MAX_TOKENS);
    wire_int(w, &m->n_reused, 0, WIRE_MAX_TOKENS);
}

void msg_message(struct wire *w, void *message) {
    struct msg_message *m = message;
    wire_some_string(w, &m->role, WIRE_MAX_NAME);
    wire_text(w, &m->text, MESSAGE_MAX_ANSWER);
    wire_text(w, &m->json, MESSAGE_MAX_ANSWER);
}

static void visit_info(struct wire *w, ingle_chat_info *info) {
    wire_some_string(w, &info->template_from, WIRE_MAX_NAME);
    wire_some_string(w, &info->tool_format, WIRE_MAX_NAME);
    wire_bool(w, &info->can_think);
    wire_bool(w, &info->thinks);
    wire_bool(w, &info->has_system);
}

void msg_chatted(struct wire *w, void *message) {
    struct msg_chatted *m = message;
    ingle_chat_result *r = &m->result;
    WIRE_ENUM(w, r->reason, INGLE_STOP_TOOL);
    wire_bool(w, &r->context_full);
    wire_bool(w, &r->has_message);
    wire_size(w, &r->n_calls);
    wire_int(w, &r->n_prompt, 0, WIRE_MAX_TOKENS);
    wire_int(w, &r->n_reused, 0, WIRE_MAX_TOKENS);
    wire_int(w, &r->n_thinking, 0, WIRE_MAX_TOKENS);
    wire_int(w, &r->n_answer, 0, WIRE_MAX_TOKENS);
    wire_bool(w, &r->budget_used_up);
    wire_double(w, &r->prompt_ms);
    wire_double(w, &r->first_ms);
    wire_double(w, &r->decode_ms);
    wire_int(w, &r->stop, -1, INT_MAX);
    visit_info(w, &m->info);
}

void msg_chat_counted(struct wire *w, void *message) {
    struct msg_chat_counted *m = message;
    wire_size(w, &m->n_tokens);
    wire_size(w, &m->n_messages);
    visit_info(w, &m->info);
}
