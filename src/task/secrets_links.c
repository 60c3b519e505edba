/* Links that log in, reset or confirm: whoever has one is in. */
#include <string.h>

#include "base/ascii.h"

#include "task/secrets_internal.h"

/* Parameters whose value opens a door. */
static const char *const keys[] = {"token",
                                   "access_token",
                                   "id_token",
                                   "auth_token",
                                   "auth",
                                   "code",
                                   "key",
                                   "apikey",
                                   "api_key",
                                   "sig",
                                   "signature",
                                   "secret",
                                   "otp",
                                   "pwd",
                                   "pass",
                                   "password",
                                   "passwd",
                                   "session",
                                   "sessionid",
                                   "sid",
                                   "jwt",
                                   "magic",
                                   "ticket",
                                   "hash",
                                   "confirmation_token",
                                   "reset_token",
                                   "resettoken",
                                   "reset_password_token",
                                   "invitation_token",
                                   "login_token",
                                   "oobcode",
                                   "nonce",
                                   "verify",
                                   "credential",
                                   "tk",
                                   "t"};

/* Parts of a path after which a long part of letters and digits is such a value. */
static const char *const doors[] = {"reset",   "magic",        "verify",  "confirm", "activate",
                                    "login",   "signin",       "sign-in", "auth",    "token",
                                    "recover", "password",     "invite",  "session", "sso",
                                    "otp",     "verification", "passwort"};

static bool is_same(const char *text, size_t len, const char *name) {
    if (strlen(name) != len) return false;
    for (size_t i = 0; i < len; i++) {
        if (ascii_lower(text[i]) != name[i]) return false;
    }
    return true;
}

static bool contains(const char *text, size_t len, const char *part) {
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= len; i++) {
        if (is_same(text + i, n, part)) return true;
    }
    return false;
}

/* Where the link that begins at `at` ends; 0 if none does. */
static size_t take_link(const struct secret_search *s, size_t at) {
    static const char *const starts[] = {"https://", "http://", "www.", "otpauth://"};
    size_t n = 0;
    for (size_t i = 0; i < BASE_COUNT(starts) && n == 0; i++) {
        size_t k = strlen(starts[i]);
        if (s->len - at > k && is_same(s->text + at, k, starts[i])) n = k;
    }
    if (n == 0) return 0;
    size_t end = at + n;
    while (end < s->len && (unsigned char)s->text[end] > ' ' && !strchr("<>\"", s->text[end]))
        end++;
    while (end > at + n && strchr(".,;:!?)]'", s->text[end - 1])) end--;
    return end > at + n ? end : 0;
}

static bool is_long_value(const char *value, size_t len, size_t least) {
    size_t n_digits = 0, n_letters = 0;
    for (size_t i = 0; i < len; i++) {
        char c = ascii_lower(value[i]);
        n_digits += c >= '0' && c <= '9';
        n_letters += c >= 'a' && c <= 'z';
    }
    return len >= least && n_digits > 0 && (n_letters > 0 || n_digits >= 6);
}

/* "a=b&token=xyz" */
static bool has_key(const char *query, size_t len) {
    for (size_t i = 0; i < len;) {
        size_t end = i, equal = 0;
        while (end < len && !strchr("&;?#/", query[end])) {
            if (query[end] == '=' && !equal) equal = end;
            end++;
        }
        for (size_t k = 0; equal && k < BASE_COUNT(keys); k++) {
            size_t n = end - equal - 1;
            bool is_short_name = strlen(keys[k]) <= 2;
            if (!is_same(query + i, equal - i, keys[k])) continue;
            if (is_short_name ? is_long_value(query + equal + 1, n, 16) : n >= 4) return true;
        }
        i = end + 1;
    }
    return false;
}

/* "/reset/4f9a8b7c6d5e4f3a" */
static bool has_door(const char *path, size_t len, bool was_door) {
    for (size_t i = 0; i < len;) {
        size_t end = i;
        while (end < len && path[end] != '/') end++;
        if (was_door && is_long_value(path + i, end - i, 12)) return true;
        for (size_t k = 0; k < BASE_COUNT(doors); k++) {
            if (contains(path + i, end - i, doors[k])) was_door = true;
        }
        i = end + 1;
    }
    return false;
}

/* logs_in: the text speaks of logging in, so that any long part of the path will do. */
static bool opens(const char *link, size_t len, bool logs_in) {
    const char *colons = memmem(link, len, "://", 3);
    const char *host = colons ? colons + 3 : link;
    const char *end = link + len;
    if (is_same(link, len < 10 ? len : 10, "otpauth://")) return true;
    const char *path = host;
    while (path < end && !strchr("/?#", *path)) path++;
    if (memchr(host, '@', (size_t)(path - host)) && memchr(host, ':', (size_t)(path - host))) {
        return true; /* user:password@host */
    }
    const char *query = path;
    while (query < end && *query != '?' && *query != '#') query++;
    if (has_door(path, (size_t)(query - path), logs_in)) return true;
    return query < end && has_key(query + 1, (size_t)(end - query) - 1);
}

ingle_status secrets_find_links(struct secret_search *s) {
    bool says_so = false, logs_in = false;
    for (size_t i = 0; i < s->f->words.n; i++) {
        says_so |= secrets_meaning(s, i) == MEANS_LINK;
        logs_in |= secrets_meaning(s, i) == MEANS_LOGIN;
    }
    for (size_t i = 0; i < s->len; i++) {
        bool begins = i == 0 || strchr(" \n(<\"'[:=", s->text[i - 1]);
        size_t end = begins ? take_link(s, i) : 0;
        if (!end) continue;
        if (says_so || opens(s->text + i, end - i, logs_in)) {
            INGLE_TRY(secrets_add(s, i, end, SECRET_LINK));
        }
        i = end - 1;
    }
    return INGLE_OK;
}
