/* The head: logits of those rows and tokens that somebody wants. Rows that want all of them are
 * multiplied together, so that the head's weights, the largest matrix by far, are read once; a row
 * that wants a few tokens takes their row groups only. */
#include "engine/model/pass.h"

#include <string.h>

static const struct kern_acts *head_acts(const struct forward *f, const struct inputs *in) {
    return &in->acts[kern_type_info(f->model->output.packed.type)->act];
}

static const struct token_set *set_of(const struct forward *f, int row) {
    const struct token_set *set = f->args->seqs[f->ws->rows[row].seq].only;
    return set && set->n > 0 ? set : NULL;
}

static bool has_logits(const struct forward *f, int row) {
    return f->ws->rows[row].logits != NULL;
}

/* End of the rows from `first` on that are computed together: all tokens of each of them, one row's
 * few, or nothing of one. */
static int run_end(const struct forward *f, int first) {
    int end = first + 1;
    if (set_of(f, first) || !has_logits(f, first)) return end;
    while (end < f->n_rows && !set_of(f, end) && has_logits(f, end)) end++;
    return end;
}

/* Groups g0..g1 of the head for rows t0..t1 into the rows' logits. */
static void whole_groups(const struct forward *f, struct worker_space *mine,
                         const struct inputs *in, int g0, int g1, int t0, int t1) {
    const struct kern_weight *head = &f->model->output.packed;
    const float *bias = f->model->output.bias;
    int row0 = g0 * head->layout.rows, ld = (g1 - g0) * head->layout.rows;
    int n = head->n_rows - row0 < ld ? head->n_rows - row0 : ld;
    bool direct = t1 - t0 == 1 && n == ld && !bias;
    float *tile = direct ? f->ws->rows[t0].logits + row0 : mine->tile[0];
    f->model->ops.gemm[head->type](tile, (size_t)ld, head, g0, g1, head_acts(f, in), t0 - in->first,
                                   t1 - in->first);
    if (direct) return;
    for (int t = t0; t < t1; t++, tile += ld) {
        float *logits = f->ws->rows[t].logits;
        if (bias) f->model->ops.add(tile, bias + row0, n);
        memcpy(logits + row0, tile, (size_t)n * sizeof *logits);
    }
}

/* Group i of a set, for row t. */
static void group_of_set(const struct forward *f, struct worker_space *mine,
                         const struct inputs *in, const struct token_set *set, int i, int t) {
    const struct kern_weight *head = &f->model->output.packed;
    const float *bias = f->model->output.bias;
    float *logits = f->ws->rows[t].logits, *tile = mine->tile[0];
    int rows = head->layout.rows, g = set->ids[set->starts[i]] / rows;
    f->model->ops.gemm[head->type](tile, (size_t)rows, head, g, g + 1, head_acts(f, in),
                                   t - in->first, t - in->first + 1);
    for (int k = set->starts[i]; k < set->starts[i + 1]; k++) {
        int32_t id = set->ids[k];
        logits[id] = tile[id - g * rows];
        if (bias) logits[id] += bias[id];
    }
}

/* Row groups of the run of rows that begins there. */
static int n_groups_of(const struct forward *f, int first) {
    const struct kern_weight *head = &f->model->output.packed;
    const struct token_set *set = set_of(f, first);
    if (!has_logits(f, first)) return 0;
    return set ? set->n_groups : kern_n_groups(head->layout, head->n_rows);
}

void pass_head(const struct pool_worker *w, struct forward *f, const struct inputs *in) {
    struct worker_space *mine = &f->ws->workers[w->index];
    int n_groups = 0, from, to;
    for (int t = in->first; t < f->n_rows; t = run_end(f, t)) n_groups += n_groups_of(f, t);
    while (pool_claim_part(w, n_groups, &from, &to)) {
        int first = 0; /* group of this run, counted through all */
        for (int t0 = in->first, t1; t0 < f->n_rows; t0 = t1) {
            t1 = run_end(f, t0);
            const struct token_set *set = set_of(f, t0);
            int groups = n_groups_of(f, t0), end = to - first < groups ? to - first : groups;
            int step = set ? 1 : pass_tile_groups(f, t1 - t0);
            for (int g = from > first ? from - first : 0; g < end; g += step) {
                if (set)
                    group_of_set(f, mine, in, set, g, t0);
                else
                    whole_groups(f, mine, in, g, g + step < end ? g + step : end, t0, t1);
            }
            first += groups;
        }
    }
}
