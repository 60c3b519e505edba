/* worker/serve: what the service asks for besides what the command line does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/compiler.h"
#include "support/many.h"
#include "worker/wire/msg_chat.h"
#include "worker/wire/msg_embed.h"
#include "worker/wire/msg_fill.h"
#include "worker/wire/msg_generate.h"
#include "worker/wire/msg_status.h"
#include "worker/wire/msg_tokens.h"

#define N_CTX 1024

static struct serving served;

#define PROMPT "Once upon a time there was a bird that sang, and a hill, and another bird"

static struct msg_generate generation(int max_tokens) {
    struct msg_generate m = {.prompt = {PROMPT, sizeof PROMPT - 1},
                             .sampling = ingle_sampling_options_default(),
                             .max_tokens = max_tokens,
                             .ignore_end = true,
                             .n_logprobs = -1};
    m.sampling.temperature = 0.0F;
    return m;
}

/* The text of what was answered. */
static struct buf text_of(const struct many *m) {
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t at = 0; at < m->answers.size;) {
        uint32_t head[2];
        memcpy(head, m->answers.data + at, sizeof head);
        at += sizeof head;
        if (head[0] == MSG_TEXT) assert_true(buf_add(&text, m->answers.data + at, head[1]));
        at += head[1];
    }
    return text;
}

static void ask(struct many *m, enum msg_type type, uint64_t client, wire_fn visit,
                const void *message, wire_fn visit_result, void *result, size_t size) {
    many_ask(m, type, client, visit, message);
    m->visit_result = visit_result;
    m->message = result;
    m->message_size = size;
    many_run(&served, m, 1, 1);
}

static struct msg_generated generate(const struct msg_generate *g, uint64_t client,
                                     struct buf *text) {
    struct many m;
    struct msg_generated told = {0};
    ask(&m, MSG_GENERATE, client, msg_generate, g, msg_generated, &told, sizeof told);
    if (m.error.code != INGLE_OK) fail_msg("%s", m.error.msg);
    *text = text_of(&m);
    many_clear(&m);
    return told;
}

static void expect_error(const struct many *m, ingle_status code, const char *saying) {
    assert_int_equal(m->error.code, code);
    if (!strstr(m->error.msg, saying)) fail_msg("%s", m->error.msg);
}

/* ---- MSG_GENERATE ---- */

static void tokens_are_a_prompt_as_their_text_is(void **state) {
    (void)state;
    ingle_token ids[256];
    size_t n;
    assert_int_equal(ingle_tokenize(served.server.model, PROMPT, strlen(PROMPT),
                                    INGLE_TOKENIZE_ADD_SPECIAL, ids, BASE_COUNT(ids), &n, NULL),
                     INGLE_OK);
    struct msg_generate g = generation(20);
    struct buf by_text, by_ids;
    struct msg_generated a = generate(&g, 1, &by_text);
    g.prompt = (struct wire_text){"", 0};
    g.ids = ids;
    g.n_ids = n;
    struct msg_generated b = generate(&g, 2, &by_ids);
    assert_int_equal(a.n_prompt, b.n_prompt);
    assert_int_equal(by_text.size, by_ids.size);
    assert_memory_equal(by_text.data, by_ids.data, by_ids.size);
    struct many m;
    ids[3] = 1 << 20;
    ask(&m, MSG_GENERATE, 2, msg_generate, &g, NULL, NULL, 0);
    expect_error(&m, INGLE_BAD_ARGUMENT, "Token 3 is 1048576; the vocabulary has");
    many_clear(&m);
    ids[3] = 3;
    g.prompt = (struct wire_text){"and", 3};
    ask(&m, MSG_GENERATE, 2, msg_generate, &g, NULL, NULL, 0);
    expect_error(&m, INGLE_BAD_ARGUMENT, "both are given");
    many_clear(&m);
    buf_clear(&by_text);
    buf_clear(&by_ids);
}

static void a_prompt_that_is_warmed_is_remembered_and_says_nothing(void **state) {
    (void)state;
    struct msg_generate g = generation(5);
    struct buf text, again;
    struct msg_generated cold = generate(&g, 10, &text);
    assert_int_equal(cold.n_reused, 0);
    g.warm = true;
    struct buf nothing;
    struct msg_generated warm = generate(&g, 11, &nothing);
    assert_int_equal(warm.n_reused, 0);
    assert_int_equal(warm.n_read, cold.n_read);
    assert_int_equal(warm.result.n_tokens, 0);
    assert_int_equal(nothing.size, 0);
    g.warm = false;
    struct msg_generated then = generate(&g, 11, &again);
    assert_int_equal(then.n_reused, then.n_prompt - 1);
    assert_int_equal(text.size, again.size);
    assert_memory_equal(text.data, again.data, again.size);
    buf_clear(&text);
    buf_clear(&again);
}

static void the_stop_string_that_ended_it_is_named(void **state) {
    (void)state;
    struct msg_generate g = generation(40);
    struct buf whole, text;
    struct msg_generated told = generate(&g, 20, &whole);
    assert_int_equal(told.result.reason, INGLE_STOP_LENGTH);
    assert_int_equal(told.result.stop, -1);
    assert_false(told.result.is_late);
    assert_true(whole.size > 16);
    char found[4] = {0}; /* of ASCII: the model writes bytes */
    size_t at = 1;
    while (at + 3 < whole.size &&
           ((whole.data[at] | whole.data[at + 1] | whole.data[at + 2]) & 0x80))
        at++;
    memcpy(found, whole.data + at, 3);
    g.stops = (const char *const[]){"is not in it", found, "nor this"};
    g.n_stops = 3;
    told = generate(&g, 20, &text);
    assert_int_equal(told.result.reason, INGLE_STOP_STRING);
    assert_int_equal(told.result.stop, 1);
    assert_true(text.size <= at);
    buf_clear(&whole);
    buf_clear(&text);
}

static void the_stop_string_that_ended_an_answer_is_named(void **state) {
    (void)state;
    static const char messages[] = "[{\"role\":\"user\",\"content\":\"Tell me of the birds.\"}]";
    static const char *const stops[] = {"is not in it", "e", "a", "t", " ", "o", "n"};
    struct msg_chat c = {.conversation = {.messages = {messages, sizeof messages - 1},
                                          .think_budget = -1,
                                          .now = 1790000000},
                         .sampling = ingle_sampling_options_default(),
                         .max_tokens = 200,
                         .stops = stops,
                         .n_stops = BASE_COUNT(stops),
                         .n_logprobs = -1};
    int n_found = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct many m;
        struct msg_chatted told = {.result = {.stop = -1}};
        c.sampling.seed = seed;
        ask(&m, MSG_CHAT, 30, msg_chat, &c, msg_chatted, &told, sizeof told);
        assert_int_equal(m.error.code, INGLE_OK);
        bool is_found = told.result.reason == INGLE_STOP_STRING;
        assert_true(is_found ? told.result.stop >= 1 && told.result.stop < (int)BASE_COUNT(stops)
                             : told.result.stop == -1);
        n_found += is_found;
        many_clear(&m);
    }
    assert_true(n_found > 0);
}

static void a_text_ends_when_its_time_is_up(void **state) {
    (void)state;
    struct msg_generate g = generation(-1);
    struct buf text;
    g.max_ms = 1;
    struct msg_generated told = generate(&g, 40, &text);
    assert_int_equal(told.result.reason, INGLE_STOP_LENGTH);
    assert_true(told.result.is_late);
    assert_true(told.result.n_tokens >= 1);
    buf_clear(&text);
    /* What must be of a form still is: it is closed. */
    g.ignore_end = false;
    g.constraint.kind = CONSTRAINT_REGEX;
    g.constraint.text = (struct wire_text){"x[ab]*y", 7};
    (void)generate(&g, 40, &text);
    assert_true(text.size >= 2);
    assert_int_equal(text.data[0], 'x');
    assert_int_equal(text.data[text.size - 1], 'y');
    buf_clear(&text);
}

/* ---- MSG_FILL ---- */

static struct msg_filled fill(const struct msg_fill *f, struct buf *text) {
    struct many m;
    struct msg_filled told = {.n_dropped = 0};
    ask(&m, MSG_FILL, 50, msg_fill, f, msg_filled, &told, sizeof told);
    if (m.error.code != INGLE_OK) fail_msg("%s", m.error.msg);
    *text = text_of(&m);
    many_clear(&m);
    return told;
}

static void the_middle_is_filled_between_two_texts(void **state) {
    (void)state;
    static const ingle_complete_file files[] = {{"b.h", "int b;\n", 7, false},
                                                {"c.h", "int c;\n", 7, false}};
    struct msg_fill f = {.rest = generation(8),
                         .prefix = {"int main() {\n", 13},
                         .suffix = {"}\n", 2},
                         .name = "a.c",
                         .files = files,
                         .n_files = 2};
    f.rest.prompt = (struct wire_text){"    return", 10};
    struct buf text;
    struct msg_filled told = fill(&f, &text);
    assert_int_equal(told.n_dropped, 0);
    assert_int_equal(told.n_files, 2);
    assert_int_equal(told.made.result.n_tokens, 8);
    assert_true(text.size > 0);
    buf_clear(&text);
    f.n_files = 0;
    size_t n_with = told.made.n_prompt;
    told = fill(&f, &text);
    assert_true(told.made.n_prompt < n_with);
    buf_clear(&text);
    f.rest.warm = true; /* as editors do before somebody types */
    told = fill(&f, &text);
    assert_int_equal(told.made.result.n_tokens, 0);
    assert_int_equal(text.size, 0);
}

static void what_does_not_fit_is_left_out_and_counted(void **state) {
    (void)state;
    struct buf lines, text;
    buf_init(&lines, 1 << 20);
    for (int i = 0; i < 400; i++) buf_addf(&lines, "line number %d of many\n", i);
    const ingle_complete_file file = {"b.h", "int b;\n", 7, false};
    struct msg_fill f = {.rest = generation(4),
                         .prefix = {lines.data, lines.size},
                         .suffix = {lines.data, lines.size},
                         .files = &file,
                         .n_files = 1};
    f.rest.prompt = (struct wire_text){"", 0};
    struct msg_filled told = fill(&f, &text);
    assert_int_equal(told.n_files, 0);
    assert_true(told.n_dropped > 1000);
    assert_true(told.made.n_prompt > N_CTX / 2 && told.made.n_prompt < N_CTX - 4);
    buf_clear(&text);
    buf_clear(&lines);
}

/* ---- MSG_EMBED ---- */

#define MAX_EMBD 256

/* Vector i of what was answered, and whether it was cut. */
static size_t take_vector(const struct many *m, size_t i, float values[MAX_EMBD], bool *was_cut) {
    for (size_t at = 0; at < m->answers.size;) {
        uint32_t head[2];
        struct msg_vector v;
        struct arena none = {.max = 0};
        memcpy(head, m->answers.data + at, sizeof head);
        at += sizeof head + head[1];
        if (head[0] != MSG_VECTOR || i-- > 0) continue;
        assert_int_equal(wire_read(&v, sizeof v, msg_vector, m->answers.data + at - head[1],
                                   head[1], &none, NULL),
                         INGLE_OK);
        assert_true(v.values.len <= MAX_EMBD * sizeof *values);
        memcpy(values, v.values.data, v.values.len);
        *was_cut = v.was_cut;
        return v.values.len / sizeof *values;
    }
    fail_msg("There is no such vector.");
    return 0;
}

static void texts_and_their_tokens_have_the_same_vector(void **state) {
    (void)state;
    struct many m;
    struct msg_embedded told = {0};
    float a[MAX_EMBD], b[MAX_EMBD], other[MAX_EMBD];
    ingle_token ids[128];
    bool was_cut;
    size_t n;
    assert_int_equal(ingle_tokenize(served.server.model, PROMPT, strlen(PROMPT),
                                    INGLE_TOKENIZE_ADD_SPECIAL, ids, BASE_COUNT(ids), &n, NULL),
                     INGLE_OK);
    const struct msg_embed_input inputs[] = {{.text = {PROMPT, sizeof PROMPT - 1}},
                                             {.text = {"", 0}, .ids = ids, .n_ids = n},
                                             {.text = {"other", 5}}};
    const struct msg_embed e = {.inputs = inputs, .n = BASE_COUNT(inputs)};
    ask(&m, MSG_EMBED, 70, msg_embed, &e, msg_embedded, &told, sizeof told);
    if (m.error.code != INGLE_OK) fail_msg("%s", m.error.msg);
    size_t n_embd = take_vector(&m, 0, a, &was_cut);
    assert_true(n_embd > 0 && !was_cut);
    assert_int_equal(take_vector(&m, 1, b, &was_cut), n_embd);
    assert_int_equal(take_vector(&m, 2, other, &was_cut), n_embd);
    assert_memory_equal(a, b, n_embd * sizeof *a);
    assert_memory_not_equal(a, other, n_embd * sizeof *a);
    assert_int_equal(told.n_vectors, 3);
    assert_true(told.n_tokens > 2 * n);
    many_clear(&m);
}

static void a_text_that_is_too_long_is_refused_or_cut(void **state) {
    (void)state;
    struct many m;
    struct msg_embedded told = {0};
    float vector[MAX_EMBD];
    bool was_cut;
    struct buf lines;
    buf_init(&lines, 1 << 20);
    for (int i = 0; i < 400; i++) buf_addf(&lines, "line number %d of many\n", i);
    const struct msg_embed_input input = {.text = {lines.data, lines.size}};
    struct msg_embed e = {.inputs = &input, .n = 1};
    ask(&m, MSG_EMBED, 71, msg_embed, &e, msg_embedded, &told, sizeof told);
    assert_int_equal(m.error.code, INGLE_CONTEXT_FULL);
    assert_int_equal(told.n_vectors, 0);
    many_clear(&m);
    e.cuts = true;
    ask(&m, MSG_EMBED, 71, msg_embed, &e, msg_embedded, &told, sizeof told);
    assert_int_equal(m.error.code, INGLE_OK);
    assert_true(take_vector(&m, 0, vector, &was_cut) > 0 && was_cut);
    assert_int_equal(told.n_tokens, N_CTX);
    many_clear(&m);
    buf_clear(&lines);
}

/* ---- MSG_STATUS ---- */

static struct msg_status status_now(void) {
    struct many m;
    struct msg_status told = {.n_slots = 0};
    ask(&m, MSG_STATUS, 60, msg_empty, NULL, msg_status, &told, sizeof told);
    assert_int_equal(m.error.code, INGLE_OK);
    many_clear(&m);
    return told;
}

static void the_status_counts_what_was_done(void **state) {
    (void)state;
    struct msg_status before = status_now();
    struct msg_generate g = generation(25);
    struct buf text;
    struct msg_generated told = generate(&g, 61, &text);
    struct msg_status after = status_now();
    assert_int_equal(after.n_slots, 2);
    assert_int_equal(after.n_waiting, 0);
    assert_int_equal(after.n_requests, before.n_requests + 2);
    assert_int_equal(after.n_prompt, before.n_prompt + told.n_prompt);
    assert_int_equal(after.n_generated, before.n_generated + 25);
    assert_true(after.n_passes > before.n_passes);
    assert_true(after.n_parts - before.n_parts >= after.n_passes - before.n_passes);
    assert_true(after.prompt_ms > before.prompt_ms);
    assert_true(after.generate_ms > before.generate_ms);
    assert_true(after.n_held >= told.n_prompt);
    assert_true(after.n_clients >= 1 && after.n_clients <= CLIENTS_MAX);
    assert_true(after.cache_tokens >= told.n_prompt);
    assert_true(after.cache_bytes > 0 && after.cache_bytes <= after.cache_max_bytes);
    assert_true(after.peak_memory > 1 << 20);
    /* A slot that has told the end is busy until it has turned round. */
    while (status_now().n_busy > 0) usleep(1000);
    buf_clear(&text);
    (void)generate(&g, 61, &text);
    assert_int_equal(status_now().n_reused, after.n_reused + told.n_prompt - 1);
    buf_clear(&text);
}

static void the_status_is_told_while_all_slots_work(void **state) {
    (void)state;
    struct many all[3];
    const struct msg_generate g = generation(-1);
    struct msg_status told = {.n_slots = 0};
    for (unsigned i = 0; i < 2; i++) {
        many_ask(&all[i], MSG_GENERATE, 70 + i, msg_generate, &g);
        many_send(&served, &all[i]);
        while (all[i].answers.size == 0 && many_is_open(&all[i])) many_hear(&served, all, 3, 10);
    }
    many_ask(&all[2], MSG_STATUS, 72, msg_empty, NULL);
    all[2].visit_result = msg_status;
    all[2].message = &told;
    all[2].message_size = sizeof told;
    many_send(&served, &all[2]);
    while (many_is_open(&all[2])) many_hear(&served, all, 3, 10);
    if (many_is_open(&all[0]) && many_is_open(&all[1])) assert_int_equal(told.n_busy, 2);
    for (unsigned i = 0; i < 3; i++) {
        if (many_is_open(&all[i])) many_cancel(&served, &all[i]);
        while (many_is_open(&all[i])) many_hear(&served, all, 3, 10);
        many_clear(&all[i]);
    }
}

static int start(void **state) {
    (void)state;
    return serving_start_slots(&served, N_CTX, 2) ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_a_prompt_as_their_text_is),
        cmocka_unit_test(a_prompt_that_is_warmed_is_remembered_and_says_nothing),
        cmocka_unit_test(the_stop_string_that_ended_it_is_named),
        cmocka_unit_test(the_stop_string_that_ended_an_answer_is_named),
        cmocka_unit_test(a_text_ends_when_its_time_is_up),
        cmocka_unit_test(the_middle_is_filled_between_two_texts),
        cmocka_unit_test(what_does_not_fit_is_left_out_and_counted),
        cmocka_unit_test(texts_and_their_tokens_have_the_same_vector),
        cmocka_unit_test(a_text_that_is_too_long_is_refused_or_cut),
        cmocka_unit_test(the_status_counts_what_was_done),
        cmocka_unit_test(the_status_is_told_while_all_slots_work),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
