/* engine/template/lexer: tags, and the white space around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

static void a_line_end_behind_a_block_is_dropped(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{% if 1 %}\nx\n{% endif %}\ny\n", "x\ny"},
        {"{{ 1 }}\n\nx\n\n", "1\n\nx\n"},
        {"{# note #}\nx", "x"},
        {"{% if 1 %}\r\nx\r\n{% endif %}", "x\n"},
        {"{% if 1 +%}\nx{% endif %}", "\nx"},
        {"x\r", "x"},
    };
    renders_all(list, BASE_COUNT(list), NULL);
}

static void space_before_a_block_at_the_start_of_its_line_is_dropped(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"  {% if 1 %}x{% endif %}", "x"},
        {"a  {% if 1 %}x{% endif %}", "a  x"},
        {"a\n \t{% if 1 %}x{% endif %}", "a\nx"},
        {"a\n  {%+ if 1 %}x{% endif %}", "a\n  x"},
        {"a\n  {{ 1 }}", "a\n  1"},
        {"a\n  {# c #}b", "a\nb"},
        {"{% if 1 %}\n  {% if 1 %}x{% endif %}{% endif %}", "x"},
        {"{{ 1 }}  {% if 1 %}x{% endif %}", "1  x"},
        {"{{ 1 -}}\n  {% if 1 %}x{% endif %}", "1x"},
    };
    renders_all(list, BASE_COUNT(list), NULL);
}

static void a_minus_takes_all_space_on_its_side(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"a \n {{- 1 -}} \n b", "a1b"},
        {"a \n {%- if 1 -%} \n b {%- endif %}", "ab"},
        {"a \n {#- x -#} \n b", "ab"},
        {"a\xc2\xa0{{- 1 }}", "a1"}, /* what Python calls space */
        {"a{{-1}}", "a1"},
        {"a{{ -1 }}", "a-1"},
    };
    renders_all(list, BASE_COUNT(list), NULL);
}

static void raw_text_is_left_alone(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{% raw %}{{ x }}{% if %}{# #}{% endraw %}", "{{ x }}{% if %}{# #}"},
        {"a {%- raw -%} {{ x }} {%- endraw -%} b", "a{{ x }}b"},
        {"{% raw %}\nx\n  {% endraw %}\ny", "\nx\ny"},
        {"{%raw%}{%endraw%}", ""},
        {"{% raw %}{% endraw x %}{% endraw %}", "{% endraw x %}"},
    };
    renders_all(list, BASE_COUNT(list), NULL);
}

static void literals_are_python_s(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ 'a\\n\\t\\\\\\'\\x41\\u00e9\\U0001f600\\101' }}", "a\n\t\\'A\xc3\xa9\xf0\x9f\x98\x80"
                                                               "A"},
        {"{{ \"it's\" 'two' }}", "it'stwo"},
        {"{{ 'a\\qb\\\xc3\xa9' }}", "a\\qb\\xe9"},
        {"{{ 'a\\\nb' }}", "ab"},
        {"{{ 1_000 + 0x1F + 0b101 + 0o17 }}", "1051"},
        {"{{ 1.5e3 }} {{ 1e2 }} {{ 1_0.2_5 }}", "1500.0 100.0 10.25"},
        {"{{ {'a': {'b': 1}}}}", "{'a': {'b': 1}}"},
        {"{{ '}}' }}{{ '%}' }}", "}}%}"},
    };
    renders_all(list, BASE_COUNT(list), NULL);
}

static void broken_tags_are_told_with_their_place(void **state) {
    (void)state;
    fails("a\n  {{ 'x }}", NULL, "line 2, column 6: this string does not end");
    fails("{# x", NULL, "line 1, column 1: this comment does not end");
    fails("{% raw %}x", NULL, "this raw block does not end");
    fails("{{ (1] }}", NULL, "']' stands where ')' should");
    fails("{{ 1) }}", NULL, "')' closes nothing");
    fails("{{ 1 ! 2 }}", NULL, "'!' means nothing here");
    fails("{{ 99999999999999999999 }}", NULL, "exceeds 64 bits");
    fails("{{ '\\x4' }}", NULL, "needs 2 hexadecimal digits");
    fails("{{ '\\ud800' }}", NULL, "no character");
    fails("{{ '\\N{DASH}' }}", NULL, "not supported");
    fails("\xff", NULL, "not UTF-8");
    fails("{{ 1", NULL, "the end of the template");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_end_behind_a_block_is_dropped),
        cmocka_unit_test(space_before_a_block_at_the_start_of_its_line_is_dropped),
        cmocka_unit_test(a_minus_takes_all_space_on_its_side),
        cmocka_unit_test(raw_text_is_left_alone),
        cmocka_unit_test(literals_are_python_s),
        cmocka_unit_test(broken_tags_are_told_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
