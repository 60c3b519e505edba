/* engine/constraint/grammar: GBNF. That llama.cpp's own grammar files mean the same to it and to us
 * is tested in tests/oracle. */
#include "engine/constraint/grammar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"

#define JSON                                                                                       \
    "root ::= value\n"                                                                             \
    "value ::= object | array | string | number | \"true\" | \"null\"\n"                           \
    "object ::= \"{\" ws (member (\",\" ws member)*)? \"}\" ws\n"                                  \
    "member ::= string \":\" ws value\n"                                                           \
    "array ::= \"[\" ws (value (\",\" ws value)*)? \"]\" ws\n"                                     \
    "string ::= \"\\\"\" ([^\"\\\\\\x00-\\x1f] | \"\\\\\" ([\"\\\\/bfnrt] | \"u\" [0-9a-f]{4}))* " \
    "\"\\\"\" ws\n"                                                                                \
    "number ::= \"-\"? (\"0\" | [1-9] [0-9]*) (\".\" [0-9]+)? ws\n"                                \
    "ws ::= [ \\t\\n]*\n"

static struct machine *machine(const char *text) {
    struct machine *m;
    ingle_error err;
    if (grammar_machine_new(&m, text, strlen(text), &err) != INGLE_OK) {
        fail_msg("%s\n%s", text, err.msg);
    }
    return m;
}

/* The promise: what is alive can be finished by finish(), each byte of which is alive. */
static void check_finish(struct machine *m, machine_state state) {
    for (int i = 0, byte; (byte = m->ops->finish(m, state)) >= 0; i++) {
        assert_true(i < 100000);
        state = m->ops->step(m, state, (uint8_t)byte);
        assert_int_not_equal(state, MACHINE_DEAD);
    }
    assert_true(m->ops->accepts(m, state));
}

/* 0: dead, 1: alive, 2: accepted. */
static int verdict(struct machine *m, const char *text) {
    machine_state state = machine_steps(m, m->start, text, strlen(text));
    assert_false(m->failed);
    if (state == MACHINE_DEAD) return 0;
    check_finish(m, state);
    return m->ops->accepts(m, state) ? 2 : 1;
}

static void every_form_of_a_rule_is_read(void **state) {
    (void)state;
    static const struct {
        const char *grammar, *text;
        int verdict;
    } cases[] = {
        {"root ::= \"abc\"", "abc", 2},
        {"root ::= \"abc\"", "ab", 1},
        {"root ::= \"abc\"", "abd", 0},
        {"root ::= \"\"", "", 2},
        {"root ::= ", "", 2},
        {"root ::= \"a\" | \"bc\" |\n  # a comment\n  \"d\" # more\n", "bc", 2},
        {"root ::= a-1 B\na-1 ::= \"x\" \r\n\r\nB::=\"y\"\n", "xy", 2},
        {"# first\n\nroot ::= (\n \"a\"\n | \"b\"\n) \"c\"", "bc", 2},
        {"root ::= \"ab\"*", "abab", 2},
        {"root ::= \"ab\"+", "", 1},
        {"root ::= \"ab\"?\"c\"", "c", 2},
        {"root ::= \"a\"{2}", "aa", 2},
        {"root ::= \"a\"{2}", "aaa", 0},
        {"root ::= \"a\"{ 2 , }", "aaaa", 2},
        {"root ::= \"a\"{1,2}", "aaa", 0},
        {"root ::= \"a\"{0}", "", 2},
        {"root ::= \"a\"?+", "aaa", 2},
        {"root ::= ((\"\")*)* \"x\"", "x", 2},
        {"root ::= ws* \"x\"\nws ::= \" \"*", "   x", 2},
        {"root ::= [a-c]", "b", 2},
        {"root ::= [-a]", "-", 2},
        {"root ::= [a-]", "-", 2},
        {"root ::= [\\]\\-\\[\\\\\\\"]+", "]-[\\\"", 2},
        {"root ::= [^a-c\\n]", "\n", 0},
        {"root ::= [^a-c\\n]", "\xe2\x82\xac", 2},
        {"root ::= .", "\n", 2},
        {"root ::= .", "\xf0\x9f\x98\x80", 2},
        {"root ::= .", "\xf0\x9f\x98", 1},
        {"root ::= .", "\xff", 0},
        {"root ::= .", "\xc0\x80", 0},
        {"root ::= .", "\xed\xa0\x80", 0},
        {"root ::= \"\\x41\\u00e9\\U0001f600\\t\"", "A\xc3\xa9\xf0\x9f\x98\x80\t", 2},
        {"root ::= [\xc3\xa0-\xc3\xa9]{2}", "\xc3\xa5\xc3\xa9", 2},
        {"root ::= [\xc3\xa0-\xc3\xa9]", "\xc3\xaa", 0},
        {"root ::= [\xc3\xa0-\xc3\xa9] | \"\xc4\x80\"", "\xc4", 1},
        {"root ::= [\xc3\xa0-\xc3\xa9]", "\xc4", 0},
        {"root ::= \"\\ud800\" | \"x\"", "x", 2},
        {"root ::= \"(\" root \")\" | \"\"", "((()))", 2},
        {"root ::= \"(\" root \")\" | \"\"", "(()))", 0},
        {"root ::= \"a\" root | \"a\"", "aaaa", 2},
        {"root ::= a \"x\" | b \"y\"\na ::= \"(\" a \")\" | \"0\"\nb ::= \"(\" b \")\" | \"0\"",
         "(((0)))y", 2},
        {"root ::= x \"end\"\nx ::= y | \"\"\ny ::= x2 \"k\"\nx2 ::= \"\"", "kend", 2},
        {"root ::= \"a\" (never | \"b\")\nnever ::= \"n\" never", "an", 0},
        {"root ::= \"a\" (never | \"b\")\nnever ::= \"n\" never", "ab", 2},
        {"root ::= \"a\" ([\\ud800] | \"b\")", "ab", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m = machine(cases[i].grammar);
        if (verdict(m, cases[i].text) != cases[i].verdict) {
            fail_msg("%s\n of '%s' should be %d", cases[i].grammar, cases[i].text,
                     cases[i].verdict);
        }
        machine_free(m);
    }
}

static void what_is_no_grammar_is_refused_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *grammar;
        ingle_status status;
        const char *message;
    } cases[] = {
        {"", INGLE_INVALID, "no rule 'root'"},
        {"x ::= \"a\"", INGLE_INVALID, "no rule 'root'"},
        {"root \"a\"", INGLE_INVALID, "line 1, column 6: '::=' should"},
        {"root\n::= \"a\"", INGLE_INVALID, "line 1, column 5: '::=' should"},
        {"*", INGLE_INVALID, "line 1, column 1: the name of a rule"},
        {"root ::= \"a\"\n| \"b\"", INGLE_INVALID, "line 2, column 1: the name of a rule"},
        {"root ::= \"a\" )", INGLE_INVALID, "column 14: nothing of a rule begins so"},
        {"root ::= (\"a\"", INGLE_INVALID, "column 10: this group does not end"},
        {"root ::= \"a", INGLE_INVALID, "column 10: this text does not end"},
        {"root ::= [a", INGLE_INVALID, "column 10: this class does not end"},
        {"root ::= [a-", INGLE_INVALID, "column 10: this class does not end"},
        {"root ::= []", INGLE_INVALID, "column 10: this class is empty"},
        {"root ::= [^]", INGLE_INVALID, "column 10: this class is empty"},
        {"root ::= [b-a]", INGLE_INVALID, "column 11: this range is out of order"},
        {"root ::= \"\\q\"", INGLE_INVALID, "column 11: there is no such escape"},
        {"root ::= \"\\x4\"", INGLE_INVALID, "column 11: this escape needs more"},
        {"root ::= \"\\U00110000\"", INGLE_INVALID, "no such code point"},
        {"root ::= \"\xff\"", INGLE_INVALID, "column 11: these bytes are not UTF-8"},
        {"root ::= *", INGLE_INVALID, "column 10: there is nothing to repeat"},
        {"root ::= \"a\" | +", INGLE_INVALID, "column 16: there is nothing to repeat"},
        {"root ::= \"a\"{}", INGLE_INVALID, "column 13: these counts are not"},
        {"root ::= \"a\"{,2}", INGLE_INVALID, "column 13: these counts are not"},
        {"root ::= \"a\"{2,1}", INGLE_INVALID, "out of order"},
        {"root ::= \"a\"{1", INGLE_INVALID, "these counts are not"},
        {"root ::= \"a\"\n\nroot ::= \"b\"", INGLE_INVALID, "line 3, column 1: this rule is def"},
        {"root ::= \"a\" x-y", INGLE_INVALID, "column 14: the rule 'x-y' is not defined"},
        {"root ::= <think>", INGLE_REFUSED, "column 10: tokens are not supported"},
        {"root ::= !<[12]>", INGLE_REFUSED, "column 10: tokens are not supported"},
        {"root ::= root \"a\" | \"b\"", INGLE_REFUSED, "'root' is left-recursive"},
        {"root ::= a\na ::= b \"x\" | \"y\"\nb ::= a", INGLE_REFUSED, "left-recursive"},
        {"root ::= e root \"x\" | \"y\"\ne ::= \"q\"?", INGLE_REFUSED, "'root' is left-recursive"},
        {"root ::= \"a\" root", INGLE_REFUSED, "has no finite text"},
        {"root ::= [\\ud800]", INGLE_REFUSED, "has no finite text"},
        {"root ::= (\"a\"{1000}){1000}", INGLE_LIMIT, "too large once"},
        {"root ::= \"a\"****\"b\"*****", INGLE_LIMIT, "repeated too often"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m;
        ingle_error err = {0};
        const char *text = cases[i].grammar;
        ingle_status status = grammar_machine_new(&m, text, strlen(text), &err);
        if (status != cases[i].status || !strstr(err.msg, cases[i].message)) {
            fail_msg("%s: %d, %s", text, status, err.msg);
        }
        assert_null(m);
    }
    struct machine *m;
    assert_int_equal(grammar_machine_new(&m, "root ::= \"a\"\0", 13, NULL), INGLE_INVALID);
}

static ingle_status compile(const char *text, size_t len) {
    struct machine *m;
    uint64_t live = mem_live();
    ingle_error err = {0};
    ingle_status status = grammar_machine_new(&m, text, len, &err);
    machine_free(m);
    assert_int_equal(mem_live(), live);
    return status;
}

static void hostile_grammars_are_bounded(void **state) {
    (void)state;
    static char text[1200000];
    size_t n = (size_t)sprintf(text, "root ::= ");
    memset(text + n, '(', 60000);
    assert_int_equal(compile(text, n + 60000), INGLE_LIMIT);
    memset(text, ' ', sizeof text);
    assert_int_equal(compile(text, sizeof text), INGLE_LIMIT);
    n = (size_t)sprintf(text, "root ::= r0\n");
    for (int i = 0; i < 20000; i++) {
        n += (size_t)sprintf(text + n, "r%d ::= r%d | \"a\" r%d\n", i, i + 1, i + 1);
    }
    n += (size_t)sprintf(text + n, "r20000 ::= \"b\"\n");
    assert_int_equal(compile(text, n), INGLE_OK);
    n = (size_t)sprintf(text, "root ::= d0\n"); /* a text of 2^60 bytes */
    for (int i = 0; i < 60; i++)
        n += (size_t)sprintf(text + n, "d%d ::= d%d d%d\n", i, i + 1, i + 1);
    n += (size_t)sprintf(text + n, "d60 ::= \"b\"\n");
    assert_int_equal(compile(text, n), INGLE_LIMIT);
    n = (size_t)sprintf(text, "root ::= ("); /* every alternative leads to all */
    for (int i = 0; i < 20000; i++) n += (size_t)sprintf(text + n, "\"k%d\" | ", i);
    n += (size_t)sprintf(text + n, "\"\")*");
    assert_int_equal(compile(text, n), INGLE_OK);
    n = (size_t)sprintf(text, "root ::= \"\"");
    for (int i = 0; i < 20000; i++) n += (size_t)sprintf(text + n, " | [^\\u%04x]", 0x4e00 + i);
    ingle_status status = compile(text, n);
    assert_true(status == INGLE_OK || status == INGLE_LIMIT);
}

/* Without sharing each of these would take 2^n stacks or paths. */
static void ambiguity_stays_small(void **state) {
    (void)state;
    static const char *const grammars[] = {
        "root ::= (a | a | b)*\na ::= \"x\" | \"x\"\nb ::= \"x\" a?",
        "root ::= \"x\" root \"y\" | \"x\" root \"z\" | \"x\" root | \"\"",
        "root ::= s\ns ::= \"x\" s s | \"x\" | \"x\" s",
        "root ::= e\ne ::= \"x\" (o e)*\no ::= \"x\"?",
    };
    for (size_t i = 0; i < sizeof grammars / sizeof *grammars; i++) {
        struct machine *m = machine(grammars[i]);
        machine_state s = m->start;
        for (int k = 0; k < 200 && s; k++) s = m->ops->step(m, s, 'x');
        if (m->failed || s == MACHINE_DEAD) fail_msg("%s", grammars[i]);
        assert_true(m->ops->size(m) < (size_t)32 << 20);
        check_finish(m, s);
        machine_free(m);
    }
    char text[4096];
    size_t n = (size_t)sprintf(text, "root ::= r0\n");
    for (int i = 0; i < 40; i++) {
        n += (size_t)sprintf(text + n, "r%d ::= r%d \"a\" | r%d \"b\"\n", i, i + 1, i + 1);
    }
    sprintf(text + n, "r40 ::= \"c\"\n");
    struct machine *m = machine(text);
    assert_int_equal(verdict(m, "cab"), 1);
    assert_true(m->ops->size(m) < 1 << 20);
    machine_free(m);
}

static void nesting_may_be_deep(void **state) {
    (void)state;
    struct machine *m = machine(JSON);
    machine_state s = m->start;
    for (int i = 0; i < 30000; i++) s = m->ops->step(m, s, '[');
    assert_int_not_equal(s, MACHINE_DEAD);
    m->ops->compact(m, &s);
    for (int i = 0; i < 30000; i++) s = m->ops->step(m, s, ']');
    assert_true(m->ops->accepts(m, s));
    machine_free(m);
}

static void a_long_text_stays_small_when_compacted(void **state) {
    (void)state;
    struct machine *m = machine(JSON);
    machine_state start = m->start, s = machine_steps(m, start, "[", 1);
    size_t most = 0;
    for (int i = 0; i < 2000; i++) {
        s = machine_steps(m, s, "{\"k\": [1, \"x\\n\"]}, ", 19);
        assert_int_not_equal(s, MACHINE_DEAD);
        if (i % 100 == 0) m->ops->compact(m, &s);
        if (m->ops->size(m) > most) most = m->ops->size(m);
    }
    assert_true(most < 100000);
    assert_int_equal(m->start, start);
    s = machine_steps(m, s, "1]", 2);
    assert_true(m->ops->accepts(m, s));
    assert_int_equal(verdict(m, "[1, 2"), 1);
    machine_free(m);
}

/* machine.h: what lex() says of a key holds in every state that has it. */
static void check_lexer(struct machine *m, machine_state s) {
    uint64_t key = m->ops->lexeme(m, s);
    if (!key) return;
    assert_true(key > LEXER_EXIT);
    assert_false(m->ops->accepts(m, s));
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

static void states_of_one_key_are_told_by_it(void **state) {
    (void)state;
    struct machine *m = machine(JSON);
    uint64_t outer = m->ops->lexeme(m, machine_steps(m, m->start, "\"abc", 4));
    uint64_t inner = m->ops->lexeme(m, machine_steps(m, m->start, "[[{\"k\": \"", 9));
    assert_true(outer > LEXER_EXIT);
    assert_true(inner == outer);
    assert_true(m->ops->lex(m, inner, 'x') == inner);
    assert_true(m->ops->lex(m, inner, '"') == LEXER_EXIT);
    assert_true(m->ops->lex(m, inner, '\n') == LEXER_DEAD);
    assert_int_equal(m->ops->lexeme(m, m->start), 0);
    struct rng rng;
    rng_init(&rng, 5);
    for (int round = 0; round < 300; round++) {
        machine_state s = m->start;
        for (int i = 0; i < 60; i++) {
            check_lexer(m, s);
            machine_state next = MACHINE_DEAD;
            for (int tries = 0; tries < 500 && next == MACHINE_DEAD; tries++) {
                static const char likely[] = "[]{}\",:ab0\\u \xc3\xa9\xf0\x9f\x98\x80";
                uint8_t byte = (uint8_t)likely[rng_below(&rng, sizeof likely - 1)];
                next = m->ops->step(m, s, byte);
            }
            if (next == MACHINE_DEAD) break;
            s = next;
        }
        check_finish(m, s);
    }
    machine_free(m);
}

static void any_failed_allocation_is_reported_and_nothing_leaks(void **state) {
    (void)state;
    static const char text[] =
        "root ::= \"[\" (item (\",\" item)*)? \"]\"\n"
        "item ::= root | [\xc3\xa0-\xc3\xa9]{1,3} | s\ns ::= \"'\" [^']* \"'\"";
    for (uint64_t n = 1;; n++) {
        uint64_t live = mem_live();
        struct machine *m;
        machine_state s = MACHINE_DEAD;
        mem_fail_at(n, 0);
        ingle_status status = grammar_machine_new(&m, text, sizeof text - 1, NULL);
        if (status == INGLE_OK) {
            s = machine_steps(m, m->start, "[[\xc3\xa1],'ab'", 10);
            (void)m->ops->lexeme(m, s);
            m->ops->compact(m, &s);
            s = machine_steps(m, s, ",[]]", 4);
        }
        mem_fail_at(0, 0);
        bool failed = status != INGLE_OK || m->failed;
        if (!failed) assert_true(m->ops->accepts(m, s));
        machine_free(m);
        assert_int_equal(mem_live(), live);
        if (status != INGLE_OK) assert_int_equal(status, INGLE_NO_MEMORY);
        if (!failed && n > 400) return;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_a_rule_is_read),
        cmocka_unit_test(what_is_no_grammar_is_refused_with_its_place),
        cmocka_unit_test(hostile_grammars_are_bounded),
        cmocka_unit_test(ambiguity_stays_small),
        cmocka_unit_test(nesting_may_be_deep),
        cmocka_unit_test(a_long_text_stays_small_when_compacted),
        cmocka_unit_test(states_of_one_key_are_told_by_it),
        cmocka_unit_test(any_failed_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
