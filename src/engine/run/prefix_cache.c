#include "engine/run/prefix_cache.h"

#include <string.h>

#include "base/alloc.h"

ingle_status prefix_cache_init(struct prefix_cache *c, const struct model *model,
                               enum kern_kv_type type, int n_ctx, size_t max_bytes,
                               ingle_error *err) {
    *c = (struct prefix_cache){.model = model, .format = kv_format_of(&model->hp, type, n_ctx)};
    INGLE_TRY(prefix_tree_init(&c->tree, &c->format, max_bytes, err));
    int failed = pthread_mutex_init(&c->lock, NULL);
    if (failed == 0) return INGLE_OK;
    prefix_tree_clear(&c->tree);
    return status_set(err, INGLE_FAILED, 0, "Cannot make the prefix cache's lock: error %d.",
                      failed);
}

void prefix_cache_clear(struct prefix_cache *c) {
    prefix_tree_clear(&c->tree);
    pthread_mutex_destroy(&c->lock);
}

ingle_prefix_cache_info prefix_cache_info(struct prefix_cache *c) {
    pthread_mutex_lock(&c->lock);
    const struct prefix_tree *t = &c->tree;
    uint64_t cost = prefix_tree_page_cost(t->page_size);
    ingle_prefix_cache_info info = {.bytes = t->n_used * cost,
                                    .max_bytes = t->n_max * cost,
                                    .n_pages = t->n_used,
                                    .n_tokens = t->n_tokens,
                                    .n_evicted = t->n_evicted,
                                    .n_prompts = c->n_prompts,
                                    .n_hits = c->n_hits,
                                    .n_asked = c->n_asked,
                                    .n_reused = c->n_reused};
    pthread_mutex_unlock(&c->lock);
    return info;
}

/* ---- loans ---- */

ingle_status prefix_loans_init(struct prefix_loans *l, struct prefix_cache *cache,
                               struct kv_cache *kv, ingle_error *err) {
    *l = (struct prefix_loans){0};
    struct prefix_page **lent = mem_calloc((size_t)kv->n_pages, sizeof(void *));
    if (!lent) return status_no_memory(err, "the session's loans", (size_t)kv->n_pages);
    *l = (struct prefix_loans){.cache = cache, .kv = kv, .lent = lent};
    return INGLE_OK;
}

void prefix_loans_clear(struct prefix_loans *l) {
    if (l->cache) {
        pthread_mutex_lock(&l->cache->lock);
        for (int i = 0; i < l->kv->n_pages; i++) {
            if (l->lent[i]) l->lent[i]->n_pins--;
        }
        pthread_mutex_unlock(&l->cache->lock);
    }
    mem_free(l->lent);
    *l = (struct prefix_loans){0};
}

void prefix_loans_end(struct prefix_loans *l, int i, int n_keep) {
    if (!l->cache || !l->lent[i]) return;
    kv_cache_own(l->kv, i, n_keep);
    pthread_mutex_lock(&l->cache->lock);
    l->lent[i]->n_pins--;
    pthread_mutex_unlock(&l->cache->lock);
    l->lent[i] = NULL;
}

/* The cache is locked. */
static void lend(struct prefix_loans *l, int i, struct prefix_page *page) {
    if (l->lent[i] == page) return;
    if (l->lent[i]) l->lent[i]->n_pins--;
    page->n_pins++;
    l->lent[i] = page;
    kv_cache_lend(l->kv, i, page->data);
}

/* The cache is locked. */
static int find(struct prefix_loans *l, const int32_t *tokens, int n, int n_have) {
    struct prefix_tree *t = &l->cache->tree;
    struct prefix_page *at = &t->root;
    int n_found = 0, n_common = KERN_ATTN_KEYS;
    for (int i = 0; n_common == KERN_ATTN_KEYS && n_found < n; i++) {
        struct prefix_page *child = prefix_tree_child(at, tokens + n_found, n - n_found, &n_common);
        if (!child) break;
        n_found += n_common;
        at = child;
        /* Pages that the session holds whole stay as they are. */
        if (n_found > n_have && i >= n_have / KERN_ATTN_KEYS) lend(l, i, child);
    }
    prefix_tree_touch(t, at);
    return n_found > n_have ? n_found : n_have;
}

int prefix_loans_find(struct prefix_loans *l, const int32_t *tokens, int n, int n_have) {
    struct prefix_cache *c = l->cache;
    if (!c) return n_have;
    pthread_mutex_lock(&c->lock);
    int n_found = find(l, tokens, n, n_have);
    c->n_prompts++;
    c->n_hits += n_found > n_have;
    c->n_asked += (uint64_t)n;
    c->n_reused += (uint64_t)(n_found - n_have);
    pthread_mutex_unlock(&c->lock);
    return n_found;
}

/* The child of `parent` that begins with tokens[0..n), entered from `data` if there is none; NULL
 * if there is no room. The parent is pinned, or the root. */
static struct prefix_page *enter(struct prefix_tree *t, struct prefix_page *parent,
                                 const uint8_t *data, const int32_t *tokens, int n) {
    int n_common;
    struct prefix_page *page = prefix_tree_child(parent, tokens, n, &n_common);
    if (page && n_common == n) return page;
    page = prefix_tree_take(t, tokens, n, true);
    if (!page) return NULL;
    kv_copy_positions(&t->format, page->data, data, n);
    prefix_tree_attach(t, parent, page);
    return page;
}

void prefix_loans_enter(struct prefix_loans *l, const int32_t *tokens, int n, bool rest) {
    struct prefix_cache *c = l->cache;
    if (!c) return;
    pthread_mutex_lock(&c->lock);
    struct prefix_page *at = &c->tree.root;
    for (int i = 0; i * KERN_ATTN_KEYS < n; i++) {
        int n_left = n - i * KERN_ATTN_KEYS;
        bool is_full = n_left >= KERN_ATTN_KEYS;
        if (!is_full && !rest) break;
        struct prefix_page *page = enter(&c->tree, at, l->kv->pages[i], tokens + i * KERN_ATTN_KEYS,
                                         is_full ? KERN_ATTN_KEYS : n_left);
        if (!page) break;
        at = page;
        if (is_full) lend(l, i, page);
    }
    prefix_tree_touch(&c->tree, at);
    pthread_mutex_unlock(&c->lock);
}
