/* Passwords, recovery phrases and keys: what stands after their names. */
#include <string.h>

#include "task/secrets_internal.h"

/* A piece without spaces, and what is known of it. */
struct chunk {
    size_t from, to;
    bool has_digit, has_sign, has_inner_upper, has_lower, is_quoted, ends_line;
};

/* What stands after "the password is" and is none; folded, "*" for any ending. */
static const char *const no_values[] = {
    "a",           "abgelaufen*", "about",      "again",        "ablauf*",      "alt",
    "already",     "an",          "and",        "atualizada",   "aus",          "bald",
    "because",     "been",        "being",      "bereits",      "bientot",      "by",
    "change",      "changed",     "compromis*", "correct",      "could",        "cambiad*",
    "caducad*",    "das",         "de",         "der",          "die",          "due",
    "empty",       "errat*",      "errad*",     "erron*",       "expire*",      "expira*",
    "expiring",    "falsch*",     "for",        "from",         "geandert",     "gewijzigd",
    "gespeichert", "gesperrt",    "going",      "has",          "have",         "here",
    "hier",        "how",         "in",         "incorrect*",   "inco*",        "invalid*",
    "is",          "ist",         "la",         "le",           "leaked",       "link",
    "manager",     "missing",     "modif*",     "must",         "nao",          "necessary",
    "needed",      "nicht",       "niet",       "no",           "not",          "now",
    "obligatoire", "of",          "ok",         "old",          "on",           "onjuist",
    "or",          "out",         "pas",        "please",       "protected",    "recently",
    "redefinid*",  "required",    "requis",     "reset",        "restablecid*", "scadut*",
    "schwach*",    "secure",      "set",        "shared",       "short",        "so",
    "still",       "stored",      "strong",     "successfully", "sur",          "the",
    "to",          "too",         "und",        "unchanged",    "unsafe",       "updated",
    "vencid*",     "vergeten",    "verkeerd",   "verlopen",     "vergessen",    "was",
    "weak",        "where",       "will",       "wrong",        "wurde",        "y",
    "you",         "your",        "zu",         "zuruck*"};

static bool is_space(char c) {
    return c == ' ' || c == '\n';
}

/* Quotes and punctuation around a value are none of it; of what closes brackets, one is enough. */
static void trim(const struct secret_search *s, struct chunk *c) {
    static const char *const quotes[] = {"\"",
                                         "'",
                                         "`",
                                         "\xe2\x80\x9c",
                                         "\xe2\x80\x9d",
                                         "\xe2\x80\x9e",
                                         "\xe2\x80\x98",
                                         "\xe2\x80\x99",
                                         "\xc2\xab",
                                         "\xc2\xbb"};
    for (size_t i = 0; i < BASE_COUNT(quotes); i++) {
        size_t n = strlen(quotes[i]);
        if (c->to - c->from > n && memcmp(s->text + c->from, quotes[i], n) == 0) {
            c->from += n;
            c->is_quoted = true;
        }
    }
    bool again = true;
    while (again && c->to > c->from) {
        again = false;
        if (strchr(".,;)!?:", s->text[c->to - 1])) {
            c->to--;
            again = true;
        }
        for (size_t i = 0; i < BASE_COUNT(quotes); i++) {
            size_t n = strlen(quotes[i]);
            if (c->to - c->from < n || memcmp(s->text + c->to - n, quotes[i], n) != 0) continue;
            c->to -= n;
            again = true;
        }
    }
}

/* The piece at `at` or after the spaces there; false at the end of the text. */
static bool take_chunk(const struct secret_search *s, size_t at, struct chunk *c) {
    while (at < s->len && is_space(s->text[at])) at++;
    *c = (struct chunk){.from = at, .to = at};
    while (c->to < s->len && !is_space(s->text[c->to])) c->to++;
    size_t end = c->to;
    c->ends_line = end == s->len || s->text[end] == '\n';
    trim(s, c);
    c->ends_line = c->ends_line || (end > c->to && strchr(".,;!)", s->text[c->to]));
    for (size_t i = c->from; i < c->to; i++) {
        char ch = s->text[i];
        if (ch >= '0' && ch <= '9') c->has_digit = true;
        if (ch >= 'a' && ch <= 'z') c->has_lower = true;
        if (ch >= 'A' && ch <= 'Z' && i > c->from) c->has_inner_upper = true;
        if (ch > ' ' && ch < 0x7f && strchr("!#$%&*+-./=?@^_~|<>\\", ch)) c->has_sign = true;
    }
    return c->to > c->from;
}

/* Where the value of a name that ends before word `next` begins: after ":" or "=", or after "is".
 * SIZE_MAX: nothing says that one comes. */
static size_t value_at(const struct secret_search *s, size_t next, bool *is_assigned) {
    const struct words_of *w = &s->f->words;
    size_t end = w->items[next - 1].at + w->items[next - 1].len;
    *is_assigned = true;
    for (size_t i = next;; i++) {
        size_t limit = i < w->n ? w->items[i].at : s->len;
        for (size_t at = end; at < limit; at++) {
            char c = s->text[at];
            bool is_arrow = c == '-' && at + 1 < limit && s->text[at + 1] == '>';
            if (c == ':' || c == '=' || is_arrow) return at + 1 + is_arrow;
            if (c == '.' || c == '!' || c == '?' || c == '\n' || c == ';') return SIZE_MAX;
        }
        if (i >= w->n || i >= next + 5) return SIZE_MAX;
        end = w->items[i].at + w->items[i].len;
        if (secrets_links(&w->items[i])) {
            *is_assigned = end < s->len && s->text[end] == ':';
            return end + *is_assigned;
        }
    }
}

static bool is_no_value(const struct secret_search *s, const struct chunk *c) {
    const struct words_of *w = &s->f->words;
    for (size_t i = 0; i < w->n; i++) {
        if (w->items[i].at < c->from) continue;
        if (w->items[i].at != c->from) return false;
        for (size_t k = 0; k < BASE_COUNT(no_values); k++) {
            size_t n = strcspn(no_values[k], "*");
            if (strncmp(w->items[i].folded, no_values[k], n) != 0) continue;
            if (no_values[k][n] == '*' || w->items[i].n_folded == n) return true;
        }
        return false;
    }
    return false;
}

static bool looks_made_up(const struct chunk *c) {
    return c->is_quoted || c->has_digit || (c->has_sign && c->has_inner_upper) ||
           (c->has_inner_upper && c->has_lower);
}

static ingle_status find_password(struct secret_search *s, size_t next, bool is_sure) {
    bool is_assigned;
    struct chunk c;
    size_t at = value_at(s, next, &is_assigned);
    /* "password hunter2": nothing between, but nobody would take it for a word. */
    bool is_bare = at == SIZE_MAX;
    if (is_bare) at = s->f->words.items[next - 1].at + s->f->words.items[next - 1].len;
    if (!take_chunk(s, at, &c) || c.to - c.from < 3) return INGLE_OK;
    if (is_bare) {
        bool follows = c.from == at + 1 && s->text[at] == ' ';
        if (!follows || !(c.is_quoted || (c.has_digit && (c.has_lower || c.has_inner_upper)))) {
            return INGLE_OK;
        }
    }
    bool is_odd = looks_made_up(&c);
    if (!is_sure && (!is_assigned || !is_odd)) return INGLE_OK;
    if (!is_odd && is_no_value(s, &c)) return INGLE_OK;
    if (!is_assigned && !is_odd && !c.ends_line) return INGLE_OK;
    if (memchr(s->text + c.from, '/', c.to - c.from) &&
        memmem(s->text + c.from, c.to - c.from, "://", 3)) {
        return INGLE_OK; /* secrets_links.c has its own rules */
    }
    if (c.is_quoted) { /* all of it, spaces too */
        size_t end = c.to;
        while (end < s->len && s->text[end] != '\n' && !strchr("\"'`", s->text[end])) end++;
        if (end < s->len && s->text[end] != '\n' && end - c.from < 80) c.to = end;
    }
    return secrets_add(s, c.from, c.to, SECRET_PASSWORD);
}

static ingle_status find_token(struct secret_search *s, size_t next) {
    bool is_assigned;
    struct chunk c;
    size_t at = value_at(s, next, &is_assigned);
    if (at == SIZE_MAX) at = s->f->words.items[next - 1].at + s->f->words.items[next - 1].len;
    if (!take_chunk(s, at, &c) || c.to - c.from < 8) return INGLE_OK;
    bool is_mixed = c.has_digit && (c.has_lower || c.has_inner_upper);
    if (!is_mixed || memmem(s->text + c.from, c.to - c.from, "://", 3)) return INGLE_OK;
    return secrets_add(s, c.from, c.to, SECRET_TOKEN);
}

/* "login: anna@example.org / Hunter22!" */
static ingle_status find_access(struct secret_search *s, size_t next) {
    const struct word *name = &s->f->words.items[next - 1];
    size_t at = name->at + name->len;
    struct chunk user, password;
    if (at >= s->len || s->text[at] != ':' || !take_chunk(s, at + 1, &user)) return INGLE_OK;
    at = user.to;
    if (s->len - at < 4 || memcmp(s->text + at, " / ", 3) != 0) return INGLE_OK;
    if (!take_chunk(s, at + 3, &password)) return INGLE_OK;
    return secrets_add(s, password.from, password.to, SECRET_PASSWORD);
}

/* The three or four digits on the back of a card. */
static ingle_status find_card_check(struct secret_search *s, size_t next) {
    const struct words_of *w = &s->f->words;
    for (size_t i = next; i < w->n && i < next + 3; i++) {
        const struct word *word = &w->items[i];
        if (word->kind != WORD_DIGITS || word->len < 3 || word->len > 4) continue;
        return secrets_add(s, word->at, word->at + word->len, SECRET_CODE);
    }
    return INGLE_OK;
}

/* Plain words in lower case in a row, from word i on; numbers that count them may stand between. */
static size_t plain_run(const struct secret_search *s, size_t i, size_t *last) {
    const struct words_of *w = &s->f->words;
    size_t n = 0;
    for (size_t k = i; k < w->n; k++) {
        const struct word *word = &w->items[k];
        size_t end = k > i ? w->items[k - 1].at + w->items[k - 1].len : word->at;
        if (word->at - end > 4 || memchr(s->text + end, ':', word->at - end)) break;
        if (word->kind == WORD_DIGITS && word->len <= 2) continue;
        bool is_plain = word->kind == WORD_LETTERS && word->len >= 3 && word->len <= 10;
        for (size_t b = 0; b < word->len && is_plain; b++) {
            char c = s->text[word->at + b];
            is_plain = (c >= 'a' && c <= 'z') || (c & 0x80);
        }
        if (!is_plain) break;
        n++;
        *last = k;
    }
    return n;
}

static ingle_status find_phrase(struct secret_search *s, size_t next) {
    const struct words_of *w = &s->f->words;
    for (size_t i = next; i < w->n && i < next + 12; i++) {
        size_t last = i, n = plain_run(s, i, &last);
        if (n < 6) continue;
        /* From the mark that introduces it, where there is one. */
        for (size_t k = i + 1; k <= last; k++) {
            if (s->text[w->items[k - 1].at + w->items[k - 1].len] == ':') i = k;
        }
        return secrets_add(s, w->items[i].at, w->items[last].at + w->items[last].len,
                           SECRET_PHRASE);
    }
    return INGLE_OK;
}

/* A line of 12, 15, 18, 21 or 24 plain words and nothing else (BIP 39): no sentence is one. */
static ingle_status find_bare_phrase(struct secret_search *s, size_t first) {
    const struct words_of *w = &s->f->words;
    size_t last = first, n = plain_run(s, first, &last);
    size_t from = w->items[first].at, to = w->items[last].at + w->items[last].len;
    if (n < 12 || n > 24 || n % 3 != 0) return INGLE_OK;
    if ((from > 0 && s->text[from - 1] != '\n') || (to < s->len && s->text[to] != '\n')) {
        return INGLE_OK;
    }
    return secrets_add(s, from, to, SECRET_PHRASE);
}

ingle_status secrets_find_values(struct secret_search *s) {
    const struct words_of *w = &s->f->words;
    for (size_t i = 0; i < w->n; i++) {
        if (i == 0 || s->text[w->items[i].at - 1] == '\n') INGLE_TRY(find_bare_phrase(s, i));
        enum secret_meaning m = secrets_meaning(s, i);
        if (i + 1 < w->n && secrets_meaning(s, i + 1) == m) continue; /* its last word */
        if (m == MEANS_PASSWORD) INGLE_TRY(find_password(s, i + 1, true));
        if (m == MEANS_PASS) INGLE_TRY(find_password(s, i + 1, false));
        if (m == MEANS_ACCESS || m == MEANS_LOGIN) INGLE_TRY(find_access(s, i + 1));
        if (m == MEANS_CARD_CHECK) INGLE_TRY(find_card_check(s, i + 1));
        if (m == MEANS_TOKEN) INGLE_TRY(find_token(s, i + 1));
        if (m == MEANS_PHRASE) INGLE_TRY(find_phrase(s, i + 1));
    }
    return INGLE_OK;
}
