#include "guard/redact/redact_amount.h"

#include <string.h>

#include "base/compiler.h"
#include "guard/redact/rule.h"

#define MAX_BLANKS 2 /* between a number and its currency */

/* Signs, codes (ISO 4217) and words; those of letters end at the border of a word. */
static const char *const currencies[] = {
    "$",
    "\xe2\x82\xac" /* euro */,
    "\xc2\xa3" /* pound */,
    "\xc2\xa5" /* yen */,
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "JPY",
    "CNY",
    "INR",
    "CAD",
    "AUD",
    "NZD",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "HUF",
    "TRY",
    "BRL",
    "MXN",
    "ZAR",
    "SGD",
    "HKD",
    "KRW",
    "euros",
    "euro",
    "Euro",
    "dollars",
    "dollar",
    "pounds",
    "francs",
};

/* Length of a currency at `at`; 0 = none. */
static size_t currency_at(const char *text, size_t len, size_t at) {
    for (size_t i = 0; i < BASE_COUNT(currencies); i++) {
        size_t n = strlen(currencies[i]);
        if (len - at < n || memcmp(text + at, currencies[i], n) != 0) continue;
        bool is_letters = ascii_is_letter(text[at]);
        if (is_letters && at > 0 && ascii_is_letter(text[at - 1])) continue;
        if (is_letters && at + n < len && ascii_is_letter(text[at + n])) continue;
        return n;
    }
    return 0;
}

static bool is_currency_before(const char *text, size_t from) {
    for (size_t n = 0; n < MAX_BLANKS && from > 0 && text[from - 1] == ' '; n++) from--;
    for (size_t n = 1; n <= 4 && n <= from; n++) {
        if (currency_at(text, from, from - n) == n) return true;
    }
    return false;
}

bool redact_is_amount(const char *text, size_t len, size_t from, size_t to) {
    bool has_digit = false, has_currency = is_currency_before(text, from);
    for (size_t i = from, n; i < to; i += n) {
        n = currency_at(text, to, i);
        if (n) {
            has_currency = true;
            continue;
        }
        n = 1;
        if (ascii_is_digit(text[i])) {
            has_digit = true;
        } else if (text[i] != '.' && text[i] != ',' && text[i] != '\'' && text[i] != ' ') {
            return false;
        }
    }
    for (size_t n = 0; n < MAX_BLANKS && to < len && text[to] == ' '; n++) to++;
    return has_digit && (has_currency || currency_at(text, len, to) > 0);
}
