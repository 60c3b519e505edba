#include "engine/text/utf8_stream.h"

#include <stdbool.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* Length of the character that a lead byte begins; 0 if none does. */
static int lead_len(uint8_t lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xc2) return 0; /* continuation bytes and overlong forms */
    if (lead < 0xe0) return 2;
    if (lead < 0xf0) return 3;
    return lead < 0xf5 ? 4 : 0;
}

/* May byte follow the n bytes at s, the beginning of a character (Unicode 15, table 3-7)? */
static bool may_follow(const uint8_t *s, int n, uint8_t byte) {
    if (n > 1) return byte >= 0x80 && byte <= 0xbf;
    switch (s[0]) {
    case 0xe0:
        return byte >= 0xa0 && byte <= 0xbf;
    case 0xed:
        return byte >= 0x80 && byte <= 0x9f;
    case 0xf0:
        return byte >= 0x90 && byte <= 0xbf;
    case 0xf4:
        return byte >= 0x80 && byte <= 0x8f;
    default:
        return byte >= 0x80 && byte <= 0xbf;
    }
}

static void replace_held(struct utf8_stream *s, utf8_fn put, void *user) {
    s->n_held = 0;
    put(REPLACEMENT, sizeof REPLACEMENT - 1, user);
}

/* One byte, when something is held or the byte is no whole character by itself. */
static void take_byte(struct utf8_stream *s, uint8_t byte, utf8_fn put, void *user) {
    if (s->n_held > 0 && !may_follow(s->held, s->n_held, byte)) replace_held(s, put, user);
    if (s->n_held == 0 && lead_len(byte) == 0) {
        replace_held(s, put, user);
        return;
    }
    s->held[s->n_held++] = byte;
    if (s->n_held == lead_len(s->held[0])) {
        int n = s->n_held;
        s->n_held = 0;
        put((const char *)s->held, (size_t)n, user);
    }
}

void utf8_stream_push(struct utf8_stream *s, const char *bytes, size_t len, utf8_fn put,
                      void *user) {
    size_t i = 0;
    while (i < len) {
        /* Runs of ASCII pass through as they are. */
        size_t end = i;
        while (s->n_held == 0 && end < len && (uint8_t)bytes[end] < 0x80) end++;
        if (end > i) {
            put(bytes + i, end - i, user);
            i = end;
        } else {
            take_byte(s, (uint8_t)bytes[i++], put, user);
        }
    }
}

void utf8_stream_flush(struct utf8_stream *s, utf8_fn put, void *user) {
    if (s->n_held > 0) replace_held(s, put, user);
}
