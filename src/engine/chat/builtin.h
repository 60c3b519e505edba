/* Templates for models whose file has none, chosen by the control tokens of the vocabulary. */
#ifndef INGLE_ENGINE_CHAT_BUILTIN_H
#define INGLE_ENGINE_CHAT_BUILTIN_H

#include "engine/text/tokenizer.h"

struct builtin_template {
    const char *name, *source;
};

const struct builtin_template *builtin_template_for(const struct tokenizer *t);

#endif
