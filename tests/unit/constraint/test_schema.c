/* engine/constraint/schema: which values a schema means. */
#include "engine/constraint/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "unit/constraint/schema_case.h"

static void boolean_and_empty_schemas_accept_all_or_are_refused(void **state) {
    (void)state;
    const char *all = "null\ntrue\n0\n\"\"\n[]\n{}\n[[{\"a\":[1]}]]";
    schema_accepts("true", all, NULL);
    schema_accepts("{}", all, NULL);
    schema_accepts("{\"title\":\"t\",\"description\":\"d\",\"default\":1,\"examples\":[2],"
                   "\"format\":\"email\",\"$comment\":\"c\",\"x-order\":3,\"_minimum\":4}",
                   all, NULL);
    schema_accepts("{\"not\":false}", all, NULL);
    schema_is_refused("false", "'#': no value satisfies");
    schema_is_refused("{\"not\":{}}", "no value satisfies");
}

static void types_and_constants_are_told_apart(void **state) {
    (void)state;
    schema_accepts("{\"type\":\"integer\"}", "1\n1.0\n-0\n10e2\n1e30", "1.5\n\"1\"\nnull\n1e-1");
    schema_accepts("{\"type\":[\"null\",\"boolean\",\"string\"]}", "null\ntrue\nfalse\n\"x\"",
                   "0\n[]\n{}");
    schema_accepts(
        "{\"const\":{\"a\":[1,null],\"b\":\"\\u00e9\"}}", "{\"b\":\"\xc3\xa9\",\"a\":[1.0,null]}",
        "{\"a\":[1,null]}\n{\"a\":[1,null],\"b\":\"e\"}\n{\"a\":[null,1],\"b\":\"\xc3\xa9\"}"
        "\n{\"a\":[1,null],\"b\":\"\xc3\xa9\",\"c\":1}");
    schema_accepts("{\"enum\":[1,\"1\",true,[],{}]}", "1\n1.0\n\"1\"\ntrue\n[]\n{}",
                   "null\nfalse\n0\n\"\"\n[1]\n{\"a\":1}");
    schema_accepts("{\"not\":{\"enum\":[1,\"1\",null,[2],{\"a\":1}]}}",
                   "0\n1.5\n\"2\"\ntrue\n[]\n[3]\n[2,2]\n{}\n{\"a\":2}\n{\"a\":1,\"b\":1}",
                   "1\n1.0\n\"1\"\nnull\n[2]\n[2.0]\n{\"a\":1}");
}

static void bounds_and_divisors_of_numbers_are_exact(void **state) {
    (void)state;
    schema_accepts("{\"minimum\":0.1,\"exclusiveMaximum\":1e1}",
                   "0.1\n0.10\n9.999999999999999999\n\"\"",
                   "0.0999999999999999999999\n10\n1e1\n-1");
    schema_accepts("{\"multipleOf\":0.01}", "0.07\n4.35\n100\n0\n-1.5", "0.001\n4.355");
    schema_accepts("{\"type\":\"integer\",\"multipleOf\":1e20}", "0\n3e20\n100000000000000000000",
                   "1e19\n1");
    schema_accepts("{\"type\":\"number\",\"not\":{\"multipleOf\":2},\"minimum\":1,\"maximum\":4}",
                   "1\n3\n1.5", "2\n4\n0");
    schema_accepts("{\"type\":\"number\",\"oneOf\":[{\"multipleOf\":2},{\"multipleOf\":3}]}",
                   "2\n3\n4", "6\n0\n1");
    schema_accepts("{\"anyOf\":[{\"const\":1},{\"minimum\":5,\"maximum\":6},{\"const\":5.5}]}",
                   "1\n5\n5.7\n6", "2\n4.999\n6.001");
    schema_is_refused("{\"type\":\"integer\",\"exclusiveMinimum\":1,\"exclusiveMaximum\":2}",
                      "no value");
    schema_is_refused("{\"multipleOf\":4,\"not\":{\"multipleOf\":2},\"type\":\"number\"}",
                      "no value");
    schema_is_refused("{\"multipleOf\":7,\"minimum\":15,\"maximum\":20,\"type\":\"number\"}",
                      "no value");
    schema_accepts("{\"multipleOf\":7,\"minimum\":15,\"maximum\":21,\"type\":\"number\"}", "21",
                   "14");
    schema_accepts("{\"multipleOf\":0.3,\"minimum\":-0.7,\"maximum\":-0.5,\"type\":\"number\"}",
                   "-0.6", "-0.7\n-0.3");
}

static void strings_are_sets_of_texts_and_lengths(void **state) {
    (void)state;
    schema_accepts("{\"minLength\":2,\"maxLength\":3}", "\"ab\"\n\"\xc3\xa9\xf0\x9f\x98\x80\"\n1",
                   "\"a\"\n\"\"\n\"abcd\"");
    schema_accepts("{\"type\":\"string\",\"pattern\":\"b\",\"maxLength\":2}", "\"ab\"\n\"b\"",
                   "\"aab\"\n\"a\"");
    schema_accepts("{\"type\":\"string\",\"not\":{\"minLength\":2,\"pattern\":\"^a\"}}",
                   "\"a\"\n\"\"\n\"bb\"", "\"aa\"\n\"ab\"");
    schema_accepts("{\"type\":\"string\",\"anyOf\":[{\"maxLength\":1},{\"minLength\":4},"
                   "{\"enum\":[\"ab\"]}]}",
                   "\"\"\n\"a\"\n\"ab\"\n\"abcd\"", "\"ba\"\n\"abc\"");
    schema_accepts("{\"type\":\"string\",\"oneOf\":[{\"pattern\":\"a\"},{\"pattern\":\"b\"}]}",
                   "\"a\"\n\"b\"\n\"cbc\"", "\"ab\"\n\"\"\n\"c\"");
    schema_is_refused("{\"type\":\"string\",\"minLength\":3,\"maxLength\":2}", "no value");
    schema_is_refused("{\"type\":\"string\",\"pattern\":\"^a*$\",\"not\":{\"pattern\":\"a|^$\"}}",
                      "no value");
    schema_accepts("{\"type\":\"string\",\"minLength\":1000000000}", NULL, "\"a\"");
}

static void arrays_have_slots_and_counts(void **state) {
    (void)state;
    schema_accepts("{\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"null\"}],\"items\":"
                   "{\"type\":\"integer\"}}",
                   "[]\n[\"a\"]\n[\"a\",null]\n[\"a\",null,1,2]",
                   "[1]\n[\"a\",1]\n[\"a\",null,\"b\"]");
    schema_accepts("{\"type\":\"array\",\"contains\":{\"type\":\"integer\"},\"minContains\":2,"
                   "\"maxContains\":3,\"maxItems\":4}",
                   "[1,2]\n[1,\"a\",2]\n[1,2,3,null]", "[]\n[1]\n[1,2,3,4]\n[1,2,3,null,null]");
    schema_accepts("{\"not\":{\"items\":{\"type\":\"string\"}}}", "[1]\n[\"a\",1]",
                   "[]\n[\"a\"]\n1");
    schema_accepts("{\"type\":\"array\",\"not\":{\"contains\":{\"const\":1}}}", "[]\n[2]",
                   "[1]\n[2,1]");
    schema_accepts("{\"type\":\"array\",\"uniqueItems\":true,\"minItems\":2,\"items\":"
                   "{\"enum\":[1,2,{\"a\":1}]}}",
                   "[1,2]\n[{\"a\":1},2,1]", "[1]\n[1,1]\n[1,1.0]\n[{\"a\":1},{\"a\":1.0}]");
    schema_accepts(
        "{\"type\":\"array\",\"items\":[{\"const\":1}],\"additionalItems\":{\"const\":2}}",
        "[]\n[1]\n[1,2,2]", "[2]\n[1,1]");
    schema_accepts("{\"type\":\"array\",\"prefixItems\":[true,false]}", "[]\n[1]", "[1,2]");
    schema_accepts("{\"type\":\"array\",\"allOf\":[{\"contains\":{\"const\":1}},"
                   "{\"contains\":{\"const\":2}}],\"maxItems\":2}",
                   "[1,2]\n[2,1]", "[1]\n[1,2,3]\n[1,1]");
    schema_is_refused("{\"type\":\"array\",\"prefixItems\":[true,false],\"minItems\":2}",
                      "no value");
    schema_is_refused("{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"uniqueItems\":true,"
                      "\"minItems\":3}",
                      "no value");
    schema_is_refused("{\"type\":\"array\",\"uniqueItems\":true,\"contains\":{\"const\":5},"
                      "\"minContains\":2}",
                      "no value");
    schema_is_refused("{\"type\":\"array\",\"contains\":{\"const\":1},\"items\":{\"const\":2}}",
                      "no value");
}

static void objects_have_names_and_counts(void **state) {
    (void)state;
    schema_accepts("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":true},"
                   "\"required\":[\"a\"],\"additionalProperties\":false}",
                   "{\"a\":1}\n{\"b\":null,\"a\":2}",
                   "{}\n{\"b\":1}\n{\"a\":\"x\"}\n{\"a\":1,\"c\":1}");
    schema_accepts("{\"type\":\"object\",\"patternProperties\":{\"^x\":{\"type\":\"integer\"},"
                   "\"y$\":{\"minimum\":5}},\"additionalProperties\":{\"type\":\"string\"}}",
                   "{}\n{\"x\":1}\n{\"y\":7}\n{\"xy\":5,\"z\":\"\"}",
                   "{\"x\":\"\"}\n{\"xy\":4}\n{\"z\":1}");
    schema_accepts("{\"type\":\"object\",\"propertyNames\":{\"maxLength\":1},\"minProperties\":2}",
                   "{\"a\":1,\"b\":2}", "{\"a\":1}\n{\"a\":1,\"bb\":2}\n{}");
    schema_accepts("{\"type\":\"object\",\"not\":{\"properties\":{\"a\":{\"const\":1}}}}",
                   "{\"a\":2}", "{}\n{\"a\":1}\n{\"b\":2}");
    schema_accepts("{\"type\":\"object\",\"not\":{\"additionalProperties\":{\"const\":1}}}",
                   "{\"a\":2}\n{\"a\":1,\"b\":2}", "{}\n{\"a\":1}");
    schema_accepts("{\"type\":\"object\",\"not\":{\"required\":[\"a\",\"b\"]}}",
                   "{}\n{\"a\":1}\n{\"b\":1}", "{\"a\":1,\"b\":2}");
    schema_accepts(
        "{\"type\":\"object\",\"dependentRequired\":{\"a\":[\"b\"]},\"dependentSchemas\":"
        "{\"b\":{\"maxProperties\":2}},\"dependencies\":{\"c\":[\"d\"],\"d\":{\"required\":"
        "[\"e\"]}}}",
        "{}\n{\"a\":1,\"b\":1}\n{\"c\":1,\"d\":1,\"e\":1}",
        "{\"a\":1}\n{\"a\":1,\"b\":1,\"z\":1}\n{\"c\":1}\n{\"d\":1}");
    schema_accepts("{\"type\":\"object\",\"properties\":{\"\":{\"const\":1}},\"required\":[\"\"]}",
                   "{\"\":1}", "{}\n{\"\":2}");
    schema_is_refused("{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":false}}",
                      "no value");
    schema_is_refused("{\"type\":\"object\",\"propertyNames\":{\"enum\":[\"a\",\"b\"]},"
                      "\"minProperties\":3}",
                      "no value");
    schema_is_refused("{\"type\":\"object\",\"required\":[\"a\",\"b\"],\"maxProperties\":1}",
                      "no value");
}

static void combinators_are_set_algebra(void **state) {
    (void)state;
    schema_accepts("{\"oneOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}",
                   "{\"a\":1}\n{\"b\":1}\n{\"b\":1,\"c\":1}", "{}\n{\"a\":1,\"b\":1}\n1");
    schema_accepts("{\"if\":{\"properties\":{\"k\":{\"const\":1}},\"required\":[\"k\"]},\"then\":"
                   "{\"required\":[\"x\"]},\"else\":{\"required\":[\"y\"]},\"type\":\"object\"}",
                   "{\"k\":1,\"x\":0}\n{\"k\":2,\"y\":0}\n{\"y\":0}",
                   "{\"k\":1}\n{\"k\":2,\"x\":0}\n{}");
    schema_accepts("{\"then\":false}", "1\n{}", NULL);
    schema_accepts("{\"not\":{\"if\":{\"type\":\"integer\"},\"then\":{\"minimum\":0}}}", "-1",
                   "0\n1\n\"\"\n-0.5");
    schema_accepts("{\"allOf\":[{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]},"
                   "{\"not\":{\"const\":\"x\"}}]}",
                   "1\n\"y\"", "\"x\"\nnull\n1.5");
}

static void variants_with_a_tag_stay_one_alternative_each(void **state) {
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_add_str(&text, "{\"oneOf\":[");
    for (int i = 0; i < 40; i++) {
        buf_addf(&text,
                 "%s{\"type\":\"object\",\"properties\":{\"k\":{\"const\":%d},\"a\":{\"type\":"
                 "\"string\"},\"b\":{\"type\":\"number\"}},\"required\":[\"k\",\"a\"]}",
                 i ? "," : "", i);
    }
    buf_add_str(&text, "]}");
    struct shape_table *table;
    ingle_error err;
    assert_int_equal(schema_compile(&table, text.data, text.size, &err), INGLE_OK);
    assert_int_equal(table->shapes[table->root].n_objects, 40);
    shape_table_free(table);
    schema_accepts(text.data, "{\"k\":7,\"a\":\"\"}",
                   "{\"k\":7}\n{\"k\":40,\"a\":\"\"}\n{\"k\":7,\"a\":1}");
    buf_clear(&text);
}

static void recursion_ends_where_values_end(void **state) {
    (void)state;
    schema_accepts(
        "{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"integer\"},\"next\":"
        "{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]}},\"required\":[\"v\",\"next\"]}",
        "{\"v\":1,\"next\":null}\n{\"v\":1,\"next\":{\"v\":2,\"next\":null}}",
        "{\"v\":1}\n{\"v\":1,\"next\":{\"v\":2}}");
    schema_accepts("{\"not\":{\"items\":{\"$ref\":\"#\"},\"type\":\"array\"}}", "1\n[[]]\n{}",
                   "[]\n[1]\n[[[]]]");
    schema_is_refused("{\"type\":\"array\",\"minItems\":1,\"items\":{\"$ref\":\"#\"}}", "no value");
    schema_is_refused(
        "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"],\"type\":\"object\"}",
        "no value");
}

static void what_was_not_evaluated_depends_on_what_holds(void **state) {
    (void)state;
    schema_accepts(
        "{\"type\":\"object\",\"anyOf\":[{\"properties\":{\"a\":{\"const\":1}},\"required\":"
        "[\"a\"]},{\"properties\":{\"b\":true},\"required\":[\"b\"]}],"
        "\"unevaluatedProperties\":false}",
        "{\"a\":1}\n{\"b\":2}\n{\"a\":1,\"b\":2}", "{}\n{\"a\":2,\"b\":2}\n{\"a\":1,\"c\":1}");
    schema_accepts(
        "{\"type\":\"object\",\"if\":{\"properties\":{\"k\":{\"const\":1}},\"required\":"
        "[\"k\"]},\"then\":{\"properties\":{\"x\":true}},\"else\":{\"properties\":{\"y\":"
        "true}},\"unevaluatedProperties\":{\"type\":\"null\"}}",
        "{\"k\":1,\"x\":1}\n{\"y\":1}\n{\"z\":null}", "{\"k\":1,\"y\":1}\n{\"x\":1}\n{\"k\":2}");
    schema_accepts("{\"type\":\"array\",\"prefixItems\":[true],\"contains\":{\"const\":1},"
                   "\"unevaluatedItems\":{\"type\":\"string\"}}",
                   "[0,1]\n[1]\n[0,\"a\",1]", "[0]\n[0,1,2]");
    schema_accepts("{\"$ref\":\"#/$defs/a\",\"unevaluatedProperties\":false,\"type\":\"object\","
                   "\"$defs\":{\"a\":{\"properties\":{\"x\":true}}}}",
                   "{}\n{\"x\":1}", "{\"y\":1}");
    schema_accepts("{\"type\":\"object\",\"not\":{\"properties\":{\"a\":{\"const\":1}},"
                   "\"unevaluatedProperties\":false}}",
                   "{\"b\":1}\n{\"a\":2}\n{\"a\":1,\"b\":1}", "{}\n{\"a\":1}");
}

static void any_failed_allocation_is_reported_and_nothing_leaks(void **state) {
    (void)state;
    static const char *const schemas[] = {
        "true",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":1},\"b\":"
        "{\"pattern\":\"^a|b$\",\"maxLength\":4}},\"required\":[\"a\"],\"additionalProperties\":"
        "false}",
        "{\"oneOf\":[{\"enum\":[\"x\",1,[2]]},{\"type\":\"array\",\"contains\":{\"const\":3},"
        "\"uniqueItems\":true}]}",
        "{\"$ref\":\"#/$defs/t\",\"$defs\":{\"t\":{\"$anchor\":\"u\",\"type\":[\"null\",\"array\"],"
        "\"items\":{\"$ref\":\"#u\"}}}}",
        "{\"not\":{\"properties\":{\"a\":{\"const\":1}},\"unevaluatedProperties\":false}}",
    };
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        ingle_status status = INGLE_NO_MEMORY;
        for (uint64_t n = 1; status != INGLE_OK; n++) {
            struct shape_table *table;
            ingle_error err = {0};
            uint64_t live = mem_live();
            mem_fail_at(n, 0);
            status = schema_compile(&table, schemas[i], strlen(schemas[i]), &err);
            mem_fail_at(0, 0);
            shape_table_free(table);
            assert_int_equal(mem_live(), live);
            if (status == INGLE_OK) assert_true(n > 5);
            if (status != INGLE_OK && status != INGLE_NO_MEMORY) {
                fail_msg("%s: %d: %s", schemas[i], (int)status, err.msg);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boolean_and_empty_schemas_accept_all_or_are_refused),
        cmocka_unit_test(types_and_constants_are_told_apart),
        cmocka_unit_test(bounds_and_divisors_of_numbers_are_exact),
        cmocka_unit_test(strings_are_sets_of_texts_and_lengths),
        cmocka_unit_test(arrays_have_slots_and_counts),
        cmocka_unit_test(objects_have_names_and_counts),
        cmocka_unit_test(combinators_are_set_algebra),
        cmocka_unit_test(variants_with_a_tag_stay_one_alternative_each),
        cmocka_unit_test(recursion_ends_where_values_end),
        cmocka_unit_test(what_was_not_evaluated_depends_on_what_holds),
        cmocka_unit_test(any_failed_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
