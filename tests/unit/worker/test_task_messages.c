/* worker/wire: what everyday tasks send. Every message comes back as it was; bytes that are no such
 * message, or say what may not be, are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/worker/task_message_cases.h"
#include "worker/wire/msg_draft.h"
#include "worker/wire/msg_redact.h"
#include "worker/wire/msg_rewrite.h"

#define N_ROUNDS 200

struct state {
    struct maker maker;
    struct arena arena;
    struct buf bytes, again;
};

static void begin(struct state *s, uint64_t seed) {
    rng_init(&s->maker.rng, seed);
    arena_init(&s->maker.arena, 1 << 24);
    arena_init(&s->arena, 1 << 24);
    buf_init(&s->bytes, 1 << 24);
    buf_init(&s->again, 1 << 24);
}

static void end(struct state *s) {
    arena_clear(&s->maker.arena);
    arena_clear(&s->arena);
    buf_clear(&s->bytes);
    buf_clear(&s->again);
}

static ingle_status read(struct state *s, const struct task_message *k, union any_message *out,
                         const void *data, size_t size) {
    assert_true(k->size <= sizeof *out);
    arena_clear(&s->arena);
    return wire_read(out, k->size, k->visit, data, size, &s->arena, NULL);
}

static void make(struct state *s, const struct task_message *k, union any_message *out) {
    memset(out, 0, sizeof *out);
    k->make(&s->maker, out);
    buf_reset(&s->bytes);
    assert_int_equal(wire_write(&s->bytes, k->visit, out, NULL), INGLE_OK);
}

static void each_message_comes_back_as_it_was(void **unused) {
    (void)unused;
    for (size_t i = 0; i < TASK_MESSAGES; i++) {
        struct state s;
        begin(&s, i);
        for (int round = 0; round < N_ROUNDS; round++) {
            union any_message sent, came;
            make(&s, &task_messages[i], &sent);
            assert_int_equal(read(&s, &task_messages[i], &came, s.bytes.data, s.bytes.size),
                             INGLE_OK);
            task_messages[i].same(&sent, &came);
        }
        end(&s);
    }
}

static void a_byte_too_few_or_too_many_is_refused(void **unused) {
    (void)unused;
    for (size_t i = 0; i < TASK_MESSAGES; i++) {
        struct state s;
        union any_message sent, came;
        begin(&s, i);
        make(&s, &task_messages[i], &sent);
        for (size_t size = 0; size < s.bytes.size; size++) {
            assert_int_equal(read(&s, &task_messages[i], &came, s.bytes.data, size), INGLE_INVALID);
        }
        assert_true(buf_add(&s.bytes, "", 1));
        assert_int_equal(read(&s, &task_messages[i], &came, s.bytes.data, s.bytes.size),
                         INGLE_INVALID);
        end(&s);
    }
}

/* Whatever bytes are taken as a message are the message's only bytes. */
static void changed_bytes_are_refused_or_another_message(void **unused) {
    (void)unused;
    for (size_t i = 0; i < TASK_MESSAGES; i++) {
        struct state s;
        begin(&s, 77 + i);
        for (int round = 0; round < 20 * N_ROUNDS; round++) {
            union any_message sent, came;
            make(&s, &task_messages[i], &sent);
            for (uint32_t n = 1 + rng_below(&s.maker.rng, 3); n > 0; n--) {
                uint32_t at = rng_below(&s.maker.rng, (uint32_t)s.bytes.size);
                s.bytes.data[at] = (char)(s.bytes.data[at] ^ (1 << rng_below(&s.maker.rng, 8)));
            }
            ingle_status status = read(&s, &task_messages[i], &came, s.bytes.data, s.bytes.size);
            arena_clear(&s.maker.arena);
            if (status != INGLE_OK) continue;
            buf_reset(&s.again);
            assert_int_equal(wire_write(&s.again, task_messages[i].visit, &came, NULL), INGLE_OK);
            assert_int_equal(s.again.size, s.bytes.size);
            assert_memory_equal(s.again.data, s.bytes.data, s.bytes.size);
        }
        end(&s);
    }
}

/* ---- values that may not be ---- */

/* Writes what nobody of ours would, without the checks of the visitor that reads. */
static void refused(const struct task_message *k, const void *message) {
    struct state s;
    union any_message came;
    begin(&s, 1);
    struct wire w = {.out = &s.bytes};
    k->visit(&w, (void *)(uintptr_t)message);
    if (!w.failed) {
        assert_int_equal(read(&s, k, &came, s.bytes.data, s.bytes.size), INGLE_INVALID);
    }
    end(&s);
}

static const struct task_message *kind_of(const char *name) {
    for (size_t i = 0; i < TASK_MESSAGES; i++) {
        if (strcmp(task_messages[i].name, name) == 0) return &task_messages[i];
    }
    fail_msg("no kind %s", name);
    return NULL;
}

#define REFUSED(name, type, ...)                                                                   \
    do {                                                                                           \
        type message = {__VA_ARGS__};                                                              \
        refused(kind_of(name), &message);                                                          \
    } while (0)

static void values_out_of_range_are_refused(void **unused) {
    (void)unused;
    struct wire_text none = {"", 0};
    REFUSED("summarize", struct msg_summarize, .text = none, .style = 3);
    REFUSED("summarize", struct msg_summarize, .text = none, .length = 3);
    REFUSED("rewrite", struct msg_rewrite, .text = none, .manner = 6);
    REFUSED("block", ingle_rewrite_block, .from = 2, .to = 1, .text = "");
    REFUSED("draft", struct msg_draft, .kind = 4, .context = none);
    REFUSED("complete", struct msg_complete, .file = {"", "", 0, false}, .extent = 2);
    REFUSED("completed", ingle_complete_result, .reason = 7);
    REFUSED("completed", ingle_complete_result, .n_tokens = -1);
    REFUSED("completed", ingle_complete_result, .n_pieces = INGLE_COMPLETE_MAX_PIECES + 1);
    REFUSED("intent", struct msg_intent, .text = none, .n_top = 0);
    REFUSED("intent", struct msg_intent, .text = none, .n_top = MSG_INTENT_MAX_TOP + 1);
    REFUSED("intended", struct msg_intended, .n_top = 0);
    REFUSED("group", ingle_digest_group, .section = 3, .app = "", .text = "");
    REFUSED("group", ingle_digest_group, .urgency = 3, .app = "", .text = "");
    REFUSED("found", struct msg_found, .first_bad = {.code = INGLE_UNSUPPORTED + 1});
}

static void a_span_is_in_order_and_of_a_kind_that_is_there(void **unused) {
    (void)unused;
    static const char *const good[] = {"PERSON"}, *const bad[] = {"person"}, *const none[] = {""};
    struct msg_span empty = {.from = 3, .to = 3}, back = {.from = 3, .to = 2};
    struct msg_span other = {.from = 3, .to = 4, .kind = 1}, odd = {.from = 3, .to = 4, .by = 3};
    REFUSED("spans", struct msg_spans, .kinds = good, .n_kinds = 1, .spans = &empty, .n_spans = 1);
    REFUSED("spans", struct msg_spans, .kinds = good, .n_kinds = 1, .spans = &back, .n_spans = 1);
    REFUSED("spans", struct msg_spans, .kinds = good, .n_kinds = 1, .spans = &other, .n_spans = 1);
    REFUSED("spans", struct msg_spans, .kinds = good, .n_kinds = 1, .spans = &odd, .n_spans = 1);
    REFUSED("spans", struct msg_spans, .kinds = bad, .n_kinds = 1);
    REFUSED("spans", struct msg_spans, .kinds = none, .n_kinds = 1);
}

/* More than follows, more than may be: neither is made room for. */
static void a_list_of_more_than_there_is_is_refused(void **unused) {
    (void)unused;
    static const size_t lengths[] = {9, 1u << 16, 1u << 20, SIZE_MAX};
    const struct task_message *k = kind_of("intended");
    for (size_t i = 0; i < BASE_COUNT(lengths); i++) {
        struct state s;
        union any_message came;
        begin(&s, 1);
        struct wire w = {.out = &s.bytes};
        struct msg_intended m = {.confidence = 1};
        size_t n = lengths[i];
        wire_bool(&w, &m.is_none);
        wire_float(&w, &m.confidence);
        wire_size(&w, &n);
        assert_false(w.failed);
        assert_int_equal(read(&s, k, &came, s.bytes.data, s.bytes.size), INGLE_INVALID);
        assert_true(s.arena.total < 4096);
        end(&s);
    }
}

/* A message that is too long for its buffer is said to be. */
static void too_much_for_a_message_is_a_limit(void **unused) {
    (void)unused;
    struct buf out;
    ingle_error err = {0};
    char text[100] = "";
    struct msg_summarize m = {.text = {text, sizeof text}};
    buf_init(&out, 64);
    assert_int_equal(wire_write(&out, msg_summarize, &m, &err), INGLE_LIMIT);
    assert_non_null(strstr(err.msg, "too much"));
    buf_clear(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_comes_back_as_it_was),
        cmocka_unit_test(a_byte_too_few_or_too_many_is_refused),
        cmocka_unit_test(changed_bytes_are_refused_or_another_message),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(a_span_is_in_order_and_of_a_kind_that_is_there),
        cmocka_unit_test(a_list_of_more_than_there_is_is_refused),
        cmocka_unit_test(too_much_for_a_message_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
