/* Regular expressions as automata: the steps of regex.h in a row. */
#include "engine/constraint/dfa.h"
#include "engine/constraint/regex.h"

static ingle_status run(struct dfa **out, const struct regex *re, bool search, ingle_error *err) {
    struct regex_chars chars;
    struct dfa_table table;
    uint32_t start;
    INGLE_TRY(regex_chars_divide(&chars, &re->sets, err));
    ingle_status status = regex_run(&table, &start, re, &chars, search, err);
    if (status == INGLE_OK) status = regex_bytes(out, &table, start, &chars, err);
    dfa_table_clear(&table);
    regex_chars_clear(&chars);
    return status;
}

ingle_status dfa_regex(struct dfa **out, const char *pattern, size_t len, bool search,
                       ingle_error *err) {
    *out = NULL;
    struct regex re;
    INGLE_TRY(regex_parse(&re, pattern, len, err));
    ingle_status status = run(out, &re, search, err);
    regex_clear(&re);
    return status;
}
