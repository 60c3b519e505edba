/* worker/wire: messages about conversations, snapshots, tokens and templates. What is random comes
 * back as it was, what may not be is refused. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "worker/wire/msg_chat.h"
#include "worker/wire/msg_remember.h"
#include "worker/wire/msg_template.h"
#include "worker/wire/msg_tokens.h"

#define ROUNDS 300
#define MAX_TEXT 60

struct state {
    struct rng rng;
    struct arena made, arena;
    struct buf bytes;
};

static int begin(void **state) {
    static struct state s;
    rng_init(&s.rng, 11);
    arena_init(&s.made, 1 << 26);
    arena_init(&s.arena, 1 << 26);
    buf_init(&s.bytes, 1 << 26);
    *state = &s;
    return 0;
}

static int end(void **state) {
    struct state *s = *state;
    arena_clear(&s->made);
    arena_clear(&s->arena);
    buf_clear(&s->bytes);
    return 0;
}

/* ---- random values ---- */

static bool flag(struct state *s) {
    return rng_below(&s->rng, 2) == 1;
}

static int from_to(struct state *s, int low, int high) {
    return low + (int)rng_below(&s->rng, (uint32_t)(high - low + 1));
}

static uint64_t wide(struct state *s) {
    return (uint64_t)rng_u32(&s->rng) << 32 | rng_u32(&s->rng);
}

static struct wire_text text(struct state *s) {
    size_t len = rng_below(&s->rng, MAX_TEXT);
    char *bytes = arena_alloc(&s->made, len + 1);
    for (size_t i = 0; i < len; i++) bytes[i] = (char)rng_u32(&s->rng);
    return (struct wire_text){bytes, len};
}

static const char *some(struct state *s) {
    size_t len = rng_below(&s->rng, MAX_TEXT);
    char *bytes = arena_alloc(&s->made, len + 1);
    for (size_t i = 0; i < len; i++) bytes[i] = (char)(1 + rng_below(&s->rng, 255));
    return bytes;
}

static const char *maybe(struct state *s) {
    return flag(s) ? some(s) : NULL;
}

/* ---- the same ---- */

static void same_text(struct wire_text a, struct wire_text b) {
    assert_int_equal(a.len, b.len);
    if (a.len) assert_memory_equal(a.data, b.data, a.len);
}

static void same_string(const char *a, const char *b) {
    assert_int_equal(!a, !b);
    if (a) assert_string_equal(a, b);
}

/* Writes *sent, reads *came. */
static void pass(struct state *s, wire_fn visit, const void *sent, void *came, size_t size) {
    buf_reset(&s->bytes);
    arena_clear(&s->arena);
    assert_int_equal(wire_write(&s->bytes, visit, sent, NULL), INGLE_OK);
    assert_int_equal(wire_read(came, size, visit, s->bytes.data, s->bytes.size, &s->arena, NULL),
                     INGLE_OK);
}

static struct msg_conversation conversation(struct state *s) {
    return (struct msg_conversation){.messages = text(s),
                                     .template_text = maybe(s),
                                     .tools = maybe(s),
                                     .variables = maybe(s),
                                     .tool_choice = (ingle_tool_choice)from_to(s, 0, 3),
                                     .tool_name = maybe(s),
                                     .one_call = flag(s),
                                     .free_tools = flag(s),
                                     .think = (ingle_think)from_to(s, 0, 2),
                                     .think_budget = from_to(s, -1, 1000),
                                     .now = wide(s),
                                     .id_seed = wide(s)};
}

static void same_conversation(const struct msg_conversation *a, const struct msg_conversation *b) {
    same_text(a->messages, b->messages);
    same_string(a->template_text, b->template_text);
    same_string(a->tools, b->tools);
    same_string(a->variables, b->variables);
    same_string(a->tool_name, b->tool_name);
    assert_int_equal(a->tool_choice, b->tool_choice);
    assert_int_equal(a->one_call, b->one_call);
    assert_int_equal(a->free_tools, b->free_tools);
    assert_int_equal(a->think, b->think);
    assert_int_equal(a->think_budget, b->think_budget);
    assert_true(a->now == b->now && a->id_seed == b->id_seed);
}

static void requests_about_conversations_come_back_as_they_were(void **state) {
    struct state *s = *state;
    for (int i = 0; i < ROUNDS; i++) {
        const char *stops[3] = {some(s), some(s), some(s)};
        struct msg_chat a = {.conversation = conversation(s),
                             .sampling = {.seed = wide(s), .top_k = from_to(s, 0, 99)},
                             .constraint = {.kind = CONSTRAINT_GRAMMAR, .text = text(s)},
                             .max_tokens = from_to(s, -1, INT_MAX - 2),
                             .stops = stops,
                             .n_stops = rng_below(&s->rng, 4),
                             .stop_loops = flag(s),
                             .drop_partial = flag(s),
                             .n_logprobs = from_to(s, -1, INGLE_TOP_MAX),
                             .tells_prompt = flag(s)};
        struct msg_chat b;
        a.sampling.size = sizeof a.sampling;
        pass(s, msg_chat, &a, &b, sizeof b);
        same_conversation(&a.conversation, &b.conversation);
        assert_true(a.sampling.seed == b.sampling.seed && a.sampling.top_k == b.sampling.top_k);
        assert_int_equal(a.constraint.kind, b.constraint.kind);
        same_text(a.constraint.text, b.constraint.text);
        assert_int_equal(a.max_tokens, b.max_tokens);
        assert_int_equal(a.n_stops, b.n_stops);
        for (size_t j = 0; j < a.n_stops; j++) assert_string_equal(a.stops[j], b.stops[j]);
        assert_int_equal(a.stop_loops, b.stop_loops);
        assert_int_equal(a.drop_partial, b.drop_partial);
        assert_int_equal(a.n_logprobs, b.n_logprobs);
        assert_int_equal(a.tells_prompt, b.tells_prompt);

        struct msg_chat_count c = {conversation(s), flag(s), flag(s)}, d;
        pass(s, msg_chat_count, &c, &d, sizeof d);
        same_conversation(&c.conversation, &d.conversation);
        assert_int_equal(c.wants_count, d.wants_count);
        assert_int_equal(c.wants_messages, d.wants_messages);
        arena_clear(&s->made);
    }
}

static void answers_come_back_as_they_were(void **state) {
    struct state *s = *state;
    for (int i = 0; i < ROUNDS; i++) {
        struct wire_text t = text(s);
        ingle_chat_event e = {(ingle_chat_event_kind)from_to(s, 0, 4),
                              t.data,
                              t.len,
                              rng_u32(&s->rng),
                              maybe(s),
                              maybe(s)};
        ingle_chat_event f;
        pass(s, msg_event, &e, &f, sizeof f);
        assert_int_equal(e.kind, f.kind);
        same_text(t, (struct wire_text){f.text, f.len});
        assert_int_equal(e.call, f.call);
        assert_string_equal(e.id ? e.id : "", f.id);
        assert_string_equal(e.name ? e.name : "", f.name);

        struct msg_prompt p = {from_to(s, 0, WIRE_MAX_TOKENS), from_to(s, 0, WIRE_MAX_TOKENS)}, q;
        pass(s, msg_prompt, &p, &q, sizeof q);
        assert_int_equal(p.n_prompt, q.n_prompt);
        assert_int_equal(p.n_reused, q.n_reused);

        struct msg_message m = {some(s), text(s), text(s)}, n;
        pass(s, msg_message, &m, &n, sizeof n);
        assert_string_equal(m.role, n.role);
        same_text(m.text, n.text);
        same_text(m.json, n.json);

        struct msg_chatted c = {.result = {.reason = (ingle_stop_reason)from_to(s, 0, 5),
                                           .context_full = flag(s),
                                           .has_message = flag(s),
                                           .n_calls = rng_u32(&s->rng),
                                           .n_prompt = from_to(s, 0, 99),
                                           .n_reused = from_to(s, 0, 99),
                                           .n_thinking = from_to(s, 0, 99),
                                           .n_answer = from_to(s, 0, 99),
                                           .budget_used_up = flag(s),
                                           .prompt_ms = rng_unit(&s->rng),
                                           .first_ms = rng_unit(&s->rng),
                                           .decode_ms = rng_unit(&s->rng)},
                                .info = {some(s), some(s), flag(s), flag(s), flag(s)}};
        struct msg_chatted d;
        pass(s, msg_chatted, &c, &d, sizeof d);
        same_string(c.info.template_from, d.info.template_from);
        same_string(c.info.tool_format, d.info.tool_format);
        c.info.template_from = d.info.template_from;
        c.info.tool_format = d.info.tool_format;
        buf_reset(&s->bytes);
        assert_int_equal(c.result.reason, d.result.reason);
        assert_int_equal(c.result.context_full, d.result.context_full);
        assert_int_equal(c.result.has_message, d.result.has_message);
        assert_int_equal(c.result.n_calls, d.result.n_calls);
        assert_int_equal(c.result.n_prompt, d.result.n_prompt);
        assert_int_equal(c.result.n_reused, d.result.n_reused);
        assert_int_equal(c.result.n_thinking, d.result.n_thinking);
        assert_int_equal(c.result.n_answer, d.result.n_answer);
        assert_int_equal(c.result.budget_used_up, d.result.budget_used_up);
        assert_true(c.result.prompt_ms == d.result.prompt_ms &&
                    c.result.first_ms == d.result.first_ms &&
                    c.result.decode_ms == d.result.decode_ms);
        assert_int_equal(c.info.can_think, d.info.can_think);
        assert_int_equal(c.info.thinks, d.info.thinks);
        assert_int_equal(c.info.has_system, d.info.has_system);
        arena_clear(&s->made);
    }
}

static void tokens_and_snapshots_come_back_as_they_were(void **state) {
    struct state *s = *state;
    for (int i = 0; i < ROUNDS; i++) {
        ingle_token ids[50];
        struct msg_tokens_item items[50];
        size_t n = rng_below(&s->rng, 51);
        for (size_t j = 0; j < n; j++) {
            ids[j] = (ingle_token)(rng_u32(&s->rng) >> 1);
            items[j] = (struct msg_tokens_item){ids[j], text(s)};
        }
        struct msg_detokenize a = {ids, n}, b;
        pass(s, msg_detokenize, &a, &b, sizeof b);
        assert_int_equal(b.n, n);
        if (n) assert_memory_equal(b.ids, ids, n * sizeof *ids);
        struct msg_tokens c = {items, n}, d;
        pass(s, msg_tokens, &c, &d, sizeof d);
        assert_int_equal(d.n, n);
        for (size_t j = 0; j < n; j++) {
            assert_int_equal(d.items[j].id, ids[j]);
            same_text(d.items[j].bytes, items[j].bytes);
        }
        struct msg_restore e = {flag(s), flag(s), text(s)}, f;
        pass(s, msg_restore, &e, &f, sizeof f);
        assert_int_equal(e.is_first, f.is_first);
        assert_int_equal(e.is_last, f.is_last);
        same_text(e.bytes, f.bytes);
        struct msg_template g = {some(s), maybe(s), some(s), maybe(s), maybe(s), maybe(s), flag(s)};
        struct msg_template h;
        pass(s, msg_template, &g, &h, sizeof h);
        same_string(g.source, h.source);
        same_string(g.source_name, h.source_name);
        same_string(g.messages, h.messages);
        same_string(g.tools, h.tools);
        same_string(g.vars, h.vars);
        same_string(g.now, h.now);
        assert_int_equal(g.no_generation_prompt, h.no_generation_prompt);
        arena_clear(&s->made);
    }
}

/* ---- values that may not be ---- */

/* Written without the checks of who reads. */
static void refused(struct state *s, wire_fn visit, const void *message) {
    _Alignas(16) uint8_t came[1024];
    struct wire w = {.out = &s->bytes};
    buf_reset(&s->bytes);
    visit(&w, (void *)(uintptr_t)message);
    if (w.failed) return;
    ingle_error err;
    assert_int_equal(
        wire_read(came, sizeof came, visit, s->bytes.data, s->bytes.size, &s->arena, &err),
        INGLE_INVALID);
}

#define REFUSED(visit, type, ...)                                                                  \
    do {                                                                                           \
        type bad = {__VA_ARGS__};                                                                  \
        refused(*state, visit, &bad);                                                              \
    } while (0)

static void values_out_of_range_are_refused(void **state) {
    static char long_text[RESTORE_PART + 1];
    static struct msg_tokens_item items[MSG_TOKENS_MAX + 1];
    const struct msg_conversation c = {.messages = {"", 0}, .think_budget = -1};
    struct msg_conversation odd = c;
    REFUSED(msg_chat, struct msg_chat, .conversation = c, .n_logprobs = INGLE_TOP_MAX + 1);
    REFUSED(msg_chat, struct msg_chat, .conversation = c, .n_logprobs = -2);
    REFUSED(msg_chat, struct msg_chat, .conversation = c, .max_tokens = -2);
    REFUSED(msg_chat, struct msg_chat, .conversation = c, .constraint = {.kind = 5});
    odd.think = 3;
    REFUSED(msg_chat_count, struct msg_chat_count, .conversation = odd);
    odd = c;
    odd.tool_choice = 4;
    REFUSED(msg_chat_count, struct msg_chat_count, .conversation = odd);
    odd = c;
    odd.think_budget = -2;
    REFUSED(msg_chat_count, struct msg_chat_count, .conversation = odd);
    REFUSED(msg_prompt, struct msg_prompt, .n_prompt = -1);
    REFUSED(msg_prompt, struct msg_prompt, .n_reused = WIRE_MAX_TOKENS + 1);
    REFUSED(msg_event, ingle_chat_event, .kind = INGLE_CHAT_CALL_END + 1, .text = "");
    REFUSED(msg_chatted, struct msg_chatted, .result = {.reason = INGLE_STOP_TOOL + 1});
    REFUSED(msg_chatted, struct msg_chatted, .result = {.n_prompt = -1});
    REFUSED(msg_chatted, struct msg_chatted, .result = {.n_answer = -1});
    REFUSED(msg_restore, struct msg_restore, .bytes = {long_text, sizeof long_text});
    REFUSED(msg_tokens, struct msg_tokens, .items = items, .n = MSG_TOKENS_MAX + 1);
    REFUSED(msg_tokens, struct msg_tokens, .items = &(struct msg_tokens_item){.id = -1}, .n = 1);
    REFUSED(msg_detokenize, struct msg_detokenize, .ids = &(ingle_token){-1}, .n = 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_about_conversations_come_back_as_they_were),
        cmocka_unit_test(answers_come_back_as_they_were),
        cmocka_unit_test(tokens_and_snapshots_come_back_as_they_were),
        cmocka_unit_test(values_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
