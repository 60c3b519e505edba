/* engine/template/template, data, run: what goes in and comes out, and its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/template/template.h"

static const char vars[] = "{\"messages\": [{\"role\": \"user\", \"content\": \"<|end|>\"}, "
                           "{\"role\": \"x|>\", \"content\": \"c\"}],"
                           " \"s\": \"da\", \"bos_token\": \"<s>\"}";

static void every_byte_knows_where_it_comes_from(void **state) {
    (void)state;
    comes_from("a{{ s }}b{{ bos_token }}", vars, "adab<s>", "tddtttt");
    comes_from("{{ 'x' + s + 'y' }}{{ ('x' ~ s)[1:] }}{{ s|upper }}", vars, "xdaydaDA", "tddtdddd");
    comes_from("{{ (s ~ 'x')|replace('a', 'bb') }}", vars, "dbbx", "dttt");
    comes_from("{{ (' ' ~ s ~ ' x ').strip().split(' ')|join('-') }}", vars, "da-x", "ddtt");
    comes_from("{{ [s, 'x']|tojson }}", vars, "[\"da\", \"x\"]", "ddddddddtdd");
    comes_from("{{ '%s|%s' % (s, 'x') }}{{ '{}|'.format(s) }}", vars, "da|xda|", "ddttddt");
    comes_from("{% set x %}{{ s }}t{% endset %}{{ x }}{% filter upper %}{{ x }}{% endfilter %}",
               vars, "datDAT", "ddtddt");
    comes_from("{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(s) }}", vars, "<da>", "tddt");
    comes_from("{{ (s ~ 'x')|reverse }}{{ s * 2 }}{{ s|indent(2, true) }}", vars, "xaddada  da",
               "tddddddttdd");
    comes_from("{{ messages[0].content|length }}{{ 1.5 }}", vars, "71.5", "tttt");
}

static void known_roles_are_the_template_s(void **state) {
    (void)state;
    comes_from("{% for m in messages %}<|{{ m.role }}|>{% endfor %}", vars, "<|user|><|x|>|>",
               "ttttttttttdddtt");
    comes_from("<|{{ messages[0]['role'] }}|>{{ messages[0].content }}", vars, "<|user|><|end|>",
               "ttttttttddddddd");
}

static void arguments_that_are_json_text_become_objects(void **state) {
    (void)state;
    static const char calls[] =
        "{\"messages\": [{\"role\": \"assistant\", \"tool_calls\": [{\"function\": {\"name\": "
        "\"f\", "
        "\"arguments\": \"{\\\"a\\\": [1, 2.0]}\"}}, {\"function\": {\"arguments\": \"no json\"}}, "
        "{\"function\": {\"arguments\": \"[1]\"}}, {\"function\": {\"arguments\": {\"k\": 1}}}, "
        "5]}, 6]}";
    renders("{% for c in messages[0].tool_calls if c is mapping %}{{ c.function.arguments }};{% "
            "endfor %}",
            calls, "{'a': [1, 2.0]};no json;[1];{'k': 1};");
    renders("{{ messages[0].tool_calls[0].function.arguments is mapping }}", calls, "True");
}

static void what_is_not_given_is_none_or_undefined(void **state) {
    (void)state;
    renders(
        "{{ tools is none }}{{ documents is none }}{{ x is defined }}{{ add_generation_prompt }}",
        vars, "TrueTrueFalseTrue");
    renders("{{ add_generation_prompt }}", "{\"add_generation_prompt\": false}", "False");
}

static void what_a_template_reads_is_known(void **state) {
    (void)state;
    static const char source[] =
        "{{ tools }}{{ m.reasoning_content }}{{ m['thinking'] }}{# documents #}x";
    struct template *t;
    ingle_error err;
    assert_int_equal(template_new(&t, source, strlen(source), &err), INGLE_OK);
    assert_true(template_reads(t, "tools"));
    assert_true(template_reads(t, "reasoning_content"));
    assert_true(template_reads(t, "thinking"));
    assert_false(template_reads(t, "documents"));
    assert_false(template_reads(t, "x"));
    template_free(t);
    template_free(NULL);
}

static void an_error_names_line_and_column(void **state) {
    (void)state;
    ingle_error err;
    assert_null(render("a\n b {{ 1 + none }}", NULL, NULL, &err));
    assert_string_equal(
        err.msg, "The chat template fails at line 2, column 9: '+' does not work on an integer "
                 "and none.");
    assert_int_equal(err.where, 10);
}

static char *repeat(const char *head, const char *part, size_t n, const char *tail) {
    size_t len = strlen(part);
    char *text = malloc(strlen(head) + len * n + strlen(tail) + 1);
    assert_non_null(text);
    char *at = stpcpy(text, head);
    for (size_t i = 0; i < n; i++) at = stpcpy(at, part);
    stpcpy(at, tail);
    return text;
}

static void deep_sources_are_refused(void **state) {
    (void)state;
    static const char *const parts[][3] = {
        {"{{ ", "(", "1 }}"},    {"{{ ", "[", " }}"},      {"{{ ", "not ", "1 }}"},
        {"{{ ", "-", "1 }}"},    {"{{ 1", " + 1", " }}"},  {"{{ 1", "|string", " }}"},
        {"{{ x", ".a", " }}"},   {"", "{% if 1 %}", ""},   {"{{ ", "1 if 0 else ", "1 }}"},
        {"{{ ", "{1: ", "1 }}"}, {"{{ ", "2**", "2 }}"},   {"", "{% for x in [1] %}", ""},
        {"{{ f", "(1)", " }}"},  {"{{ 1", " if 1", " }}"}, {"{{ ", "f(", " }}"},
    };
    for (size_t i = 0; i < BASE_COUNT(parts); i++) {
        char *source = repeat(parts[i][0], parts[i][1], 50000, parts[i][2]);
        ingle_error err;
        assert_null(render(source, "{}", NULL, &err));
        if (err.code != INGLE_LIMIT) fail_msg("%zu: %s", i, err.msg);
        free(source);
    }
    char *source = repeat("", "x", TEMPLATE_MAX_SOURCE + 1, "");
    fails_with(INGLE_LIMIT, source, NULL, "1048577 bytes");
    free(source);
}

static void endless_work_ends(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ 'a' * 10**9 }}", "a text exceeds"},
        {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested, or calls itself"},
        {"{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "nested, or calls itself"},
        {"{% set l = [] %}{% set _ = l.append(l) %}{{ l }}", "nested, or calls itself"},
        {"{% set l = [] %}{% set _ = l.append(l) %}{{ l|tojson }}", "nested, or calls itself"},
        {"{% set l = [] %}{% set k = [l] %}{% set _ = l.append(k) %}{{ l == k }}",
         "nested, or calls itself"},
        {"{% set s = 'a' * 1000000 %}{{ s.rfind('b' ~ 'a' * 500000) }}", "steps"},
        {"{{ 'a'.center(10**15) }}", "a text exceeds"},
        {"{{ [[1]]|tojson(indent=10**15) }}", "a text exceeds"},
    };
    for (size_t i = 0; i < BASE_COUNT(list); i++) {
        fails_with(INGLE_LIMIT, list[i].source, NULL, list[i].text);
    }
    fails("{{ range(10**12)|list }}", NULL, "more than 100000 numbers");
}

static const char all_of_it[] =
    "{% macro m(a, b=2) %}{{ a }}{{ varargs }}{{ kwargs }}{{ caller() }}{% endmacro %}"
    "{% set ns = namespace(x=[]) %}{% for k, v in d.items() if (v is defined) recursive %}{% set "
    "ns.x = ns.x + [k] %}"
    "{{ loop.length }}{% endfor %}{% call m(1, 2, 3, k=4) %}{{ ns.x|map('upper')|join(',') }}{% "
    "endcall %}"
    "{% filter indent %}{{ d|tojson(indent=2) }}{{ d }}{% endfilter %}{{ '%s {}' % s|replace('a', "
    "'bc') }}"
    "{{ '{:>9}'.format(s) }}{{ s.split('a')|sort|unique|list }}{{ messages[0].role ~ s[::-1] }}"
    "{{ strftime_now('%d %B') }}{{ {'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5, 'f': 6, 'g': 7, 'h': "
    "8, 'i': 9}.i }}"
    "{{ 'a\\n' 'b' }}{% with q = 5 %}{{ q }}{% endwith %}{{ range(5)|sum }}{{ (s ~ 'x') * 20 }}";

static const char all_vars[] =
    "{\"d\": {\"a\": 1, \"b\": [true, null, 2.5, {\"x\": \"y\"}]}, \"s\": \"banana\","
    " \"messages\": [{\"role\": \"user\", \"content\": \"hi\", \"tool_calls\": [{\"function\": "
    "{\"arguments\": "
    "\"{\\\"a\\\": 1}\"}}]}]}";

static void every_failing_allocation_is_told(void **state) {
    (void)state;
    uint64_t live = mem_live(), n = 1;
    ingle_error err;
    for (;; n++) {
        err = (ingle_error){0};
        mem_fail_at(n, 1);
        const char *text = render(all_of_it, all_vars, NULL, &err);
        mem_fail_at(0, 0);
        assert_int_equal(mem_live(), live);
        if (text) break;
        if (err.code != INGLE_NO_MEMORY) fail_msg("allocation %u: %s", (unsigned)n, err.msg);
    }
    assert_true(n > 4);
    assert_non_null(strstr(render(all_of_it, all_vars, NULL, &err), "31 January"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_knows_where_it_comes_from),
        cmocka_unit_test(known_roles_are_the_template_s),
        cmocka_unit_test(arguments_that_are_json_text_become_objects),
        cmocka_unit_test(what_is_not_given_is_none_or_undefined),
        cmocka_unit_test(what_a_template_reads_is_known),
        cmocka_unit_test(an_error_names_line_and_column),
        cmocka_unit_test(deep_sources_are_refused),
        cmocka_unit_test(endless_work_ends),
        cmocka_unit_test(every_failing_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
