#include "task/digest_words.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"
#include "base/utf8.h"

/* ---- letters ---- */

struct fold {
    uint16_t from, to;
    char base[3];
};

/* Latin letters with accents, of both cases (Unicode 15, blocks Latin-1 Supplement and Latin
 * Extended-A). */
static const struct fold folds[] = {
    {0xc0, 0xc5, "a"},   {0xc6, 0xc6, "ae"},   {0xc7, 0xc7, "c"},   {0xc8, 0xcb, "e"},
    {0xcc, 0xcf, "i"},   {0xd0, 0xd0, "d"},    {0xd1, 0xd1, "n"},   {0xd2, 0xd6, "o"},
    {0xd8, 0xd8, "o"},   {0xd9, 0xdc, "u"},    {0xdd, 0xdd, "y"},   {0xde, 0xde, "th"},
    {0xdf, 0xdf, "ss"},  {0xe0, 0xe5, "a"},    {0xe6, 0xe6, "ae"},  {0xe7, 0xe7, "c"},
    {0xe8, 0xeb, "e"},   {0xec, 0xef, "i"},    {0xf0, 0xf0, "d"},   {0xf1, 0xf1, "n"},
    {0xf2, 0xf6, "o"},   {0xf8, 0xf8, "o"},    {0xf9, 0xfc, "u"},   {0xfd, 0xfd, "y"},
    {0xfe, 0xfe, "th"},  {0xff, 0xff, "y"},    {0x100, 0x105, "a"}, {0x106, 0x10d, "c"},
    {0x10e, 0x111, "d"}, {0x112, 0x11b, "e"},  {0x11c, 0x123, "g"}, {0x124, 0x127, "h"},
    {0x128, 0x131, "i"}, {0x132, 0x133, "ij"}, {0x134, 0x135, "j"}, {0x136, 0x138, "k"},
    {0x139, 0x142, "l"}, {0x143, 0x14b, "n"},  {0x14c, 0x151, "o"}, {0x152, 0x153, "oe"},
    {0x154, 0x159, "r"}, {0x15a, 0x161, "s"},  {0x162, 0x167, "t"}, {0x168, 0x173, "u"},
    {0x174, 0x175, "w"}, {0x176, 0x178, "y"},  {0x179, 0x17e, "z"}, {0x17f, 0x17f, "s"},
};

static bool is_mark(uint32_t c) {
    return c >= 0x300 && c <= 0x36f;
}

/* Writing that sets no spaces between words, so that digits end them: CJK, kana, hangul. */
static bool is_unspaced(uint32_t c) {
    return (c >= 0x2e80 && c < 0x3000) || (c >= 0x3040 && c < 0xa4d0) ||
           (c >= 0xac00 && c < 0xd7b0) || (c >= 0xf900 && c < 0xfb00) || c >= 0x20000;
}

static bool is_letter_of(uint32_t c) {
    if (c < 0x80) return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
    if (c == 0xd7 || c == 0xf7 || c == UTF8_REPLACEMENT) return false;
    if (c >= 0x2000 && c < 0x2c00) return false; /* punctuation, signs, arrows */
    if (c >= 0x3000 && c < 0x3040) return false;
    return !(c >= 0xfe00 && c < 0xfe70) && !(c >= 0xff00 && c < 0xff66) &&
           !(c >= 0x1f000 && c < 0x20000); /* pictures */
}

static bool is_upper_case(uint32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z';
    if (c < 0x100) return c >= 0xc0 && c < 0xdf;
    return (c >= 0x410 && c < 0x430) || (c >= 0x391 && c < 0x3aa);
}

/* One letter or digit; returns its folded length. */
static size_t fold_letter(char *out, uint32_t c) {
    if (c < 0x80) {
        out[0] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        return 1;
    }
    if (is_mark(c)) return 0;
    if (c >= 0x410 && c < 0x430) c += 0x20; /* Cyrillic */
    if (c >= 0x391 && c < 0x3aa) c += 0x20; /* Greek */
    for (size_t i = 0; c < 0x180 && i < BASE_COUNT(folds); i++) {
        if (c < folds[i].from || c > folds[i].to) continue;
        size_t n = strlen(folds[i].base);
        memcpy(out, folds[i].base, n);
        return n;
    }
    return utf8_put(out, c);
}

/* ---- words ---- */

void words_clear(struct words_of *w) {
    mem_free(w->items);
    *w = (struct words_of){0};
}

static struct word *next_word(struct words_of *w) {
    if (w->n == w->cap) {
        size_t cap = w->cap ? 2 * w->cap : 64, size;
        if (!mul_size(&size, cap, sizeof *w->items)) return NULL;
        struct word *items = mem_realloc(w->items, size);
        if (!items) return NULL;
        w->items = items;
        w->cap = cap;
    }
    return &w->items[w->n++];
}

enum char_class { CHAR_NONE, CHAR_LETTER, CHAR_DIGIT, CHAR_UNSPACED };

static enum char_class class_of(uint32_t c) {
    if (c >= '0' && c <= '9') return CHAR_DIGIT;
    if (!is_letter_of(c)) return CHAR_NONE;
    return is_unspaced(c) ? CHAR_UNSPACED : CHAR_LETTER;
}

static bool goes_on(enum char_class before, enum char_class now) {
    if (now == CHAR_NONE) return false;
    return (before == CHAR_UNSPACED) == (now == CHAR_UNSPACED);
}

static void add_letter(struct word *word, uint32_t c, enum char_class class) {
    enum word_kind kind = class == CHAR_DIGIT ? WORD_DIGITS : WORD_LETTERS;
    if (word->len == 0) word->kind = kind;
    if (word->kind != kind && !is_mark(c)) word->kind = WORD_MIXED;
    if (class != CHAR_DIGIT && !is_upper_case(c)) word->is_upper = false;
    char folded[4];
    size_t n = fold_letter(folded, c);
    if (word->n_folded + n >= WORD_FOLDED_MAX) return;
    memcpy(word->folded + word->n_folded, folded, n);
    word->n_folded = (uint8_t)(word->n_folded + n);
}

ingle_status words_split(struct words_of *w, const char *text, size_t len, ingle_error *err) {
    w->n = 0;
    struct word *word = NULL;
    enum char_class before = CHAR_NONE;
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c = utf8_next(text + i, len - i, &n);
        enum char_class class = class_of(c);
        if (!word || !goes_on(before, class)) word = NULL;
        if (!word && class != CHAR_NONE) {
            word = next_word(w);
            if (!word) return status_no_memory(err, "the words", (w->n + 1) * sizeof *word);
            *word = (struct word){.at = (uint32_t)i, .is_upper = true};
        }
        if (word) {
            add_letter(word, c, class);
            word->len = (uint32_t)(i + n) - word->at;
        }
        before = class;
    }
    return INGLE_OK;
}

/* ---- phrases ---- */

void phrases_init(struct phrases *p, const struct phrase *rows, size_t n) {
    assert(n <= PHRASES_MAX);
    *p = (struct phrases){.rows = rows};
    for (size_t i = n; i-- > 0;) {
        uint8_t first = (uint8_t)rows[i].words[0];
        p->next[i] = p->first[first];
        p->first[first] = (uint16_t)(i + 1);
    }
}

/* Words of the phrase if it stands at `at`, else 0. */
static size_t match_row(const char *phrase, const struct words_of *w, size_t at) {
    for (size_t n = 0;; n++) {
        if (at + n >= w->n) return 0;
        const struct word *word = &w->items[at + n];
        size_t i = 0;
        while (phrase[i] != '\0' && phrase[i] != ' ' && phrase[i] != '*') {
            if (i >= word->n_folded || word->folded[i] != phrase[i]) return 0;
            i++;
        }
        if (phrase[i] == '*') {
            i++;
        } else if (i != word->n_folded) {
            return 0;
        }
        if (phrase[i] == '\0') return n + 1;
        phrase += i + 1;
    }
}

size_t phrases_match(const struct phrases *p, const struct words_of *w, size_t at,
                     uint8_t *meaning) {
    size_t longest = 0;
    uint8_t first = (uint8_t)w->items[at].folded[0];
    for (unsigned i = p->first[first]; i; i = p->next[i - 1]) {
        size_t n = match_row(p->rows[i - 1].words, w, at);
        if (n <= longest) continue;
        longest = n;
        *meaning = p->rows[i - 1].meaning;
    }
    return longest;
}
