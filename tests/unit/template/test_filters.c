/* engine/template/filters, filters_text, filters_list, filters_choice, sort. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

static const char vars[] =
    "{\"l\": [3, 1, 2], \"w\": [\"pear\", \"Apple\", \"fig\"], \"d\": {\"b\": 1, \"A\": 0},"
    " \"p\": [{\"n\": \"Ann\", \"a\": 3, \"t\": {\"z\": 1}}, {\"n\": \"bob\", \"a\": 1}, {\"n\": "
    "\"Cid\", \"a\": 3}]}";

static void numbers(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ -3|abs }} {{ (-2.5)|abs }} {{ '42.7'|int }} {{ 'x'|int }} {{ 'x'|int(7) }}",
         "3 2.5 42 0 7"},
        {"{{ '0x1f'|int(0, 16) }} {{ ' 12 '|int }} {{ 3.9|int }} {{ none|int(5) }} {{ true|int }}",
         "31 12 3 5 1"},
        {"{{ '1e3'|float }} {{ 'x'|float }} {{ 5|float }} {{ 'nan'|float }}", "1000.0 0.0 5.0 nan"},
        {"{{ 2.5|round }} {{ 3.5|round }} {{ 2.675|round(2) }} {{ 7|round }} {{ 1.21|round(1, "
         "'ceil') }}",
         "2.0 4.0 2.67 7 1.3"},
        {"{{ 1234|round(-2) }} {{ -1.5|round(method='floor') }}", "1200 -2.0"},
        {"{{ l|sum }} {{ p|sum(attribute='a') }} {{ l|max }}{{ l|min }} {{ []|sum }}", "6 7 31 0"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ 'a'|abs }}", vars, "'abs' needs a number");
    fails("{{ missing|int }}", vars, "'missing' is undefined");
    fails("{{ 'inf'|float|int }}", vars, "exceeds 64 bits");
    fails("{{ 1|round(0, 'up') }}", vars, "common, ceil and floor");
    fails("{{ w|sum }}", vars, "does not work on an integer and a string");
}

static void texts(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ 'hello wORLD-x (y)'|title }} {{ 'hELLO'|capitalize }}", "Hello World-X (Y) Hello"},
        {"{{ 'stra\xc3\x9f\x65'|upper }} {{ '\xc3\x80'|lower }} {{ 5|upper }}",
         "STRASSE \xc3\xa0 5"},
        {"[{{ ' x '|trim }}{{ 'xxaxx'|trim('x') }}]", "[xa]"},
        {"{{ 'aXbX'|replace('X', '-') }} {{ 'aaa'|replace('a', 'b', 2) }} {{ 12|replace(1, 3) }}",
         "a-b- bba 32"},
        {"{{ 'ab'|replace('', '.') }}", ".a.b."},
        {"{{ 'a\nb\n\nc'|indent(2) }}", "a\n  b\n\n  c"},
        {"{{ 'a\n\nb'|indent('> ', true, true) }}|{{ 'a\n'|indent }}|", "> a\n> \n> b|a\n|"},
        {"{{ 'foo bar baz qux'|truncate(9) }} {{ 'foo bar baz qux'|truncate(9, true) }}",
         "foo... foo ba..."},
        {"{{ 'foo bar baz'|truncate(9) }}", "foo bar baz"},
        {"{{ 'one two, three_3'|wordcount }}{{ 'ab'|center(5) }}|", "3  ab |"},
        {"{{ '<a & \"b\">'|e }} {{ ('<'|safe) ~ '<' }} {{ ('<'|safe) + '<' }}",
         "&lt;a &amp; &#34;b&#34;&gt; << <&lt;"},
        {"{{ '<'|e|e }} {{ '<'|e|forceescape }}", "&lt; &amp;lt;"},
        {"{{ 'a b/\xc3\xa9?'|urlencode }}", "a%20b/%C3%A9%3F"},
        {"{{ '%s-%05.1f'|format('x', 2) }} {{ '%(a)s'|format(a=1) }}", "x-002.0 1"},
        {"{{ none|string }} {{ [1]|string }} {{ missing|upper }}", "None [1] "},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ [1]|indent }}", vars, "'indent' needs a string, not a list");
    fails("{{ 'abc'|truncate(1) }}", vars, "too small a length");
}

static void lists(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ l|first }}{{ l|last }}{{ []|first }}{{ 'ab'|last }} {{ l|length }}{{ d|count }}",
         "32b 32"},
        {"{{ l|sort }} {{ l|sort(reverse=true) }} {{ w|sort }} {{ w|sort(case_sensitive=true) }}",
         "[1, 2, 3] [3, 2, 1] ['Apple', 'fig', 'pear'] ['Apple', 'fig', 'pear']"},
        {"{{ p|sort(attribute='a,n')|map(attribute='n')|join(' ') }}", "bob Ann Cid"},
        {"{{ p|sort(attribute='a', reverse=true)|map(attribute='n')|join(' ') }}", "Ann Cid bob"},
        {"{{ d|dictsort }} {{ d|dictsort(by='value') }} {{ d|dictsort(true) }}",
         "[('A', 0), ('b', 1)] [('A', 0), ('b', 1)] [('A', 0), ('b', 1)]"},
        {"{{ d|items|list }} {{ missing|items|list }}", "[('b', 1), ('A', 0)] []"},
        {"{{ [1, 1.0, 'a', 'A', true]|unique|list }}", "[1, 'a']"},
        {"{{ l|reverse|list }} {{ 'h\xc3\xa9'|reverse }} {{ l|list }} {{ 'ab'|list }}",
         "[2, 1, 3] \xc3\xa9h [3, 1, 2] ['a', 'b']"},
        {"{{ l|join('-') }} {{ p|join(', ', attribute='n') }} {{ [1, none]|join }}",
         "3-1-2 Ann, bob, Cid 1None"},
        {"{{ l|batch(2)|list }} {{ l|batch(2, 0)|list }} {{ l|slice(2)|list }} {{ l|slice(2, "
         "0)|list }}",
         "[[3, 1], [2]] [[3, 1], [2, 0]] [[3, 1], [2]] [[3, 1], [2, 0]]"},
        {"{% for k, g in p|groupby('a') %}{{ k }}:{{ g|map(attribute='n')|join(',') }} {% endfor "
         "%}",
         "1:bob 3:Ann,Cid "},
        {"{% for g in p|groupby('a') %}{{ g.grouper }}{{ g.list|length }} {% endfor %}", "11 32 "},
        {"{{ p|max(attribute='a') }}", "{'n': 'Ann', 'a': 3, 't': {'z': 1}}"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ [1, 'a']|sort }}", vars, "'<' cannot order");
    fails("{{ 5|length }}", vars, "an integer has no length");
    fails("{{ 5|list }}", vars, "an integer has no items");
    fails("{{ l|map('upper') }}", vars, "an iterator has no text");
    fails("{{ l|map('upper')|length }}", vars, "an iterator has no length");
    fails("{{ [[]]|unique|list }}", vars, "a list cannot be a key");
    fails("{{ []|max.x }}", vars, "should stand here");
    fails("{{ ([]|max).x }}", vars, "no item to take");
}

static void choices(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ p|map(attribute='n')|list }} {{ p|map(attribute='t.z', default=0)|list }}",
         "['Ann', 'bob', 'Cid'] [1, 0, 0]"},
        {"{{ w|map('upper')|list }} {{ w|map('replace', 'p', 'q')|list }}",
         "['PEAR', 'APPLE', 'FIG'] ['qear', 'Aqqle', 'fig']"},
        {"{{ l|select('odd')|list }} {{ l|reject('odd')|list }} {{ [0, 1, '']|select|list }}",
         "[3, 1] [2] [1]"},
        {"{{ l|select('gt', 1)|list }} {{ l|select('in', [1])|list }}", "[3, 2] [1]"},
        {"{{ p|selectattr('a', 'eq', 3)|map(attribute='n')|list }}", "['Ann', 'Cid']"},
        {"{{ p|rejectattr('t')|list|length }} {{ p|selectattr('t', 'defined')|list|length }}",
         "2 1"},
        {"{{ missing|map('upper')|list }} {{ none|select|list }}", "[] []"},
        {"{{ missing|default('x') }}{{ ''|d('y') }}{{ ''|d('y', true) }}{{ none|d(1, boolean=true) "
         "}}",
         "xy1"},
        {"{{ '[1, {\"a\": null}]'|from_json }}", "[1, {'a': None}]"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ l|map('frob')|list }}", vars, "no filter 'frob'");
    fails("{{ l|select('frob')|list }}", vars, "no test 'frob'");
    fails("{{ l|map|list }}", vars, "'map' needs a filter");
    fails("{{ l|map(5)|list }}", vars, "needs the name of a filter");
    fails("{{ 'x'|from_json }}", vars, "not JSON");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts),
        cmocka_unit_test(lists),
        cmocka_unit_test(choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
