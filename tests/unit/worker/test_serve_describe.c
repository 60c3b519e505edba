/* worker/serve: what a model's file says of itself, with weights and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/served_model.h"
#include "worker/serve/worker_main.h"
#include "worker/wire/msg_describe.h"

static const struct msg_fact *find(const struct msg_described *m, const char *key) {
    const struct msg_fact *f = msg_fact_find(m, key);
    if (!f) fail_msg("There is no %s.", key);
    return f;
}

static void check(const struct msg_described *m) {
    assert_string_equal(m->architecture, "llama");
    assert_true(m->n_params > 1000);
    assert_true(m->file_size > 1000);
    assert_true(m->quantization[0]);
    assert_true(m->has_template);
    assert_string_equal(m->template_from, "the model");
    assert_true(m->tool_format[0]);
    assert_false(m->can_think); /* its template shows no thinking */
    const struct msg_fact *n_ctx = find(m, "llama.context_length");
    assert_int_equal(n_ctx->kind, INGLE_VALUE_UINT);
    assert_int_equal(n_ctx->number, SERVED_N_CTX);
    assert_int_equal(m->n_ctx_train, SERVED_N_CTX);
    assert_null(msg_fact_find(m, "llama.context"));
    const struct msg_fact *template = find(m, "tokenizer.chat_template");
    assert_int_equal(template->kind, INGLE_VALUE_STRING);
    assert_non_null(strstr(template->text.data, "<|im_start|>"));
    const struct msg_fact *words = find(m, "tokenizer.ggml.tokens");
    assert_true(words->is_array);
    assert_true(words->count > 100);
    assert_int_equal(words->text.len, 0);
}

static void a_model_is_described_with_weights_and_without(void **state) {
    (void)state;
    static const struct msg_start starts[] = {
        {.has_session = true}, {.has_session = true, .n_slots = 2}, {.vocab_only = true}};
    for (size_t i = 0; i < BASE_COUNT(starts); i++) {
        struct worker *w = served_worker(&starts[i]);
        struct msg_described told;
        const struct worker_ask ask = {.type = MSG_DESCRIBE,
                                       .visit = msg_empty,
                                       .request = "",
                                       .visit_result = msg_described,
                                       .result = &told,
                                       .result_size = sizeof told};
        served_ask(w, INGLE_OK, &ask, NULL);
        check(&told);
        served_ask(w, INGLE_OK, &ask, NULL); /* and again */
        check(&told);
        worker_free(w);
    }
}

static void without_a_model_there_is_nothing_to_describe(void **state) {
    (void)state;
    const struct worker_files none = {.packed = -1, .packed_new = -1};
    struct msg_start start = {0};
    struct worker *w;
    assert_int_equal(worker_new(&w, &start, &none, NULL), INGLE_OK);
    const struct worker_ask ask = {.type = MSG_DESCRIBE, .visit = msg_empty, .request = ""};
    served_ask(w, INGLE_REFUSED, &ask, NULL);
    worker_free(w);
}

/* ---- the message ---- */

static const struct msg_fact facts[] = {
    {.key = {"a", 1}, .count = 1, .kind = INGLE_VALUE_INT, .number = UINT64_MAX, .text = {"", 0}},
    {.key = {"b\0c", 3}, .count = 1, .kind = INGLE_VALUE_STRING, .text = {"x\0y", 3}},
    {.key = {"d", 1}, .is_array = true, .count = 7, .text = {"", 0}},
    {.key = {"e", 1}, .count = 1, .kind = INGLE_VALUE_FLOAT, .real = 0.5, .text = {"", 0}},
};

static void a_description_comes_back_as_it_was_or_not_at_all(void **state) {
    (void)state;
    const struct msg_described m = {.architecture = "llama",
                                    .name = "n",
                                    .quantization = "Q4_0",
                                    .n_params = 5,
                                    .file_size = 6,
                                    .fills_middle = true,
                                    .template_from = "chatml",
                                    .tool_format = "generic",
                                    .has_system = true,
                                    .facts = facts,
                                    .n_facts = BASE_COUNT(facts)};
    struct msg_described back;
    struct arena arena;
    struct buf bytes;
    arena_init(&arena, 1 << 20);
    buf_init(&bytes, 1 << 20);
    assert_int_equal(wire_write(&bytes, msg_described, &m, NULL), INGLE_OK);
    for (size_t n = 0; n <= bytes.size; n++) {
        ingle_status status =
            wire_read(&back, sizeof back, msg_described, bytes.data, n, &arena, NULL);
        assert_int_equal(status, n == bytes.size ? INGLE_OK : INGLE_INVALID);
    }
    assert_string_equal(back.tool_format, "generic");
    assert_true(back.fills_middle && back.has_system && !back.thinks);
    assert_int_equal(back.n_facts, BASE_COUNT(facts));
    assert_memory_equal(back.facts[1].key.data, "b\0c", 3);
    assert_memory_equal(back.facts[1].text.data, "x\0y", 3);
    assert_true(back.facts[0].number == UINT64_MAX);
    assert_true(back.facts[2].is_array && back.facts[2].count == 7);
    assert_true(back.facts[3].real == 0.5);
    buf_clear(&bytes);
    arena_clear(&arena);
}

int main(int argc, char **argv) {
    if (worker_is_role(argc, argv)) return worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_is_described_with_weights_and_without),
        cmocka_unit_test(without_a_model_there_is_nothing_to_describe),
        cmocka_unit_test(a_description_comes_back_as_it_was_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, served_model_make, served_model_remove);
}
