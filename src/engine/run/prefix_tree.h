/* A tree of pages: which tokens follow which, and the keys and values that were computed for them.
 * Private to the prefix cache (prefix_cache.h), which does the locking.
 *
 *   root -+- [64 tokens] -+- [64 tokens] --- [9 tokens]
 *         |               +- [64 tokens]
 *         +- [31 tokens]
 *
 * Every node is one page of a KV cache. A page with fewer tokens than it has positions is a leaf.
 * Siblings may begin alike; none is a beginning of another, unless it was in use when that came.
 * Nodes do not change once they are in the tree. All memory is taken at init; what is put back is
 * wiped, for it holds somebody's words. */
#ifndef INGLE_ENGINE_RUN_PREFIX_TREE_H
#define INGLE_ENGINE_RUN_PREFIX_TREE_H

#include "base/status.h"
#include "engine/model/kv.h"

struct prefix_page {
    struct prefix_page *parent, *children, *next; /* children: a list by next */
    struct prefix_page *newer, *older;            /* all nodes of the tree by last use */
    uint8_t *data;                                /* page_size bytes */
    int n_pins;                                   /* who reads it: it stays in the tree */
    int n_tokens;
    int32_t tokens[KERN_ATTN_KEYS];
};

struct prefix_tree {
    struct prefix_page root; /* no page of its own */
    struct prefix_page *newest, *oldest;
    struct prefix_page *unused; /* were in use once; by next */
    struct prefix_page *pages;  /* [n_max]; untouched parts take no memory, here and there: */
    uint8_t *region;            /* n_max * page_size bytes */
    struct kv_format format;
    size_t page_size;
    size_t n_max, n_touched; /* pages[n_touched..] were never used */
    size_t n_used;           /* in the tree or taken */
    uint64_t n_tokens;       /* in the tree */
    uint64_t n_evicted;
};

/* Bytes of one page with its node. */
size_t prefix_tree_page_cost(size_t page_size);

/* As many pages as fit in max_bytes: at least one. On failure there is nothing to clear. */
BASE_NODISCARD ingle_status prefix_tree_init(struct prefix_tree *t, const struct kv_format *format,
                                             size_t max_bytes, ingle_error *err);
void prefix_tree_clear(struct prefix_tree *t);

/* The child that has most of tokens[0..n) in common with them, in *n_common; NULL if none has. */
struct prefix_page *prefix_tree_child(const struct prefix_page *parent, const int32_t *tokens,
                                      int n, int *n_common);

/* A page outside the tree for tokens[0..n), its memory all zeros: for the first n positions. With
 * evict, the least recently used leaf that nobody reads makes room. NULL: there is no room. */
struct prefix_page *prefix_tree_take(struct prefix_tree *t, const int32_t *tokens, int n,
                                     bool evict);
void prefix_tree_put_back(struct prefix_tree *t, struct prefix_page *page);

/* Makes a taken page a child, in place of children that are beginnings of it. The parent is full
 * and has no child that begins with these tokens. */
void prefix_tree_attach(struct prefix_tree *t, struct prefix_page *parent,
                        struct prefix_page *page);

/* Used now, and so all pages before it. */
void prefix_tree_touch(struct prefix_tree *t, struct prefix_page *page);

/* The node after `page` (at first the root) in an order of parents before children; NULL at the
 * end. *depth, at first 0, is that of the node: 1 for the root's children. */
struct prefix_page *prefix_tree_next(struct prefix_page *page, int *depth);

#endif
