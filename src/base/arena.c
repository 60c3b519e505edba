#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"

#define FIRST_SIZE ((size_t)1 << 10) /* many arenas hold little: one of each message of a chat */
#define BLOCK_SIZE ((size_t)16 << 10)
#define ALIGNMENT alignof(max_align_t)

struct arena_block {
    struct arena_block *next;
    size_t cap;
    alignas(max_align_t) char data[];
};

void arena_init(struct arena *a, size_t max) {
    *a = (struct arena){.max = max};
}

void arena_init_secret(struct arena *a, size_t max) {
    *a = (struct arena){.max = max, .is_secret = true};
}

void arena_clear(struct arena *a) {
    struct arena_block *next;
    for (struct arena_block *block = a->blocks; block; block = next) {
        next = block->next;
        if (a->is_secret) explicit_bzero(block->data, block->cap);
        mem_free(block);
    }
    *a = (struct arena){.max = a->max, .is_secret = a->is_secret};
}

static void *fail(struct arena *a) {
    a->failed = true;
    return NULL;
}

/* Each twice as large as the one before, up to BLOCK_SIZE. */
static size_t next_size(const struct arena *a) {
    size_t last = a->blocks ? a->blocks->cap : FIRST_SIZE / 2;
    return last < BLOCK_SIZE / 2 ? 2 * last : BLOCK_SIZE;
}

/* A piece too large for what is left gets a block of its own size at least. */
static bool add_block(struct arena *a, size_t size) {
    size_t cap = next_size(a);
    if (size > cap) cap = size;
    size_t whole;
    if (!add_size(&whole, sizeof(struct arena_block), cap)) return false;
    struct arena_block *block = mem_alloc(whole);
    if (!block) return false;
    block->next = a->blocks;
    block->cap = cap;
    a->blocks = block;
    a->used = 0;
    return true;
}

void *arena_alloc(struct arena *a, size_t size) {
    size_t padded;
    if (a->failed || !round_up_size(&padded, size ? size : 1, ALIGNMENT)) return fail(a);
    if (padded > a->max - a->total) return fail(a);
    bool fits = a->blocks && padded <= a->blocks->cap - a->used;
    if (!fits && !add_block(a, padded)) return fail(a);
    void *piece = a->blocks->data + a->used;
    a->used += padded;
    a->total += padded;
    return memset(piece, 0, padded);
}

void *arena_array(struct arena *a, size_t count, size_t size) {
    size_t whole;
    return mul_size(&whole, count, size) ? arena_alloc(a, whole) : fail(a);
}

char *arena_copy(struct arena *a, const void *data, size_t size) {
    size_t whole;
    if (!add_size(&whole, size, 1)) return fail(a);
    char *copy = arena_alloc(a, whole);
    if (copy && size) memcpy(copy, data, size);
    return copy;
}
