/* daemon/api/response_store: responses that are kept, a bounded number of them, each for its
 * client. */
#include "daemon/api/response_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static struct stored_response *add(struct response_store *s, uint64_t client, const char *id,
                                   size_t size) {
    struct stored_response *r = response_store_add(s, client, id);
    assert_non_null(r);
    void *words = arena_alloc(&r->arena, size);
    (void)words;
    return r;
}

static size_t count(const struct response_store *s) {
    size_t n = 0;
    for (const struct stored_response *r = s->newest; r; r = r->next) n++;
    return n;
}

static void a_response_is_its_clients_alone(void **state) {
    (void)state;
    struct response_store s = {0};
    struct stored_response *r = add(&s, 1, "resp_a", 8);
    struct response_item item = {"msg_a", {"{}", 2}};
    r->items = &item;
    r->n_items = 1;
    assert_ptr_equal(response_store_find(&s, 1, "resp_a"), r);
    assert_null(response_store_find(&s, 2, "resp_a"));
    assert_null(response_store_find(&s, 1, "resp_b"));
    assert_ptr_equal(response_store_find_item(&s, 1, "msg_a"), &item);
    assert_null(response_store_find_item(&s, 2, "msg_a"));
    response_store_remove(&s, r);
    assert_null(response_store_find(&s, 1, "resp_a"));
    assert_int_equal(count(&s), 0);
}

static void the_oldest_make_room_for_the_newest(void **state) {
    (void)state;
    struct response_store s = {0};
    char id[16];
    for (int i = 0; i < RESPONSE_STORE_MAX + 3; i++) {
        snprintf(id, sizeof id, "r%d", i);
        add(&s, 1, id, 8);
    }
    assert_int_equal(count(&s), RESPONSE_STORE_MAX);
    assert_null(response_store_find(&s, 1, "r2"));
    assert_non_null(response_store_find(&s, 1, "r3"));
    response_store_clear(&s);
    assert_int_equal(count(&s), 0);
}

static void they_are_bounded_in_bytes_too(void **state) {
    (void)state;
    struct response_store s = {0};
    struct stored_response *r;
    for (int i = 0; i < 4; i++) {
        char id[16];
        snprintf(id, sizeof id, "r%d", i);
        r = add(&s, 1, id, RESPONSE_STORE_BYTES / 3);
        assert_true(response_store_settle(&s, r));
    }
    assert_int_equal(count(&s), 2);
    r = add(&s, 1, "large", RESPONSE_STORE_BYTES); /* its name takes the rest */
    assert_true(r->arena.failed);
    assert_false(response_store_settle(&s, r));
    assert_null(response_store_find(&s, 1, "large"));
    response_store_clear(&s);
}

static void what_still_runs_is_not_dropped(void **state) {
    (void)state;
    struct response_store s = {0};
    int turn;
    char id[16];
    add(&s, 1, "running", 8)->turn = (struct turn *)&turn;
    for (int i = 0; i < 2 * RESPONSE_STORE_MAX; i++) {
        snprintf(id, sizeof id, "r%d", i);
        add(&s, 1, id, 8);
    }
    assert_non_null(response_store_find(&s, 1, "running"));
    assert_int_equal(count(&s), RESPONSE_STORE_MAX);
    add(&s, 1, "large", RESPONSE_STORE_BYTES / 2)->turn = (struct turn *)&turn;
    assert_false(response_store_settle(&s, add(&s, 1, "too much", RESPONSE_STORE_BYTES / 2)));
    assert_null(response_store_find(&s, 1, "too much"));
    assert_non_null(response_store_find(&s, 1, "large"));
    response_store_clear(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_its_clients_alone),
        cmocka_unit_test(the_oldest_make_room_for_the_newest),
        cmocka_unit_test(they_are_bounded_in_bytes_too),
        cmocka_unit_test(what_still_runs_is_not_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
