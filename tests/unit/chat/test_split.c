/* Answers taken apart: thinking, text and calls in every family's way, however they arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "engine/chat/answer.h"
#include "unit/chat/transcript.h"

static struct tool_set *tools;

static int begin(void **state) {
    (void)state;
    tools = test_tools();
    return 0;
}

static int end(void **state) {
    (void)state;
    tool_set_free(tools);
    return mem_live() == 0 ? 0 : -1;
}

static struct split_options in_format(enum call_format format) {
    return (struct split_options){.format = format, .tools = tools};
}

struct example {
    const char *text, *wanted;
};

static void expect_all(const struct split_options *options, const struct example *examples,
                       size_t n) {
    for (size_t i = 0; i < n; i++) expect_answer(options, examples[i].text, examples[i].wanted);
}

/* ---- thinking ---- */

static void thinking_is_separated_from_the_answer(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"", ""},
        {"Hello.\n", "text(Hello.\n)"},
        {"<think>\nHm.\nSo.\n</think>\n\nYes.", "thinking(Hm.\nSo.) text(Yes.)"},
        {"<think>\n\n</think>\n\nYes.", "text(Yes.)"},
        {"\n<think>a</think>b", "thinking(a) text(b)"},
        {"<think>a <think> b</think>c", "thinking(a <think> b) text(c)"},
        {"<think>not closed", "thinking(not closed)"},
        {"<think>not closed</thin", "thinking(not closed</thin)"},
        {"<think>a</think>b</think>c", "thinking(a) text(b</think>c)"},
        {"<think>a</think>b\n<think>c</think>d", "thinking(a) text(b) thinking(c) text(d)"},
        {"The tag <think> begins it.", "text(The tag <think> begins it.)"},
        {"<thin", "text(<thin)"},
        {"a\n\nb\n", "text(a\n\nb\n)"},
        {"<<think>", "text(<<think>)"},
        {"<th<think>x", "text(<th<think>x)"},
    };
    const struct split_options options = {.think = think_style(THINK_TAGS)};
    expect_all(&options, examples, BASE_COUNT(examples));
}

static void an_answer_may_begin_inside_thinking(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"Hm.\n</think>\n\nYes.", "thinking(Hm.) text(Yes.)"},
        {"\nHm.", "thinking(Hm.)"},
        {"</think>\n\nYes.", "text(Yes.)"},
    };
    const struct split_options options = {.think = think_style(THINK_TAGS), .in_thinking = true};
    expect_all(&options, examples, BASE_COUNT(examples));
}

static void every_family_marks_thinking_in_its_way(void **state) {
    (void)state;
    struct split_options options = {.think = think_style(THINK_MISTRAL)};
    expect_answer(&options, "[THINK]Hm.[/THINK]Yes.", "thinking(Hm.) text(Yes.)");
    options.think = think_style(THINK_GEMMA4);
    expect_answer(&options, "<|channel>thought\nHm.\n<channel|>Yes.", "thinking(Hm.) text(Yes.)");
    expect_answer(&options, "<|channel>thought\n<channel|>Yes.", "text(Yes.)");
    options.think = think_style(THINK_GRANITE);
    expect_answer(&options, "<think>Hm.</think><response>Yes.</response>",
                  "thinking(Hm.) text(Yes.)");
    options.think = NULL;
    expect_answer(&options, "<think>Hm.</think>Yes.", "text(<think>Hm.</think>Yes.)");
}

static void calls_are_looked_for_after_thinking_only(void **state) {
    (void)state;
    struct split_options options = in_format(CALLS_TAGGED);
    options.think = think_style(THINK_TAGS);
    expect_answer(&options,
                  "<think>\n<tool_call>{\"name\": 1}</tool_call>\n</think>\n\n"
                  "<tool_call>\n{\"name\": \"noop\", \"arguments\": {}}\n</tool_call>",
                  "thinking(<tool_call>{\"name\": 1}</tool_call>) call noop({})");
}

/* ---- calls ---- */

#define PARIS "{\"city\": \"Paris\"}"

static void tagged_calls_are_found(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"<tool_call>\n{\"name\": \"weather\", \"arguments\": " PARIS "}\n</tool_call>",
         "call weather(" PARIS ")"},
        {"Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": " PARIS
         "}\n</tool_call>\n<tool_call>\n{\"name\": \"noop\", \"arguments\": {}}\n</tool_call>",
         "text(Let me see.) call weather(" PARIS ") call noop({})"},
        {"<tool_call>{\"name\":\"weather\",\"arguments\":" PARIS "}", "call weather(" PARIS ")"},
        {"<tool_call>{\"arguments\": " PARIS ", \"name\": \"weather\"}</tool_call>",
         "call weather(" PARIS ")"},
        {"<tool_call>{\"name\": \"noop\"}</tool_call>", "call noop({})"},
        {"<tool_call>{\"name\": \"noop\", \"arguments\": null}</tool_call>", "call noop({})"},
        {"<tool_call>{\"name\": \"weather\", \"arguments\": \"{\\\"city\\\": \\\"Paris\\\"}\"}"
         "</tool_call>done",
         "call weather(" PARIS ") text(done)"},
        {"<tool_call>{\"name\": \"store\", \"arguments\": {\"value\": {\"name\": \"x\", "
         "\"arguments\": [\"}</tool_call>\"]}}}</tool_call>",
         "call store({\"value\": {\"name\": \"x\", \"arguments\": [\"}</tool_call>\"]}})"},
        {"a </tool_call> b", "text(a </tool_call> b)"},
        {"<tool_cal", "text(<tool_cal)"},
    };
    struct split_options options = in_format(CALLS_TAGGED);
    expect_all(&options, examples, BASE_COUNT(examples));
}

static void bare_calls_are_found_and_other_json_is_text(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"{\"name\": \"weather\", \"parameters\": " PARIS "}", "call weather(" PARIS ")"},
        {"\n {\"type\": \"function\", \"name\": \"weather\", \"parameters\": " PARIS "}\n",
         "call weather(" PARIS ")"},
        {"<|python_tag|>{\"name\": \"weather\", \"arguments\": " PARIS "}",
         "call weather(" PARIS ")"},
        {"{\"name\": \"noop\", \"parameters\": {}}; {\"name\": \"noop\", \"parameters\": {}}\n"
         "{\"name\": \"noop\", \"parameters\": {}}",
         "call noop({}) call noop({}) call noop({})"},
        {"{\"name\": \"Bob\", \"age\": 3}", "text({\"name\": \"Bob\", \"age\": 3})"},
        {"{\"a\": [1, 2", "text({\"a\": [1, 2)"},
        {"{x} is a set.", "text({x} is a set.)"},
        {"{#} is no JSON.\nBut text.", "text({#} is no JSON.\nBut text.)"},
        {"\n  Hi.", "text(\n  Hi.)"},
        {"                     Hi.", "text(                     Hi.)"},
        {"  \n", "text(  \n)"},
        {"So: {\"name\": \"noop\", \"parameters\": {}}",
         "text(So: {\"name\": \"noop\", \"parameters\": {}})"},
    };
    struct split_options options = in_format(CALLS_LLAMA3);
    expect_all(&options, examples, BASE_COUNT(examples));
}

static void lists_of_calls_are_found(void **state) {
    (void)state;
    static const struct example phi[] = {
        {"<|tool_call|>[{\"name\": \"weather\", \"arguments\": " PARIS "}]<|/tool_call|>",
         "call weather(" PARIS ")"},
        {"<|tool_call|>[{\"name\": \"noop\", \"parameters\": {}}, {\"name\": \"weather\", "
         "\"arguments\": " PARIS "}]",
         "call noop({}) call weather(" PARIS ")"},
        {"functools[{\"name\": \"weather\", \"arguments\": " PARIS "}]", "call weather(" PARIS ")"},
        {"[{\"name\": \"weather\", \"arguments\": " PARIS "}]", "call weather(" PARIS ")"},
        {"[1] says so.", "text([1] says so.)"},
        {"[1, 2]", "text([1, 2])"},
    };
    static const struct example mistral[] = {
        {"[TOOL_CALLS][{\"name\": \"weather\", \"arguments\": " PARIS ", \"id\": \"abcdefghi\"}]",
         "call weather(" PARIS ")"},
        {"[TOOL_CALLS] [{\"name\": \"noop\", \"arguments\": {}}, {\"name\": \"noop\", "
         "\"arguments\": {}}]",
         "call noop({}) call noop({})"},
    };
    static const struct example granite[] = {
        {"<|tool_call|>[{\"name\": \"weather\", \"arguments\": " PARIS "}]",
         "call weather(" PARIS ")"},
        {"<tool_call>[{\"name\": \"noop\", \"arguments\": {}}]", "call noop({})"},
    };
    struct split_options options = in_format(CALLS_PHI4);
    expect_all(&options, phi, BASE_COUNT(phi));
    options.format = CALLS_MISTRAL;
    expect_all(&options, mistral, BASE_COUNT(mistral));
    options.format = CALLS_GRANITE3;
    expect_all(&options, granite, BASE_COUNT(granite));
}

static void named_calls_are_found(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"[TOOL_CALLS]weather[ARGS]" PARIS, "call weather(" PARIS ")"},
        {"Well.[TOOL_CALLS]weather[ARGS] " PARIS "[TOOL_CALLS]noop[ARGS]{}",
         "text(Well.) call weather(" PARIS ") call noop({})"},
        {"[TOOL_CALLS]noop[CALL_ID]123456789[ARGS]{}", "call noop({})"},
    };
    struct split_options options = in_format(CALLS_MINISTRAL);
    expect_all(&options, examples, BASE_COUNT(examples));
}

static void python_calls_are_found(void **state) {
    (void)state;
    static const struct example lfm[] = {
        {"<|tool_call_start|>[weather(city=\"Paris\")]<|tool_call_end|>",
         "call weather(" PARIS ")"},
        {"<|tool_call_start|>[weather(city='Par\\'is', days=-3, metric=True), noop()]"
         "<|tool_call_end|>So.",
         "call weather({\"city\": \"Par'is\", \"days\": -3, \"metric\": true}) call noop({}) "
         "text(So.)"},
        {"<|tool_call_start|>[store(value={'a': [1, 2.5, None, (true, false)], \"b\": {}}, "
         "note=null)]",
         "call store({\"value\": {\"a\": [1, 2.5, null, [true, false]], \"b\": {}}, "
         "\"note\": null})"},
        {"<|tool_call_start|>[weather(\"Paris\", 2)]<|tool_call_end|>",
         "call weather({\"city\": \"Paris\", \"days\": 2})"},
        {"<|tool_call_start|>[store(value=\"\\u00e9\\ud83d\\ude00\\x41\\n\")]<|tool_call_end|>",
         "call store({\"value\": \"\xc3\xa9\xf0\x9f\x98\x80"
         "A\\n\"})"},
        {"<|tool_call_start|>[store(value=.5), store(value=1.), store(value='''a'b''')]"
         "<|tool_call_end|>",
         "call store({\"value\": 0.5}) call store({\"value\": 1.0}) call store({\"value\": "
         "\"a'b\"})"},
    };
    static const struct example code[] = {
        {"<code>\nweather(city=\"Paris\")\nnoop()\n</code>",
         "call weather(" PARIS ") call noop({})"},
        {"I'll look.\n<code>noop(); noop()</code>", "text(I'll look.) call noop({}) call noop({})"},
    };
    struct split_options options = in_format(CALLS_LFM2);
    expect_all(&options, lfm, BASE_COUNT(lfm));
    options.format = CALLS_CODE;
    expect_all(&options, code, BASE_COUNT(code));
}

static void gemma_calls_are_found(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"<|tool_call>call:weather{city:<|\"|>Paris<|\"|>}<tool_call|>", "call weather(" PARIS ")"},
        {"<|tool_call>call:weather{city:<|\"|>a\"b}, c:<|\"|>,days:3,metric:false}<tool_call|>"
         "<|tool_call>call:noop{}<tool_call|>",
         "call weather({\"city\": \"a\\\"b}, c:\", \"days\": 3, \"metric\": false}) call noop({})"},
        {"<|tool_call>call:store{value:{list:[1,<|\"|>x<|\"|>,[]],o:{}}}<tool_call|>",
         "call store({\"value\": {\"list\": [1, \"x\", []], \"o\": {}}})"},
    };
    struct split_options options = in_format(CALLS_GEMMA4);
    expect_all(&options, examples, BASE_COUNT(examples));
}

static void xml_calls_are_typed_by_the_schema(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"<tool_call>\n<function=weather>\n<parameter=city>\n5\n</parameter>\n<parameter=days>\n5\n"
         "</parameter>\n<parameter=metric>\nTrue\n</parameter>\n</function>\n</tool_call>",
         "call weather({\"city\": \"5\", \"days\": 5, \"metric\": true})"},
        {"<tool_call>\n<function=store>\n<parameter=value>\n[1, {\"a\": null}]\n</parameter>\n"
         "<parameter=note>\nnull\n</parameter>\n</function>\n</tool_call>",
         "call store({\"value\": [1, {\"a\": null}], \"note\": null})"},
        {"<tool_call>\n<function=store>\n<parameter=value>\na\n</parameter> b\n\n</parameter>\n"
         "</function>\n</tool_call>\n<tool_call>\n<function=noop>\n</function>\n</tool_call>",
         "call store({\"value\": \"a\\n</parameter> b\\n\"}) call noop({})"},
    };
    struct split_options options = in_format(CALLS_XML);
    expect_all(&options, examples, BASE_COUNT(examples));
}

static void generic_answers_are_calls_or_a_response(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"{\"tool_call\": {\"name\": \"weather\", \"arguments\": " PARIS "}}",
         "call weather(" PARIS ")"},
        {"{\"tool_calls\": [{\"name\": \"noop\", \"arguments\": {}}, {\"name\": \"weather\", "
         "\"arguments\": " PARIS "}]}",
         "call noop({}) call weather(" PARIS ")"},
        {"{\"response\": \"It is \\u00e9\\ud83d\\ude00 \\\"so\\\"\\n\"}",
         "text(It is \xc3\xa9\xf0\x9f\x98\x80 \"so\"\n)"},
        {"Just text.", "text(Just text.)"},
        {"{\"a\": 1}", "text({\"a\": 1})"},
    };
    struct split_options options = in_format(CALLS_GENERIC);
    expect_all(&options, examples, BASE_COUNT(examples));
}

/* ---- what is no call ---- */

static void expect_error(enum call_format format, const char *text, const char *saying) {
    struct split_options options = in_format(format);
    for (int bytewise = 0; bytewise < 2; bytewise++) {
        char *found =
            transcript(&options, text, strlen(text), (struct cutting){.bytewise = bytewise == 1});
        const char *error = strstr(found, "error(");
        if (!error || !strstr(error, saying)) {
            fail_msg("%s\n gives %s", text, found);
        }
        mem_free(found);
    }
}

static void calls_that_cannot_be_read_are_errors(void **state) {
    (void)state;
    static const struct {
        enum call_format format;
        const char *text, *saying;
    } cases[] = {
        {CALLS_TAGGED, "<tool_call>weather</tool_call>", "no JSON"},
        {CALLS_TAGGED, "<tool_call><tool_call>", "no JSON"},
        {CALLS_TAGGED, "<tool_call>[]</tool_call>", "no JSON"},
        {CALLS_TAGGED, "<tool_call>{\"name\": \"noop\", \"arguments\": {}", "ends too early"},
        {CALLS_TAGGED, "<tool_call>{\"arguments\": {}}", "no name"},
        {CALLS_TAGGED, "<tool_call>{\"name\": \"noop\", \"name\": \"noop\"}", "cannot be read"},
        {CALLS_TAGGED, "<tool_call>{\"name\": \"noop\", \"arguments\": \"{\"}", "cannot be read"},
        {CALLS_TAGGED, "<tool_call>{\"name\": \"noop\", \"arguments\": 3}", "no object"},
        {CALLS_TAGGED, "<tool_call>{\"name\": \"nope\", \"arguments\": {}}", "'nope'"},
        {CALLS_LLAMA3, "{\"name\": \"nope\", \"parameters\": {}}", "'nope'"},
        {CALLS_LLAMA3, "{\"name\": \"noop\", \"parameters\": {} ", "ends too early"},
        {CALLS_MISTRAL, "[TOOL_CALLS]weather", "no JSON"},
        {CALLS_MINISTRAL, "[TOOL_CALLS][{}]", "ends too early"},
        {CALLS_MINISTRAL, "[TOOL_CALLS]noop[ARGS][]", "no JSON"},
        {CALLS_LFM2, "<|tool_call_start|>[weather(]<|tool_call_end|>", "no literal"},
        {CALLS_LFM2, "<|tool_call_start|>[noop(a=b)]<|tool_call_end|>", "no literal"},
        {CALLS_LFM2, "<|tool_call_start|>[noop() noop()]<|tool_call_end|>", "','"},
        {CALLS_LFM2, "<|tool_call_start|>[noop(1)]<|tool_call_end|>", "no name"},
        {CALLS_CODE, "<code>import os</code>", "'('"},
        {CALLS_GEMMA4, "<|tool_call>noop{}<tool_call|>", "call:"},
        {CALLS_GEMMA4, "<|tool_call>call:noop{a:<|\"|>}<tool_call|>", "does not end"},
        {CALLS_XML, "<tool_call><function=noop></tool_call>", "</function>"},
        {CALLS_XML, "<tool_call><function=noop><parameter=a>1</function></tool_call>", "not end"},
        {CALLS_GENERIC, "{\"tool_call\": {\"name\": \"nope\", \"arguments\": {}}}", "'nope'"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        expect_error(cases[i].format, cases[i].text, cases[i].saying);
    }
}

static void arguments_that_the_schema_does_not_allow_are_errors(void **state) {
    (void)state;
    static const struct {
        enum call_format format;
        const char *text;
    } cases[] = {
        {CALLS_TAGGED, "<tool_call>{\"name\": \"weather\", \"arguments\": {}}</tool_call>"},
        {CALLS_TAGGED, "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": 3}}"},
        {CALLS_TAGGED, "<tool_call>{\"name\": \"noop\", \"arguments\": {\"a\": 3}}"},
        {CALLS_LFM2, "<|tool_call_start|>[weather(city=\"x\", days=\"y\")]<|tool_call_end|>"},
        {CALLS_GEMMA4, "<|tool_call>call:weather{city:Paris}<tool_call|>"},
        {CALLS_XML, "<tool_call><function=weather><parameter=days>x</parameter></function>"},
        {CALLS_MINISTRAL, "[TOOL_CALLS]weather[ARGS]{\"city\": null}"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        expect_error(cases[i].format, cases[i].text, "schema");
    }
}

static void an_answer_broken_off_keeps_what_is_complete(void **state) {
    (void)state;
    struct split_options options = in_format(CALLS_TAGGED);
    const char *text = "Hm.\n<tool_call>{\"name\": \"noop\", \"arguments\": {}}</tool_call>\n"
                       "<tool_call>{\"name\": \"weather\", \"arguments\": {\"ci";
    struct cutting cutting = {.is_broken_off = true};
    char *found = transcript(&options, text, strlen(text), cutting);
    assert_string_equal(found, "text(Hm.) call noop({})");
    mem_free(found);
    cutting.is_eager = true;
    found = transcript(&options, text, strlen(text), cutting);
    assert_string_equal(found, "text(Hm.) call noop({}) begun weather({\"ci");
    mem_free(found);
}

static void without_tools_markers_are_text(void **state) {
    (void)state;
    for (int format = 0; format < CALLS_N; format++) {
        const struct split_options options = {.format = (enum call_format)format};
        expect_answer(&options, "<tool_call>{}</tool_call>", "text(<tool_call>{}</tool_call>)");
    }
}

/* ---- hostile answers ---- */

static void hostile_answers_end_soon_in_one_sentence(void **state) {
    (void)state;
    enum { LEN = 100000 };
    static const char *const units[] = {"[",
                                        "{",
                                        "{\"a\":",
                                        "<tool_call>",
                                        "[TOOL_CALLS]",
                                        "<think>",
                                        "\"",
                                        "\\",
                                        "(",
                                        "f(",
                                        "<function=",
                                        "call:f{a:",
                                        "\n",
                                        "<|tool_call>",
                                        "\xff",
                                        "<|tool_call_start|>["};
    char *text = mem_alloc(LEN + 64);
    assert_non_null(text);
    for (int format = 0; format < CALLS_N; format++) {
        struct split_options options = in_format((enum call_format)format);
        const char *start = call_format_info(options.format)->start;
        options.think = think_style(THINK_TAGS);
        for (size_t u = 0; u < BASE_COUNT(units); u++) {
            for (int marked = 0; marked < 2; marked++) {
                size_t n = 0, len = strlen(units[u]);
                if (marked && start) {
                    n = strlen(start);
                    memcpy(text, start, n);
                }
                for (; n + len <= LEN; n += len) memcpy(text + n, units[u], len);
                mem_free(transcript(&options, text, n, (struct cutting){0}));
            }
        }
    }
    mem_free(text);
}

static bool keep(const struct split_event *event, void *user) {
    answer_put(user, event);
    return true;
}

static ingle_status make(const struct split_options *options, const char *text) {
    struct split split;
    struct answer answer;
    struct message *m = NULL;
    struct split_options full = *options;
    answer_init(&answer);
    full.put = keep;
    full.user = &answer;
    split_init(&split, &full);
    ingle_status status = split_feed(&split, text, strlen(text), NULL);
    if (status == INGLE_OK) status = split_finish(&split, true, NULL);
    if (status == INGLE_OK) status = answer_message(&m, &answer, 0, NULL);
    if (status == INGLE_OK) assert_int_equal(m->n_calls, 1);
    message_free(m);
    split_clear(&split);
    answer_clear(&answer);
    return status;
}

static void out_of_memory_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    static const struct {
        enum call_format format;
        const char *text;
    } cases[] = {
        {CALLS_TAGGED, "a<tool_call>{\"name\": \"weather\", \"arguments\": " PARIS "}</tool_call>"},
        {CALLS_LFM2, "<|tool_call_start|>[weather(city=\"Paris\")]<|tool_call_end|>"},
        {CALLS_XML, "<tool_call><function=store><parameter=value>[1]</parameter></function>"},
        {CALLS_GEMMA4, "<|tool_call>call:weather{city:<|\"|>Paris<|\"|>}<tool_call|>"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        struct call_ids ids = {0};
        struct split_options options = in_format(cases[i].format);
        options.ids = &ids;
        uint64_t live = mem_live(), n = 1;
        for (ingle_status status = INGLE_NO_MEMORY; status != INGLE_OK; n++) {
            mem_fail_at(n, 1);
            status = make(&options, cases[i].text);
            mem_fail_at(0, 0);
            assert_true(status == INGLE_OK || status == INGLE_NO_MEMORY);
            assert_int_equal(mem_live(), live);
        }
        assert_true(n > 3);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thinking_is_separated_from_the_answer),
        cmocka_unit_test(an_answer_may_begin_inside_thinking),
        cmocka_unit_test(every_family_marks_thinking_in_its_way),
        cmocka_unit_test(calls_are_looked_for_after_thinking_only),
        cmocka_unit_test(tagged_calls_are_found),
        cmocka_unit_test(bare_calls_are_found_and_other_json_is_text),
        cmocka_unit_test(lists_of_calls_are_found),
        cmocka_unit_test(named_calls_are_found),
        cmocka_unit_test(python_calls_are_found),
        cmocka_unit_test(gemma_calls_are_found),
        cmocka_unit_test(xml_calls_are_typed_by_the_schema),
        cmocka_unit_test(generic_answers_are_calls_or_a_response),
        cmocka_unit_test(calls_that_cannot_be_read_are_errors),
        cmocka_unit_test(arguments_that_the_schema_does_not_allow_are_errors),
        cmocka_unit_test(an_answer_broken_off_keeps_what_is_complete),
        cmocka_unit_test(without_tools_markers_are_text),
        cmocka_unit_test(hostile_answers_end_soon_in_one_sentence),
        cmocka_unit_test(out_of_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
