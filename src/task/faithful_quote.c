/* Quotations: what stands between quotation marks is to stand so in the source. */
#include "base/compiler.h"
#include "task/faithful_internal.h"

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

void read_quotes(struct reading *r) {
    if (reading_gives(r)) return;
    size_t open = 0;
    uint32_t wanted = 0;
    for (size_t i = 0; i < r->toks.n; i++) {
        const struct tok *t = &r->toks.items[i];
        if (t->kind != TOK_SYMBOL) continue;
        if (wanted && t->symbol == wanted) {
            if (i > open + 1) check_quote(r, open + 1, i);
            wanted = 0;
        } else if (t->symbol == 0x201c || t->symbol == '"' || t->symbol == 0x201e) {
            wanted = t->symbol == '"' ? '"' : t->symbol == 0x201c ? 0x201d : 0x201c;
            open = i;
        }
    }
}
