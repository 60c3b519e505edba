#include "ingle/chat.h"

#include <stddef.h>

#include "base/alloc.h"
#include "engine/api/api_chat.h"

ingle_chat_options ingle_chat_options_default(void) {
    return (ingle_chat_options){.size = sizeof(ingle_chat_options), .think_budget = -1};
}

static ingle_status check_range(const char *option, int value, int high, ingle_error *err) {
    if (value >= 0 && value <= high) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "The chat option %s is %d; it must be from 0 to %d.", option, value, high);
}

static ingle_status read_options(struct chat_options *out, const ingle_chat_options *opt,
                                 ingle_error *err) {
    static const size_t known[] = {sizeof(ingle_chat_options)};
    ingle_chat_options full = ingle_chat_options_default();
    INGLE_TRY(api_read_options(&full, opt, "ingle_chat_options", known, BASE_COUNT(known), err));
    INGLE_TRY(check_range("tool_choice", (int)full.tool_choice, INGLE_TOOLS_NAMED, err));
    INGLE_TRY(check_range("think", (int)full.think, INGLE_THINK_OFF, err));
    if (full.tool_choice == INGLE_TOOLS_NAMED)
        INGLE_TRY(api_need(full.tool_name, "tool_name", err));
    *out = (struct chat_options){.template_text = full.template_text,
                                 .tools = full.tools,
                                 .tool_name = full.tool_name,
                                 .variables = full.variables,
                                 .choice = (enum chat_choice)full.tool_choice,
                                 .one_call = full.one_call,
                                 .free_tools = full.free_tools,
                                 .think = (enum think_mode)full.think,
                                 .think_budget = full.think_budget,
                                 .now = full.now,
                                 .id_seed = full.id_seed};
    return INGLE_OK;
}

/* A template of the model's file; data NULL if there is none. */
static struct json_text template_key(const struct ingle_model *m, const char *key) {
    const struct gguf_kv *kv = gguf_find(m->gguf, key);
    struct gguf_str text = {NULL, 0};
    if (!kv || !gguf_get_str(kv, &text)) return (struct json_text){NULL, 0};
    return (struct json_text){text.data, text.len};
}

ingle_status ingle_chat_new(ingle_chat **out, const ingle_model *model,
                            const ingle_chat_options *opt, ingle_error *err) {
    struct chat_options options;
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    INGLE_TRY(api_need(model, "model", err));
    INGLE_TRY(read_options(&options, opt, err));
    const struct chat_model core = {
        .tokenizer = model->tokenizer,
        .name = model->name,
        .template_text = template_key(model, "tokenizer.chat_template"),
        .tool_template = template_key(model, "tokenizer.chat_template.tool_use"),
    };
    struct ingle_chat *chat = mem_calloc(1, sizeof *chat);
    if (!chat) return status_no_memory(err, "a chat", sizeof *chat);
    chat->model = model;
    ingle_status status = chat_init(&chat->core, &core, &options, err);
    if (status != INGLE_OK) {
        ingle_chat_free(chat);
        return status;
    }
    *out = chat;
    return INGLE_OK;
}

static void forget_constraints(struct ingle_chat *chat) {
    for (size_t i = 0; i < BASE_COUNT(chat->constraints); i++) {
        ingle_constraint_free(chat->constraints[i]);
        chat->constraints[i] = NULL;
    }
}

void ingle_chat_free(ingle_chat *chat) {
    if (!chat) return;
    forget_constraints(chat);
    chat_clear(&chat->core);
    mem_free(chat->calls);
    mem_free(chat);
}

ingle_status ingle_chat_configure(ingle_chat *chat, const ingle_chat_options *opt,
                                  ingle_error *err) {
    struct chat_options options;
    INGLE_TRY(api_need(chat, "chat", err));
    INGLE_TRY(read_options(&options, opt, err));
    forget_constraints(chat); /* they borrow from the settings, and are made again when needed */
    return chat_configure(&chat->core, &options, err);
}

ingle_chat_info ingle_chat_get_info(const ingle_chat *chat) {
    if (!chat) return (ingle_chat_info){.template_from = "", .tool_format = ""};
    const struct chat_settings *s = &chat->core.settings;
    return (ingle_chat_info){
        .template_from = s->template_from,
        .tool_format = call_format_info(s->calls)->name,
        .can_think = s->family.can_think,
        .thinks = s->think == THINK_AUTO ? s->family.thinks_by_default : s->think == THINK_ON,
        .has_system = s->family.has_system,
    };
}

/* ---- messages ---- */

ingle_status ingle_chat_add(ingle_chat *chat, const char *role, const char *text, size_t len,
                            ingle_error *err) {
    INGLE_TRY(api_need(chat, "chat", err));
    INGLE_TRY(api_need(role, "role", err));
    if (len > 0) INGLE_TRY(api_need(text, "text", err));
    return chat_add(&chat->core, role, text ? text : "", len, err);
}

ingle_status ingle_chat_replace(ingle_chat *chat, size_t first, size_t n, const char *json,
                                size_t len, ingle_error *err) {
    INGLE_TRY(api_need(chat, "chat", err));
    return chat_replace(&chat->core, first, n, json, len, err);
}

ingle_status ingle_chat_add_json(ingle_chat *chat, const char *json, size_t len, ingle_error *err) {
    INGLE_TRY(api_need(chat, "chat", err));
    INGLE_TRY(api_need(json, "json", err));
    return chat_replace(&chat->core, chat->core.messages.n, 0, json, len, err);
}

ingle_status ingle_chat_set_system(ingle_chat *chat, const char *text, size_t len,
                                   ingle_error *err) {
    INGLE_TRY(api_need(chat, "chat", err));
    return chat_set_system(&chat->core, text, len, err);
}

size_t ingle_chat_n_messages(const ingle_chat *chat) {
    return chat ? chat->core.messages.n : 0;
}

/* The calls in the public form, in storage that the chat keeps for the message last asked for. */
static bool list_calls(struct ingle_chat *chat, const struct message *m) {
    if (m->n_calls > chat->calls_cap) {
        ingle_chat_call *calls = mem_realloc(chat->calls, m->n_calls * sizeof *calls);
        if (!calls) return false;
        chat->calls = calls;
        chat->calls_cap = m->n_calls;
    }
    for (size_t i = 0; i < m->n_calls; i++) {
        chat->calls[i] = (ingle_chat_call){.id = m->calls[i].id.data,
                                           .name = m->calls[i].name.data,
                                           .arguments = m->calls[i].arguments.data};
    }
    return true;
}

static ingle_status tell(struct ingle_chat *chat, const struct message *m, ingle_chat_message *out,
                         ingle_error *err) {
    if (!list_calls(chat, m)) return status_no_memory(err, "the calls of a message", m->n_calls);
    *out = (ingle_chat_message){.role = message_role_name(m->role),
                                .text = m->text.data,
                                .text_len = m->text.len,
                                .thinking = m->thinking.data,
                                .thinking_len = m->thinking.len,
                                .calls = chat->calls,
                                .n_calls = m->n_calls,
                                .call_id = m->call_id.data,
                                .json = m->json.data,
                                .json_len = m->json.len};
    return INGLE_OK;
}

ingle_status ingle_chat_get_message(ingle_chat *chat, size_t i, ingle_chat_message *out,
                                    ingle_error *err) {
    INGLE_TRY(api_need(chat, "chat", err));
    INGLE_TRY(api_need(out, "out", err));
    *out = (ingle_chat_message){0};
    if (i >= chat->core.messages.n) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "There is no message %zu: the conversation has %zu.", i,
                          chat->core.messages.n);
    }
    return tell(chat, chat->core.messages.at[i], out, err);
}

/* ---- what the model is given ---- */

ingle_status ingle_chat_render(ingle_chat *chat, const char **text, size_t *len, ingle_error *err) {
    INGLE_TRY(api_need(chat, "chat", err));
    INGLE_TRY(api_need(text, "text", err));
    INGLE_TRY(api_need(len, "len", err));
    *text = "";
    *len = 0;
    INGLE_TRY(chat_render(&chat->core, err));
    const struct buf *rendered = &chat->core.rendered.text;
    *text = rendered->data ? rendered->data : "";
    *len = rendered->size;
    return INGLE_OK;
}

ingle_status ingle_chat_tokens(ingle_chat *chat, ingle_token *ids, size_t cap, size_t *n_tokens,
                               ingle_error *err) {
    INGLE_TRY(api_need(chat, "chat", err));
    INGLE_TRY(api_need(n_tokens, "n_tokens", err));
    *n_tokens = 0;
    if (cap > 0) INGLE_TRY(api_need(ids, "ids", err));
    INGLE_TRY(chat_render(&chat->core, err));
    INGLE_TRY(chat_encode(&chat->core, ids, cap, n_tokens, err));
    if (*n_tokens <= cap || cap == 0) return INGLE_OK;
    return status_set(err, INGLE_LIMIT, 0,
                      "The conversation has %zu tokens; there is room for %zu.", *n_tokens, cap);
}

ingle_status ingle_chat_parse(ingle_chat *chat, const char *text, size_t len,
                              ingle_chat_message *out, ingle_error *err) {
    INGLE_TRY(api_need(chat, "chat", err));
    INGLE_TRY(api_need(out, "out", err));
    *out = (ingle_chat_message){0};
    if (len > 0) INGLE_TRY(api_need(text, "text", err));
    INGLE_TRY(chat_parse(&chat->core, len ? text : "", len, err));
    return tell(chat, chat->core.parsed, out, err);
}
