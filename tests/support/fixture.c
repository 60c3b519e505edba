#include "support/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "support/folder.h"

const struct make_model_spec fixture_odd = {.n_layer = 2,
                                            .n_embd = 96,
                                            .n_ff = 160,
                                            .n_head = 6,
                                            .n_head_kv = 2,
                                            .n_vocab = FIXTURE_ODD_VOCAB,
                                            .biases = true,
                                            .seed = 1};

const char *fixture_tier(size_t i) {
    bool available;
    const char *name;
    for (size_t k = 0; (name = ingle_cpu_tier(k, &available)); k++) {
        if (available && i-- == 0) return name;
    }
    return NULL;
}

const char *fixture_write(const char *name, const struct make_model_spec *spec) {
    const char *path = folder_file(name);
    if (!make_model_write(path, spec)) fail_msg("'%s' cannot be made", path);
    return path;
}

ingle_model *fixture_open(const char *path, const char *tier) {
    ingle_model_options options = ingle_model_options_default();
    options.n_threads = 2;
    options.tier = tier;
    ingle_model *model = NULL;
    ingle_error err = {0};
    if (ingle_model_open(&model, path, &options, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return model;
}

ingle_model *fixture_model(const struct make_model_spec *spec, const char *tier) {
    return fixture_open(fixture_write("made.gguf", spec), tier);
}

int fixture_group_open(void **state, ingle_model **model) {
    if (folder_make(state) != 0) return -1;
    *model = fixture_model(&(struct make_model_spec){.n_layer = 1}, "ref");
    return 0;
}

int fixture_group_close(void **state, ingle_model *model) {
    ingle_model_close(model);
    return folder_remove(state);
}

ingle_session *fixture_session(const ingle_model *model, struct fixture_session wanted) {
    ingle_session_options options = ingle_session_options_default();
    options.n_ctx = wanted.n_ctx;
    options.n_batch = wanted.n_batch;
    options.n_threads = wanted.n_threads ? wanted.n_threads : 1;
    options.kv_type = wanted.kv_type;
    options.prefix_cache = wanted.prefix_cache;
    ingle_session *session = NULL;
    ingle_error err = {0};
    if (ingle_session_new(&session, model, &options, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return session;
}

ingle_prefix_cache *fixture_prefix_cache(const ingle_model *model, ingle_kv_type kv_type,
                                         size_t max_bytes) {
    ingle_prefix_cache_options options = ingle_prefix_cache_options_default();
    options.kv_type = kv_type;
    options.max_bytes = max_bytes;
    ingle_prefix_cache *cache = NULL;
    ingle_error err = {0};
    if (ingle_prefix_cache_new(&cache, model, &options, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return cache;
}

ingle_sampler *fixture_sampler(const ingle_model *model, const ingle_sampling_options *options) {
    ingle_sampler *sampler = NULL;
    ingle_error err = {0};
    if (ingle_sampler_new(&sampler, model, options, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return sampler;
}

void fixture_tokens(ingle_token *tokens, size_t n, int n_vocab, uint64_t seed) {
    struct rng rng;
    rng_init(&rng, seed);
    for (size_t i = 0; i < n; i++) tokens[i] = (ingle_token)rng_below(&rng, (uint32_t)n_vocab);
}

void fixture_eval(ingle_session *session, const ingle_token *tokens, size_t n) {
    ingle_error err = {0};
    if (ingle_session_eval(session, tokens, n, NULL, &err) != INGLE_OK) fail_msg("%s", err.msg);
}

bool fixture_same_bits(const float *a, const float *b, size_t n) {
    return memcmp(a, b, n * sizeof *a) == 0;
}

size_t fixture_prompt(ingle_session *session, const ingle_token *tokens, size_t n, unsigned flags) {
    ingle_error err = {0};
    size_t n_reused = SIZE_MAX;
    if (ingle_session_prompt(session, tokens, n, flags, &n_reused, &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
    return n_reused;
}

static uint64_t tensor_offset(const char *path, const char *name) {
    ingle_file *file;
    uint64_t offset = 0;
    assert_int_equal(ingle_file_open(&file, path, NULL), INGLE_OK);
    for (size_t i = 0; i < ingle_file_n_tensors(file); i++) {
        ingle_file_tensor t;
        assert_int_equal(ingle_file_get_tensor(file, i, &t), INGLE_OK);
        if (t.name.len == strlen(name) && memcmp(t.name.data, name, t.name.len) == 0) {
            offset = t.offset;
        }
    }
    ingle_file_close(file);
    if (offset == 0) fail_msg("'%s' has no tensor %s", path, name);
    return offset;
}

void fixture_patch(const char *path, const char *tensor, uint64_t at, const void *data,
                   size_t size) {
    uint64_t offset = tensor_offset(path, tensor);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)(offset + at), SEEK_SET), 0);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}
