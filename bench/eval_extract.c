/* ROUGE-1, -2 and -L (F1, the best of the references, as SciTLDR's authors count) of summaries that
 * are k sentences of their source: one for a paper's abstract, two for a text of GUM. Measured on
 * the half that held_out.h keeps back; the weights were chosen on the other half. */
#include "eval_extract.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json_tree.h"
#include "base/rng.h"
#include "eval_search.h"
#include "eval_text.h"
#include "recipe/held_out.h"
#include "task/extract.h"

#define MAX_WORDS 4096
#define MAX_SENTENCES 2048
#define MAX_REFERENCES 16

enum method { LEAD, RANDOM, CENTROID, LEXRANK, OURS, TITLE_BY_WORDS, TITLE, N_METHODS };
static const char *const names[] = {"lead-k",
                                    "random",
                                    "tf-idf centroid",
                                    "LexRank",
                                    "ours",
                                    "ours, the title known, without the encoder",
                                    "ours, the title known"};

struct words {
    uint32_t list[MAX_WORDS];
    size_t n;
};

struct document {
    const char *text;
    size_t len;
    const char *title;
    size_t title_len;
    struct sentence *sentences;
    size_t n;
    struct words *references; /* [n_references] */
    size_t n_references;
};

struct sum {
    double one, two, l;
};

struct test {
    const char *name;
    size_t k, n_documents;
    struct lexicon lexicon;
    ingle_tasks *with, *without;
    struct sum sums[N_METHODS];
};

static void judge(struct test *t, enum method m, const struct document *d,
                  const struct text_range *chosen, size_t n) {
    static struct words w;
    w.n = 0;
    for (size_t i = 0; i < n; i++) {
        w.n += lexicon_words(&t->lexicon, d->text + chosen[i].from, chosen[i].to - chosen[i].from,
                             w.list + w.n, MAX_WORDS - w.n);
    }
    struct rouge best = {0};
    for (size_t i = 0; i < d->n_references; i++) {
        struct rouge r = rouge_of(w.list, w.n, d->references[i].list, d->references[i].n);
        best.one = fmax(best.one, r.one);
        best.two = fmax(best.two, r.two);
        best.l = fmax(best.l, r.l);
    }
    t->sums[m].one += best.one;
    t->sums[m].two += best.two;
    t->sums[m].l += best.l;
}

/* The k best by score, in the order of the text. */
static void judge_best(struct test *t, enum method m, const struct document *d, float *scores) {
    struct text_range chosen[8];
    size_t n = 0;
    bool taken[MAX_SENTENCES] = {false};
    for (size_t k = 0; k < t->k && k < d->n; k++) {
        size_t best = 0;
        float most = -INFINITY;
        for (size_t i = 0; i < d->n; i++) {
            if (!taken[i] && scores[i] > most) most = scores[i], best = i;
        }
        taken[best] = true;
    }
    for (size_t i = 0; i < d->n; i++) {
        if (taken[i]) chosen[n++] = d->sentences[i].range;
    }
    judge(t, m, d, chosen, n);
}

/* ---- the baselines ---- */

static float cosine(const struct search_index *x, float *const *v, size_t a, size_t b) {
    double sum = 0, aa = 1e-12, bb = 1e-12;
    for (uint32_t i = 0; i < x->n_words; i++) {
        sum += (double)v[a][i] * (double)v[b][i];
        aa += (double)v[a][i] * (double)v[a][i];
        bb += (double)v[b][i] * (double)v[b][i];
    }
    return (float)(sum / sqrt(aa * bb));
}

/* LexRank (Erkan and Radev 2004): PageRank over sentences whose tf-idf vectors have a cosine above
 * 0.1; and the cosine with the centroid of all. */
static void rank_by_words(const struct document *d, float *lexrank, float *centroid) {
    struct search_index x;
    search_init(&x, d->n + 1);
    for (size_t i = 0; i < d->n; i++) {
        search_add(&x, d->text + d->sentences[i].range.from,
                   d->sentences[i].range.to - d->sentences[i].range.from);
    }
    search_finish(&x);
    float **v = eval_alloc(d->n + 1, sizeof *v);
    for (size_t i = 0; i <= d->n; i++) v[i] = eval_alloc(x.n_words, sizeof **v);
    for (size_t i = 0; i < x.n_postings; i++) {
        const struct posting *p = &x.postings[i];
        float weight = (float)((1 + log(p->count)) * search_idf(&x, p->word));
        v[p->doc][p->word] = weight / x.norms[p->doc];
        v[d->n][p->word] += v[p->doc][p->word];
    }
    float *like = eval_alloc(d->n * d->n, sizeof *like), *next = eval_alloc(d->n, sizeof *next);
    for (size_t i = 0; i < d->n; i++) {
        centroid[i] = cosine(&x, v, i, d->n);
        lexrank[i] = 1.0f / (float)d->n;
        float sum = 0;
        for (size_t j = 0; j < d->n; j++) {
            float c = i == j ? 1.0f : cosine(&x, v, i, j);
            like[i * d->n + j] = c > 0.1f ? 1.0f : 0.0f;
            sum += like[i * d->n + j];
        }
        for (size_t j = 0; j < d->n; j++) like[i * d->n + j] /= sum;
    }
    for (int round = 0; round < 50; round++) {
        for (size_t j = 0; j < d->n; j++) {
            next[j] = 0.15f / (float)d->n;
            for (size_t i = 0; i < d->n; i++) next[j] += 0.85f * lexrank[i] * like[i * d->n + j];
        }
        memcpy(lexrank, next, d->n * sizeof *next);
    }
    for (size_t i = 0; i <= d->n; i++) free(v[i]);
    free(v);
    free(like);
    free(next);
    search_clear(&x);
}

/* ---- one document ---- */

static void judge_ours(struct test *t, enum method m, const struct document *d) {
    struct extract_options opt = {.n_sentences = t->k};
    if (m >= TITLE_BY_WORDS) opt.title = d->title, opt.title_len = d->title_len;
    struct text_range *chosen;
    size_t n;
    ingle_error err;
    if (extract_sentences(m == TITLE_BY_WORDS ? t->without : t->with, d->text, d->len, &opt,
                          &chosen, &n, &err) != INGLE_OK) {
        fprintf(stderr, "eval: %s\n", err.msg);
        exit(1);
    }
    judge(t, m, d, chosen, n);
    mem_free(chosen);
}

static void judge_document(struct test *t, struct document *d) {
    static float a[MAX_SENTENCES], b[MAX_SENTENCES];
    if (sentences_split(d->text, d->len, &d->sentences, &d->n, NULL) != INGLE_OK) exit(6);
    if (d->n > MAX_SENTENCES) d->n = MAX_SENTENCES;
    struct rng rng;
    rng_init(&rng, t->n_documents);
    for (size_t i = 0; i < d->n; i++) a[i] = -(float)i, b[i] = (float)rng_unit(&rng);
    judge_best(t, LEAD, d, a);
    judge_best(t, RANDOM, d, b);
    rank_by_words(d, a, b);
    judge_best(t, LEXRANK, d, a);
    judge_best(t, CENTROID, d, b);
    judge_ours(t, OURS, d);
    if (d->title) judge_ours(t, TITLE_BY_WORDS, d);
    if (d->title) judge_ours(t, TITLE, d);
    mem_free(d->sentences);
    t->n_documents++;
}

static void add_reference(struct test *t, struct document *d, const struct json_text *s) {
    const char *end = s->len > 0 && s->data[0] == '(' ? strstr(s->data, ") ") : NULL;
    size_t skip = end ? (size_t)(end + 2 - s->data) : 0;
    if (d->n_references == MAX_REFERENCES) return;
    struct words *w = &d->references[d->n_references++];
    w->n = lexicon_words(&t->lexicon, s->data + skip, s->len - skip, w->list, MAX_WORDS);
}

static void read_document(struct test *t, const struct json_value *doc, bool is_paper) {
    static struct words references[MAX_REFERENCES];
    struct document d = {.references = references};
    const struct json_value *list = json_member(doc, is_paper ? "target" : "summaries");
    struct buf joined;
    buf_init(&joined, 1 << 24);
    for (size_t i = 0; i < list->n; i++) add_reference(t, &d, &list->items[i].text);
    if (is_paper) {
        const struct json_value *source = json_member(doc, "source");
        for (size_t i = 0; i < source->n; i++) {
            buf_add(&joined, source->items[i].text.data, source->items[i].text.len);
            buf_add_str(&joined, "\n\n");
        }
        d.title = json_member(doc, "title")->text.data;
        d.title_len = json_member(doc, "title")->text.len;
    } else {
        const struct json_text *text = &json_member(doc, "text")->text;
        buf_add(&joined, text->data, text->len);
    }
    d.text = joined.data;
    d.len = joined.size;
    judge_document(t, &d);
    buf_clear(&joined);
}

/* ---- reports ---- */

static double mean(const struct test *t, enum method m) {
    const struct sum *s = &t->sums[m];
    return 100 * (s->one + s->two + s->l) / 3 / (double)t->n_documents;
}

static void verdict(const struct test *t, enum method ours, enum method other) {
    char what[160], asked[40], reached[40];
    snprintf(what, sizeof what, "summaries of %s (%zu): mean ROUGE of %s against %s", t->name,
             t->n_documents, names[ours], names[other]);
    snprintf(asked, sizeof asked, "> %.1f", mean(t, other));
    snprintf(reached, sizeof reached, "%.1f", mean(t, ours));
    eval_line(what, asked, reached, mean(t, ours) > mean(t, other) ? "met" : "missed");
}

static void report(const struct test *t, bool has_titles) {
    for (int m = 0; m < N_METHODS; m++) {
        char what[160], reached[80];
        double n = (double)t->n_documents;
        if (m >= TITLE_BY_WORDS && !has_titles) continue;
        snprintf(what, sizeof what, "summaries of %s, %s: ROUGE-1, -2, -L", t->name, names[m]);
        snprintf(reached, sizeof reached, "%.1f %.1f %.1f", 100 * t->sums[m].one / n,
                 100 * t->sums[m].two / n, 100 * t->sums[m].l / n);
        eval_line(what, "", reached, "");
    }
    verdict(t, OURS, LEAD);
    verdict(t, OURS, CENTROID);
    verdict(t, OURS, LEXRANK);
    if (has_titles) verdict(t, TITLE, TITLE_BY_WORDS);
}

static void run(const char *data, const char *file, bool is_paper, struct test *t) {
    size_t size;
    char *text = eval_read(data, file, &size), *at = text;
    bool tuning = getenv("EVAL_TUNE") != NULL;
    lexicon_init(&t->lexicon);
    while (*at) {
        size_t n = strcspn(at, "\n");
        struct arena arena;
        const struct json_value *doc;
        arena_init(&arena, (size_t)1 << 28);
        if (json_tree_parse(&doc, &arena, at, n, file, NULL) != INGLE_OK) exit(3);
        const struct json_text *id = &json_member(doc, is_paper ? "paper_id" : "id")->text;
        if (is_held_out(id->data, id->len, HELD_OUT_PAPERS) != tuning) {
            read_document(t, doc, is_paper);
        }
        arena_clear(&arena);
        at += n + (at[n] != 0);
    }
    report(t, is_paper);
    free(text);
}

void eval_extract(const char *data, const ingle_pack *encoder) {
    ingle_tasks_options opt = ingle_tasks_options_default();
    ingle_tasks *with, *without;
    ingle_error err;
    if (ingle_tasks_new(&without, &opt, &err) != INGLE_OK) exit(6);
    opt.encoder = encoder;
    if (ingle_tasks_new(&with, &opt, &err) != INGLE_OK) exit(6);
    struct test papers = {.name = "SciTLDR", .k = 1, .with = with, .without = without};
    struct test texts = {.name = "GUM", .k = 2, .with = with, .without = without};
    run(data, "summaries/scitldr_dev.jsonl", true, &papers);
    run(data, "summaries/gum.jsonl", false, &texts);
    ingle_tasks_free(with);
    ingle_tasks_free(without);
}
