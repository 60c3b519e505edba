/* task/rewrite: what is given to the model, what may stand in the place of a block, and what stays.
 * The model is a script. */
#include "task/rewrite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/map.h"
#include "support/chat_model.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/golden.h"
#include "support/torture.h"
#include "task/rewrite_check.h"
#include "task/rewrite_plan.h"
#include "task/rewrite_prompts.h"

/* ---- the script ---- */

struct script {
    const char *const *answers; /* one after the other; NULL: the passage itself */
    size_t n_asked;
    size_t n_ctx; /* in bytes: a token is a byte here */
    void (*edit)(struct buf *passage);
    char first_system[8192], last_system[8192];
    ingle_stop_reason reason;
};

static ingle_status script_ask(void *user, const struct ask *q, struct buf *answer,
                               ingle_stop_reason *reason, ingle_error *err) {
    struct script *s = user;
    const char *given = s->answers ? s->answers[s->n_asked] : NULL;
    if (given) {
        buf_add_str(answer, given);
    } else {
        buf_add(answer, q->text, q->len);
        if (s->edit) s->edit(answer);
    }
    snprintf(s->n_asked == 0 ? s->first_system : s->last_system, sizeof s->first_system, "%s",
             q->system);
    s->n_asked++;
    *reason = s->reason;
    if (buf_failed(answer)) return status_no_memory(err, "the answer", q->len);
    return INGLE_OK;
}

static ingle_status script_count(void *user, const struct ask *q, size_t *n_tokens, size_t *n_text,
                                 size_t *n_ctx, ingle_error *err) {
    struct script *s = user;
    (void)err;
    *n_text = q->len;
    *n_tokens = q->len + 20;
    *n_ctx = s->n_ctx ? s->n_ctx : SIZE_MAX / 4;
    return INGLE_OK;
}

static bool keep(const char *text, size_t len, void *user) {
    return buf_add(user, text, len);
}

struct seen {
    struct buf *text;
    char why[1024];
    size_t line, n;
};

static bool keep_seen(const char *text, size_t len, void *user) {
    return keep(text, len, ((struct seen *)user)->text);
}

static bool see(const ingle_rewrite_block *b, void *user) {
    struct seen *seen = user;
    seen->n++;
    if (b->kept_because) {
        snprintf(seen->why, sizeof seen->why, "%s", b->kept_because);
        seen->line = b->line;
    }
    return true;
}

static ingle_rewrite_result rewrite(struct script *script, const char *text, size_t len,
                                    ingle_rewrite_manner manner, struct seen *seen) {
    struct rewrite_model model = {.ask = script_ask, .count = script_count, .user = script};
    ingle_rewrite_options opt = ingle_rewrite_options_default();
    ingle_rewrite_result result;
    ingle_tasks *tasks;
    ingle_error err;
    opt.manner = manner;
    opt.instruction = manner == INGLE_REWRITE_FREE ? "Make it rhyme." : NULL;
    opt.on_text = keep_seen;
    opt.on_block = see;
    opt.user = seen;
    assert_int_equal(ingle_tasks_new(&tasks, NULL, NULL), INGLE_OK);
    if (rewrite_with(tasks, &model, text, len, &opt, &result, &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
    ingle_tasks_free(tasks);
    return result;
}

/* ---- structure ---- */

static void expect_unchanged_file(const char *path) {
    struct file_map map;
    ingle_error err;
    if (file_map_open(&map, path, &err) != INGLE_OK) {
        print_message("%s\n", err.msg);
        return;
    }
    const char *text = (const char *)map.data;
    for (ingle_rewrite_manner m = 0; m <= INGLE_REWRITE_FREE; m += INGLE_REWRITE_FREE) {
        struct buf out = {.max = map.size + 1};
        struct seen seen = {.text = &out};
        struct script script = {0};
        ingle_rewrite_result result = rewrite(&script, text, map.size, m, &seen);
        assert_true(result.n_blocks > 5);
        assert_int_equal(result.n_changed, 0);
        assert_int_equal(result.n_kept, 0);
        assert_int_equal(out.size, map.size);
        assert_memory_equal(out.data, text, out.size);
        buf_clear(&out);
    }
    file_map_close(&map);
}

static void a_model_that_changes_nothing_leaves_real_markdown_byte_for_byte(void **state) {
    (void)state;
    static const char *const files[] = {TEST_SOURCE "/README.md",
                                        TEST_SOURCE "/docs/architecture.md",
                                        TEST_SOURCE "/docs/speed.md",
                                        TEST_SOURCE "/docs/security.md",
                                        TEST_SOURCE "/docs/constrained-output.md",
                                        TEST_SOURCE "/docs/add-a-model.md"};
    for (size_t i = 0; i < BASE_COUNT(files); i++) expect_unchanged_file(files[i]);
}

static void replace_and(struct buf *b) {
    for (size_t i = 0; i + 5 <= b->size; i++) {
        if (memcmp(b->data + i, " and ", 5) == 0) memcpy(b->data + i, " but ", 5);
    }
}

/* Lines of code and tables, and how each other line begins. */
static uint64_t outline(const char *text, size_t len, size_t *n_headings) {
    uint64_t hash = 0;
    bool in_fence = false;
    *n_headings = 0;
    for (size_t at = 0; at < len;) {
        const char *newline = memchr(text + at, '\n', len - at);
        size_t end = newline ? (size_t)(newline - text) : len;
        bool fence = end - at >= 3 && memcmp(text + at, "```", 3) == 0;
        if (fence) in_fence = !in_fence;
        if (!in_fence && text[at] == '#') ++*n_headings;
        if (in_fence || fence || text[at] == '|' ||
            (end - at > 4 && memcmp(text + at, "    ", 4) == 0)) {
            for (size_t i = at; i < end; i++) hash = hash * 31 + (unsigned char)text[i];
        }
        at = end + 1;
    }
    return hash;
}

static void an_eager_model_changes_words_and_no_structure(void **state) {
    (void)state;
    static const char *const files[] = {TEST_SOURCE "/README.md", TEST_SOURCE "/docs/speed.md",
                                        TEST_SHARED "/data/text/rust_book.txt"};
    for (size_t i = 0; i < BASE_COUNT(files); i++) {
        struct file_map map;
        if (file_map_open(&map, files[i], NULL) != INGLE_OK) continue;
        const char *text = (const char *)map.data;
        size_t len = map.size > 200000 ? 200000 : map.size, n_before, n_after;
        while (len > 0 && text[len - 1] != '\n') len--;
        struct buf out = {.max = 2 * map.size};
        struct seen seen = {.text = &out};
        struct script script = {.edit = replace_and};
        ingle_rewrite_result result = rewrite(&script, text, len, INGLE_REWRITE_PLAIN, &seen);
        assert_true(result.n_changed > 10);
        uint64_t before = outline(text, len, &n_before),
                 after = outline(out.data, out.size, &n_after);
        assert_true(before == after);
        assert_int_equal(n_before, n_after);
        buf_clear(&out);
        file_map_close(&map);
    }
}

struct planned {
    const char *text, *units; /* the passages, separated by | */
    ingle_rewrite_manner manner;
};

static void prose_is_planned_and_nothing_else(void **state) {
    (void)state;
    static const struct planned cases[] = {
        {"", "", 0},
        {"One line only.", "One line only.", 0},
        {"Two paragraphs here.\n\nAnd here.", "Two paragraphs here.|And here.", 0},
        {"# A heading\n\nSome text.", "A heading|Some text.", INGLE_REWRITE_PROOFREAD},
        {"# A heading\n\nSome text.", "Some text.", INGLE_REWRITE_CONCISE},
        {"---\ntitle: A letter here\n---\nDear Ana, hello.", "Dear Ana, hello.", 0},
        {"```\nint the_code = here;\n```\nSome text.", "Some text.", 0},
        {"Some text.\n\n    indented code here\n\nMore text.", "Some text.|More text.", 0},
        {"| a b | c d |\n|---|---|\n| e f | g h |\n\nSome text.", "Some text.", 0},
        {"aa bb | cc dd\n--- | ---\nee ff | gg hh\n\nSome text.", "Some text.", 0},
        {"- first item\n- second item\n  goes on", "first item|second item|goes on", 0},
        {"1. first item\n2. second item", "first item|second item", 0},
        {"> quoted words here", "quoted words here", 0},
        {"<div align=center>\n\nSome text.\n\n</div>", "Some text.", 0},
        {"[link here]: https://example.com/a\n\nSome text.", "Some text.", 0},
        {"Best regards,\nMaria Silva", "Best regards,|Maria Silva", 0},
        {"A long line that was wrapped at this place, you\nsee, where it goes on to the end.",
         "A long line that was wrapped at this place, you see, where it goes on to the end.", 0},
        {"> A long line that was wrapped at this place, it\n> goes on in the quotation to the end.",
         "A long line that was wrapped at this place, it goes on in the quotation to the end.", 0},
        {"Word", "", 0},
        {"***\n\n42 17", "", 0},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        struct rewrite_plan plan;
        struct buf units = {.max = 4096};
        const char *text = cases[i].text;
        assert_int_equal(rewrite_plan_new(&plan, text, strlen(text), cases[i].manner, NULL),
                         INGLE_OK);
        for (size_t k = 0; k < plan.n; k++) {
            if (k > 0) buf_add_str(&units, "|");
            rewrite_unit_flat(&plan.units[k], text, &units);
        }
        assert_string_equal(units.data ? units.data : "", cases[i].units);
        buf_clear(&units);
        rewrite_plan_clear(&plan);
    }
}

static void wrapped_text_is_wrapped_again_as_it_was(void **state) {
    (void)state;
    static const char text[] = "> A long line that was wrapped at this place, it\n"
                               "> goes on in the quotation to the end.\n";
    static const char *const answers[] = {
        "A long line that was wrapped at this point, and it goes on in the [quotation that "
        "breaks](no) - until the end.",
        "A long line that was wrapped at this point, and it goes on in the quotation - until the "
        "end."};
    struct buf out = {.max = 4096};
    struct seen seen = {.text = &out};
    struct script script = {.answers = answers};
    ingle_rewrite_result result =
        rewrite(&script, text, sizeof text - 1, INGLE_REWRITE_PLAIN, &seen);
    assert_int_equal(result.n_retried, 1); /* the link was made up */
    assert_string_equal(out.data, "> A long line that was wrapped at this point,\n"
                                  "> and it goes on in the quotation - until the\n> end.\n");
    buf_clear(&out);
}

static void returns_at_the_ends_of_lines_stay(void **state) {
    (void)state;
    static const char text[] = "A long line that was wrapped at this place, and\r\n"
                               "it goes on to the end and on.\r\n\r\nMore and more.\r\n";
    struct buf out = {.max = 4096};
    struct seen seen = {.text = &out};
    struct script script = {.edit = replace_and};
    ingle_rewrite_result r = rewrite(&script, text, sizeof text - 1, INGLE_REWRITE_PLAIN, &seen);
    assert_int_equal(r.n_changed, 2);
    assert_string_equal(out.data, "A long line that was wrapped at this place, but\r\n"
                                  "it goes on to the end but on.\r\n\r\nMore but more.\r\n");
    buf_clear(&out);
}

/* ---- what passes ---- */

struct judged {
    const char *passage, *answer;
    const char *problem; /* NULL: it passes */
    ingle_rewrite_manner manner;
};

static void answers_are_judged(void **state) {
    (void)state;
    static const struct judged cases[] = {
        {"I has gone home.", "I have gone home.", NULL, 0},
        {"I has gone home.", "  \"I have gone home.\"\n", NULL, 0},
        {"I has gone home.", "Here is the corrected text:\n\nI have gone home.", NULL, 0},
        {"I has gone home.", "```\nI have gone home.\n```", NULL, 0},
        {"I has gone home.", "I have\ngone home.", NULL, 0},
        {"I has gone home.", "", "empty", 0},
        {"I has gone home.", "I have gone home.\n\nNote: I corrected it.", "paragraph", 0},
        {"I has gone home.", "# I have gone home.", "list", 0},
        {"I has gone home.", "- I have gone home.", "list", 0},
        {"I has gone home to see the sea at last.", "We were swimming under a blue and windy sky.",
         "% of the words", 0},
        {"I has gone home.", "I have\x19 gone home.", "control", 0},
        {"Some words are here.", "Nothing of it", "not one word", INGLE_REWRITE_PLAIN},
        {"Some words are here.", "Nothing of it", NULL, INGLE_REWRITE_FREE},
        {"Run `make run` now.", "Run `make run` at once.", NULL, INGLE_REWRITE_PLAIN},
        {"Run `make run` now.", "Run make run at once.", "`code`", INGLE_REWRITE_PLAIN},
        {"Run `make run` now.", "Run `make all` at once.", "`code`", INGLE_REWRITE_PLAIN},
        {"See [the docs](a.md) now.", "Look at [the docs](a.md).", NULL, INGLE_REWRITE_PLAIN},
        {"See [the docs](a.md) now.", "Look at [the docs](b.md).", "link", INGLE_REWRITE_PLAIN},
        {"See [the docs](a.md) now.", "Look at the docs.", "link", INGLE_REWRITE_PLAIN},
        {"It is **very** late.", "It is **really** late.", NULL, INGLE_REWRITE_PLAIN},
        {"It is **very** late.", "It is **really late.", "emphasis", INGLE_REWRITE_PLAIN},
        {"We paid 20 euros in May.", "We have paid 20 euros in May.", NULL, INGLE_REWRITE_FORMAL},
        {"We paid 20 euros in May.", "We have paid 30 euros in May.", "amount \"30 euros\"",
         INGLE_REWRITE_FORMAL},
        {"We met Ana.", "We had the pleasure of meeting Ana Costa.", "name \"Costa\"",
         INGLE_REWRITE_FORMAL},
        {"The bill is paid.", "The bill has not been paid.", "negation", INGLE_REWRITE_FORMAL},
        {"Short one.",
         "A very long answer that goes on and on about nothing at all, until nobody "
         "wants to read it to its very end, which comes too late for everyone.",
         "too long", INGLE_REWRITE_CONCISE},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        const struct judged *c = &cases[i];
        struct rewrite_rules rules = {.manner = c->manner, .max_changed = 0.4};
        struct buf answer = {.max = 4096}, problem = {.max = 4096};
        buf_add_str(&answer, c->answer);
        rewrite_clean(&answer, c->passage, strlen(c->passage));
        assert_int_equal(
            rewrite_check(&rules, c->passage, strlen(c->passage), &answer, &problem, NULL),
            INGLE_OK);
        bool passes = problem.size == 0;
        if (passes != (c->problem == NULL) || (!passes && !strstr(problem.data, c->problem))) {
            fail_msg("'%s' -> '%s': %s", c->passage, c->answer, passes ? "passes" : problem.data);
        }
        buf_clear(&answer);
        buf_clear(&problem);
    }
}

static void a_block_that_fails_is_asked_for_again_and_then_stays(void **state) {
    (void)state;
    static const char text[] = "First words.\n\nWe paid 20 euros.\n\nLast words.\n";
    static const char *const mended[] = {"Some words.", "We paid 30 euros.", "We did pay 20 euros.",
                                         "Final words."};
    static const char *const stubborn[] = {"Some words.", "We paid 30 euros.", "We paid 40 euros.",
                                           "Final words."};
    struct buf out = {.max = 4096};
    struct seen seen = {.text = &out};
    struct script script = {.answers = mended};
    ingle_rewrite_result r = rewrite(&script, text, sizeof text - 1, INGLE_REWRITE_FORMAL, &seen);
    assert_string_equal(out.data, "Some words.\n\nWe did pay 20 euros.\n\nFinal words.\n");
    assert_int_equal(r.n_blocks, 3);
    assert_int_equal(r.n_changed, 3);
    assert_int_equal(r.n_retried, 1);
    assert_int_equal(r.n_kept, 0);

    buf_reset(&out);
    seen = (struct seen){.text = &out};
    script = (struct script){.answers = stubborn};
    r = rewrite(&script, text, sizeof text - 1, INGLE_REWRITE_FORMAL, &seen);
    assert_string_equal(out.data, "Some words.\n\nWe paid 20 euros.\n\nFinal words.\n");
    assert_int_equal(r.n_kept, 1);
    assert_int_equal(r.n_changed, 2);
    assert_int_equal(seen.line, 3);
    assert_int_equal(seen.n, 3);
    assert_non_null(strstr(seen.why, "\"40 euros\""));
    buf_clear(&out);
}

static void the_second_question_says_what_was_wrong(void **state) {
    (void)state;
    static const char *const answers[] = {"We paid 30 euros.", "We paid 20 euros."};
    struct buf out = {.max = 4096};
    struct seen seen = {.text = &out};
    struct script script = {.answers = answers};
    rewrite(&script, "We paid 20 euros.", 17, INGLE_REWRITE_FORMAL, &seen);
    assert_null(strstr(script.first_system, "30 euros"));
    assert_non_null(strstr(script.last_system, "\"30 euros\""));
    buf_clear(&out);
}

static void a_block_longer_than_the_context_goes_in_parts(void **state) {
    (void)state;
    struct buf text = {.max = 1 << 16}, out = {.max = 1 << 16};
    for (int i = 0; i < 40; i++) buf_addf(&text, "%sThe cat and the dog sat here.", i ? " " : "");
    struct seen seen = {.text = &out};
    struct script script = {.n_ctx = 500, .edit = replace_and};
    ingle_rewrite_result r = rewrite(&script, text.data, text.size, INGLE_REWRITE_PLAIN, &seen);
    assert_true(script.n_asked > 3);
    assert_int_equal(r.n_changed, 1);
    assert_int_equal(out.size, text.size);
    assert_null(strstr(out.data, " and "));
    buf_clear(&text);
    buf_clear(&out);
}

static void a_sentence_longer_than_the_context_stays_and_is_said(void **state) {
    (void)state;
    struct buf text = {.max = 1 << 16}, out = {.max = 1 << 16};
    for (int i = 0; i < 100; i++) buf_addf(&text, "%sword and", i ? " " : "");
    struct seen seen = {.text = &out};
    struct script script = {.n_ctx = 60, .edit = replace_and};
    ingle_rewrite_result r = rewrite(&script, text.data, text.size, INGLE_REWRITE_PLAIN, &seen);
    assert_int_equal(r.n_kept, 1);
    assert_non_null(strstr(seen.why, "too long for the context"));
    assert_string_equal(out.data, text.data);
    buf_clear(&text);
    buf_clear(&out);
}

static void an_answer_that_does_not_end_stays_out(void **state) {
    (void)state;
    struct buf out = {.max = 4096};
    struct seen seen = {.text = &out};
    struct script script = {.reason = INGLE_STOP_LENGTH};
    rewrite(&script, "Some words here.", 16, INGLE_REWRITE_PLAIN, &seen);
    assert_non_null(strstr(seen.why, "did not come to an end"));
    assert_string_equal(out.data, "Some words here.");
    buf_clear(&out);
}

/* The script's answers live on the stack, the rewriter's on the heap. */
static ingle_status rewrite_one(ingle_error *err) {
    static const char *const answers[] = {"We paid 30 euros.", "We did pay 20 euros."};
    struct script script = {.answers = answers};
    struct rewrite_model model = {.ask = script_ask, .count = script_count, .user = &script};
    ingle_rewrite_options opt = ingle_rewrite_options_default();
    ingle_rewrite_result result;
    ingle_tasks *tasks;
    INGLE_TRY(ingle_tasks_new(&tasks, NULL, err));
    ingle_status status = rewrite_with(tasks, &model, "We paid 20 euros.", 17, &opt, &result, err);
    if (status == INGLE_OK) assert_int_equal(result.n_changed, 1);
    ingle_tasks_free(tasks);
    return status;
}

static void memory_that_runs_out_is_said(void **state) {
    (void)state;
    assert_true(torture(rewrite_one) > 20);
}

/* ---- prompts ---- */

static void the_prompts_are_these(void **state) {
    (void)state;
    static const char *const names[] = {"proofread", "concise", "formal",
                                        "friendly",  "plain",   "free"};
    for (ingle_rewrite_manner m = 0; m <= INGLE_REWRITE_FREE; m++) {
        struct buf text = {.max = 1 << 16};
        char file[64];
        rewrite_system_prompt(&text, m, m == INGLE_REWRITE_FREE ? "Write it as a poem." : NULL,
                              m == INGLE_REWRITE_FORMAL ? "had the number \"3\"." : NULL);
        buf_add_str(&text, "\n");
        snprintf(file, sizeof file, "rewrite-%s.txt", names[m]);
        expect_golden(TEST_GOLDEN, file, &text);
        buf_clear(&text);
    }
}

/* ---- the public function, with a real (random) model ---- */

static bool stop_at_once(const ingle_progress *p, void *user) {
    (void)p, (void)user;
    return false;
}

static void it_runs_on_a_model_and_stops_when_told(void **state) {
    (void)state;
    ingle_model *model = chat_model(chat_family(0)->source, false);
    ingle_session_options session = ingle_session_options_default();
    session.n_ctx = 2048;
    session.n_threads = 1;
    ingle_tasks_options options = ingle_tasks_options_default();
    options.model = model;
    options.session = &session;
    ingle_tasks *tasks;
    ingle_error err;
    ingle_rewrite_result result;
    struct buf out = {.max = 1 << 16};
    static const char text[] = "# One heading\n\nSome text.\n\n```\ncode here now\n```\n";
    ingle_rewrite_options opt = ingle_rewrite_options_default();
    opt.on_text = keep;
    opt.user = &out;
    assert_int_equal(ingle_tasks_new(&tasks, &options, NULL), INGLE_OK);
    assert_int_equal(ingle_rewrite(tasks, text, sizeof text - 1, &opt, &result, &err), INGLE_OK);
    assert_int_equal(result.n_blocks, 2);
    assert_non_null(strstr(out.data, "\n\n```\ncode here now\n```\n"));
    assert_memory_equal(out.data, "# ", 2);

    opt.on_progress = stop_at_once;
    assert_int_equal(ingle_rewrite(tasks, text, sizeof text - 1, &opt, &result, &err),
                     INGLE_CANCELLED);
    opt.on_progress = NULL;
    ingle_tasks_cancel(tasks);
    assert_int_equal(ingle_rewrite(tasks, text, sizeof text - 1, &opt, &result, &err),
                     INGLE_CANCELLED);
    assert_int_equal(ingle_rewrite(tasks, "\xff", 1, &opt, &result, &err), INGLE_INVALID);
    opt.manner = INGLE_REWRITE_FREE;
    assert_int_equal(ingle_rewrite(tasks, "a b", 3, &opt, &result, &err), INGLE_BAD_ARGUMENT);
    buf_clear(&out);
    ingle_tasks_free(tasks);
    assert_int_equal(ingle_tasks_new(&tasks, NULL, NULL), INGLE_OK);
    assert_int_equal(ingle_rewrite(tasks, "a b", 3, NULL, NULL, &err), INGLE_NOT_FOUND);
    ingle_tasks_free(tasks);
    ingle_model_close(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_that_changes_nothing_leaves_real_markdown_byte_for_byte),
        cmocka_unit_test(an_eager_model_changes_words_and_no_structure),
        cmocka_unit_test(prose_is_planned_and_nothing_else),
        cmocka_unit_test(wrapped_text_is_wrapped_again_as_it_was),
        cmocka_unit_test(returns_at_the_ends_of_lines_stay),
        cmocka_unit_test(answers_are_judged),
        cmocka_unit_test(a_block_that_fails_is_asked_for_again_and_then_stays),
        cmocka_unit_test(the_second_question_says_what_was_wrong),
        cmocka_unit_test(a_block_longer_than_the_context_goes_in_parts),
        cmocka_unit_test(a_sentence_longer_than_the_context_stays_and_is_said),
        cmocka_unit_test(an_answer_that_does_not_end_stays_out),
        cmocka_unit_test(memory_that_runs_out_is_said),
        cmocka_unit_test(the_prompts_are_these),
        cmocka_unit_test(it_runs_on_a_model_and_stops_when_told),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
