/* cli/notify_store: what is kept between two digests, and what goes when thousands come. */
#include "cli/notify_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static struct notify_store store;

static void add(const char *title, ingle_urgency urgency, uint32_t replaces, uint64_t call) {
    struct desktop_event event = {.kind = DESKTOP_NOTIFY,
                                  .call = call,
                                  .app = "App",
                                  .title = title,
                                  .body = "",
                                  .urgency = urgency,
                                  .id = replaces};
    assert_int_equal(notify_store_add(&store, &event, 1000, NULL), INGLE_OK);
}

static void name(uint64_t call, uint32_t id) {
    struct desktop_event event = {.kind = DESKTOP_ID, .call = call, .id = id};
    assert_int_equal(notify_store_name(&store, &event, NULL), INGLE_OK);
}

static bool has(const char *title) {
    for (size_t i = 0; i < store.batch.n; i++) {
        if (strcmp(store.batch.items[i].title, title) == 0) return true;
    }
    return false;
}

static void of_thousands_the_oldest_of_the_least_urgent_go_and_are_counted(void **state) {
    (void)state;
    uint64_t live = mem_live();
    add("critical", INGLE_URGENCY_CRITICAL, 0, 1);
    add("normal", INGLE_URGENCY_NORMAL, 0, 2);
    char title[32];
    size_t n = 2;
    for (size_t i = 0; i < 20000; i++, n++) {
        snprintf(title, sizeof title, "low %zu", i);
        add(title, INGLE_URGENCY_LOW, 0, 3 + i);
        assert_true(store.batch.n <= NOTIFY_MAX_KEPT);
        assert_int_equal(store.batch.n + store.n_dropped, n + 1);
    }
    assert_true(has("critical") && has("normal") && has("low 19999") && !has("low 0"));
    /* Calls moved along: the last one is still found by its call. */
    name(3 + 19999, 77);
    assert_string_equal(store.batch.items[store.batch.n - 1].id, "77");
    for (size_t i = 0; i < 5000; i++) add("another", INGLE_URGENCY_CRITICAL, 0, 1);
    assert_true(!has("normal") && !has("low 19999"));
    notify_store_clear(&store);
    assert_int_equal(store.n_dropped, 0);
    assert_int_equal(mem_live(), live);
}

static void ids_are_given_to_their_calls_and_withdraw_them(void **state) {
    (void)state;
    add("a", INGLE_URGENCY_NORMAL, 0, 1);
    add("b", INGLE_URGENCY_NORMAL, 0, 2);
    name(1, 10);
    name(2, 11);
    name(99, 12); /* a call that was not kept */
    add("b, changed", INGLE_URGENCY_NORMAL, 11, 3);
    struct desktop_event close = {.kind = DESKTOP_CLOSE, .id = 11};
    notify_store_withdraw(&store, &close);
    assert_int_equal(store.batch.n, 1);
    assert_int_equal(store.n_withdrawn, 2);
    assert_true(has("a"));
    notify_store_withdraw(&store, &close);
    assert_int_equal(store.n_withdrawn, 2);
    notify_store_clear(&store);
}

static void a_text_without_end_is_kept_as_far_as_a_digest_reads_it(void **state) {
    (void)state;
    char *text = malloc(1000001);
    assert_non_null(text);
    memset(text, 'x', 1000000);
    text[1000000] = '\0';
    add(text, INGLE_URGENCY_NORMAL, 0, 1);
    assert_int_equal(strlen(store.batch.items[0].title), 16384);
    free(text);
    notify_store_clear(&store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_thousands_the_oldest_of_the_least_urgent_go_and_are_counted),
        cmocka_unit_test(ids_are_given_to_their_calls_and_withdraw_them),
        cmocka_unit_test(a_text_without_end_is_kept_as_far_as_a_digest_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
