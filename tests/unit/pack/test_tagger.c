/* engine/pack/tagger: tokens and windows, the chain against brute force, and packs that are
 * damaged. */
#include "engine/pack/tagger.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "engine/format/gguf_write.h"
#include "engine/pack/tag_chain.h"
#include "engine/pack/tag_features.h"
#include "support/refusal.h"
#include "support/torture.h"

/* ---- tokens ---- */

static void require_tokens(const char *text, const char *expected) {
    static struct tag_windows w;
    char found[1024] = "";
    tag_windows_init(&w, text, strlen(text), &(struct tag_words){0});
    while (tag_windows_next(&w)) {
        for (size_t i = w.first; i < w.last; i++) {
            size_t n = strlen(found);
            snprintf(found + n, sizeof found - n, "%s%.*s%s", &"\0\0 \0|\0||"[2 * w.tokens[i].gap],
                     (int)(w.tokens[i].to - w.tokens[i].from), text + w.tokens[i].from,
                     i + 1 < w.last ? ";" : "");
        }
    }
    assert_string_equal(found, expected);
}

static void words_numbers_and_marks_are_tokens(void **state) {
    (void)state;
    require_tokens("", "");
    require_tokens(" \n\t ", "");
    require_tokens("Ada", "||Ada");
    require_tokens("O'Brien, x2", "||O;';Brien;,; x2");
    require_tokens("a\nb\n\nc", "||a;|b;||c");
    require_tokens("Zo\xc3\xab \xe2\x80\x9cyes\xe2\x80\x9d",
                   "||Zo\xc3\xab; \xe2\x80\x9c;yes;\xe2\x80\x9d");
    require_tokens("\xe4\xbb\x8a\xe5\xa4\xa9", "||\xe4\xbb\x8a;\xe5\xa4\xa9");
    require_tokens("a\xc2\xa0"
                   "b",
                   "||a; b");
}

static void case_and_script_do_not_change_a_word(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"ADA", "ada"},
                                           {"\xc3\x89T\xc3\x89", "\xc3\xa9t\xc3\xa9"},
                                           {"\xc5\xb8", "\xc3\xbf"},
                                           {"\xc5\x81\xc3\x93\xc5\xb9", "\xc5\x82\xc3\xb3\xc5\xba"},
                                           {"\xce\x91\xce\xa9", "\xce\xb1\xcf\x89"},
                                           {"\xd0\x81\xd0\x96", "\xd1\x91\xd0\xb6"}};
    for (size_t i = 0; i < BASE_COUNT(pairs); i++) {
        assert_int_equal(tag_hash_word(pairs[i][0], strlen(pairs[i][0])),
                         tag_hash_word(pairs[i][1], strlen(pairs[i][1])));
    }
    assert_true(tag_hash_word("ab", 2) != tag_hash_word("ba", 2));
}

/* Every token once, in order, however long the text. */
static void windows_share_out_all_tokens(void **state) {
    (void)state;
    static struct tag_windows w;
    struct rng rng;
    rng_init(&rng, 5);
    for (int round = 0; round < 60; round++) {
        size_t len = rng_below(&rng, 12000), last = 0, n = 0, n_want = 0;
        char *text = malloc(len + 1);
        assert_non_null(text);
        for (size_t i = 0; i < len; i++) text[i] = "aB1 .\n,x"[rng_below(&rng, round % 2 ? 8 : 3)];
        tag_windows_init(&w, text, len, &(struct tag_words){0});
        while (tag_windows_next(&w)) {
            assert_true(w.last - w.first <= TAG_MAX_TOKENS && w.last <= w.n);
            for (size_t i = w.first; i < w.last; i++, n++) {
                assert_true(w.tokens[i].from >= last && w.tokens[i].to > w.tokens[i].from);
                for (; last < w.tokens[i].from; last++) assert_true(strchr(" \n", text[last]));
                last = w.tokens[i].to;
            }
            n_want += w.last - w.first;
        }
        for (; last < len; last++) assert_true(strchr(" \n", text[last]));
        assert_int_equal(n, n_want);
        free(text);
    }
}

static void common_words_are_found_again(void **state) {
    (void)state;
    static uint32_t slots[64];
    memset(slots, 0, sizeof slots);
    for (uint32_t i = 0; i < 32; i++) assert_true(tag_words_add(slots, 64, i * 0x9e3779b1u + 9, 2));
    static struct tag_windows w;
    memset(slots, 0, sizeof slots);
    assert_true(tag_words_add(slots, 64, tag_hash_word("the", 3), 1));
    assert_true(tag_words_add(slots, 64, tag_hash_word("the", 3), 3)); /* the first rank stays */
    tag_windows_init(&w, "THE cat", 7, &(struct tag_words){slots, 64});
    assert_true(tag_windows_next(&w));
    assert_int_equal(w.tokens[0].rank, 1);
    assert_int_equal(w.tokens[1].rank, 0);
}

/* ---- the chain ---- */

enum { LABELS = 2, TAGS = 1 + 2 * LABELS, LONGEST = 5 };

struct brute {
    const struct tag_chain *chain;
    const float *scores;
    size_t n;
    double best, sum; /* of all paths: the greatest score, the sum of exp(score) */
    uint8_t path[LONGEST], best_path[LONGEST];
    double mass[LONGEST][TAGS];
};

static void walk(struct brute *b, size_t i, double score) {
    if (i == b->n) {
        double weight = exp(score);
        b->sum += weight;
        for (size_t k = 0; k < b->n; k++) b->mass[k][b->path[k]] += weight;
        if (score > b->best) {
            b->best = score;
            memcpy(b->best_path, b->path, b->n);
        }
        return;
    }
    size_t from = i ? b->path[i - 1] : TAGS;
    for (size_t t = 0; t < TAGS; t++) {
        if (!tag_may_follow(from, t, TAGS)) continue;
        b->path[i] = (uint8_t)t;
        walk(b, i + 1,
             score + (double)b->chain->transitions[from * TAGS + t] +
                 (double)b->scores[i * TAGS + t]);
    }
}

static void the_chain_agrees_with_all_paths(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 1);
    for (int round = 0; round < 200; round++) {
        float transitions[(TAGS + 1) * TAGS], exp_transitions[(TAGS + 1) * TAGS];
        float scores[LONGEST * TAGS], weights[LONGEST * TAGS], norms[LONGEST];
        float forward[LONGEST * TAGS], backward[LONGEST * TAGS];
        uint8_t back[LONGEST * TAGS], tags[LONGEST];
        struct tag_chain chain = {TAGS, transitions};
        struct brute b = {&chain, scores, 1 + (size_t)round % LONGEST, -1e9, 0, {0}, {0}, {{0}}};
        for (size_t i = 0; i < BASE_COUNT(transitions); i++) transitions[i] = rng_normal(&rng);
        for (size_t i = 0; i < BASE_COUNT(scores); i++) {
            scores[i] = 2.0f * rng_normal(&rng);
            weights[i] = expf(scores[i]);
        }
        walk(&b, 0, 0.0);
        tag_viterbi(&chain, scores, b.n, back, tags);
        assert_memory_equal(tags, b.best_path, b.n);
        tag_exp_transitions(&chain, exp_transitions);
        double log_z =
            tag_forward_backward(TAGS, exp_transitions, weights, b.n, forward, backward, norms);
        assert_true(fabs(log_z - log(b.sum)) < 1e-4);
        for (size_t i = 0; i < b.n; i++) {
            for (size_t t = 0; t < TAGS; t++) {
                double p = (double)forward[i * TAGS + t] * (double)backward[i * TAGS + t];
                assert_true(fabs(p - b.mass[i][t] / b.sum) < 1e-4);
            }
        }
    }
}

/* ---- packs ---- */

enum { SLOTS = 64 };

struct made_pack {
    uint32_t n_slots, shift;
    float scale, transition;
    bool lacks_keys;
    uint32_t n_words; /* slots; 0 = no words */
    size_t n_labels;
};

/* Whatever is a digit is a NUMBER: the shape "d" alone has a row that says so. */
static struct buf make_pack(const struct made_pack *m) {
    static const struct gguf_str labels[65] = {{"NUMBER", 6}, {"B", 1}};
    size_t n_tags = 1 + 2 * m->n_labels;
    struct gguf_str all[65];
    uint32_t keys[128] = {0}, features[TAG_N_FEATURES], words[128] = {0};
    static int8_t weights[128 * 132];
    static float transitions[140 * 140];
    static struct tag_windows w;
    struct gguf_write out;
    struct buf bytes;
    for (size_t i = 0; i < 65; i++) all[i] = i < 2 ? labels[i] : (struct gguf_str){"C", 1};
    memset(weights, 0, sizeof weights);
    for (size_t i = 0; i < BASE_COUNT(transitions); i++) transitions[i] = m->transition;
    tag_windows_init(&w, "7", 1, &(struct tag_words){0});
    assert_true(tag_windows_next(&w));
    tag_features(w.tokens, w.n, 0, features);
    size_t slot = tag_find_slot(keys, SLOTS, features[37]); /* the shape */
    keys[slot] = features[37];
    weights[slot * (n_tags + 1)] = -9;
    weights[slot * (n_tags + 1) + 1] = 9;
    weights[slot * (n_tags + 1) + n_tags] = (int8_t)m->shift;
    gguf_write_init(&out, 1 << 20);
    gguf_write_str(&out, "general.architecture", PACK_ARCHITECTURE);
    gguf_write_str(&out, "ingle.kind", "tagger");
    gguf_write_u32(&out, "ingle.version", TAGGER_VERSION);
    gguf_write_strs(&out, "ingle.labels", all, m->n_labels);
    gguf_write_f32(&out, TAGGER_SCALE_KEY, m->scale);
    gguf_write_tensor(&out, TAGGER_TRANSITIONS, 0, n_tags, n_tags + 1, transitions);
    if (!m->lacks_keys) gguf_write_tensor(&out, TAGGER_KEYS, 26, m->n_slots, 0, keys);
    gguf_write_tensor(&out, TAGGER_WEIGHTS, 24, n_tags + 1, m->n_slots, weights);
    if (m->n_words) gguf_write_tensor(&out, TAGGER_WORDS, 26, m->n_words, 0, words);
    buf_init(&bytes, 1 << 20);
    assert_int_equal(gguf_write_finish(&out, &bytes, NULL), INGLE_OK);
    return bytes;
}

static const struct made_pack good = {SLOTS, 7, 0.01f, 0.0f, false, 32, 2};

static ingle_status open_bytes(ingle_pack **out, const void *data, size_t size, ingle_error *err) {
    return ingle_pack_open_memory(out, data, size, "the pack", err);
}

struct list {
    ingle_span spans[64];
    size_t n, most;
};

static bool collect(const ingle_span *span, void *user) {
    struct list *l = user;
    if (l->n < 64) l->spans[l->n++] = *span;
    return l->n < l->most;
}

static void *aligned_copy(const struct buf *bytes) {
    void *copy = aligned_alloc(64, (bytes->size + 63) / 64 * 64);
    assert_non_null(copy);
    memcpy(copy, bytes->data, bytes->size);
    return copy;
}

static void a_pack_finds_its_spans(void **state) {
    (void)state;
    struct buf bytes = make_pack(&good);
    void *data = aligned_copy(&bytes);
    ingle_pack *pack;
    assert_int_equal(open_bytes(&pack, data, bytes.size, NULL), INGLE_OK);
    struct list l = {.most = 64};
    assert_int_equal(ingle_tag(pack, "a 1 b\n2, c 12", 13, collect, &l, NULL), INGLE_OK);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.spans[0].from, 2);
    assert_int_equal(l.spans[1].to, 7);
    assert_int_equal(l.spans[1].label, 0);
    assert_true(l.spans[0].confidence > 0.5f && l.spans[0].confidence <= 1.0f);
    l = (struct list){.most = 1}; /* the caller has enough */
    assert_int_equal(ingle_tag(pack, "1 a 2", 5, collect, &l, NULL), INGLE_OK);
    assert_int_equal(l.n, 1);
    ingle_error err;
    expect_refusal(ingle_tag(pack, "1 \xff", 3, collect, &l, &err), INGLE_INVALID, &err, "byte 2");
    assert_int_equal(ingle_tag(pack, NULL, 0, collect, &l, NULL), INGLE_OK);
    ingle_pack_close(pack);
    free(data);
    buf_clear(&bytes);
}

static void require_refusal(struct made_pack m, const char *saying) {
    struct buf bytes = make_pack(&m);
    void *data = aligned_copy(&bytes);
    ingle_pack *pack;
    ingle_error err;
    expect_refusal(open_bytes(&pack, data, bytes.size, &err), INGLE_INVALID, &err, saying);
    free(data);
    buf_clear(&bytes);
}

static void a_broken_pack_is_refused(void **state) {
    (void)state;
    struct made_pack m = good;
    m.n_slots = 63;
    require_refusal(m, "powers of two");
    m = good;
    m.n_words = 33;
    require_refusal(m, "powers of two");
    m = good;
    m.scale = 0.0f;
    require_refusal(m, "between 0 and 1");
    m.scale = NAN;
    require_refusal(m, "finite");
    m = good;
    m.transition = 21.0f;
    require_refusal(m, "transition");
    m.transition = NAN;
    require_refusal(m, "transition");
    m = good;
    m.lacks_keys = true;
    require_refusal(m, TAGGER_KEYS);
    m = good;
    m.n_labels = 65;
    require_refusal(m, "65 labels");
}

/* Opens or is refused; what opens can be used. */
static void any_damage_is_borne(void **state) {
    (void)state;
    struct buf bytes = make_pack(&good);
    uint8_t *data = aligned_copy(&bytes);
    struct rng rng;
    rng_init(&rng, 2);
    for (int round = 0; round < 3000; round++) {
        size_t at = rng_below(&rng, (uint32_t)bytes.size);
        uint8_t kept = data[at];
        data[at] = (uint8_t)rng_u32(&rng);
        size_t size = round % 4 ? bytes.size : rng_below(&rng, (uint32_t)bytes.size);
        ingle_pack *pack;
        if (open_bytes(&pack, data, size, NULL) == INGLE_OK) {
            struct list l = {.most = 64};
            if (ingle_pack_get_info(pack).kind == INGLE_PACK_TAGGER) {
                assert_int_equal(ingle_tag(pack, "Ada 12 x 7", 10, collect, &l, NULL), INGLE_OK);
            }
            for (size_t i = 0; i < l.n; i++) {
                assert_true(l.spans[i].to <= 10);
                assert_true(l.spans[i].confidence >= 0.0f && l.spans[i].confidence <= 1.001f);
            }
            ingle_pack_close(pack);
        }
        data[at] = kept;
    }
    free(data);
    buf_clear(&bytes);
}

static void *tortured;
static size_t tortured_size;

static ingle_status open_and_tag(ingle_error *err) {
    ingle_pack *pack;
    struct list l = {.most = 64};
    INGLE_TRY(open_bytes(&pack, tortured, tortured_size, err));
    ingle_status status = ingle_tag(pack, "a 1", 3, collect, &l, err);
    ingle_pack_close(pack);
    return status;
}

static void no_memory_leaves_nothing(void **state) {
    (void)state;
    struct buf bytes = make_pack(&good);
    tortured = aligned_copy(&bytes);
    tortured_size = bytes.size;
    assert_true(torture(open_and_tag) >= 4);
    free(tortured);
    buf_clear(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_numbers_and_marks_are_tokens),
        cmocka_unit_test(case_and_script_do_not_change_a_word),
        cmocka_unit_test(windows_share_out_all_tokens),
        cmocka_unit_test(common_words_are_found_again),
        cmocka_unit_test(the_chain_agrees_with_all_paths),
        cmocka_unit_test(a_pack_finds_its_spans),
        cmocka_unit_test(a_broken_pack_is_refused),
        cmocka_unit_test(any_damage_is_borne),
        cmocka_unit_test(no_memory_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
