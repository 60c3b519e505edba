/* Chat templates: what a model wants a conversation to look like, in the Jinja that its file
 * carries. Rendering means what jinja2 means in the environment of Hugging Face transformers; what
 * the library does not understand is an error that names it. */
#ifndef INGLE_TEMPLATE_H
#define INGLE_TEMPLATE_H

#include "ingle/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_template ingle_template;
typedef struct ingle_rendering ingle_rendering;

/* Reads the template source[0..len), UTF-8, which is copied. INVALID names line and column. */
INGLE_API INGLE_NODISCARD ingle_status ingle_template_new(ingle_template **out, const char *source,
                                                          size_t len, ingle_error *err);

/* The template of a model file: tokenizer.chat_template, and tokenizer.chat_template.tool_use,
 * which is used instead when tools are given. NOT_FOUND if the file has none. bos_token and its
 * like are the model's. The model need not outlive it. */
INGLE_API INGLE_NODISCARD ingle_status ingle_template_from_model(ingle_template **out,
                                                                 const ingle_model *model,
                                                                 ingle_error *err);

/* NULL is fine. */
INGLE_API void ingle_template_free(ingle_template *t);

typedef struct ingle_template_options {
    size_t size;
    const char *tools; /* JSON text of an array; NULL = those of the messages' object, or none */
    const char *vars;  /* JSON text of an object: other variables; NULL = none */
    bool add_generation_prompt; /* default true: ends where the assistant is to speak */
    /* tool_calls[].function.arguments that are a string with a JSON object in it reach the template
     * as that object, which is what most expect; true: they stay the string. Default false. */
    bool keep_arguments;
    /* What strftime_now() tells, "2026-01-31T12:00:00"; NULL = the present local time. */
    const char *now;
} ingle_template_options;

INGLE_API ingle_template_options ingle_template_options_default(void);

/* Renders messages, the JSON text of an array of messages, or of an object {"messages": [...]}
 * whose other members ("tools", "documents", anything) are variables of the template; those of the
 * options win. Strings named bos_token, eos_token, pad_token, unk_token, sep_token, cls_token and
 * mask_token among the variables replace the model's. opt may be NULL.
 *
 * INVALID: the JSON is broken, a message is malformed or has an unknown role (the sentence has its
 * number, from 0), the template cannot do what it does with these messages, or refuses
 * them itself ("The template refuses the messages: ..."). LIMIT: it takes too many steps (20
 * million), too much memory (512 MiB) or text (64 MiB). Thread-safe on one template. */
INGLE_API INGLE_NODISCARD ingle_status ingle_template_render(ingle_rendering **out,
                                                             const ingle_template *t,
                                                             const char *messages,
                                                             const ingle_template_options *opt,
                                                             ingle_error *err);

/* The text, *len bytes with a NUL behind them; borrowed from the rendering. */
INGLE_API const char *ingle_rendering_text(const ingle_rendering *r, size_t *len);

/* Which bytes came from where: what is data (messages, tools, variables) is text and nothing else,
 * even if it reads like a control token; control tokens are to be recognised only in the rest. A
 * usual role (system, user, assistant, tool ...) counts as the template's. */
typedef struct ingle_rendering_span {
    size_t start, len; /* bytes */
    bool is_data;
} ingle_rendering_span;

/* In order and without gaps; neighbours differ. Borrowed from the rendering. */
INGLE_API const ingle_rendering_span *ingle_rendering_spans(const ingle_rendering *r,
                                                            size_t *n_spans);

/* NULL is fine. */
INGLE_API void ingle_rendering_free(ingle_rendering *r);

#ifdef __cplusplus
}
#endif

#endif
