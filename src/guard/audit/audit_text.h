/* Reading a text that has one form: each step takes what has to come next, or fails. */
#ifndef INGLE_GUARD_AUDIT_AUDIT_TEXT_H
#define INGLE_GUARD_AUDIT_AUDIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "guard/audit/audit.h"

struct audit_cursor {
    const char *at, *end;
};

BASE_NODISCARD bool audit_take(struct audit_cursor *c, const char *text);

/* As it is printed: no zeros in front, no sign, no wrap. */
BASE_NODISCARD bool audit_take_number(struct audit_cursor *c, uint64_t *out);

/* Lower-case hex digits of so many bytes, without quotes; a hash in quotes. */
BASE_NODISCARD bool audit_take_hex(struct audit_cursor *c, uint8_t *out, size_t size);
BASE_NODISCARD bool audit_take_hash(struct audit_cursor *c, uint8_t out[AUDIT_HASH_SIZE]);

#endif
