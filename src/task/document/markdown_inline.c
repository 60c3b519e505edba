/* Emphasis, links, code spans, references and tags inside a paragraph. Time is linear: what is
 * looked for in vain is looked for once, and nesting is bounded. */
#include <string.h>

#include "task/document/entities.h"
#include "task/document/html.h"
#include "task/document/markdown.h"

#define MAX_LINK 2000 /* bytes of an address: beyond it "](" is text */
#define MAX_OPEN 32   /* brackets that are open at once; the others are text */
#define MAX_TICKS 16

/* A "[" that was written, and is taken back if it turns out to be a link's. */
struct bracket {
    size_t at; /* in the output, behind the white space before it */
    size_t before;
    enum doc_gap gap;
    bool is_image;
};

struct inline_state {
    struct doc_text *out;
    const char *text;
    size_t len;
    bool has_tags;                    /* false behind a tag that never ends */
    bool misses_ticks[MAX_TICKS + 1]; /* no run of so many follows */
    struct bracket open[MAX_OPEN];
    size_t n_open;
};

static bool is_word(const struct inline_state *s, size_t i) {
    unsigned char c = (unsigned char)s->text[i];
    return ascii_is_letter((char)c) || ascii_is_digit((char)c) || c >= 0x80;
}

static bool is_blank(const struct inline_state *s, size_t i) {
    return i >= s->len || ascii_is_space(s->text[i]);
}

static size_t run_of(const struct inline_state *s, size_t i) {
    size_t n = 1;
    while (i + n < s->len && s->text[i + n] == s->text[i]) n++;
    return n;
}

/* Marks are dropped where they stand at a word, and kept where they mean something else: 2 * 3,
 * snake_case, ~. */
static bool is_emphasis(const struct inline_state *s, size_t i, size_t n) {
    bool before = i > 0 && !is_blank(s, i - 1), after = !is_blank(s, i + n);
    if (!before && !after) return false;
    if (s->text[i] == '~') return n == 2;
    if (s->text[i] == '*') return n <= 3;
    return !(before && after && is_word(s, i - 1) && is_word(s, i + n));
}

/* The offset behind the address whose "(" is at i; 0 if it is none. */
static size_t skip_address(const struct inline_state *s, size_t i) {
    size_t depth = 0, end = s->len - i > MAX_LINK ? i + MAX_LINK : s->len;
    for (size_t k = i; k < end; k++) {
        char c = s->text[k];
        if (c == '\\') {
            k++;
        } else if (c == '(') {
            depth++;
        } else if (c == ')' && --depth == 0) {
            return k + 1;
        }
    }
    return 0;
}

/* The offset behind what makes the words before the "]" at i a link; 0 if they are none. */
static size_t skip_target(const struct inline_state *s, size_t i) {
    size_t next = i + 1;
    if (next >= s->len) return 0;
    if (s->text[next] == '(') return skip_address(s, next);
    if (s->text[next] != '[') return 0;
    const char *close =
        memchr(s->text + next, ']', s->len - next > MAX_LINK ? MAX_LINK : s->len - next);
    return close ? (size_t)(close - s->text) + 1 : 0;
}

static size_t open_bracket(struct inline_state *s, size_t i, bool is_image) {
    size_t taken = is_image ? 2 : 1;
    if (!is_image && i + 1 < s->len && s->text[i + 1] == '^') { /* a footnote's mark */
        const char *close = memchr(s->text + i, ']', s->len - i > 60 ? 60 : s->len - i);
        if (close) return (size_t)(close - s->text) + 1 - i;
    }
    struct bracket b = {.before = s->out->text.size, .gap = s->out->gap, .is_image = is_image};
    doc_text_add(s->out, s->text + i, taken);
    b.at = s->out->text.size - taken;
    if (s->n_open < MAX_OPEN && !buf_failed(&s->out->text)) s->open[s->n_open++] = b;
    return taken;
}

static size_t close_bracket(struct inline_state *s, size_t i) {
    size_t end = s->n_open ? skip_target(s, i) : 0;
    struct bracket b = s->n_open ? s->open[--s->n_open] : (struct bracket){0};
    struct buf *text = &s->out->text;
    if (!end || buf_failed(text)) {
        doc_text_add(s->out, "]", 1);
        return 1;
    }
    if (b.is_image || text->size == b.at + 1) { /* a picture says nothing here */
        text->size = b.before;
        s->out->gap = b.gap > s->out->gap ? b.gap : s->out->gap;
    } else {
        memmove(text->data + b.at, text->data + b.at + 1, text->size - b.at - 1);
        text->size--;
    }
    text->data[text->size] = '\0';
    return end - i;
}

/* A code span that begins with n ticks at i; returns the bytes taken. */
static size_t add_code(struct inline_state *s, size_t i, size_t n) {
    bool may_end = n <= MAX_TICKS && !s->misses_ticks[n];
    for (size_t k = i + n; may_end && k < s->len;) {
        const char *tick = memchr(s->text + k, '`', s->len - k);
        if (!tick) break;
        k = (size_t)(tick - s->text);
        size_t here = run_of(s, k);
        if (here == n) {
            doc_text_add(s->out, s->text + i + n, k - i - n);
            return k + n - i;
        }
        k += here;
    }
    if (n <= MAX_TICKS) s->misses_ticks[n] = true;
    doc_text_add(s->out, s->text + i, n);
    return n;
}

/* At '<': an address, a tag, or text. Returns the bytes taken. */
static size_t add_angle(struct inline_state *s, size_t i) {
    const char *gt = memchr(s->text + i, '>', s->len - i > MAX_LINK ? MAX_LINK : s->len - i);
    size_t n = gt ? (size_t)(gt - s->text) - i : 0;
    bool has_blank = n && (memchr(s->text + i, ' ', n) || memchr(s->text + i, '\n', n));
    if (n > 3 && !has_blank && (memchr(s->text + i, ':', n) || memchr(s->text + i, '@', n))) {
        doc_text_add(s->out, s->text + i + 1, n - 1);
        return n + 1;
    }
    struct html_tag tag;
    size_t taken = s->has_tags ? html_take_tag(&tag, s->text + i, s->len - i, &s->has_tags) : 0;
    if (taken == 0 || !s->has_tags) {
        doc_text_add(s->out, "<", 1);
        return 1;
    }
    if (strcmp(tag.name, "br") == 0) doc_text_gap(s->out, DOC_LINE);
    return taken;
}

static size_t add_reference(struct inline_state *s, size_t i) {
    char bytes[4];
    size_t n_bytes, n = entity_take(s->text + i, s->len - i, bytes, &n_bytes);
    if (n == 0) {
        doc_text_add(s->out, "&", 1);
        return 1;
    }
    doc_text_add(s->out, bytes, n_bytes);
    return n;
}

/* What begins with the mark at i; returns the bytes taken. */
static size_t add_mark(struct inline_state *s, size_t i) {
    char c = s->text[i];
    size_t n = c == '*' || c == '_' || c == '~' || c == '`' ? run_of(s, i) : 1;
    switch (c) {
    case '\\':
        if (i + 1 == s->len || is_word(s, i + 1) || is_blank(s, i + 1)) break;
        doc_text_add(s->out, s->text + i + 1, 1);
        return 2;
    case '*':
    case '_':
    case '~':
        if (!is_emphasis(s, i, n)) doc_text_add(s->out, s->text + i, n);
        return n;
    case '!':
        if (i + 1 == s->len || s->text[i + 1] != '[') break;
        return open_bracket(s, i, true);
    case '`':
        return add_code(s, i, n);
    case '&':
        return add_reference(s, i);
    case '<':
        return add_angle(s, i);
    case '[':
        return open_bracket(s, i, false);
    case ']':
        return close_bracket(s, i);
    default:
        break;
    }
    doc_text_add(s->out, s->text + i, 1);
    return 1;
}

void markdown_inline(struct doc_text *out, const char *text, size_t len) {
    struct inline_state s = {.out = out, .text = text, .len = len, .has_tags = true};
    for (size_t i = 0, from = 0; i <= len;) {
        if (i < len && !strchr("\\*_~!`&<[]", text[i])) {
            i++;
            continue;
        }
        doc_text_add(out, text + from, i - from);
        if (i == len) break;
        i += add_mark(&s, i);
        from = i;
    }
}
