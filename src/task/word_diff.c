#include "task/word_diff.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/size.h"
#include "base/utf8.h"

#define MAX_DISTANCE 20000

/* ---- Myers' middle snake ---- */

struct differ {
    const size_t *a, *b;
    bool *changed_a, *changed_b;
    ptrdiff_t *forward, *backward; /* [2 * max + 3], from the middle on */
    ptrdiff_t max;
};

struct box {
    ptrdiff_t a_from, a_to, b_from, b_to;
};

struct snake {
    ptrdiff_t x, y, u, v; /* from (x, y) to (u, v) */
    bool found;
};

/* One step of d differences from the start; true when it meets what came from the end. */
static bool step_forward(struct differ *s, const struct box *box, ptrdiff_t d, struct snake *out) {
    ptrdiff_t n = box->a_to - box->a_from, m = box->b_to - box->b_from, delta = n - m;
    for (ptrdiff_t k = -d; k <= d; k += 2) {
        ptrdiff_t x = k == -d || (k != d && s->forward[k - 1] < s->forward[k + 1])
                          ? s->forward[k + 1]
                          : s->forward[k - 1] + 1;
        ptrdiff_t y = x - k, x0 = x, y0 = y;
        while (x < n && y < m && x >= 0 && y >= 0 &&
               s->a[box->a_from + x] == s->b[box->b_from + y]) {
            x++;
            y++;
        }
        s->forward[k] = x;
        ptrdiff_t c = k - delta;
        if ((delta & 1) && c >= -(d - 1) && c <= d - 1 && x + s->backward[c] >= n) {
            *out = (struct snake){.x = x0, .y = y0, .u = x, .v = y, .found = true};
            return true;
        }
    }
    return false;
}

static bool step_backward(struct differ *s, const struct box *box, ptrdiff_t d, struct snake *out) {
    ptrdiff_t n = box->a_to - box->a_from, m = box->b_to - box->b_from, delta = n - m;
    for (ptrdiff_t c = -d; c <= d; c += 2) {
        /* x and y are counted from the end; diagonal c is k - delta with its sign turned. */
        ptrdiff_t k = -c;
        ptrdiff_t x = k == -d || (k != d && s->backward[-(k - 1)] < s->backward[-(k + 1)])
                          ? s->backward[-(k + 1)]
                          : s->backward[-(k - 1)] + 1;
        ptrdiff_t y = x - k, x0 = x, y0 = y;
        while (x < n && y < m && x >= 0 && y >= 0 &&
               s->a[box->a_to - 1 - x] == s->b[box->b_to - 1 - y]) {
            x++;
            y++;
        }
        s->backward[c] = x;
        ptrdiff_t f = c + delta;
        if (!(delta & 1) && f >= -d && f <= d && x + s->forward[f] >= n) {
            *out = (struct snake){.x = n - x, .y = m - y, .u = n - x0, .v = m - y0, .found = true};
            return true;
        }
    }
    return false;
}

static struct snake middle_snake(struct differ *s, const struct box *box) {
    ptrdiff_t n = box->a_to - box->a_from, m = box->b_to - box->b_from;
    ptrdiff_t most = (n + m + 1) / 2;
    struct snake snake = {0};
    if (most > s->max) most = s->max;
    s->forward[1] = 0;
    s->backward[-1] = 0;
    s->backward[1] = 0;
    for (ptrdiff_t d = 0; d <= most; d++) {
        if (step_forward(s, box, d, &snake) || step_backward(s, box, d, &snake)) return snake;
    }
    return snake;
}

static void mark_all(struct differ *s, const struct box *box) {
    for (ptrdiff_t i = box->a_from; i < box->a_to; i++) s->changed_a[i] = true;
    for (ptrdiff_t i = box->b_from; i < box->b_to; i++) s->changed_b[i] = true;
}

/* The depth is the logarithm of the distance: each half has half of the differences. */
static void compare(struct differ *s, struct box box) {
    for (;;) {
        while (box.a_from < box.a_to && box.b_from < box.b_to &&
               s->a[box.a_from] == s->b[box.b_from]) {
            box.a_from++;
            box.b_from++;
        }
        while (box.a_from < box.a_to && box.b_from < box.b_to &&
               s->a[box.a_to - 1] == s->b[box.b_to - 1]) {
            box.a_to--;
            box.b_to--;
        }
        if (box.a_from == box.a_to || box.b_from == box.b_to) {
            mark_all(s, &box);
            return;
        }
        struct snake snake = middle_snake(s, &box);
        if (!snake.found) {
            mark_all(s, &box);
            return;
        }
        struct box first = box;
        first.a_to = box.a_from + snake.x;
        first.b_to = box.b_from + snake.y;
        compare(s, first);
        box.a_from += snake.u;
        box.b_from += snake.v;
    }
}

ingle_status diff_items(const size_t *a, size_t n_a, const size_t *b, size_t n_b, bool *changed_a,
                        bool *changed_b, ingle_error *err) {
    memset(changed_a, 0, n_a * sizeof *changed_a);
    memset(changed_b, 0, n_b * sizeof *changed_b);
    size_t max = (n_a + n_b + 1) / 2 + 1;
    if (max > MAX_DISTANCE) max = MAX_DISTANCE;
    size_t n = 2 * max + 5;
    ptrdiff_t *room = mem_calloc(2 * n, sizeof *room);
    if (!room) return status_no_memory(err, "a comparison of texts", 2 * n * sizeof *room);
    struct differ s = {.a = a, .b = b, .changed_a = changed_a, .changed_b = changed_b};
    s.max = (ptrdiff_t)max;
    s.forward = room + max + 2;
    s.backward = room + n + max + 2;
    compare(&s, (struct box){.a_to = (ptrdiff_t)n_a, .b_to = (ptrdiff_t)n_b});
    mem_free(room);
    return INGLE_OK;
}

/* ---- words ---- */

struct word {
    size_t from, to;
};

static bool is_word_char(uint32_t c) {
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '\'' ||
           c == 0x2019 || (c >= 0xc0 && c < 0x2000 && c != 0xd7 && c != 0xf7) || c >= 0x2c00;
}

static bool is_space(uint32_t c) {
    return c == ' ' || (c >= 9 && c <= 13);
}

static int class_of(uint32_t c) {
    return is_space(c) ? 1 : is_word_char(c) ? 2 : 0;
}

static size_t next_word(const char *text, size_t len, size_t from) {
    size_t n;
    int class = class_of(utf8_next(text + from, len - from, &n));
    size_t at = from + n;
    while (class != 0 && at < len && class_of(utf8_next(text + at, len - at, &n)) == class) at += n;
    return at;
}

static ingle_status cut(const char *text, size_t len, struct word **out, size_t *n_out,
                        ingle_error *err) {
    size_t n = 0;
    for (size_t at = 0; at < len; at = next_word(text, len, at)) n++;
    *out = mem_calloc(n ? n : 1, sizeof **out);
    if (!*out) {
        /* The codes are said again for clang's analyzer. */
        (void)!status_no_memory(err, "the words of a text", n * sizeof **out);
        return INGLE_NO_MEMORY;
    }
    *n_out = 0;
    for (size_t at = 0, to; at < len; at = to) {
        to = next_word(text, len, at);
        (*out)[(*n_out)++] = (struct word){.from = at, .to = to};
    }
    return INGLE_OK;
}

/* One text's words, and a hash of each: white space is all alike. */
struct words {
    const char *text;
    struct word *items;
    size_t *hashes;
    bool *changed;
    size_t n;
};

static bool is_blank(const struct words *w, size_t i) {
    return is_space((unsigned char)w->text[w->items[i].from]);
}

static ingle_status words_new(struct words *w, const char *text, size_t len, ingle_error *err) {
    w->text = text;
    INGLE_TRY(cut(text, len, &w->items, &w->n, err));
    w->hashes = mem_calloc(w->n + 1, sizeof *w->hashes);
    w->changed = mem_calloc(w->n + 1, sizeof *w->changed);
    if (!w->hashes || !w->changed) {
        (void)!status_no_memory(err, "the words of a text", w->n * 9);
        return INGLE_NO_MEMORY;
    }
    for (size_t i = 0; i < w->n; i++) {
        const struct word *word = &w->items[i];
        w->hashes[i] =
            is_blank(w, i) ? 1 : (size_t)hash_bytes(2, text + word->from, word->to - word->from);
    }
    return INGLE_OK;
}

static void words_clear(struct words *w) {
    mem_free(w->items);
    mem_free(w->hashes);
    mem_free(w->changed);
}

static void add_part(struct word_diff *d, enum diff_kind kind, size_t from, size_t to) {
    if (from == to) return;
    struct diff_part *last = d->n ? &d->parts[d->n - 1] : NULL;
    if (last && last->kind == kind && last->to == from) {
        last->to = to;
        return;
    }
    d->parts[d->n++] = (struct diff_part){.kind = kind, .from = from, .to = to};
}

/* A blank between two changed words that stays is part of the change: "[-a b-]{+c d+}". */
static void join_changes(struct words *a, struct words *b) {
    size_t i = 0, j = 0;
    while (i < a->n || j < b->n) {
        bool after = (i > 0 && a->changed[i - 1]) || (j > 0 && b->changed[j - 1]);
        if (i < a->n && a->changed[i]) {
            i++;
        } else if (j < b->n && b->changed[j]) {
            j++;
        } else {
            if (i >= a->n || j >= b->n) break;
            bool before =
                (i + 1 < a->n && a->changed[i + 1]) && (j + 1 < b->n && b->changed[j + 1]);
            if (after && before && is_blank(a, i) && i > 0 && j > 0 && a->changed[i - 1] &&
                b->changed[j - 1]) {
                a->changed[i] = b->changed[j] = true;
            }
            i++;
            j++;
        }
    }
}

static ingle_status make_parts(struct word_diff *d, const struct words *a, const struct words *b,
                               ingle_error *err) {
    d->parts = mem_calloc(a->n + b->n + 1, sizeof *d->parts);
    if (!d->parts) return status_no_memory(err, "a comparison of texts", a->n + b->n);
    for (size_t i = 0, j = 0; i < a->n || j < b->n;) {
        if (i < a->n && a->changed[i]) {
            add_part(d, DIFF_REMOVED, a->items[i].from, a->items[i].to);
            i++;
        } else if (j < b->n && b->changed[j]) {
            add_part(d, DIFF_ADDED, b->items[j].from, b->items[j].to);
            j++;
        } else {
            add_part(d, DIFF_SAME, a->items[i].from, a->items[i].to);
            i++;
            j++;
        }
    }
    return INGLE_OK;
}

static void count(const struct words *w, size_t *n, size_t *n_changed) {
    for (size_t i = 0; i < w->n; i++) {
        if (is_blank(w, i)) continue;
        ++*n;
        *n_changed += w->changed[i];
    }
}

ingle_status word_diff_new(struct word_diff *out, const char *old_text, size_t old_len,
                           const char *new_text, size_t new_len, ingle_error *err) {
    struct words a = {0}, b = {0};
    *out = (struct word_diff){0};
    ingle_status status = words_new(&a, old_text, old_len, err);
    if (status == INGLE_OK) status = words_new(&b, new_text, new_len, err);
    if (status == INGLE_OK) {
        status = diff_items(a.hashes, a.n, b.hashes, b.n, a.changed, b.changed, err);
    }
    if (status == INGLE_OK) {
        count(&a, &out->n_old, &out->n_removed);
        count(&b, &out->n_new, &out->n_added);
        join_changes(&a, &b);
        status = make_parts(out, &a, &b, err);
    }
    words_clear(&a);
    words_clear(&b);
    return status;
}

void word_diff_clear(struct word_diff *d) {
    mem_free(d->parts);
    *d = (struct word_diff){0};
}

double word_diff_share(const struct word_diff *d) {
    size_t n = d->n_old > d->n_new ? d->n_old : d->n_new;
    size_t changed = d->n_removed > d->n_added ? d->n_removed : d->n_added;
    return n ? (double)changed / (double)n : 0;
}
