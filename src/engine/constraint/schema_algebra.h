/* What a set of schemas says about literals, numbers and strings, exactly. See
 * schema_internal.h. */
#ifndef INGLE_ENGINE_CONSTRAINT_SCHEMA_ALGEBRA_H
#define INGLE_ENGINE_CONSTRAINT_SCHEMA_ALGEBRA_H

#include "engine/constraint/schema_internal.h"

/* A boolean algebra, and what the keywords of one schema mean in it; schema_scalars.c does the
 * rest. An element is a number or an address, as the algebra likes. */
struct schema_algebra {
    enum { ALGEBRA_LITERALS, ALGEBRA_NUMBERS, ALGEBRA_STRINGS } kind;
    uintptr_t none, all;
    uintptr_t (*both)(struct schema *c, uintptr_t a, uintptr_t b);
    uintptr_t (*either)(struct schema *c, uintptr_t a, uintptr_t b);
    uintptr_t (*complement)(struct schema *c, uintptr_t a);
    /* What a keyword other than an applicator allows. */
    uintptr_t (*keyword)(struct schema *c, const void *user, const struct json_value *schema,
                         const struct json_member *member);
    uintptr_t (*equal)(struct schema *c, const void *user, const struct json_value *value);
    const void *user;
    uint32_t turn; /* memos of other turns do not count */
};

/* Sets of strings: any whose length is in one of the spans, and those of the automaton. */
struct schema_span {
    uint32_t min, max;
};
struct schema_strings {
    const struct schema_span *spans; /* ascending, with gaps between them */
    size_t n_spans;
    uint32_t texts; /* in automata; SCHEMA_NONE: none */
};

struct schema_raw;

/* schema_scalars.c schema_numbers.c schema_strings.c */
uintptr_t schema_evaluate(struct schema *c, const struct schema_algebra *a, schema_literal literal);
uintptr_t schema_evaluate_set(struct schema *c, const struct schema_algebra *a,
                              const struct schema_set *set);
bool schema_type_allows(const struct json_value *type, const char *name);
/* A count of HOLDS_COUNT; as a minimum, one that no text can reach is refused. */
uint32_t schema_count(struct schema *c, const struct json_value *value, bool is_min);
unsigned schema_literals(struct schema *c, const struct schema_set *set);
void schema_numbers(struct schema *c, const struct schema_set *set, struct schema_raw *raw);
void schema_strings(struct schema *c, const struct schema_set *set, struct schema_raw *raw);
/* An automaton of the strings that a literal allows, or of a pattern; SCHEMA_NONE: failed. */
uint32_t schema_literal_texts(struct schema *c, schema_literal literal);
uint32_t schema_pattern(struct schema *c, const struct json_text *pattern);

#endif
