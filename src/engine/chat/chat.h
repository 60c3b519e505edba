/* A conversation: its settings, its messages, and what a model is given for them. Semantics:
 * ingle/chat.h, whose implementation this is but for sessions; the API checks the presence of
 * arguments. */
#ifndef INGLE_ENGINE_CHAT_CHAT_H
#define INGLE_ENGINE_CHAT_CHAT_H

#include "engine/chat/answer.h"
#include "engine/chat/answer_machine.h"
#include "engine/chat/render.h"

/* What is known of the model. Borrowed texts; data NULL = the file has no such template. */
struct chat_model {
    const struct tokenizer *tokenizer;
    const char *name;
    struct json_text template_text, tool_template;
};

enum chat_choice { CHOICE_AUTO, CHOICE_NONE, CHOICE_REQUIRED, CHOICE_NAMED };

/* As in ingle_chat_options; texts are borrowed during the call only. */
struct chat_options {
    const char *template_text, *tools, *tool_name, *variables;
    enum chat_choice choice;
    bool one_call, free_tools;
    enum think_mode think;
    int think_budget;
    int64_t now;
    uint64_t id_seed;
};

/* What options become. */
struct chat_settings {
    struct family family;
    const char *template_from;
    struct tool_set *tools; /* NULL: none are declared */
    const struct tool *only;
    enum chat_choice choice;
    enum call_format calls;
    struct arena arena;
    const struct json_value *vars;
    bool has_many, free_tools;
    enum think_mode think;
    int think_budget;
    int64_t now;
};

struct chat {
    struct chat_model model;
    struct family_model family_model;
    struct template_text texts[2];
    struct chat_settings settings;
    struct message_list messages;
    struct call_ids ids;
    struct rendered rendered;
    struct message *parsed; /* of chat_parse() */
};

/* Zeroed by the caller, cleared by it also after a failure. */
BASE_NODISCARD ingle_status chat_init(struct chat *c, const struct chat_model *model,
                                      const struct chat_options *options, ingle_error *err);
void chat_clear(struct chat *c);
BASE_NODISCARD ingle_status chat_configure(struct chat *c, const struct chat_options *options,
                                           ingle_error *err);

/* chat_messages.c; json NULL: none. */
BASE_NODISCARD ingle_status chat_replace(struct chat *c, size_t first, size_t n, const char *json,
                                         size_t len, ingle_error *err);
BASE_NODISCARD ingle_status chat_add(struct chat *c, const char *role, const char *text, size_t len,
                                     ingle_error *err);
BASE_NODISCARD ingle_status chat_set_system(struct chat *c, const char *text, size_t len,
                                            ingle_error *err);

/* To c->rendered. */
BASE_NODISCARD ingle_status chat_render(struct chat *c, ingle_error *err);
/* The tokens of c->rendered; see tokenizer_encode(). */
BASE_NODISCARD ingle_status chat_encode(const struct chat *c, int32_t *ids, size_t cap, size_t *n,
                                        ingle_error *err);

/* The tools that may be called, NULL if there are none. */
struct tool_set *chat_tools(const struct chat *c);
/* How the answer to c->rendered is taken apart; put and user are the caller's to fill. */
struct split_options chat_split_options(struct chat *c);
/* What the answer is held to. */
struct answer_spec chat_answer_spec(const struct chat *c);

/* To c->parsed. */
BASE_NODISCARD ingle_status chat_parse(struct chat *c, const char *text, size_t len,
                                       ingle_error *err);

#endif
