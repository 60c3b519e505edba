/* ingle_model_open_files(): a model of open files is the very same as one of a path, and its
 * prepared weights come from the files that the caller hands over. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/model/packed_header.h"
#include "support/files.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/gguf_writer.h"
#include "support/process.h"

#define N_VOCAB 320

static const struct make_model_spec tiny = {.n_layer = 2, .type = "q8_0"};
static char path[128], packed[128];
static float wanted[N_VOCAB];

static void logits_of(const ingle_model *model, float logits[N_VOCAB]) {
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 16});
    fixture_eval(s, (const ingle_token[]){1, 2, 300}, 3);
    memcpy(logits, ingle_session_logits(s), N_VOCAB * sizeof *logits);
    ingle_session_free(s);
}

/* What was just written is long known: a model's times tell it from what is changed later. */
int64_t __real_clock_date_ns(void);
int64_t __wrap_clock_date_ns(void);

int64_t __wrap_clock_date_ns(void) {
    return __real_clock_date_ns() + (int64_t)3600 * 1000000000;
}

static int make_file(void **state) {
    if (folder_make(state) != 0) return -1;
    snprintf(path, sizeof path, "%s", folder_file("tiny.gguf"));
    snprintf(packed, sizeof packed, "%s", folder_file("tiny.packed"));
    if (!make_model_write(path, &tiny)) return -1;
    ingle_model *model = fixture_open(path, NULL);
    logits_of(model, wanted);
    ingle_model_close(model);
    return 0;
}

static int remove_packed(void **state) {
    (void)state;
    (void)unlink(packed);
    return 0;
}

static int open_file(const char *name, int flags) {
    int fd = open(name, flags | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

/* ---- arguments ---- */

static void refuses(const ingle_model_files *files, const ingle_model_options *options,
                    ingle_status code, const char *saying) {
    ingle_model *model = (ingle_model *)path;
    ingle_error err = {0};
    uint64_t live = mem_live();
    int n_files = process_n_files();
    expect_refusal(ingle_model_open_files(&model, files, options, &err), code, &err, saying);
    assert_null(model);
    assert_int_equal(mem_live(), live);
    assert_int_equal(process_n_files(), n_files);
}

static void what_is_missing_is_named(void **state) {
    (void)state;
    ingle_error err = {0};
    ingle_model_files files = ingle_model_files_default();
    expect_refusal(ingle_model_open_files(NULL, &files, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "out is NULL");
    refuses(NULL, NULL, INGLE_BAD_ARGUMENT, "files is NULL");
    refuses(&files, NULL, INGLE_BAD_ARGUMENT, "'the model' has no open file");
    int fd = open_file(path, O_RDONLY);
    files.fds = &fd;
    refuses(&files, NULL, INGLE_BAD_ARGUMENT, "'the model' has no open file");
    files.n_fds = 1;
    files.name = NULL;
    refuses(&files, NULL, INGLE_BAD_ARGUMENT, "files->name is NULL");
    files.name = path;
    files.size--;
    refuses(&files, NULL, INGLE_BAD_ARGUMENT, "size field of ingle_model_files");
    files.size++;
    ingle_model_options options = ingle_model_options_default();
    options.cache_dir = "/somewhere";
    refuses(&files, &options, INGLE_BAD_ARGUMENT, "cache_dir is for models that are opened by a");
    close(fd);
    fd = -1;
    refuses(&files, NULL, INGLE_BAD_ARGUMENT, "has no open file");
}

static void descriptors_that_are_no_model_are_refused(void **state) {
    (void)state;
    int fds[2];
    ingle_model_files files = ingle_model_files_default();
    files.n_fds = 1;
    files.fds = fds;
    assert_int_equal(pipe(fds), 0);
    refuses(&files, NULL, INGLE_INVALID, "'the model' is not a regular file");
    close(fds[0]), close(fds[1]);
    refuses(&files, NULL, INGLE_FAILED, "Cannot read 'the model': Bad file descriptor");
    assert_true(save_bytes(folder_file("text"), "once upon a time, long ago", 26));
    fds[0] = open_file(folder_file("text"), O_RDONLY);
    refuses(&files, NULL, INGLE_INVALID, "not a GGUF file");
    close(fds[0]);
}

/* ---- prepared weights ---- */

/* Opens the model by descriptors that are closed before it is used; old and fresh: -1 = none. */
static void opens_with(int old, int fresh, ingle_weights_from from, const char *note) {
    int fd = open_file(path, O_RDONLY), n_files = process_n_files();
    uint64_t live = mem_live();
    ingle_model_files files = ingle_model_files_default();
    files.fds = &fd;
    files.n_fds = 1;
    files.name = path;
    files.packed = old;
    files.packed_new = fresh;
    ingle_model_options options = ingle_model_options_default();
    options.n_threads = 2;
    ingle_model *model;
    ingle_error err;
    mark_error(&err);
    if (ingle_model_open_files(&model, &files, &options, &err) != INGLE_OK) fail_msg("%s", err.msg);
    expect_marked(&err);
    assert_int_equal(process_n_files(), n_files);
    close(fd);
    if (old >= 0) close(old);
    if (fresh >= 0) close(fresh);
    ingle_model_info info = ingle_model_get_info(model);
    if (info.weights_from != from || (note ? !strstr(info.cache_note, note) : info.cache_note[0])) {
        fail_msg("from %d instead of %d: %s", (int)info.weights_from, (int)from, info.cache_note);
    }
    assert_string_equal(info.cache_file, "");
    float got[N_VOCAB];
    logits_of(model, got);
    assert_memory_equal(got, wanted, sizeof got);
    ingle_model_close(model);
    assert_int_equal(mem_live(), live);
}

static int fresh_file(void) {
    return open_file(packed, O_RDWR | O_CREAT | O_TRUNC);
}

static int old_file(void) {
    return open_file(packed, O_RDWR);
}

static void without_files_for_them_weights_are_prepared_in_memory(void **state) {
    (void)state;
    opens_with(-1, -1, INGLE_WEIGHTS_MEMORY, NULL);
}

static void a_file_that_was_written_serves_the_next_open(void **state) {
    (void)state;
    opens_with(-1, fresh_file(), INGLE_WEIGHTS_WRITTEN, NULL);
    opens_with(old_file(), -1, INGLE_WEIGHTS_CACHED, NULL);
    /* The new one is left alone if the old one fits. */
    int empty = open_file(folder_file("empty"), O_RDWR | O_CREAT | O_TRUNC);
    opens_with(old_file(), empty, INGLE_WEIGHTS_CACHED, NULL);
    assert_int_equal(file_size(folder_file("empty")), 0);
    /* Reading is enough as long as there is nothing to record. */
    opens_with(open_file(packed, O_RDONLY), -1, INGLE_WEIGHTS_CACHED, NULL);
}

static void a_file_that_does_not_fit_is_told_and_a_new_one_filled(void **state) {
    (void)state;
    char other[128];
    snprintf(other, sizeof other, "%s", folder_file("other.packed"));
    opens_with(-1, fresh_file(), INGLE_WEIGHTS_WRITTEN, NULL);
    assert_int_equal(truncate(packed, 5000), 0);
    opens_with(old_file(), -1, INGLE_WEIGHTS_MEMORY, "The cached file has another size");
    int fresh = open_file(other, O_RDWR | O_CREAT | O_TRUNC);
    opens_with(old_file(), fresh, INGLE_WEIGHTS_WRITTEN, "than it should. It was replaced.");
    opens_with(open_file(other, O_RDWR), -1, INGLE_WEIGHTS_CACHED, NULL);
    assert_int_equal(truncate(packed, 0), 0);
    opens_with(old_file(), -1, INGLE_WEIGHTS_MEMORY, "The cached file was cut short.");
    assert_int_equal(unlink(other), 0);
}

static uint64_t recorded(void) {
    size_t size;
    uint8_t *bytes = file_read(packed, &size);
    uint64_t identity;
    memcpy(&identity, bytes + PACKED_SEEN_AT, sizeof identity);
    free(bytes);
    return identity;
}

static void a_model_that_was_touched_is_known_again_and_recorded(void **state) {
    (void)state;
    opens_with(-1, fresh_file(), INGLE_WEIGHTS_WRITTEN, NULL);
    uint64_t before = recorded();
    folder_tick();
    assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
    opens_with(open_file(packed, O_RDONLY), -1, INGLE_WEIGHTS_CACHED,
               "moved or touched, and the cached one cannot record it.");
    assert_int_equal(recorded(), before);
    opens_with(old_file(), -1, INGLE_WEIGHTS_CACHED, NULL);
    assert_int_not_equal(recorded(), before);
    before = recorded();
    opens_with(old_file(), -1, INGLE_WEIGHTS_CACHED, NULL);
    assert_int_equal(recorded(), before);
}

static void a_file_that_cannot_take_the_weights_ends_in_memory(void **state) {
    (void)state;
    close(fresh_file());
    opens_with(-1, open_file(packed, O_RDONLY), INGLE_WEIGHTS_MEMORY, "Cannot write to");
    struct rlimit limit, before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 1 << 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    opens_with(-1, old_file(), INGLE_WEIGHTS_MEMORY, "File too large");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(file_size(packed), 0);
}

static void a_vocabulary_leaves_the_files_for_weights_alone(void **state) {
    (void)state;
    int fd = open_file(path, O_RDONLY), fresh = fresh_file();
    ingle_model_files files = ingle_model_files_default();
    files.fds = &fd;
    files.n_fds = 1;
    files.packed_new = fresh;
    ingle_model_options options = ingle_model_options_default();
    options.vocab_only = true;
    ingle_model *model;
    assert_int_equal(ingle_model_open_files(&model, &files, &options, NULL), INGLE_OK);
    assert_int_equal(ingle_model_get_info(model).n_vocab, N_VOCAB);
    ingle_model_close(model);
    close(fd), close(fresh);
    assert_int_equal(file_size(packed), 0);
}

static void looking_into_a_file_works_the_same(void **state) {
    (void)state;
    ingle_model_files files = ingle_model_files_default();
    ingle_file *by_path, *by_fd = (ingle_file *)path;
    ingle_error err = {0};
    expect_refusal(ingle_file_open_files(&by_fd, &files, &err), INGLE_BAD_ARGUMENT, &err,
                   "no open file");
    assert_null(by_fd);
    int fd = open_file(path, O_RDONLY);
    files.fds = &fd;
    files.n_fds = 1;
    assert_int_equal(ingle_file_open_files(&by_fd, &files, NULL), INGLE_OK);
    close(fd);
    assert_int_equal(ingle_file_open(&by_path, path, NULL), INGLE_OK);
    assert_int_equal(ingle_file_n_tensors(by_fd), ingle_file_n_tensors(by_path));
    assert_int_equal(ingle_file_n_keys(by_fd), ingle_file_n_keys(by_path));
    ingle_file_close(by_fd);
    ingle_file_close(by_path);
}

#define WITH_PACKED(test) cmocka_unit_test_teardown(test, remove_packed)

int main(void) {
    (void)signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(descriptors_that_are_no_model_are_refused),
        cmocka_unit_test(without_files_for_them_weights_are_prepared_in_memory),
        WITH_PACKED(a_file_that_was_written_serves_the_next_open),
        WITH_PACKED(a_file_that_does_not_fit_is_told_and_a_new_one_filled),
        WITH_PACKED(a_model_that_was_touched_is_known_again_and_recorded),
        WITH_PACKED(a_file_that_cannot_take_the_weights_ends_in_memory),
        WITH_PACKED(a_vocabulary_leaves_the_files_for_weights_alone),
        cmocka_unit_test(looking_into_a_file_works_the_same),
    };
    return cmocka_run_group_tests(tests, make_file, folder_remove);
}
