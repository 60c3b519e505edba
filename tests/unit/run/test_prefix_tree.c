/* The tree of pages: what is found, what makes room, what is left of what was dropped. */
#include "engine/run/prefix_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"

static const struct kv_format format = {
    .type = KERN_KV_F16, .n_layer = 1, .n_head_kv = 2, .head_dim = 4};

static struct prefix_tree new_tree(size_t n_pages) {
    struct prefix_tree t;
    size_t bytes = n_pages * prefix_tree_page_cost(kv_format_page_size(&format));
    assert_int_equal(prefix_tree_init(&t, &format, bytes, NULL), INGLE_OK);
    assert_int_equal(t.n_max, n_pages);
    return t;
}

/* Tokens first, first + 1, ... */
static const int32_t *count_from(int32_t first) {
    static int32_t tokens[KERN_ATTN_KEYS];
    for (int i = 0; i < KERN_ATTN_KEYS; i++) tokens[i] = first + i;
    return tokens;
}

static bool is_zero(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (data[i]) return false;
    }
    return true;
}

/* A child of n tokens from `first` on, its memory written as far as they need it. */
static struct prefix_page *add(struct prefix_tree *t, struct prefix_page *parent, int32_t first,
                               int n) {
    struct prefix_page *page = prefix_tree_take(t, count_from(first), n, true);
    if (!page) return NULL;
    assert_true(is_zero(page->data, t->page_size));
    struct kv_piece p;
    for (size_t i = 0; kv_page_piece(&p, &format, n, i); i++) memset(page->data + p.at, 7, p.size);
    prefix_tree_attach(t, parent, page);
    return page;
}

static void the_child_with_most_in_common_is_found(void **state) {
    (void)state;
    struct prefix_tree t = new_tree(5);
    int n_common = 4711;
    assert_null(prefix_tree_child(&t.root, count_from(0), 64, &n_common));
    assert_int_equal(n_common, 0);
    struct prefix_page *full = add(&t, &t.root, 0, 64), *other = add(&t, &t.root, 1000, 10);
    int32_t tokens[KERN_ATTN_KEYS];
    memcpy(tokens, count_from(0), sizeof tokens);
    tokens[40] = 9999;
    struct prefix_page *fork = prefix_tree_take(&t, tokens, 50, false);
    prefix_tree_attach(&t, &t.root, fork);
    static const struct {
        int at, n, wanted; /* tokens[at] changed, n of them */
    } rows[] = {{63, 64, 63}, {41, 64, 41}, {50, 50, 50}, {1, 64, 1}, {50, 41, 41}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        int32_t wanted[KERN_ATTN_KEYS];
        memcpy(wanted, i == 1 || i == 2 ? tokens : count_from(0), sizeof wanted);
        if (rows[i].at < 64) wanted[rows[i].at] = -5;
        struct prefix_page *child = prefix_tree_child(&t.root, wanted, rows[i].n, &n_common);
        assert_int_equal(n_common, rows[i].wanted);
        if (n_common > 40) assert_ptr_equal(child, i == 1 || i == 2 ? fork : full);
    }
    assert_ptr_equal(prefix_tree_child(&t.root, count_from(1000), 64, &n_common), other);
    assert_int_equal(n_common, 10);
    assert_null(prefix_tree_child(&t.root, count_from(500), 64, &n_common));
    assert_null(prefix_tree_child(full, count_from(0), 64, &n_common));
    prefix_tree_clear(&t);
}

static void what_a_page_begins_with_is_replaced_by_it_unless_it_is_in_use(void **state) {
    (void)state;
    struct prefix_tree t = new_tree(4);
    add(&t, &t.root, 0, 10);
    assert_int_equal(t.n_tokens, 10);
    struct prefix_page *longer = add(&t, &t.root, 0, 20);
    assert_int_equal(t.n_used, 1);
    assert_int_equal(t.n_tokens, 20);
    longer->n_pins++;
    add(&t, &t.root, 0, 64);
    assert_int_equal(t.n_used, 2);
    assert_int_equal(t.n_tokens, 84);
    int n_common;
    assert_int_equal(prefix_tree_child(&t.root, count_from(0), 64, &n_common)->n_tokens, 64);
    add(&t, &t.root, 1, 5); /* begins otherwise */
    assert_int_equal(t.n_used, 3);
    longer->n_pins--;
    prefix_tree_clear(&t);
}

static void the_leaf_not_used_for_longest_makes_room(void **state) {
    (void)state;
    struct prefix_tree t = new_tree(4);
    struct prefix_page *a = add(&t, &t.root, 0, 64), *b = add(&t, &t.root, 1000, 64);
    struct prefix_page *under_a = add(&t, a, 2000, 64), *c = add(&t, &t.root, 3000, 30);
    assert_null(prefix_tree_take(&t, count_from(0), 1, false));
    /* Oldest first: b; then under_a, for a has a child; then a. */
    struct prefix_page *order[] = {b, under_a, a, c};
    for (size_t i = 0; i < BASE_COUNT(order); i++) {
        int32_t first = order[i]->tokens[0];
        struct prefix_page *page = prefix_tree_take(&t, count_from(9000), 64, true);
        assert_ptr_equal(page, order[i]); /* its memory is the new one's */
        assert_int_not_equal(page->tokens[0], first);
        assert_true(is_zero(page->data, t.page_size));
        assert_int_equal(t.n_evicted, i + 1);
        assert_int_equal(t.n_used, 4);
        assert_int_equal(page->n_pins, 0);
    }
    assert_null(prefix_tree_take(&t, count_from(0), 1, true)); /* all outside the tree */
    assert_int_equal(t.n_tokens, 0);
    assert_null(t.newest);
    assert_null(t.oldest);
    prefix_tree_clear(&t);
}

static void using_a_page_keeps_it_and_all_before_it(void **state) {
    (void)state;
    struct prefix_tree t = new_tree(3);
    struct prefix_page *a = add(&t, &t.root, 0, 64), *under_a = add(&t, a, 100, 64);
    struct prefix_page *b = add(&t, &t.root, 1000, 64);
    prefix_tree_touch(&t, under_a);
    prefix_tree_touch(&t, &t.root);
    assert_ptr_equal(add(&t, &t.root, 2000, 64), b);
    prefix_tree_touch(&t, under_a);
    assert_ptr_equal(t.newest, a);
    assert_ptr_equal(t.newest->older, under_a);
    prefix_tree_clear(&t);
}

static void what_is_in_use_stays(void **state) {
    (void)state;
    struct prefix_tree t = new_tree(2);
    struct prefix_page *a = add(&t, &t.root, 0, 64), *b = add(&t, a, 64, 64);
    b->n_pins = 1;
    assert_null(add(&t, &t.root, 500, 64));
    assert_int_equal(t.n_evicted, 0);
    b->n_pins = 0;
    a->n_pins = 1;
    assert_ptr_equal(add(&t, a, 500, 64), b);
    assert_ptr_equal(a->children, b);
    prefix_tree_clear(&t);
}

static void what_is_put_back_is_wiped(void **state) {
    (void)state;
    for (int n = 1; n < KERN_ATTN_KEYS; n += 9) {
        struct prefix_tree t = new_tree(2);
        struct prefix_page *first = add(&t, &t.root, 5, n);
        const uint8_t *data = first->data;
        assert_false(is_zero(data, t.page_size));
        add(&t, &t.root, 5, 64); /* in its place, but for its memory */
        assert_int_equal(t.n_used, 1);
        assert_true(is_zero(data, t.page_size));
        for (int i = 0; i < KERN_ATTN_KEYS; i++) assert_int_equal(first->tokens[i], 0);
        prefix_tree_clear(&t);
    }
}

static void every_page_is_walked_after_its_parent(void **state) {
    (void)state;
    struct prefix_tree t = new_tree(6);
    int depth = 0;
    assert_null(prefix_tree_next(&t.root, &depth));
    struct prefix_page *a = add(&t, &t.root, 0, 64), *b = add(&t, a, 0, 64);
    add(&t, b, 5, 5);
    add(&t, a, 1000, 64);
    struct prefix_page *c = add(&t, &t.root, 2000, 64);
    add(&t, c, 0, 1);
    int n = 0;
    depth = 0;
    for (struct prefix_page *p = &t.root; (p = prefix_tree_next(p, &depth)); n++) {
        int n_above = 0;
        for (struct prefix_page *up = p; up != &t.root; up = up->parent) n_above++;
        assert_int_equal(depth, n_above);
        p->n_pins = 1;
        assert_true(p->parent == &t.root || p->parent->n_pins == 1);
        assert_true(n < 6);
    }
    assert_int_equal(n, 6);
    prefix_tree_clear(&t);
}

static void what_cannot_be_had_is_refused_and_leaves_nothing(void **state) {
    (void)state;
    struct prefix_tree t;
    ingle_error err = {0};
    size_t cost = prefix_tree_page_cost(kv_format_page_size(&format));
    assert_int_equal(prefix_tree_init(&t, &format, cost - 1, &err), INGLE_BAD_ARGUMENT);
    assert_non_null(strstr(err.msg, "is too small: one page needs"));
    static const struct kv_format huge = {.n_layer = 1 << 30, .n_head_kv = 1 << 30, .head_dim = 64};
    assert_int_equal(prefix_tree_init(&t, &huge, SIZE_MAX - 1, &err), INGLE_BAD_ARGUMENT);
    assert_int_equal(prefix_tree_init(&t, &format, SIZE_MAX, &err), INGLE_NO_MEMORY);
    for (uint64_t n = 1; n <= 2; n++) {
        uint64_t live = mem_live();
        mem_fail_at(n, 0);
        assert_int_equal(prefix_tree_init(&t, &format, 10 * cost, &err), INGLE_NO_MEMORY);
        mem_fail_at(0, 0);
        assert_null(t.pages);
        assert_int_equal(mem_live(), live);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_child_with_most_in_common_is_found),
        cmocka_unit_test(what_a_page_begins_with_is_replaced_by_it_unless_it_is_in_use),
        cmocka_unit_test(the_leaf_not_used_for_longest_makes_room),
        cmocka_unit_test(using_a_page_keeps_it_and_all_before_it),
        cmocka_unit_test(what_is_in_use_stays),
        cmocka_unit_test(what_is_put_back_is_wiped),
        cmocka_unit_test(every_page_is_walked_after_its_parent),
        cmocka_unit_test(what_cannot_be_had_is_refused_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
