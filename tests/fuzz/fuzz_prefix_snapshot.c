/* Bytes as a snapshot of a prefix cache: as they are; and, past what guards it, as the pages of one
 * whose head and hashes are right. It is refused with a sentence and the cache is as it was, or
 * what it holds is whole and comes back from another snapshot. */
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "engine/model/arch.h"
#include "engine/model/fingerprint.h"
#include "engine/run/prefix_cache.h"
#include "fuzz/fuzz.h"

#define HEAD 80
#define N_PAGES 64 /* where the head says how many follow */
#define MAX_SAVED ((size_t)1 << 16)
#define MAX_BYTES ((size_t)6 * 5000) /* six pages */

static struct model_layer layer;
static const struct model_arch arch = {.name = "fuzz"};
static struct model model = {
    .arch = &arch,
    .hp = {.n_vocab = 64, .n_layer = 1, .n_head_kv = 1, .n_head = 1, .head_dim = 2},
    .layers = &layer};

/* What was saved, or is about to be loaded: a head, then data. */
struct stream {
    uint8_t head[HEAD];
    const uint8_t *data;
    size_t size, at, n_head; /* n_head: bytes of the head that come first */
    bool forge;              /* whoever reads on at the end is given the hash of all before */
    uint64_t hash;
};

static bool get(void *out, size_t size, void *user) {
    struct stream *s = user;
    if (s->at == 0 && s->n_head > 0) {
        FUZZ_REQUIRE(size == s->n_head);
        memcpy(out, s->head, size);
    } else if (s->forge && size == 8 && s->size - (s->at - s->n_head) < 8) {
        memcpy(out, &s->hash, 8);
        return true;
    } else {
        if (size > s->size - (s->at - s->n_head)) return false;
        memcpy(out, s->data + (s->at - s->n_head), size);
    }
    s->at += size;
    s->hash = hash_bytes(s->hash, out, size);
    return true;
}

struct saved {
    uint8_t data[MAX_SAVED];
    size_t size;
};

static bool put(const void *data, size_t size, void *user) {
    struct saved *s = user;
    FUZZ_REQUIRE(size <= MAX_SAVED - s->size);
    memcpy(s->data + s->size, data, size);
    s->size += size;
    return true;
}

static void new_cache(struct prefix_cache *c) {
    FUZZ_REQUIRE(prefix_cache_init(c, &model, KERN_KV_F16, 64, MAX_BYTES, NULL) == INGLE_OK);
}

static void check_tree(struct prefix_cache *c) {
    uint64_t n_pages = 0, n_tokens = 0;
    int depth = 0;
    for (struct prefix_page *p = &c->tree.root; (p = prefix_tree_next(p, &depth)); n_pages++) {
        FUZZ_REQUIRE(p->n_tokens >= 1 && p->n_tokens <= KERN_ATTN_KEYS && p->n_pins == 0);
        FUZZ_REQUIRE(p->parent == &c->tree.root || p->parent->n_tokens == KERN_ATTN_KEYS);
        for (int i = 0; i < p->n_tokens; i++) {
            FUZZ_REQUIRE(p->tokens[i] >= 0 && p->tokens[i] < model.hp.n_vocab);
        }
        int n_common;
        FUZZ_REQUIRE(prefix_tree_child(p->parent, p->tokens, p->n_tokens, &n_common));
        FUZZ_REQUIRE(n_common == p->n_tokens);
        n_tokens += (uint64_t)p->n_tokens;
    }
    FUZZ_REQUIRE(n_pages == c->tree.n_used && n_tokens == c->tree.n_tokens);
}

static void try_load(struct prefix_cache *c, struct stream *s) {
    static struct saved saved;
    ingle_prefix_cache_info before = prefix_cache_info(c), after, again;
    ingle_error err = {0};
    ingle_status status = prefix_cache_load(c, get, s, &err);
    check_tree(c);
    after = prefix_cache_info(c);
    if (status != INGLE_OK) {
        FUZZ_REQUIRE(status == INGLE_INVALID || status == INGLE_REFUSED || status == INGLE_LIMIT);
        FUZZ_REQUIRE(err.code == status && err.msg[0]);
        FUZZ_REQUIRE(memcmp(&before, &after, sizeof before) == 0);
        return;
    }
    saved.size = 0;
    FUZZ_REQUIRE(prefix_cache_save(c, NULL, 0, put, &saved, NULL) == INGLE_OK);
    struct prefix_cache other;
    new_cache(&other);
    struct stream back = {.data = saved.data, .size = saved.size};
    FUZZ_REQUIRE(prefix_cache_load(&other, get, &back, NULL) == INGLE_OK);
    check_tree(&other);
    again = prefix_cache_info(&other);
    FUZZ_REQUIRE(again.n_tokens == after.n_tokens && again.n_pages == after.n_pages);
    prefix_cache_clear(&other);
}

/* The head of an empty cache, for as many pages as the input begins with. */
static void forge(struct stream *s, const uint8_t *data, size_t size) {
    static struct saved empty;
    struct prefix_cache c;
    new_cache(&c);
    empty.size = 0;
    FUZZ_REQUIRE(prefix_cache_save(&c, NULL, 0, put, &empty, NULL) == INGLE_OK);
    prefix_cache_clear(&c);
    *s = (struct stream){.data = data + 1, .size = size - 1, .n_head = HEAD, .forge = true};
    memcpy(s->head, empty.data, HEAD);
    s->head[N_PAGES] = data[0];
    uint64_t hash = hash_bytes(0, s->head, HEAD - 8);
    memcpy(s->head + HEAD - 8, &hash, 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t live = mem_live();
    kern_ops_init(&model.ops, CPU_TIER_REF);
    struct prefix_cache c;
    new_cache(&c);
    struct stream s = {.data = data, .size = size};
    try_load(&c, &s);
    for (int i = 0; size > 0 && i < 2; i++) { /* the second joins the first */
        forge(&s, data, size);
        try_load(&c, &s);
    }
    prefix_cache_clear(&c);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
