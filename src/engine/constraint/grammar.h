/* The machine of a GBNF grammar (llama.cpp's language of grammars): the texts of its rule `root`,
 * over whole UTF-8 characters.
 *
 * INGLE_INVALID, with line and column, for what is no grammar (undefined rules as well);
 * INGLE_REFUSED for left recursion, for tokens (<name>, <[id]>), and for a grammar that no finite
 * text fits; INGLE_LIMIT for what is too large. err->where is the offset in the text. */
#ifndef INGLE_ENGINE_CONSTRAINT_GRAMMAR_H
#define INGLE_ENGINE_CONSTRAINT_GRAMMAR_H

#include "engine/constraint/machine.h"

BASE_NODISCARD ingle_status grammar_machine_new(struct machine **out, const char *text, size_t len,
                                                ingle_error *err);

#endif
