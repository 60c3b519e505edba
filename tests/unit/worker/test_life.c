/* worker/client/life: when a worker is given up, and when it must not be. */
#include "worker/client/life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A worker as it may look from outside, each look `step` ms after the one before. */
struct story {
    double step, cpu_each; /* processor time a look */
    unsigned beats_each;
    uint64_t moved_each;
    bool is_stopped, is_cancelled;
};

/* The milliseconds after which it was given up; 0 = not within `ms`. */
static double given_up(const struct story *s, double ms, enum life_verdict wanted) {
    struct life life = {0};
    struct life_signs signs = {.now_ms = 1e6,
                               .cpu_ms = 5.0,
                               .beats = 77,
                               .is_stopped = s->is_stopped,
                               .cancelled = s->is_cancelled ? 3 : 0};
    assert_true(life_is_due(&life, signs.now_ms));
    for (int i = 0; i * s->step <= ms; i++) {
        enum life_verdict verdict = life_look(&life, &signs);
        if (verdict != LIFE_GOES_ON) {
            assert_int_equal(verdict, wanted);
            return i * s->step;
        }
        signs.now_ms += s->step;
        signs.cpu_ms += s->cpu_each;
        signs.beats += s->beats_each;
        signs.received += s->moved_each;
        signs.taken += s->moved_each / 2;
        if (s->is_cancelled) signs.told_late += s->moved_each;
    }
    return 0;
}

#define HOUR 3.6e6

static void a_worker_that_works_or_waits_for_its_reader_goes_on(void **state) {
    (void)state;
    static const struct story fine[] = {
        {.step = 250, .cpu_each = 250, .beats_each = 1},                     /* computes */
        {.step = 250, .cpu_each = 250, .beats_each = 1, .moved_each = 1000}, /* and talks */
        {.step = 250, .cpu_each = 0.1, .beats_each = 1, .moved_each = 1},    /* talks only */
        {.step = 250, .cpu_each = 1.5, .beats_each = 1},                     /* starves, hardly */
        {.step = 5000, .cpu_each = 2, .beats_each = 20},                     /* its front is slow */
    };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        assert_true(given_up(&fine[i], HOUR, LIFE_GOES_ON) == 0);
    }
}

static void one_that_is_stopped_is_given_up_within_two_seconds(void **state) {
    (void)state;
    const struct story s = {.step = 260, .is_stopped = true};
    double ms = given_up(&s, HOUR, LIFE_SILENT);
    assert_true(ms > LIFE_STOPPED_MS && ms < 1600);
}

static void one_without_beats_is_given_up_later_if_it_takes_processor_time(void **state) {
    (void)state;
    const struct story dead = {.step = 250}, starved = {.step = 250, .cpu_each = 10};
    double ms = given_up(&dead, HOUR, LIFE_SILENT);
    assert_true(ms > LIFE_SILENT_MS && ms < LIFE_SILENT_MS + 600);
    ms = given_up(&starved, HOUR, LIFE_SILENT);
    assert_true(ms > LIFE_STARVED_MS && ms < LIFE_STARVED_MS + 600);
}

static void one_whose_serving_thread_waits_for_nothing_is_given_up(void **state) {
    (void)state;
    const struct story s = {.step = 250, .cpu_each = 0.1, .beats_each = 1};
    double ms = given_up(&s, HOUR, LIFE_STUCK);
    assert_true(ms > LIFE_STUCK_MS && ms < LIFE_STUCK_MS + 600);
}

static void one_that_does_not_end_when_told_is_given_up(void **state) {
    (void)state;
    const struct story idle = {.step = 250, .beats_each = 1, .is_cancelled = true},
                       busy = {.step = 250,
                               .beats_each = 1,
                               .cpu_each = 200,
                               .moved_each = 99,
                               .is_cancelled = true};
    double ms = given_up(&idle, HOUR, LIFE_DISOBEYS);
    assert_true(ms > LIFE_OBEYS_MS && ms < 2000);
    ms = given_up(&busy, HOUR, LIFE_DISOBEYS);
    assert_true(ms > LIFE_ENDS_MS && ms < LIFE_ENDS_MS + 600);
    const struct story flood = {.step = 250,
                                .beats_each = 1,
                                .cpu_each = 200,
                                .moved_each = LIFE_ENDS_BYTES / 2,
                                .is_cancelled = true};
    ms = given_up(&flood, HOUR, LIFE_DISOBEYS);
    assert_true(ms > 0 && ms < 1000);
}

/* It works on something else, as can be seen by its processor time, and talks about that. */
static void one_that_is_busy_with_others_has_the_longer_time_to_end_one(void **state) {
    (void)state;
    struct life life = {0};
    struct life_signs signs = {.cpu_ms = 0, .beats = 1, .cancelled = 5};
    int t = 0;
    for (; life_look(&life, &signs) == LIFE_GOES_ON && t < HOUR; t += 250) {
        signs.now_ms += 250;
        signs.cpu_ms += 200;
        signs.beats++;
        signs.received += LIFE_ENDS_BYTES;
        signs.told_late += 100;
    }
    assert_true(t > LIFE_ENDS_MS && t < LIFE_ENDS_MS + 600);
    /* And none at all once it stands still. */
    life = (struct life){0};
    signs.told_late = 0;
    assert_int_equal(life_look(&life, &signs), LIFE_GOES_ON);
    for (t = 0; t < HOUR; t += 250) {
        signs.now_ms += 250;
        signs.beats++;
        if (life_look(&life, &signs) != LIFE_GOES_ON) break;
    }
    assert_true(t >= LIFE_OBEYS_MS && t < LIFE_OBEYS_MS + 600);
}

/* A worker that serves one after another ends them so, too. */
static void each_that_is_told_to_end_has_its_time_after_the_one_before(void **state) {
    (void)state;
    struct life life = {0};
    struct life_signs signs = {.cpu_ms = 0, .beats = 1, .cancelled = 1};
    const int each = LIFE_OBEYS_MS - 250;
    for (int t = 0; t < 64 * each; t += 250) {
        signs.cancelled = 1 + (uint32_t)(t / each);
        signs.received = signs.cancelled;
        assert_int_equal(life_look(&life, &signs), LIFE_GOES_ON);
        signs.now_ms += 250;
        signs.beats++;
    }
    signs.cancelled = 99; /* which does not end */
    int t = 0;
    for (; life_look(&life, &signs) == LIFE_GOES_ON && t < HOUR; t += 250) {
        signs.now_ms += 250;
        signs.beats++;
    }
    assert_true(t >= LIFE_OBEYS_MS - 250 && t < LIFE_OBEYS_MS + 600);
}

static void others_that_end_are_no_time_for_the_first_that_was_told(void **state) {
    (void)state;
    struct life life = {0};
    struct life_signs signs = {.cpu_ms = 0, .beats = 1, .cancelled = 7};
    int t = 0;
    for (; life_look(&life, &signs) == LIFE_GOES_ON && t < HOUR; t += 250) {
        signs.now_ms += 250;
        signs.beats++;
        signs.received += 50; /* what others are told, and take */
        signs.taken += 50;
    }
    assert_true(t >= LIFE_OBEYS_MS && t < LIFE_OBEYS_MS + 600);
}

/* It had ended, and its beats with that, while the front was busy with something else. */
static void what_the_front_has_not_heard_yet_is_no_silence(void **state) {
    (void)state;
    struct life life = {0};
    struct life_signs signs = {.cpu_ms = 0, .beats = 1, .has_unread = true};
    for (int t = 0; t < 2 * LIFE_STUCK_MS; t += 500) {
        assert_int_equal(life_look(&life, &signs), LIFE_GOES_ON);
        signs.now_ms += 500;
    }
    signs.is_stopped = true; /* but that is */
    int t = 0;
    for (; life_look(&life, &signs) == LIFE_GOES_ON && t < HOUR; t += 500) signs.now_ms += 500;
    assert_true(t >= LIFE_STOPPED_MS && t < LIFE_STOPPED_MS + 1100);
}

/* A laptop that slept, a container that was frozen: an hour passes between two looks. */
static void time_in_which_nobody_looked_is_no_silence(void **state) {
    (void)state;
    struct life life = {0};
    struct life_signs signs = {.now_ms = 0, .cpu_ms = 0, .beats = 1};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(life_look(&life, &signs), LIFE_GOES_ON);
        signs.now_ms += 100 * HOUR;
    }
    signs.is_stopped = true; /* and it was not yet continued when the front was */
    assert_int_equal(life_look(&life, &signs), LIFE_GOES_ON);
    signs.is_stopped = false;
    signs.beats++;
    signs.now_ms += 250;
    assert_int_equal(life_look(&life, &signs), LIFE_GOES_ON);
}

static void without_a_clock_of_its_processor_time_it_has_the_longer_time(void **state) {
    (void)state;
    struct life life = {0};
    struct life_signs signs = {.now_ms = 0, .cpu_ms = -1, .beats = 1};
    int t = 0;
    for (; life_look(&life, &signs) == LIFE_GOES_ON && t < HOUR; t += 250) signs.now_ms += 250;
    assert_true(t > LIFE_STARVED_MS && t < LIFE_STARVED_MS + 600);
}

static void one_that_seals_itself_has_more_time_for_its_first_beat(void **state) {
    (void)state;
    struct life life = {0};
    struct life_signs signs = {.now_ms = 0, .cpu_ms = 0, .beats = 0};
    int t = 0;
    for (; life_look(&life, &signs) == LIFE_GOES_ON && t < HOUR; t += 250) {
        signs.now_ms += 250;
        signs.cpu_ms += 100;
    }
    assert_true(t > LIFE_STARTS_MS && t < LIFE_STARTS_MS + 600);
}

static void looks_are_not_taken_too_often(void **state) {
    (void)state;
    struct life life = {0};
    struct life_signs signs = {.now_ms = 1000};
    assert_true(life_is_due(&life, 0));
    assert_int_equal(life_look(&life, &signs), LIFE_GOES_ON);
    assert_false(life_is_due(&life, 1000));
    assert_false(life_is_due(&life, 1000 + LIFE_LOOK_MS - 1));
    assert_true(life_is_due(&life, 1000 + LIFE_LOOK_MS));
}

static void every_verdict_has_its_sentence(void **state) {
    (void)state;
    for (int v = LIFE_SILENT; v <= LIFE_DISOBEYS; v++) {
        const char *sentence = life_sentence((enum life_verdict)v);
        assert_non_null(strstr(sentence, "and was ended."));
        for (int u = LIFE_GOES_ON; u < v; u++) {
            assert_string_not_equal(sentence, life_sentence((enum life_verdict)u));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_that_works_or_waits_for_its_reader_goes_on),
        cmocka_unit_test(one_that_is_stopped_is_given_up_within_two_seconds),
        cmocka_unit_test(one_without_beats_is_given_up_later_if_it_takes_processor_time),
        cmocka_unit_test(one_whose_serving_thread_waits_for_nothing_is_given_up),
        cmocka_unit_test(one_that_does_not_end_when_told_is_given_up),
        cmocka_unit_test(one_that_is_busy_with_others_has_the_longer_time_to_end_one),
        cmocka_unit_test(each_that_is_told_to_end_has_its_time_after_the_one_before),
        cmocka_unit_test(others_that_end_are_no_time_for_the_first_that_was_told),
        cmocka_unit_test(what_the_front_has_not_heard_yet_is_no_silence),
        cmocka_unit_test(time_in_which_nobody_looked_is_no_silence),
        cmocka_unit_test(without_a_clock_of_its_processor_time_it_has_the_longer_time),
        cmocka_unit_test(one_that_seals_itself_has_more_time_for_its_first_beat),
        cmocka_unit_test(looks_are_not_taken_too_often),
        cmocka_unit_test(every_verdict_has_its_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
