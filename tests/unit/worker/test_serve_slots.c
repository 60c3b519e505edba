/* A sealed worker with slots: its threads, and the group that computes for them, do nothing that
 * the seal forbids, and answer as one without slots does. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "support/served_model.h"
#include "worker/serve/worker_main.h"
#include "worker/wire/msg_chat.h"
#include "worker/wire/msg_generate.h"
#include "worker/wire/msg_status.h"

#define N 24

static const struct msg_start with_slots = {
    .has_session = true, .has_prefix_cache = true, .n_slots = 6};

struct asked {
    struct buf text;
    bool is_done;
    ingle_status status;
};

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    struct asked *a = user;
    if (type == MSG_TEXT || type == MSG_EVENT) assert_true(buf_add(&a->text, body, size));
    return true;
}

static void on_done(ingle_status status, const ingle_error *err, void *user) {
    struct asked *a = user;
    if (status != INGLE_OK) fail_msg("%s", err->msg);
    a->is_done = true;
    a->status = status;
}

static void begin(struct worker *w, struct asked *a, unsigned i) {
    static const char messages[] = "[{\"role\":\"user\",\"content\":\"Tell me of the birds.\"}]";
    char prompt[120];
    ingle_error err;
    uint32_t id;
    int n = snprintf(prompt, sizeof prompt, "Once upon a time there were %u birds, and", i % 5);
    struct msg_generate g = {.prompt = {prompt, (size_t)n},
                             .sampling = ingle_sampling_options_default(),
                             .max_tokens = 40,
                             .ignore_end = true,
                             .n_logprobs = -1};
    g.sampling.seed = i + 1;
    struct msg_chat c = {.conversation = {.messages = {messages, sizeof messages - 1},
                                          .think_budget = -1,
                                          .now = 1790000000},
                         .sampling = g.sampling,
                         .max_tokens = 40,
                         .n_logprobs = -1};
    bool is_chat = i % 3 == 0;
    const struct worker_ask ask = {.asker = {.client = i % 10},
                                   .type = is_chat ? MSG_CHAT : MSG_GENERATE,
                                   .visit = is_chat ? msg_chat : msg_generate,
                                   .request = is_chat ? (const void *)&c : &g,
                                   .on_answer = on_answer,
                                   .user = a,
                                   .on_done = on_done};
    buf_init(&a->text, 1 << 20);
    if (worker_begin(w, &ask, &id, &err) != INGLE_OK) fail_msg("%s", err.msg);
}

static void hear_all(struct worker *w) {
    while (worker_n_open(w) > 0) {
        struct pollfd p = {.fd = worker_socket(w), .events = POLLIN};
        (void)poll(&p, 1, 100);
        worker_turn(w);
    }
}

static void a_sealed_worker_with_slots_answers_as_one_without(void **state) {
    (void)state;
    static struct asked alone[N], together[N];
    struct worker *one = served_worker(NULL), *many = served_worker(&with_slots);
    assert_true(worker_started(many)->is_sealed);
    assert_int_equal(worker_started(many)->n_ctx, SERVED_N_CTX);
    for (unsigned i = 0; i < N; i++) {
        begin(one, &alone[i], i);
        hear_all(one);
    }
    for (unsigned i = 0; i < N; i++) begin(many, &together[i], i);
    hear_all(many);
    for (unsigned i = 0; i < N; i++) {
        assert_true(alone[i].is_done && together[i].is_done);
        assert_int_equal(alone[i].text.size, together[i].text.size);
        assert_memory_equal(alone[i].text.data, together[i].text.data, alone[i].text.size);
        buf_clear(&alone[i].text);
        buf_clear(&together[i].text);
    }
    struct msg_status told;
    const struct worker_ask ask = {.type = MSG_STATUS,
                                   .visit = msg_empty,
                                   .request = "",
                                   .visit_result = msg_status,
                                   .result = &told,
                                   .result_size = sizeof told};
    served_ask(many, INGLE_OK, &ask, NULL);
    assert_int_equal(told.n_slots, 6);
    assert_int_equal(told.n_requests, N);
    assert_true(told.n_passes > 0 && told.n_parts >= told.n_passes);
    worker_free(one);
    worker_free(many);
}

int main(int argc, char **argv) {
    if (worker_is_role(argc, argv)) return worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_worker_with_slots_answers_as_one_without),
    };
    return cmocka_run_group_tests(tests, served_model_make, served_model_remove);
}
