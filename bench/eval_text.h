/* What the quality of search and summaries is measured with: words, BM25 and tf-idf as baselines,
 * ROUGE. Programs of developers: what goes wrong ends them with a sentence. */
#ifndef INGLE_BENCH_EVAL_TEXT_H
#define INGLE_BENCH_EVAL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *eval_alloc(size_t n, size_t size); /* zeroed */
char *eval_read(const char *folder, const char *name, size_t *size);

/* Numbers for words: the same word, the same number. Lower case, letters and digits only. */
struct lexicon {
    uint64_t *keys; /* [n_slots] hash of the word; 0 = empty */
    uint32_t *ids;
    size_t n_slots;
    uint32_t n;
};

void lexicon_init(struct lexicon *v);
void lexicon_clear(struct lexicon *v);
/* Writes up to max numbers; returns how many words there are. */
size_t lexicon_words(struct lexicon *v, const char *text, size_t len, uint32_t *out, size_t max);

/* An index of documents, searched by BM25 (Robertson 1994; k1 1.2, b 0.75) or by the cosine of
 * tf-idf vectors. */
struct search_index {
    struct lexicon lexicon;
    struct posting *postings;
    size_t n_postings, cap;
    uint32_t n_docs, n_words; /* words: of the documents */
    uint32_t *lengths;        /* [n_docs] words */
    float *norms;             /* [n_docs] of tf-idf vectors */
    uint32_t *starts;         /* [n_words + 1] into postings, by word */
    double mean_length;
};

struct posting {
    uint32_t word, doc, count;
};

void search_init(struct search_index *x, size_t max_docs);
void search_add(struct search_index *x, const char *text, size_t len);
void search_finish(struct search_index *x);
void search_clear(struct search_index *x);
double search_idf(const struct search_index *x, uint32_t word);
/* scores[n_docs] */
void search_bm25(struct search_index *x, const char *query, size_t len, float *scores);
void search_tfidf(struct search_index *x, const char *query, size_t len, float *scores);

/* F1 of overlaps of words, of pairs of words, and of the longest common subsequence (Lin 2004). */
struct rouge {
    double one, two, l;
};
struct rouge rouge_of(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b);

#endif
