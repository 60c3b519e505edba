/* Codes and PINs: numbers, or short mixes of capitals and digits, whose neighbours say that they
 * log in or confirm. */
#include <string.h>

#include "base/ascii.h"

#include "task/secrets_internal.h"

/* What could be a code: words first..last of the text. */
struct candidate {
    size_t first, last;
    size_t from, to; /* bytes */
    size_t n_digits; /* 0: letters alone */
    size_t n_letters;
    bool is_year;
};

/* What stands beside a candidate: the meaning nearest to it, and how many words away. */
struct neighbour {
    enum secret_meaning means;
    size_t away;
};

enum { FAR = 14 }; /* words from "your verification code" to the code, at most */

static char char_at(const struct secret_search *s, size_t at) {
    return at < s->len ? s->text[at] : '\0';
}

static char char_before(const struct secret_search *s, size_t at) {
    return at > 0 ? s->text[at - 1] : '\0';
}

/* Money, a share, a time, a date, a part of a number with a point: what is written right at it. */
static bool is_measured(const struct secret_search *s, size_t from, size_t to) {
    static const char *const signs[] = {
        "$", "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5", "\xe2\x82\xb9", "R$", "%", "\xc2\xb0"};
    char left = char_before(s, from), after = char_at(s, to), next = char_at(s, to + 1);
    if (left == '+' || left == '/' || left == '_' || left == '@') return true;
    if ((left == '.' || left == ',' || left == ':') && from > 1 &&
        ascii_is_digit(s->text[from - 2])) {
        return true;
    }
    if ((after == '.' || after == ',' || after == ':' || after == '/') && ascii_is_digit(next))
        return true;
    if (after == '%' || after == '/' || after == '_') return true;
    for (size_t i = 0; i < BASE_COUNT(signs); i++) {
        size_t n = strlen(signs[i]);
        for (size_t space = 0; space <= 1; space++) {
            if (from >= n + space && memcmp(s->text + from - n - space, signs[i], n) == 0) {
                return true;
            }
            if (to + space + n <= s->len && memcmp(s->text + to + space, signs[i], n) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Is word b joined to word a by a dash, or (with_space) by one space? */
static bool is_joined(const struct secret_search *s, size_t a, size_t b, bool with_space) {
    if (b >= s->f->words.n) return false;
    const struct word *first = &s->f->words.items[a], *second = &s->f->words.items[b];
    size_t gap = first->at + first->len;
    if (second->at - gap == 3) { /* an en dash */
        return memcmp(s->text + gap, "\xe2\x80\x93", 3) == 0;
    }
    if (second->at - gap != 1) return false;
    return s->text[gap] == '-' || (with_space && s->text[gap] == ' ');
}

/* "123456", "123-456", "123 456", "12 34 56", "1 2 3 4 5 6": the whole chain of groups is taken,
 * however long, so that no part of a telephone number is tried. */
static bool take_digits(const struct secret_search *s, size_t i, struct candidate *c) {
    const struct word *words = s->f->words.items;
    size_t last = i, longest = words[i].len, shortest = longest, n_digits = longest;
    while (is_joined(s, last, last + 1, true) && words[last + 1].kind == WORD_DIGITS) {
        last++;
        n_digits += words[last].len;
        if (words[last].len > longest) longest = words[last].len;
        if (words[last].len < shortest) shortest = words[last].len;
    }
    *c = (struct candidate){.first = i, .last = last, .n_digits = n_digits};
    if (last == i) return n_digits >= 4 && n_digits <= 10;
    return longest == shortest && longest <= 4 && n_digits >= 4 && n_digits <= 8;
}

/* Letters and digits of one word. */
static void count_chars(const struct secret_search *s, const struct word *word, struct candidate *c,
                        size_t *lower_run) {
    size_t run = 0;
    for (size_t i = 0; i < word->len; i++) {
        char ch = s->text[word->at + i];
        c->n_digits += ascii_is_digit(ch);
        c->n_letters += !ascii_is_digit(ch);
        run = ch >= 'a' && ch <= 'z' ? run + 1 : 0;
        if (run > *lower_run) *lower_run = run;
    }
}

/* "A1B2C3", "K7GQ2", "7K2P-9QWX", "QWRTZP". */
static bool take_mixed(const struct secret_search *s, size_t i, struct candidate *c) {
    const struct word *words = s->f->words.items;
    *c = (struct candidate){.first = i, .last = i};
    size_t lower_run = 0;
    bool is_upper = words[i].is_upper;
    count_chars(s, &words[i], c, &lower_run);
    while (is_joined(s, c->last, c->last + 1, false)) {
        c->last++;
        is_upper = is_upper && words[c->last].is_upper;
        count_chars(s, &words[c->last], c, &lower_run);
    }
    size_t n = c->n_digits + c->n_letters;
    if (n < 4 || n > 40) return false;
    if (c->n_digits == 0) return is_upper && n >= 5 && (n <= 10 || c->last > c->first);
    return n >= 5 && (lower_run < 4 || c->n_digits > 2);
}

/* The candidate that begins at word i; in any case c->last is the last word that was looked at. */
static bool take(const struct secret_search *s, size_t i, struct candidate *c) {
    const struct word *words = s->f->words.items;
    bool is_one = words[i].kind == WORD_DIGITS ? take_digits(s, i, c) : take_mixed(s, i, c);
    if (!is_one && words[i].kind == WORD_DIGITS && is_joined(s, i, i + 1, false)) {
        is_one = take_mixed(s, i, c);
    }
    c->from = words[c->first].at;
    c->to = words[c->last].at + words[c->last].len;
    size_t n = c->to - c->from;
    c->is_year =
        n == 4 && c->n_digits == 4 &&
        (memcmp(s->text + c->from, "19", 2) == 0 || memcmp(s->text + c->from, "20", 2) == 0);
    if (n == 10 && c->last == c->first + 2 && words[c->first].len == 4) return false; /* a date */
    return is_one && !is_measured(s, c->from, c->to);
}

static bool names_code(enum secret_meaning m) {
    return m == MEANS_CODE || m == MEANS_CODES || m == MEANS_WEAK_CODE || m == MEANS_PIN ||
           m == MEANS_TOKEN;
}

static struct neighbour before(const struct secret_search *s, const struct candidate *c) {
    struct neighbour near = {0};
    for (size_t away = 1; away <= c->first && away <= 40; away++) {
        enum secret_meaning m = secrets_meaning(s, c->first - away);
        if (away > FAR && m != MEANS_CODES) continue;
        if (!names_code(m) && m != MEANS_OTHER && m != MEANS_USE) continue;
        /* A number's own neighbours come first; from further away only names of codes count. */
        if (!names_code(m) && away > 3) continue;
        if (m == MEANS_USE && near.away == 0) {
            near = (struct neighbour){m, away}; /* unless a name stands before it */
            continue;
        }
        if (near.means == MEANS_USE && !names_code(m)) continue;
        return (struct neighbour){m, away};
    }
    return near;
}

/* "Security code for your account: 123456", "the PIN of the card is 4821": the thing next to it is
 * what the code is for. The name of the code must stand in the same sentence. */
static struct neighbour before_thing(const struct secret_search *s, const struct candidate *c) {
    const struct word *words = s->f->words.items;
    bool is_said = c->first > 0 && (secrets_links(&words[c->first - 1]) ||
                                    (c->from >= 2 && s->text[c->from - 2] == ':'));
    for (size_t away = 1; is_said && away <= c->first && away <= 8; away++) {
        const struct word *word = &words[c->first - away];
        char end = char_at(s, word->at + word->len);
        if (away > 1 && (end == '.' || end == '!' || end == '?' || end == '\n')) break;
        enum secret_meaning m = secrets_meaning(s, c->first - away);
        if (m == MEANS_CODE || m == MEANS_PIN) return (struct neighbour){m, away};
    }
    return (struct neighbour){0};
}

static struct neighbour after(const struct secret_search *s, const struct candidate *c) {
    for (size_t away = 1; away <= 8 && c->last + away < s->f->words.n; away++) {
        enum secret_meaning m = secrets_meaning(s, c->last + away);
        if (names_code(m)) return (struct neighbour){m, away};
    }
    return (struct neighbour){0};
}

/* Alone in its line, but for punctuation: a message that is nothing but a code. */
static bool is_alone(const struct secret_search *s, const struct candidate *c) {
    const struct word *words = s->f->words.items;
    size_t from = c->from, to = c->to;
    while (from > 0 && s->text[from - 1] != '\n') from--;
    while (to < s->len && s->text[to] != '\n') to++;
    size_t end_before = c->first ? words[c->first - 1].at : 0;
    bool first_in_line = c->first == 0 || end_before < from;
    bool last_in_line = c->last + 1 == s->f->words.n || words[c->last + 1].at > to;
    return first_in_line && last_in_line;
}

/* What the whole text is about, and what was found in it last. */
struct topic {
    bool logs_in, sells, names_codes;
    size_t found_last; /* the last word of the code found before; 0 = none */
};

static struct topic topic_of(const struct secret_search *s) {
    struct topic t = {0};
    for (size_t i = 0; i < s->f->words.n; i++) {
        enum secret_meaning m = secrets_meaning(s, i);
        t.logs_in |= m == MEANS_LOGIN || m == MEANS_CODE || m == MEANS_CODES || m == MEANS_LINK;
        t.sells |= m == MEANS_SALE;
        t.names_codes |= names_code(m);
    }
    return t;
}

/* Does what follows say what this is: "482913 is your code", "482913: your code"? */
static bool is_named_after(const struct secret_search *s, const struct candidate *c,
                           struct neighbour near) {
    if (near.means == MEANS_NOTHING) return false;
    char next = char_at(s, c->to);
    return near.away <= 2 || secrets_links(&s->f->words.items[c->last + 1]) || next == ':' ||
           (next == ' ' && char_at(s, c->to + 1) == '-') || next == '\n';
}

/* Is a name of codes right before: "code: X", "code is X"? For letters alone. */
static bool is_named_right_before(const struct secret_search *s, const struct candidate *c,
                                  struct neighbour near) {
    const struct word *words = s->f->words.items;
    const struct word *name = &words[c->first - near.away];
    if (near.away > 2 || name->is_upper) return false;
    if (near.away == 2) return secrets_links(&words[c->first - 1]);
    return char_at(s, name->at + name->len) == ':';
}

/* How many words from a name of codes to the code, at most. */
static size_t reach_of(enum secret_meaning name, bool is_sure) {
    if (name == MEANS_CODES) return 40;
    if (name == MEANS_TOKEN) return 2;
    return name == MEANS_CODE || is_sure ? FAR : 5;
}

static bool is_digits_code(const struct secret_search *s, const struct candidate *c,
                           const struct topic *t) {
    struct neighbour b = before(s, c), a = after(s, c);
    if (b.means == MEANS_OTHER && before_thing(s, c).means) return true;
    bool follows = names_code(b.means), was_found = t->found_last + b.away >= c->first;
    bool is_linked = c->first > 0 && secrets_links(&s->f->words.items[c->first - 1]);
    size_t reach = reach_of(b.means, is_linked || t->logs_in);
    if (c->is_year) reach = is_linked ? 3 : 1;
    if (follows && b.away <= 2 && b.away <= reach) return true;
    if (c->last + 1 < s->f->words.n && secrets_meaning(s, c->last + 1) == MEANS_UNIT) return false;
    if (b.means == MEANS_OTHER) return false;
    /* A name is of one number, unless it is of several, or they stand together. */
    bool is_next = t->found_last && c->first - t->found_last <= 2;
    bool is_taken = t->found_last && was_found && b.means != MEANS_CODES && !is_next;
    if (follows && b.away <= reach && !is_taken) return true;
    if (is_named_after(s, c, a) && (!c->is_year || a.away <= 3)) return true;
    if (c->is_year) return false;
    if (b.means == MEANS_USE && t->logs_in) return true;
    if (is_alone(s, c) && (c->n_digits <= 8)) return true;
    return t->logs_in && c->n_digits == 6 && !is_taken && !(t->found_last);
}

static bool is_mixed_code(const struct secret_search *s, const struct candidate *c,
                          const struct topic *t) {
    struct neighbour b = before(s, c), a = after(s, c);
    for (size_t i = c->first; c->n_digits >= 4 && i < c->last; i++) { /* "OTP-123456" */
        if (names_code(secrets_meaning(s, i))) return true;
    }
    if (b.means == MEANS_OTHER) return false;
    bool is_strong = b.means == MEANS_CODE || b.means == MEANS_CODES;
    if (t->sells && !is_strong) return false;
    if (names_code(b.means) && is_named_right_before(s, c, b)) return true;
    if (c->first > 0 && c->n_digits && secrets_meaning(s, c->first - 1) == MEANS_LOGIN &&
        c->from >= 2 && s->text[c->from - 2] == ':') {
        return true; /* "sign-in: 9QF2KD" */
    }
    if (c->n_digits == 0) return b.means == MEANS_CODES && c->last > c->first;
    bool is_taken = t->found_last && t->found_last + b.away >= c->first && b.means != MEANS_CODES;
    bool is_linked = c->first > 0 && secrets_links(&s->f->words.items[c->first - 1]);
    size_t reach = b.means == MEANS_CODES ? 40 : is_strong || t->logs_in || is_linked ? 6 : 3;
    if (names_code(b.means) && b.means != MEANS_PIN && b.away <= reach && !is_taken) return true;
    if (is_named_after(s, c, a) && a.means != MEANS_PIN) return true;
    return b.means == MEANS_USE && t->logs_in && t->names_codes;
}

/* "G-123456" from Google, "FB-12345": one to three capitals, a dash, four digits or more. */
static bool is_branded(const struct secret_search *s, const struct candidate *c,
                       const struct topic *t) {
    const struct word *words = s->f->words.items;
    const struct word *brand = &words[c->first], *number = &words[c->last];
    if (c->last != c->first + 1 || brand->kind != WORD_LETTERS || brand->len > 3) return false;
    if (!brand->is_upper || number->kind != WORD_DIGITS || number->len < 4) return false;
    return (brand->len == 1 && s->text[brand->at] == 'G' && number->len == 6) ||
           (t->names_codes && before(s, c).means != MEANS_OTHER);
}

/* "@example.org #123456", the last line that browsers read: the WebOTP API of the W3C. */
static bool is_bound(const struct secret_search *s, const struct candidate *c) {
    if (char_before(s, c->from) != '#' || c->from < 4) return false;
    size_t at = c->from - 2; /* before the number sign */
    if (s->text[at] != ' ') return false;
    while (at > 0 && s->text[at - 1] != ' ' && s->text[at - 1] != '\n') at--;
    return s->text[at] == '@';
}

ingle_status secrets_find_codes(struct secret_search *s) {
    struct topic t = topic_of(s);
    struct candidate c;
    for (size_t i = 0; i < s->f->words.n; i = c.last + 1) {
        if (!take(s, i, &c)) continue;
        bool is_code = is_bound(s, &c) || is_branded(s, &c, &t) ||
                       (c.n_letters == 0 ? is_digits_code(s, &c, &t) : is_mixed_code(s, &c, &t));
        if (!is_code) continue;
        bool is_pin = before(s, &c).means == MEANS_PIN || before_thing(s, &c).means == MEANS_PIN ||
                      (before(s, &c).means == MEANS_NOTHING && after(s, &c).means == MEANS_PIN);
        INGLE_TRY(secrets_add(s, c.from, c.to, is_pin ? SECRET_PIN : SECRET_CODE));
        t.found_last = c.last;
    }
    return INGLE_OK;
}
