/* One model, many threads: each with a session of its own, all with its tokenizer. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/sanitized.h"

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

/* ---- one prefix cache, many sessions ---- */

#define N_PROMPT 170
#define N_PROMPTS 6
#define N_ROUNDS (SANITIZED ? 30 : 100)
#define N_VOCAB 320

/* Prompts of one client: pairs that begin alike for 70 and for 100 tokens. */
struct client {
    const ingle_model *model;
    ingle_prefix_cache *cache;
    ingle_token prompts[N_PROMPTS][N_PROMPT];
    float wanted[N_PROMPTS][N_VOCAB];
};

struct user {
    const struct client *client;
    uint64_t seed;
    int n_wrong;
};

static bool discard(const void *data, size_t size, void *user) {
    (void)data, (void)user;
    return size > 0;
}

static ingle_session *open_session(const struct client *c) {
    ingle_session_options options = ingle_session_options_default();
    options.n_ctx = N_PROMPT + 10;
    options.n_threads = 2;
    options.prefix_cache = c->cache;
    ingle_session *s = NULL;
    return ingle_session_new(&s, c->model, &options, NULL) == INGLE_OK ? s : NULL;
}

static bool use_once(const struct client *c, ingle_session *s, struct rng *rng) {
    uint32_t which = rng_below(rng, N_PROMPTS);
    size_t n_typed = rng_below(rng, N_PROMPT);
    const ingle_token *prompt = c->prompts[which];
    if (ingle_session_prompt(s, prompt, n_typed, INGLE_PROMPT_MORE, NULL, NULL) != INGLE_OK ||
        ingle_session_prompt(s, prompt, N_PROMPT, 0, NULL, NULL) != INGLE_OK) {
        return false;
    }
    if (!fixture_same_bits(ingle_session_logits(s), c->wanted[which], N_VOCAB)) return false;
    if (which == 0) return ingle_prefix_cache_save(c->cache, discard, NULL, NULL) == INGLE_OK;
    return ingle_session_eval(s, prompt, 5, NULL, NULL) == INGLE_OK &&
           ingle_session_remember(s, NULL) == INGLE_OK;
}

static void *use_cache(void *arg) {
    struct user *u = arg;
    struct rng rng;
    rng_init(&rng, u->seed);
    ingle_session *s = NULL;
    for (int round = 0; round < N_ROUNDS; round++) {
        if (round % 10 == 0) {
            ingle_session_free(s);
            s = open_session(u->client);
        }
        if (!s || !use_once(u->client, s, &rng)) u->n_wrong++;
    }
    ingle_session_free(s);
    return NULL;
}

/* With room for everything, and with so little that pages come and go. */
static void threads_that_share_a_prefix_cache_find_only_right_pages(void **state) {
    (void)state;
    static struct client c;
    ingle_model *model = fixture_model(&(struct make_model_spec){.type = "q8_0"}, NULL);
    c.model = model;
    for (int i = 0; i < N_PROMPTS; i++) {
        fixture_tokens(c.prompts[i], N_PROMPT, N_VOCAB, (uint64_t)i);
        if (i % 2) memcpy(c.prompts[i], c.prompts[i - 1], (size_t)(i == 1 ? 70 : 100) * 4);
        ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = N_PROMPT});
        fixture_eval(s, c.prompts[i], N_PROMPT);
        memcpy(c.wanted[i], ingle_session_logits(s), sizeof c.wanted[i]);
        ingle_session_free(s);
    }
    for (int little = 0; little < 2; little++) {
        struct user users[N_THREADS];
        pthread_t threads[N_THREADS];
        c.cache = fixture_prefix_cache(model, INGLE_KV_F16, little ? 256 << 10 : 0);
        for (int i = 0; i < N_THREADS; i++) {
            users[i] = (struct user){.client = &c, .seed = (uint64_t)i};
            assert_int_equal(pthread_create(&threads[i], NULL, use_cache, &users[i]), 0);
        }
        for (int i = 0; i < N_THREADS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            assert_int_equal(users[i].n_wrong, 0);
        }
        ingle_prefix_cache_info info = ingle_prefix_cache_get_info(c.cache);
        assert_true(info.n_hits > 0 && info.n_reused > 1000);
        assert_int_equal(info.n_evicted > 10, little);
        ingle_prefix_cache_free(c.cache);
    }
    ingle_model_close(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_share_a_model_compute_what_each_would_alone),
        cmocka_unit_test(threads_that_share_a_prefix_cache_find_only_right_pages),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
