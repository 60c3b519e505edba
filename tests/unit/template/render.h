/* What templates make of variables, for the tests of this folder. */
#ifndef INGLE_TESTS_UNIT_TEMPLATE_RENDER_H
#define INGLE_TESTS_UNIT_TEMPLATE_RENDER_H

#include <stddef.h>

#include "base/status.h"

/* A template and the text it gives. */
struct rendering {
    const char *source, *text;
};

/* Renders the source with these variables (a JSON object) and "messages" of theirs; 31 January
 * 2026, 12:34:56. The text is valid until the next call; NULL on failure. spans, if not NULL,
 * receives one character a byte: 'd' for data, 't' for the template's. */
const char *render(const char *source, const char *vars, char *spans, ingle_error *err);

/* Fail the test, with the source, where it is otherwise. */
void renders(const char *source, const char *vars, const char *text);
void renders_all(const struct rendering *list, size_t n, const char *vars);
void fails(const char *source, const char *vars, const char *saying);
void fails_with(ingle_status status, const char *source, const char *vars, const char *saying);

/* Where the bytes come from: "ttdd". */
void comes_from(const char *source, const char *vars, const char *text, const char *spans);

#endif
