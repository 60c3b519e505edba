#include "task/sentence_end.h"

#include <string.h>

#include "base/compiler.h"
#include "base/utf8.h"

enum stop_kind stop_kind(uint32_t c) {
    switch (c) {
    case '.':
        return STOP_DOT;
    case '!':
    case '?':
    case 0x203c: /* double exclamation mark and its like */
    case 0x203d:
    case 0x2047:
    case 0x2048:
    case 0x2049:
    case 0x061f: /* Arabic question mark */
    case 0x06d4: /* Urdu full stop */
    case 0x0589: /* Armenian */
    case 0x0964: /* danda of the scripts of India */
    case 0x0965:
    case 0x1362: /* Ethiopic */
    case 0x1367:
    case 0x17d4: /* Khmer */
    case 0x104b: /* Myanmar */
        return STOP_MARK;
    case 0x2026:
        return STOP_ELLIPSIS;
    case 0x3002: /* ideographic full stop and its wide and half-wide like */
    case 0xff01:
    case 0xff0e:
    case 0xff1f:
    case 0xff61:
        return STOP_WIDE;
    default:
        return STOP_NONE;
    }
}

bool stop_is_closer(uint32_t c) {
    static const uint32_t closers[] = {'"',    '\'',   ')',    ']',    '}',    '*',    '_',
                                       '`',    0xbb,   0x2019, 0x201d, 0x203a, 0x300b, 0x300d,
                                       0x300f, 0x3011, 0x3015, 0xff09, 0xff3d, 0xff5d};
    for (size_t i = 0; i < BASE_COUNT(closers); i++) {
        if (c == closers[i]) return true;
    }
    return false;
}

bool stop_is_small(uint32_t c) {
    if (c < 0x80) return c >= 'a' && c <= 'z';
    if (c >= 0xdf && c <= 0xff) return c != 0xf7;
    if (c >= 0x100 && c <= 0x137) return c & 1;
    return (c >= 0x3ac && c <= 0x3ce) || (c >= 0x430 && c <= 0x45f);
}

/* ---- words ---- */

struct word {
    const char *at;
    size_t len;
};

/* Whether the word, its case aside, is in a list of words between blanks. */
static bool is_in(struct word w, const char *list) {
    char key[16];
    if (w.len == 0 || w.len + 3 > sizeof key) return false;
    key[0] = ' ';
    for (size_t i = 0; i < w.len; i++) {
        char c = w.at[i];
        key[i + 1] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    key[w.len + 1] = ' ';
    key[w.len + 2] = '\0';
    return strstr(list, key) != NULL;
}

/* Never at an end: something always follows. The first only with a capital ("5 ms." may end). */
static const char titles[] =
    " mr mrs ms mx dr prof gen sen rep gov capt cpt lt col maj sgt cmdr adm rev hon pres supt det "
    "insp mt ft fig figs eq eqs ref refs mme mlle sra dra ing nr hr fr ";
static const char before_more[] = " v vs cf viz approx ca pp ed eds trans e.g i.e eg ie resp incl "
                                  "excl est tel op cit z.b d.h u.a "
                                  "bzw ggf bspw v.chr n.chr ";

/* Before a number only. */
static const char before_number[] =
    " no nos nr p pp fig figs eq eqs sec ch vol art jan feb mar apr jun jul aug sep sept oct nov "
    "dec vers ver ";

/* In the middle or at an end: what follows decides. */
static const char either[] =
    " inc ltd co corp bros jr sr esq etc al ave blvd rd st dept univ assn mfg gov't llc plc gmbh "
    "usw min max avg temp ext misc dist ";

/* Words that begin sentences and hardly ever names. */
static const char starters[] =
    " the it he she they we this that these those there in but and however if when a an i you for "
    "as at on then so what why how who where while although after before since to from with by "
    "its his her their our my no not yes all some many most more one two it's i'm don't ";

static const char after_time[] =
    " monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun january "
    "february march april may june july august september october november december est edt pst "
    "pdt cet cest gmt utc bst eastern pacific central ";

static bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ((unsigned char)c & 0x80);
}

/* The word that ends at `end`, dots inside of it included, no further back than `limit`. */
static struct word word_before(const char *text, size_t limit, size_t end) {
    size_t from = end;
    while (from > limit && end - from < 32 &&
           (is_letter(text[from - 1]) || text[from - 1] == '.' || text[from - 1] == '\'')) {
        from--;
    }
    return (struct word){text + from, end - from};
}

static struct word word_at(const char *text, size_t from, size_t limit) {
    size_t to = from;
    while (to < limit && to - from < 32 && (is_letter(text[to]) || text[to] == '\'')) to++;
    return (struct word){text + from, to - from};
}

/* "U.S", "a.m", "Ph.D", but not "main.c": a letter or two between dots. */
static bool has_dots(struct word w) {
    size_t part = 0, n_dots = 0;
    for (size_t i = 0; i < w.len; i++) {
        part = w.at[i] == '.' ? 0 : part + 1;
        n_dots += w.at[i] == '.';
        if (part > 2) return false;
    }
    return n_dots > 0;
}

static bool is_capital(struct word w) {
    size_t n;
    return w.len > 0 && w.at[0] != '.' && !stop_is_small(utf8_next(w.at, w.len, &n));
}

/* One letter, a capital. */
static bool is_initial(struct word w) {
    uint32_t c;
    return w.len > 0 && utf8_take(w.at, w.len, &c) == w.len && is_letter(w.at[0]) &&
           !stop_is_small(c);
}

/* ---- the rules ---- */

/* A sentence that is a number or a letter so far: "1.", "(b)." */
static bool is_only_mark(const char *text, size_t from, size_t to) {
    size_t n = 0;
    for (; from < to; from++) {
        if (text[from] == '(' || text[from] == ')' || text[from] == '*') continue;
        if (++n > 3 || !((text[from] >= '0' && text[from] <= '9') ||
                         (n == 1 && is_letter(text[from]) && text[from] != 'I'))) {
            return false;
        }
    }
    return true;
}

/* "J. Smith", but "vitamin C. The ..." */
static bool initial_ends(const char *text, const struct stop *s, struct word initial,
                         struct word next) {
    size_t from = (size_t)(initial.at - text);
    while (from > s->sentence && is_space(text[from - 1])) from--;
    struct word before = word_before(text, s->sentence, from);
    bool follows_small = before.len > 0 && stop_is_small((unsigned char)before.at[0]);
    if (initial.at[0] == 'I' && follows_small) return true;
    return is_in(next, starters) && before.len > 0;
}

/* Who writes no capitals begins no sentence with one. */
static bool began_small(const char *text, const struct stop *s) {
    size_t n;
    return s->from > s->sentence &&
           stop_is_small(utf8_next(text + s->sentence, s->from - s->sentence, &n));
}

static bool dot_ends(const char *text, const struct stop *s, uint32_t c) {
    struct word word = word_before(text, s->sentence, s->from);
    struct word next = word_at(text, s->next, s->block_end);
    bool next_is_digit = c >= '0' && c <= '9';
    if (is_only_mark(text, s->sentence, s->from)) return false;
    if (is_in(word, before_more) || (is_capital(word) && is_in(word, titles))) return false;
    if (next_is_digit && is_in(word, before_number)) return false;
    if (stop_is_small(c)) {
        return began_small(text, s) && word.len > 1 && !has_dots(word) && !is_in(word, either);
    }
    if (is_in(word, " a.m p.m ")) return !next_is_digit && !is_in(next, after_time);
    if (is_in(word, " etc ")) return true;
    if (is_in(word, either) || has_dots(word)) return is_in(next, starters);
    return !is_initial(word) || initial_ends(text, s, word, next);
}

bool stop_ends_sentence(const char *text, const struct stop *s) {
    if (s->next == s->block_end) return true;
    if (s->kind == STOP_WIDE) return s->has_space || !s->has_closer;
    if (!s->has_space) return false;
    size_t n;
    uint32_t c = utf8_next(text + s->next, s->block_end - s->next, &n);
    if (stop_kind(c) != STOP_NONE || c == ',' || c == ';' || c == ':') return false;
    if (s->kind == STOP_ELLIPSIS || s->n_dots > 1) return !stop_is_small(c);
    if (s->kind == STOP_MARK && stop_is_small(c)) {
        /* "Yahoo! is", "'What?' he said", but "are you there? call me". */
        return !s->has_closer && (text[s->from] != '!' || began_small(text, s));
    }
    if (s->kind == STOP_MARK) return true;
    return dot_ends(text, s, c);
}
