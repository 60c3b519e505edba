/* engine/constraint/compose: machines made of parts; and dfa_machine, of which they are made. */
#include "engine/constraint/compose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/constraint/dfa_machine.h"

static struct compose *new_parts(void) {
    struct compose *c;
    assert_int_equal(compose_new(&c, NULL), INGLE_OK);
    return c;
}

static compose_part text(struct compose *c, const char *bytes) {
    return compose_text(c, bytes, strlen(bytes));
}

static compose_part regex(struct compose *c, const char *pattern) {
    struct dfa *d;
    assert_int_equal(dfa_regex(&d, pattern, strlen(pattern), false, NULL), INGLE_OK);
    return compose_dfa(c, d);
}

static struct machine *machine(struct compose *c, compose_part root) {
    struct machine *m;
    ingle_error err;
    if (compose_machine_new(&m, c, root, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return m;
}

static machine_state run(struct machine *m, const char *bytes) {
    return machine_steps(m, m->start, bytes, strlen(bytes));
}

/* 0: dead, 1: alive, 2: accepted; and the promise: it can be finished. */
static int verdict(struct machine *m, const char *bytes) {
    machine_state state = run(m, bytes);
    if (state == MACHINE_DEAD) return 0;
    int result = m->ops->accepts(m, state) ? 2 : 1;
    for (int i = 0, byte; (byte = m->ops->finish(m, state)) >= 0; i++) {
        assert_true(i < 1000);
        state = m->ops->step(m, state, (uint8_t)byte);
        assert_int_not_equal(state, MACHINE_DEAD);
    }
    assert_true(m->ops->accepts(m, state));
    assert_false(m->failed);
    return result;
}

static void parts_follow_each_other(void **state) {
    (void)state;
    struct compose *c = new_parts();
    compose_part row[] = {text(c, "<a>"), regex(c, "[0-9]+"), text(c, ""), text(c, "</a>")};
    struct machine *m = machine(c, compose_sequence(c, row, 4));
    assert_int_equal(verdict(m, ""), 1);
    assert_int_equal(verdict(m, "<a>1"), 1);
    assert_int_equal(verdict(m, "<a>12</a>"), 2);
    assert_int_equal(verdict(m, "<a></a>"), 0);
    assert_int_equal(verdict(m, "<a>1</a>x"), 0);
    machine_free(m);
}

static void alternatives_and_repetitions_nest(void **state) {
    (void)state;
    struct compose *c = new_parts();
    compose_part both[] = {text(c, "ab"), regex(c, "a*c?")};
    compose_part choice = compose_choice(c, both, 2);
    struct machine *m = machine(c, compose_repeat(c, choice, 2, 3));
    assert_int_equal(verdict(m, ""), 2);
    assert_int_equal(verdict(m, "ababab"), 2);
    assert_int_equal(verdict(m, "abababa"), 0);
    assert_int_equal(verdict(m, "aacabc"), 2);
    assert_int_equal(verdict(m, "ccca"), 0);
    machine_free(m);
    c = new_parts();
    compose_part many = compose_repeat(c, text(c, "xy"), 1, COMPOSE_NO_MAX);
    many = compose_repeat(c, compose_repeat(c, many, 0, COMPOSE_NO_MAX), 0, COMPOSE_NO_MAX);
    m = machine(c, many);
    assert_int_equal(verdict(m, ""), 2);
    assert_int_equal(verdict(m, "xyxyx"), 1);
    assert_int_equal(verdict(m, "xyxyxy"), 2);
    assert_int_equal(verdict(m, "xx"), 0);
    machine_free(m);
}

/* What tool calls are made of: any text without the marker, then calls. */
static void free_text_ends_at_the_marker(void **state) {
    (void)state;
    const char *marker = "<call>";
    size_t len = 6;
    struct dfa *before;
    assert_int_equal(dfa_without(&before, &marker, &len, 1, NULL), INGLE_OK);
    struct compose *c = new_parts();
    compose_part call[] = {text(c, marker), regex(c, "\\{[a-z]*\\}"), text(c, "\xff</call>\xfe")};
    compose_part all[] = {compose_dfa(c, before),
                          compose_repeat(c, compose_sequence(c, call, 3), 0, 2)};
    struct machine *m = machine(c, compose_sequence(c, all, 2));
    assert_int_equal(verdict(m, "plain <cal text"), 2);
    assert_int_equal(verdict(m, "plain <call"), 2);
    assert_int_equal(verdict(m, "plain <call>"), 1);
    assert_int_equal(verdict(m, "plain <call>x"), 0);
    assert_int_equal(verdict(m, "<call>{ab}\xff</call>\xfe"), 2);
    assert_int_equal(verdict(m, "<call>{ab}</call>"), 0);
    assert_int_equal(verdict(m, "x<call>{}\xff</call>\xfe<call>{}\xff</call>\xfe"), 2);
    assert_int_equal(verdict(m, "<call>{}\xff</call>\xfe more"), 0);
    assert_int_equal(verdict(m, "<call>{}\xff</call>\xfe<call>{}\xff</call>\xfe<"), 0);
    machine_free(m);
}

static void what_no_text_fits_is_refused(void **state) {
    (void)state;
    struct machine *m;
    ingle_error err;
    struct compose *c = new_parts();
    assert_int_equal(compose_machine_new(&m, c, compose_choice(c, NULL, 0), &err), INGLE_REFUSED);
    assert_null(m);
    c = new_parts();
    compose_part row[] = {text(c, "a"), regex(c, "[]")};
    assert_int_equal(compose_machine_new(&m, c, compose_sequence(c, row, 2), &err), INGLE_REFUSED);
    c = new_parts();
    compose_part some[] = {text(c, "a"), regex(c, "[]"), compose_repeat(c, text(c, "b"), 3, 2)};
    m = machine(c, compose_choice(c, some, 3));
    assert_int_equal(verdict(m, "a"), 2);
    machine_free(m);
    c = new_parts();
    m = machine(c, compose_repeat(c, regex(c, "[]"), 0, 5));
    assert_int_equal(verdict(m, ""), 2);
    machine_free(m);
    struct dfa *d;
    assert_int_equal(dfa_regex(&d, "[]", 2, false, NULL), INGLE_OK);
    assert_int_equal(dfa_machine_new(&m, d, &err), INGLE_REFUSED);
}

static void what_is_too_large_is_a_limit(void **state) {
    (void)state;
    struct machine *m;
    ingle_error err;
    struct compose *c = new_parts();
    compose_part big = compose_repeat(c, text(c, "a"), 4000000000u, 4000000000u);
    assert_int_equal(compose_machine_new(&m, c, big, &err), INGLE_LIMIT);
    c = new_parts();
    big = text(c, "a");
    for (int i = 0; i < 1000; i++) big = compose_repeat(c, big, 0, COMPOSE_NO_MAX);
    assert_int_equal(compose_machine_new(&m, c, big, &err), INGLE_LIMIT);
    c = new_parts();
    big = compose_repeat(c, compose_sequence(c, NULL, 0), 4000000000u, COMPOSE_NO_MAX);
    m = machine(c, big);
    assert_int_equal(verdict(m, ""), 2);
    machine_free(m);
    c = new_parts();
    big = compose_repeat(c, text(c, "a"), 0, 5000);
    big = compose_repeat(c, big, 0, COMPOSE_NO_MAX);
    m = machine(c, big);
    assert_int_equal(run(m, ""), m->start);
    machine_state s = m->start;
    for (int i = 0; i < 5000 && s; i++) s = m->ops->step(m, s, 'a');
    assert_true(m->failed || m->ops->accepts(m, s));
    machine_free(m);
}

/* A machine of quoted texts that gives keys inside of the quotes. */
static machine_state quoted_step(struct machine *m, machine_state s, uint8_t byte) {
    (void)m;
    if (s == 1) return byte == '"' ? 2 : MACHINE_DEAD;
    if (s >= 4 || byte < ' ') return MACHINE_DEAD;
    return byte == '"' ? 4 : 3;
}

static bool quoted_accepts(struct machine *m, machine_state s) {
    (void)m;
    return s == 4;
}

static int quoted_finish(struct machine *m, machine_state s) {
    (void)m;
    return s == 4 ? -1 : '"';
}

static uint64_t quoted_lexeme(struct machine *m, machine_state s) {
    (void)m;
    return s == 2 || s == 3 ? (uint64_t)1 << 40 : 0;
}

static uint64_t quoted_lex(struct machine *m, uint64_t key, uint8_t byte) {
    (void)m;
    return byte == '"' ? LEXER_EXIT : byte < ' ' ? LEXER_DEAD : key;
}

static void quoted_compact(struct machine *m, machine_state *live) {
    (void)m;
    (void)live;
}

static size_t quoted_size(const struct machine *m) {
    (void)m;
    return 100;
}

static void quoted_release(struct machine *m) {
    (void)m;
}

static const struct machine_ops quoted_ops = {.step = quoted_step,
                                              .accepts = quoted_accepts,
                                              .finish = quoted_finish,
                                              .lexeme = quoted_lexeme,
                                              .lex = quoted_lex,
                                              .compact = quoted_compact,
                                              .size = quoted_size,
                                              .release = quoted_release,
                                              .ends_by_exit = true};

static void keys_of_the_only_thread_are_passed_through(void **state) {
    (void)state;
    struct machine quoted = {.ops = &quoted_ops, .start = 1};
    struct compose *c = new_parts();
    compose_part inside = compose_machine(c, &quoted);
    compose_part row[] = {text(c, "["), inside, text(c, ":"), inside, text(c, "]")};
    struct machine *m = machine(c, compose_sequence(c, row, 5));
    assert_true(m->ops->lexeme(m, m->start) > LEXER_EXIT); /* of a text, which is finite */
    assert_int_equal(m->ops->lexeme(m, run(m, "[")), 0);
    uint64_t key = m->ops->lexeme(m, run(m, "[\""));
    assert_true(key > LEXER_EXIT);
    assert_true(m->ops->lexeme(m, run(m, "[\"a\":\"b")) == key);
    assert_true(m->ops->lex(m, key, 'x') == key);
    assert_true(m->ops->lex(m, key, '\n') == LEXER_DEAD);
    assert_true(m->ops->lex(m, key, '"') == LEXER_EXIT);
    assert_true(m->ops->may_follow(m, key, 'x')); /* the machine does not say */
    assert_int_equal(m->ops->lexeme(m, run(m, "[\"a\"")), 0);
    machine_free(m);
}

/* machine.h: what lex() says of a key holds in every state that has it. */
static void check_lexer(struct machine *m, machine_state s) {
    uint64_t key = m->ops->lexeme(m, s);
    if (!key) return;
    assert_true(key > LEXER_EXIT);
    for (int byte = 0; byte < 256; byte++) {
        uint64_t next = m->ops->lex(m, key, (uint8_t)byte);
        machine_state to = m->ops->step(m, s, (uint8_t)byte);
        if (next == LEXER_DEAD) assert_int_equal(to, MACHINE_DEAD);
        if (next > LEXER_EXIT) {
            assert_int_not_equal(to, MACHINE_DEAD);
            assert_true(m->ops->lexeme(m, to) == next);
        }
    }
}

static void check_lexer_along(struct machine *m, const char *bytes) {
    machine_state s = m->start;
    check_lexer(m, s);
    for (; *bytes; bytes++) {
        s = m->ops->step(m, s, (uint8_t)*bytes);
        assert_int_not_equal(s, MACHINE_DEAD);
        check_lexer(m, s);
    }
}

/* Once a key of an automaton was passed through as it is, and what follows it was dead to masks. */
static void keys_know_what_follows_a_part(void **state) {
    (void)state;
    struct machine quoted = {.ops = &quoted_ops, .start = 1};
    struct compose *c = new_parts();
    compose_part row[] = {regex(c, "[0-9]+"), text(c, "x"), compose_machine(c, &quoted),
                          regex(c, "a*")};
    struct machine *m = machine(c, compose_sequence(c, row, 4));
    check_lexer_along(m, "12x\"ab\"aa");
    uint64_t key = m->ops->lexeme(m, run(m, "12"));
    assert_true(key > LEXER_EXIT);
    assert_true(m->ops->lex(m, key, '3') == key);
    assert_true(m->ops->lex(m, key, 'y') == LEXER_DEAD);
    assert_true(m->ops->lex(m, key, 'x') == LEXER_EXIT);
    machine_free(m);
    c = new_parts();
    compose_part inner[] = {regex(c, "[0-9]+"), text(c, "-")};
    struct machine *part = machine(c, compose_sequence(c, inner, 2));
    c = new_parts();
    compose_part outer[] = {compose_machine(c, part), regex(c, "[0-9]*")};
    m = machine(c, compose_repeat(c, compose_sequence(c, outer, 2), 1, COMPOSE_NO_MAX));
    check_lexer_along(m, "12-34-5-");
    machine_free(m);
}

static void compacting_keeps_the_live_state(void **state) {
    (void)state;
    struct compose *c = new_parts();
    compose_part row[] = {regex(c, "[a-z]*"), regex(c, "[a-m]*x"), text(c, "!")};
    struct machine *m = machine(c, compose_repeat(c, compose_sequence(c, row, 3), 1, 40));
    machine_state start = m->start, live = run(m, "abcx!xx!nnx!fo");
    size_t before = m->ops->size(m);
    m->ops->compact(m, &live);
    assert_true(m->ops->size(m) <= before);
    assert_int_equal(m->start, start);
    live = machine_steps(m, live, "ox!", 3);
    assert_true(m->ops->accepts(m, live));
    assert_int_equal(verdict(m, "x!"), 2);
    assert_int_equal(verdict(m, "!"), 0);
    machine_free(m);
}

static ingle_status try(struct machine **m) {
    struct compose *c;
    struct dfa *d;
    *m = NULL;
    INGLE_TRY(dfa_regex(&d, "[a-z]+", 6, false, NULL));
    if (compose_new(&c, NULL) != INGLE_OK) {
        dfa_free(d);
        return INGLE_NO_MEMORY;
    }
    compose_part row[] = {compose_text(c, "<", 1), compose_dfa(c, d), compose_text(c, ">", 1)};
    compose_part all[] = {compose_sequence(c, row, 3), compose_text(c, "-", 1)};
    compose_part root = compose_repeat(c, compose_choice(c, all, 2), 1, COMPOSE_NO_MAX);
    INGLE_TRY(compose_machine_new(m, c, root, NULL));
    machine_state live = machine_steps(*m, (*m)->start, "<ab>-<", 6);
    if (!(*m)->failed) (*m)->ops->compact(*m, &live);
    return (*m)->failed ? INGLE_NO_MEMORY : INGLE_OK;
}

static void any_failed_allocation_is_reported_and_nothing_leaks(void **state) {
    (void)state;
    for (uint64_t n = 1;; n++) {
        uint64_t live = mem_live();
        struct machine *m;
        mem_fail_at(n, 0);
        ingle_status status = try(&m);
        mem_fail_at(0, 0);
        machine_free(m);
        assert_int_equal(mem_live(), live);
        if (status == INGLE_OK) {
            assert_true(n > 20);
            if (n > 400) return;
            continue; /* compact() does without the memory it asked for */
        }
        assert_int_equal(status, INGLE_NO_MEMORY);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_follow_each_other),
        cmocka_unit_test(alternatives_and_repetitions_nest),
        cmocka_unit_test(free_text_ends_at_the_marker),
        cmocka_unit_test(what_no_text_fits_is_refused),
        cmocka_unit_test(what_is_too_large_is_a_limit),
        cmocka_unit_test(keys_of_the_only_thread_are_passed_through),
        cmocka_unit_test(keys_know_what_follows_a_part),
        cmocka_unit_test(compacting_keeps_the_live_state),
        cmocka_unit_test(any_failed_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
