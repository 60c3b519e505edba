/* guard/seal: a model is parsed, prepared, kept prepared, and run after sealing, in each kernel
 * tier of this machine and with many threads; the logits are those of a process without a seal. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/seal/seal.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/sealed.h"

#define N_VOCAB 320
#define N_THREADS 16

static const struct make_model_spec spec = {.n_layer = 2, .type = "q8_0"};

struct work {
    int fds[2]; /* the model; where the prepared weights are to be kept, or are */
    bool is_kept;
    const char *tier;
    float *logits; /* [N_VOCAB], shared with the child */
};

static void look_at_the_machine(void *arg) {
    (void)arg;
    (void)ingle_cpu_get_info();
    tzset();
}

static bool runs_the_model(const struct seal_report *report, void *arg) {
    struct work *w = arg;
    ingle_model_files files = ingle_model_files_default();
    ingle_model_options options = ingle_model_options_default();
    ingle_session_options more = ingle_session_options_default();
    ingle_error err = {0};
    files.fds = w->fds;
    files.n_fds = 1;
    files.packed = w->is_kept ? w->fds[1] : -1;
    files.packed_new = w->is_kept ? -1 : w->fds[1];
    options.n_threads = more.n_threads = N_THREADS;
    options.tier = w->tier;
    more.n_ctx = 64;
    ingle_model *model = NULL;
    ingle_session *session = NULL;
    static const ingle_token ids[] = {1, 2, 300, 4, 5, 6, 7};
    bool ok = report->is_sealed &&
              ingle_model_open_files(&model, &files, &options, &err) == INGLE_OK &&
              ingle_session_new(&session, model, &more, &err) == INGLE_OK &&
              ingle_session_eval(session, ids, 7, NULL, &err) == INGLE_OK;
    for (int i = 0; i < 30 && ok; i++) {
        ok = ingle_session_eval(session, ids, 1, NULL, &err) == INGLE_OK;
    }
    if (ok) memcpy(w->logits, ingle_session_logits(session), N_VOCAB * sizeof *w->logits);
    if (!ok) dprintf(STDERR_FILENO, "%s\n", err.msg);
    ok = ok && ingle_model_get_info(model).weights_from ==
                   (w->is_kept ? INGLE_WEIGHTS_CACHED : INGLE_WEIGHTS_WRITTEN);
    ingle_session_free(session);
    ingle_model_close(model);
    return ok;
}

static const struct seal_report no_seal = {.is_sealed = true};
static bool runs_without(void *arg) {
    return runs_the_model(&no_seal, arg);
}

static void open_files(struct work *w, const char *packed) {
    w->fds[0] = open(folder_file("model.gguf"), O_RDONLY | O_CLOEXEC);
    w->fds[1] = open(folder_file(packed), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(w->fds[0] >= 0 && w->fds[1] >= 0);
}

static void close_files(struct work *w) {
    close(w->fds[0]);
    close(w->fds[1]);
}

static void compare(const char *tier, float *shared) {
    float wanted[N_VOCAB];
    struct work w = {.tier = tier, .logits = shared};
    char plain[64], sealed[64];
    snprintf(plain, sizeof plain, "plain-%s", tier);
    snprintf(sealed, sizeof sealed, "sealed-%s", tier);
    open_files(&w, plain);
    assert_int_equal(sealed_child(runs_without, &w), SEALED_EXIT(0));
    memcpy(wanted, shared, sizeof wanted);
    close_files(&w);
    for (int round = 0; round < 2; round++) {
        memset(shared, 0, sizeof wanted);
        w.is_kept = round == 1;
        open_files(&w, sealed);
        struct sealed_how how = {.keep = w.fds, .n_keep = 2, .before = look_at_the_machine};
        assert_int_equal(sealed_run(&how, runs_the_model, &w), SEALED_EXIT(0));
        assert_memory_equal(shared, wanted, sizeof wanted);
        close_files(&w);
    }
}

static void a_model_is_run_in_every_tier(void **state) {
    (void)state;
    float *shared = mmap(NULL, N_VOCAB * sizeof *shared, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    fixture_write("model.gguf", &spec);
    for (size_t i = 0; fixture_tier(i); i++) compare(fixture_tier(i), shared);
    munmap(shared, N_VOCAB * sizeof *shared);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_model_is_run_in_every_tier)};
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
