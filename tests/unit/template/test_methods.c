/* engine/template/methods, methods_more, str_ops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

static const char vars[] = "{\"s\": \"a,b,,c\", \"d\": {\"a\": 1, \"b\": null}, \"l\": [1, 2, 1]}";

static void strings_are_cut(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ s.split(',') }} {{ s.split(',', 1) }} {{ s.rsplit(',', 1) }}",
         "['a', 'b', '', 'c'] ['a', 'b,,c'] ['a,b,', 'c']"},
        {"{{ ' a  b '.split() }} {{ ' a  b c '.split(none, 1) }} {{ ' a b c '.rsplit(none, 1) }}",
         "['a', 'b'] ['a', 'b c '] [' a b', 'c']"},
        {"{{ ''.split() }} {{ ''.split(',') }}", "[] ['']"},
        {"{{ 'a\nb\r\nc\n'.splitlines() }} {{ 'a\nb'.splitlines(true) }}",
         "['a', 'b', 'c'] ['a\\n', 'b']"},
        {"{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'a'.rpartition('=') }}",
         "('a', '=', 'b=c') ('a=b', '=', 'c') ('', '', 'a')"},
        {"[{{ ' x '.strip() }}{{ 'abxba'.strip('ab') }}{{ 'aax'.lstrip('a') }}{{ 'xaa'.rstrip('a') "
         "}}]",
         "[xxxx]"},
        {"{{ '<think>a'.removeprefix('<think>') }}{{ 'ab'.removesuffix('b') }}{{ "
         "'ab'.removesuffix('x') }}",
         "aaab"},
        {"{{ '</think>a'.split('</think>')[-1].lstrip('\\n') }}", "a"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ s.split('') }}", vars, "at an empty one");
    fails("{{ s.split(5) }}", vars, "'split' needs a string, not an integer");
}

static void strings_are_searched(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ 'h\xc3\xa9llo'.find('l') }} {{ 'hello'.rfind('l') }} {{ 'a'.find('x') }} {{ "
         "'aa'.find('', 3) }}",
         "2 3 -1 -1"},
        {"{{ 'aaa'.count('a') }} {{ 'aaa'.count('') }} {{ 'aaa'.count('a', 1) }} {{ "
         "'hello'.index('l') }}",
         "3 4 2 2"},
        {"{{ s.startswith('a') }} {{ s.endswith(('x', 'c')) }} {{ s.startswith('b', 2) }}",
         "True True True"},
        {"{{ s.replace(',', ';') }} {{ s.replace(',', '', 2) }}", "a;b;;c ab,c"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ s.index('x') }}", vars, "'index' does not find it");
    fails("{{ s.startswith(['a']) }}", vars, "'startswith' needs a string, not a list");
}

static void strings_change_their_case_and_width(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ 'aB'.upper() }}{{ 'aB'.lower() }}{{ 'aB'.swapcase() }}{{ 'aB'.capitalize() }}{{ "
         "\"it's a\".title() }}",
         "ABabAbAbIt'S A"},
        {"{{ 'a'.ljust(3, '.') }}{{ 'a'.rjust(3) }}{{ 'ab'.center(5, '*') }}{{ '-5'.zfill(4) }}",
         "a..  a**ab*-005"},
        {"{{ 'a\tb'.expandtabs(4) }} {{ '-'.join(['a', 'b']) }} {{ ''.join('ab') }}",
         "a   b a-b ab"},
        {"{{ '12'.isdigit() }}{{ 'a1'.isalnum() }}{{ 'a'.isalpha() }}{{ ''.isalpha() }}{{ ' "
         "'.isspace() }}",
         "TrueTrueTrueFalseTrue"},
        {"{{ 'A'.isupper() }}{{ 'Ab C'.istitle() }}{{ '\xc2\xb2'.isdigit() }}{{ "
         "'\xc2\xb2'.isdecimal() }}",
         "TrueTrueTrueFalse"},
        {"{{ '\xce\xa3\xce\x91\xce\xa3'.lower() }}", "\xcf\x83\xce\xb1\xcf\x82"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ '-'.join([1]) }}", vars, "'join' needs a string, not an integer");
    fails("{{ 'a'.ljust(3, 'ab') }}", vars, "fills with one character");
}

static void dicts_and_lists(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ d.get('a') }} {{ d.get('x') }} {{ d.get('x', 5) }} {{ d.get('b', 5) }}",
         "1 None 5 None"},
        {"{{ d.keys() }} {{ d.values()|list }} {{ d.items() }}",
         "dict_keys(['a', 'b']) [1, None] dict_items([('a', 1), ('b', None)])"},
        {"{{ l.count(1) }} {{ l.index(2) }} {{ (1, 2).index(2) }}", "2 1 1"},
        {"{% set x = {} %}{% set _ = x.update({'k': 1}, j=2) %}{{ x }}{{ x.pop('k') }}{{ "
         "x.pop('z', 0) }}{{ x }}",
         ""},
        {"{% set x = [] %}{% for i in l %}{% set _ = x.append(i) %}{% endfor %}{{ x.pop(0) }}{{ x "
         "}}",
         "1[2, 1]"},
    };
    renders_all(list, 3, vars);
    renders("{% set x = {} %}{% set _ = x.update({'k': 1}) %}{{ x }}{{ x.pop('k') }}{{ x.pop('z', "
            "0) }}{{ x }}",
            vars, "{'k': 1}10{}");
    renders_all(list + 4, 1, vars);
    fails("{{ l.index(9) }}", vars, "does not find it");
    fails("{{ [].pop() }}", vars, "finds no such item");
    fails("{{ d.pop('x') }}", vars, "finds no such key");
}

static void a_dict_of_many_keys_finds_them_all(void **state) {
    (void)state;
    renders(
        "{% set x = {} %}{% for i in range(2000) %}{% set _ = x.update({i ~ '': i}) %}{% endfor %}"
        "{{ x['0'] }} {{ x['1999'] }} {{ x['2000'] is defined }} {{ x|length }} {{ x.pop('1000') }}"
        " {{ '1000' in x }} {{ x['1001'] }} {{ x|first }}",
        vars, "0 1999 False 2000 1000 False 1001 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_cut),
        cmocka_unit_test(strings_are_searched),
        cmocka_unit_test(strings_change_their_case_and_width),
        cmocka_unit_test(dicts_and_lists),
        cmocka_unit_test(a_dict_of_many_keys_finds_them_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
