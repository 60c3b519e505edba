/* The sampler's chain against the definitions of its steps, and its draws against the
 * distribution they should have. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/run/sampler.h"

#define N 16

/* Token i is the letter 'a' + i; token 15 is a newline. */
static const char *letter(const void *ctx, int32_t id, size_t *len) {
    (void)ctx;
    *len = 1;
    return &"abcdefghijklmno\n"[id];
}

static struct sampler_vocab vocab = {.n_vocab = N, .bytes = letter};

static int find_kernels(void **state) {
    (void)state;
    struct kern_ops ops;
    kern_ops_init(&ops, cpu_tier_detect());
    vocab.peaks = ops.peaks;
    return 0;
}

/* All steps off; temperature 1. */
static ingle_sampling_options plain(void) {
    ingle_sampling_options opt = sampler_default_options();
    opt.temperature = 1;
    opt.top_k = 0;
    opt.top_p = 1;
    opt.min_p = 0;
    return opt;
}

static struct sampler make(ingle_sampling_options opt) {
    struct sampler s;
    ingle_error err;
    ingle_status status = sampler_init(&s, &vocab, &opt, &err);
    if (status != INGLE_OK) fail_msg("%s", err.msg);
    return s;
}

static void accept_text(struct sampler *s, const char *text) {
    for (; *text; text++) sampler_accept(s, *text == '\n' ? 15 : *text - 'a');
}

static void zero_temperature_takes_the_likeliest_and_the_lowest_id_of_a_tie(void **state) {
    (void)state;
    ingle_sampling_options opt = plain();
    opt.temperature = 0;
    struct sampler s = make(opt);
    float x[N] = {[3] = 2, [5] = 7, [9] = 7, [15] = -1};
    assert_int_equal(sampler_sample(&s, x), 5);
    x[5] = NAN;
    assert_int_equal(sampler_sample(&s, x), 9);
    x[2] = INFINITY;
    assert_int_equal(sampler_sample(&s, x), 2);
    sampler_clear(&s);
}

static void top_k_of_one_is_greedy_with_the_same_ties(void **state) {
    (void)state;
    ingle_sampling_options opt = plain();
    opt.top_k = 1;
    struct sampler s = make(opt);
    float x[N] = {[3] = 2, [5] = 7, [9] = 7};
    for (int i = 0; i < 50; i++) assert_int_equal(sampler_sample(&s, x), 5);
    sampler_clear(&s);
}

static void no_token_is_chosen_when_all_are_forbidden(void **state) {
    (void)state;
    for (int greedy = 0; greedy < 2; greedy++) {
        ingle_sampling_options opt = sampler_default_options();
        if (greedy) opt.temperature = 0;
        struct sampler s = make(opt);
        float x[N];
        for (int i = 0; i < N; i++) x[i] = i % 2 ? NAN : -INFINITY;
        assert_int_equal(sampler_sample(&s, x), INGLE_TOKEN_NONE);
        x[7] = -3;
        assert_int_equal(sampler_sample(&s, x), 7);
        sampler_clear(&s);
    }
}

/* What may still be drawn after the chain, found by drawing often. */
static unsigned support(ingle_sampling_options opt, const float *x) {
    struct sampler s = make(opt);
    unsigned seen = 0;
    for (int i = 0; i < 4000; i++) {
        int32_t id = sampler_sample(&s, x);
        assert_in_range(id, 0, N - 1);
        seen |= 1u << id;
    }
    sampler_clear(&s);
    return seen;
}

/* Logits of these probabilities; 0 is -infinity. */
static void logits_of(const double *p, float *x) {
    for (int i = 0; i < N; i++) x[i] = p[i] > 0 ? (float)log(p[i]) : -INFINITY;
}

static const double skewed[N] = {[2] = 0.5, [4] = 0.25, [1] = 0.125, [8] = 0.0625, [9] = 0.0625};

static void top_k_keeps_the_k_likeliest(void **state) {
    (void)state;
    float x[N];
    logits_of(skewed, x);
    ingle_sampling_options opt = plain();
    opt.top_k = 3;
    assert_int_equal(support(opt, x), 1 << 2 | 1 << 4 | 1 << 1);
    opt.top_k = 4; /* 8 and 9 tie: the lower id stays */
    assert_int_equal(support(opt, x), 1 << 2 | 1 << 4 | 1 << 1 | 1 << 8);
    opt.top_k = 1000;
    assert_int_equal(support(opt, x), 1 << 2 | 1 << 4 | 1 << 1 | 1 << 8 | 1 << 9);
}

static void top_p_keeps_the_smallest_set_with_that_mass(void **state) {
    (void)state;
    float x[N];
    logits_of(skewed, x);
    ingle_sampling_options opt = plain();
    opt.top_p = 0.7f;
    assert_int_equal(support(opt, x), 1 << 2 | 1 << 4);
    opt.top_p = 0.8f;
    assert_int_equal(support(opt, x), 1 << 2 | 1 << 4 | 1 << 1);
    opt.top_p = 0;
    assert_int_equal(support(opt, x), 1 << 2);
}

static void min_p_drops_below_a_fraction_of_the_likeliest(void **state) {
    (void)state;
    float x[N];
    logits_of(skewed, x);
    ingle_sampling_options opt = plain();
    opt.min_p = 0.3f;
    assert_int_equal(support(opt, x), 1 << 2 | 1 << 4);
    opt.min_p = 0.2f;
    assert_int_equal(support(opt, x), 1 << 2 | 1 << 4 | 1 << 1);
    opt.min_p = 1;
    assert_int_equal(support(opt, x), 1 << 2);
}

static void typical_keeps_what_is_about_as_surprising_as_expected(void **state) {
    (void)state;
    float x[N];
    logits_of(skewed, x);
    /* Entropy 1.875 bits; surprise 1, 2, 3, 4, 4 bits: token 4 is the most typical, then 2. */
    ingle_sampling_options opt = plain();
    opt.typical_p = 0.2f;
    assert_int_equal(support(opt, x), 1 << 4);
    opt.typical_p = 0.7f;
    assert_int_equal(support(opt, x), 1 << 4 | 1 << 2);
    opt.typical_p = 0.8f;
    assert_int_equal(support(opt, x), 1 << 4 | 1 << 2 | 1 << 1);
}

static void draws_follow_the_distribution_at_the_given_temperature(void **state) {
    (void)state;
    const float temperatures[] = {0.5f, 1, 2};
    for (size_t t = 0; t < 3; t++) {
        float x[N];
        double want[N], total = 0;
        for (int i = 0; i < N; i++) {
            x[i] = (float)(i % 5) - 0.37f * (float)i;
            want[i] = exp((double)x[i] / (double)temperatures[t]);
            total += want[i];
        }
        ingle_sampling_options opt = plain();
        opt.temperature = temperatures[t];
        opt.seed = 42 + t;
        struct sampler s = make(opt);
        enum { DRAWS = 40000 };
        int seen[N] = {0};
        for (int i = 0; i < DRAWS; i++) seen[sampler_sample(&s, x)]++;
        double chi2 = 0;
        int bins = 0;
        for (int i = 0; i < N; i++) {
            double expected = DRAWS * want[i] / total;
            if (expected < 5) continue;
            chi2 += (seen[i] - expected) * (seen[i] - expected) / expected;
            bins++;
        }
        assert_true(bins >= 8);
        assert_true(chi2 < 37.7); /* 15 degrees of freedom, p = 0.001 */
        sampler_clear(&s);
    }
}

static void extreme_temperatures_stay_sane(void **state) {
    (void)state;
    float x[N] = {[3] = 1e30f, [5] = -1e30f, [7] = 3};
    ingle_sampling_options opt = plain();
    opt.temperature = 1e-38f;
    assert_int_equal(support(opt, x), 1 << 3);
    opt.temperature = 1e38f;
    assert_true(support(opt, x) & 1u << 7);
    x[9] = x[10] = INFINITY;
    opt.temperature = 1;
    opt.top_p = 0.9f;
    opt.min_p = 0.1f;
    opt.typical_p = 0.99f;
    assert_int_equal(support(opt, x), 1 << 9 | 1 << 10);
}

static void the_same_seed_replays_the_same_draws(void **state) {
    (void)state;
    float x[N] = {0};
    ingle_sampling_options opt = plain();
    opt.seed = 5;
    struct sampler a = make(opt), b = make(opt);
    opt.seed = 6;
    struct sampler c = make(opt);
    int n_differ = 0;
    for (int i = 0; i < 200; i++) {
        int32_t id = sampler_sample(&a, x);
        assert_int_equal(id, sampler_sample(&b, x));
        n_differ += id != sampler_sample(&c, x);
    }
    assert_true(n_differ > 100);
    sampler_clear(&a);
    sampler_clear(&b);
    sampler_clear(&c);
}

static void penalties_lower_what_occurred_in_the_window_only(void **state) {
    (void)state;
    ingle_sampling_options opt = plain();
    opt.temperature = 0;
    opt.penalty_last_n = 4;
    opt.repetition_penalty = 2;
    opt.presence_penalty = 0.5f;
    opt.frequency_penalty = 0.25f;
    struct sampler s = make(opt);
    accept_text(&s, "ccabbb"); /* the window is "abbb" */
    float x[N] = {8, -8, 8};
    sampler_sample(&s, x);
    assert_float_equal(s.adjusted[0], 8 / 2 - 0.5 - 0.25, 1e-6);
    assert_float_equal(s.adjusted[1], -8 * 2 - 0.5 - 3 * 0.25, 1e-6);
    assert_float_equal(s.adjusted[2], 8, 0);
    assert_float_equal(x[0], 8, 0); /* the caller's logits are unchanged */
    sampler_sample(&s, x);          /* and nothing is left behind by the first call */
    assert_float_equal(s.adjusted[1], -8 * 2 - 0.5 - 3 * 0.25, 1e-6);
    sampler_clear(&s);
}

static void windows_hold_after_the_history_wraps(void **state) {
    (void)state;
    ingle_sampling_options opt = plain();
    opt.temperature = 0;
    opt.penalty_last_n = 3;
    opt.presence_penalty = 1;
    struct sampler s = make(opt);
    for (int i = 0; i < 1000; i++) {
        sampler_accept(&s, i % N);
        float x[N] = {0};
        sampler_sample(&s, x);
        for (int id = 0; id < N; id++) {
            int age = ((i - id) % N + N) % N;
            float wanted = age < 3 && age <= i ? -1.0f : 0.0f;
            assert_float_equal(s.adjusted[id], wanted, 0);
        }
    }
    sampler_clear(&s);
}

static void bias_adds_up_and_minus_infinity_forbids(void **state) {
    (void)state;
    const ingle_logit_bias bias[] = {{3, 2}, {3, 2}, {5, -INFINITY}};
    ingle_sampling_options opt = plain();
    opt.temperature = 0;
    opt.logit_bias = bias;
    opt.n_logit_bias = 3;
    struct sampler s = make(opt);
    float x[N] = {[5] = 100, [2] = 3};
    assert_int_equal(sampler_sample(&s, x), 3);
    x[2] = 5;
    assert_int_equal(sampler_sample(&s, x), 2);
    sampler_clear(&s);
}

/* DRY by its definition, quadratic: see sampler_dry.c. */
static void dry_brute_force(const ingle_sampling_options *opt, const int *h, int n, float *x) {
    int best[N] = {0};
    for (int k = 1; k < n; k++) {
        int len = 0;
        while (k + len < n && h[n - 1 - len] != 15 && h[n - 1 - len] == h[n - 1 - k - len]) len++;
        int next = h[n - k];
        if (next != 15 && len > best[next]) best[next] = len;
    }
    for (int id = 0; id < N; id++) {
        if (best[id] && best[id] >= opt->dry_allowed_length) {
            x[id] -= (float)((double)opt->dry_multiplier *
                             pow((double)opt->dry_base, best[id] - opt->dry_allowed_length));
        }
    }
}

static void dry_agrees_with_its_definition_on_random_texts(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 3);
    int n_penalised = 0;
    for (int round = 0; round < 2000; round++) {
        ingle_sampling_options opt = plain();
        opt.temperature = 0;
        opt.dry_multiplier = 0.8f;
        opt.dry_allowed_length = (int)rng_below(&rng, 4);
        opt.dry_last_n = (int)rng_below(&rng, 40) - 1;
        struct sampler s = make(opt);
        int h[60], n = (int)rng_below(&rng, 60);
        for (int i = 0; i < n; i++) {
            h[i] = rng_below(&rng, 12) == 0 ? 15 : (int)rng_below(&rng, 3);
            sampler_accept(&s, h[i]);
        }
        float want[N] = {0}, x[N] = {0};
        int window = opt.dry_last_n < 0 || opt.dry_last_n > n ? n : opt.dry_last_n;
        dry_brute_force(&opt, h + n - window, window, want);
        sampler_sample(&s, x);
        for (int id = 0; id < N; id++) {
            float got = s.adjusted ? s.adjusted[id] : 0;
            assert_float_equal(got, want[id], 1e-5f * fabsf(want[id]));
            n_penalised += want[id] < 0;
        }
        sampler_clear(&s);
    }
    assert_true(n_penalised > 500);
}

static void dry_stops_at_breakers_and_lets_short_repeats_pass(void **state) {
    (void)state;
    ingle_sampling_options opt = plain();
    opt.temperature = 0;
    opt.dry_multiplier = 1;
    opt.dry_base = 2;
    struct sampler s = make(opt);
    float x[N] = {0};
    accept_text(&s, "abcdeabc"); /* "abc" came before "d" */
    sampler_sample(&s, x);
    assert_float_equal(s.adjusted['d' - 'a'], -2, 0);
    assert_float_equal(s.adjusted['e' - 'a'], 0, 0);
    accept_text(&s, "\n");
    sampler_sample(&s, x);
    for (int i = 0; i < N; i++) assert_float_equal(s.adjusted[i], 0, 0);
    sampler_clear(&s);

    const char *const own[] = {"b"};
    opt.dry_breakers = own;
    opt.n_dry_breakers = 1;
    s = make(opt);
    accept_text(&s, "abcdeabc");
    sampler_sample(&s, x);
    assert_float_equal(s.adjusted['d' - 'a'], 0, 0);
    sampler_clear(&s);
}

static void dry_is_linear_on_one_token_repeated_and_its_penalty_is_bounded(void **state) {
    (void)state;
    ingle_sampling_options opt = plain();
    opt.temperature = 0;
    opt.dry_multiplier = 1;
    struct sampler s = make(opt);
    for (int i = 0; i < 300000; i++) sampler_accept(&s, 1);
    float x[N] = {0};
    assert_int_equal(sampler_sample(&s, x), 0); /* quadratic would run into the time limit */
    assert_true(isfinite(s.adjusted[1]) && s.adjusted[1] < -1e20f);
    sampler_clear(&s);
}

static void every_option_out_of_range_is_named(void **state) {
    (void)state;
    const struct {
        const char *name;
        size_t offset;
        float bad[4];
        int n_bad;
    } floats[] = {
        {"temperature", offsetof(ingle_sampling_options, temperature), {-1, NAN, INFINITY}, 3},
        {"top_p", offsetof(ingle_sampling_options, top_p), {-0.1f, 1.1f, NAN}, 3},
        {"min_p", offsetof(ingle_sampling_options, min_p), {-0.1f, 1.1f, NAN}, 3},
        {"typical_p", offsetof(ingle_sampling_options, typical_p), {-0.1f, 1.1f, NAN}, 3},
        {"repetition_penalty",
         offsetof(ingle_sampling_options, repetition_penalty),
         {0, -1, NAN, INFINITY},
         4},
        {"presence_penalty",
         offsetof(ingle_sampling_options, presence_penalty),
         {NAN, INFINITY},
         2},
        {"frequency_penalty",
         offsetof(ingle_sampling_options, frequency_penalty),
         {NAN, -INFINITY},
         2},
        {"dry_multiplier",
         offsetof(ingle_sampling_options, dry_multiplier),
         {-1, NAN, INFINITY},
         3},
        {"dry_base", offsetof(ingle_sampling_options, dry_base), {1, NAN, INFINITY}, 3},
    };
    const struct {
        const char *name;
        size_t offset;
        int bad;
    } ints[] = {
        {"top_k", offsetof(ingle_sampling_options, top_k), -1},
        {"penalty_last_n", offsetof(ingle_sampling_options, penalty_last_n), -2},
        {"penalty_last_n", offsetof(ingle_sampling_options, penalty_last_n), INT32_MAX},
        {"dry_allowed_length", offsetof(ingle_sampling_options, dry_allowed_length), -1},
        {"dry_last_n", offsetof(ingle_sampling_options, dry_last_n), -2},
        {"dry_last_n", offsetof(ingle_sampling_options, dry_last_n), INT32_MIN},
    };
    struct sampler s;
    ingle_error err;
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        for (int j = 0; j < floats[i].n_bad; j++) {
            ingle_sampling_options opt = sampler_default_options();
            memcpy((char *)&opt + floats[i].offset, &floats[i].bad[j], sizeof(float));
            assert_int_equal(sampler_init(&s, &vocab, &opt, &err), INGLE_BAD_ARGUMENT);
            assert_non_null(strstr(err.msg, floats[i].name));
            assert_non_null(strstr(err.msg, "must be"));
        }
    }
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        ingle_sampling_options opt = sampler_default_options();
        memcpy((char *)&opt + ints[i].offset, &ints[i].bad, sizeof(int));
        assert_int_equal(sampler_init(&s, &vocab, &opt, &err), INGLE_BAD_ARGUMENT);
        assert_non_null(strstr(err.msg, ints[i].name));
    }
}

static void arrays_of_options_are_checked(void **state) {
    (void)state;
    const ingle_logit_bias bad[] = {{N, 0}, {-1, 0}, {0, NAN}, {0, INFINITY}};
    struct sampler s;
    ingle_error err;
    for (size_t i = 0; i < 4; i++) {
        ingle_sampling_options opt = sampler_default_options();
        opt.logit_bias = &bad[i];
        opt.n_logit_bias = 1;
        assert_int_equal(sampler_init(&s, &vocab, &opt, &err), INGLE_BAD_ARGUMENT);
        assert_non_null(strstr(err.msg, "logit_bias[0]"));
    }
    ingle_sampling_options opt = sampler_default_options();
    opt.n_logit_bias = 2;
    assert_int_equal(sampler_init(&s, &vocab, &opt, &err), INGLE_BAD_ARGUMENT);
    opt = sampler_default_options();
    const char *const empty[] = {"x", ""};
    opt.dry_breakers = empty;
    opt.n_dry_breakers = 2;
    assert_int_equal(sampler_init(&s, &vocab, &opt, &err), INGLE_BAD_ARGUMENT);
    assert_non_null(strstr(err.msg, "dry_breakers[1]"));
    opt.dry_breakers = NULL;
    assert_int_equal(sampler_init(&s, &vocab, &opt, &err), INGLE_BAD_ARGUMENT);
}

static ingle_sampling_options everything_on(const ingle_logit_bias *bias) {
    ingle_sampling_options opt = sampler_default_options();
    opt.typical_p = 0.9f;
    opt.repetition_penalty = 1.1f;
    opt.dry_multiplier = 0.8f;
    opt.logit_bias = bias;
    opt.n_logit_bias = 1;
    return opt;
}

static void choosing_and_accepting_never_allocate(void **state) {
    (void)state;
    const ingle_logit_bias bias = {1, 0.5f};
    struct sampler s = make(everything_on(&bias));
    float x[N] = {[2] = 1, [4] = 2};
    uint64_t before = mem_count();
    for (int i = 0; i < 500; i++) sampler_accept(&s, sampler_sample(&s, x));
    assert_int_equal(mem_count(), before);
    sampler_clear(&s);
}

static void out_of_memory_at_any_allocation_leaves_nothing_behind(void **state) {
    (void)state;
    const ingle_logit_bias bias = {1, 0.5f};
    ingle_sampling_options opt = everything_on(&bias);
    struct sampler s;
    int n_failed = 0;
    for (uint64_t n = 1;; n++) {
        mem_fail_at(n, 0);
        ingle_status status = sampler_init(&s, &vocab, &opt, NULL);
        mem_fail_at(0, 0);
        if (status == INGLE_OK) break;
        assert_int_equal(status, INGLE_NO_MEMORY);
        n_failed++;
    }
    assert_int_equal(n_failed, 9);
    sampler_clear(&s);
}

/* Selection in pieces and in a heap must give the same set as sorting everything. */
static void large_vocabularies_are_cut_like_a_full_sort(void **state) {
    (void)state;
    enum { BIG = 5000 };
    const struct sampler_vocab big = {.n_vocab = BIG, .bytes = letter, .peaks = vocab.peaks};
    float *x = calloc(BIG, sizeof *x);
    struct rng rng;
    rng_init(&rng, 11);
    for (int i = 0; i < BIG; i++) x[i] = rng_normal(&rng) * 0.3f;
    double total = 0, mass = 0;
    for (int i = 0; i < BIG; i++) total += exp((double)x[i]);
    ingle_sampling_options opt = plain();
    opt.top_p = 0.5f;
    /* The threshold logit of the smallest set with half the mass, by repeated maximum. */
    char *taken = calloc(BIG, 1);
    float threshold = 0;
    while (mass < 0.5 * total) {
        int best = -1;
        for (int i = 0; i < BIG; i++) {
            if (!taken[i] && (best < 0 || x[i] > x[best])) best = i;
        }
        taken[best] = 1;
        mass += exp((double)x[best]);
        threshold = x[best];
    }
    struct sampler s;
    assert_int_equal(sampler_init(&s, &big, &opt, NULL), INGLE_OK);
    float lowest = INFINITY;
    for (int i = 0; i < 1000; i++) {
        float drawn = x[sampler_sample(&s, x)];
        if (drawn < lowest) lowest = drawn;
    }
    assert_true(lowest >= threshold - 1e-4f);
    assert_true(lowest < threshold + 0.1f);
    sampler_clear(&s);
    free(taken);
    free(x);
}

/* Logits with ties, NaN and forbidden tokens; in some, few are left. */
static void odd_logits(struct rng *rng, float *x, int n) {
    uint32_t sparse = rng_below(rng, 3) ? 1 : 1 + rng_below(rng, 300);
    for (int i = 0; i < n; i++) {
        x[i] = (float)(int)rng_below(rng, 12) * 0.5f - 3.0f;
        if (rng_below(rng, 2)) x[i] = rng_normal(rng);
        if (rng_below(rng, 50) == 0) x[i] = NAN;
        if (rng_below(rng, sparse) > 0) x[i] = -INFINITY;
    }
}

/* Marks the k that come first by logit, then by id; returns how many there are. */
static int mark_best(const float *x, int n, int k, char *is_best) {
    memset(is_best, 0, (size_t)n);
    for (int n_best = 0; n_best < k; n_best++) {
        int best = -1;
        for (int i = 0; i < n; i++) {
            if (is_best[i] || !(x[i] > -INFINITY)) continue;
            if (best < 0 || x[i] > x[best]) best = i;
        }
        if (best < 0) return n_best;
        is_best[best] = 1;
    }
    return k;
}

static void the_best_are_found_whatever_the_blocks_they_lie_in(void **state) {
    (void)state;
    enum { MOST = 1400 };
    static float x[MOST];
    static char is_best[MOST];
    struct rng rng;
    rng_init(&rng, 13);
    for (int round = 0; round < 300; round++) {
        struct sampler_vocab some = vocab;
        some.n_vocab = 1 + (int)rng_below(&rng, MOST);
        ingle_sampling_options opt = plain();
        opt.temperature = 1e6f; /* each as likely as any other */
        opt.top_k = 1 + (int)rng_below(&rng, 9);
        odd_logits(&rng, x, some.n_vocab);
        int n_best = mark_best(x, some.n_vocab, opt.top_k, is_best);
        struct sampler s;
        assert_int_equal(sampler_init(&s, &some, &opt, NULL), INGLE_OK);
        char is_drawn[MOST] = {0};
        int n_drawn = 0;
        for (int i = 0; i < 200; i++) {
            int32_t id = sampler_sample(&s, x);
            if (n_best == 0) assert_int_equal(id, INGLE_TOKEN_NONE);
            if (n_best == 0) break;
            assert_true(is_best[id]);
            n_drawn += !is_drawn[id];
            is_drawn[id] = 1;
        }
        assert_int_equal(n_drawn, n_best);
        sampler_clear(&s);
        opt.temperature = 0;
        (void)mark_best(x, some.n_vocab, 1, is_best);
        assert_int_equal(sampler_init(&s, &some, &opt, NULL), INGLE_OK);
        int32_t id = sampler_sample(&s, x);
        assert_true(n_best == 0 ? id == INGLE_TOKEN_NONE : is_best[id]);
        sampler_clear(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_temperature_takes_the_likeliest_and_the_lowest_id_of_a_tie),
        cmocka_unit_test(top_k_of_one_is_greedy_with_the_same_ties),
        cmocka_unit_test(no_token_is_chosen_when_all_are_forbidden),
        cmocka_unit_test(top_k_keeps_the_k_likeliest),
        cmocka_unit_test(top_p_keeps_the_smallest_set_with_that_mass),
        cmocka_unit_test(min_p_drops_below_a_fraction_of_the_likeliest),
        cmocka_unit_test(typical_keeps_what_is_about_as_surprising_as_expected),
        cmocka_unit_test(draws_follow_the_distribution_at_the_given_temperature),
        cmocka_unit_test(extreme_temperatures_stay_sane),
        cmocka_unit_test(the_same_seed_replays_the_same_draws),
        cmocka_unit_test(penalties_lower_what_occurred_in_the_window_only),
        cmocka_unit_test(windows_hold_after_the_history_wraps),
        cmocka_unit_test(bias_adds_up_and_minus_infinity_forbids),
        cmocka_unit_test(dry_agrees_with_its_definition_on_random_texts),
        cmocka_unit_test(dry_stops_at_breakers_and_lets_short_repeats_pass),
        cmocka_unit_test(dry_is_linear_on_one_token_repeated_and_its_penalty_is_bounded),
        cmocka_unit_test(every_option_out_of_range_is_named),
        cmocka_unit_test(arrays_of_options_are_checked),
        cmocka_unit_test(choosing_and_accepting_never_allocate),
        cmocka_unit_test(out_of_memory_at_any_allocation_leaves_nothing_behind),
        cmocka_unit_test(large_vocabularies_are_cut_like_a_full_sort),
        cmocka_unit_test(the_best_are_found_whatever_the_blocks_they_lie_in),
    };
    return cmocka_run_group_tests(tests, find_kernels, NULL);
}
