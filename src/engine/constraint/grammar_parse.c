#include "engine/constraint/grammar_parse.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/utf8.h"

#define MAX_TREE ((size_t)64 << 20)
#define MAX_NAMES ((size_t)1 << 22)
#define MAX_REPEATS 4 /* of one item, one behind the other */

struct parser {
    struct grammar *g;
    const char *text;
    size_t len, pos;
    int depth;
    struct charset set;  /* under construction */
    struct intern names; /* of rules, in the order of g->rules */
    ingle_error *err;
};

static ingle_status take_choice(struct parser *p, bool is_nested, struct regex_node **out);

ingle_status grammar_fail(const struct grammar *g, ingle_status status, size_t where,
                          ingle_error *err, const char *why) {
    size_t line = 1, start = 0;
    for (size_t i = 0; i < where && i < g->len; i++) {
        if (g->text[i] != '\n') continue;
        line++;
        start = i + 1;
    }
    const char *what = status == INGLE_INVALID   ? "broken"
                       : status == INGLE_REFUSED ? "refused"
                                                 : "too large";
    return status_set(err, status, where, "The grammar is %s at line %zu, column %zu: %s.", what,
                      line, where - start + 1, why);
}

ingle_status grammar_fail_rule(const struct grammar *g, ingle_status status,
                               const struct grammar_rule *rule, ingle_error *err, const char *why) {
    char text[GRAMMAR_MAX_NAME + 80];
    snprintf(text, sizeof text, "the rule '%.*s' %s", (int)rule->name_len, g->text + rule->name_at,
             why);
    return grammar_fail(g, status, rule->name_at, err, text);
}

static ingle_status invalid(struct parser *p, size_t where, const char *rule) {
    return grammar_fail(p->g, INGLE_INVALID, where, p->err, rule);
}

static ingle_status too_large(struct parser *p, const char *rule) {
    return grammar_fail(p->g, INGLE_LIMIT, p->pos, p->err, rule);
}

static ingle_status no_memory(struct parser *p) {
    return status_no_memory(p->err, "a grammar", p->len);
}

static int peek(const struct parser *p, size_t ahead) {
    return p->pos + ahead < p->len ? (unsigned char)p->text[p->pos + ahead] : -1;
}

static bool take(struct parser *p, char c) {
    if (peek(p, 0) != c) return false;
    p->pos++;
    return true;
}

/* Blanks and comments; line ends too where a rule cannot end there. */
static void skip_space(struct parser *p, bool newlines) {
    for (;;) {
        int c = peek(p, 0);
        if (c == '#') {
            while (peek(p, 0) >= 0 && peek(p, 0) != '\n' && peek(p, 0) != '\r') p->pos++;
        } else if (c == ' ' || c == '\t' || (newlines && (c == '\n' || c == '\r'))) {
            p->pos++;
        } else {
            return;
        }
    }
}

static ingle_status new_node(struct parser *p, enum regex_kind kind, struct regex_node **out) {
    *out = arena_alloc(&p->g->arena, sizeof **out);
    if (*out) {
        regex_node_init(*out, kind);
        return INGLE_OK;
    }
    bool is_full = p->g->arena.total > MAX_TREE / 2;
    return is_full ? too_large(p, "it has too many parts") : no_memory(p);
}

/* --- rules and their names --- */

static bool is_name_byte(int c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/* The rule of the name at the position. */
static ingle_status take_name(struct parser *p, uint32_t *rule) {
    uint32_t name[GRAMMAR_MAX_NAME];
    size_t n = 0, where = p->pos;
    struct grammar *g = p->g;
    for (; is_name_byte(peek(p, 0)); p->pos++) {
        if (n == GRAMMAR_MAX_NAME) return too_large(p, "this name is too long");
        name[n++] = (uint32_t)peek(p, 0);
    }
    if (n == 0) return invalid(p, where, "the name of a rule should stand here");
    if (!intern_add(&p->names, name, n, rule)) {
        return p->names.full ? too_large(p, "it has too many rules") : no_memory(p);
    }
    if (*rule < g->n_rules) return INGLE_OK;
    if (g->n_rules == g->cap_rules) {
        uint32_t cap = g->cap_rules ? g->cap_rules * 2 : 32;
        struct grammar_rule *rules = mem_realloc(g->rules, cap * sizeof *rules);
        if (!rules) return no_memory(p);
        g->rules = rules;
        g->cap_rules = cap;
    }
    g->rules[g->n_rules++] = (struct grammar_rule){.name_at = where, .name_len = n};
    return INGLE_OK;
}

/* --- characters --- */

static ingle_status take_hex(struct parser *p, size_t where, int n, uint32_t *value) {
    *value = 0;
    for (int i = 0; i < n; i++, p->pos++) {
        int digit = ascii_hex_value((char)peek(p, 0));
        if (digit < 0) return invalid(p, where, "this escape needs more hexadecimal digits");
        *value = *value << 4 | (uint32_t)digit;
    }
    if (*value > CHARSET_LAST) return invalid(p, where, "there is no such code point");
    return INGLE_OK;
}

static ingle_status take_character(struct parser *p, uint32_t *cp) {
    static const char names[] = "nrt\\\"[]-", values[] = "\n\r\t\\\"[]-";
    size_t where = p->pos;
    if (take(p, '\\')) {
        int c = peek(p, 0);
        const char *found = c > 0 ? strchr(names, c) : NULL;
        int n_digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (!found && !n_digits) return invalid(p, where, "there is no such escape");
        p->pos++;
        if (n_digits) return take_hex(p, where, n_digits, cp);
        *cp = (uint32_t)values[found - names];
        return INGLE_OK;
    }
    size_t n = utf8_take(p->text + p->pos, p->len - p->pos, cp);
    if (n == 0) return invalid(p, where, "these bytes are not UTF-8");
    p->pos += n;
    return INGLE_OK;
}

static ingle_status keep_set(struct parser *p, struct regex_node *node) {
    struct charset *s = &p->set;
    charset_normalise(s);
    charset_drop_surrogates(s);
    if (!s->failed && !s->full && intern_add(&p->g->sets, s->bounds, s->n, &node->set)) {
        return INGLE_OK;
    }
    bool is_full = !s->failed && (s->full || p->g->sets.full);
    return is_full ? too_large(p, "its sets of characters have too many ranges") : no_memory(p);
}

/* After a quote. */
static ingle_status take_literal(struct parser *p, struct regex_node **out) {
    size_t start = p->pos - 1;
    INGLE_TRY(new_node(p, REGEX_SEQUENCE, out));
    while (!take(p, '"')) {
        uint32_t cp = 0;
        struct regex_node *node = NULL;
        if (peek(p, 0) < 0) return invalid(p, start, "this text does not end");
        INGLE_TRY(take_character(p, &cp));
        INGLE_TRY(new_node(p, REGEX_SET, &node));
        charset_reset(&p->set);
        charset_add(&p->set, cp, cp);
        INGLE_TRY(keep_set(p, node));
        regex_node_append(*out, node);
    }
    return INGLE_OK;
}

/* After "[". */
static ingle_status take_class(struct parser *p, struct regex_node **out) {
    size_t start = p->pos - 1;
    INGLE_TRY(new_node(p, REGEX_SET, out));
    charset_reset(&p->set);
    bool negated = take(p, '^');
    if (peek(p, 0) == ']') return invalid(p, start, "this class is empty");
    while (!take(p, ']')) {
        size_t where = p->pos;
        uint32_t first = 0, last;
        if (peek(p, 0) < 0) return invalid(p, start, "this class does not end");
        INGLE_TRY(take_character(p, &first));
        last = first;
        if (peek(p, 0) == '-' && peek(p, 1) != ']') {
            p->pos++;
            if (peek(p, 0) < 0) return invalid(p, start, "this class does not end");
            INGLE_TRY(take_character(p, &last));
        }
        if (first > last) return invalid(p, where, "this range is out of order");
        charset_add(&p->set, first, last);
    }
    charset_normalise(&p->set);
    if (negated) charset_negate(&p->set);
    return keep_set(p, *out);
}

/* --- structure --- */

/* After "(". */
static ingle_status take_group(struct parser *p, struct regex_node **out) {
    size_t start = p->pos - 1;
    if (p->depth == REGEX_MAX_DEPTH) return too_large(p, "its groups are nested too deeply");
    p->depth++;
    skip_space(p, true);
    INGLE_TRY(take_choice(p, true, out));
    p->depth--;
    return take(p, ')') ? INGLE_OK : invalid(p, start, "this group does not end");
}

/* *out is NULL if nothing of the kind stands here. */
static ingle_status take_item(struct parser *p, struct regex_node **out) {
    int c = peek(p, 0);
    *out = NULL;
    if (c == '<' || c == '!') {
        return grammar_fail(p->g, INGLE_REFUSED, p->pos, p->err, "tokens are not supported");
    }
    if (is_name_byte(c)) {
        INGLE_TRY(new_node(p, REGEX_CALL, out));
        return take_name(p, &(*out)->rule);
    }
    if (c != '"' && c != '[' && c != '(' && c != '.') return INGLE_OK;
    p->pos++;
    if (c == '"') return take_literal(p, out);
    if (c == '[') return take_class(p, out);
    if (c == '(') return take_group(p, out);
    INGLE_TRY(new_node(p, REGEX_SET, out));
    charset_reset(&p->set);
    charset_add(&p->set, 0, CHARSET_LAST);
    return keep_set(p, *out);
}

static bool take_number(struct parser *p, uint32_t *number) {
    uint64_t value = 0;
    size_t start = p->pos;
    for (int c; (c = peek(p, 0)) >= '0' && c <= '9'; p->pos++) {
        value = value * 10 + (uint64_t)(c - '0');
        if (value > REGEX_NO_MAX - 1) value = REGEX_NO_MAX - 1;
    }
    *number = (uint32_t)value;
    return p->pos > start;
}

/* {n}, {n,} or {n,m} at the position, with blanks anywhere. */
static ingle_status take_counts(struct parser *p, bool is_nested, uint32_t *min, uint32_t *max) {
    size_t where = p->pos++;
    skip_space(p, is_nested);
    bool ok = take_number(p, min);
    *max = *min;
    skip_space(p, is_nested);
    if (ok && take(p, ',')) {
        skip_space(p, is_nested);
        if (!take_number(p, max)) *max = REGEX_NO_MAX;
        skip_space(p, is_nested);
    }
    if (!ok || !take(p, '}')) return invalid(p, where, "these counts are not {n}, {n,} or {n,m}");
    if (*min > *max) return invalid(p, where, "these counts are out of order");
    return INGLE_OK;
}

/* Any number of * + ? {...} behind an item. */
static ingle_status take_repeats(struct parser *p, bool is_nested, struct regex_node **item) {
    for (int depth = 0;; depth++) {
        int c = peek(p, 0);
        if (c != '*' && c != '+' && c != '?' && c != '{') return INGLE_OK;
        if (depth == MAX_REPEATS) return too_large(p, "an item is repeated too often");
        uint32_t min = c == '+', max = c == '?' ? 1 : REGEX_NO_MAX;
        if (c == '{') {
            INGLE_TRY(take_counts(p, is_nested, &min, &max));
        } else {
            p->pos++;
        }
        skip_space(p, is_nested);
        struct regex_node *repeat;
        INGLE_TRY(new_node(p, REGEX_REPEAT, &repeat));
        repeat->min = min;
        repeat->max = max;
        regex_node_append(repeat, *item);
        repeat->is_void = repeat->is_void || max == 0;
        *item = repeat;
    }
}

static ingle_status take_sequence(struct parser *p, bool is_nested, struct regex_node **out) {
    INGLE_TRY(new_node(p, REGEX_SEQUENCE, out));
    for (;;) {
        struct regex_node *item;
        int c = peek(p, 0);
        if (c == '*' || c == '+' || c == '?' || c == '{') {
            return invalid(p, p->pos, "there is nothing to repeat");
        }
        INGLE_TRY(take_item(p, &item));
        if (!item) return INGLE_OK;
        skip_space(p, is_nested);
        INGLE_TRY(take_repeats(p, is_nested, &item));
        regex_node_append(*out, item);
    }
}

static ingle_status take_choice(struct parser *p, bool is_nested, struct regex_node **out) {
    struct regex_node *first;
    INGLE_TRY(take_sequence(p, is_nested, &first));
    *out = first;
    if (peek(p, 0) != '|') return INGLE_OK;
    INGLE_TRY(new_node(p, REGEX_CHOICE, out));
    regex_node_append(*out, first);
    while (take(p, '|')) {
        struct regex_node *other;
        skip_space(p, true);
        INGLE_TRY(take_sequence(p, is_nested, &other));
        regex_node_append(*out, other);
    }
    return INGLE_OK;
}

static ingle_status take_rule(struct parser *p) {
    size_t where = p->pos;
    uint32_t rule = 0;
    struct regex_node *root = NULL;
    INGLE_TRY(take_name(p, &rule));
    if (p->g->rules[rule].is_defined) return invalid(p, where, "this rule is defined twice");
    skip_space(p, false);
    if (p->len - p->pos < 3 || memcmp(p->text + p->pos, "::=", 3) != 0) {
        return invalid(p, p->pos, "'::=' should stand here");
    }
    p->pos += 3;
    skip_space(p, true);
    INGLE_TRY(take_choice(p, false, &root));
    p->g->rules[rule].is_defined = true;
    p->g->rules[rule].root = root;
    int c = peek(p, 0);
    if (c >= 0 && c != '\n' && c != '\r') return invalid(p, p->pos, "nothing of a rule begins so");
    return INGLE_OK;
}

static ingle_status check_names(struct parser *p) {
    struct grammar *g = p->g;
    g->root = UINT32_MAX;
    for (uint32_t i = 0; i < g->n_rules; i++) {
        const struct grammar_rule *rule = &g->rules[i];
        const char *name = p->text + rule->name_at;
        if (rule->name_len == 4 && memcmp(name, "root", 4) == 0) g->root = i;
        if (rule->is_defined) continue;
        return grammar_fail_rule(g, INGLE_INVALID, rule, p->err, "is not defined");
    }
    if (g->root != UINT32_MAX) return INGLE_OK;
    return status_set(p->err, INGLE_INVALID, 0, "The grammar is broken: it has no rule 'root'.");
}

void grammar_clear(struct grammar *g) {
    arena_clear(&g->arena);
    intern_clear(&g->sets);
    mem_free(g->rules);
    *g = (struct grammar){0};
}

ingle_status grammar_parse(struct grammar *g, const char *text, size_t len, ingle_error *err) {
    *g = (struct grammar){.text = text, .len = len};
    arena_init(&g->arena, MAX_TREE);
    intern_init(&g->sets, REGEX_MAX_BOUNDS);
    struct parser p = {.g = g, .text = text, .len = len, .err = err};
    charset_init(&p.set, REGEX_MAX_BOUNDS);
    intern_init(&p.names, MAX_NAMES);
    ingle_status status = INGLE_OK;
    if (len > GRAMMAR_MAX_LEN) status = too_large(&p, "it has more than 1048576 bytes");
    skip_space(&p, true);
    while (status == INGLE_OK && p.pos < len) {
        status = take_rule(&p);
        skip_space(&p, true);
    }
    if (status == INGLE_OK) status = check_names(&p);
    charset_clear(&p.set);
    intern_clear(&p.names);
    if (status != INGLE_OK) grammar_clear(g);
    return status;
}
