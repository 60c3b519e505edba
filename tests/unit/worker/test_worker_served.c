/* worker/client and worker/serve: a front with an event loop and a real worker, sealed and with a
 * model, which serves one after another or several at once. Each answer is what it would be alone;
 * any of them can be ended, and the others go on. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "support/sanitized.h"
#include "support/served_model.h"
#include "worker/client/life.h"
#include "worker/serve/worker_main.h"
#include "worker/wire/msg_generate.h"

#define N_PROMPTS 5
#define N_TOKENS 24
#define N_ROUNDS (SANITIZED ? 2 : 4)

static const char *const prompts[N_PROMPTS] = {"Once upon a time", "a", "The quick brown fox",
                                               "one two three four five six seven", "zzzz"};

struct question {
    uint32_t id;
    size_t which;
    int n_done;
    bool was_told_to_end;
    ingle_status status;
    ingle_error error;
    struct msg_generated told;
    struct buf text;
};

static struct question all[RING_REQUESTS];
static struct buf wanted[N_PROMPTS];

static bool add_text(enum msg_type type, const void *body, size_t size, void *user) {
    assert_int_equal(type, MSG_TEXT);
    return buf_add(user, body, size);
}

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    struct question *q = user;
    assert_false(q->was_told_to_end);
    assert_int_equal(q->n_done, 0);
    return add_text(type, body, size, &q->text);
}

static void on_done(ingle_status status, const ingle_error *err, void *user) {
    struct question *q = user;
    assert_int_equal(++q->n_done, 1);
    q->status = status;
    if (err) q->error = *err;
}

static struct msg_generate message(size_t which) {
    struct msg_generate m = {.prompt = {prompts[which], strlen(prompts[which])},
                             .sampling = ingle_sampling_options_default(),
                             .max_tokens = N_TOKENS,
                             .ignore_end = true,
                             .n_logprobs = -1};
    m.sampling.temperature = 0.0F;
    return m;
}

static void answer_alone(struct worker *w) {
    for (size_t i = 0; i < N_PROMPTS; i++) {
        struct msg_generate m = message(i);
        const struct worker_ask ask = {.type = MSG_GENERATE,
                                       .visit = msg_generate,
                                       .request = &m,
                                       .on_answer = add_text,
                                       .user = &wanted[i]};
        buf_init(&wanted[i], 1 << 16);
        served_ask(w, INGLE_OK, &ask, NULL);
        assert_true(wanted[i].size > 0);
    }
}

static void begin(struct worker *w, struct question *q, size_t which) {
    buf_clear(&q->text);
    *q = (struct question){.which = which};
    buf_init(&q->text, 1 << 16);
    struct msg_generate m = message(which);
    const struct worker_ask ask = {.asker = {.client = which + 1},
                                   .type = MSG_GENERATE,
                                   .visit = msg_generate,
                                   .request = &m,
                                   .visit_result = msg_generated,
                                   .result = &q->told,
                                   .result_size = sizeof q->told,
                                   .on_answer = on_answer,
                                   .user = q,
                                   .on_done = on_done};
    ingle_error err;
    if (worker_begin(w, &ask, &q->id, &err) != INGLE_OK) fail_msg("%s", err.msg);
}

static void turn(struct worker *w) {
    struct pollfd p = {.fd = worker_socket(w), .events = POLLIN};
    (void)poll(&p, 1, LIFE_LOOK_MS);
    worker_turn(w);
}

static void check(const struct question *q) {
    const struct buf *text = &wanted[q->which];
    assert_int_equal(q->n_done, 1);
    if (!q->was_told_to_end && q->status != INGLE_OK) fail_msg("%s", q->error.msg);
    if (!q->was_told_to_end) assert_int_equal(q->text.size, text->size);
    assert_true(q->text.size <= text->size);
    if (q->text.size) assert_memory_equal(q->text.data, text->data, q->text.size);
}

static struct worker *start(int n_slots) {
    const struct msg_start m = {.has_session = true, .n_slots = n_slots};
    return served_worker(&m);
}

static const int slots[] = {0, 4};

static void each_of_64_gets_the_answer_that_it_would_get_alone(void **state) {
    (void)state;
    for (size_t k = 0; k < BASE_COUNT(slots); k++) {
        struct worker *w = start(slots[k]);
        answer_alone(w);
        for (size_t i = 0; i < RING_REQUESTS; i++) begin(w, &all[i], i % N_PROMPTS);
        while (worker_n_open(w) > 0) turn(w);
        for (size_t i = 0; i < RING_REQUESTS; i++) check(&all[i]);
        for (size_t i = 0; i < N_PROMPTS; i++) buf_clear(&wanted[i]);
        worker_free(w);
    }
}

static void any_of_them_can_be_ended(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 1);
    for (size_t k = 0; k < BASE_COUNT(slots); k++) {
        struct worker *w = start(slots[k]);
        answer_alone(w);
        for (int round = 0; round < N_ROUNDS; round++) {
            uint32_t n = 1 + rng_below(&rng, RING_REQUESTS);
            for (size_t i = 0; i < n; i++) begin(w, &all[i], rng_below(&rng, N_PROMPTS));
            while (worker_n_open(w) > 0) {
                struct question *q = &all[rng_below(&rng, n)];
                if (q->n_done == 0) q->was_told_to_end = true;
                worker_end(w, q->id);
                for (uint32_t more = rng_below(&rng, 6); more > 0; more--) turn(w);
            }
            for (size_t i = 0; i < n; i++) check(&all[i]);
        }
        assert_false(worker_is_dead(w) || worker_is_busy(w));
        for (size_t i = 0; i < N_PROMPTS; i++) buf_clear(&wanted[i]);
        worker_free(w);
    }
}

static void all_hear_of_its_death(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 2);
    size_t n_failed = 0;
    for (int round = 0; round < N_ROUNDS; round++) {
        struct worker *w = start(round % 2 ? 4 : 0);
        for (size_t i = 0; i < RING_REQUESTS; i++) begin(w, &all[i], 0);
        for (uint32_t n = (uint32_t)round * rng_below(&rng, 10); n > 0; n--) turn(w);
        kill(worker_pid(w), SIGKILL);
        while (worker_n_open(w) > 0) turn(w);
        for (size_t i = 0; i < RING_REQUESTS; i++) {
            assert_int_equal(all[i].n_done, 1);
            if (all[i].status == INGLE_OK) continue;
            n_failed++;
            assert_int_equal(all[i].status, INGLE_FAILED);
            assert_non_null(strstr(all[i].error.msg, "was killed"));
        }
        worker_free(w);
    }
    assert_true(n_failed > 0); /* in the first round if in no other */
}

static int remove_all(void **state) {
    for (size_t i = 0; i < RING_REQUESTS; i++) buf_clear(&all[i].text);
    return served_model_remove(state);
}

int main(int argc, char **argv) {
    if (worker_is_role(argc, argv)) return worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_of_64_gets_the_answer_that_it_would_get_alone),
        cmocka_unit_test(any_of_them_can_be_ended),
        cmocka_unit_test(all_hear_of_its_death),
    };
    return cmocka_run_group_tests(tests, served_model_make, remove_all);
}
