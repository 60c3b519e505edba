/* worker/serve with slots: many requests at once, each answered as if it were alone; what is
 * cancelled, and nothing else, ends; no client learns of another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "support/many.h"
#include "support/sanitized.h"
#include "worker/wire/msg_chat.h"
#include "worker/wire/msg_complete.h"
#include "worker/wire/msg_document.h"
#include "worker/wire/msg_draft.h"
#include "worker/wire/msg_fill.h"
#include "worker/wire/msg_generate.h"
#include "worker/wire/msg_intent.h"
#include "worker/wire/msg_logits.h"
#include "worker/wire/msg_redact.h"
#include "worker/wire/msg_remember.h"
#include "worker/wire/msg_template.h"
#include "worker/wire/msg_tokens.h"

#define N_SLOTS 6
#define N_CTX 2048
#define N (SANITIZED ? 100 : 500)
#define N_KINDS 13
#define N_VARIANTS 8 /* of each kind */

static struct serving alone, served;

/* ---- requests ---- */

/* Some begin alike and go on differently. */
static struct wire_text prompt_of(unsigned i) {
    static char texts[64][256];
    char *text = texts[i % 64];
    snprintf(text, sizeof texts[0],
             "Once upon a time, in a land of %u hills, there was a bird that sang %u songs a day, "
             "and everybody who heard them",
             i % 3, i);
    return (struct wire_text){text, strlen(text)};
}

static struct msg_generate generation(unsigned i, int n_tokens) {
    struct msg_generate m = {.prompt = prompt_of(i),
                             .sampling = ingle_sampling_options_default(),
                             .max_tokens = n_tokens,
                             .ignore_end = true,
                             .n_logprobs = i % 2 ? 2 : -1};
    m.sampling.temperature = i % 2 ? 0.8F : 0.0F;
    m.sampling.seed = i + 1;
    return m;
}

static struct msg_conversation conversation(unsigned i) {
    static char texts[N_VARIANTS][256];
    char *text = texts[i % N_VARIANTS];
    snprintf(text, sizeof texts[0],
             "[{\"role\":\"user\",\"content\":\"Tell me %u things about the birds of %u hills.\"}]",
             i, i % 3);
    return (struct msg_conversation){
        .messages = {text, strlen(text)}, .think_budget = -1, .now = 1790000000};
}

static void ask_chat(struct many *m, uint64_t client, unsigned i) {
    struct msg_chat chat = {.conversation = conversation(i),
                            .sampling = ingle_sampling_options_default(),
                            .max_tokens = 12,
                            .n_logprobs = -1};
    chat.sampling.temperature = 0.0F;
    many_ask(m, MSG_CHAT, client, msg_chat, &chat);
}

static void ask_held(struct many *m, uint64_t client, unsigned i) {
    struct msg_generate g = generation(i, 40);
    g.ignore_end = false;
    g.constraint.kind = CONSTRAINT_REGEX;
    g.constraint.text = (struct wire_text){"[a-f]{5,20}", 11};
    many_ask(m, MSG_GENERATE, client, msg_generate, &g);
}

static void ask_generate(struct many *m, uint64_t client, unsigned i) {
    const struct msg_generate g = generation(i, 30);
    many_ask(m, MSG_GENERATE, client, msg_generate, &g);
}

static void ask_count(struct many *m, uint64_t client, unsigned i) {
    const struct msg_chat_count c = {
        .conversation = conversation(i), .wants_count = true, .wants_messages = true};
    many_ask(m, MSG_CHAT_COUNT, client, msg_chat_count, &c);
}

static void ask_tokenize(struct many *m, uint64_t client, unsigned i) {
    const struct msg_tokenize t = {.text = prompt_of(i), .wants_bytes = i % 2};
    many_ask(m, MSG_TOKENIZE, client, msg_tokenize, &t);
}

static void ask_detokenize(struct many *m, uint64_t client, unsigned i) {
    const ingle_token ids[] = {(ingle_token)(40 + i), 200, 7};
    const struct msg_detokenize d = {.ids = ids, .n = 3};
    many_ask(m, MSG_DETOKENIZE, client, msg_detokenize, &d);
}

static void ask_template(struct many *m, uint64_t client, unsigned i) {
    const struct msg_conversation c = conversation(i);
    const struct msg_template t = {.messages = c.messages.data};
    many_ask(m, MSG_TEMPLATE, client, msg_template, &t);
}

static void ask_document(struct many *m, uint64_t client, unsigned i) {
    const struct msg_document d = {.bytes = prompt_of(i), .name = "a.txt"};
    many_ask(m, MSG_DOCUMENT, client, msg_document, &d);
}

static void ask_redact(struct many *m, uint64_t client, unsigned i) {
    char text[100];
    int n = snprintf(text, sizeof text, "Write to ana%u@example.org by 12:%02u.", i, i);
    const struct msg_redact r = {.text = {text, (size_t)n}};
    many_ask(m, MSG_REDACT, client, msg_redact, &r);
}

static void ask_draft(struct many *m, uint64_t client, unsigned i) {
    const struct msg_draft d = {.about = i % 2 ? "the meeting is moved" : "thanks for the book",
                                .max_tokens = 16};
    many_ask(m, MSG_DRAFT, client, msg_draft, &d);
}

static void ask_logits(struct many *m, uint64_t client, unsigned i) {
    const ingle_token ids[] = {1, (ingle_token)(45 + i), 200, 7};
    const struct msg_logits l = {.ids = ids, .n = 4, .top = 5};
    many_ask(m, MSG_LOGITS, client, msg_logits, &l);
}

/* Of labels, which a lane cannot do. */
static void ask_intent(struct many *m, uint64_t client, unsigned i) {
    static const ingle_label labels[] = {{.name = "weather"}, {.name = "music"}};
    const struct msg_intent q = {.text = prompt_of(i), .labels = labels, .n_labels = 2, .n_top = 2};
    many_ask(m, MSG_INTENT, client, msg_intent, &q);
}

static void ask_fill(struct many *m, uint64_t client, unsigned i) {
    const struct msg_fill f = {
        .rest = generation(2 * i, 20), .prefix = prompt_of(i), .suffix = prompt_of(i + 1)};
    many_ask(m, MSG_FILL, client, msg_fill, &f);
}

typedef void (*ask_fn)(struct many *m, uint64_t client, unsigned i);
static const ask_fn kinds[N_KINDS] = {
    ask_generate, ask_chat,       ask_held,   ask_count,  ask_tokenize, ask_draft, ask_template,
    ask_document, ask_detokenize, ask_logits, ask_redact, ask_intent,   ask_fill};

/* ---- the same answers ---- */

static void same(const struct many *a, const struct many *b) {
    assert_int_equal(a->error.code, b->error.code);
    assert_string_equal(a->error.msg, b->error.msg);
    assert_int_equal(a->answers.size, b->answers.size);
    if (a->answers.size) assert_memory_equal(a->answers.data, b->answers.data, a->answers.size);
}

static void many_requests_are_answered_as_if_each_were_alone(void **state) {
    (void)state;
    static struct many expected[N_KINDS * N_VARIANTS], asked[N];
    size_t n_right = 0, n_cancelled = 0;
    for (unsigned i = 0; i < BASE_COUNT(expected); i++) {
        kinds[i / N_VARIANTS](&expected[i], 1, i % N_VARIANTS);
    }
    many_run(&alone, expected, BASE_COUNT(expected), 1);
    for (size_t i = 0; i < BASE_COUNT(expected); i++) n_right += expected[i].error.code == INGLE_OK;
    assert_true(n_right > BASE_COUNT(expected) * 3 / 4);
    static unsigned which[N];
    struct rng rng;
    rng_init(&rng, 7);
    for (unsigned i = 0; i < N; i++) {
        which[i] = rng_below(&rng, (uint32_t)BASE_COUNT(expected));
        kinds[which[i] / N_VARIANTS](&asked[i], (uint64_t)(12 * rng_unit(&rng)),
                                     which[i] % N_VARIANTS);
        asked[i].asker.urgency = (enum urgency)(3 * rng_unit(&rng));
        if (rng_unit(&rng) < 0.2) asked[i].cancel_ms = 10 * rng_unit(&rng);
    }
    many_run(&served, asked, N, 20);
    for (unsigned i = 0; i < N; i++) {
        if (!asked[i].was_cancelled) same(&asked[i], &expected[which[i]]);
        n_cancelled += asked[i].was_cancelled;
        many_clear(&asked[i]);
    }
    assert_true(n_cancelled > 0);
    for (size_t i = 0; i < BASE_COUNT(expected); i++) many_clear(&expected[i]);
}

/* ---- one and the others ---- */

static void ask_long(struct many *m, uint64_t client, unsigned i) {
    struct msg_generate g = generation(2 * i, -1); /* until the context is full */
    many_ask(m, MSG_GENERATE, client, msg_generate, &g);
}

static void hear_until(struct many *all, size_t n, const struct many *m) {
    while (many_is_open(m)) many_hear(&served, all, n, 10);
}

/* Until each has begun to talk. */
static void hear_all_begin(struct many *all, size_t n) {
    for (size_t i = 0; i < n; i++) {
        while (all[i].answers.size == 0 && many_is_open(&all[i])) {
            many_hear(&served, all, n, 10);
        }
    }
}

static void one_that_is_cancelled_ends_alone(void **state) {
    (void)state;
    struct many all[N_SLOTS + 2];
    for (unsigned i = 0; i < BASE_COUNT(all); i++) {
        ask_long(&all[i], i, i);
        many_send(&served, &all[i]);
    }
    hear_all_begin(all, N_SLOTS);
    /* Two wait for a slot: one of these ends at once, though no slot is free. */
    many_cancel(&served, &all[N_SLOTS + 1]);
    hear_until(all, BASE_COUNT(all), &all[N_SLOTS + 1]);
    assert_int_equal(all[N_SLOTS + 1].error.code, INGLE_CANCELLED);
    assert_int_equal(all[N_SLOTS + 1].answers.size, 0);
    many_cancel(&served, &all[2]);
    hear_until(all, BASE_COUNT(all), &all[2]);
    for (unsigned i = 0; i < BASE_COUNT(all); i++) {
        hear_until(all, BASE_COUNT(all), &all[i]);
        if (!all[i].was_cancelled) assert_int_equal(all[i].error.code, INGLE_CONTEXT_FULL);
        many_clear(&all[i]);
    }
}

/* All slots are busy for far longer than this takes. False: it took long, or they no longer were,
 * for which another may be to blame who had the processor. */
static bool waits_for_nobody(ask_fn light) {
    struct many all[N_SLOTS + 1], *one = &all[N_SLOTS];
    for (unsigned i = 0; i < N_SLOTS; i++) {
        ask_long(&all[i], i, i);
        many_send(&served, &all[i]);
    }
    hear_all_begin(all, N_SLOTS);
    light(one, 100, 1);
    many_send(&served, one);
    hear_until(all, BASE_COUNT(all), one);
    assert_int_equal(one->error.code, INGLE_OK);
    double ms = one->done_ms - one->sent_ms;
    bool is_quick = SANITIZED || ms < 50;
    for (unsigned i = 0; i < N_SLOTS; i++) is_quick &= many_is_open(&all[i]);
    for (unsigned i = 0; i < N_SLOTS; i++) {
        many_cancel(&served, &all[i]);
        hear_until(all, BASE_COUNT(all), &all[i]);
        many_clear(&all[i]);
    }
    many_clear(one);
    print_message("a light request took %.2f ms\n", ms);
    return is_quick;
}

static void what_is_light_waits_for_nobody(void **state) {
    (void)state;
    static const ask_fn light[] = {ask_tokenize,   ask_count,    ask_template,
                                   ask_detokenize, ask_document, ask_redact};
    for (unsigned i = 0; i < BASE_COUNT(light); i++) {
        int n_tries = 1;
        while (!waits_for_nobody(light[i])) assert_true(++n_tries <= 50);
    }
}

/* All slots are taken, two wait for the next one, and the one that is less urgent waits longer.
 * False: it was not the later one alone that had an answer when that had ended; so it is as well if
 * the slot became free before both were there, or two did. */
static bool is_urgent_first(void) {
    struct many all[N_SLOTS + 2], *patient = &all[N_SLOTS], *urgent = &all[N_SLOTS + 1];
    for (unsigned i = 0; i < N_SLOTS; i++) {
        ask_long(&all[i], i, i);
        many_send(&served, &all[i]);
    }
    hear_all_begin(all, N_SLOTS);
    ask_generate(patient, 1, 1);
    ask_generate(urgent, 2, 2);
    patient->asker.urgency = URGENCY_BACKGROUND;
    many_send(&served, patient);
    many_send(&served, urgent);
    usleep(20000);
    many_cancel(&served, &all[3]);
    hear_until(all, BASE_COUNT(all), urgent);
    bool came_first = many_is_open(patient) && patient->answers.size == 0;
    for (unsigned i = 0; i < N_SLOTS; i++) came_first &= i == 3 || many_is_open(&all[i]);
    for (unsigned i = 0; i < BASE_COUNT(all); i++) {
        if (many_is_open(&all[i])) many_cancel(&served, &all[i]);
        hear_until(all, BASE_COUNT(all), &all[i]);
        many_clear(&all[i]);
    }
    return came_first;
}

static void the_urgent_come_first(void **state) {
    (void)state;
    int n_tries = 1;
    while (!is_urgent_first()) assert_true(++n_tries <= 50);
}

/* ---- clients ---- */

static size_t reused_by(uint64_t client, unsigned i) {
    struct many m;
    struct msg_generated result = {0};
    ask_generate(&m, client, i);
    m.visit_result = msg_generated;
    m.message = &result;
    m.message_size = sizeof result;
    many_run(&served, &m, 1, 1);
    assert_int_equal(m.error.code, INGLE_OK);
    many_clear(&m);
    return result.n_reused;
}

static void nobody_learns_what_another_said(void **state) {
    (void)state;
    assert_int_equal(reused_by(1000, 33), 0);
    assert_true(reused_by(1000, 33) > 50);
    assert_int_equal(reused_by(1001, 33), 0);
    assert_true(reused_by(1000, 33) > 50);
    assert_true(reused_by(1001, 33) > 50);
    /* Nor by tokens that a slot still held of somebody else: more clients than slots. */
    for (unsigned i = 0; i < 3 * N_SLOTS; i++) assert_int_equal(reused_by(2000 + i, 33), 0);
}

static void a_client_goes_on_in_any_slot(void **state) {
    (void)state;
    struct many all[3];
    assert_int_equal(reused_by(3000, 41), 0);
    for (unsigned i = 0; i < BASE_COUNT(all); i++) {
        ask_long(&all[i], 3000, 17);
        many_send(&served, &all[i]);
    }
    hear_all_begin(all, BASE_COUNT(all));
    struct many m[4] = {all[0], all[1], all[2]};
    struct msg_generated result = {0};
    ask_generate(&m[3], 3000, 41);
    m[3].visit_result = msg_generated;
    m[3].message = &result;
    m[3].message_size = sizeof result;
    many_send(&served, &m[3]);
    hear_until(m, 4, &m[3]);
    assert_true(result.n_reused > 50);
    for (unsigned i = 0; i < 4; i++) {
        if (many_is_open(&m[i])) many_cancel(&served, &m[i]);
        hear_until(m, 4, &m[i]);
        many_clear(&m[i]);
    }
}

static void the_client_not_heard_of_is_forgotten(void **state) {
    (void)state;
    assert_int_equal(reused_by(4000, 55), 0);
    for (unsigned i = 0; i < CLIENTS_MAX; i++) (void)reused_by(4001 + i, 55);
    assert_true(reused_by(4000 + CLIENTS_MAX, 55) > 0);
    assert_int_equal(reused_by(4000, 55), 0);
}

static void what_would_be_of_all_clients_is_refused(void **state) {
    (void)state;
    struct many m;
    const struct msg_intent again = {.text = {"hm", 2}, .same_labels = true, .n_top = 1};
    many_ask(&m, MSG_REMEMBER, 1, msg_empty, NULL);
    many_run(&served, &m, 1, 1);
    assert_int_equal(m.error.code, INGLE_REFUSED);
    assert_non_null(strstr(m.error.msg, "several clients"));
    many_clear(&m);
    many_ask(&m, MSG_INTENT, 1, msg_intent, &again);
    many_run(&served, &m, 1, 1);
    assert_int_equal(m.error.code, INGLE_REFUSED);
    many_clear(&m);
}

/* ---- the end ---- */

/* In a process of its own: the worker ends it. */
static void end_front(void) {
    struct many all[N_SLOTS];
    if (!serving_start_slots(&served, N_CTX, N_SLOTS)) _exit(2);
    for (unsigned i = 0; i < N_SLOTS; i++) {
        ask_long(&all[i], i, i);
        many_send(&served, &all[i]);
    }
    hear_all_begin(all, N_SLOTS);
    atomic_store(&serving_may_end, true);
    close(served.sockets[0]);
    sleep(30);
    _exit(3);
}

static void the_death_of_the_front_ends_all(void **state) {
    (void)state;
    int how;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) end_front();
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
}

static int start(void **state) {
    (void)state;
    bool is_up = serving_start(&alone, N_CTX) && serving_start_slots(&served, N_CTX, N_SLOTS);
    return is_up ? 0 : -1;
}

int main(void) {
    /* It forks, so it comes before there are threads. */
    const struct CMUnitTest first[] = {
        cmocka_unit_test(the_death_of_the_front_ends_all),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_requests_are_answered_as_if_each_were_alone),
        cmocka_unit_test(one_that_is_cancelled_ends_alone),
        cmocka_unit_test(what_is_light_waits_for_nobody),
        cmocka_unit_test(the_urgent_come_first),
        cmocka_unit_test(nobody_learns_what_another_said),
        cmocka_unit_test(a_client_goes_on_in_any_slot),
        cmocka_unit_test(the_client_not_heard_of_is_forgotten),
        cmocka_unit_test(what_would_be_of_all_clients_is_refused),
    };
    int failed = cmocka_run_group_tests(first, NULL, NULL);
    return failed ? failed : cmocka_run_group_tests(tests, start, NULL);
}
