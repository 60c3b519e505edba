/* Conversations: `ingle chat`, and what else answers messages. The front holds the messages and
 * sends all of them every time; the worker finds out how much of them it knows already.
 *
 * Answers to MSG_CHAT are MSG_EVENT, with n_logprobs >= 0 a MSG_TOKEN for every token before what
 * it completes, and when it has ended a MSG_MESSAGE: the answer as the next message, if it left
 * one. With tells_prompt a MSG_PROMPT stands before all of them. Answers to MSG_CHAT_COUNT are the
 * MSG_MESSAGEs that were asked for. */
#ifndef INGLE_WORKER_WIRE_MSG_CHAT_H
#define INGLE_WORKER_WIRE_MSG_CHAT_H

#include "ingle/chat.h"
#include "worker/wire/message.h"

/* What ingle_chat_options and ingle_chat_replace() say of it. */
struct msg_conversation {
    struct wire_text messages; /* JSON: an array of messages in OpenAI's shape, or one message */
    const char *template_text, *tools, *variables; /* NULL = the model's; none; none */
    ingle_tool_choice tool_choice;
    const char *tool_name; /* NULL = none */
    bool one_call, free_tools;
    ingle_think think;
    int think_budget;
    uint64_t now; /* seconds since 1970; 0 = the system's clock */
    uint64_t id_seed;
};

/* MSG_CHAT */
struct msg_chat {
    struct msg_conversation conversation;
    ingle_sampling_options sampling;
    struct msg_constraint constraint;
    int max_tokens; /* -1 = until the context is full */
    const char *const *stops;
    size_t n_stops;
    bool stop_loops, drop_partial;
    int n_logprobs; /* -1 = no MSG_TOKEN */
    bool tells_prompt;
};
void msg_chat(struct wire *w, void *message);

/* MSG_CHAT_COUNT: what the template makes of the messages, if anything. */
struct msg_chat_count {
    struct msg_conversation conversation;
    bool wants_count;    /* their tokens, which means that the template takes them */
    bool wants_messages; /* all of them, as they would be kept */
};
void msg_chat_count(struct wire *w, void *message);

void msg_event(struct wire *w, void *message); /* an ingle_chat_event */

/* MSG_PROMPT: as in ingle_chat_result, before there is one. */
struct msg_prompt {
    int n_prompt, n_reused;
};
void msg_prompt(struct wire *w, void *message);

/* MSG_MESSAGE */
struct msg_message {
    const char *role;
    struct wire_text text, json; /* JSON: the whole message */
};
void msg_message(struct wire *w, void *message);

/* The results, also of requests that failed after the conversation was read; else zeros. */
struct msg_chatted {
    ingle_chat_result result;
    ingle_chat_info info; /* strings are "" if it was not read */
};
void msg_chatted(struct wire *w, void *message);

struct msg_chat_counted {
    size_t n_tokens, n_messages;
    ingle_chat_info info;
};
void msg_chat_counted(struct wire *w, void *message);

#endif
