#include "guard/audit/audit_text.h"

#include <string.h>

#include "base/ascii.h"
#include "guard/audit/audit_internal.h"

void audit_put_hex(char *out, const uint8_t *bytes, size_t size) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = '\0';
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool audit_get_hex(uint8_t *out, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        int high = digit_of(text[2 * i]), low = high < 0 ? -1 : digit_of(text[2 * i + 1]);
        if (low < 0) return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void audit_hash_print(char out[AUDIT_HASH_TEXT], const uint8_t hash[AUDIT_HASH_SIZE]) {
    audit_put_hex(out, hash, AUDIT_HASH_SIZE);
}

bool audit_hash_read(uint8_t out[AUDIT_HASH_SIZE], const char *text) {
    return strlen(text) == 2 * AUDIT_HASH_SIZE && audit_get_hex(out, text, AUDIT_HASH_SIZE);
}

bool audit_take(struct audit_cursor *c, const char *text) {
    size_t n = strlen(text);
    if ((size_t)(c->end - c->at) < n || memcmp(c->at, text, n) != 0) return false;
    c->at += n;
    return true;
}

bool audit_take_number(struct audit_cursor *c, uint64_t *out) {
    const char *from = c->at;
    uint64_t value = 0;
    for (; c->at < c->end && ascii_is_digit(*c->at); c->at++) {
        uint64_t digit = (uint64_t)(*c->at - '0');
        if (value > (UINT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = value;
    return c->at > from && (*from != '0' || c->at - from == 1);
}

bool audit_take_hex(struct audit_cursor *c, uint8_t *out, size_t size) {
    if ((size_t)(c->end - c->at) < 2 * size || !audit_get_hex(out, c->at, size)) return false;
    c->at += 2 * size;
    return true;
}

bool audit_take_hash(struct audit_cursor *c, uint8_t out[AUDIT_HASH_SIZE]) {
    return audit_take(c, "\"") && audit_take_hex(c, out, AUDIT_HASH_SIZE) && audit_take(c, "\"");
}
