/* task/draft: the form of letters, and placeholders for what nobody said. The model's answers are
 * written by hand. */
#include "task/draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "support/chat_model.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/golden.h"
#include "support/torture.h"
#include "task/draft_form.h"
#include "task/draft_prompts.h"

static const char thread[] =
    "From: Ana Silva <ana@example.com>\n"
    "To: me@example.com\n"
    "Subject: Re: Invoice 117\n\n"
    "Hello,\n\ncould you pay invoice 117 over 250 euros by Friday?\n\nAna\n"
    "> From: Paulo <paulo@example.com>\n> Subject: Old things\n";

struct drafted {
    ingle_draft_kind kind;
    const char *to, *about, *context, *tone;
    const char *answer;
    const char *subject, *body;
    const char *placeholders; /* "text=replaced;" of each */
};

static const struct drafted cases[] = {
    {.kind = INGLE_DRAFT_EMAIL,
     .to = "Ana",
     .about = "the invoice of 250 euros is late",
     .answer = "Subject: Late invoice\n\nDear Ana,\n\nThe invoice of 250 euros is late.\n\nKind "
               "regards,\n[your name]",
     .subject = "Late invoice",
     .body = "Dear Ana,\n\nThe invoice of 250 euros is late.\n\nKind regards,\n[your name]",
     .placeholders = "[your name]=;"},
    {.kind = INGLE_DRAFT_EMAIL,
     .to = "Ana",
     .about = "the invoice is late",
     .answer = "Subject: Late invoice\n\nDear Ana,\n\nInvoice 4711 over $300 was due on 5 March "
               "2024 at 3 pm.\n\nKind regards,\nJohn Miller",
     .subject = "Late invoice",
     .body = "Dear Ana,\n\nInvoice [number] over [amount] was due on [date] at [time].\n\nKind "
             "regards,\n[your name]",
     .placeholders = "[number]=4711;[amount]=$300;[date]=5 March 2024;[time]=3 pm;[your "
                     "name]=John Miller;"},
    {.kind = INGLE_DRAFT_EMAIL,
     .about = "ask for a meeting next week",
     .answer = "Could we meet next week? I would be glad.",
     .subject = "ask for a meeting next week",
     .body = "Dear [recipient's name],\n\nCould we meet next week? I would be glad.\n\nKind "
             "regards,\n[your name]",
     .placeholders = "[recipient's name]=;[your name]=;"},
    {.kind = INGLE_DRAFT_EMAIL,
     .about = "ask for a meeting next week",
     .answer = "Subject: Meeting\n\nDear Mr. Kowalski,\n\nCould we meet next week?\n\nBest,\nEva",
     .subject = "Meeting",
     .body = "Dear Mr. [recipient's name],\n\nCould we meet next week?\n\nBest,\n[your name]",
     .placeholders = "[recipient's name]=Kowalski;[your name]=Eva;"},
    {.kind = INGLE_DRAFT_EMAIL,
     .to = "Ana",
     .about = "thanks for the cake",
     .tone = "friendly",
     .answer = "Thanks a lot for the cake!",
     .subject = "thanks for the cake",
     .body = "Hi Ana,\n\nThanks a lot for the cake!\n\nBest,\n[your name]",
     .placeholders = "[your name]=;"},
    {.kind = INGLE_DRAFT_REPLY,
     .context = thread,
     .about = "paid today",
     .answer = "Dear Ana,\n\nI paid invoice 117 over 250 euros today.\n\nKind regards,\nPaulo",
     .subject = "Re: Invoice 117",
     .body = "Dear Ana,\n\nI paid invoice 117 over 250 euros today.\n\nKind regards,\nPaulo",
     .placeholders = ""},
    {.kind = INGLE_DRAFT_REPLY,
     .context = thread,
     .answer = "I will pay it on Monday.",
     .subject = "Re: Invoice 117",
     .body = "Dear Ana Silva,\n\nI will pay it on [date].\n\nKind regards,\n[your name]",
     .placeholders = "[date]=Monday;[your name]=;"},
    {.kind = INGLE_DRAFT_REPLY,
     .context = "can we move the call?",
     .answer = "Yes, we can.",
     .subject = "Re: [subject]",
     .body = "Dear [recipient's name],\n\nYes, we can.\n\nKind regards,\n[your name]",
     .placeholders = "[subject]=;[recipient's name]=;[your name]=;"},
    {.kind = INGLE_DRAFT_REPLY,
     .context =
         "From: Ana <ana@example.pt>\nSubject: Fatura\n\nA fatura de 20 euros que foi enviada "
         "para n\xc3\xb3s em maio n\xc3\xa3o foi paga.",
     .about = "pagamos hoje",
     .answer = "Ol\xc3\xa1 Z\xc3\xa9,\n\nA fatura de 30 euros vai ser paga hoje.\n\nCumprimentos,\n"
               "Jo\xc3\xa3o Costa",
     .subject = "Re: Fatura",
     .body = "Ol\xc3\xa1 [recipient's name],\n\nA fatura de [amount] vai ser paga hoje.\n\n"
             "Cumprimentos,\n[your name]",
     .placeholders =
         "[recipient's name]=Z\xc3\xa9;[amount]=30 euros;[your name]=Jo\xc3\xa3o Costa;"},
    {.kind = INGLE_DRAFT_EMAIL,
     .about = "the picnic is on 3 May",
     .answer = "Subject: Picnic\n\nDear Team,\n\nThe picnic is on 3 May.\n\nCheers,\nQwertz",
     .subject = "Picnic",
     .body = "Dear Team,\n\nThe picnic is on 3 May.\n\nCheers,\n[your name]",
     .placeholders = "[your name]=Qwertz;"},
    {.kind = INGLE_DRAFT_MESSAGE,
     .about = "running late",
     .answer = "Sorry, I am running late, I will be there at 10:30. See you at Cafe Central!",
     .subject = "",
     .body = "Sorry, I am running late, I will be there at [time]. See you at [name]!",
     .placeholders = "[time]=10:30;[name]=Cafe Central;"},
    {.kind = INGLE_DRAFT_NOTE,
     .about = "call the plumber, 555-0199",
     .answer = "- Call the plumber: 555-0199",
     .subject = "",
     .body = "- Call the plumber: 555-0199",
     .placeholders = ""},
    {.kind = INGLE_DRAFT_NOTE,
     .about = "call the plumber",
     .answer = "Call the plumber at joe@plumbers.example on [date], see [the list](list.md).",
     .subject = "",
     .body = "Call the plumber at [address] on [date], see [the list]([address]).",
     .placeholders = "[address]=joe@plumbers.example;[date]=;[address]=list.md;"},
    {.kind = INGLE_DRAFT_MESSAGE,
     .about = "nothing",
     .answer = "",
     .subject = "",
     .body = "",
     .placeholders = ""},
};

static ingle_draft_options options_of(const struct drafted *c) {
    ingle_draft_options opt = ingle_draft_options_default();
    opt.kind = c->kind;
    opt.to = c->to;
    opt.about = c->about;
    opt.tone = c->tone;
    opt.context = c->context ? c->context : "";
    opt.context_len = strlen(opt.context);
    return opt;
}

static void drafts_have_their_form_and_nothing_made_up(void **state) {
    (void)state;
    size_t n_wrong = 0;
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        const struct drafted *c = &cases[i];
        ingle_draft_options opt = options_of(c);
        struct draft d;
        struct buf put = {.max = 4096};
        draft_init(&d);
        assert_int_equal(draft_finish(&d, &opt, NULL, c->answer, strlen(c->answer), NULL),
                         INGLE_OK);
        for (size_t k = 0; k < d.n_placeholders; k++) {
            buf_addf(&put, "%s=%s;", d.placeholders[k].text, d.placeholders[k].replaced);
        }
        const char *subject = d.subject.data ? d.subject.data : "";
        const char *body = d.body.data ? d.body.data : "", *all = put.data ? put.data : "";
        if (strcmp(subject, c->subject) != 0 || strcmp(body, c->body) != 0 ||
            strcmp(all, c->placeholders) != 0) {
            print_error("%zu:\n%s\n%s\n%s\n", i, subject, body, all);
            n_wrong++;
        }
        buf_clear(&put);
        draft_clear(&d);
    }
    assert_int_equal(n_wrong, 0);
}

static ingle_status finish_one(ingle_error *err) {
    ingle_draft_options opt = options_of(&cases[1]);
    struct draft d;
    draft_init(&d);
    ingle_status status =
        draft_finish(&d, &opt, NULL, cases[1].answer, strlen(cases[1].answer), err);
    if (status == INGLE_OK) assert_string_equal(d.body.data, cases[1].body);
    draft_clear(&d);
    return status;
}

static void memory_that_runs_out_is_said(void **state) {
    (void)state;
    assert_true(torture(finish_one) > 10);
}

static void expect_range(const char *text, struct draft_range r, const char *expected) {
    assert_int_equal(r.to - r.from, strlen(expected));
    assert_memory_equal(text + r.from, expected, r.to - r.from);
}

static void the_newest_message_says_from_whom_and_about_what(void **state) {
    (void)state;
    expect_range(thread, draft_header(thread, strlen(thread), "From"), "Ana Silva");
    expect_range(thread, draft_header(thread, strlen(thread), "Subject"), "Invoice 117");
    static const char bare[] = "From: ana@example.com\nSubject:\n";
    expect_range(bare, draft_header(bare, strlen(bare), "From"), "");
    expect_range(bare, draft_header(bare, strlen(bare), "Subject"), "");
    expect_range("", draft_header("", 0, "From"), "");
}

static void the_prompts_are_these(void **state) {
    (void)state;
    static const char *const names[] = {"email", "reply", "message", "note"};
    for (ingle_draft_kind kind = 0; kind <= INGLE_DRAFT_NOTE; kind++) {
        ingle_draft_options opt = ingle_draft_options_default();
        struct buf text = {.max = 1 << 16};
        char file[64];
        opt.kind = kind;
        opt.to = kind == INGLE_DRAFT_NOTE ? NULL : "Ana";
        opt.about = "the invoice is late";
        opt.tone = kind == INGLE_DRAFT_EMAIL ? "friendly" : NULL;
        opt.context = kind == INGLE_DRAFT_REPLY  ? thread
                      : kind == INGLE_DRAFT_NOTE ? "A fact."
                                                 : "";
        opt.context_len = strlen(opt.context);
        buf_add_str(&text, "system:\n");
        draft_system_prompt(&text, &opt);
        buf_add_str(&text, "\n\nuser:\n");
        draft_user_prompt(&text, &opt);
        snprintf(file, sizeof file, "draft-%s.txt", names[kind]);
        expect_golden(TEST_GOLDEN, file, &text);
        buf_clear(&text);
    }
}

/* ---- the public function, with a real (random) model ---- */

struct got {
    char subject[256], body[4096];
    size_t n;
};

static void get(const ingle_draft *draft, void *user) {
    struct got *got = user;
    snprintf(got->subject, sizeof got->subject, "%s", draft->subject);
    snprintf(got->body, sizeof got->body, "%s", draft->body);
    got->n = draft->n_placeholders;
}

static void a_letter_has_its_form_whatever_the_model_writes(void **state) {
    (void)state;
    ingle_model *model = chat_model(chat_family(0)->source, false);
    ingle_session_options session = ingle_session_options_default();
    session.n_ctx = 2048;
    session.n_threads = 1;
    ingle_tasks_options options = ingle_tasks_options_default();
    options.model = model;
    options.session = &session;
    ingle_tasks *tasks;
    ingle_error err = {0};
    struct got got = {.n = 0};
    assert_int_equal(ingle_tasks_new(&tasks, &options, NULL), INGLE_OK);
    ingle_draft_options opt = ingle_draft_options_default();
    opt.to = "Ana";
    opt.about = "the invoice";
    opt.max_tokens = 80;
    opt.on_draft = get;
    opt.user = &got;
    uint64_t live = 0;
    for (int i = 0; i < 2; i++) {
        if (ingle_draft_text(tasks, &opt, &err) != INGLE_OK) fail_msg("%s", err.msg);
        assert_true(got.subject[0] != '\0');
        assert_non_null(strstr(got.body, "[your name]"));
        if (i == 0) live = mem_live();
    }
    assert_int_equal(mem_live(), live);
    opt.kind = INGLE_DRAFT_REPLY;
    assert_int_equal(ingle_draft_text(tasks, &opt, &err), INGLE_BAD_ARGUMENT);
    opt.kind = INGLE_DRAFT_NOTE;
    opt.about = NULL;
    assert_int_equal(ingle_draft_text(tasks, &opt, &err), INGLE_BAD_ARGUMENT);
    opt.about = "\xff";
    assert_int_equal(ingle_draft_text(tasks, &opt, &err), INGLE_INVALID);
    opt.about = "a";
    ingle_tasks_cancel(tasks);
    assert_int_equal(ingle_draft_text(tasks, &opt, &err), INGLE_CANCELLED);
    ingle_tasks_free(tasks);
    assert_int_equal(ingle_tasks_new(&tasks, NULL, NULL), INGLE_OK);
    assert_int_equal(ingle_draft_text(tasks, &opt, &err), INGLE_NOT_FOUND);
    ingle_tasks_free(tasks);
    ingle_model_close(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drafts_have_their_form_and_nothing_made_up),
        cmocka_unit_test(memory_that_runs_out_is_said),
        cmocka_unit_test(the_newest_message_says_from_whom_and_about_what),
        cmocka_unit_test(the_prompts_are_these),
        cmocka_unit_test(a_letter_has_its_form_whatever_the_model_writes),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
