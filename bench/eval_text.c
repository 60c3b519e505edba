#include "eval_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 65536 /* of one text */

void *eval_alloc(size_t n, size_t size) {
    void *p = calloc(n ? n : 1, size);
    if (p) return p;
    fprintf(stderr, "eval: no memory\n");
    exit(6);
}

char *eval_read(const char *folder, const char *name, size_t *size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0) {
        fprintf(stderr, "eval: cannot read %s\n", path);
        exit(4);
    }
    *size = (size_t)ftell(f);
    rewind(f);
    char *data = eval_alloc(*size + 1, 1);
    if (fread(data, 1, *size, f) != *size) exit(1);
    fclose(f);
    return data;
}

/* ---- words ---- */

void lexicon_init(struct lexicon *v) {
    *v = (struct lexicon){.n_slots = 1 << 18};
    v->keys = eval_alloc(v->n_slots, sizeof *v->keys);
    v->ids = eval_alloc(v->n_slots, sizeof *v->ids);
}

void lexicon_clear(struct lexicon *v) {
    free(v->keys);
    free(v->ids);
}

static uint32_t lexicon_id(struct lexicon *v, uint64_t key) {
    size_t i = key & (v->n_slots - 1);
    while (v->keys[i] && v->keys[i] != key) i = (i + 1) & (v->n_slots - 1);
    if (!v->keys[i]) {
        v->keys[i] = key;
        v->ids[i] = v->n++;
        if (v->n > v->n_slots / 2) {
            fprintf(stderr, "eval: too many words\n");
            exit(6);
        }
    }
    return v->ids[i];
}

size_t lexicon_words(struct lexicon *v, const char *text, size_t len, uint32_t *out, size_t max) {
    uint64_t hash = 0;
    size_t n = 0;
    for (size_t i = 0; i <= len; i++) {
        unsigned char c = i < len ? (unsigned char)text[i] : ' ';
        if (c >= 'A' && c <= 'Z') c |= 32;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) {
            hash = ((hash ? hash : 14695981039346656037u) ^ c) * 1099511628211u;
        } else if (hash) {
            if (n < max) out[n] = lexicon_id(v, hash | 1);
            n++;
            hash = 0;
        }
    }
    return n < max ? n : max;
}

/* ---- index ---- */

void search_init(struct search_index *x, size_t max_docs) {
    *x = (struct search_index){0};
    lexicon_init(&x->lexicon);
    x->lengths = eval_alloc(max_docs, sizeof *x->lengths);
    x->norms = eval_alloc(max_docs, sizeof *x->norms);
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void search_add(struct search_index *x, const char *text, size_t len) {
    uint32_t *words = eval_alloc(MAX_WORDS, sizeof *words);
    size_t n = lexicon_words(&x->lexicon, text, len, words, MAX_WORDS);
    qsort(words, n, sizeof *words, by_number);
    for (size_t i = 0; i < n;) {
        size_t from = i;
        while (i < n && words[i] == words[from]) i++;
        if (x->n_postings == x->cap) {
            x->cap = x->cap ? 2 * x->cap : 1 << 16;
            x->postings = realloc(x->postings, x->cap * sizeof *x->postings);
            if (!x->postings) exit(6);
        }
        x->postings[x->n_postings++] =
            (struct posting){words[from], x->n_docs, (uint32_t)(i - from)};
    }
    x->lengths[x->n_docs++] = (uint32_t)n;
    free(words);
}

static int by_word(const void *a, const void *b) {
    const struct posting *x = a, *y = b;
    if (x->word != y->word) return x->word < y->word ? -1 : 1;
    return (x->doc > y->doc) - (x->doc < y->doc);
}

double search_idf(const struct search_index *x, uint32_t word) {
    double n = x->n_docs, df = x->starts[word + 1] - x->starts[word];
    return log(1.0 + (n - df + 0.5) / (df + 0.5));
}

void search_finish(struct search_index *x) {
    qsort(x->postings, x->n_postings, sizeof *x->postings, by_word);
    x->n_words = x->lexicon.n;
    x->starts = eval_alloc(x->lexicon.n + 2, sizeof *x->starts);
    for (size_t i = 0; i < x->n_postings; i++) x->starts[x->postings[i].word + 1]++;
    for (size_t i = 0; i < x->lexicon.n; i++) x->starts[i + 1] += x->starts[i];
    double sum = 0;
    for (uint32_t i = 0; i < x->n_docs; i++) sum += x->lengths[i];
    x->mean_length = sum / x->n_docs;
    for (size_t i = 0; i < x->n_postings; i++) {
        const struct posting *p = &x->postings[i];
        double w = (1 + log(p->count)) * search_idf(x, p->word);
        x->norms[p->doc] += (float)(w * w);
    }
    for (uint32_t i = 0; i < x->n_docs; i++) x->norms[i] = sqrtf(x->norms[i]) + 1e-9f;
}

void search_clear(struct search_index *x) {
    lexicon_clear(&x->lexicon);
    free(x->postings);
    free(x->lengths);
    free(x->norms);
    free(x->starts);
}

static void search(struct search_index *x, const char *query, size_t len, bool is_bm25,
                   float *scores) {
    uint32_t words[1024];
    /* Words of the query that no document has get numbers past those of the index. */
    size_t n = lexicon_words(&x->lexicon, query, len, words, 1024);
    memset(scores, 0, x->n_docs * sizeof *scores);
    for (size_t i = 0; i < n; i++) {
        if (words[i] >= x->n_words) continue;
        double w = search_idf(x, words[i]);
        for (uint32_t k = x->starts[words[i]]; k < x->starts[words[i] + 1]; k++) {
            const struct posting *p = &x->postings[k];
            double tf = p->count, ratio = x->lengths[p->doc] / x->mean_length;
            double s = is_bm25 ? w * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * ratio))
                               : w * w * (1 + log(tf)) / (double)x->norms[p->doc];
            scores[p->doc] += (float)s;
        }
    }
}

void search_bm25(struct search_index *x, const char *query, size_t len, float *scores) {
    search(x, query, len, true, scores);
}

void search_tfidf(struct search_index *x, const char *query, size_t len, float *scores) {
    search(x, query, len, false, scores);
}

/* ---- ROUGE ---- */

static double f1(size_t overlap, size_t n_a, size_t n_b) {
    return overlap ? 2.0 * (double)overlap / (double)(n_a + n_b) : 0;
}

/* Elements that two sorted lists have in common, each as often as both have it. */
static size_t common(const uint64_t *a, size_t n_a, const uint64_t *b, size_t n_b) {
    size_t n = 0;
    for (size_t i = 0, j = 0; i < n_a && j < n_b;) {
        if (a[i] == b[j])
            n++, i++, j++;
        else if (a[i] < b[j])
            i++;
        else
            j++;
    }
    return n;
}

static int by_long(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t *grams(const uint32_t *words, size_t n, size_t size, size_t *n_out) {
    *n_out = n >= size ? n - size + 1 : 0;
    uint64_t *out = eval_alloc(*n_out, sizeof *out);
    for (size_t i = 0; i < *n_out; i++) {
        out[i] = size == 1 ? words[i] : (uint64_t)words[i] << 32 | words[i + 1];
    }
    qsort(out, *n_out, sizeof *out, by_long);
    return out;
}

static size_t longest_common(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b) {
    size_t *row = eval_alloc(n_b + 1, sizeof *row);
    for (size_t i = 0; i < n_a; i++) {
        size_t corner = 0;
        for (size_t j = 0; j < n_b; j++) {
            size_t above = row[j + 1];
            row[j + 1] = a[i] == b[j] ? corner + 1 : above > row[j] ? above : row[j];
            corner = above;
        }
    }
    size_t n = row[n_b];
    free(row);
    return n;
}

struct rouge rouge_of(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b) {
    double f[2];
    for (size_t size = 1; size <= 2; size++) {
        size_t n_x, n_y;
        uint64_t *x = grams(a, n_a, size, &n_x), *y = grams(b, n_b, size, &n_y);
        f[size - 1] = f1(common(x, n_x, y, n_y), n_x, n_y);
        free(x);
        free(y);
    }
    return (struct rouge){f[0], f[1], f1(longest_common(a, n_a, b, n_b), n_a, n_b)};
}
