/* worker/serve: everyday tasks asked of a worker without a language model, which is this program
 * again, as the command is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/client/worker.h"
#include "worker/serve/worker_main.h"
#include "worker/wire/msg_complete.h"
#include "worker/wire/msg_digest.h"
#include "worker/wire/msg_document.h"
#include "worker/wire/msg_draft.h"
#include "worker/wire/msg_intent.h"
#include "worker/wire/msg_redact.h"
#include "worker/wire/msg_rewrite.h"
#include "worker/wire/msg_summarize.h"

static const struct worker_files no_files = {.packed = -1, .packed_new = -1};

static int start(void **state) {
    struct msg_start m = {.packs = WORKER_INTENTS | WORKER_ENCODER | WORKER_TAGGER};
    struct worker *w;
    ingle_error err = {0};
    if (worker_new(&w, &m, &no_files, &err) != INGLE_OK) fail_msg("%s", err.msg);
    *state = w;
    return 0;
}

static int stop(void **state) {
    worker_free(*state);
    return 0;
}

/* What came of a request besides its result. */
struct heard {
    struct arena arena;
    struct buf text;
    size_t n_groups, n_spans, last_to;
    struct msg_found found;
    char kind[MSG_REDACT_MAX_KIND + 1]; /* of the last span */
};

static bool hear(enum msg_type type, const void *body, size_t size, void *user) {
    struct heard *h = user;
    struct msg_spans spans;
    switch ((int)type) {
    case MSG_TEXT:
        return buf_add(&h->text, body, size);
    case MSG_GROUP:
        h->n_groups++;
        return true;
    case MSG_FOUND:
        assert_int_equal(
            wire_read(&h->found, sizeof h->found, msg_found, body, size, &h->arena, NULL),
            INGLE_OK);
        return true;
    case MSG_SPANS:
        assert_int_equal(wire_read(&spans, sizeof spans, msg_spans, body, size, &h->arena, NULL),
                         INGLE_OK);
        for (size_t i = 0; i < spans.n_spans; i++) {
            assert_true(spans.spans[i].from >= h->last_to);
            h->last_to = spans.spans[i].to;
            memcpy(h->kind, spans.kinds[spans.spans[i].kind],
                   strlen(spans.kinds[spans.spans[i].kind]) + 1);
        }
        h->n_spans += spans.n_spans;
        return true;
    default:
        return true;
    }
}

static struct heard heard_new(void) {
    struct heard h = {.n_groups = 0};
    buf_init(&h.text, 1 << 28);
    arena_init(&h.arena, 1 << 28);
    return h;
}

static void heard_clear(struct heard *h) {
    buf_clear(&h->text);
    arena_clear(&h->arena);
}

/* Asks; h and the result may be NULL. */
static ingle_status ask(struct worker *w, enum msg_type type, wire_fn visit, const void *request,
                        wire_fn visit_result, void *result, size_t result_size, struct heard *h,
                        ingle_error *err) {
    struct worker_ask a = {.type = type,
                           .visit = visit,
                           .request = request,
                           .visit_result = visit_result,
                           .result = result,
                           .result_size = result_size,
                           .on_answer = h ? hear : NULL,
                           .user = h};
    return worker_do(w, &a, err);
}

static ingle_status intent(struct worker *w, const struct msg_intent *m, struct msg_intended *out,
                           ingle_error *err) {
    return ask(w, MSG_INTENT, msg_intent, m, msg_intended, out, sizeof *out, NULL, err);
}

#define TEXT(words)                                                                                \
    { words, sizeof words - 1 }

/* ---- intents ---- */

static void a_worker_tells_which_packs_it_has(void **state) {
    (void)state;
    struct msg_start m = {.packs = WORKER_TAGGER};
    struct worker *w;
    assert_int_equal(worker_new(&w, &m, &no_files, NULL), INGLE_OK);
    assert_int_equal(worker_started(w)->packs, WORKER_TAGGER);
    struct msg_intent asked = {.text = TEXT("wake me up"), .n_top = 1};
    struct msg_intended told;
    ingle_error err = {0};
    assert_int_equal(intent(w, &asked, &told, &err), INGLE_NOT_FOUND);
    assert_non_null(strstr(err.msg, "no classifier"));
    worker_free(w);
}

static void bytes_that_are_no_pack_are_said_to_be_none(void **state) {
    (void)state;
    struct msg_start m = {.user_pack = TEXT("GGUF?"), .user_pack_name = "mine"};
    struct worker *w;
    ingle_error err = {0};
    assert_int_equal(worker_new(&w, &m, &no_files, &err), INGLE_INVALID);
    assert_null(w);
    assert_non_null(strstr(err.msg, "mine"));
}

static void the_classifier_says_as_many_labels_as_are_asked_for(void **state) {
    struct msg_intent asked = {.text = TEXT("wake me up at seven"), .n_top = 3};
    struct msg_intended told;
    assert_int_equal(intent(*state, &asked, &told, NULL), INGLE_OK);
    assert_int_equal(told.n_top, 3);
    assert_string_equal(told.top[0].label, "alarm");
    assert_true(told.top[0].confidence >= told.top[1].confidence);
}

static void labels_are_kept_for_the_requests_after(void **state) {
    static const ingle_label first[] = {{.name = "food", .description = "eating and cooking"},
                                        {.name = "travel", .description = "trains and flights"}};
    static const ingle_label second[] = {{.name = "cat"}, {.name = "dog"}, {.name = "horse"}};
    struct msg_intent asked = {
        .text = TEXT("when does my train leave"), .labels = first, .n_labels = 2, .n_top = 2};
    struct msg_intent same = {.text = asked.text, .same_labels = true, .n_top = 2};
    struct msg_intended told;
    assert_int_equal(intent(*state, &asked, &told, NULL), INGLE_OK);
    assert_string_equal(told.top[0].label, "travel");
    float confidence = told.top[0].confidence;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(intent(*state, &same, &told, NULL), INGLE_OK);
        assert_string_equal(told.top[0].label, "travel");
        assert_true(told.top[0].confidence == confidence);
    }
    asked.labels = second;
    asked.n_labels = 3;
    asked.n_top = same.n_top = 3;
    assert_int_equal(intent(*state, &asked, &told, NULL), INGLE_OK);
    assert_int_equal(intent(*state, &same, &told, NULL), INGLE_OK);
    assert_int_equal(told.n_top, 3);
    /* What is no set of labels takes the place of none. */
    asked.n_labels = 1;
    assert_int_equal(intent(*state, &asked, &told, NULL), INGLE_INVALID);
}

static void the_same_labels_as_never_are_refused(void **state) {
    struct msg_intent same = {.text = TEXT("a"), .same_labels = true, .n_top = 1};
    struct msg_intended told;
    assert_int_equal(intent(*state, &same, &told, NULL), INGLE_INVALID);
    assert_false(worker_is_dead(*state));
}

/* ---- documents and summaries ---- */

static void the_text_of_a_document_comes_in_pieces(void **state) {
    struct buf html;
    struct heard h = heard_new();
    struct msg_document_read told;
    buf_init(&html, 1 << 24);
    buf_add_str(&html, "<html><head><title>Long</title></head><body>");
    while (html.size < (size_t)3 << 20) buf_add_str(&html, "<p>One sentence among many.</p>");
    struct msg_document m = {.bytes = {html.data, html.size}, .name = "long.html"};
    assert_int_equal(ask(*state, MSG_DOCUMENT, msg_document, &m, msg_document_read, &told,
                         sizeof told, &h, NULL),
                     INGLE_OK);
    assert_string_equal(told.kind_name, "html");
    assert_string_equal(told.title, "Long");
    assert_true(h.text.size > (size_t)2 << 20);
    assert_memory_equal(h.text.data, "One sentence among many.", 24);
    heard_clear(&h);
    buf_clear(&html);
}

static void pages_lose_what_each_of_them_repeats(void **state) {
    struct heard h = heard_new();
    struct msg_document_read told;
    struct msg_document m = {.bytes = TEXT("Yearly report\nThe first page ends\n1\n\f"
                                           "Yearly report\nin a sentence of two.\n2\n\f"
                                           "Yearly report\nThe third one does not.\n3\n\f"),
                             .name = "pdf.txt",
                             .is_pages = true};
    assert_int_equal(ask(*state, MSG_DOCUMENT, msg_document, &m, msg_document_read, &told,
                         sizeof told, &h, NULL),
                     INGLE_OK);
    assert_non_null(strstr(h.text.data, "The first page ends\nin a sentence of two."));
    assert_null(strstr(h.text.data, "Yearly"));
    heard_clear(&h);
}

static void a_text_is_summarised_without_a_model(void **state) {
    struct heard h = heard_new();
    ingle_summary_result told;
    struct msg_summarize m = {.text = TEXT("The bridge was closed on Monday. Cracks had been found "
                                           "in two of its pillars. It rained a little."),
                              .length = INGLE_SUMMARY_SHORT,
                              .extractive = true};
    assert_int_equal(
        ask(*state, MSG_SUMMARIZE, msg_summarize, &m, msg_summarized, &told, sizeof told, &h, NULL),
        INGLE_OK);
    assert_true(told.is_extractive);
    assert_non_null(strstr(h.text.data, "bridge"));
    heard_clear(&h);
}

/* ---- without a model ---- */

static void what_needs_a_model_says_so(void **state) {
    struct msg_rewrite rewrite = {.text = TEXT("teh text"), .max_changed = 1};
    struct msg_draft draft = {.about = "lunch", .context = TEXT(""), .max_tokens = 9};
    struct msg_complete complete = {.file = {"a.c", "int a", 5, false}, .at = 5, .max_tokens = 9};
    assert_int_equal(ask(*state, MSG_REWRITE, msg_rewrite, &rewrite, NULL, NULL, 0, NULL, NULL),
                     INGLE_NOT_FOUND);
    assert_int_equal(ask(*state, MSG_DRAFT, msg_draft, &draft, NULL, NULL, 0, NULL, NULL),
                     INGLE_NOT_FOUND);
    assert_int_equal(ask(*state, MSG_COMPLETE, msg_complete, &complete, NULL, NULL, 0, NULL, NULL),
                     INGLE_NOT_FOUND);
    assert_false(worker_started(*state)->fills_middle);
}

/* ---- notifications ---- */

static void lines_of_other_apps_and_bad_ones_are_counted(void **state) {
    static const char *const apps[] = {"signal"};
    struct heard h = heard_new();
    ingle_digest_result told;
    struct msg_digest m = {.has_lines = true,
                           .lines = TEXT("{\"app\": \"Signal\", \"title\": \"Ana\"}\nno object\n"
                                         "{\"app\": \"Mail\", \"title\": \"Bob\"}\n[]\n"),
                           .lines_name = "list",
                           .apps = apps,
                           .n_apps = 1};
    assert_int_equal(
        ask(*state, MSG_DIGEST, msg_digest, &m, msg_digested, &told, sizeof told, &h, NULL),
        INGLE_OK);
    assert_int_equal(h.found.n, 1);
    assert_int_equal(h.found.n_others, 1);
    assert_int_equal(h.found.n_bad, 2);
    assert_int_equal(h.found.first_bad.where, 2);
    assert_non_null(strstr(h.found.first_bad.msg, "Line 2 of list"));
    assert_int_equal(h.n_groups, 1);
    assert_int_equal(told.n, 1);
    heard_clear(&h);
}

static void without_a_notification_there_is_no_digest(void **state) {
    struct heard h = heard_new();
    ingle_digest_result told;
    struct msg_digest m = {.has_lines = true, .lines = TEXT("nothing\n")};
    assert_int_equal(
        ask(*state, MSG_DIGEST, msg_digest, &m, msg_digested, &told, sizeof told, &h, NULL),
        INGLE_OK);
    assert_int_equal(h.found.n, 0);
    assert_int_equal(h.found.n_bad, 1);
    assert_int_equal(h.n_groups, 0);
    heard_clear(&h);
}

/* ---- redaction ---- */

static ingle_status redact(struct worker *w, const char *text, size_t len, const char *only,
                           const char *keep, struct heard *h, ingle_error *err) {
    struct msg_redact m = {.text = {text, len}, .only = only, .keep = keep};
    return ask(w, MSG_REDACT, msg_redact, &m, NULL, NULL, 0, h, err);
}

static void more_spans_than_one_message_holds_come_in_order(void **state) {
    struct buf text;
    struct heard h = heard_new();
    buf_init(&text, 1 << 24);
    for (int i = 0; i < 2 * MSG_SPANS_MAX + 5; i++) buf_addf(&text, "to a%d@example.org and ", i);
    assert_int_equal(redact(*state, text.data, text.size, "EMAIL_ADDRESS", NULL, &h, NULL),
                     INGLE_OK);
    assert_int_equal(h.n_spans, 2 * MSG_SPANS_MAX + 5);
    assert_string_equal(h.kind, "EMAIL_ADDRESS");
    heard_clear(&h);
    buf_clear(&text);
}

static void kinds_are_chosen_by_the_worker(void **state) {
    static const char text[] = "Write to ana@example.org.";
    struct heard h = heard_new();
    ingle_error err = {0};
    assert_int_equal(redact(*state, text, sizeof text - 1, NULL, "EMAIL_ADDRESS", &h, NULL),
                     INGLE_OK);
    assert_int_equal(h.n_spans, 0);
    assert_int_equal(redact(*state, text, sizeof text - 1, "MAIL", NULL, &h, &err),
                     INGLE_BAD_ARGUMENT);
    assert_non_null(strstr(err.msg, "'MAIL'"));
    heard_clear(&h);
}

/* ---- what is no request, and the end of one ---- */

static void visit_nothing(struct wire *w, void *message) {
    (void)w;
    (void)message;
}

static void a_malformed_request_is_refused_and_the_next_one_served(void **state) {
    for (int type = MSG_DOCUMENT; type < MSG_STARTED; type++) {
        int none = 0;
        ingle_status status =
            ask(*state, (enum msg_type)type, visit_nothing, &none, NULL, NULL, 0, NULL, NULL);
        bool says_nothing = type == MSG_DESCRIBE || type == MSG_STATUS;
        if (says_nothing) assert_int_not_equal(status, INGLE_UNSUPPORTED);
        if (says_nothing) continue;
        assert_int_equal(status, type <= MSG_EMBED ? INGLE_INVALID : INGLE_UNSUPPORTED);
    }
    the_classifier_says_as_many_labels_as_are_asked_for(state);
}

static void a_cancelled_task_does_not_end_the_next_one(void **state) {
    static const char text[] = "Write to ana@example.org.";
    struct heard h = heard_new();
    ingle_summary_result told;
    struct msg_summarize m = {.text = TEXT("One sentence here. Another one is there."),
                              .extractive = true};
    for (int i = 0; i < 3; i++) {
        worker_cancel(*state); /* the next one */
        assert_int_equal(redact(*state, text, sizeof text - 1, NULL, NULL, &h, NULL),
                         INGLE_CANCELLED);
        worker_cancel(*state);
        assert_int_equal(ask(*state, MSG_SUMMARIZE, msg_summarize, &m, msg_summarized, &told,
                             sizeof told, NULL, NULL),
                         INGLE_CANCELLED);
        a_text_is_summarised_without_a_model(state);
    }
    heard_clear(&h);
}

#define WITH_WORKER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(int argc, char **argv) {
    if (worker_is_role(argc, argv)) return worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_tells_which_packs_it_has),
        cmocka_unit_test(bytes_that_are_no_pack_are_said_to_be_none),
        WITH_WORKER(the_classifier_says_as_many_labels_as_are_asked_for),
        WITH_WORKER(labels_are_kept_for_the_requests_after),
        WITH_WORKER(the_same_labels_as_never_are_refused),
        WITH_WORKER(the_text_of_a_document_comes_in_pieces),
        WITH_WORKER(pages_lose_what_each_of_them_repeats),
        WITH_WORKER(a_text_is_summarised_without_a_model),
        WITH_WORKER(what_needs_a_model_says_so),
        WITH_WORKER(lines_of_other_apps_and_bad_ones_are_counted),
        WITH_WORKER(without_a_notification_there_is_no_digest),
        WITH_WORKER(more_spans_than_one_message_holds_come_in_order),
        WITH_WORKER(kinds_are_chosen_by_the_worker),
        WITH_WORKER(a_malformed_request_is_refused_and_the_next_one_served),
        WITH_WORKER(a_cancelled_task_does_not_end_the_next_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
