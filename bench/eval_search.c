/* Tasks of search: pages and commands for what somebody wants to do, queries of the same intent,
 * summaries of the same text, papers for what is said of them. All on data that the built-in
 * encoder has not learned from (models/recipe/held_out.h). */
#include "eval_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_tree.h"
#include "eval_text.h"
#include "recipe/held_out.h"
#include "recipe/tldr_pages.h"

/* What a cosine of 1 counts beside the best document's BM25. Chosen on the queries with an even
 * number; those with an odd one are measured. */
#define COSINE_WEIGHT 1.5f

struct text {
    char *at;
    size_t len;
    uint32_t class; /* texts of one class answer each other */
};

struct texts {
    struct text *list;
    size_t n, cap;
};

static void add(struct texts *t, const char *at, size_t len, uint32_t class) {
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 1024;
        t->list = realloc(t->list, t->cap * sizeof *t->list);
        if (!t->list) exit(6);
    }
    char *copy = eval_alloc(len + 1, 1);
    if (len) memcpy(copy, at, len);
    t->list[t->n++] = (struct text){copy, len, class};
}

static void clear(struct texts *t) {
    for (size_t i = 0; i < t->n; i++) free(t->list[i].at);
    free(t->list);
    *t = (struct texts){0};
}

/* ---- one task ---- */

enum method { BM25, TFIDF, ENCODER, BOTH, N_METHODS };
static const char *const names[] = {"BM25", "tf-idf", "the encoder", "the encoder and BM25"};

struct tally {
    size_t n, first, ten;
    double reciprocal;
};

struct task {
    struct texts docs, queries; /* a query's answer: any document of its class but itself */
    bool is_same;               /* the queries are among the documents, which skip themselves */
    size_t *self;               /* [queries.n] number of the document that is the query */
    struct tally tally[N_METHODS];
};

static float *encode_all(const ingle_pack *p, const struct texts *t, size_t dims) {
    float *v = eval_alloc(t->n * dims, sizeof *v);
    ingle_error err;
    for (size_t i = 0; i < t->n; i++) {
        if (ingle_encode(p, t->list[i].at, t->list[i].len, v + i * dims, &err) != INGLE_OK) {
            fprintf(stderr, "eval: %s\n", err.msg);
            exit(1);
        }
    }
    return v;
}

static void judge(const struct task *t, size_t query, const float *scores, struct tally *tally) {
    float best = -INFINITY;
    size_t self = t->is_same ? t->self[query] : t->docs.n, rank = 1;
    for (size_t i = 0; i < t->docs.n; i++) {
        bool is_answer = i != self && t->docs.list[i].class == t->queries.list[query].class;
        if (is_answer && scores[i] > best) best = scores[i];
    }
    for (size_t i = 0; i < t->docs.n; i++) {
        bool is_answer = t->docs.list[i].class == t->queries.list[query].class;
        /* Of equals, the wrong ones come first. */
        if (i != self && !is_answer && scores[i] >= best) rank++;
    }
    tally->n++;
    tally->first += rank == 1;
    tally->ten += rank <= 10;
    tally->reciprocal += 1.0 / (double)rank;
}

static float greatest(const float *x, size_t n) {
    float most = 1e-6f;
    for (size_t i = 0; i < n; i++) {
        if (x[i] > most) most = x[i];
    }
    return most;
}

static void run(struct task *t, const ingle_pack *encoder) {
    size_t dims = ingle_pack_get_info(encoder).n_dims, n = t->docs.n;
    struct search_index index;
    search_init(&index, n);
    for (size_t i = 0; i < n; i++) search_add(&index, t->docs.list[i].at, t->docs.list[i].len);
    search_finish(&index);
    float *docs = encode_all(encoder, &t->docs, dims);
    float *queries = encode_all(encoder, &t->queries, dims);
    float *scores = eval_alloc(n, sizeof *scores), *near = eval_alloc(n, sizeof *near);
    for (size_t q = getenv("EVAL_EVEN") ? 0 : 1; q < t->queries.n; q += 2) {
        const struct text *query = &t->queries.list[q];
        search_tfidf(&index, query->at, query->len, scores);
        judge(t, q, scores, &t->tally[TFIDF]);
        search_bm25(&index, query->at, query->len, scores);
        judge(t, q, scores, &t->tally[BM25]);
        for (size_t i = 0; i < n; i++) {
            near[i] = 0;
            for (size_t d = 0; d < dims; d++) near[i] += docs[i * dims + d] * queries[q * dims + d];
        }
        judge(t, q, near, &t->tally[ENCODER]);
        float scale = 1.0f / greatest(scores, n);
        for (size_t i = 0; i < n; i++) near[i] = COSINE_WEIGHT * near[i] + scores[i] * scale;
        judge(t, q, near, &t->tally[BOTH]);
    }
    free(docs);
    free(queries);
    free(scores);
    free(near);
}

static void report(struct task *t, const char *what) {
    char line[160], reached[80];
    double reciprocal[N_METHODS];
    for (int m = 0; m < N_METHODS; m++) {
        const struct tally *y = &t->tally[m];
        double n = (double)y->n;
        reciprocal[m] = y->reciprocal / n;
        snprintf(line, sizeof line, "%s, %s: first, in ten, MRR", what, names[m]);
        snprintf(reached, sizeof reached, "%.1f %.1f %.1f %%", 100 * (double)y->first / n,
                 100 * (double)y->ten / n, 100 * reciprocal[m]);
        eval_line(line, "", reached, "");
    }
    double plain = fmax(reciprocal[BM25], reciprocal[TFIDF]);
    double ours = fmax(reciprocal[ENCODER], reciprocal[BOTH]);
    char asked[40];
    snprintf(line, sizeof line, "%s (%zu queries): MRR of the encoder, alone or with BM25", what,
             t->tally[0].n);
    snprintf(asked, sizeof asked, "> %.1f %% (best without)", 100 * plain);
    snprintf(reached, sizeof reached, "%.1f %%", 100 * ours);
    if (plain == 1.0) {
        /* Nothing is better than no mistake. */
        eval_line(line, "(without: no mistake)", reached, "");
    } else {
        eval_line(line, asked, reached, ours > plain ? "met" : "missed");
    }
    clear(&t->docs);
    clear(&t->queries);
}

/* ---- commands ---- */

static void add_page(struct buf *b, const struct tldr_page *page, size_t but) {
    buf_reset(b);
    tldr_add(b, page->name);
    buf_add_str(b, ". ");
    tldr_add(b, page->about);
    for (size_t i = 0; i < page->n; i++) {
        if (i == but) continue;
        buf_add_str(b, ". ");
        tldr_add(b, page->tasks[i]);
        buf_add_str(b, ". ");
        tldr_add(b, page->commands[i]);
    }
}

/* The first task of each page held out, if it can be told from all others, asks for its page, which
 * lacks it; and for its command among all commands. */
static void commands(const char *data, const ingle_pack *encoder) {
    size_t size;
    char *text = eval_read(data, "text/tldr_pages.txt", &size);
    struct task pages = {0}, lines = {0};
    struct tldr_page page;
    struct buf b;
    buf_init(&b, 1 << 20);
    uint32_t number = 0, line = 0;
    for (size_t at = 0; tldr_next(text, size, &at, &page); number++) {
        bool asks = is_held_out(page.name.at, page.name.len, HELD_OUT_PAGES) && page.n > 1;
        size_t which = asks ? number % page.n : page.n;
        for (size_t i = 0; i < page.n; i++, line++) {
            buf_reset(&b);
            tldr_add(&b, page.commands[i]);
            add(&lines.docs, b.data, b.size, line);
            if (i != which) continue;
            buf_reset(&b);
            tldr_add(&b, page.tasks[i]);
            add(&lines.queries, b.data, b.size, line);
            add(&pages.queries, b.data, b.size, number);
        }
        add_page(&b, &page, which);
        add(&pages.docs, b.data, b.size, number);
    }
    run(&pages, encoder);
    report(&pages, "task to page");
    run(&lines, encoder);
    report(&lines, "task to command");
    buf_clear(&b);
    free(text);
}

/* ---- queries of an intent ---- */

static void read_queries(const char *data, const char *part, struct texts *t, struct lexicon *v) {
    char name[128];
    size_t size, label_size;
    snprintf(name, sizeof name, "intents/hwu64/%s/seq.in", part);
    char *text = eval_read(data, name, &size), *at = text;
    snprintf(name, sizeof name, "intents/hwu64/%s/label", part);
    char *labels = eval_read(data, name, &label_size), *label = labels;
    while (*at) {
        size_t n = strcspn(at, "\n"), m = strcspn(label, "\n");
        char joined[128];
        uint32_t class = 0;
        size_t k = 0;
        for (; k < m && k < sizeof joined; k++) joined[k] = label[k] == '_' ? 'X' : label[k];
        (void)lexicon_words(v, joined, k, &class, 1);
        add(t, at, n, class);
        at += n + (at[n] != 0);
        label += m + (label[m] != 0);
    }
    free(text);
    free(labels);
}

static void intents(const char *data, const ingle_pack *encoder) {
    struct task t = {0};
    struct lexicon v;
    lexicon_init(&v);
    read_queries(data, "train", &t.docs, &v);
    read_queries(data, "test", &t.queries, &v);
    run(&t, encoder);
    report(&t, "HWU64 test query to one of its intent in train");
}

/* ---- documents ---- */

/* Every summary of a text held out asks for another one of the same text, among those of all. */
static void summaries(const char *data, const ingle_pack *encoder) {
    struct task t = {.is_same = true};
    struct arena arena;
    size_t size, n_queries = 0;
    char *text = eval_read(data, "summaries/gum.jsonl", &size), *at = text;
    t.self = eval_alloc(4096, sizeof *t.self);
    for (uint32_t class = 0; *at; class ++) {
        size_t n = strcspn(at, "\n");
        const struct json_value *doc;
        arena_init(&arena, (size_t)1 << 28);
        if (json_tree_parse(&doc, &arena, at, n, "gum.jsonl", NULL) != INGLE_OK) exit(3);
        const struct json_text *id = &json_member(doc, "id")->text;
        const struct json_value *list = json_member(doc, "summaries");
        for (size_t i = 0; i < list->n; i++) {
            const struct json_text *s = &list->items[i].text;
            const char *end = strstr(s->data, ") ");
            size_t skip = s->data[0] == '(' && end ? (size_t)(end + 2 - s->data) : 0;
            if (is_held_out(id->data, id->len, HELD_OUT_PAPERS) && n_queries < 4096) {
                t.self[n_queries++] = t.docs.n;
                add(&t.queries, s->data + skip, s->len - skip, class);
            }
            add(&t.docs, s->data + skip, s->len - skip, class);
        }
        arena_clear(&arena);
        at += n + (at[n] != 0);
    }
    run(&t, encoder);
    report(&t, "GUM summary to another of its text");
    free(t.self);
    free(text);
}

/* What readers and authors say in a sentence asks for the abstract. */
static void papers(const char *data, const ingle_pack *encoder) {
    struct task t = {0};
    struct arena arena;
    struct buf b;
    size_t size;
    char *text = eval_read(data, "summaries/scitldr_dev.jsonl", &size), *at = text;
    buf_init(&b, 1 << 24);
    for (uint32_t class = 0; *at; class ++) {
        size_t n = strcspn(at, "\n");
        const struct json_value *doc;
        arena_init(&arena, (size_t)1 << 28);
        if (json_tree_parse(&doc, &arena, at, n, "scitldr_dev.jsonl", NULL) != INGLE_OK) exit(3);
        const struct json_text *id = &json_member(doc, "paper_id")->text;
        const struct json_value *targets = json_member(doc, "target");
        const struct json_value *source = json_member(doc, "source");
        buf_reset(&b);
        for (size_t i = 0; i < source->n; i++) {
            buf_add(&b, source->items[i].text.data, source->items[i].text.len);
            buf_add_str(&b, " ");
        }
        add(&t.docs, b.data, b.size, class);
        for (size_t i = 0; i < targets->n; i++) {
            if (!is_held_out(id->data, id->len, HELD_OUT_PAPERS)) break;
            add(&t.queries, targets->items[i].text.data, targets->items[i].text.len, class);
        }
        arena_clear(&arena);
        at += n + (at[n] != 0);
    }
    run(&t, encoder);
    report(&t, "SciTLDR summary to its abstract");
    buf_clear(&b);
    free(text);
}

void eval_search(const char *data, const ingle_pack *encoder) {
    commands(data, encoder);
    intents(data, encoder);
    summaries(data, encoder);
    papers(data, encoder);
}
