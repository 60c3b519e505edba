#include "engine/run/prefix_tree.h"

#include <string.h>

#include "base/map.h"
#include "base/size.h"

size_t prefix_tree_page_cost(size_t page_size) {
    size_t cost;
    return add_size(&cost, page_size, sizeof(struct prefix_page)) ? cost : SIZE_MAX;
}

ingle_status prefix_tree_init(struct prefix_tree *t, const struct kv_format *format,
                              size_t max_bytes, ingle_error *err) {
    size_t page_size = kv_format_page_size(format);
    *t = (struct prefix_tree){.format = *format, .page_size = page_size};
    t->n_max = max_bytes / prefix_tree_page_cost(page_size);
    if (t->n_max == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "A prefix cache of %zu bytes is too small: one page needs %zu.",
                          max_bytes, prefix_tree_page_cost(page_size));
    }
    t->pages = region_new(t->n_max * sizeof *t->pages, false);
    t->region = region_new(t->n_max * page_size, false);
    if (!t->region || !t->pages) {
        region_free(t->region, t->n_max * page_size);
        region_free(t->pages, t->n_max * sizeof *t->pages);
        *t = (struct prefix_tree){0};
        return status_no_memory(err, "the prefix cache", max_bytes);
    }
    return INGLE_OK;
}

void prefix_tree_clear(struct prefix_tree *t) {
    for (size_t i = 0; i < t->n_touched; i++) {
        struct prefix_page *page = &t->pages[i];
        if (page->n_tokens > 0) prefix_tree_put_back(t, page);
    }
    region_free(t->region, t->n_max * t->page_size);
    region_free(t->pages, t->n_max * sizeof *t->pages);
    *t = (struct prefix_tree){0};
}

struct prefix_page *prefix_tree_child(const struct prefix_page *parent, const int32_t *tokens,
                                      int n, int *n_common) {
    struct prefix_page *best = NULL;
    *n_common = 0;
    for (struct prefix_page *c = parent->children; c; c = c->next) {
        int end = n < c->n_tokens ? n : c->n_tokens, i = 0;
        while (i < end && c->tokens[i] == tokens[i]) i++;
        if (i <= *n_common) continue;
        best = c;
        *n_common = i;
    }
    return best;
}

/* ---- the list by last use ---- */

static void unlink_use(struct prefix_tree *t, struct prefix_page *page) {
    *(page->newer ? &page->newer->older : &t->newest) = page->older;
    *(page->older ? &page->older->newer : &t->oldest) = page->newer;
}

static void link_newest(struct prefix_tree *t, struct prefix_page *page) {
    page->newer = NULL;
    page->older = t->newest;
    *(t->newest ? &t->newest->newer : &t->oldest) = page;
    t->newest = page;
}

/* Parents last, so that they are newer than their children. */
void prefix_tree_touch(struct prefix_tree *t, struct prefix_page *page) {
    for (; page != &t->root; page = page->parent) {
        unlink_use(t, page);
        link_newest(t, page);
    }
}

/* ---- in and out ---- */

static void detach(struct prefix_tree *t, struct prefix_page *page) {
    struct prefix_page **link = &page->parent->children;
    while (*link != page) link = &(*link)->next;
    *link = page->next;
    unlink_use(t, page);
    t->n_tokens -= (uint64_t)page->n_tokens;
    prefix_tree_put_back(t, page);
}

static bool is_idle(const struct prefix_page *page) {
    return page->n_pins == 0 && !page->children;
}

static void evict_oldest(struct prefix_tree *t) {
    struct prefix_page *page = t->oldest;
    while (page && !is_idle(page)) page = page->newer;
    if (!page) return;
    detach(t, page);
    t->n_evicted++;
}

struct prefix_page *prefix_tree_take(struct prefix_tree *t, const int32_t *tokens, int n,
                                     bool evict) {
    if (t->n_used == t->n_max && evict) evict_oldest(t);
    if (t->n_used == t->n_max) return NULL;
    struct prefix_page *page = t->unused;
    if (page)
        t->unused = page->next;
    else
        page = &t->pages[t->n_touched++];
    page->next = NULL;
    page->data = t->region + (size_t)(page - t->pages) * t->page_size;
    page->n_tokens = n;
    memcpy(page->tokens, tokens, (size_t)n * sizeof *tokens);
    t->n_used++;
    return page;
}

void prefix_tree_put_back(struct prefix_tree *t, struct prefix_page *page) {
    /* Written first: memory that is given back keeps its content until somebody else gets it. */
    struct kv_piece p;
    for (size_t i = 0; kv_page_piece(&p, &t->format, page->n_tokens, i); i++) {
        memset(page->data + p.at, 0, p.size);
    }
    region_give_back(page->data, t->page_size);
    *page = (struct prefix_page){.next = t->unused};
    t->unused = page;
    t->n_used--;
}

static bool is_beginning(const struct prefix_page *a, const struct prefix_page *b) {
    return a->n_tokens <= b->n_tokens &&
           memcmp(a->tokens, b->tokens, (size_t)a->n_tokens * sizeof *a->tokens) == 0;
}

void prefix_tree_attach(struct prefix_tree *t, struct prefix_page *parent,
                        struct prefix_page *page) {
    for (struct prefix_page *c = parent->children, *next; c; c = next) {
        next = c->next;
        if (is_idle(c) && is_beginning(c, page)) detach(t, c);
    }
    page->parent = parent;
    page->next = parent->children;
    parent->children = page;
    t->n_tokens += (uint64_t)page->n_tokens;
    link_newest(t, page);
    prefix_tree_touch(t, page);
}

struct prefix_page *prefix_tree_next(struct prefix_page *page, int *depth) {
    if (page->children) {
        ++*depth;
        return page->children;
    }
    while (page && !page->next) {
        page = page->parent;
        --*depth;
    }
    return page ? page->next : NULL;
}
