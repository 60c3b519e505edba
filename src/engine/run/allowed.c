/* Restricting the logits to some tokens: what a constraint or a set of labels leaves. The head then
 * computes the row groups of those tokens only. */
#include <math.h>
#include <string.h>

#include "engine/run/session.h"

static ingle_status mark(struct session *s, const int32_t *ids, size_t n, ingle_error *err) {
    int n_vocab = s->model->hp.n_vocab;
    for (size_t i = 0; i < n; i++) {
        if (ids[i] >= 0 && ids[i] < n_vocab) continue;
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Allowed token %zu is %d; the vocabulary has 0 to %d.", i, ids[i],
                          n_vocab - 1);
    }
    for (size_t i = 0; i < n; i++) s->marks[ids[i] / 64] |= UINT64_C(1) << ids[i] % 64;
    return INGLE_OK;
}

/* Every logit that is not computed stays what this makes it. */
static void forbid_all(struct session *s) {
    if (s->allowed.n == 0) {
        for (int i = 0; i < s->model->hp.n_vocab; i++) s->logits[i] = -INFINITY;
    } else {
        for (int i = 0; i < s->allowed.n; i++) s->logits[s->allowed.ids[i]] = -INFINITY;
    }
}

/* Takes the marks, in ascending order, and clears them. */
static void collect(struct session *s) {
    struct token_set *set = &s->allowed;
    int rows = s->model->ops.layout.rows, last_group = -1;
    set->n = set->n_groups = 0;
    for (int word = 0; word <= s->model->hp.n_vocab / 64; word++) {
        for (uint64_t bits = s->marks[word]; bits; bits &= bits - 1) {
            int id = 64 * word + __builtin_ctzll(bits);
            if (id / rows != last_group) set->starts[set->n_groups++] = set->n;
            last_group = id / rows;
            set->ids[set->n++] = id;
        }
        s->marks[word] = 0;
    }
    set->starts[set->n_groups] = set->n;
}

ingle_status session_allow(struct session *s, const int32_t *ids, size_t n, ingle_error *err) {
    INGLE_TRY(mark(s, ids, n, err));
    session_drop_ahead(s);
    s->has_logits = false;
    forbid_all(s);
    collect(s);
    return INGLE_OK;
}

void session_restrict(struct session *s, const uint64_t *bits) {
    if (!bits) {
        s->allowed.n = 0;
        return;
    }
    forbid_all(s);
    memcpy(s->marks, bits, ((size_t)s->model->hp.n_vocab / 64 + 1) * sizeof *s->marks);
    collect(s);
}

void session_mask_logits(struct session *s, const uint64_t *bits) {
    int n_vocab = s->model->hp.n_vocab;
    for (int word = 0; word <= n_vocab / 64; word++) {
        int n = n_vocab - 64 * word < 64 ? n_vocab - 64 * word : 64;
        if (bits[word] == UINT64_MAX) continue;
        float *logits = s->logits + (size_t)64 * (size_t)word;
        for (int i = 0; i < n; i++) {
            if (!(bits[word] >> i & 1)) logits[i] = -INFINITY;
        }
    }
}
