/* Every call that allocates, with the n-th allocation failing, for every n, once and from there on:
 * it says NO_MEMORY, gives nothing out and leaves nothing behind. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/answer.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/gguf_edit.h"
#include "support/gguf_writer.h"
#include "support/torture.h"

/* ---- files ---- */

static char model_path[128], quantised_path[128], split_path[128];
static ingle_model *model;

static bool write_split(void) {
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_key(&w, "split.no", GGUF_U16), put_u16(&w.kvs, 1);
    gguf_writer_key(&w, "split.count", GGUF_U16), put_u16(&w.kvs, 2);
    gguf_writer_tensor(&w, "b", 1, (const uint64_t[]){8}, 0);
    if (!gguf_writer_save(&w, folder_file("m-00002-of-00002.gguf"))) return false;
    gguf_writer_init(&w);
    gguf_writer_key(&w, "split.no", GGUF_U16), put_u16(&w.kvs, 0);
    gguf_writer_key(&w, "split.count", GGUF_U16), put_u16(&w.kvs, 2);
    gguf_writer_tensor(&w, "a", 1, (const uint64_t[]){8}, 0);
    snprintf(split_path, sizeof split_path, "%s", folder_file("m-00001-of-00002.gguf"));
    return gguf_writer_save(&w, split_path);
}

static int make_files(void **state) {
    if (folder_make(state) != 0) return -1;
    snprintf(model_path, sizeof model_path, "%s", folder_file("model.gguf"));
    snprintf(quantised_path, sizeof quantised_path, "%s", folder_file("quantised.gguf"));
    const struct make_model_spec small = {.n_layer = 2};
    const struct make_model_spec other = {
        .n_layer = 1, .arch = "phi3", .type = "q8_0", .tied = true, .rope = MAKE_ROPE_LONGROPE};
    if (!make_model_write(model_path, &small) || !make_model_write(quantised_path, &other)) {
        return -1;
    }
    model = fixture_open(model_path, NULL);
    return write_split() ? 0 : -1;
}

static int close_files(void **state) {
    ingle_model_close(model);
    return folder_remove(state);
}

static const char *cache_dir; /* NULL = none */

static ingle_status open_path(const char *path, bool vocab_only, ingle_error *err) {
    ingle_model_options options = ingle_model_options_default();
    options.n_threads = 2;
    options.vocab_only = vocab_only;
    options.cache_dir = cache_dir;
    ingle_model *opened = model;
    ingle_status status = ingle_model_open(&opened, path, &options, err);
    assert_int_equal(opened != NULL, status == INGLE_OK);
    ingle_model_close(opened);
    return status;
}

static ingle_status open_model(ingle_error *err) {
    return open_path(model_path, false, err);
}

static ingle_status open_quantised(ingle_error *err) {
    return open_path(quantised_path, false, err);
}

static ingle_status open_vocabulary(ingle_error *err) {
    return open_path(model_path, true, err);
}

static ingle_status open_stories(ingle_error *err) {
    return open_path(TEST_STORIES, false, err);
}

static void opening_a_model(void **state) {
    (void)state;
    assert_true(torture(open_model) > 10);
    assert_true(torture(open_quantised) > 10);
    assert_true(torture(open_vocabulary) > 5);
    if (access(TEST_STORIES, R_OK) == 0) assert_true(torture(open_stories) > 10);
}

/* ---- the cache ---- */

int64_t __real_clock_date_ns(void);
int64_t __wrap_clock_date_ns(void);

/* So late that the files of the test are known by their times. */
int64_t __wrap_clock_date_ns(void) {
    return __real_clock_date_ns() + (int64_t)3600 * 1000000000;
}

static void empty_cache(void) {
    DIR *dir = opendir(cache_dir);
    if (!dir) return;
    for (const struct dirent *entry; (entry = readdir(dir));)
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
}

static ingle_status open_and_write(ingle_error *err) {
    empty_cache();
    return open_path(model_path, false, err);
}

static ingle_status open_in_a_new_folder(ingle_error *err) {
    empty_cache();
    rmdir(cache_dir);
    return open_path(quantised_path, false, err);
}

static ingle_status open_touched(ingle_error *err) {
    assert_int_equal(utimensat(AT_FDCWD, model_path, NULL, 0), 0);
    return open_path(model_path, false, err);
}

static int n_left_over(void) {
    int n = 0;
    DIR *dir = opendir(cache_dir);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void opening_a_model_with_a_cache(void **state) {
    (void)state;
    char folder[128];
    snprintf(folder, sizeof folder, "%s", folder_file("cache"));
    cache_dir = folder;
    assert_true(torture(open_in_a_new_folder) > 15);
    assert_true(torture(open_and_write) > 15);
    assert_int_equal(n_left_over(), 1);
    assert_true(torture(open_model) > 10); /* what was written last */
    assert_true(torture(open_touched) > 10);
    assert_int_equal(n_left_over(), 1);
    empty_cache();
    assert_int_equal(rmdir(folder), 0);
    cache_dir = NULL;
}

/* The model of a descriptor, with files for its weights, of which the new one is emptied before. */
static ingle_model_files handed;

static ingle_status open_handed(ingle_error *err) {
    ingle_model_options options = ingle_model_options_default();
    options.n_threads = 2;
    if (handed.packed_new >= 0) assert_int_equal(ftruncate(handed.packed_new, 0), 0);
    ingle_model *opened = model;
    ingle_status status = ingle_model_open_files(&opened, &handed, &options, err);
    assert_int_equal(opened != NULL, status == INGLE_OK);
    ingle_model_close(opened);
    return status;
}

static void opening_a_model_of_open_files(void **state) {
    (void)state;
    int fd = open(model_path, O_RDONLY | O_CLOEXEC);
    int packed = open(folder_file("packed"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    handed = ingle_model_files_default();
    handed.fds = &fd;
    handed.n_fds = 1;
    assert_true(torture(open_handed) > 10);
    handed.packed_new = packed;
    assert_true(torture(open_handed) > 10);
    handed.packed = packed;
    handed.packed_new = -1;
    assert_true(torture(open_handed) > 10);
    close(fd);
    close(packed);
}

static ingle_status look_into(const char *path, ingle_error *err) {
    ingle_file *file = (ingle_file *)model;
    ingle_status status = ingle_file_open(&file, path, err);
    assert_int_equal(file != NULL, status == INGLE_OK);
    ingle_file_close(file);
    return status;
}

static ingle_status look_into_model(ingle_error *err) {
    return look_into(model_path, err);
}

static ingle_status look_into_parts(ingle_error *err) {
    return look_into(split_path, err);
}

static void looking_into_a_file(void **state) {
    (void)state;
    assert_true(torture(look_into_model) > 3);
    assert_true(torture(look_into_parts) > 5);
}

/* A refusal may come before the memory ends or after; never anything else. */
static void refusing_a_model(void **state) {
    (void)state;
    const char *bad = folder_file("bad.gguf");
    assert_true(gguf_edit_copy(model_path, bad,
                               &(struct gguf_edit){.add = "stranger", .add_dims = {8, 1}}));
    struct footprint before = footprint_now(INT_MAX);
    int n_refused = 0;
    for (uint64_t n = 1; n_refused < 3; n++) {
        ingle_error err = {0};
        ingle_model *opened = model;
        mem_fail_at(n, 0);
        ingle_status status = ingle_model_open(&opened, bad, NULL, &err);
        mem_fail_at(0, 0);
        assert_null(opened);
        assert_true(status == INGLE_NO_MEMORY || status == INGLE_UNSUPPORTED);
        assert_int_equal(err.code, status);
        expect_unchanged(&before);
        n_refused += status == INGLE_UNSUPPORTED;
        assert_true(n < 1000);
    }
}

/* ---- sessions and samplers ---- */

static ingle_status new_session(ingle_kv_type kv_type, ingle_error *err) {
    ingle_session_options options = ingle_session_options_default();
    options.n_threads = 3;
    options.kv_type = kv_type;
    ingle_session *session = (ingle_session *)model;
    ingle_status status = ingle_session_new(&session, model, &options, err);
    assert_int_equal(session != NULL, status == INGLE_OK);
    ingle_session_free(session);
    return status;
}

static ingle_status new_f16_session(ingle_error *err) {
    return new_session(INGLE_KV_F16, err);
}

static ingle_status new_int8_session(ingle_error *err) {
    return new_session(INGLE_KV_INT8, err);
}

static void making_a_session(void **state) {
    (void)state;
    assert_true(torture(new_f16_session) > 5);
    assert_true(torture(new_int8_session) > 5);
}

static ingle_status new_prefix_cache(ingle_error *err) {
    ingle_prefix_cache *cache = (ingle_prefix_cache *)model;
    ingle_status status = ingle_prefix_cache_new(&cache, model, NULL, err);
    assert_int_equal(cache != NULL, status == INGLE_OK);
    if (status != INGLE_OK) return status;
    ingle_session_options options = ingle_session_options_default();
    options.n_threads = 2;
    options.prefix_cache = cache;
    ingle_session *session = (ingle_session *)model;
    status = ingle_session_new(&session, model, &options, err);
    assert_int_equal(session != NULL, status == INGLE_OK);
    ingle_session_free(session);
    ingle_prefix_cache_free(cache);
    return status;
}

static void making_a_prefix_cache_and_a_session_with_it(void **state) {
    (void)state;
    assert_true(torture(new_prefix_cache) > 8);
}

static ingle_status new_sampler(ingle_error *err) {
    static const ingle_logit_bias bias[] = {{1, 2}, {3, -INFINITY}};
    static const char *const breakers[] = {"\n", "the"};
    ingle_sampling_options options = ingle_sampling_options_default();
    options.repetition_penalty = 1.1f;
    options.presence_penalty = 0.5f;
    options.dry_multiplier = 0.8f;
    options.dry_breakers = breakers;
    options.n_dry_breakers = 2;
    options.logit_bias = bias;
    options.n_logit_bias = 2;
    options.typical_p = 0.9f;
    ingle_sampler *sampler = (ingle_sampler *)model;
    ingle_status status = ingle_sampler_new(&sampler, model, &options, err);
    assert_int_equal(sampler != NULL, status == INGLE_OK);
    ingle_sampler_free(sampler);
    return status;
}

static void making_a_sampler(void **state) {
    (void)state;
    assert_true(torture(new_sampler) >= 8);
}

/* ---- texts ---- */

static const ingle_model *text_model;

static ingle_status tokenise(ingle_error *err) {
    static const char text[] =
        "In the heathen thicket, then: <|257|> 123 thin\tinns \xff\xf0\x9f.\n"
        "ththththththththththththththththththththththththththththe";
    for (unsigned flags = 0; flags < 4; flags++) {
        ingle_token ids[200];
        size_t n = 4711;
        ingle_status status =
            ingle_tokenize(text_model, text, sizeof text - 1, flags, ids, 200, &n, err);
        if (status != INGLE_OK) {
            assert_int_equal(n, 0);
            return status;
        }
        assert_in_range(n, 20, 200);
    }
    return INGLE_OK;
}

static void tokenising(void **state) {
    (void)state;
    text_model = model;
    assert_true(torture(tokenise) > 4);
    if (access(TEST_STORIES, R_OK) != 0) return;
    ingle_model *stories = fixture_open(TEST_STORIES, NULL);
    text_model = stories;
    assert_true(torture(tokenise) > 4);
    ingle_model_close(stories);
}

static ingle_status detokenise(ingle_error *err) {
    static const ingle_token ids[] = {256, 't', 258, 260, 0xf0, 257};
    char text[100];
    size_t len;
    return ingle_detokenize(model, ids, 6, true, text, sizeof text, &len, err);
}

static void detokenising_needs_no_memory(void **state) {
    (void)state;
    assert_int_equal(torture(detokenise), 0);
}

/* ---- computing ---- */

static ingle_session *session;
static ingle_sampler *sampler;

static ingle_status evaluate(ingle_error *err) {
    static const ingle_token tokens[] = {1, 2, 3, 4, 5};
    assert_int_equal(ingle_session_truncate(session, 0, NULL), INGLE_OK);
    return ingle_session_eval(session, tokens, 5, NULL, err);
}

static ingle_status generate(ingle_error *err) {
    static const char *const stops[] = {"never so", "nor so"};
    if (evaluate(NULL) != INGLE_OK) return INGLE_FAILED;
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = 8;
    options.stops = stops;
    options.n_stops = 2;
    ingle_generate_result result = {.n_tokens = 4711};
    ingle_status status = ingle_session_generate(session, sampler, &options, &result, err);
    assert_int_equal(result.n_tokens, status == INGLE_OK ? 8 : 0);
    assert_int_equal(ingle_session_n_tokens(session), status == INGLE_OK ? 12 : 5);
    return status;
}

static void evaluating_needs_no_memory_and_generating_only_for_its_stops(void **state) {
    (void)state;
    session = fixture_session(model, (struct fixture_session){.n_ctx = 64, .n_threads = 2});
    sampler = answer_sampler(model, "abcdef", 1);
    assert_int_equal(torture(evaluate), 0);
    assert_int_equal(torture(generate), 2);
    ingle_sampler_free(sampler);
    ingle_session_free(session);
}

int main(void) {
    /* Large blocks are maps of their own, always: what is freed is gone at once. */
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_a_model),
        cmocka_unit_test(opening_a_model_with_a_cache),
        cmocka_unit_test(opening_a_model_of_open_files),
        cmocka_unit_test(looking_into_a_file),
        cmocka_unit_test(refusing_a_model),
        cmocka_unit_test(making_a_session),
        cmocka_unit_test(making_a_prefix_cache_and_a_session_with_it),
        cmocka_unit_test(making_a_sampler),
        cmocka_unit_test(tokenising),
        cmocka_unit_test(detokenising_needs_no_memory),
        cmocka_unit_test(evaluating_needs_no_memory_and_generating_only_for_its_stops),
    };
    return cmocka_run_group_tests(tests, make_files, close_files);
}
