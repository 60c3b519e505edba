/* daemon/service/pick.c: whose turn it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "daemon/service/service_internal.h"

#define MAX_JOBS 64

struct scene {
    struct service service;
    struct model_entry models[2];
    struct job jobs[MAX_JOBS];
    size_t n;
};

static void begin(struct scene *s, int n_slots) {
    *s = (struct scene){.n = 0};
    s->service.opt.n_slots = n_slots;
    s->service.opt.n_models = 2;
    s->service.models = s->models;
    s->service.jobs_end = &s->service.jobs;
}

static struct job *add(struct scene *s, int model, uint64_t client, enum urgency urgency) {
    struct job *j = &s->jobs[s->n++];
    *j = (struct job){.service = &s->service, .model = &s->models[model], .takes_slot = true};
    j->ask.asker = (struct msg_asker){client, urgency};
    *s->service.jobs_end = j;
    s->service.jobs_end = &j->next;
    return j;
}

static struct job *run_next(struct scene *s, int model) {
    struct job *j = service_pick(&s->service, &s->models[model]);
    if (!j) return NULL;
    j->state = JOB_RUNS;
    s->models[model].n_running += j->takes_slot;
    service_picked(&s->service, j);
    return j;
}

static void end(struct scene *s, struct job *job) {
    struct job **at = &s->service.jobs;
    while (*at != job) at = &(*at)->next;
    *at = job->next;
    if (!job->next) s->service.jobs_end = at;
    job->model->n_running--;
}

static void one_client_is_served_in_order(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 8);
    for (size_t i = 0; i < 5; i++) add(&s, 0, 1, URGENCY_INTERACTIVE);
    for (size_t i = 0; i < 5; i++) assert_ptr_equal(run_next(&s, 0), &s.jobs[i]);
    assert_null(run_next(&s, 0));
}

static void no_more_run_than_there_are_slots_of_their_model(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 2);
    for (size_t i = 0; i < 3; i++) add(&s, 0, i, URGENCY_INTERACTIVE);
    struct job *other = add(&s, 1, 9, URGENCY_INTERACTIVE);
    assert_non_null(run_next(&s, 0));
    assert_non_null(run_next(&s, 0));
    assert_null(run_next(&s, 0));
    assert_ptr_equal(run_next(&s, 1), other);
}

static void what_takes_no_slot_waits_for_none(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 1);
    add(&s, 0, 1, URGENCY_INTERACTIVE);
    add(&s, 0, 1, URGENCY_INTERACTIVE);
    struct job *light = add(&s, 0, 1, URGENCY_BACKGROUND);
    light->takes_slot = false;
    assert_ptr_equal(run_next(&s, 0), light);
    assert_ptr_equal(run_next(&s, 0), &s.jobs[0]);
    assert_null(run_next(&s, 0));
}

static void the_more_urgent_goes_first(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 3);
    struct job *background = add(&s, 0, 1, URGENCY_BACKGROUND);
    struct job *task = add(&s, 0, 1, URGENCY_TASK);
    struct job *chat = add(&s, 0, 1, URGENCY_INTERACTIVE);
    assert_ptr_equal(run_next(&s, 0), chat);
    assert_ptr_equal(run_next(&s, 0), task);
    assert_ptr_equal(run_next(&s, 0), background);
}

static void a_client_with_many_does_not_hold_up_one_with_few(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 2);
    for (size_t i = 0; i < 20; i++) add(&s, 0, 1, URGENCY_INTERACTIVE);
    struct job *late = add(&s, 0, 2, URGENCY_INTERACTIVE);
    struct job *first = run_next(&s, 0);
    assert_ptr_equal(first, &s.jobs[0]);
    assert_ptr_equal(run_next(&s, 0), late);
    end(&s, late);
    struct job *later = add(&s, 0, 2, URGENCY_INTERACTIVE);
    assert_ptr_equal(run_next(&s, 0), later); /* the other has one at work */
}

static void clients_take_turns_in_one_slot(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 1);
    for (size_t i = 0; i < 12; i++) add(&s, 0, 1 + i / 4, URGENCY_INTERACTIVE);
    int served[4] = {0};
    for (int i = 0; i < 12; i++) {
        struct job *j = run_next(&s, 0);
        assert_non_null(j);
        served[j->ask.asker.client]++;
        for (int c = 1; c <= 3; c++) assert_in_range(served[c], i / 3, i / 3 + 1);
        end(&s, j);
    }
}

static void what_nobody_wants_is_not_run(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 2);
    add(&s, 0, 1, URGENCY_INTERACTIVE)->is_abandoned = true;
    struct job *wanted = add(&s, 0, 1, URGENCY_INTERACTIVE);
    assert_ptr_equal(run_next(&s, 0), wanted);
    assert_null(run_next(&s, 0));
}

/* However they come, nobody waits for more turns than there are clients. */
static void nobody_starves(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct scene s;
        struct rng rng;
        rng_init(&rng, seed);
        begin(&s, 1);
        struct job *mine = NULL;
        size_t before = rng_below(&rng, 20), waited = 0;
        for (size_t i = 0; i < before; i++) add(&s, 0, 1 + rng_below(&rng, 3), URGENCY_INTERACTIVE);
        mine = add(&s, 0, 9, URGENCY_INTERACTIVE);
        while (s.n < 50) add(&s, 0, 1 + rng_below(&rng, 3), URGENCY_INTERACTIVE);
        for (struct job *j; (j = run_next(&s, 0)) != mine; waited++) end(&s, j);
        assert_true(waited <= 3);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_client_is_served_in_order),
        cmocka_unit_test(no_more_run_than_there_are_slots_of_their_model),
        cmocka_unit_test(what_takes_no_slot_waits_for_none),
        cmocka_unit_test(the_more_urgent_goes_first),
        cmocka_unit_test(a_client_with_many_does_not_hold_up_one_with_few),
        cmocka_unit_test(clients_take_turns_in_one_slot),
        cmocka_unit_test(what_nobody_wants_is_not_run),
        cmocka_unit_test(nobody_starves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
