#include "engine/template/spec.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/template/number.h"

#define MAX_PRECISION 60

void spec_init(struct spec *s, char align) {
    *s = (struct spec){.fill = " ", .fill_len = 1, .align = align, .precision = -1};
}

static ingle_status put_fill(struct build *b, const struct spec *s, int64_t times) {
    struct str fill = {.data = s->fill, .len = s->fill_len};
    return build_repeat(b, &fill, times);
}

/* A body with a head (its sign) that stays in front of what '=' fills in between. */
static ingle_status put_padded(struct build *b, const struct spec *s, const char *head,
                               const struct str *body, int64_t n_chars) {
    int64_t room = s->width - n_chars - (int64_t)strlen(head);
    int64_t before = 0, between = 0;
    if (room < 0) room = 0;
    if (s->align == '>') before = room;
    if (s->align == '^') before = room / 2;
    if (s->align == '=') between = room;
    INGLE_TRY(put_fill(b, s, before));
    INGLE_TRY(build_add_text(b, head, false));
    INGLE_TRY(put_fill(b, s, between));
    INGLE_TRY(build_add_str(b, body));
    return put_fill(b, s, room - before - between);
}

ingle_status spec_put_str(struct build *b, const struct spec *s, struct str *text) {
    struct value cut;
    size_t len = text->len;
    if (s->precision >= 0 && (uint64_t)s->precision < str_count(text)) {
        len = str_offset(text, (size_t)s->precision);
    }
    INGLE_TRY(str_part(b->r, text, 0, len, &cut));
    return put_padded(b, s, "", cut.s, (int64_t)str_count(cut.s));
}

/* Commas between the thousands of the digits that begin the text. */
static void group_digits(const struct spec *s, const char *text, char *out) {
    size_t n = strspn(text, "0123456789"), at = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) out[at++] = s->group;
        out[at++] = text[i];
    }
    memcpy(out + at, text + n, strlen(text + n) + 1);
}

static ingle_status put_number(struct build *b, const struct spec *s, bool is_negative,
                               const char *prefix, const char *digits) {
    char head[8], grouped[NUMBER_TEXT * 2];
    const char *sign = is_negative ? "-" : s->sign == '+' ? "+" : s->sign == ' ' ? " " : "";
    snprintf(head, sizeof head, "%s%s", sign, prefix);
    if (s->group && s->align == '=' && s->fill[0] == '0' && s->width > 0) {
        return run_invalid(b->r, "zeros before grouped digits are not supported");
    }
    if (s->group) group_digits(s, digits, grouped);
    const char *text = s->group ? grouped : digits;
    struct str body = {.data = text, .len = strlen(text)};
    return put_padded(b, s, head, &body, (int64_t)body.len);
}

static void put_base(uint64_t u, unsigned base, bool upper, char *out) {
    char back[72];
    size_t n = 0;
    do {
        back[n++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[u % base];
        u /= base;
    } while (u);
    for (size_t i = 0; i < n; i++) out[i] = back[n - 1 - i];
    out[n] = '\0';
}

ingle_status spec_put_int(struct build *b, const struct spec *s, int64_t i) {
    static const char types[] = "xXob";
    static const unsigned bases[] = {16, 16, 8, 2};
    static const char *const prefixes[] = {"0x", "0X", "0o", "0b"};
    char digits[80];
    if (s->type == 'c') {
        if (i < 0 || i > 0x10ffff || (i >= 0xd800 && i <= 0xdfff)) {
            return run_invalid(b->r, "%" PRId64 " is no character", i);
        }
        struct build c;
        struct value text;
        build_init(&c, b->r);
        INGLE_TRY(build_add_char(&c, (uint32_t)i, false));
        INGLE_TRY(build_end(&c, &text));
        return spec_put_str(b, s, text.s);
    }
    const char *found = s->type ? strchr(types, s->type) : NULL;
    unsigned base = found ? bases[found - types] : 10;
    const char *prefix = found && s->is_alternate ? prefixes[found - types] : "";
    if (s->group && found) return run_invalid(b->r, "only decimal digits can be grouped here");
    uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    put_base(u, base, s->type == 'X', digits);
    return put_number(b, s, i < 0, prefix, digits);
}

ingle_status spec_put_float(struct build *b, const struct spec *s, double f) {
    char text[NUMBER_TEXT];
    char type = s->type == '%' ? 'f' : s->type == 'n' ? 'g' : s->type;
    int precision = s->precision < 0 ? 6 : (int)(s->precision > 999 ? 999 : s->precision);
    if (s->type == '%') f *= 100;
    if (precision > MAX_PRECISION) {
        return run_invalid(b->r, "a precision beyond %d is not supported", MAX_PRECISION);
    }
    bool is_negative = signbit(f) && !isnan(f);
    if (!type) {
        number_repr(fabs(f), text);
    } else {
        number_format(fabs(f), type, precision, s->is_alternate, text);
    }
    size_t len = strlen(text);
    if (s->type == '%') memcpy(text + len, "%", 2);
    return put_number(b, s, is_negative, "", text);
}
