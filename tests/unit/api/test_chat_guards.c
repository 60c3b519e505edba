/* What watches over an answer watches over a chat's too, and seeds replay there. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "support/answer.h"
#include "support/fixture.h"
#include "support/folder.h"

#define N_CTX 2500
#define MAX_TOKENS 2000

static ingle_model *model;

static int open_all(void **state) {
    if (folder_make(state) != 0) return -1;
    model = fixture_model(&(struct make_model_spec){.n_layer = 1, .seed = 3}, NULL);
    return 0;
}

static int close_all(void **state) {
    ingle_model_close(model);
    return folder_remove(state);
}

/* One conversation: what was said in it, and to whom. */
struct talk {
    ingle_session *session;
    ingle_chat *chat;
    char text[8192];
    size_t len;
    int stop_at; /* an event; 0 = never */
    int n_events;
    ingle_token tokens[MAX_TOKENS];
    int n_tokens;
};

static void talk_begin(struct talk *t, int n_threads) {
    *t = (struct talk){0};
    t->session =
        fixture_session(model, (struct fixture_session){.n_ctx = N_CTX, .n_threads = n_threads});
    assert_int_equal(ingle_chat_new(&t->chat, model, NULL, NULL), INGLE_OK);
    assert_int_equal(ingle_chat_add(t->chat, "user", "Hello.", 6, NULL), INGLE_OK);
}

static void talk_end(struct talk *t) {
    ingle_chat_free(t->chat);
    ingle_session_free(t->session);
}

static bool take_event(const ingle_chat_event *event, void *user) {
    struct talk *t = user;
    assert_int_equal(event->kind, INGLE_CHAT_TEXT);
    assert_true(t->len + event->len < sizeof t->text);
    memcpy(t->text + t->len, event->text, event->len);
    t->len += event->len;
    t->text[t->len] = '\0';
    return ++t->n_events != t->stop_at;
}

static bool take_token(const ingle_token_report *report, void *user) {
    struct talk *t = user;
    assert_in_range(t->n_tokens, 0, MAX_TOKENS - 1);
    assert_true(report->logprob < 0 && report->n_top == 2);
    assert_true(report->top[0].logprob >= report->top[1].logprob);
    t->tokens[t->n_tokens++] = report->token;
    return true;
}

static ingle_chat_result reply(struct talk *t, const char *allowed, uint64_t seed, int max_tokens,
                               bool stop_loops) {
    ingle_sampler *sampler = answer_sampler(model, allowed, seed);
    ingle_chat_reply_options options = ingle_chat_reply_options_default();
    assert_true(options.stop_loops);
    options.max_tokens = max_tokens;
    options.stop_loops = stop_loops;
    options.on_event = take_event;
    options.on_token = take_token;
    options.n_top = 2;
    options.user = t;
    t->len = 0;
    t->n_tokens = t->n_events = 0;
    ingle_chat_result result;
    assert_int_equal(ingle_chat_reply(t->chat, t->session, sampler, &options, &result, NULL),
                     INGLE_OK);
    ingle_sampler_free(sampler);
    assert_int_equal(t->n_tokens, result.n_answer + result.n_thinking);
    return result;
}

static void a_run_away_answer_is_ended(void **state) {
    (void)state;
    static struct talk t;
    talk_begin(&t, 1);
    ingle_chat_result result = reply(&t, "a", 1, -1, true);
    assert_int_equal(result.reason, INGLE_STOP_LOOP);
    assert_in_range(result.n_answer, 1024, 1100);
    assert_true(result.has_message); /* what there is of it stays */
    assert_int_equal(t.len, result.n_answer);
    talk_end(&t);
}

static void it_may_be_let_go_on(void **state) {
    (void)state;
    static struct talk t;
    talk_begin(&t, 1);
    ingle_chat_result result = reply(&t, "a", 1, 1500, false);
    assert_int_equal(result.reason, INGLE_STOP_LENGTH);
    assert_int_equal(result.n_answer, 1500);
    talk_end(&t);
}

/* Of a model that begins another turn by itself: the marker is no text. */
static void stray_control_tokens_are_no_part_of_the_answer(void **state) {
    (void)state;
    static struct talk t;
    talk_begin(&t, 1);
    ingle_logit_bias bias[] = {{'a', 1000}, {256, 1000}};
    ingle_sampling_options sampling = ingle_sampling_options_default();
    sampling.logit_bias = bias;
    sampling.n_logit_bias = 2;
    sampling.temperature = 9;
    ingle_sampler *sampler = fixture_sampler(model, &sampling);
    ingle_chat_reply_options options = ingle_chat_reply_options_default();
    options.max_tokens = 60;
    options.on_event = take_event;
    options.user = &t;
    ingle_chat_result result;
    assert_int_equal(ingle_chat_reply(t.chat, t.session, sampler, &options, &result, NULL),
                     INGLE_OK);
    assert_int_equal(result.n_answer, 60);
    assert_in_range(t.len, 1, 59);
    assert_int_equal(strspn(t.text, "a"), t.len);
    ingle_chat_message message;
    assert_int_equal(ingle_chat_get_message(t.chat, 1, &message, NULL), INGLE_OK);
    assert_string_equal(message.text, t.text);
    ingle_sampler_free(sampler);
    talk_end(&t);
}

static void a_seed_replays_for_any_number_of_threads(void **state) {
    (void)state;
    static struct talk one, many;
    talk_begin(&one, 1);
    (void)reply(&one, "abcdefgh", 7, 200, true);
    for (int n_threads = 2; n_threads <= 5; n_threads += 3) {
        talk_begin(&many, n_threads);
        (void)reply(&many, "abcdefgh", 7, 200, true);
        assert_string_equal(many.text, one.text);
        assert_int_equal(many.n_tokens, one.n_tokens);
        assert_memory_equal(many.tokens, one.tokens, sizeof(ingle_token) * (size_t)one.n_tokens);
        talk_end(&many);
    }
    talk_end(&one);
}

/* The session holds parts of the prompt already, and of answers that are no longer there. */
static void a_seed_replays_after_answers_that_were_stopped_or_taken_back(void **state) {
    (void)state;
    static struct talk first, t;
    talk_begin(&first, 1);
    (void)reply(&first, "abcdefgh", 7, 150, true);
    talk_begin(&t, 1);
    for (int i = 1; i < 60; i += 19) {
        t.stop_at = i;
        ingle_chat_result result = reply(&t, "abcdefgh", 7, 150, true);
        assert_int_equal(result.reason, INGLE_STOP_CANCEL);
        assert_memory_equal(t.text, first.text, t.len);
        size_t n = ingle_chat_n_messages(t.chat);
        assert_int_equal(ingle_chat_replace(t.chat, 1, n - 1, NULL, 0, NULL), INGLE_OK);
    }
    t.stop_at = 0;
    (void)reply(&t, "abcdefgh", 7, 150, true);
    assert_string_equal(t.text, first.text);
    talk_end(&t);
    talk_end(&first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_away_answer_is_ended),
        cmocka_unit_test(it_may_be_let_go_on),
        cmocka_unit_test(stray_control_tokens_are_no_part_of_the_answer),
        cmocka_unit_test(a_seed_replays_for_any_number_of_threads),
        cmocka_unit_test(a_seed_replays_after_answers_that_were_stopped_or_taken_back),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
