/* engine/template/repr, tojson, percent, braces, spec, number: how values look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

static const char vars[] = "{\"d\": {\"a\": [1, 2.0, true, null, \"x\"], \"b\": {}}, \"o\": \"it's "
                           "\\\"q\\\" \\u0001\\n\\u00e9\\u200b\\ud83d\\ude00\","
                           " \"f\": [0.1, -0.0, 1e20, 1e-7, 1e16, 1e15, 123456789.125, 5e-324, "
                           "1.7976931348623157e308, 1e400]}";

static void values_print_as_python_s(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ d }}", "{'a': [1, 2.0, True, None, 'x'], 'b': {}}"},
        {"{{ [o] }}", "['it\\'s \"q\" \\x01\\n\xc3\xa9\\u200b\xf0\x9f\x98\x80']"},
        {"{{ [\"it's\"] }}{{ ['a'|safe] }}{{ (1,) }}{{ () }}{{ [missing] }}",
         "[\"it's\"][Markup('a')](1,)()[Undefined]"},
        {"{{ f|join(' ') }}", "0.1 -0.0 1e+20 1e-07 1e+16 1000000000000000.0 123456789.125 5e-324 "
                              "1.7976931348623157e+308 inf"},
        {"{{ namespace(a=1) }} {{ range(3) }} {{ range(1, 9, 2) }}",
         "<Namespace {'a': 1}> range(0, 3) range(1, 9, 2)"},
        {"{{ true }}{{ none }}{{ missing }}{{ 1.0 }}{{ -0.0 }}", "TrueNone1.0-0.0"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ range }}", vars, "a function has no text");
    fails("{{ [d.items] }}", vars, "a method has no text");
}

static void json_is_written_as_hugging_face_does(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ d|tojson }}", "{\"a\": [1, 2.0, true, null, \"x\"], \"b\": {}}"},
        {"{{ o|tojson }}", "\"it's \\\"q\\\" \\u0001\\n\xc3\xa9\xe2\x80\x8b\xf0\x9f\x98\x80\""},
        {"{{ o|tojson(ensure_ascii=true) }}",
         "\"it's \\\"q\\\" \\u0001\\n\\u00e9\\u200b\\ud83d\\ude00\""},
        {"{{ '<&>'|tojson }}{{ (1, 2)|tojson }}{{ {1: 2, none: 3, true: 4, 1.5: 5}|tojson }}",
         "\"<&>\"[1, 2]{\"1\": 4, \"null\": 3, \"1.5\": 5}"},
        {"{{ d|tojson(indent=2) }}",
         "{\n  \"a\": [\n    1,\n    2.0,\n    true,\n    null,\n    \"x\"\n  ],\n  \"b\": {}\n}"},
        {"{{ {'b': 1, 'a': 2}|tojson(sort_keys=true, separators=(',', ':')) }}",
         "{\"a\":2,\"b\":1}"},
        {"{{ [1]|tojson(indent='->') }}{{ [f[9], -f[9], 'nan'|float]|tojson }}",
         "[\n->1\n][Infinity, -Infinity, NaN]"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ missing|tojson }}", vars, "'missing' is undefined");
    fails("{{ d.keys()|tojson }}", vars, "JSON has nothing for a dict's keys");
    fails("{{ {(1, 2): 3}|tojson }}", vars, "a tuple is no key for JSON");
}

static void percent_formats(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ '%s %d %5.2f %x %r %%' % ('a', 3, 2.5, 255, 'q') }}", "a 3  2.50 ff 'q' %"},
        {"{{ '%-5s|%5s|%05d|%+d|% d|%#x' % ('a', 'b', -3, 4, 5, 255) }}",
         "a    |    b|-0003|+4| 5|0xff"},
        {"{{ '%(a)s-%(b)s' % {'a': 1, 'b': 2} }} {{ '%s' % [1] }} {{ '%c%c' % (65, 'b') }}",
         "1-2 [1] Ab"},
        {"{{ '%.2s|%*d|%e|%g|%g' % ('abc', 4, 7, 12345.678, 1e20, 0.5) }}",
         "ab|   7|1.234568e+04|1e+20|0.5"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ '%d' % 'a' }}", vars, "'%d' cannot show a string");
    fails("{{ '%s %s' % 1 }}", vars, "too few values");
    fails("{{ '%s' % (1, 2) }}", vars, "more values");
    fails("{{ '%y' % 1 }}", vars, "does not know the format '%y'");
    fails("{{ '%(a)s' % 1 }}", vars, "needs a dict");
}

static void braces_format(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ '{} {1}'|replace('1', '') }}", "{} {}"},
        {"{{ '{}-{}'.format(1, 'a') }} {{ '{1}{0}'.format(1, 2) }} {{ '{a}{{}}'.format(a=3) }}",
         "1-a 21 3{}"},
        {"{{ '{:>4}|{:<4}|{:^5}|{:*^5}'.format('a', 'b', 'c', 'd') }}", "   a|b   |  c  |**d**"},
        {"{{ '{:05d} {:,} {:.2f} {:x} {:#b} {:+} {:.1%}'.format(42, 1234567, 2.5, 255, 5, 3, 0.25) "
         "}}",
         "00042 1,234,567 2.50 ff 0b101 +3 25.0%"},
        {"{{ '{0[a][4]} {0[b]} {1!r}'.format(d, 'q') }}", "x {} 'q'"},
    };
    renders_all(list, BASE_COUNT(list), vars);
    fails("{{ '{}'.format() }}", vars, "too few values");
    fails("{{ '{'.format(1) }}", vars, "a brace that does not fit");
    fails("{{ '{x}'.format(1) }}", vars, "finds no 'x'");
    fails("{{ '{:d}'.format('a') }}", vars, "cannot show a string as 'd'");
    fails("{{ '{}{0}'.format(1) }}", vars, "cannot mix");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_print_as_python_s),
        cmocka_unit_test(json_is_written_as_hugging_face_does),
        cmocka_unit_test(percent_formats),
        cmocka_unit_test(braces_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
