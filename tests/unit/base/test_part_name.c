/* base/part_name: what is the name of a part, and of which. */
#include "base/part_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_first_part_tells_how_many_there_are(void **state) {
    (void)state;
    assert_int_equal(part_name_count("m-00001-of-00003.gguf"), 3);
    assert_int_equal(part_name_count("/a/b-00001-of-99999.gguf"), 99999);
    assert_int_equal(part_name_count("/a/b-00001-of-00001.gguf"), 1);
}

static void other_names_tell_nothing(void **state) {
    (void)state;
    static const char *const names[] = {"",
                                        "m.gguf",
                                        "m-00002-of-00003.gguf",
                                        "-00001-of-00003.gguf",
                                        "m-0001-of-00003.gguf",
                                        "m-00001-of-0000a.gguf",
                                        "m-00001-of--0003.gguf",
                                        "m-00001-of-00003.GGUF",
                                        "m-00001-of-00003.gguf~",
                                        "m_00001-of-00003.gguf",
                                        "m-00001-of-00000.gguf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (part_name_count(names[i]) != 0) fail_msg("'%s'", names[i]);
    }
}

static void the_name_of_one_part_becomes_that_of_another(void **state) {
    (void)state;
    char path[] = "folder/m-00001-of-00012.gguf";
    assert_true(part_name_is(path, 0, 12));
    part_name_set(path, 9);
    assert_string_equal(path, "folder/m-00010-of-00012.gguf");
    assert_true(part_name_is(path, 9, 12));
    assert_false(part_name_is(path, 0, 12));
    assert_false(part_name_is(path, 9, 13));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_part_tells_how_many_there_are),
        cmocka_unit_test(other_names_tell_nothing),
        cmocka_unit_test(the_name_of_one_part_becomes_that_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
