/* Kinds and encodings of documents, source code, pages, and what is no text. */
#include "ingle/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "support/sanitized.h"
#include "task/document/pages.h"
#include "unit/task/document/cases.h"

static void expect_kind(const char *name, const char *bytes, const char *kind) {
    ingle_document *d;
    assert_int_equal(ingle_document_read(&d, bytes, strlen(bytes), name, NULL), INGLE_OK);
    assert_string_equal(ingle_document_get_info(d).kind_name, kind);
    ingle_document_free(d);
}

static void kinds_are_told_by_name_and_content(void **state) {
    (void)state;
    expect_kind("a.txt", "<html>", "text");
    expect_kind("a.md", "x", "markdown");
    expect_kind("README.MD", "x", "markdown");
    expect_kind("dir.html/a", "x", "text");
    expect_kind("a.htm", "x", "html");
    expect_kind("a.c", "int x;", "source");
    expect_kind("a.tar.py", "x = 1", "source");
    expect_kind("a.eml", "Subject: x\nFrom: y\n\nz", "mail");
    expect_kind("a.eml", "no header", "text");
    expect_kind(NULL, "<!DOCTYPE html>x", "html");
    expect_kind(NULL, "\n <?xml version='1.0'?><html>", "html");
    expect_kind(NULL, "<!-- x --><p>y", "html");
    expect_kind(NULL, "<x> is a tag", "text");
    expect_kind(NULL, "From: a\nTo: b\nSubject: c\n\nd", "mail");
    expect_kind(NULL, "Note: a\nTo: b\n\nd", "text");
    expect_kind(NULL, "# A\n\nb\n\n## C\n", "markdown");
    expect_kind(NULL, "# a comment\nx = 1\n", "text");
    expect_kind("noending", "words", "text");
    expect_kind("", "words", "text");
    expect_kind(".", "words", "text");
}

static void plain_text_keeps_its_lines(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {"", ""},
        {" \n\n ", ""},
        {"one\ntwo\n\n\n\nthree  \n", "one\ntwo\n\nthree"},
        {"one\r\ntwo\r\rthree", "one\ntwo\n\nthree"},
        {"page\fpage", "page\n\npage"},
        {"\033[1mbold\033[0m", "[1mbold[0m"},
        {"  indented\n\ttab", "  indented\n\ttab"},
    };
    expect_texts("a.txt", cases, BASE_COUNT(cases));
}

static void expect_decoded(const void *bytes, size_t size, const char *text, const char *notes) {
    ingle_document *d;
    ingle_error err = {0};
    if (ingle_document_read(&d, bytes, size, "a.txt", &err) != INGLE_OK) fail_msg("%s", err.msg);
    assert_string_equal(ingle_document_get_info(d).text, text);
    assert_string_equal(ingle_document_get_info(d).notes, notes);
    ingle_document_free(d);
}

static void encodings_are_recognised_or_said(void **state) {
    (void)state;
    expect_decoded("\xef\xbb\xbf"
                   "caf\303\251",
                   8, "caf\303\251", "");
    expect_decoded("\xff\xfe"
                   "h\0i\0\xac\x20=\xd8\0\xde",
                   12, "hi\342\202\254\360\237\230\200", "");
    expect_decoded("\xfe\xff\0h\0i", 6, "hi", "");
    expect_decoded("\xff\xfe\0\0h\0\0\0", 8, "h", "");
    expect_decoded("\0\0\xfe\xff\0\0\0h", 8, "h", "");
    expect_decoded("\xff\xfe"
                   "h\0\0\xd8",
                   6, "h\357\277\275", "1 of its bytes is no character of the encoding.\n");
    expect_decoded("caf\351 \223so\224", 9, "caf\303\251 \342\200\234so\342\200\235",
                   "The text is no UTF-8; it is read as Windows-1252.\n");
    expect_decoded("a\303\251b\303\251c\303\251d\303\251e\377", 14,
                   "a\303\251b\303\251c\303\251d\303\251e\357\277\275",
                   "1 of its bytes is no character of the encoding.\n");
}

static void expect_refused(const void *bytes, size_t size, const char *word) {
    ingle_document *d;
    ingle_error err = {0};
    assert_int_equal(ingle_document_read(&d, bytes, size, "f.bin", &err), INGLE_INVALID);
    assert_null(d);
    if (!strstr(err.msg, word) || !strstr(err.msg, "'f.bin'")) fail_msg("%s", err.msg);
}

static void what_is_no_text_is_named(void **state) {
    (void)state;
    expect_refused("%PDF-1.4\n", 9, "a PDF");
    expect_refused("PK\3\4rest", 8, "ZIP");
    expect_refused("\211PNG\r\n\032\n", 8, "PNG");
    expect_refused("\177ELF\2\1\1", 7, "ELF");
    expect_refused("\037\213\b\0\0", 5, "gzip");
    expect_refused("{\\rtf1\\ansi hello}", 18, "RTF");
    expect_refused("GGUF\3\0\0\0", 8, "GGUF");
    expect_refused("words\0words", 11, "byte 5 is zero");
    char noise[4096];
    struct rng r;
    rng_init(&r, 1);
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (char)(1 + rng_below(&r, 255));
    expect_refused(noise, sizeof noise, "control characters");
    expect_refused("\xff\xfe\1\0\2\0\3\0\4\0\5\0\6\0\7\0\1\0\2\0\3\0", 22, "control characters");
}

static void source_code_is_its_comments_and_declarations(void **state) {
    (void)state;
    static const struct document_case c[] = {
        {"/* Adds numbers.\n * Carefully. */\nint add(int a, int b) {\n    return a + b; // "
         "sum\n}\n",
         "Adds numbers. Carefully.\n\n```\nint add(int a, int b)\n```"},
        {"// SPDX-License-Identifier: MIT\n\n// The real\n// thing.\nint x = 1;\n",
         "The real thing."},
        {"char *s = \"/* no comment */ // none\";\nint f(void);\n", "```\nint f(void);\n```"},
        {"struct point {\n    int x;\n};\n", "```\nstruct point\n```"},
        {"int f(int a,\n      int b);\n", "```\nint f(int a,\n      int b);\n```"},
        {"/* never closed", "never closed"},
        {"/**/x/**/", ""},
        {"/* a *//* b */\n", "a b"},
    };
    static const struct document_case python[] = {
        {"\"\"\"Does a thing.\"\"\"\n# Why not.\nimport os\nclass A(B):\n    def f(self):\n        "
         "pass\n",
         "Does a thing. Why not.\n\n```\nclass A(B):\n    def f(self):\n```"},
        {"x = 'it''s # not'\n", ""},
        {"#!/usr/bin/python\n# -*- coding -*-\n", "usr/bin/python coding"},
    };
    static const struct document_case rust[] = {
        {"/// Runs.\npub fn run(&self) -> u8 {\n    1\n}\n",
         "Runs.\n\n```\npub fn run(&self) -> u8\n```"},
    };
    static const struct document_case sql[] = {
        {"-- People.\nCREATE TABLE p (id int);\n", "People.\n\n```\nCREATE TABLE p (id int);\n```"},
    };
    expect_texts("a.c", c, BASE_COUNT(c));
    expect_texts("a.py", python, BASE_COUNT(python));
    expect_texts("a.rs", rust, BASE_COUNT(rust));
    expect_texts("a.sql", sql, BASE_COUNT(sql));
}

static void expect_pages(const char *pages, const char *text) {
    struct buf out;
    buf_init(&out, 1 << 16);
    assert_true(pages_join(&out, pages, strlen(pages)));
    assert_string_equal(out.data ? out.data : "", text);
    buf_clear(&out);
}

static void pages_lose_their_numbers_and_heads(void **state) {
    (void)state;
    expect_pages("", "");
    expect_pages("One page.\n\nTwo.\n", "One page.\n\nTwo.\n");
    expect_pages("It goes\n\n1\n\fon here.\n\n2\n\f", "It goes\non here.\n");
    expect_pages("It ends.\n\n- 1 -\n\fNext.\n\nPage 2 of 2\n\f", "It ends.\n\nNext.\n");
    expect_pages("THE HOUSE\na b\n1\n\fTHE HOUSE\nc d\n2\n\fThe House\ne f\n3\n\f",
                 "a b\nc d\ne f\n");
    expect_pages("Ch. 1\nsame\n\nx.\n\fCh. 2\nY.\n\f", "Ch. 1\nsame\n\nx.\n\nCh. 2\nY.\n");
    expect_pages("\f\f\f", "");
    expect_pages("1984\n", "");
}

/* Eight times the bytes take about eight times the time, not 64 times: of the processor, which
 * other tests do not take. */
static void expect_linear(const char *name, const char *bit) {
    double ms[2];
    for (int k = 0; k < 2; k++) {
        size_t size = (size_t)(k ? 8 : 1) << 15, n = strlen(bit);
        char *text = malloc(size);
        assert_non_null(text);
        for (size_t i = 0; i < size; i++) text[i] = bit[i % n];
        clock_t start = clock();
        expect_harmless(name, text, size);
        ms[k] = 1000.0 * (double)(clock() - start) / CLOCKS_PER_SEC;
        free(text);
    }
    if (ms[1] > 24 * ms[0] + (SANITIZED ? 1000 : 100))
        fail_msg("%s of '%s': %.1f and %.1f ms", name, bit, ms[0], ms[1]);
}

static void no_bytes_take_more_than_linear_time(void **state) {
    (void)state;
    static const char *const bits[] = {
        "<",         "<a ",      "<a b=\"", "<!--",       "&",          "&#1",
        "[",         "](",       "[a](",    "`",          "` ``",       "*",
        "**a",       "_a_",      "\n\n",    "> ",         "- a\n",      "|a\n",
        "<pre>",     "<td>a",    "<li>",    "<p hidden>", "=?utf-8?q?", "\nFrom a\n",
        "\n\nFrom ", "a\n",      "\"\"\"",  "/*",         "/**/",       "<table><tr><td>a<td>b",
        "<title>",   "<script>", "```\n",   "![["};
    static const char *const names[] = {"a.html", "a.md", "a.c", "a.py", "a.txt"};
    for (size_t i = 0; i < BASE_COUNT(bits); i++) {
        for (size_t k = 0; k < BASE_COUNT(names); k++) expect_linear(names[k], bits[i]);
    }
}

static void a_mailbox_takes_linear_time(void **state) {
    (void)state;
    static const char *const bits[] = {
        "From: a\nSubject: b\n\n",
        "From: a\nSubject: =?utf-8?q?\nContent-Type: multipart/mixed; "
        "boundary=b\n\n--b\n",
        "\n\nFrom x\nFrom: a\nTo: b\n\nc"};
    for (size_t i = 0; i < BASE_COUNT(bits); i++) expect_linear("a.eml", bits[i]);
}

static void bad_arguments_are_named(void **state) {
    (void)state;
    ingle_document *d;
    ingle_error err = {0};
    assert_int_equal(ingle_document_read(NULL, "", 0, NULL, &err), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_document_read(&d, NULL, 1, NULL, &err), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_document_read(&d, "x", (size_t)2 << 30, "x", &err), INGLE_LIMIT);
    assert_int_equal(ingle_document_read(&d, NULL, 0, NULL, NULL), INGLE_OK);
    ingle_document_free(d);
    ingle_document_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told_by_name_and_content),
        cmocka_unit_test(plain_text_keeps_its_lines),
        cmocka_unit_test(encodings_are_recognised_or_said),
        cmocka_unit_test(what_is_no_text_is_named),
        cmocka_unit_test(source_code_is_its_comments_and_declarations),
        cmocka_unit_test(pages_lose_their_numbers_and_heads),
        cmocka_unit_test(no_bytes_take_more_than_linear_time),
        cmocka_unit_test(a_mailbox_takes_linear_time),
        cmocka_unit_test(bad_arguments_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
