/* What only the words before it make personal: dates of birth, numbers of documents. */
#include <string.h>
#include <strings.h>

#include "guard/redact/rule.h"

#define BIRTH_WORDS                                                                                \
    "born|born on|dob|d.o.b|date of birth|birth date|birthdate|birthday|birthday is|"              \
    "geboren|geboren am|geburtsdatum|né le|née le|date de naissance|nacido el|nacida el|"        \
    "fecha de nacimiento|nato il|nata il|data di nascita"

static size_t number_len(const struct rule_text *t, size_t at, size_t most) {
    size_t n = 0;
    while (n <= most && ascii_is_digit(rule_at(t, at + n))) n++;
    return n;
}

/* 12/31/1985, 1985-12-31, 31.12.85 */
static size_t numeric_date(const struct rule_text *t, size_t at) {
    size_t a = number_len(t, at, 4), b = 0, c = 0;
    char separator = rule_at(t, at + a);
    if (a == 0 || a == 3 || a > 4 || !separator || !strchr("/-. ", separator)) return 0;
    size_t second = at + a + 1;
    second += separator == '.' && rule_at(t, second) == ' ';
    b = number_len(t, second, 2);
    if (b == 0 || b > 2 || rule_at(t, second + b) != separator) return 0;
    size_t third = second + b + 1;
    third += separator == '.' && rule_at(t, third) == ' ';
    c = number_len(t, third, 4);
    if (c == 0 || c == 3 || c > 4 || (a == 4) == (c == 4 || c == 0)) return 0;
    return third + c - at;
}

static size_t month_len(const struct rule_text *t, size_t at) {
    static const char *const months[] = {
        "january",  "february",  "march",      "april",    "may",       "june",     "july",
        "august",   "september", "october",    "november", "december",  "sept",     "jan",
        "feb",      "mar",       "apr",        "jun",      "jul",       "aug",      "sep",
        "oct",      "nov",       "dec",        "januar",   "februar",   "märz",     "mai",
        "juni",     "juli",      "oktober",    "dezember", "janvier",   "février",  "mars",
        "avril",    "juin",      "juillet",    "août",     "septembre", "octobre",  "novembre",
        "décembre", "enero",     "febrero",    "marzo",    "abril",     "mayo",     "junio",
        "julio",    "agosto",    "septiembre", "octubre",  "noviembre", "diciembre"};
    size_t best = 0;
    for (size_t i = 0; i < sizeof months / sizeof *months; i++) {
        size_t len = strlen(months[i]);
        bool matches = len > best && rule_has_word(t, at, months[i]);
        if (matches && !rule_is_word(rule_at(t, at + len))) best = len;
    }
    return best;
}

static size_t skip(const struct rule_text *t, size_t at, const char *signs, size_t most) {
    size_t n = 0;
    while (n < most && rule_at(t, at + n) && strchr(signs, rule_at(t, at + n))) n++;
    return n;
}

/* 31 December 1985, December 31st, 1985 */
static size_t written_date(const struct rule_text *t, size_t at) {
    size_t i = at, day = number_len(t, at, 2), month;
    if (day > 2) return 0;
    if (day) {
        i += day;
        if (ascii_is_letter(rule_at(t, i)) && ascii_is_letter(rule_at(t, i + 1))) i += 2; /* 31st */
        i += skip(t, i, ". ", 3);
        if (rule_has_word(t, i, "of ") || rule_has_word(t, i, "de ")) i += 3;
        month = month_len(t, i);
    } else {
        month = month_len(t, i);
    }
    if (month == 0) return 0;
    i += month + skip(t, i + month, "., ", 2);
    if (!day) {
        size_t n = number_len(t, i, 2);
        if (n == 0 || n > 2) return 0;
        i += n;
        if (ascii_is_letter(rule_at(t, i)) && ascii_is_letter(rule_at(t, i + 1))) i += 2;
        i += skip(t, i, ", ", 2);
    } else if (rule_has_word(t, i, "de ")) {
        i += 3;
    }
    return number_len(t, i, 4) == 4 ? i + 4 - at : 0;
}

size_t rule_birth_date(const struct rule_text *t, size_t at) {
    if (ascii_is_digit(rule_before(t, at)) || !rule_is_word(rule_at(t, at))) return 0;
    size_t n = numeric_date(t, at);
    if (n == 0) n = written_date(t, at);
    if (n == 0 || rule_is_word(rule_at(t, at + n))) return 0;
    return rule_has_context(t, at, BIRTH_WORDS, 24) ? n : 0;
}

#define DOCUMENT_WORDS                                                                             \
    "passport|passport no|passport number|driver's license|drivers license|driving licence|"       \
    "driving license|license number|licence number|license no|id card|identity card|national id|"  \
    "national insurance number|tax id|tin|vat number|steuer-id|personalausweis|reisepass|"         \
    "insurance number|policy number|medical record number|mrn|patient id|member id|employee id|"   \
    "customer number|student id|account number|account no|vin|license plate|licence plate|"        \
    "number plate|kennzeichen"

size_t rule_document(const struct rule_text *t, size_t at) {
    size_t n = 0, n_digits = 0, n_small = 0;
    if (rule_before(t, at) == '-' || !rule_is_word(rule_at(t, at))) return 0;
    for (; n < 24; n++) {
        char c = rule_at(t, at + n);
        bool joins = (c == '-' || c == '.') && rule_is_word(rule_at(t, at + n + 1));
        if (!ascii_is_digit(c) && !ascii_is_letter(c) && !joins) break;
        n_digits += ascii_is_digit(c);
        n_small += c >= 'a' && c <= 'z';
    }
    if (n < 5 || n > 20 || n_digits < 3 || n_small > 2 || rule_is_word(rule_at(t, at + n)))
        return 0;
    return rule_has_context(t, at, DOCUMENT_WORDS, 28) ? n : 0;
}
