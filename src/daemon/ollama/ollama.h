/* What the files of the Ollama dialect share: times, names, and the fields of requests. Answers are
 * JSON objects, one a line where they stream; durations are whole nanoseconds, times RFC 3339. */
#ifndef INGLE_DAEMON_OLLAMA_OLLAMA_H
#define INGLE_DAEMON_OLLAMA_OLLAMA_H

#include "daemon/api/field.h"
#include "daemon/api/turn.h"

extern const struct api_dialect api_ollama;

/* {"error": "..."} */
void ollama_put_error(struct json *j, const struct api_failure *f);
void ollama_fail(struct http_exchange *x, const struct api_failure *f);

/* ---- times and names ---- */

#define OLLAMA_TIME 96
/* ns since 1970, in UTC. */
void ollama_time(char text[OLLAMA_TIME], int64_t ns);
void ollama_put_time(struct json *j, const char *key, int64_t ns);
void ollama_put_ns(struct json *j, const char *key, double ms);

/* "smollm2-135m:latest": names of Ollama have a tag. In the arena; NULL if there is no memory. */
const char *ollama_name(struct arena *arena, const char *id);

/* The field "model", or "name" as it was called once. It must be there. */
const char *ollama_read_model(struct fields *f);

/* ---- requests for answers ---- */

struct ollama_keep {
    double seconds; /* 0 = nothing was said; < 0 = for ever */
    bool unloads;   /* at once */
};

/* What generate and chat have in common. */
struct ollama_ask {
    const char *model; /* as it was named, for the answer */
    bool streams;
    struct ollama_keep keep;
    int n_ctx; /* that it must have at least; 0 = any */
    ingle_sampling_options sampling;
    int max_tokens; /* -1 = any number */
    const char *const *stops;
    size_t n_stops;
    struct msg_constraint constraint;
    ingle_think think;
    const char *effort; /* of thinking: "low" ...; NULL */
    int n_logprobs;     /* -1 = none */
};

/* Reads all of it. */
void ollama_read_ask(struct fields *f, struct arena *arena, struct ollama_ask *a);
void ollama_read_keep(struct fields *f, struct ollama_keep *keep);
/* The field "options" for requests that generate nothing. */
void ollama_read_ctx(struct fields *f, int *n_ctx);

/* The variables that a template is told; NULL = none, or no memory, which *failed says. */
const char *ollama_variables(struct arena *arena, const struct ollama_ask *a, bool *failed);

/* A request for a conversation as it was asked for, without its messages and variables. */
struct msg_chat ollama_conversation(const struct ollama_ask *a);

/* Messages in OpenAI's shape, as JSON. */
void ollama_read_messages(struct fields *f, struct arena *arena, struct wire_text *out);

/* The field "context" of generate: messages, or NULL. */
const struct json_value *ollama_read_context(struct fields *f, struct arena *arena);
/* The same for the next time: these messages (JSON, an array of some), and the answer to them. */
void ollama_put_context(struct json *j, const struct wire_text *messages, const struct buf *answer);

/* ---- answers ---- */

/* What comes back for generate or chat. */
struct ollama_answer {
    struct ollama_ask ask;
    bool is_chat;              /* else the text is a "response" */
    struct wire_text messages; /* of generate, for its "context"; empty = none */
    size_t n_told;             /* tokens whose log-probabilities were told already */
};

/* Goes on with then() if the model is served with a context of at least n_ctx tokens (0 = any), and
 * else answers. user: in the exchange's arena. */
typedef void (*ollama_then_fn)(struct api_call *c, void *user);
void ollama_with_context(struct api_call *c, const char *model, int n_ctx, ollama_then_fn then,
                         void *user);

/* Asks for it once the context is known to be large enough. m: in the exchange's arena, a msg_chat,
 * msg_generate or msg_fill. Ends the exchange sooner or later. */
void ollama_start(struct api_call *c, struct ollama_answer *a, enum msg_type type, const void *m);

/* Nothing is to be computed: the model is only loaded, or unloaded if it is kept for no time. Goes
 * on with then(), whose reason is "load" or "unload", or answers why not. user: in the exchange's
 * arena. */
typedef void (*ollama_loaded_fn)(struct api_call *c, const char *reason, double ms, void *user);
void ollama_load(struct api_call *c, const char *model, const struct ollama_keep *keep,
                 ollama_loaded_fn then, void *user);
/* The same, as the answer of generate or chat. */
void ollama_answer_nothing(struct api_call *c, struct ollama_answer *a);

/* ---- what is asked of the model, and of models ---- */

/* GET / of clients that ask whether somebody is here; browsers get the page (page.c). */
void ollama_root(struct api_call *c);
void ollama_generate(struct api_call *c);
void ollama_chat(struct api_call *c);
void ollama_embed(struct api_call *c);
void ollama_embeddings(struct api_call *c);
void ollama_tags(struct api_call *c);
void ollama_ps(struct api_call *c);
void ollama_show(struct api_call *c);
void ollama_pull(struct api_call *c);
void ollama_push(struct api_call *c);
void ollama_create(struct api_call *c);
void ollama_copy(struct api_call *c);
void ollama_delete(struct api_call *c);
void ollama_blob(struct api_call *c);

/* {"format", "family" ...}; what NULL: it is not known. */
void ollama_put_details(struct json *j, const struct msg_described *what);

#endif
