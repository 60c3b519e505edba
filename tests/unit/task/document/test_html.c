/* Pages as their readers see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "unit/task/document/cases.h"

static void blocks_are_paragraphs_and_the_rest_runs_on(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {"<p>One<p>Two", "One\n\nTwo"},
        {"<p>One</p>\n\n<p>Two</p>", "One\n\nTwo"},
        {"<div><div>One</div></div><div>Two</div>", "One\n\nTwo"},
        {"<p>one <b>two</b>\n   three</p>", "one two three"},
        {"<p>un<i>inter</i>rupted</p>", "uninterrupted"},
        {"<p>one<br>two<br/>three</p>", "one\ntwo\nthree"},
        {"<h1>Head</h1>text", "# Head\n\ntext"},
        {"<h2>A <em>b</em></h2><h3></h3><p>c</p>", "# A b\n\nc"},
        {"<ul><li>one<li>two</ul>after", "- one\n- two\n\nafter"},
        {"<ul><li><p>one</p></li><li><p>two</p></li></ul>", "- one\n- two"},
        {"<ol><li>one<ul><li>inner</li></ul></li><li>two</li></ol>", "- one\n\n- inner\n- two"},
        {"<blockquote>said</blockquote>x", "said\n\nx"},
        {"a<hr>b", "a\n\nb"},
        {"<a href=\"http://x.example/?a=1&b=2\">the link</a>", "the link"},
        {"<p>see <a href='x'>here</a>, or there</p>", "see here, or there"},
        {"<img src=x alt=\"a picture\">text", "text"},
        {"<dl><dt>term<dd>meaning</dl>", "term\n\nmeaning"},
    };
    expect_texts("a.html", cases, BASE_COUNT(cases));
}

static void tables_are_rows_of_cells(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {"<table><tr><th>a<th>b<tr><td>1<td>2</table>x", "| a | b |\n| 1 | 2 |\n\nx"},
        {"<table><tbody><tr><td>only</td></tr></tbody></table>", "only"},
        {"<table><tr><td></td><td>b</td><td>c</td></tr></table>", "| b | c |"},
        {"<table><tr><td>a</td><td></td></tr></table>", "a"},
        {"<p>before</p><table><tr><td>a</td><td>b</td></tr></table>", "before\n\n| a | b |"},
        {"<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>", "a\n\nb"},
        {"<table><tr><td><b>a</b> c</td><td><i>b</i></td></tr></table>", "| a c | b |"},
    };
    expect_texts("a.html", cases, BASE_COUNT(cases));
}

static void what_is_not_shown_is_no_text(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {"a<script>if (1 < 2) alert('</p>')</script>b", "ab"},
        {"a<style>p { color: red }</style>b", "ab"},
        {"a<!-- <p>no</p> -->b", "ab"},
        {"a<!-->b", "ab"},
        {"<noscript>b</noscript>", "b"},
        {"a<template><p>no</p></template>b", "ab"},
        {"a<svg><text>no</text><svg></svg></svg>b", "ab"},
        {"a<div hidden><div>no</div>no</div>b", "a\n\nb"},
        {"a<div style=\"display : none\">no</div>b", "a\n\nb"},
        {"a<span style='color:red;visibility:hidden'>no</span>b", "ab"},
        {"a<span aria-hidden=true>no</span>b", "ab"},
        {"a<span aria-hidden=false>yes</span>b", "ayesb"},
        {"<ul><li hidden>no<li>yes</ul>", "- yes"},
        {"<p hidden>no<p>yes", "yes"},
        {"<p hidden>no<div>yes</div>", "yes"},
        {"<nav><ul><li>Home</ul></nav>text<footer>(c)</footer>", "text"},
        {"<select><option>a<option>b</select>text", "text"},
        {"<textarea><p>typed</textarea>text", "text"},
        {"<input value=x hidden>text", "text"},
        {"<button>Press</button>text", "text"},
        {"<SCRIPT>no</sCript >yes", "yes"},
        {"<script>no", ""},
        {"<iframe><p>no</iframe>yes", "yes"},
    };
    expect_texts("a.html", cases, BASE_COUNT(cases));
}

static void references_are_characters(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {"<p>a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"},
        {"<p>&eacute;&#233;&#xe9;&#XE9;", "\303\251\303\251\303\251\303\251"},
        {"<p>&euro;5&nbsp;each", "\342\202\2545 each"},
        {"<p>AT&T &unknown; &amp", "AT&T &unknown; &amp"},
        {"<p>&#0;&#xd800;&#99999999;", "\357\277\275\357\277\275\357\277\275"},
        {"<p>&#27;[2J", "\357\277\275[2J"},
        {"<p>soft&shy;hyphen", "softhyphen"},
        {"<p>&amp;lt;", "&lt;"},
        {"<p>&", "&"},
        {"<p>&#", "&#"},
        {"<p>&#x;", "&#x;"},
    };
    expect_texts("a.html", cases, BASE_COUNT(cases));
}

static void code_keeps_its_lines(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {"<p>so:<pre>\nif x:\n    y &lt; 1\n</pre>done",
         "so:\n\n```\nif x:\n    y < 1\n```\n\ndone"},
        {"<pre><code>a\n\n  b</code></pre>", "```\na\n\n  b\n```"},
        {"<p>Use <code>ls -l</code> here", "Use ls -l here"},
        {"<pre>```x</pre>", "```\n'''x\n```"},
    };
    expect_texts("a.html", cases, BASE_COUNT(cases));
}

static void broken_markup_is_read_as_far_as_it_goes(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {"<p>1 < 2 <> 3", "1 < 2 <> 3"},
        {"<p>a</b></i></div>b", "a\n\nb"},
        {"<p>x <a href=\"never closed>y", "x <a href=\"never closed>y"},
        {"<p>x <!-- never closed", "x <!-- never closed"},
        {"<p>x</p", "x</p"},
        {"<p a=b/c>x", "x"},
        {"<p/>x", "x"},
        {"<p ===>x", "x"},
        {"<p title='>'>x", "x"},
        {"<averyveryverylongelementname>x", "x"},
        {"<![CDATA[x]]>y", "y"},
        {"<div hidden>never shown", ""},
    };
    expect_texts("a.html", cases, BASE_COUNT(cases));
}

static void the_title_is_found(void **state) {
    (void)state;
    expect_document("a", "<!DOCTYPE html><title> A &amp;\n B </title><p>x", "A & B", "");
    expect_document("a", "<html><head><TITLE>x</TITLE><title>y</title></head>z", "x", "");
    expect_document("a.html", "no title", "", "");
    expect_document("a.html", "<title>never closed", "never closed", "");
}

static void encodings_are_as_the_page_says(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {"<meta charset=iso-8859-1>caf\351", "caf\303\251"},
        {"<meta http-equiv=Content-Type content=\"text/html; charset=koi8-r\"><p>\360\362\311",
         "\320\237\320\240\320\270"},
        {"<?xml version=\"1.0\" encoding=\"iso-8859-15\"?><p>\244", "\342\202\254"},
        {"<meta charset=\"utf-8\"><p>caf\303\251", "caf\303\251"},
        {"<meta charset=iso-8859-1><p>caf\303\251", "caf\303\251"}, /* valid UTF-8 is UTF-8 */
    };
    expect_texts("a.html", cases, BASE_COUNT(cases));
    expect_document("a.html", "<p>caf\351", NULL,
                    "The text is no UTF-8; it is read as Windows-1252.\n");
}

static void any_soup_of_tags_is_harmless(void **state) {
    (void)state;
    static const char *const bits[] = {"<p",     ">",        "<td>",   "</td>", "<tr>",
                                       "<pre>",  "</pre>",   "hidden", "<li>",  "<script",
                                       "</",     "\"",       "'",      "=",     "&#",
                                       "12;",    "&",        "<!--",   "-->",   "a",
                                       " ",      "\n",       "<h1>",   "</h1>", "<nav>",
                                       "</nav>", "\303\251", "\377",   "<br>",  "<div style=\""};
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct rng r;
        char text[1024];
        size_t n = 0;
        rng_init(&r, seed);
        for (int i = 0; i < 60; i++) {
            const char *bit = bits[rng_below(&r, BASE_COUNT(bits))];
            assert_true(n + strlen(bit) < sizeof text);
            memcpy(text + n, bit, strlen(bit) + 1);
            n += strlen(bit);
        }
        expect_harmless("a.html", text, n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_paragraphs_and_the_rest_runs_on),
        cmocka_unit_test(tables_are_rows_of_cells),
        cmocka_unit_test(what_is_not_shown_is_no_text),
        cmocka_unit_test(references_are_characters),
        cmocka_unit_test(code_keeps_its_lines),
        cmocka_unit_test(broken_markup_is_read_as_far_as_it_goes),
        cmocka_unit_test(the_title_is_found),
        cmocka_unit_test(encodings_are_as_the_page_says),
        cmocka_unit_test(any_soup_of_tags_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
