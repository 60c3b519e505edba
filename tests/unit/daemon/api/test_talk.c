/* daemon/api/talk: messages made of pieces. */
#include "daemon/api/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void say(struct talk *t, enum talk_role role, const char *text) {
    talk_text(t, role, text, strlen(text));
}

static void expect(struct talk *t, const char *json) {
    struct arena arena;
    struct wire_text all;
    arena_init(&arena, 1 << 16);
    assert_true(talk_end(t, &arena, &all));
    assert_int_equal(all.len, strlen(all.data));
    assert_string_equal(all.data, json);
    talk_clear(t);
    arena_clear(&arena);
}

static void pieces_of_one_role_are_one_message(void **state) {
    (void)state;
    struct talk t;
    talk_init(&t);
    say(&t, TALK_SYSTEM, "s");
    say(&t, TALK_USER, "a");
    say(&t, TALK_USER, "");
    say(&t, TALK_USER, "b");
    expect(&t, "[{\"role\":\"system\",\"content\":\"s\"},"
               "{\"role\":\"user\",\"content\":\"a\\n\\nb\"}]");
}

static void unless_they_are_kept_apart(void **state) {
    (void)state;
    struct talk t;
    talk_init(&t);
    say(&t, TALK_USER, "a");
    talk_break(&t);
    talk_break(&t);
    say(&t, TALK_USER, "b");
    expect(&t, "[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"b\"}]");
}

static void thoughts_words_and_calls_are_the_assistants(void **state) {
    (void)state;
    struct talk t;
    talk_init(&t);
    talk_thinking(&t, "hm", 2);
    say(&t, TALK_ASSISTANT, "I look.");
    talk_call(&t, "c1", "f", "{\"a\":1}", 7);
    talk_call(&t, "c2", "g", "{}", 2);
    talk_result(&t, "c1", "x", 1);
    talk_result(&t, "c2", "", 0);
    talk_call(&t, "c3", "f", "{}", 2);
    expect(&t, "[{\"role\":\"assistant\",\"content\":\"I look.\",\"reasoning_content\":\"hm\","
               "\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":"
               "{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}},"
               "{\"id\":\"c2\",\"type\":\"function\",\"function\":"
               "{\"name\":\"g\",\"arguments\":\"{}\"}}]},"
               "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"x\"},"
               "{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"\"},"
               "{\"role\":\"assistant\",\"content\":null,"
               "\"tool_calls\":[{\"id\":\"c3\",\"type\":\"function\",\"function\":"
               "{\"name\":\"f\",\"arguments\":\"{}\"}}]}]");
}

static void what_was_said_before_stands_before_it(void **state) {
    (void)state;
    static const char two[] = "{\"role\":\"user\"},{\"role\":\"assistant\"}";
    struct wire_text before = {two, sizeof two - 1}, none = {"", 0};
    struct talk t;
    talk_init(&t);
    say(&t, TALK_SYSTEM, "s");
    talk_break(&t);
    talk_before(&t, &before);
    talk_before(&t, &none);
    say(&t, TALK_USER, "b");
    expect(&t, "[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\"},"
               "{\"role\":\"assistant\"},{\"role\":\"user\",\"content\":\"b\"}]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_one_role_are_one_message),
        cmocka_unit_test(unless_they_are_kept_apart),
        cmocka_unit_test(thoughts_words_and_calls_are_the_assistants),
        cmocka_unit_test(what_was_said_before_stands_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
