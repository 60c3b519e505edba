#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

void buf_init(struct buf *b, size_t max) {
    *b = (struct buf){.max = max};
}

void buf_init_secret(struct buf *b, size_t max) {
    *b = (struct buf){.max = max, .is_secret = true};
}

static void release(const struct buf *b) {
    if (b->is_secret && b->data) explicit_bzero(b->data, b->cap);
    mem_free(b->data);
}

void buf_clear(struct buf *b) {
    release(b);
    *b = (struct buf){.max = b->max, .is_secret = b->is_secret};
}

void buf_reset(struct buf *b) {
    if (b->is_secret && b->data) explicit_bzero(b->data, b->size);
    b->size = 0;
    b->failed = false;
    if (b->data) b->data[0] = '\0';
}

/* What is secret is never left behind where it stood, as realloc() would. */
static char *grow(const struct buf *b, size_t cap) {
    if (!b->is_secret) return mem_realloc(b->data, cap);
    char *data = mem_alloc(cap);
    if (data && b->size) memcpy(data, b->data, b->size);
    if (data) release(b);
    return data;
}

/* Room for `extra` more bytes and the NUL. */
static bool buf_reserve(struct buf *b, size_t extra) {
    if (b->failed || extra > b->max - b->size) {
        b->failed = true;
        return false;
    }
    size_t need = b->size + extra + 1;
    if (need <= b->cap) return true;
    size_t cap = b->cap ? b->cap : 64;
    while (cap < need) cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap - 1 > b->max) cap = b->max + 1;
    char *data = grow(b, cap);
    if (!data) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->cap = cap;
    return true;
}

char *buf_extend(struct buf *b, size_t size) {
    if (!buf_reserve(b, size)) return NULL;
    char *room = b->data + b->size;
    b->size += size;
    b->data[b->size] = '\0';
    return room;
}

bool buf_add(struct buf *b, const void *data, size_t size) {
    char *room = buf_extend(b, size);
    if (room && size) memcpy(room, data, size);
    return room != NULL;
}

bool buf_add_str(struct buf *b, const char *text) {
    return buf_add(b, text, strlen(text));
}

bool buf_addf(struct buf *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    bool ok = len >= 0 && buf_reserve(b, (size_t)len);
    if (ok) {
        vsnprintf(b->data + b->size, (size_t)len + 1, fmt, again);
        b->size += (size_t)len;
    }
    va_end(again);
    return ok;
}
