/* engine/text/unicode_property: names and ranges of Unicode's properties. */
#include "engine/text/unicode_property.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int find(const char *name, const char *value) {
    return unicode_property_find(name, strlen(name), value, value ? strlen(value) : 0);
}

static void long_and_short_names_are_one(void **state) {
    (void)state;
    assert_int_equal(find("Lu", NULL), find("Uppercase_Letter", NULL));
    assert_int_equal(find("gc", "Lu"), find("General_Category", "Uppercase_Letter"));
    assert_int_equal(find("sc", "Grek"), find("Script", "Greek"));
    assert_int_not_equal(find("sc", "Deva"), find("scx", "Deva"));
    assert_int_equal(find("Alpha", NULL), find("Alphabetic", NULL));
    assert_true(find("Lu", NULL) >= 0);
}

static void other_names_are_unknown(void **state) {
    (void)state;
    assert_int_equal(find("", NULL), -1);
    assert_int_equal(find("L", "u"), -1);
    assert_int_equal(find("Uppercase_Lette", NULL), -1);
    assert_int_equal(find("Uppercase_Letters", NULL), -1);
    assert_int_equal(find("lu", NULL), -1);
    assert_int_equal(find("Script", "Lu"), -1);
    assert_int_equal(find("Greek", NULL), -1);
    assert_int_equal(find("Alphabetic", "Yes"), -1);
}

static void every_table_is_sorted(void **state) {
    (void)state;
    for (size_t i = 1; i < unicode_scripts_n; i++) {
        assert_true(strcmp(unicode_scripts[i - 1].name, unicode_scripts[i].name) < 0);
    }
    for (size_t i = 0; i < unicode_binaries_n; i++) {
        assert_int_equal(find(unicode_binaries[i].name, NULL), unicode_binaries[i].set);
    }
}

static void ranges_cover_what_they_should(void **state) {
    (void)state;
    uint32_t first, last;
    struct unicode_ranges any = unicode_property_ranges(find("Any", NULL));
    assert_true(unicode_ranges_next(&any, &first, &last));
    assert_int_equal(first, 0);
    assert_int_equal(last, 0x10ffff);
    assert_false(unicode_ranges_next(&any, &first, &last));
    assert_true(unicode_property_has(find("Lu", NULL), 0xc9));
    assert_false(unicode_property_has(find("Lu", NULL), 0xe9));
    assert_true(unicode_property_has(find("Han", NULL) < 0 ? find("sc", "Han") : 0, 0x4e00));
    assert_true(unicode_property_has(find("Co", NULL), 0x10fffd));
    assert_false(unicode_property_has(find("Co", NULL), 0x10fffe));
}

/* Each code point has one category. */
static void categories_divide_the_code_points(void **state) {
    (void)state;
    static const char *const names[] = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl",
                                        "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc",
                                        "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"};
    uint32_t n = 0, first, last;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct unicode_ranges ranges = unicode_property_ranges(find(names[i], NULL));
        while (unicode_ranges_next(&ranges, &first, &last)) n += last - first + 1;
    }
    assert_int_equal(n, 0x110000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_and_short_names_are_one),
        cmocka_unit_test(other_names_are_unknown),
        cmocka_unit_test(every_table_is_sorted),
        cmocka_unit_test(ranges_cover_what_they_should),
        cmocka_unit_test(categories_divide_the_code_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
