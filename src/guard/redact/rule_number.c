/* Numbers: bank accounts, cards, social security, telephones, places on the map. */
#include <string.h>

#include "guard/redact/rule.h"

#define MAX_DIGITS 34

/* Digits from `at`, single separators in between; at most `most` of them. */
struct digits {
    char digit[MAX_DIGITS];
    size_t n, len;                      /* len: bytes, separators included */
    size_t n_groups, group[MAX_DIGITS]; /* digits in each */
    char separator;                     /* '\0' = none; '*' = several kinds */
};

static void read_digits(struct digits *d, const struct rule_text *t, size_t at,
                        const char *separators, size_t most) {
    *d = (struct digits){.n_groups = 1};
    for (size_t i = at; d->n < most; i++) {
        char c = rule_at(t, i);
        if (ascii_is_digit(c)) {
            d->digit[d->n++] = c;
            d->group[d->n_groups - 1]++;
            d->len = i + 1 - at;
        } else if (c && d->n && strchr(separators, c) && ascii_is_digit(rule_at(t, i + 1))) {
            d->separator = d->separator && d->separator != c ? '*' : c;
            d->n_groups++;
        } else {
            return;
        }
    }
}

/* Is a number of these bytes not part of a longer one, a word, a price or a decimal? */
static bool stands_alone(const struct rule_text *t, size_t at, size_t len) {
    char before = rule_before(t, at), after = rule_at(t, at + len);
    char next = rule_at(t, at + len + 1);
    if (rule_is_word(before) || rule_is_word(after)) return false;
    if (before && strchr("-./_,$#", before) && before != ',' && at > 1) {
        if (rule_is_word(t->data[at - 2]) || before == '$' || before == '#') return false;
    }
    if (before == ',' && at > 1 && ascii_is_digit(t->data[at - 2])) return false;
    return !(after && strchr("-./,_:", after) && ascii_is_digit(next));
}

/* ---- cards: ISO/IEC 7812 ---- */

static bool luhn(const struct digits *d) {
    unsigned sum = 0;
    for (size_t i = 0; i < d->n; i++) {
        unsigned v = (unsigned)(d->digit[d->n - 1 - i] - '0');
        if (i % 2) v = v * 2 > 9 ? v * 2 - 9 : v * 2;
        sum += v;
    }
    return sum % 10 == 0;
}

static unsigned first(const struct digits *d, size_t n) {
    unsigned v = 0;
    for (size_t i = 0; i < n; i++) v = v * 10 + (unsigned)(d->digit[i] - '0');
    return v;
}

/* Prefixes and lengths of the networks. */
static bool is_card_number(const struct digits *d) {
    unsigned two = first(d, 2), three = first(d, 3), four = first(d, 4);
    bool is_15 = d->n == 15, is_16 = d->n == 16, is_16_to_19 = d->n >= 16;
    if (two / 10 == 4) return d->n == 13 || is_16 || d->n == 19;
    if (two == 34 || two == 37 || four == 1800 || four == 2131) return is_15;
    if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return is_16;
    if (two == 36 || two == 38 || two == 39 || (three >= 300 && three <= 305)) return d->n >= 14;
    if (two == 35 || four == 6011 || two == 65 || (three >= 644 && three <= 649))
        return is_16_to_19;
    if (two == 62) return is_16_to_19;
    return (two == 50 || (two >= 56 && two <= 69)) && d->n >= 12; /* Maestro */
}

size_t rule_card(const struct rule_text *t, size_t at) {
    struct digits d;
    read_digits(&d, t, at, " -", 20);
    if (d.n < 12 || d.n > 19 || d.separator == '*' || !stands_alone(t, at, d.len)) return 0;
    for (size_t i = 0; i + 1 < d.n_groups; i++) {
        if (d.group[i] < 4 || d.group[i] > 6) return 0;
    }
    bool all_equal = true;
    for (size_t i = 1; i < d.n; i++) all_equal = all_equal && d.digit[i] == d.digit[0];
    return !all_equal && is_card_number(&d) && luhn(&d) ? d.len : 0;
}

/* ---- bank accounts: ISO 13616 ---- */

static size_t iban_len(char a, char b) {
    static const char lengths[] =
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29"
        "ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28"
        "LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25"
        "QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";
    for (size_t i = 0; i + 3 < sizeof lengths; i += 4) {
        if (lengths[i] == a && lengths[i + 1] == b) {
            return (size_t)(lengths[i + 2] - '0') * 10 + (size_t)(lengths[i + 3] - '0');
        }
    }
    return 0;
}

static char upper(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

size_t rule_iban(const struct rule_text *t, size_t at) {
    char number[MAX_DIGITS + 1];
    size_t n = 0, i = at, want = iban_len(upper(rule_at(t, at)), upper(rule_at(t, at + 1)));
    bool has_gaps = false;
    if (want == 0) return 0;
    for (; n < want; i++) {
        char c = rule_at(t, i);
        if (ascii_is_digit(c) || ascii_is_letter(c)) {
            number[n++] = upper(c);
        } else if ((c == ' ' || c == '-') && n > 0 && n % 4 == 0 &&
                   rule_is_word(rule_at(t, i + 1))) {
            has_gaps = true;
        } else {
            return 0;
        }
    }
    if (rule_is_word(rule_at(t, i)) || (has_gaps && !ascii_is_digit(rule_at(t, at + 2)))) return 0;
    unsigned rest = 0;
    for (size_t k = 0; k < n; k++) {
        char c = number[(k + 4) % n];
        rest = ascii_is_digit(c) ? rest * 10 + (unsigned)(c - '0')
                                 : rest * 100 + (unsigned)(c - 'A') + 10;
        rest %= 97;
    }
    return rest == 1 ? i - at : 0;
}

/* ---- social security ---- */

size_t rule_ssn(const struct rule_text *t, size_t at) {
    struct digits d;
    read_digits(&d, t, at, "- ", 10);
    if (d.n != 9 || !stands_alone(t, at, d.len)) return 0;
    unsigned area = first(&d, 3), serial = 0;
    for (size_t i = 5; i < 9; i++) serial = serial * 10 + (unsigned)(d.digit[i] - '0');
    bool is_possible = area > 0 && area != 666 && area < 900 && serial > 0 &&
                       (d.digit[3] != '0' || d.digit[4] != '0');
    bool is_grouped = d.n_groups == 3 && d.group[0] == 3 && d.group[1] == 2;
    if (!is_possible || (d.n_groups > 1 && !is_grouped)) return 0;
    if (is_grouped && d.separator == '-') return d.len;
    return rule_has_context(t, at, "ssn|social security|social security number", 24) ? d.len : 0;
}

/* ---- telephones ---- */

/* "+49 (0)30 1234567": after a plus or 00, digits in groups; brackets around some. */
static size_t international(const struct rule_text *t, size_t at) {
    size_t i = at, n = 0, end = at, n_gaps = 0;
    bool is_zeros = rule_at(t, at) == '0' && rule_at(t, at + 1) == '0';
    if (rule_at(t, at) != '+' && !is_zeros) return 0;
    i += is_zeros ? 2 : 1;
    if (rule_at(t, i) < '1' || rule_at(t, i) > '9') return 0;
    for (; n < 17 && i - at < 32; i++) {
        char c = rule_at(t, i);
        if (ascii_is_digit(c)) {
            n++;
            n_gaps = 0;
            end = i + 1;
        } else if (c && strchr(" -./()", c) && n_gaps < 2) {
            n_gaps++;
        } else {
            break;
        }
    }
    char before = rule_before(t, at);
    if (before == '.' || before == '-' || before == '/' || ascii_is_digit(before)) return 0;
    return n >= 8 && n <= 16 && !rule_is_word(rule_at(t, end)) ? end - at : 0;
}

/* (212) 555-0123, 1-212-555-0123, 212.555.0123 */
static size_t north_american(const struct rule_text *t, size_t at) {
    struct digits d;
    size_t i = at;
    bool has_bracket = rule_at(t, i) == '(';
    if (has_bracket) {
        read_digits(&d, t, i + 1, "", 4);
        if (d.n != 3 || rule_at(t, i + 4) != ')' || ascii_is_digit(rule_before(t, at))) return 0;
        i += rule_at(t, i + 5) == ' ' ? 6 : 5;
        read_digits(&d, t, i, "-. ", 8);
        bool is_local = d.n == 7 && d.n_groups == 2 && d.group[0] == 3;
        return is_local && stands_alone(t, i, d.len) ? i + d.len - at : 0;
    }
    read_digits(&d, t, at, "-. ", 12);
    if (d.separator == '*' || d.separator == '\0' || !stands_alone(t, at, d.len)) return 0;
    size_t skip = d.n == 11 && d.digit[0] == '1' && d.group[0] == 1 ? 1 : 0;
    if (d.n != 10 + skip || d.n_groups != 3 + skip) return 0;
    bool is_shaped = d.group[skip] == 3 && d.group[skip + 1] == 3 && d.digit[skip] >= '2';
    return is_shaped ? d.len : 0;
}

/* A national number with its leading 0, in groups. */
static size_t with_zero(const struct rule_text *t, size_t at) {
    struct digits d;
    read_digits(&d, t, at, " -/.", 13);
    if (d.n < 9 || d.n > 12 || d.digit[0] != '0' || d.digit[1] == '0' || d.separator == '*')
        return 0;
    if (d.n_groups < 2 || d.n_groups > 6 || !stands_alone(t, at, d.len)) return 0;
    if (d.separator == '.' && d.n_groups < 4) return 0; /* a date or a decimal */
    return d.len;
}

#define PHONE_WORDS                                                                                \
    "tel|telephone|phone|phone number|telefon|mobile|cell|cellphone|fax|call|call me|whatsapp|"    \
    "sms|ring|dial|hotline|desk|office|reach me|reach us|number is|answering"

static size_t in_context(const struct rule_text *t, size_t at) {
    struct digits d;
    size_t i = at + (rule_at(t, at) == '(');
    read_digits(&d, t, i, " -./", 16);
    if (i > at) {
        if (rule_at(t, i + d.len) != ')' || d.n > 5) return 0;
        size_t rest = i + d.len + 1;
        rest += rule_at(t, rest) == ' ';
        size_t area = d.n;
        read_digits(&d, t, rest, " -./", 14);
        if (d.n < 4) return 0;
        d.n += area;
        d.len += rest - i;
    }
    if (d.n < 6 || d.n > 15 || !stands_alone(t, i, d.len)) return 0;
    bool is_date = d.n == 8 && d.n_groups == 3 && d.separator != ' ';
    if (is_date || !rule_has_context(t, at, PHONE_WORDS, 26)) return 0;
    return i + d.len - at;
}

size_t rule_phone(const struct rule_text *t, size_t at) {
    char c = rule_at(t, at);
    if (c != '+' && c != '(' && !ascii_is_digit(c)) return 0;
    size_t n = international(t, at);
    if (n == 0) n = north_american(t, at);
    if (n == 0 && c == '0') n = with_zero(t, at);
    return n ? n : in_context(t, at);
}

/* ---- places ---- */

/* A decimal of at least four places, at most `most`. */
static size_t degrees(const struct rule_text *t, size_t at, unsigned most) {
    size_t i = at + (rule_at(t, at) == '-' || rule_at(t, at) == '+'), from = i;
    unsigned whole = 0;
    while (i - from < 3 && ascii_is_digit(rule_at(t, i)))
        whole = whole * 10 + (unsigned)(t->data[i++] - '0');
    if (i == from || whole > most || rule_at(t, i) != '.') return 0;
    size_t point = i++;
    while (i - point < 12 && ascii_is_digit(rule_at(t, i))) i++;
    return i - point > 4 && !rule_is_word(rule_at(t, i)) ? i - at : 0;
}

/* 48°51'24"N */
static size_t arc(const struct rule_text *t, size_t at, const char *letters) {
    static const char *const signs[] = {"°", "'", "′", "’", "\"", "″", "”", " "};
    size_t i = at, n_numbers = 0;
    for (; n_numbers < 3; n_numbers++) {
        size_t from = i;
        while (i - from < 7 &&
               (ascii_is_digit(rule_at(t, i)) || (i > from && rule_at(t, i) == '.')))
            i++;
        if (i == from) break;
        if (n_numbers == 0 && !rule_has_word(t, i, "°")) return 0;
        for (size_t k = 0; k < sizeof signs / sizeof *signs;) {
            bool matches = rule_has_word(t, i, signs[k]);
            i += matches ? strlen(signs[k]) : 0;
            k = matches ? 0 : k + 1;
            if (i - at > 40) return 0;
        }
    }
    char c = rule_at(t, i);
    return n_numbers >= 2 && c && strchr(letters, c) ? i + 1 - at : 0;
}

size_t rule_coordinates(const struct rule_text *t, size_t at) {
    char before = rule_before(t, at);
    if (rule_is_word(before) || before == '.') return 0;
    bool is_arc = false;
    size_t n = degrees(t, at, 90), second = 0;
    if (n == 0) {
        n = arc(t, at, "NS");
        is_arc = n > 0;
    }
    if (n == 0) return 0;
    size_t i = at + n;
    while (rule_at(t, i) == ' ' && i - at - n < 2) i++;
    i += rule_at(t, i) == ',' || rule_at(t, i) == ';';
    while (rule_at(t, i) == ' ' && i - at - n < 4) i++;
    if (i == at + n) return 0;
    second = is_arc ? arc(t, i, "EW") : degrees(t, i, 180);
    return second ? i + second - at : 0;
}
