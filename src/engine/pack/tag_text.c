#include "engine/pack/tag_text.h"

#include <string.h>

#include "base/utf8.h"

#define MAX_TOKEN 64 /* characters; more become several tokens */
#define MAX_PIECE 64 /* bytes of a piece that its shape tells of */
#define HASH_START 0x811c9dc5u
#define HASH_STEP 0x01000193u

enum char_class { SPACE, MARK, LOWER, UPPER, DIGIT, IDEOGRAPH };

struct range {
    uint32_t first, last;
};

static bool is_among(uint32_t c, const struct range *ranges, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last) return true;
    }
    return false;
}

/* Scripts that use cases in pairs: even-odd, or with a fixed distance. */
static uint32_t lower_of(uint32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
    if (c >= 0xc0 && c <= 0xde) return c == 0xd7 ? c : c + 0x20;
    if (c == 0x178) return 0xff;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e)) return c & 1 ? c + 1 : c;
    if (c >= 0x100 && c <= 0x177) return c | 1;
    if (c >= 0x391 && c <= 0x3ab) return c + 0x20;
    if (c == 0x386) return 0x3ac;
    if (c >= 0x388 && c <= 0x38a) return c + 37;
    if (c >= 0x400 && c <= 0x40f) return c + 0x50;
    if (c >= 0x410 && c <= 0x42f) return c + 0x20;
    if ((c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) || (c >= 0x1e00 && c <= 0x1eff)) {
        return c | 1;
    }
    if (c >= 0x531 && c <= 0x556) return c + 0x30;
    return c;
}

static enum char_class class_of_other(uint32_t c) {
    static const struct range spaces[] = {{0x80, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200b},
                                          {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f},
                                          {0x3000, 0x3000}, {0xfeff, 0xfeff}};
    static const struct range marks[] = {
        {0xa1, 0xa9},     {0xab, 0xb4},     {0xb6, 0xb9},     {0xbb, 0xbf},      {0xd7, 0xd7},
        {0xf7, 0xf7},     {0x2010, 0x2bff}, {0x3001, 0x303f}, {0xff01, 0xff0f},  {0xff1a, 0xff20},
        {0xff3b, 0xff40}, {0xff5b, 0xff65}, {0xfffc, 0xffff}, {0x1f000, 0x1faff}};
    static const struct range ideographs[] = {
        {0x3040, 0x30ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xf900, 0xfaff}, {0x20000, 0x3ffff}};
    if (is_among(c, spaces, sizeof spaces / sizeof *spaces)) return SPACE;
    if (is_among(c, marks, sizeof marks / sizeof *marks)) return MARK;
    if (is_among(c, ideographs, sizeof ideographs / sizeof *ideographs)) return IDEOGRAPH;
    return lower_of(c) != c ? UPPER : LOWER;
}

static enum char_class class_of(uint32_t c) {
    if (c >= 0x80) return class_of_other(c);
    if (c <= ' ') return SPACE;
    if (c >= '0' && c <= '9') return DIGIT;
    if (c >= 'a' && c <= 'z') return LOWER;
    return c >= 'A' && c <= 'Z' ? UPPER : MARK;
}

static uint32_t hash_more(uint32_t h, uint32_t c) {
    return (h ^ c) * HASH_STEP;
}

/* The lowest bits hold a rank elsewhere; they must depend on every character here. */
static uint32_t hash_end(uint32_t h) {
    h = (h ^ h >> 15) * 0x85ebca6bu;
    return (h ^ h >> 13) * 0xc2b2ae35u;
}

uint32_t tag_hash_word(const char *word, size_t len) {
    uint32_t h = HASH_START;
    for (size_t i = 0, n; i < len; i += n)
        h = hash_more(h, lower_of(utf8_next(word + i, len - i, &n)));
    return hash_end(h);
}

bool tag_words_add(uint32_t *slots, size_t n_slots, uint32_t hash, unsigned rank) {
    uint32_t entry = (hash & ~3u) | (rank & 3u);
    for (size_t i = 0; entry && i < TAG_WORD_PROBES; i++) {
        uint32_t *slot = &slots[((hash >> 2) + i) & (n_slots - 1)];
        if (*slot && (*slot ^ hash) >= 4) continue;
        if (!*slot) *slot = entry;
        return true;
    }
    return false;
}

static uint8_t find_rank(const struct tag_words *words, uint32_t hash) {
    for (size_t i = 0; words->slots && i < TAG_WORD_PROBES; i++) {
        uint32_t slot = words->slots[((hash >> 2) + i) & (words->n_slots - 1)];
        if (slot == 0) return 0;
        if ((slot ^ hash) < 4) return slot & 3;
    }
    return 0;
}

/* A shape is told by runs: of upper-case letters one or several, of lower-case ones any number, of
 * digits up to six by their count. */
struct shape {
    uint32_t hash;
    int run; /* characters of the last run */
    enum char_class last;
};

static void shape_add(struct shape *s, enum char_class class, uint32_t c) {
    s->run = s->hash != HASH_START && class == s->last ? s->run + 1 : 1;
    s->last = class;
    int most = class == DIGIT ? 7 : class == UPPER ? 2 : 1;
    if (class == MARK || s->run <= most) s->hash = hash_more(s->hash, class == MARK ? c : class);
}

static void read_piece(struct tag_windows *w) {
    struct shape shape = {.hash = HASH_START};
    size_t i = w->at, n;
    for (; i < w->len && i - w->at < MAX_PIECE; i += n) {
        uint32_t c = utf8_next(w->text + i, w->len - i, &n);
        enum char_class class = class_of(c);
        if (class == SPACE) break;
        shape_add(&shape, class, c);
    }
    w->piece = hash_end(shape.hash);
    w->piece_end = i;
}

/* Moves past what stands between tokens. */
static enum tag_gap skip_gap(struct tag_windows *w) {
    enum tag_gap gap = w->is_started ? TAG_JOINED : TAG_PARAGRAPH;
    int n_lines = 0;
    for (size_t n; w->at < w->len; w->at += n) {
        uint32_t c = utf8_next(w->text + w->at, w->len - w->at, &n);
        if (class_of(c) != SPACE) break;
        if (c == '\n' || c == 0x2028 || c == 0x2029) n_lines++;
        if (gap == TAG_JOINED) gap = TAG_SPACE;
    }
    if (n_lines && gap != TAG_PARAGRAPH) gap = n_lines > 1 ? TAG_PARAGRAPH : TAG_LINE;
    return gap;
}

static void set_affixes(struct tag_token *t, const uint32_t *chars, int n) {
    uint32_t front = HASH_START, back = HASH_START;
    for (int i = 0; i < TAG_N_AFFIXES; i++) {
        front = hash_more(front, i < n ? chars[i] : 0);
        back = hash_more(back, i < n ? chars[n - 1 - i] : 0);
        t->prefix[i] = hash_end(front);
        t->suffix[i] = hash_end(back);
    }
}

/* Letters and digits together are one token; every mark and ideograph is its own. */
static void read_token(struct tag_windows *w, struct tag_token *t) {
    uint32_t chars[MAX_TOKEN], word = HASH_START;
    struct shape shape = {.hash = HASH_START};
    int n_chars = 0;
    t->from = w->at;
    for (size_t n; w->at < w->len && n_chars < MAX_TOKEN; w->at += n) {
        uint32_t c = utf8_next(w->text + w->at, w->len - w->at, &n);
        enum char_class class = class_of(c);
        bool is_single = class == MARK || class == IDEOGRAPH;
        if (n_chars > 0 && (is_single || class == SPACE)) break;
        shape_add(&shape, class, c);
        chars[n_chars] = lower_of(c);
        word = hash_more(word, chars[n_chars++]);
        if (is_single) {
            if (c < 0x80) t->mark = (char)c;
            w->at += n;
            break;
        }
    }
    t->to = w->at;
    t->word = hash_end(word);
    t->shape = hash_end(shape.hash);
    set_affixes(t, chars, n_chars);
}

static bool next_token(struct tag_windows *w, struct tag_token *t) {
    *t = (struct tag_token){.gap = (uint8_t)skip_gap(w)};
    if (w->at == w->len) return false;
    if (!w->is_started || t->gap != TAG_JOINED || w->at >= w->piece_end) read_piece(w);
    w->is_started = true;
    read_token(w, t);
    t->piece = w->piece;
    t->rank = find_rank(&w->words, t->word);
    if (t->gap >= TAG_LINE) {
        w->line = t->word;
        w->place = 0;
    }
    t->line = w->line;
    t->place = w->place;
    if (w->place < 3) w->place++;
    return true;
}

void tag_windows_init(struct tag_windows *w, const char *text, size_t len,
                      const struct tag_words *words) {
    memset(w, 0, sizeof *w);
    w->text = text;
    w->len = len;
    w->words = *words;
}

static bool ends_sentence(const struct tag_token *t) {
    return (t[0].mark == '.' || t[0].mark == '!' || t[0].mark == '?') &&
           (t[0].mark != '.' || t[-1].to - t[-1].from > 3); /* no title, no initial */
}

/* Where a window may end with the least harm: 4 an empty line, 3 the end of a sentence, 2 of a
 * line. */
static int quality_of_cut(const struct tag_token *t) {
    if (t->gap == TAG_PARAGRAPH) return 4;
    if (t->gap != TAG_JOINED && ends_sentence(t - 1)) return 3;
    return t->gap == TAG_LINE ? 2 : t->gap == TAG_SPACE ? 1 : 0;
}

static size_t choose_cut(const struct tag_windows *w) {
    size_t most = w->first + TAG_MAX_TOKENS, best = most;
    if (w->n <= most) return w->n;
    int best_quality = 0;
    for (size_t i = most; i > w->first + TAG_MAX_TOKENS / 2; i--) {
        int quality = quality_of_cut(&w->tokens[i]);
        if (quality <= best_quality) continue;
        best = i;
        best_quality = quality;
    }
    return best;
}

bool tag_windows_next(struct tag_windows *w) {
    size_t drop = w->last > TAG_CONTEXT ? w->last - TAG_CONTEXT : 0;
    w->n -= drop;
    w->first = w->last - drop;
    memmove(w->tokens, w->tokens + drop, w->n * sizeof *w->tokens);
    while (!w->is_over && w->n < TAG_MAX_TOKENS + 2 * TAG_CONTEXT) {
        if (next_token(w, &w->tokens[w->n])) {
            w->n++;
        } else {
            w->is_over = true;
        }
    }
    w->last = choose_cut(w);
    return w->last > w->first;
}
