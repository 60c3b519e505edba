/* task/fill_prompt: what is shown of two texts and of other files, and what is left out. */
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
#include "support/fixture.h"
#include "support/folder.h"
#include "support/refusal.h"
#include "task/fill_prompt.h"

static ingle_model *filler, *plain; /* a token a byte; with tokens for the middle, and without */

static ingle_model *vocabulary(const char *name, const char *const *controls) {
    const struct make_model_spec spec = {.arch = "llama", .n_layer = 1, .controls = controls};
    ingle_model_options opt = ingle_model_options_default();
    ingle_model *model;
    ingle_error err;
    opt.vocab_only = true;
    if (ingle_model_open(&model, fixture_write(name, &spec), &opt, &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
    return model;
}

static int open_all(void **state) {
    static const char *const controls[] = {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>",
                                           "<|file_sep|>",   "<|repo_name|>",  NULL};
    if (folder_make(state) != 0) return -1;
    filler = vocabulary("fim.gguf", controls);
    plain = vocabulary("plain.gguf", NULL);
    return 0;
}

static int close_all(void **state) {
    ingle_model_close(filler);
    ingle_model_close(plain);
    return folder_remove(state);
}

/* The prompt as text, control tokens by their names. */
static void write_out(struct buf *text, const struct fill_prompt *p) {
    buf_init(text, 1 << 20);
    for (size_t i = 0; i < p->n; i++) {
        size_t len;
        const char *bytes = ingle_token_bytes(filler, p->ids[i], true, &len);
        assert_true(buf_add(text, bytes, len));
    }
    assert_true(buf_add(text, "", 1));
}

static struct fill_prompt make(const struct fill_question *q, struct buf *text) {
    struct fill_prompt p;
    ingle_error err;
    if (fill_prompt_make(&p, filler, q, &err) != INGLE_OK) fail_msg("%s", err.msg);
    assert_true(p.n <= q->max_tokens);
    write_out(text, &p);
    mem_free(p.ids);
    p.ids = NULL;
    return p;
}

static const ingle_complete_file files[] = {
    {"b.h", "int b;\n", 7, false}, {"c.h", "int c;", 6, false}, {"d.h", "int d;\n", 7, false}};

static struct fill_question question(size_t max_tokens) {
    return (struct fill_question){.prefix = "one\ntwo(",
                                  .prefix_len = 8,
                                  .suffix = ");\nthree\n",
                                  .suffix_len = 9,
                                  .begun = "x",
                                  .begun_len = 1,
                                  .name = "a.c",
                                  .repository = "proj",
                                  .files = files,
                                  .n_files = BASE_COUNT(files),
                                  .max_tokens = max_tokens};
}

#define SHOWN "<|fim_prefix|>one\ntwo(<|fim_suffix|>);\nthree\n<|fim_middle|>x"

static void all_that_fits_is_shown(void **state) {
    (void)state;
    struct buf text;
    struct fill_question q = question(1000);
    struct fill_prompt p = make(&q, &text);
    const char *begin = strstr(text.data, "<|repo_name|>");
    assert_non_null(begin);
    assert_string_equal(begin,
                        "<|repo_name|>proj\n<|file_sep|>b.h\nint b;\n<|file_sep|>c.h\nint c;\n"
                        "<|file_sep|>d.h\nint d;\n<|file_sep|>a.c\n" SHOWN);
    assert_int_equal(p.n_files, 3);
    assert_int_equal(p.n_dropped, 0);
    buf_clear(&text);
    q.begun_len = q.suffix_len = 0;
    q.n_files = 0;
    (void)make(&q, &text);
    assert_non_null(strstr(text.data, "<|fim_prefix|>one\ntwo(<|fim_suffix|><|fim_middle|>"));
    buf_clear(&text);
}

/* From everything to nothing, a token fewer each time. */
static void files_go_first_then_lines_far_from_the_place(void **state) {
    (void)state;
    size_t n_files = 3, n_dropped = 0;
    bool was_cut = false;
    for (size_t max = 200; max >= 24; max--) {
        struct buf text;
        const struct fill_question q = question(max);
        struct fill_prompt p = make(&q, &text);
        assert_true(p.n_files <= n_files);
        assert_true(p.n_dropped >= n_dropped);
        n_files = p.n_files;
        n_dropped = p.n_dropped;
        bool is_whole = strstr(text.data, SHOWN) != NULL;
        was_cut = was_cut || !is_whole;
        assert_true(is_whole != was_cut);
        if (n_files > 0) assert_true(is_whole && strstr(text.data, "int d;"));
        if (n_files == 1) assert_null(strstr(text.data, "int c;"));
        assert_non_null(strstr(text.data, "<|fim_middle|>x"));
        if (max >= 32) assert_non_null(strstr(text.data, "(<|fim_suffix|>)"));
        buf_clear(&text);
    }
    assert_true(n_files == 0 && was_cut && n_dropped > 20);
}

static void what_it_cannot_do_is_refused(void **state) {
    (void)state;
    struct fill_prompt p;
    ingle_error err;
    struct fill_question q = question(100);
    expect_refusal(fill_prompt_make(&p, plain, &q, &err), INGLE_REFUSED, &err,
                   "cannot fill in the middle");
    assert_null(p.ids);
    q.max_tokens = 10;
    expect_refusal(fill_prompt_make(&p, filler, &q, &err), INGLE_CONTEXT_FULL, &err,
                   "may have 10 tokens");
    assert_null(p.ids);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_fits_is_shown),
        cmocka_unit_test(files_go_first_then_lines_far_from_the_place),
        cmocka_unit_test(what_it_cannot_do_is_refused),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
