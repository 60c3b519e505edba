/* A session that goes from one prefix cache to another: what it knew stays behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/fixture.h"
#include "support/folder.h"

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

static ingle_session *open_session(ingle_prefix_cache *cache) {
    return fixture_session(model, (struct fixture_session){.n_ctx = 256, .prefix_cache = cache});
}

static void another_cache_knows_nothing_of_the_first_client(void **state) {
    (void)state;
    ingle_token tokens[200];
    ingle_error err = {0};
    fixture_tokens(tokens, 200, FIXTURE_ODD_VOCAB, 9);
    ingle_prefix_cache *first = fixture_prefix_cache(model, INGLE_KV_F16, 0),
                       *second = fixture_prefix_cache(model, INGLE_KV_F16, 0);
    ingle_session *s = open_session(first), *alone = open_session(NULL);
    fixture_eval(alone, tokens, 200);
    assert_int_equal(fixture_prompt(s, tokens, 200, 0), 0);
    assert_int_equal(ingle_session_use_cache(s, second, &err), INGLE_OK);
    assert_int_equal(ingle_session_n_tokens(s), 0);
    assert_null(ingle_session_logits(s));
    assert_int_equal(fixture_prompt(s, tokens, 200, 0), 0);
    assert_int_equal(ingle_session_use_cache(s, first, &err), INGLE_OK);
    assert_int_equal(fixture_prompt(s, tokens, 200, 0), 192);
    assert_true(
        fixture_same_bits(ingle_session_logits(s), ingle_session_logits(alone), FIXTURE_ODD_VOCAB));
    /* Its loans are over: the cache may go. */
    assert_int_equal(ingle_session_use_cache(s, NULL, &err), INGLE_OK);
    ingle_prefix_cache_free(first);
    assert_int_equal(fixture_prompt(s, tokens, 200, 0), 0);
    expect_refusal(ingle_session_remember(s, &err), INGLE_BAD_ARGUMENT, &err,
                   "without a prefix cache");
    ingle_session_free(s);
    ingle_session_free(alone);
    ingle_prefix_cache_free(second);
}

static void a_cache_that_does_not_fit_changes_nothing(void **state) {
    (void)state;
    ingle_token tokens[100];
    ingle_error err = {0};
    fixture_tokens(tokens, 100, FIXTURE_ODD_VOCAB, 9);
    ingle_prefix_cache *good = fixture_prefix_cache(model, INGLE_KV_F16, 0),
                       *bad = fixture_prefix_cache(model, INGLE_KV_INT8, 0);
    ingle_session *s = open_session(good);
    fixture_prompt(s, tokens, 100, 0);
    expect_refusal(ingle_session_use_cache(s, bad, &err), INGLE_BAD_ARGUMENT, &err,
                   "as int8, the session as f16");
    assert_int_equal(ingle_session_n_tokens(s), 100);
    assert_non_null(ingle_session_logits(s));
    assert_int_equal(ingle_session_remember(s, &err), INGLE_OK);
    expect_refusal(ingle_session_use_cache(NULL, good, &err), INGLE_BAD_ARGUMENT, &err,
                   "session is NULL");
    ingle_session_free(s);
    ingle_prefix_cache_free(good);
    ingle_prefix_cache_free(bad);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_cache_knows_nothing_of_the_first_client),
        cmocka_unit_test(a_cache_that_does_not_fit_changes_nothing),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
