#include "task/document/pages.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "task/document/doc_text.h"

#define EDGE 2      /* lines at the top and the bottom of a page that may be no text */
#define MIN_PAGES 3 /* that a line must stand on to be a running head */

struct pages {
    const char *text;
    size_t len;
    uint64_t *hashes; /* of the lines at the pages' edges, sorted */
    size_t n, cap;
    bool failed;
};

/* The page at *at without its form feed; *at moves behind it. */
static struct doc_piece next_page(const struct pages *p, size_t *at) {
    const char *from = p->text + *at;
    const char *end = memchr(from, '\f', p->len - *at);
    size_t n = end ? (size_t)(end - from) : p->len - *at;
    *at += n + (end ? 1 : 0);
    return (struct doc_piece){from, n};
}

/* Lines that differ in their numbers only are the same: "12 THE HOUSE" and "13 THE HOUSE". */
static uint64_t hash_of(struct doc_piece line) {
    char same[256];
    size_t n = 0;
    for (size_t i = 0; i < line.len && n < sizeof same; i++) {
        bool is_digit = ascii_is_digit(line.data[i]);
        if (is_digit && n > 0 && same[n - 1] == '0') continue;
        same[n++] = is_digit ? '0' : ascii_lower(line.data[i]);
    }
    return hash_bytes(0, same, n);
}

/* Offsets in the page: text lies in [top, bottom), the edges around it. */
static void find_edges(struct doc_piece page, size_t *top, size_t *bottom) {
    size_t at = 0;
    *top = 0;
    for (int n = 0; at < page.len && n < EDGE;) {
        struct doc_piece line = doc_line(page.data, page.len, &at);
        n += doc_trim(line.data, line.len).len > 0;
        *top = at;
    }
    *bottom = page.len;
    for (int n = 0; *bottom > *top && n < EDGE;) {
        size_t end = *bottom;
        if (page.data[end - 1] == '\n') end--;
        const char *line = end > *top ? memrchr(page.data + *top, '\n', end - *top) : NULL;
        size_t from = line ? (size_t)(line - page.data) + 1 : *top;
        n += doc_trim(page.data + from, end - from).len > 0;
        *bottom = from;
    }
}

static void note_line(struct pages *p, struct doc_piece line) {
    line = doc_trim(line.data, line.len);
    if (line.len == 0 || p->failed) return;
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 64;
        uint64_t *grown = mem_realloc(p->hashes, cap * sizeof *grown);
        if (!grown) {
            p->failed = true;
            return;
        }
        p->hashes = grown;
        p->cap = cap;
    }
    p->hashes[p->n++] = hash_of(line);
}

static void note_lines(struct pages *p, struct doc_piece page, size_t from, size_t to) {
    while (from < to) note_line(p, doc_line(page.data, to, &from));
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool is_common(const struct pages *p, uint64_t hash) {
    size_t low = 0, high = p->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->hashes[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low + MIN_PAGES <= p->n && p->hashes[low + MIN_PAGES - 1] == hash;
}

/* "12", "- 12 -", "Page 3 of 7". */
static bool is_page_number(struct doc_piece line) {
    size_t n_digits = 0;
    if (line.len > 24) return false;
    for (size_t i = 0; i < line.len; i++) n_digits += ascii_is_digit(line.data[i]);
    if (n_digits == 0) return false;
    if (doc_starts(line.data, line.len, "page ")) return true;
    for (size_t i = 0; i < line.len; i++) {
        if (!ascii_is_digit(line.data[i]) && !strchr(" -/|[]", line.data[i])) return false;
    }
    return true;
}

/* A sentence goes on: the text before does not end one, and a small letter follows. */
static bool goes_on(const struct buf *out, struct doc_piece line) {
    size_t n = out->size;
    while (n > 0 && ascii_is_space(out->data[n - 1])) n--;
    return n > 0 && !strchr(".!?:;\"'", out->data[n - 1]) && line.len > 0 && line.data[0] >= 'a' &&
           line.data[0] <= 'z';
}

static void add_page(const struct pages *p, struct buf *out, struct doc_piece page) {
    size_t top, bottom;
    bool has_begun = false;
    find_edges(page, &top, &bottom);
    for (size_t at = 0; at < page.len;) {
        bool is_edge = at < top || at >= bottom;
        struct doc_piece whole = doc_line(page.data, page.len, &at);
        struct doc_piece line = doc_trim(whole.data, whole.len);
        if (is_edge && line.len && (is_page_number(line) || is_common(p, hash_of(line)))) continue;
        if (!has_begun) {
            if (line.len == 0) continue;
            if (out->size && !goes_on(out, line)) buf_add_str(out, "\n");
            has_begun = true;
        }
        buf_add(out, whole.data, whole.len);
        buf_add_str(out, "\n");
    }
    /* Empty lines at the page's end say nothing: a sentence may go on. */
    while (out->size > 1 && out->data[out->size - 1] == '\n' && out->data[out->size - 2] == '\n') {
        out->data[--out->size] = '\0';
    }
}

bool pages_join(struct buf *out, const char *text, size_t len) {
    struct pages p = {.text = text, .len = len};
    for (size_t at = 0; at < len;) {
        size_t top, bottom;
        struct doc_piece page = next_page(&p, &at);
        find_edges(page, &top, &bottom);
        note_lines(&p, page, 0, top);
        note_lines(&p, page, bottom, page.len);
    }
    if (p.n) qsort(p.hashes, p.n, sizeof *p.hashes, compare);
    for (size_t at = 0; at < len && !p.failed;) {
        struct doc_piece page = next_page(&p, &at);
        add_page(&p, out, page);
    }
    mem_free(p.hashes);
    return !p.failed && !buf_failed(out);
}
