/* Markdown as its readers see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "unit/task/document/cases.h"

static void blocks_keep_their_form(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {"# Title\n\nOne\ntwo.\n\nThree.", "# Title\n\nOne two.\n\nThree."},
        {"## A ##\ntext", "# A\n\ntext"},
        {"Title\n=====\ntext", "# Title\n\ntext"},
        {"Title\n-----\ntext", "# Title\n\ntext"},
        {"a\n\n---\n\nb", "a\n\nb"},
        {"* * *\na", "a"},
        {"- one\n- two\n* three", "- one\n- two\n- three"},
        {"1. one\n2. two", "1. one\n2. two"},
        {"text:\n- one\n  goes on\n- two\n\nafter", "text:\n\n- one goes on\n- two\n\nafter"},
        {"> quoted\n> words", "quoted words"},
        {"```c\nint x = 1 < 2;\n\n# no heading\n```\nafter",
         "```\nint x = 1 < 2;\n\n# no heading\n```\n\nafter"},
        {"~~~\n```\n~~~\nx", "```\n'''\n```\n\nx"},
        {"```\nnever closed", "```\nnever closed\n```"},
        {"so:\n\n \tcode\n\t  here\n", "so:\n\n```\ncode\n  here\n```"},
        {"so:\n\n    code here\n\ntext", "so:\n\n```\ncode here\n```\n\ntext"},
        {"| a | b |\n|---|---|\n| 1 | *2* |", "| a | b |\n| 1 | 2 |"},
        {"a<!-- no -->b", "ab"},
        {"<!-- no\n\nno -->\nyes", "yes"},
        {"[ref]: http://x.example \"t\"\ntext", "text"},
        {"#hashtag is text", "#hashtag is text"},
        {"---\ntitle: x\ndate: 1\n---\n\ntext", "text"},
        {"+++\ntitle = \"x\"\n+++\ntext", "text"},
        {"---\nno front matter", "no front matter"},
    };
    expect_texts("a.md", cases, BASE_COUNT(cases));
}

static void marks_go_and_words_stay(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {"a **b** *c* __d__ _e_ ***f***", "a b c d e f"},
        {"2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"},
        {"~~old~~ ~5", "old ~5"},
        {"`a_b` and ``c ` d``", "a_b and c ` d"},
        {"an ` alone", "an ` alone"},
        {"[the docs](http://x.example/a_(b)) say", "the docs say"},
        {"[one][ref] and [two] and [x](", "one and [two] and [x]("},
        {"![pic](x.png) [![badge](b.svg)](y) text", "text"},
        {"see <http://x.example/> or <a@x.example>", "see http://x.example/ or a@x.example"},
        {"a note[^1] here", "a note here"},
        {"a \\*star\\* and \\[x\\]", "a *star* and [x]"},
        {"AT&amp;T &copy; &nope;", "AT&T \302\251 &nope;"},
        {"a<br>b <b>c</b> 1 < 2", "a\nb c 1 < 2"},
        {"[nested [a](b) c](d)", "nested a c"},
        {"[](x) text", "text"},
        {"[ ] open\n", "[ ] open"},
    };
    expect_texts("a.md", cases, BASE_COUNT(cases));
}

static void the_title_is_the_first_heading_or_the_front_matter(void **state) {
    (void)state;
    expect_document("a.md", "text\n# One *two*\n# Three", "One two", "");
    expect_document("a.md", "---\ntitle: \"A: b\"\n---\n# One", "A: b", "");
    expect_document("a.md", "text", "", "");
    expect_document("-", "# One\n\nSee [this](x).\n", "One", ""); /* without an ending */
}

static void any_soup_of_marks_is_harmless(void **state) {
    (void)state;
    static const char *const bits[] = {
        "*",    "_",    "[",    "](", ")",  "![",  "`",   "``",    "```\n", "\n",
        "\n\n", "    ", "- ",   "# ", "> ", "|",   "|\n", "---\n", "<",     ">",
        "<!--", "a",    "word", "&",  "\\", "1. ", "~~",  "[^",    "\303",  "\303\251"};
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct rng r;
        char text[1024];
        size_t n = 0;
        rng_init(&r, seed);
        for (int i = 0; i < 80; i++) {
            const char *bit = bits[rng_below(&r, BASE_COUNT(bits))];
            assert_true(n + strlen(bit) < sizeof text);
            memcpy(text + n, bit, strlen(bit) + 1);
            n += strlen(bit);
        }
        expect_harmless("a.md", text, n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_their_form),
        cmocka_unit_test(marks_go_and_words_stay),
        cmocka_unit_test(the_title_is_the_first_heading_or_the_front_matter),
        cmocka_unit_test(any_soup_of_marks_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
