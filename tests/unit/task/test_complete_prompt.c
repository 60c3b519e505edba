/* Prompts for filling in the middle: for every family of models the tokens in its order, written
 * out as golden texts, and ids for a published vocabulary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/gguf_stream.h"
#include "task/complete_prompt.h"

/* A vocabulary of bytes and these control tokens. */
static ingle_model *open_vocabulary(const char *path) {
    ingle_model_options opt = ingle_model_options_default();
    ingle_model *model;
    ingle_error err;
    opt.vocab_only = true;
    if (ingle_model_open(&model, path, &opt, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return model;
}

static ingle_model *model_with(const char *const *controls) {
    struct make_model_spec spec = {.arch = "llama", .n_layer = 1, .controls = controls};
    return open_vocabulary(fixture_write("fim.gguf", &spec));
}

static struct fim_piece pieces[2];

/* The text of a file may look like a token of any family. */
static struct fim_parts parts(size_t n_pieces) {
    pieces[0] = (struct fim_piece){.name = "b.h", .text = "int b;\n", .len = 7};
    pieces[1] = (struct fim_piece){.name = "c.h", .text = "int c;", .len = 6};
    return (struct fim_parts){.repository = "proj",
                              .name = "a.c",
                              .comment = "//",
                              .pieces = pieces,
                              .n_pieces = n_pieces,
                              .before = "int a = <|fim_middle|>",
                              .before_len = 22,
                              .after = "<PRE>;\n",
                              .after_len = 7};
}

/* The prompt as text, control tokens in it as «name». */
static void expect(const ingle_model *model, size_t n_pieces, const char *golden) {
    struct fim_prompt p;
    struct fim_parts of = parts(n_pieces);
    ingle_error err;
    char text[1024] = "";
    size_t n = 0;
    if (fim_prompt_init(&p, model, &err) != INGLE_OK) fail_msg("%s", err.msg);
    if (fim_prompt_make(&p, &of, &err) != INGLE_OK) fail_msg("%s", err.msg);
    for (size_t i = 0; i < p.n; i++) {
        size_t len;
        bool control = ingle_token_is_control(model, p.ids[i]);
        const char *bytes = ingle_token_bytes(model, p.ids[i], true, &len);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s%s", control ? "\xc2\xab" : "",
                              (int)len, bytes, control ? "\xc2\xbb" : "");
    }
    if (strcmp(text, golden) != 0) fail_msg("\n%s\nis not\n%s", text, golden);
    fim_prompt_clear(&p);
}

#define BEFORE "int a = <|fim_middle|>"
#define AFTER "<PRE>;\n"

static void every_family_has_its_own_order(void **state) {
    (void)state;
    static const struct {
        const char *const controls[8];
        const char *alone, *with_others;
    } families[] = {
        /* Qwen2.5-Coder */
        {{"<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>",
          "<|file_sep|>"},
         "«<|fim_prefix|>»" BEFORE "«<|fim_suffix|>»" AFTER "«<|fim_middle|>»",
         "«<|repo_name|>»proj\n«<|file_sep|>»b.h\nint b;\n«<|file_sep|>»c.h\nint c;\n"
         "«<|file_sep|>»a.c\n«<|fim_prefix|>»" BEFORE "«<|fim_suffix|>»" AFTER "«<|fim_middle|>»"},
        /* StarCoder2 */
        {{"<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>", "<repo_name>", "<file_sep>"},
         "«<fim_prefix>»" BEFORE "«<fim_suffix>»" AFTER "«<fim_middle>»",
         "«<repo_name>»proj\n«<file_sep>»b.h\nint b;\n«<file_sep>»c.h\nint c;\n"
         "«<file_sep>»a.c\n«<fim_prefix>»" BEFORE "«<fim_suffix>»" AFTER "«<fim_middle>»"},
        /* StarCoder, Granite code */
        {{"<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>", "<reponame>", "<filename>"},
         "«<fim_prefix>»" BEFORE "«<fim_suffix>»" AFTER "«<fim_middle>»",
         "«<reponame>»proj\n«<filename>»b.h\nint b;\n«<filename>»c.h\nint c;\n"
         "«<filename>»a.c\n«<fim_prefix>»" BEFORE "«<fim_suffix>»" AFTER "«<fim_middle>»"},
        /* SantaCoder */
        {{"<fim-prefix>", "<fim-middle>", "<fim-suffix>"},
         "«<fim-prefix>»" BEFORE "«<fim-suffix>»" AFTER "«<fim-middle>»",
         "«<fim-prefix>»// b.h\nint b;\n// c.h\nint c;\n// a.c\n" BEFORE "«<fim-suffix>»" AFTER
         "«<fim-middle>»"},
        /* CodeGemma */
        {{"<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|file_separator|>"},
         "«<|fim_prefix|>»" BEFORE "«<|fim_suffix|>»" AFTER "«<|fim_middle|>»",
         "«<|file_separator|>»b.h\nint b;\n«<|file_separator|>»c.h\nint c;\n"
         "«<|file_separator|>»a.c\n«<|fim_prefix|>»" BEFORE "«<|fim_suffix|>»" AFTER
         "«<|fim_middle|>»"},
        /* DeepSeek-Coder */
        {{"<\xef\xbd\x9c"
          "fim▁begin\xef\xbd\x9c>",
          "<\xef\xbd\x9c"
          "fim▁hole\xef\xbd\x9c>",
          "<\xef\xbd\x9c"
          "fim▁end\xef\xbd\x9c>"},
         "«<\xef\xbd\x9c"
         "fim▁begin\xef\xbd\x9c>»" BEFORE "«<\xef\xbd\x9c"
         "fim▁hole\xef\xbd\x9c>»" AFTER "«<\xef\xbd\x9c"
         "fim▁end\xef\xbd\x9c>»",
         "«<\xef\xbd\x9c"
         "fim▁begin\xef\xbd\x9c>»// b.h\nint b;\n// c.h\nint c;\n// a.c\n" BEFORE "«<\xef\xbd\x9c"
         "fim▁hole\xef\xbd\x9c>»" AFTER "«<\xef\xbd\x9c"
         "fim▁end\xef\xbd\x9c>»"},
        /* CodeLlama's names */
        {{"<PRE>", "<SUF>", "<MID>", "<EOT>"},
         "«<PRE>»" BEFORE "«<SUF>»" AFTER "«<MID>»",
         "«<PRE>»// b.h\nint b;\n// c.h\nint c;\n// a.c\n" BEFORE "«<SUF>»" AFTER "«<MID>»"},
        /* Codestral: the text after comes first, and nothing stands for the middle */
        {{"[SUFFIX]", "[PREFIX]", "[MIDDLE]"},
         "«[SUFFIX]»" AFTER "«[PREFIX]»" BEFORE,
         "«[SUFFIX]»" AFTER "«[PREFIX]»// b.h\nint b;\n// c.h\nint c;\n// a.c\n" BEFORE},
        /* none: the text before, nothing else */
        {{"<|im_start|>"}, BEFORE, BEFORE},
        {{"<|fim_prefix|>"}, BEFORE, BEFORE}, /* half of them is none */
    };
    for (size_t i = 0; i < BASE_COUNT(families); i++) {
        ingle_model *model = model_with(families[i].controls);
        expect(model, 0, families[i].alone);
        expect(model, 2, families[i].with_others);
        ingle_model_close(model);
    }
}

static void expect_ids(const ingle_model *model, const struct fim_parts *of,
                       const ingle_token *golden, size_t n) {
    struct fim_prompt p;
    ingle_error err;
    if (fim_prompt_init(&p, model, &err) != INGLE_OK) fail_msg("%s", err.msg);
    if (fim_prompt_make(&p, of, &err) != INGLE_OK) fail_msg("%s", err.msg);
    bool same = p.n == n && memcmp(p.ids, golden, n * sizeof *golden) == 0;
    for (size_t i = 0; !same && i < p.n; i++) print_message("%d, ", p.ids[i]);
    assert_true(same);
    fim_prompt_clear(&p);
}

#ifdef VOCABS
static void starcoder2_gets_these_ids(void **state) {
    (void)state;
    ingle_model *model = open_vocabulary(VOCABS "/ggml-vocab-starcoder.gguf");
    struct fim_parts of = parts(1);
    of.before = "def f(n):\n    return ";
    of.before_len = strlen(of.before);
    of.after = "\n";
    of.after_len = 1;
    static const ingle_token golden[] = {5,  11044, 222, 6,   103, 51,  109, 222, 429, 342,
                                         64, 222,   6,   102, 51,  104, 222, 1,   610, 315,
                                         45, 115,   731, 303, 461, 244, 3,   222, 2};
    expect_ids(model, &of, golden, BASE_COUNT(golden));
    ingle_model_close(model);
}

/* Copies a vocabulary and says which of its tokens fill the middle. */
static ingle_model *llama_with_fim(void) {
    struct gguf *g;
    struct gguf_stream s;
    ingle_error err;
    const char *path = folder_file("llama.gguf");
    if (gguf_open(&g, VOCABS "/ggml-vocab-llama-spm.gguf", &err) != INGLE_OK)
        fail_msg("%s", err.msg);
    gguf_stream_open(&s, path);
    for (size_t i = 0; i < gguf_n_kvs(g); i++) gguf_stream_copy(&s, gguf_kv_at(g, i));
    gguf_stream_u32(&s, "tokenizer.ggml.prefix_token_id", 31997);
    gguf_stream_u32(&s, "tokenizer.ggml.suffix_token_id", 31998);
    gguf_stream_u32(&s, "tokenizer.ggml.middle_token_id", 31999);
    gguf_stream_begin_data(&s);
    assert_true(gguf_stream_close(&s));
    gguf_close(g);
    return open_vocabulary(path);
}

/* CodeLlama: the text before begins with the vocabulary's space, the text after does not. */
static void codellama_spells_the_text_after_as_inside_of_a_text(void **state) {
    (void)state;
    ingle_model *model = llama_with_fim();
    struct fim_parts of = {.before = "x =", .before_len = 3, .after = "y", .after_len = 1};
    static const ingle_token golden[] = {1, 31997, 921, 353, 31998, 29891, 31999};
    expect_ids(model, &of, golden, BASE_COUNT(golden));
    ingle_model_close(model);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_has_its_own_order),
#ifdef VOCABS
        cmocka_unit_test(starcoder2_gets_these_ids),
        cmocka_unit_test(codellama_spells_the_text_after_as_inside_of_a_text),
#endif
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
