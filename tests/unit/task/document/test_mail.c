/* Messages and mailboxes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "unit/task/document/cases.h"

#define HEAD "From: Ann <ann@x.example>\nTo: Bob <bob@x.example>\nSubject: Lunch\n"
#define LUNCH "# Lunch (From: Ann <ann@x.example>; To: Bob <bob@x.example>)"
#define SAID LUNCH "\n\n"
#define MIXED HEAD "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b1\"\n\n"

static void a_plain_message_is_its_head_and_its_words(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {HEAD "\nAt noon?\n\nAnn\n", SAID "At noon?\n\nAnn"},
        {"From: a@x.example\r\nSubject: x\r\n\r\nOne\r\ntwo\r\n",
         "# x (From: a@x.example)\n\nOne\ntwo"},
        {"Subject: a very\n long one\nFrom: a@x.example\n\nx",
         "# a very long one (From: a@x.example)\n\nx"},
        {HEAD "Date: Mon, 5 Jan 2026 10:00:00 +0100\nX-Y: z\n\nx",
         "# Lunch (From: Ann <ann@x.example>; To: Bob <bob@x.example>; Date: Mon, 5 Jan 2026 "
         "10:00:00 +0100)\n\nx"},
        {HEAD "\n", LUNCH},
    };
    expect_texts("a.eml", cases, BASE_COUNT(cases));
    expect_texts("-", cases, BASE_COUNT(cases));
    expect_document("a.eml", HEAD "\nx", "Lunch", "");
}

static void encoded_words_are_words(void **state) {
    (void)state;
    static const struct {
        const char *subject, *title;
    } cases[] = {
        {"=?UTF-8?B?Q2Fmw6k=?=", "Caf\303\251"},
        {"=?utf-8?q?Caf=C3=A9_now?=", "Caf\303\251 now"},
        {"=?iso-8859-1?Q?Caf=E9?= au lait", "Caf\303\251 au lait"},
        {"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"},
        {"=?utf-8?q?a?=\n =?utf-8?q?b?=", "ab"},
        {"=?utf-8*en?q?a?= b", "a b"},
        {"=?koi8-r?B?8PLJ?=", "\320\237\320\240\320\270"},
        {"=?nosuch?q?a?=", "=?nosuch?q?a?="},
        {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
        {"=?utf-8?q?a", "=?utf-8?q?a"},
        {"=?utf-8?b?////?=", "\357\277\275\357\277\275\357\277\275"},
        {"1 = ?", "1 = ?"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        char mail[400];
        snprintf(mail, sizeof mail, "From: a@x.example\nSubject: %s\n\nx", cases[i].subject);
        expect_document("a.eml", mail, cases[i].title, "");
    }
}

static void transfer_encodings_are_undone(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {HEAD
         "Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=utf-8\n\n"
         "Caf=C3=A9 is so=\n ft =3D 1=\t\n.",
         SAID "Caf\303\251 is so ft = 1."},
        {HEAD "Content-Transfer-Encoding: BASE64\n\nQXQg\nbm9v\nbi4=\n", SAID "At noon."},
        {HEAD "Content-Type: text/plain; charset=\"iso-8859-1\"\n\ncaf\351", SAID "caf\303\251"},
        {HEAD "Content-Type: text/plain; charset=windows-1252\n\n\223hi\224",
         SAID "\342\200\234hi\342\200\235"},
        {HEAD "Content-Type: text/plain\n\ncaf\351", SAID "caf\303\251"},
        {HEAD "Content-Transfer-Encoding: quoted-printable\n\nbad =ZZ = end=",
         SAID "bad =ZZ = end"},
        {HEAD "Content-Type: text/html; charset=utf-8\n\n<p>One</p><p>Two &amp; three</p>",
         SAID "One\n\nTwo & three"},
    };
    expect_texts("a.eml", cases, BASE_COUNT(cases));
}

static void of_alternatives_the_plain_one_is_read(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {HEAD "Content-Type: multipart/alternative; boundary=b\n\nignored\n--b\nContent-Type: "
              "text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<p>html\n--b--\nignored",
         SAID "plain"},
        {HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n"
              "<p>html\n--b--\n",
         SAID "html"},
        {HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
              " \n--b\nContent-Type: text/html\n\n<p>html\n--b--\n",
         SAID "html"},
        {HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n"
              "<p>html\n--b\n\nplain\n--b--\n",
         SAID "plain"},
    };
    expect_texts("a.eml", cases, BASE_COUNT(cases));
}

static void parts_lie_in_parts(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {MIXED
         "--b1\nContent-Type: multipart/alternative; boundary=b2\n\n--b2\n\none\n--b2--\n--b1\n\n"
         "two\n--b1--\n",
         SAID "one\n\ntwo"},
        {MIXED
         "--b1\n\none\n--b1\nContent-Type: message/rfc822\n\nFrom: Cid <c@x.example>\nSubject: "
         "Inner\n\nforwarded\n--b1--\n",
         SAID "one\n\n# Inner (From: Cid <c@x.example>)\n\nforwarded"},
        {MIXED "--b1\n\nnever closed", SAID "never closed"},
        {MIXED "--b11\n\nnot mine\n--b1\n\nmine\n--b1--", SAID "mine"},
        {HEAD "Content-Type: multipart/mixed; boundary=b\n\nno boundary here", LUNCH},
    };
    expect_texts("a.eml", cases, BASE_COUNT(cases));
}

static void attachments_are_named_and_not_read(void **state) {
    (void)state;
    expect_document("a.eml",
                    MIXED
                    "--b1\n\nsee\n--b1\nContent-Type: application/pdf; name=\"a.pdf\"\n\nJVBE\n"
                    "--b1\nContent-Type: text/plain\nContent-Disposition: attachment;\n "
                    "filename*=utf-8''caf%C3%A9.txt\n\nsecret\n--b1--\n",
                    NULL, "Attachments are not read (2): a.pdf, caf\303\251.txt.\n");
    expect_document("a.eml", MIXED "--b1\nContent-Type: application/zip\n\nUEs\n--b1--\n", NULL,
                    "Attachments are not read (1): application/zip.\n");
    expect_document(
        "a.eml", MIXED "--b1\n\nx\n--b1\nContent-Type: image/png; name=logo.png\n\niVBO\n--b1--\n",
        NULL, "");
    expect_document("a.eml", HEAD "Content-Type: text/plain; charset=x-nosuch\n\nabc", NULL,
                    "1 part is in an encoding that ingle cannot read.\n");
}

static void quotes_are_told_apart_and_signatures_go(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {HEAD "\nYes.\n\nOn Mon, Ann wrote:\n> At noon?\n> Or one?\n",
         SAID "Yes.\n\n# On Mon, Ann wrote:\n\nAt noon?\nOr one?"},
        {HEAD "\nYes.\n-- \nAnn\nHead of Lunch\n", SAID "Yes."},
        {HEAD "\nYes.\n-- \nAnn\n\nOn Mon, 5 Jan 2026, Ann <ann@x.example>\nwrote:\n> At noon?\n",
         SAID "Yes.\n\n# On Mon, 5 Jan 2026, Ann <ann@x.example> wrote:\n\nAt noon?"},
        {HEAD "\nYes.\n\n-----Original Message-----\nFrom: Ann\nAt noon?\n",
         SAID "Yes.\n\n# Quoted message\n\nFrom: Ann\nAt noon?"},
        {HEAD "\n> At noon?\nYes.\n> Where?\nHere.\n",
         SAID "# Quoted message\n\nAt noon?\n\nYes.\n\n# Quoted message\n\nWhere?\n\nHere."},
        {HEAD "\nHe wrote:\nnothing\n", SAID "He wrote:\nnothing"},
        {HEAD "\na -- b\n--c\n", SAID "a -- b\n--c"},
    };
    expect_texts("a.eml", cases, BASE_COUNT(cases));
}

static void a_mailbox_is_its_messages_without_what_they_quote(void **state) {
    (void)state;
    static const struct document_case cases[] = {
        {"From ann Mon Jan  5 10:00:00 2026\n" HEAD
         "\nAt noon?\n\nFrom bob Mon Jan  5 11:00:00 2026\n"
         "From: Bob <bob@x.example>\nTo: Ann <ann@x.example>\nSubject: Re: Lunch\n\nYes.\n\nOn "
         "Mon, Ann "
         "wrote:\n> At noon?\n",
         SAID
         "At noon?\n\n# Re: Lunch (From: Bob <bob@x.example>; To: Ann <ann@x.example>)\n\nYes."},
        {"From ann Mon Jan  5 10:00:00 2026\n" HEAD "\nOne.\n\nFrom here on it is text.\n",
         SAID "One.\n\nFrom here on it is text."},
    };
    expect_texts("a.mbox", cases, BASE_COUNT(cases));
}

static void any_soup_of_parts_is_harmless(void **state) {
    (void)state;
    static const char *const bits[] = {"\n",
                                       "\n\n",
                                       "--b1\n",
                                       "--b1--\n",
                                       "Content-Type: multipart/mixed; boundary=b1\n",
                                       "Content-Type: text/html\n",
                                       "Content-Type: message/rfc822\n",
                                       "=?utf-8?q?",
                                       "?=",
                                       "=C3",
                                       "=",
                                       "Content-Transfer-Encoding: base64\n",
                                       "QQ==",
                                       "> ",
                                       "-- \n",
                                       "On x, y wrote:\n",
                                       "From ",
                                       "From: a\n",
                                       "Subject: ",
                                       "Content-Disposition: attachment; filename*=x'y'%41\n",
                                       "charset=",
                                       "Content-Type: text/plain; charset=\"gb18030\"\n",
                                       "\377",
                                       "\"",
                                       ";",
                                       "a"};
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct rng r;
        char text[8192];
        size_t n = 0;
        rng_init(&r, seed);
        n = (size_t)snprintf(text, sizeof text, "%s", seed % 2 ? MIXED "--b1\n" : HEAD);
        for (int i = 0; i < 60; i++) {
            const char *bit = bits[rng_below(&r, BASE_COUNT(bits))];
            assert_true(n + strlen(bit) < sizeof text);
            memcpy(text + n, bit, strlen(bit) + 1);
            n += strlen(bit);
        }
        expect_harmless("a.eml", text, n);
    }
}

static void parts_too_deep_are_left_out_and_said(void **state) {
    (void)state;
    static char mail[1 << 16];
    size_t n = (size_t)snprintf(mail, sizeof mail, "%s", HEAD);
    for (int i = 0; i < 40; i++) {
        n += (size_t)snprintf(mail + n, sizeof mail - n,
                              "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    }
    snprintf(mail + n, sizeof mail - n, "\ndeep");
    expect_document("a.eml", mail, NULL, "Parts that lie inside too many others are left out.\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_message_is_its_head_and_its_words),
        cmocka_unit_test(encoded_words_are_words),
        cmocka_unit_test(transfer_encodings_are_undone),
        cmocka_unit_test(of_alternatives_the_plain_one_is_read),
        cmocka_unit_test(parts_lie_in_parts),
        cmocka_unit_test(attachments_are_named_and_not_read),
        cmocka_unit_test(quotes_are_told_apart_and_signatures_go),
        cmocka_unit_test(a_mailbox_is_its_messages_without_what_they_quote),
        cmocka_unit_test(any_soup_of_parts_is_harmless),
        cmocka_unit_test(parts_too_deep_are_left_out_and_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
