/* The KV cache of one session: keys and values of every layer and KV head, in pages of
 * KERN_ATTN_KEYS positions that the attention kernels read (struct kern_kv_page).
 *
 *   page 0 (positions 0..63)                      | page 1 (64..127) | ...
 *   [layer 0: head 0, head 1 ...][layer 1: ...]   | ...
 *
 * A page is the session's own, or borrowed from somebody who keeps the same tokens (the prefix
 * cache): then it is only read, and copied before the first position in it changes. */
#ifndef INGLE_ENGINE_MODEL_KV_H
#define INGLE_ENGINE_MODEL_KV_H

#include "base/status.h"
#include "engine/kern/ops.h"
#include "engine/model/hparams.h"

/* What pages of two caches must have in common to hold the same. */
struct kv_format {
    enum kern_kv_type type;
    int n_layer, n_head_kv, head_dim;
    bool long_rope; /* keys are rotated by the long factors of a long-rope model */
};

struct kv_cache {
    struct kv_format format;
    int n_ctx; /* positions; a multiple of KERN_ATTN_KEYS */
    int n_pages;
    size_t head_size; /* bytes of one head in a page */
    size_t page_size;
    uint8_t **pages;    /* [n_pages] */
    uint8_t *own;       /* region of n_pages * page_size bytes; untouched parts take no memory */
    double *rope_speed; /* [n_rot / 2]: the keys' rotation */
    float rope_magnitude;
};

/* n_ctx >= 1; it also selects long-rope factors. On failure *kv is zeroed. */
BASE_NODISCARD ingle_status kv_cache_init(struct kv_cache *kv, const struct hparams *hp,
                                          enum kern_kv_type type, int n_ctx, ingle_error *err);
void kv_cache_clear(struct kv_cache *kv);

struct kv_format kv_format_of(const struct hparams *hp, enum kern_kv_type type, int n_ctx);
size_t kv_format_page_size(const struct kv_format *format); /* SIZE_MAX: more than that */
bool kv_format_equal(const struct kv_format *a, const struct kv_format *b);

/* Where a page holds its first n positions: piece i = 0, 1, ... in ascending order; false past the
 * last. The block of keys that position n - 1 is in belongs to it whole; a full page is one piece.
 */
struct kv_piece {
    size_t at, size; /* bytes */
};
bool kv_page_piece(struct kv_piece *piece, const struct kv_format *format, int n, size_t i);

/* The first n positions of a page, and zeros for the rest of their last block of keys. Nothing else
 * is written. */
void kv_copy_positions(const struct kv_format *format, uint8_t *to, const uint8_t *from, int n);

/* Borrowed view of one layer and head. */
struct kern_kv kv_cache_head(const struct kv_cache *kv, int layer, int head);

/* Page i is `page` from now on, page_size bytes that do not change until kv_cache_own(). What the
 * session's own page held is forgotten, and its memory given back. */
void kv_cache_lend(struct kv_cache *kv, int i, uint8_t *page);
/* Page i is the session's own again, with the first n_keep of its positions. */
void kv_cache_own(struct kv_cache *kv, int i, int n_keep);
bool kv_cache_owns(const struct kv_cache *kv, int i);

#endif
