/* One model, many threads: each with a session of its own, all with its tokenizer. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/fixture.h"
#include "support/folder.h"

#define N_THREADS 3
#define N_TOKENS 50

/* What one thread makes of a text: its tokens, the logits after them, an answer. */
struct work {
    const ingle_model *model;
    bool ok;
    ingle_token ids[N_TOKENS];
    size_t n;
    float logits[320];
    char text[512];
    size_t len;
};

static bool take(const char *text, size_t len, void *user) {
    struct work *w = user;
    if (w->len + len > sizeof w->text) return false;
    memcpy(w->text + w->len, text, len);
    w->len += len;
    return true;
}

/* Without assertions, which are for the main thread. */
static void *do_work(void *arg) {
    struct work *w = arg;
    static const char text[] = "in the heathen thicket";
    ingle_session *session = NULL;
    ingle_sampler *sampler = NULL;
    ingle_session_options options = ingle_session_options_default();
    options.n_ctx = 128;
    options.n_threads = 2;
    ingle_generate_options generate = ingle_generate_options_default();
    generate.max_tokens = 30;
    generate.ignore_end = true;
    generate.on_text = take;
    generate.user = w;
    ingle_generate_result result;
    w->ok = ingle_tokenize(w->model, text, sizeof text - 1, INGLE_TOKENIZE_ADD_SPECIAL, w->ids,
                           N_TOKENS, &w->n, NULL) == INGLE_OK &&
            ingle_session_new(&session, w->model, &options, NULL) == INGLE_OK &&
            ingle_sampler_new(&sampler, w->model, NULL, NULL) == INGLE_OK &&
            ingle_session_eval(session, w->ids, w->n, NULL, NULL) == INGLE_OK;
    if (w->ok) {
        memcpy(w->logits, ingle_session_logits(session), sizeof w->logits);
        w->ok = ingle_session_generate(session, sampler, &generate, &result, NULL) == INGLE_OK;
    }
    ingle_sampler_free(sampler);
    ingle_session_free(session);
    return NULL;
}

static void threads_that_share_a_model_compute_what_each_would_alone(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&(struct make_model_spec){.type = "q8_0"}, NULL);
    struct work alone = {.model = model}, together[N_THREADS];
    (void)do_work(&alone);
    assert_true(alone.ok && alone.n > 10);
    for (int round = 0; round < 3; round++) {
        pthread_t threads[N_THREADS];
        for (int i = 0; i < N_THREADS; i++) {
            together[i] = (struct work){.model = model};
            assert_int_equal(pthread_create(&threads[i], NULL, do_work, &together[i]), 0);
        }
        for (int i = 0; i < N_THREADS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            assert_true(together[i].ok);
            assert_int_equal(together[i].n, alone.n);
            assert_memory_equal(together[i].ids, alone.ids, sizeof alone.ids);
            assert_memory_equal(together[i].logits, alone.logits, sizeof alone.logits);
            assert_int_equal(together[i].len, alone.len);
            assert_memory_equal(together[i].text, alone.text, alone.len);
        }
    }
    ingle_model_close(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_share_a_model_compute_what_each_would_alone),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
