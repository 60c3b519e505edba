#include "task/sentences.h"

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "task/sentence_end.h"

/* What a bracket or a quotation mark opens is kept in one sentence if it is no longer than this. */
#define ENCLOSED_MAX 300

/* Lines are wrapped at some width between these, in characters; what is narrower was broken by
 * hand, what is wider is one paragraph a line. */
#define NARROWEST 48
#define WIDEST 400

/* A look for the end of one sentence. */
struct scan {
    const char *text;
    const struct text_block *block;
    size_t from, at;
    uint32_t awaited; /* what closes the bracket or quotation that is open; 0 = none is */
    size_t opened_at, n_open;
    size_t held;         /* an end found inside of it; 0 = none */
    size_t clause, word; /* where a sentence that runs on can be cut: behind them; 0 = nowhere */
};

/* The mark that closes what c opens; 0 if it opens nothing. */
static uint32_t closer_of(const struct scan *s, uint32_t c) {
    switch (c) {
    case '(':
        return ')';
    case '[':
        return ']';
    case 0x201c:
        return 0x201d;
    case 0xab:
        return 0xbb;
    case 0x300c:
        return 0x300d;
    case 0x300e:
        return 0x300f;
    case 0xff08:
        return 0xff09;
    case '"':
        /* The same mark opens and closes; it opens where no word can end. */
        return s->at == s->from || ascii_is_space(s->text[s->at - 1]) || s->text[s->at - 1] == '('
                   ? '"'
                   : 0;
    default:
        return 0;
    }
}

static void follow_enclosure(struct scan *s, uint32_t c) {
    if (s->awaited && c == s->awaited) {
        if (--s->n_open == 0) s->awaited = 0, s->held = 0;
        return;
    }
    uint32_t closer = closer_of(s, c);
    if (!closer) return;
    if (!s->awaited) {
        s->awaited = closer;
        s->opened_at = s->at;
        s->n_open = 1;
    } else if (closer == s->awaited && c != '"') {
        s->n_open++;
    }
}

/* Past "[12]" at `at`, or behind a blank there: the mark of a source. */
static size_t skip_reference(const char *text, size_t at, size_t to) {
    size_t from = at + (at < to && text[at] == ' '), i = from + 1;
    if (from >= to || text[from] != '[') return at;
    while (i < to && i - from < 5 && text[i] >= '0' && text[i] <= '9') i++;
    return i > from + 1 && i < to && text[i] == ']' ? i + 1 : at;
}

/* A closing mark behind a blank, as in French, if it is the one that is awaited and nothing is
 * written to it. */
static bool take_late_closer(struct scan *s) {
    size_t left = s->block->to - s->at, n, blank = 0;
    const char *p = s->text + s->at;
    if (!s->awaited || left < 2) return false;
    if (p[0] == ' ') blank = 1;
    if (left > 2 && memcmp(p, "\xc2\xa0", 2) == 0) blank = 2;
    if (left > 3 && memcmp(p, "\xe2\x80\xaf", 3) == 0) blank = 3;
    if (blank == 0 || utf8_next(p + blank, left - blank, &n) != s->awaited) return false;
    if (blank + n < left && !ascii_is_space(p[blank + n])) return false;
    follow_enclosure(s, s->awaited);
    s->at += blank + n;
    return true;
}

/* At a stop: takes all stops and closers and says whether the sentence ends behind them. */
static bool take_stops(struct scan *s) {
    const struct text_block *b = s->block;
    struct stop stop = {.from = s->at, .sentence = s->from, .block_end = b->to};
    size_t n;
    while (s->at < b->to) {
        uint32_t c = utf8_next(s->text + s->at, b->to - s->at, &n);
        enum stop_kind kind = stop_kind(c);
        if (kind == STOP_NONE) break;
        /* "Really?..." is a question still. */
        if (kind != STOP_DOT || stop.kind == STOP_NONE) stop.kind = kind;
        stop.n_dots += kind == STOP_DOT;
        s->at += n;
    }
    while (s->at < b->to) {
        uint32_t c = utf8_next(s->text + s->at, b->to - s->at, &n);
        if (!stop_is_closer(c) || (c == '"' && s->awaited != '"' && stop.has_closer)) break;
        stop.has_closer |= c != '*' && c != '_' && c != '`';
        follow_enclosure(s, c);
        s->at += n;
    }
    stop.has_closer |= take_late_closer(s);
    s->at = skip_reference(s->text, s->at, b->to);
    if (s->awaited && s->held) return false; /* it would not count; and it is the slow part */
    stop.next = text_skip_space(s->text, s->at, b->to, b->quote_depth);
    stop.has_space = stop.next > s->at;
    return stop_ends_sentence(s->text, &stop);
}

/* At a newline: was the line broken on purpose? Who wraps lines puts a word into the next one only
 * if it does not fit; and a block of narrow lines is a list of some sort. */
static bool line_was_ended(const struct scan *s, size_t next) {
    const struct text_block *b = s->block;
    size_t n, word = 0, line = 0;
    if (next >= b->to || stop_is_small(utf8_next(s->text + next, b->to - next, &n))) return false;
    if (b->width < NARROWEST || b->width > WIDEST) return true;
    for (size_t i = next; i < b->to && !ascii_is_space(s->text[i]) && word <= WIDEST; i++) {
        word += ((unsigned char)s->text[i] & 0xc0) != 0x80;
    }
    for (size_t i = s->at; i > b->from && s->text[i - 1] != '\n' && line <= WIDEST; i--) {
        line += ((unsigned char)s->text[i - 1] & 0xc0) != 0x80;
    }
    return line + 1 + word <= b->width;
}

/* Where a sentence that is too long ends. */
static size_t cut(const struct scan *s) {
    if (s->clause > s->from + SENTENCE_MAX / 4) return s->clause;
    if (s->word > s->from) return s->word;
    size_t at = s->from + SENTENCE_MAX;
    while (at > s->from + 1 && ((unsigned char)s->text[at] & 0xc0) == 0x80) at--;
    /* Bytes that are no characters may be continuations all of them. */
    return at > s->from + SENTENCE_MAX - 4 ? at : s->from + SENTENCE_MAX;
}

/* At white space: true if the sentence ends before it. */
static bool take_space(struct scan *s) {
    const struct text_block *b = s->block;
    size_t next = text_skip_space(s->text, s->at, b->to, b->quote_depth);
    bool has_newline = memchr(s->text + s->at, '\n', next - s->at) != NULL;
    if (has_newline && line_was_ended(s, next)) return true;
    s->word = s->at;
    if (s->at > s->from && strchr(";:,", s->text[s->at - 1]) && s->text[s->at - 1]) {
        s->clause = s->at;
    }
    s->at = next;
    return false;
}

/* The end of the sentence that begins at s->from. */
static size_t find_end(struct scan *s) {
    const struct text_block *b = s->block;
    while (s->at < b->to) {
        size_t n;
        uint32_t c = utf8_next(s->text + s->at, b->to - s->at, &n);
        if (s->awaited && s->at - s->opened_at > ENCLOSED_MAX) {
            if (s->held) return s->held;
            s->awaited = 0;
        }
        if (c < 0x80 && ascii_is_space((char)c)) {
            if (take_space(s)) return s->at;
        } else if (stop_kind(c) != STOP_NONE) {
            bool ends = take_stops(s);
            if (ends && !s->awaited) return s->at;
            if (ends && !s->held) s->held = s->at;
        } else {
            follow_enclosure(s, c);
            s->at += n;
        }
        if (s->at - s->from > SENTENCE_MAX) return s->held ? s->held : cut(s);
    }
    /* A bracket that nothing closes holds nothing together. */
    return s->awaited && s->held ? s->held : b->to;
}

void sentences_init(struct sentences *s, const char *text, size_t len) {
    *s = (struct sentences){.text = text, .len = len};
}

bool sentences_next(struct sentences *s, struct sentence *out) {
    if (s->at >= s->block.to) {
        if (!text_block_next(s->text, s->len, &s->next_block, &s->block)) return false;
        s->at = s->block.from;
    }
    const struct text_block *b = &s->block;
    *out = (struct sentence){.kind = b->kind, .begins_block = s->at == b->from};
    out->range.from = s->at;
    if (b->kind == TEXT_VERBATIM) {
        out->range.to = s->at = b->to;
        return true;
    }
    struct scan scan = {.text = s->text, .block = b, .from = s->at, .at = s->at};
    size_t end = find_end(&scan);
    s->at = text_skip_space(s->text, end, b->to, b->quote_depth);
    while (end > out->range.from + 1 && ascii_is_space(s->text[end - 1])) end--;
    out->range.to = end;
    return true;
}

ingle_status sentences_split(const char *text, size_t len, struct sentence **out, size_t *n,
                             ingle_error *err) {
    size_t cap = 0;
    struct sentences walk;
    struct sentence one;
    *out = NULL;
    *n = 0;
    sentences_init(&walk, text, len);
    while (sentences_next(&walk, &one)) {
        if (*n == cap) {
            cap = cap ? cap + cap / 2 : 64;
            struct sentence *more = mem_realloc(*out, cap * sizeof **out);
            if (!more) {
                mem_free(*out);
                *out = NULL;
                *n = 0;
                return status_no_memory(err, "the sentences", cap * sizeof **out);
            }
            *out = more;
        }
        (*out)[(*n)++] = one;
    }
    return INGLE_OK;
}
