/* Any text as a JSON Schema: refused with a sentence, or shapes that keep their promises; and of
 * every value, either the schema or its denial holds. */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "engine/constraint/schema.h"
#include "fuzz/fuzz.h"
#include "unit/constraint/shape_judge.h"

static const char *const values[] = {
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1.5",
    "2.0",
    "1e3",
    "\"\"",
    "\"a\"",
    "\"ab\"",
    "\"\\u00e9\"",
    "[]",
    "[1]",
    "[1,1]",
    "[null,\"a\",{}]",
    "[[],[1,2,3]]",
    "{}",
    "{\"a\":1}",
    "{\"a\":\"a\",\"b\":[]}",
    "{\"b\":{\"a\":null}}",
    "{\"\":0,\"ab\":true,\"c\":2}",
};

#define N_VALUES (sizeof values / sizeof *values)

enum verdicts { REFUSED, EMPTY, JUDGED };

static enum verdicts judge(const char *text, size_t size, bool accepts[N_VALUES]) {
    struct shape_table *table;
    ingle_error err = {0};
    ingle_status status = schema_compile(&table, text, size, &err);
    if (status != INGLE_OK) {
        FUZZ_REQUIRE(status == INGLE_INVALID || status == INGLE_REFUSED);
        FUZZ_REQUIRE(!table && memchr(err.msg, 0, sizeof err.msg) && err.msg[0]);
        return strcmp(err.msg, "The schema is refused at '#': no value satisfies the schema.") == 0
                   ? EMPTY
                   : REFUSED;
    }
    FUZZ_REQUIRE(!shape_check(table));
    for (size_t i = 0; i < N_VALUES; i++) {
        struct arena arena;
        const struct json_value *value;
        arena_init(&arena, 1 << 16);
        FUZZ_REQUIRE(json_tree_parse(&value, &arena, values[i], strlen(values[i]), "", NULL) ==
                     INGLE_OK);
        accepts[i] = shape_judge(table, table->root, value);
        arena_clear(&arena);
    }
    shape_table_free(table);
    return JUDGED;
}

/* References and identifiers mean something else inside of another schema. */
static bool may_be_wrapped(const uint8_t *data, size_t size) {
    static const char *const words[] = {"ef\"", "$", "\\u", "id"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);
        for (size_t at = 0; at + len <= size; at++) {
            if (memcmp(data + at, words[i], len) == 0) return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t live = mem_live();
    bool accepts[N_VALUES] = {false}, denies[N_VALUES] = {false};
    enum verdicts here = judge((const char *)data, size, accepts);
    if (here != REFUSED && may_be_wrapped(data, size)) {
        struct buf text;
        buf_init(&text, size + 64);
        buf_add_str(&text, "{\"not\":");
        buf_add(&text, data, size);
        buf_add_str(&text, "}");
        enum verdicts there = judge(text.data, text.size, denies);
        buf_clear(&text);
        FUZZ_REQUIRE(here != EMPTY || there != EMPTY);
        for (size_t i = 0; there != REFUSED && i < N_VALUES; i++) {
            FUZZ_REQUIRE(accepts[i] != denies[i]);
        }
    }
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
