/* The patterns, in the notation of their tokenizer.json files. An automaton tries the branches in
 * their order, as a backtracking matcher does.
 *
 *   GPT2    's|'t|'re|'ve|'m|'ll|'d
 *           | ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+
 *           |\s+(?!\S)|\s+
 *   CL100K  (?i:'s|'t|'re|'ve|'m|'ll|'d)
 *           |[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
 *           |\s*[\r\n]+|\s+(?!\S)|\s+
 *   O200K   [^\r\n\p{L}\p{N}]?U*W+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
 *           |[^\r\n\p{L}\p{N}]?U+W*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
 *           |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*
 *           |\s*[\r\n]+|\s+(?!\S)|\s+
 *           with U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}] and W = [\p{Ll}\p{Lm}\p{Lo}\p{M}] */
#include "engine/text/pretoken.h"

#include <string.h>

#include "base/compiler.h"
#include "engine/text/unicode.h"

#define CLASS_END (UNICODE_NUMBER + 1)

struct input {
    const uint8_t *s;
    size_t len;
    bool numbers_end; /* a number counts as the end of the text */
    bool saw_end;     /* somebody asked what is there */
};

/* The character at a position, and where the one after it begins. */
struct character {
    uint32_t cp;
    int class;
    size_t next;
};

/* ASCII, whose classes are the first page, is looked up without decoding. */
BASE_ALWAYS_INLINE struct character look(struct input *in, size_t at) {
    struct character c = {.class = CLASS_END, .next = at};
    if (at >= in->len) {
        in->saw_end = true;
        return c;
    }
    c.cp = in->s[at];
    c.next++;
    if (BASE_LIKELY(c.cp < UNICODE_PAGE)) {
        c.class = unicode_pages[0][c.cp];
    } else {
        c.next = at + unicode_decode(in->s + at, in->len - at, &c.cp);
        c.class = (int)unicode_class(c.cp);
    }
    if (in->numbers_end && c.class == UNICODE_NUMBER) c.class = CLASS_END;
    return c;
}

/* Sets of classes, a bit each. */
#define SET(class) (1u << (class))
#define LETTERS (SET(UNICODE_UPPER) | SET(UNICODE_LOWER) | SET(UNICODE_LETTER))
#define SYMBOLS (SET(UNICODE_OTHER) | SET(UNICODE_MARK)) /* [^\s\p{L}\p{N}] */
#define MAYBE_UPPER (SET(UNICODE_UPPER) | SET(UNICODE_LETTER) | SET(UNICODE_MARK)) /* U */
#define MAYBE_LOWER (SET(UNICODE_LOWER) | SET(UNICODE_LETTER) | SET(UNICODE_MARK)) /* W */

static bool is_in(unsigned set, int class) {
    return set >> class & 1;
}

static bool is_newline(uint32_t cp) {
    return cp == '\n' || cp == '\r';
}

/* Position after the run at `at` of characters whose class is in the set. */
static size_t skip(struct input *in, size_t at, unsigned set) {
    for (;;) {
        struct character c = look(in, at);
        if (!is_in(set, c.class)) return at;
        at = c.next;
    }
}

static size_t skip_numbers(struct input *in, size_t at, size_t max) {
    for (size_t n = 0; n < max; n++) {
        struct character c = look(in, at);
        if (c.class != UNICODE_NUMBER) break;
        at = c.next;
    }
    return at;
}

/* [\r\n]* or [\r\n/]* */
static size_t skip_newlines(struct input *in, size_t at, bool slash_too) {
    while (at < in->len && (is_newline(in->s[at]) || (slash_too && in->s[at] == '/'))) at++;
    if (at == in->len) in->saw_end = true;
    return at;
}

/* Bytes of 's 't 're 've 'm 'll 'd at a position, 0 if none is there. In any case means as
 * Unicode folds it: the long s, U+017F, is an s too. */
static size_t contraction(struct input *in, size_t at, bool any_case) {
    if (in->s[at] != '\'') return 0;
    if (in->len - at < 3) in->saw_end = true;
    if (in->len - at < 2) return 0;
    const uint8_t *s = in->s + at + 1;
    size_t len = in->len - at - 1;
    uint8_t a = s[0], b = len > 1 ? s[1] : 0;
    if (any_case) {
        if (a == 0xc5 && b == 0xbf) return 3;
        if (a >= 'A' && a <= 'Z') a |= 0x20;
        if (b >= 'A' && b <= 'Z') b |= 0x20;
    }
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
    bool two = (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l');
    return two ? 3 : 0;
}

/* The whitespace branches. Of several, all but the last go together, so that the last may join
 * what follows; at the end of the text all do. With newlines, first \s*[\r\n]+. */
static size_t skip_spaces(struct input *in, size_t at, bool newlines) {
    size_t end = at, last = at, after_newline = 0;
    struct character c = look(in, at);
    while (c.class == UNICODE_SPACE) {
        last = end;
        end = c.next;
        if (is_newline(c.cp)) after_newline = end;
        c = look(in, end);
    }
    if (newlines && after_newline > 0) return after_newline;
    return c.class == CLASS_END || last == at ? end : last;
}

static size_t next_gpt2(struct input *in, size_t at) {
    size_t n = contraction(in, at, false);
    if (n > 0) return at + n;
    struct character c = look(in, at);
    if (c.cp == ' ') c = look(in, c.next);
    if (is_in(LETTERS, c.class)) return skip(in, c.next, LETTERS);
    if (c.class == UNICODE_NUMBER) return skip_numbers(in, c.next, SIZE_MAX);
    if (is_in(SYMBOLS, c.class)) return skip(in, c.next, SYMBOLS);
    return skip_spaces(in, at, false);
}

static size_t next_digits(struct input *in, size_t at) {
    struct character c = look(in, at);
    if (c.class == UNICODE_NUMBER) return c.next;
    in->numbers_end = true;
    return next_gpt2(in, at);
}

/* The branches that CL100K and O200K share, after words. */
static size_t next_other(struct input *in, size_t at, size_t max_numbers, bool slash_too) {
    struct character c = look(in, at);
    if (c.class == UNICODE_NUMBER) return skip_numbers(in, at, max_numbers);
    if (c.cp == ' ') c = look(in, c.next);
    if (is_in(SYMBOLS, c.class)) {
        return skip_newlines(in, skip(in, c.next, SYMBOLS), slash_too);
    }
    return skip_spaces(in, at, true);
}

/* [^\r\n\p{L}\p{N}] */
static bool may_lead(struct character c) {
    return is_in(SYMBOLS | SET(UNICODE_SPACE), c.class) && !is_newline(c.cp);
}

static size_t next_cl100k(struct input *in, size_t at, size_t max_numbers) {
    size_t n = contraction(in, at, true);
    if (n > 0) return at + n;
    struct character c = look(in, at);
    if (may_lead(c)) c = look(in, c.next);
    if (is_in(LETTERS, c.class)) return skip(in, c.next, LETTERS);
    return next_other(in, at, max_numbers, false);
}

/* End of U*W+ at `at`, or of U+ if that is asked for and W finds nothing; 0 if none. */
static size_t case_word(struct input *in, size_t at, bool upper_alone) {
    size_t end = at, after_lower = 0;
    struct character c = look(in, at);
    while (is_in(MAYBE_UPPER, c.class)) {
        end = c.next;
        if (is_in(MAYBE_LOWER, c.class)) after_lower = end;
        c = look(in, end);
    }
    if (c.class == UNICODE_LOWER) return skip(in, c.next, MAYBE_LOWER);
    /* U* gives characters back until W+ can have one: the last that is in both. */
    if (after_lower > 0) return after_lower;
    return upper_alone && end > at ? end : 0;
}

static size_t next_o200k(struct input *in, size_t at, bool contractions, size_t max_numbers) {
    struct character c = look(in, at);
    bool leads = may_lead(c);
    size_t end = case_word(in, leads ? c.next : at, c.class != UNICODE_MARK);
    /* A mark may lead or be the word itself. */
    if (end == 0 && c.class == UNICODE_MARK) end = case_word(in, at, true);
    if (end == 0) return next_other(in, at, max_numbers, true);
    return contractions && end < in->len ? end + contraction(in, end, true) : end;
}

static size_t next_lines(struct input *in, size_t at) {
    bool newlines = in->s[at] == '\n';
    while (at < in->len && (in->s[at] == '\n') == newlines) at++;
    if (at == in->len) in->saw_end = true;
    return at;
}

static size_t next(enum pretoken_kind kind, struct input *in, size_t at) {
    switch (kind) {
    case PRETOKEN_GPT2:
        return next_gpt2(in, at);
    case PRETOKEN_DIGITS:
        return next_digits(in, at);
    case PRETOKEN_CL100K:
        return next_cl100k(in, at, 3);
    case PRETOKEN_QWEN2:
        return next_cl100k(in, at, 1);
    case PRETOKEN_O200K:
        return next_o200k(in, at, true, 3);
    case PRETOKEN_TEKKEN:
        return next_o200k(in, at, false, 1);
    case PRETOKEN_LINES:
        return next_lines(in, at);
    }
    return in->len;
}

size_t pretoken_next(enum pretoken_kind kind, const uint8_t *s, size_t len, size_t at,
                     bool *saw_end) {
    struct input in = {.s = s, .len = len};
    size_t end = next(kind, &in, at);
    *saw_end = in.saw_end;
    return end;
}

bool pretoken_find(const char *name, size_t len, struct pretoken_rule *rule) {
    static const struct {
        const char *name;
        struct pretoken_rule rule;
    } known[] = {
        {"gpt-2", {PRETOKEN_GPT2, false, false}},
        {"phi-2", {PRETOKEN_GPT2, false, false}},
        {"mpt", {PRETOKEN_GPT2, false, false}},
        {"olmo", {PRETOKEN_GPT2, false, false}},
        {"jais", {PRETOKEN_GPT2, false, false}},
        {"mellum", {PRETOKEN_GPT2, false, false}},
        {"exaone4", {PRETOKEN_GPT2, false, false}},
        {"trillion", {PRETOKEN_GPT2, false, false}},
        {"modern-bert", {PRETOKEN_GPT2, false, false}},
        {"granite-docling", {PRETOKEN_GPT2, false, false}},
        {"smollm", {PRETOKEN_DIGITS, false, false}},
        {"starcoder", {PRETOKEN_DIGITS, false, false}},
        {"refact", {PRETOKEN_DIGITS, false, false}},
        {"command-r", {PRETOKEN_DIGITS, false, false}},
        {"codeshell", {PRETOKEN_DIGITS, false, false}},
        {"exaone", {PRETOKEN_DIGITS, false, false}},
        {"minerva-7b", {PRETOKEN_DIGITS, false, false}},
        {"mellum2", {PRETOKEN_DIGITS, false, false}},
        {"llama3", {PRETOKEN_CL100K, true, true}},
        {"llama-v3", {PRETOKEN_CL100K, true, true}},
        {"llama-bpe", {PRETOKEN_CL100K, true, true}},
        {"falcon3", {PRETOKEN_CL100K, true, true}},
        {"falcon-h1", {PRETOKEN_CL100K, true, true}},
        {"pixtral", {PRETOKEN_CL100K, true, true}},
        {"lfm2", {PRETOKEN_CL100K, true, true}},
        {"midm-2.0", {PRETOKEN_CL100K, true, true}},
        {"smaug-bpe", {PRETOKEN_CL100K, false, false}},
        {"dbrx", {PRETOKEN_CL100K, false, false}},
        {"chatglm-bpe", {PRETOKEN_CL100K, false, false}},
        {"glm4", {PRETOKEN_CL100K, false, false}},
        {"qwen2", {PRETOKEN_QWEN2, false, false}},
        {"deepseek-r1-qwen", {PRETOKEN_QWEN2, false, false}},
        {"megrez", {PRETOKEN_QWEN2, false, false}},
        {"stablelm2", {PRETOKEN_QWEN2, false, false}},
        {"hunyuan", {PRETOKEN_QWEN2, false, false}},
        {"gpt-4o", {PRETOKEN_O200K, false, false}},
        {"llama4", {PRETOKEN_O200K, false, false}},
        {"kanana2", {PRETOKEN_O200K, false, false}},
        {"tekken", {PRETOKEN_TEKKEN, true, true}},
    };
    for (size_t i = 0; i < BASE_COUNT(known); i++) {
        if (strlen(known[i].name) != len || memcmp(known[i].name, name, len) != 0) continue;
        *rule = known[i].rule;
        return true;
    }
    return false;
}
