/* engine/template/predicates: what stands behind `is`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

static const char vars[] = "{\"n\": 4, \"f\": 2.5, \"s\": \"ab\", \"l\": [1], \"d\": {\"a\": 1}, "
                           "\"z\": null, \"b\": true}";

static void kinds_are_told_apart(void **state) {
    (void)state;
    static const char *const tests[] = {"none",     "boolean",  "true",    "integer",
                                        "float",    "number",   "string",  "mapping",
                                        "sequence", "iterable", "callable"};
    static const struct {
        const char *name, *holds; /* a mark for each of the tests */
    } values[] = {
        {"z", "x.........."},         {"b", ".xx..x....."},     {"n", "...x.x....."},
        {"f", "....xx....."},         {"s", "......x.xx."},     {"l", "........xx."},
        {"d", ".......xxx."},         {"range", "..........x"}, {"missing", "........xxx"},
        {"d.items()", ".........x."},
    };
    for (size_t i = 0; i < BASE_COUNT(values); i++) {
        for (size_t k = 0; k < BASE_COUNT(tests); k++) {
            char source[80];
            snprintf(source, sizeof source, "{{ %s is %s }}", values[i].name, tests[k]);
            renders(source, vars, values[i].holds[k] == 'x' ? "True" : "False");
        }
    }
}

static void values_are_compared(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ n is even }}{{ n is odd }}{{ n is divisibleby 3 }}{{ n is divisibleby(2) }}",
         "TrueFalseFalseTrue"},
        {"{{ n is eq 4 }}{{ n is ne 4 }}{{ n is lt(5) }}{{ n is ge 5 }}{{ n is in [4] }}",
         "TrueFalseTrueFalseTrue"},
        {"{{ s is equalto 'ab' }}{{ z is sameas none }}{{ l is sameas l }}{{ l is sameas [1] }}",
         "TrueTrueTrueFalse"},
        {"{{ missing is defined }}{{ n is not defined }}{{ z is defined }}", "FalseFalseTrue"},
        {"{{ s is lower }}{{ 'A' is upper }}{{ 1 is upper }}{{ ('a'|safe) is escaped }}",
         "TrueTrueFalseTrue"},
        {"{{ 'upper' is filter }}{{ 'frob' is filter }}{{ 'odd' is test }}", "TrueFalseTrue"},
        {"{{ not n is odd }}{{ n is not odd and true }}", "TrueTrue"},
        {"{% if n is number and n is not string %}y{% endif %}", "y"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ missing is odd }}", vars, "'missing' is undefined");
    fails("{{ n is divisibleby(0) }}", vars, "divides by zero");
    fails("{{ n is lt('a') }}", vars, "cannot order");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told_apart),
        cmocka_unit_test(values_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
