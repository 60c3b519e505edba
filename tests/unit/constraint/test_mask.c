/* constraint/mask: which tokens may follow, against trying each of them. */
#include "engine/constraint/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/rng.h"
#include "engine/constraint/compose.h"
#include "engine/constraint/dfa_machine.h"
#include "engine/constraint/grammar.h"
#include "engine/constraint/json_machine.h"
#include "engine/constraint/schema.h"
#include "fuzz/tiny_vocab.h"
#include "support/random_schema.h"
#include "support/refusal.h"
#include "support/torture.h"
#include "support/toy_machine.h"
#include "unit/text/vocab_file.h"

struct subject {
    struct trie *trie;
    struct machine *m;
    struct mask *mask;
    int n_rows;
};

static struct subject open_machine(const struct tokenizer *t, struct machine *m) {
    struct subject s = {.m = m, .n_rows = tokenizer_n_vocab(t) + 3};
    ingle_error err;
    assert_non_null(s.m);
    if (trie_new(&s.trie, t, &err) != INGLE_OK) fail_msg("%s", err.msg);
    if (mask_new(&s.mask, s.trie, s.m, s.n_rows, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return s;
}

static struct subject open_subject(const struct tokenizer *t, enum toy_kind kind, uint64_t seed) {
    return open_machine(t, toy_machine_new(kind, seed));
}

static void close_subject(struct subject *s) {
    mask_free(s->mask);
    trie_free(s->trie);
    machine_free(s->m);
}

/* The definition. */
static bool may_follow(struct subject *s, machine_state state, int32_t id) {
    const struct tokenizer *t = s->trie->tokenizer;
    if (id >= tokenizer_n_vocab(t)) return false;
    if (tokenizer_is_end(t, id)) return s->m->ops->accepts(s->m, state);
    if (tokenizer_is_unused(t, id)) return false;
    struct gguf_str text = tokenizer_piece(t, id, true);
    if (text.len == 0) return false;
    if (memchr(text.data, 0xff, text.len) || memchr(text.data, 0xfe, text.len)) return false;
    if (!tokenizer_is_control(t, id)) {
        return machine_steps(s->m, state, text.data, text.len) != MACHINE_DEAD;
    }
    state = machine_steps(s->m, state, "\xff", 1);
    state = machine_steps(s->m, state, text.data, text.len);
    return machine_steps(s->m, state, "\xfe", 1) != MACHINE_DEAD;
}

static bool bit(const struct mask_row *row, int32_t id) {
    return row->bits[id / 64] >> id % 64 & 1;
}

/* Compares the mask of a state and draws a token of it; -1 if there is none but the end. */
static int32_t check_state(struct subject *s, machine_state state, struct rng *rng) {
    struct mask_row row;
    ingle_error err;
    int n = 0;
    int32_t drawn = -1;
    uint32_t n_seen = 0;
    ingle_status status = mask_of(s->mask, &state, false, &row, &err);
    for (int32_t id = 0; id < s->n_rows; id++) {
        bool may = may_follow(s, state, id);
        n += may;
        if (status == INGLE_OK && may != bit(&row, id)) {
            fail_msg("token %d is %s, state %u", id, may ? "missing" : "let through", state);
        }
        if (!may || tokenizer_is_end(s->trie->tokenizer, id)) continue;
        if (rng_below(rng, ++n_seen) == 0) drawn = id;
    }
    bool accepts = s->m->ops->accepts(s->m, state);
    if (n == 0 && !accepts) {
        expect_refusal(status, INGLE_REFUSED, &err, "no token for any byte");
        return -1;
    }
    assert_int_equal(status, INGLE_OK);
    assert_int_equal(row.n_allowed, n);
    assert_int_equal(row.accepts, accepts);
    return drawn;
}

static void check_walks(struct subject *s, int n_walks, int n_steps, struct rng *rng) {
    for (int walk = 0; walk < n_walks; walk++) {
        machine_state state = s->m->start;
        for (int i = 0; i < n_steps; i++) {
            int32_t id = check_state(s, state, rng);
            if (id < 0) break;
            state = mask_step(s->mask, state, id, false);
            assert_int_not_equal(state, MACHINE_DEAD);
        }
    }
}

static void masks_are_what_trying_every_token_says(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 1);
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        for (int kind = 0; kind < TOY_KINDS; kind++) {
            for (uint64_t seed = 0; seed < (kind == TOY_RANDOM ? 8 : 1); seed++) {
                struct subject s = open_subject(file.t, (enum toy_kind)kind, seed);
                check_walks(&s, 10, 40, &rng);
                close_subject(&s);
            }
        }
        tokenizer_file_close(&file);
    }
}

/* Byte-level BPE with all kinds of tokens that strings may be made of. */
static struct tokenizer_file open_rich(void) {
    static const char *const letters = "na\"bx, ";
    struct vocab_file f;
    struct rng rng;
    static char texts[600][48];
    int n_texts = 0;
    rng_init(&rng, 7);
    vocab_file_init(&f, "gpt2", "gpt-2");
    vocab_file_add_alphabet(&f);
    for (int i = 0; i < 600; i++) {
        char text[48] = "";
        size_t n = 2 + rng_below(&rng, i % 10 == 0 ? 40 : 6), len = 0;
        for (size_t k = 0; k < n; k++) {
            uint32_t kind = rng_below(&rng, 24);
            const char *next = kind == 0   ? "\xc3\x83\xc2\xa9" /* e with acute, as two stand-ins */
                               : kind == 1 ? "\xc3\xa9" /* the byte e9: begins a character */
                               : kind == 2 ? "\xc4\x80" /* NUL */
                               : kind == 3 ? "\\"
                                           : NULL;
            char one[3] = {letters[rng_below(&rng, 7)]};
            if (one[0] == ' ') memcpy(one, "\xc4\xa0", 3);
            if (!next) next = one;
            if (len + strlen(next) >= sizeof text) break;
            memcpy(text + len, next, strlen(next) + 1);
            len += strlen(next);
        }
        bool is_new = len > 1;
        for (int k = 0; k < n_texts; k++) is_new = is_new && strcmp(texts[k], text) != 0;
        if (!is_new) continue;
        memcpy(texts[n_texts++], text, sizeof text);
        vocab_file_add(&f, text, NORMAL);
    }
    vocab_file_add(&f, "<|end|>", CONTROL);
    return tokenizer_file_open(&f);
}

static void masks_inside_strings_are_shared_by_states_and_still_right(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 3);
    struct tokenizer_file file = open_rich();
    struct subject s = open_subject(file.t, TOY_STRINGS, 0);
    check_walks(&s, 200, 60, &rng);
    close_subject(&s);
    tokenizer_file_close(&file);
}

/* Expressions whose states let through all, all but something, up to so many, or little. */
static const char *const patterns[] = {".*",
                                       "[^n]*",
                                       "[^ ,]+b.*",
                                       "[^\\u00e9]*",
                                       "(na|nab|[^n]x)*",
                                       "[a-z ]*",
                                       "[\\s\\S]{0,9}",
                                       ".{3,35}",
                                       ".*(please|nana).*",
                                       "[^\"]*\"[^\"]*\"",
                                       "\\p{L}+",
                                       "[\\u0080-\\u07ff]*",
                                       "(x|[^x][^n])*",
                                       "a{0,70}b?",
                                       ".*n.{0,5}",
                                       "[^\\\\]*\\\\.*"};

static void masks_of_regular_expressions_are_right(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 9);
    struct tokenizer_file file = open_rich();
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct dfa *d = NULL;
        struct machine *m = NULL;
        ingle_error err;
        if (dfa_regex(&d, patterns[i], strlen(patterns[i]), false, &err) != INGLE_OK ||
            dfa_machine_new(&m, d, &err) != INGLE_OK) {
            fail_msg("%s: %s", patterns[i], err.msg);
        }
        struct subject s = open_machine(file.t, m);
        check_walks(&s, 40, 30, &rng);
        close_subject(&s);
    }
    tokenizer_file_close(&file);
}

static const char *const grammars[] = {
    "root ::= \"[\" (s (\",\" s)*)? \"]\"\ns ::= \"'\" [^'\\n]* \"'\" | root",
    "root ::= (w \" \")* \".\"\nw ::= [a-z]+ | [^ -~]", "root ::= ([^n] | \"na\" root?)*",
    "root ::= \"(\" root \")\" | [a-z]{0,5} | [\xc3\xa9\xe2\x82\xac]+"};

static void masks_of_grammars_are_right(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 10);
    struct tokenizer_file file = open_rich();
    for (size_t i = 0; i < sizeof grammars / sizeof grammars[0]; i++) {
        struct machine *m;
        ingle_error err;
        if (grammar_machine_new(&m, grammars[i], strlen(grammars[i]), &err) != INGLE_OK) {
            fail_msg("%s: %s", grammars[i], err.msg);
        }
        struct subject s = open_machine(file.t, m);
        check_walks(&s, 40, 30, &rng);
        close_subject(&s);
    }
    tokenizer_file_close(&file);
}

/* Parts in a row: free text up to a marker, strings, a text behind them. */
static struct machine *make_parts(int which) {
    struct compose *c;
    static const char words[] = "root ::= \"x\" [a-n ]* | \"nana\"";
    struct dfa *free_text = NULL, *word = NULL;
    struct machine *m, *grammar = NULL;
    ingle_error err;
    const char *pattern = which == 0 ? "([^n]|n[^a])*" : "[a-z ]+";
    if (compose_new(&c, &err) != INGLE_OK ||
        dfa_regex(&free_text, pattern, strlen(pattern), false, &err) != INGLE_OK ||
        dfa_regex(&word, "b{1,3}", 6, false, &err) != INGLE_OK ||
        grammar_machine_new(&grammar, words, strlen(words), &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
    const compose_part call[] = {
        compose_text(c, which == 2 ? "" : "na", which == 2 ? 0 : 2),
        compose_machine(c, toy_machine_new(TOY_STRINGS, 0)),
        compose_choice(c, (const compose_part[]){compose_machine(c, grammar), compose_dfa(c, word)},
                       2)};
    const compose_part all[] = {
        compose_dfa(c, free_text),
        compose_repeat(c, compose_sequence(c, call, 3), which == 0 ? 0 : 1, COMPOSE_NO_MAX)};
    if (compose_machine_new(&m, c, compose_sequence(c, all, 2), &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
    return m;
}

static void masks_of_parts_in_a_row_are_right(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 11);
    struct tokenizer_file file = open_rich();
    for (int which = 0; which < 3; which++) {
        struct subject s = open_machine(file.t, make_parts(which));
        check_walks(&s, 100, 40, &rng);
        close_subject(&s);
    }
    tokenizer_file_close(&file);
}

static void masks_of_schemas_are_right(void **state) {
    (void)state;
    struct rng rng;
    struct buf schema = {.max = 1 << 20};
    int n_checked = 0;
    struct tokenizer_file file = open_rich();
    for (uint64_t seed = 0; seed < 80; seed++) {
        struct shape_table *table;
        struct machine *m;
        ingle_error err;
        rng_init(&rng, seed);
        buf_reset(&schema);
        random_schema(&schema, &rng);
        if (schema_compile(&table, schema.data, schema.size, &err) != INGLE_OK) continue;
        if (json_machine_new(&m, table, &err) == INGLE_OK) {
            struct subject s = open_machine(file.t, m);
            check_walks(&s, 3, 20, &rng);
            close_subject(&s);
            n_checked++;
        }
        shape_table_free(table);
    }
    assert_true(n_checked > 60);
    buf_clear(&schema);
    tokenizer_file_close(&file);
}

/* A vocabulary as models have it, where there is one: every token of it, for some states. */
static void masks_over_a_real_vocabulary_are_right(void **state) {
    (void)state;
    static const char schema[] = "{\"properties\":{\"name\":{\"type\":\"string\",\"maxLength\":40},"
                                 "\"when\":{\"type\":\"string\",\"pattern\":\"^[^n ]*$\"}}}";
    struct gguf *gguf;
    struct tokenizer *t;
    struct shape_table *table = NULL;
    struct machine *m = NULL;
    ingle_error err;
    struct rng rng;
    rng_init(&rng, 21);
    if (gguf_open(&gguf, TEST_VOCAB, &err) != INGLE_OK) skip();
    if (tokenizer_open(&t, gguf, &err) != INGLE_OK ||
        schema_compile(&table, schema, sizeof schema - 1, &err) != INGLE_OK ||
        json_machine_new(&m, table, &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
        return;
    }
    struct subject s = open_machine(t, m);
    static const char *const texts[] = {
        "",         "{",           "{\"na", "{\"name\": \"", "{\"when\":\"x", "{\"name\":\"\xc3",
        "{\"x\":1", "{\"x\":{},\""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        (void)check_state(&s, machine_steps(m, m->start, texts[i], strlen(texts[i])), &rng);
    }
    close_subject(&s);
    shape_table_free(table);
    tokenizer_close(t);
    gguf_close(gguf);
}

/* ---- forced and short texts ---- */

static void expect_forced(struct subject *s, const char *before, const char *text,
                          const char *forced) {
    const struct tokenizer *t = s->trie->tokenizer;
    int32_t ids[300], tokens[64];
    size_t n_before = 0;
    int n;
    ingle_error err;
    machine_state state = machine_steps(s->m, s->m->start, text, strlen(text));
    assert_int_not_equal(state, MACHINE_DEAD);
    assert_int_equal(
        tokenizer_encode(t, before, strlen(before), false, false, tokens, 64, &n_before, &err),
        INGLE_OK);
    if (mask_forced(s->mask, state, tokens, (int)n_before, ids, 300, &n, &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
    struct buf got;
    buf_init(&got, 300);
    for (int i = 0; i < n; i++) {
        struct gguf_str piece = tokenizer_piece(t, ids[i], true);
        buf_add(&got, piece.data, piece.len);
        buf_add(&got, "|", 1);
    }
    assert_string_equal(got.data ? got.data : "", forced);
    buf_clear(&got);
}

static void forced_texts_have_the_tokens_that_no_continuation_changes(void **state) {
    (void)state;
    struct tokenizer_file file = tokenizer_file_tiny(0); /* gpt-2, with in he the " t" ll 12 ... */
    struct subject s = open_subject(file.t, TOY_WORDS, 0);
    expect_forced(&s, "x: he", "he", "ll|o|,|"); /* " world" may become " worlds" */
    expect_forced(&s, "x: h", "h", "");          /* the text has "he" here: nothing is certain */
    expect_forced(&s, "he", "he", "ll|o|,|");
    expect_forced(&s, "", "(", "the| t|h|in|g|"); /* ")" may become "))" */
    expect_forced(&s, "the", "the", "\n|");       /* "end" may become "ends" */
    expect_forced(&s, "x: hello, world", "hello, world", "");
    expect_forced(&s, "x", "", "");
    close_subject(&s);
    tokenizer_file_close(&file);
}

static void short_completions_are_completions(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 5);
    const enum toy_kind kinds[] = {TOY_LETTERS, TOY_BRACKETS, TOY_WORDS, TOY_STRINGS};
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            struct subject s = open_subject(file.t, kinds[k], 0);
            for (int walk = 0; walk < 20; walk++) {
                machine_state at = s.m->start;
                for (uint32_t i = rng_below(&rng, 12); i > 0; i--) {
                    int32_t id = check_state(&s, at, &rng);
                    if (id >= 0) at = mask_step(s.mask, at, id, false);
                }
                int32_t ids[600], first[600];
                int n, again;
                ingle_error err;
                assert_int_equal(mask_finish(s.mask, at, false, ids, 600, &n, &err), INGLE_OK);
                assert_in_range(n, 0, 600);
                for (int cap = 0; cap <= n; cap++) { /* a beginning is the same beginning */
                    assert_int_equal(mask_finish(s.mask, at, false, first, cap, &again, &err),
                                     INGLE_OK);
                    assert_int_equal(again, cap < n ? cap + 1 : n);
                    assert_memory_equal(first, ids, (size_t)cap * sizeof *ids);
                }
                for (int i = 0; i < n; i++) { /* and what is left is what was left */
                    at = mask_step(s.mask, at, ids[i], false);
                    assert_int_not_equal(at, MACHINE_DEAD);
                    assert_int_equal(mask_finish(s.mask, at, false, first, 600, &again, &err),
                                     INGLE_OK);
                    assert_int_equal(again, n - i - 1);
                }
                assert_true(s.m->ops->accepts(s.m, at));
            }
            close_subject(&s);
        }
        tokenizer_file_close(&file);
    }
}

static void the_first_space_of_a_text_counts_for_nothing(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    vocab_file_add(&f, "<unk>", UNKNOWN);
    vocab_file_add(&f, "<s>", CONTROL);
    vocab_file_add(&f, "</s>", CONTROL);
    vocab_file_add_byte_names(&f);
    int32_t yes = vocab_file_add(&f, "\xe2\x96\x81yes", NORMAL);
    int32_t y = vocab_file_add(&f, "y", NORMAL), space = vocab_file_add(&f, "\xe2\x96\x81", NORMAL);
    struct tokenizer_file file = tokenizer_file_open(&f);
    struct subject s = open_subject(file.t, TOY_WORDS, 0);
    struct mask_row row;
    ingle_error err;
    machine_state start = s.m->start;
    assert_true(tokenizer_strips_first_space(file.t));
    assert_int_equal(mask_of(s.mask, &start, false, &row, &err), INGLE_OK);
    assert_true(!bit(&row, yes) && bit(&row, y) && !bit(&row, space));
    assert_int_equal(mask_of(s.mask, &start, true, &row, &err), INGLE_OK);
    assert_true(bit(&row, yes) && bit(&row, y) && !bit(&row, space));
    assert_int_equal(mask_step(s.mask, start, yes, false), MACHINE_DEAD);
    machine_state end = mask_step(s.mask, start, yes, true);
    assert_true(end != MACHINE_DEAD && s.m->ops->accepts(s.m, end));
    close_subject(&s);
    tokenizer_file_close(&file);
}

static void what_the_vocabulary_cannot_spell_is_refused(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    vocab_file_add(&f, "<unk>", UNKNOWN);
    vocab_file_add(&f, "<s>", CONTROL);
    vocab_file_add(&f, "</s>", CONTROL);
    vocab_file_add(&f, "(", NORMAL);
    vocab_file_add(&f, "a", NORMAL);
    struct tokenizer_file file = tokenizer_file_open(&f);
    struct subject s = open_subject(file.t, TOY_BRACKETS, 0);
    ingle_error err;
    int n;
    expect_refusal(mask_finish(s.mask, s.m->start, false, NULL, 10, &n, &err), INGLE_REFUSED, &err,
                   "0x29");
    close_subject(&s);
    s = open_subject(file.t, TOY_WORDS, 0);
    struct mask_row row;
    machine_state at = machine_steps(s.m, s.m->start, "y", 1);
    expect_refusal(mask_of(s.mask, &at, false, &row, &err), INGLE_REFUSED, &err,
                   "no token for any");
    close_subject(&s);
    tokenizer_file_close(&file);
}

/* ---- memory ---- */

static struct tokenizer_file tortured;

static ingle_status find_masks(ingle_error *err) {
    struct trie *trie;
    struct mask *mask;
    struct mask_row row;
    struct machine *m = toy_machine_new(TOY_STRINGS, 0);
    if (!m) return status_no_memory(err, "the machine", 1);
    ingle_status status = trie_new(&trie, tortured.t, err);
    if (status != INGLE_OK) {
        machine_free(m);
        return status;
    }
    status = mask_new(&mask, trie, m, trie->n_vocab, err);
    if (status != INGLE_OK) assert_null(mask);
    machine_state state = m->start;
    int32_t ids[64];
    int n;
    for (const char *p = "\"ab\",\"n"; *p && status == INGLE_OK; p++) {
        state = m->ops->step(m, state, (uint8_t)*p);
        status = mask_of(mask, &state, false, &row, err);
        if (status == INGLE_OK) status = mask_forced(mask, state, NULL, 0, ids, 64, &n, err);
    }
    mask_free(mask);
    trie_free(trie);
    machine_free(m);
    return status;
}

static void running_out_of_memory_is_said_and_leaves_nothing_behind(void **state) {
    (void)state;
    tortured = tokenizer_file_tiny(1);
    assert_true(torture(find_masks) >= 15);
    tokenizer_file_close(&tortured);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_are_what_trying_every_token_says),
        cmocka_unit_test(masks_inside_strings_are_shared_by_states_and_still_right),
        cmocka_unit_test(masks_of_regular_expressions_are_right),
        cmocka_unit_test(masks_of_grammars_are_right),
        cmocka_unit_test(masks_of_parts_in_a_row_are_right),
        cmocka_unit_test(masks_of_schemas_are_right),
        cmocka_unit_test(masks_over_a_real_vocabulary_are_right),
        cmocka_unit_test(forced_texts_have_the_tokens_that_no_continuation_changes),
        cmocka_unit_test(short_completions_are_completions),
        cmocka_unit_test(the_first_space_of_a_text_counts_for_nothing),
        cmocka_unit_test(what_the_vocabulary_cannot_spell_is_refused),
        cmocka_unit_test(running_out_of_memory_is_said_and_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
