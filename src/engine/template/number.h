/* Numbers as text and back, as Python writes and reads them, whatever the locale. */
#ifndef INGLE_ENGINE_TEMPLATE_NUMBER_H
#define INGLE_ENGINE_TEMPLATE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_TEXT 400 /* holds any of the texts below */

/* The fewest digits that read back as f ("0.1", "1e+20", "inf"); returns the length. */
size_t number_repr(double f, char out[NUMBER_TEXT]);

/* printf's %e, %f, %g with this precision, at most 60; returns the length; 0 = too long. */
size_t number_format(double f, char kind, int precision, bool is_alternate, char out[NUMBER_TEXT]);

/* float(text) and int(text, base) of Python: white space around, underscores between digits. base 0
 * goes by the prefix. False if it is no number; is_big if it is one beyond 64 bits. */
bool number_read_float(const char *text, size_t len, double *out);
bool number_read_int(const char *text, size_t len, int base, int64_t *out, bool *is_big);

#endif
