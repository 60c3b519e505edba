/* Tiny models of random weights that can be talked with: every family's markers in the vocabulary,
 * and a template that tells which of them it uses. What goes wrong in here ends the test. */
#ifndef INGLE_TESTS_SUPPORT_CHAT_MODEL_H
#define INGLE_TESTS_SUPPORT_CHAT_MODEL_H

#include "ingle/ingle.h"

/* A family: its name in ingle_chat_info.tool_format, a template of a few lines in its manner, and
 * the marker that calls begin with; NULL. */
struct chat_family {
    const char *format, *source, *marker;
};

/* NULL past the last. */
const struct chat_family *chat_family(size_t i);

/* A template that knows no tools; thinking is turned on and off by enable_thinking. */
extern const char *const chat_thinking_template;
/* The same, without a switch; the prompt opens thinking. */
extern const char *const chat_always_thinking_template;

/* source NULL: the file has no template. vocab_only as in the options. */
ingle_model *chat_model(const char *source, bool vocab_only);

/* The vocabulary only, with a second template for tools. */
ingle_model *chat_model_with(const char *source, const char *tool_source);

/* A chat of it. options may be NULL. */
ingle_chat *chat_of(const ingle_model *model, const ingle_chat_options *options);

/* Three tools: pick(side: "left" or "right", count: 1 to 9, all: boolean; side and count must be
 * there), stop(), and place(at: {x, y: integers from 0 to 99}). */
extern const char *const chat_test_tools;

/* Whether the arguments (JSON text) are such; found out by hand. */
bool chat_tools_take(const char *name, const char *arguments);

#endif
