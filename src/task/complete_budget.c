#include "task/complete_budget.h"

#include <string.h>

static ingle_status count(const struct budget_counter *c, const char *text, size_t len, size_t *n,
                          ingle_error *err) {
    *n = 0;
    return len > 0 ? c->count(c->user, text, len, n, err) : INGLE_OK;
}

static size_t line_begin(const char *text, size_t at) {
    while (at > 0 && text[at - 1] != '\n') at--;
    return at;
}

static size_t next_line(const char *text, size_t len, size_t at) {
    const char *end = memchr(text + at, '\n', len - at);
    return end ? (size_t)(end - text) + 1 : len;
}

static bool is_inside(const char *text, size_t len, size_t at) {
    return at < len && ((unsigned char)text[at] & 0xc0) == 0x80;
}

/* As much of a line that is too long as fits: its end, or its beginning. Bytes are halved until
 * they do; what is lost by that is less than half of a budget that was too small anyway. */
static ingle_status cut_line(struct budget_cut *cut, const struct budget_counter *c,
                             const char *text, size_t max, bool keep_end, ingle_error *err) {
    size_t from = cut->from, to = cut->to, len = to - from;
    size_t keep = max * 16 < len ? max * 16 : len;
    cut->in_line = true;
    for (;;) {
        size_t begin = keep_end ? to - keep : from, end = keep_end ? to : from + keep;
        while (begin < end && is_inside(text, to, begin)) begin++;
        while (end > begin && is_inside(text, to, end)) end--;
        cut->from = begin;
        cut->to = end;
        INGLE_TRY(count(c, text + begin, end - begin, &cut->n_tokens, err));
        if (cut->n_tokens <= max) return INGLE_OK;
        keep = keep * 3 / 4;
    }
}

/* A border between lines that does not move while the text grows at its end. */
static size_t steady(const char *text, size_t len, size_t from) {
    size_t n_kept = 0, number = 0, step = 1;
    for (size_t at = from; at < len; at = next_line(text, len, at)) n_kept++;
    for (size_t at = 0; at < from; at = next_line(text, len, at)) number++;
    while (step * 8 <= n_kept) step *= 2;
    for (; number % step != 0; number++) from = next_line(text, len, from);
    return from;
}

ingle_status budget_before(struct budget_cut *cut, const struct budget_counter *c, const char *text,
                           size_t len, size_t max, ingle_error *err) {
    size_t total, n;
    *cut = (struct budget_cut){.from = line_begin(text, len), .to = len};
    INGLE_TRY(count(c, text + cut->from, len - cut->from, &total, err));
    if (total > max) return cut_line(cut, c, text, max, true, err);
    while (cut->from > 0) {
        size_t from = line_begin(text, cut->from - 1);
        if (cut->from - from > max * 64) break; /* not worth counting */
        INGLE_TRY(count(c, text + from, cut->from - from, &n, err));
        if (n > max - total) break;
        total += n;
        cut->from = from;
    }
    if (cut->from > 0) cut->from = steady(text, line_begin(text, len), cut->from);
    /* Lines together are rarely more than each by itself; but what is promised is promised. */
    for (;;) {
        INGLE_TRY(count(c, text + cut->from, len - cut->from, &cut->n_tokens, err));
        if (cut->n_tokens <= max) return INGLE_OK;
        size_t from = next_line(text, len, cut->from);
        if (from == len) return cut_line(cut, c, text, max, true, err);
        cut->from = from;
    }
}

ingle_status budget_after(struct budget_cut *cut, const struct budget_counter *c, const char *text,
                          size_t len, size_t max, ingle_error *err) {
    size_t total, n;
    *cut = (struct budget_cut){.to = next_line(text, len, 0)};
    if (len == 0) {
        *cut = (struct budget_cut){.to = 0};
        return INGLE_OK;
    }
    INGLE_TRY(count(c, text, cut->to, &total, err));
    if (total > max) return cut_line(cut, c, text, max, false, err);
    while (cut->to < len) {
        size_t to = next_line(text, len, cut->to);
        if (to - cut->to > max * 64) break;
        INGLE_TRY(count(c, text + cut->to, to - cut->to, &n, err));
        if (n > max - total) break;
        total += n;
        cut->to = to;
    }
    for (;;) {
        INGLE_TRY(count(c, text, cut->to, &cut->n_tokens, err));
        if (cut->n_tokens <= max) return INGLE_OK;
        size_t to = line_begin(text, cut->to - 1);
        if (to == 0) return cut_line(cut, c, text, max, false, err);
        cut->to = to;
    }
}
