/* What a chat template can do, found out by rendering small conversations with it: what shape
 * messages must have for it, how it turns thinking on and off, and how its model writes calls. */
#ifndef INGLE_ENGINE_CHAT_FAMILY_H
#define INGLE_ENGINE_CHAT_FAMILY_H

#include "engine/chat/format.h"
#include "engine/template/template.h"
#include "engine/text/tokenizer.h"

struct family {
    struct template *template; /* owned */
    enum call_format calls;
    enum think_kind think;
    bool wants_parts;       /* content as a list of parts */
    bool has_system;        /* system messages are shown */
    bool has_tools;         /* `tools` is shown */
    bool tools_in_system;   /* only as the member "tools", JSON text, of a system message */
    bool has_calls;         /* `tool_calls` of messages are shown */
    bool calls_null;        /* content beside calls must be null, not "" */
    bool keeps_arguments;   /* of calls, as JSON text */
    bool takes_many_calls;  /* in one message */
    bool has_tool_role;     /* results of tools are shown */
    bool has_think_flags;   /* obeys /think and /no_think in the system message */
    const char *think_var;  /* variable that turns thinking on and off; NULL */
    bool thinks_by_default; /* what it does without that */
    bool can_think;
};

/* What is known of the model besides. */
struct family_model {
    const struct tokenizer *tokenizer;
    const char *name;                  /* general.name, or "" */
    const struct template_text *texts; /* [n_texts] bos_token and its like */
    size_t n_texts;
};

/* INVALID for a template that is none. Zeroed by the caller, cleared by it also after a failure. */
BASE_NODISCARD ingle_status family_init(struct family *f, const char *source, size_t len,
                                        const struct family_model *model, ingle_error *err);
void family_clear(struct family *f);

#endif
