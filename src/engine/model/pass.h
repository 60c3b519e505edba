/* One forward pass while it runs, and the steps that layers are made of. Every function here is
 * called by all threads of the team together; those named *_phase end in a barrier.
 *
 * Tokens are rows. Most steps work on rows first .. n_rows - 1: the last layer computes only the
 * rows from the first one whose logits are wanted. */
#ifndef INGLE_ENGINE_MODEL_PASS_H
#define INGLE_ENGINE_MODEL_PASS_H

#include "engine/model/workspace.h"

struct forward {
    const struct forward_args *args;
    const struct model *model;
    struct workspace *ws;
    int n_rows;
    int first_wanted; /* row; n_rows if nothing of any is wanted */
    int n_wanted;     /* rows */
    int n_heads;      /* of these, rows whose logits are wanted */
    atomic_bool stop; /* set by thread 0 before a layer's last barrier, read by all after it */
};

/* The rows of one input, in the form that matrices read. */
struct inputs {
    const struct kern_acts *acts; /* [KERN_N_ACT], by kind */
    int first;                    /* row of the pass that acts' row 0 stands for */
    int n;                        /* rows */
};

/* Brings rows first.. of src (ld floats apart) into the kinds that set needs, normalised by norm
 * unless that is NULL. A single row is prepared by every thread for itself, which is cheaper than
 * a barrier; more rows are shared out, and the phase ends in a barrier. */
struct inputs pass_prepare_phase(const struct pool_worker *w, struct forward *f, enum act_set set,
                                 const float *src, int n_cols, const float *norm, int first);

/* Row groups whose results for n_rows inputs fit a tile: 1 or more. */
int pass_tile_groups(const struct forward *f, int n_rows);

/* out[t][0..n_rows) (rows of the pass, n_rows floats apart) = m * input, plus the bias;
 * or += if add. */
struct product {
    const struct matrix *m;
    float *out;
    bool add;
};

/* Several products of one input, as one pool of row groups; no barrier at the end. */
void pass_multiply(const struct pool_worker *w, struct forward *f, const struct product *products,
                   int n_products, const struct inputs *in);

/* out[t][0..n_ff) = silu(gate * input) * (up * input); no barrier at the end. */
void pass_gate_up(const struct pool_worker *w, struct forward *f, const struct matrix *gate,
                  const struct matrix *up, float *out, const struct inputs *in);

/* Norms, rotates and stores what ws->q, k, v hold, and attends from rows first.. into ws->heads;
 * no barrier at the end. */
void pass_attention(const struct pool_worker *w, struct forward *f, int il, int first);

/* The logits of those of the last n_wanted rows that want them; their input is given. */
void pass_head(const struct pool_worker *w, struct forward *f, const struct inputs *in);

#endif
