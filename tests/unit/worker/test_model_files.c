/* worker/client/model_files: which files are handed over, what the prepared weights are called, and
 * that none is left behind or believed for another model. The files hold anything: nobody looks. */
#include "worker/client/model_files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/folder.h"
#include "support/no_files.h"
#include "support/process.h"
#include "support/refusal.h"

#define TIER "avx2"

static char path[128], cache[128];
static struct model_files f;

static int begin(void **state) {
    (void)state;
    snprintf(path, sizeof path, "%s", folder_file("model.gguf"));
    snprintf(cache, sizeof cache, "%s", folder_file("below/packed"));
    file_write(path, "a model", 7);
    return 0;
}

static int end(void **state) {
    (void)state;
    char command[256];
    model_files_close(&f);
    snprintf(command, sizeof command, "rm -rf '%s'/*", folder_file(""));
    return system(command); /* NOLINT(cert-env33-c): a path of ours */
}

static void open_files(const char *model, const char *tier) {
    ingle_error err;
    mark_error(&err);
    if (model_files_open(&f, model, cache, tier, &err) != INGLE_OK) fail_msg("%s", err.msg);
    expect_marked(&err);
}

static ingle_model_info info_of(ingle_weights_from from, const char *note) {
    return (ingle_model_info){.weights_from = from, .cache_file = "", .cache_note = note};
}

/* The weights are `text`, and what is told afterwards. */
static ingle_model_info writes(const char *text) {
    assert_true(f.packed_new >= 0);
    assert_int_equal(write(f.packed_new, text, strlen(text)), strlen(text));
    ingle_model_info info = info_of(INGLE_WEIGHTS_WRITTEN, "");
    model_files_settle(&f, &info);
    return info;
}

static void expect_text(int fd, const char *text) {
    char got[64] = "";
    assert_true(pread(fd, got, sizeof got - 1, 0) >= 0);
    assert_string_equal(got, text);
}

/* ---- the model's files ---- */

static void refuses(const char *model, ingle_status code, const char *saying) {
    ingle_error err = {0};
    int n_files = process_n_files();
    expect_refusal(model_files_open(&f, model, cache, TIER, &err), code, &err, saying);
    assert_int_equal(process_n_files(), n_files);
}

static void what_is_no_file_is_refused_without_waiting_for_it(void **state) {
    (void)state;
    refuses(folder_file("none"), INGLE_NOT_FOUND, "No such file");
    refuses("", INGLE_NOT_FOUND, "Cannot open ''");
    refuses(folder_file(""), INGLE_INVALID, "is not a regular file");
    refuses("/dev/zero", INGLE_INVALID, "is not a regular file");
    assert_int_equal(mkfifo(folder_file("pipe"), 0600), 0);
    refuses(folder_file("pipe"), INGLE_INVALID, "is not a regular file");
    assert_int_not_equal(access(cache, F_OK), 0);
}

static void a_link_leads_to_its_file(void **state) {
    (void)state;
    assert_int_equal(symlink(path, folder_file("link")), 0);
    open_files(folder_file("link"), TIER);
    assert_int_equal(f.n_fds, 1);
    expect_text(f.fds[0], "a model");
}

static const char *part(int i) {
    char name[64];
    snprintf(name, sizeof name, "m-%05d-of-00004.gguf", i);
    return folder_file(name);
}

static void parts_are_taken_along_as_far_as_they_are_there(void **state) {
    (void)state;
    char first[128];
    snprintf(first, sizeof first, "%s", part(1));
    for (int i = 1; i <= 4; i++) {
        if (i != 3) file_write(part(i), i == 2 ? "2" : "other", 1);
    }
    open_files(first, TIER);
    assert_int_equal(f.n_fds, 2);
    expect_text(f.fds[1], "2");
    model_files_close(&f);
    file_write(part(3), "3", 1);
    open_files(first, TIER);
    assert_int_equal(f.n_fds, 4);
    expect_text(f.fds[2], "3");
    model_files_close(&f);
    /* From a later part there is no way to the others. */
    open_files(part(2), TIER);
    assert_int_equal(f.n_fds, 1);
    model_files_close(&f);
    /* One that is there and cannot be read is told. */
    assert_int_equal(unlink(part(3)), 0);
    assert_int_equal(mkdir(part(3), 0700), 0);
    refuses(first, INGLE_INVALID, "m-00003-of-00004.gguf' is not a regular file");
}

/* ---- prepared weights ---- */

static void weights_that_were_written_are_there_the_next_time(void **state) {
    (void)state;
    int n_files = process_n_files();
    open_files(path, TIER);
    assert_int_equal(f.packed, -1);
    assert_int_equal(folder_count(cache, ""), 1);
    assert_int_equal(file_mode(cache), 0700);
    assert_int_equal(access(f.unfinished, F_OK), 0);
    ingle_model_info info = writes("weights");
    assert_int_equal(info.weights_from, INGLE_WEIGHTS_WRITTEN);
    assert_string_equal(info.cache_note, "");
    assert_memory_equal(info.cache_file, cache, strlen(cache));
    assert_int_equal(file_mode(info.cache_file), 0600);
    assert_int_equal(folder_count(cache, ""), 1);
    assert_int_equal(process_n_files(), n_files);

    open_files(path, TIER);
    expect_text(f.packed, "weights");
    assert_int_equal(pwrite(f.packed, "W", 1, 0), -1); /* nothing can be left in it */
    info = info_of(INGLE_WEIGHTS_CACHED, "");
    model_files_settle(&f, &info);
    assert_string_equal(info.cache_file, f.packed_path);
    assert_string_equal(info.cache_note, "");
    assert_int_equal(folder_count(cache, ""), 1);

    /* What did not fit is replaced. */
    open_files(path, TIER);
    info = writes("others");
    open_files(path, TIER);
    expect_text(f.packed, "others");
    assert_int_equal(folder_count(cache, ""), 2);
}

static void nothing_is_left_of_a_model_that_did_not_open(void **state) {
    (void)state;
    open_files(path, TIER);
    assert_int_equal(write(f.packed_new, "half", 4), 4);
    model_files_settle(&f, NULL);
    assert_int_equal(folder_count(cache, ""), 0);
    open_files(path, TIER);
    ingle_model_info info = info_of(INGLE_WEIGHTS_MEMORY, "It did not fit.");
    model_files_settle(&f, &info);
    assert_string_equal(info.cache_note, "It did not fit.");
    assert_string_equal(info.cache_file, "");
    assert_int_equal(folder_count(cache, ""), 0);
    model_files_close(&f);
    model_files_close(&f);
}

static void who_is_killed_leaves_nothing_for_long(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) _exit(model_files_open(&f, path, cache, TIER, NULL) == INGLE_OK);
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(WEXITSTATUS(ended), 1);
    assert_int_equal(folder_count(cache, "packing-"), 1);
    open_files(path, TIER);
    model_files_close(&f);
    assert_int_equal(folder_count(cache, "packing-"), 0);
}

/* ---- names ---- */

static void name_for(char name[PATH_MAX], const char *model, const char *tier) {
    open_files(model, tier);
    snprintf(name, PATH_MAX, "%s", f.packed_path);
    model_files_close(&f);
}

static void a_name_is_that_of_the_path_the_file_and_the_tier(void **state) {
    (void)state;
    char first[PATH_MAX], again[PATH_MAX];
    name_for(first, path, TIER);
    name_for(again, path, "ref");
    assert_string_not_equal(first, again);
    assert_int_equal(symlink(path, folder_file("link")), 0);
    name_for(again, folder_file("link"), TIER);
    assert_string_equal(first, again); /* the real path counts */
    assert_int_equal(link(path, folder_file("twin")), 0);
    name_for(again, folder_file("twin"), TIER);
    assert_string_not_equal(first, again);
    /* What a file is called cannot make it another one. */
    assert_int_equal(rename(path, folder_file("old")), 0);
    file_write(path, "another", 7);
    name_for(again, path, TIER);
    assert_string_not_equal(first, again);
}

static void weights_of_a_file_that_was_replaced_go(void **state) {
    (void)state;
    char other[128];
    snprintf(other, sizeof other, "%s", folder_file("other.gguf"));
    file_write(other, "other", 5);
    static const char *const tiers[] = {TIER, "ref"};
    for (size_t i = 0; i < 2; i++) {
        open_files(path, tiers[i]);
        writes("old");
        open_files(other, tiers[i]);
        writes("other");
    }
    file_write(folder_file("below/packed/0123456789abcdef-0123456789abcdef.packed"), "", 0);
    assert_int_equal(folder_count(cache, ".packed"), 5);
    assert_int_equal(rename(path, folder_file("moved")), 0); /* so that its inode stays in use */
    file_write(path, "another", 7);
    open_files(path, TIER);
    assert_int_equal(f.packed, -1);
    writes("new");
    assert_int_equal(folder_count(cache, ".packed"), 4);
    open_files(other, "ref");
    expect_text(f.packed, "other");
}

/* ---- caches that are of no use ---- */

static void tells(ingle_weights_from from, const char *note, const char *wanted) {
    ingle_model_info info = info_of(from, note);
    model_files_settle(&f, &info);
    if (!strstr(info.cache_note, wanted)) fail_msg("'%s': no '%s'", info.cache_note, wanted);
    if (!wanted[0]) assert_string_equal(info.cache_note, "");
}

static void why_there_is_no_cache_is_told_where_it_matters(void **state) {
    (void)state;
    open_files(path, TIER);
    writes("weights");
    assert_int_equal(chmod(cache, 0777), 0);
    open_files(path, TIER);
    assert_int_equal(f.packed, -1);
    assert_int_equal(f.packed_new, -1);
    tells(INGLE_WEIGHTS_MEMORY, "", "belongs to another user or may be written to by others.");
    assert_int_equal(chmod(cache, 0700), 0);

    open_files(path, TIER);
    assert_int_equal(chmod(f.packed_path, 0622), 0);
    model_files_close(&f);
    open_files(path, TIER);
    assert_int_equal(f.packed, -1);
    tells(INGLE_WEIGHTS_MEMORY, "Full.", "Full. The cached file was not a file of this user");
    assert_int_equal(chmod(f.packed_path, 0600), 0);

    assert_int_equal(model_files_open(&f, path, NULL, TIER, NULL), INGLE_OK);
    assert_int_equal(f.packed_new, -1);
    tells(INGLE_WEIGHTS_MEMORY, "", "");
    assert_int_equal(model_files_open(&f, path, "/proc/none", TIER, NULL), INGLE_OK);
    tells(INGLE_WEIGHTS_MEMORY, "", "Cannot create '/proc/none'");
    if (geteuid() == 0) return; /* who may write to everything */
    assert_int_equal(chmod(cache, 0500), 0);
    open_files(path, TIER);
    assert_true(f.packed >= 0);
    tells(INGLE_WEIGHTS_CACHED, "", ""); /* all is well without */
    open_files(path, TIER);
    tells(INGLE_WEIGHTS_MEMORY, "", "Permission denied");
    assert_int_equal(chmod(cache, 0700), 0);
}

static void weights_that_cannot_be_named_are_in_memory(void **state) {
    (void)state;
    open_files(path, TIER);
    assert_int_equal(unlink(f.unfinished), 0);
    ingle_model_info info = writes("weights");
    assert_int_equal(info.weights_from, INGLE_WEIGHTS_MEMORY);
    assert_string_equal(info.cache_file, "");
    assert_non_null(strstr(info.cache_note, "Cannot write to '"));
}

/* ---- a process that loses its files ---- */

/* Runs in a child: keeps, loses all files, and settles; the exit code says what became of it. */
static void sealed_child(bool is_written) {
    if (model_files_open(&f, path, cache, TIER, NULL) != INGLE_OK) _exit(2);
    if (model_files_keep(&f, NULL) != INGLE_OK) _exit(3);
    int fds[MODEL_FILES_MAX + MODEL_FILES_OTHERS];
    /* The model, packed_new, two pipes. */
    if (model_files_list(&f, fds) != (f.packed < 0 ? 4 : 5)) _exit(4);
    if (!no_files()) _exit(77);
    if (write(f.packed_new, "weights", 7) != 7) _exit(5);
    ingle_model_info info = info_of(is_written ? INGLE_WEIGHTS_WRITTEN : INGLE_WEIGHTS_MEMORY, "");
    model_files_settle(&f, &info);
    _exit(info.weights_from == INGLE_WEIGHTS_WRITTEN && info.cache_file[0] ? 0 : 1);
}

static int run_sealed(bool is_written) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) sealed_child(is_written);
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    return WEXITSTATUS(ended);
}

static void a_keeper_names_the_weights_of_who_can_open_nothing(void **state) {
    (void)state;
    int code = run_sealed(true);
    if (code == 77) skip();
    assert_int_equal(code, 0);
    assert_int_equal(folder_count(cache, ""), 1);
    open_files(path, TIER);
    expect_text(f.packed, "weights");
    model_files_close(&f);
    assert_int_equal(run_sealed(false), 1);
    assert_int_equal(folder_count(cache, ""), 1); /* what was not finished is gone already */
}

static void a_keeper_cleans_up_after_who_is_killed(void **state) {
    (void)state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        bool is_good = model_files_open(&f, path, cache, TIER, NULL) == INGLE_OK &&
                       model_files_keep(&f, NULL) == INGLE_OK;
        if (write(ready[1], "x", is_good) != 1) _exit(1);
        for (;;) pause();
    }
    close(ready[1]);
    char c;
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    assert_int_equal(folder_count(cache, ""), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    /* The keeper of one that is killed ends a moment after it. */
    for (int i = 0; i < 2000 && folder_count(cache, "") != 0; i++) usleep(1000);
    assert_int_equal(folder_count(cache, ""), 0);
}

static void without_a_new_file_there_is_no_keeper(void **state) {
    (void)state;
    assert_int_equal(model_files_open(&f, path, NULL, TIER, NULL), INGLE_OK);
    assert_int_equal(model_files_keep(&f, NULL), INGLE_OK);
    int fds[MODEL_FILES_MAX + MODEL_FILES_OTHERS];
    assert_int_equal(model_files_list(&f, fds), 1);
    assert_int_equal(fds[0], f.fds[0]);
}

#define WITH_MODEL(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MODEL(what_is_no_file_is_refused_without_waiting_for_it),
        WITH_MODEL(a_link_leads_to_its_file),
        WITH_MODEL(parts_are_taken_along_as_far_as_they_are_there),
        WITH_MODEL(weights_that_were_written_are_there_the_next_time),
        WITH_MODEL(nothing_is_left_of_a_model_that_did_not_open),
        WITH_MODEL(who_is_killed_leaves_nothing_for_long),
        WITH_MODEL(a_name_is_that_of_the_path_the_file_and_the_tier),
        WITH_MODEL(weights_of_a_file_that_was_replaced_go),
        WITH_MODEL(why_there_is_no_cache_is_told_where_it_matters),
        WITH_MODEL(weights_that_cannot_be_named_are_in_memory),
        WITH_MODEL(a_keeper_names_the_weights_of_who_can_open_nothing),
        WITH_MODEL(a_keeper_cleans_up_after_who_is_killed),
        WITH_MODEL(without_a_new_file_there_is_no_keeper),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
