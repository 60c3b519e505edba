/* Addresses of the net: e-mail, URLs that carry data of a person, IP and MAC. */
#include <string.h>

#include "guard/redact/rule.h"

#define MAX_LOCAL 64 /* RFC 5321 */
#define MAX_DOMAIN 253
#define MAX_URL 1024

static bool is_local(char c) {
    return rule_is_word(c) || (c && strchr("._%+-'", c));
}

/* Length of a domain name with a dot and a last label of letters; 0 = none. */
static size_t domain_len(const struct rule_text *t, size_t at) {
    size_t i = at, label = at, good = 0;
    bool has_dot = false;
    for (; i - at <= MAX_DOMAIN; i++) {
        char c = rule_at(t, i);
        if (rule_is_word(c) || (c == '-' && i > label)) continue;
        bool has_letters = i - label >= 2 && !ascii_is_digit(t->data[label]);
        if (has_dot && has_letters && t->data[i - 1] != '-') good = i - at;
        if (c != '.' || i == label) break;
        has_dot = true;
        label = i + 1;
    }
    return good;
}

size_t rule_email(const struct rule_text *t, size_t at) {
    size_t i = at;
    if (is_local(rule_before(t, at)) || !rule_is_word(rule_at(t, at))) return 0;
    while (i - at <= MAX_LOCAL && is_local(rule_at(t, i))) i++;
    if (rule_at(t, i) != '@' || i == at || t->data[i - 1] == '.') return 0;
    for (size_t k = at; k + 1 < i; k++) {
        if (t->data[k] == '.' && t->data[k + 1] == '.') return 0;
    }
    size_t domain = domain_len(t, i + 1);
    return domain ? i + 1 + domain - at : 0;
}

static bool ends_url(char c) {
    return (unsigned char)c <= ' ' || c == '<' || c == '>' || c == '"' || c == '`' || c == '{' ||
           c == '}' || c == '|' || c == '\\' || c == '^';
}

/* user@ or user:password@ before the path. */
static bool has_user(const char *rest, size_t len) {
    for (size_t i = 0; i < len && !strchr("/?#", rest[i]); i++) {
        if (rest[i] == '@') return i > 0;
    }
    return false;
}

/* A parameter that names a person or opens a door. */
static bool has_telling_parameter(const struct rule_text *t, size_t from, size_t to) {
    static const char *const names[] = {
        "token=",      "access_token=", "auth_token=",      "api_key=",
        "apikey=",     "key=",          "password=",        "passwd=",
        "pwd=",        "secret=",       "client_secret=",   "sig=",
        "signature=",  "auth=",         "session=",         "sessionid=",
        "session_id=", "sid=",          "email=",           "e-mail=",
        "mail=",       "user=",         "username=",        "user_id=",
        "userid=",     "login=",        "phone=",           "tel=",
        "first_name=", "last_name=",    "fullname=",        "ssn=",
        "dob=",        "iban=",         "x-amz-signature=", "x-amz-credential="};
    for (size_t i = from; i + 1 < to; i++) {
        char c = t->data[i];
        if (c != '?' && c != '&' && c != ';' && c != '#') continue;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            size_t len = strlen(names[k]);
            bool has_value = i + 1 + len < to && !strchr("&;#", t->data[i + 1 + len]);
            if (has_value && rule_has_word(t, i + 1, names[k])) return true;
        }
    }
    return false;
}

size_t rule_url(const struct rule_text *t, size_t at) {
    size_t i = at;
    char before = rule_before(t, at);
    if (!ascii_is_letter(rule_at(t, at)) || (before && strchr("/-.+@&", before))) return 0;
    while (i - at < 16 && (rule_is_word(rule_at(t, i)) || strchr("+.-", rule_at(t, i)))) {
        if (rule_at(t, i) == '\0') return 0;
        i++;
    }
    if (!rule_has_word(t, i, "://")) return 0;
    size_t rest = i + 3, end = rest;
    while (end < t->len && end - at < MAX_URL && !ends_url(t->data[end])) end++;
    while (end > rest && strchr(".,;:!?')]", t->data[end - 1])) end--;
    if (end == rest) return 0;
    bool tells = has_user(t->data + rest, end - rest) || has_telling_parameter(t, rest, end);
    return tells ? end - at : 0;
}

static size_t ipv4(const struct rule_text *t, size_t at, unsigned octets[4]) {
    size_t i = at;
    for (int k = 0; k < 4; k++) {
        size_t first = i;
        octets[k] = 0;
        while (i - first < 4 && ascii_is_digit(rule_at(t, i))) {
            octets[k] = octets[k] * 10 + (unsigned)(t->data[i++] - '0');
        }
        bool has_zero = i - first > 1 && t->data[first] == '0';
        if (i == first || octets[k] > 255 || has_zero) return 0;
        if (k < 3 && rule_at(t, i++) != '.') return 0;
    }
    return i - at;
}

/* Addresses that every machine has say nothing of anybody; nor do version numbers. */
static bool is_nobodys(const unsigned o[4]) {
    return o[0] == 127 || o[0] == 0 || (o[0] == 255 && o[1] == 255);
}

static size_t ipv6(const struct rule_text *t, size_t at) {
    size_t i = at, n_groups = 0;
    bool has_gap = false, has_digit = false;
    if (rule_at(t, i) == ':' && rule_at(t, i + 1) != ':') return 0;
    while (n_groups < 8) {
        size_t first = i;
        while (i - first < 5 && rule_is_hex(rule_at(t, i))) {
            has_digit = has_digit || ascii_is_digit(t->data[i]);
            i++;
        }
        if (i - first > 4 || (i == first && n_groups > 0 && !has_gap)) return 0;
        n_groups += i > first;
        if (rule_at(t, i) != ':') break;
        bool is_double = rule_at(t, i + 1) == ':';
        if (is_double && has_gap) return 0;
        if (!is_double && !rule_is_hex(rule_at(t, i + 1))) break;
        if (n_groups == 8) break;
        has_gap = has_gap || is_double;
        i += is_double ? 2 : 1;
    }
    if (rule_is_word(rule_at(t, i)) || (rule_at(t, i) == ':' && rule_is_word(rule_at(t, i + 1))))
        return 0;
    bool is_whole = n_groups == 8 ? !has_gap : has_gap && n_groups >= 3;
    return is_whole && has_digit ? i - at : 0;
}

size_t rule_ip(const struct rule_text *t, size_t at) {
    unsigned octets[4];
    char before = rule_before(t, at);
    if (before == '.' || before == ':' || before == '-') return 0;
    size_t n = ipv4(t, at, octets);
    char after = rule_at(t, at + n);
    bool goes_on = rule_is_word(after) || after == '-' ||
                   (after == '.' && ascii_is_digit(rule_at(t, at + n + 1)));
    if (n == 0 || goes_on) return ipv6(t, at);
    bool is_version =
        rule_has_context(t, at, "version|v|release|firmware|build|section|chapter", 10);
    return is_version || is_nobodys(octets) ? 0 : n;
}

size_t rule_mac(const struct rule_text *t, size_t at) {
    char separator = rule_at(t, at + 2), before = rule_before(t, at);
    if ((separator != ':' && separator != '-') || before == ':' || before == '-') return 0;
    bool all_equal = true;
    for (size_t k = 0; k < 6; k++) {
        size_t i = at + 3 * k;
        if (!rule_is_hex(rule_at(t, i)) || !rule_is_hex(rule_at(t, i + 1))) return 0;
        if (k < 5 && rule_at(t, i + 2) != separator) return 0;
        all_equal = all_equal && t->data[i] == t->data[at] && t->data[i + 1] == t->data[at + 1];
    }
    char after = rule_at(t, at + 17);
    return rule_is_word(after) || after == separator || all_equal ? 0 : 17;
}
