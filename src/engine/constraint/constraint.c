#include "engine/constraint/constraint.h"

#define COMPACT_EVERY 4096 /* bytes of a text that is judged */
#define COMPACT_AT ((size_t)64 << 20)

ingle_status constraint_init(struct constraint *c, struct machine *m, void *with,
                             void (*free_with)(void *with), const struct trie *trie, int n_rows,
                             ingle_error *err) {
    *c = (struct constraint){.machine = m, .with = with, .free_with = free_with, .trie = trie};
    ingle_status status = trie ? mask_new(&c->mask, trie, m, n_rows, err) : INGLE_OK;
    if (status != INGLE_OK) constraint_clear(c);
    return status;
}

void constraint_clear(struct constraint *c) {
    mask_free(c->mask);
    machine_free(c->machine);
    if (c->with) c->free_with(c->with);
    *c = (struct constraint){0};
}

ingle_status constraint_accepts(struct constraint *c, const char *text, size_t len, bool *accepts,
                                ingle_error *err) {
    struct machine *m = c->machine;
    machine_state state = m->start;
    size_t compact_at = COMPACT_AT;
    *accepts = false;
    for (size_t i = 0; i < len && state != MACHINE_DEAD; i++) {
        state = m->ops->step(m, state, (uint8_t)text[i]);
        if (i % COMPACT_EVERY != 0 || state == MACHINE_DEAD) continue;
        if (m->ops->size(m) <= compact_at) continue;
        m->ops->compact(m, &state);
        if (c->mask) mask_forget(c->mask);
        /* What lives may be large itself: a text of a million brackets. */
        compact_at = COMPACT_AT + 2 * m->ops->size(m);
    }
    bool accepted = state != MACHINE_DEAD && m->ops->accepts(m, state);
    INGLE_TRY(machine_check(m, err));
    *accepts = accepted;
    return accepted && c->trie ? trie_spells(c->trie, text, len, accepts, err) : INGLE_OK;
}
