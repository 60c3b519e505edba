/* The whole path: messages to prompt to answer, with models of random weights that would write
 * anything if they were let. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "support/chat_model.h"
#include "support/fixture.h"
#include "support/folder.h"

#define N_CTX 2048

/* What came of a reply: events put together, and the result. */
struct heard {
    ingle_status status;
    ingle_error err;
    ingle_chat_result result;
    struct buf thinking, text, arguments;
    size_t n_begun, n_ended;
    char name[64], id[64];
    bool wrong; /* a call that no tool takes, or events out of order */
    int n_events, stop_at;
};

static bool hear(const ingle_chat_event *event, void *user) {
    struct heard *h = user;
    h->n_events++;
    switch (event->kind) {
    case INGLE_CHAT_THINKING:
        buf_add(&h->thinking, event->text, event->len);
        break;
    case INGLE_CHAT_TEXT:
        buf_add(&h->text, event->text, event->len);
        break;
    case INGLE_CHAT_CALL:
        h->wrong = h->wrong || event->call != h->n_ended || h->n_begun != h->n_ended;
        h->n_begun++;
        buf_reset(&h->arguments);
        snprintf(h->name, sizeof h->name, "%s", event->name);
        snprintf(h->id, sizeof h->id, "%s", event->id);
        break;
    case INGLE_CHAT_ARGUMENTS:
        buf_add(&h->arguments, event->text, event->len);
        break;
    case INGLE_CHAT_CALL_END:
        h->n_ended++;
        if (!chat_tools_take(h->name, h->arguments.data))
            fail_msg("%s(%s)", h->name, h->arguments.data);
        break;
    }
    return h->n_events != h->stop_at;
}

static void forget(struct heard *h) {
    buf_clear(&h->thinking);
    buf_clear(&h->text);
    buf_clear(&h->arguments);
}

/* One reply, in a session of its own unless there is one. */
static void listen_in(struct heard *h, ingle_chat *chat, const ingle_model *model,
                      ingle_session *session, uint64_t seed,
                      const ingle_chat_reply_options *given) {
    ingle_sampling_options sampling = ingle_sampling_options_default();
    ingle_chat_reply_options options = given ? *given : ingle_chat_reply_options_default();
    int stop_at = h->stop_at;
    *h = (struct heard){.stop_at = stop_at};
    buf_init(&h->thinking, 1 << 20);
    buf_init(&h->text, 1 << 20);
    buf_init(&h->arguments, 1 << 20);
    sampling.seed = seed;
    sampling.temperature = 1.0f;
    sampling.top_k = 0;
    sampling.top_p = 1.0f;
    sampling.min_p = 0;
    options.on_event = hear;
    options.user = h;
    if (!given) options.max_tokens = 600;
    ingle_sampler *sampler = fixture_sampler(model, &sampling);
    h->status = ingle_chat_reply(chat, session, sampler, &options, &h->result, &h->err);
    ingle_sampler_free(sampler);
}

static void listen(struct heard *h, ingle_chat *chat, const ingle_model *model, uint64_t seed,
                   const ingle_chat_reply_options *given) {
    ingle_session *session =
        fixture_session(model, (struct fixture_session){.n_ctx = N_CTX, .n_threads = 2});
    listen_in(h, chat, model, session, seed, given);
    if (h->status != INGLE_OK) fail_msg("%s", h->err.msg);
    ingle_session_free(session);
}

static ingle_chat_options with_tools(ingle_tool_choice choice) {
    ingle_chat_options options = ingle_chat_options_default();
    options.tools = chat_test_tools;
    options.tool_choice = choice;
    options.tool_name = "place";
    options.id_seed = 7;
    return options;
}

static ingle_chat *asked(const ingle_model *model, const ingle_chat_options *options) {
    ingle_chat *chat = chat_of(model, options);
    assert_int_equal(ingle_chat_add(chat, "user", "Go on.", 6, NULL), INGLE_OK);
    return chat;
}

static ingle_chat_message last_message(ingle_chat *chat) {
    ingle_chat_message m;
    size_t n = ingle_chat_n_messages(chat);
    assert_int_equal(ingle_chat_get_message(chat, n - 1, &m, NULL), INGLE_OK);
    return m;
}

/* ---- tools ---- */

enum { N_SEEDS = 12 };

/* The message holds what the events told. */
static void check_calls(ingle_chat *chat, const struct heard *h) {
    if (h->wrong) fail_msg("Events out of order: %zu, %zu", h->n_begun, h->n_ended);
    assert_int_equal(h->result.n_calls, h->n_ended);
    assert_true(h->result.has_message);
    ingle_chat_message m = last_message(chat);
    assert_string_equal(m.role, "assistant");
    assert_int_equal(m.n_calls, h->n_ended);
    for (size_t i = 0; i < m.n_calls; i++) {
        assert_true(chat_tools_take(m.calls[i].name, m.calls[i].arguments));
        for (size_t k = 0; k < i; k++) assert_string_not_equal(m.calls[i].id, m.calls[k].id);
    }
    if (h->result.reason == INGLE_STOP_TOOL) assert_true(m.n_calls > 0);
    if (h->result.reason == INGLE_STOP_END) assert_int_equal(m.n_calls, 0);
}

static void required_calls_come_and_are_valid_in_every_family(void **state) {
    (void)state;
    for (size_t f = 0; chat_family(f); f++) {
        ingle_model *model = chat_model(chat_family(f)->source, false);
        const ingle_tool_choice choices[] = {INGLE_TOOLS_REQUIRED, INGLE_TOOLS_NAMED};
        for (size_t c = 0; c < BASE_COUNT(choices); c++) {
            ingle_chat_options options = with_tools(choices[c]);
            options.one_call = true;
            for (uint64_t seed = 0; seed < N_SEEDS; seed++) {
                struct heard h = {0};
                ingle_chat *chat = asked(model, &options);
                assert_string_equal(ingle_chat_get_info(chat).tool_format, chat_family(f)->format);
                listen(&h, chat, model, seed, NULL);
                check_calls(chat, &h);
                if (h.result.reason != INGLE_STOP_TOOL || h.n_ended != 1) {
                    fail_msg("%s, seed %d: reason %d, %zu calls, arguments %s",
                             chat_family(f)->format, (int)seed, (int)h.result.reason, h.n_ended,
                             h.arguments.data ? h.arguments.data : "");
                }
                assert_int_equal(h.text.size, 0);
                if (choices[c] == INGLE_TOOLS_NAMED) assert_string_equal(h.name, "place");
                forget(&h);
                ingle_chat_free(chat);
            }
        }
        ingle_model_close(model);
    }
}

static void calls_that_are_free_to_come_are_valid_in_every_family(void **state) {
    (void)state;
    for (size_t f = 0; chat_family(f); f++) {
        ingle_model *model = chat_model(chat_family(f)->source, false);
        const ingle_tool_choice choices[] = {INGLE_TOOLS_AUTO, INGLE_TOOLS_REQUIRED};
        for (size_t c = 0; c < BASE_COUNT(choices); c++) {
            ingle_chat_options options = with_tools(choices[c]);
            for (uint64_t seed = 0; seed < N_SEEDS; seed++) {
                struct heard h = {0};
                ingle_chat *chat = asked(model, &options);
                listen(&h, chat, model, 100 + seed, NULL);
                check_calls(chat, &h);
                if (choices[c] == INGLE_TOOLS_REQUIRED) assert_true(h.n_ended > 0);
                forget(&h);
                ingle_chat_free(chat);
            }
        }
        ingle_model_close(model);
    }
}

static void results_answer_calls_and_the_conversation_goes_on(void **state) {
    (void)state;
    for (size_t f = 0; chat_family(f); f++) {
        ingle_model *model = chat_model(chat_family(f)->source, false);
        ingle_chat_options options = with_tools(INGLE_TOOLS_REQUIRED);
        struct heard h = {0};
        const char *text;
        size_t len;
        options.one_call = true;
        ingle_chat *chat = asked(model, &options);
        ingle_session *session =
            fixture_session(model, (struct fixture_session){.n_ctx = N_CTX, .n_threads = 2});
        listen_in(&h, chat, model, session, 3, NULL);
        assert_int_equal(h.status, INGLE_OK);
        assert_int_equal(h.result.reason, INGLE_STOP_TOOL);
        assert_int_equal(ingle_chat_add(chat, "tool", "Done.", 5, NULL), INGLE_OK);
        ingle_chat_message m = last_message(chat);
        assert_string_equal(m.call_id, h.id);
        assert_int_equal(ingle_chat_render(chat, &text, &len, NULL), INGLE_OK);
        assert_non_null(strstr(text, h.name));
        assert_non_null(strstr(text, "Done."));
        forget(&h);
        listen_in(&h, chat, model, session, 4, NULL);
        assert_int_equal(h.status, INGLE_OK);
        assert_true(h.result.n_reused > 20);
        assert_int_equal(ingle_chat_n_messages(chat), 4);
        forget(&h);
        ingle_session_free(session);
        ingle_chat_free(chat);
        ingle_model_close(model);
    }
}

static void tools_that_may_not_be_called_are_not_shown_nor_called(void **state) {
    (void)state;
    for (size_t f = 0; chat_family(f); f++) {
        ingle_model *model = chat_model(chat_family(f)->source, false);
        ingle_chat_options options = with_tools(INGLE_TOOLS_NONE);
        const char *text;
        size_t len;
        for (uint64_t seed = 0; seed < N_SEEDS; seed++) {
            struct heard h = {0};
            ingle_chat *chat = asked(model, &options);
            assert_int_equal(ingle_chat_render(chat, &text, &len, NULL), INGLE_OK);
            assert_null(strstr(text, "pick"));
            listen(&h, chat, model, seed, NULL);
            assert_int_equal(h.n_begun, 0);
            const char *marker = chat_family(f)->marker;
            if (marker && h.text.data) assert_null(strstr(h.text.data, marker));
            forget(&h);
            ingle_chat_free(chat);
        }
        ingle_model_close(model);
    }
}

/* ---- thinking ---- */

static ingle_chat_options thinking(ingle_think think, int budget) {
    ingle_chat_options options = ingle_chat_options_default();
    options.think = think;
    options.think_budget = budget;
    return options;
}

static void thinking_that_is_off_never_comes(void **state) {
    (void)state;
    const char *const sources[] = {chat_thinking_template, chat_always_thinking_template};
    for (size_t i = 0; i < BASE_COUNT(sources); i++) {
        ingle_model *model = chat_model(sources[i], false);
        ingle_chat_options options = thinking(INGLE_THINK_OFF, -1);
        for (uint64_t seed = 0; seed < 2 * N_SEEDS; seed++) {
            struct heard h = {0};
            const char *text;
            size_t len;
            ingle_chat *chat = asked(model, &options);
            assert_false(ingle_chat_get_info(chat).thinks);
            assert_int_equal(ingle_chat_render(chat, &text, &len, NULL), INGLE_OK);
            assert_string_equal(text + len - 19, "<think>\n\n</think>\n\n");
            listen(&h, chat, model, seed, NULL);
            assert_int_equal(h.thinking.size, 0);
            assert_int_equal(h.result.n_thinking, 0);
            assert_true(!h.text.data || !strstr(h.text.data, "<think>"));
            forget(&h);
            ingle_chat_free(chat);
        }
        ingle_model_close(model);
    }
}

static void a_budget_closes_thinking_and_the_answer_follows(void **state) {
    (void)state;
    const char *const sources[] = {chat_thinking_template, chat_always_thinking_template};
    const int budgets[] = {0, 1, 17};
    int n_used_up = 0;
    for (size_t i = 0; i < BASE_COUNT(sources); i++) {
        ingle_model *model = chat_model(sources[i], false);
        for (size_t b = 0; b < BASE_COUNT(budgets); b++) {
            ingle_chat_options options = thinking(INGLE_THINK_ON, budgets[b]);
            for (uint64_t seed = 0; seed < N_SEEDS; seed++) {
                struct heard h = {0};
                ingle_chat *chat = asked(model, &options);
                assert_true(ingle_chat_get_info(chat).thinks);
                listen(&h, chat, model, seed, NULL);
                /* The marker is one token here, two line breaks are two. */
                assert_true(h.result.n_thinking <= budgets[b] + 3);
                assert_true(h.result.n_thinking > 0);
                assert_true(h.result.n_answer > 0);
                n_used_up += h.result.budget_used_up;
                assert_null(h.thinking.data ? strstr(h.thinking.data, "</think>") : NULL);
                ingle_chat_message m = last_message(chat);
                assert_int_equal(m.thinking_len, h.thinking.size);
                assert_int_equal(m.text_len, h.text.size);
                forget(&h);
                ingle_chat_free(chat);
            }
        }
        ingle_model_close(model);
    }
    assert_true(n_used_up > N_SEEDS);
}

static void calls_follow_thinking(void **state) {
    (void)state;
    static const char source[] =
        "{%- if tools -%}{{- (tools | tojson) + '<tool_call><think>' -}}{%- endif -%}"
        "{%- for m in messages -%}{{- m.role + (m.content or '') -}}{%- endfor -%}";
    ingle_model *model = chat_model(source, false);
    ingle_chat_options options = with_tools(INGLE_TOOLS_REQUIRED);
    options.think = INGLE_THINK_ON;
    options.think_budget = 9;
    options.one_call = true;
    for (uint64_t seed = 0; seed < N_SEEDS; seed++) {
        struct heard h = {0};
        ingle_chat *chat = asked(model, &options);
        listen(&h, chat, model, seed, NULL);
        assert_int_equal(h.result.reason, INGLE_STOP_TOOL);
        assert_int_equal(h.n_ended, 1);
        check_calls(chat, &h);
        forget(&h);
        ingle_chat_free(chat);
    }
    ingle_model_close(model);
}

/* ---- ends ---- */

static void a_full_context_is_told_before_anything_happens(void **state) {
    (void)state;
    ingle_model *model = chat_model(NULL, false);
    ingle_chat *chat = asked(model, NULL);
    struct heard h = {0};
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = 20});
    listen_in(&h, chat, model, session, 1, NULL);
    expect_refusal(h.status, INGLE_CONTEXT_FULL, &h.err, "20 tokens");
    assert_int_equal(h.n_events, 0);
    assert_int_equal(ingle_chat_n_messages(chat), 1);
    assert_int_equal(ingle_session_n_tokens(session), 0);
    forget(&h);
    ingle_session_free(session);
    session = fixture_session(model, (struct fixture_session){.n_ctx = 64});
    listen_in(&h, chat, model, session, 2,
              &(ingle_chat_reply_options){
                  .size = sizeof(ingle_chat_reply_options), .max_tokens = -1, .stop_loops = true});
    assert_int_equal(h.status, INGLE_OK);
    assert_true(h.result.reason == INGLE_STOP_LENGTH || h.result.reason == INGLE_STOP_END);
    assert_int_equal(h.result.context_full, h.result.reason == INGLE_STOP_LENGTH);
    forget(&h);
    ingle_session_free(session);
    ingle_chat_free(chat);
    ingle_model_close(model);
}

static void a_cancelled_answer_is_kept_or_dropped(void **state) {
    (void)state;
    ingle_model *model = chat_model(NULL, false);
    for (int drop = 0; drop < 2; drop++) {
        ingle_chat_reply_options options = ingle_chat_reply_options_default();
        struct heard h = {.stop_at = 3};
        ingle_chat *chat = asked(model, NULL);
        options.drop_partial = drop == 1;
        listen(&h, chat, model, 1, &options);
        assert_int_equal(h.result.reason, INGLE_STOP_CANCEL);
        assert_int_equal(h.n_events, 3);
        assert_int_equal(h.result.has_message, drop == 0);
        assert_int_equal(ingle_chat_n_messages(chat), drop == 0 ? 2 : 1);
        if (drop == 0) assert_int_equal(last_message(chat).text_len, h.text.size);
        forget(&h);
        ingle_chat_free(chat);
    }
    ingle_model_close(model);
}

static void stop_strings_end_the_text_and_are_no_part_of_it(void **state) {
    (void)state;
    ingle_model *model = chat_model(NULL, false);
    static const char *const stops[] = {"e", "a", "t"};
    ingle_chat_reply_options options = ingle_chat_reply_options_default();
    options.stops = stops;
    options.n_stops = BASE_COUNT(stops);
    int n_stopped = 0;
    for (uint64_t seed = 0; seed < N_SEEDS; seed++) {
        struct heard h = {0};
        ingle_chat *chat = asked(model, NULL);
        listen(&h, chat, model, seed, &options);
        bool was_stopped = h.result.reason == INGLE_STOP_STRING;
        n_stopped += was_stopped;
        assert_true(was_stopped ? h.result.stop >= 0 && h.result.stop < 3 : h.result.stop == -1);
        assert_null(h.text.data ? strpbrk(h.text.data, "eat") : NULL);
        assert_int_equal(last_message(chat).text_len, h.text.size);
        forget(&h);
        ingle_chat_free(chat);
    }
    assert_true(n_stopped > N_SEEDS / 2);
    ingle_model_close(model);
}

static void the_same_seeds_give_the_same_answer(void **state) {
    (void)state;
    ingle_model *model = chat_model(chat_family(1)->source, false);
    ingle_chat_options options = with_tools(INGLE_TOOLS_REQUIRED);
    char first[64] = "";
    for (int turn = 0; turn < 2; turn++) {
        struct heard h = {0};
        ingle_chat *chat = asked(model, &options);
        listen(&h, chat, model, 5, NULL);
        if (turn == 0) snprintf(first, sizeof first, "%s", h.id);
        assert_string_equal(first, h.id);
        forget(&h);
        ingle_chat_free(chat);
    }
    ingle_model_close(model);
}

static void a_constraint_holds_the_text_after_thinking(void **state) {
    (void)state;
    static const char *const choices[] = {"yes", "no"};
    ingle_model *model = chat_model(chat_thinking_template, false);
    ingle_constraint *constraint;
    assert_int_equal(ingle_constraint_new_choices(&constraint, model, choices, 2, NULL), INGLE_OK);
    const ingle_think modes[] = {INGLE_THINK_AUTO, INGLE_THINK_ON, INGLE_THINK_OFF};
    for (size_t i = 0; i < BASE_COUNT(modes); i++) {
        ingle_chat_options options = thinking(modes[i], 5);
        ingle_chat_reply_options reply = ingle_chat_reply_options_default();
        reply.constraint = constraint;
        for (uint64_t seed = 0; seed < N_SEEDS; seed++) {
            struct heard h = {0};
            ingle_chat *chat = asked(model, &options);
            listen(&h, chat, model, seed, &reply);
            assert_int_equal(h.result.reason, INGLE_STOP_END);
            if (strcmp(h.text.data, "yes") != 0) assert_string_equal(h.text.data, "no");
            assert_true((h.result.n_thinking > 0) == (modes[i] == INGLE_THINK_ON));
            forget(&h);
            ingle_chat_free(chat);
        }
    }
    ingle_chat_options options = with_tools(INGLE_TOOLS_AUTO);
    struct heard h = {0};
    ingle_chat *chat = asked(model, &options);
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = N_CTX});
    ingle_chat_reply_options reply = ingle_chat_reply_options_default();
    reply.constraint = constraint;
    listen_in(&h, chat, model, session, 1, &reply);
    expect_refusal(h.status, INGLE_BAD_ARGUMENT, &h.err, "exclude");
    forget(&h);
    ingle_session_free(session);
    ingle_chat_free(chat);
    ingle_constraint_free(constraint);
    ingle_model_close(model);
}

static void arguments_of_a_reply_are_checked(void **state) {
    (void)state;
    ingle_model *model = chat_model(NULL, false), *other = chat_model(NULL, false);
    ingle_chat *chat = chat_of(model, NULL);
    struct heard h = {0};
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = N_CTX}),
                  *foreign = fixture_session(other, (struct fixture_session){.n_ctx = N_CTX});
    listen_in(&h, chat, model, session, 1, NULL);
    expect_refusal(h.status, INGLE_BAD_ARGUMENT, &h.err, "no message");
    forget(&h);
    assert_int_equal(ingle_chat_add(chat, "user", "U", 1, NULL), INGLE_OK);
    listen_in(&h, chat, model, foreign, 1, NULL);
    expect_refusal(h.status, INGLE_BAD_ARGUMENT, &h.err, "another model");
    forget(&h);
    ingle_chat_reply_options options = ingle_chat_reply_options_default();
    options.max_tokens = -2;
    listen_in(&h, chat, model, session, 1, &options);
    expect_refusal(h.status, INGLE_BAD_ARGUMENT, &h.err, "max_tokens");
    forget(&h);
    options.max_tokens = 0;
    listen_in(&h, chat, model, session, 1, &options);
    assert_int_equal(h.status, INGLE_OK);
    assert_int_equal(h.result.reason, INGLE_STOP_LENGTH);
    assert_false(h.result.context_full);
    forget(&h);
    ingle_session_free(session);
    ingle_session_free(foreign);
    ingle_chat_free(chat);
    ingle_model_close(model);
    ingle_model_close(other);
}

static bool note(const char *text, size_t len, void *user) {
    buf_add(user, text, len);
    return true;
}

/* The one token that greedy choice makes after a few others. */
static ingle_token one_token(const ingle_model *model, const ingle_sampling_options *sampling,
                             ingle_generate_options options, struct buf *text) {
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = 64});
    ingle_sampler *sampler = fixture_sampler(model, sampling);
    ingle_generate_result result;
    fixture_eval(session, (const ingle_token[]){1, 2, 3}, 3);
    options.max_tokens = 1;
    options.on_text = note;
    options.user = text;
    buf_reset(text);
    assert_int_equal(ingle_session_generate(session, sampler, &options, &result, NULL), INGLE_OK);
    ingle_sampler_free(sampler);
    ingle_session_free(session);
    return result.last;
}

static void generation_knows_forbidden_tokens_and_control_text(void **state) {
    (void)state;
    ingle_model *model = chat_model(NULL, false);
    ingle_sampling_options sampling = ingle_sampling_options_default();
    ingle_generate_options options = ingle_generate_options_default();
    struct buf text = {.max = 64};
    sampling.temperature = 0;
    ingle_token first = one_token(model, &sampling, options, &text);
    options.never = &first;
    options.n_never = 1;
    assert_int_not_equal(one_token(model, &sampling, options, &text), first);

    ingle_token mark;
    size_t n;
    assert_int_equal(
        ingle_tokenize(model, "<|im_start|>", 12, INGLE_TOKENIZE_PARSE_SPECIAL, &mark, 1, &n, NULL),
        INGLE_OK);
    const ingle_logit_bias bias = {mark, 1000.0f};
    sampling.logit_bias = &bias;
    sampling.n_logit_bias = 1;
    assert_int_equal(one_token(model, &sampling, options, &text), mark);
    assert_int_equal(text.size, 0);
    options.control_text = &mark;
    options.n_control_text = 1;
    assert_int_equal(one_token(model, &sampling, options, &text), mark);
    assert_string_equal(text.data, "<|im_start|>");
    buf_clear(&text);

    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = 64});
    ingle_sampler *sampler = fixture_sampler(model, NULL);
    ingle_generate_result result;
    ingle_error err;
    const ingle_token outside = 100000;
    fixture_eval(session, (const ingle_token[]){1, 2, 3}, 3);
    options.never = &outside;
    expect_refusal(ingle_session_generate(session, sampler, &options, &result, &err),
                   INGLE_BAD_ARGUMENT, &err, "100000");
    options.never = NULL;
    expect_refusal(ingle_session_generate(session, sampler, &options, &result, &err),
                   INGLE_BAD_ARGUMENT, &err, "never");
    ingle_sampler_free(sampler);
    ingle_session_free(session);
    ingle_model_close(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(required_calls_come_and_are_valid_in_every_family),
        cmocka_unit_test(calls_that_are_free_to_come_are_valid_in_every_family),
        cmocka_unit_test(results_answer_calls_and_the_conversation_goes_on),
        cmocka_unit_test(tools_that_may_not_be_called_are_not_shown_nor_called),
        cmocka_unit_test(thinking_that_is_off_never_comes),
        cmocka_unit_test(a_budget_closes_thinking_and_the_answer_follows),
        cmocka_unit_test(calls_follow_thinking),
        cmocka_unit_test(a_full_context_is_told_before_anything_happens),
        cmocka_unit_test(a_cancelled_answer_is_kept_or_dropped),
        cmocka_unit_test(stop_strings_end_the_text_and_are_no_part_of_it),
        cmocka_unit_test(the_same_seeds_give_the_same_answer),
        cmocka_unit_test(a_constraint_holds_the_text_after_thinking),
        cmocka_unit_test(arguments_of_a_reply_are_checked),
        cmocka_unit_test(generation_knows_forbidden_tokens_and_control_text),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
