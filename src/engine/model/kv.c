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

bool kv_format_equal(const struct kv_format *a, const struct kv_format *b) {
    return a->type == b->type && a->n_layer == b->n_layer && a->n_head_kv == b->n_head_kv &&
           a->head_dim == b->head_dim && a->long_rope == b->long_rope;
}

bool kv_page_piece(struct kv_piece *piece, const struct kv_format *f, int n, size_t i) {
    if (n == KERN_ATTN_KEYS) {
        *piece = (struct kv_piece){.size = kv_format_page_size(f)};
        return i == 0;
    }
    size_t row = (size_t)f->head_dim * kern_kv_size(f->type), count = (size_t)n;
    size_t blocks = (count + KERN_KEY_BLOCK - 1) / KERN_KEY_BLOCK;
    size_t scales = KERN_ATTN_KEYS * sizeof(float);
    const struct kv_piece of_head[] = {
        {0, blocks * KERN_KEY_BLOCK * row},
        {KERN_ATTN_KEYS * row, count * row},
        {2 * KERN_ATTN_KEYS * row, count * sizeof(float)},
        {2 * KERN_ATTN_KEYS * row + scales, count * sizeof(float)},
    };
    size_t per_head = f->type == KERN_KV_I8 ? 4 : 2, head = i / per_head;
    if (n == 0 || head >= (size_t)f->n_layer * (size_t)f->n_head_kv) return false;
    *piece = of_head[i % per_head];
    piece->at += head * kern_kv_page_size(f->type, f->head_dim);
    return true;
}

/* Zeros for the keys after position n in its block, in every head. */
static void clear_block_end(const struct kv_format *f, uint8_t *page, int n) {
    size_t size = kern_kv_size(f->type), lane = (size_t)(n % KERN_KEY_BLOCK);
    size_t head_size = kern_kv_page_size(f->type, f->head_dim);
    uint8_t *block = page + (size_t)(n / KERN_KEY_BLOCK * KERN_KEY_BLOCK * f->head_dim) * size;
    if (lane == 0) return;
    for (int h = 0; h < f->n_layer * f->n_head_kv; h++, block += head_size) {
        uint8_t *keys = block + lane * size;
        for (int d = 0; d < f->head_dim; d++, keys += KERN_KEY_BLOCK * size) {
            memset(keys, 0, (KERN_KEY_BLOCK - lane) * size);
        }
    }
}

void kv_copy_positions(const struct kv_format *f, uint8_t *to, const uint8_t *from, int n) {
    struct kv_piece p;
    for (size_t i = 0; kv_page_piece(&p, f, n, i); i++) memcpy(to + p.at, from + p.at, p.size);
    clear_block_end(f, to, n);
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

void kv_cache_own(struct kv_cache *kv, int i, int n_keep) {
    if (kv_cache_owns(kv, i)) return;
    kv_copy_positions(&kv->format, own_page(kv, i), kv->pages[i], n_keep);
    kv->pages[i] = own_page(kv, i);
}
