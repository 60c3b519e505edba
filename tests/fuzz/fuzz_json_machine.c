/* json_machine on any text, under shapes made from the input's first bytes: its verdict is that of
 * shape_judge(), finish() leads out of every state that is reached, and forgetting changes nothing.
 * Two bytes: the seed of the shapes; then the text. */
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_tree.h"
#include "engine/constraint/json_machine.h"
#include "fuzz/fuzz.h"
#include "unit/constraint/shape_build.h"
#include "unit/constraint/shape_judge.h"

#define MAX_TEXT 48 /* the judge tries all ways to count */
#define MAX_WAY 20000

static bool judge(const struct shape_table *table, const char *text, size_t len) {
    struct arena arena;
    const struct json_value *value;
    arena_init(&arena, 1 << 22);
    bool is_in = json_tree_parse(&value, &arena, text, len, "x", NULL) == INGLE_OK &&
                 shape_judge(table, table->root, value);
    arena_clear(&arena);
    return is_in;
}

/* Numbers that may exceed the limits of number.h, of which the judge knows nothing. */
static bool has_large_number(const char *text, size_t len) {
    size_t n_digits = 0;
    bool is_exponent = false;
    for (size_t i = 0; i < len; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if ((text[i] | 0x20) == 'e') is_exponent = true;
        if (!is_digit && (text[i] | 0x20) != 'e' && text[i] != '-' && text[i] != '+') {
            is_exponent = false;
        }
        n_digits = is_digit ? n_digits + 1 : 0;
        if (n_digits > (is_exponent ? 2 : 39)) return true;
    }
    return false;
}

static void leave(struct machine *m, machine_state state) {
    int byte, n = 0;
    while ((byte = m->ops->finish(m, state)) >= 0) {
        state = m->ops->step(m, state, (uint8_t)byte);
        FUZZ_REQUIRE(state != MACHINE_DEAD && n++ < MAX_WAY);
    }
    FUZZ_REQUIRE(m->ops->accepts(m, state));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    const char *text = (const char *)data + 2;
    size_t len = size - 2 < MAX_TEXT ? size - 2 : MAX_TEXT;
    struct rng r;
    struct machine *m;
    uint64_t live = mem_live();
    rng_init(&r, (uint64_t)data[0] | (uint64_t)data[1] << 8);
    struct shape_table *table = shape_build_random(&r);
    if (json_machine_new(&m, table, NULL) == INGLE_OK) {
        machine_state state = m->start;
        for (size_t i = 0; i < len && state != MACHINE_DEAD; i++) {
            state = m->ops->step(m, state, (uint8_t)text[i]);
            if (state == MACHINE_DEAD) break;
            if (i % 16 == 15) m->ops->compact(m, &state);
            if (i % 4 == 0) leave(m, state);
        }
        bool is_accepted = state != MACHINE_DEAD && m->ops->accepts(m, state);
        FUZZ_REQUIRE(!m->failed);
        if (!has_large_number(text, len)) FUZZ_REQUIRE(is_accepted == judge(table, text, len));
        machine_free(m);
    }
    shape_table_free(table);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
