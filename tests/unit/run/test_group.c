/* Sessions of a group on a thread each: the bits of each alone, whatever the others do; who waits
 * for whom; cancelling. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "engine/api/api.h"
#include "support/answer.h"
#include "support/fixture.h"
#include "support/folder.h"

#define N_THREADS 6
#define N_CTX 700
#define N_STEPS 14
#define N_VOCAB_MOST 512

static ingle_model *model; /* odd sizes */

static int open_model(void **state) {
    if (folder_make(state) != 0) return -1;
    model = fixture_model(&fixture_odd, NULL);
    return 0;
}

static int close_model(void **state) {
    ingle_model_close(model);
    return folder_remove(state);
}

static ingle_group *open_group(const ingle_model *m, int n_batch, int n_threads) {
    ingle_group_options options = ingle_group_options_default();
    ingle_group *group = NULL;
    ingle_error err = {0};
    options.n_batch = n_batch;
    options.n_threads = n_threads;
    if (ingle_group_new(&group, m, &options, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return group;
}

static ingle_session *open_session(const ingle_model *m, ingle_group *group, int n_ctx,
                                   ingle_prefix_cache *cache) {
    ingle_session_options options = ingle_session_options_default();
    ingle_session *session = NULL;
    ingle_error err = {0};
    options.n_ctx = n_ctx;
    options.n_threads = group ? 0 : 1;
    options.group = group;
    options.prefix_cache = cache;
    if (ingle_session_new(&session, m, &options, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return session;
}

static uint64_t passes_of(const ingle_group *group) {
    struct group *g = (struct group *)&group->core;
    pthread_mutex_lock(&g->lock);
    uint64_t n = g->n_passes;
    pthread_mutex_unlock(&g->lock);
    return n;
}

/* ---- the same bits ---- */

/* What a thread does, as its seed says, and a digest of all that came of it after each step. */
struct script {
    const ingle_model *model;
    ingle_session *session;
    ingle_sampler *sampler;
    ingle_constraint *constraint;
    uint64_t seed;
    int always; /* guesses in every pass, where there may be any */
    uint64_t digests[N_STEPS];
    int n_drafted;
    const char *wrong; /* NULL: nothing */
    ingle_error err;
    pthread_t thread;
};

static void add(uint64_t *digest, const void *data, size_t size) {
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) *digest = (*digest ^ bytes[i]) * 0x100000001b3u;
}

static bool add_text(const char *text, size_t len, void *user) {
    add(user, text, len);
    return true;
}

static bool need(struct script *s, ingle_status status, const char *what) {
    if (status != INGLE_OK) s->wrong = what;
    return status == INGLE_OK;
}

static void generate(struct script *s, struct rng *rng, uint64_t *digest, bool is_constrained) {
    ingle_generate_options options = ingle_generate_options_default();
    ingle_generate_result result;
    options.max_tokens = 1 + (int)rng_below(rng, 40);
    options.on_text = add_text;
    options.user = digest;
    options.ignore_end = !is_constrained;
    options.constraint = is_constrained ? s->constraint : NULL;
    s->session->core.gate.always = s->always;
    if (!need(s, ingle_session_generate(s->session, s->sampler, &options, &result, &s->err),
              "generate")) {
        return;
    }
    add(digest, &result.n_tokens, sizeof result.n_tokens);
    add(digest, &result.last, sizeof result.last);
    s->n_drafted += result.n_drafted;
    need(s, ingle_session_eval(s->session, &result.last, 1, NULL, &s->err), "eval");
}

static void step(struct script *s, struct rng *rng, uint64_t *digest) {
    static const ingle_token some[] = {300, 7, 40, 41};
    ingle_token tokens[N_CTX];
    float rows[12 * N_VOCAB_MOST];
    int n_vocab = s->model->model->hp.n_vocab, held = ingle_session_n_tokens(s->session);
    bool is_full = held > N_CTX - 100;
    uint32_t what = is_full ? 0 : rng_below(rng, 8);
    size_t n = what == 0   ? 1 + rng_below(rng, 300)
               : what == 1 ? 1 + rng_below(rng, 12)
                           : 1 + rng_below(rng, 3);
    fixture_tokens(tokens, n, n_vocab, rng_below(rng, 1000));
    if (what == 0) {
        need(s, ingle_session_prompt(s->session, tokens, n, 0, NULL, &s->err), "prompt");
    } else if (what == 1) {
        need(s, ingle_session_eval(s->session, tokens, n, rows, &s->err), "eval");
        add(digest, rows, n * (size_t)n_vocab * sizeof *rows);
    } else if (what == 2 && held > 0) {
        int n_keep = 1 + (int)rng_below(rng, (uint32_t)held);
        need(s, ingle_session_truncate(s->session, n_keep, &s->err), "truncate");
        need(s, ingle_session_eval(s->session, tokens, n, NULL, &s->err), "eval");
    } else if (what == 3) {
        need(s, ingle_session_allow(s->session, some, 4, &s->err), "allow");
        need(s, ingle_session_eval(s->session, tokens, n, NULL, &s->err), "eval");
        add(digest, ingle_session_logits(s->session), (size_t)n_vocab * sizeof *rows);
        need(s, ingle_session_allow(s->session, NULL, 0, &s->err), "allow");
        need(s, ingle_session_eval(s->session, tokens, n, NULL, &s->err), "eval");
    } else {
        if (!ingle_session_logits(s->session)) {
            need(s, ingle_session_eval(s->session, tokens, n, NULL, &s->err), "eval");
        }
        generate(s, rng, digest, what == 4);
    }
    const float *logits = ingle_session_logits(s->session);
    if (logits) add(digest, logits, (size_t)n_vocab * sizeof *logits);
    held = ingle_session_n_tokens(s->session);
    add(digest, &held, sizeof held);
}

static void *run_script(void *arg) {
    struct script *s = arg;
    struct rng rng;
    rng_init(&rng, s->seed);
    for (int i = 0; i < N_STEPS && !s->wrong; i++) {
        uint64_t digest = 0xcbf29ce484222325u;
        step(s, &rng, &digest);
        s->digests[i] = digest;
    }
    return NULL;
}

static void open_script(struct script *s, const ingle_model *m, ingle_group *group, uint64_t seed) {
    static const char regex[] = "[a-f]{3,30}( [0-9]+)*";
    ingle_sampling_options options = ingle_sampling_options_default();
    options.seed = seed;
    options.temperature = seed % 2 ? 1.5f : 0;
    *s = (struct script){.model = m, .seed = seed, .always = (int)(seed % 4)};
    s->session = open_session(m, group, N_CTX, NULL);
    s->sampler = fixture_sampler(m, &options);
    ingle_session_set_urgency(s->session, (ingle_session_urgency)(seed % 3));
    if (ingle_constraint_new_regex(&s->constraint, m, regex, sizeof regex - 1, &s->err) !=
        INGLE_OK) {
        fail_msg("%s", s->err.msg);
    }
}

static void close_script(struct script *s) {
    ingle_session_free(s->session);
    ingle_sampler_free(s->sampler);
    ingle_constraint_free(s->constraint);
}

static void expect_same(const struct script *a, const struct script *b) {
    if (a->wrong) fail_msg("%s: %s", a->wrong, a->err.msg);
    if (b->wrong) fail_msg("%s: %s", b->wrong, b->err.msg);
    for (int i = 0; i < N_STEPS; i++) {
        if (a->digests[i] != b->digests[i]) {
            fail_msg("seed %d differs in step %d", (int)a->seed, i);
        }
    }
}

/* Scripts in a group beside the same ones alone. */
static void compare_scripts(const ingle_model *m, int n_batch, int n_pool_threads, uint64_t seed) {
    struct script together[N_THREADS], alone;
    ingle_group *group = open_group(m, n_batch, n_pool_threads);
    for (int i = 0; i < N_THREADS; i++) open_script(&together[i], m, group, seed + (uint64_t)i);
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_create(&together[i].thread, NULL, run_script, &together[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++) pthread_join(together[i].thread, NULL);
    if (n_batch > 1) assert_true(group->core.n_parts > group->core.n_passes);
    for (int i = 0; i < N_THREADS; i++) {
        open_script(&alone, m, NULL, seed + (uint64_t)i);
        run_script(&alone);
        expect_same(&together[i], &alone);
        close_script(&alone);
        close_script(&together[i]);
    }
    ingle_group_free(group);
}

static void every_session_gives_the_bits_it_gives_alone(void **state) {
    (void)state;
    static const struct {
        int n_batch, n_threads;
    } shapes[] = {{512, 2}, {16, 1}, {3, 2}, {64, 3}, {1, 1}};
    for (size_t i = 0; i < BASE_COUNT(shapes); i++) {
        compare_scripts(model, shapes[i].n_batch, shapes[i].n_threads, 100 * (uint64_t)i);
    }
}

static void so_does_every_session_of_a_model_of_stories(void **state) {
    (void)state;
    if (access(TEST_STORIES, R_OK) != 0) skip();
    ingle_model *stories = fixture_open(TEST_STORIES, NULL);
    compare_scripts(stories, 512, 2, 7000);
    compare_scripts(stories, 40, 2, 8000);
    ingle_model_close(stories);
}

static void batches_of_sessions_may_be_a_group_s_too(void **state) {
    (void)state;
    ingle_group *group = open_group(model, 64, 2);
    ingle_session *sessions[3], *alone = open_session(model, NULL, 100, NULL);
    ingle_token tokens[3][20];
    ingle_batch_item items[3];
    ingle_error err = {0};
    for (int i = 0; i < 3; i++) {
        sessions[i] = open_session(model, group, 100, NULL);
        fixture_tokens(tokens[i], 20, FIXTURE_ODD_VOCAB, (uint64_t)i);
        items[i] = (ingle_batch_item){sessions[i], tokens[i], (size_t)(20 - 9 * i)};
    }
    ingle_session_cancel(sessions[1]);
    expect_refusal(ingle_session_eval_batch(items, 3, &err), INGLE_CANCELLED, &err, "Item 1");
    assert_int_equal(ingle_session_eval_batch(items, 3, &err), INGLE_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ingle_session_truncate(alone, 0, NULL), INGLE_OK);
        fixture_eval(alone, items[i].tokens, items[i].n);
        assert_true(fixture_same_bits(ingle_session_logits(sessions[i]),
                                      ingle_session_logits(alone), FIXTURE_ODD_VOCAB));
        ingle_session_free(sessions[i]);
    }
    ingle_session_free(alone);
    ingle_group_free(group);
}

/* ---- who waits for whom ---- */

/* Holds a pass before its head until somebody lets it go. */
struct hold {
    ingle_session *session;
    atomic_bool is_held, let_go;
    pthread_t thread;
};

static void hold_pass(void *user) {
    struct hold *h = user;
    atomic_store(&h->is_held, true);
    while (!atomic_load(&h->let_go)) nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

static void *eval_one(void *arg) {
    struct hold *h = arg;
    ingle_token token = 1;
    (void)!ingle_session_eval(h->session, &token, 1, NULL, NULL);
    return NULL;
}

static void begin_hold(struct hold *h, ingle_group *group) {
    *h = (struct hold){.session = open_session(model, group, 100, NULL)};
    h->session->core.before_head = hold_pass;
    h->session->core.before_head_user = h;
    assert_int_equal(pthread_create(&h->thread, NULL, eval_one, h), 0);
    while (!atomic_load(&h->is_held)) sched_yield();
}

static void end_hold(struct hold *h) {
    atomic_store(&h->let_go, true);
    pthread_join(h->thread, NULL);
    ingle_session_free(h->session);
}

static int count_queue(ingle_group *group) {
    int n = 0;
    pthread_mutex_lock(&group->core.lock);
    for (const struct group_turn *t = group->core.queue; t; t = t->next) n++;
    pthread_mutex_unlock(&group->core.lock);
    return n;
}

static void wait_for_queue(ingle_group *group, int n) {
    while (count_queue(group) < n) sched_yield();
}

/* Reads a prompt of n tokens; its number among those that came to their heads. */
struct reader {
    ingle_session *session;
    atomic_int *n_ended;
    int n, place;
    ingle_status status;
    pthread_t thread;
};

static void note_place(void *user) {
    struct reader *r = user;
    r->place = atomic_fetch_add(r->n_ended, 1);
}

static void *read_prompt(void *arg) {
    struct reader *r = arg;
    ingle_token tokens[N_CTX];
    fixture_tokens(tokens, (size_t)r->n, FIXTURE_ODD_VOCAB, 1);
    r->status = ingle_session_prompt(r->session, tokens, (size_t)r->n, 0, NULL, NULL);
    return NULL;
}

static void begin_reader(struct reader *r, ingle_group *group, int n, ingle_session_urgency urgency,
                         atomic_int *n_ended) {
    *r = (struct reader){
        .session = open_session(model, group, N_CTX, NULL), .n_ended = n_ended, .n = n};
    ingle_session_set_urgency(r->session, urgency);
    r->session->core.before_head = note_place;
    r->session->core.before_head_user = r;
    assert_int_equal(pthread_create(&r->thread, NULL, read_prompt, r), 0);
}

static void end_reader(struct reader *r) {
    pthread_join(r->thread, NULL);
    assert_int_equal(r->status, INGLE_OK);
    ingle_session_free(r->session);
}

static void the_more_urgent_prompt_is_read_first_and_the_earlier_among_equals(void **state) {
    (void)state;
    static const ingle_session_urgency urgencies[] = {
        INGLE_URGENCY_BACKGROUND, INGLE_URGENCY_TASK, INGLE_URGENCY_INTERACTIVE,
        INGLE_URGENCY_INTERACTIVE, (ingle_session_urgency)77};
    static const int places[] = {3, 2, 0, 1, 4};
    ingle_group *group = open_group(model, 64, 2);
    struct hold hold;
    struct reader readers[5];
    atomic_int n_ended = 0;
    begin_hold(&hold, group);
    for (int i = 0; i < 5; i++) {
        begin_reader(&readers[i], group, 150, urgencies[i], &n_ended);
        wait_for_queue(group, 2 + i);
    }
    end_hold(&hold);
    for (int i = 0; i < 5; i++) end_reader(&readers[i]);
    for (int i = 0; i < 5; i++) assert_int_equal(readers[i].place, places[i]);
    ingle_group_free(group);
}

/* An answer that is in the midst of being made: its reader is slow. */
struct answerer {
    ingle_session *session;
    ingle_sampler *sampler;
    ingle_generate_result result;
    ingle_status status;
    atomic_int n_tokens;
    int hold_at; /* tokens; 0: never */
    atomic_bool let_go;
    pthread_t thread;
};

static bool count_token(const ingle_token_report *report, void *user) {
    struct answerer *a = user;
    (void)report;
    int n = atomic_fetch_add(&a->n_tokens, 1) + 1;
    while (n == a->hold_at && !atomic_load(&a->let_go)) {
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    return true;
}

static void *answer(void *arg) {
    struct answerer *a = arg;
    ingle_token token = 5;
    ingle_generate_options options = ingle_generate_options_default();
    options.ignore_end = true;
    options.max_tokens = N_CTX - 20;
    options.max_draft = 0;
    options.on_token = count_token;
    options.user = a;
    a->status = ingle_session_eval(a->session, &token, 1, NULL, NULL);
    if (a->status != INGLE_OK) return NULL;
    a->status = ingle_session_generate(a->session, a->sampler, &options, &a->result, NULL);
    return NULL;
}

static void begin_answerer(struct answerer *a, ingle_group *group, int hold_at, uint64_t seed) {
    *a = (struct answerer){.session = open_session(model, group, N_CTX, NULL), .hold_at = hold_at};
    a->sampler = answer_sampler(model, "abcdefgh ", seed);
    assert_int_equal(pthread_create(&a->thread, NULL, answer, a), 0);
}

static void end_answerer(struct answerer *a) {
    atomic_store(&a->let_go, true);
    pthread_join(a->thread, NULL);
    ingle_session_free(a->session);
    ingle_sampler_free(a->sampler);
}

static void while_others_answer_a_prompt_is_read_in_pieces(void **state) {
    (void)state;
    ingle_group *group = open_group(model, 512, 2);
    atomic_int n_ended = 0;
    struct reader reader;
    uint64_t before = passes_of(group);
    begin_reader(&reader, group, 512, INGLE_URGENCY_INTERACTIVE, &n_ended);
    end_reader(&reader);
    assert_int_equal(passes_of(group) - before, 1);
    struct answerer answerer;
    begin_answerer(&answerer, group, 20, 1);
    while (atomic_load(&answerer.n_tokens) < 20) sched_yield();
    before = passes_of(group);
    begin_reader(&reader, group, 512, INGLE_URGENCY_INTERACTIVE, &n_ended);
    end_reader(&reader);
    assert_true(passes_of(group) - before >= 512 / GROUP_PIECE_MOST);
    ingle_session_cancel(answerer.session);
    end_answerer(&answerer);
    ingle_group_free(group);
}

/* Beside prompts that never end, an answer comes to its end, and the other way round. */
static void prompts_and_answers_do_not_keep_each_other_waiting(void **state) {
    (void)state;
    ingle_group *group = open_group(model, 32, 2);
    struct answerer answerers[2];
    for (int i = 0; i < 2; i++) begin_answerer(&answerers[i], group, 1, (uint64_t)i);
    ingle_session *s = open_session(model, group, N_CTX, NULL);
    ingle_token tokens[N_CTX];
    fixture_tokens(tokens, N_CTX, FIXTURE_ODD_VOCAB, 1);
    ingle_session_set_urgency(s, INGLE_URGENCY_BACKGROUND);
    for (int i = 0; i < 2; i++) {
        while (atomic_load(&answerers[i].n_tokens) < 1) sched_yield();
    }
    for (int i = 0; i < 2; i++) atomic_store(&answerers[i].let_go, true);
    int n_prompts = 0;
    do {
        tokens[0] = n_prompts++ % 2;
        fixture_prompt(s, tokens, 200, 0);
    } while (atomic_load(&answerers[0].n_tokens) < N_CTX - 20 ||
             atomic_load(&answerers[1].n_tokens) < N_CTX - 20);
    ingle_session_free(s);
    for (int i = 0; i < 2; i++) {
        end_answerer(&answerers[i]);
        assert_int_equal(answerers[i].status, INGLE_OK);
        assert_int_equal(answerers[i].result.reason, INGLE_STOP_LENGTH);
    }
    ingle_group_free(group);
}

/* ---- cancelling ---- */

static void a_cancelled_session_leaves_and_the_others_go_on(void **state) {
    (void)state;
    ingle_group *group = open_group(model, 512, 2);
    ingle_session *victim = open_session(model, group, N_CTX, NULL);
    struct script together[2], alone;
    struct rng rng;
    int n_cancelled = 0, n_at_work = 2;
    rng_init(&rng, 3);
    for (int i = 0; i < 2; i++) {
        open_script(&together[i], model, group, 50 + (uint64_t)i);
        assert_int_equal(pthread_create(&together[i].thread, NULL, run_script, &together[i]), 0);
    }
    for (int round = 0; round < 300 && n_at_work > 0; round++) {
        struct reader r = {.session = victim, .n = 1 + (int)rng_below(&rng, N_CTX - 1)};
        assert_int_equal(ingle_session_truncate(victim, 0, NULL), INGLE_OK);
        assert_int_equal(pthread_create(&r.thread, NULL, read_prompt, &r), 0);
        nanosleep(&(struct timespec){.tv_nsec = rng_below(&rng, 2000000)}, NULL);
        ingle_session_cancel(victim);
        pthread_join(r.thread, NULL);
        assert_true(r.status == INGLE_OK || r.status == INGLE_CANCELLED);
        n_cancelled += r.status == INGLE_CANCELLED;
        assert_in_range(ingle_session_n_tokens(victim), 0, r.n);
        if (r.status == INGLE_OK) assert_int_equal(ingle_session_n_tokens(victim), r.n);
    }
    assert_true(n_cancelled > 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(together[i].thread, NULL);
        open_script(&alone, model, NULL, 50 + (uint64_t)i);
        run_script(&alone);
        expect_same(&together[i], &alone);
        close_script(&alone);
        close_script(&together[i]);
    }
    ingle_session_free(victim);
    ingle_group_free(group);
}

/* It stands at a whole number of tokens, from where it goes on with the same bits. */
static void a_prompt_cancelled_in_its_midst_goes_on_where_it_was(void **state) {
    (void)state;
    ingle_group *group = open_group(model, 32, 1);
    struct hold hold;
    struct reader r = {.session = open_session(model, group, N_CTX, NULL), .n = 300};
    begin_hold(&hold, group);
    assert_int_equal(pthread_create(&r.thread, NULL, read_prompt, &r), 0);
    wait_for_queue(group, 2);
    ingle_session_cancel(r.session);
    end_hold(&hold);
    pthread_join(r.thread, NULL);
    assert_int_equal(r.status, INGLE_CANCELLED);
    int n = ingle_session_n_tokens(r.session);
    assert_int_equal(n, 0);
    assert_null(ingle_session_logits(r.session));
    ingle_session *alone = open_session(model, NULL, N_CTX, NULL);
    ingle_token tokens[300];
    fixture_tokens(tokens, 300, FIXTURE_ODD_VOCAB, 1);
    fixture_eval(r.session, tokens, 300);
    fixture_eval(alone, tokens, 300);
    assert_true(fixture_same_bits(ingle_session_logits(r.session), ingle_session_logits(alone),
                                  FIXTURE_ODD_VOCAB));
    ingle_session_free(alone);
    ingle_session_free(r.session);
    ingle_group_free(group);
}

/* ---- memory ---- */

static void two_answers_side_by_side_allocate_nothing(void **state) {
    (void)state;
    ingle_group *group = open_group(model, 64, 2);
    struct answerer answerers[2];
    for (int i = 0; i < 2; i++) begin_answerer(&answerers[i], group, 1, (uint64_t)i);
    for (int i = 0; i < 2; i++) {
        while (atomic_load(&answerers[i].n_tokens) < 1) sched_yield();
    }
    uint64_t count = mem_count();
    for (int i = 0; i < 2; i++) atomic_store(&answerers[i].let_go, true);
    for (int i = 0; i < 2; i++) {
        while (atomic_load(&answerers[i].n_tokens) < N_CTX - 20) sched_yield();
    }
    assert_int_equal(mem_count(), count);
    for (int i = 0; i < 2; i++) end_answerer(&answerers[i]);
    ingle_group_free(group);
}

static void places_are_used_again(void **state) {
    (void)state;
    ingle_group *group = open_group(model, 64, 2);
    for (int i = 0; i < 20; i++) {
        ingle_session *a = open_session(model, group, 64, NULL);
        ingle_session *b = open_session(model, group, 64, NULL);
        fixture_eval(b, (const ingle_token[]){1, 2}, 2);
        fixture_eval(a, (const ingle_token[]){1, 2}, 2);
        ingle_session_free(a);
        ingle_session_free(b);
    }
    int n = 0;
    for (const struct group_seat *seat = group->core.seats; seat; seat = seat->next) n++;
    assert_int_equal(n, 2);
    ingle_group_free(group);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_session_gives_the_bits_it_gives_alone),
        cmocka_unit_test(so_does_every_session_of_a_model_of_stories),
        cmocka_unit_test(batches_of_sessions_may_be_a_group_s_too),
        cmocka_unit_test(the_more_urgent_prompt_is_read_first_and_the_earlier_among_equals),
        cmocka_unit_test(while_others_answer_a_prompt_is_read_in_pieces),
        cmocka_unit_test(prompts_and_answers_do_not_keep_each_other_waiting),
        cmocka_unit_test(a_cancelled_session_leaves_and_the_others_go_on),
        cmocka_unit_test(a_prompt_cancelled_in_its_midst_goes_on_where_it_was),
        cmocka_unit_test(two_answers_side_by_side_allocate_nothing),
        cmocka_unit_test(places_are_used_again),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
