/* Conversations: messages in, an answer out, in the form the model was trained on. The chat
 * renders its messages with the model's own template, separates thinking from the answer, and
 * holds tool calls to the tools that were declared.
 *
 * Nothing a message says is taken for a control token, whatever it looks like: only what the
 * template itself wrote is. One thread at a time on one chat. */
#ifndef INGLE_CHAT_H
#define INGLE_CHAT_H

#include "ingle/session.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_chat ingle_chat;

typedef enum ingle_think {
    INGLE_THINK_AUTO, /* as the template does when it is told nothing */
    INGLE_THINK_ON,   /* REFUSED by a model that cannot */
    INGLE_THINK_OFF /* never; where the template has no switch, the answer follows an empty block */
} ingle_think;

typedef enum ingle_tool_choice {
    INGLE_TOOLS_AUTO,     /* the model chooses whether to call, and what */
    INGLE_TOOLS_NONE,     /* the tools are not shown and cannot be called */
    INGLE_TOOLS_REQUIRED, /* at least one call, of any tool */
    INGLE_TOOLS_NAMED     /* calls of tool_name, at least one */
} ingle_tool_choice;

typedef struct ingle_chat_options {
    size_t size;
    const char *template_text; /* Jinja; NULL = the model's, or if it has none one that suits its
                                  control tokens (ingle_chat_info says which) */
    const char *tools;         /* JSON: OpenAI's array of {"type": "function", "function": {"name",
                                  "description", "parameters"}}; NULL = none */
    ingle_tool_choice tool_choice;
    const char *tool_name; /* of NAMED */
    bool one_call;         /* at most one call an answer */
    bool free_tools;       /* do not hold calls to the tools' schemas while they are written; they
                              are checked afterwards all the same */
    ingle_think think;     /* default AUTO */
    int think_budget;      /* tokens of thinking, after which it is closed; -1 = no end, default */
    const char *variables; /* JSON object: more variables for the template; NULL = none */
    int64_t now; /* the date and time that the template sees: seconds since 1970, read as UTC (a
                    caller that wants local time adds its offset); 0 = the system's clock */
    uint64_t id_seed; /* of the ids of calls; 0 = from the system's clock */
} ingle_chat_options;

INGLE_API ingle_chat_options ingle_chat_options_default(void);

/* A chat without messages. The options are copied; opt may be NULL. The model, which must outlive
 * the chat, may be opened for its vocabulary only. INVALID, with the place, for a template, tools
 * or variables that are broken; REFUSED, naming the tool and the JSON pointer of the keyword, for
 * parameters whose schema is not supported (see ingle/constraint.h). */
INGLE_API INGLE_NODISCARD ingle_status ingle_chat_new(ingle_chat **out, const ingle_model *model,
                                                      const ingle_chat_options *opt,
                                                      ingle_error *err);
INGLE_API void ingle_chat_free(ingle_chat *chat);

/* Other options from now on; the messages stay. Changes nothing on failure. */
INGLE_API INGLE_NODISCARD ingle_status ingle_chat_configure(ingle_chat *chat,
                                                            const ingle_chat_options *opt,
                                                            ingle_error *err);

/* What the model's template can do, and what the options made of it. */
typedef struct ingle_chat_info {
    const char *template_from; /* "the options", "the model", "the model (tool_use)", or the name of
                                  one built in: "chatml", "llama3", "gemma", "phi3", "zephyr" */
    const char *tool_format;   /* how calls are written: "tagged", "llama3" ...; "generic" if the
                                  template knows no tools: then they are explained in the system
                                  message and the whole answer is JSON */
    bool can_think;            /* thinking can be on */
    bool thinks;               /* it is on, or AUTO and the template leaves it on */
    bool has_system;           /* false: a system message becomes part of the first user message */
} ingle_chat_info;

/* Strings are borrowed from the chat until it is configured or freed. */
INGLE_API ingle_chat_info ingle_chat_get_info(const ingle_chat *chat);

/* ---- messages ---- */

typedef struct ingle_chat_call {
    const char *id, *name;
    const char *arguments; /* JSON text of an object */
} ingle_chat_call;

/* A message as the chat holds it; all strings have a NUL behind them. */
typedef struct ingle_chat_message {
    const char *role; /* "system", "user", "assistant", "tool" */
    const char *text; /* [text_len]; parts of content are joined by newlines */
    size_t text_len;
    const char *thinking; /* [thinking_len], "" if there is none */
    size_t thinking_len;
    const ingle_chat_call *calls;
    size_t n_calls;
    const char *call_id; /* the call that a tool's message answers; "" */
    const char *json;    /* [json_len] the whole message in OpenAI's shape, which
                            ingle_chat_add_json() takes back */
    size_t json_len;
} ingle_chat_message;

/* Appends a message: role is system (or developer), user, assistant or tool (which answers the
 * first call that has no answer yet). INVALID for another role or text that is no UTF-8. */
INGLE_API INGLE_NODISCARD ingle_status ingle_chat_add(ingle_chat *chat, const char *role,
                                                      const char *text, size_t len,
                                                      ingle_error *err);

/* Replaces n messages from number `first` on by those of a JSON text: an array of messages or one
 * message, in OpenAI's shape: role, content (a string, null, or an array of text parts),
 * reasoning_content, tool_calls, tool_call_id, name. json NULL: by none, so that /undo is
 * (chat, n_messages - 2, 2, NULL, 0). Fields that are not known are kept for the template. INVALID,
 * naming the number that the message would have and the field, for what is malformed: an unknown
 * role, parts that are no text, calls without name, arguments that are no JSON object, results
 * without a call. Changes nothing on failure. */
INGLE_API INGLE_NODISCARD ingle_status ingle_chat_replace(ingle_chat *chat, size_t first, size_t n,
                                                          const char *json, size_t len,
                                                          ingle_error *err);

/* ingle_chat_replace() after the last message. */
INGLE_API INGLE_NODISCARD ingle_status ingle_chat_add_json(ingle_chat *chat, const char *json,
                                                           size_t len, ingle_error *err);

/* The system message, which is message 0 if there is one: sets, replaces or (NULL) removes it. */
INGLE_API INGLE_NODISCARD ingle_status ingle_chat_set_system(ingle_chat *chat, const char *text,
                                                             size_t len, ingle_error *err);

INGLE_API size_t ingle_chat_n_messages(const ingle_chat *chat);

/* Message i; its strings are borrowed until the messages change, its calls until the next call with
 * this chat. BAD_ARGUMENT if there is none. */
INGLE_API INGLE_NODISCARD ingle_status ingle_chat_get_message(ingle_chat *chat, size_t i,
                                                              ingle_chat_message *out,
                                                              ingle_error *err);

/* ---- what the model is given ---- */

/* The messages as the template writes them, with the beginning of the answer; *text is borrowed
 * until the next call with this chat. INVALID with the template's own words if it refuses them
 * (roles that do not alternate ...). */
INGLE_API INGLE_NODISCARD ingle_status ingle_chat_render(ingle_chat *chat, const char **text,
                                                         size_t *len, ingle_error *err);

/* The tokens of that: exactly what ingle_chat_reply() evaluates. Control tokens only where the
 * template wrote them; else as ingle_tokenize() of the whole text. Counts and errors as there. */
INGLE_API INGLE_NODISCARD ingle_status ingle_chat_tokens(ingle_chat *chat, ingle_token *ids,
                                                         size_t cap, size_t *n_tokens,
                                                         ingle_error *err);

/* ---- the answer ---- */

typedef enum ingle_chat_event_kind {
    INGLE_CHAT_THINKING,  /* text: the next piece of thinking */
    INGLE_CHAT_TEXT,      /* text: the next piece of the answer */
    INGLE_CHAT_CALL,      /* a call begins: its number in this answer, id and name */
    INGLE_CHAT_ARGUMENTS, /* text: the next piece of its arguments, which are JSON as a whole */
    INGLE_CHAT_CALL_END   /* the call is complete, and valid for its tool's schema */
} ingle_chat_event_kind;

typedef struct ingle_chat_event {
    ingle_chat_event_kind kind;
    const char *text; /* [len] whole UTF-8 characters; not NUL-terminated */
    size_t len;
    size_t call; /* its number, from 0 */
    const char *id, *name;
} ingle_chat_event;

/* Everything in the event is borrowed during the call. Returns false to stop the answer. */
typedef bool (*ingle_chat_event_fn)(const ingle_chat_event *event, void *user);

typedef struct ingle_chat_reply_options {
    size_t size;
    int max_tokens;           /* thinking included; -1 = until the context is full. Default -1 */
    const char *const *stops; /* stop strings of the answer's text (not of thinking or calls) */
    size_t n_stops;
    ingle_chat_event_fn on_event; /* may be NULL */
    void *user;
    bool drop_partial; /* an answer that was cancelled leaves no message; else what there is of it
                          (but for an unfinished call) becomes one */
    ingle_token_fn on_token; /* these three as in ingle_generate_options, stop_loops too */
    int n_top;
    bool stop_loops;
    /* What the answer's text must be, of the same model; NULL = anything. It excludes tools that
     * may be called. Thinking stands before it: where the prompt does not open it, it is left out.
     */
    ingle_constraint *constraint;
} ingle_chat_reply_options;

typedef struct ingle_chat_result {
    ingle_stop_reason reason; /* TOOL if the answer ended after calls */
    bool context_full;        /* LENGTH, because the session can hold no more */
    bool has_message;         /* the answer was appended to the messages */
    size_t n_calls;           /* complete calls: results for them are asked for */
    int n_prompt, n_reused;   /* tokens of the prompt; of them, those not computed anew */
    int n_thinking;           /* tokens generated for thinking, its markers included, */
    int n_answer;             /* and for all else */
    bool budget_used_up;      /* thinking was closed because of think_budget */
    double prompt_ms;         /* for the prompt */
    double first_ms;          /* from the call to the first token chosen */
    double decode_ms;         /* from then to the end */
    int stop;                 /* STRING: which of the stop strings it was; else -1 */
} ingle_chat_result;

INGLE_API ingle_chat_reply_options ingle_chat_reply_options_default(void);

/* The model's answer to the messages, whose last one is the user's or a tool's: renders them,
 * makes the session hold them (what it holds already of them stays), generates, passes on events
 * and appends the answer as a message. opt may be NULL.
 *
 * CONTEXT_FULL, naming both counts, if the prompt and one token do not fit: then nothing was
 * generated and nothing changed; drop messages or summarise them, and call again. Other failures:
 * those of ingle_chat_render(); INVALID if the model wrote a call that is no call of a declared
 * tool (only where calls are not constrained: free_tools, or a syntax that cannot be, see
 * docs/decisions/tool-calls.md): such a call is never passed on, and no message is appended.
 * A cancelled answer is a success. */
INGLE_API INGLE_NODISCARD ingle_status ingle_chat_reply(ingle_chat *chat, ingle_session *session,
                                                        ingle_sampler *sampler,
                                                        const ingle_chat_reply_options *opt,
                                                        ingle_chat_result *result,
                                                        ingle_error *err);

/* Takes apart a complete answer, with control tokens written out as their text, the way a reply
 * does: *out is borrowed until the next call with this chat, whose messages do not change. Calls
 * are checked against the chat's tools: INVALID. */
INGLE_API INGLE_NODISCARD ingle_status ingle_chat_parse(ingle_chat *chat, const char *text,
                                                        size_t len, ingle_chat_message *out,
                                                        ingle_error *err);

#ifdef __cplusplus
}
#endif

#endif
