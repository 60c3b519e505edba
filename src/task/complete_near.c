#include "task/complete_near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "task/complete_code.h"

#define LINES_BEFORE 40
#define LINES_AFTER 15
#define LINES_NEAR 6 /* count double */
#define MIN_LENGTH 3
#define MAX_WORDS 512 /* identifiers of the question */
#define N_SLOTS 2048
#define PIECE_MIN 10 /* lines after which a blank one ends a piece */
#define PIECE_MAX 30
#define MAX_PIECES 65536
#define SHOWN_BONUS 1.4
#define WANTED_BONUS 1e6
#define HASH_SEED 17 /* the same every time: what was shown is known again */

struct word {
    const char *text;
    size_t len;
    double weight;
    size_t n_pieces; /* that have it */
    size_t last;     /* the last of these, plus 1 */
};

struct words {
    struct word items[MAX_WORDS];
    size_t n;
    uint16_t slots[N_SLOTS]; /* number plus 1; 0 = free */
    uint64_t seed;
};

static struct word *find(struct words *w, const char *text, size_t len, bool add) {
    size_t slot = (size_t)(hash_bytes(w->seed, text, len) % N_SLOTS);
    for (; w->slots[slot]; slot = (slot + 1) % N_SLOTS) {
        struct word *word = &w->items[w->slots[slot] - 1];
        if (word->len == len && memcmp(word->text, text, len) == 0) return word;
    }
    if (!add || w->n == MAX_WORDS) return NULL;
    w->items[w->n] = (struct word){.text = text, .len = len};
    w->slots[slot] = (uint16_t)++w->n;
    return &w->items[w->n - 1];
}

/* The next identifier of text[*at..len): false if there is none. */
static bool next_word(const char *text, size_t len, size_t *at, const char **word, size_t *n) {
    while (*at < len) {
        size_t begin = *at;
        while (begin < len && !code_is_word(text[begin])) begin++;
        size_t end = begin;
        while (end < len && code_is_word(text[end])) end++;
        *at = end;
        if (end - begin < MIN_LENGTH || (text[begin] >= '0' && text[begin] <= '9')) continue;
        *word = text + begin;
        *n = end - begin;
        return true;
    }
    return false;
}

static size_t lines_back(const char *text, size_t at, size_t n) {
    while (at > 0 && n > 0) {
        at--;
        if (at == 0 || text[at - 1] == '\n') n--;
    }
    return at;
}

static size_t lines_on(const char *text, size_t len, size_t at, size_t n) {
    for (; at < len && n > 0; n--) {
        const char *end = memchr(text + at, '\n', len - at);
        at = end ? (size_t)(end - text) + 1 : len;
    }
    return at;
}

static void ask(struct words *w, const char *text, size_t from, size_t to, double weight) {
    const char *word;
    size_t n;
    while (next_word(text, to, &from, &word, &n)) {
        struct word *found = find(w, word, n, true);
        if (found && found->weight < weight) found->weight = weight;
    }
}

static bool is_blank_line(const char *text, size_t from, size_t to) {
    for (; from < to; from++) {
        if (text[from] != ' ' && text[from] != '\t' && text[from] != '\r' && text[from] != '\n') {
            return false;
        }
    }
    return true;
}

/* The piece that begins at byte from. */
static struct near_piece take_piece(const ingle_complete_file *file, size_t number, size_t from,
                                    size_t line) {
    struct near_piece p = {.file = number, .from = from, .to = from, .line = line};
    while (p.to < file->len && p.n_lines < PIECE_MAX) {
        size_t next = lines_on(file->text, file->len, p.to, 1);
        bool blank = is_blank_line(file->text, p.to, next);
        p.to = next;
        p.n_lines++;
        if (blank && p.n_lines >= PIECE_MIN) break;
    }
    uint64_t name = hash_bytes(HASH_SEED, file->name, strlen(file->name));
    p.identity = hash_bytes(name, file->text + from, p.to - from);
    return p;
}

static ingle_status cut_all(struct near_piece **out, size_t *n, const struct near_question *q,
                            ingle_error *err) {
    size_t cap = 0;
    for (size_t i = 0; i < q->n_others; i++) {
        size_t line = 1;
        for (size_t at = 0; at < q->others[i].len && *n < MAX_PIECES;) {
            if (*n == cap) {
                cap = cap ? cap * 2 : 64;
                struct near_piece *more = mem_realloc(*out, cap * sizeof **out);
                if (!more) return status_no_memory(err, "pieces of files", cap * sizeof **out);
                *out = more;
            }
            struct near_piece p = take_piece(&q->others[i], i, at, line);
            at = p.to;
            line += p.n_lines;
            (*out)[(*n)++] = p;
        }
    }
    return INGLE_OK;
}

/* Counts, then weighs: pass 0 and 1. */
static void look(struct words *w, const ingle_complete_file *others, struct near_piece *pieces,
                 size_t n, bool weigh) {
    for (size_t i = 0; i < w->n; i++) w->items[i].last = 0;
    for (size_t i = 0; i < n; i++) {
        const ingle_complete_file *file = &others[pieces[i].file];
        size_t at = pieces[i].from, len;
        const char *text;
        while (next_word(file->text, pieces[i].to, &at, &text, &len)) {
            struct word *word = find(w, text, len, false);
            if (!word || word->last == i + 1) continue;
            word->last = i + 1;
            if (!weigh) word->n_pieces++;
            if (weigh) {
                pieces[i].score += word->weight * log(1 + (double)n / (1 + (double)word->n_pieces));
            }
        }
    }
}

static int by_score(const void *a, const void *b) {
    const struct near_piece *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    return x->from < y->from ? -1 : x->from > y->from;
}

ingle_status near_find(struct near_piece **out, size_t *n, const struct near_question *q,
                       ingle_error *err) {
    *out = NULL;
    *n = 0;
    struct words *w = mem_calloc(1, sizeof *w);
    if (!w) return status_no_memory(err, "identifiers", sizeof *w);
    w->seed = hash_seed(w);
    size_t before = lines_back(q->text, q->at, LINES_BEFORE);
    size_t after = lines_on(q->text, q->len, q->at, LINES_AFTER);
    ask(w, q->text, lines_back(q->text, q->at, LINES_NEAR), q->at, 2);
    ask(w, q->text, before, after, 1);
    ingle_status status = cut_all(out, n, q, err);
    if (status == INGLE_OK) {
        look(w, q->others, *out, *n, false);
        look(w, q->others, *out, *n, true);
    }
    mem_free(w);
    if (status != INGLE_OK) {
        mem_free(*out);
        *out = NULL;
        *n = 0;
        return status;
    }
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        struct near_piece p = (*out)[i];
        for (size_t j = 0; j < q->n_shown; j++) {
            if (q->shown[j] == p.identity) p.score *= SHOWN_BONUS;
        }
        if (q->others[p.file].is_wanted) p.score += WANTED_BONUS;
        if (p.score > 0) (*out)[kept++] = p;
    }
    *n = kept;
    if (kept > 0) qsort(*out, kept, sizeof **out, by_score);
    return INGLE_OK;
}

void near_order(struct near_piece *pieces, size_t n, const ingle_complete_file *others) {
    for (size_t i = 1; i < n; i++) {
        for (size_t j = i; j > 0; j--) {
            struct near_piece *a = &pieces[j - 1], *b = &pieces[j];
            int order = strcmp(others[a->file].name, others[b->file].name);
            if (order < 0 || (order == 0 && a->from <= b->from)) break;
            struct near_piece swapped = *a;
            *a = *b;
            *b = swapped;
        }
    }
}
