/* worker/serve: snapshots of the prefix cache, tokens, and templates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "support/refusal.h"
#include "support/served_model.h"
#include "worker/serve/worker_main.h"
#include "worker/wire/msg_generate.h"
#include "worker/wire/msg_remember.h"
#include "worker/wire/msg_template.h"
#include "worker/wire/msg_tokens.h"

static const struct msg_start with_cache = {.has_session = true, .has_prefix_cache = true};

static bool collect(enum msg_type type, const void *body, size_t size, void *user) {
    assert_true(type == MSG_TEXT || type == MSG_SNAPSHOT);
    return buf_add(user, body, size);
}

/* ---- snapshots ---- */

static struct msg_generated generate(struct worker *w, struct buf *text) {
    static const char prompt[] =
        "What is said here must be longer than a page of sixty-four tokens, or nothing of it is "
        "worth being kept in a cache of whole pages. And so on, and so on, and so on, and so on.";
    struct msg_generated told;
    const struct msg_generate m = {.prompt = {prompt, sizeof prompt - 1},
                                   .sampling = ingle_sampling_options_default(),
                                   .max_tokens = 12,
                                   .n_logprobs = -1};
    const struct worker_ask ask = {.type = MSG_GENERATE,
                                   .visit = msg_generate,
                                   .request = &m,
                                   .visit_result = msg_generated,
                                   .result = &told,
                                   .result_size = sizeof told,
                                   .on_answer = collect,
                                   .user = text};
    served_ask(w, INGLE_OK, &ask, NULL);
    return told;
}

static bool remember(struct worker *w, struct buf *snapshot) {
    struct msg_remembered told;
    const struct worker_ask ask = {.type = MSG_REMEMBER,
                                   .visit = msg_empty,
                                   .request = "",
                                   .visit_result = msg_remembered,
                                   .result = &told,
                                   .result_size = sizeof told,
                                   .on_answer = collect,
                                   .user = snapshot};
    served_ask(w, INGLE_OK, &ask, NULL);
    return told.is_new;
}

static ingle_status restore_part(struct worker *w, const char *data, size_t size, bool is_first,
                                 bool is_last, ingle_error *err) {
    const struct msg_restore m = {.is_first = is_first, .is_last = is_last, .bytes = {data, size}};
    const struct worker_ask ask = {.type = MSG_RESTORE, .visit = msg_restore, .request = &m};
    return worker_do(w, &ask, err);
}

/* In parts of so many bytes, the last of which is given only if it `is_whole`. */
static ingle_status restore(struct worker *w, const struct buf *snapshot, size_t part,
                            bool is_whole, ingle_error *err) {
    for (size_t at = 0; at < snapshot->size; at += part) {
        bool is_last = snapshot->size - at <= part;
        size_t n = is_last ? snapshot->size - at : part;
        INGLE_TRY(restore_part(w, snapshot->data + at, is_last && !is_whole ? 0 : n, at == 0,
                               is_last, err));
    }
    return INGLE_OK;
}

static void a_snapshot_goes_from_one_worker_to_another(void **state) {
    (void)state;
    static const size_t parts[] = {1000, 65536, RESTORE_PART};
    struct buf snapshot = {.max = 1 << 26}, first = {.max = 1 << 16};
    struct worker *w = served_worker(&with_cache);
    struct msg_generated told = generate(w, &first);
    assert_int_equal(told.n_reused, 0);
    assert_true(remember(w, &snapshot));
    worker_free(w);
    for (size_t i = 0; i < BASE_COUNT(parts); i++) {
        struct buf text = {.max = 1 << 16}, again = {.max = 1 << 26};
        w = served_worker(&with_cache);
        assert_int_equal(restore(w, &snapshot, parts[i], true, NULL), INGLE_OK);
        told = generate(w, &text);
        assert_true(told.n_reused >= 64);
        assert_string_equal(text.data, first.data);
        assert_false(remember(w, &again)); /* nothing that was not there */
        assert_int_equal(again.size, 0);
        worker_free(w);
        buf_clear(&text);
        buf_clear(&again);
    }
    buf_clear(&first);
    buf_clear(&snapshot);
}

static void what_is_not_whole_counts_for_nothing(void **state) {
    (void)state;
    struct buf snapshot = {.max = 1 << 26}, text = {.max = 1 << 16};
    struct worker *w = served_worker(&with_cache);
    (void)generate(w, &text);
    assert_true(remember(w, &snapshot));
    worker_free(w);
    w = served_worker(&with_cache);
    ingle_error err;
    expect_refusal(restore(w, &snapshot, 1000, false, &err), INGLE_INVALID, &err, "ends");
    assert_int_equal(generate(w, &text).n_reused, 0);
    worker_free(w);
    w = served_worker(&with_cache);
    snapshot.data[snapshot.size / 2] ^= 1;
    expect_refusal(restore(w, &snapshot, 1000, true, &err), INGLE_INVALID, &err, "damaged");
    snapshot.data[snapshot.size / 2] ^= 1;
    assert_int_equal(generate(w, &text).n_reused, 0);
    worker_free(w);
    w = served_worker(&with_cache);
    buf_add(&snapshot, "x", 1);
    expect_refusal(restore(w, &snapshot, snapshot.size - 1, true, &err), INGLE_INVALID, &err,
                   "goes on after its end");
    expect_refusal(restore_part(w, "x", 1, false, true, &err), INGLE_BAD_ARGUMENT, &err,
                   "No snapshot has begun");
    worker_free(w);
    w = served_worker(NULL);
    expect_refusal(restore_part(w, "x", 1, true, true, &err), INGLE_REFUSED, &err,
                   "without a prefix cache");
    worker_free(w);
    buf_clear(&text);
    buf_clear(&snapshot);
}

/* ---- tokens ---- */

struct tokens {
    struct arena arena;
    ingle_token ids[20000];
    size_t n;
    struct buf bytes;
};

static bool hear_tokens(enum msg_type type, const void *body, size_t size, void *user) {
    struct tokens *t = user;
    struct msg_tokens m;
    assert_int_equal(type, MSG_TOKENS);
    assert_int_equal(wire_read(&m, sizeof m, msg_tokens, body, size, &t->arena, NULL), INGLE_OK);
    for (size_t i = 0; i < m.n; i++) {
        assert_true(t->n < BASE_COUNT(t->ids));
        t->ids[t->n++] = m.items[i].id;
        buf_add(&t->bytes, m.items[i].bytes.data, m.items[i].bytes.len);
    }
    return true;
}

static void a_text_becomes_tokens_and_a_text_again(void **state) {
    const struct served_model *s = *state;
    static struct tokens t;
    static char text[15000];
    static ingle_token wanted[20000];
    const struct msg_start start = {.vocab_only = true};
    struct worker *w = served_worker(&start);
    size_t n;
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i * i % 23);
    t = (struct tokens){.arena.max = 1 << 26, .bytes.max = 1 << 20};
    const struct msg_tokenize m = {
        .text = {text, sizeof text}, .no_bos = true, .wants_bytes = true};
    const struct worker_ask ask = {.type = MSG_TOKENIZE,
                                   .visit = msg_tokenize,
                                   .request = &m,
                                   .on_answer = hear_tokens,
                                   .user = &t};
    served_ask(w, INGLE_OK, &ask, NULL);
    assert_int_equal(
        ingle_tokenize(s->model, text, sizeof text, 0, wanted, BASE_COUNT(wanted), &n, NULL),
        INGLE_OK);
    assert_int_equal(t.n, n);
    assert_true(n > MSG_TOKENS_MAX); /* in several messages */
    assert_memory_equal(t.ids, wanted, n * sizeof *wanted);
    assert_memory_equal(t.bytes.data, text, sizeof text);

    struct buf back = {.max = 1 << 20};
    struct msg_detokenize d = {.ids = t.ids, .n = t.n};
    const struct worker_ask again = {.type = MSG_DETOKENIZE,
                                     .visit = msg_detokenize,
                                     .request = &d,
                                     .on_answer = collect,
                                     .user = &back};
    served_ask(w, INGLE_OK, &again, NULL);
    assert_int_equal(back.size, sizeof text);
    assert_memory_equal(back.data, text, sizeof text);
    ingle_error err;
    d = (struct msg_detokenize){.ids = &(ingle_token){1 << 30}, .n = 1};
    served_ask(w, INGLE_BAD_ARGUMENT, &again, &err);
    buf_clear(&back);
    buf_clear(&t.bytes);
    arena_clear(&t.arena);
    worker_free(w);
}

/* ---- templates ---- */

static void a_template_needs_no_model(void **state) {
    (void)state;
    const struct worker_files none = {.packed = -1, .packed_new = -1};
    struct msg_start start = {0};
    struct worker *w;
    struct msg_rendered told;
    struct buf text = {.max = 1 << 20};
    ingle_error err;
    struct msg_template m = {.source =
                                 "{\"chat_template\": \"<{{ messages[0].content }}>{{ x }}\"}",
                             .source_name = "mine",
                             .messages = "[{\"role\": \"user\", \"content\": \"hello\"}]",
                             .vars = "{\"x\": 7}",
                             .now = "2026-01-31T12:00:00"};
    const struct worker_ask ask = {.type = MSG_TEMPLATE,
                                   .visit = msg_template,
                                   .request = &m,
                                   .visit_result = msg_rendered,
                                   .result = &told,
                                   .result_size = sizeof told,
                                   .on_answer = collect,
                                   .user = &text};
    assert_int_equal(worker_new(&w, &start, &none, NULL), INGLE_OK);
    served_ask(w, INGLE_OK, &ask, NULL);
    assert_string_equal(text.data, "<hello>7");
    assert_true(told.n_spans >= 3);
    assert_int_equal(told.spans[1].start, 1);
    assert_int_equal(told.spans[1].len, 5);
    assert_true(told.spans[1].is_data);
    m.source = "{\"other\": 1}";
    served_ask(w, INGLE_INVALID, &ask, &err);
    expect_refusal(INGLE_INVALID, INGLE_INVALID, &err, "'mine' has no string");
    m.source = NULL;
    served_ask(w, INGLE_REFUSED, &ask, &err);
    expect_refusal(INGLE_REFUSED, INGLE_REFUSED, &err, "no language model here");
    buf_clear(&text);
    worker_free(w);
}

/* ---- what is cancelled ---- */

static bool hear_anything(enum msg_type type, const void *body, size_t size, void *user) {
    (void)type;
    (void)body;
    *(size_t *)user += size;
    return true;
}

/* Whoever asked must not take the beginning of an answer for all of it. */
static void half_an_answer_is_no_success(void **state) {
    (void)state;
    static char text[400000];
    static ingle_token ids[100000];
    static char messages[sizeof text + 100];
    const struct msg_start start = {.vocab_only = true};
    struct worker *w = served_worker(&start);
    size_t n_heard = 0;
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < BASE_COUNT(ids); i++) ids[i] = 'a' + 3;
    snprintf(messages, sizeof messages, "[{\"role\": \"user\", \"content\": \"%.*s\"}]",
             (int)sizeof text, text);
    const struct msg_tokenize tokenize = {.text = {text, sizeof text}};
    const struct msg_detokenize detokenize = {.ids = ids, .n = BASE_COUNT(ids)};
    const struct msg_template template = {.source = "{{ messages[0].content }}",
                                          .messages = messages};
    struct msg_rendered rendered;
    const struct worker_ask asks[] = {
        {.type = MSG_TOKENIZE, .visit = msg_tokenize, .request = &tokenize},
        {.type = MSG_DETOKENIZE, .visit = msg_detokenize, .request = &detokenize},
        {.type = MSG_TEMPLATE,
         .visit = msg_template,
         .request = &template,
         .visit_result = msg_rendered,
         .result = &rendered,
         .result_size = sizeof rendered},
    };
    for (size_t i = 0; i < BASE_COUNT(asks); i++) {
        struct worker_ask ask = asks[i];
        ask.on_answer = hear_anything;
        ask.user = &n_heard;
        n_heard = 0;
        served_ask(w, INGLE_OK, &ask, NULL);
        size_t n_whole = n_heard;
        n_heard = 0;
        worker_cancel(w); /* the next one */
        served_ask(w, INGLE_CANCELLED, &ask, NULL);
        assert_true(n_heard < n_whole);
    }
    worker_free(w);
}

int main(int argc, char **argv) {
    if (worker_is_role(argc, argv)) return worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_goes_from_one_worker_to_another),
        cmocka_unit_test(what_is_not_whole_counts_for_nothing),
        cmocka_unit_test(a_text_becomes_tokens_and_a_text_again),
        cmocka_unit_test(a_template_needs_no_model),
        cmocka_unit_test(half_an_answer_is_no_success),
    };
    return cmocka_run_group_tests(tests, served_model_make, served_model_remove);
}
