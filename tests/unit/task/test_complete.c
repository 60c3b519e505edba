/* ingle_complete(): the whole way, on models of random weights that can fill in the middle, and on
 * one that cannot. What the text is does not matter there; where it ends is test_complete_end.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/torture.h"
#include "task/complete_prompt.h"

static const char *const controls[] = {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>",
                                       "<|file_sep|>",   "<|repo_name|>",  NULL};
static ingle_model *filler, *plain;

static int open_models(void **state) {
    folder_make(state);
    struct make_model_spec spec = {.arch = "qwen2", .seed = 3, .n_layer = 1, .n_ctx_train = 2048};
    plain = fixture_model(&spec, NULL);
    spec.controls = controls;
    filler = fixture_model(&spec, NULL);
    return 0;
}

static int close_models(void **state) {
    ingle_model_close(filler);
    ingle_model_close(plain);
    return folder_remove(state);
}

static ingle_tasks *tasks_of(const ingle_model *model, int n_ctx) {
    ingle_session_options session = ingle_session_options_default();
    ingle_tasks_options opt = ingle_tasks_options_default();
    session.n_ctx = n_ctx;
    session.n_threads = 1;
    opt.model = model;
    opt.session = &session;
    ingle_tasks *tasks;
    assert_int_equal(ingle_tasks_new(&tasks, &opt, NULL), INGLE_OK);
    return tasks;
}

static bool keep(const char *text, size_t len, void *user) {
    return buf_add(user, text, len);
}

struct asked {
    struct buf text;
    ingle_complete_result result;
    ingle_error err;
    ingle_status status;
};

static struct asked ask(ingle_tasks *tasks, const char *text, size_t at,
                        ingle_complete_options opt) {
    struct asked a = {.text.max = 1 << 20};
    ingle_complete_file file = {.name = "a.c", .text = text, .len = strlen(text)};
    opt.on_text = keep;
    opt.user = &a.text;
    a.status = ingle_complete(tasks, &file, at, &opt, &a.result, &a.err);
    return a;
}

static const char source[] = "int add(int a, int b) {\n    return a + b;\n}\n\nint main(void) {\n"
                             "    int sum = add(1, 2);\n    \n    return sum;\n}\n";
#define PLACE ((size_t)(strstr(source, "    \n") + 4 - source))

static void the_same_place_has_the_same_completion_and_reuses_its_prompt(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(filler, 512);
    ingle_complete_options opt = ingle_complete_options_default();
    opt.max_tokens = 24;
    struct asked first = ask(tasks, source, PLACE, opt), again = ask(tasks, source, PLACE, opt);
    if (first.status) fail_msg("%s", first.err.msg);
    assert_int_equal(again.status, INGLE_OK);
    assert_int_equal(first.text.size, again.text.size);
    if (first.text.size) assert_memory_equal(first.text.data, again.text.data, first.text.size);
    assert_true(first.result.fills_middle);
    assert_int_equal(first.result.n_prefix + first.result.n_suffix + 3, first.result.n_prompt);
    assert_int_equal(first.result.n_reused, 0);
    assert_int_equal(again.result.n_reused, again.result.n_prompt - 1);
    assert_int_equal(first.result.first_line, 1);
    assert_int_equal(first.result.last_line, 9);
    buf_clear(&first.text);
    buf_clear(&again.text);
    ingle_tasks_free(tasks);
}

/* What was typed since is new; all that stands before it is not computed again. */
static void what_is_typed_later_computes_only_the_rest(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(filler, 512);
    ingle_complete_options opt = ingle_complete_options_default();
    ingle_complete_file other = {.name = "b.h", .text = "int add(int a, int b);\n", .len = 23};
    opt.max_tokens = 8;
    opt.others = &other;
    opt.n_others = 1;
    char typed[256];
    size_t at = PLACE;
    snprintf(typed, sizeof typed, "%.*ssum+%s", (int)at, source, source + at);
    struct asked first = ask(tasks, source, at, opt), second = ask(tasks, typed, at + 4, opt);
    assert_int_equal(first.status, INGLE_OK);
    assert_int_equal(second.status, INGLE_OK);
    assert_int_equal(first.result.n_pieces, 1);
    assert_int_equal(first.result.pieces[0].n_lines, 1);
    int before = first.result.n_prompt - first.result.n_suffix - 2;
    assert_true(second.result.n_reused >= before);
    buf_clear(&first.text);
    buf_clear(&second.text);
    ingle_tasks_free(tasks);
}

static void a_model_without_the_tokens_sees_what_stands_before(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(plain, 512);
    ingle_complete_options opt = ingle_complete_options_default();
    ingle_complete_file other = {.name = "b.h", .text = source, .len = sizeof source - 1};
    opt.max_tokens = 8;
    opt.others = &other;
    opt.n_others = 1;
    struct asked a = ask(tasks, source, PLACE, opt);
    assert_int_equal(a.status, INGLE_OK);
    assert_false(a.result.fills_middle);
    assert_int_equal(a.result.n_suffix, 0);
    assert_int_equal(a.result.n_pieces, 0);
    assert_int_equal(a.result.n_prompt, a.result.n_prefix);
    buf_clear(&a.text);
    ingle_tasks_free(tasks);
}

/* Files, places, contexts, extents of all sizes: the prompt stays in its budget, the completion in
 * max_tokens, the text is UTF-8, and two ways of saying the same give the same. */
static void random_places_stay_within_their_budget(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 21);
    static char text[8192], near[2][3000];
    static const char signs[] = "abc (){};\n\n    \"x1=+";
    for (int round = 0; round < 150; round++) {
        size_t n = rng_below(&r, sizeof text - 1), at = rng_below(&r, (uint32_t)n + 1);
        for (size_t i = 0; i < n; i++) text[i] = signs[rng_below(&r, sizeof signs - 1)];
        text[n] = '\0';
        ingle_complete_file others[2] = {{.name = "b.c", .text = near[0]},
                                         {.name = "c.c", .text = near[1], .is_wanted = true}};
        for (int i = 0; i < 2; i++) {
            others[i].len = rng_below(&r, sizeof near[0]);
            for (size_t j = 0; j < others[i].len; j++) {
                near[i][j] = signs[rng_below(&r, sizeof signs - 1)];
            }
        }
        int n_ctx = 40 + (int)rng_below(&r, 600);
        ingle_tasks *tasks = tasks_of(filler, n_ctx);
        ingle_complete_options opt = ingle_complete_options_default();
        opt.max_tokens = 1 + (int)rng_below(&r, 12);
        opt.extent = (ingle_complete_extent)rng_below(&r, 2);
        opt.max_prompt = (int)rng_below(&r, 3) * 150;
        opt.repository = rng_below(&r, 2) ? "project" : NULL;
        opt.others = others;
        opt.n_others = rng_below(&r, 3);
        struct asked a = ask(tasks, text, at, opt);
        if (a.status) fail_msg("%s", a.err.msg);
        assert_true(a.result.n_prompt <= a.result.n_budget + FIM_PROMPT_CONTROLS);
        assert_true(a.result.n_prompt + opt.max_tokens <= n_ctx);
        if (opt.max_prompt) assert_true(a.result.n_budget <= opt.max_prompt);
        assert_true(a.result.n_tokens <= opt.max_tokens);
        assert_true(a.result.first_line <= a.result.last_line || n == 0);
        assert_true(utf8_is_valid(a.text.data ? a.text.data : "", a.text.size));
        for (size_t i = 1; i < a.result.n_pieces; i++) {
            const ingle_complete_piece *p = &a.result.pieces[i - 1];
            assert_true(p[0].file < p[1].file || p[0].line < p[1].line);
        }
        buf_clear(&a.text);
        ingle_tasks_free(tasks);
    }
}

static void pieces_are_those_that_share_rare_identifiers(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(filler, 512);
    ingle_complete_options opt = ingle_complete_options_default();
    char far[2048] = "";
    size_t n = 0;
    for (int i = 0; i < 40; i++) {
        n += (size_t)snprintf(far + n, sizeof far - n, "int thing%d(void);\n%s", i,
                              i % 12 == 11 ? "\n" : "");
    }
    const ingle_complete_file others[] = {
        {.name = "far.h", .text = far, .len = n},
        {.name = "near.h", .text = "\n\nint frobnicate(int depth);\n", .len = 29},
        {.name = "other.h", .text = "int unrelated;\n", .len = 15},
    };
    opt.max_tokens = 4;
    opt.others = others;
    opt.n_others = 3;
    const char *text = "void f(int depth) {\n    frobnicate(\n    thing20();\n}\n";
    struct asked a = ask(tasks, text, 35, opt);
    assert_int_equal(a.status, INGLE_OK);
    bool near = false;
    for (size_t i = 0; i < a.result.n_pieces; i++) {
        assert_int_not_equal(a.result.pieces[i].file, 2);
        near = near || a.result.pieces[i].file == 1;
    }
    assert_true(near);
    buf_clear(&a.text);
    ingle_tasks_free(tasks);
}

static void expect_status(ingle_tasks *tasks, const char *text, size_t at,
                          ingle_complete_options opt, ingle_status status, const char *saying) {
    struct asked a = ask(tasks, text, at, opt);
    if (a.status != status || !strstr(a.err.msg, saying)) {
        fail_msg("%s: %s", ingle_status_name(a.status), a.err.msg);
    }
    assert_int_equal(a.text.size, 0);
    buf_clear(&a.text);
}

static void what_cannot_be_is_said(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(filler, 512), *none = tasks_of(NULL, 0);
    ingle_complete_options opt = ingle_complete_options_default(), bad = opt;
    expect_status(none, source, 0, opt, INGLE_NOT_FOUND, "needs a language model");
    expect_status(tasks, source, sizeof source, opt, INGLE_BAD_ARGUMENT, "no place in 'a.c'");
    expect_status(tasks, "\xc3\xa9", 1, opt, INGLE_BAD_ARGUMENT, "inside of a character");
    expect_status(tasks, "\xff", 0, opt, INGLE_INVALID, "byte 0 is no UTF-8");
    bad.max_tokens = 0;
    expect_status(tasks, source, 0, bad, INGLE_BAD_ARGUMENT, "max_tokens");
    bad = opt;
    bad.max_tokens = 512;
    expect_status(tasks, source, 0, bad, INGLE_CONTEXT_FULL, "holds 512 tokens");
    bad = opt;
    bad.extent = (ingle_complete_extent)2;
    expect_status(tasks, source, 0, bad, INGLE_BAD_ARGUMENT, "extent");
    bad = opt;
    bad.n_others = 1;
    expect_status(tasks, source, 0, bad, INGLE_BAD_ARGUMENT, "others");
    bad = opt;
    bad.size = 1;
    expect_status(tasks, source, 0, bad, INGLE_BAD_ARGUMENT, "ingle_complete_options");
    const ingle_complete_file other = {.name = "b.c", .text = "a\0b", .len = 3};
    bad = opt;
    bad.others = &other;
    bad.n_others = 1;
    expect_status(tasks, source, 0, bad, INGLE_INVALID, "b.c is not text");
    ingle_tasks_cancel(tasks);
    expect_status(tasks, source, PLACE, opt, INGLE_CANCELLED, "Interrupted");
    struct asked a = ask(tasks, source, PLACE, opt);
    assert_int_equal(a.status, INGLE_OK); /* once */
    buf_clear(&a.text);
    ingle_tasks_free(tasks);
    ingle_tasks_free(none);
}

static bool stop(const char *text, size_t len, void *user) {
    (void)text, (void)len;
    ++*(int *)user;
    return false;
}

static void who_listens_may_stop_it(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(filler, 512);
    ingle_complete_options opt = ingle_complete_options_default();
    ingle_complete_result result;
    ingle_complete_file file = {.name = "x", .text = "(", .len = 1};
    int n = 0;
    opt.on_text = stop;
    opt.user = &n;
    ingle_status status = ingle_complete(tasks, &file, 1, &opt, &result, NULL);
    assert_int_equal(n, 1);
    assert_int_equal(status, INGLE_CANCELLED);
    ingle_tasks_free(tasks);
}

static ingle_status complete_once(ingle_error *err) {
    static const ingle_complete_file other = {
        .name = "b.h", .text = "int add(int a, int b);\n", .len = 23};
    ingle_session_options session = ingle_session_options_default();
    ingle_tasks_options opt = ingle_tasks_options_default();
    ingle_complete_options copt = ingle_complete_options_default();
    ingle_complete_file file = {.name = "a.c", .text = source, .len = sizeof source - 1};
    ingle_complete_result result;
    ingle_tasks *tasks;
    session.n_ctx = 256;
    session.n_threads = 1;
    opt.model = filler;
    opt.session = &session;
    copt.max_tokens = 8;
    copt.others = &other;
    copt.n_others = 1;
    INGLE_TRY(ingle_tasks_new(&tasks, &opt, err));
    ingle_status status = ingle_complete(tasks, &file, PLACE, &copt, &result, err);
    ingle_tasks_free(tasks);
    return status;
}

static void without_memory_it_says_so_and_leaves_nothing(void **state) {
    (void)state;
    assert_true(torture(complete_once) > 10);
}

static void reasons_have_names(void **state) {
    (void)state;
    assert_string_equal(ingle_complete_reason_name(INGLE_COMPLETE_END), "end");
    assert_string_equal(ingle_complete_reason_name(INGLE_COMPLETE_LOOP), "loop");
    assert_string_equal(ingle_complete_reason_name((ingle_complete_reason)99), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_place_has_the_same_completion_and_reuses_its_prompt),
        cmocka_unit_test(what_is_typed_later_computes_only_the_rest),
        cmocka_unit_test(a_model_without_the_tokens_sees_what_stands_before),
        cmocka_unit_test(random_places_stay_within_their_budget),
        cmocka_unit_test(pieces_are_those_that_share_rare_identifiers),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(who_listens_may_stop_it),
        cmocka_unit_test(without_memory_it_says_so_and_leaves_nothing),
        cmocka_unit_test(reasons_have_names),
    };
    return cmocka_run_group_tests(tests, open_models, close_models);
}
