/* What opens doors: keys of services by their prefixes, signed tokens, private keys, what stands
 * behind "password:", and long strings that no language would write. */
#include <string.h>

#include "guard/redact/rule.h"

#define MAX_SECRET 4096
#define MAX_RANDOM 512
#define MAX_KEY_BLOCK 16384

static bool is_key_char(char c) {
    return ascii_is_digit(c) || ascii_is_letter(c) || c == '_' || c == '-';
}

static size_t run(const struct rule_text *t, size_t at, const char *more, size_t most) {
    size_t n = 0;
    for (; n < most; n++) {
        char c = rule_at(t, at + n);
        if (!is_key_char(c) && !(c && strchr(more, c))) break;
    }
    return n;
}

/* Prefixes that services publish so that leaks can be found; the least length in all. */
static size_t with_prefix(const struct rule_text *t, size_t at) {
    static const struct {
        const char *prefix;
        size_t least;
    } keys[] = {{"sk-ant-", 24},
                {"sk-proj-", 24},
                {"sk-", 32},
                {"sk_live_", 24},
                {"sk_test_", 24},
                {"pk_live_", 24},
                {"rk_live_", 24},
                {"whsec_", 24},
                {"ghp_", 36},
                {"gho_", 36},
                {"ghu_", 36},
                {"ghs_", 36},
                {"ghr_", 36},
                {"github_pat_", 40},
                {"glpat-", 20},
                {"gldt-", 20},
                {"xoxb-", 24},
                {"xoxp-", 24},
                {"xoxa-", 24},
                {"xoxs-", 24},
                {"xapp-", 24},
                {"AKIA", 20},
                {"ASIA", 20},
                {"AIza", 35},
                {"ya29.", 30},
                {"hf_", 30},
                {"npm_", 36},
                {"pypi-", 40},
                {"dop_v1_", 40},
                {"SG.", 50},
                {"key-", 32},
                {"shpat_", 32},
                {"EAACEdEose0cBA", 30},
                {"AGE-SECRET-KEY-1", 50},
                {"lin_api_", 40},
                {"r8_", 37}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t len = strlen(keys[i].prefix);
        if (t->len - at < len || memcmp(t->data + at, keys[i].prefix, len) != 0) continue;
        size_t n = run(t, at, ".", MAX_SECRET);
        while (n > 0 && strchr(".-_", t->data[at + n - 1])) n--;
        bool is_fixed = keys[i].least == 20 && len == 4; /* AKIA and 16 more */
        if (n >= keys[i].least && (!is_fixed || n == 20)) return n;
    }
    return 0;
}

/* header.payload.signature, the first two base64url of {" */
static size_t signed_token(const struct rule_text *t, size_t at) {
    if (t->len - at < 3 || memcmp(t->data + at, "eyJ", 3) != 0) return 0;
    size_t n = run(t, at, ".", MAX_SECRET), n_dots = 0;
    while (n > 0 && t->data[at + n - 1] == '.') n--;
    for (size_t i = 0; i < n; i++) n_dots += t->data[at + i] == '.';
    return n >= 40 && n_dots == 2 ? n : 0;
}

static size_t private_key(const struct rule_text *t, size_t at) {
    static const char begin[] = "-----BEGIN ", end[] = "-----END ";
    if (t->len - at < sizeof begin - 1 || memcmp(t->data + at, begin, sizeof begin - 1) != 0)
        return 0;
    size_t i = at + sizeof begin - 1;
    bool is_private = false;
    for (; i - at < 60 && rule_at(t, i) && rule_at(t, i) != '\n' && rule_at(t, i) != '-'; i++) {
        is_private = is_private || rule_has_word(t, i, "PRIVATE KEY");
    }
    for (; is_private && i < t->len && i - at < MAX_KEY_BLOCK; i++) {
        if (t->data[i] != '-') continue;
        if (rule_has_word(t, i, begin)) return 0;
        if (!rule_has_word(t, i, end)) continue;
        i += sizeof end - 1;
        while (i < t->len && t->data[i] != '-' && t->data[i] != '\n') i++;
        while (i < t->len && t->data[i] == '-') i++;
        return i - at;
    }
    return 0;
}

/* Changes between capitals, small letters and digits come at every second character or so in what
 * was drawn at random, and seldom in what was named by somebody. */
static bool looks_random(const char *s, size_t n) {
    size_t n_upper = 0, n_lower = 0, n_digits = 0, n_changes = 0;
    int last = 0;
    for (size_t i = 0; i < n; i++) {
        int class = ascii_is_digit(s[i])         ? 1
                    : s[i] >= 'a' && s[i] <= 'z' ? 2
                    : ascii_is_letter(s[i])      ? 3
                                                 : 0;
        n_digits += class == 1;
        n_lower += class == 2;
        n_upper += class == 3;
        n_changes += class && last && class != last;
        last = class ? class : last;
    }
    return n_upper >= 4 && n_lower >= 4 && n_digits >= 3 && n_changes * 3 >= n;
}

static size_t random_string(const struct rule_text *t, size_t at) {
    char before = rule_before(t, at);
    if (before && strchr("/@._-+", before)) return 0;
    size_t n = run(t, at, "+/=", MAX_RANDOM + 1);
    if (n < 28 || n > MAX_RANDOM) return 0;
    while (n > 0 && strchr("-_/+", t->data[at + n - 1])) n--;
    return looks_random(t->data + at, n) ? n : 0;
}

#define SECRET_WORDS                                                                               \
    "password|passwd|pwd|passphrase|passcode|passwort|kennwort|mot de passe|contraseña|secret|"   \
    "client secret|client_secret|api key|api_key|apikey|api-key|access key|access_key|"            \
    "secret key|secret_key|auth token|access token|access_token|auth_token|bearer|private key"

/* What follows "password: " or "api_key=". Mere words are prose or code. */
static size_t assigned(const struct rule_text *t, size_t at) {
    size_t i = at;
    while (i > 0 && at - i < 4 && strchr(" \t\"'", t->data[i - 1])) i--;
    char sign = rule_before(t, i);
    bool is_assigned = sign == ':' || sign == '=';
    size_t is_len = i >= 2 && at > i && rule_has_word(t, i - 2, "is") ? 2 : 0;
    bool is_bearer = i >= 6 && rule_has_word(t, i - 6, "bearer");
    if (!is_assigned && !is_len && !is_bearer) return 0;
    size_t n = 0, n_digits = 0, n_others = 0, n_letters = 0;
    while (n < 256 && (unsigned char)rule_at(t, at + n) > ' ' &&
           !strchr("\"'`,;<>()", t->data[at + n])) {
        char c = t->data[at + n++];
        n_digits += ascii_is_digit(c);
        n_letters += rule_is_word(c) && !ascii_is_digit(c);
        n_others += !rule_is_word(c) && c != '.' && c != '_' && c != '-';
    }
    while (n > 0 && strchr(".:!?", t->data[at + n - 1])) n--;
    bool is_mixed = n_letters && (n_digits || n_others);
    if (n < 6 || n_others > n / 2 || (!is_mixed && n_digits < 6)) return 0;
    return rule_has_context(t, is_bearer ? at : i - (is_assigned ? 1 : is_len), SECRET_WORDS, 16)
               ? n
               : 0;
}

size_t rule_secret(const struct rule_text *t, size_t at) {
    char c = rule_at(t, at);
    if (c == '-') return private_key(t, at);
    if (!rule_is_word(c) || is_key_char(rule_before(t, at))) return 0;
    size_t n = with_prefix(t, at);
    if (n == 0) n = signed_token(t, at);
    if (n == 0) n = assigned(t, at);
    return n ? n : random_string(t, at);
}
