/* engine/template/parse: what is no template, told with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

static void blocks_must_fit(void **state) {
    (void)state;
    fails("{% if 1 %}x", NULL, "no 'endif'");
    fails("{% for x in y %}{% endif %}", NULL, "'endif' is no statement that may stand here");
    fails("{% endif %}", NULL, "'endif' is no statement");
    fails("{% macro m() %}", NULL, "no 'endmacro'");
    fails("{% set x %}", NULL, "no 'endset'");
    fails("{% frob %}", NULL, "'frob' is no statement");
    fails("{% if 1 %}{% else %}{% elif 2 %}{% endif %}", NULL, "'elif' is no statement");
    fails("{% 5 %}", NULL, "the name of a statement");
}

static void what_is_not_supported_is_named(void **state) {
    (void)state;
    fails("{% include 'x' %}", NULL, "'include' is not supported");
    fails("{% extends 'x' %}", NULL, "'extends' is not supported");
    fails("{% block x %}{% endblock %}", NULL, "'block' is not supported");
    fails("{% import 'x' as y %}", NULL, "'import' is not supported");
    fails("{{ 1|xmlattr }}", NULL, "no filter 'xmlattr'");
    fails("{{ 1 is frobbed }}", NULL, "no test 'frobbed'");
    fails("{{ 'a'.encode() }}", NULL, "'encode' of a str object is not for templates");
}

static void expressions_must_be_whole(void **state) {
    (void)state;
    fails("{{ }}", NULL, "an expression should stand here, not '}}'");
    fails("{{ 1 + }}", NULL, "an expression should stand here");
    fails("{{ [1, 2 }}", NULL, "'}' stands where ']' should");
    fails("{{ x. }}", NULL, "a name or a number");
    fails("{{ x[] }}", NULL, "an expression");
    fails("{{ f(a=1, 2) }}", NULL, "this argument stands too late");
    fails("{{ f(**a, *b) }}", NULL, "this argument stands too late");
    fails("{{ f(*a, *b) }}", NULL, "this argument stands too late");
    fails("{{ 1 is none is none }}", NULL, "no second test");
    fails("{{ 1 2 }}", NULL, "'}}' should stand here, not a number");
    fails("{% if 1 2 %}{% endif %}", NULL, "'%}' should stand here");
    fails("{{ x | }}", NULL, "the name of a filter");
}

static void only_names_are_assigned_to(void **state) {
    (void)state;
    fails("{% set 1 = 2 %}", NULL, "cannot be assigned to");
    fails("{% set true = 2 %}", NULL, "cannot be assigned to");
    fails("{% for [a] in x %}{% endfor %}", NULL, "cannot be assigned to");
    fails("{% macro m(a=1, b) %}{% endmacro %}", NULL, "a parameter without default");
    fails("{% call x %}{% endcall %}", NULL, "a call should follow");
}

static void jumps_stand_in_loops(void **state) {
    (void)state;
    fails("{% break %}", NULL, "'break' stands outside of a loop");
    fails("{% for x in [1] %}{% else %}{% continue %}{% endfor %}", NULL, "outside of a loop");
    fails("{% for x in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}", NULL,
          "outside of a loop");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_must_fit),
        cmocka_unit_test(what_is_not_supported_is_named),
        cmocka_unit_test(expressions_must_be_whole),
        cmocka_unit_test(only_names_are_assigned_to),
        cmocka_unit_test(jumps_stand_in_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
