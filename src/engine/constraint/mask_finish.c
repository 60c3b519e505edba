/* Tokens that need no choosing: short completions, and texts that are forced byte by byte. */
#include <string.h>

#include "engine/constraint/mask_internal.h"

/* Bytes looked at before a forced text to see how it joins, and forced bytes at once. */
#define BEFORE_MAX 48
#define FORCED_MAX 256
#define FORCED_IDS (BEFORE_MAX + FORCED_MAX + 8)

/* ---- short completions ---- */

/* Bytes that come next, up to the longest token's. */
struct ahead {
    machine_state state; /* after them */
    bool ends;           /* the completion ends with them */
    uint8_t bytes[TRIE_MAX_LEN + 1];
    size_t len;
};

static void look_ahead(struct mask *mask, struct ahead *a) {
    while (!a->ends && a->len < TRIE_MAX_LEN) {
        int byte = mask->m->ops->finish(mask->m, a->state);
        if (byte >= 0) a->state = mask->m->ops->step(mask->m, a->state, (uint8_t)byte);
        a->ends = byte < 0 || a->state == MACHINE_DEAD;
        if (!a->ends) a->bytes[a->len++] = (uint8_t)byte;
    }
}

ingle_status mask_finish(struct mask *mask, machine_state state, bool strip, int32_t *ids, int cap,
                         int *n, ingle_error *err) {
    struct ahead a = {.state = state};
    *n = 0;
    look_ahead(mask, &a);
    if (strip && a.len > 0 && a.bytes[0] == ' ') {
        /* One space is lost; the last byte comes again. */
        memmove(a.bytes + 1, a.bytes, a.len++);
    }
    while (a.len > 0 && *n <= cap) {
        size_t used;
        int32_t id = trie_longest(mask->trie, a.bytes, a.len, &used);
        if (id == TOKENIZER_NONE) {
            return status_set(err, INGLE_REFUSED, 0,
                              "The model's vocabulary cannot spell the byte 0x%02x, which the "
                              "constraint asks for.",
                              (unsigned)a.bytes[0]);
        }
        if (ids && *n < cap) ids[*n] = id;
        ++*n;
        memmove(a.bytes, a.bytes + used, a.len -= used);
        look_ahead(mask, &a);
    }
    return machine_check(mask->m, err);
}

/* ---- forced texts ---- */

int mask_only_byte(struct mask *mask, machine_state state) {
    /* Where several may follow, two of these soon show it. */
    static const uint8_t likely[] = {' ', '"', 'a', '0', 'e', '-', 'z', ','};
    struct machine *m = mask->m;
    machine_state (*step)(struct machine *, machine_state, uint8_t) = m->ops->step;
    int only = MASK_NOTHING;
    for (size_t i = 0; i < sizeof likely; i++) {
        if (step(m, state, likely[i]) == MACHINE_DEAD) continue;
        if (only != MASK_NOTHING) return MASK_SEVERAL;
        only = likely[i];
    }
    for (int byte = 0; byte < 256; byte++) {
        if (byte == only || step(m, state, (uint8_t)byte) == MACHINE_DEAD) continue;
        if (only != MASK_NOTHING) return MASK_SEVERAL;
        only = byte;
    }
    return only;
}

struct forced {
    uint8_t bytes[FORCED_MAX];
    size_t len;
};

static void find_forced(struct mask *mask, machine_state state, struct forced *f) {
    f->len = 0;
    while (f->len < FORCED_MAX && !mask->m->ops->accepts(mask->m, state)) {
        int byte = mask_only_byte(mask, state);
        if (byte < 0) return;
        f->bytes[f->len++] = (uint8_t)byte;
        state = mask->m->ops->step(mask->m, state, (uint8_t)byte);
    }
}

/* Text whose tokens are asked for, and the tokens that it begins with. */
struct joined {
    char text[1 + BEFORE_MAX + FORCED_MAX];
    size_t len;
    const int32_t *before; /* [n_before] */
    int n_before;
};

/* The last tokens of before[0..n) that are text, from a place where they may be cut. */
static void take_before(const struct tokenizer *t, const int32_t *before, int n, struct joined *j) {
    size_t len = 0;
    int first = n;
    j->len = 0;
    while (first > 0) {
        int32_t id = before[first - 1];
        if (id < 0 || id >= tokenizer_n_vocab(t) || tokenizer_is_control(t, id)) break;
        struct gguf_str piece = tokenizer_piece(t, id, false);
        if (len + piece.len > BEFORE_MAX) break;
        len += piece.len;
        first--;
    }
    /* SentencePiece puts a space before a text, which nothing joins here. */
    if (tokenizer_strips_first_space(t)) j->text[j->len++] = '\n';
    for (int i = first; i < n; i++) {
        struct gguf_str piece = tokenizer_piece(t, before[i], false);
        memcpy(j->text + j->len, piece.data, piece.len);
        j->len += piece.len;
    }
    j->before = before + first;
    j->n_before = n - first;
}

/* How many of ids[0..n) are the tokens before; -1 if they are others, so that nothing is known. */
static ingle_status count_before(const struct tokenizer *t, const struct joined *j,
                                 const int32_t *ids, int n, int *n_found, ingle_error *err) {
    int32_t anchor[8];
    size_t n_anchor = 0;
    *n_found = -1;
    if (tokenizer_strips_first_space(t)) {
        INGLE_TRY(tokenizer_encode(t, "\n", 1, false, false, anchor, 8, &n_anchor, err));
        if (n_anchor > 8) return INGLE_OK;
    }
    int n_all = (int)n_anchor + j->n_before;
    if (n < n_all || (n_anchor && memcmp(ids, anchor, n_anchor * sizeof *ids) != 0)) {
        return INGLE_OK;
    }
    for (int i = 0; i < j->n_before; i++) {
        if (ids[n_anchor + (size_t)i] != j->before[i]) return INGLE_OK;
    }
    *n_found = n_all;
    return INGLE_OK;
}

/* Appends the tokens of forced text, which a control token follows or perhaps more text; *used: its
 * bytes that they stand for. */
static ingle_status put_text(const struct tokenizer *t, struct joined *j, const uint8_t *bytes,
                             size_t len, bool whole, int32_t *ids, int cap, int *n, size_t *used,
                             ingle_error *err) {
    int32_t all[FORCED_IDS];
    size_t n_all = 0;
    int i;
    *used = 0;
    memcpy(j->text + j->len, bytes, len);
    size_t text_len = j->len + len;
    INGLE_TRY((whole ? tokenizer_encode : tokenizer_encode_stable)(
        t, j->text, text_len, false, false, all, FORCED_IDS, &n_all, err));
    if (n_all > FORCED_IDS) return INGLE_OK;
    INGLE_TRY(count_before(t, j, all, (int)n_all, &i, err));
    for (; i >= 0 && i < (int)n_all && *n < cap; i++) {
        struct gguf_str piece = tokenizer_piece(t, all[i], false);
        /* What is no UTF-8 yet is spelt otherwise. */
        if (piece.len == 0 || piece.len > len - *used) break;
        if (memcmp(piece.data, bytes + *used, piece.len) != 0) break;
        ids[(*n)++] = all[i];
        *used += piece.len;
    }
    return INGLE_OK;
}

static size_t text_len_of(const struct forced *f, size_t from) {
    const uint8_t *end = memchr(f->bytes + from, MACHINE_CONTROL, f->len - from);
    return end ? (size_t)(end - (f->bytes + from)) : f->len - from;
}

ingle_status mask_forced(struct mask *mask, machine_state state, const int32_t *before,
                         int n_before, int32_t *ids, int cap, int *n, ingle_error *err) {
    const struct tokenizer *t = mask->trie->tokenizer;
    struct forced f;
    struct joined j;
    *n = 0;
    find_forced(mask, state, &f);
    INGLE_TRY(machine_check(mask->m, err));
    if (f.len == 0) return INGLE_OK;
    take_before(t, before, n_before, &j);
    for (size_t at = 0; at < f.len && *n < cap;) {
        size_t len = text_len_of(&f, at), used = 0;
        if (len > 0) {
            INGLE_TRY(
                put_text(t, &j, f.bytes + at, len, at + len < f.len, ids, cap, n, &used, err));
            if (used < len) return INGLE_OK;
            at += len;
            continue;
        }
        int32_t id = trie_longest(mask->trie, f.bytes + at, f.len - at, &used);
        if (id == TOKENIZER_NONE) return INGLE_OK; /* it may be longer than what is forced */
        ids[(*n)++] = id;
        at += used;
        take_before(t, before, 0, &j);
    }
    return INGLE_OK;
}
