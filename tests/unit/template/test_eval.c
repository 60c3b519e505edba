/* engine/template/eval, operators, lookup: expressions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

static const char vars[] =
    "{\"s\": \"h\\u00e9llo\", \"n\": 7, \"l\": [1, 2, 3], \"d\": {\"a\": 1, \"items\": "
    "2, \"key\": {\"x\": null}}, \"big\": 9223372036854775808, \"f\": 2.5}";

static void arithmetic_is_python_s(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ -7 % 3 }} {{ 7 / 2 }}", "3 -4 -2 2 3.5"},
        {"{{ -7.5 // 2 }} {{ 7.5 % -2 }} {{ 2 ** 10 }} {{ 2 ** -1 }}", "-4.0 -0.5 1024 0.5"},
        {"{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ -2 ** 2 }}", "3 9 4"},
        {"{{ true + 1 }} {{ 1 == 1.0 == true }} {{ 1 + 0.5 }}", "2 True 1.5"},
        {"{{ 'a' * 3 }}{{ 2 * 'b' }}{{ [1] * 2 }}{{ 'a' * -1 }}", "aaabb[1, 1]"},
        {"{{ [1] + [2] }} {{ (1,) + (2,) }} {{ 'a' + 'b' }}", "[1, 2] (1, 2) ab"},
        {"{{ 1 ~ 'a' ~ none ~ 2.0 ~ [1, 'x'] }}", "1aNone2.0[1, 'x']"},
        {"{{ 9007199254740993 == 9007199254740992.0 }}", "False"},
        {"{{ 7 / 9007199254740993 }} {{ -9223372036854775807 / 3 }} {{ 9007199254740993 / 1 }}",
         "7.771561172376095e-16 -3.0744573456182584e+18 9007199254740992.0"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ 1 + 'a' }}", vars, "'+' does not work on an integer and a string");
    fails("{{ none + 'a' }}", vars, "none and a string");
    fails("{{ 1 // 0 }}", vars, "divides by zero");
    fails("{{ 1.0 % 0 }}", vars, "divides by zero");
    fails("{{ 9223372036854775807 + 1 }}", vars, "exceeds 64 bits");
    fails("{{ 3037000500 * 3037000500 }}", vars, "exceeds 64 bits");
    fails("{{ -n.x }}", vars, "no 'x'");
    fails("{{ -'a' }}", vars, "'-' does not work on a string");
}

static void logic_gives_operands_and_stops_early(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ 0 or 'x' }} {{ 1 and [] }} {{ not '' }} {{ none or none }}", "x [] True None"},
        {"{{ true or missing.x }} {{ false and missing.x }}", "True False"},
        {"{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 3 > 2 == 2 }}", "True False True"},
        {"{{ 2 in l }} {{ 'a' in d }} {{ 'll' in s }} {{ 9 not in l }}", "True True True True"},
        {"{{ 'x' if n > 5 else 'y' }}{{ 'z' if false }}", "x"},
        {"{{ 1 if false else 2 if false else 3 }}", "3"},
        {"{{ [1, 2] == [1, 2] }} {{ (1,) == [1] }} {{ {'a': 1} == {'a': 1.0} }}",
         "True False True"},
        {"{{ [1, 2] < [1, 3] }} {{ 'a' < 'b' }} {{ 'Z' < 'a' }}", "True True True"},
        {"{{ missing == other }} {{ missing is undefined }}", "True True"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ 1 < 'a' }}", vars, "'<' cannot order an integer and a string");
    fails("{{ missing < 1 }}", vars, "'missing' is undefined");
    fails("{{ 1 in 5 }}", vars, "not through an integer");
    fails("{{ ('z' if false).x }}", vars, "has no 'else'");
}

static void attributes_and_keys_are_looked_up_as_in_jinja(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ d.a }}{{ d['a'] }}{{ d.key.x }}{{ d.nothing }}|{{ d['nothing'] }}", "11None|"},
        {"{{ d['items'] }} {{ d.items() | list }}",
         "2 [('a', 1), ('items', 2), ('key', {'x': None})]"},
        {"{{ l[0] }}{{ l[-1] }}{{ l.1 }}{{ l[9] }}{{ l['x'] }}", "132"},
        {"{{ s[1] }}{{ s[-1] }}{{ s[99] }}", "\xc3\xa9o"},
        {"{{ l[:2] }}{{ l[::-1] }}{{ l[5:] }}{{ l[-2:] }}{{ l[2:0:-1] }}",
         "[1, 2][3, 2, 1][][2, 3][3, 2]"},
        {"{{ s[1:3] }} {{ s[::-1] }} {{ s[:-1] }} {{ s[::2] }}",
         "\xc3\xa9l oll\xc3\xa9h h\xc3\xa9ll hlo"},
        {"{{ {1: 'a', none: 'b', (1, 2): 'c'}[(1, 2)] }}", "c"},
        {"{{ {1: 'a'}[true] }}{{ {1: 'a'}[1.0] }}", "aa"},
        {"{{ (1, 2)[1] }}{{ range(5)[2] }}{{ range(9)[2:4] }}", "22range(2, 4)"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ missing.x }}", vars, "'missing' is undefined");
    fails("{{ d.nothing.x }}", vars, "this dict object has no 'nothing'");
    fails("{{ none[1:2] }}", vars, "none has no slices");
    fails("{{ l[::0] }}", vars, "steps of 0");
    fails("{{ l['a':] }}", vars, "integers or none, not a string");
    fails("{{ {[]: 1} }}", vars, "a list cannot be a key");
}

static void nothing_private_is_reached(void **state) {
    (void)state;
    fails("{{ ''.__class__ }}", vars, "'__class__' of a str object is not for templates");
    fails("{{ l['__len__'] }}", vars, "not for templates");
    fails("{{ ''|attr('__class__') }}", vars, "not for templates");
    fails("{{ '{0.__class__}'.format(1) }}", vars, "not for templates");
    fails("{{ l.clear() }}", vars, "'clear' of a list object is not for templates");
    renders("{{ {'_x': 1}._x }}", vars, "1");
}

static void calls_spread_their_arguments(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ range(*[1, 4])|list }}", "[1, 2, 3]"},
        {"{{ dict(**{'a': 1}, **{})|tojson }}", ""},
        {"{{ dict(b=1, **{'a': 2}) }}", "{'b': 1, 'a': 2}"},
        {"{{ 'a-b'.split(sep='-', maxsplit=1) }}", "['a', 'b']"},
    };
    renders_all(&list[0], 1, vars);
    renders_all(&list[2], 2, vars);
    fails("{{ range(1, 2, 3, 4) }}", vars, "'range' takes 3 arguments at most, not 4");
    fails("{{ 'a'.split(frob=1) }}", vars, "'split' takes no argument 'frob'");
    fails("{{ 'a'.split('a', sep='b') }}", vars, "given its argument 'sep' twice");
    fails("{{ 'a'.startswith() }}", vars, "'startswith' needs 1 argument.");
    fails("{{ dict(a=1, **{'a': 2}) }}", vars, "'a' is given twice");
    fails("{{ 5() }}", vars, "an integer cannot be called");
    fails("{{ missing() }}", vars, "'missing' is undefined");
}

static void big_integers_are_shown_and_not_computed_with(void **state) {
    (void)state;
    renders("{{ big }} {{ big|tojson }} {{ [big] }} {{ big is number }} {{ big == big }}", vars,
            "9223372036854775808 9223372036854775808 [9223372036854775808] True True");
    fails("{{ big + 1 }}", vars, "beyond 64 bits");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_is_python_s),
        cmocka_unit_test(logic_gives_operands_and_stops_early),
        cmocka_unit_test(attributes_and_keys_are_looked_up_as_in_jinja),
        cmocka_unit_test(nothing_private_is_reached),
        cmocka_unit_test(calls_spread_their_arguments),
        cmocka_unit_test(big_integers_are_shown_and_not_computed_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
