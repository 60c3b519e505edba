/* What the files of llama.cpp's own dialect share. */
#ifndef INGLE_DAEMON_LLAMACPP_LLAMACPP_H
#define INGLE_DAEMON_LLAMACPP_LLAMACPP_H

#include "daemon/api/errand.h"
#include "daemon/api/field.h"
#include "daemon/api/turn.h"

extern const struct api_dialect api_llamacpp;

#define LLAMA_MAX_ANSWERS 64 /* of one request */
#define LLAMA_MAX_LIST 65536 /* other lists of names and numbers that a request has */

/* {"error": {"code", "message", "type"}} */
void llamacpp_fail(struct http_exchange *x, const struct api_failure *f);
void llamacpp_put_error(struct json *j, const struct api_failure *f);

/* 501: known, and not for this service. why: a sentence. */
void llamacpp_refuse(struct api_call *c, const char *why);

/* ---- prompts: what is text and what is tokens ---- */

struct llama_part {
    bool is_token;
    ingle_token token;
    struct json_text text;
};

struct llama_prompt {
    const struct llama_part *parts; /* [n] */
    size_t n;
};

/* A string, tokens, or both in an array. */
void llama_read_mixed(struct fields *f, const char *name, const struct json_value *v,
                      struct arena *arena, struct llama_prompt *out);
/* One prompt, or an array of them. */
void llama_read_prompts(struct fields *f, const char *name, struct arena *arena,
                        struct llama_prompt **out, size_t *n);

bool llama_is_text(const struct llama_prompt *p); /* nothing but one text */

/* ---- the tokens of a prompt ---- */

struct llama_tokens {
    struct msg_tokens_item *items; /* [n] in the exchange's arena */
    size_t n;
};
struct llama_tokenizing {
    const char *model;
    bool adds_special; /* the begin token before the first part, if that is a text */
    bool parses_special, wants_bytes;
};
/* Makes them, one errand after another, then calls end(); failures are answered. */
void llama_tokenize(struct api_call *c, const struct llama_prompt *p,
                    const struct llama_tokenizing *how,
                    void (*end)(struct api_call *c, const struct llama_tokens *tokens, void *user),
                    void *user);

/* ---- what /completion and /infill are asked ---- */

struct llama_bias {
    struct llama_prompt of; /* one token, or a text whose tokens all have it */
    float bias;
};

struct llama_request {
    const char *model;
    struct msg_generate m; /* all but the prompt and the biases */
    struct llama_bias *biases;
    size_t n_biases;
    int n_predict, id_slot, n_probs;
    int n_cmpl; /* answers to each prompt */
    bool streams, return_tokens, timings_per_token;
    int n_indent, max_predict_ms;
    const char *const *response_fields; /* [n_response_fields] */
    size_t n_response_fields;
    bool samples[8]; /* by enum llama_sampler: those that are named, for the answer */
};

enum llama_sampler {
    LLAMA_PENALTIES,
    LLAMA_DRY,
    LLAMA_TOP_K,
    LLAMA_TYPICAL,
    LLAMA_TOP_P,
    LLAMA_MIN_P,
    LLAMA_INFILL,
    LLAMA_TEMPERATURE /* the last */
};
extern const char *const llama_sampler_names[]; /* NULL at the end */

/* Everything but prompt and what is /infill's own. */
void llama_read_request(struct fields *f, struct arena *arena, struct llama_request *r);
/* Of it, how tokens are chosen. */
void llama_read_sampling(struct fields *f, struct arena *arena, struct llama_request *r);
void llama_put_settings(struct json *j, const struct llama_request *r, uint64_t seed);

/* ---- where a text is cut: n_indent, t_max_predict_ms ---- */

struct llama_cut {
    int n_indent;    /* 0 = any */
    double max_ms;   /* 0 = for ever */
    double begun_ms; /* base/clock.h; 0 = not yet */
    size_t at, line; /* bytes looked at; where the line begins */
    int indent;      /* of the line, while */
    bool in_indent;  /* it has nothing else */
    bool has_line;   /* a newline was seen */
    bool is_over;
    size_t n_safe; /* bytes that stay, whatever comes */
};
/* text [len]: all of it so far. False when it is over: n_safe bytes of it are the answer. */
bool llama_cut_feed(struct llama_cut *cut, const char *text, size_t len);

/* ---- the answers of one request ---- */

struct llama_completion;

struct llama_answer {
    struct llama_completion *all;
    size_t index;           /* those to one prompt follow one another, each with the next seed */
    struct turn *turn;      /* NULL before it begins and after it ended */
    const ingle_token *ids; /* [n_ids] the prompt; NULL = it is the text */
    size_t n_ids;
    struct wire_text prompt;
    struct llama_cut cut;
    size_t n_sent, n_sent_tokens; /* of a stream: bytes of text, tokens */
    struct buf json;              /* when it has ended, unless it was a stream */
};

/* Everything is the exchange's memory, but turns and the buffers of answers. */
struct llama_completion {
    struct api_call call;
    struct llama_request r;
    struct llama_answer *answers; /* [n] */
    size_t n, n_left;             /* n_left have not ended */

    /* While it is prepared: */
    const struct llama_prompt *prompts; /* [n / r.n_cmpl] as they were asked */
    size_t at;                          /* the bias, or the prompt, that is next */
    ingle_logit_bias *biases;           /* [m.n_logit_bias], made of the request's */
    size_t biases_cap;
    void (*start)(struct llama_completion *all);
};

/* All answers to these prompts. False: f says why not. */
bool llama_make_answers(struct fields *f, struct llama_completion *all,
                        const struct llama_prompt *prompts, size_t n_prompts);

uint64_t llama_seed(const struct llama_answer *a);

/* Looks up the tokens of what is to be tokens, then calls all->start(); failures are answered. */
void llama_prepare(struct llama_completion *all);

/* Starts a turn for every answer: type is MSG_GENERATE or MSG_FILL, the message of an answer is
 * what make() returns, in the exchange's memory; NULL: out of memory. */
void llama_start(struct llama_completion *all, enum msg_type type, wire_fn visit,
                 const void *(*make)(struct llama_answer *a));

/* The next piece of a stream. False if nobody listens. */
bool llama_send_piece(const struct llama_answer *a, const char *text, size_t len);
void llama_send_last(const struct llama_answer *a);
/* A whole answer. */
void llama_put_answer(struct buf *b, const struct llama_answer *a);

/* The end of an errand whose answer is one text, under the name that its user is. */
void llama_reply_text(struct errand *e, ingle_status status, const ingle_error *err);

/* ---- handlers ---- */

void llamacpp_props(struct api_call *c);
void llamacpp_slots(struct api_call *c);
void llamacpp_metrics(struct api_call *c);
void llamacpp_tokenize(struct api_call *c);
void llamacpp_detokenize(struct api_call *c);
void llamacpp_apply_template(struct api_call *c);
void llamacpp_completion(struct api_call *c);
void llamacpp_infill(struct api_call *c);
void llamacpp_embedding(struct api_call *c);

#endif
