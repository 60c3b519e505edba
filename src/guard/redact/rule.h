/* What the rules of redaction share. A rule looks at one place of a text, where a word or a number
 * may begin, and says how many bytes of what it knows lie there; 0 = none. It looks at a bounded
 * number of bytes on either side. */
#ifndef INGLE_GUARD_REDACT_RULE_H
#define INGLE_GUARD_REDACT_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ascii.h"

struct rule_text {
    const char *data;
    size_t len;
};

/* Letters of other scripts are words too. */
static inline bool rule_is_word(char c) {
    return ascii_is_digit(c) || ascii_is_letter(c) || (unsigned char)c >= 0x80;
}
static inline bool rule_is_hex(char c) {
    return ascii_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static inline char rule_at(const struct rule_text *t, size_t i) {
    return i < t->len ? t->data[i] : '\0';
}
static inline char rule_before(const struct rule_text *t, size_t i) {
    return i > 0 ? t->data[i - 1] : '\0';
}

/* Does the text go on with this word at i, case aside? */
bool rule_has_word(const struct rule_text *t, size_t i, const char *word);

/* Is one of the words, "a|b c|d", within `reach` bytes before i, with nothing but letters, blanks
 * and
 * :=#.-'( in between? */
bool rule_has_context(const struct rule_text *t, size_t i, const char *words, size_t reach);

typedef size_t (*rule_fn)(const struct rule_text *t, size_t at);

size_t rule_email(const struct rule_text *t, size_t at);
size_t rule_url(const struct rule_text *t, size_t at);
size_t rule_ip(const struct rule_text *t, size_t at);
size_t rule_mac(const struct rule_text *t, size_t at);
size_t rule_iban(const struct rule_text *t, size_t at);
size_t rule_card(const struct rule_text *t, size_t at);
size_t rule_ssn(const struct rule_text *t, size_t at);
size_t rule_phone(const struct rule_text *t, size_t at);
size_t rule_coordinates(const struct rule_text *t, size_t at);
size_t rule_birth_date(const struct rule_text *t, size_t at);
size_t rule_document(const struct rule_text *t, size_t at);
size_t rule_secret(const struct rule_text *t, size_t at);

#endif
