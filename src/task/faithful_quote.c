/* Quotations: what stands between quotation marks is to stand so in the source. */
#include <string.h>

#include "base/compiler.h"
#include "base/utf8.h"
#include "task/faithful_internal.h"

/* ---- the marks ---- */

bool quote_is_double(uint32_t c) {
    return c == '"' || (c >= 0x201c && c <= 0x201f) || c == 0xab || c == 0xbb;
}

static bool is_single(uint32_t c) {
    return c == '\'' || (c >= 0x2018 && c <= 0x201b) || c == 0x2039 || c == 0x203a;
}

/* What stands around a quotation mark: whether what is before leaves room for a word to begin, and
 * whether what is after may begin it. */
struct around {
    bool blank_before, opens_before, opens_after;
    uint32_t before, after; /* 0 = none */
};

static uint32_t char_before(const char *text, size_t from, size_t at) {
    if (at == from) return 0;
    size_t n, to = at--;
    while (at > from && ((unsigned char)text[at] & 0xc0) == 0x80) at--;
    return utf8_next(text + at, to - at, &n);
}

static struct around look_around(const struct tok *t, const char *text, size_t from, size_t to) {
    struct around a = {.before = char_before(text, from, t->from)};
    size_t n;
    if (t->to < to) a.after = utf8_next(text + t->to, to - t->to, &n);
    uint32_t before = a.before;
    a.blank_before = before == 0 || char_is_blank(before);
    a.opens_before = a.blank_before || (before < 0x80 && strchr("([{-:/=*_>#", (int)before)) ||
                     before == 0x2013 || before == 0x2014 || quote_is_double(before) ||
                     is_single(before);
    bool is_mark = quote_is_double(a.after) || is_single(a.after);
    a.opens_after = a.after && !char_is_blank(a.after) && !(is_mark && !a.opens_before) &&
                    !(a.after < 0x80 && strchr(".,;:!?)]}", (int)a.after));
    return a;
}

static bool double_opens(uint32_t s, uint32_t open, const struct around *a) {
    if (s == '"') {
        if (open) return a->blank_before && a->opens_after;
        return a->opens_before || a->opens_after;
    }
    if (s == 0x201c) return open != 0x201e; /* German ones close so */
    if (s == 0xab) return open != 0xbb;
    if (s == 0x201d || s == 0xbb) return !open && a->blank_before && a->opens_after;
    return true;
}

void quote_mark(struct tok *t, const char *text, size_t from, size_t to, uint32_t *open) {
    uint32_t s = t->symbol;
    if (!quote_is_double(s) && !is_single(s)) return;
    struct around a = look_around(t, text, from, to);
    if (quote_is_double(s)) {
        if (!*open && a.before >= '0' && a.before <= '9') return; /* inches */
        bool opens = double_opens(s, *open, &a);
        t->flags |= opens ? TOK_OPENS : TOK_CLOSES;
        *open = opens ? s : 0;
    } else if (a.opens_before && a.opens_after) {
        /* Between blank and letter an apostrophe may stand for letters left out. */
        if (s != 0x2019 && s != 0x203a && char_is_letter(a.after)) t->flags |= TOK_OPENS;
    } else if (!a.blank_before && !a.opens_after) {
        t->flags |= TOK_CLOSES;
    }
}

/* ---- whether the source has it ---- */

/* Whether the n words from token i on (to token end) stand in a row in the source. */
static bool has_row(const struct reading *r, size_t i, size_t end) {
    const struct faithful_source *s = r->source;
    uint32_t row[256];
    size_t n = 0;
    for (; i < end && n < BASE_COUNT(row); i++) {
        if (r->toks.items[i].kind != TOK_SYMBOL) row[n++] = (uint32_t)r->toks.items[i].word;
    }
    if (n == 0) return true;
    for (size_t at = 0; at < s->n_words; at++) {
        if (s->words[at] != row[0]) continue;
        size_t k = 0;
        for (size_t j = at; j < s->n_words && k < n; j++) {
            if (s->initials[j] == '.' && s->words[j] == 0) continue; /* between sentences */
            if (s->words[j] != row[k]) break;
            k++;
        }
        if (k == n) return true;
    }
    return false;
}

static bool is_elision(const struct reading *r, size_t i) {
    return tok_is(tok_at(r, i), 0x2026) || tok_is(tok_at(r, i), '[') ||
           (tok_is(tok_at(r, i), '.') && tok_is(tok_at(r, i + 1), '.'));
}

static void check_quote(struct reading *r, size_t from, size_t to) {
    size_t n_words = 0;
    for (size_t i = from; i < to; i++) n_words += r->toks.items[i].kind != TOK_SYMBOL;
    if (n_words < 3) return;
    r->report->n_checked++;
    bool found = true;
    size_t part = from;
    for (size_t i = from; i <= to && found; i++) {
        if (i < to && !is_elision(r, i)) continue;
        found = has_row(r, part, i);
        part = i + 1;
    }
    if (!found) {
        report_add(r, FAITHFUL_QUOTE, r->toks.items[from].from, r->toks.items[to - 1].to,
                   "a quotation");
    }
}

/* ---- where quotations begin and end ---- */

/* 'em, 'tis: what stands before the letters is no quotation mark. */
static bool is_shortened(const struct tok *t) {
    static const char *const words[] = {"em", "tis",  "twas", "til", "till", "cause",
                                        "n",  "bout", "s",    "im",  "round"};
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        if (tok_word_is(t, words[i])) return true;
    }
    return false;
}

/* The mark that closes what the one at i opens; 0: none does before the next one opens, or the
 * piece ends. The ' of "the boys' toys" closes only if none comes behind it. */
static size_t find_close(const struct reading *r, size_t i, size_t *stop) {
    bool single = is_single(r->toks.items[i].symbol);
    size_t close = 0, k = i + 1;
    for (; k < r->toks.n; k++) {
        const struct tok *t = &r->toks.items[k];
        if (t->kind != TOK_SYMBOL || !(t->flags & (TOK_OPENS | TOK_CLOSES))) continue;
        if (is_single(t->symbol) != single) continue;
        if (t->flags & TOK_OPENS) break;
        close = k;
        if (!single || t[-1].kind != TOK_WORD || r->text[t[-1].to - 1] != 's') break;
    }
    *stop = k;
    return close;
}

/* The end of the sentence that token i is in, not after `stop`. */
static size_t sentence_end(const struct reading *r, size_t i, size_t stop) {
    size_t k = i + 1;
    while (k < stop && !(r->toks.items[k].flags & TOK_STARTS)) k++;
    return k;
}

/* A mark that closes what none opens: the three words before it are judged, as the quotation has no
 * fewer. */
static void check_before(struct reading *r, size_t i) {
    size_t from = i, n = 0;
    for (; from > 0 && n < 3; from--) {
        const struct tok *t = &r->toks.items[from - 1];
        if (t->flags & (TOK_OPENS | TOK_CLOSES)) break;
        n += t->kind != TOK_SYMBOL;
        if (t->kind != TOK_SYMBOL && (t->flags & TOK_STARTS)) {
            from--;
            break;
        }
    }
    check_quote(r, from, i);
}

void read_quotes(struct reading *r) {
    if (reading_gives(r)) return;
    size_t judged = 0, stop; /* double quotations up to there */
    for (size_t i = 0; i < r->toks.n; i++) {
        const struct tok *t = &r->toks.items[i], *next = tok_at(r, i + 1);
        bool is_mark = t->kind == TOK_SYMBOL && (t->flags & (TOK_OPENS | TOK_CLOSES));
        if (!is_mark || (is_single(t->symbol) && is_shortened(next))) continue;
        if (t->flags & TOK_OPENS) {
            size_t close = find_close(r, i, &stop);
            if (close == 0) close = sentence_end(r, i + 1, stop);
            if (close > i + 1 && close <= r->toks.n) check_quote(r, i + 1, close);
            if (!is_single(t->symbol)) judged = close;
        } else if (!is_single(t->symbol) && i > judged) {
            check_before(r, i);
        }
    }
}
