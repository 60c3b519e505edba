/* ingle/digest.h: grouping, merging, order, sections, limits, urgency; that secrets are in no
 * output and no question. */
#include "ingle/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/utf8.h"
#include "support/chat_model.h"
#include "support/folder.h"
#include "task/digest_clean.h"
#include "task/digest_read.h"
#include "task/digest_rules.h"
#include "task/digest_time.h"
#include "task/tasks.h"

/* A digest in a form that tests can look into. */
struct seen {
    ingle_digest_group groups[32];
    char apps[32][256], conversations[32][256], texts[32][8192], whens[32][64];
    size_t n;
    ingle_digest_result result;
};

static bool on_group(const ingle_digest_group *group, void *user) {
    struct seen *s = user;
    assert_true(s->n < BASE_COUNT(s->groups));
    size_t i = s->n++;
    s->groups[i] = *group;
    snprintf(s->apps[i], sizeof s->apps[i], "%s", group->app);
    snprintf(s->conversations[i], sizeof s->conversations[i], "%s", group->conversation);
    snprintf(s->texts[i], sizeof s->texts[i], "%s", group->text);
    snprintf(s->whens[i], sizeof s->whens[i], "%s", group->when);
    return true;
}

static ingle_tasks *tasks_of(const ingle_model *model) {
    static const ingle_session_options session = {
        .size = sizeof session, .n_ctx = 2048, .n_threads = 1};
    ingle_tasks_options opt = ingle_tasks_options_default();
    opt.model = model;
    opt.session = &session;
    ingle_tasks *tasks;
    assert_int_equal(ingle_tasks_new(&tasks, &opt, NULL), INGLE_OK);
    return tasks;
}

static ingle_status digest_with(ingle_tasks *tasks, struct seen *s, const ingle_notification *items,
                                size_t n, size_t max_groups) {
    memset(s, 0, sizeof *s);
    ingle_digest_options opt = ingle_digest_options_default();
    opt.on_group = on_group;
    opt.user = s;
    opt.max_groups = max_groups;
    return ingle_digest(tasks, items, n, &opt, &s->result, NULL);
}

static void digest(struct seen *s, const ingle_notification *items, size_t n) {
    ingle_tasks *tasks = tasks_of(NULL);
    assert_int_equal(digest_with(tasks, s, items, n, 0), INGLE_OK);
    ingle_tasks_free(tasks);
}

static struct seen seen;

/* What a note of an app, a title and a body is. */
#define NOTE(a, t, b)                                                                              \
    { .app = (a), .title = (t), .body = (b), .urgency = INGLE_URGENCY_NORMAL }

static void messages_of_one_conversation_are_one_group(void **state) {
    (void)state;
    const ingle_notification items[] = {
        NOTE("Signal", "Anna", "Are you there?"),
        NOTE("Signal", "Anna (2 messages)", "The train is late by an hour."),
        NOTE("Signal", "Ben", "Lunch?"),
        NOTE("Telegram", "Anna", "Another app."),
        {.app = "Slack",
         .title = "Carla",
         .body = "Release at noon.",
         .conversation = "team",
         .urgency = INGLE_URGENCY_NORMAL},
        {.app = "Slack",
         .title = "Dora",
         .body = "I will test it.",
         .conversation = "team",
         .urgency = INGLE_URGENCY_NORMAL},
        NOTE("GitHub", "one", "Build finished."),
        NOTE("GitHub", "two", "Issue opened."),
    };
    digest(&seen, items, BASE_COUNT(items));
    assert_int_equal(seen.n, 5);
    size_t n_all = 0;
    for (size_t i = 0; i < seen.n; i++) {
        n_all += seen.groups[i].n;
        if (strcmp(seen.conversations[i], "team") == 0) {
            assert_string_equal(seen.texts[i], "Carla: Release at noon. Dora: I will test it.");
            assert_int_equal(seen.groups[i].section, INGLE_DIGEST_PEOPLE);
        }
        if (strcmp(seen.conversations[i], "Anna") == 0 && strcmp(seen.apps[i], "Signal") == 0) {
            assert_int_equal(seen.groups[i].n, 2);
        }
        if (strcmp(seen.apps[i], "GitHub") == 0) {
            assert_string_equal(seen.conversations[i], "");
            assert_int_equal(seen.groups[i].section, INGLE_DIGEST_REST);
        }
    }
    assert_int_equal(n_all, BASE_COUNT(items));
}

/* Two notifications, and whether they belong together. */
struct pair {
    ingle_notification a, b;
    bool together;
};

static const struct pair pairs[] = {
    {NOTE("Signal", "Anna", "a"), NOTE("Signal", "Anna", "b"), true},
    {NOTE("Signal", "Anna", "a"), NOTE("Signal", "Anna (3 messages)", "b"), true},
    {NOTE("Signal", "Anna", "a"), NOTE("Signal", "Ben", "b"), false},
    {NOTE("Signal", "Anna", "a"), NOTE("Telegram", "Anna", "b"), false},
    {NOTE("Mail", "Lunch", "a"), NOTE("Mail", "Re: Lunch", "b"), true},
    {NOTE("Mail", "Re: Re: Lunch", "a"), NOTE("Mail", "AW: Lunch", "b"), true},
    {NOTE("Mail", "Lunch", "a"), NOTE("Mail", "Dinner", "b"), false},
    {NOTE("GitHub", "one", "a"), NOTE("GitHub", "two", "b"), true},
    {NOTE("Phone", "Missed call", "Anna"), NOTE("Phone", "Missed call", "Ben"), true},
    {NOTE(NULL, "one", "a"), NOTE(NULL, "two", "b"), false},
    {NOTE(NULL, "one", "a"), NOTE("", "one", "b"), true},
    {{.app = "Slack", .title = "Anna", .conversation = "team", .urgency = 1},
     {.app = "Slack", .title = "Ben", .conversation = "team", .urgency = 1},
     true},
    {{.app = "Slack", .title = "Anna", .conversation = "team", .urgency = 1},
     {.app = "Slack", .title = "Anna", .conversation = "other", .urgency = 1},
     false},
    {{.app = "GitHub", .title = "x", .conversation = "org/a#1", .urgency = 1},
     {.app = "GitHub", .title = "x", .conversation = "org/a#2", .urgency = 1},
     false},
    {{.app = " Signal ", .title = "Anna", .urgency = 1},
     {.app = "Signal", .title = "Anna", .urgency = 0},
     true},
};

static void pairs_belong_together_or_not(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(pairs); i++) {
        const ingle_notification items[] = {pairs[i].a, pairs[i].b};
        digest(&seen, items, 2);
        if ((seen.n == 1) != pairs[i].together) fail_msg("pair %zu: %zu groups", i, seen.n);
    }
}

static void whoever_said_a_sentence_is_named_with_it(void **state) {
    (void)state;
    const ingle_notification items[] = {
        NOTE("WhatsApp", "Family", "Mum: Did anyone feed the cat?"),
        NOTE("WhatsApp", "Family", "Dad: I did that at seven."),
        NOTE("WhatsApp", "Family", "Mum: Thanks! Dinner is at 19:00 on Sunday."),
        NOTE("WhatsApp", "WhatsApp", "4 new messages"),
    };
    digest(&seen, items, BASE_COUNT(items));
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.texts[0], "Mum: Did anyone feed the cat? Dad: I did that at seven. "
                                       "Mum: Dinner is at 19:00 on Sunday.");
    assert_string_equal(seen.conversations[1], "");
    assert_string_equal(seen.texts[1], "4 new messages");
}

static void updates_and_repetitions_are_merged_and_counted(void **state) {
    (void)state;
    const ingle_notification items[] = {
        {.app = "A", .title = "Old title", .body = "one", .id = "7", .urgency = 1},
        {.app = "A", .title = "New title", .body = "two", .id = "8", .replaces = "7", .urgency = 1},
        {.app = "A", .title = "New title", .body = "three", .id = "8", .urgency = 1},
        {.app = "B", .title = "Same", .body = "words", .urgency = 1},
        {.app = "B", .title = "Same", .body = "words", .urgency = 1},
        {.app = "C", .title = "Copying", .body = "10 % done", .urgency = 1},
        {.app = "C", .title = "Copying", .body = "55 % done", .urgency = 1},
        {.app = "C", .title = "Copying", .body = "99 % done", .urgency = 1},
        {.app = "D", .title = "Not the same id's app", .body = "x", .id = "7", .urgency = 1},
        {.app = "E", .title = "Zero is no id", .body = "x", .replaces = "0", .urgency = 1},
        {.app = "E", .title = "Zero is no id", .body = "y", .replaces = "0", .urgency = 1},
    };
    digest(&seen, items, BASE_COUNT(items));
    assert_int_equal(seen.n, 5);
    for (size_t i = 0; i < seen.n; i++) {
        const ingle_digest_group *g = &seen.groups[i];
        switch (seen.apps[i][0]) {
        case 'A':
            assert_int_equal(g->n, 3);
            assert_int_equal(g->n_merged, 2);
            assert_string_equal(seen.texts[i], "New title: three");
            break;
        case 'B':
            assert_int_equal(g->n_merged, 1);
            assert_string_equal(seen.texts[i], "Same: words");
            break;
        case 'C':
            assert_int_equal(g->n_merged, 2);
            assert_string_equal(seen.texts[i], "Copying: 99 % done");
            break;
        default:
            assert_int_equal(g->n_merged, 0);
        }
    }
}

static void an_update_takes_its_past_along_to_another_conversation(void **state) {
    (void)state;
    const ingle_notification items[] = {
        {.app = "Signal", .title = "Unknown", .body = "first", .id = "1", .urgency = 1},
        {.app = "Signal", .title = "Anna", .body = "second", .replaces = "1", .urgency = 1},
    };
    digest(&seen, items, BASE_COUNT(items));
    assert_int_equal(seen.n, 1);
    assert_string_equal(seen.conversations[0], "Anna");
    assert_int_equal(seen.groups[0].n, 2);
}

static void the_urgent_come_first_and_then_the_newest(void **state) {
    (void)state;
    const ingle_notification items[] = {
        {.app = "Low", .title = "x", .body = "y", .time_s = 2000, .urgency = INGLE_URGENCY_LOW},
        {.app = "Old", .title = "x", .body = "y", .time_s = 1000, .urgency = INGLE_URGENCY_NORMAL},
        {.app = "New", .title = "x", .body = "y", .time_s = 1880, .urgency = INGLE_URGENCY_NORMAL},
        {.app = "Now", .title = "x", .body = "y", .time_s = 10, .urgency = INGLE_URGENCY_CRITICAL},
        {.app = "Signal",
         .title = "Anna",
         .body = "y",
         .time_s = 5,
         .urgency = INGLE_URGENCY_NORMAL},
    };
    static const char *const order[] = {"Now", "Signal", "New", "Old", "Low"};
    digest(&seen, items, BASE_COUNT(items));
    for (size_t i = 0; i < BASE_COUNT(order); i++) assert_string_equal(seen.apps[i], order[i]);
    assert_string_equal(seen.whens[2], "2 min ago");
    assert_string_equal(seen.whens[4], "just now");
    assert_int_equal(seen.groups[0].section, INGLE_DIGEST_URGENT);
    assert_int_equal(seen.groups[1].section, INGLE_DIGEST_PEOPLE);
}

static void what_is_past_the_limit_is_counted(void **state) {
    (void)state;
    ingle_notification items[20];
    char apps[20][8];
    for (size_t i = 0; i < 20; i++) {
        snprintf(apps[i], sizeof apps[i], "app%zu", i % 10);
        items[i] = (ingle_notification){.app = apps[i], .title = i % 2 ? "a" : "b", .urgency = 1};
    }
    ingle_tasks *tasks = tasks_of(NULL);
    assert_int_equal(digest_with(tasks, &seen, items, 20, 3), INGLE_OK);
    assert_int_equal(seen.n, 3);
    assert_int_equal(seen.result.n, 20);
    assert_int_equal(seen.result.n_groups, 10);
    assert_int_equal(seen.result.n_left, 14);
    assert_int_equal(seen.result.n_left_apps, 7);
    ingle_tasks_free(tasks);
}

/* ---- secrets ---- */

static void a_secret_is_in_no_field_of_the_digest(void **state) {
    (void)state;
    const ingle_notification items[] = {
        NOTE("Messages", "GitHub", "Your GitHub code is <b>482</b><b>913</b>."),
        NOTE("Messages", "Your code is 771204", "Do not share it."),
        {.app = "Password: hunter2",
         .title = "t",
         .body = "b",
         .conversation = "PIN: 4821",
         .urgency = INGLE_URGENCY_NORMAL},
        NOTE("Signal", "Anna",
             "the door code is 4\xe2\x80\x8b"
             "711, come in"),
        NOTE("Signal", "Anna",
             "And bring \xef\xbc\x91\xef\xbc\x92\xef\xbc\x93 apples, code: "
             "\xef\xbc\x99\xef\xbc\x98\xef\xbc\x97\xef\xbc\x96"),
    };
    static const char *const secrets[] = {"482913", "482",  "913", "771204", "hunter2",
                                          "4821",   "4711", "711", "9876"};
    digest(&seen, items, BASE_COUNT(items));
    assert_true(seen.result.n_secrets >= 6);
    for (size_t i = 0; i < seen.n; i++) {
        for (size_t k = 0; k < BASE_COUNT(secrets); k++) {
            assert_null(strstr(seen.texts[i], secrets[k]));
            assert_null(strstr(seen.apps[i], secrets[k]));
            assert_null(strstr(seen.conversations[i], secrets[k]));
        }
        assert_true(seen.groups[i].had_secret || !strstr(seen.texts[i], "not shown"));
    }
}

static void what_was_secret_once_is_secret_when_repeated(void **state) {
    (void)state;
    const ingle_notification items[] = {
        NOTE("Signal", "Anna", "482 913 and then push hard"),
        NOTE("Signal", "Anna", "The code for the door is 482913."),
        NOTE("Signal", "Anna", "The PIN is 4821, please come early."),
        NOTE("Signal", "Anna", "It did not take 4821 when I tried it."),
        NOTE("Other", "482913", "I have 482-913 of them"),
        NOTE("Shop", "Stamps", "We sold 4821 stamps, and it was a joy."),
    };
    digest(&seen, items, BASE_COUNT(items));
    for (size_t i = 0; i < seen.n; i++) {
        assert_null(strstr(seen.texts[i], "913"));
        if (strcmp(seen.apps[i], "Shop") == 0) {
            assert_non_null(strstr(seen.texts[i], "4821")); /* a number of its own */
        } else {
            assert_null(strstr(seen.texts[i], "4821"));
            assert_true(seen.groups[i].had_secret);
        }
    }
}

static void a_message_of_a_code_says_whom_it_is_from(void **state) {
    (void)state;
    const ingle_notification items[] = {
        NOTE("Messages", "GitHub", "Your authentication code is 482913."),
        NOTE("Acme", "Sign in", "Use 663920 to sign in."),
    };
    digest(&seen, items, BASE_COUNT(items));
    assert_string_equal(seen.texts[0], "A one-time code from Acme (not shown).");
    assert_string_equal(seen.texts[1], "A one-time code from GitHub (not shown).");
}

/* ---- models ---- */

static void a_model_that_makes_things_up_is_not_quoted(void **state) {
    (void)state;
    ingle_model *model = chat_model(chat_family(0)->source, false);
    ingle_tasks *tasks = tasks_of(model);
    ingle_notification items[6];
    char bodies[6][64];
    for (size_t i = 0; i < 6; i++) {
        snprintf(bodies[i], sizeof bodies[i], "Message %zu about the walk with the dog.", i);
        items[i] = (ingle_notification)NOTE("Signal", "Anna", bodies[i]);
    }
    assert_int_equal(digest_with(tasks, &seen, items, 6, 0), INGLE_OK);
    assert_int_equal(seen.n, 1);
    assert_int_equal(seen.result.n_refused, 1);
    assert_false(seen.groups[0].is_generated);
    assert_non_null(strstr(seen.texts[0], "walk with the dog"));
    ingle_tasks_free(tasks);
    ingle_model_close(model);
}

static void cancelling_ends_it(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(NULL);
    const ingle_notification items[] = {NOTE("A", "b", "c")};
    ingle_tasks_cancel(tasks);
    assert_int_equal(digest_with(tasks, &seen, items, 1, 0), INGLE_CANCELLED);
    assert_int_equal(digest_with(tasks, &seen, items, 1, 0), INGLE_OK);
    ingle_tasks_free(tasks);
}

static void wrong_arguments_are_refused(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(NULL);
    const ingle_notification items[] = {NOTE("A", "b", "c")};
    ingle_digest_options opt = ingle_digest_options_default();
    assert_int_equal(ingle_digest(tasks, items, 1, &opt, NULL, NULL), INGLE_BAD_ARGUMENT);
    opt.on_group = on_group;
    opt.user = &seen;
    assert_int_equal(ingle_digest(NULL, items, 1, &opt, NULL, NULL), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_digest(tasks, NULL, 1, &opt, NULL, NULL), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_digest(tasks, items, SIZE_MAX, &opt, NULL, NULL), INGLE_LIMIT);
    opt.max_text = 1000000;
    assert_int_equal(ingle_digest(tasks, items, 1, &opt, NULL, NULL), INGLE_BAD_ARGUMENT);
    opt.size = 3;
    assert_int_equal(ingle_digest(tasks, items, 1, &opt, NULL, NULL), INGLE_BAD_ARGUMENT);
    assert_int_equal(digest_with(tasks, &seen, NULL, 0, 0), INGLE_OK);
    ingle_tasks_free(tasks);
}

static void empty_notifications_are_fine(void **state) {
    (void)state;
    const ingle_notification items[] = {{0}, {.title = ""}, {.body = "\xff\xfe<b>"}, {.app = ""}};
    digest(&seen, items, BASE_COUNT(items));
    size_t n = 0;
    for (size_t i = 0; i < seen.n; i++) {
        n += seen.groups[i].n;
        assert_true(utf8_is_valid(seen.texts[i], strlen(seen.texts[i])));
    }
    assert_int_equal(n, 4);
}

static void running_out_of_memory_is_reported(void **state) {
    (void)state;
    const ingle_notification items[] = {
        NOTE("Signal", "Anna", "Your code is 482913. Come at five."), NOTE("B", "c", "d")};
    ingle_tasks *tasks = tasks_of(NULL);
    uint64_t live = mem_live();
    for (uint64_t n = 1;; n++) {
        mem_fail_at(n, 0);
        ingle_status status = digest_with(tasks, &seen, items, 2, 0);
        mem_fail_at(0, 0);
        assert_int_equal(mem_live(), live);
        if (status == INGLE_OK) break;
        assert_int_equal(status, INGLE_NO_MEMORY);
        assert_true(n < 1000);
    }
    ingle_tasks_free(tasks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_one_conversation_are_one_group),
        cmocka_unit_test(pairs_belong_together_or_not),
        cmocka_unit_test(whoever_said_a_sentence_is_named_with_it),
        cmocka_unit_test(updates_and_repetitions_are_merged_and_counted),
        cmocka_unit_test(an_update_takes_its_past_along_to_another_conversation),
        cmocka_unit_test(the_urgent_come_first_and_then_the_newest),
        cmocka_unit_test(what_is_past_the_limit_is_counted),
        cmocka_unit_test(a_secret_is_in_no_field_of_the_digest),
        cmocka_unit_test(what_was_secret_once_is_secret_when_repeated),
        cmocka_unit_test(a_message_of_a_code_says_whom_it_is_from),
        cmocka_unit_test(a_model_that_makes_things_up_is_not_quoted),
        cmocka_unit_test(cancelling_ends_it),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(empty_notifications_are_fine),
        cmocka_unit_test(running_out_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
