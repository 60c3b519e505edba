/* What a digest asks of a model, and which of its answers it takes. The model's words are this
 * test's: ask_model() is wrapped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ingle/digest.h"
#include "support/chat_model.h"
#include "support/folder.h"
#include "task/ask.h"

static const char *answers[4]; /* in turn; NULL = the question does not fit the context */
static int n_asked;
static char question[65536]; /* the last */
static size_t max_question;  /* longer ones do not fit; 0 = all do */

ingle_status __wrap_ask_model(struct ingle_tasks *t, const struct ask *q, struct buf *answer,
                              ingle_stop_reason *reason, ingle_error *err);

ingle_status __wrap_ask_model(struct ingle_tasks *t, const struct ask *q, struct buf *answer,
                              ingle_stop_reason *reason, ingle_error *err) {
    (void)t, (void)reason;
    if (max_question && q->len > max_question) {
        return status_set(err, INGLE_CONTEXT_FULL, 0, "Too long.");
    }
    snprintf(question, sizeof question, "%.*s", (int)q->len, q->text);
    buf_add_str(answer, answers[n_asked++]);
    return INGLE_OK;
}

static char text[8192];
static bool is_generated;
static size_t n_groups;

static bool on_group(const ingle_digest_group *group, void *user) {
    (void)user;
    n_groups++;
    snprintf(text, sizeof text, "%s", group->text);
    is_generated = group->is_generated;
    return true;
}

static ingle_digest_result digest(const ingle_notification *items, size_t n) {
    ingle_model *model = chat_model(chat_family(0)->source, false);
    ingle_tasks_options opt = ingle_tasks_options_default();
    ingle_tasks *tasks;
    ingle_digest_result result;
    opt.model = model;
    assert_int_equal(ingle_tasks_new(&tasks, &opt, NULL), INGLE_OK);
    ingle_digest_options options = ingle_digest_options_default();
    options.on_group = on_group;
    n_asked = 0;
    n_groups = 0;
    assert_int_equal(ingle_digest(tasks, items, n, &options, &result, NULL), INGLE_OK);
    ingle_tasks_free(tasks);
    ingle_model_close(model);
    max_question = 0;
    return result;
}

#define NOTE(body_)                                                                                \
    { .app = "Signal", .title = "Anna", .body = (body_), .urgency = 1 }

static const ingle_notification walk[] = {
    NOTE("Shall we walk the dog at 17:00?"),          NOTE("Or is Sunday better for the walk?"),
    NOTE("The gate code is 4821, by the way."),       NOTE("And my wifi password is sunflower."),
    NOTE("Bring water, it will be hot in the park."),
};

static void a_text_that_the_messages_bear_out_is_taken(void **state) {
    (void)state;
    answers[0] = "\nAnna asks whether to walk the dog at 17:00 or on Sunday.\nMore.";
    ingle_digest_result r = digest(walk, 5);
    assert_string_equal(text, "Anna asks whether to walk the dog at 17:00 or on Sunday.");
    assert_true(is_generated);
    assert_int_equal(r.n_refused, 0);
    assert_int_equal(n_asked, 1);
}

static void no_secret_is_in_the_question(void **state) {
    (void)state;
    answers[0] = "Anna asks about a walk in the park.";
    (void)digest(walk, 5);
    assert_non_null(strstr(question, "walk the dog at 17:00"));
    assert_non_null(strstr(question, "not shown"));
    assert_null(strstr(question, "4821"));
    assert_null(strstr(question, "sunflower"));
}

static void what_the_messages_do_not_say_is_asked_for_once_more_and_then_left(void **state) {
    (void)state;
    answers[0] = "Anna asks whether to walk the dog at 19:30.";
    answers[1] = "Anna asks whether to walk the dog on Sunday.";
    assert_int_equal(digest(walk, 5).n_refused, 0);
    assert_true(is_generated && n_asked == 2);
    static const char *const wrong[] = {
        "Anna asks whether to walk the dog at 19:30.",       /* a number */
        "The dog walks with Bob in the park.",               /* a name */
        "Some entirely different story about little ships.", /* none of their words */
        "",
        "The password is Tulip77 for the walk in the park.",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        answers[0] = answers[1] = wrong[i];
        if (digest(walk, 5).n_refused != 1 || is_generated) fail_msg("taken: %s", wrong[i]);
        assert_int_equal(n_asked, 2);
        assert_non_null(strstr(text, "walk"));
    }
}

static void few_messages_are_quoted_without_asking(void **state) {
    (void)state;
    assert_int_equal(digest(walk, 3).n_refused, 0);
    assert_int_equal(n_asked, 0);
    assert_false(is_generated);
}

static void how_many_the_text_is_of_is_said_if_not_all(void **state) {
    (void)state;
    static char bodies[100][64];
    ingle_notification items[100];
    for (size_t i = 0; i < 100; i++) {
        snprintf(bodies[i], sizeof bodies[i], "Message number %zu about the walk.", i);
        items[i] = (ingle_notification)NOTE(bodies[i]);
    }
    answers[0] = "Anna sent messages about the walk.";
    (void)digest(items, 100);
    assert_string_equal(text, "Anna sent messages about the walk. (Of the last 40 of 100.)");
    assert_null(strstr(question, "number 59 "));
    assert_non_null(strstr(question, "number 60 "));
    assert_non_null(strstr(question, "number 99 "));
    max_question = 1000; /* of a context that holds fewer */
    (void)digest(items, 100);
    assert_non_null(strstr(text, "of 100.)"));
    assert_null(strstr(question, "number 60 "));
    assert_non_null(strstr(question, "number 99 "));
    max_question = 1; /* of none */
    assert_int_equal(digest(items, 100).n_refused, 1);
    assert_false(is_generated);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_the_messages_bear_out_is_taken),
        cmocka_unit_test(no_secret_is_in_the_question),
        cmocka_unit_test(what_the_messages_do_not_say_is_asked_for_once_more_and_then_left),
        cmocka_unit_test(few_messages_are_quoted_without_asking),
        cmocka_unit_test(how_many_the_text_is_of_is_said_if_not_all),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
