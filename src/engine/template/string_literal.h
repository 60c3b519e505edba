/* The escapes of string literals in a template, as Python reads them. */
#ifndef INGLE_ENGINE_TEMPLATE_STRING_LITERAL_H
#define INGLE_ENGINE_TEMPLATE_STRING_LITERAL_H

#include "engine/template/ast.h"

/* What the characters between the quotes, at source[start, start + len), stand for. Without escapes
 * *out is in the source itself. */
BASE_NODISCARD ingle_status string_literal_read(struct template *t, size_t start, size_t len,
                                                const char **out, size_t *out_len,
                                                ingle_error *err);

#endif
