/* The methods of values, by name. */
#ifndef INGLE_ENGINE_TEMPLATE_METHODS_H
#define INGLE_ENGINE_TEMPLATE_METHODS_H

#include "engine/template/call.h"

/* NULL if there is none. */
const struct builtin *methods_of_str(const char *name, size_t len);

/* str.isupper(), str.islower(). */
bool methods_is_case(const struct str *s, bool upper);

#endif
