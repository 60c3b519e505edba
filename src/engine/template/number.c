#include "engine/template/number.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/template/chars.h"

#define MAX_DIGITS 800 /* more cannot change what a double is */
#define MAX_PRECISION 60

/* The point of printf is the locale's: whatever stands between the digits is it. */
static size_t with_point(const char *text, char *out) {
    size_t n = 0;
    bool in_point = false;
    for (const char *p = text; *p; p++) {
        bool is_plain = isalnum((unsigned char)*p) || *p == '-' || *p == '+';
        if (is_plain) {
            out[n++] = *p;
        } else if (!in_point) {
            out[n++] = '.';
        }
        in_point = !is_plain;
    }
    out[n] = '\0';
    return n;
}

/* Digits without the point and the power of ten of the first, the fewest that read back as f. */
static int shortest(double f, char digits[32], int *exponent) {
    char text[64], plain[64];
    for (int precision = 0;; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, f);
        with_point(text, plain);
        char *e = strchr(plain, 'e');
        *exponent = (int)strtol(e + 1, NULL, 10);
        int n = 0;
        for (char *p = plain; p < e; p++) {
            if (*p != '.') digits[n++] = *p;
        }
        digits[n] = '\0';
        if (precision == 16) return n;
        snprintf(text, sizeof text, "%se%d", digits, *exponent - n + 1);
        if (strtod(text, NULL) == f) return n;
    }
}

static size_t put_special(double f, char *out) {
    const char *word = isnan(f) ? "nan" : f < 0 ? "-inf" : "inf";
    memcpy(out, word, strlen(word) + 1);
    return strlen(word);
}

size_t number_repr(double f, char out[NUMBER_TEXT]) {
    if (!isfinite(f)) return put_special(f, out);
    char digits[32];
    int exponent;
    int n = shortest(fabs(f), digits, &exponent);
    size_t len = 0;
    if (signbit(f)) out[len++] = '-';
    if (exponent < -4 || exponent >= 16) {
        return len + (size_t)snprintf(out + len, NUMBER_TEXT - len, "%c%s%se%c%02d", digits[0],
                                      n > 1 ? "." : "", digits + 1, exponent < 0 ? '-' : '+',
                                      abs(exponent));
    }
    if (exponent < 0) {
        return len + (size_t)snprintf(out + len, NUMBER_TEXT - len, "0.%.*s%s", -exponent - 1,
                                      "000", digits);
    }
    for (int i = 0; i <= exponent; i++) out[len++] = i < n ? digits[i] : '0';
    const char *rest = n > exponent + 1 ? digits + exponent + 1 : "0";
    return len + (size_t)snprintf(out + len, NUMBER_TEXT - len, ".%s", rest);
}

size_t number_format(double f, char kind, int precision, bool is_alternate, char out[NUMBER_TEXT]) {
    if (precision > MAX_PRECISION) return 0;
    if (!isfinite(f)) {
        size_t len = put_special(f, out);
        if (isupper((unsigned char)kind)) {
            for (size_t i = 0; i < len; i++) out[i] = (char)toupper((unsigned char)out[i]);
        }
        return len;
    }
    char format[] = {'%', '#', '.', '*', kind, '\0'};
    char plain[] = {'%', '.', '*', kind, '\0'};
    char text[NUMBER_TEXT];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, is_alternate ? format : plain, precision, f);
#pragma GCC diagnostic pop
    return with_point(text, out);
}

/* The text without white space around it and underscores between its digits, NUL-terminated; false
 * if it is too long or an underscore stands elsewhere. */
static bool tidy(const char *text, size_t len, char *out, size_t cap) {
    size_t start = chars_space_before(text, len);
    len -= start + chars_space_after(text + start, len - start);
    text += start;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '_') {
            bool is_between = i > 0 && i + 1 < len && isalnum((unsigned char)text[i - 1]) &&
                              isalnum((unsigned char)text[i + 1]);
            if (!is_between) return false;
            continue;
        }
        if (text[i] == '\0' || n + 1 == cap) return false;
        out[n++] = text[i];
    }
    out[n] = '\0';
    return n > 0;
}

static bool read_word(const char *s, double *out) {
    bool is_negative = *s == '-';
    if (*s == '-' || *s == '+') s++;
    double f;
    if (strcasecmp(s, "inf") == 0 || strcasecmp(s, "infinity") == 0) {
        f = HUGE_VAL;
    } else if (strcasecmp(s, "nan") == 0) {
        f = (double)NAN;
    } else {
        return false;
    }
    *out = is_negative ? -f : f;
    return true;
}

/* As digits and a power of ten, which no locale reads otherwise. */
bool number_read_float(const char *text, size_t len, double *out) {
    char s[4096], plain[MAX_DIGITS + 32];
    if (!tidy(text, len, s, sizeof s)) return false;
    if (read_word(s, out)) return true;
    const char *p = s;
    size_t n = 0;
    long exponent = 0;
    bool any = false, after_point = false;
    if (*p == '-' || *p == '+') plain[n++] = *p++;
    size_t first = n;
    for (; isdigit((unsigned char)*p) || (*p == '.' && !after_point); p++) {
        if (*p == '.') {
            after_point = true;
            continue;
        }
        any = true;
        bool kept = n - first < MAX_DIGITS && (n > first || *p != '0');
        if (kept) plain[n++] = *p;
        if (after_point && (kept || n == first)) exponent--;
        if (!after_point && !kept && n > first) exponent++;
    }
    if (!any) return false;
    if (n == first) plain[n++] = '0';
    if (*p == 'e' || *p == 'E') {
        char *end;
        if (!isdigit((unsigned char)p[1]) &&
            !((p[1] == '-' || p[1] == '+') && isdigit((unsigned char)p[2]))) {
            return false;
        }
        long given = strtol(p + 1, &end, 10);
        exponent += given > 100000 ? 100000 : given < -100000 ? -100000 : given;
        p = end;
    }
    if (*p) return false;
    snprintf(plain + n, sizeof plain - n, "e%ld", exponent);
    *out = strtod(plain, NULL);
    return true;
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') return (c | 0x20) - 'a' + 10;
    return 99;
}

/* Past a prefix like 0x, which must agree with the base; base 0 becomes what it says. */
static const char *skip_prefix(const char *p, int *base) {
    static const struct {
        char letter;
        int base;
    } prefixes[] = {{'x', 16}, {'o', 8}, {'b', 2}};
    for (int i = 0; i < 3; i++) {
        if (p[0] != '0' || (p[1] | 0x20) != prefixes[i].letter) continue;
        if (*base != 0 && *base != prefixes[i].base) continue;
        *base = prefixes[i].base;
        return p + 2;
    }
    if (*base == 0) {
        *base = 10;
        if (p[0] == '0' && strspn(p, "0") != strlen(p)) return "";
    }
    return p;
}

bool number_read_int(const char *text, size_t len, int base, int64_t *out, bool *is_big) {
    char s[4400];
    *is_big = false;
    if (!tidy(text, len, s, sizeof s)) return false;
    const char *p = s;
    bool is_negative = *p == '-';
    if (*p == '-' || *p == '+') p++;
    p = skip_prefix(p, &base);
    if (!*p) return false;
    int64_t value = 0;
    for (; *p; p++) {
        int digit = digit_of(*p);
        if (digit >= base) return false;
        if (__builtin_mul_overflow(value, (int64_t)base, &value) ||
            __builtin_sub_overflow(value, (int64_t)digit, &value)) {
            *is_big = true;
        }
    }
    if (!is_negative && !*is_big && __builtin_sub_overflow((int64_t)0, value, &value))
        *is_big = true;
    *out = value;
    return true;
}
