/* The parts of the faithfulness guard. A text goes through in pieces (paragraphs): faithful_token.c
 * cuts one into tokens; then each of date, number, name, quote and negation takes out what it
 * knows, as facts. Of a source a fact is kept, of an output it is looked up: the same code reads
 * both, so that both are read the same way. */
#ifndef INGLE_TASK_FAITHFUL_INTERNAL_H
#define INGLE_TASK_FAITHFUL_INTERNAL_H

#include <stdint.h>

#include "task/faithful.h"

/* ---- words that mean something (faithful_lexicon.c) ---- */

enum lex_class {
    LEX_STOP = 1 << 0,          /* says nothing by itself: "the", "was" */
    LEX_NEGATOR = 1 << 1,       /* "not", "never" */
    LEX_NEGATIVE = 1 << 2,      /* denies in its own way: "without", "failed", "unable" */
    LEX_DIGIT = 1 << 3,         /* "seven", "twelve" */
    LEX_TENS = 1 << 4,          /* "twenty" */
    LEX_SCALE = 1 << 5,         /* "hundred", "million", "bn" */
    LEX_ORDINAL = 1 << 6,       /* "third", "twentieth" */
    LEX_MONTH = 1 << 7,         /* 1 to 12 */
    LEX_WEEKDAY = 1 << 8,       /* 1 = Monday */
    LEX_UNIT = 1 << 9,          /* "km", "euros", "percent" */
    LEX_HEDGE = 1 << 10,        /* "about", "nearly" */
    LEX_GIVEN = 1 << 11,        /* a name wherever it stands: "Maria", "France" */
    LEX_ALIAS = 1 << 12,        /* one of several words for one country */
    LEX_TITLE = 1 << 13,        /* "Mr", "Dr": capitalised, and no name */
    LEX_ABBREV = 1 << 14,       /* its point ends no sentence */
    LEX_FRACTION = 1 << 15,     /* "half", "quarter" */
    LEX_BEFORE_MONTH = 1 << 16, /* "in", "since": a month may follow */
    LEX_AMBIGUOUS = 1 << 17,    /* a month that is a word as well: "May", "March" */
    LEX_CLAUSE = 1 << 18,       /* begins a clause: "but", "because" */
    LEX_CAPITAL = 1 << 19,      /* capitalised without being a name: "I", "Internet" */
    LEX_ENGLISH = 1 << 20,      /* found in English only, and often: "the" */
    LEX_PARTICLE = 1 << 21,     /* part of names: "da", "van", "of" */
    LEX_FOREIGN = 1 << 22,      /* found often in a language that is not English */
    LEX_ORDINARY = 1 << 23,     /* a word that is no name where it begins a sentence */
    LEX_ORDINARY_STEM = 1 << 24 /* of the stem of such a word */
};

enum unit {
    UNIT_NONE,
    UNIT_PERCENT,
    UNIT_SECONDS,
    UNIT_MONTHS,
    UNIT_METRES,
    UNIT_MILES,
    UNIT_FEET,
    UNIT_INCHES,
    UNIT_GRAMS,
    UNIT_POUNDS_MASS,
    UNIT_LITRES,
    UNIT_BYTES,
    UNIT_DEGREES,
    UNIT_WATTS,
    UNIT_HERTZ,
    UNIT_MONEY /* from here on; the currency is added */
};

struct lex_value {
    double value; /* of a number; the factor of a unit */
    int unit;
};

struct lexicon {
    struct lex_slot *slots; /* owned */
    size_t mask;
};

BASE_NODISCARD ingle_status lexicon_new(struct lexicon *l, ingle_error *err);
void lexicon_clear(struct lexicon *l);
uint32_t lexicon_classes(const struct lexicon *l, uint64_t word);
struct lex_value lexicon_value(const struct lexicon *l, uint64_t word, enum lex_class which);
bool lexicon_is_currency(uint32_t symbol, int *unit); /* "$", "€" ... */
const char *unit_name(int unit);

/* ---- tokens (faithful_token.c) ---- */

enum tok_kind {
    TOK_WORD,   /* letters, with apostrophes inside; U.S. */
    TOK_NUMBER, /* digits, with points and commas inside */
    TOK_CODE,   /* letters and digits, versions: GPT4, v1.2.3, 192.168.0.1 */
    TOK_ADDRESS,
    TOK_SYMBOL
};

enum tok_flags {
    TOK_STARTS = 1 << 0, /* a sentence */
    TOK_AFTER_BLANK = 1 << 1,
    TOK_CAPITAL = 1 << 2,  /* the first letter is upper case */
    TOK_CAPITALS = 1 << 3, /* all are, two at least */
    TOK_CAMEL = 1 << 4,    /* upper case after lower case */
    TOK_ON_TITLE = 1 << 5, /* in a heading or a line whose words are capitalised */
    TOK_LINE = 1 << 6,     /* the first of its line */
    TOK_USED = 1 << 7,     /* part of a date, number or code that is dealt with */
    TOK_OWNER = 1 << 8,    /* 's was taken off */
    TOK_MARKED = 1 << 9,   /* foreign letters; or the tagger says that it is a name */
    TOK_INITIAL = 1 << 10, /* J. */
    TOK_NOT = 1 << 11,     /* ends in n't */
    TOK_OPENS = 1 << 12,   /* a quotation mark that opens */
    TOK_CLOSES = 1 << 13   /* or closes */
};

struct tok {
    size_t from, to;   /* bytes of the text */
    uint64_t word;     /* of the folded letters (digits); 0 for a symbol */
    uint64_t stem;     /* of the word without its endings */
    uint64_t root;     /* of a name without what makes it an adjective */
    uint64_t singular; /* without a final s */
    uint32_t classes;
    uint32_t symbol; /* the character of a SYMBOL */
    uint16_t flags;
    uint8_t kind;
    uint8_t n_letters;
    char initial; /* folded */
};

struct toks {
    struct tok *items; /* owned */
    size_t n, cap;
};

bool char_is_letter(uint32_t c); /* or a sign that goes as one, of any script */
bool char_is_blank(uint32_t c);

uint64_t word_hash(const char *folded, size_t len);
uint64_t word_stem(char *w, size_t len); /* shortens w, which is folded */

/* Of text[from..to), folded: without blanks and hyphens, but in addresses. */
uint64_t code_hash(const char *text, size_t from, size_t to, bool is_address);

/* Appends the tokens of text[from..to). False: no memory. */
BASE_NODISCARD bool tokens_cut(struct toks *out, const struct lexicon *l, const char *text,
                               size_t from, size_t to);

/* ---- quotation marks (faithful_quote.c) ---- */

bool quote_is_double(uint32_t c);

/* Sets whether a mark of text[from..to) opens a quotation or closes one. Mostly where it stands
 * says so, as writers mix the marks; where that says nothing, whether one is open: *open is the
 * double mark that is, or 0. */
void quote_mark(struct tok *t, const char *text, size_t from, size_t to, uint32_t *open);

/* ---- what a source says (faithful_set.c) ---- */

enum key_class {
    KEY_NUMBER = 1,
    KEY_BARE, /* a number without a unit */
    KEY_ROUND,
    KEY_ORDINAL,
    KEY_UNIT,
    KEY_MENTION, /* a unit, somewhere */
    KEY_DECADE,
    KEY_CENTURY,
    KEY_DATE,
    KEY_DATE_OPEN, /* month and day of a date without a year */
    KEY_WEEKDAY,
    KEY_TIME,
    KEY_WORD,
    KEY_LOWER, /* a word that is written in lower case somewhere */
    KEY_ROOT,
    KEY_ACRONYM,
    KEY_PAIR,    /* two names near each other */
    KEY_INITIAL, /* an initial and the name after it */
    KEY_CODE,
    KEY_NUMBERED /* a capitalised word with a number behind it: "Table 3"; and that it has any */
};

struct key_set {
    uint64_t *slots; /* owned; 0 = empty */
    size_t n, cap;
    uint64_t seed;
    bool failed;
};

uint64_t key_of(enum key_class which, uint64_t a, uint64_t b);
uint64_t key_of_number(enum key_class which, double value, int unit);
void key_set_add(struct key_set *s, uint64_t key);
bool key_set_has(const struct key_set *s, uint64_t key);
void key_set_clear(struct key_set *s);

/* What language a text is in, as far as it matters: English or not. */
struct tally {
    size_t n_words, n_english, n_foreign;
};

void tally_word(struct tally *tally, const struct tok *t);
bool faithful_is_english(const struct tally *tally);

/* A stem in a sentence of the source. */
struct posting {
    uint32_t stem;
    uint32_t sentence; /* times four; bit 0: it is denied there; bit 1: the sentence denies */
};

struct faithful_source {
    struct lexicon lexicon;
    struct key_set keys;
    const ingle_pack *tagger;
    uint32_t *words; /* [n_words] all words in order, for quotations */
    char *initials;  /* [n_words] their first letters; '.' between sentences, upper case for
                        words that an acronym may leave out */
    size_t n_words, words_cap;
    struct posting *postings; /* sorted by stem when is_sorted */
    size_t n_postings, postings_cap;
    struct denials *denials; /* [n_sentences] */
    size_t n_sentences, denials_cap;
    bool is_sorted;
    bool is_english;
    struct tally tally;
};

/* ---- facts ---- */

struct fact {
    enum faithful_kind kind;
    size_t from, to;
    /* NUMBER, AMOUNT */
    double values[4]; /* readings: of 1.200, 1.2 and 1200 */
    size_t n_values;
    int unit;
    double factor;
    bool is_hedged, is_ordinal, is_decade, is_century, from_words;
    /* DATE: 0 = not said. The other reading of 3/4/2024 is day/month swapped. */
    int year, month, day, weekday;
    bool may_swap;
    /* TIME: minutes of the day */
    int minutes, other_minutes; /* -1 = none */
    /* NAME, ADDRESS */
    uint64_t word;
};

/* Where a number, date or time stands, for comparing sentences: one for each of its readings. */
struct mark {
    size_t from, to;
    uint32_t hash;
    enum faithful_kind kind;
};

/* How much a sentence of the source denies. */
struct denials {
    uint16_t n_negators, n_negative;
};

/* One text on its way through. */
struct reading {
    struct faithful_source *source;
    struct faithful_report *report; /* NULL: the text is (part of) the source */
    const char *text;
    size_t len;
    struct toks toks;   /* of the present piece */
    struct mark *marks; /* owned; of the present piece */
    size_t n_marks, marks_cap;
    struct key_set seen;     /* output: words that are capitalised within sentences */
    bool is_english;         /* the output and the source */
    bool failed;             /* out of memory */
    struct posting *matches; /* owned; room for faithful_sentence.c */
};

static inline bool reading_gives(const struct reading *r) {
    return r->report == NULL;
}

/* Of a source: keeps the fact and returns false. Of an output: whether the source has it. For
 * readings after which others are tried. */
bool fact_offer(struct reading *r, const struct fact *f);

/* Of a source: keeps it. Of an output: reports it if the source does not have it. */
void fact_state(struct reading *r, const struct fact *f);

void report_add(struct reading *r, enum faithful_kind kind, size_t from, size_t to,
                const char *normal);

/* The stems of the source: sorts them before an output is looked at. */
void source_sort(struct faithful_source *s);
bool source_has_stem(const struct faithful_source *s, uint64_t stem);

void read_dates(struct reading *r);
void read_numbers(struct reading *r);
void read_names(struct reading *r);
void read_quotes(struct reading *r);

/* Whether the capitalised word i, which begins a sentence or stands in a title, is a name
 * (faithful_first.c). */
bool first_is_name(const struct reading *r, size_t i);

void read_sentences(struct reading *r);

static inline const struct tok *tok_at(const struct reading *r, size_t i) {
    return i < r->toks.n ? &r->toks.items[i] : NULL;
}
static inline bool tok_is(const struct tok *t, uint32_t symbol) {
    return t && t->kind == TOK_SYMBOL && t->symbol == symbol;
}
static inline bool tok_has(const struct tok *t, uint32_t classes) {
    return t && (t->classes & classes) != 0;
}
static inline bool tok_is_capital(const struct tok *t) {
    return t && t->kind == TOK_WORD && (t->flags & (TOK_CAPITAL | TOK_CAMEL));
}
static inline bool tok_is_day_or_month(const struct tok *t) {
    return tok_has(t, LEX_MONTH | LEX_WEEKDAY);
}
/* Nothing but the token before stands before t. */
static inline bool tok_touches(const struct tok *t) {
    return t && !(t->flags & TOK_AFTER_BLANK);
}
bool tok_word_is(const struct tok *t, const char *folded);
/* "-", or one of the dashes. */
static inline bool tok_is_dash(const struct tok *t) {
    return tok_is(t, '-') || tok_is(t, 0x2013) || tok_is(t, 0x2014) || tok_is(t, 0x2011) ||
           tok_is(t, 0x2212);
}
/* A number that is nothing but n_min to n_max digits: its value, else -1. */
int tok_plain_int(const struct reading *r, const struct tok *t, int n_min, int n_max);
/* Marks tokens i..j-1. */
void toks_use(struct reading *r, size_t i, size_t j);

#endif
