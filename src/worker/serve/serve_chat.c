/* MSG_CHAT and MSG_CHAT_COUNT: messages, and answers to them. */
#include <string.h>

#include "base/alloc.h"
#include "worker/serve/make.h"
#include "worker/serve/serve.h"
#include "worker/serve/slots.h"
#include "worker/wire/msg_chat.h"

/* ---- the conversation ---- */

static void visit_options(struct wire *w, void *message) {
    struct msg_chat_count only = {.conversation = *(const struct msg_conversation *)message};
    only.conversation.messages = (struct wire_text){.data = ""};
    msg_chat_count(w, &only);
}

/* Whether the slot's chat has these options already; then it still has what it made of the
 * template and of tools. Given an id_seed, calls are to be named by it alone. */
static ingle_status is_same(struct slot *s, const struct msg_conversation *m, bool *same,
                            ingle_error *err) {
    struct buf now;
    buf_init_secret(&now, MESSAGE_MAX_REQUEST);
    ingle_status status = wire_write(&now, visit_options, m, err);
    *same = status == INGLE_OK && s->chat && m->id_seed == 0 && now.size == s->chat_options.size &&
            memcmp(now.data, s->chat_options.data, now.size) == 0;
    if (status == INGLE_OK && !*same) {
        buf_clear(&s->chat_options);
        s->chat_options = now;
    } else {
        buf_clear(&now);
    }
    return status;
}

static ingle_status configure(struct slot *s, const struct msg_conversation *m, ingle_error *err) {
    ingle_chat_options opt = ingle_chat_options_default();
    opt.template_text = m->template_text;
    opt.tools = m->tools;
    opt.variables = m->variables;
    opt.tool_choice = m->tool_choice;
    opt.tool_name = m->tool_name;
    opt.one_call = m->one_call;
    opt.free_tools = m->free_tools;
    opt.think = m->think;
    opt.think_budget = m->think_budget;
    opt.now = (int64_t)m->now;
    opt.id_seed = m->id_seed;
    bool same;
    INGLE_TRY(serve_need_model(s->server, err));
    INGLE_TRY(is_same(s, m, &same, err));
    if (same) return INGLE_OK;
    ingle_chat_free(s->chat);
    s->chat = NULL;
    return ingle_chat_new(&s->chat, s->server->model, &opt, err);
}

/* The slot's chat holds these messages and no others. */
static ingle_status take_conversation(struct slot *s, const struct msg_conversation *m,
                                      ingle_error *err) {
    INGLE_TRY(configure(s, m, err));
    return ingle_chat_replace(s->chat, 0, ingle_chat_n_messages(s->chat), m->messages.data,
                              m->messages.len, err);
}

static ingle_status say_message(struct request *r, size_t i, ingle_error *err) {
    ingle_chat_message message;
    INGLE_TRY(ingle_chat_get_message(r->slot->chat, i, &message, err));
    struct msg_message m = {.role = message.role,
                            .text = {message.text, message.text_len},
                            .json = {message.json, message.json_len}};
    (void)serve_say(r, MSG_MESSAGE, msg_message, &m); /* a front that wants no more still gets it */
    return INGLE_OK;
}

static ingle_status count(ingle_chat *chat, size_t *n, ingle_error *err) {
    ingle_error why = {0};
    ingle_status status = ingle_chat_tokens(chat, NULL, 0, n, &why);
    if (status == INGLE_OK || status == INGLE_LIMIT) return INGLE_OK;
    if (err) *err = why;
    return status;
}

ingle_status serve_chat_count(struct request *r, ingle_error *err) {
    struct msg_chat_count m;
    INGLE_TRY(serve_read(r, &m, sizeof m, msg_chat_count, err));
    INGLE_TRY(take_conversation(r->slot, &m.conversation, err));
    ingle_chat *chat = r->slot->chat;
    struct msg_chat_counted told = {.info = ingle_chat_get_info(chat),
                                    .n_messages = ingle_chat_n_messages(chat)};
    ingle_status status = m.wants_count ? count(chat, &told.n_tokens, err) : INGLE_OK;
    for (size_t i = 0; status == INGLE_OK && m.wants_messages && i < told.n_messages; i++) {
        status = say_message(r, i, err);
    }
    return serve_end(r, status, msg_chat_counted, &told, err);
}

/* ---- an answer ---- */

struct chatting {
    struct request *request;
    struct msg_chat asked;
    struct msg_chatted told;
    ingle_constraint *constraint;
    ingle_sampler *sampler;
    bool has_told_prompt;
};

static bool tell_prompt(struct chatting *c) {
    const struct msg_prompt m = {c->told.result.n_prompt, c->told.result.n_reused};
    if (!c->asked.tells_prompt || c->has_told_prompt) return true;
    c->has_told_prompt = true;
    return serve_say(c->request, MSG_PROMPT, msg_prompt, &m);
}

static bool on_event(const ingle_chat_event *event, void *chatting) {
    struct chatting *c = chatting;
    return tell_prompt(c) && serve_say(c->request, MSG_EVENT, msg_event, event);
}

static bool on_token(const ingle_token_report *report, void *chatting) {
    struct chatting *c = chatting;
    return tell_prompt(c) && serve_say_token(report, c->request);
}

static bool has_penalties(const ingle_sampling_options *o) {
    return o->repetition_penalty != 1 || o->presence_penalty != 0 || o->frequency_penalty != 0 ||
           o->dry_multiplier > 0;
}

/* What was said before counts for the penalties too. */
static ingle_status accept_prompt(ingle_sampler *sampler, ingle_chat *chat, ingle_error *err) {
    size_t n, n_again;
    INGLE_TRY(count(chat, &n, err));
    ingle_token *ids = mem_calloc(n + 1, sizeof *ids);
    if (!ids) return status_no_memory(err, "the tokens", n * sizeof *ids);
    ingle_status status = ingle_chat_tokens(chat, ids, n, &n_again, err);
    for (size_t i = 0; i < n && status == INGLE_OK; i++) ingle_sampler_accept(sampler, ids[i]);
    mem_free(ids);
    return status;
}

static ingle_status chat(struct chatting *c, ingle_error *err) {
    struct slot *s = c->request->slot;
    const struct msg_chat *m = &c->asked;
    INGLE_TRY(take_conversation(s, &m->conversation, err));
    c->told.info = ingle_chat_get_info(s->chat);
    INGLE_TRY(make_constraint(&c->constraint, &m->constraint, s->server->model, err));
    INGLE_TRY(ingle_sampler_new(&c->sampler, s->server->model, &m->sampling, err));
    if (has_penalties(&m->sampling)) INGLE_TRY(accept_prompt(c->sampler, s->chat, err));
    ingle_chat_reply_options opt = ingle_chat_reply_options_default();
    opt.max_tokens = m->max_tokens;
    opt.stops = m->stops;
    opt.n_stops = m->n_stops;
    opt.stop_loops = m->stop_loops;
    opt.drop_partial = m->drop_partial;
    opt.constraint = c->constraint;
    opt.on_event = on_event;
    opt.user = c;
    if (m->n_logprobs >= 0) {
        opt.on_token = on_token;
        opt.n_top = m->n_logprobs;
    }
    INGLE_TRY(ingle_chat_reply(s->chat, s->session, c->sampler, &opt, &c->told.result, err));
    if (!c->told.result.has_message) return INGLE_OK;
    return say_message(c->request, ingle_chat_n_messages(s->chat) - 1, err);
}

static void count_work(const struct chatting *c) {
    const ingle_chat_result *r = &c->told.result;
    slot_count(c->request->slot,
               &(struct slot_work){.n_prompt = (size_t)(r->n_prompt - r->n_reused),
                                   .n_reused = (size_t)r->n_reused,
                                   .n_generated = (size_t)(r->n_thinking + r->n_answer),
                                   .prompt_ms = r->prompt_ms,
                                   .generate_ms = r->first_ms - r->prompt_ms + r->decode_ms});
}

ingle_status serve_chat(struct request *r, ingle_error *err) {
    struct chatting c = {.request = r};
    INGLE_TRY(serve_read_for_session(r, &c.asked, sizeof c.asked, msg_chat, err));
    c.told.result.stop = -1;
    ingle_status status = chat(&c, err);
    count_work(&c);
    status = slot_remember_after(r->slot, status, err);
    status = serve_end(r, status, msg_chatted, &c.told, err);
    ingle_sampler_free(c.sampler);
    ingle_constraint_free(c.constraint);
    return status;
}
