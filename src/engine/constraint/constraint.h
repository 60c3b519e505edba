/* A machine, what it borrows, and its masks: everything a generation needs of a constraint. */
#ifndef INGLE_ENGINE_CONSTRAINT_CONSTRAINT_H
#define INGLE_ENGINE_CONSTRAINT_CONSTRAINT_H

#include "engine/constraint/mask.h"

struct constraint {
    struct machine *machine; /* owned */
    void *with;              /* owned: what the machine borrows; NULL = nothing */
    void (*free_with)(void *with);
    const struct trie *trie; /* borrowed; NULL: over bytes only */
    struct mask *mask;       /* owned; NULL without a trie */
    bool in_use;             /* by a generation */
};

/* Takes the machine and what it borrows, after a failure too. n_rows: see mask_new(). */
BASE_NODISCARD ingle_status constraint_init(struct constraint *c, struct machine *m, void *with,
                                            void (*free_with)(void *with), const struct trie *trie,
                                            int n_rows, ingle_error *err);
void constraint_clear(struct constraint *c); /* zeroed is fine */

/* Can exactly this text be generated? */
BASE_NODISCARD ingle_status constraint_accepts(struct constraint *c, const char *text, size_t len,
                                               bool *accepts, ingle_error *err);

#endif
