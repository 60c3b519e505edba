/* constraint/json_machine on random shapes: every verdict is that of shape_judge(), which tries
 * everything on the parsed value; from every state there is a way out; lexer keys tell the truth;
 * and forgetting changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json_tree.h"
#include "base/rng.h"
#include "engine/constraint/json_machine.h"
#include "unit/constraint/shape_build.h"
#include "unit/constraint/shape_judge.h"

#define MAX_WAY 20000

static uint32_t n_shapes = 400;

static bool judge(const struct shape_table *table, const char *text, size_t len) {
    struct arena arena;
    const struct json_value *value;
    arena_init(&arena, 1 << 22);
    bool is_in = json_tree_parse(&value, &arena, text, len, "x", NULL) == INGLE_OK &&
                 shape_judge(table, table->root, value);
    arena_clear(&arena);
    return is_in;
}

struct run {
    const struct shape_table *table;
    struct machine *m;
    uint32_t seed;
    struct buf text;
};

static void complain(const struct run *run, const char *what) {
    fail_msg("shape %u: %s: %s", run->seed, what, run->text.data ? run->text.data : "");
}

/* finish() leads to the end, and what comes out is right. */
static void leave(struct run *run, machine_state state) {
    size_t size = run->text.size;
    for (int i = 0; i < MAX_WAY; i++) {
        int byte = run->m->ops->finish(run->m, state);
        if (byte < 0) {
            if (!run->m->ops->accepts(run->m, state)) complain(run, "the way ends too early");
            if (!judge(run->table, run->text.data, run->text.size)) {
                complain(run, "the way leads to a wrong value");
            }
            run->text.size = size;
            run->text.data[size] = '\0';
            return;
        }
        char c = (char)byte;
        buf_add(&run->text, &c, 1);
        state = run->m->ops->step(run->m, state, (uint8_t)byte);
        if (state == MACHINE_DEAD) complain(run, "a dead end");
    }
    complain(run, "a way without end");
}

static void check_key(struct run *run, machine_state state) {
    const struct machine_ops *ops = run->m->ops;
    uint64_t key = ops->lexeme(run->m, state);
    if (key == 0) return;
    for (int byte = 0; byte < 256; byte++) {
        uint64_t next = ops->lex(run->m, key, (uint8_t)byte);
        machine_state after = ops->step(run->m, state, (uint8_t)byte);
        if (next == LEXER_DEAD && after != MACHINE_DEAD) complain(run, "a key says dead");
        if (next > LEXER_EXIT && after == MACHINE_DEAD) complain(run, "a key says alive");
        if (next > LEXER_EXIT && ops->lexeme(run->m, after) != next) complain(run, "another key");
    }
}

/* One text; returns whether it was accepted. */
static bool feed(struct run *run, const char *text, size_t len, struct rng *r) {
    machine_state state = run->m->start;
    buf_reset(&run->text);
    for (size_t i = 0; i < len && state != MACHINE_DEAD; i++) {
        state = run->m->ops->step(run->m, state, (uint8_t)text[i]);
        buf_add(&run->text, text + i, 1);
        if (state == MACHINE_DEAD) break;
        if (rng_below(r, 16) == 0) run->m->ops->compact(run->m, &state);
        if (rng_below(r, 4) == 0) check_key(run, state);
        leave(run, state);
    }
    return state != MACHINE_DEAD && run->m->ops->accepts(run->m, state);
}

/* Living bytes at random, then the way out. */
static void wander(struct run *run, struct rng *r) {
    static const char likely[] = "\"\\{}[],:01235.e-+uabcdtfn ";
    machine_state state = run->m->start;
    buf_reset(&run->text);
    for (uint32_t i = 0, n = rng_below(r, 60); i < n; i++) {
        uint8_t byte = rng_below(r, 8) ? (uint8_t)likely[rng_below(r, sizeof likely - 1)]
                                       : (uint8_t)rng_below(r, 256);
        machine_state next = run->m->ops->step(run->m, state, byte);
        if (next == MACHINE_DEAD) continue;
        buf_add(&run->text, &byte, 1);
        state = next;
        if (rng_below(r, 16) == 0) check_key(run, state);
    }
    leave(run, state);
}

static uint32_t n_accepted, n_refused;

static void check_shape(uint32_t seed) {
    struct rng r;
    rng_init(&r, seed);
    struct shape_table *table = shape_build_random(&r);
    struct run run = {.table = table, .seed = seed};
    buf_init(&run.text, 1 << 20);
    ingle_error err;
    if (json_machine_new(&run.m, table, &err) != INGLE_OK) {
        n_refused++;
        bool is_empty = strstr(err.msg, "No JSON text") != NULL;
        for (int i = 0; i < 200 && is_empty; i++) {
            shape_build_text(&r, &run.text);
            if (judge(table, run.text.data, run.text.size)) complain(&run, "it is not empty");
            buf_reset(&run.text);
        }
        buf_clear(&run.text);
        shape_table_free(table);
        return;
    }
    leave(&run, run.m->start);
    for (int i = 0; i < 60; i++) {
        struct buf text;
        buf_init(&text, 1 << 16);
        shape_build_text(&r, &text);
        bool is_in = judge(table, text.data, text.size);
        bool is_accepted = feed(&run, text.data, text.size, &r);
        if (is_in != is_accepted) {
            fail_msg("shape %u: %s: accepted %d", seed, text.data, is_accepted);
        }
        n_accepted += is_accepted;
        buf_clear(&text);
        wander(&run, &r);
    }
    assert_false(run.m->failed);
    machine_free(run.m);
    buf_clear(&run.text);
    shape_table_free(table);
}

static void random_shapes_are_judged_right_without_dead_ends(void **state) {
    (void)state;
    for (uint32_t seed = 0; seed < n_shapes; seed++) check_shape(seed);
    assert_true(n_accepted > n_shapes);
    assert_true(n_refused < n_shapes * 2 / 3);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_shapes_are_judged_right_without_dead_ends),
    };
    if (argc == 3) { /* by hand: the first and the number of shapes */
        uint32_t first = (uint32_t)strtoul(argv[1], NULL, 10);
        for (uint32_t i = 0; i < (uint32_t)strtoul(argv[2], NULL, 10); i++) check_shape(first + i);
        printf("%u accepted, %u refused\n", n_accepted, n_refused);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
