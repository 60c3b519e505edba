#include "engine/constraint/mask.h"

#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/mask_internal.h"

#define COMPACT_AT ((size_t)64 << 20) /* bytes of the machine's states */

static size_t n_state_sets(size_t n_words) {
    size_t n = 1, bytes = n_words * sizeof(uint64_t) * MASK_WAYS;
    while (2 * n <= MASK_MAX_STATE_SETS && 2 * n * bytes <= MASK_STATE_BYTES) n *= 2;
    return n;
}

static ingle_status take_memory(struct mask *mask, ingle_error *err) {
    size_t n_slots = mask->n_sets * MASK_WAYS;
    mask->slots = mem_calloc(n_slots, sizeof *mask->slots);
    mask->slot_bits = mem_calloc(n_slots * mask->n_words, sizeof *mask->slot_bits);
    mask->scratch = mem_calloc(mask->n_words, sizeof *mask->scratch);
    mask->states = mem_calloc(TRIE_MAX_LEN + 1, sizeof *mask->states);
    if (!mask->slots || !mask->slot_bits || !mask->scratch || !mask->states) {
        return status_no_memory(err, "masks", n_slots * mask->n_words * sizeof *mask->slot_bits);
    }
    return mask->m->ops->lexeme ? mask_lexer_init(mask, err) : INGLE_OK;
}

ingle_status mask_new(struct mask **out, const struct trie *trie, struct machine *m, int n_rows,
                      ingle_error *err) {
    *out = NULL;
    struct mask *mask = mem_calloc(1, sizeof *mask);
    if (!mask) return status_no_memory(err, "masks", sizeof *mask);
    mask->trie = trie;
    mask->m = m;
    mask->n_rows = n_rows;
    mask->n_words = (size_t)n_rows / 64 + 1;
    mask->n_sets = n_state_sets(mask->n_words);
    mask->compact_at = COMPACT_AT;
    ingle_status status = take_memory(mask, err);
    if (status != INGLE_OK) {
        mask_free(mask);
        return status;
    }
    *out = mask;
    return INGLE_OK;
}

void mask_free(struct mask *mask) {
    if (!mask) return;
    mask_lexer_clear(mask);
    mem_free(mask->slots);
    mem_free(mask->slot_bits);
    mem_free(mask->scratch);
    mem_free(mask->states);
    mem_free(mask);
}

/* Adds to bits the tokens of a tree whose first node has the depth after states[from]. */
static void walk(struct mask *mask, const struct trie_node *nodes, uint32_t n, uint64_t *bits) {
    struct machine *m = mask->m;
    machine_state (*step)(struct machine *, machine_state, uint8_t) = m->ops->step;
    machine_state *states = mask->states;
    for (uint32_t i = 0; i < n;) {
        const struct trie_node *node = &nodes[i];
        machine_state state = step(m, states[node->depth - 1], (uint8_t)node->byte);
        if (state == MACHINE_DEAD) {
            i += node->size;
            continue;
        }
        states[node->depth] = state;
        if (node->token != TRIE_NO_TOKEN) bits[node->token / 64] |= UINT64_C(1) << node->token % 64;
        i++;
    }
}

/* The text begins here: what follows a first space begins it, and a space alone says nothing. */
static void walk_first(struct mask *mask, machine_state state, uint64_t *bits) {
    const struct trie *trie = mask->trie;
    for (uint32_t i = 0; i < trie->n_nodes; i += trie->nodes[i].size) {
        const struct trie_node *node = &trie->nodes[i];
        mask->states[0] = state;
        if (node->byte != ' ') {
            walk(mask, node, node->size, bits);
        } else {
            mask->states[1] = state;
            walk(mask, node + 1, node->size - 1, bits);
        }
    }
}

static int count(const uint64_t *bits, size_t n_words) {
    int n = 0;
    for (size_t i = 0; i < n_words; i++) n += __builtin_popcountll(bits[i]);
    return n;
}

/* The tokens after a state, into bits (zero before) and the rest of the slot. */
static ingle_status find(struct mask *mask, machine_state state, bool strip, struct mask_slot *slot,
                         uint64_t *bits, ingle_error *err) {
    const struct machine_ops *ops = mask->m->ops;
    const struct mask_key *known = NULL;
    uint64_t key = ops->lexeme && !strip ? ops->lexeme(mask->m, state) : 0;
    if (key > LEXER_EXIT) INGLE_TRY(mask_lexer(mask, key, &known, err));
    mask->states[0] = state;
    if (ops->mark) ops->mark(mask->m);
    if (strip) {
        walk_first(mask, state, bits);
    } else if (known) {
        memcpy(bits, known->inside, mask->n_words * sizeof *bits);
        walk(mask, known->exits, known->n_exits, bits);
    } else {
        walk(mask, mask->trie->nodes, mask->trie->n_nodes, bits);
    }
    if (ops->forget) ops->forget(mask->m);
    slot->accepts = ops->accepts(mask->m, state);
    for (int i = 0; slot->accepts && i < mask->trie->n_ends; i++) {
        bits[mask->trie->ends[i] / 64] |= UINT64_C(1) << mask->trie->ends[i] % 64;
    }
    slot->n_allowed = count(bits, mask->n_words);
    INGLE_TRY(machine_check(mask->m, err));
    if (slot->n_allowed > 0 || slot->accepts) return INGLE_OK;
    return status_set(err, INGLE_REFUSED, 0,
                      "The model's vocabulary has no token for any byte that may follow under the "
                      "constraint.");
}

void mask_forget(struct mask *mask) {
    memset(mask->slots, 0, mask->n_sets * MASK_WAYS * sizeof *mask->slots);
}

/* The slot of a state, or the one to be given up for it. */
static struct mask_slot *slot_for(struct mask *mask, machine_state state) {
    struct mask_slot *set = &mask->slots[mask_set(state, mask->n_sets) * MASK_WAYS], *best = set;
    for (struct mask_slot *slot = set; slot < set + MASK_WAYS; slot++) {
        if (slot->state == state) return slot;
        if (slot->used < best->used) best = slot;
    }
    return best;
}

static uint64_t *bits_of(struct mask *mask, const struct mask_slot *slot) {
    return mask->slot_bits + (size_t)(slot - mask->slots) * mask->n_words;
}

bool mask_known(struct mask *mask, machine_state state, struct mask_row *row) {
    struct mask_slot *slot = slot_for(mask, state);
    if (slot->state != state) return false;
    slot->used = ++mask->clock;
    *row = (struct mask_row){bits_of(mask, slot), slot->n_allowed, slot->accepts};
    return true;
}

ingle_status mask_of(struct mask *mask, machine_state *state, bool strip, struct mask_row *row,
                     ingle_error *err) {
    struct machine *m = mask->m;
    if (m->ops->size(m) > mask->compact_at) {
        m->ops->compact(m, state);
        mask_forget(mask);
        /* What lives may be large itself: compacting again and again would not help. */
        size_t left = 2 * m->ops->size(m);
        mask->compact_at = left > COMPACT_AT ? left : COMPACT_AT;
    }
    if (strip) {
        struct mask_slot slot = {0};
        memset(mask->scratch, 0, mask->n_words * sizeof *mask->scratch);
        INGLE_TRY(find(mask, *state, true, &slot, mask->scratch, err));
        *row = (struct mask_row){mask->scratch, slot.n_allowed, slot.accepts};
        return INGLE_OK;
    }
    if (mask_known(mask, *state, row)) return INGLE_OK;
    struct mask_slot *slot = slot_for(mask, *state);
    uint64_t *bits = bits_of(mask, slot);
    *slot = (struct mask_slot){0};
    memset(bits, 0, mask->n_words * sizeof *bits);
    INGLE_TRY(find(mask, *state, false, slot, bits, err));
    slot->state = *state;
    slot->used = ++mask->clock;
    *row = (struct mask_row){bits, slot->n_allowed, slot->accepts};
    return INGLE_OK;
}

machine_state mask_step(struct mask *mask, machine_state state, int32_t id, bool strip) {
    const struct tokenizer *t = mask->trie->tokenizer;
    if (id < 0 || id >= mask->trie->n_vocab || tokenizer_is_end(t, id)) return MACHINE_DEAD;
    struct gguf_str text = tokenizer_piece(t, id, true);
    if (text.len == 0) return MACHINE_DEAD;
    if (!tokenizer_is_control(t, id)) {
        size_t first = strip && text.data[0] == ' ';
        return machine_steps(mask->m, state, text.data + first, text.len - first);
    }
    state = mask->m->ops->step(mask->m, state, MACHINE_CONTROL);
    state = machine_steps(mask->m, state, text.data, text.len);
    return state ? mask->m->ops->step(mask->m, state, MACHINE_CONTROL_END) : MACHINE_DEAD;
}
