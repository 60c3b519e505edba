/* What is secret by its shape alone: card numbers, the tokens of well-known services, keys. */
#include <string.h>

#include "base/ascii.h"

#include "task/secrets_internal.h"

static bool is_token_char(char c) {
    return ascii_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-';
}

/* The check digit of card numbers (ISO/IEC 7812-1, after H. P. Luhn). */
static bool has_check_digit(const char *digits, size_t n) {
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)(digits[n - 1 - i] - '0');
        if (i % 2 == 1) d = d > 4 ? 2 * d - 9 : 2 * d;
        sum += d;
    }
    return sum % 10 == 0;
}

/* 13 to 19 digits in groups, as cards show them; returns the end of the digits. */
static size_t take_card(const struct secret_search *s, size_t at, bool *is_card) {
    char digits[20];
    size_t n = 0, end = at;
    *is_card = false;
    for (size_t i = at; i < s->len; i++) {
        char c = s->text[i];
        if (ascii_is_digit(c)) {
            if (n == sizeof digits) return i;
            digits[n++] = c;
            end = i + 1;
        } else if ((c != ' ' && c != '-' && c != '.') || i != end) {
            break;
        }
    }
    if (n < 13 || n > 19) return end;
    *is_card = digits[0] >= '2' && digits[0] <= '6' && has_check_digit(digits, n);
    return end;
}

struct shape {
    const char *prefix;
    size_t n_more; /* characters that follow, at least */
};

/* How services begin their tokens, as they publish it so that leaks can be found. */
static const struct shape shapes[] = {{"ghp_", 16},
                                      {"gho_", 16},
                                      {"ghu_", 16},
                                      {"ghs_", 16},
                                      {"ghr_", 16},
                                      {"github_pat_", 16},
                                      {"glpat-", 12},
                                      {"sk-", 16},
                                      {"sk_live_", 8},
                                      {"sk_test_", 8},
                                      {"rk_live_", 8},
                                      {"pk_live_", 8},
                                      {"xoxb-", 8},
                                      {"xoxp-", 8},
                                      {"xoxa-", 8},
                                      {"xapp-", 8},
                                      {"AKIA", 16},
                                      {"ASIA", 16},
                                      {"AIza", 30},
                                      {"ya29.", 10},
                                      {"eyJ", 20},
                                      {"npm_", 20},
                                      {"pypi-", 16},
                                      {"hf_", 16},
                                      {"SG.", 20},
                                      {"dop_v1_", 16},
                                      {"shpat_", 16},
                                      {"whsec_", 16},
                                      {"AGE-SECRET-KEY-", 16}};

static size_t take_shape(const struct secret_search *s, size_t at) {
    for (size_t i = 0; i < BASE_COUNT(shapes); i++) {
        size_t n = strlen(shapes[i].prefix);
        if (s->len - at < n || memcmp(s->text + at, shapes[i].prefix, n) != 0) continue;
        size_t end = at + n, n_digits = 0;
        while (end < s->len && (is_token_char(s->text[end]) || s->text[end] == '.')) {
            n_digits += ascii_is_digit(s->text[end]);
            end++;
        }
        while (end > at && s->text[end - 1] == '.') end--;
        if (end - at - n >= shapes[i].n_more && n_digits > 0) return end;
    }
    return 0;
}

/* "-----BEGIN OPENSSH PRIVATE KEY-----" and all that follows in its line. */
static size_t take_key(const struct secret_search *s, size_t at) {
    static const char begin[] = "-----BEGIN";
    if (s->len - at < sizeof begin - 1 || memcmp(s->text + at, begin, sizeof begin - 1) != 0)
        return 0;
    const char *end = memchr(s->text + at, '\n', s->len - at);
    size_t n = end ? (size_t)(end - s->text) - at : s->len - at;
    return memmem(s->text + at, n, "PRIVATE KEY", 11) ? at + n : 0;
}

ingle_status secrets_find_tokens(struct secret_search *s) {
    for (size_t i = 0; i < s->len; i++) {
        char c = s->text[i];
        bool begins = i == 0 || !is_token_char(s->text[i - 1]);
        if (begins && c == '-') {
            size_t end = take_key(s, i);
            if (end) INGLE_TRY(secrets_add(s, i, end, SECRET_TOKEN));
            if (end) i = end - 1;
            continue;
        }
        if (!is_token_char(c) || !begins) continue;
        bool is_card = false;
        size_t end = ascii_is_digit(c) ? take_card(s, i, &is_card) : take_shape(s, i);
        bool is_alone = end >= s->len || !is_token_char(s->text[end]);
        if (is_card && is_alone) INGLE_TRY(secrets_add(s, i, end, SECRET_CARD));
        if (!ascii_is_digit(c) && end) INGLE_TRY(secrets_add(s, i, end, SECRET_TOKEN));
        if (end > i) i = end - 1;
    }
    return INGLE_OK;
}
