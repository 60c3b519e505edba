/* Chat templates: the Jinja that model files carry, read once and rendered often. It means what
 * jinja2 means by it in the environment that Hugging Face transformers sets up: trim_blocks,
 * lstrip_blocks, loop controls, {% generation %}, the sandbox that changes nothing, tojson without
 * escapes of HTML. What is not understood is an error that names it, never left out.
 *
 * Every byte of the output is known to come either from the template's own text or from data
 * (messages, tools, documents, variables), whatever was done to it in between: only in what the
 * template says itself may control tokens be recognised; what a user wrote stays text.
 *
 * Templates and data are hostile: source, nesting, steps, memory and output are bounded. */
#ifndef INGLE_ENGINE_TEMPLATE_TEMPLATE_H
#define INGLE_ENGINE_TEMPLATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/buf.h"
#include "base/json_tree.h"
#include "base/status.h"

#define TEMPLATE_MAX_SOURCE ((size_t)1 << 20)
#define TEMPLATE_MAX_OUTPUT ((size_t)64 << 20)
#define TEMPLATE_MAX_MEMORY ((size_t)512 << 20) /* of one rendering */
#define TEMPLATE_MAX_STEPS 20000000             /* about a second */

struct template;

/* Reads a template; the source is copied. INVALID with the byte offset in err->where and line and
 * column in the sentence; LIMIT. */
BASE_NODISCARD ingle_status template_new(struct template **out, const char *source, size_t len,
                                         ingle_error *err);
void template_free(struct template *t);

/* Whether the template reads a variable, an attribute or a key of this name ("tools",
 * "enable_thinking", "reasoning_content"): of what it never reads, nothing can come of giving it.
 */
bool template_reads(const struct template *t, const char *name);

/* A variable whose text is the template's own: bos_token and its like. */
struct template_text {
    const char *name;
    struct json_text text;
};

struct template_input {
    const struct json_value *messages;  /* ARRAY of OBJECT */
    const struct json_value *tools;     /* NULL = the template sees none */
    const struct json_value *documents; /* NULL = the template sees none */
    /* OBJECT; NULL = no other variables. They win over what follows here; bos_token and its like
     * among them count as texts. */
    const struct json_value *vars;
    const struct template_text *texts; /* [n_texts] */
    size_t n_texts;
    bool add_generation_prompt;
    /* tool_calls[].function.arguments that are a string with the JSON text of an object reach the
     * template as that object, as most templates expect it; true: as the string that they are. */
    bool keep_arguments;
    struct tm now; /* what strftime_now() tells: tm_year to tm_sec, tm_wday, tm_yday are used */
};

/* The usual words for roles: system, developer, user, assistant, tool, and what some families call
 * these. */
bool template_knows_role(const char *text, size_t len);

/* A piece of the output. A message's role, where it is one of the usual words (system, user,
 * assistant, tool, ...), counts as the template's own text: many write '<|' + role + '|>'. */
struct template_span {
    size_t start, len; /* bytes */
    bool is_data;
};

/* Zeroed by the caller, cleared by it also after a failure. */
struct template_output {
    struct buf text;
    struct template_span *spans; /* [n_spans], owned: in order, without gaps, neighbours differ */
    size_t n_spans;
    bool is_refused; /* it failed because the template itself called raise_exception() */
};
void template_output_clear(struct template_output *output);

/* INVALID: the template cannot do with these messages what it does, or refuses them ("The template
 * refuses the messages: ..."); LIMIT, NO_MEMORY. err->where is the offset in the source. May be
 * called by many threads on one template. */
BASE_NODISCARD ingle_status template_render(const struct template *t,
                                            const struct template_input *input,
                                            struct template_output *output, ingle_error *err);

#endif
