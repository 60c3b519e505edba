/* RFC 4648, section 4: strictly, but that line ends may stand anywhere. */
#include "daemon/own/own_task.h"

static int digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool own_base64(struct buf *out, const char *text, size_t len) {
    unsigned group = 0, n = 0, n_pad = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n' || text[i] == '\r') continue;
        bool is_pad = text[i] == '=' && n >= 2;
        int value = is_pad ? 0 : digit(text[i]);
        if (value < 0 || (n_pad > 0 && !is_pad)) return false;
        n_pad += is_pad;
        group = group << 6 | (unsigned)value;
        if (++n < 4) continue;
        const char bytes[3] = {(char)(group >> 16), (char)(group >> 8), (char)group};
        if (!buf_add(out, bytes, 3 - n_pad)) return false;
        group = n = 0;
    }
    return n == 0;
}
