#include <string.h>

#include "engine/template/eval.h"
#include "engine/template/exec.h"
#include "engine/template/seq.h"

/* Whether the item passes the loop's `if`, which sees the loop's variables and no more of it. */
static ingle_status passes(struct run *r, const struct loop *loop, struct value item, bool *out) {
    struct scope *before = r->scope;
    struct value test;
    INGLE_TRY(scope_push(r, loop->scope));
    INGLE_TRY(exec_assign(r, loop->node->a, item));
    INGLE_TRY(eval(r, loop->node->c, &test));
    r->scope = before;
    *out = value_is_true(test);
    return INGLE_OK;
}

static ingle_status pull(struct run *r, struct loop *loop, struct value *out, bool *more) {
    *more = false;
    while (loop->next < loop->items->n && !*more) {
        *out = loop->items->items[loop->next++];
        *more = true;
        if (loop->node->c && !loop->is_checked) INGLE_TRY(passes(r, loop, *out, more));
    }
    return INGLE_OK;
}

static ingle_status peek(struct run *r, struct loop *loop, bool *more) {
    *more = loop->has_after;
    if (*more) return INGLE_OK;
    INGLE_TRY(pull(r, loop, &loop->after, more));
    loop->has_after = *more;
    return INGLE_OK;
}

ingle_status loop_next(struct run *r, struct loop *loop, bool *more) {
    struct value next;
    if (loop->has_after) {
        next = loop->after;
        loop->has_after = false;
        *more = true;
    } else {
        INGLE_TRY(pull(r, loop, &next, more));
    }
    if (!*more) return INGLE_OK;
    loop->index0++;
    loop->before = loop->now;
    loop->now = next;
    return INGLE_OK;
}

/* With an `if`, all that are left must be looked at to be counted. */
static ingle_status count(struct run *r, struct loop *loop) {
    if (loop->has_length) return INGLE_OK;
    loop->has_length = true;
    loop->length = (int64_t)loop->items->n;
    if (!loop->node->c) return INGLE_OK;
    struct seq *rest;
    bool more;
    INGLE_TRY(seq_new(r, SEQ_LIST, 0, &rest));
    for (;;) {
        struct value item;
        INGLE_TRY(pull(r, loop, &item, &more));
        if (!more) break;
        INGLE_TRY(seq_add(r, rest, item));
    }
    loop->items = rest;
    loop->next = 0;
    loop->is_checked = true;
    loop->length = (int64_t)rest->n + loop->index0 + 1 + loop->has_after;
    return INGLE_OK;
}

enum attr {
    ATTR_INDEX,
    ATTR_INDEX0,
    ATTR_REVINDEX,
    ATTR_REVINDEX0,
    ATTR_FIRST,
    ATTR_LAST,
    ATTR_LENGTH,
    ATTR_DEPTH,
    ATTR_DEPTH0,
    ATTR_PREVITEM,
    ATTR_NEXTITEM,
    ATTR_NONE
};

static enum attr find_attr(const char *name, size_t len) {
    static const char *const names[] = {"index",  "index0",   "revindex", "revindex0",
                                        "first",  "last",     "length",   "depth",
                                        "depth0", "previtem", "nextitem"};
    int i = 0;
    while (i < ATTR_NONE && (strlen(names[i]) != len || memcmp(names[i], name, len) != 0)) i++;
    return (enum attr)i;
}

ingle_status loop_attr(struct run *r, struct loop *loop, const char *name, size_t len,
                       struct value *out, bool *found) {
    enum attr attr = find_attr(name, len);
    bool more = false;
    *found = attr != ATTR_NONE;
    if (attr >= ATTR_REVINDEX && attr <= ATTR_LENGTH && attr != ATTR_FIRST && attr != ATTR_LAST) {
        INGLE_TRY(count(r, loop));
    }
    if (attr == ATTR_LAST || attr == ATTR_NEXTITEM) INGLE_TRY(peek(r, loop, &more));
    switch (attr) {
    case ATTR_FIRST:
        *out = value_bool(loop->index0 == 0);
        break;
    case ATTR_LAST:
        *out = value_bool(!more);
        break;
    case ATTR_PREVITEM:
        *out = loop->before;
        if (loop->index0 == 0) return lookup_undefined(r, "there is no previous item", out);
        break;
    case ATTR_NEXTITEM:
        *out = loop->after;
        if (!more) return lookup_undefined(r, "there is no next item", out);
        break;
    default: {
        const int64_t values[] = {
            [ATTR_INDEX] = loop->index0 + 1,
            [ATTR_INDEX0] = loop->index0,
            [ATTR_REVINDEX] = loop->length - loop->index0,
            [ATTR_REVINDEX0] = loop->length - loop->index0 - 1,
            [ATTR_LENGTH] = loop->length,
            [ATTR_DEPTH] = loop->depth0 + 1,
            [ATTR_DEPTH0] = loop->depth0,
        };
        if (*found) *out = value_int(values[attr]);
    }
    }
    return INGLE_OK;
}
