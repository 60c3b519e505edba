/* What of an answer reaches a terminal, a pipe and a reader of JSON. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "cli/chat_view.h"

static char seen[8192];
static int ends[2];
static struct out out;

static int open_out(void **state) {
    (void)state;
    if (pipe(ends) != 0) return -1;
    out_init(&out, ends[1], "the pipe");
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    return 0;
}

static int close_out(void **state) {
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static const char *read_seen(void) {
    assert_int_equal(out_flush(&out, NULL), INGLE_OK);
    close(ends[1]);
    ssize_t n = read(ends[0], seen, sizeof seen - 1);
    assert_true(n >= 0);
    seen[n] = '\0';
    return seen;
}

static void send(struct chat_view *v, ingle_chat_event_kind kind, const char *text) {
    const ingle_chat_event e = {
        .kind = kind, .text = text, .len = strlen(text), .id = "call_1", .name = "look_up"};
    assert_true(chat_view_event(&e, v));
}

static void answer(struct chat_view *v) {
    send(v, INGLE_CHAT_THINKING, "Let me ");
    send(v, INGLE_CHAT_THINKING, "see.\n");
    send(v, INGLE_CHAT_TEXT, "It is ");
    send(v, INGLE_CHAT_TEXT, "blue.");
    chat_view_end(v);
}

static void a_pipe_gets_the_answer_alone(void **state) {
    (void)state;
    struct chat_view v;
    chat_view_init(&v, &out, false, false);
    answer(&v);
    assert_string_equal(read_seen(), "It is blue.\n");
}

static void a_pipe_gets_the_thinking_if_asked_for(void **state) {
    (void)state;
    struct chat_view v;
    chat_view_init(&v, &out, false, true);
    answer(&v);
    assert_string_equal(read_seen(), "[thinking]\nLet me see.\n[answer]\nIt is blue.\n");
}

static void a_terminal_gets_it_dimmed_piece_by_piece(void **state) {
    (void)state;
    struct chat_view v;
    out.is_terminal = true;
    chat_view_init(&v, &out, false, false);
    answer(&v);
    assert_string_equal(read_seen(), "\033[2mLet me \033[22m\033[2msee.\n\033[22m\nIt is blue.\n");
}

static void a_terminal_without_colour_gets_headings(void **state) {
    (void)state;
    static const char *const names[][2] = {{"NO_COLOR", "1"}, {"TERM", "dumb"}, {"TERM", ""}};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (i > 0) assert_int_equal(open_out(NULL), 0);
        setenv(names[i][0], names[i][1], 1);
        struct chat_view v;
        out.is_terminal = true;
        chat_view_init(&v, &out, false, false);
        answer(&v);
        assert_string_equal(read_seen(), "[thinking]\nLet me see.\n[answer]\nIt is blue.\n");
        if (i + 1 < BASE_COUNT(names)) close(ends[0]);
    }
}

static void nothing_of_a_model_drives_the_terminal(void **state) {
    (void)state;
    struct chat_view v;
    out.is_terminal = true;
    chat_view_init(&v, &out, false, false);
    send(&v, INGLE_CHAT_THINKING, "a\033[2Jb");
    send(&v, INGLE_CHAT_TEXT, "c\033]0;title\007d\r");
    chat_view_end(&v);
    assert_string_equal(read_seen(), "\033[2ma\xef\xbf\xbd[2Jb\033[22m\n\n"
                                     "c\xef\xbf\xbd]0;title\xef\xbf\xbd"
                                     "d\xef\xbf\xbd\n");
}

static void an_answer_of_nothing_is_nothing(void **state) {
    (void)state;
    struct chat_view v;
    chat_view_init(&v, &out, false, false);
    chat_view_end(&v);
    assert_string_equal(read_seen(), "");
}

static void thinking_without_an_answer_ends_its_line(void **state) {
    (void)state;
    struct chat_view v;
    out.is_terminal = true;
    chat_view_init(&v, &out, false, false);
    send(&v, INGLE_CHAT_THINKING, "Hm");
    chat_view_end(&v);
    assert_string_equal(read_seen(), "\033[2mHm\033[22m\n");
}

static void json_keeps_thinking_text_and_calls_apart(void **state) {
    (void)state;
    struct chat_view v;
    chat_view_init(&v, &out, true, false);
    answer(&v);
    send(&v, INGLE_CHAT_CALL, "");
    send(&v, INGLE_CHAT_ARGUMENTS, "{\"a\":1}");
    send(&v, INGLE_CHAT_CALL_END, "");
    const ingle_chat_result r = {
        .reason = INGLE_STOP_TOOL, .n_prompt = 9, .n_reused = 4, .n_thinking = 5, .n_answer = 6};
    chat_view_json_end(&out, &r, 7);
    assert_string_equal(read_seen(),
                        "{\"thinking\": \"Let me \"}\n{\"thinking\": \"see.\\n\"}\n"
                        "{\"text\": \"It is \"}\n{\"text\": \"blue.\"}\n"
                        "{\"call\": \"look_up\", \"id\": \"call_1\"}\n"
                        "{\"arguments\": \"{\\\"a\\\":1}\"}\n"
                        "{\"reason\": \"tool\", \"n_prompt\": 9, \"n_reused\": 4, "
                        "\"n_thinking\": 5, \"n_answer\": 6, \"seed\": 7, \"prompt_ms\": 0, "
                        "\"first_ms\": 0, \"decode_ms\": 0}\n");
}

static void a_copy_is_made_of_the_answer_alone(void **state) {
    (void)state;
    struct chat_view v;
    struct buf copy;
    buf_init(&copy, 20);
    chat_view_init(&v, &out, false, false);
    v.copy = &copy;
    answer(&v);
    assert_string_equal(copy.data, "It is blue.");
    const ingle_chat_event more = {INGLE_CHAT_TEXT, .text = "0123456789", .len = 10};
    assert_false(chat_view_event(&more, &v)); /* past its maximum: the answer is stopped */
    assert_int_equal(v.failed, INGLE_NO_MEMORY);
    buf_clear(&copy);
    read_seen();
}

static void a_reader_that_is_gone_stops_the_answer(void **state) {
    (void)state;
    struct chat_view v;
    chat_view_init(&v, &out, false, false);
    int closed = dup(ends[1]);
    close(closed);
    out.fd = closed;
    const ingle_chat_event e = {INGLE_CHAT_TEXT, .text = "x", .len = 1};
    assert_false(chat_view_event(&e, &v));
}

static void every_reason_has_the_name_of_its_kind(void **state) {
    (void)state;
    static const struct {
        ingle_stop_reason reason;
        const char *name;
    } rows[] = {{INGLE_STOP_END, "stop"},      {INGLE_STOP_STRING, "stop"},
                {INGLE_STOP_LENGTH, "length"}, {INGLE_STOP_CANCEL, "cancel"},
                {INGLE_STOP_LOOP, "loop"},     {INGLE_STOP_TOOL, "tool"}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        assert_string_equal(chat_reason_name(rows[i].reason), rows[i].name);
    }
}

int main(void) {
#define WITH_OUT(test) cmocka_unit_test_setup_teardown(test, open_out, close_out)
    const struct CMUnitTest tests[] = {
        WITH_OUT(a_pipe_gets_the_answer_alone),
        WITH_OUT(a_pipe_gets_the_thinking_if_asked_for),
        WITH_OUT(a_terminal_gets_it_dimmed_piece_by_piece),
        WITH_OUT(a_terminal_without_colour_gets_headings),
        WITH_OUT(nothing_of_a_model_drives_the_terminal),
        WITH_OUT(an_answer_of_nothing_is_nothing),
        WITH_OUT(thinking_without_an_answer_ends_its_line),
        WITH_OUT(json_keeps_thinking_text_and_calls_apart),
        WITH_OUT(a_copy_is_made_of_the_answer_alone),
        WITH_OUT(a_reader_that_is_gone_stops_the_answer),
        WITH_OUT(every_reason_has_the_name_of_its_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
