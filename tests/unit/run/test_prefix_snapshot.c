/* Snapshots of a prefix cache: what was saved is there again, to the last bit; what is damaged,
 * forged, another's or too large is refused and changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "engine/model/fingerprint.h"
#include "support/fixture.h"
#include "support/folder.h"

#define N_VOCAB 320
#define N_TOKENS 200
#define MAX_STREAM ((size_t)1 << 20)
#define HEAD 80    /* bytes of the head; its hash is the last 8 */
#define N_PAGES 64 /* where it says how many pages follow */
#define TIER 16    /* where the kernel tier is */

static const struct make_model_spec spec = {.n_layer = 2, .seed = 3};
static ingle_token tokens[N_TOKENS], others[N_TOKENS];
static ingle_model *model;

static int open_all(void **state) {
    if (folder_make(state) != 0) return -1;
    fixture_tokens(tokens, N_TOKENS, N_VOCAB, 5);
    fixture_tokens(others, N_TOKENS, N_VOCAB, 6);
    model = fixture_model(&spec, NULL);
    return 0;
}

static int close_all(void **state) {
    ingle_model_close(model);
    return folder_remove(state);
}

/* ---- streams ---- */

struct stream {
    uint8_t *data;
    size_t size, at;
    size_t n_calls, fail_at; /* the call that fails; 0 = none */
};

static struct stream new_stream(void) {
    struct stream s = {.data = calloc(1, MAX_STREAM)};
    assert_non_null(s.data);
    return s;
}

static bool put(const void *data, size_t size, void *user) {
    struct stream *s = user;
    if (++s->n_calls == s->fail_at || size > MAX_STREAM - s->size) return false;
    memcpy(s->data + s->size, data, size);
    s->size += size;
    return true;
}

static bool get(void *data, size_t size, void *user) {
    struct stream *s = user;
    if (++s->n_calls == s->fail_at || size > s->size - s->at) return false;
    memcpy(data, s->data + s->at, size);
    s->at += size;
    return true;
}

static struct stream save(ingle_prefix_cache *cache) {
    struct stream s = new_stream();
    ingle_error err = {0};
    if (ingle_prefix_cache_save(cache, put, &s, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return s;
}

static struct stream save_prompt(ingle_prefix_cache *cache, const ingle_token *prompt, size_t n) {
    struct stream s = new_stream();
    ingle_error err = {0};
    if (ingle_prefix_cache_save_prompt(cache, prompt, n, put, &s, &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
    return s;
}

static ingle_status load(ingle_prefix_cache *cache, struct stream *s, ingle_error *err) {
    s->at = 0;
    return ingle_prefix_cache_load(cache, get, s, err);
}

static void load_well(ingle_prefix_cache *cache, struct stream *s) {
    ingle_error err;
    mark_error(&err);
    if (load(cache, s, &err) != INGLE_OK) fail_msg("%s", err.msg);
    expect_marked(&err);
    assert_int_equal(s->at, s->size);
}

/* ---- caches ---- */

static ingle_prefix_cache *new_cache(ingle_kv_type kv_type) {
    return fixture_prefix_cache(model, kv_type, 0);
}

/* How much of a prompt of n tokens is reused; the logits after it, if wanted. */
static size_t ask(ingle_prefix_cache *cache, const ingle_model *m, ingle_kv_type kv_type,
                  const ingle_token *prompt, size_t n, float *logits) {
    ingle_session *s = fixture_session(
        m, (struct fixture_session){.n_ctx = N_TOKENS, .kv_type = kv_type, .prefix_cache = cache});
    size_t n_reused = fixture_prompt(s, prompt, n, 0);
    if (logits) memcpy(logits, ingle_session_logits(s), N_VOCAB * sizeof *logits);
    ingle_session_free(s);
    return n_reused;
}

static void enter(ingle_prefix_cache *cache, ingle_kv_type kv_type, const ingle_token *prompt,
                  size_t n) {
    ingle_session *s = fixture_session(
        model,
        (struct fixture_session){.n_ctx = N_TOKENS, .kv_type = kv_type, .prefix_cache = cache});
    fixture_prompt(s, prompt, n, INGLE_PROMPT_MORE);
    ingle_session_free(s);
}

/* 64 of tokens, then 36 of them and 20 of others, each with a rest; and 30 of others. */
static void enter_three(ingle_prefix_cache *cache, ingle_kv_type kv_type) {
    ingle_token fork[84];
    memcpy(fork, tokens, 64 * sizeof *fork);
    memcpy(fork + 64, others, 20 * sizeof *fork);
    enter(cache, kv_type, tokens, 100);
    enter(cache, kv_type, fork, 84);
    enter(cache, kv_type, others, 30);
}

static void what_was_saved_is_there_again_to_the_last_bit(void **state) {
    (void)state;
    for (int k = INGLE_KV_F16; k <= INGLE_KV_INT8; k++) {
        ingle_kv_type kv_type = (ingle_kv_type)k;
        ingle_prefix_cache *cache = new_cache(kv_type), *again = new_cache(kv_type);
        enter_three(cache, kv_type);
        struct stream s = save(cache), t;
        load_well(again, &s);
        ingle_prefix_cache_info a = ingle_prefix_cache_get_info(cache);
        ingle_prefix_cache_info b = ingle_prefix_cache_get_info(again);
        assert_int_equal(a.n_tokens, 64 + 36 + 20 + 30);
        assert_int_equal(b.n_tokens, a.n_tokens);
        assert_int_equal(b.n_pages, a.n_pages);
        assert_int_equal(b.bytes, a.bytes);
        t = save(again);
        assert_int_equal(t.size, s.size);
        float wanted[N_VOCAB], got[N_VOCAB];
        assert_int_equal(ask(NULL, model, kv_type, tokens, 120, wanted), 0);
        assert_int_equal(ask(again, model, kv_type, tokens, 120, got), 100);
        assert_memory_equal(got, wanted, sizeof wanted);
        assert_int_equal(ask(NULL, model, kv_type, others, 50, wanted), 0);
        assert_int_equal(ask(again, model, kv_type, others, 50, got), 30);
        assert_memory_equal(got, wanted, sizeof wanted);
        free(s.data);
        free(t.data);
        ingle_prefix_cache_free(cache);
        ingle_prefix_cache_free(again);
    }
}

static void an_empty_cache_is_saved_and_loaded_as_well(void **state) {
    (void)state;
    ingle_prefix_cache *cache = new_cache(INGLE_KV_F16);
    struct stream s = save(cache);
    load_well(cache, &s);
    assert_int_equal(ingle_prefix_cache_get_info(cache).n_pages, 0);
    struct stream t = save_prompt(cache, tokens, 100);
    assert_int_equal(t.size, s.size);
    assert_memory_equal(t.data, s.data, s.size);
    free(s.data);
    free(t.data);
    ingle_prefix_cache_free(cache);
}

static void a_snapshot_joins_what_is_there(void **state) {
    (void)state;
    ingle_prefix_cache *cache = new_cache(INGLE_KV_F16);
    enter_three(cache, INGLE_KV_F16);
    struct stream s = save(cache);
    ingle_prefix_cache_info before = ingle_prefix_cache_get_info(cache), after;
    load_well(cache, &s); /* all of it is known */
    after = ingle_prefix_cache_get_info(cache);
    assert_memory_equal(&after, &before, sizeof after);
    ingle_prefix_cache_free(cache);
    /* Some is known, some is the beginning of what is there, some goes on from it. */
    cache = new_cache(INGLE_KV_F16);
    enter(cache, INGLE_KV_F16, others, 50);
    enter(cache, INGLE_KV_F16, tokens, 70);
    load_well(cache, &s);
    after = ingle_prefix_cache_get_info(cache);
    assert_int_equal(after.n_tokens, 64 + 36 + 20 + 50);
    assert_int_equal(after.n_pages, 4);
    assert_int_equal(ask(cache, model, INGLE_KV_F16, tokens, 130, NULL), 100);
    assert_int_equal(ask(cache, model, INGLE_KV_F16, others, 60, NULL), 50);
    free(s.data);
    ingle_prefix_cache_free(cache);
}

/* ---- one prompt ---- */

static void one_prompt_is_saved_with_nothing_of_the_others(void **state) {
    (void)state;
    for (int k = INGLE_KV_F16; k <= INGLE_KV_INT8; k++) {
        ingle_kv_type kv_type = (ingle_kv_type)k;
        static const size_t sizes[] = {1, 15, 16, 17, 63, 64, 65, 90, 100, 128, 130, 200};
        ingle_prefix_cache *cache = new_cache(kv_type);
        enter_three(cache, kv_type);
        enter(cache, kv_type, tokens, 130);
        for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
            size_t n = sizes[i] < 130 ? sizes[i] : 130;
            /* The same bytes as from a cache that never saw anything else. */
            ingle_prefix_cache *alone = new_cache(kv_type), *again = new_cache(kv_type);
            enter(alone, kv_type, tokens, n);
            struct stream wanted = save(alone), got = save_prompt(cache, tokens, sizes[i]);
            assert_int_equal(got.size, wanted.size);
            assert_memory_equal(got.data, wanted.data, wanted.size);
            load_well(again, &got);
            assert_int_equal(ingle_prefix_cache_get_info(again).n_tokens, n);
            free(wanted.data);
            free(got.data);
            ingle_prefix_cache_free(alone);
            ingle_prefix_cache_free(again);
        }
        ingle_prefix_cache_free(cache);
    }
}

/* ---- refusals ---- */

/* A cache with something in it, which a refused snapshot must leave alone. */
struct target {
    ingle_prefix_cache *cache;
    ingle_prefix_cache_info before;
};

static struct target new_target(void) {
    struct target t = {.cache = new_cache(INGLE_KV_F16)};
    enter(t.cache, INGLE_KV_F16, tokens, 80);
    t.before = ingle_prefix_cache_get_info(t.cache);
    return t;
}

static void refuses(struct target *t, struct stream *s, ingle_status code, const char *saying) {
    ingle_error err = {0};
    ingle_status status = load(t->cache, s, &err);
    ingle_prefix_cache_info after = ingle_prefix_cache_get_info(t->cache);
    expect_refusal(status, code, &err, saying);
    assert_memory_equal(&after, &t->before, sizeof after);
}

static void free_target(struct target *t) {
    float wanted[N_VOCAB], got[N_VOCAB];
    ask(NULL, model, INGLE_KV_F16, tokens, 100, wanted);
    assert_int_equal(ask(t->cache, model, INGLE_KV_F16, tokens, 100, got), 80);
    assert_memory_equal(got, wanted, sizeof wanted);
    ingle_prefix_cache_free(t->cache);
}

static void a_snapshot_that_ends_early_is_refused_wherever_it_ends(void **state) {
    (void)state;
    ingle_prefix_cache *cache = new_cache(INGLE_KV_F16);
    enter_three(cache, INGLE_KV_F16);
    struct stream s = save(cache);
    struct target t = new_target();
    size_t whole = s.size;
    for (s.size = 0; s.size < whole; s.size += s.size < 500 || s.size > whole - 100 ? 1 : 997) {
        refuses(&t, &s, INGLE_INVALID, "damaged: it ends too early");
    }
    free_target(&t);
    free(s.data);
    ingle_prefix_cache_free(cache);
}

static void a_single_changed_bit_is_noticed_wherever_it_is(void **state) {
    (void)state;
    ingle_prefix_cache *cache = new_cache(INGLE_KV_F16);
    enter_three(cache, INGLE_KV_F16);
    struct stream s = save(cache);
    struct target t = new_target();
    for (size_t at = 0; at < s.size; at += at < 400 || at + 20 > s.size ? 1 : 499) {
        ingle_error err = {0};
        uint8_t bit = (uint8_t)(1u << at % 8);
        s.data[at] ^= bit;
        ingle_status status = load(t.cache, &s, &err);
        s.data[at] ^= bit;
        ingle_prefix_cache_info after = ingle_prefix_cache_get_info(t.cache);
        if (status != INGLE_INVALID && status != INGLE_REFUSED) {
            fail_msg("byte %zu changed: %s", at, ingle_status_name(status));
        }
        assert_true(status == INGLE_INVALID || at < 12); /* another version */
        expect_refusal(status, status, &err, "snapshot");
        assert_memory_equal(&after, &t.before, sizeof after);
    }
    free_target(&t);
    free(s.data);
    ingle_prefix_cache_free(cache);
}

/* Makes the hashes right again. */
static void forge(struct stream *s) {
    uint64_t hash = hash_bytes(0, s->data, HEAD - 8);
    memcpy(s->data + HEAD - 8, &hash, 8);
}

/* The same for the one at the end, which depends on how the stream is read: the reader tells. */
static bool get_and_hash(void *data, size_t size, void *user) {
    struct stream *s = user;
    uint64_t *hash = (uint64_t *)(void *)(s->data + MAX_STREAM - 8);
    if (s->at == s->size - 8 && size == 8) memcpy(s->data + s->at, hash, 8);
    if (!get(data, size, s)) return false;
    *hash = hash_bytes(*hash, data, size);
    return true;
}

static void refuses_forged(struct target *t, struct stream *s, ingle_status code,
                           const char *saying) {
    ingle_error err = {0};
    forge(s);
    s->at = 0;
    memset(s->data + MAX_STREAM - 8, 0, 8);
    ingle_status status = ingle_prefix_cache_load(t->cache, get_and_hash, s, &err);
    ingle_prefix_cache_info after = ingle_prefix_cache_get_info(t->cache);
    expect_refusal(status, code, &err, saying);
    assert_memory_equal(&after, &t->before, sizeof after);
}

static void set(struct stream *s, size_t at, uint32_t value) {
    memcpy(s->data + at, &value, sizeof value);
}

static void what_a_forger_writes_is_refused_even_with_right_hashes(void **state) {
    (void)state;
    ingle_prefix_cache *cache = new_cache(INGLE_KV_F16);
    enter(cache, INGLE_KV_F16, others, 90);
    struct stream s = save(cache);
    struct target t = new_target();
    size_t page = 16384, second = HEAD + 8 + 64 * 4 + page;
    uint32_t was;
    memcpy(&was, s.data + second, 4);
    assert_int_equal(was, 2);
    static const struct {
        bool in_second;
        size_t at;
        uint32_t value;
        const char *saying;
    } rows[] = {
        {false, 0, 0, "a page has no parent"},
        {false, 0, 2, "a page has no parent"},
        {false, 0, UINT32_MAX, "a page has no parent"},
        {false, 4, 0, "a page has an impossible size"},
        {false, 4, 65, "a page has an impossible size"},
        {false, 4, UINT32_MAX, "a page has an impossible size"},
        {false, 8, N_VOCAB, "a token is outside the vocabulary"},
        {false, 8 + 63 * 4, UINT32_MAX, "a token is outside the vocabulary"},
        {false, 8 + 63 * 4, 0x80000000u, "a token is outside the vocabulary"},
        {true, 0, 0, "a page has no parent"},
        {true, 0, 3, "a page has no parent"},
        {true, 4, 0, "a page has an impossible size"},
        {true, 4, 64, "damaged"},
        {true, 8, N_VOCAB, "a token is outside the vocabulary"},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        size_t at = (rows[i].in_second ? second : HEAD) + rows[i].at;
        memcpy(&was, s.data + at, 4);
        set(&s, at, rows[i].value);
        refuses_forged(&t, &s, INGLE_INVALID, rows[i].saying);
        set(&s, at, was);
    }
    /* More pages than there are bytes, and than any cache has room for. */
    set(&s, N_PAGES, 3);
    refuses_forged(&t, &s, INGLE_INVALID, "damaged");
    set(&s, N_PAGES, 1 << 20);
    refuses_forged(&t, &s, INGLE_LIMIT, "The snapshot has 1048576 pages");
    set(&s, N_PAGES + 4, UINT32_MAX);
    refuses_forged(&t, &s, INGLE_LIMIT, "room for");
    free(s.data);
    /* A page under one that is not full: two leaves, the second of which is hung under the first.
     */
    ingle_prefix_cache_free(cache);
    cache = new_cache(INGLE_KV_F16);
    enter(cache, INGLE_KV_F16, others, 16);
    enter(cache, INGLE_KV_F16, others + 16, 16);
    s = save(cache);
    second = HEAD + (s.size - HEAD - 8) / 2;
    set(&s, second, 2);
    refuses_forged(&t, &s, INGLE_INVALID, "a page follows one that is not full");
    free(s.data);
    free_target(&t);
    ingle_prefix_cache_free(cache);
}

static void a_snapshot_of_something_else_is_refused_and_says_what(void **state) {
    (void)state;
    ingle_prefix_cache *cache = new_cache(INGLE_KV_F16);
    enter(cache, INGLE_KV_F16, tokens, 80);
    struct stream s = save(cache);
    ingle_prefix_cache_free(cache);
    struct target t = new_target();
    static const struct {
        size_t at;
        uint32_t value;
        const char *saying;
    } rows[] = {{8, 2, "another version of ingle"},
                {12, 1, "another version of ingle"},
                {TIER, 'x', "another kernel tier"},
                {32, 7, "another model"},
                {40, 1, "another kind of KV cache"},
                {44, 3, "another model"},
                {48, 1, "another model"},
                {52, 8, "another model"},
                {56, 1, "another kind of KV cache"}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        uint32_t was;
        memcpy(&was, s.data + rows[i].at, 4);
        set(&s, rows[i].at, rows[i].value);
        forge(&s);
        refuses(&t, &s, INGLE_REFUSED, rows[i].saying);
        set(&s, rows[i].at, was);
    }
    s.data[0] = 'x';
    refuses(&t, &s, INGLE_INVALID, "This is no snapshot");
    free(s.data);
    free_target(&t);
}

static void another_model_tier_or_cache_really_is_something_else(void **state) {
    (void)state;
    ingle_prefix_cache *cache = new_cache(INGLE_KV_F16);
    enter(cache, INGLE_KV_F16, tokens, 80);
    struct stream s = save(cache);
    struct make_model_spec same = spec, other = spec;
    other.seed = 4;
    const char *tier;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        for (int k = 0; k < 2; k++) {
            ingle_model *m = fixture_model(k ? &other : &same, tier);
            ingle_prefix_cache *c = fixture_prefix_cache(m, INGLE_KV_F16, 0);
            ingle_error err = {0};
            ingle_status status = load(c, &s, &err);
            bool fits = k == 0 && !fixture_tier(i + 1); /* the best is the default */
            if (fits)
                assert_int_equal(status, INGLE_OK);
            else
                expect_refusal(status, INGLE_REFUSED, &err,
                               fixture_tier(i + 1) ? "another kernel tier" : "another model");
            float wanted[N_VOCAB], got[N_VOCAB];
            ask(NULL, m, INGLE_KV_F16, tokens, 100, wanted);
            assert_int_equal(ask(c, m, INGLE_KV_F16, tokens, 100, got), fits ? 80 : 0);
            assert_memory_equal(got, wanted, sizeof wanted);
            ingle_prefix_cache_free(c);
            ingle_model_close(m);
        }
    }
    ingle_prefix_cache *int8 = new_cache(INGLE_KV_INT8);
    ingle_error err = {0};
    expect_refusal(load(int8, &s, &err), INGLE_REFUSED, &err, "another kind of KV cache");
    ingle_prefix_cache_free(int8);
    free(s.data);
    ingle_prefix_cache_free(cache);
}

static void nothing_is_dropped_for_a_snapshot(void **state) {
    (void)state;
    ingle_prefix_cache *cache = new_cache(INGLE_KV_F16);
    enter_three(cache, INGLE_KV_F16);
    struct stream s = save(cache);
    size_t four = (size_t)ingle_prefix_cache_get_info(cache).bytes;
    ingle_prefix_cache_free(cache);
    cache = fixture_prefix_cache(model, INGLE_KV_F16, four - 1);
    struct target t = {.cache = cache, .before = ingle_prefix_cache_get_info(cache)};
    refuses(&t, &s, INGLE_LIMIT, "The snapshot has 4 pages; the prefix cache has room for 3 more");
    ingle_prefix_cache_free(cache);
    cache = fixture_prefix_cache(model, INGLE_KV_F16, four);
    load_well(cache, &s);
    t = (struct target){.cache = cache, .before = ingle_prefix_cache_get_info(cache)};
    refuses(&t, &s, INGLE_LIMIT, "room for 0 more");
    ingle_prefix_cache_free(cache);
    free(s.data);
}

static void a_writer_or_reader_that_fails_ends_it_whenever_it_does(void **state) {
    (void)state;
    ingle_prefix_cache *cache = new_cache(INGLE_KV_F16);
    enter_three(cache, INGLE_KV_F16);
    struct stream s = save(cache);
    struct target t = new_target();
    size_t n_writes = s.n_calls;
    for (size_t n = 1; n <= n_writes; n++) {
        struct stream out = new_stream();
        ingle_error err = {0};
        out.fail_at = n;
        expect_refusal(ingle_prefix_cache_save(cache, put, &out, &err), INGLE_FAILED, &err,
                       "could not be written to its end");
        assert_int_equal(out.n_calls, n);
        free(out.data);
        s.n_calls = 0;
        s.fail_at = n;
        refuses(&t, &s, INGLE_INVALID, "it ends too early");
    }
    /* Nothing is held on to: all of it can make room. */
    ingle_prefix_cache_info info = ingle_prefix_cache_get_info(cache);
    ingle_prefix_cache_free(cache);
    cache = fixture_prefix_cache(model, INGLE_KV_F16, (size_t)info.bytes);
    s.fail_at = 0;
    load_well(cache, &s);
    struct stream out = save(cache);
    ingle_token fresh[N_TOKENS];
    fixture_tokens(fresh, N_TOKENS, N_VOCAB, 99);
    enter(cache, INGLE_KV_F16, fresh, 200);
    info = ingle_prefix_cache_get_info(cache);
    assert_int_equal(info.n_tokens, 200);
    assert_int_equal(info.n_evicted, 4);
    free(out.data);
    free(s.data);
    free_target(&t);
    ingle_prefix_cache_free(cache);
}

static void what_does_not_fit_in_memory_is_said_and_changes_nothing(void **state) {
    (void)state;
    ingle_prefix_cache *cache = new_cache(INGLE_KV_F16);
    enter_three(cache, INGLE_KV_F16);
    struct stream s = save(cache), out = new_stream();
    struct target t = new_target();
    uint64_t live = mem_live();
    for (uint64_t n = 1; n <= 2; n++) {
        ingle_error err = {0};
        mem_fail_at(n, 0);
        ingle_status status = ingle_prefix_cache_save(cache, put, &out, &err);
        mem_fail_at(0, 0);
        expect_refusal(status, INGLE_NO_MEMORY, &err, "Out of memory");
        assert_int_equal(out.n_calls, 0);
    }
    mem_fail_at(1, 0);
    refuses(&t, &s, INGLE_NO_MEMORY, "Out of memory");
    mem_fail_at(0, 0);
    assert_int_equal(mem_live(), live);
    free(s.data);
    free(out.data);
    free_target(&t);
    ingle_prefix_cache_free(cache);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_saved_is_there_again_to_the_last_bit),
        cmocka_unit_test(an_empty_cache_is_saved_and_loaded_as_well),
        cmocka_unit_test(a_snapshot_joins_what_is_there),
        cmocka_unit_test(one_prompt_is_saved_with_nothing_of_the_others),
        cmocka_unit_test(a_snapshot_that_ends_early_is_refused_wherever_it_ends),
        cmocka_unit_test(a_single_changed_bit_is_noticed_wherever_it_is),
        cmocka_unit_test(what_a_forger_writes_is_refused_even_with_right_hashes),
        cmocka_unit_test(a_snapshot_of_something_else_is_refused_and_says_what),
        cmocka_unit_test(another_model_tier_or_cache_really_is_something_else),
        cmocka_unit_test(nothing_is_dropped_for_a_snapshot),
        cmocka_unit_test(a_writer_or_reader_that_fails_ends_it_whenever_it_does),
        cmocka_unit_test(what_does_not_fit_in_memory_is_said_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
