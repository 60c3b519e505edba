/* How sentences are chosen. All passes are linear in the text:
 *   1  cut into sentences; count the words, for idf
 *   2  the middle of the text: the sum of all sentences' vectors
 *   3  a score for each: nearness to the middle and to the title, a good length, an early place
 *   4  the best by score, one after another, each less what it repeats of those before (MMR:
 *      Carbonell 1998). Of many, so many from each part of the text, so that no step takes more
 *      than a bounded number of comparisons and all of the text has its share.
 * Vectors are made anew where they are needed and never kept for all sentences. The weights are
 * measured: docs/encoder.md. */
#include "task/extract.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "task/terms.h"

#define DEFAULT_SENTENCES 3
#define OF_PART 32 /* sentences chosen from one part of the text, at most */
#define RIVALS 96  /* sentences of a part that are compared with those chosen */
#define NOTHING_NEW 10.0f
#define SAME 0.85f       /* cosine of words from which on a sentence says nothing new */
#define CHECK_EVERY 1024 /* sentences between two looks at progress and Ctrl-C */

/* What counts how much. */
struct weights {
    float middle_words, middle_meaning;
    float title_words, title_meaning;
    float early;  /* for the first sentence; falls by e with every three */
    float length; /* for each factor of e that the sentence is shorter or longer than it should */
    float repeat_words, repeat_meaning;
};

/* What a text is about shows in its words better than in an encoder's vectors, whose middle is
 * near whatever is said often; but a title has few words, and the encoder knows more of its kind.
 */
static const struct weights by_words = {
    .middle_words = 1.0f, .title_words = 0.5f, .early = 0.1f, .length = 0.1f, .repeat_words = 0.3f};
static const struct weights by_meaning = {.middle_words = 1.0f,
                                          .middle_meaning = 0.2f,
                                          .title_words = 0.5f,
                                          .title_meaning = 0.2f,
                                          .early = 0.1f,
                                          .length = 0.1f,
                                          .repeat_words = 0.2f,
                                          .repeat_meaning = 0.1f};

#define GOOD_LENGTH 32.0f /* words */

struct candidate {
    struct text_range range;
    float score;
    uint32_t n_words;
};

struct extraction {
    struct ingle_tasks *t;
    const struct extract_options *opt;
    const char *text;
    const struct weights *weights;
    struct candidate *list; /* [n] in the order of the text */
    size_t n;
    struct terms terms;
    size_t n_dims;         /* 0 = without the encoder */
    float *middle_words;   /* [terms.n_slots] */
    float *middle, *title; /* [n_dims] */
    float *vector;         /* [n_dims] of the sentence at hand */
    struct term_vector *words, *title_words;
    struct text_range heading; /* the title if none is given; empty = none */
};

/* ---- candidates ---- */

static uint32_t count_words(const char *text, size_t len) {
    uint32_t n = 0;
    for (size_t at = 0; terms_next_word(text, len, &at);) n++;
    return n;
}

static ingle_status tell(const struct extraction *x, size_t i, const char *step, ingle_error *err) {
    if (i % CHECK_EVERY != 0) return INGLE_OK;
    return task_progress(x->t, x->opt->on_progress, x->opt->user, step, i, x->n, err);
}

/* Sentences worth choosing: of prose and lists, with two words at least; if there are none,
 * headings; else what is verbatim. */
static bool is_eligible(const struct sentence *s, uint32_t n_words, int round) {
    if (round == 0) return (s->kind == TEXT_PROSE || s->kind == TEXT_ITEM) && n_words > 1;
    return round == 2 || s->kind != TEXT_VERBATIM;
}

static ingle_status collect(struct extraction *x, size_t len, ingle_error *err) {
    struct sentence *all;
    size_t n;
    INGLE_TRY(sentences_split(x->text, len, &all, &n, err));
    if (!all) return INGLE_OK; /* there are none */
    x->list = mem_calloc(n, sizeof *x->list);
    if (!x->list) {
        mem_free(all);
        return status_no_memory(err, "the sentences", n * sizeof *x->list);
    }
    if (all[0].kind == TEXT_HEADING) x->heading = all[0].range;
    for (int round = 0; round < 3 && x->n == 0; round++) {
        for (size_t i = 0; i < n; i++) {
            struct text_range r = all[i].range;
            uint32_t n_words = count_words(x->text + r.from, r.to - r.from);
            if (!is_eligible(&all[i], n_words, round)) continue;
            x->list[x->n++] = (struct candidate){.range = r, .n_words = n_words};
        }
    }
    mem_free(all);
    return INGLE_OK;
}

static ingle_status count_terms(struct extraction *x, ingle_error *err) {
    for (size_t i = 0; i < x->n; i++) {
        struct text_range r = x->list[i].range;
        INGLE_TRY(tell(x, i, "counting words", err));
        INGLE_TRY(terms_count(&x->terms, x->text + r.from, r.to - r.from, err));
    }
    return INGLE_OK;
}

/* ---- vectors ---- */

static ingle_status make_vectors(const struct extraction *x, const char *text, size_t len,
                                 struct term_vector *words, float *vector, ingle_error *err) {
    terms_vector(&x->terms, text, len, words);
    if (x->n_dims == 0) return INGLE_OK;
    return ingle_encode(x->t->options.encoder, text, len, vector, err);
}

static float dot(const float *a, const float *b, size_t n) {
    float sum = 0;
    for (size_t d = 0; d < n; d++) sum += a[d] * b[d];
    return sum;
}

static void to_unit(float *v, size_t n) {
    float length = sqrtf(dot(v, v, n));
    for (size_t d = 0; d < n && length > 0; d++) v[d] /= length;
}

static ingle_status find_middle(struct extraction *x, ingle_error *err) {
    for (size_t i = 0; i < x->n; i++) {
        struct text_range r = x->list[i].range;
        INGLE_TRY(tell(x, i, "reading", err));
        INGLE_TRY(make_vectors(x, x->text + r.from, r.to - r.from, x->words, x->vector, err));
        for (size_t k = 0; k < x->words->n; k++) {
            x->middle_words[x->words->terms[k].id] += x->words->terms[k].weight;
        }
        for (size_t d = 0; d < x->n_dims; d++) x->middle[d] += x->vector[d];
    }
    to_unit(x->middle_words, x->terms.n_slots);
    to_unit(x->middle, x->n_dims);
    return INGLE_OK;
}

static ingle_status score_all(struct extraction *x, ingle_error *err) {
    const struct weights *w = x->weights;
    for (size_t i = 0; i < x->n; i++) {
        struct candidate *c = &x->list[i];
        INGLE_TRY(tell(x, i, "weighing", err));
        INGLE_TRY(make_vectors(x, x->text + c->range.from, c->range.to - c->range.from, x->words,
                               x->vector, err));
        float middle = 0, n_words = c->n_words ? (float)c->n_words : 0.5f;
        for (size_t k = 0; k < x->words->n; k++) {
            middle += x->words->terms[k].weight * x->middle_words[x->words->terms[k].id];
        }
        float title = term_vector_dot(x->title_words, x->words);
        c->score =
            w->middle_words * middle + w->middle_meaning * dot(x->middle, x->vector, x->n_dims) +
            w->title_words * title + w->title_meaning * dot(x->title, x->vector, x->n_dims) +
            w->early * expf((float)i / -3.0f) - w->length * fabsf(logf(n_words / GOOD_LENGTH));
        /* The title once more is no summary. */
        if (title > SAME) c->score -= NOTHING_NEW;
    }
    return INGLE_OK;
}

/* ---- choice ---- */

struct rival {
    size_t index;   /* into list[] */
    float repeated; /* what the nearest of those chosen has in common with it */
    bool is_chosen;
};

/* One part of the text, and what may be taken from it. */
struct part {
    size_t from, to; /* of list[] */
    size_t n_wanted;
    size_t left; /* bytes */
    struct rival rivals[RIVALS];
    size_t n;
    struct term_vector *words; /* [RIVALS] */
    float *vectors;            /* [RIVALS][n_dims] */
};

/* Greater score first, and of equals the earlier one. */
static bool is_better(const struct extraction *x, size_t a, size_t b) {
    float x_a = x->list[a].score, x_b = x->list[b].score;
    return x_a > x_b || (x_a == x_b && a < b);
}

/* The RIVALS best of the part, as a heap whose root is the worst. */
static void find_rivals(const struct extraction *x, struct part *p) {
    struct rival *heap = p->rivals;
    p->n = 0;
    for (size_t i = p->from; i < p->to; i++) {
        size_t at;
        if (p->n < RIVALS) {
            for (at = p->n++; at > 0 && is_better(x, heap[(at - 1) / 2].index, i);
                 at = (at - 1) / 2) {
                heap[at] = heap[(at - 1) / 2];
            }
        } else if (is_better(x, i, heap[0].index)) {
            at = 0;
            for (size_t child = 1; child < p->n; child = 2 * at + 1) {
                if (child + 1 < p->n && is_better(x, heap[child].index, heap[child + 1].index)) {
                    child++;
                }
                if (is_better(x, heap[child].index, i)) break;
                heap[at] = heap[child];
                at = child;
            }
        } else {
            continue;
        }
        heap[at] = (struct rival){.index = i};
    }
}

/* What b repeats of a. */
static float repetition(const struct extraction *x, const struct part *p, size_t a, size_t b) {
    float words = term_vector_dot(&p->words[a], &p->words[b]);
    float meaning = dot(p->vectors + a * x->n_dims, p->vectors + b * x->n_dims, x->n_dims);
    float sum = x->weights->repeat_words * words + x->weights->repeat_meaning * meaning;
    return words > SAME ? sum + NOTHING_NEW : sum;
}

static size_t bytes_of(const struct extraction *x, size_t index) {
    return x->list[index].range.to - x->list[index].range.from;
}

/* The rival that adds most and fits; p->n if none does. */
static size_t find_best(const struct extraction *x, const struct part *p, size_t left) {
    size_t best = p->n;
    float most = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct rival *r = &p->rivals[i];
        float gain = x->list[r->index].score - r->repeated;
        if (r->is_chosen || bytes_of(x, r->index) > left) continue;
        if (best < p->n && (gain < most || (gain == most && r->index > p->rivals[best].index))) {
            continue;
        }
        best = i;
        most = gain;
    }
    return best;
}

/* Appends what is chosen of the part to out[*n]. */
static ingle_status choose(const struct extraction *x, struct part *p, struct text_range *out,
                           size_t *n, ingle_error *err) {
    size_t n_chosen = 0;
    find_rivals(x, p);
    for (size_t i = 0; i < p->n; i++) {
        struct text_range r = x->list[p->rivals[i].index].range;
        INGLE_TRY(make_vectors(x, x->text + r.from, r.to - r.from, &p->words[i],
                               p->vectors + i * x->n_dims, err));
    }
    while (n_chosen < p->n_wanted) {
        size_t best = find_best(x, p, p->left);
        if (best == p->n) break;
        size_t size = bytes_of(x, p->rivals[best].index);
        p->left = p->left > size ? p->left - size : 0;
        p->rivals[best].is_chosen = true;
        out[*n + n_chosen++] = x->list[p->rivals[best].index].range;
        for (size_t i = 0; i < p->n; i++) {
            float repeated = repetition(x, p, best, i);
            if (repeated > p->rivals[i].repeated) p->rivals[i].repeated = repeated;
        }
    }
    *n += n_chosen;
    return INGLE_OK;
}

static int by_place(const void *a, const void *b) {
    size_t x = ((const struct text_range *)a)->from, y = ((const struct text_range *)b)->from;
    return (x > y) - (x < y);
}

/* How many sentences are wanted, at most. */
static size_t count_wanted(const struct extraction *x) {
    size_t wanted = x->opt->n_sentences;
    if (wanted == 0 && x->opt->max_bytes == 0) wanted = DEFAULT_SENTENCES;
    if (wanted == 0) {
        /* As many as could fit if they were short. */
        size_t bytes = 0;
        for (size_t i = 0; i < x->n; i++) bytes += bytes_of(x, i);
        double share = (double)x->opt->max_bytes / (double)bytes;
        wanted = share < 1.0 ? (size_t)(2.0 * share * (double)x->n) + 4 : x->n;
    }
    return wanted < x->n ? wanted : x->n;
}

/* i / n of a whole, without overflow for any whole. */
static size_t part_of(size_t whole, size_t i, size_t n) {
    return whole / n * i + whole % n * i / n;
}

static ingle_status choose_parts(const struct extraction *x, struct part *p, size_t wanted,
                                 struct text_range *out, size_t *n, ingle_error *err) {
    size_t n_parts = (wanted + OF_PART - 1) / OF_PART, max_bytes = x->opt->max_bytes;
    for (size_t i = 0; i < n_parts; i++) {
        INGLE_TRY(task_check_cancel(x->t, err));
        p->from = part_of(x->n, i, n_parts);
        p->to = part_of(x->n, i + 1, n_parts);
        p->n_wanted = part_of(wanted, i + 1, n_parts) - part_of(wanted, i, n_parts);
        /* What one part leaves is the next one's. */
        p->left += part_of(max_bytes, i + 1, n_parts) - part_of(max_bytes, i, n_parts);
        if (max_bytes == 0) p->left = SIZE_MAX;
        INGLE_TRY(choose(x, p, out, n, err));
    }
    if (*n == 0) {
        /* Rather one sentence that is too long than none. */
        *p = (struct part){
            .to = x->n, .n_wanted = 1, .left = SIZE_MAX, .words = p->words, .vectors = p->vectors};
        INGLE_TRY(choose(x, p, out, n, err));
    }
    qsort(out, *n, sizeof *out, by_place);
    return INGLE_OK;
}

static ingle_status choose_all(const struct extraction *x, struct text_range **out, size_t *n,
                               ingle_error *err) {
    size_t wanted = count_wanted(x);
    struct part *p = mem_calloc(1, sizeof *p);
    struct term_vector *words = mem_calloc(RIVALS, sizeof *words);
    float *vectors = mem_calloc(RIVALS * x->n_dims + 1, sizeof *vectors);
    struct text_range *list = mem_calloc(wanted, sizeof *list);
    ingle_status status;
    if (p && words && vectors && list) {
        p->words = words;
        p->vectors = vectors;
        status = choose_parts(x, p, wanted, list, n, err);
    } else {
        status = status_no_memory(err, "the summary", wanted * sizeof *list);
    }
    mem_free(p);
    mem_free(words);
    mem_free(vectors);
    if (status == INGLE_OK) {
        *out = list;
    } else {
        mem_free(list);
        *n = 0;
    }
    return status;
}

/* ---- all of it ---- */

static ingle_status prepare(struct extraction *x, ingle_error *err) {
    const char *title = x->opt->title ? x->opt->title : x->text + x->heading.from;
    size_t len = x->opt->title ? x->opt->title_len : x->heading.to - x->heading.from;
    const ingle_pack *encoder = len > 0 ? x->t->options.encoder : NULL;
    x->n_dims = encoder ? ingle_pack_get_info(encoder).n_dims : 0;
    x->weights = encoder ? &by_meaning : &by_words;
    x->words = mem_calloc(2, sizeof *x->words);
    x->middle = mem_calloc(3 * x->n_dims + 1, sizeof *x->middle);
    x->middle_words = mem_table(x->terms.n_slots, sizeof *x->middle_words);
    if (!x->words || !x->middle || !x->middle_words) {
        return status_no_memory(err, "the words", x->terms.n_slots * sizeof *x->middle_words);
    }
    x->title_words = x->words + 1;
    x->title = x->middle + x->n_dims;
    x->vector = x->middle + 2 * x->n_dims;
    return make_vectors(x, title, len, x->title_words, x->title, err);
}

ingle_status extract_sentences(struct ingle_tasks *t, const char *text, size_t len,
                               const struct extract_options *opt, struct text_range **out,
                               size_t *n, ingle_error *err) {
    struct extraction x = {.t = t, .opt = opt, .text = text};
    *out = NULL;
    *n = 0;
    INGLE_TRY(terms_init(&x.terms, err));
    ingle_status status = collect(&x, len, err);
    if (status == INGLE_OK) status = count_terms(&x, err);
    if (status == INGLE_OK && x.n > 0) {
        status = prepare(&x, err);
        if (status == INGLE_OK) status = find_middle(&x, err);
        if (status == INGLE_OK) status = score_all(&x, err);
        if (status == INGLE_OK) status = choose_all(&x, out, n, err);
    }
    mem_free(x.list);
    mem_free(x.words);
    mem_free(x.middle);
    mem_free(x.middle_words);
    terms_clear(&x.terms);
    return status;
}
