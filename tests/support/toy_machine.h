/* Small machines for tests of what runs them: languages that are easy to see through, and random
 * ones. Freed with machine_free(). */
#ifndef INGLE_TESTS_SUPPORT_TOY_MACHINE_H
#define INGLE_TESTS_SUPPORT_TOY_MACHINE_H

#include "engine/constraint/machine.h"

enum toy_kind {
    TOY_LETTERS,  /* [a-z]* */
    TOY_BRACKETS, /* balanced ( and ) with letters between, at least one pair */
    TOY_WORDS,    /* "yes", "no", "hello, world", "(the thing)" or "the\nend" */
    TOY_RANDOM,   /* an automaton of random edges by seed; does not keep the promise */
    TOY_STRINGS, /* up to 4 JSON strings and commas, with lexer keys; the names "nana" and "nab" are
                    followed otherwise than other strings, and one string is of 40 characters at
                    most */
    TOY_CONTROL, /* "call" <|256|> "ab" <|256|>: a control token of the tests' vocabularies */
    TOY_KINDS
};

/* NULL if memory is short. */
struct machine *toy_machine_new(enum toy_kind kind, uint64_t seed);

#endif
