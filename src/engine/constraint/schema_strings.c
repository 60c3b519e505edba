/* Strings: an element is the address of a struct schema_strings. Lengths stay numbers as long as
 * nothing else is said, so that they may be large. */
#include <string.h>

#include "engine/constraint/schema_raw.h"

static const struct schema_span whole_span = {0, SCHEMA_NO_MAX};
static const struct schema_strings no_strings = {NULL, 0, SCHEMA_NONE};
static const struct schema_strings all_strings = {&whole_span, 1, SCHEMA_NONE};

static const struct schema_strings *strings_at(uintptr_t element) {
    return (const struct schema_strings *)element;
}

static uintptr_t element_of(const struct schema_strings *s) {
    return (uintptr_t)s;
}

static uintptr_t make(struct schema *c, const struct schema_span *spans, size_t n, uint32_t texts) {
    struct schema_strings *s = schema_alloc(c, 1, sizeof *s);
    if (!s) return element_of(&no_strings);
    if (texts != SCHEMA_NONE && dfa_is_empty(c->automata[texts])) texts = SCHEMA_NONE;
    *s = (struct schema_strings){spans, n, texts};
    return element_of(s);
}

/* ---- spans: ascending, with gaps between them ---- */

static const struct schema_span *meet_spans(struct schema *c, const struct schema_strings *a,
                                            const struct schema_strings *b, size_t *n) {
    struct schema_span *out = schema_alloc(c, a->n_spans + b->n_spans + 1, sizeof *out);
    *n = 0;
    for (size_t i = 0, k = 0; out && i < a->n_spans && k < b->n_spans;) {
        const struct schema_span *x = &a->spans[i], *y = &b->spans[k];
        uint32_t min = x->min > y->min ? x->min : y->min, max = x->max < y->max ? x->max : y->max;
        if (min <= max) out[(*n)++] = (struct schema_span){min, max};
        if (x->max < y->max) {
            i++;
        } else {
            k++;
        }
    }
    return out;
}

static const struct schema_span *invert_spans(struct schema *c, const struct schema_strings *a,
                                              size_t *n) {
    struct schema_span *out = schema_alloc(c, a->n_spans + 1, sizeof *out);
    uint32_t next = 0;
    *n = 0;
    for (size_t i = 0; out && i < a->n_spans; i++) {
        if (a->spans[i].min > next) {
            out[(*n)++] = (struct schema_span){next, a->spans[i].min - 1};
        }
        if (a->spans[i].max == SCHEMA_NO_MAX) return out;
        next = a->spans[i].max + 1;
    }
    if (out) out[(*n)++] = (struct schema_span){next, SCHEMA_NO_MAX};
    return out;
}

/* ---- automata ---- */

enum operation { BOTH, EITHER, NOT, LENGTH };

static uint32_t compute(struct schema *c, const uint32_t key[3]) {
    struct dfa *d = NULL;
    ingle_error why;
    ingle_status status;
    switch ((enum operation)key[0]) {
    case BOTH:
        status = dfa_and(&d, c->automata[key[1]], c->automata[key[2]], &why);
        break;
    case EITHER:
        status = dfa_or(&d, c->automata[key[1]], c->automata[key[2]], &why);
        break;
    case NOT:
        status = dfa_not(&d, c->automata[key[1]], &why);
        break;
    default:
        status = dfa_length(&d, key[1], key[2], &why);
    }
    return schema_keep(c, status, d, &why);
}

/* What was asked before is not computed again, not even to fail. */
static uint32_t combine(struct schema *c, enum operation operation, uint32_t a, uint32_t b) {
    bool is_new;
    uint32_t key[3] = {operation, a, b};
    uint32_t n = schema_map_add(c, &c->combinations, key, sizeof key, &is_new);
    if (n == SCHEMA_NONE) return n;
    uint32_t *list = schema_grow(c, c->combined, n, &c->combined_cap, sizeof *list);
    if (!list) return SCHEMA_NONE;
    c->combined = list;
    if (is_new) list[n] = compute(c, key);
    if (list[n] == SCHEMA_NONE) schema_refuse(c, "its texts together are too intricate");
    return list[n];
}

static uint32_t join_texts(struct schema *c, uint32_t a, uint32_t b) {
    if (a == SCHEMA_NONE || a == b) return b;
    return b == SCHEMA_NONE ? a : combine(c, EITHER, a < b ? a : b, a < b ? b : a);
}

static uint32_t meet_texts(struct schema *c, uint32_t a, uint32_t b) {
    if (a == SCHEMA_NONE || b == SCHEMA_NONE) return SCHEMA_NONE;
    return a == b ? a : combine(c, BOTH, a < b ? a : b, a < b ? b : a);
}

static uint32_t texts_of_spans(struct schema *c, const struct schema_strings *s) {
    uint32_t texts = SCHEMA_NONE;
    for (size_t i = 0; i < s->n_spans && !schema_failed(c); i++) {
        texts = join_texts(c, texts, combine(c, LENGTH, s->spans[i].min, s->spans[i].max));
    }
    return texts;
}

static bool is_all(const struct schema_strings *s) {
    return s->n_spans == 1 && s->spans->min == 0 && s->spans->max == SCHEMA_NO_MAX;
}

/* The strings of an automaton that have one of the lengths. */
static uint32_t within(struct schema *c, const struct schema_strings *spans, uint32_t texts) {
    if (texts == SCHEMA_NONE || spans->n_spans == 0) return SCHEMA_NONE;
    return is_all(spans) ? texts : meet_texts(c, texts, texts_of_spans(c, spans));
}

static uintptr_t meet(struct schema *c, uintptr_t a, uintptr_t b) {
    const struct schema_strings *x = strings_at(a), *y = strings_at(b);
    if (is_all(x) || x == y) return b;
    if (is_all(y)) return a;
    size_t n;
    const struct schema_span *spans = meet_spans(c, x, y, &n);
    uint32_t texts = join_texts(c, within(c, x, y->texts), within(c, y, x->texts));
    return make(c, spans, n, join_texts(c, texts, meet_texts(c, x->texts, y->texts)));
}

static uintptr_t negate(struct schema *c, uintptr_t a) {
    const struct schema_strings *x = strings_at(a);
    size_t n;
    const struct schema_span *spans = invert_spans(c, x, &n);
    uintptr_t rest = make(c, spans, n, SCHEMA_NONE);
    if (x->texts == SCHEMA_NONE || schema_failed(c)) return rest;
    uint32_t texts = combine(c, NOT, x->texts, 0);
    return make(c, NULL, 0, within(c, strings_at(rest), texts));
}

static uintptr_t join(struct schema *c, uintptr_t a, uintptr_t b) {
    const struct schema_strings *x = strings_at(a), *y = strings_at(b);
    if (is_all(x) || is_all(y)) return element_of(&all_strings);
    struct schema_strings outside[2] = {{0}, {0}};
    size_t n;
    outside[0].spans = invert_spans(c, x, &outside[0].n_spans);
    outside[1].spans = invert_spans(c, y, &outside[1].n_spans);
    struct schema_strings neither = {.texts = SCHEMA_NONE};
    neither.spans = meet_spans(c, &outside[0], &outside[1], &neither.n_spans);
    const struct schema_span *spans = invert_spans(c, &neither, &n);
    return make(c, spans, n, join_texts(c, x->texts, y->texts));
}

/* ---- keywords ---- */

/* As many strings from item *at on as one automaton should hold before it is made smaller. */
static uint32_t some_texts(struct schema *c, const struct json_value *items, size_t n, size_t *at) {
    static const size_t most = 1 << 15;
    size_t room = n - *at < most ? n - *at : most, used = 0, size = 0;
    const char **texts = schema_alloc(c, room, sizeof *texts);
    size_t *lens = schema_alloc(c, room, sizeof *lens);
    if (!texts || !lens) return SCHEMA_NONE;
    for (; *at < n && used < room && size < most; ++*at) {
        if (items[*at].kind != JSON_STRING) continue;
        texts[used] = items[*at].text.data;
        size += lens[used++] = items[*at].text.len;
    }
    struct dfa *d = NULL;
    ingle_error why;
    ingle_status status = dfa_texts(&d, texts, lens, used, &why);
    return schema_keep(c, status, d, &why);
}

/* Halves are joined, so that the whole is never larger than it must be. */
static uint32_t join_halves(struct schema *c, const uint32_t *parts, uint32_t n) {
    if (n == 1 || schema_failed(c)) return parts[0];
    return join_texts(c, join_halves(c, parts, n / 2), join_halves(c, parts + n / 2, n - n / 2));
}

static uint32_t list_texts(struct schema *c, const struct json_value *items, size_t n) {
    struct schema_ids parts = {0};
    for (size_t at = 0; at < n && !schema_failed(c);) {
        schema_add_id(c, &parts, some_texts(c, items, n, &at));
    }
    return schema_failed(c) || parts.n == 0 ? SCHEMA_NONE : join_halves(c, parts.data, parts.n);
}

static uintptr_t string_equal(struct schema *c, const void *user, const struct json_value *value) {
    (void)user;
    return make(c, NULL, 0, list_texts(c, value, 1));
}

uint32_t schema_pattern(struct schema *c, const struct json_text *pattern) {
    bool is_new;
    uint32_t n = schema_map_add(c, &c->patterns, pattern->data, pattern->len, &is_new);
    if (n == SCHEMA_NONE) return n;
    if (!is_new && c->pattern_texts[n] != SCHEMA_NONE) return c->pattern_texts[n];
    uint32_t *list = schema_grow(c, c->pattern_texts, n, &c->pattern_texts_cap, sizeof *list);
    if (!list) return SCHEMA_NONE;
    c->pattern_texts = list;
    struct dfa *d = NULL;
    ingle_error why;
    ingle_status status = dfa_regex(&d, pattern->data, pattern->len, true, &why);
    return list[n] = schema_keep(c, status, d, &why);
}

static uintptr_t span_element(struct schema *c, uint32_t min, uint32_t max) {
    struct schema_span *span = schema_alloc(c, 1, sizeof *span);
    if (!span) return element_of(&no_strings);
    *span = (struct schema_span){min, max};
    return make(c, span, 1, SCHEMA_NONE);
}

static uintptr_t string_keyword(struct schema *c, const void *user, const struct json_value *schema,
                                const struct json_member *member) {
    (void)schema;
    const struct json_text *name = &member->name;
    const struct json_value *value = &member->value;
    (void)user;
    if (json_text_is(name, "type")) {
        return element_of(schema_type_allows(value, "string") ? &all_strings : &no_strings);
    }
    if (json_text_is(name, "enum")) return make(c, NULL, 0, list_texts(c, value->items, value->n));
    if (json_text_is(name, "minLength")) {
        return span_element(c, schema_count(c, value, true), SCHEMA_NO_MAX);
    }
    if (json_text_is(name, "maxLength")) return span_element(c, 0, schema_count(c, value, false));
    if (json_text_is(name, "pattern")) {
        uint32_t texts = schema_pattern(c, &value->text);
        return make(c, NULL, 0, texts);
    }
    return element_of(&all_strings);
}

static struct schema_algebra algebra(void) {
    return (struct schema_algebra){
        .kind = ALGEBRA_STRINGS,
        .none = element_of(&no_strings),
        .all = element_of(&all_strings),
        .both = meet,
        .either = join,
        .complement = negate,
        .keyword = string_keyword,
        .equal = string_equal,
        .turn = 1,
    };
}

void schema_strings(struct schema *c, const struct schema_set *set, struct schema_raw *raw) {
    struct schema_algebra a = algebra();
    raw->strings = strings_at(schema_evaluate_set(c, &a, set));
}

uint32_t schema_literal_texts(struct schema *c, schema_literal literal) {
    struct schema_algebra a = algebra();
    const struct schema_strings *s = strings_at(schema_evaluate(c, &a, literal));
    struct dfa *d = NULL;
    ingle_error why;
    if (s->n_spans) return join_texts(c, s->texts, texts_of_spans(c, s));
    if (s->texts != SCHEMA_NONE || schema_failed(c)) return s->texts;
    ingle_status status = dfa_texts(&d, NULL, NULL, 0, &why);
    return schema_keep(c, status, d, &why);
}
