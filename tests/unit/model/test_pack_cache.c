/* model/pack_cache, through the public API: with a cache a model computes the very same, whatever
 * state the cache is in, and says what became of it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/model/packed_header.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/gguf_edit.h"
#include "support/process.h"

#define N_VOCAB 320

/* ---- calls that fail ---- */

enum call { OPENAT, MKDIR, FSTATVFS, PWRITE, FSYNC, RENAMEAT, N_CALLS };
static struct {
    int error; /* 0 = none */
    int skip;  /* so many calls succeed before */
} failing[N_CALLS];
static int64_t later_ns; /* added to the date */
static void (*on_pwrite)(void);

static bool fails(enum call call) {
    if (!failing[call].error || failing[call].skip-- > 0) return false;
    errno = failing[call].error;
    return true;
}

int __real_openat(int fd, const char *name, int flags, mode_t mode);
int __real_mkdir(const char *name, mode_t mode);
int __real_fstatvfs(int fd, struct statvfs *st);
ssize_t __real_pwrite(int fd, const void *data, size_t size, off_t at);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int64_t __real_clock_date_ns(void);
int __wrap_openat(int fd, const char *name, int flags, mode_t mode);
int __wrap_mkdir(const char *name, mode_t mode);
int __wrap_fstatvfs(int fd, struct statvfs *st);
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t at);
int __wrap_fsync(int fd);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int64_t __wrap_clock_date_ns(void);

int __wrap_openat(int fd, const char *name, int flags, mode_t mode) {
    bool writes = (flags & O_CREAT) != 0;
    return writes && fails(OPENAT) ? -1 : __real_openat(fd, name, flags, mode);
}

int __wrap_mkdir(const char *name, mode_t mode) {
    return fails(MKDIR) ? -1 : __real_mkdir(name, mode);
}

int __wrap_fstatvfs(int fd, struct statvfs *st) {
    if (fails(FSTATVFS)) return -1;
    return __real_fstatvfs(fd, st);
}

/* Half of what is asked, as a disk may do. */
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t at) {
    if (on_pwrite) on_pwrite();
    return fails(PWRITE) ? -1 : __real_pwrite(fd, data, size > 100 ? size / 2 : size, at);
}

/* Nothing here outlives the machine: no test waits for the disk. */
int __wrap_fsync(int fd) {
    return fails(FSYNC) || fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to) {
    return fails(RENAMEAT) ? -1 : __real_renameat(from_fd, from, to_fd, to);
}

int64_t __wrap_clock_date_ns(void) {
    return __real_clock_date_ns() + later_ns;
}

/* ---- a model and its cache ---- */

static char cache[128], path[128];
static int n_threads; /* that open a model with a cache */
static float wanted[N_VOCAB];
static char wanted_for[32]; /* the tier; "" = the model was changed since */

static int run_shell(const char *format, const char *a, const char *b) {
    char command[512];
    snprintf(command, sizeof command, format, a, b);
    return system(command); /* NOLINT(cert-env33-c): paths of ours */
}

static void write_model(const struct make_model_spec *spec) {
    snprintf(path, sizeof path, "%s", fixture_write("model.gguf", spec));
    wanted_for[0] = '\0';
}

static const struct make_model_spec tiny = {.n_layer = 2, .type = "q8_0"};

static int begin(void **state) {
    (void)state;
    memset(failing, 0, sizeof failing);
    n_threads = 1;
    later_ns = (int64_t)3600 * 1000000000; /* what was just written is long known */
    snprintf(cache, sizeof cache, "%s", folder_file("cache/packed"));
    write_model(&tiny);
    return 0;
}

static int end(void **state) {
    (void)state;
    on_pwrite = NULL;
    return run_shell("rm -rf '%s'%s", folder_file("cache"), "");
}

static ingle_model *open_with(const char *folder, const char *tier) {
    ingle_model_options options = ingle_model_options_default();
    options.n_threads = folder ? n_threads : 1;
    options.tier = tier;
    options.cache_dir = folder;
    ingle_model *model;
    ingle_error err;
    mark_error(&err);
    if (ingle_model_open(&model, path, &options, &err) != INGLE_OK) fail_msg("%s", err.msg);
    expect_marked(&err);
    return model;
}

static void logits_of(const ingle_model *model, float logits[N_VOCAB]) {
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 16});
    fixture_eval(s, (const ingle_token[]){1, 2, 300}, 3);
    memcpy(logits, ingle_session_logits(s), N_VOCAB * sizeof *logits);
    ingle_session_free(s);
}

static void expect_logits(const ingle_model *model) {
    float got[N_VOCAB];
    logits_of(model, got);
    assert_memory_equal(got, wanted, sizeof got);
}

/* Without a cache. */
static void compute_wanted(const char *tier) {
    const char *name = tier ? tier : "best";
    if (strcmp(name, wanted_for) == 0) return;
    ingle_model *model = open_with(NULL, tier);
    ingle_model_info info = ingle_model_get_info(model);
    assert_int_equal(info.weights_from, INGLE_WEIGHTS_MEMORY);
    assert_string_equal(info.cache_file, "");
    assert_string_equal(info.cache_note, "");
    logits_of(model, wanted);
    ingle_model_close(model);
    snprintf(wanted_for, sizeof wanted_for, "%s", name);
}

static char used[192]; /* the cache file of the last open */

/* Opens with the cache: the logits are right, the weights come from there, the note says so (NULL =
 * there is none). */
static void opens(const char *tier, ingle_weights_from from, const char *note) {
    compute_wanted(tier);
    int n_files = process_n_files();
    uint64_t live = mem_live();
    ingle_model *model = open_with(cache, tier);
    assert_int_equal(process_n_files(), n_files);
    ingle_model_info info = ingle_model_get_info(model);
    if (info.weights_from != from) {
        fail_msg("from %d instead of %d: %s", (int)info.weights_from, (int)from, info.cache_note);
    }
    if (!note) assert_string_equal(info.cache_note, "");
    if (note && !strstr(info.cache_note, note)) fail_msg("'%s': no '%s'", info.cache_note, note);
    if (note) assert_int_equal(info.cache_note[strlen(info.cache_note) - 1], '.');
    if (from == INGLE_WEIGHTS_MEMORY) {
        assert_string_equal(info.cache_file, "");
    } else {
        assert_memory_equal(info.cache_file, cache, strlen(cache));
        assert_int_equal(access(info.cache_file, R_OK), 0);
        snprintf(used, sizeof used, "%s", info.cache_file);
    }
    assert_true(info.packed_size > 0);
    expect_logits(model);
    ingle_model_close(model);
    assert_int_equal(mem_live(), live);
}

static int n_entries(void) {
    char command[256], line[32] = "";
    snprintf(command, sizeof command, "ls -A '%s' 2>/dev/null | wc -l", cache);
    FILE *f = popen(command, "r"); /* NOLINT(cert-env33-c) */
    assert_true(f && fgets(line, sizeof line, f));
    pclose(f);
    return (int)strtol(line, NULL, 10);
}

/* ---- there and back ---- */

static void every_tier_computes_the_same_from_a_file(void **state) {
    (void)state;
    static const struct make_model_spec specs[] = {
        {.n_layer = 2, .type = "q4_k_m", .n_embd = 256, .n_ff = 512, .tied = true},
        {.n_layer = 1, .type = "q4_0", .arch = "phi3"},
        {.n_layer = 1, .type = "bf16", .arch = "qwen2"},
        {.n_layer = 2},
    };
    n_threads = 3;
    for (size_t k = 0; k < BASE_COUNT(specs); k++) {
        write_model(&specs[k]);
        const char *tier;
        int n_before = 0;
        for (size_t i = 0; (tier = fixture_tier(i)); i++) {
            /* Tiers of one layout share a file. */
            ingle_model *model = open_with(cache, tier);
            bool is_first = ingle_model_get_info(model).weights_from == INGLE_WEIGHTS_WRITTEN;
            compute_wanted(tier);
            expect_logits(model);
            ingle_model_close(model);
            n_before += is_first;
            assert_true(i > 0 || is_first);
            opens(tier, INGLE_WEIGHTS_CACHED, NULL);
        }
        assert_int_equal(n_entries(), n_before);
        assert_int_equal(run_shell("rm -r '%s'%s", cache, ""), 0);
    }
}

static void a_model_keeps_its_weights_when_the_file_is_deleted(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        compute_wanted(NULL);
        ingle_model *model = open_with(cache, NULL);
        assert_int_equal(unlink(ingle_model_get_info(model).cache_file), 0);
        expect_logits(model);
        ingle_model_close(model);
        opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    }
}

static void a_vocabulary_needs_no_cache(void **state) {
    (void)state;
    ingle_model_options options = ingle_model_options_default();
    options.vocab_only = true;
    options.cache_dir = cache;
    ingle_model *model;
    assert_int_equal(ingle_model_open(&model, path, &options, NULL), INGLE_OK);
    assert_string_equal(ingle_model_get_info(model).cache_file, "");
    assert_string_equal(ingle_model_get_info(model).cache_note, "");
    ingle_model_close(model);
    assert_int_not_equal(access(cache, F_OK), 0);
}

/* ---- files that are not what they should be ---- */

static void overwrite_in(const char *name, uint64_t at, const void *data, size_t size) {
    int fd = open(name, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(__real_pwrite(fd, data, size, (off_t)at), size);
    close(fd);
}

static void overwrite(uint64_t at, const void *data, size_t size) {
    overwrite_in(used, at, data, size);
}

/* The file is used no more, and the next one is. */
static void is_replaced(const char *note) {
    opens(NULL, INGLE_WEIGHTS_WRITTEN, note);
    opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
    assert_int_equal(n_entries(), 1);
}

static void a_damaged_file_is_replaced(void **state) {
    (void)state;
    struct stat st;
    static const uint8_t junk[16] = "junk junk junk";
    opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
    assert_int_equal(stat(used, &st), 0);
    overwrite(0, junk, sizeof junk);
    is_replaced("The cached file does not hold packed weights. It was replaced.");
    overwrite(24, junk, sizeof junk);
    is_replaced("damaged in its header. It was replaced.");
    overwrite(PACKED_SUMS_AT, junk, sizeof junk);
    is_replaced("damaged in its table of sums. It was replaced.");
    overwrite((uint64_t)st.st_size - 5000, junk, sizeof junk);
    is_replaced("damaged in its weights. It was replaced.");
    assert_int_equal(truncate(used, st.st_size - 1), 0);
    is_replaced("has another size than it should. It was replaced.");
    assert_int_equal(truncate(used, st.st_size + 1), 0);
    is_replaced("has another size than it should. It was replaced.");
    assert_int_equal(truncate(used, 0), 0);
    is_replaced("cut short. It was replaced.");
    assert_int_equal(unlink(used), 0);
    assert_int_equal(symlink(path, used), 0);
    is_replaced("not a file of this user that only this user may write. It was replaced.");
    assert_int_equal(chmod(used, 0666), 0);
    is_replaced("not a file of this user that only this user may write. It was replaced.");
    /* What it says of the model's file is not needed. */
    overwrite(PACKED_SEEN_AT, junk, sizeof junk);
    opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
}

/* Gives the file another version, in a header that is in order but for that. */
static void age(const char *name, uint64_t version) {
    overwrite_in(name, offsetof(struct packed_header, version), &version, sizeof version);
}

static void files_of_older_versions_go(void **state) {
    (void)state;
    opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    age(used, PACKED_VERSION - 1);
    is_replaced("is of another version of ingle. It was replaced.");
    age(used, PACKED_VERSION + 1);
    is_replaced("is of another version of ingle. It was replaced.");
    /* Of other layouts of the same model, and of other models: the names are alike up to there. */
    char current[192], older[192], newer[192], other[192];
    snprintf(current, sizeof current, "%s", used);
    size_t model_end = strlen(cache) + 1 + 17;
    snprintf(older, sizeof older, "%.*s%s", (int)model_end, current, "0123.packed");
    snprintf(newer, sizeof newer, "%.*s%s", (int)model_end, current, "4567.packed");
    snprintf(other, sizeof other, "%s/0123456789abcdef-0123.packed", cache);
    assert_int_equal(run_shell("cp '%s' '%s'", current, older), 0);
    assert_int_equal(run_shell("cp '%s' '%s'", current, newer), 0);
    assert_int_equal(run_shell("cp '%s' '%s'", current, other), 0);
    age(older, PACKED_VERSION - 1);
    age(other, PACKED_VERSION - 1);
    age(newer, PACKED_VERSION);
    assert_int_equal(unlink(current), 0);
    opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    assert_int_not_equal(access(older, F_OK), 0);
    assert_int_equal(access(newer, F_OK), 0);
    assert_int_equal(access(other, F_OK), 0);
}

static void the_file_of_another_model_is_not_used(void **state) {
    (void)state;
    opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    char first[192];
    snprintf(first, sizeof first, "%s", used);
    struct make_model_spec spec = tiny;
    spec.rope_base = 500000;
    write_model(&spec);
    opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    assert_string_not_equal(used, first);
    assert_int_equal(run_shell("cp '%s' '%s'", first, used), 0);
    opens(NULL, INGLE_WEIGHTS_WRITTEN, "is of another model. It was replaced.");
    assert_int_equal(n_entries(), 2);
}

/* ---- models that change ---- */

static void patch_model(const char *tensor, uint64_t at) {
    static const uint8_t bytes[4] = {0x12, 0x34, 0x11, 0x22};
    fixture_patch(path, tensor, at, bytes, sizeof bytes);
    wanted_for[0] = '\0';
}

static void a_weight_changed_in_place_is_seen_though_the_time_is_set_back(void **state) {
    (void)state;
    static const char *const tensors[] = {"output.weight", "blk.0.attn_q.weight",
                                          "blk.1.ffn_down.weight"};
    opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    for (size_t i = 0; i < BASE_COUNT(tensors); i++) {
        struct stat st;
        float before[N_VOCAB];
        memcpy(before, wanted, sizeof before);
        assert_int_equal(stat(path, &st), 0);
        folder_tick();
        patch_model(tensors[i], 16);
        assert_int_equal(
            utimensat(AT_FDCWD, path, (const struct timespec[]){st.st_atim, st.st_mtim}, 0), 0);
        opens(NULL, INGLE_WEIGHTS_WRITTEN,
              "The model's weights have changed since the cached file was made. It was replaced.");
        assert_memory_not_equal(before, wanted, sizeof before);
        opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
    }
    /* What is not packed is read from the model itself. */
    patch_model("blk.0.ffn_norm.weight", 16);
    opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
    patch_model("token_embd.weight", 40);
    opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
    assert_int_equal(n_entries(), 1);
}

/* So soon that the file system may not have stamped the second change. */
static void a_model_that_was_just_written_is_not_believed_by_its_time(void **state) {
    (void)state;
    later_ns = 0;
    write_model(&tiny);
    opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    patch_model("output.weight", 16);
    opens(NULL, INGLE_WEIGHTS_WRITTEN, "have changed since");
}

static void a_model_moved_copied_or_touched_is_known_again(void **state) {
    (void)state;
    char copy[128];
    snprintf(copy, sizeof copy, "%s", folder_file("copy.gguf"));
    opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    assert_int_equal(run_shell("cp '%s' '%s'", path, copy), 0);
    snprintf(path, sizeof path, "%s", copy);
    opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
    assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
    opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
    /* That is recorded, but where it cannot be, it is said. */
    folder_tick();
    assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
    failing[PWRITE].error = EROFS;
    opens(NULL, INGLE_WEIGHTS_CACHED,
          "moved or touched, and the cached one cannot record it. Cannot update");
    failing[PWRITE].error = 0;
    opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
    failing[PWRITE].error = EROFS; /* now it is not written to */
    opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
    assert_int_equal(n_entries(), 1);
    unlink(copy);
}

/* ---- a cache that cannot be used ---- */

static void whatever_fails_the_weights_are_packed_in_memory(void **state) {
    (void)state;
    static const struct {
        enum call call;
        int error, skip;
        const char *saying;
    } cases[] = {
        {MKDIR, EROFS, 0, "Cannot create '"},
        {MKDIR, EACCES, 0, "Permission denied"},
        {OPENAT, EROFS, 0, "Read-only file system"},
        {OPENAT, EMFILE, 0, "Too many open files"},
        {FSTATVFS, EIO, 0, "Input/output error"},
        {PWRITE, ENOSPC, 0, "No space left on device"},
        {PWRITE, ENOSPC, 7, "No space left on device"},
        {PWRITE, EDQUOT, 2, "quota exceeded"},
        {PWRITE, EIO, 1, "Input/output error"},
        {FSYNC, EIO, 0, "Input/output error"},
        {RENAMEAT, EACCES, 0, "Permission denied"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        memset(failing, 0, sizeof failing);
        failing[cases[i].call].error = cases[i].error;
        failing[cases[i].call].skip = cases[i].skip;
        opens(NULL, INGLE_WEIGHTS_MEMORY, cases[i].saying);
        assert_int_equal(n_entries(), 0);
    }
    /* A file to be replaced is said too. */
    memset(failing, 0, sizeof failing);
    opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    assert_int_equal(truncate(used, 5), 0);
    failing[PWRITE].error = ENOSPC;
    opens(NULL, INGLE_WEIGHTS_MEMORY, "The cached file was cut short. Cannot write to '");
    memset(failing, 0, sizeof failing);
    opens(NULL, INGLE_WEIGHTS_WRITTEN, "cut short. It was replaced.");
}

static void a_folder_that_is_not_to_be_trusted_is_not_used(void **state) {
    (void)state;
    opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    assert_int_equal(chmod(cache, 0777), 0);
    opens(NULL, INGLE_WEIGHTS_MEMORY, "belongs to another user or may be written to by others.");
    assert_int_equal(n_entries(), 1);
    assert_int_equal(chmod(cache, 0700), 0);
    opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
}

/* ---- several at once ---- */

static void *open_in_thread(void *arg) {
    ingle_model_options options = ingle_model_options_default();
    options.n_threads = 2;
    options.cache_dir = cache;
    ingle_model **model = arg;
    return (void *)(uintptr_t)ingle_model_open(model, path, &options, NULL);
}

static void writers_at_the_same_time_each_succeed(void **state) {
    (void)state;
    enum { N = 6 };
    for (int turn = 0; turn < 3; turn++) {
        pthread_t threads[N];
        ingle_model *models[N];
        compute_wanted(NULL);
        for (int i = 0; i < N; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, open_in_thread, &models[i]), 0);
        }
        for (int i = 0; i < N; i++) {
            void *status;
            pthread_join(threads[i], &status);
            assert_ptr_equal(status, NULL);
            assert_string_equal(ingle_model_get_info(models[i]).cache_note, "");
            expect_logits(models[i]);
        }
        for (int i = 0; i < N; i++) ingle_model_close(models[i]);
        assert_int_equal(n_entries(), 1);
        opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
        assert_int_equal(run_shell("rm -r '%s'%s", cache, ""), 0);
    }
}

static int n_writes;

static void die_in_the_middle(void) {
    if (++n_writes == 3) _exit(9);
}

static void a_killed_writer_leaves_nothing_for_the_next(void **state) {
    (void)state;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        on_pwrite = die_in_the_middle;
        ingle_model_options options = ingle_model_options_default();
        options.n_threads = 1;
        options.cache_dir = cache;
        ingle_model *model;
        _exit(ingle_model_open(&model, path, &options, NULL) == INGLE_OK ? 1 : 2);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(WEXITSTATUS(ended), 9);
    assert_int_equal(n_entries(), 1);
    opens(NULL, INGLE_WEIGHTS_WRITTEN, NULL);
    assert_int_equal(n_entries(), 1);
    opens(NULL, INGLE_WEIGHTS_CACHED, NULL);
}

#define WITH_CACHE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_CACHE(every_tier_computes_the_same_from_a_file),
        WITH_CACHE(a_model_keeps_its_weights_when_the_file_is_deleted),
        WITH_CACHE(a_vocabulary_needs_no_cache),
        WITH_CACHE(a_damaged_file_is_replaced),
        WITH_CACHE(files_of_older_versions_go),
        WITH_CACHE(the_file_of_another_model_is_not_used),
        WITH_CACHE(a_weight_changed_in_place_is_seen_though_the_time_is_set_back),
        WITH_CACHE(a_model_that_was_just_written_is_not_believed_by_its_time),
        WITH_CACHE(a_model_moved_copied_or_touched_is_known_again),
        WITH_CACHE(whatever_fails_the_weights_are_packed_in_memory),
        WITH_CACHE(a_folder_that_is_not_to_be_trusted_is_not_used),
        WITH_CACHE(writers_at_the_same_time_each_succeed),
        WITH_CACHE(a_killed_writer_leaves_nothing_for_the_next),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
