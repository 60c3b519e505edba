/* engine/constraint/schema_refs, schema_nodes, schema_uri: references, identifiers, dialects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/constraint/schema_case.h"

static void pointers_lead_to_places(void **state) {
    (void)state;
    schema_accepts("{\"$defs\":{\"a/b\":{\"const\":1},\"c~d\":{\"const\":2},\"e%f\":{\"const\":3}},"
                   "\"anyOf\":[{\"$ref\":\"#/$defs/a~1b\"},{\"$ref\":\"#/$defs/c~0d\"},"
                   "{\"$ref\":\"#/$defs/e%25f\"}]}",
                   "1\n2\n3", "4");
    schema_accepts("{\"prefixItems\":[{\"type\":\"integer\"},{\"$ref\":\"#/prefixItems/0\"}]}",
                   "[1,2]\n[1]", "[1,\"a\"]");
    schema_accepts("{\"$ref\":\"#/parts/t\",\"parts\":{\"t\":{\"type\":\"array\",\"items\":"
                   "{\"$ref\":\"#/parts/u\"}},\"u\":{\"const\":1}}}",
                   "[]\n[1]", "1\n[2]");
    schema_is_refused("{\"$ref\":\"#/$defs/a\"}", "'#/$ref': it leads to no schema");
    schema_is_refused("{\"prefixItems\":[true],\"$ref\":\"#/prefixItems/01\"}", "no schema");
    schema_is_refused("{\"$ref\":\"#/parts/t\",\"parts\":{\"t\":{\"minimun\":1}}}",
                      "'#/parts/t/minimun'");
    schema_is_refused("{\"$ref\":\"#/parts/t\",\"parts\":{\"t\":{\"$id\":\"x\"}}}",
                      "'#/parts/t/$id'");
}

static void identifiers_are_resolved_within_the_document(void **state) {
    (void)state;
    schema_accepts("{\"$id\":\"http://h/a/b/root.json\",\"anyOf\":[{\"$ref\":\"x.json\"},"
                   "{\"$ref\":\"../y.json#/$defs/z\"},{\"$ref\":\"/a/../w.json#top\"}],\"$defs\":{"
                   "\"1\":{\"$id\":\"./x.json\",\"const\":1},"
                   "\"2\":{\"$id\":\"http://h/a/y.json\",\"$defs\":{\"z\":{\"const\":2}}},"
                   "\"3\":{\"$id\":\"//h/w.json\",\"$anchor\":\"top\",\"const\":3}}}",
                   "1\n2\n3", "4");
    schema_accepts(
        "{\"$id\":\"urn:uuid:1\",\"$ref\":\"urn:uuid:2#/$defs/q\",\"$defs\":{\"n\":{\"$id\":"
        "\"urn:uuid:2\",\"$defs\":{\"q\":{\"type\":\"null\"}}}}}",
        "null", "1");
    schema_accepts("{\"enum\":[{\"$id\":\"a\"}],\"$defs\":{\"b\":{\"$id\":\"a\",\"const\":1}}}",
                   "{\"$id\":\"a\"}", "1");
    schema_is_refused("{\"$ref\":\"http://h/s.json\"}", "'#/$ref': it refers to another document");
    schema_is_refused("{\"$ref\":\"x\",\"$defs\":{\"1\":{\"$id\":\"x\"},\"2\":{\"$id\":\"x\"}}}",
                      "two schemas");
    schema_accepts("{\"$defs\":{\"1\":{\"$id\":\"x\"},\"2\":{\"$id\":\"x\"}}}", "1", NULL);
    schema_is_refused("{\"$id\":\"x#y\"}", "'#/$id': an identifier with a fragment");
}

static void dynamic_references_follow_the_outermost_scope(void **state) {
    (void)state;
    const char *tree =
        "{\"$id\":\"strict\",\"$dynamicAnchor\":\"node\",\"$ref\":\"tree\","
        "\"unevaluatedProperties\":false,\"$defs\":{\"tree\":{\"$id\":\"tree\","
        "\"$dynamicAnchor\":\"node\",\"type\":\"object\",\"properties\":{\"data\":true,"
        "\"children\":{\"type\":\"array\",\"items\":{\"$dynamicRef\":\"#node\"}}}}}}";
    schema_accepts(tree, "{\"children\":[{\"data\":1}]}",
                   "{\"children\":[{\"daat\":1}]}\n{\"daat\":1}");
    schema_accepts("{\"$dynamicRef\":\"#a\",\"$defs\":{\"x\":{\"$anchor\":\"a\",\"const\":1}}}",
                   "1", "2");
}

static void endless_references_are_refused(void **state) {
    (void)state;
    schema_is_refused("{\"$ref\":\"#\"}", "without end");
    schema_is_refused("{\"not\":{\"$ref\":\"#\"}}", "without end");
    schema_is_refused(
        "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"allOf\":[{\"$ref\":\"#/$defs/b\"}]},"
        "\"b\":{\"if\":{\"$ref\":\"#/$defs/a\"},\"then\":true}}}",
        "'#/$defs/a'");
    schema_accepts("{\"type\":\"null\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/a\"}}}", "null", "1");
}

static void older_dialects_are_read_as_they_are_meant(void **state) {
    (void)state;
    const char *old =
        "{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"id\":\"http://h/r\","
        "\"minimum\":1,\"exclusiveMinimum\":true,\"maximum\":3,\"exclusiveMaximum\":false,"
        "\"anyOf\":[{\"$ref\":\"#d\"},{\"$ref\":\"e\"}],\"definitions\":{\"1\":{\"id\":"
        "\"#d\",\"type\":\"number\"},\"2\":{\"id\":\"e\",\"type\":\"string\"}}}";
    schema_accepts(old, "1.5\n3\n\"\"", "1\n3.5\nnull");
    schema_accepts(
        "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"definitions\":{\"a\":"
        "{\"$id\":\"#x\",\"const\":1}},\"$ref\":\"#x\",\"description\":\"d\"}",
        "1", "2");
    schema_is_refused(
        "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"definitions\":{\"a\":"
        "true},\"$ref\":\"#/definitions/a\",\"type\":\"null\"}",
        "'#/type': before draft 2019-09");
    schema_is_refused("{\"$schema\":\"http://json-schema.org/draft-07/schema#\","
                      "\"dependentRequired\":{\"a\":[]}}",
                      "does not know this keyword");
    schema_is_refused("{\"$schema\":\"http://h/own\"}", "'#/$schema': this dialect");
    schema_is_refused("{\"$defs\":{\"a\":{\"$id\":\"a\",\"$schema\":\"http://h/own\"}}}",
                      "this dialect");
    schema_is_invalid("{\"exclusiveMinimum\":true}", "'#/exclusiveMinimum'");
    schema_accepts("{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\",\"items\":[true],"
                   "\"contains\":{\"const\":1},\"unevaluatedItems\":false}",
                   "[1]", "[0,1]\n[0]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pointers_lead_to_places),
        cmocka_unit_test(identifiers_are_resolved_within_the_document),
        cmocka_unit_test(dynamic_references_follow_the_outermost_scope),
        cmocka_unit_test(endless_references_are_refused),
        cmocka_unit_test(older_dialects_are_read_as_they_are_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
