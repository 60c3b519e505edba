/* Snapshots of a prefix cache, in the byte order of the machine:
 *
 *   struct head                     what the pages belong to, and how many there are
 *   for every page, parents first:
 *     struct page_head              where it hangs: depth 1 is a child of the root, a page of
 *                                   depth d a child of the last one of depth d - 1
 *     int32 tokens[n_tokens]
 *     keys and values               the pieces that hold n_tokens positions (kv_page_piece())
 *   uint64 hash                     of everything before
 *
 * Nothing that is read is believed: not the counts, not the tree's shape, not the tokens. Pages are
 * read into memory outside the tree and join it when the hash was right. Keys and values are only
 * numbers, whatever they are. */
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/map.h"
#include "engine/model/fingerprint.h"
#include "engine/run/prefix_cache.h"
#include "ingle/ingle.h"

static const char magic[8] = {'i', 'n', 'g', 'l', 'e', 'p', 'f', 'x'};

#define VERSION 1
#define LIBRARY ((INGLE_VERSION_MAJOR * 1000 + INGLE_VERSION_MINOR) * 1000 + INGLE_VERSION_PATCH)

struct head {
    char magic[8];
    uint32_t version;
    uint32_t library; /* kernels of another version may round differently */
    char tier[16];
    uint64_t fingerprint; /* of the model */
    uint32_t kv_type, n_layer, n_head_kv, head_dim, long_rope, zero;
    uint64_t n_pages;
    uint64_t hash; /* of the fields before */
};
_Static_assert(sizeof(struct head) == 80, "no padding: every byte is written");

struct page_head {
    uint32_t depth, n_tokens;
};

static uint64_t head_hash(const struct head *h) {
    return hash_bytes(0, h, offsetof(struct head, hash));
}

static uint64_t fingerprint_of(struct prefix_cache *c) {
    pthread_mutex_lock(&c->lock);
    bool known = c->has_fingerprint;
    uint64_t fingerprint = c->fingerprint;
    pthread_mutex_unlock(&c->lock);
    if (known) return fingerprint;
    fingerprint = model_fingerprint(c->model); /* not under the lock: it takes its time */
    pthread_mutex_lock(&c->lock);
    c->fingerprint = fingerprint;
    c->has_fingerprint = true;
    pthread_mutex_unlock(&c->lock);
    return fingerprint;
}

static struct head head_of(struct prefix_cache *c, uint64_t n_pages) {
    const struct kv_format *f = &c->format;
    struct head h = {.version = VERSION,
                     .library = LIBRARY,
                     .fingerprint = fingerprint_of(c),
                     .kv_type = (uint32_t)f->type,
                     .n_layer = (uint32_t)f->n_layer,
                     .n_head_kv = (uint32_t)f->n_head_kv,
                     .head_dim = (uint32_t)f->head_dim,
                     .long_rope = f->long_rope,
                     .n_pages = n_pages};
    const char *tier = cpu_tier_name(c->model->ops.tier);
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.tier, tier, strnlen(tier, sizeof h.tier));
    h.hash = head_hash(&h);
    return h;
}

/* ---- saving ---- */

/* Pages to write: pinned, so that they stay while the cache is not locked. */
struct saving {
    struct prefix_cache *cache;
    struct saved_page {
        struct prefix_page *page;
        struct page_head head; /* n_tokens: of the page's, the first so many */
    } * pages;
    size_t n;
    ingle_write_fn write;
    void *user;
    uint64_t hash;
    uint8_t *scratch; /* a page, zeros where nothing is written */
};

static void choose(struct saving *s, struct prefix_page *page, size_t depth, int n_tokens) {
    page->n_pins++;
    s->pages[s->n++] = (struct saved_page){page, {(uint32_t)depth, (uint32_t)n_tokens}};
}

static void choose_all(struct saving *s) {
    int depth = 0;
    struct prefix_page *page = &s->cache->tree.root;
    while ((page = prefix_tree_next(page, &depth))) {
        choose(s, page, (size_t)depth, page->n_tokens);
    }
}

static void choose_prompt(struct saving *s, const int32_t *tokens, size_t n) {
    struct prefix_page *page = &s->cache->tree.root;
    int n_common = KERN_ATTN_KEYS;
    for (size_t at = 0; at < n && n_common == KERN_ATTN_KEYS; at += (size_t)n_common) {
        size_t n_left = n - at;
        int n_page = n_left < KERN_ATTN_KEYS ? (int)n_left : KERN_ATTN_KEYS;
        page = prefix_tree_child(page, tokens + at, n_page, &n_common);
        if (!page) return;
        choose(s, page, at / KERN_ATTN_KEYS + 1, n_common);
    }
}

static bool put(struct saving *s, const void *data, size_t size) {
    s->hash = hash_bytes(s->hash, data, size);
    return s->write(data, size, s->user);
}

static bool put_page(struct saving *s, const struct saved_page *p) {
    const struct kv_format *f = &s->cache->format;
    int n = (int)p->head.n_tokens;
    const uint8_t *data = p->page->data;
    if (n < p->page->n_tokens) {
        /* So that the rest of the last block of keys does not go with it. One page at most, the
         * last: the scratch holds nothing else yet. */
        kv_copy_positions(f, s->scratch, data, n);
        data = s->scratch;
    }
    bool ok = put(s, &p->head, sizeof p->head) &&
              put(s, p->page->tokens, (size_t)n * sizeof *p->page->tokens);
    struct kv_piece piece;
    for (size_t i = 0; ok && kv_page_piece(&piece, f, n, i); i++) {
        ok = put(s, data + piece.at, piece.size);
    }
    return ok;
}

static bool put_all(struct saving *s) {
    struct head h = head_of(s->cache, s->n);
    bool ok = put(s, &h, sizeof h);
    for (size_t i = 0; ok && i < s->n; i++) ok = put_page(s, &s->pages[i]);
    uint64_t hash = s->hash;
    return ok && s->write(&hash, sizeof hash, s->user);
}

static ingle_status save(struct saving *s, const int32_t *tokens, size_t n, ingle_error *err) {
    struct prefix_cache *c = s->cache;
    pthread_mutex_lock(&c->lock);
    s->pages = mem_calloc(c->tree.n_used, sizeof *s->pages);
    if (s->pages && tokens) choose_prompt(s, tokens, n);
    if (s->pages && !tokens) choose_all(s);
    pthread_mutex_unlock(&c->lock);
    if (!s->pages || !s->scratch) return status_no_memory(err, "the snapshot", c->tree.page_size);
    if (put_all(s)) return INGLE_OK;
    return status_set(err, INGLE_FAILED, 0, "The snapshot could not be written to its end.");
}

ingle_status prefix_cache_save(struct prefix_cache *c, const int32_t *tokens, size_t n,
                               ingle_write_fn write, void *user, ingle_error *err) {
    struct saving s = {.cache = c, .write = write, .user = user};
    s.scratch = region_new(c->tree.page_size, false);
    ingle_status status = save(&s, tokens, n, err);
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < s.n; i++) s.pages[i].page->n_pins--;
    pthread_mutex_unlock(&c->lock);
    region_free(s.scratch, c->tree.page_size);
    mem_free(s.pages);
    return status;
}

/* ---- loading ---- */

struct loading {
    struct prefix_cache *cache;
    struct loaded_page {
        struct prefix_page *page; /* outside the tree; once it has joined, the one in the tree */
        size_t parent;            /* in pages; SIZE_MAX = the root */
        uint32_t depth;
    } * pages;
    size_t n;
    ingle_read_fn read;
    void *user;
    uint64_t hash, at; /* of what was read */
    ingle_error *err;
};

static ingle_status damaged(struct loading *l, const char *why) {
    return status_set(l->err, INGLE_INVALID, l->at,
                      "The snapshot of a prefix cache is damaged: %s.", why);
}

static ingle_status get(struct loading *l, void *data, size_t size) {
    if (!l->read(data, size, l->user)) return damaged(l, "it ends too early");
    l->hash = hash_bytes(l->hash, data, size);
    l->at += size;
    return INGLE_OK;
}

static ingle_status refuse(struct loading *l, const char *what) {
    return status_set(l->err, INGLE_REFUSED, 0,
                      "The snapshot of a prefix cache was made with another %s; what it holds must "
                      "be computed anew.",
                      what);
}

static ingle_status check_head(struct loading *l, const struct head *h) {
    if (memcmp(h->magic, magic, sizeof magic) != 0) {
        return status_set(l->err, INGLE_INVALID, 0, "This is no snapshot of a prefix cache.");
    }
    if (h->version != VERSION) return refuse(l, "version of ingle");
    if (h->hash != head_hash(h)) return damaged(l, "its head was changed");
    if (h->library != LIBRARY) return refuse(l, "version of ingle");
    struct head ours = head_of(l->cache, 0);
    if (memcmp(h->tier, ours.tier, sizeof h->tier) != 0) return refuse(l, "kernel tier");
    if (h->kv_type != ours.kv_type || h->long_rope != ours.long_rope) {
        return refuse(l, "kind of KV cache");
    }
    if (h->fingerprint != ours.fingerprint || h->n_layer != ours.n_layer ||
        h->n_head_kv != ours.n_head_kv || h->head_dim != ours.head_dim) {
        return refuse(l, "model");
    }
    return INGLE_OK;
}

static ingle_status check_room(struct loading *l, uint64_t n_pages) {
    struct prefix_cache *c = l->cache;
    pthread_mutex_lock(&c->lock);
    size_t n_free = c->tree.n_max - c->tree.n_used;
    pthread_mutex_unlock(&c->lock);
    if (n_pages <= n_free) return INGLE_OK;
    return status_set(l->err, INGLE_LIMIT, 0,
                      "The snapshot has %llu pages; the prefix cache has room for %zu more.",
                      (unsigned long long)n_pages, n_free);
}

/* Hangs page i, whose head this is, under one that came before. */
static ingle_status find_parent(struct loading *l, size_t i, const struct page_head *head) {
    size_t parent = i == 0 ? SIZE_MAX : i - 1;
    uint32_t last_depth = i == 0 ? 0 : l->pages[i - 1].depth;
    if (head->depth == 0 || head->depth > last_depth + 1) return damaged(l, "a page has no parent");
    for (uint32_t d = last_depth; d >= head->depth; d--) parent = l->pages[parent].parent;
    if (parent != SIZE_MAX && l->pages[parent].page->n_tokens < KERN_ATTN_KEYS) {
        return damaged(l, "a page follows one that is not full");
    }
    l->pages[i].parent = parent;
    l->pages[i].depth = head->depth;
    return INGLE_OK;
}

static ingle_status get_tokens(struct loading *l, int32_t tokens[KERN_ATTN_KEYS], uint32_t n) {
    if (n < 1 || n > KERN_ATTN_KEYS) return damaged(l, "a page has an impossible size");
    INGLE_TRY(get(l, tokens, n * sizeof *tokens));
    for (uint32_t i = 0; i < n; i++) {
        if (tokens[i] < 0 || tokens[i] >= l->cache->model->hp.n_vocab) {
            return damaged(l, "a token is outside the vocabulary");
        }
    }
    return INGLE_OK;
}

static ingle_status get_page(struct loading *l) {
    struct prefix_cache *c = l->cache;
    struct page_head head;
    int32_t tokens[KERN_ATTN_KEYS];
    INGLE_TRY(get(l, &head, sizeof head));
    INGLE_TRY(find_parent(l, l->n, &head));
    INGLE_TRY(get_tokens(l, tokens, head.n_tokens));
    pthread_mutex_lock(&c->lock);
    struct prefix_page *page = prefix_tree_take(&c->tree, tokens, (int)head.n_tokens, false);
    pthread_mutex_unlock(&c->lock);
    if (!page) {
        return status_set(l->err, INGLE_LIMIT, 0,
                          "The prefix cache filled up while the snapshot was read.");
    }
    l->pages[l->n++].page = page;
    struct kv_piece piece;
    for (size_t i = 0; kv_page_piece(&piece, &c->format, page->n_tokens, i); i++) {
        INGLE_TRY(get(l, page->data + piece.at, piece.size));
    }
    return INGLE_OK;
}

static ingle_status get_all(struct loading *l) {
    struct head h;
    INGLE_TRY(get(l, &h, sizeof h));
    INGLE_TRY(check_head(l, &h));
    INGLE_TRY(check_room(l, h.n_pages));
    l->pages = mem_calloc((size_t)h.n_pages, sizeof *l->pages);
    if (!l->pages) return status_no_memory(l->err, "the snapshot", h.n_pages);
    while (l->n < h.n_pages) INGLE_TRY(get_page(l));
    uint64_t wanted = l->hash, hash = 0;
    INGLE_TRY(get(l, &hash, sizeof hash));
    return hash == wanted ? INGLE_OK : damaged(l, "its content was changed");
}

/* All pages join the tree, but those that it has. The cache is locked. */
static void join(struct loading *l) {
    struct prefix_tree *t = &l->cache->tree;
    for (size_t i = 0; i < l->n; i++) {
        struct loaded_page *p = &l->pages[i];
        struct prefix_page *parent = p->parent == SIZE_MAX ? &t->root : l->pages[p->parent].page;
        int n_common, n = p->page->n_tokens;
        struct prefix_page *same = prefix_tree_child(parent, p->page->tokens, n, &n_common);
        if (same && n_common == n) {
            prefix_tree_put_back(t, p->page);
            p->page = same;
        } else {
            prefix_tree_attach(t, parent, p->page);
        }
    }
}

ingle_status prefix_cache_load(struct prefix_cache *c, ingle_read_fn read, void *user,
                               ingle_error *err) {
    struct loading l = {.cache = c, .read = read, .user = user, .err = err};
    ingle_status status = get_all(&l);
    pthread_mutex_lock(&c->lock);
    if (status == INGLE_OK) {
        join(&l);
    } else {
        for (size_t i = 0; i < l.n; i++) prefix_tree_put_back(&c->tree, l.pages[i].page);
    }
    pthread_mutex_unlock(&c->lock);
    mem_free(l.pages);
    return status;
}
