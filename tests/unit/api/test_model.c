/* ingle/model.h, ingle/cpu.h and the version: arguments, what a model says of itself, models that
 * are opened for their vocabulary only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/gguf_edit.h"
#include "support/gguf_writer.h"

static const struct make_model_spec tiny = {.n_layer = 2, .head_dim = 24};
static char path[128];

static int make_file(void **state) {
    if (folder_make(state) != 0) return -1;
    snprintf(path, sizeof path, "%s", folder_file("tiny.gguf"));
    return make_model_write(path, &tiny) ? 0 : -1;
}

static void the_version_is_that_of_the_header(void **state) {
    (void)state;
    char wanted[32];
    snprintf(wanted, sizeof wanted, "%d.%d.%d", INGLE_VERSION_MAJOR, INGLE_VERSION_MINOR,
             INGLE_VERSION_PATCH);
    assert_string_equal(ingle_version(), wanted);
}

static void the_tiers_are_listed_lowest_first_and_end_with_null(void **state) {
    (void)state;
    bool available = false;
    assert_string_equal(ingle_cpu_tier(0, &available), "ref");
    assert_true(available);
    size_t n = 0;
    while (ingle_cpu_tier(n, &available)) n++;
    assert_in_range(n, 1, 10);
    assert_false(available); /* of one that does not exist */
    assert_null(ingle_cpu_tier(SIZE_MAX, NULL));
    assert_string_equal(ingle_cpu_tier(0, NULL), "ref");
    const char *best = ingle_cpu_get_info().tier, *highest = NULL, *name;
    for (size_t i = 0; (name = fixture_tier(i)); i++) highest = name;
    assert_string_equal(best, highest);
}

static void the_machine_has_cores_and_memory(void **state) {
    (void)state;
    ingle_cpu_info info = ingle_cpu_get_info();
    assert_in_range(info.n_usable, 1, info.n_cores);
    assert_true(info.memory > 1 << 20);
    assert_true(info.quota >= 0);
    assert_non_null(memchr(info.name, 0, sizeof info.name));
}

/* ---- opening ---- */

static void refuses(const char *opened, const ingle_model_options *options, ingle_status code,
                    const char *saying) {
    ingle_model *model = (ingle_model *)path;
    ingle_error err = {0};
    uint64_t live = mem_live();
    expect_refusal(ingle_model_open(&model, opened, options, &err), code, &err, saying);
    assert_null(model);
    model = (ingle_model *)path;
    assert_int_equal(ingle_model_open(&model, opened, options, NULL), code);
    assert_null(model);
    assert_int_equal(mem_live(), live);
}

static void a_missing_argument_is_named(void **state) {
    (void)state;
    refuses(NULL, NULL, INGLE_BAD_ARGUMENT, "path is NULL");
    ingle_error err = {0};
    expect_refusal(ingle_model_open(NULL, path, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "out is NULL");
    assert_int_equal(ingle_model_open(NULL, NULL, NULL, NULL), INGLE_BAD_ARGUMENT);
    ingle_model_close(NULL);
}

static void options_out_of_range_are_named_with_the_range(void **state) {
    (void)state;
    static const int wrong[] = {-1, 257, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ingle_model_options options = ingle_model_options_default();
        options.n_threads = wrong[i];
        char saying[64];
        snprintf(saying, sizeof saying, "n_threads is %d; it must be from 0 to 256", wrong[i]);
        refuses(path, &options, INGLE_BAD_ARGUMENT, saying);
    }
}

static void a_tier_is_known_and_available_or_refused(void **state) {
    (void)state;
    static const char *const unknown[] = {"", "avx", "REF", "avx2 ", "ref\n"};
    ingle_model_options options = ingle_model_options_default();
    for (size_t i = 0; i < BASE_COUNT(unknown); i++) {
        options.tier = unknown[i];
        refuses(path, &options, INGLE_BAD_ARGUMENT, "is not the name of a kernel tier");
    }
#if defined(__x86_64__)
    options.tier = "neon";
#else
    options.tier = "avx2";
#endif
    refuses(path, &options, INGLE_BAD_ARGUMENT, "is not available on this machine; the best is");
    static const char long_name[] = "a name that is far longer than any tier has ever been called";
    options.tier = long_name;
    refuses(path, &options, INGLE_BAD_ARGUMENT, "'a name that is far longer than any tier");
}

static void files_that_are_no_model_say_why(void **state) {
    (void)state;
    refuses(folder_file("nothing"), NULL, INGLE_NOT_FOUND, "nothing");
    refuses("", NULL, INGLE_NOT_FOUND, "open ''");
    assert_int_equal(mkdir(folder_file("folder"), 0700), 0);
    refuses(folder_file("folder"), NULL, INGLE_INVALID, "not a regular file");
    assert_int_equal(remove(folder_file("folder")), 0);
    assert_true(save_bytes(folder_file("text"), "once upon a time, long ago", 26));
    refuses(folder_file("text"), NULL, INGLE_INVALID, "not a GGUF file");
    struct make_model_spec strange = tiny;
    strange.arch = "gptx";
    refuses(fixture_write("strange.gguf", &strange), NULL, INGLE_UNSUPPORTED, "'gptx'");
}

static void a_vocabulary_larger_than_the_weights_is_refused(void **state) {
    (void)state;
    struct make_model_spec tied = tiny;
    tied.tied = true;
    char cut[128];
    snprintf(cut, sizeof cut, "%s", folder_file("cut.gguf"));
    assert_true(
        gguf_edit_copy(fixture_write("tied.gguf", &tied), cut,
                       &(struct gguf_edit){.reshape = "token_embd.weight", .dims = {64, 300}}));
    refuses(cut, NULL, INGLE_INVALID, "has 320 tokens in its vocabulary but rows for 300");
}

static void success_leaves_err_alone(void **state) {
    (void)state;
    ingle_model *model;
    ingle_error err;
    mark_error(&err);
    assert_int_equal(ingle_model_open(&model, path, NULL, &err), INGLE_OK);
    expect_marked(&err);
    ingle_model_close(model);
}

/* ---- what it says ---- */

static void a_model_says_what_it_is(void **state) {
    (void)state;
    const char *tier;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        ingle_model *model = fixture_open(path, tier);
        ingle_model_info info = ingle_model_get_info(model);
        assert_string_equal(info.architecture, "llama");
        assert_string_equal(info.name, "random weights");
        assert_string_equal(info.tier, tier);
        assert_int_equal(info.n_vocab, 320);
        assert_int_equal(info.n_embd, 64);
        assert_int_equal(info.n_layer, 2);
        assert_int_equal(info.n_head, 4);
        assert_int_equal(info.n_head_kv, 2);
        assert_int_equal(info.head_dim, 24);
        assert_int_equal(info.n_ff, 128);
        assert_int_equal(info.n_ctx_train, 512);
        /* Embedding and head, the last norm; per layer 2 norms, q k v o, gate up down. */
        uint64_t layer = 2 * 64 + 64 * (96 + 48 + 48 + 96) + 3 * 64 * 128;
        assert_int_equal(info.n_params, 2 * 320 * 64 + 64 + 2 * layer);
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(info.file_size, st.st_size);
        assert_true(info.packed_size >= (info.n_params - 320 * 64) * 4 - 5 * 64 * 4);
        assert_true(info.packed_size < info.n_params * 4 + 15 * 4096);
        assert_true(info.open_ms >= 0 && info.pack_ms >= 0);
        ingle_model_close(model);
    }
}

static void no_model_says_nothing(void **state) {
    (void)state;
    ingle_model_info info = ingle_model_get_info(NULL);
    assert_string_equal(info.architecture, "");
    assert_string_equal(info.name, "");
    assert_string_equal(info.tier, "");
    assert_int_equal(info.n_vocab, 0);
}

static void any_number_of_packing_threads_makes_the_same_model(void **state) {
    (void)state;
    float wanted[320];
    for (int n_threads = 0; n_threads <= 7; n_threads++) {
        ingle_model_options options = ingle_model_options_default();
        options.n_threads = n_threads;
        ingle_model *model;
        assert_int_equal(ingle_model_open(&model, path, &options, NULL), INGLE_OK);
        ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 16});
        fixture_eval(s, (const ingle_token[]){1, 2, 3}, 3);
        if (n_threads == 0) memcpy(wanted, ingle_session_logits(s), sizeof wanted);
        assert_memory_equal(ingle_session_logits(s), wanted, sizeof wanted);
        ingle_session_free(s);
        ingle_model_close(model);
    }
}

/* ---- vocab_only ---- */

static void a_model_for_its_vocabulary_tokenises_but_does_not_run(void **state) {
    (void)state;
    ingle_model_options options = ingle_model_options_default();
    options.vocab_only = true;
    ingle_model *model;
    assert_int_equal(ingle_model_open(&model, path, &options, NULL), INGLE_OK);
    ingle_model_info info = ingle_model_get_info(model);
    assert_string_equal(info.architecture, "llama");
    assert_int_equal(info.n_vocab, 320);
    assert_int_equal(info.n_embd, 0);
    assert_int_equal(info.packed_size, 0);
    assert_true(info.file_size > 0);
    ingle_token ids[16];
    size_t n;
    assert_int_equal(ingle_tokenize(model, "hat", 3, 0, ids, 16, &n, NULL), INGLE_OK);
    assert_int_equal(n, 3);
    assert_int_equal(ids[0], 'h');
    ingle_session *session = (ingle_session *)path;
    ingle_error err = {0};
    expect_refusal(ingle_session_new(&session, model, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "vocabulary only");
    assert_null(session);
    /* A sampler needs no weights: the logits may come from elsewhere. */
    ingle_sampler *sampler = fixture_sampler(model, NULL);
    float logits[320] = {[7] = 100};
    assert_int_equal(ingle_sampler_sample(sampler, logits), 7);
    ingle_sampler_free(sampler);
    ingle_model_close(model);
}

static void write_vocabulary(const char *saved, const char *architecture) {
    struct gguf_writer w;
    gguf_writer_init(&w);
    if (architecture) gguf_writer_str(&w, "general.architecture", architecture);
    gguf_writer_str(&w, "tokenizer.ggml.model", "gpt2");
    gguf_writer_str(&w, "tokenizer.ggml.pre", "gpt-2");
    gguf_writer_array(&w, "tokenizer.ggml.tokens", GGUF_STRING, 3);
    put_str(&w.kvs, "a"), put_str(&w.kvs, "b"), put_str(&w.kvs, "ab");
    gguf_writer_array(&w, "tokenizer.ggml.merges", GGUF_STRING, 1);
    put_str(&w.kvs, "a b");
    assert_true(gguf_writer_save(&w, saved));
}

static void a_vocabulary_needs_no_tensors(void **state) {
    (void)state;
    char vocab[128];
    snprintf(vocab, sizeof vocab, "%s", folder_file("vocab.gguf"));
    write_vocabulary(vocab, "any");
    ingle_model_options options = ingle_model_options_default();
    options.vocab_only = true;
    ingle_model *model;
    assert_int_equal(ingle_model_open(&model, vocab, &options, NULL), INGLE_OK);
    assert_string_equal(ingle_model_get_info(model).architecture, "any");
    assert_string_equal(ingle_model_get_info(model).name, "");
    ingle_token ids[4];
    size_t n;
    assert_int_equal(ingle_tokenize(model, "abb", 3, 0, ids, 4, &n, NULL), INGLE_OK);
    assert_int_equal(n, 2);
    assert_int_equal(ids[0], 2);
    assert_int_equal(ids[1], 1);
    ingle_model_close(model);
    refuses(vocab, NULL, INGLE_UNSUPPORTED, "'any'");
    write_vocabulary(vocab, NULL);
    refuses(vocab, NULL, INGLE_INVALID, "does not name its architecture");
    assert_int_equal(ingle_model_open(&model, vocab, &options, NULL), INGLE_OK);
    assert_string_equal(ingle_model_get_info(model).architecture, "");
    ingle_model_close(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_is_that_of_the_header),
        cmocka_unit_test(the_tiers_are_listed_lowest_first_and_end_with_null),
        cmocka_unit_test(the_machine_has_cores_and_memory),
        cmocka_unit_test(a_missing_argument_is_named),
        cmocka_unit_test(options_out_of_range_are_named_with_the_range),
        cmocka_unit_test(a_tier_is_known_and_available_or_refused),
        cmocka_unit_test(files_that_are_no_model_say_why),
        cmocka_unit_test(a_vocabulary_larger_than_the_weights_is_refused),
        cmocka_unit_test(success_leaves_err_alone),
        cmocka_unit_test(a_model_says_what_it_is),
        cmocka_unit_test(no_model_says_nothing),
        cmocka_unit_test(any_number_of_packing_threads_makes_the_same_model),
        cmocka_unit_test(a_model_for_its_vocabulary_tokenises_but_does_not_run),
        cmocka_unit_test(a_vocabulary_needs_no_tensors),
    };
    return cmocka_run_group_tests(tests, make_file, folder_remove);
}
