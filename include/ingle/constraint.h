/* Constraints: what a generated text must be. Under one, a token is only ever chosen if the text
 * can still become a text of the constraint after it (ingle_generate_options.constraint), so
 * whatever the model thinks, the answer is one.
 *
 * Constraints fail closed: what is not supported is refused when the constraint is made, with the
 * place of the keyword at fault, and never ignored.
 *
 * A constraint that is made for a model is used by one generation at a time, and by one thread;
 * what it learns stays with it, so that later generations are quicker. The first one of a model
 * prepares the model's vocabulary, which takes some tens of milliseconds.
 *
 *     static const char schema[] = "{\"enum\": [\"yes\", \"no\", null]}";
 *     ingle_constraint *c;
 *     status = ingle_constraint_new_schema(&c, model, schema, strlen(schema), &err);
 *     ...
 *     options.constraint = c;
 *     status = ingle_session_generate(session, sampler, &options, &result, &err);
 *     ...
 *     ingle_constraint_free(c);
 *
 * examples/extract.c is a whole program. */
#ifndef INGLE_CONSTRAINT_H
#define INGLE_CONSTRAINT_H

#include "ingle/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For all of these: the text is copied as far as it is needed. The model may be NULL: then the
 * constraint is one over bytes, for ingle_constraint_accepts() only; else it must outlive the
 * constraint. INVALID for a text that breaks the rules of its language, with the place in the
 * sentence (and in err->where, as an offset in bytes); REFUSED for what is not supported, too large
 * (a constraint that would take too much time or memory), or satisfied by no text at all. */

/* JSON whose value satisfies a JSON Schema (draft 2020-12, and of draft-07 what tools use). Any
 * insignificant white space, order of properties and spelling of strings and numbers. A refusal
 * names the JSON pointer of the keyword. */
INGLE_API INGLE_NODISCARD ingle_status ingle_constraint_new_schema(ingle_constraint **out,
                                                                   const ingle_model *model,
                                                                   const char *schema, size_t len,
                                                                   ingle_error *err);

/* A text of the rule `root` of a grammar in GBNF, the language of llama.cpp's grammars. */
INGLE_API INGLE_NODISCARD ingle_status ingle_constraint_new_grammar(ingle_constraint **out,
                                                                    const ingle_model *model,
                                                                    const char *grammar, size_t len,
                                                                    ingle_error *err);

/* A text that a regular expression (ECMA-262, flag u) matches as a whole. */
INGLE_API INGLE_NODISCARD ingle_status ingle_constraint_new_regex(ingle_constraint **out,
                                                                  const ingle_model *model,
                                                                  const char *regex, size_t len,
                                                                  ingle_error *err);

/* One of n texts (NUL-terminated, UTF-8). */
INGLE_API INGLE_NODISCARD ingle_status ingle_constraint_new_choices(ingle_constraint **out,
                                                                    const ingle_model *model,
                                                                    const char *const *choices,
                                                                    size_t n, ingle_error *err);

INGLE_API void ingle_constraint_free(ingle_constraint *constraint);

/* *accepts: whether exactly text[0..len) can be generated in full; with a model, by some sequence
 * of its tokens. Not while a generation uses the constraint. */
INGLE_API INGLE_NODISCARD ingle_status ingle_constraint_accepts(ingle_constraint *constraint,
                                                                const char *text, size_t len,
                                                                bool *accepts, ingle_error *err);

#ifdef __cplusplus
}
#endif

#endif
