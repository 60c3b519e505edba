/* What a split answer came to, as one string:
 *
 *     thinking(...) text(...) call f({"a": 1}) begun g({"b"
 *
 * for the tests of this folder, with tools to call. What goes wrong in here ends the test. */
#ifndef INGLE_TESTS_UNIT_CHAT_TRANSCRIPT_H
#define INGLE_TESTS_UNIT_CHAT_TRANSCRIPT_H

#include "engine/chat/split.h"

/* weather(city: string, days: integer, metric: boolean), city required; noop(); store(value: any,
 * note: string or null). Owned by the caller. */
struct tool_set *test_tools(void);

/* How an answer arrives. */
struct cutting {
    size_t at;          /* two pieces, the first of so many bytes; 0: see each */
    bool bytewise;      /* one byte after another */
    bool is_eager;      /* streams_arguments */
    bool is_broken_off; /* the model did not end it */
};

/* Owned by the caller, mem_free(). A failure is "error(...)" at the end. options: format, tools,
 * think and in_thinking are used. */
char *transcript(const struct split_options *options, const char *text, size_t len,
                 struct cutting cutting);

/* The answer comes to this, however it is cut. */
void expect_answer(const struct split_options *options, const char *text, const char *wanted);

#endif
