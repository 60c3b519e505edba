/* What answers may be: texts tried on the machines, byte by byte, in every family's syntax. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "engine/chat/answer_machine.h"
#include "unit/chat/transcript.h"
#include "unit/text/vocab_file.h"

static struct tool_set *tools;
static struct tokenizer_file vocab; /* bytes, and markers of which some are control tokens */

static int begin(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    vocab_file_add_alphabet(&f);
    vocab_file_add(&f, "[TOOL_CALLS]", CONTROL);
    vocab_file_add(&f, "[ARGS]", CONTROL);
    vocab_file_add(&f, "<|\"|>", CONTROL);
    vocab_file_add(&f, "<think>", USER_DEFINED);
    vocab = tokenizer_file_open(&f);
    tools = test_tools();
    return 0;
}

static int end(void **state) {
    (void)state;
    tool_set_free(tools);
    tokenizer_file_close(&vocab);
    return mem_live() == 0 ? 0 : -1;
}

static struct answer_spec in_format(enum call_format format) {
    return (struct answer_spec){
        .tokenizer = vocab.t, .calls = format, .tools = tools, .has_many = true};
}

static struct machine *machine_of(const struct answer_spec *spec) {
    struct machine *m;
    ingle_error err;
    if (answer_machine_new(&m, spec, &err) != INGLE_OK) fail_msg("%s", err.msg);
    assert_non_null(m);
    return m;
}

/* The bytes of a text in which control tokens stand in braces: "{{[ARGS]}}". */
static void spell(struct buf *out, const char *text) {
    static const char open = (char)MACHINE_CONTROL, close = (char)MACHINE_CONTROL_END;
    buf_init(out, 1 << 16);
    for (const char *c = text; *c; c++) {
        bool is_open = c[0] == '{' && c[1] == '{' && (c[2] == '[' || c[2] == '<');
        bool is_close =
            c[0] == '}' && c[1] == '}' && out->size > 0 && (c[-1] == ']' || c[-1] == '>');
        buf_add(out, is_open ? &open : is_close ? &close : c, 1);
        if (is_open || is_close) c++;
    }
}

static bool accepts(struct machine *m, const char *text) {
    struct buf bytes;
    spell(&bytes, text);
    machine_state state = machine_steps(m, m->start, bytes.data ? bytes.data : "", bytes.size);
    buf_clear(&bytes);
    assert_false(m->failed);
    return state != MACHINE_DEAD && m->ops->accepts(m, state);
}

struct example {
    const char *text;
    bool wanted;
};

static void expect_all(const struct answer_spec *spec, const struct example *examples, size_t n) {
    struct machine *m = machine_of(spec);
    for (size_t i = 0; i < n; i++) {
        if (accepts(m, examples[i].text) != examples[i].wanted) {
            fail_msg("%s is %s", examples[i].text, examples[i].wanted ? "refused" : "taken");
        }
    }
    machine_free(m);
}

#define CALL(arguments)                                                                            \
    "<tool_call>\n{\"name\": \"weather\", \"arguments\": " arguments "}\n</tool_call>"
#define PARIS "{\"city\": \"Paris\"}"

static void free_answers_are_text_and_then_calls(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"", true},
        {"Hello.", true},
        {"a < b <tool", true},
        {CALL(PARIS), true},
        {"So:\n" CALL(PARIS) "\n" CALL("{\"city\": \"Rome\",\"days\": 2}"), true},
        {"<tool_call>", false},
        {"<tool_call>x", false},
        {CALL("{}"), false},
        {CALL("{\"city\": 3}"), false},
        {CALL("{\"city\":  \"Paris\"}"), false}, /* needless white space */
        {CALL("{\"city\": \"Paris\", \"town\": 1}"), false},
        {CALL(PARIS) "x", false},
        {"<tool_call>\n{\"name\": \"nope\", \"arguments\": {}}\n</tool_call>", false},
        {"<tool_call>\n{\"name\": \"noop\", \"arguments\": {}}\n</tool_call>", true},
    };
    struct answer_spec spec = in_format(CALLS_TAGGED);
    expect_all(&spec, examples, BASE_COUNT(examples));
}

static void required_answers_are_calls_from_the_beginning(void **state) {
    (void)state;
    static const struct example all[] = {
        {"", false},
        {"Hello.", false},
        {CALL(PARIS), true},
        {"\n\n" CALL(PARIS), true},
        {CALL(PARIS) "\n" CALL(PARIS), true},
    };
    static const struct example one[] = {
        {CALL(PARIS), true},
        {CALL(PARIS) "\n" CALL(PARIS), false},
        {"<tool_call>\n{\"name\": \"noop\", \"arguments\": {}}\n</tool_call>", false},
    };
    struct answer_spec spec = in_format(CALLS_TAGGED);
    spec.is_required = true;
    expect_all(&spec, all, BASE_COUNT(all));
    spec.has_many = false;
    spec.only = &tools->at[0];
    expect_all(&spec, one, BASE_COUNT(one));
}

static void markers_that_are_control_tokens_are_nothing_else(void **state) {
    (void)state;
    static const struct example ministral[] = {
        {"a{{[TOOL_CALLS]}}weather{{[ARGS]}}" PARIS, true},
        {"{{[TOOL_CALLS]}}noop{{[ARGS]}}{}{{[TOOL_CALLS]}}noop{{[ARGS]}}{}", true},
        {"[TOOL_CALLS]weather[ARGS]" PARIS, false},
        {"[TOOL_CALLS]", false},
        {"{{[TOOL_CALLS]}}weather[ARGS]" PARIS, false},
        {"{{[ARGS]}}", false},
    };
    static const struct example mistral[] = {
        {"{{[TOOL_CALLS]}}[{\"name\": \"noop\", \"arguments\": {}}]", true},
        {"{{[TOOL_CALLS]}}[{\"name\": \"noop\", \"arguments\": {}, \"id\": \"abc123XYZ\"}, "
         "{\"name\": \"noop\", \"arguments\": {}}]",
         true},
        {"{{[TOOL_CALLS]}}[{\"name\": \"noop\", \"arguments\": {}, \"id\": \"abc\"}]", false},
        {"{{[TOOL_CALLS]}}[]", false},
    };
    struct answer_spec spec = in_format(CALLS_MINISTRAL);
    expect_all(&spec, ministral, BASE_COUNT(ministral));
    spec.calls = CALLS_MISTRAL;
    expect_all(&spec, mistral, BASE_COUNT(mistral));
}

static void bare_calls_exclude_text_that_begins_like_one(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"", true},
        {"Hello {x}.", true},
        {"{x}", false},
        {" {x}", false},
        {"\n", true},
        {"{\"name\": \"weather\", \"parameters\": " PARIS "}", true},
        {"{\"name\": \"noop\", \"parameters\": {}}; {\"name\": \"noop\", \"parameters\": {}}",
         true},
        {"{\"name\": \"weather\", \"arguments\": " PARIS "}", false},
    };
    struct answer_spec spec = in_format(CALLS_LLAMA3);
    expect_all(&spec, examples, BASE_COUNT(examples));
}

static void calls_that_are_no_json_have_declared_parameters(void **state) {
    (void)state;
    static const struct example lfm[] = {
        {"<|tool_call_start|>[weather(city=\"Paris\")]<|tool_call_end|>", true},
        {"<|tool_call_start|>[weather(city=\"Paris\", days=2), noop()]<|tool_call_end|>", true},
        {"<|tool_call_start|>[weather(days=2)]<|tool_call_end|>", false},
        {"<|tool_call_start|>[weather(city=Paris)]<|tool_call_end|>", false},
        {"<|tool_call_start|>[weather(city=\"Paris\", town=2)]<|tool_call_end|>", false},
        {"<|tool_call_start|>[noop(1)]<|tool_call_end|>", false},
        {"<|tool_call_start|>[nope()]<|tool_call_end|>", false},
        {"<|tool_call_start|>[store(value={\"a\": [1, null]})]<|tool_call_end|>", true},
    };
    static const struct example gemma[] = {
        {"<|tool_call>call:weather{city:{{<|\"|>}}Pa\"ris}{{<|\"|>}}}<tool_call|>", true},
        {"<|tool_call>call:weather{city:{{<|\"|>}}a{{<|\"|>}},days:2,metric:true}<tool_call|>",
         true},
        {"<|tool_call>call:weather{city:\"Paris\"}<tool_call|>", false},
        {"<|tool_call>call:weather{days:2}<tool_call|>", false},
        {"<|tool_call>call:noop{}<tool_call|>", true},
        {"<|tool_call>call:store{value:[1,[2,{{<|\"|>}}x{{<|\"|>}}]]}<tool_call|>", true},
    };
    static const struct example xml[] = {
        {"<tool_call>\n<function=weather>\n<parameter=city>\nPa<ris\n\n</parameter>\n"
         "<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>",
         true},
        {"<tool_call>\n<function=weather>\n<parameter=days>\n2\n</parameter>\n</function>\n"
         "</tool_call>",
         false},
        {"<tool_call>\n<function=weather>\n<parameter=city>\n\n</parameter>\n<parameter=days>\nx\n"
         "</parameter>\n</function>\n</tool_call>",
         false},
        {"<tool_call>\n<function=noop>\n</function>\n</tool_call>", true},
    };
    struct answer_spec spec = in_format(CALLS_LFM2);
    expect_all(&spec, lfm, BASE_COUNT(lfm));
    spec.calls = CALLS_GEMMA4;
    expect_all(&spec, gemma, BASE_COUNT(gemma));
    spec.calls = CALLS_XML;
    expect_all(&spec, xml, BASE_COUNT(xml));
}

static void thinking_comes_first_or_never(void **state) {
    (void)state;
    static const struct example may[] = {
        {"<think>", true},   {"\n<think>", true}, {"a<think>", false},
        {"<think>a", false}, {"a", true},
    };
    static const struct example never[] = {
        {"<think>", false},
        {"a<think>b", false},
        {"a<thin", true},
        {"", true},
    };
    struct answer_spec spec = in_format(CALLS_TAGGED);
    spec.think = think_style(THINK_TAGS);
    spec.may_think = true;
    expect_all(&spec, may, BASE_COUNT(may));
    spec = (struct answer_spec){
        .tokenizer = vocab.t, .think = think_style(THINK_TAGS), .forbids_thinking = true};
    expect_all(&spec, never, BASE_COUNT(never));
    struct machine *m;
    assert_int_equal(thinking_machine_new(&m, &spec, NULL), INGLE_OK);
    assert_true(accepts(m, "Hm.\n</think>\n\n"));
    assert_true(accepts(m, "</think>"));
    assert_false(accepts(m, "Hm."));
    assert_false(accepts(m, "</think>a"));
    machine_free(m);
}

static void an_answer_without_rules_needs_no_machine(void **state) {
    (void)state;
    struct answer_spec spec = {.tokenizer = vocab.t, .think = think_style(THINK_TAGS)};
    struct machine *m = NULL;
    assert_int_equal(answer_machine_new(&m, &spec, NULL), INGLE_OK);
    assert_null(m);
}

/* From every state on the way, the shortest completion leads to an accepted answer, which is read
 * as calls that the tools take. */
static void every_beginning_can_be_completed(void **state) {
    (void)state;
    for (int format = 0; format < CALLS_N; format++) {
        struct answer_spec spec = in_format((enum call_format)format);
        spec.is_required = true;
        struct machine *m = machine_of(&spec);
        machine_state s = m->start;
        struct buf text;
        buf_init(&text, 1 << 16);
        for (int byte; (byte = m->ops->finish(m, s)) >= 0;) {
            char c = (char)byte;
            s = m->ops->step(m, s, (uint8_t)byte);
            assert_int_not_equal(s, MACHINE_DEAD);
            if (byte < 0xfe) buf_add(&text, &c, 1);
            assert_true(text.size < 1000);
        }
        assert_true(m->ops->accepts(m, s));
        struct split_options options = {.format = (enum call_format)format, .tools = tools};
        char *found = transcript(&options, text.data, text.size, (struct cutting){0});
        if (strncmp(found, "call ", 5) != 0 || strstr(found, "error")) {
            fail_msg("%s: %s", text.data, found);
        }
        mem_free(found);
        buf_clear(&text);
        machine_free(m);
    }
}

static void out_of_memory_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    static const enum call_format formats[] = {CALLS_GENERIC, CALLS_MISTRAL, CALLS_LFM2,
                                               CALLS_GEMMA4, CALLS_XML};
    for (size_t i = 0; i < BASE_COUNT(formats); i++) {
        ingle_status status = INGLE_NO_MEMORY;
        /* What machines borrow stays with the tools. */
        for (uint64_t n = 1; status != INGLE_OK; n += 1 + n / 8) {
            struct tool_set *mine = test_tools();
            struct answer_spec spec = in_format(formats[i]);
            struct machine *m = NULL;
            spec.tools = mine;
            mem_fail_at(n, 1);
            status = answer_machine_new(&m, &spec, NULL);
            mem_fail_at(0, 0);
            assert_true(status == INGLE_OK || status == INGLE_NO_MEMORY);
            if (status != INGLE_OK) assert_null(m);
            machine_free(m);
            tool_set_free(mine);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_answers_are_text_and_then_calls),
        cmocka_unit_test(required_answers_are_calls_from_the_beginning),
        cmocka_unit_test(markers_that_are_control_tokens_are_nothing_else),
        cmocka_unit_test(bare_calls_exclude_text_that_begins_like_one),
        cmocka_unit_test(calls_that_are_no_json_have_declared_parameters),
        cmocka_unit_test(thinking_comes_first_or_never),
        cmocka_unit_test(an_answer_without_rules_needs_no_machine),
        cmocka_unit_test(every_beginning_can_be_completed),
        cmocka_unit_test(out_of_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
