/* engine/constraint/schema: what is refused, with its place; hostile schemas are bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "unit/constraint/schema_case.h"

static void what_is_no_schema_is_invalid(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "is not JSON"},
        {"[]", "should be an object"},
        {"{\"type\":5}", "'#/type': it should be array"},
        {"{\"type\":[]}", "'#/type'"},
        {"{\"type\":\"int\"}", "'#/type'"},
        {"{\"properties\":{\"a\":1}}", "'#/properties'"},
        {"{\"properties\":{\"a\":{\"items\":3}}}", "'#/properties/a/items'"},
        {"{\"required\":\"a\"}", "'#/required': it should be a list of strings"},
        {"{\"minLength\":-1}", "'#/minLength': it should be a whole number"},
        {"{\"minLength\":1.5}", "'#/minLength'"},
        {"{\"multipleOf\":0}", "'#/multipleOf': it should be a number above zero"},
        {"{\"minimum\":\"1\"}", "'#/minimum'"},
        {"{\"uniqueItems\":1}", "'#/uniqueItems'"},
        {"{\"allOf\":[]}", "'#/allOf'"},
        {"{\"enum\":1}", "'#/enum'"},
        {"{\"dependentRequired\":{\"a\":[1]}}", "'#/dependentRequired'"},
        {"{\"dependencies\":{\"a\":1}}", "'#/dependencies'"},
        {"{\"pattern\":\"(\"}", "'#/pattern'"},
        {"{\"$defs\":{\"unused\":{\"not\":[]}}}", "'#/$defs/unused/not'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        schema_is_invalid(cases[i][0], cases[i][1]);
    }
}

static void words_that_may_be_meant_are_refused(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"{\"Required\":[]}", "'#/Required': there is no such keyword, and it may be meant for "
                              "'required'"},
        {"{\"properites\":{}}", "'properties'"},
        {"{\"minlength\":1}", "'minLength'"},
        {"{\"additionalProperty\":1,\"requird\":[]}", "'required'"},
        {"{\"patern\":\"a\"}", "'pattern'"},
        {"{\"nullable\":true}", "'#/nullable': this keyword of another dialect"},
        {"{\"$recursiveRef\":\"#\"}", "'#/$recursiveRef'"},
        {"{\"items\":{\"divisibleBy\":2}}", "'#/items/divisibleBy'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        schema_is_refused(cases[i][0], cases[i][1]);
    }
    schema_accepts("{\"unit\":\"m\",\"propertyOrder\":1,\"x-required\":1,\"_enum\":[],\"id\":1}",
                   "1\n{}", NULL);
    schema_accepts("{\"properties\":{\"Required\":{}},\"$defs\":{\"unused\":{\"Required\":[]}}}",
                   "{}", NULL);
}

static void what_cannot_be_exact_is_refused(void **state) {
    (void)state;
    schema_is_refused("{\"not\":{\"uniqueItems\":true}}", "the denial of uniqueItems");
    schema_accepts("{\"maxItems\":1,\"not\":{\"uniqueItems\":true,\"type\":[\"array\"]}}", "1\n{}",
                   "[]");
    schema_is_refused("{\"pattern\":\"(a)\\\\1\"}", "'#/pattern'");
    schema_is_refused("{\"minimum\":1e999}", "'#/minimum': a number of so many digits");
    schema_is_refused("{\"minItems\":4294967295}", "'#/minItems': this count is beyond any text");
    schema_accepts("{\"maxItems\":4294967295,\"maxLength\":1e30}", "[1]\n\"a\"", NULL);
    schema_is_refused("{\"contains\":{\"const\":1},\"minContains\":1000000000,\"type\":\"array\"}",
                      "is not known");
    schema_accepts("{\"minItems\":1000000000}", "1", "[]");
}

/* before * n + middle + after * n */
static char *nest(const char *before, const char *middle, const char *after, int n) {
    struct buf text;
    buf_init(&text, 1 << 24);
    for (int i = 0; i < n; i++) buf_add_str(&text, before);
    buf_add_str(&text, middle);
    for (int i = 0; i < n; i++) buf_add_str(&text, after);
    return text.data;
}

/* before, then n times a piece with its number in place of %d, then after */
static char *list(const char *before, const char *piece, const char *after, int n) {
    struct buf text;
    buf_init(&text, 1 << 24);
    buf_add_str(&text, before);
    for (int i = 0; i < n; i++) {
        char one[256];
        const char *mark = strstr(piece, "%d");
        snprintf(one, sizeof one, "%.*s%d%s", (int)(mark - piece), piece, i, mark + 2);
        buf_addf(&text, "%s%s", i ? "," : "", one);
    }
    buf_add_str(&text, after);
    return text.data;
}

/* Some status, soon. */
static void is_bounded(char *schema) {
    struct shape_table *table;
    ingle_error err = {0};
    uint64_t start = clock_ns();
    ingle_status status = schema_compile(&table, schema, strlen(schema), &err);
    assert_true(status == INGLE_OK || status == INGLE_REFUSED || status == INGLE_INVALID);
    if (clock_ns() - start > 20000000000u) fail_msg("%.100s takes too long", schema);
    shape_table_free(table);
    struct buf text = {.data = schema};
    buf_clear(&text);
}

static void hostile_schemas_are_bounded(void **state) {
    (void)state;
    is_bounded(nest("{\"not\":", "{}", "}", 60000));
    is_bounded(nest("{\"not\":", "{}", "}", 500));
    is_bounded(nest("{\"allOf\":[", "{\"type\":\"string\"}", "]}", 250));
    is_bounded(nest("{\"properties\":{\"a\":", "{\"type\":\"string\"}", "}}", 250));
    is_bounded(nest("{\"unevaluatedProperties\":", "false", "}", 500));
    is_bounded(list("{\"enum\":[", "\"value %d\"", "]}", 100000));
    is_bounded(list("{\"enum\":[", "%d", "]}", 100000));
    is_bounded(list("{\"enum\":[", "{\"a\":%d}", "]}", 5000));
    is_bounded(list("{\"const\":[", "%d", "]}", 100000));
    is_bounded(list("{\"properties\":{", "\"p%d\":{\"type\":\"string\"}", "}}", 5000));
    is_bounded(list("{\"allOf\":[", "{\"anyOf\":[{\"required\":[\"a%d\"]},{\"maxProperties\":3}]}",
                    "]}", 200));
    is_bounded(list("{\"dependentRequired\":{", "\"a%d\":[\"b\",\"c\"]", "}}", 300));
    is_bounded(list("{\"oneOf\":[", "{\"properties\":{\"a%d\":{\"type\":\"string\"}}}", "]}", 300));
    is_bounded(list("{\"not\":{\"oneOf\":[", "{\"required\":[\"a%d\"]}", "]}}", 100));
    is_bounded(list("{\"patternProperties\":{", "\"a.{%d}b\":true",
                    "},"
                    "\"additionalProperties\":false}",
                    30));
    is_bounded(list("{\"anyOf\":[", "{\"properties\":{\"a%d\":true},\"required\":[\"b\"]}",
                    "],\"unevaluatedProperties\":false}", 40));
    is_bounded(list("{\"$ref\":\"#/$defs/a0\",\"$defs\":{", "\"a%d\":{\"$ref\":\"#/$defs/b\"}",
                    "}}", 50000));
    is_bounded(
        list("{\"type\":\"array\",\"uniqueItems\":true,\"minItems\":60,\"items\":{\"enum\":[", "%d",
             "]}}", 59));
}

/* Each of a chain of definitions says the next one twice. */
static void doubled_references_are_bounded(void **state) {
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add_str(&text, "{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
    for (int i = 0; i < 100; i++) {
        buf_addf(
            &text,
            "\"a%d\":{\"%s\":[{\"$ref\":\"#/$defs/a%d\"},{\"not\":{\"$ref\":\"#/$defs/a%d\"}}]},",
            i, i % 2 ? "anyOf" : "oneOf", i + 1, i + 1);
    }
    buf_add_str(&text, "\"a100\":{\"type\":\"object\",\"required\":[\"a\"]}}}");
    is_bounded(text.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_schema_is_invalid),
        cmocka_unit_test(words_that_may_be_meant_are_refused),
        cmocka_unit_test(what_cannot_be_exact_is_refused),
        cmocka_unit_test(hostile_schemas_are_bounded),
        cmocka_unit_test(doubled_references_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
