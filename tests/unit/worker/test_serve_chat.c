/* worker/serve/serve_chat: a worker answers messages as a chat of this process does, with all that
 * an HTTP front will ask of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/json_tree.h"
#include "support/refusal.h"
#include "support/served_model.h"
#include "worker/serve/worker_main.h"
#include "worker/wire/msg_chat.h"
#include "worker/wire/msg_generate.h"

#define HELLO "[{\"role\": \"user\", \"content\": \"Hello there\"}]"
#define TOOLS                                                                                      \
    "[{\"type\": \"function\", \"function\": {\"name\": \"pick\", \"parameters\": {\"type\": "     \
    "\"object\", \"properties\": {\"side\": {\"enum\": [\"left\", \"right\"]}}, \"required\": "    \
    "[\"side\"], \"additionalProperties\": false}}}]"

/* All that came of a request. */
struct heard {
    struct arena arena;
    struct buf text, arguments, message, role;
    char call_id[64], call_name[64];
    struct msg_prompt prompt;
    size_t n_events, n_prompts, n_call_ends, n_tokens, n_messages, stop_after; /* 0 = never */
};

static bool hear_event(struct heard *h, const ingle_chat_event *e) {
    h->n_events++;
    switch (e->kind) {
    case INGLE_CHAT_THINKING:
        break;
    case INGLE_CHAT_TEXT:
        buf_add(&h->text, e->text, e->len);
        break;
    case INGLE_CHAT_CALL:
        assert_true(strlen(e->id) < sizeof h->call_id && strlen(e->name) < sizeof h->call_name);
        memcpy(h->call_id, e->id, strlen(e->id) + 1);
        memcpy(h->call_name, e->name, strlen(e->name) + 1);
        break;
    case INGLE_CHAT_ARGUMENTS:
        buf_add(&h->arguments, e->text, e->len);
        break;
    case INGLE_CHAT_CALL_END:
        h->n_call_ends++;
    }
    return h->n_events != h->stop_after;
}

static bool on_event(const ingle_chat_event *event, void *user) {
    return hear_event(user, event);
}

static bool hear(enum msg_type type, const void *body, size_t size, void *user) {
    struct heard *h = user;
    ingle_chat_event event;
    struct msg_message message;
    struct msg_token token;
    switch ((int)type) {
    case MSG_PROMPT:
        assert_int_equal(h->n_events + h->n_tokens, 0);
        h->n_prompts++;
        return wire_read(&h->prompt, sizeof h->prompt, msg_prompt, body, size, &h->arena, NULL) ==
               INGLE_OK;
    case MSG_EVENT:
        assert_int_equal(wire_read(&event, sizeof event, msg_event, body, size, &h->arena, NULL),
                         INGLE_OK);
        return hear_event(h, &event);
    case MSG_MESSAGE:
        assert_int_equal(
            wire_read(&message, sizeof message, msg_message, body, size, &h->arena, NULL),
            INGLE_OK);
        h->n_messages++;
        buf_add_str(&h->role, message.role);
        buf_add(&h->message, message.json.data, message.json.len);
        return true;
    case MSG_TOKEN:
        assert_int_equal(wire_read(&token, sizeof token, msg_token, body, size, &h->arena, NULL),
                         INGLE_OK);
        assert_int_equal(token.n_top, 2);
        assert_true(token.chosen.logprob <= 0 && token.top[0].logprob >= token.top[1].logprob);
        h->n_tokens++;
        return true;
    default:
        fail_msg("a message of type %d", (int)type);
        return false;
    }
}

static struct heard heard_new(void) {
    struct heard h = {.n_events = 0};
    struct buf *const bufs[] = {&h.text, &h.arguments, &h.message, &h.role};
    for (size_t i = 0; i < BASE_COUNT(bufs); i++) {
        buf_init(bufs[i], 1 << 20);
        buf_add_str(bufs[i], "");
    }
    arena_init(&h.arena, 1 << 24);
    return h;
}

static void heard_clear(struct heard *h) {
    buf_clear(&h->text);
    buf_clear(&h->arguments);
    buf_clear(&h->message);
    buf_clear(&h->role);
    arena_clear(&h->arena);
}

static struct msg_chat request(const char *messages) {
    struct msg_chat m = {
        .conversation = {.messages = {messages, strlen(messages)}, .think_budget = -1, .now = 1},
        .sampling = ingle_sampling_options_default(),
        .max_tokens = 24,
        .stop_loops = true,
        .n_logprobs = -1};
    m.sampling.seed = 7;
    return m;
}

static struct msg_chatted chat(struct worker *w, const struct msg_chat *m, struct heard *h) {
    struct msg_chatted told;
    const struct worker_ask ask = {.type = MSG_CHAT,
                                   .visit = msg_chat,
                                   .request = m,
                                   .visit_result = msg_chatted,
                                   .result = &told,
                                   .result_size = sizeof told,
                                   .on_answer = hear,
                                   .user = h};
    served_ask(w, INGLE_OK, &ask, NULL);
    return told;
}

static void chat_refused(struct worker *w, const struct msg_chat *m, ingle_status wanted,
                         const char *saying) {
    ingle_error err;
    const struct worker_ask ask = {.type = MSG_CHAT, .visit = msg_chat, .request = m};
    mark_error(&err);
    served_ask(w, wanted, &ask, &err);
    expect_refusal(wanted, wanted, &err, saying);
}

/* ---- answers ---- */

/* The same in this process. */
static void chat_here(const struct served_model *s, const struct msg_chat *m, struct heard *h,
                      ingle_chat_result *result) {
    ingle_chat_options options = ingle_chat_options_default();
    ingle_chat *c;
    ingle_sampler *sampler;
    ingle_chat_message message;
    options.now = 1;
    assert_int_equal(ingle_chat_new(&c, s->model, &options, NULL), INGLE_OK);
    assert_int_equal(
        ingle_chat_add_json(c, m->conversation.messages.data, m->conversation.messages.len, NULL),
        INGLE_OK);
    assert_int_equal(ingle_sampler_new(&sampler, s->model, &m->sampling, NULL), INGLE_OK);
    ingle_chat_reply_options opt = ingle_chat_reply_options_default();
    opt.max_tokens = m->max_tokens;
    opt.stop_loops = true;
    opt.on_event = on_event;
    opt.user = h;
    assert_int_equal(ingle_chat_reply(c, s->session, sampler, &opt, result, NULL), INGLE_OK);
    assert_int_equal(ingle_chat_get_message(c, ingle_chat_n_messages(c) - 1, &message, NULL),
                     INGLE_OK);
    buf_add(&h->message, message.json, message.json_len);
    ingle_sampler_free(sampler);
    ingle_chat_free(c);
}

static void a_worker_says_what_this_process_would_say(void **state) {
    struct worker *w = served_worker(NULL);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct heard here = heard_new(), there = heard_new();
        struct msg_chat m = request(HELLO);
        ingle_chat_result result;
        m.sampling.seed = seed;
        chat_here(*state, &m, &here, &result);
        struct msg_chatted told = chat(w, &m, &there);
        assert_string_equal(there.text.data, here.text.data);
        assert_string_equal(there.message.data, here.message.data);
        assert_string_equal(there.role.data, "assistant");
        assert_int_equal(there.n_events, here.n_events);
        assert_int_equal(told.result.reason, result.reason);
        assert_int_equal(told.result.n_prompt, result.n_prompt);
        assert_int_equal(told.result.n_answer, result.n_answer);
        assert_true(told.result.has_message);
        assert_string_equal(told.info.template_from, "the model");
        heard_clear(&here);
        heard_clear(&there);
    }
    worker_free(w);
}

static void the_beginning_of_a_conversation_is_not_computed_again(void **state) {
    (void)state;
    struct worker *w = served_worker(NULL);
    struct heard h = heard_new();
    struct msg_chat m = request(HELLO);
    struct msg_chatted first = chat(w, &m, &h);
    assert_int_equal(first.result.n_reused, 0);
    m = request("[{\"role\": \"user\", \"content\": \"Hello there\"}, {\"role\": \"assistant\", "
                "\"content\": \"Yes\"}, {\"role\": \"user\", \"content\": \"So\"}]");
    struct msg_chatted second = chat(w, &m, &h);
    assert_true(second.result.n_reused >= first.result.n_prompt);
    heard_clear(&h);
    worker_free(w);
}

static void a_penalty_counts_what_was_said_before(void **state) {
    (void)state;
    struct worker *w = served_worker(NULL);
    struct heard plain = heard_new(), penal = heard_new();
    struct msg_chat m = request(HELLO);
    m.sampling.temperature = 0;
    chat(w, &m, &plain);
    m.sampling.logit_bias = &(ingle_logit_bias){'H' + 3, 40.0F};
    m.sampling.n_logit_bias = 1;
    m.sampling.presence_penalty = 2;
    m.sampling.penalty_last_n = -1;
    chat(w, &m, &penal);
    assert_string_not_equal(plain.text.data, penal.text.data);
    heard_clear(&plain);
    heard_clear(&penal);
    worker_free(w);
}

static void every_token_is_told_if_asked_for(void **state) {
    (void)state;
    struct worker *w = served_worker(NULL);
    struct heard h = heard_new();
    struct msg_chat m = request(HELLO);
    m.n_logprobs = 2;
    struct msg_chatted told = chat(w, &m, &h);
    assert_true(h.n_tokens > 0);
    assert_int_equal(h.n_tokens, told.result.n_answer + told.result.n_thinking);
    heard_clear(&h);
    worker_free(w);
}

static void the_prompt_is_told_before_the_answer_if_asked_for(void **state) {
    (void)state;
    struct worker *w = served_worker(NULL);
    for (int n_logprobs = -1; n_logprobs <= 2; n_logprobs += 3) {
        struct heard h = heard_new();
        struct msg_chat m = request(HELLO);
        m.tells_prompt = true;
        m.n_logprobs = n_logprobs;
        struct msg_chatted told = chat(w, &m, &h);
        assert_int_equal(h.n_prompts, 1);
        assert_int_equal(h.prompt.n_prompt, told.result.n_prompt);
        assert_int_equal(h.prompt.n_reused, told.result.n_reused);
        heard_clear(&h);
    }
    worker_free(w);
}

static void an_answer_is_held_to_its_constraint(void **state) {
    (void)state;
    static const char *const choices[] = {"certainly", "never"};
    struct worker *w = served_worker(NULL);
    struct heard h = heard_new();
    struct msg_chat m = request(HELLO);
    m.constraint =
        (struct msg_constraint){.kind = CONSTRAINT_CHOICES, .choices = choices, .n_choices = 2};
    chat(w, &m, &h);
    assert_true(strcmp(h.text.data, "certainly") == 0 || strcmp(h.text.data, "never") == 0);
    heard_clear(&h);
    worker_free(w);
}

/* The arguments are an object with a side; its characters may be escaped. */
static void expect_side(struct heard *h) {
    const struct json_value *tree;
    assert_int_equal(
        json_tree_parse(&tree, &h->arena, h->arguments.data, h->arguments.size, "arguments", NULL),
        INGLE_OK);
    const struct json_value *side = json_member(tree, "side");
    assert_non_null(side);
    assert_true(json_text_is(&side->text, "left") || json_text_is(&side->text, "right"));
}

static void tools_are_called(void **state) {
    (void)state;
    struct worker *w = served_worker(NULL);
    char first_id[64] = "";
    for (int i = 0; i < 2; i++) { /* with an id_seed of their own, calls are called the same */
        struct heard h = heard_new();
        struct msg_chat m = request(HELLO);
        m.conversation.tools = TOOLS;
        m.conversation.tool_choice = INGLE_TOOLS_REQUIRED;
        m.conversation.one_call = true;
        m.conversation.id_seed = 5;
        m.max_tokens = 200;
        struct msg_chatted told = chat(w, &m, &h);
        assert_int_equal(told.result.reason, INGLE_STOP_TOOL);
        assert_int_equal(told.result.n_calls, 1);
        assert_int_equal(h.n_call_ends, 1);
        assert_string_equal(h.call_name, "pick");
        expect_side(&h);
        assert_non_null(strstr(h.message.data, "\"tool_calls\""));
        assert_non_null(strstr(h.message.data, h.call_id));
        if (i > 0) assert_string_equal(h.call_id, first_id);
        memcpy(first_id, h.call_id, sizeof first_id);
        heard_clear(&h);
    }
    worker_free(w);
}

static void an_answer_that_nobody_wants_is_ended_and_the_next_is_whole(void **state) {
    (void)state;
    struct worker *w = served_worker(NULL);
    for (int drops = 0; drops <= 1; drops++) {
        struct heard h = heard_new();
        struct msg_chat m = request(HELLO);
        m.max_tokens = -1;
        m.stop_loops = false;
        m.drop_partial = drops;
        h.stop_after = 3;
        struct msg_chatted told = chat(w, &m, &h);
        assert_int_equal(told.result.reason, INGLE_STOP_CANCEL);
        assert_int_equal(told.result.has_message, !drops);
        heard_clear(&h);
        h = heard_new();
        m = request(HELLO);
        told = chat(w, &m, &h);
        assert_int_not_equal(told.result.reason, INGLE_STOP_CANCEL);
        assert_true(told.result.has_message);
        heard_clear(&h);
    }
    worker_free(w);
}

static void what_cannot_be_answered_is_said(void **state) {
    (void)state;
    struct worker *w = served_worker(NULL);
    struct msg_chat m = request("[{\"role\": \"wizard\", \"content\": \"x\"}]");
    chat_refused(w, &m, INGLE_INVALID, "wizard");
    m = request("[");
    chat_refused(w, &m, INGLE_INVALID, "line 1");
    m = request(HELLO);
    m.conversation.template_text = "{% for %}";
    chat_refused(w, &m, INGLE_INVALID, "broken");
    m = request(HELLO);
    m.conversation.tools = "[7]";
    chat_refused(w, &m, INGLE_INVALID, "ool");
    m = request(HELLO);
    m.conversation.tool_choice = INGLE_TOOLS_NAMED;
    chat_refused(w, &m, INGLE_BAD_ARGUMENT, "tool_name");
    struct heard h = heard_new();
    m = request(HELLO);
    chat(w, &m, &h);
    heard_clear(&h);
    worker_free(w);
}

/* ---- what is made of messages ---- */

static struct msg_chat_counted count(struct worker *w, const struct msg_chat_count *m,
                                     struct heard *h) {
    struct msg_chat_counted told;
    const struct worker_ask ask = {.type = MSG_CHAT_COUNT,
                                   .visit = msg_chat_count,
                                   .request = m,
                                   .visit_result = msg_chat_counted,
                                   .result = &told,
                                   .result_size = sizeof told,
                                   .on_answer = hear,
                                   .user = h};
    served_ask(w, INGLE_OK, &ask, NULL);
    return told;
}

static void messages_are_counted_and_brought_into_form(void **state) {
    const struct served_model *s = *state;
    const struct msg_start start = {.vocab_only = true};
    struct worker *w = served_worker(&start);
    struct heard h = heard_new();
    struct msg_chat_count m = {.conversation = request(HELLO).conversation, .wants_count = true};
    struct msg_chat_counted told = count(w, &m, &h);
    ingle_chat *c;
    size_t n;
    assert_int_equal(ingle_chat_new(&c, s->model, NULL, NULL), INGLE_OK);
    assert_int_equal(ingle_chat_add_json(c, HELLO, strlen(HELLO), NULL), INGLE_OK);
    assert_int_equal(ingle_chat_tokens(c, NULL, 0, &n, NULL), INGLE_OK);
    ingle_chat_free(c);
    assert_int_equal(told.n_tokens, n);
    assert_int_equal(told.n_messages, 1);
    assert_int_equal(h.n_messages, 0);
    const char *given = "{\"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"role\":\"user\"}";
    m.conversation = request(given).conversation;
    m.wants_count = false;
    m.wants_messages = true;
    told = count(w, &m, &h);
    assert_int_equal(told.n_tokens, 0);
    assert_int_equal(h.n_messages, 1);
    assert_string_equal(h.message.data, "{\"role\": \"user\", \"content\": \"a\"}");
    heard_clear(&h);
    worker_free(w);
}

/* Its text and its JSON are more than one answer may be. */
static void a_message_that_is_too_long_to_be_told_is_not_left_out(void **state) {
    (void)state;
    const struct msg_start start = {.vocab_only = true};
    struct worker *w = served_worker(&start);
    struct heard h = heard_new();
    struct buf long_one = {.max = MESSAGE_MAX_ANSWER};
    buf_add_str(&long_one, "{\"role\": \"user\", \"content\": \"");
    char *text = buf_extend(&long_one, MESSAGE_MAX_ANSWER / 2 + 1);
    assert_non_null(text);
    memset(text, 'a', MESSAGE_MAX_ANSWER / 2 + 1);
    assert_true(buf_add_str(&long_one, "\"}"));
    const struct msg_chat_count m = {
        .conversation = {.messages = {long_one.data, long_one.size}, .think_budget = -1, .now = 1},
        .wants_messages = true};
    const struct worker_ask ask = {.type = MSG_CHAT_COUNT,
                                   .visit = msg_chat_count,
                                   .request = &m,
                                   .on_answer = hear,
                                   .user = &h};
    ingle_error err;
    served_ask(w, INGLE_LIMIT, &ask, &err);
    expect_refusal(INGLE_LIMIT, INGLE_LIMIT, &err, "64 MiB");
    assert_int_equal(h.n_messages, 0);
    buf_clear(&long_one);
    heard_clear(&h);
    worker_free(w);
}

static void a_worker_without_a_session_answers_nothing(void **state) {
    (void)state;
    const struct msg_start start = {.vocab_only = true};
    const struct worker_files none = {.packed = -1, .packed_new = -1};
    struct msg_chat m = request(HELLO);
    struct msg_start nothing = {0};
    struct worker *w = served_worker(&start);
    chat_refused(w, &m, INGLE_REFUSED, "without a session");
    worker_free(w);
    assert_int_equal(worker_new(&w, &nothing, &none, NULL), INGLE_OK);
    chat_refused(w, &m, INGLE_REFUSED, "no language model here");
    worker_free(w);
}

int main(int argc, char **argv) {
    if (worker_is_role(argc, argv)) return worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_says_what_this_process_would_say),
        cmocka_unit_test(the_beginning_of_a_conversation_is_not_computed_again),
        cmocka_unit_test(a_penalty_counts_what_was_said_before),
        cmocka_unit_test(every_token_is_told_if_asked_for),
        cmocka_unit_test(the_prompt_is_told_before_the_answer_if_asked_for),
        cmocka_unit_test(an_answer_is_held_to_its_constraint),
        cmocka_unit_test(tools_are_called),
        cmocka_unit_test(an_answer_that_nobody_wants_is_ended_and_the_next_is_whole),
        cmocka_unit_test(what_cannot_be_answered_is_said),
        cmocka_unit_test(messages_are_counted_and_brought_into_form),
        cmocka_unit_test(a_message_that_is_too_long_to_be_told_is_not_left_out),
        cmocka_unit_test(a_worker_without_a_session_answers_nothing),
    };
    return cmocka_run_group_tests(tests, served_model_make, served_model_remove);
}
