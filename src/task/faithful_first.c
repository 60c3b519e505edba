/* Whether the first word of a sentence is a name. Its capital says nothing; but its look may, other
 * places of the output, a list of common names, a tagger, the name behind it; and a word that
 * nobody writes small is one. */
#include <string.h>

#include "base/compiler.h"
#include "task/faithful_internal.h"

static bool ends_with(const struct reading *r, const struct tok *t, const char *end) {
    size_t n = strlen(end);
    return t->to - t->from > n + 1 && memcmp(r->text + t->to - n, end, n) == 0;
}

/* By its ending a word that is no name. */
static bool looks_ordinary(const struct reading *r, const struct tok *t) {
    static const char *const endings[] = {
        "izes", "ize",  "ional", "ental", "istic", "emic",  "atory", "ify",   "ifies",
        "ship", "less", "ism",   "ular",  "ology", "wards", "ative", "ly",    "ing",
        "ed",   "ers",  "ors",   "ists",  "tion",  "tions", "ment",  "ments", "ity",
        "ness", "ies",  "ives",  "ive",   "ous",   "ful",   "ants",  "ents",  "ance",
        "ence", "able", "ible",  "ical",  "ures",  "ages",  "ings"};
    if (t->n_letters < 6) return false;
    for (size_t i = 0; i < BASE_COUNT(endings); i++) {
        if (ends_with(r, t, endings[i])) return true;
    }
    return false;
}

/* "Uninstall", "Rename": an ordinary word with something before it. */
static bool is_prefixed(const struct reading *r, const struct tok *t) {
    static const char *const prefixes[] = {"un", "re", "dis", "mis", "pre", "over"};
    for (size_t i = 0; i < BASE_COUNT(prefixes); i++) {
        size_t n = strlen(prefixes[i]);
        if (t->n_letters < n + 3 || (r->text[t->from] | 32) != prefixes[i][0] ||
            memcmp(r->text + t->from + 1, prefixes[i] + 1, n - 1) != 0) {
            continue;
        }
        uint64_t rest = code_hash(r->text, t->from + n, t->to, false);
        if (lexicon_classes(&r->source->lexicon, rest) & LEX_ORDINARY) return true;
    }
    return false;
}

/* A word that nobody writes small: neither the source, nor the output, nor the lexicon, in this
 * form or another one. */
static bool is_strange(const struct reading *r, const struct tok *t) {
    const struct lexicon *l = &r->source->lexicon;
    if (t->n_letters < 3 || t->classes) return false;
    if ((lexicon_classes(l, t->singular) & LEX_ORDINARY) || is_prefixed(r, t)) return false;
    /* Not by the stem of what may be a name's own ending: Fisher is not to fish, nor Timmy time. */
    if (t->n_letters >= 5 && !ends_with(r, t, "er") && !ends_with(r, t, "y")) {
        if (lexicon_classes(l, t->stem) & LEX_ORDINARY_STEM) return false;
        if (source_has_stem(r->source, t->stem)) return false;
    }
    return !key_set_has(&r->seen, key_of(KEY_LOWER, t->word, 0)) &&
           !key_set_has(&r->source->keys, key_of(KEY_LOWER, t->word, 0)) &&
           !key_set_has(&r->source->keys, key_of(KEY_LOWER, t->singular, 0));
}

bool first_is_name(const struct reading *r, size_t i) {
    const struct tok *t = &r->toks.items[i], *next = tok_at(r, i + 1);
    if (tok_has(t, LEX_GIVEN | LEX_ALIAS)) return true;
    if (t->flags & (TOK_CAMEL | TOK_MARKED | TOK_OWNER)) return true;
    if (key_set_has(&r->seen, key_of(KEY_WORD, t->word, 0))) return true;
    if (t->flags & TOK_ON_TITLE) return false;
    if (t->flags & TOK_CAPITALS) return true;
    if (looks_ordinary(r, t)) return false;
    if (tok_is_capital(next) && !tok_touches(next) && !tok_has(next, LEX_STOP | LEX_CAPITAL) &&
        !tok_is_day_or_month(next)) {
        return true;
    }
    return is_strange(r, t);
}
