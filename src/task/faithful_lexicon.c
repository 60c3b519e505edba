/* The words that the guard knows, in one table that is hashed when a source is made. English; of
 * other languages only what is written alike. */
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "task/faithful_internal.h"
#include "task/faithful_lexicon_tables.h"

struct lex_slot {
    uint64_t key; /* of the word, or of the word and one class; 0 = empty */
    uint32_t classes;
    struct lex_value value;
};

#define N_SLOTS 16384

static struct lex_slot *find(const struct lexicon *l, uint64_t key) {
    size_t i = (size_t)key & l->mask;
    while (l->slots[i].key && l->slots[i].key != key) i = (i + 1) & l->mask;
    return &l->slots[i];
}

static uint64_t value_key(uint64_t word, enum lex_class which) {
    return hash_u64(word, (uint64_t)which) | 1;
}

static void add_classes(struct lexicon *l, uint64_t word, uint32_t classes) {
    struct lex_slot *slot = find(l, word);
    slot->key = word;
    slot->classes |= classes;
}

static void put_word(struct lexicon *l, const char *word, size_t len, const struct lex_row *row) {
    uint64_t hash = word_hash(word, len);
    add_classes(l, hash, row->classes);
    for (uint32_t bit = 1; bit <= row->classes; bit <<= 1) {
        if (!(row->classes & bit)) continue;
        struct lex_slot *slot = find(l, value_key(hash, (enum lex_class)bit));
        slot->key = value_key(hash, (enum lex_class)bit);
        slot->value = (struct lex_value){.value = row->value, .unit = row->unit};
    }
}

/* By their stems as well: "walk" tells of "Walking". */
static void put_ordinary(struct lexicon *l) {
    for (const char *p = lex_ordinary; *p;) {
        char stem[32];
        size_t len = strcspn(p, " ");
        memcpy(stem, p, len < sizeof stem ? len : 0);
        add_classes(l, word_hash(p, len), LEX_ORDINARY);
        if (len < sizeof stem) add_classes(l, word_stem(stem, len), LEX_ORDINARY_STEM);
        p += len;
        p += *p == ' ';
    }
}

ingle_status lexicon_new(struct lexicon *l, ingle_error *err) {
    l->slots = mem_calloc(N_SLOTS, sizeof *l->slots);
    if (!l->slots) return status_no_memory(err, "the lexicon", N_SLOTS * sizeof *l->slots);
    l->mask = N_SLOTS - 1;
    for (size_t i = 0; i < lex_n_rows; i++) {
        for (const char *p = lex_rows[i].words; *p;) {
            size_t len = strcspn(p, " ");
            put_word(l, p, len, &lex_rows[i]);
            p += len;
            p += *p == ' ';
        }
    }
    put_ordinary(l);
    return INGLE_OK;
}

void lexicon_clear(struct lexicon *l) {
    mem_free(l->slots);
    l->slots = NULL;
}

uint32_t lexicon_classes(const struct lexicon *l, uint64_t word) {
    return word ? find(l, word)->classes : 0;
}

struct lex_value lexicon_value(const struct lexicon *l, uint64_t word, enum lex_class which) {
    return find(l, value_key(word, which))->value;
}

bool lexicon_is_currency(uint32_t symbol, int *unit) {
    static const struct {
        uint32_t symbol;
        int currency;
    } rows[] = {{'$', MONEY_DOLLAR},    {0x20ac, MONEY_EURO},  {0xa3, MONEY_POUND},
                {0xa5, MONEY_YEN},      {0x20b9, MONEY_RUPEE}, {0x20bd, MONEY_ROUBLE},
                {0x20a9, MONEY_WON},    {0x20ba, MONEY_LIRA},  {0x20b4, MONEY_HRYVNIA},
                {0x20bf, MONEY_BITCOIN}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        if (rows[i].symbol != symbol) continue;
        *unit = rows[i].currency;
        return true;
    }
    return false;
}

const char *unit_name(int unit) {
    static const char *const names[] = {
        "",    "%",   "s",     "months",   "m",   "miles", "ft",  "in",   "g",
        "lb",  "l",   "bytes", "\xc2\xb0", "W",   "Hz",    "USD", "EUR",  "GBP",
        "JPY", "INR", "RUB",   "KRW",      "TRY", "UAH",   "BTC", "CHF",  "CNY",
        "SEK", "NOK", "DKK",   "PLN",      "BRL", "CAD",   "AUD", "cents"};
    return unit >= 0 && (size_t)unit < BASE_COUNT(names) ? names[unit] : "";
}
