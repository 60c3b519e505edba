/* Asks a model a question and lets it use a tool:  chat MODEL.gguf "How long is a metre in feet?"
 *
 * A conversation from its messages to the answer: the model's own template, thinking kept apart,
 * a call of a tool that is certain to fit the tool's schema, its result, and the answer. Any model
 * will do; one that was not trained to call tools is told of them in words.
 *
 *   cc chat.c $(pkg-config --cflags --libs ingle) -o chat */
#include <ingle/ingle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TURNS 3

static const char tools[] =
    "[{\"type\": \"function\", \"function\": {"
    "  \"name\": \"multiply\", \"description\": \"Multiplies two numbers\","
    "  \"parameters\": {\"type\": \"object\", \"properties\": {"
    "    \"a\": {\"type\": \"integer\", \"minimum\": -999, \"maximum\": 999},"
    "    \"b\": {\"type\": \"integer\", \"minimum\": -999, \"maximum\": 999}},"
    "  \"required\": [\"a\", \"b\"], \"additionalProperties\": false}}}]";

static bool print_event(const ingle_chat_event *event, void *user) {
    (void)user;
    switch (event->kind) {
    case INGLE_CHAT_THINKING:
        break; /* not shown */
    case INGLE_CHAT_TEXT:
    case INGLE_CHAT_ARGUMENTS:
        fwrite(event->text, 1, event->len, stdout);
        break;
    case INGLE_CHAT_CALL:
        printf("\n%s", event->name);
        break;
    case INGLE_CHAT_CALL_END:
        putchar('\n');
        break;
    }
    return fflush(stdout) == 0;
}

/* The value of a number in the arguments, which are JSON. A real program parses them. */
static double number(const char *arguments, const char *key) {
    const char *at = strstr(arguments, key);
    at = at ? strchr(at + strlen(key), ':') : NULL;
    return at ? strtod(at + 1, NULL) : 0;
}

/* Answers every call of the last message. */
static ingle_status use_tools(ingle_chat *chat, ingle_error *err) {
    ingle_chat_message message;
    size_t last = ingle_chat_n_messages(chat) - 1;
    ingle_status status = ingle_chat_get_message(chat, last, &message, err);
    for (size_t i = 0; !status && i < message.n_calls; i++) {
        const char *arguments = message.calls[i].arguments;
        char result[64];
        snprintf(result, sizeof result, "%.0f",
                 number(arguments, "\"a\"") * number(arguments, "\"b\""));
        printf("= %s\n", result);
        status = ingle_chat_add(chat, "tool", result, strlen(result), err);
        if (!status) status = ingle_chat_get_message(chat, last, &message, err);
    }
    return status;
}

static ingle_status talk(ingle_chat *chat, ingle_session *session, ingle_sampler *sampler,
                         ingle_error *err) {
    ingle_chat_reply_options options = ingle_chat_reply_options_default();
    ingle_chat_result result;
    options.max_tokens = 200;
    options.on_event = print_event;
    for (int turn = 0; turn < MAX_TURNS; turn++) {
        ingle_status status = ingle_chat_reply(chat, session, sampler, &options, &result, err);
        if (status || result.reason != INGLE_STOP_TOOL) return status;
        status = use_tools(chat, err);
        if (status) return status;
    }
    return INGLE_OK;
}

static ingle_status ask(const ingle_model *model, const char *question, ingle_error *err) {
    ingle_chat *chat = NULL;
    ingle_session *session = NULL;
    ingle_sampler *sampler = NULL;
    ingle_chat_options chat_options = ingle_chat_options_default();
    ingle_session_options session_options = ingle_session_options_default();
    chat_options.tools = tools;
    chat_options.one_call = true;
    session_options.n_ctx = 4096;
    ingle_status status = ingle_chat_new(&chat, model, &chat_options, err);
    if (!status) status = ingle_session_new(&session, model, &session_options, err);
    if (!status) status = ingle_sampler_new(&sampler, model, NULL, err);
    if (!status) status = ingle_chat_add(chat, "user", question, strlen(question), err);
    if (!status) status = talk(chat, session, sampler, err);
    putchar('\n');
    ingle_sampler_free(sampler);
    ingle_session_free(session);
    ingle_chat_free(chat);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: chat MODEL.gguf QUESTION\n");
        return 2;
    }

    ingle_error err = {.msg = "out of memory"};
    ingle_model *model = NULL;
    ingle_status status = ingle_model_open(&model, argv[1], NULL, &err);
    if (!status) status = ask(model, argv[2], &err);
    if (status) fprintf(stderr, "chat: %s\n", err.msg);
    ingle_model_close(model);
    return status ? 1 : 0;
}
