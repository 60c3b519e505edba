/* engine/template/exec, loop, scope: statements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

static const char vars[] = "{\"l\": [1, 2, 3], \"d\": {\"b\": 1, \"a\": 2}, \"x\": \"out\"}";

static void loops_have_a_scope_and_conditions_have_none(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{% for i in l %}{% set x = i %}{{ x }}{% endfor %}{{ x }}", "123out"},
        {"{% for i in l %}{{ x }}{% set x = i %}{% endfor %}", "outoutout"},
        {"{% if 1 %}{% set x = 'in' %}{% endif %}{{ x }}", "in"},
        {"{% set ns = namespace(n=0) %}{% for i in l %}{% set ns.n = ns.n + i %}{% endfor %}{{ "
         "ns.n }}",
         "6"},
        {"{% for i in l %}{% set i = 9 %}{{ i }}{% endfor %}", "999"},
        {"{% with x = 1, y = x %}{{ x }}{{ y }}{% endwith %}{{ x }}", "1outout"},
        {"{% set y %}{% set x = 'in' %}{{ x }}{% endset %}{{ y }}{{ x }}", "inout"},
        {"{% generation %}{% set x = 'in' %}{{ x }}{% endgeneration %}{{ x }}", "inout"},
        {"{% set a, b = 1, 2 %}{{ b }}{{ a }}{% set (a, b) = (b, a) %}{{ a }}", "212"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{% set d.a = 1 %}", vars, "only a namespace");
    fails("{% set q.a = 1 %}", vars, "'q' is undefined");
    fails("{% set a, b = [1] %}", vars, "1 values cannot be given to 2 names");
}

static void loops_walk_what_python_walks(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{% for k in d %}{{ k }}{% endfor %}", "ba"},
        {"{% for k, v in d.items() %}{{ k }}={{ v }} {% endfor %}", "b=1 a=2 "},
        {"{% for k, v in d|dictsort %}{{ k }}{% endfor %}", "ab"},
        {"{% for c in 'h\xc3\xa9' %}{{ c }}.{% endfor %}", "h.\xc3\xa9."},
        {"{% for x in missing %}a{% else %}b{% endfor %}", "b"},
        {"{% for x in l if x > 1 %}{{ x }}{% else %}none{% endfor %}", "23"},
        {"{% for x in l if x > 5 %}{{ x }}{% else %}none{% endfor %}", "none"},
        {"{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"},
        {"{% for x in l %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}", "13"},
        {"{% for x in l %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% else %}e{% endfor %}",
         "1"},
        {"{% for x in l %}{% for x in l %}{% break %}{% endfor %}{{ x }}{% endfor %}", "123"},
        {"{% for x in [[1, [2]], [3]] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}"
         "{{ x }}:{{ loop.depth }}{% endif %}{% endfor %}",
         "(1:2(2:3))(3:2)"},
        /* The filter of a loop sees what its body has done. */
        {"{% set ns = namespace(go=true) %}{% for x in l if ns.go %}{{ x }}{% set ns.go = false %}"
         "{% endfor %}",
         "1"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{% for x in 5 %}{% endfor %}", vars, "an integer has no items to walk through");
    fails("{% for x in none %}{% endfor %}", vars, "none has no items");
    fails("{% for a, b in l %}{% endfor %}", vars, "no items to walk");
    fails("{% for x in l %}{{ loop(l) }}{% endfor %}", vars, "'recursive'");
}

static void loops_know_where_they_are(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }} "
         "{% endfor %}",
         "1032 2121 3210 "},
        {"{% for x in l %}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
         "TrueFalse3 FalseFalse3 FalseTrue3 "},
        {"{% for x in l %}{{ loop.previtem }}<{{ x }}<{{ loop.nextitem }} {% endfor %}",
         "<1<2 1<2<3 2<3< "},
        {"{% for x in l if x != 2 %}{{ loop.last }}{{ loop.length }}{{ x }} {% endfor %}",
         "False21 True23 "},
        {"{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }} {% endfor %}",
         "aTrue bTrue aFalse "},
        {"{% for x in l %}{% for y in l %}{% endfor %}{{ loop.index }}{% endfor %}", "123"},
        {"{% for x in l %}{{ loop.previtem is defined }}{% endfor %}", "FalseTrueTrue"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ loop.index }}", vars, "'loop' is undefined");
}

static void macros_take_their_arguments(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{% macro m(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, c=5) }}",
         "121 125"},
        {"{% macro m(a) %}[{{ a }}]{% endmacro %}{{ m() }}", "[]"},
        {"{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, k=3) }}",
         "(1, 2){'k': 3}"},
        {"{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}in{% endcall %}", "<in>"},
        {"{% macro m() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b=9) m() %}{{ a }}{{ b }}{% "
         "endcall %}",
         "12"},
        {"{% macro f(n) %}{{ n }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
         "3210"},
        {"{% macro m() %}{{ x }}{% set x = 'in' %}{{ x }}{% endmacro %}{{ m() }}{{ x }}",
         "outinout"},
        {"{% macro m() %}{{ y }}{% endmacro %}{% set y = 1 %}{{ m() }}", "1"},
        {"{% for i in l %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}", "123"},
        {"{% macro m() %}  a  {% endmacro %}[{{ m()|trim }}]{{ m() is string }}", "[a]True"},
        {"{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}", "False"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", vars, "takes 1 arguments at most, not 2");
    fails("{% macro m(a) %}{% endmacro %}{{ m(b=2) }}", vars, "takes no argument 'b'");
    fails("{% macro m(a) %}{{ a.x }}{% endmacro %}{{ m() }}", vars, "was not given");
    fails("{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}", vars, "not called by a 'call'");
}

static void text_can_be_kept_and_filtered(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{% set y %} a {{ x }} {% endset %}[{{ y }}]", "[ a out ]"},
        {"{% set y | trim | upper %} a {% endset %}[{{ y }}]", "[A]"},
        {"{% filter upper|replace('A', 'b') %}a{{ x }}{% endfilter %}", "bOUT"},
        {"{% print 1, 'a' %}", "1a"},
        {"{% set j = joiner('|') %}{% for x in l %}{{ j() }}{{ x }}{% endfor %}", "1|2|3"},
        {"{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.next() }}",
         "abba"},
        {"{{ strftime_now('%d %b %Y') }}", "31 Jan 2026"},
        {"{% set l2 = [] %}{% set _ = l2.append(1) %}{{ l2 }}{{ l2.pop() }}{{ l2 }}", "[1]1[]"},
    };
    renders_all(list, BASE_COUNT(list), vars);
}

static void a_template_may_refuse(void **state) {
    (void)state;
    fails("{{ raise_exception('Only ' ~ 'so') }}", vars,
          "The template refuses the messages: Only so.");
    fails("{{ raise_exception('a\nb!') }}", vars, "refuses the messages: a b!");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loops_have_a_scope_and_conditions_have_none),
        cmocka_unit_test(loops_walk_what_python_walks),
        cmocka_unit_test(loops_know_where_they_are),
        cmocka_unit_test(macros_take_their_arguments),
        cmocka_unit_test(text_can_be_kept_and_filtered),
        cmocka_unit_test(a_template_may_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
