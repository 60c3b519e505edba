/* ingle_cpu_tune(): what is kept is used, what cannot be kept is said. Where this machine has but
 * one processor there is nothing to tune, and only that can be tested. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/run/tune_file.h"
#include "ingle/cpu.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/sanitized.h"

#define NEVER_QUIET "The machine was too busy to measure."

static struct cpu_topology topology;
static char key[TUNE_KEY_CAP];
static struct tune_record record;

static int read_machine(void **state) {
    cpu_topology_read(&topology, "");
    tune_key(key, &topology, cpu_tier_detect());
    record.result.n = cpu_candidates(&topology, record.result.counts);
    return folder_make(state);
}

static bool has_choice(void) {
    return record.result.n > 1;
}

/* Writes a result to a new folder: the last candidate, measured so many seconds ago. */
static const char *folder_with(int n_threads, int age) {
    static char path[256];
    static int n;
    char name[32];
    snprintf(name, sizeof name, "kept%d", n++);
    snprintf(path, sizeof path, "%s", folder_file(name));
    struct tune_record r = record;
    r.n_threads = n_threads;
    r.when = (int64_t)time(NULL) - age;
    for (int i = 0; i < r.result.n; i++) r.result.speeds[i] = n_threads ? i + 1 : 0;
    int fd;
    assert_int_equal(tune_file_open(&fd, path, NULL), INGLE_OK);
    assert_int_equal(tune_file_append(fd, path, key, &r, NULL), INGLE_OK);
    return path;
}

static off_t size_of_file(const char *folder) {
    char path[300];
    struct stat st;
    snprintf(path, sizeof path, "%s/tune", folder);
    return stat(path, &st) == 0 ? st.st_size : -1;
}

static void expect_usual(const ingle_tuning *t, const char *note) {
    assert_int_equal(t->n_threads, ingle_cpu_get_info().n_threads);
    assert_int_equal(t->when, 0);
    assert_true(t->speeds[0] == 0);
    if (!strstr(t->note, note)) fail_msg("the note is: %s", t->note);
}

static void one_processor_leaves_nothing_to_measure(void **state) {
    (void)state;
    cpu_set_t all, one;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    CPU_SET((size_t)topology.slots[0].cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    for (int mode = INGLE_TUNE_LOOK; mode <= INGLE_TUNE_ANEW; mode++) {
        ingle_tuning t;
        assert_int_equal(ingle_cpu_tune(&t, "/proc/no", (ingle_tune_mode)mode, NULL), INGLE_OK);
        assert_int_equal(t.n_threads, 1);
        assert_int_equal(t.when, 0);
        assert_non_null(strstr(t.note, "only one number of threads"));
        assert_int_equal(t.n, 1);
    }
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
}

static void what_was_kept_is_used_and_nothing_is_written(void **state) {
    (void)state;
    if (!has_choice()) skip();
    int last = record.result.counts[record.result.n - 1];
    const char *folder = folder_with(last, 1000000);
    off_t size = size_of_file(folder);
    for (int mode = INGLE_TUNE_LOOK; mode <= INGLE_TUNE_ONCE; mode++) {
        ingle_tuning t;
        assert_int_equal(ingle_cpu_tune(&t, folder, (ingle_tune_mode)mode, NULL), INGLE_OK);
        assert_int_equal(t.n_threads, last);
        assert_true(t.when > 0);
        assert_int_equal(t.n, record.result.n);
        assert_true(t.speeds[t.n - 1] == (double)t.n);
        assert_string_equal(t.note, "");
    }
    assert_int_equal(size_of_file(folder), size);
}

static void looking_measures_nothing(void **state) {
    (void)state;
    if (!has_choice()) skip();
    ingle_tuning t;
    const char *folder = folder_file("none");
    assert_int_equal(ingle_cpu_tune(&t, folder, INGLE_TUNE_LOOK, NULL), INGLE_OK);
    expect_usual(&t, "holds no results of tuning yet.");
    assert_int_equal(size_of_file(folder), -1);
    assert_int_equal(ingle_cpu_tune(&t, NULL, INGLE_TUNE_LOOK, NULL), INGLE_OK);
    expect_usual(&t, "There is no folder for results of tuning.");
}

static void expect_result(const ingle_tuning *t) {
    if (t->when == 0) {
        expect_usual(t, NEVER_QUIET);
        return;
    }
    assert_string_equal(t->note, "");
    bool known = false;
    for (size_t i = 0; i < t->n; i++) {
        assert_true(t->speeds[i] > 0);
        known = known || t->counts[i] == t->n_threads;
    }
    assert_true(known);
}

static void a_new_machine_is_measured_once(void **state) {
    (void)state;
    if (!has_choice()) skip();
    ingle_tuning t, again;
    char folder[256];
    snprintf(folder, sizeof folder, "%s", folder_file("new/ingle"));
    assert_int_equal(ingle_cpu_tune(&t, folder, INGLE_TUNE_ONCE, NULL), INGLE_OK);
    expect_result(&t);
    off_t size = size_of_file(folder);
    assert_true(size > 0);
    assert_int_equal(ingle_cpu_tune(&again, folder, INGLE_TUNE_ONCE, NULL), INGLE_OK);
    assert_int_equal(again.n_threads, t.n_threads);
    assert_int_equal(again.when, t.when);
    assert_string_equal(again.note, t.note);
    assert_int_equal(size_of_file(folder), size);
    assert_int_equal(ingle_cpu_tune(&again, folder, INGLE_TUNE_ANEW, NULL), INGLE_OK);
    expect_result(&again);
    assert_true(size_of_file(folder) > size);
    if (!SANITIZED) assert_int_equal(process_n_threads(1), 1); /* those have their own */
}

static void without_a_folder_it_is_measured_every_time(void **state) {
    (void)state;
    if (!has_choice()) skip();
    ingle_tuning t;
    assert_int_equal(ingle_cpu_tune(&t, NULL, INGLE_TUNE_ONCE, NULL), INGLE_OK);
    expect_result(&t);
    assert_int_equal(ingle_cpu_tune(&t, NULL, INGLE_TUNE_ANEW, NULL), INGLE_OK);
    expect_result(&t);
}

static void a_machine_that_was_busy_is_tried_again_after_ten_minutes(void **state) {
    (void)state;
    if (!has_choice()) skip();
    ingle_tuning t;
    const char *folder = folder_with(0, 500);
    off_t size = size_of_file(folder);
    assert_int_equal(ingle_cpu_tune(&t, folder, INGLE_TUNE_ONCE, NULL), INGLE_OK);
    expect_usual(&t, NEVER_QUIET);
    assert_int_equal(size_of_file(folder), size);
    folder = folder_with(0, 700);
    size = size_of_file(folder);
    assert_int_equal(ingle_cpu_tune(&t, folder, INGLE_TUNE_ONCE, NULL), INGLE_OK);
    expect_result(&t);
    assert_true(size_of_file(folder) > size);
    /* A clock that was set back does not stop it for ever. */
    folder = folder_with(0, -100000);
    size = size_of_file(folder);
    assert_int_equal(ingle_cpu_tune(&t, folder, INGLE_TUNE_ONCE, NULL), INGLE_OK);
    assert_true(size_of_file(folder) > size);
}

static void a_folder_that_cannot_be_used_is_said_and_only_fails_who_insists(void **state) {
    (void)state;
    if (!has_choice()) skip();
    int fd = open(folder_file("file"), O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    const char *folder = folder_file("file/ingle");
    ingle_tuning t;
    ingle_error err;
    mark_error(&err);
    assert_int_equal(ingle_cpu_tune(&t, folder, INGLE_TUNE_ONCE, &err), INGLE_OK);
    expect_marked(&err);
    expect_usual(&t, "Cannot create '");
    ingle_status status = ingle_cpu_tune(&t, folder, INGLE_TUNE_ANEW, &err);
    expect_refusal(status, INGLE_NOT_FOUND, &err, "Cannot create '");
    expect_usual(&t, "Cannot create '");
}

static void wrong_arguments_are_refused(void **state) {
    (void)state;
    ingle_tuning t;
    ingle_error err = {0};
    expect_refusal(ingle_cpu_tune(NULL, NULL, INGLE_TUNE_LOOK, &err), INGLE_BAD_ARGUMENT, &err,
                   "The argument out is NULL.");
    expect_refusal(ingle_cpu_tune(&t, NULL, (ingle_tune_mode)3, &err), INGLE_BAD_ARGUMENT, &err,
                   "no tuning mode 3");
    expect_refusal(ingle_cpu_tune(&t, NULL, (ingle_tune_mode)-1, &err), INGLE_BAD_ARGUMENT, &err,
                   "no tuning mode -1");
}

static void a_session_tells_its_number_of_threads(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&(struct make_model_spec){.n_layer = 1}, NULL);
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_threads = 3});
    assert_int_equal(ingle_session_n_threads(session), 3);
    ingle_session_free(session);
    assert_int_equal(ingle_session_new(&session, model, NULL, NULL), INGLE_OK);
    assert_int_equal(ingle_session_n_threads(session), ingle_cpu_get_info().n_threads);
    ingle_session_free(session);
    ingle_model_close(model);
    assert_int_equal(ingle_session_n_threads(NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_processor_leaves_nothing_to_measure),
        cmocka_unit_test(what_was_kept_is_used_and_nothing_is_written),
        cmocka_unit_test(looking_measures_nothing),
        cmocka_unit_test(a_new_machine_is_measured_once),
        cmocka_unit_test(without_a_folder_it_is_measured_every_time),
        cmocka_unit_test(a_machine_that_was_busy_is_tried_again_after_ten_minutes),
        cmocka_unit_test(a_folder_that_cannot_be_used_is_said_and_only_fails_who_insists),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(a_session_tells_its_number_of_threads),
    };
    return cmocka_run_group_tests(tests, read_machine, folder_remove);
}
