/* Sums of money, which look like numbers of houses and postal codes. */
#ifndef INGLE_GUARD_REDACT_REDACT_AMOUNT_H
#define INGLE_GUARD_REDACT_REDACT_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>

/* Is text[from, to) nothing but a number, with a currency in it, before it or behind it? */
bool redact_is_amount(const char *text, size_t len, size_t from, size_t to);

#endif
