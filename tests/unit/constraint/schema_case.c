#include "unit/constraint/schema_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/constraint/shape_judge.h"

static void judge_lines(const struct shape_table *table, const char *schema, const char *lines,
                        bool is_right) {
    while (lines && *lines) {
        size_t len = strcspn(lines, "\n");
        struct arena arena;
        const struct json_value *value;
        ingle_error err;
        arena_init(&arena, 1 << 22);
        if (json_tree_parse(&value, &arena, lines, len, "The value", &err) != INGLE_OK) {
            fail_msg("%s", err.msg);
        }
        if (shape_judge(table, table->root, value) != is_right) {
            fail_msg("%s should %s %.*s", schema, is_right ? "accept" : "reject", (int)len, lines);
        }
        arena_clear(&arena);
        lines += len + (lines[len] == '\n');
    }
}

void schema_accepts(const char *schema, const char *yes, const char *no) {
    struct shape_table *table;
    ingle_error err;
    if (schema_compile(&table, schema, strlen(schema), &err) != INGLE_OK) {
        fail_msg("%s: %s", schema, err.msg);
    }
    const char *broken = shape_check(table);
    if (broken) fail_msg("%s: broken: %s", schema, broken);
    judge_lines(table, schema, yes, true);
    judge_lines(table, schema, no, false);
    shape_table_free(table);
}

static void fails(const char *schema, ingle_status status, const char *why) {
    struct shape_table *table;
    ingle_error err = {0};
    ingle_status got = schema_compile(&table, schema, strlen(schema), &err);
    assert_null(table);
    if (got != status || !strstr(err.msg, why)) {
        fail_msg("%s: status %d: %s (not: %s)", schema, (int)got, err.msg, why);
    }
}

void schema_is_refused(const char *schema, const char *why) {
    fails(schema, INGLE_REFUSED, why);
}

void schema_is_invalid(const char *schema, const char *why) {
    fails(schema, INGLE_INVALID, why);
}
