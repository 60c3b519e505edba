/* Sources, and outputs against them; the parts are told in faithful_internal.h. */
#include "task/faithful.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "task/faithful_internal.h"

#define MAX_PIECE 32768 /* bytes read at once; it ends with a paragraph, a line, or a blank */

/* The end of the piece that begins at `from`. */
static size_t piece_end(const char *text, size_t from, size_t len) {
    size_t limit = len - from > MAX_PIECE ? from + MAX_PIECE : len;
    size_t blank = 0, line = 0;
    for (size_t i = from; i < limit; i++) {
        if (text[i] == ' ') blank = i + 1;
        if (text[i] != '\n') continue;
        line = i + 1;
        if (i + 1 < limit && (text[i + 1] == '\n' || text[i + 1] == '\r')) return i + 1;
    }
    if (limit == len) return len;
    if (line > from) return line;
    if (blank > from) return blank;
    while (limit > from + 4 && ((unsigned char)text[limit] & 0xc0) == 0x80) limit--;
    return limit;
}

static void cut_piece(struct reading *r, size_t from, size_t to) {
    r->toks.n = 0;
    r->n_marks = 0;
    if (!tokens_cut(&r->toks, &r->source->lexicon, r->text, from, to)) r->failed = true;
}

static ingle_status read_text(struct reading *r, ingle_error *err) {
    for (size_t from = 0, to; from < r->len && !r->failed; from = to) {
        to = piece_end(r->text, from, r->len);
        cut_piece(r, from, to);
        read_dates(r);
        read_numbers(r);
        read_names(r);
        read_quotes(r);
        read_sentences(r);
    }
    if (!r->failed && !r->source->keys.failed && !r->seen.failed) return INGLE_OK;
    return status_no_memory(err, "what a text says", r->len);
}

void tally_word(struct tally *tally, const struct tok *t) {
    tally->n_words++;
    tally->n_english += tok_has(t, LEX_ENGLISH);
    tally->n_foreign += tok_has(t, LEX_FOREIGN);
}

/* A few words may have none that tell; then they are taken for English. */
bool faithful_is_english(const struct tally *tally) {
    if (tally->n_foreign > tally->n_english) return false;
    return tally->n_words < 15 || tally->n_english * 12 >= tally->n_words;
}

static void reading_clear(struct reading *r) {
    mem_free(r->toks.items);
    mem_free(r->marks);
    mem_free(r->matches);
    key_set_clear(&r->seen);
}

ingle_status faithful_source_add(struct faithful_source *source, const char *text, size_t len,
                                 ingle_error *err) {
    struct reading r = {.source = source, .text = text, .len = len, .is_english = true};
    ingle_status status = read_text(&r, err);
    reading_clear(&r);
    source->is_english = faithful_is_english(&source->tally);
    return status;
}

ingle_status faithful_source_new(struct faithful_source **out, const char *text, size_t len,
                                 const ingle_pack *tagger, ingle_error *err) {
    *out = NULL;
    struct faithful_source *source = mem_calloc(1, sizeof *source);
    if (!source) {
        /* The code is said again for clang's analyzer, which reads this file alone. */
        (void)!status_no_memory(err, "what a text says", sizeof *source);
        return INGLE_NO_MEMORY;
    }
    source->tagger = tagger;
    ingle_status status = lexicon_new(&source->lexicon, err);
    if (status == INGLE_OK) status = faithful_source_add(source, text, len, err);
    if (status != INGLE_OK) {
        faithful_source_free(source);
        return status;
    }
    *out = source;
    return INGLE_OK;
}

void faithful_source_free(struct faithful_source *source) {
    if (!source) return;
    lexicon_clear(&source->lexicon);
    key_set_clear(&source->keys);
    mem_free(source->words);
    mem_free(source->initials);
    mem_free(source->postings);
    mem_free(source->denials);
    mem_free(source);
}

/* Which words are capitalised within sentences, and whether the text is English: what must be known
 * of the whole output before any of it is judged. */
static void look_ahead(struct reading *r) {
    struct tally tally = {0};
    for (size_t from = 0, to; from < r->len && !r->failed; from = to) {
        to = piece_end(r->text, from, r->len);
        cut_piece(r, from, to);
        for (size_t i = 0; i < r->toks.n; i++) {
            const struct tok *t = &r->toks.items[i];
            if (t->kind != TOK_WORD) continue;
            tally_word(&tally, t);
            if (!(t->flags & TOK_CAPITAL)) key_set_add(&r->seen, key_of(KEY_LOWER, t->word, 0));
            if ((t->flags & TOK_CAPITAL) && !(t->flags & (TOK_STARTS | TOK_ON_TITLE))) {
                key_set_add(&r->seen, key_of(KEY_WORD, t->word, 0));
            }
        }
    }
    r->is_english = r->source->is_english && faithful_is_english(&tally);
}

#define TAGGER_SURE 0.8F /* less, and it takes ordinary first words for names */

static bool mark_name(const ingle_span *span, void *user) {
    struct reading *r = user;
    static const char *const names[] = {"PERSON", "ORGANIZATION", "LOCATION"};
    const char *label = ingle_pack_label(r->source->tagger, span->label);
    bool is_name = false;
    for (size_t i = 0; label && i < BASE_COUNT(names); i++) {
        is_name = is_name || strcmp(label, names[i]) == 0;
    }
    if (!is_name || span->confidence < TAGGER_SURE) return true;
    for (size_t i = span->from; i < span->to && i < r->len; i++) {
        /* Every word of it, wherever it stands from now on. */
        if (i > span->from && r->text[i - 1] != ' ') continue;
        struct toks one = {0};
        if (tokens_cut(&one, &r->source->lexicon, r->text, i, span->to) && one.n > 0) {
            key_set_add(&r->seen, key_of(KEY_WORD, one.items[0].word, 0));
        }
        mem_free(one.items);
    }
    return true;
}

ingle_status faithful_source_check(struct faithful_source *source, const char *output, size_t len,
                                   struct faithful_report *report, ingle_error *err) {
    *report = (struct faithful_report){0};
    struct reading r = {.source = source, .report = report, .text = output, .len = len};
    source_sort(source);
    look_ahead(&r);
    ingle_status status = INGLE_OK;
    if (source->tagger && utf8_is_valid(output, len)) {
        status = ingle_tag(source->tagger, output, len, mark_name, &r, err);
    }
    if (status == INGLE_OK) status = read_text(&r, err);
    reading_clear(&r);
    return status;
}

ingle_status faithful_source_has_name(const struct faithful_source *source, const char *text,
                                      size_t len, bool *has, ingle_error *err) {
    struct toks toks = {0};
    *has = true;
    bool cut = tokens_cut(&toks, &source->lexicon, text, 0, len);
    for (size_t i = 0; i < toks.n; i++) {
        const struct tok *t = &toks.items[i];
        if (t->kind != TOK_WORD || !(t->flags & TOK_CAPITAL) || (t->flags & TOK_INITIAL) ||
            t->n_letters < 2 || tok_has(t, LEX_TITLE | LEX_STOP | LEX_CAPITAL)) {
            continue;
        }
        *has = *has && key_set_has(&source->keys, key_of(KEY_WORD, t->word, 0));
    }
    mem_free(toks.items);
    return cut ? INGLE_OK : status_no_memory(err, "a name", len);
}

ingle_status faithful_check(const char *source, size_t source_len, const char *output, size_t len,
                            const ingle_pack *tagger, struct faithful_report *report,
                            ingle_error *err) {
    struct faithful_source *s;
    INGLE_TRY(faithful_source_new(&s, source, source_len, tagger, err));
    ingle_status status = faithful_source_check(s, output, len, report, err);
    faithful_source_free(s);
    return status;
}

/* ---- the report ---- */

/* Keeps the problems in the order of the output: each part of the guard finds its own. */
void report_add(struct reading *r, enum faithful_kind kind, size_t from, size_t to,
                const char *normal) {
    struct faithful_report *report = r->report;
    report->n_all++;
    if (report->n == FAITHFUL_MAX_PROBLEMS) return;
    size_t at = report->n++;
    for (; at > 0 && report->problems[at - 1].from > from; at--) {
        report->problems[at] = report->problems[at - 1];
    }
    struct faithful_problem *p = &report->problems[at];
    *p = (struct faithful_problem){.kind = kind, .from = from, .to = to};
    snprintf(p->normal, sizeof p->normal, "%s", normal);
}

const char *faithful_kind_name(enum faithful_kind kind) {
    static const char *const names[] = {"number", "amount",  "date",      "time",
                                        "name",   "address", "quotation", "negation"};
    return (unsigned)kind < BASE_COUNT(names) ? names[kind] : "statement";
}

void faithful_describe(const struct faithful_report *report, const char *output, size_t n_max,
                       struct buf *out) {
    size_t n = report->n < n_max ? report->n : n_max;
    for (size_t i = 0; i < n; i++) {
        const struct faithful_problem *p = &report->problems[i];
        size_t len = p->to - p->from, shown = len > 60 ? 60 : len;
        while (shown < len && shown > 0 &&
               ((unsigned char)output[p->from + shown] & 0xc0) == 0x80) {
            shown--;
        }
        buf_addf(out, "%sthe %s%s\"",
                 i == 0                   ? ""
                 : i + 1 == report->n_all ? " and "
                                          : ", ",
                 faithful_kind_name(p->kind), p->kind == FAITHFUL_NEGATION ? " in " : " ");
        buf_add(out, output + p->from, shown);
        buf_add_str(out, shown < len ? "...\"" : "\"");
    }
    if (n < report->n_all) buf_addf(out, " and %zu more", report->n_all - n);
}
