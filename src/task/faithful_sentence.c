/* Sentence against sentence. A sentence of the source becomes the stems of its words and its
 * numbers and dates, each with whether it stands behind a negation. A clause of the output may deny
 * only where a sentence of the source that shares its words denies, and say plainly only what is
 * not denied there. And where one sentence of the source has nearly all words of a sentence of the
 * output, its numbers, dates and names are to stand there too, or in a sentence next to it: not
 * anywhere. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "task/faithful_internal.h"

#define SCOPE 3              /* words behind a negation that it denies */
#define MAX_STEMS 32         /* of a clause */
#define MAX_POSTINGS_OF 1024 /* a stem with more says nothing */

enum { DENIED = 1, DENIES = 2 };

static bool is_content(const struct tok *t) {
    if (t->kind != TOK_WORD && t->kind != TOK_CODE) return false;
    return t->n_letters >= 3 && !tok_has(t, LEX_STOP | LEX_NEGATOR) && !(t->flags & TOK_NOT);
}

/* A name within a sentence, by its look. */
static bool is_fact_word(const struct tok *t) {
    return t->kind == TOK_WORD && (t->flags & TOK_CAPITAL) &&
           !(t->flags & (TOK_STARTS | TOK_ON_TITLE | TOK_USED)) && t->n_letters >= 3 &&
           !tok_has(t, LEX_STOP | LEX_CAPITAL | LEX_TITLE | LEX_ALIAS);
}

static bool is_idiom(const struct reading *r, size_t i) {
    const struct tok *t = &r->toks.items[i], *next = tok_at(r, i + 1);
    if (tok_word_is(t, "not")) {
        return tok_word_is(next, "only") || tok_word_is(next, "just") ||
               tok_word_is(next, "merely") || tok_word_is(next, "least") ||
               (i > 0 && tok_word_is(t - 1, "or"));
    }
    if (tok_word_is(t, "no")) {
        return (next && next->kind == TOK_NUMBER) || tok_is(next, '.') || tok_is(next, ',') ||
               tok_word_is(next, "doubt") || tok_word_is(next, "matter");
    }
    return false;
}

/* Words that begin as denials do: unpaid, dishonest, non-linear. */
static bool has_negative_prefix(const struct reading *r, const struct tok *t) {
    const char *w = r->text + t->from;
    size_t len = t->to - t->from;
    return t->kind == TOK_WORD && len > 6 &&
           ((memcmp(w, "un", 2) == 0 && memcmp(w, "under", 5) != 0 && memcmp(w, "uni", 3) != 0 &&
             memcmp(w, "until", 5) != 0) ||
            memcmp(w, "dis", 3) == 0 || memcmp(w, "non", 3) == 0 || memcmp(w, "mis", 3) == 0 ||
            memcmp(w, "irr", 3) == 0 || memcmp(w, "imp", 3) == 0 ||
            (len > 4 && memcmp(w + len - 4, "less", 4) == 0));
}

static bool is_negator(const struct reading *r, size_t i) {
    const struct tok *t = &r->toks.items[i];
    if (t->kind != TOK_WORD) return false;
    /* "not uncommon" denies nothing. */
    const struct tok *next = tok_at(r, i + 1);
    if ((t->flags & TOK_NOT || tok_word_is(t, "not")) && next && has_negative_prefix(r, next)) {
        return false;
    }
    if (t->flags & TOK_NOT) return true;
    return tok_has(t, LEX_NEGATOR) && !is_idiom(r, i);
}

static bool is_negative(const struct reading *r, size_t i) {
    const struct tok *t = &r->toks.items[i];
    /* "Pay, or we will cancel." */
    if (tok_word_is(t, "or")) return i > 0 && tok_is(t - 1, ',');
    return is_negator(r, i) || tok_has(t, LEX_NEGATIVE | LEX_NEGATOR) || has_negative_prefix(r, t);
}

static bool ends_clause(const struct tok *t) {
    if (t->kind == TOK_SYMBOL) {
        return t->symbol == ',' || t->symbol == ';' || t->symbol == ':' || t->symbol == '(' ||
               t->symbol == ')' || t->symbol == 0x2014 || t->symbol == '"' || t->symbol == '.';
    }
    return tok_has(t, LEX_CLAUSE) && !tok_word_is(t, "and") && !tok_word_is(t, "or");
}

/* What is quoted within a sentence, behind a word of it, is no sentence by itself. */
static bool begins_sentence(const struct reading *r, size_t j) {
    const struct tok *t = &r->toks.items[j];
    if (!(t->flags & TOK_STARTS)) return false;
    return j < 2 || !(t[-1].flags & TOK_OPENS) || (t[-1].flags & TOK_STARTS) ||
           t[-2].kind == TOK_SYMBOL;
}

/* The token behind the sentence that begins at i. */
static size_t sentence_end(const struct reading *r, size_t i) {
    size_t j = i + 1;
    while (j < r->toks.n && !begins_sentence(r, j) && !tok_is(&r->toks.items[j - 1], ';')) {
        j++;
    }
    return j;
}

/* ---- the source ---- */

static bool keep_posting(struct faithful_source *s, uint64_t stem, unsigned flags) {
    if (s->n_postings == s->postings_cap) {
        size_t cap = s->postings_cap ? 2 * s->postings_cap : 1024;
        struct posting *postings = mem_realloc(s->postings, cap * sizeof *postings);
        if (!postings) return false;
        s->postings = postings;
        s->postings_cap = cap;
    }
    s->postings[s->n_postings++] =
        (struct posting){.stem = (uint32_t)stem, .sentence = (uint32_t)s->n_sentences * 4 + flags};
    return true;
}

static bool keep_denials(struct faithful_source *s, struct denials d) {
    if (s->n_sentences == UINT32_MAX / 4) return true; /* the last one stands for all others */
    if (s->n_sentences == s->denials_cap) {
        size_t cap = s->denials_cap ? 2 * s->denials_cap : 256;
        struct denials *denials = mem_realloc(s->denials, cap * sizeof *denials);
        if (!denials) return false;
        s->denials = denials;
        s->denials_cap = cap;
    }
    s->denials[s->n_sentences++] = d;
    return true;
}

static struct denials count_denials(const struct reading *r, size_t from, size_t to) {
    struct denials d = {0};
    for (size_t i = from; i < to; i++) {
        if (is_negator(r, i)) {
            d.n_negators = (uint16_t)(d.n_negators + (d.n_negators < UINT16_MAX));
        } else if (is_negative(r, i)) {
            d.n_negative = (uint16_t)(d.n_negative + (d.n_negative < UINT16_MAX));
        }
    }
    return d;
}

static void give_sentence(struct reading *r, size_t from, size_t to) {
    struct denials d = count_denials(r, from, to);
    unsigned denies = d.n_negators || d.n_negative ? DENIES : 0;
    int scope = 0;
    for (size_t i = from; i < to; i++) {
        const struct tok *t = &r->toks.items[i];
        if (is_negator(r, i)) {
            scope = SCOPE;
        } else if (ends_clause(t)) {
            scope = 0;
        } else if (is_content(t)) {
            unsigned flags = denies | (scope > 0 ? DENIED : 0);
            if (!keep_posting(r->source, t->stem, flags)) r->failed = true;
            if (scope > 0) scope--;
        }
    }
    size_t begin = r->toks.items[from].from, end = r->toks.items[to - 1].to;
    for (size_t i = 0; i < r->n_marks; i++) {
        if (r->marks[i].from < begin || r->marks[i].from >= end) continue;
        if (!keep_posting(r->source, r->marks[i].hash, denies)) r->failed = true;
    }
    if (!keep_denials(r->source, d)) r->failed = true;
    r->source->is_sorted = false;
}

/* ---- the output ---- */

static int by_stem(const void *a, const void *b) {
    const struct posting *x = a, *y = b;
    if (x->stem != y->stem) return x->stem < y->stem ? -1 : 1;
    return x->sentence < y->sentence ? -1 : x->sentence > y->sentence;
}

static int by_sentence(const void *a, const void *b) {
    const struct posting *x = a, *y = b;
    if (x->sentence / 4 != y->sentence / 4) return x->sentence < y->sentence ? -1 : 1;
    return x->stem < y->stem ? -1 : x->stem > y->stem;
}

/* The first posting of the stem; *n of them. */
static const struct posting *postings_of(const struct faithful_source *s, uint32_t stem,
                                         size_t *n) {
    size_t low = 0, high = s->n_postings;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->postings[middle].stem < stem) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < s->n_postings && s->postings[end].stem == stem) end++;
    *n = end - low;
    return *n ? s->postings + low : NULL;
}

void source_sort(struct faithful_source *s) {
    if (!s->is_sorted && s->n_postings > 1) {
        qsort(s->postings, s->n_postings, sizeof *s->postings, by_stem);
    }
    s->is_sorted = true;
}

bool source_has_stem(const struct faithful_source *s, uint64_t stem) {
    size_t n;
    return postings_of(s, (uint32_t)stem, &n) != NULL;
}

/* A clause of the output. */
struct clause {
    uint32_t stems[MAX_STEMS];
    bool is_head[MAX_STEMS]; /* right behind the negation */
    size_t n;
    bool is_negated; /* by a word that does nothing else */
    size_t from, to; /* bytes */
};

static void add_stem(struct clause *c, uint32_t stem, bool is_head) {
    for (size_t i = 0; i < c->n; i++) {
        if (c->stems[i] != stem) continue;
        c->is_head[i] = c->is_head[i] || is_head;
        return;
    }
    if (c->n == MAX_STEMS) return;
    c->stems[c->n] = stem;
    c->is_head[c->n++] = is_head;
}

/* What the sentences of the source have to say about a clause. */
struct verdict {
    size_t agree;    /* stems shared with the best sentence that denies as the clause does */
    size_t disagree; /* with the best that does not */
    bool head_agrees, head_known;
};

static void judge_sentence(const struct clause *c, const struct posting *p, size_t n,
                           struct verdict *v) {
    bool denies = (p[0].sentence & DENIES) != 0, has_head = false, head_denied = false;
    size_t shared = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && p[i].stem == p[i - 1].stem) {
            continue;
        }
        shared++;
        for (size_t k = 0; k < c->n; k++) {
            if (c->stems[k] != p[i].stem) continue;
            if (c->is_head[k] || !c->is_negated) {
                has_head = has_head || c->is_head[k];
                head_denied = head_denied || (p[i].sentence & DENIED);
            }
        }
    }
    v->head_known = v->head_known || has_head;
    if (c->is_negated) {
        if (denies && shared > v->agree) v->agree = shared;
        if (denies && has_head) v->head_agrees = true;
        if (!denies && shared > v->disagree) v->disagree = shared;
    } else {
        if (head_denied && shared > v->disagree) v->disagree = shared;
        if (!head_denied && shared > v->agree) v->agree = shared;
    }
}

/* The sentences of the clause's stems; *n_skipped: stems that are everywhere, and say nothing. */
static bool collect(struct reading *r, const struct clause *c, size_t *n_out, size_t *n_skipped) {
    size_t n = 0;
    *n_skipped = 0;
    if (!r->matches) {
        r->matches = mem_alloc((size_t)MAX_STEMS * MAX_POSTINGS_OF * sizeof *r->matches);
        if (!r->matches) {
            r->failed = true;
            return false;
        }
    }
    for (size_t i = 0; i < c->n; i++) {
        size_t n_of;
        const struct posting *p = postings_of(r->source, c->stems[i], &n_of);
        *n_skipped += n_of > MAX_POSTINGS_OF;
        if (n_of == 0 || n_of > MAX_POSTINGS_OF) continue;
        memcpy(r->matches + n, p, n_of * sizeof *p);
        n += n_of;
    }
    qsort(r->matches, n, sizeof *r->matches, by_sentence);
    *n_out = n;
    return true;
}

/* A few sentences, and one of them denies: a clause in other words altogether may well be it. */
static bool is_short_denial(const struct faithful_source *s) {
    bool denies = false;
    for (size_t i = 0; i < s->n_sentences && i < 8; i++) {
        denies = denies || s->denials[i].n_negators > 0;
    }
    return denies && s->n_sentences <= 8;
}

/* Whether the source speaks against the clause. */
static bool is_wrong(struct reading *r, const struct clause *c) {
    size_t n, n_skipped;
    struct verdict v = {0};
    if (c->n == 0 || !collect(r, c, &n, &n_skipped)) return false;
    if (n_skipped > 0) return false; /* too much is said of it to tell */
    for (size_t i = 0; i < n;) {
        size_t j = i;
        while (j < n && r->matches[j].sentence / 4 == r->matches[i].sentence / 4) j++;
        judge_sentence(c, r->matches + i, j - i, &v);
        i = j;
    }
    if (c->is_negated && v.agree + v.disagree == 0 && is_short_denial(r->source)) return false;
    if (c->is_negated) {
        /* Nobody denies anything near; or what is denied here is said plainly in a sentence that
         * is much nearer than any that denies. */
        return v.agree == 0 || (!v.head_agrees && v.agree * 3 < c->n && v.disagree > v.agree) ||
               (v.disagree >= 3 && v.disagree * 3 >= c->n * 2 && v.agree * 2 <= v.disagree);
    }
    return c->n >= 2 && v.disagree >= 2 && v.disagree * 5 >= c->n * 3 && v.disagree > v.agree;
}

static struct clause read_clause(const struct reading *r, size_t from, size_t to) {
    struct clause c = {.from = r->toks.items[from].from, .to = r->toks.items[to - 1].to};
    int scope = 0;
    for (size_t i = from; i < to; i++) {
        const struct tok *t = &r->toks.items[i];
        if (is_negator(r, i)) {
            scope = 2;
            c.is_negated = true;
        } else if (is_content(t)) {
            add_stem(&c, (uint32_t)t->stem, scope > 0);
            if (scope > 0) scope--;
        }
    }
    return c;
}

/* Tokens from..to-1 of the sentence of that many. */
static void check_clause(struct reading *r, size_t from, size_t to, size_t sentence_from,
                         size_t sentence_to, bool sentence_denies) {
    struct clause c = read_clause(r, from, to);
    if (!c.is_negated && sentence_denies) return;
    r->report->n_checked++;
    if (!is_wrong(r, &c)) return;
    if (c.is_negated) {
        /* The clause may be put in other words, and the sentence around it tell which is meant. */
        struct clause whole = read_clause(r, sentence_from, sentence_to);
        if (whole.n > c.n && !is_wrong(r, &whole)) return;
    }
    report_add(r, FAITHFUL_NEGATION, c.from, c.to,
               c.is_negated ? "denied here only" : "denied in the source");
}

/* ---- a sentence that is nearly copied ---- */

#define MAX_COPIED 16

/* The sentences of the source that have most of the words of one of the output. */
struct copied {
    size_t sentences[MAX_COPIED];
    size_t n; /* 0: none has nearly all, or too many have */
    bool is_whole;
};

/* Names and numbers do not count. */
static void find_copied(const struct reading *r, size_t n, size_t n_words, struct copied *out) {
    size_t best = 0;
    out->n = 0;
    for (size_t i = 0; i < n;) {
        size_t shared = 0, j = i;
        for (; j < n && r->matches[j].sentence / 4 == r->matches[i].sentence / 4; j++) {
            shared += j == i || r->matches[j].stem != r->matches[j - 1].stem;
        }
        if (shared > best) out->n = 0;
        if (shared >= best) {
            best = shared;
            if (out->n < MAX_COPIED) out->sentences[out->n] = r->matches[i].sentence / 4;
            out->n++;
        }
        i = j;
    }
    out->is_whole = n_words >= 5 && best * 10 >= n_words * 9;
    if (best < 3 || best * 10 < n_words * 7 || out->n > MAX_COPIED) out->n = 0;
}

/* Whether a sentence that has the stem lies next to one of them; true too if none has it: then it
 * was found by another way (1.5 hours for 90 minutes). */
static bool stands_near(const struct reading *r, uint32_t stem, const struct copied *copied,
                        size_t distance) {
    size_t n;
    const struct posting *p = postings_of(r->source, stem, &n);
    if (n == 0 || n > MAX_POSTINGS_OF) return true;
    for (size_t i = 0; i < n; i++) {
        size_t other = p[i].sentence / 4;
        for (size_t k = 0; k < copied->n; k++) {
            size_t sentence = copied->sentences[k];
            if (other + distance >= sentence && other <= sentence + distance) return true;
        }
    }
    return false;
}

static bool is_reported(const struct reading *r, size_t from, size_t to) {
    for (size_t i = 0; i < r->report->n; i++) {
        const struct faithful_problem *p = &r->report->problems[i];
        if (p->from < to && from < p->to) return true;
    }
    return false;
}

static void check_facts(struct reading *r, size_t from, size_t to, const struct copied *copied) {
    size_t begin = r->toks.items[from].from, end = r->toks.items[to - 1].to;
    for (size_t i = 0; i < r->n_marks; i++) {
        const struct mark *m = &r->marks[i];
        if (m->from < begin || m->from >= end) continue;
        size_t distance = m->kind == FAITHFUL_DATE || !copied->is_whole ? 1 : 0;
        if (stands_near(r, m->hash, copied, distance)) continue;
        if (!is_reported(r, m->from, m->to)) {
            report_add(r, m->kind, m->from, m->to, "elsewhere in the source");
        }
    }
    for (size_t i = from; i < to; i++) {
        const struct tok *t = &r->toks.items[i];
        if (!is_fact_word(t) || stands_near(r, (uint32_t)t->stem, copied, 2)) continue;
        if (!is_reported(r, t->from, t->to)) {
            report_add(r, FAITHFUL_NAME, t->from, t->to, "elsewhere in the source");
        }
    }
}

/* The words behind the negations of a sentence are these in the source: whether they are denied
 * there. */
static bool any_shared(const struct reading *r, const struct clause *c, size_t n, size_t sentence,
                       bool heads, bool denied) {
    for (size_t i = 0; i < n; i++) {
        const struct posting *p = &r->matches[i];
        if (p->sentence / 4 != sentence || ((p->sentence & DENIED) != 0) != denied) continue;
        for (size_t k = 0; k < c->n; k++) {
            if (c->stems[k] == p->stem && (c->is_head[k] || !heads)) return true;
        }
    }
    return false;
}

/* Whether the sentence of the output denies what that of the source says, or the other way round.
 */
static bool has_turned(const struct reading *r, const struct clause *c, struct denials mine,
                       size_t n, size_t sentence) {
    struct denials theirs = r->source->denials[sentence];
    if (mine.n_negators > theirs.n_negators && mine.n_negative >= theirs.n_negative) {
        return any_shared(r, c, n, sentence, true, false);
    }
    return mine.n_negators == 0 && theirs.n_negators > 0 && mine.n_negative <= theirs.n_negative &&
           any_shared(r, c, n, sentence, false, true);
}

static void check_polarity(struct reading *r, const struct clause *c, struct denials mine, size_t n,
                           const struct copied *copied) {
    for (size_t k = 0; k < copied->n; k++) {
        if (!has_turned(r, c, mine, n, copied->sentences[k])) return;
    }
    report_add(r, FAITHFUL_NEGATION, c->from, c->to,
               mine.n_negators > 0 ? "denied here only" : "denied in the source");
}

/* Whether the sentence was compared with one that it copies. */
static bool check_copy(struct reading *r, size_t from, size_t to) {
    struct clause c = {.from = r->toks.items[from].from, .to = r->toks.items[to - 1].to};
    int scope = 0;
    for (size_t i = from; i < to; i++) {
        const struct tok *t = &r->toks.items[i];
        if (is_negator(r, i)) {
            scope = 2;
        } else if (is_content(t) && !is_fact_word(t)) {
            add_stem(&c, (uint32_t)t->stem, scope > 0);
            if (scope > 0) scope--;
        }
    }
    size_t n, n_skipped;
    struct copied copied;
    if (c.n < 3 || !collect(r, &c, &n, &n_skipped)) return false;
    find_copied(r, n, c.n, &copied);
    if (copied.n == 0) return false;
    check_facts(r, from, to, &copied);
    r->report->n_checked++;
    check_polarity(r, &c, count_denials(r, from, to), n, &copied);
    return true;
}

static void check_sentence(struct reading *r, size_t from, size_t to) {
    if (check_copy(r, from, to)) return;
    bool denies = false;
    for (size_t i = from; i < to; i++) denies = denies || is_negative(r, i);
    size_t begin = from;
    for (size_t i = from; i < to; i++) {
        if (!ends_clause(&r->toks.items[i])) continue;
        if (i > begin) check_clause(r, begin, i, from, to, denies);
        begin = r->toks.items[i].kind == TOK_SYMBOL ? i + 1 : i;
    }
    if (begin < to) check_clause(r, begin, to, from, to, denies);
}

void read_sentences(struct reading *r) {
    if (!reading_gives(r) && !r->is_english) return;
    for (size_t i = 0; i < r->toks.n;) {
        size_t end = sentence_end(r, i);
        if (reading_gives(r)) {
            give_sentence(r, i, end);
        } else {
            check_sentence(r, i, end);
        }
        i = end;
    }
}
