/* ingle_intent(): labels of one's own on a model of random weights, which prefers something, always
 * the same; and what cannot be. Probabilities themselves are test_label_trie.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "support/chat_model.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/torture.h"

static ingle_model *model;

static int open_model(void **state) {
    if (folder_make(state) != 0) return -1;
    model = chat_model(chat_family(0)->source, false);
    return 0;
}

static int close_model(void **state) {
    ingle_model_close(model);
    return folder_remove(state);
}

static ingle_tasks *tasks_of(const ingle_model *with, int n_ctx) {
    ingle_session_options session = ingle_session_options_default();
    ingle_tasks_options opt = ingle_tasks_options_default();
    session.n_ctx = n_ctx;
    session.n_threads = 1;
    opt.model = with;
    opt.session = &session;
    ingle_tasks *tasks;
    assert_int_equal(ingle_tasks_new(&tasks, &opt, NULL), INGLE_OK);
    return tasks;
}

static const char *const rent[] = {"my rent is due", "pay the landlord"};
static const ingle_label labels[] = {{.name = "pay_bill", .description = "pay a bill"},
                                     {.name = "pay", .examples = rent, .n_examples = 2},
                                     {.name = "pay_rent"},
                                     {.name = "weather"},
                                     {.name = "small talk"}};
#define N_LABELS BASE_COUNT(labels)

static ingle_intent_options options(ingle_class *top, size_t n_top) {
    ingle_intent_options opt = ingle_intent_options_default();
    opt.labels = labels;
    opt.n_labels = N_LABELS;
    opt.top = top;
    opt.n_top = n_top;
    return opt;
}

static ingle_intent_result ask(ingle_tasks *tasks, const ingle_intent_options *opt,
                               const char *text) {
    ingle_intent_result r;
    ingle_error err;
    if (ingle_intent(tasks, opt, text, strlen(text), &r, &err)) fail_msg("%s", err.msg);
    return r;
}

static void confidences_are_in_order_and_add_up(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(model, 2048);
    ingle_class top[N_LABELS + 2];
    ingle_intent_options opt = options(top, BASE_COUNT(top));
    for (int must = 0; must < 2; must++) {
        opt.must_choose = must;
        ingle_intent_result r = ask(tasks, &opt, "is it going to rain?");
        float sum = 0;
        bool seen[N_LABELS] = {false};
        assert_int_equal(r.n, N_LABELS);
        assert_int_equal(r.way, INGLE_INTENT_MODEL);
        for (size_t i = 0; i < r.n; i++) {
            sum += top[i].confidence;
            assert_true(i == 0 || top[i].confidence <= top[i - 1].confidence);
            assert_false(seen[top[i].label]);
            seen[top[i].label] = true;
        }
        assert_int_equal(r.label, top[0].label);
        if (must)
            assert_true(fabsf(sum - 1) < 1e-5f && !r.is_none);
        else
            assert_true(sum < 1);
        if (r.is_none) assert_true(fabsf(sum + r.confidence - 1) < 1e-5f);
        if (r.is_none) assert_true(r.confidence >= top[0].confidence);
    }
    ingle_tasks_free(tasks);
}

static void the_same_question_has_the_same_answer_and_few_tokens_are_new(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(model, 2048);
    ingle_class first[3], again[3];
    ingle_intent_options opt = options(first, 3), other = options(again, 3);
    ingle_intent_result a = ask(tasks, &opt, "my rent is due");
    (void)ask(tasks, &other, "something else entirely");
    ingle_intent_result b = ask(tasks, &other, "my rent is due");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(first[i].label, again[i].label);
        assert_true(first[i].confidence == again[i].confidence);
    }
    assert_int_equal(a.is_none, b.is_none);
    assert_true(b.n_prompt - b.n_reused < 80); /* the text and the end of the template, in bytes */
    assert_true(b.n_reused > 3 * (b.n_prompt - b.n_reused));
    assert_int_equal(b.n_passes, 2); /* behind pay: its end or _; behind that: bill or rent */
    ingle_tasks_free(tasks);
}

/* The prior makes the texts without content say nothing: their mean is the same for all labels. */
static void texts_without_content_favour_no_label(void **state) {
    (void)state;
    static const char *const empty[] = {"N/A", "...", "[message]"};
    ingle_tasks *tasks = tasks_of(model, 2048);
    ingle_class top[N_LABELS];
    ingle_intent_options opt = options(top, N_LABELS);
    double mean[N_LABELS] = {0};
    opt.must_choose = true;
    for (size_t i = 0; i < BASE_COUNT(empty); i++) {
        (void)ask(tasks, &opt, empty[i]);
        for (size_t j = 0; j < N_LABELS; j++) mean[top[j].label] += (double)top[j].confidence / 3;
    }
    for (size_t j = 0; j < N_LABELS; j++) {
        assert_true(mean[j] > 0.1 && mean[j] < 0.4); /* a fifth each, but for the sums of three */
    }
    ingle_tasks_free(tasks);
}

static void a_higher_temperature_is_less_certain(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(model, 2048);
    ingle_class cold[1], hot[1];
    ingle_intent_options opt = options(cold, 1);
    opt.must_choose = true;
    (void)ask(tasks, &opt, "hello");
    opt.top = hot;
    opt.temperature = 50;
    (void)ask(tasks, &opt, "hello");
    assert_int_equal(cold[0].label, hot[0].label);
    assert_true(hot[0].confidence < cold[0].confidence);
    assert_true(hot[0].confidence < 0.3f);
    ingle_tasks_free(tasks);
}

static void a_label_of_that_name_is_none_of_these(void **state) {
    (void)state;
    static const ingle_label own[] = {{.name = "a"}, {.name = INGLE_LABEL_NONE}};
    ingle_tasks *tasks = tasks_of(model, 2048);
    ingle_class top[4];
    ingle_intent_options opt = options(top, 4);
    opt.labels = own;
    opt.n_labels = 2;
    ingle_intent_result r = ask(tasks, &opt, "hello");
    assert_int_equal(r.n, 1);
    assert_int_equal(top[0].label, 0);
    ingle_tasks_free(tasks);
}

static void other_tasks_have_all_their_tokens_afterwards(void **state) {
    (void)state;
    ingle_tasks *tasks = tasks_of(model, 2048), *fresh = tasks_of(model, 2048);
    ingle_intent_options opt = options(NULL, 0);
    ingle_complete_options copt = ingle_complete_options_default();
    ingle_complete_result a, b;
    ingle_complete_file file = {.name = "a.txt", .text = "Once", .len = 4};
    copt.max_tokens = 12;
    (void)ask(tasks, &opt, "hello");
    assert_int_equal(ingle_complete(tasks, &file, 4, &copt, &a, NULL), INGLE_OK);
    assert_int_equal(ingle_complete(fresh, &file, 4, &copt, &b, NULL), INGLE_OK);
    assert_int_equal(a.n_tokens, b.n_tokens);
    assert_int_equal(a.reason, b.reason);
    ingle_tasks_free(tasks);
    ingle_tasks_free(fresh);
}

static void refuses(ingle_tasks *tasks, ingle_intent_options opt, const char *text,
                    ingle_status code, const char *saying) {
    ingle_intent_result r;
    ingle_error err = {0};
    ingle_status status = ingle_intent(tasks, &opt, text, strlen(text), &r, &err);
    if (status != code || !strstr(err.msg, saying)) {
        fail_msg("%s, not %s: %s", ingle_status_name(status), ingle_status_name(code), err.msg);
    }
}

static ingle_intent_options with(const ingle_label *own, size_t n) {
    ingle_intent_options opt = options(NULL, 0);
    opt.labels = own;
    opt.n_labels = n;
    return opt;
}

static void labels_that_are_none_are_refused(void **state) {
    (void)state;
    static const ingle_label one[] = {{.name = "a"}};
    static const ingle_label twice[] = {{.name = "a"}, {.name = "b"}, {.name = "a"}};
    static const ingle_label empty[] = {{.name = "a"}, {.name = ""}};
    static const ingle_label line[] = {{.name = "a"}, {.name = "b\nc"}};
    static const ingle_label latin[] = {{.name = "a"}, {.name = "b", .description = "\xe9"}};
    static const ingle_label null[] = {{.name = "a"}, {.name = NULL}};
    char name[300];
    memset(name, 'x', sizeof name);
    name[299] = '\0';
    const ingle_label big[] = {{.name = "a"}, {.name = name}};
    name[0] = 'x';
    ingle_tasks *tasks = tasks_of(model, 2048), *small = tasks_of(model, 300),
                *none = tasks_of(NULL, 0);
    refuses(tasks, with(one, 1), "x", INGLE_INVALID, "There is 1 label;");
    refuses(tasks, with(twice, 3), "x", INGLE_INVALID, "'a' is there twice");
    refuses(tasks, with(empty, 2), "x", INGLE_INVALID, "Label 2 is empty");
    refuses(tasks, with(line, 2), "x", INGLE_INVALID, "several lines");
    refuses(tasks, with(latin, 2), "x", INGLE_INVALID, "description of the label 'b'");
    refuses(tasks, with(null, 2), "x", INGLE_BAD_ARGUMENT, "name of a label");
    refuses(tasks, with(big, 2), "x", INGLE_INVALID, "too long");
    name[100] = '\0';
    refuses(tasks, with(big, 2), "x", INGLE_LIMIT, "100 tokens");
    refuses(tasks, with(twice, INGLE_LABELS_MAX + 1), "x", INGLE_LIMIT, "2 to 1024");
    refuses(tasks, options(NULL, 0), "\xff", INGLE_INVALID, "The text is not text");
    refuses(small, options(NULL, 0), "x", INGLE_CONTEXT_FULL, "holds 300 tokens");
    ingle_intent_options opt = options(NULL, 0);
    opt.temperature = 0;
    refuses(tasks, opt, "x", INGLE_BAD_ARGUMENT, "temperature");
    opt = options(NULL, 3);
    refuses(tasks, opt, "x", INGLE_BAD_ARGUMENT, "top");
    opt = options(NULL, 0);
    opt.way = INGLE_INTENT_PACK;
    refuses(tasks, opt, "x", INGLE_BAD_ARGUMENT, "labels of its own");
    opt.way = (ingle_intent_way)9;
    refuses(tasks, opt, "x", INGLE_BAD_ARGUMENT, "The way 9");
    opt.way = INGLE_INTENT_ENCODER;
    refuses(tasks, opt, "x", INGLE_NOT_FOUND, "sentence encoder");
    refuses(none, options(NULL, 0), "x", INGLE_NOT_FOUND, "sentence encoder");
    refuses(tasks, with(NULL, 0), "x", INGLE_NOT_FOUND, "no classifier");
    ingle_tasks_cancel(tasks);
    refuses(tasks, options(NULL, 0), "x", INGLE_CANCELLED, "Interrupted");
    opt = options(NULL, 0);
    (void)ask(tasks, &opt, "x"); /* after all these, as ever */
    ingle_tasks_free(tasks);
    ingle_tasks_free(small);
    ingle_tasks_free(none);
}

static ingle_status ask_once(ingle_error *err) {
    ingle_session_options session = ingle_session_options_default();
    ingle_tasks_options opt = ingle_tasks_options_default();
    ingle_intent_options iopt = options(NULL, 0);
    ingle_intent_result result;
    ingle_tasks *tasks;
    session.n_ctx = 1024;
    session.n_threads = 1;
    opt.model = model;
    opt.session = &session;
    INGLE_TRY(ingle_tasks_new(&tasks, &opt, err));
    ingle_status status = ingle_intent(tasks, &iopt, "hello", 5, &result, err);
    ingle_tasks_free(tasks);
    return status;
}

static void without_memory_it_says_so_and_leaves_nothing(void **state) {
    (void)state;
    assert_true(torture(ask_once) > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confidences_are_in_order_and_add_up),
        cmocka_unit_test(the_same_question_has_the_same_answer_and_few_tokens_are_new),
        cmocka_unit_test(texts_without_content_favour_no_label),
        cmocka_unit_test(a_higher_temperature_is_less_certain),
        cmocka_unit_test(a_label_of_that_name_is_none_of_these),
        cmocka_unit_test(other_tasks_have_all_their_tokens_afterwards),
        cmocka_unit_test(labels_that_are_none_are_refused),
        cmocka_unit_test(without_memory_it_says_so_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
