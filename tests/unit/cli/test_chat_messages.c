/* cli/chat_messages: the conversation that the front holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "cli/chat_messages.h"
#include "support/refusal.h"

static void say(struct chat_messages *m, const char *role, const char *text) {
    assert_int_equal(chat_messages_say(m, role, text, strlen(text), NULL), INGLE_OK);
}

static void expect_json(const struct chat_messages *m, size_t first, size_t n, const char *wanted) {
    struct buf json = {.max = 1 << 20};
    assert_int_equal(chat_messages_json(m, first, n, &json, NULL), INGLE_OK);
    assert_string_equal(json.data, wanted);
    buf_clear(&json);
}

static void what_is_said_is_json(void **state) {
    (void)state;
    struct chat_messages m = {0};
    expect_json(&m, 0, 0, "[]\n");
    say(&m, "user", "a \"b\"\\\n\t\x01 \xc3\xa9");
    expect_json(
        &m, 0, 0,
        "[\n {\"role\": \"user\", \"content\": \"a \\\"b\\\"\\\\\\n\\t\\u0001 \xc3\xa9\"}\n]\n");
    assert_string_equal(m.at[0].text, "a \"b\"\\\n\t\x01 \xc3\xa9");
    ingle_error err;
    mark_error(&err);
    expect_refusal(chat_messages_say(&m, "user", "abc\xff", 4, &err), INGLE_INVALID, &err,
                   "Message 1: its content is not UTF-8 from byte 3 on");
    assert_int_equal(m.n, 1);
    chat_messages_clear(&m);
    assert_int_equal(m.n, 0);
}

static void texts_may_hold_nuls(void **state) {
    (void)state;
    struct chat_messages m = {0};
    assert_int_equal(chat_messages_say(&m, "user", "a\0b", 3, NULL), INGLE_OK);
    assert_int_equal(m.at[0].text_len, 3);
    assert_memory_equal(m.at[0].text, "a\0b", 4);
    expect_json(&m, 0, 0, "[\n {\"role\": \"user\", \"content\": \"a\\u0000b\"}\n]\n");
    chat_messages_clear(&m);
}

static void talk(struct chat_messages *m) {
    say(m, "system", "S");
    say(m, "user", "1");
    say(m, "assistant", "one");
    say(m, "tool", "t");
    say(m, "user", "2");
    say(m, "assistant", "two");
}

static void turns_begin_with_the_user(void **state) {
    (void)state;
    struct chat_messages m = {0};
    assert_int_equal(chat_messages_n_turns(&m), 0);
    assert_int_equal(chat_messages_turn(&m, 0), 0);
    talk(&m);
    assert_int_equal(chat_messages_n_turns(&m), 2);
    assert_int_equal(chat_messages_turn(&m, 0), 1);
    assert_int_equal(chat_messages_turn(&m, 1), 4);
    assert_int_equal(chat_messages_turn(&m, 2), 6);
    expect_json(
        &m, 1, 3,
        "[\n {\"role\": \"system\", \"content\": \"S\"},\n {\"role\": \"user\", \"content\": "
        "\"2\"},\n {\"role\": \"assistant\", \"content\": \"two\"}\n]\n");
    expect_json(&m, 0, 6, "[]\n");
    chat_messages_clear(&m);
}

static void messages_are_taken_out_and_put_back(void **state) {
    (void)state;
    struct chat_messages m = {0}, out = {0};
    talk(&m);
    assert_int_equal(chat_messages_take(&m, 1, 3, NULL, NULL), INGLE_OK);
    assert_int_equal(m.n, 3);
    assert_string_equal(m.at[1].text, "2");
    assert_int_equal(chat_messages_take(&m, 2, 1, &out, NULL), INGLE_OK);
    assert_int_equal(m.n, 2);
    assert_string_equal(out.at[0].text, "two");
    assert_int_equal(chat_messages_take(&m, 2, 0, NULL, NULL), INGLE_OK);
    assert_int_equal(chat_messages_append(&m, &out, NULL), INGLE_OK);
    assert_int_equal(out.n, 0);
    assert_int_equal(m.n, 3);
    assert_string_equal(m.at[2].text, "two");
    chat_messages_clear(&m);
    chat_messages_clear(&out);
}

static void the_system_message_is_the_first(void **state) {
    (void)state;
    struct chat_messages m = {0};
    assert_int_equal(chat_messages_set_system(&m, NULL, 0, NULL), INGLE_OK);
    assert_null(chat_messages_system(&m));
    for (int i = 0; i < 40; i++) say(&m, "user", "x");
    assert_int_equal(chat_messages_set_system(&m, "one", 3, NULL), INGLE_OK);
    assert_int_equal(m.n, 41);
    assert_string_equal(chat_messages_system(&m)->text, "one");
    assert_int_equal(chat_messages_set_system(&m, "two", 3, NULL), INGLE_OK);
    assert_int_equal(m.n, 41);
    assert_string_equal(chat_messages_system(&m)->text, "two");
    assert_int_equal(chat_messages_set_system(&m, "\xff", 1, NULL), INGLE_INVALID);
    assert_string_equal(chat_messages_system(&m)->text, "two");
    assert_int_equal(chat_messages_set_system(&m, NULL, 0, NULL), INGLE_OK);
    assert_int_equal(m.n, 40);
    assert_string_equal(m.at[0].role, "user");
    chat_messages_clear(&m);
}

/* Whatever allocation fails: the list is as it was, and nothing is left over. */
static void a_failed_allocation_changes_nothing(void **state) {
    (void)state;
    struct chat_messages m = {0};
    uint64_t live = mem_live();
    talk(&m);
    for (uint64_t n = 1;; n++) {
        mem_fail_at(n, 0);
        ingle_status status = chat_messages_set_system(&m, "other", 5, NULL);
        mem_fail_at(0, 0);
        if (status == INGLE_OK) break;
        assert_int_equal(status, INGLE_NO_MEMORY);
        assert_string_equal(m.at[0].text, "S");
        assert_int_equal(m.n, 6);
        assert_true(n < 100);
    }
    chat_messages_clear(&m);
    assert_int_equal(mem_live(), live);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_is_json),
        cmocka_unit_test(texts_may_hold_nuls),
        cmocka_unit_test(turns_begin_with_the_user),
        cmocka_unit_test(messages_are_taken_out_and_put_back),
        cmocka_unit_test(the_system_message_is_the_first),
        cmocka_unit_test(a_failed_allocation_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
