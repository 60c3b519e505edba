#include "daemon/api/blocks.h"

#include <string.h>

static bool close_last(struct blocks *list, struct turn *t, const struct block_view *view) {
    if (!list->is_open) return true;
    list->is_open = false;
    return !t->streams || view->end(t, &list->at[list->n - 1]);
}

static bool make_room(struct blocks *list, struct arena *arena) {
    if (list->n < list->cap) return true;
    size_t cap = list->cap ? 2 * list->cap : 8;
    struct block *more = arena_array(arena, cap, sizeof *more);
    if (!more) return false;
    if (list->n > 0) memcpy(more, list->at, list->n * sizeof *more);
    list->at = more;
    list->cap = cap;
    return true;
}

static bool open_block(struct blocks *list, struct turn *t, const struct block_view *view,
                       enum block_kind kind, size_t from) {
    if (!close_last(list, t, view) || !make_room(list, &t->arena)) return false;
    struct block *b = &list->at[list->n];
    *b = (struct block){.kind = kind,
                        .number = list->n,
                        .id = api_new_id(&t->arena, view->prefixes[kind]),
                        .from = from,
                        .to = from,
                        .call = t->n_calls > 0 ? t->n_calls - 1 : 0};
    list->n++;
    list->is_open = true;
    return !t->streams || view->begin(t, b);
}

/* A piece of thinking or of the text, which stands at the end of what was gathered. */
static bool add_piece(struct blocks *list, struct turn *t, const struct block_view *view,
                      enum block_kind kind, const ingle_chat_event *e) {
    size_t end = kind == BLOCK_TEXT ? t->text.size : t->thinking.size;
    if (e->len == 0) return true;
    if (!list->is_open || list->at[list->n - 1].kind != kind) {
        if (!open_block(list, t, view, kind, end - e->len)) return false;
    }
    struct block *b = &list->at[list->n - 1];
    b->to = end;
    b->is_whole = true;
    return !t->streams || view->piece(t, b, e->text, e->len);
}

bool blocks_event(struct blocks *list, struct turn *t, const struct block_view *view,
                  const ingle_chat_event *e) {
    struct block *last = list->n > 0 ? &list->at[list->n - 1] : NULL;
    switch (e->kind) {
    case INGLE_CHAT_THINKING:
        return add_piece(list, t, view, BLOCK_THINKING, e);
    case INGLE_CHAT_TEXT:
        return add_piece(list, t, view, BLOCK_TEXT, e);
    case INGLE_CHAT_CALL:
        return open_block(list, t, view, BLOCK_CALL, 0);
    case INGLE_CHAT_ARGUMENTS:
        return e->len == 0 || !t->streams || !last || view->piece(t, last, e->text, e->len);
    case INGLE_CHAT_CALL_END:
        if (last) last->is_whole = true;
        return close_last(list, t, view);
    }
    return false;
}

bool blocks_end(struct blocks *list, struct turn *t, const struct block_view *view) {
    return close_last(list, t, view);
}

struct wire_text block_text(const struct turn *t, const struct block *b) {
    if (b->kind == BLOCK_CALL) {
        const struct buf *arguments = &t->calls[b->call].arguments;
        return (struct wire_text){arguments->data ? arguments->data : "", arguments->size};
    }
    const struct buf *from = b->kind == BLOCK_TEXT ? &t->text : &t->thinking;
    return (struct wire_text){from->data + b->from, b->to - b->from};
}

const char *block_call_name(const struct turn *t, const struct block *b) {
    return b->kind == BLOCK_CALL ? t->calls[b->call].name : "";
}

const char *block_call_id(const struct turn *t, const struct block *b) {
    return b->kind == BLOCK_CALL ? t->calls[b->call].id : "";
}
