/* worker/serve: rows of logits, and verdicts on texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "support/refusal.h"
#include "support/served_model.h"
#include "worker/serve/worker_main.h"
#include "worker/wire/msg_judge.h"
#include "worker/wire/msg_logits.h"

#define N_VOCAB 320

/* ---- logits ---- */

static const ingle_token ids[] = {1, 45, 200, 7, 300};

struct rows {
    struct buf bytes; /* of MSG_ROWS */
    struct msg_top_item items[2 * N_VOCAB];
    size_t positions[8], n_items, n_rows;
    struct arena arena;
    size_t stop_after; /* bytes; 0 = never */
};

static bool hear_rows(enum msg_type type, const void *body, size_t size, void *user) {
    struct rows *r = user;
    if (type == MSG_ROWS) {
        assert_true(buf_add(&r->bytes, body, size));
        return r->stop_after == 0 || r->bytes.size < r->stop_after;
    }
    struct msg_top m;
    assert_int_equal(type, MSG_TOP);
    assert_int_equal(wire_read(&m, sizeof m, msg_top, body, size, &r->arena, NULL), INGLE_OK);
    assert_true(r->n_items + m.n <= BASE_COUNT(r->items));
    for (size_t i = 0; i < m.n; i++) r->items[r->n_items++] = m.items[i];
    if (m.is_last) r->positions[r->n_rows++] = m.position;
    return true;
}

static ingle_status ask_rows(struct worker *w, struct rows *r, const struct msg_logits *m,
                             ingle_error *err) {
    *r = (struct rows){.bytes.max = 1 << 26, .arena.max = 1 << 24, .stop_after = r->stop_after};
    const struct worker_ask ask = {
        .type = MSG_LOGITS, .visit = msg_logits, .request = m, .on_answer = hear_rows, .user = r};
    return worker_do(w, &ask, err);
}

static void clear(struct rows *r) {
    buf_clear(&r->bytes);
    arena_clear(&r->arena);
}

static void rows_are_those_of_the_engine(void **state) {
    const struct served_model *here = *state;
    const size_t n = BASE_COUNT(ids);
    float rows[BASE_COUNT(ids) * N_VOCAB];
    assert_int_equal(ingle_model_get_info(here->model).n_vocab, N_VOCAB);
    assert_int_equal(ingle_session_truncate(here->session, 0, NULL), INGLE_OK);
    assert_int_equal(ingle_session_eval(here->session, ids, n, rows, NULL), INGLE_OK);
    struct worker *w = served_worker(NULL);
    static struct rows r;
    struct msg_logits m = {.ids = ids, .n = n, .all = true};
    for (int i = 0; i < 2; i++) { /* a request leaves nothing behind for the next one */
        assert_int_equal(ask_rows(w, &r, &m, NULL), INGLE_OK);
        assert_int_equal(r.bytes.size, sizeof rows);
        assert_memory_equal(r.bytes.data, rows, sizeof rows);
        clear(&r);
    }
    m.all = false;
    assert_int_equal(ask_rows(w, &r, &m, NULL), INGLE_OK);
    assert_int_equal(r.bytes.size, N_VOCAB * sizeof(float));
    assert_memory_equal(r.bytes.data, rows + (n - 1) * N_VOCAB, r.bytes.size);
    clear(&r);
    worker_free(w);
}

static void the_likeliest_come_first(void **state) {
    const struct served_model *here = *state;
    struct worker *w = served_worker(NULL);
    static struct rows r;
    struct msg_logits m = {.ids = ids, .n = 2, .all = true, .top = INT32_MAX};
    assert_int_equal(ask_rows(w, &r, &m, NULL), INGLE_OK);
    assert_int_equal(r.n_rows, 2);
    assert_int_equal(r.n_items, 2 * N_VOCAB);
    for (size_t i = 0; i < r.n_items; i++) {
        size_t len;
        const char *bytes = ingle_token_bytes(here->model, r.items[i].token, true, &len);
        assert_int_equal(len, r.items[i].bytes.len);
        assert_memory_equal(bytes, r.items[i].bytes.data, len);
        assert_true(r.items[i].logprob < 0);
        if (i % N_VOCAB) assert_true(r.items[i].logit <= r.items[i - 1].logit);
    }
    clear(&r);
    m.all = false;
    m.top = 3;
    assert_int_equal(ask_rows(w, &r, &m, NULL), INGLE_OK);
    assert_int_equal(r.n_rows, 1);
    assert_int_equal(r.positions[0], 1);
    assert_int_equal(r.n_items, 3);
    clear(&r);
    worker_free(w);
}

static void what_cannot_be_computed_gives_no_row(void **state) {
    (void)state;
    struct worker *w = served_worker(NULL);
    static struct rows r;
    ingle_error err;
    static const ingle_token wrong[] = {1, 2, N_VOCAB};
    static ingle_token many[SERVED_N_CTX + 1];
    struct msg_logits m = {.ids = wrong, .n = 3, .all = true};
    expect_refusal(ask_rows(w, &r, &m, &err), INGLE_BAD_ARGUMENT, &err, "Token 2 is 320");
    assert_int_equal(r.bytes.size, 0);
    m = (struct msg_logits){.ids = many, .n = BASE_COUNT(many), .all = true};
    expect_refusal(ask_rows(w, &r, &m, &err), INGLE_CONTEXT_FULL, &err, "holds 1024 tokens");
    assert_int_equal(r.bytes.size, 0);
    m = (struct msg_logits){.ids = many, .n = 0};
    expect_refusal(ask_rows(w, &r, &m, &err), INGLE_BAD_ARGUMENT, &err, "No token");
    worker_free(w);
    w = served_worker(&(struct msg_start){.vocab_only = true});
    m.n = 1;
    expect_refusal(ask_rows(w, &r, &m, &err), INGLE_REFUSED, &err, "without a session");
    worker_free(w);
}

static void who_has_enough_rows_gets_no_more(void **state) {
    (void)state;
    struct worker *w = served_worker(NULL);
    static struct rows r = {.stop_after = 1};
    static ingle_token many[1000];
    struct msg_logits m = {.ids = many, .n = BASE_COUNT(many), .all = true};
    ingle_error err;
    assert_int_equal(ask_rows(w, &r, &m, &err), INGLE_CANCELLED);
    clear(&r);
    r.stop_after = 0;
    m.n = 2;
    assert_int_equal(ask_rows(w, &r, &m, &err), INGLE_OK);
    assert_int_equal(r.bytes.size, 2 * N_VOCAB * sizeof(float));
    clear(&r);
    worker_free(w);
}

/* ---- verdicts ---- */

static bool hear_verdicts(enum msg_type type, const void *body, size_t size, void *user) {
    assert_int_equal(type, MSG_VERDICTS);
    return buf_add(user, body, size);
}

static ingle_status judge(struct worker *w, struct buf *verdicts, struct msg_judged *told,
                          const struct msg_judge *m, ingle_error *err) {
    const struct worker_ask ask = {.type = MSG_JUDGE,
                                   .visit = msg_judge,
                                   .request = m,
                                   .visit_result = msg_judged,
                                   .result = told,
                                   .result_size = sizeof *told,
                                   .on_answer = hear_verdicts,
                                   .user = verdicts};
    buf_reset(verdicts);
    return worker_do(w, &ask, err);
}

static struct msg_judge of_schema(const char *schema, const char *text, bool lines) {
    return (struct msg_judge){
        .constraint = {.kind = CONSTRAINT_SCHEMA, .text = {schema, strlen(schema)}},
        .lines = lines,
        .text = {text, strlen(text)}};
}

static void expect_verdicts(struct worker *w, const struct msg_judge *m, const char *wanted) {
    struct buf verdicts = {.max = 1 << 20};
    struct msg_judged told;
    assert_int_equal(judge(w, &verdicts, &told, m, NULL), INGLE_OK);
    assert_null(told.refusal);
    assert_int_equal(verdicts.size, strlen(wanted));
    for (size_t i = 0; i < verdicts.size; i++) {
        assert_int_equal(verdicts.data[i], wanted[i] == 'y' ? VERDICT_YES : VERDICT_NO);
    }
    buf_clear(&verdicts);
}

static void texts_are_judged_one_by_one_or_line_by_line(void **state) {
    (void)state;
    struct worker *w = served_worker(&(struct msg_start){.vocab_only = true});
    struct msg_judge m = of_schema("{\"type\":\"integer\"}", "12", false);
    expect_verdicts(w, &m, "y");
    m = of_schema("{\"type\":\"integer\"}", "1x", false);
    expect_verdicts(w, &m, "n");
    m = of_schema("{\"type\":\"integer\"}", "\"1\"\n\"x\"\n\"-5\"", true);
    expect_verdicts(w, &m, "yny");
    m.text = (struct wire_text){"", 0};
    expect_verdicts(w, &m, "");
    worker_free(w);
}

static void verdicts_before_a_line_that_is_no_text_are_told(void **state) {
    (void)state;
    struct worker *w = served_worker(&(struct msg_start){.vocab_only = true});
    struct buf verdicts = {.max = 1 << 20};
    struct msg_judged told;
    ingle_error err;
    struct msg_judge m = of_schema("{\"type\":\"integer\"}", "\"1\"\n2\n\"3\"\n", true);
    expect_refusal(judge(w, &verdicts, &told, &m, &err), INGLE_INVALID, &err, "Text 2 is no JSON");
    assert_int_equal(verdicts.size, 1);
    buf_clear(&verdicts);
    worker_free(w);
}

static void more_texts_than_go_into_one_message(void **state) {
    (void)state;
    struct worker *w = served_worker(&(struct msg_start){.vocab_only = true});
    struct buf verdicts = {.max = 1 << 20}, text = {.max = 1 << 20};
    struct msg_judged told;
    for (int i = 0; i < 10000; i++) assert_true(buf_addf(&text, "\"%s\"\n", i % 3 ? "1" : "x"));
    struct msg_judge m = of_schema("{\"type\":\"integer\"}", text.data, true);
    assert_int_equal(judge(w, &verdicts, &told, &m, NULL), INGLE_OK);
    assert_int_equal(verdicts.size, 10000);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(verdicts.data[i], i % 3 ? VERDICT_YES : VERDICT_NO);
    }
    buf_clear(&verdicts);
    buf_clear(&text);
    worker_free(w);
}

static void a_constraint_that_is_not_supported_is_a_verdict_on_lines_only(void **state) {
    (void)state;
    static const char schema[] = "{\"$dynamicRef\": \"#x\"}";
    struct worker *w = served_worker(&(struct msg_start){.vocab_only = true});
    struct buf verdicts = {.max = 1 << 20};
    struct msg_judged told;
    ingle_error err;
    struct msg_judge m = of_schema(schema, "\"a\"\n\"b\"\n", true);
    assert_int_equal(judge(w, &verdicts, &told, &m, &err), INGLE_OK);
    assert_non_null(strstr(told.refusal, "$dynamicRef"));
    assert_int_equal(verdicts.size, 2);
    assert_int_equal(verdicts.data[0], VERDICT_NONE);
    assert_int_equal(verdicts.data[1], VERDICT_NONE);
    m = of_schema(schema, "\"a\"", false);
    expect_refusal(judge(w, &verdicts, &told, &m, &err), INGLE_REFUSED, &err, "$dynamicRef");
    assert_int_equal(verdicts.size, 0);
    m = of_schema("{", "\"a\"\n", true);
    assert_int_equal(judge(w, &verdicts, &told, &m, &err), INGLE_INVALID);
    buf_clear(&verdicts);
    worker_free(w);
}

int main(int argc, char **argv) {
    if (worker_is_role(argc, argv)) return worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_the_engine),
        cmocka_unit_test(the_likeliest_come_first),
        cmocka_unit_test(what_cannot_be_computed_gives_no_row),
        cmocka_unit_test(who_has_enough_rows_gets_no_more),
        cmocka_unit_test(texts_are_judged_one_by_one_or_line_by_line),
        cmocka_unit_test(verdicts_before_a_line_that_is_no_text_are_told),
        cmocka_unit_test(more_texts_than_go_into_one_message),
        cmocka_unit_test(a_constraint_that_is_not_supported_is_a_verdict_on_lines_only),
    };
    return cmocka_run_group_tests(tests, served_model_make, served_model_remove);
}
