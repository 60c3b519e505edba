/* A GBNF grammar as trees: those of regular expressions, whose leaves may call rules. */
#ifndef INGLE_ENGINE_CONSTRAINT_GRAMMAR_PARSE_H
#define INGLE_ENGINE_CONSTRAINT_GRAMMAR_PARSE_H

#include "engine/constraint/regex.h"

#define GRAMMAR_MAX_LEN ((size_t)1 << 20)
#define GRAMMAR_MAX_NAME 256

struct grammar_rule {
    size_t name_at, name_len; /* in the text */
    bool is_defined;
    struct regex_node *root;
};

struct grammar {
    const char *text; /* borrowed; NULL once the grammar is checked */
    size_t len;
    struct arena arena;
    struct intern sets;         /* as struct regex has them */
    struct grammar_rule *rules; /* [n_rules] owned */
    uint32_t n_rules, cap_rules;
    uint32_t root; /* the rule of this name */
};

void grammar_clear(struct grammar *g);
BASE_NODISCARD ingle_status grammar_parse(struct grammar *g, const char *text, size_t len,
                                          ingle_error *err);

/* Finished sentences: "The grammar is broken at line 3, column 5: <why>." and "...: the rule 'x'
 * <why>."; refused or too large by the status. */
BASE_NODISCARD ingle_status grammar_fail(const struct grammar *g, ingle_status status, size_t where,
                                         ingle_error *err, const char *why);
BASE_NODISCARD ingle_status grammar_fail_rule(const struct grammar *g, ingle_status status,
                                              const struct grammar_rule *rule, ingle_error *err,
                                              const char *why);

#endif
