/* engine/template/clock_text: strftime_now(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/template/template.h"

static void a_fixed_time_is_told_as_python_tells_it(void **state) {
    (void)state;
    static const struct rendering list[] = {
        {"{{ strftime_now('%d %B %Y, %H:%M:%S') }}", "31 January 2026, 12:34:56"},
        {"{{ strftime_now('%a %A %b %y %j %p %I %-d/%-m %e|%k') }}",
         "Sat Saturday Jan 26 031 PM 12 31/1 31|12"},
        {"{{ strftime_now('%Y-%m-%dT%H:%M:%S%z %F %T %D %R %%') }}",
         "2026-01-31T12:34:56 2026-01-31 12:34:56 01/31/26 12:34 %"},
        {"{{ strftime_now('%c|%x|%X|%U %W %V %G %u %w') }}",
         "Sat Jan 31 12:34:56 2026|01/31/26|12:34:56|04 04 05 2026 6 6"},
        {"{{ strftime_now('\xc3\xa9') }}", "\xc3\xa9"},
    };
    renders_all(list, BASE_COUNT(list), NULL);
    fails("{{ strftime_now('%Q') }}", NULL, "does not know '%Q'");
    fails("{{ strftime_now(5) }}", NULL, "needs a string");
}

/* Every day of many years, beside the C library's own. */
static void weeks_and_days_are_the_c_library_s(void **state) {
    (void)state;
    static const char format[] = "%Y %j %U %W %V %G %g %u %w %y %C %d %e %a %b %I %l";
    struct template *t;
    ingle_error err;
    static const char source[] =
        "{{ strftime_now('%Y %j %U %W %V %G %g %u %w %y %C %d %e %a %b %I %l') }}";
    assert_int_equal(template_new(&t, source, strlen(source), &err), INGLE_OK);
    static const struct json_value none = {.kind = JSON_ARRAY};
    for (time_t now = 946684800; now < 2000000000; now += 86400 * 3 + 3600) {
        struct template_input input = {.messages = &none};
        struct template_output output = {0};
        char want[200];
        gmtime_r(&now, &input.now);
        strftime(want, sizeof want, format, &input.now);
        assert_int_equal(template_render(t, &input, &output, &err), INGLE_OK);
        assert_string_equal(output.text.data, want);
        template_output_clear(&output);
    }
    template_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_time_is_told_as_python_tells_it),
        cmocka_unit_test(weeks_and_days_are_the_c_library_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
