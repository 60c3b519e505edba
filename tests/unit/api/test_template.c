/* ingle/template.h: arguments, JSON in, text and spans out. What templates mean is the business of
 * unit/template and oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "fuzz/tiny_vocab.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/gguf_writer.h"

static const char hello[] = "[{\"role\": \"user\", \"content\": \"Hi\"}]";

static ingle_template *new_template(const char *source) {
    ingle_template *t;
    ingle_error err;
    mark_error(&err);
    if (ingle_template_new(&t, source, strlen(source), &err) != INGLE_OK) fail_msg("%s", err.msg);
    expect_marked(&err);
    return t;
}

static void expect_text(const ingle_template *t, const char *messages,
                        const ingle_template_options *opt, const char *text) {
    ingle_rendering *r;
    ingle_error err;
    size_t len;
    mark_error(&err);
    if (ingle_template_render(&r, t, messages, opt, &err) != INGLE_OK) fail_msg("%s", err.msg);
    expect_marked(&err);
    assert_string_equal(ingle_rendering_text(r, &len), text);
    assert_int_equal(len, strlen(text));
    ingle_rendering_free(r);
}

static void expect_failure(const ingle_template *t, const char *messages,
                           const ingle_template_options *opt, ingle_status code,
                           const char *saying) {
    ingle_rendering *r;
    ingle_error err = {0};
    expect_refusal(ingle_template_render(&r, t, messages, opt, &err), code, &err, saying);
    assert_null(r);
}

static void arguments_are_checked(void **state) {
    (void)state;
    ingle_template *t = (ingle_template *)&t;
    ingle_rendering *r;
    ingle_error err = {0};
    expect_refusal(ingle_template_new(NULL, "", 0, &err), INGLE_BAD_ARGUMENT, &err, "out is NULL");
    expect_refusal(ingle_template_new(&t, NULL, 1, &err), INGLE_BAD_ARGUMENT, &err, "source");
    assert_null(t);
    expect_refusal(ingle_template_new(&t, "{{", 2, &err), INGLE_INVALID, &err, "line 1, column 3");
    assert_null(t);
    expect_refusal(ingle_template_from_model(&t, NULL, &err), INGLE_BAD_ARGUMENT, &err, "model");
    t = new_template("x");
    expect_refusal(ingle_template_render(NULL, t, "[]", NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "out is NULL");
    expect_refusal(ingle_template_render(&r, NULL, "[]", NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "t is NULL");
    expect_failure(t, NULL, NULL, INGLE_BAD_ARGUMENT, "messages is NULL");
    ingle_template_options opt = ingle_template_options_default();
    opt.size = 3;
    expect_failure(t, "[]", &opt, INGLE_BAD_ARGUMENT, "size field of ingle_template_options");
    ingle_template_free(t);
    ingle_template_free(NULL);
    ingle_rendering_free(NULL);
    size_t n;
    assert_string_equal(ingle_rendering_text(NULL, &n), "");
    assert_null(ingle_rendering_spans(NULL, &n));
    assert_int_equal(n, 0);
}

static void messages_are_a_list_or_an_object_that_has_one(void **state) {
    (void)state;
    ingle_template *t = new_template(
        "{{ messages[0].content }}{{ tools|length if tools else 'no' }}{{ x }}{{ bos_token }}"
        "{{ add_generation_prompt }}{{ documents is none }}");
    ingle_template_options opt = ingle_template_options_default();
    expect_text(t, hello, NULL, "HinoTrueTrue");
    expect_text(t,
                "{\"messages\": [{\"role\": \"user\", \"content\": \"1\"}], \"tools\": [{}, {}], "
                "\"x\": \"v\", "
                "\"documents\": []}",
                NULL, "12vTrueFalse");
    opt.tools = "[{}]";
    opt.vars = "{\"x\": [1.0], \"bos_token\": \"<s>\"}";
    opt.add_generation_prompt = false;
    expect_text(t,
                "{\"messages\": [{\"role\": \"user\", \"content\": \"1\"}], \"tools\": [{}, {}], "
                "\"x\": \"v\"}",
                &opt, "11[1.0]<s>FalseTrue");
    opt.tools = NULL;
    opt.vars = "{\"tools\": []}";
    expect_failure(t, hello, &opt, INGLE_BAD_ARGUMENT, "'tools' is given by an argument");
    ingle_template_free(t);
}

static void broken_json_is_told_with_its_place(void **state) {
    (void)state;
    ingle_template *t = new_template("x");
    ingle_template_options opt = ingle_template_options_default();
    expect_failure(t, "[{]", NULL, INGLE_INVALID,
                   "The list of messages is not JSON: line 1, column 3");
    expect_failure(t, "5", NULL, INGLE_INVALID, "should be a JSON array");
    expect_failure(t, "{\"tools\": []}", NULL, INGLE_INVALID, "an object with \"messages\"");
    opt.tools = "{}";
    expect_failure(t, hello, &opt, INGLE_INVALID, "The list of tools should be JSON's array");
    opt.tools = "[";
    expect_failure(t, hello, &opt, INGLE_INVALID, "The list of tools is not JSON");
    opt.tools = NULL;
    opt.vars = "[]";
    expect_failure(t, hello, &opt, INGLE_INVALID,
                   "The object of variables should be JSON's object");
    ingle_template_free(t);
}

static void the_time_is_given_or_the_present(void **state) {
    (void)state;
    ingle_template *t = new_template("{{ strftime_now('%a %d %b %Y %H:%M:%S %j') }}");
    ingle_template_options opt = ingle_template_options_default();
    opt.now = "2024-02-29T23:59:58";
    expect_text(t, hello, &opt, "Thu 29 Feb 2024 23:59:58 060");
    static const char *const wrong[] = {"",           "2024-02-30T00:00:00", "2024-13-01T00:00:00",
                                        "2024-02-29", "2024-02-29T24:00:00", "2024-02-29T23:59:58Z",
                                        "now"};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        opt.now = wrong[i];
        expect_failure(t, hello, &opt, INGLE_BAD_ARGUMENT, "is no time like 2026-01-31T12:00:00");
    }
    ingle_rendering *r;
    assert_int_equal(ingle_template_render(&r, t, hello, NULL, NULL), INGLE_OK);
    size_t len;
    assert_non_null(strstr(ingle_rendering_text(r, &len), " 20"));
    ingle_rendering_free(r);
    ingle_template_free(t);
}

static void spans_tell_data_from_the_template(void **state) {
    (void)state;
    ingle_template *t = new_template("<|{{ messages[0].role }}|>{{ messages[0].content }}<|end|>");
    ingle_rendering *r;
    size_t n;
    assert_int_equal(ingle_template_render(&r, t, hello, NULL, NULL), INGLE_OK);
    const ingle_rendering_span *spans = ingle_rendering_spans(r, &n);
    assert_int_equal(n, 3);
    assert_true(spans[0].start == 0 && spans[0].len == 8 && !spans[0].is_data);
    assert_true(spans[1].start == 8 && spans[1].len == 2 && spans[1].is_data);
    assert_true(spans[2].start == 10 && spans[2].len == 7 && !spans[2].is_data);
    ingle_rendering_free(r);
    ingle_template_free(t);
}

static void arguments_become_objects_unless_they_are_to_stay(void **state) {
    (void)state;
    static const char calls[] =
        "[{\"role\": \"assistant\", \"tool_calls\": [{\"function\": {\"name\": \"f\", "
        "\"arguments\": \"{\\\"a\\\": 1}\"}}]}]";
    ingle_template *t = new_template("{{ messages[0].tool_calls[0].function.arguments }}");
    ingle_template_options opt = ingle_template_options_default();
    expect_text(t, calls, &opt, "{'a': 1}");
    opt.keep_arguments = true;
    expect_text(t, calls, &opt, "{\"a\": 1}");
    ingle_template_free(t);
}

/* A vocabulary's file with the templates named; NULL = none. */
static ingle_model *model_with(const char *plain, const char *with_tools) {
    struct gguf_writer w;
    const char *path = folder_file("templates.gguf");
    gguf_writer_init(&w);
    gguf_writer_str(&w, "general.architecture", "llama");
    tiny_vocab_write(&w, 0);
    if (plain) gguf_writer_str(&w, "tokenizer.chat_template", plain);
    if (with_tools) gguf_writer_str(&w, "tokenizer.chat_template.tool_use", with_tools);
    assert_true(gguf_writer_save(&w, path));
    ingle_model_options opt = ingle_model_options_default();
    opt.vocab_only = true;
    ingle_model *model;
    ingle_error err;
    if (ingle_model_open(&model, path, &opt, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return model;
}

static void a_model_s_templates_are_used(void **state) {
    (void)state;
    ingle_model *model = model_with("plain", "tools {{ tools }}");
    ingle_template *t;
    ingle_template_options opt = ingle_template_options_default();
    assert_int_equal(ingle_template_from_model(&t, model, NULL), INGLE_OK);
    ingle_model_close(model);
    expect_text(t, hello, NULL, "plain");
    opt.tools = "[{}]";
    expect_text(t, hello, &opt, "tools [{}]");
    ingle_template_free(t);
    ingle_error err = {0};
    model = model_with(NULL, NULL);
    expect_refusal(ingle_template_from_model(&t, model, &err), INGLE_NOT_FOUND, &err,
                   "has no chat template");
    assert_null(t);
    ingle_model_close(model);
    model = model_with("{% if %}", NULL);
    expect_refusal(ingle_template_from_model(&t, model, &err), INGLE_INVALID, &err,
                   "line 1, column 7");
    ingle_model_close(model);
}

static void every_failing_allocation_is_told(void **state) {
    (void)state;
    ingle_template_options opt = ingle_template_options_default();
    opt.tools = "[{\"a\": [1, 2]}]";
    opt.vars = "{\"x\": \"y\"}";
    opt.now = "2026-01-31T12:00:00";
    uint64_t live = mem_live();
    for (uint64_t n = 1;; n++) {
        ingle_template *t = NULL;
        ingle_rendering *r = NULL;
        ingle_error err = {0};
        mem_fail_at(n, 1);
        ingle_status status = ingle_template_new(&t, "{{ tools }}{{ x }}", 18, &err);
        if (status == INGLE_OK) status = ingle_template_render(&r, t, hello, &opt, &err);
        mem_fail_at(0, 0);
        ingle_rendering_free(r);
        ingle_template_free(t);
        assert_int_equal(mem_live(), live);
        if (status == INGLE_OK) break;
        expect_refusal(status, INGLE_NO_MEMORY, &err, "ut of memory");
        assert_null(r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(messages_are_a_list_or_an_object_that_has_one),
        cmocka_unit_test(broken_json_is_told_with_its_place),
        cmocka_unit_test(the_time_is_given_or_the_present),
        cmocka_unit_test(spans_tell_data_from_the_template),
        cmocka_unit_test(arguments_become_objects_unless_they_are_to_stay),
        cmocka_unit_test(a_model_s_templates_are_used),
        cmocka_unit_test(every_failing_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
