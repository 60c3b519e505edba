/* Text of JSON strings that stands for itself: megabytes of it are passed quickly, since others may
 * wait for the thread that does it. */
#ifndef INGLE_BASE_JSON_PLAIN_H
#define INGLE_BASE_JSON_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_EACH(byte) ((uint64_t)0x0101010101010101u * (byte))

/* Is one of eight bytes a quote, a backslash, or no printable character of ASCII (DEL is none)?
 * May say so of bytes behind one that is. */
static inline bool json_has_special(uint64_t word) {
    uint64_t quote = word ^ JSON_EACH('"'), escape = word ^ JSON_EACH('\\');
    uint64_t found = ((word - JSON_EACH(0x20)) & ~word) | ((quote - JSON_EACH(1)) & ~quote) |
                     ((escape - JSON_EACH(1)) & ~escape) | (word + JSON_EACH(1)) | word;
    return (found & JSON_EACH(0x80)) != 0;
}

/* How many bytes at the beginning are such characters. */
static inline size_t json_plain_length(const char *text, size_t len) {
    size_t n = 0;
    for (uint64_t word; len - n >= sizeof word; n += sizeof word) {
        memcpy(&word, text + n, sizeof word);
        if (json_has_special(word)) break;
    }
    while (n < len && text[n] >= 0x20 && text[n] < 0x7f && text[n] != '"' && text[n] != '\\') n++;
    return n;
}

#endif
