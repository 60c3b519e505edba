/* The structure of a pattern: alternatives, rows, groups, quantifiers, assertions. */
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/constraint/regex_internal.h"
#include "engine/text/unicode_property.h"

#define MAX_TREE ((size_t)64 << 20)
#define MAX_NAMES ((size_t)1 << 17)

static ingle_status take_choice(struct regex_parser *p, struct regex_node **out);

/* The codes are said again, so that who reads this file alone, clang's analyzer for one, sees that
 * what failed did fail. */
ingle_status regex_invalid(struct regex_parser *p, size_t where, const char *rule) {
    (void)!status_set(p->err, INGLE_INVALID, where,
                      "The regular expression is broken at offset %zu: %s.", where, rule);
    return INGLE_INVALID;
}

ingle_status regex_refuse(struct regex_parser *p, size_t where, const char *what) {
    (void)!status_set(p->err, INGLE_REFUSED, where,
                      "The regular expression uses %s at offset %zu, which is not supported.", what,
                      where);
    return INGLE_REFUSED;
}

ingle_status regex_no_memory(struct regex_parser *p) {
    (void)!status_no_memory(p->err, "a regular expression", p->len);
    return INGLE_NO_MEMORY;
}

static ingle_status too_large(struct regex_parser *p, const char *why) {
    (void)!status_set(p->err, INGLE_LIMIT, p->pos, "The regular expression is too large: %s.", why);
    return INGLE_LIMIT;
}

void regex_node_init(struct regex_node *node, enum regex_kind kind) {
    node->kind = kind;
    node->is_void = kind == REGEX_SEQUENCE || kind == REGEX_CHOICE || kind == REGEX_REPEAT;
}

void regex_node_append(struct regex_node *parent, struct regex_node *child) {
    if (parent->last_child) {
        parent->last_child->next = child;
    } else {
        parent->children = child;
    }
    parent->last_child = child;
    parent->is_void = parent->is_void && child->is_void;
}

static ingle_status new_node(struct regex_parser *p, enum regex_kind kind,
                             struct regex_node **out) {
    *out = arena_alloc(&p->re->arena, sizeof **out);
    if (!*out) return regex_no_memory(p);
    regex_node_init(*out, kind);
    return INGLE_OK;
}

bool regex_take_number(struct regex_parser *p, uint32_t *number) {
    uint64_t value = 0;
    size_t start = p->pos;
    for (int c; (c = regex_peek(p, 0)) >= '0' && c <= '9'; p->pos++) {
        value = value * 10 + (uint64_t)(c - '0');
        if (value > UINT32_MAX - 1) value = UINT32_MAX - 1;
    }
    *number = (uint32_t)value;
    return p->pos > start;
}

/* How many groups the whole pattern captures: so many may be referred to. */
static uint32_t count_captures(const struct regex_parser *p) {
    uint32_t n = 0;
    bool in_class = false;
    for (size_t i = 0; i < p->len; i++) {
        char c = p->text[i];
        if (c == '\\') i++;
        if (c == '[') in_class = true;
        if (c == ']') in_class = false;
        if (c != '(' || in_class) continue;
        const char *rest = p->text + i + 1;
        size_t left = p->len - i - 1;
        bool is_named = left > 2 && memcmp(rest, "?<", 2) == 0 && rest[2] != '=' && rest[2] != '!';
        n += left == 0 || rest[0] != '?' || is_named;
    }
    return n;
}

static bool mentions_name(const struct regex_parser *p, const char *name, size_t len) {
    for (size_t i = 0; i + 3 + len <= p->len; i++) {
        if (memcmp(p->text + i, "(?<", 3) == 0 && memcmp(p->text + i + 3, name, len) == 0) {
            return true;
        }
    }
    return false;
}

/* \1 and \k<name> at the position, behind the backslash. */
static ingle_status refuse_reference(struct regex_parser *p) {
    size_t where = p->pos - 1;
    uint32_t number;
    if (regex_accept(p, 'k')) {
        const char *name = p->text + p->pos + 1;
        if (!regex_accept(p, '<')) return regex_invalid(p, where, "\\k needs a name in < >");
        const char *end = memchr(name, '>', p->len - p->pos);
        if (!end || end == name || !mentions_name(p, name, (size_t)(end - name) + 1)) {
            return regex_invalid(p, where, "\\k names no group");
        }
    } else if (regex_take_number(p, &number) && number > count_captures(p)) {
        return regex_invalid(p, where, "there is no group of this number");
    }
    return regex_refuse(p, where, "a backreference");
}

/* A character of a group's name; *cp is '>' at its end. */
static ingle_status take_name_character(struct regex_parser *p, bool is_first, uint32_t *cp) {
    size_t where = p->pos;
    size_t n = where < p->len ? utf8_take(p->text + where, p->len - where, cp) : 0;
    if (n == 0) return regex_invalid(p, where, "the name of this group does not end");
    p->pos += n;
    if (*cp == '>') return INGLE_OK;
    if (*cp == '\\') {
        if (!regex_accept(p, 'u')) return regex_invalid(p, where, "this is no name of a group");
        INGLE_TRY(regex_take_unicode(p, cp));
    }
    const char *property = is_first ? "ID_Start" : "ID_Continue";
    bool ok = *cp == '$' || *cp == '_' || (!is_first && (*cp == 0x200c || *cp == 0x200d)) ||
              unicode_property_has(unicode_property_find(property, strlen(property), NULL, 0), *cp);
    return ok ? INGLE_OK : regex_invalid(p, where, "this is no name of a group");
}

/* After "(?<". */
static ingle_status take_name(struct regex_parser *p) {
    size_t where = p->pos, n = 0;
    uint32_t name[256], cp = 0, id, n_before = p->names.n;
    for (;;) {
        INGLE_TRY(take_name_character(p, n == 0, &cp));
        if (cp == '>') break;
        if (n == BASE_COUNT(name)) return too_large(p, "a group has too long a name");
        name[n++] = cp;
    }
    if (n == 0) return regex_invalid(p, where, "this group has an empty name");
    if (!intern_add(&p->names, name, n, &id)) {
        return p->names.full ? too_large(p, "its groups have too long names") : regex_no_memory(p);
    }
    if (id < n_before) return regex_invalid(p, where, "two groups have this name");
    return INGLE_OK;
}

enum group { GROUP_PLAIN, GROUP_AHEAD, GROUP_NOT_AHEAD };

/* After "(". */
static ingle_status take_group_kind(struct regex_parser *p, enum group *kind) {
    size_t where = p->pos - 1;
    *kind = GROUP_PLAIN;
    if (!regex_accept(p, '?')) return INGLE_OK;
    int c = regex_peek(p, 0), next = regex_peek(p, 1);
    if (c == '<' && (next == '=' || next == '!')) return regex_refuse(p, where, "a lookbehind");
    if (c == 'i' || c == 'm' || c == 's' || c == '-') {
        return regex_refuse(p, where, "modifiers of flags");
    }
    p->pos++;
    if (c == '=' || c == '!') {
        *kind = c == '=' ? GROUP_AHEAD : GROUP_NOT_AHEAD;
    } else if (c == '<') {
        return take_name(p);
    } else if (c != ':') {
        return regex_invalid(p, where, "there is no such group");
    }
    return INGLE_OK;
}

static ingle_status keep_look(struct regex_parser *p, struct regex_node *node) {
    struct regex *re = p->re;
    if (re->n_looks == REGEX_MAX_LOOKS) return too_large(p, "it looks ahead too often");
    if (!re->looks)
        re->looks = arena_array(&re->arena, REGEX_MAX_LOOKS, sizeof(struct regex_node *));
    if (!re->looks) return regex_no_memory(p);
    node->look = re->n_looks;
    re->looks[re->n_looks++] = node;
    return INGLE_OK;
}

/* After "(". */
static ingle_status take_group(struct regex_parser *p, struct regex_node **out, bool *may_repeat) {
    size_t start = p->pos - 1;
    enum group kind;
    if (p->depth == REGEX_MAX_DEPTH) return too_large(p, "its groups are nested too deeply");
    INGLE_TRY(take_group_kind(p, &kind));
    struct regex_node *inside;
    p->depth++;
    INGLE_TRY(take_choice(p, &inside));
    p->depth--;
    if (!regex_accept(p, ')')) return regex_invalid(p, start, "this group does not end");
    *out = inside;
    *may_repeat = kind == GROUP_PLAIN;
    if (kind == GROUP_PLAIN) return INGLE_OK;
    INGLE_TRY(new_node(p, REGEX_LOOK, out));
    (*out)->negated = kind == GROUP_NOT_AHEAD;
    regex_node_append(*out, inside);
    return keep_look(p, *out);
}

static ingle_status take_edge(struct regex_parser *p, struct regex_node **out) {
    INGLE_TRY(new_node(p, REGEX_EDGE, out));
    (*out)->negated = p->text[p->pos - 1] == 'B';
    if (p->re->has_edges) return INGLE_OK;
    p->re->has_edges = p->re->asks_before = true;
    charset_reset(&p->set);
    charset_add(&p->set, '0', '9');
    charset_add(&p->set, 'A', 'Z');
    charset_add(&p->set, '_', '_');
    charset_add(&p->set, 'a', 'z');
    return regex_keep_set(p, &p->re->word_set);
}

static ingle_status take_atom(struct regex_parser *p, struct regex_node **out, bool *may_repeat) {
    int c = regex_peek(p, 0), next = regex_peek(p, 1);
    *may_repeat = false;
    if (c == '(') {
        p->pos++;
        return take_group(p, out, may_repeat);
    }
    if (c == '^' || c == '$') {
        p->pos++;
        p->re->asks_before = p->re->asks_before || c == '^';
        return new_node(p, c == '^' ? REGEX_START : REGEX_END, out);
    }
    if (c == '\\' && (next == 'b' || next == 'B')) {
        p->pos += 2;
        return take_edge(p, out);
    }
    if (c == '\\' && ((next >= '1' && next <= '9') || next == 'k')) {
        p->pos++;
        return refuse_reference(p);
    }
    if (c && strchr("*+?{", c)) return regex_invalid(p, p->pos, "there is nothing to repeat");
    if (c == ']' || c == '}') return regex_invalid(p, p->pos, "it closes what was not opened");
    *may_repeat = true;
    INGLE_TRY(new_node(p, REGEX_SET, out));
    return regex_take_set(p, &(*out)->set);
}

/* {n}, {n,} or {n,m} at the position. */
static ingle_status take_counts(struct regex_parser *p, uint32_t *min, uint32_t *max) {
    size_t where = p->pos++;
    bool ok = regex_take_number(p, min);
    *max = *min;
    if (ok && regex_accept(p, ',') && !regex_take_number(p, max)) *max = REGEX_NO_MAX;
    if (!ok || !regex_accept(p, '}')) return regex_invalid(p, where, "this is no quantifier");
    if (*min > *max) return regex_invalid(p, where, "this quantifier is out of order");
    return INGLE_OK;
}

static ingle_status take_quantifier(struct regex_parser *p, struct regex_node **atom,
                                    bool may_repeat) {
    int c = regex_peek(p, 0);
    if (c != '*' && c != '+' && c != '?' && c != '{') return INGLE_OK;
    if (!may_repeat) return regex_invalid(p, p->pos, "there is nothing to repeat");
    uint32_t min = c == '+', max = c == '?' ? 1 : REGEX_NO_MAX;
    if (c == '{') {
        INGLE_TRY(take_counts(p, &min, &max));
    } else {
        p->pos++;
    }
    regex_accept(p, '?'); /* lazy: the same texts */
    struct regex_node *repeat;
    INGLE_TRY(new_node(p, REGEX_REPEAT, &repeat));
    repeat->min = min;
    repeat->max = max;
    regex_node_append(repeat, *atom);
    repeat->is_void = repeat->is_void || max == 0;
    *atom = repeat;
    return INGLE_OK;
}

static ingle_status take_sequence(struct regex_parser *p, struct regex_node **out) {
    INGLE_TRY(new_node(p, REGEX_SEQUENCE, out));
    for (;;) {
        int c = regex_peek(p, 0);
        if (c < 0 || c == '|' || c == ')') return INGLE_OK;
        struct regex_node *atom = NULL;
        bool may_repeat;
        INGLE_TRY(take_atom(p, &atom, &may_repeat));
        INGLE_TRY(take_quantifier(p, &atom, may_repeat));
        regex_node_append(*out, atom);
    }
}

static ingle_status take_choice(struct regex_parser *p, struct regex_node **out) {
    struct regex_node *first;
    INGLE_TRY(take_sequence(p, &first));
    *out = first;
    if (regex_peek(p, 0) != '|') return INGLE_OK;
    INGLE_TRY(new_node(p, REGEX_CHOICE, out));
    regex_node_append(*out, first);
    while (regex_accept(p, '|')) {
        struct regex_node *other;
        INGLE_TRY(take_sequence(p, &other));
        regex_node_append(*out, other);
    }
    return INGLE_OK;
}

void regex_clear(struct regex *re) {
    arena_clear(&re->arena);
    intern_clear(&re->sets);
}

ingle_status regex_parse(struct regex *re, const char *pattern, size_t len, ingle_error *err) {
    *re = (struct regex){0};
    arena_init(&re->arena, MAX_TREE);
    intern_init(&re->sets, REGEX_MAX_BOUNDS);
    struct regex_parser p = {.re = re, .text = pattern, .len = len, .err = err};
    charset_init(&p.set, REGEX_MAX_BOUNDS);
    intern_init(&p.names, MAX_NAMES);
    ingle_status status = INGLE_OK;
    if (len > REGEX_MAX_LEN) status = too_large(&p, "it has more than 65536 bytes");
    if (status == INGLE_OK) status = take_choice(&p, &re->root);
    if (status == INGLE_OK && p.pos < len) {
        status = regex_invalid(&p, p.pos, "it closes what was not opened");
    }
    charset_clear(&p.set);
    intern_clear(&p.names);
    if (status != INGLE_OK) regex_clear(re);
    return status;
}
