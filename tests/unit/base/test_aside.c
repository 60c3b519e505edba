/* base/aside: one more thread, one piece of work at a time. */
#include "base/aside.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/alloc.h"

struct piece {
    int value;
    pthread_t thread;
    long delay_ns;
};

static void work(void *arg) {
    struct piece *p = arg;
    if (p->delay_ns) nanosleep(&(struct timespec){.tv_nsec = p->delay_ns}, NULL);
    p->value++;
    p->thread = pthread_self();
}

static void pieces_are_done_one_after_the_other_by_another_thread(void **state) {
    (void)state;
    struct aside *aside;
    struct piece p = {0};
    assert_int_equal(aside_new(&aside, NULL), INGLE_OK);
    for (int i = 0; i < 2000; i++) {
        p.delay_ns = i % 500 == 0 ? 2000000 : 0; /* some are waited for asleep */
        aside_start(aside, work, &p);
        aside_wait(aside);
        assert_int_equal(p.value, i + 1);
    }
    assert_false(pthread_equal(p.thread, pthread_self()));
    aside_free(aside);
}

static void one_that_never_worked_ends(void **state) {
    (void)state;
    uint64_t live = mem_live();
    struct aside *aside;
    assert_int_equal(aside_new(&aside, NULL), INGLE_OK);
    aside_free(aside);
    aside_free(NULL);
    assert_int_equal(mem_live(), live);
}

static void without_memory_there_is_none(void **state) {
    (void)state;
    struct aside *aside;
    ingle_error err;
    mem_fail_at(1, 0);
    assert_int_equal(aside_new(&aside, &err), INGLE_NO_MEMORY);
    mem_fail_at(0, 0);
    assert_null(aside);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_done_one_after_the_other_by_another_thread),
        cmocka_unit_test(one_that_never_worked_ends),
        cmocka_unit_test(without_memory_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
