/* The texts of the numbers of some sets, as an automaton made on the way: a node is what has to be
 * known of a text so far (for each set that can still be reached: lengths, how the digits compare
 * to the bounds, remainders), so that texts that go on alike share one. From every node a number of
 * a set is reached. */
#ifndef INGLE_ENGINE_CONSTRAINT_NUMBER_LEXER_H
#define INGLE_ENGINE_CONSTRAINT_NUMBER_LEXER_H

#include "engine/constraint/intern.h"
#include "engine/constraint/number_text.h"

#define NUMBER_DEAD 0u
#define NUMBER_START 1u
#define NUMBER_FAILED UINT32_MAX

struct number_node;

struct number_lexer {
    struct number_set *sets; /* [n_sets] */
    uint32_t n_sets;
    uint32_t *key;             /* of the node under construction */
    struct intern keys;        /* [NUMBER_DEAD] is the empty sequence */
    struct number_node *nodes; /* [cap] */
    uint32_t cap;
};

/* NO_MEMORY, or as number_set_make(). The start is there even if the sets are empty. */
BASE_NODISCARD ingle_status number_lexer_init(struct number_lexer *lexer,
                                              const struct number_shape *shapes, size_t n,
                                              ingle_error *err);
void number_lexer_clear(struct number_lexer *lexer);

/* NUMBER_FAILED: out of memory. */
uint32_t number_lexer_step(struct number_lexer *lexer, uint32_t node, uint8_t byte);

bool number_lexer_accepts(const struct number_lexer *lexer, uint32_t node);

/* See number_text_way(). UINT32_MAX bytes: there is none (of the start). */
struct number_way number_lexer_way(struct number_lexer *lexer, uint32_t node);

/* The same for a text that leads to a living node, to a number that the filter lets pass. */
bool number_lexer_way_past(struct number_way *out, const struct number_lexer *lexer,
                           const char *text, size_t len, const struct number_filter *filter);

/* Forgets all nodes but the start. False: out of memory, nothing was done. */
bool number_lexer_compact(struct number_lexer *lexer);
size_t number_lexer_size(const struct number_lexer *lexer);

#endif
