/* How a schema becomes shapes, file by file:
 *
 *     schema.c            the order of it all; how a refusal is said
 *     schema_map.c        memory and numbering
 *     schema_keywords.c   which keyword may hold what, and what is no keyword
 *     schema_nodes.c      the places of the document that are schemas; their identifiers
 *     schema_refs.c       from a reference to a place; dynamic scopes (with schema_uri.c)
 *     schema_sets.c       conjunctions of schemas and denied schemas, which shapes stand for
 *   schema_algebra.h      what a set says about literals, numbers, strings:
 *     schema_scalars.c schema_numbers.c schema_strings.c
 *   schema_formula.h      what a set says about arrays and objects:
 *     schema_forms.c      a formula over conditions, of which the keywords' own parts are in
 *                         schema_values.c schema_arrays.c schema_objects.c schema_cases.c
 *     schema_solve.c      a disjunction of conditions: the alternatives
 *     schema_names.c      the names of an object, in classes that its conditions treat alike
 *   schema_raw.h          the shapes:
 *     schema_raw.c        alternatives as slots and counts
 *     schema_empty.c      which shapes have a value at all (schema_counts.c, schema_unique.c)
 *     schema_emit.c       the table
 *
 * Failure is sticky: the first one stays in the compiler, all that is asked for afterwards is
 * harmless nonsense, and loops look at schema_failed(). Everything lives in the compiler's arena,
 * and is bounded by its size and by a number of steps. Elements of growing lists move: keep their
 * numbers, or copies. */
#ifndef INGLE_ENGINE_CONSTRAINT_SCHEMA_INTERNAL_H
#define INGLE_ENGINE_CONSTRAINT_SCHEMA_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json_tree.h"
#include "base/status.h"
#include "engine/constraint/dfa.h"
#include "engine/constraint/shape.h"

#define SCHEMA_NONE UINT32_MAX /* no such index */
#define SCHEMA_AMBIGUOUS (UINT32_MAX - 1)
#define SCHEMA_NO_MAX SHAPE_NO_MAX

struct schema;

/* Byte strings that are the same number when they are equal: 0, 1, 2 ... */
struct schema_key {
    const void *data;
    size_t size;
    uint64_t hash;
};
struct schema_map {
    struct schema_key *keys;
    uint32_t n, cap;
    uint32_t *slots;
    uint32_t n_slots;
    uint64_t seed;
};

enum schema_dialect { DRAFT_04, DRAFT_06, DRAFT_07, DRAFT_2019, DRAFT_2020 };

/* What the value of a keyword must be. */
enum schema_holds {
    HOLDS_ANY,
    HOLDS_SCHEMA,
    HOLDS_SCHEMAS,    /* a list of at least one */
    HOLDS_SCHEMA_MAP, /* an object of schemas */
    HOLDS_ITEMS,      /* a schema, or a list of them */
    HOLDS_DEPENDENCIES,
    HOLDS_TYPE,
    HOLDS_LIST,
    HOLDS_NUMBER,
    HOLDS_EDGE, /* a number; before draft-06, whether the bound beside it is one */
    HOLDS_POSITIVE,
    HOLDS_COUNT,
    HOLDS_STRING,
    HOLDS_BOOLEAN,
    HOLDS_NAMES,
    HOLDS_NAMES_MAP,
};

struct schema_keyword {
    const char *name;
    enum schema_holds holds;
    enum schema_dialect first; /* of the dialects that know it, or a later one */
    bool constrains;
};

/* Numbers, collected. */
struct schema_ids {
    uint32_t *data;
    uint32_t n, cap;
};

/* A place of the document that is a schema. */
struct schema_node {
    const struct json_value *value;
    uint32_t parent;              /* SCHEMA_NONE: the root */
    const char *keyword;          /* of the parent, under which it stands */
    bool is_path;                 /* keyword is a JSON pointer from the parent, without its '/' */
    const struct json_text *name; /* in an object of schemas, else NULL */
    uint32_t index;               /* in a list, else SCHEMA_NONE */
    uint32_t resource;
    enum schema_dialect dialect;
    bool is_checked;
    bool is_resolved; /* $ref leads to target */
    uint32_t target;
};

struct schema_anchor {
    uint32_t name; /* in names */
    uint32_t node;
    struct schema_anchor *next;
};

/* The part of the document that one identifier stands for. */
struct schema_resource {
    const char *uri;
    uint32_t node;
    struct schema_anchor *dynamic; /* its $dynamicAnchors */
};

struct schema_form;
struct schema_names;
struct schema_partition;
struct schema_raw;

#define N_ALGEBRAS 3 /* schema_algebra.h */

/* A node in a dynamic scope. */
struct schema_site {
    uint32_t node, scope;
    uint8_t visit; /* of the search for endless references: 0 not yet, 1 under way, 2 done */
    struct schema_memo {
        uint32_t turn;
        uintptr_t element;
    } memo[N_ALGEBRAS];
    uint32_t collect_turn;
    const struct schema_form *forms[2][2]; /* [is_object][is_negated] */
};

/* A condition on a value: LITERAL_ANY, LITERAL_NEVER, or 2 * its number, + 1 if negated. */
typedef uint32_t schema_literal;
#define LITERAL_ANY 0u
#define LITERAL_NEVER 1u

struct schema_condition {
    enum { CONDITION_SITE = 1, CONDITION_VALUE, CONDITION_SOME } kind;
    uint32_t site;
    const struct json_value *value; /* equal to it */
    const schema_literal *some;     /* at least one of them holds */
    size_t n_some;
};

/* A conjunction of literals: what a shape stands for. Its number is that of its key in sets. */
struct schema_set {
    const schema_literal *literals;
    size_t n;
    uint8_t quick;            /* schema_surely_empty: 0 not yet asked, 1 no or unknown, 2 yes */
    bool is_listed, is_alive; /* schema_raw.c schema_empty.c */
    shape_id emitted;
    struct schema_raw *raw;
};
#define SET_NEVER SCHEMA_NONE /* what no value satisfies */

struct schema {
    struct arena arena;
    ingle_status status;
    ingle_error *err;
    uint64_t steps, steps_max;
    size_t automata_size;
    int quick_depth;    /* schema_surely_empty() */
    uint32_t turn;      /* a stamp for walks that pass each site once */
    uint32_t at;        /* the node that is at work, for sentences */
    const char *at_key; /* and its keyword, or NULL */
    int depth;

    bool is_late; /* all nodes that keywords make are read */
    const struct json_value *document;
    struct schema_node *nodes;
    uint32_t n_nodes, nodes_cap;
    struct schema_map places; /* of json_value addresses: the node */
    struct schema_resource *resources;
    uint32_t n_resources, resources_cap;
    struct schema_map uris;
    uint32_t *uri_nodes; /* or SCHEMA_AMBIGUOUS */
    uint32_t uri_nodes_cap;

    struct schema_map names;  /* bytes of property names and anchors */
    struct schema_map scopes; /* pairs (name, node) */
    struct schema_map site_keys;
    struct schema_site *sites;
    uint32_t sites_cap;
    struct schema_map condition_keys;
    struct schema_condition *conditions;
    uint32_t conditions_cap;
    struct schema_map set_keys;
    struct schema_set *sets;
    uint32_t sets_cap;
    struct schema_map name_keys;
    struct schema_names *name_sets;
    uint32_t name_sets_cap;
    struct schema_map partition_keys;
    struct schema_partition *partitions;
    uint32_t partitions_cap;
    struct schema_map atoms; /* the keys are struct schema_atom */
    struct schema_map patterns;
    uint32_t *pattern_texts;
    uint32_t pattern_texts_cap;
    struct schema_map combinations; /* (operation, automaton, automaton) */
    uint32_t *combined;             /* SCHEMA_NONE: has failed */
    uint32_t combined_cap;
    schema_literal *scratch; /* schema_set_of() */
    uint32_t scratch_cap;
    struct dfa **automata; /* owned, on the heap */
    uint32_t n_automata, automata_cap;
};

/* schema.c */
static inline bool schema_failed(const struct schema *c) {
    return c->status != INGLE_OK;
}
/* The sentence is "The schema is refused at '#/pointer': <fmt>." (or "is not valid", by status).
 * node SCHEMA_NONE: what is at work; keyword may be NULL. */
BASE_PRINTF(5, 6)
void schema_fail(struct schema *c, ingle_status status, uint32_t node, const char *keyword,
                 const char *fmt, ...);
/* Appends the JSON pointer of a schema, as a URI fragment. */
void schema_add_pointer(const struct schema *c, struct buf *out, uint32_t node);
/* INGLE_REFUSED at what is at work. */
void schema_refuse(struct schema *c, const char *why);
void *schema_alloc(struct schema *c, size_t count, size_t size); /* zeroed; NULL: failed */
/* Room for element n: data, moved if needed; NULL: failed. */
void *schema_grow(struct schema *c, void *data, uint32_t n, uint32_t *cap, size_t size);
void schema_add_id(struct schema *c, struct schema_ids *ids, uint32_t id);
bool schema_step(struct schema *c, uint64_t n); /* false: too much work, or failed before */
uint32_t schema_map_add(struct schema *c, struct schema_map *map, const void *data, size_t size,
                        bool *is_new); /* SCHEMA_NONE: failed */
uint32_t schema_map_find(const struct schema_map *map, const void *data, size_t size);
/* Keeps an automaton; counts its states as steps. Takes d even when it fails. */
uint32_t schema_keep(struct schema *c, ingle_status status, struct dfa *d, const ingle_error *why);

/* schema_keywords.c */
const struct schema_keyword *schema_keyword_find(const struct json_text *name);
void schema_check_value(struct schema *c, uint32_t node, const struct schema_keyword *keyword,
                        const struct json_value *value);
/* Before the first use of a node: refuses what its dialect or this compiler does not know. */
void schema_check_node(struct schema *c, uint32_t node);

/* schema_nodes.c */
void schema_read(struct schema *c);
/* A schema only because a reference leads there; path: from the parent, without the first '/'.
 * SCHEMA_NONE: it is none, or failed. */
uint32_t schema_read_late(struct schema *c, uint32_t parent, const char *path,
                          const struct json_value *value);
uint32_t schema_place(const struct schema *c, const struct json_value *value);
static inline const struct json_value *schema_member(const struct schema *c, uint32_t node,
                                                     const char *keyword) {
    return json_member(c->nodes[node].value, keyword);
}

/* schema_uri.c: without the fragment, which follows '#' in ref, see RFC 3986. */
const char *schema_uri_resolve(struct schema *c, const char *base, const char *ref, size_t len);
/* What an anchor is known by among the uris. */
struct json_text schema_anchor_key(struct schema *c, const char *uri,
                                   const struct json_text *anchor);
/* %xx to bytes. */
struct json_text schema_uri_decode(struct schema *c, const char *text, size_t len);

/* schema_refs.c */
uint32_t schema_site(struct schema *c, uint32_t node, uint32_t scope); /* SCHEMA_NONE: failed */
/* The schema under a keyword of a site: value is that member, an item or member of it. */
uint32_t schema_child(struct schema *c, uint32_t site, const struct json_value *value);
/* Where $ref or $dynamicRef leads from a site; SCHEMA_NONE when it has none, or failed. */
uint32_t schema_ref(struct schema *c, uint32_t site);
uint32_t schema_dynamic_ref(struct schema *c, uint32_t site);
/* Calls visit for every schema that is applied to the same value as site's. */
typedef void (*schema_visit_fn)(struct schema *c, uint32_t site, void *user);
void schema_each_in_place(struct schema *c, uint32_t site, schema_visit_fn visit, void *user);

/* schema_sets.c */
schema_literal schema_literal_of(struct schema *c, uint32_t site);
schema_literal schema_literal_equal(struct schema *c, const struct json_value *value);
schema_literal schema_literal_some(struct schema *c, schema_literal a, schema_literal b);
static inline schema_literal schema_not(schema_literal literal) {
    return literal ^ 1u;
}
/* The set of these literals, SET_NEVER if they contradict each other on their face. */
uint32_t schema_set_of(struct schema *c, const schema_literal *literals, size_t n);
/* True: no value satisfies it. False: some value may. */
bool schema_surely_empty(struct schema *c, uint32_t set);
/* Enters what is at work, for sentences and depth; false: failed. Leave with the same at. */
struct schema_at {
    uint32_t node;
    const char *key;
};
bool schema_enter(struct schema *c, uint32_t node, struct schema_at *before);
void schema_leave(struct schema *c, const struct schema_at *before);

#endif
