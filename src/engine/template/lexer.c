#include "engine/template/lexer.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "engine/template/chars.h"
#include "engine/template/number.h"
#include "engine/template/source.h"
#include "engine/template/string_literal.h"

#define MAX_BRACKETS 4096

void lexer_say(const struct template *t, ingle_error *err, size_t where, const char *fmt, ...) {
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct source_place place = source_place(t, where);
    ingle_status told = status_set(err, INGLE_INVALID, where,
                                   "The chat template is broken at line %zu, column %zu: %s.",
                                   place.line, place.column, text);
    (void)told;
}

bool lexer_is_too_large(const struct template *t) {
    return t->arena.total >= t->arena.max / 2;
}

void lexer_say_no_room(const struct template *t, ingle_error *err) {
    ingle_status told =
        lexer_is_too_large(t)
            ? status_set(err, INGLE_LIMIT, 0,
                         "The chat template needs more than %zu bytes of memory.", t->arena.max)
            : status_no_memory(err, "the chat template", t->len);
    (void)told;
}

/* All line ends become \n, and one at the very end is dropped. */
static ingle_status copy_source(struct lexer *x, const char *source, size_t len) {
    size_t bad = utf8_find_invalid(source, len);
    if (bad < len) {
        return status_set(x->err, INGLE_INVALID, bad,
                          "The chat template is not UTF-8: byte %zu is wrong.", bad);
    }
    char *copy = arena_alloc(&x->t->arena, len + 1);
    if (!copy) return lexer_no_room(x->t, x->err);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        copy[n++] = source[i] == '\r' ? '\n' : source[i];
        if (source[i] == '\r' && i + 1 < len && source[i + 1] == '\n') i++;
    }
    if (n && copy[n - 1] == '\n') n--;
    copy[n] = '\0';
    x->t->source = copy;
    x->t->len = n;
    return INGLE_OK;
}

ingle_status lexer_init(struct lexer *x, struct template *t, const char *source, size_t len,
                        ingle_error *err) {
    *x = (struct lexer){.t = t, .line_starts = true, .err = err};
    x->brackets = arena_alloc(&t->arena, MAX_BRACKETS);
    if (!x->brackets) return lexer_no_room(t, err);
    return copy_source(x, source, len);
}

static bool stands(const struct lexer *x, size_t at, const char *text) {
    size_t n = strlen(text);
    return x->t->len - at >= n && memcmp(x->t->source + at, text, n) == 0;
}

static size_t skip_space(const struct lexer *x, size_t at) {
    return at + chars_space_before(x->t->source + at, x->t->len - at);
}

/* Past the end of a tag at `at`: "%}" with a sign or without; SIZE_MAX if there is none. A minus
 * takes white space along; else, where it is asked for, one line end. */
static size_t tag_end(const struct lexer *x, size_t at, const char *mark, bool takes_line,
                      bool takes_plus) {
    if (x->t->source[at] == '-' && stands(x, at + 1, mark)) return skip_space(x, at + 3);
    if (takes_plus && x->t->source[at] == '+' && stands(x, at + 1, mark)) return at + 3;
    if (!stands(x, at, mark)) return SIZE_MAX;
    return at + 2 + (takes_line && x->t->source[at + 2] == '\n');
}

/* How much of the text [start, end) stays before a tag with this sign. */
static size_t text_end(const struct lexer *x, size_t start, size_t end, char sign, bool is_print) {
    const char *source = x->t->source;
    if (sign == '-') return end - chars_space_after(source + start, end - start);
    if (sign == '+' || is_print) return end;
    size_t line = end;
    while (line > start && source[line - 1] != '\n') line--;
    if (line == start && !x->line_starts) return end;
    return chars_space_before(source + line, end - line) == end - line ? line : end;
}

static void moved(struct lexer *x, size_t to) {
    if (to > x->pos) x->line_starts = x->t->source[to - 1] == '\n';
    x->pos = to;
}

/* "{% raw %}" at `at`: past it, else 0. */
static size_t raw_begin(const struct lexer *x, size_t at) {
    if (!stands(x, at, "{%")) return 0;
    at += 2;
    if (x->t->source[at] == '-' || x->t->source[at] == '+') at++;
    at = skip_space(x, at);
    if (!stands(x, at, "raw")) return 0;
    size_t end = tag_end(x, skip_space(x, at + 3), "%}", false, false);
    return end == SIZE_MAX ? 0 : end;
}

static char sign_at(const struct lexer *x, size_t at) {
    char c = x->t->source[at];
    return c == '-' || c == '+' ? c : ' ';
}

static void put_text(struct token *out, const struct lexer *x, size_t start, size_t end) {
    *out = (struct token){
        .kind = TOKEN_TEXT, .where = start, .data = x->t->source + start, .len = end - start};
}

/* The text up to "{% endraw %}". */
static ingle_status take_raw(struct lexer *x, size_t begin, struct token *out) {
    for (size_t at = x->pos; at < x->t->len; at++) {
        if (!stands(x, at, "{%")) continue;
        char sign = sign_at(x, at + 2);
        size_t word = skip_space(x, at + 2 + (sign != ' '));
        if (!stands(x, word, "endraw")) continue;
        size_t end = tag_end(x, skip_space(x, word + 6), "%}", true, true);
        if (end == SIZE_MAX) continue;
        put_text(out, x, x->pos, text_end(x, x->pos, at, sign, false));
        moved(x, end);
        return INGLE_OK;
    }
    return lexer_broken(x->t, x->err, begin, "this raw block does not end");
}

static ingle_status skip_comment(struct lexer *x, size_t begin) {
    for (size_t at = begin + 2 + (sign_at(x, begin + 2) != ' '); at < x->t->len; at++) {
        size_t end = tag_end(x, at, "#}", true, true);
        if (end == SIZE_MAX) continue;
        moved(x, end);
        return INGLE_OK;
    }
    return lexer_broken(x->t, x->err, begin, "this comment does not end");
}

/* Enters the tag at x->pending_where, and gives its token. */
static ingle_status open_tag(struct lexer *x, struct token *out) {
    bool is_print = x->pending == TOKEN_PRINT_BEGIN;
    *out = (struct token){.kind = x->pending, .where = x->pending_where, .data = "", .len = 0};
    moved(x, x->pending_pos);
    x->pending = TOKEN_END;
    x->state = is_print ? LEXER_PRINT : LEXER_BLOCK;
    return INGLE_OK;
}

/* Text up to the next tag; may be empty. */
static ingle_status take_text(struct lexer *x, struct token *out) {
    const char *source = x->t->source;
    size_t start = x->pos, at = start;
    while (at < x->t->len &&
           !(source[at] == '{' && source[at + 1] && strchr("{%#", source[at + 1]))) {
        at++;
    }
    if (at == x->t->len) {
        put_text(out, x, start, at);
        moved(x, at);
        return INGLE_OK;
    }
    size_t raw = raw_begin(x, at);
    char sign = sign_at(x, at + 2);
    put_text(out, x, start, text_end(x, start, at, sign, source[at + 1] == '{'));
    if (raw) {
        struct token inside;
        moved(x, raw);
        x->pending = TOKEN_TEXT;
        x->pending_where = at;
        if (out->len) return INGLE_OK;
        x->pending = TOKEN_END;
        INGLE_TRY(take_raw(x, at, &inside));
        *out = inside;
        return INGLE_OK;
    }
    if (source[at + 1] == '#') {
        moved(x, at + 2);
        return skip_comment(x, at);
    }
    x->pending = source[at + 1] == '{' ? TOKEN_PRINT_BEGIN : TOKEN_BLOCK_BEGIN;
    x->pending_where = at;
    x->pending_pos = at + 2 + (sign != ' ');
    return INGLE_OK;
}

static ingle_status next_in_root(struct lexer *x, struct token *out) {
    for (;;) {
        if (x->pending == TOKEN_TEXT) {
            x->pending = TOKEN_END;
            INGLE_TRY(take_raw(x, x->pending_where, out));
        } else if (x->pending != TOKEN_END) {
            return open_tag(x, out);
        } else if (x->pos >= x->t->len) {
            *out = (struct token){.kind = TOKEN_END, .where = x->t->len, .data = "", .len = 0};
            return INGLE_OK;
        } else {
            INGLE_TRY(take_text(x, out));
        }
        if (out->len) return INGLE_OK;
    }
}

static bool is_digit_of(char c, const char *set) {
    return isxdigit((unsigned char)c) && strchr(set, tolower((unsigned char)c));
}

/* Digits with single underscores between them. */
static size_t digits(const char *s, const char *set) {
    size_t n = 0;
    while (is_digit_of(s[n], set) ||
           (s[n] == '_' && n && s[n - 1] != '_' && is_digit_of(s[n + 1], set))) {
        n++;
    }
    return n;
}

#define DECIMAL "0123456789"

/* Bytes of the float at s, 0 if there is none: digits with a point or an exponent. */
static size_t float_len(const char *s) {
    size_t n = digits(s, DECIMAL), more;
    if (n == 0) return 0;
    bool is_float = false;
    if (s[n] == '.' && (more = digits(s + n + 1, DECIMAL)) > 0) {
        n += 1 + more;
        is_float = true;
    }
    if ((s[n] | 0x20) == 'e') {
        size_t sign = s[n + 1] == '+' || s[n + 1] == '-';
        more = digits(s + n + 1 + sign, DECIMAL);
        if (more) {
            n += 1 + sign + more;
            is_float = true;
        }
    }
    return is_float ? n : 0;
}

static size_t int_len(const char *s) {
    static const char *const sets[][2] = {{"b", "01"}, {"o", "01234567"}, {"x", DECIMAL "abcdef"}};
    for (int i = 0; i < 3 && s[0] == '0'; i++) {
        if ((s[1] | 0x20) != sets[i][0][0]) continue;
        size_t lead = s[2] == '_';
        size_t n = digits(s + 2 + lead, sets[i][1]);
        if (n) return 2 + lead + n;
    }
    return s[0] == '0' ? digits(s, "0") : digits(s, DECIMAL);
}

static ingle_status take_number(struct lexer *x, struct token *out) {
    const char *s = x->t->source + x->pos;
    bool after_point = x->pos > 0 && s[-1] == '.';
    size_t n = after_point ? 0 : float_len(s);
    bool is_big = false;
    *out = (struct token){.kind = TOKEN_FLOAT, .where = x->pos, .data = s, .len = n};
    if (n) {
        (void)number_read_float(s, n, &out->f);
    } else {
        out->kind = TOKEN_INT;
        out->len = int_len(s);
        bool read = number_read_int(s, out->len, 0, &out->i, &is_big);
        if (!read || is_big) {
            return lexer_broken(x->t, x->err, x->pos, "this integer exceeds 64 bits");
        }
    }
    moved(x, x->pos + out->len);
    return INGLE_OK;
}

static ingle_status take_string(struct lexer *x, struct token *out) {
    const char *s = x->t->source + x->pos;
    size_t left = x->t->len - x->pos, end = 1;
    while (end < left && s[end] != s[0]) end += s[end] == '\\' && end + 1 < left ? 2 : 1;
    if (end >= left) return lexer_broken(x->t, x->err, x->pos, "this string does not end");
    *out = (struct token){.kind = TOKEN_STRING, .where = x->pos};
    INGLE_TRY(string_literal_read(x->t, x->pos + 1, end - 1, &out->data, &out->len, x->err));
    moved(x, x->pos + end + 1);
    return INGLE_OK;
}

/* Which brackets are open decides whether "}}" ends the tag. */
static ingle_status balance(struct lexer *x, char c) {
    static const char opens[] = "([{", closes[] = ")]}";
    const char *found = strchr(opens, c);
    if (found) {
        if (x->n_brackets == MAX_BRACKETS) {
            return status_set(x->err, INGLE_LIMIT, x->pos,
                              "The chat template has more than %d brackets within each other.",
                              MAX_BRACKETS);
        }
        x->brackets[x->n_brackets++] = closes[found - opens];
        return INGLE_OK;
    }
    if (!strchr(closes, c)) return INGLE_OK;
    if (x->n_brackets == 0) return lexer_broken(x->t, x->err, x->pos, "'%c' closes nothing", c);
    char open = x->brackets[--x->n_brackets];
    if (open == c) return INGLE_OK;
    return lexer_broken(x->t, x->err, x->pos, "'%c' stands where '%c' should", c, open);
}

static ingle_status take_operator(struct lexer *x, struct token *out) {
    static const char *const longs[] = {"//", "**", "==", "!=", ">=", "<="};
    const char *s = x->t->source + x->pos;
    size_t n = 0;
    for (size_t i = 0; i < BASE_COUNT(longs) && !n; i++) n = stands(x, x->pos, longs[i]) ? 2 : 0;
    if (!n && strchr("+-/*%~[](){}><=.:|,;", *s)) n = 1;
    if (!n) {
        int len = (int)chars_len(*s);
        return lexer_broken(x->t, x->err, x->pos, "'%.*s' means nothing here", len, s);
    }
    if (n == 1) INGLE_TRY(balance(x, *s));
    *out = (struct token){.kind = TOKEN_OPERATOR, .where = x->pos, .data = s, .len = n};
    moved(x, x->pos + n);
    return INGLE_OK;
}

static size_t name_len(const char *s) {
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '_') n++;
    return n;
}

static ingle_status next_in_tag(struct lexer *x, struct token *out) {
    bool is_print = x->state == LEXER_PRINT;
    moved(x, skip_space(x, x->pos));
    if (x->pos >= x->t->len) {
        *out = (struct token){.kind = TOKEN_END, .where = x->t->len, .data = "", .len = 0};
        return INGLE_OK;
    }
    if (x->n_brackets == 0) {
        size_t end = tag_end(x, x->pos, is_print ? "}}" : "%}", !is_print, !is_print);
        if (end != SIZE_MAX) {
            *out = (struct token){.kind = is_print ? TOKEN_PRINT_END : TOKEN_BLOCK_END,
                                  .where = x->pos,
                                  .data = "",
                                  .len = 0};
            moved(x, end);
            x->state = LEXER_ROOT;
            return INGLE_OK;
        }
    }
    const char *s = x->t->source + x->pos;
    if (isdigit((unsigned char)*s)) return take_number(x, out);
    if (*s == '"' || *s == '\'') return take_string(x, out);
    size_t n = name_len(s);
    if (n == 0) return take_operator(x, out);
    *out = (struct token){.kind = TOKEN_NAME, .where = x->pos, .data = s, .len = n};
    moved(x, x->pos + n);
    return INGLE_OK;
}

ingle_status lexer_next(struct lexer *x, struct token *out) {
    return x->state == LEXER_ROOT ? next_in_root(x, out) : next_in_tag(x, out);
}
