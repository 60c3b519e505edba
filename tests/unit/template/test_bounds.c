/* engine/template/run: what takes long to reach its bound, and is reached all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

static void endless_work_ends(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ [1] * 10**9 }}", "bytes of memory"},
        {"{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s|replace('a', "
         "ns.s) %}"
         "{% endfor %}",
         "a text exceeds"},
        {"{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
         "20000000 steps"},

        {"{% set s = 'a' * 1000000 %}{{ s.strip('b' * 1000000 ~ 'a') }}", "20000000 steps"},
        {"{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}",
         "it takes more than"},
        {"{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) "
         "}}",
         "20000000 steps"},
        {"{% set s = '\xc3\xa9' * 1000000 %}{% for i in range(99999) %}{{ s[i] }}{% endfor %}",
         "steps"},
    };
    for (size_t i = 0; i < BASE_COUNT(list); i++) {
        fails_with(INGLE_LIMIT, list[i].source, NULL, list[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(endless_work_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
