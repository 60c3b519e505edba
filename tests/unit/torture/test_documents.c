/* Documents while memory runs out: never half a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "ingle/document.h"
#include "ingle/summarize.h"
#include "support/torture.h"

static const char *name, *bytes;

static ingle_status read_it(ingle_error *err) {
    ingle_document *d;
    ingle_status status = ingle_document_read(&d, bytes, strlen(bytes), name, err);
    if (status != INGLE_OK) assert_null(d);
    ingle_document_free(d);
    return status;
}

static void documents_are_read_whole_or_not_at_all(void **state) {
    (void)state;
    static const struct {
        const char *name, *bytes;
    } documents[] = {
        {"a.html",
         "<title>A &amp; b</title><h1>H</h1><p>One<table><tr><td>a<td>b</table><pre>x\ny</pre>"},
        {"a.md", "---\ntitle: x\n---\n# H\n\nTwo\n---\nOne [two](x) `y`\n\n```\ncode\n```\n- a\n| "
                 "a | b |\n"},
        {"a.c", "/* Says. */\nint f(void) {\n}\n// SPDX-License-Identifier: MIT\n"},
        {"a.txt", "caf\351 caf\351"},
        {"a.eml",
         "From: =?utf-8?q?Caf=C3=A9?= <a@x>\nSubject: =?iso-8859-1?B?Q2Fm6Q==?= b\nContent-Type: "
         "multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: quoted-printable\n"
         "Content-Type: text/plain; charset=iso-8859-15\n\ncaf=E9\n\nOn x, a wrote:\n> old\n--b\n"
         "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPHA+YTwvcD4=\n--b\n"
         "Content-Type: x/y; name*=utf-8''a%41\n\n--b\n\ncaf\351\n--b--\n"},
    };
    for (size_t i = 0; i < BASE_COUNT(documents); i++) {
        name = documents[i].name;
        bytes = documents[i].bytes;
        assert_true(torture(read_it) > 3);
    }
}

static ingle_tasks *tasks;

static ingle_status summarize_it(ingle_error *err) {
    static const char text[] = "The harbour froze. The ships stayed. Nobody came. All was white.";
    ingle_summarize_options opt = ingle_summarize_options_default();
    opt.style = INGLE_SUMMARY_BULLETS;
    return ingle_summarize(tasks, text, sizeof text - 1, &opt, NULL, err);
}

static void so_are_summaries(void **state) {
    (void)state;
    assert_int_equal(ingle_tasks_new(&tasks, NULL, NULL), INGLE_OK);
    assert_true(torture(summarize_it) > 3);
    ingle_tasks_free(tasks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_read_whole_or_not_at_all),
        cmocka_unit_test(so_are_summaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
