#include "engine/model/kv.h"

#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/size.h"
#include "engine/model/rope.h"

/* So that the memory of one page can be given back alone. */
#define PAGE_ALIGN ((size_t)4096)

struct kv_format kv_format_of(const struct hparams *hp, enum kern_kv_type type, int n_ctx) {
    return (struct kv_format){.type = type,
                              .n_layer = hp->n_layer,
                              .n_head_kv = hp->n_head_kv,
                              .head_dim = hp->head_dim,
                              .long_rope = rope_is_long(&hp->rope, n_ctx)};
}

size_t kv_format_page_size(const struct kv_format *f) {
    size_t heads, size, padded;
    bool fits = mul_size(&heads, (size_t)f->n_layer, (size_t)f->n_head_kv) &&
                mul_size(&size, heads, kern_kv_page_size(f->type, f->head_dim)) &&
                round_up_size(&padded, size, PAGE_ALIGN);
    return fits ? padded : SIZE_MAX;
}

static uint8_t *own_page(const struct kv_cache *kv, int i) {
    return kv->own + (size_t)i * kv->page_size;
}

static bool take_memory(struct kv_cache *kv, int n_rot, size_t size) {
    kv->own = region_new(size, false);
    kv->pages = mem_calloc((size_t)kv->n_pages, sizeof *kv->pages);
    kv->rope_speed = mem_calloc((size_t)n_rot / 2 + 1, sizeof *kv->rope_speed);
    return kv->own && kv->pages && kv->rope_speed;
}

ingle_status kv_cache_init(struct kv_cache *kv, const struct hparams *hp, enum kern_kv_type type,
                           int n_ctx, ingle_error *err) {
    *kv = (struct kv_cache){.format = kv_format_of(hp, type, n_ctx)};
    size_t n_pages = ((size_t)n_ctx + KERN_ATTN_KEYS - 1) / KERN_ATTN_KEYS, size = SIZE_MAX;
    kv->n_pages = (int)n_pages;
    kv->n_ctx = (int)(n_pages * KERN_ATTN_KEYS);
    kv->head_size = kern_kv_page_size(type, hp->head_dim);
    kv->page_size = kv_format_page_size(&kv->format);
    if (!mul_size(&size, n_pages, kv->page_size) || !take_memory(kv, hp->rope.n_rot, size)) {
        kv_cache_clear(kv);
        return status_no_memory(err, "the KV cache", size);
    }
    for (int i = 0; i < kv->n_pages; i++) kv->pages[i] = own_page(kv, i);
    kv->rope_magnitude = rope_speeds(kv->rope_speed, &hp->rope, n_ctx);
    return INGLE_OK;
}

void kv_cache_clear(struct kv_cache *kv) {
    if (kv->own) region_free(kv->own, (size_t)kv->n_pages * kv->page_size);
    mem_free(kv->pages);
    mem_free(kv->rope_speed);
    *kv = (struct kv_cache){0};
}

struct kern_kv kv_cache_head(const struct kv_cache *kv, int layer, int head) {
    size_t i = (size_t)layer * (size_t)kv->format.n_head_kv + (size_t)head;
    return (struct kern_kv){.type = kv->format.type,
                            .head_dim = kv->format.head_dim,
                            .pages = kv->pages,
                            .offset = i * kv->head_size};
}

bool kv_cache_owns(const struct kv_cache *kv, int i) {
    return kv->pages[i] == own_page(kv, i);
}

void kv_cache_lend(struct kv_cache *kv, int i, uint8_t *page) {
    kv->pages[i] = page;
    region_give_back(own_page(kv, i), kv->page_size);
}

/* Of every head the keys' blocks and the values that hold the first n positions. */
static void copy_positions(const struct kv_cache *kv, uint8_t *to, const uint8_t *from, int n) {
    size_t dim = (size_t)kv->format.head_dim, size = kern_kv_size(kv->format.type);
    size_t blocks = ((size_t)n + KERN_KEY_BLOCK - 1) / KERN_KEY_BLOCK;
    size_t keys = KERN_ATTN_KEYS * dim * size;
    int n_heads = kv->format.n_layer * kv->format.n_head_kv;
    for (int i = 0; i < n_heads; i++, to += kv->head_size, from += kv->head_size) {
        memcpy(to, from, blocks * KERN_KEY_BLOCK * dim * size);
        memcpy(to + keys, from + keys, (size_t)n * dim * size);
        if (kv->format.type == KERN_KV_I8) {
            memcpy(to + 2 * keys, from + 2 * keys, kv->head_size - 2 * keys);
        }
    }
}

void kv_cache_own(struct kv_cache *kv, int i, int n_keep) {
    if (kv_cache_owns(kv, i)) return;
    copy_positions(kv, own_page(kv, i), kv->pages[i], n_keep);
    kv->pages[i] = own_page(kv, i);
}
