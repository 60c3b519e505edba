/* ingle/prefix_cache.h: arguments. What a cache does is tested in unit/run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "support/fixture.h"
#include "support/folder.h"

static ingle_model *model;

static int open_model(void **state) {
    return fixture_group_open(state, &model);
}

static int close_model(void **state) {
    return fixture_group_close(state, model);
}

static void refuses(const ingle_prefix_cache_options *options, const char *saying) {
    ingle_prefix_cache *cache = (ingle_prefix_cache *)model;
    ingle_error err = {0};
    uint64_t live = mem_live();
    expect_refusal(ingle_prefix_cache_new(&cache, model, options, &err), INGLE_BAD_ARGUMENT, &err,
                   saying);
    assert_null(cache);
    assert_int_equal(ingle_prefix_cache_new(&cache, model, options, NULL), INGLE_BAD_ARGUMENT);
    assert_int_equal(mem_live(), live);
}

static void the_defaults_open_a_cache(void **state) {
    (void)state;
    ingle_prefix_cache_options options = ingle_prefix_cache_options_default();
    assert_int_equal(options.max_bytes, 0);
    assert_int_equal(options.kv_type, INGLE_KV_F16);
    assert_int_equal(options.n_ctx, 0);
    for (int i = 0; i < 2; i++) {
        ingle_prefix_cache *cache;
        ingle_error err;
        mark_error(&err);
        assert_int_equal(ingle_prefix_cache_new(&cache, model, i ? &options : NULL, &err),
                         INGLE_OK);
        expect_marked(&err);
        ingle_prefix_cache_info info = ingle_prefix_cache_get_info(cache);
        assert_in_range(info.max_bytes, 255 << 20, 256 << 20);
        assert_int_equal(info.bytes, 0);
        assert_int_equal(info.n_prompts, 0);
        ingle_prefix_cache_free(cache);
    }
}

static void options_out_of_range_are_named(void **state) {
    (void)state;
    static const int contexts[] = {-1, (1 << 24) + 1, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < BASE_COUNT(contexts); i++) {
        ingle_prefix_cache_options options = ingle_prefix_cache_options_default();
        options.n_ctx = contexts[i];
        refuses(&options, "n_ctx is");
    }
    static const int types[] = {-1, 3, INT32_MAX};
    for (size_t i = 0; i < BASE_COUNT(types); i++) {
        ingle_prefix_cache_options options = ingle_prefix_cache_options_default();
        options.kv_type = (ingle_kv_type)types[i];
        refuses(&options, "kv_type is");
    }
    static const size_t sizes[] = {1, 1000, 8000};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        ingle_prefix_cache_options options = ingle_prefix_cache_options_default();
        options.max_bytes = sizes[i];
        refuses(&options, "is too small: one page needs 8");
    }
    ingle_prefix_cache_options options = ingle_prefix_cache_options_default();
    options.size++;
    refuses(&options, "size field of ingle_prefix_cache_options");
}

static bool put(const void *data, size_t size, void *user) {
    (void)data, (void)size, (void)user;
    return true;
}

static bool get(void *data, size_t size, void *user) {
    (void)data, (void)size, (void)user;
    return false;
}

static void a_missing_argument_is_named(void **state) {
    (void)state;
    ingle_error err = {0};
    ingle_token token = 1;
    ingle_prefix_cache *cache = (ingle_prefix_cache *)model;
    expect_refusal(ingle_prefix_cache_new(&cache, NULL, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "model is NULL");
    assert_null(cache);
    expect_refusal(ingle_prefix_cache_new(NULL, model, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "out is NULL");
    cache = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    expect_refusal(ingle_prefix_cache_save(NULL, put, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "cache is NULL");
    expect_refusal(ingle_prefix_cache_save(cache, NULL, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "write is NULL");
    expect_refusal(ingle_prefix_cache_save_prompt(NULL, &token, 1, put, NULL, &err),
                   INGLE_BAD_ARGUMENT, &err, "cache is NULL");
    expect_refusal(ingle_prefix_cache_save_prompt(cache, NULL, 1, put, NULL, &err),
                   INGLE_BAD_ARGUMENT, &err, "tokens is NULL");
    expect_refusal(ingle_prefix_cache_save_prompt(cache, &token, 1, NULL, NULL, &err),
                   INGLE_BAD_ARGUMENT, &err, "write is NULL");
    expect_refusal(ingle_prefix_cache_load(NULL, get, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "cache is NULL");
    expect_refusal(ingle_prefix_cache_load(cache, NULL, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "read is NULL");
    expect_refusal(ingle_prefix_cache_load(cache, get, NULL, &err), INGLE_INVALID, &err,
                   "ends too early");
    assert_int_equal(ingle_prefix_cache_save(cache, put, NULL, &err), INGLE_OK);
    assert_int_equal(ingle_prefix_cache_get_info(NULL).max_bytes, 0);
    ingle_prefix_cache_free(cache);
    ingle_prefix_cache_free(NULL);
}

static void prompts_name_what_is_missing_too(void **state) {
    (void)state;
    ingle_error err = {0};
    ingle_token token = 1;
    size_t n_reused = 4711;
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = 16});
    expect_refusal(ingle_session_prompt(NULL, &token, 1, 0, &n_reused, &err), INGLE_BAD_ARGUMENT,
                   &err, "session is NULL");
    assert_int_equal(n_reused, 0);
    expect_refusal(ingle_session_prompt(session, NULL, 1, 0, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "tokens is NULL");
    expect_refusal(ingle_session_prompt(session, &token, 1, 2, NULL, &err), INGLE_BAD_ARGUMENT,
                   &err, "flags 0x2");
    expect_refusal(ingle_session_remember(NULL, &err), INGLE_BAD_ARGUMENT, &err, "session is NULL");
    expect_refusal(ingle_session_remember(session, &err), INGLE_BAD_ARGUMENT, &err,
                   "without a prefix cache");
    mark_error(&err);
    assert_int_equal(ingle_session_prompt(session, &token, 1, 0, NULL, &err), INGLE_OK);
    expect_marked(&err);
    ingle_session_free(session);
}

static ingle_status new_session(const ingle_model *m, int n_ctx, ingle_kv_type kv_type,
                                ingle_prefix_cache *cache, ingle_error *err) {
    ingle_session_options options = ingle_session_options_default();
    options.n_ctx = n_ctx;
    options.n_threads = 1;
    options.kv_type = kv_type;
    options.prefix_cache = cache;
    ingle_session *session = (ingle_session *)model;
    uint64_t live = mem_live();
    ingle_status status = ingle_session_new(&session, m, &options, err);
    assert_int_equal(session != NULL, status == INGLE_OK);
    ingle_session_free(session);
    assert_int_equal(mem_live(), live);
    return status;
}

static void a_session_and_its_cache_must_fit(void **state) {
    (void)state;
    const struct make_model_spec spec = {.n_layer = 1, .arch = "phi3", .rope = MAKE_ROPE_LONGROPE};
    ingle_model *other = fixture_model(&spec, "ref"); /* long from 129 tokens on */
    ingle_prefix_cache *cache = fixture_prefix_cache(model, INGLE_KV_INT8, 0), *longer, *shorter;
    ingle_prefix_cache_options options = ingle_prefix_cache_options_default();
    options.n_ctx = 128;
    assert_int_equal(ingle_prefix_cache_new(&shorter, other, &options, NULL), INGLE_OK);
    options.n_ctx = 0;
    assert_int_equal(ingle_prefix_cache_new(&longer, other, &options, NULL), INGLE_OK);
    ingle_error err = {0};
    expect_refusal(new_session(other, 64, INGLE_KV_INT8, cache, &err), INGLE_BAD_ARGUMENT, &err,
                   "made for another model");
    expect_refusal(new_session(model, 64, INGLE_KV_F16, cache, &err), INGLE_BAD_ARGUMENT, &err,
                   "as int8, the session as f16");
    expect_refusal(new_session(other, 128, INGLE_KV_F16, longer, &err), INGLE_BAD_ARGUMENT, &err,
                   "n_ctx, 128, the model rotates keys differently");
    expect_refusal(new_session(other, 129, INGLE_KV_F16, shorter, &err), INGLE_BAD_ARGUMENT, &err,
                   "n_ctx, 129, the model rotates keys differently");
    assert_int_equal(new_session(model, 64, INGLE_KV_INT8, cache, &err), INGLE_OK);
    assert_int_equal(new_session(other, 128, INGLE_KV_F16, shorter, &err), INGLE_OK);
    assert_int_equal(new_session(other, 129, INGLE_KV_F16, longer, &err), INGLE_OK);
    assert_int_equal(new_session(other, 0, INGLE_KV_F16, longer, &err), INGLE_OK);
    ingle_prefix_cache_free(cache);
    ingle_prefix_cache_free(longer);
    ingle_prefix_cache_free(shorter);
    ingle_model_close(other);
}

static void a_model_without_weights_has_no_cache(void **state) {
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s",
             fixture_write("tiny.gguf", &(struct make_model_spec){.n_layer = 1}));
    ingle_model_options options = ingle_model_options_default();
    options.vocab_only = true;
    ingle_model *words = NULL;
    ingle_prefix_cache *cache = (ingle_prefix_cache *)model;
    ingle_error err = {0};
    assert_int_equal(ingle_model_open(&words, path, &options, NULL), INGLE_OK);
    expect_refusal(ingle_prefix_cache_new(&cache, words, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "vocabulary only");
    assert_null(cache);
    ingle_model_close(words);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_open_a_cache),
        cmocka_unit_test(options_out_of_range_are_named),
        cmocka_unit_test(a_missing_argument_is_named),
        cmocka_unit_test(prompts_name_what_is_missing_too),
        cmocka_unit_test(a_session_and_its_cache_must_fit),
        cmocka_unit_test(a_model_without_weights_has_no_cache),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
