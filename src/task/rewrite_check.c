#include "task/rewrite_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "task/faithful.h"
#include "task/word_diff.h"

/* ---- cleaning ---- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void cut(struct buf *b, size_t from, size_t to) {
    memmove(b->data, b->data + from, to - from);
    b->size = to - from;
    b->data[b->size] = '\0';
}

static void trim(struct buf *b) {
    size_t from = 0, to = b->size;
    while (from < to && is_blank(b->data[from])) from++;
    while (to > from && is_blank(b->data[to - 1])) to--;
    if (b->data) cut(b, from, to);
}

/* A first line that ends in a colon and has an empty line behind it, or none of the passage's. */
static void drop_announcement(struct buf *b, const char *passage, size_t len) {
    char *newline = b->size ? memchr(b->data, '\n', b->size) : NULL;
    if (!newline) return;
    size_t end = (size_t)(newline - b->data);
    size_t last = end;
    while (last > 0 && is_blank(b->data[last - 1])) last--;
    const char *first_line = memchr(passage, '\n', len);
    size_t passage_line = first_line ? (size_t)(first_line - passage) : len;
    if (last == 0 || b->data[last - 1] != ':') return;
    if (passage_line > 0 && passage[passage_line - 1] == ':') return;
    cut(b, end + 1, b->size);
    trim(b);
}

static void drop_around(struct buf *b, const char *open, const char *close, const char *passage,
                        size_t len) {
    size_t n = strlen(open), m = strlen(close);
    if (b->size < n + m + 1 || memcmp(b->data, open, n) != 0 ||
        memcmp(b->data + b->size - m, close, m) != 0) {
        return;
    }
    if (len >= n && memcmp(passage, open, n) == 0) return;
    cut(b, n, b->size - m);
    trim(b);
}

/* A fence around all of it, with or without a language. */
static void drop_fence(struct buf *b) {
    if (b->size < 7 || memcmp(b->data, "```", 3) != 0) return;
    const char *newline = memchr(b->data, '\n', b->size);
    if (!newline || memcmp(b->data + b->size - 3, "```", 3) != 0) return;
    cut(b, (size_t)(newline - b->data) + 1, b->size - 3);
    trim(b);
}

void rewrite_clean(struct buf *answer, const char *passage, size_t len) {
    trim(answer);
    drop_announcement(answer, passage, len);
    drop_fence(answer);
    drop_around(answer, "\"", "\"", passage, len);
    drop_around(answer, "\xe2\x80\x9c", "\xe2\x80\x9d", passage, len);
    size_t n = 0;
    for (size_t i = 0; i < answer->size; i++) {
        /* An empty line stays, for the check to find. */
        char c = answer->data[i];
        if (is_blank(c) && c != '\n') c = ' ';
        if (c == '\n') {
            bool empty = false;
            size_t j = i + 1;
            for (; j < answer->size && is_blank(answer->data[j]); j++) {
                empty = empty || answer->data[j] == '\n';
            }
            c = empty ? '\n' : ' ';
            if (j > i + 1) i = j - 1;
        }
        if (c == ' ' && n > 0 && answer->data[n - 1] == ' ') continue;
        answer->data[n++] = c;
    }
    if (answer->data) {
        answer->size = n;
        answer->data[n] = '\0';
    }
}

/* ---- what must stay letter by letter ---- */

#define MAX_ATOMS 512

struct atoms {
    uint64_t hashes[MAX_ATOMS];
    size_t n;
};

static void add_atom(struct atoms *a, const char *text, size_t len) {
    if (a->n < MAX_ATOMS) a->hashes[a->n++] = hash_bytes(7, text, len);
}

/* Code within the line, where links lead, tags and addresses in angle brackets, footnotes. */
static void find_atoms(struct atoms *a, const char *text, size_t len) {
    a->n = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\\') {
            i++;
        } else if (text[i] == '`') {
            size_t n = 1, end;
            while (i + n < len && text[i + n] == '`') n++;
            for (end = i + n; end + n <= len; end++) {
                size_t run = 0;
                while (end + run < len && text[end + run] == '`') run++;
                if (run == n) break;
                if (run > 0) end += run - 1;
            }
            if (end + n > len) end = len > i + n ? len - n : i; /* never closed */
            add_atom(a, text + i, end + n - i < len - i ? end + n - i : len - i);
            i = end + n - 1;
        } else if (text[i] == ']' && i + 1 < len && (text[i + 1] == '(' || text[i + 1] == '[')) {
            const char *close = memchr(text + i + 1, text[i + 1] == '(' ? ')' : ']', len - i - 1);
            if (!close) continue;
            add_atom(a, text + i + 1, (size_t)(close - (text + i)));
            i = (size_t)(close - text);
        } else if (text[i] == '[' && i + 1 < len && text[i + 1] == '^') {
            const char *close = memchr(text + i, ']', len - i);
            if (close) add_atom(a, text + i, (size_t)(close - (text + i)));
        } else if (text[i] == '!' && i + 1 < len && text[i + 1] == '[') {
            add_atom(a, "![", 2);
        } else if (text[i] == '<' && i + 1 < len &&
                   ((text[i + 1] | 32) >= 'a' || text[i + 1] == '/') && text[i + 1] != ' ') {
            const char *close = memchr(text + i, '>', len - i);
            if (!close) continue;
            add_atom(a, text + i, (size_t)(close - (text + i)));
            i = (size_t)(close - text);
        }
    }
}

static int by_value(const void *a, const void *b) {
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

static bool has_same_atoms(const char *a, size_t n_a, const char *b, size_t n_b) {
    struct atoms x, y;
    find_atoms(&x, a, n_a);
    find_atoms(&y, b, n_b);
    qsort(x.hashes, x.n, sizeof x.hashes[0], by_value);
    qsort(y.hashes, y.n, sizeof y.hashes[0], by_value);
    return x.n == y.n && memcmp(x.hashes, y.hashes, x.n * sizeof x.hashes[0]) == 0;
}

/* The kind of block that a line begins. */
static char mark_of(const char *line, size_t len) {
    if (len == 0) return 0;
    size_t n = 0;
    while (n < len && line[n] >= '0' && line[n] <= '9') n++;
    if (n > 0 && n + 1 < len && (line[n] == '.' || line[n] == ')') && line[n + 1] == ' ')
        return '1';
    if (len > 1 && strchr("-*+", line[0]) && line[1] == ' ') return '-';
    if (line[0] == '#') {
        size_t marks = strspn(line, "#");
        if (marks < len && line[marks] == ' ') return '#';
    }
    if (line[0] == '>' || line[0] == '|') return line[0];
    if (len >= 3 && (memcmp(line, "```", 3) == 0 || memcmp(line, "~~~", 3) == 0)) return '`';
    return 0;
}

static size_t count_marks(const char *text, size_t len, const char *mark) {
    size_t n = 0, width = strlen(mark);
    for (size_t i = 0; i + width <= len; i++) {
        if (memcmp(text + i, mark, width) != 0) continue;
        n++;
        i += width - 1;
    }
    return n;
}

/* What is wrong with the answer's form; NULL if nothing is. */
static const char *structure_problem(const char *passage, size_t len, const struct buf *answer) {
    if (answer->size == 0) return "was empty.";
    for (size_t i = 0; i < answer->size; i++) {
        unsigned char c = (unsigned char)answer->data[i];
        if ((c < ' ' && c != '\n') || c == 0x7f) return "had control characters.";
    }
    if (memchr(answer->data, '\n', answer->size)) return "was more than one paragraph.";
    if (mark_of(answer->data, answer->size) != mark_of(passage, len)) {
        return "began like a list, a heading or code.";
    }
    if (!has_same_atoms(passage, len, answer->data, answer->size)) {
        return "changed a link, a tag or `code`.";
    }
    if (count_marks(answer->data, answer->size, "**") % 2 != count_marks(passage, len, "**") % 2) {
        return "left an emphasis open.";
    }
    return NULL;
}

/* Times the passage's length that an answer may have. */
static size_t most_bytes(ingle_rewrite_manner manner, size_t len) {
    static const size_t percent[] = {
        [INGLE_REWRITE_PROOFREAD] = 130, [INGLE_REWRITE_CONCISE] = 110,
        [INGLE_REWRITE_FORMAL] = 250,    [INGLE_REWRITE_FRIENDLY] = 250,
        [INGLE_REWRITE_PLAIN] = 250,     [INGLE_REWRITE_FREE] = 500,
    };
    return len * percent[manner] / 100 + 60;
}

static ingle_status check_words(const struct rewrite_rules *rules, const char *passage, size_t len,
                                const struct buf *answer, struct buf *problem, ingle_error *err) {
    struct word_diff d;
    if (rules->manner == INGLE_REWRITE_FREE) return INGLE_OK;
    INGLE_TRY(word_diff_new(&d, passage, len, answer->data, answer->size, err));
    if (d.n_old >= 3 && d.n_removed == d.n_old) {
        buf_add_str(problem, "had not one word of the text.");
    } else if (rules->manner == INGLE_REWRITE_PROOFREAD && d.n_removed + d.n_added > 4 &&
               word_diff_share(&d) > rules->max_changed) {
        buf_addf(problem, "changed %.0f %% of the words.", 100 * word_diff_share(&d));
    }
    word_diff_clear(&d);
    return INGLE_OK;
}

static ingle_status check_facts(const struct rewrite_rules *rules, const char *passage, size_t len,
                                const struct buf *answer, struct buf *problem, ingle_error *err) {
    struct faithful_source *source;
    struct faithful_report report = {0};
    INGLE_TRY(faithful_source_new(&source, passage, len, rules->tagger, err));
    ingle_status status = INGLE_OK;
    if (rules->instruction) {
        status = faithful_source_add(source, rules->instruction, strlen(rules->instruction), err);
    }
    if (status == INGLE_OK) {
        status = faithful_source_check(source, answer->data, answer->size, &report, err);
    }
    faithful_source_free(source);
    INGLE_TRY(status);
    if (report.n_all == 0) return INGLE_OK;
    buf_add_str(problem, "had ");
    faithful_describe(&report, answer->data, 3, problem);
    buf_add_str(problem, ", which the text does not say.");
    return INGLE_OK;
}

ingle_status rewrite_check(const struct rewrite_rules *rules, const char *passage, size_t len,
                           const struct buf *answer, struct buf *problem, ingle_error *err) {
    const char *form = structure_problem(passage, len, answer);
    if (form) {
        buf_add_str(problem, form);
    } else if (answer->size > most_bytes(rules->manner, len)) {
        buf_add_str(problem, "was too long.");
    } else {
        INGLE_TRY(check_words(rules, passage, len, answer, problem, err));
    }
    if (problem->size == 0) INGLE_TRY(check_facts(rules, passage, len, answer, problem, err));
    return buf_failed(problem) ? status_no_memory(err, "a sentence", problem->size) : INGLE_OK;
}
