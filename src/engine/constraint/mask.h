/* Which tokens may follow: the machine of a constraint and the tokens of a vocabulary brought
 * together. A token may follow a state if all its bytes step to living states, an end token if the
 * state accepts.
 *
 * A mask is found by walking the vocabulary's tree with the machine. What is found is kept, by
 * state and, within long runs of text, by lexer key (machine.h): states with one key share the
 * tokens that stay inside the run, and only tokens that leave it are walked for each state. Both
 * caches are bounded and live as long as the mask. Not thread-safe. */
#ifndef INGLE_ENGINE_CONSTRAINT_MASK_H
#define INGLE_ENGINE_CONSTRAINT_MASK_H

#include "engine/constraint/machine.h"
#include "engine/constraint/trie.h"

struct mask;

/* What may follow a state. Valid until the next mask_of(). */
struct mask_row {
    const uint64_t *bits; /* [n_rows / 64 + 1] bit set of token ids */
    int n_allowed;        /* bits set, end tokens included */
    bool accepts;         /* the text may end here */
};

/* n_rows: of the model's head, at least the vocabulary's tokens. Borrows trie and machine. */
BASE_NODISCARD ingle_status mask_new(struct mask **out, const struct trie *trie, struct machine *m,
                                     int n_rows, ingle_error *err);
void mask_free(struct mask *mask);

/* May let the machine forget all other states, and renumber this one. strip: the text begins here
 * and loses a first space (tokenizer_strips_first_space()). Fails if the machine has failed, and
 * REFUSED if the vocabulary has no token for any of the bytes that may follow. */
BASE_NODISCARD ingle_status mask_of(struct mask *mask, machine_state *state, bool strip,
                                    struct mask_row *row, ingle_error *err);
/* True, and the row, if mask_of() would find it in its cache. */
bool mask_known(struct mask *mask, machine_state state, struct mask_row *row);

/* The machine was compacted by somebody else: forgets what is kept by state. */
void mask_forget(struct mask *mask);

/* The state after a token; MACHINE_DEAD if it may not follow. */
machine_state mask_step(struct mask *mask, machine_state state, int32_t id, bool strip);

/* mask_finish.c: tokens of a short completion (machine_ops.finish), at most cap of them. *n is
 * their number, cap + 1 if there are more; ids may be NULL. REFUSED if the vocabulary cannot spell
 * it. */
BASE_NODISCARD ingle_status mask_finish(struct mask *mask, machine_state state, bool strip,
                                        int32_t *ids, int cap, int *n, ingle_error *err);

/* What may follow a state, byte-wise. */
enum { MASK_NOTHING = -1, MASK_SEVERAL = -2 };
int mask_only_byte(struct mask *mask, machine_state state);

/* The tokens that must come next, at most cap: those of a text that is forced byte by byte, as far
 * as every continuation has the same tokens. before[0..n_before): the tokens before it, of which
 * some may have to join. Returns their number, 0 if nothing is certain. */
BASE_NODISCARD ingle_status mask_forced(struct mask *mask, machine_state state,
                                        const int32_t *before, int n_before, int32_t *ids, int cap,
                                        int *n, ingle_error *err);

#endif
