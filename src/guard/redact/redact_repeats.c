#include "guard/redact/redact_repeats.h"

#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/hash.h"
#include "guard/redact/redact_amount.h"
#include "guard/redact/redact_index.h"
#include "guard/redact/redact_words.h"
#include "guard/redact/rule.h"

#define MAX_WORDS 32        /* of a value; bounds the work at each word of the text */
#define MIN_CONFIDENCE 0.8f /* of a value that is looked for elsewhere */
#define MIN_SIGNS 5         /* letters and digits where digits are among them */
#define MIN_LONG_NUMBER 7   /* digits that may stand beside other digits */

/* Which occurrences of a value count. */
enum demand {
    NOT_A_VALUE,  /* none: a node on the way to longer values */
    ANY_SPELLING, /* case aside */
    A_CAPITAL,    /* one that begins with a capital */
    ITS_SPELLING, /* the very bytes */
    WITHIN,       /* the very bytes, but not where a sentence begins */
    A_NUMBER,     /* no part of a longer number, no sum of money */
};

/* Of a trie whose edges are words. */
struct node {
    const struct redact_span *value;
    size_t from, to; /* in the text: the value, or the part of it that was added */
    enum demand demand;
};

enum word_list { LIST_NEVER = 1, LIST_ALSO };

struct search {
    const char *text;
    size_t len;
    uint64_t seed;
    struct redact_index edges; /* of node and word, to nodes */
    struct redact_index lists; /* of words, to enum word_list */
    struct node *nodes;        /* owned; [0] is the root */
    size_t n_nodes, cap;
};

/* ---- the trie ---- */

static ingle_status new_node(struct search *s, ingle_error *err) {
    if (s->n_nodes == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        struct node *grown = mem_realloc(s->nodes, cap * sizeof *grown);
        if (!grown) return status_no_memory(err, "what was found", cap * sizeof *grown);
        s->nodes = grown;
        s->cap = cap;
    }
    s->nodes[s->n_nodes++] = (struct node){0};
    return INGLE_OK;
}

/* White space before a value's first word does not count. */
static uint64_t edge_of(uint32_t node, const struct redact_word *w) {
    return hash_u64(w->hash, (uint64_t)node * 2 + (node && w->is_spaced)) | 1;
}

static ingle_status add_value(struct search *s, const struct redact_span *value,
                              const struct redact_word *words, size_t n, enum demand demand,
                              ingle_error *err) {
    uint32_t node = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t edge = edge_of(node, &words[i]);
        if (redact_index_find(&s->edges, edge, &node)) continue;
        node = (uint32_t)s->n_nodes;
        INGLE_TRY(new_node(s, err));
        INGLE_TRY(redact_index_add(&s->edges, edge, node, err));
    }
    struct node *end = &s->nodes[node];
    if (end->demand != NOT_A_VALUE) return INGLE_OK; /* the first one stands */
    *end = (struct node){value, words[0].from, words[n - 1].to, demand};
    return INGLE_OK;
}

/* ---- which values ---- */

static ingle_status add_list(struct search *s, const char *list, enum word_list number,
                             ingle_error *err) {
    struct redact_reader r = redact_reader_at(list, 0, strlen(list), s->seed);
    for (;;) {
        struct redact_word w = redact_read_word(&r);
        if (w.from == w.to) return INGLE_OK;
        INGLE_TRY(redact_index_add(&s->lists, w.hash | 1, number, err));
    }
}

static uint32_t list_of(const struct search *s, const struct redact_word *w) {
    uint32_t list;
    return redact_index_find(&s->lists, w->hash | 1, &list) ? list : 0;
}

static bool is_general(const char *kind) {
    static const char *const general[] = {"DATE_TIME", "DATE",  "TIME",
                                          "AGE",       "TITLE", "NATIONALITY"};
    for (size_t i = 0; i < BASE_COUNT(general); i++) {
        if (strcmp(kind, general[i]) == 0) return true;
    }
    return false;
}

static enum demand demand_of_word(const struct search *s, const struct redact_word *w) {
    if (!w->has_case || w->n_letters < 3 || w->is_small) return NOT_A_VALUE;
    uint32_t list = list_of(s, w);
    if (list == LIST_NEVER) return NOT_A_VALUE;
    if (list == LIST_ALSO) return WITHIN;
    return w->is_all_capital && w->n_letters == 3 ? ITS_SPELLING : A_CAPITAL;
}

static enum demand demand_of(const struct search *s, const struct redact_word *words, size_t n) {
    size_t n_letters = 0, n_digits = 0, n_words = 0;
    const struct redact_word *word = words; /* the last one that is no mark */
    bool has_capital = false, has_case = false, all_listed = true, is_address = false;
    for (size_t i = 0; i < n; i++) {
        const struct redact_word *w = &words[i];
        n_letters += w->n_letters;
        n_digits += w->n_digits;
        has_capital = has_capital || w->is_capital;
        has_case = has_case || w->has_case;
        if (w->n_letters + w->n_digits > 0) n_words++, word = w;
        is_address = is_address || s->text[w->from] == '@' ||
                     (s->text[w->from] == '.' && i + 1 < n && !words[i + 1].is_spaced);
        if (w->n_letters) all_listed = all_listed && list_of(s, w) != 0;
    }
    if (n_letters == 0 && n_digits >= MIN_LONG_NUMBER) return ANY_SPELLING;
    if (n_letters == 0) return n_digits >= MIN_SIGNS ? A_NUMBER : NOT_A_VALUE;
    if (n_digits) return n_letters + n_digits >= MIN_SIGNS ? ANY_SPELLING : NOT_A_VALUE;
    if (!has_case) return n_letters >= 2 ? ANY_SPELLING : NOT_A_VALUE;
    if (n_words == 1) return demand_of_word(s, word);
    if (n_letters < 4 || (!has_capital && all_listed)) return NOT_A_VALUE;
    return (has_capital || is_address) && !all_listed ? ANY_SPELLING : ITS_SPELLING;
}

/* The value, and the value without a mark or 's at its end. */
static ingle_status add_forms(struct search *s, const struct redact_span *value,
                              const struct redact_word *words, size_t n, ingle_error *err) {
    while (n > 0) {
        enum demand demand = demand_of(s, words, n);
        if (demand != NOT_A_VALUE) INGLE_TRY(add_value(s, value, words, n, demand, err));
        const struct redact_word *last = &words[n - 1];
        bool is_mark = last->n_letters + last->n_digits == 0;
        bool is_s = n > 2 && last->to - last->from == 1 && (s->text[last->from] | 32) == 's' &&
                    !last->is_spaced && words[n - 2].n_letters + words[n - 2].n_digits == 0 &&
                    s->text[words[n - 2].from] != '.';
        if (!is_mark && !is_s) return INGLE_OK;
        n--;
    }
    return INGLE_OK;
}

/* Each name of a full name, "Anne-Marie" being one. */
static ingle_status add_parts(struct search *s, const struct redact_span *value,
                              const struct redact_word *words, size_t n, ingle_error *err) {
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && !words[to].is_spaced;) to++;
        if (!words[from].is_capital || list_of(s, &words[from]) == LIST_NEVER) continue;
        INGLE_TRY(add_forms(s, value, words + from, to - from, err));
    }
    return INGLE_OK;
}

static ingle_status add_all(struct search *s, const struct redact_spans *found, bool in_parts,
                            ingle_error *err) {
    struct redact_word words[MAX_WORDS + 1];
    for (size_t i = 0; i < found->n; i++) {
        const struct redact_span *value = &found->items[i];
        bool is_person = strncmp(value->kind, "PERSON", 6) == 0;
        if (is_general(value->kind) || value->confidence < MIN_CONFIDENCE) continue;
        if (in_parts && !is_person) continue;
        struct redact_reader r = redact_reader_at(s->text, value->from, value->to, s->seed);
        size_t n = 0;
        do {
            words[n] = redact_read_word(&r);
        } while (words[n].from < words[n].to && n++ < MAX_WORDS);
        if (n > MAX_WORDS) continue;
        if (in_parts) {
            INGLE_TRY(add_parts(s, value, words, n, err));
            continue;
        }
        size_t n_marks = 0;
        while (n_marks < n && words[n_marks].n_letters + words[n_marks].n_digits == 0) n_marks++;
        INGLE_TRY(add_forms(s, value, words, n, err));
        if (n_marks) INGLE_TRY(add_forms(s, value, words + n_marks, n - n_marks, err));
    }
    return INGLE_OK;
}

/* ---- looking ---- */

#define RING ((size_t)64) /* a power of two, > MAX_WORDS */

/* The words of the text; the last MAX_WORDS can be asked for again. */
struct stream {
    struct redact_reader reader;
    struct redact_word ring[RING];
    size_t n_read;
};

static const struct redact_word *word_at(struct stream *in, size_t i) {
    while (in->n_read <= i) in->ring[in->n_read++ % RING] = redact_read_word(&in->reader);
    return &in->ring[i % RING];
}

static bool is_same(const struct search *s, const struct node *n, size_t from, size_t to) {
    return to - from == n->to - n->from &&
           memcmp(s->text + from, s->text + n->from, to - from) == 0;
}

/* A digit behind one mark on either side makes it part of a longer number. */
static bool is_number(const struct search *s, size_t from, size_t to) {
    const char *t = s->text;
    static const char joins[] = ".,:/-'";
    if (from > 1 && strchr(joins, t[from - 1]) && ascii_is_digit(t[from - 2])) return false;
    if (s->len - to > 1 && strchr(joins, t[to]) && ascii_is_digit(t[to + 1])) return false;
    return !redact_is_amount(t, s->len, from, to);
}

static bool is_met(const struct search *s, const struct node *n, const struct redact_word *first,
                   size_t to) {
    switch (n->demand) {
    case NOT_A_VALUE:
        return false;
    case ANY_SPELLING:
        return true;
    case A_CAPITAL:
        return first->is_capital;
    case ITS_SPELLING:
        return is_same(s, n, first->from, to);
    case WITHIN:
        return !first->is_first && is_same(s, n, first->from, to);
    case A_NUMBER:
        return is_number(s, first->from, to);
    }
    return false;
}

/* The longest value at word i that ends at `limit` or before: how many words; 0 = none. */
static size_t match(const struct search *s, struct stream *in, size_t i, size_t limit,
                    const struct node **value) {
    size_t best = 0;
    uint32_t node = 0;
    for (size_t n = 0; n < MAX_WORDS; n++) {
        const struct redact_word *w = word_at(in, i + n);
        if (w->from == w->to || w->to > limit) break;
        if (!redact_index_find(&s->edges, edge_of(node, w), &node)) break;
        const struct redact_word *first = word_at(in, i);
        if (!is_met(s, &s->nodes[node], first, w->to)) continue;
        best = n + 1;
        *value = &s->nodes[node];
    }
    return best;
}

/* A word that the text also has in small letters where nothing was found is a word. */
static void learn_words(struct search *s, const struct redact_spans *found) {
    struct redact_reader r = redact_reader_at(s->text, 0, s->len, s->seed);
    for (size_t f = 0;;) {
        struct redact_word w = redact_read_word(&r);
        uint32_t node;
        if (w.from == w.to) return;
        while (f < found->n && found->items[f].to <= w.from) f++;
        if (!w.is_small || (f < found->n && found->items[f].from < w.to)) continue;
        if (!redact_index_find(&s->edges, edge_of(0, &w), &node)) continue;
        if (s->nodes[node].demand == A_CAPITAL) s->nodes[node].demand = WITHIN;
    }
}

static ingle_status look(const struct search *s, struct redact_spans *out,
                         const struct redact_spans *found, ingle_error *err) {
    struct stream in = {.reader = redact_reader_at(s->text, 0, s->len, s->seed)};
    size_t f = 0, n;
    for (size_t i = 0;; i += n) {
        const struct redact_word *w = word_at(&in, i);
        const struct node *value = NULL;
        size_t from = w->from;
        if (w->from == w->to) break;
        for (; f < found->n && found->items[f].to <= from; f++) {
            INGLE_TRY(redact_spans_add(out, &found->items[f], err));
        }
        size_t limit = f < found->n ? found->items[f].from : s->len;
        n = match(s, &in, i, limit, &value);
        if (n > 0) {
            struct redact_span span = *value->value;
            span.from = from;
            span.to = word_at(&in, i + n - 1)->to;
            span.by = REDACT_BY_REPETITION;
            INGLE_TRY(redact_spans_add(out, &span, err));
        } else {
            n = 1;
        }
    }
    for (; f < found->n; f++) INGLE_TRY(redact_spans_add(out, &found->items[f], err));
    return INGLE_OK;
}

static ingle_status search(struct search *s, struct redact_spans *out,
                           const struct redact_spans *found, ingle_error *err) {
    INGLE_TRY(new_node(s, err));
    INGLE_TRY(add_list(s, redact_words_never, LIST_NEVER, err));
    INGLE_TRY(add_list(s, redact_words_also, LIST_ALSO, err));
    INGLE_TRY(add_all(s, found, false, err));
    INGLE_TRY(add_all(s, found, true, err)); /* a whole value comes before a part */
    learn_words(s, found);
    return look(s, out, found, err);
}

ingle_status redact_repeats(struct redact_spans *out, const char *text, size_t len,
                            const struct redact_spans *found, ingle_error *err) {
    if (found->n == 0) return INGLE_OK;
    struct search s = {.text = text, .len = len, .seed = hash_seed(out)};
    ingle_status status = search(&s, out, found, err);
    redact_index_clear(&s.edges);
    redact_index_clear(&s.lists);
    mem_free(s.nodes);
    return status;
}
