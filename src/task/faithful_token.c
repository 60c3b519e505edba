/* A text into tokens, each with what its shape says. */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "task/faithful_internal.h"

#define MAX_FOLDED 64 /* bytes of a word that count */

/* What the letters from U+00C0 to U+017F are without their marks, two bytes each. */
static const char latin[] = "A A A A A A AEC E E E E I I I I D N O O O O O * O U U U U Y THss"
                            "a a a a a a aec e e e e i i i i d n o o o o o * o u u u u y thy "
                            "A a A a A a C c C c C c C c D d D d E e E e E e E e E e G g G g G g G "
                            "g H h H h I i I i I i I i "
                            "I i IJijJ j K k k L l L l L l L l L l N n N n N n n N n O o O o O o "
                            "OEoeR r R r R r S s S s S s "
                            "S s T t T t T t U u U u U u U u U u U u W w Y y Y Z z Z z Z z s ";

uint64_t word_hash(const char *folded, size_t len) {
    return hash_bytes(0x696e676c65, folded, len) | 1;
}

static bool is_digit(uint32_t c) {
    return c >= '0' && c <= '9';
}

static bool is_ascii_letter(uint32_t c) {
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Letters, or signs that go as letters, of any script. */
bool char_is_letter(uint32_t c) {
    if (c < 0x80) return is_ascii_letter(c);
    if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
    if (c == 0xd7 || c == 0xf7) return false;
    if (c >= 0x2000 && c < 0x2c00) return false; /* punctuation, symbols, arrows */
    if (c >= 0x3000 && c < 0x3040) return false;
    if (c >= 0xfe00 && c < 0xfe10) return false;
    if (c >= 0xff00 && c < 0xff21) return false;
    return c < 0x1f000 && c != 0xfffd && c != 0xfeff;
}

bool char_is_blank(uint32_t c) {
    return c == ' ' || (c >= 9 && c <= 13) || c == 0xa0 || c == 0x3000 ||
           (c >= 0x2000 && c <= 0x200b) || c == 0x202f || c == 0xfeff || c == 0x2028 || c == 0x2029;
}

static bool is_upper(uint32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z';
    if (c < 0x180) return c >= 0xc0 && c != 0xd7 && latin[2 * (c - 0xc0)] < 'a' && c != 0xdf;
    return (c >= 0x391 && c <= 0x3a9) || (c >= 0x400 && c <= 0x42f) || (c >= 0x531 && c <= 0x556);
}

static size_t fold_char(char *out, uint32_t c) {
    if (c < 0x80) {
        out[0] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        return 1;
    }
    if (c >= 0x300 && c < 0x370) return 0; /* marks on the letter before */
    if (c >= 0xc0 && c < 0x180) {
        const char *base = latin + 2 * (c - 0xc0);
        out[0] = (char)(base[0] | 32);
        if (base[1] == ' ') return 1;
        out[1] = (char)(base[1] | 32);
        return 2;
    }
    if (c >= 0x391 && c <= 0x3a9) c += 32;
    if (c >= 0x410 && c <= 0x42f) c += 32;
    if (c >= 0x400 && c <= 0x40f) c += 80;
    return utf8_put(out, c);
}

static bool ends(const char *word, size_t len, const char *end) {
    size_t n = strlen(end);
    return len > n && memcmp(word + len - n, end, n) == 0;
}

/* Endings, the longest first; what is left has at least three letters. */
uint64_t word_stem(char *w, size_t len) {
    static const char *const endings[] = {"ational", "ations", "ation", "ments", "ment", "ingly",
                                          "ings",    "ions",   "ing",   "ies",   "ion",  "als",
                                          "ers",     "ors",    "ed",    "es",    "al",   "er",
                                          "or",      "ly",     "s",     "e",     "y"};
    for (size_t i = 0; i < BASE_COUNT(endings); i++) {
        size_t n = strlen(endings[i]);
        if (len < n + 3 || !ends(w, len, endings[i])) continue;
        if (n == 1 && endings[i][0] == 's' && (ends(w, len, "ss") || ends(w, len, "us"))) continue;
        len -= n;
        if (n == 3 && endings[i][1] == 'e' && endings[i][0] == 'i') w[len++] = 'i';
        break;
    }
    if (len > 3 && w[len - 1] == w[len - 2]) len--;
    while (len > 3 && (w[len - 1] == 'e' || w[len - 1] == 'i')) len--;
    return word_hash(w, len);
}

/* A name without what makes it an adjective: "Canadian" and "Canada" are one. */
static uint64_t name_root(const char *w, size_t len) {
    static const char *const endings[] = {"ians", "ian", "eans", "ean", "ans", "an", "ese", "ists",
                                          "ist",  "ism", "ic",   "ish", "is",  "es", "s"};
    for (size_t i = 0; i < BASE_COUNT(endings); i++) {
        size_t n = strlen(endings[i]);
        if (len < n + 4 || !ends(w, len, endings[i])) continue;
        len -= n;
        break;
    }
    while (len > 4 && strchr("aeiouy", w[len - 1])) len--;
    return word_hash(w, len);
}

/* ---- the cutter ---- */

struct cutter {
    const struct lexicon *l;
    const char *text;
    size_t to; /* the end of the piece */
    bool starts, after_blank, is_line;
    uint32_t quote; /* the double mark that is open; 0 = none */
};

static uint32_t char_at(const struct cutter *c, size_t at, size_t *n) {
    size_t dummy;
    if (at >= c->to) return 0;
    return utf8_next(c->text + at, c->to - at, n ? n : &dummy);
}

static bool is_apostrophe(uint32_t c) {
    return c == '\'' || c == 0x2019;
}

/* Folds text[from..to), without apostrophes and points, and sets what the letters say. */
static size_t fold_word(const struct cutter *c, struct tok *t, char *folded) {
    size_t len = 0, n, n_letters = 0, n_upper = 0;
    bool last_lower = false;
    for (size_t at = t->from; at < t->to; at += n) {
        uint32_t ch = utf8_next(c->text + at, t->to - at, &n);
        if (is_apostrophe(ch) || ch == '.') continue;
        bool upper = is_upper(ch);
        if (n_letters == 0 && upper) t->flags |= TOK_CAPITAL;
        if (last_lower && upper) t->flags |= TOK_CAMEL;
        if (ch >= 0x80 && char_is_letter(ch)) t->flags |= TOK_MARKED;
        last_lower = !upper && char_is_letter(ch);
        n_letters++;
        n_upper += upper;
        if (len + 4 < MAX_FOLDED) len += fold_char(folded + len, ch);
    }
    if (n_upper >= 2 && n_upper == n_letters - 1 && folded[len - 1] == 's') len--; /* GPUs */
    if (n_upper >= 2 && n_upper + 1 >= n_letters &&
        (n_upper == n_letters || !last_lower || c->text[t->to - 1] == 's')) {
        t->flags = (uint16_t)((t->flags | TOK_CAPITALS) & ~TOK_CAMEL);
    }
    t->n_letters = (uint8_t)(n_letters > 255 ? 255 : n_letters);
    return len;
}

/* The possessive goes, "n't" is noted. */
static void take_off_endings(const struct cutter *c, struct tok *t) {
    size_t len = t->to - t->from;
    const char *w = c->text + t->from;
    size_t mark = len >= 3 && (unsigned char)w[len - 2] == 0x99 && (w[len - 1] | 32) == 's' ? 4
                  : len >= 2 && w[len - 2] == '\'' && (w[len - 1] | 32) == 's'              ? 2
                                                                                            : 0;
    if (mark && len > mark) {
        t->flags |= TOK_OWNER;
        t->to -= mark;
    }
    if (len > 3 && (w[len - 1] | 32) == 't' &&
        ((w[len - 2] == '\'' && (w[len - 3] | 32) == 'n') ||
         (len > 5 && (unsigned char)w[len - 2] == 0x99 && (w[len - 5] | 32) == 'n'))) {
        t->flags |= TOK_NOT;
    }
}

static void finish_word(const struct cutter *c, struct tok *t) {
    char folded[MAX_FOLDED];
    size_t full = t->to;
    take_off_endings(c, t);
    size_t len = fold_word(c, t, folded);
    t->to = full; /* the token's bytes are all of it */
    t->word = word_hash(folded, len);
    t->initial = len > 0 ? folded[0] : 0;
    t->classes = lexicon_classes(c->l, t->word);
    t->root = len >= 4 ? name_root(folded, len) : t->word;
    bool plural = len > 3 && folded[len - 1] == 's' && folded[len - 2] != 's';
    t->singular = plural ? word_hash(folded, len - 1) : t->word;
    t->stem = word_stem(folded, len);
}

uint64_t code_hash(const char *text, size_t from, size_t to, bool is_address) {
    char folded[4 * MAX_FOLDED];
    size_t len = 0, n;
    for (size_t at = from; at < to && len + 4 < sizeof folded; at += n) {
        uint32_t ch = utf8_next(text + at, to - at, &n);
        if (is_address || (ch != '-' && !char_is_blank(ch))) len += fold_char(folded + len, ch);
    }
    return word_hash(folded, len);
}

static void finish_code(const struct cutter *c, struct tok *t) {
    t->word = code_hash(c->text, t->from, t->to, t->kind == TOK_ADDRESS);
    t->stem = t->root = t->singular = t->word;
    t->initial = (char)(c->text[t->from] | 32);
    size_t dummy;
    if (is_upper(char_at(c, t->from, &dummy))) t->flags |= TOK_CAPITAL;
    t->n_letters = (uint8_t)(t->to - t->from > 255 ? 255 : t->to - t->from);
}

/* An address: a run without blanks that has a scheme, an @ or a path in it, or ends as files do. */
static size_t address_end(const struct cutter *c, size_t from) {
    static const char *const endings[] = {"pdf", "txt", "docx", "xlsx", "html", "json", "yaml",
                                          "csv", "png", "jpg",  "toml", "zip",  "com",  "org",
                                          "net", "edu", "gov",  "io",   "py",   "rs",   "js",
                                          "cpp", "md",  "dev",  "uk",   "de",   "pt",   "fr"};
    size_t at = from, n_at = 0;
    bool has_scheme = false, slash = c->text[from] == '/' || c->text[from] == '~';
    while (at < c->to) {
        unsigned char b = (unsigned char)c->text[at];
        if (b <= ' ' || b >= 0x80 || strchr("<>\"(){}[]|\\^`,;", b)) break;
        if (b == '@' && at > from) n_at++;
        if (b == ':' && at + 2 < c->to && c->text[at + 1] == '/' && c->text[at + 2] == '/') {
            has_scheme = true;
        }
        at++;
    }
    while (at > from && strchr(".:!?'*_", c->text[at - 1])) at--;
    size_t len = at - from;
    const char *w = c->text + from;
    if (len < 3) return from;
    bool is_inside =
        from > 0 && (is_ascii_letter((unsigned char)w[-1]) || is_digit((unsigned char)w[-1]));
    if (is_inside && !is_ascii_letter((unsigned char)w[0])) return from;
    if (has_scheme || (n_at == 1 && memchr(w, '.', len))) return at;
    if (w[0] == '@' && (is_ascii_letter((unsigned char)w[1]) || w[1] == '_')) return at;
    if (slash && memchr(w + 1, '/', len - 1) && len > 3) return at;
    if (len > 4 && memcmp(w, "www.", 4) == 0) return at;
    /* example.com/a, src/main.c */
    const char *path = memchr(w, '/', len);
    size_t dot = len, host = path ? (size_t)(path - w) : len;
    while (dot > 0 && w[dot - 1] != '.' && w[dot - 1] != '/') dot--;
    if (!is_ascii_letter((unsigned char)w[0])) return from;
    if (path && dot >= 2 && w[dot - 1] == '.' && len - dot <= 4 && w[dot - 2] != '/') return at;
    len = dot = host;
    while (dot > 0 && w[dot - 1] != '.') dot--;
    if (dot < 2 || len - dot > 4) return from;
    for (size_t i = 0; i < BASE_COUNT(endings); i++) {
        if (strlen(endings[i]) == len - dot && memcmp(w + dot, endings[i], len - dot) == 0) {
            return at;
        }
    }
    return from;
}

/* Digits with points and commas (and ' in thousands) between digits. */
static size_t number_end(const struct cutter *c, size_t at) {
    size_t n, next;
    while (at < c->to) {
        uint32_t ch = char_at(c, at, &n);
        if (is_digit(ch)) {
            at += n;
            continue;
        }
        if (ch != '.' && ch != ',' && !is_apostrophe(ch)) break;
        if (at + n >= c->to || !is_digit(char_at(c, at + n, &next))) break;
        at += n;
    }
    return at;
}

/* Letters right behind digits that leave them a number: units, ordinals, am, k. */
static bool may_follow_digits(const struct cutter *c, size_t from, size_t to) {
    static const char *const known[] = {"st", "nd", "rd", "th", "s", "k", "m", "b",
                                        "bn", "am", "pm", "x",  "h", "t", "z", "mn"};
    char folded[16];
    size_t len = to - from;
    if (len == 0 || len >= sizeof folded) return false;
    for (size_t i = 0; i < len; i++) folded[i] = (char)(c->text[from + i] | 32);
    for (size_t i = 0; i < BASE_COUNT(known); i++) {
        if (strlen(known[i]) == len && memcmp(known[i], folded, len) == 0) return true;
    }
    return (lexicon_classes(c->l, word_hash(folded, len)) & (LEX_UNIT | LEX_SCALE)) != 0;
}

static size_t letters_end(const struct cutter *c, size_t at) {
    while (at < c->to && is_ascii_letter((unsigned char)c->text[at])) at++;
    return at;
}

static void cut_number(const struct cutter *c, struct tok *t) {
    t->to = number_end(c, t->from);
    size_t letters = letters_end(c, t->to);
    bool digit_after = letters < c->to && is_digit((unsigned char)c->text[letters]);
    size_t n_dots = 0, n_commas = 0;
    for (size_t i = t->from; i < t->to; i++) {
        n_dots += c->text[i] == '.';
        n_commas += c->text[i] == ',';
    }
    t->kind = TOK_NUMBER;
    if (letters > t->to && digit_after && letters - t->to == 1 &&
        (c->text[t->to] == 'T' || (c->text[t->to] | 32) == 'h')) {
        return; /* 2024-03-05T10:00, 10h30 */
    }
    if (letters > t->to && (digit_after || !may_follow_digits(c, t->to, letters))) {
        while (letters < c->to && (is_ascii_letter((unsigned char)c->text[letters]) ||
                                   is_digit((unsigned char)c->text[letters]))) {
            letters++;
        }
        t->to = letters;
        t->kind = TOK_CODE;
    } else if (n_dots >= 2 && n_commas == 0) {
        size_t groups_of_3 = 0, run = 0, others = 0;
        for (size_t i = t->from; i <= t->to; i++) {
            if (i < t->to && c->text[i] != '.') {
                run++;
                continue;
            }
            groups_of_3 += run == 3;
            others += run != 3;
            run = 0;
        }
        if (others > 1 || groups_of_3 < n_dots) t->kind = TOK_CODE;
    }
}

/* A word; one with digits in it is a code, one of letters with points between an abbreviation. */
static void cut_word(const struct cutter *c, struct tok *t) {
    size_t at = t->from, n = 0, next = 0;
    bool has_digit = false;
    while (at < c->to) {
        uint32_t ch = char_at(c, at, &n);
        if (char_is_letter(ch)) {
            at += n;
        } else if (is_digit(ch)) {
            has_digit = true;
            at = number_end(c, at);
        } else if (is_apostrophe(ch) && at + n < c->to &&
                   char_is_letter(char_at(c, at + n, &next))) {
            at += n;
        } else if (ch == '_' && at + 1 < c->to && char_is_letter(char_at(c, at + n, &next))) {
            has_digit = true;
            at += n;
        } else {
            break;
        }
    }
    t->to = at;
    t->kind = has_digit ? TOK_CODE : TOK_WORD;
    if (at - t->from != 1 || has_digit || at >= c->to || c->text[at] != '.') return;
    while (at + 2 < c->to && c->text[at] == '.' &&
           is_ascii_letter((unsigned char)c->text[at + 1]) && c->text[at + 2] == '.') {
        at += 2;
    }
    if (at > t->to) {
        t->to = at + 1 < c->to && c->text[at] == '.' ? at + 1 : at;
        return;
    }
    size_t behind = at + 1;
    while (behind < c->to && c->text[behind] == ' ') behind++;
    if (is_upper((unsigned char)c->text[t->from]) && behind > at + 1 && behind < c->to &&
        is_upper(char_at(c, behind, NULL))) {
        t->to = at + 1;
        t->flags |= TOK_INITIAL;
    }
}

static bool ends_sentence(const struct toks *toks, uint32_t symbol) {
    if (symbol == '!' || symbol == '?' || symbol == 0x2026) return true;
    if (symbol != '.') return false;
    const struct tok *before = toks->n >= 2 ? &toks->items[toks->n - 2] : NULL;
    return !before || !(before->classes & LEX_ABBREV) || !(before->flags & TOK_CAPITAL) ||
           before->n_letters > 4;
}

/* What stands between a sentence's end and the next one's first word, or opens something that may
 * begin with a capital. */
static bool keeps_start(uint32_t c) {
    return c == '"' || c == '\'' || c == '(' || c == '[' || c == '*' || c == '_' || c == '#' ||
           c == '>' || c == '-' || c == '`' || c == 0x201c || c == 0x2018 || c == 0x2022 ||
           c == 0xab || c == ')' || c == 0x201d || c == 0x2019 || c == 0xbb || c == 0x201e ||
           c == 0x201f || c == 0x2039 || c == 0x203a;
}

static bool opens(const struct tok *t) {
    uint32_t c = t->symbol;
    return ((t->flags & TOK_OPENS) && quote_is_double(c)) || c == ':' || c == 0x2022 || c == '|';
}

static bool push(struct toks *toks, const struct tok *t) {
    if (toks->n == toks->cap) {
        size_t cap = toks->cap ? 2 * toks->cap : 256;
        struct tok *items = mem_realloc(toks->items, cap * sizeof *items);
        if (!items) return false;
        toks->items = items;
        toks->cap = cap;
    }
    toks->items[toks->n++] = *t;
    return true;
}

/* One token from t->from on. */
static void cut_one(const struct cutter *c, struct tok *t) {
    assert(t->from < c->to);
    size_t n;
    uint32_t ch = char_at(c, t->from, &n);
    size_t address = is_ascii_letter(ch) || ch == '@' || ch == '/' || ch == '~' || is_digit(ch)
                         ? address_end(c, t->from)
                         : t->from;
    if (address > t->from && (!is_digit(ch) || memchr(c->text + t->from, '@', address - t->from))) {
        t->kind = TOK_ADDRESS;
        t->to = address;
        finish_code(c, t);
    } else if (is_digit(ch)) {
        cut_number(c, t);
        finish_code(c, t);
    } else if (char_is_letter(ch)) {
        cut_word(c, t);
        if (t->kind == TOK_WORD) {
            finish_word(c, t);
        } else {
            finish_code(c, t);
        }
    } else {
        t->kind = TOK_SYMBOL;
        t->symbol = ch;
        t->to = t->from + n;
    }
}

/* A line of three words or more, most of them capitalised, or a heading: capitals say nothing. */
static void mark_title(struct toks *toks, size_t from, bool is_heading) {
    size_t n_long = 0, n_capital = 0;
    for (size_t i = from; i < toks->n; i++) {
        const struct tok *t = &toks->items[i];
        if (t->kind != TOK_WORD || t->n_letters < 4) continue;
        n_long++;
        n_capital += (t->flags & TOK_CAPITAL) != 0;
    }
    if (!is_heading && (n_long < 3 || n_capital * 4 < n_long * 3 || toks->n - from > 30)) return;
    for (size_t i = from; i < toks->n; i++) toks->items[i].flags |= TOK_ON_TITLE;
}

bool tokens_cut(struct toks *out, const struct lexicon *l, const char *text, size_t from,
                size_t to) {
    struct cutter c = {.l = l, .text = text, .to = to, .starts = true, .is_line = true};
    size_t line_from = out->n, line_at = from, n;
    bool is_heading = false;
    for (size_t at = from; at < to;) {
        uint32_t ch = char_at(&c, at, &n);
        if (char_is_blank(ch)) {
            if (ch == '\n') {
                mark_title(out, line_from, is_heading);
                line_from = out->n;
                is_heading = false;
                c.is_line = true;
                /* A line that is not full was broken on purpose. */
                if (at - line_at < 50) c.starts = true;
                line_at = at + 1;
            }
            c.after_blank = true;
            at += n;
            continue;
        }
        struct tok t = {.from = at};
        t.flags = (uint16_t)((c.after_blank ? TOK_AFTER_BLANK : 0) | (c.starts ? TOK_STARTS : 0) |
                             (c.is_line ? TOK_LINE : 0));
        cut_one(&c, &t);
        if (t.kind == TOK_SYMBOL) quote_mark(&t, text, from, to, &c.quote);
        if (!push(out, &t)) return false;
        if (t.kind != TOK_SYMBOL) {
            c.starts = false;
        } else if (ends_sentence(out, t.symbol) || opens(&t)) {
            c.starts = true;
        } else if (c.is_line && strchr("#-*>+|", (int)(t.symbol < 128 ? t.symbol : 1))) {
            c.starts = true;
            is_heading = is_heading || t.symbol == '#';
        } else if (!keeps_start(t.symbol)) {
            c.starts = false;
        }
        c.is_line = false;
        c.after_blank = false;
        at = t.to;
    }
    mark_title(out, line_from, is_heading);
    return true;
}
