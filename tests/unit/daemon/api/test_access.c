/* daemon/api/access: who may ask, and as whom. */
#include "daemon/api/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct secret token = {"00112233445566778899aabbccddeeff"
                                    "00112233445566778899aabbccddeeff"};

static struct access *access_with(const struct secret *t) {
    struct access *a;
    assert_int_equal(access_new(&a, t, NULL), INGLE_OK);
    return a;
}

/* The client that a request with this header counts for; 0 = it may not ask. */
static uint64_t ask(struct access *a, bool is_unix, const char *name, const char *value,
                    const char *agent) {
    const struct http_header headers[] = {{name, value}, {"user-agent", agent}};
    const struct http_request r = {.method = HTTP_POST,
                                   .path = {"/v1/chat/completions", 20},
                                   .headers = headers,
                                   .n_headers = 2,
                                   .peer = {.is_unix = is_unix}};
    uint64_t client = 0;
    return access_authorize(&r, &client, a) ? client : 0;
}

static void only_the_token_opens_in_either_header(void **state) {
    (void)state;
    struct access *a = access_with(&token);
    char value[128];
    snprintf(value, sizeof value, "Bearer %s", token.text);
    assert_int_not_equal(ask(a, false, "authorization", value, "x"), 0);
    value[0] = 'b';
    assert_int_not_equal(ask(a, false, "authorization", value, "x"), 0);
    assert_int_not_equal(ask(a, false, "x-api-key", token.text, "x"), 0);
    value[strlen(value) - 1] ^= 1;
    assert_int_equal(ask(a, false, "authorization", value, "x"), 0);
    assert_int_equal(ask(a, false, "authorization", token.text, "x"), 0);
    assert_int_equal(ask(a, false, "authorization", "Bearer ", "x"), 0);
    assert_int_equal(ask(a, false, "x-api-key", "", "x"), 0);
    assert_int_equal(ask(a, false, "cookie", token.text, "x"), 0);
    assert_int_not_equal(ask(a, true, "cookie", "", "x"), 0);
    access_free(a);
}

static void programs_are_told_apart_and_their_numbers_cannot_be_chosen(void **state) {
    (void)state;
    struct access *a = access_with(&token), *b = access_with(&token);
    uint64_t one = ask(a, false, "x-api-key", token.text, "curl");
    assert_true(one == ask(a, false, "x-api-key", token.text, "curl"));
    assert_true(one != ask(a, false, "x-api-key", token.text, "vim"));
    assert_true(one != ask(b, false, "x-api-key", token.text, "curl"));
    access_free(a);
    access_free(b);
}

static void the_key_of_the_link_is_good_once(void **state) {
    (void)state;
    struct access *a = access_with(&token);
    struct secret first, second, key;
    assert_true(secret_read(&key, access_link_key(a), strlen(access_link_key(a))));
    assert_int_equal(ask(a, false, "x-api-key", key.text, "x"), 0);
    assert_true(access_open_session(a, key.text, &first));
    assert_false(access_open_session(a, key.text, &second));
    assert_string_equal(access_link_key(a), "");
    assert_false(access_open_session(a, "", &second));
    assert_int_not_equal(ask(a, false, "x-api-key", first.text, "x"), 0);
    assert_false(access_open_session(a, first.text, &second)); /* a session makes no other */
    access_free(a);
}

static void of_many_sessions_the_oldest_ends(void **state) {
    (void)state;
    struct access *a = access_with(&token);
    struct secret all[40];
    for (size_t i = 0; i < 40; i++) assert_true(access_open_session(a, token.text, &all[i]));
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(ask(a, false, "x-api-key", all[i].text, "x") != 0, i >= 8);
    }
    access_free(a);
}

static void without_a_token_everybody_may(void **state) {
    (void)state;
    struct access *a = access_with(NULL);
    assert_false(access_needs_token(a));
    assert_int_not_equal(ask(a, false, "cookie", "", "x"), 0);
    access_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_token_opens_in_either_header),
        cmocka_unit_test(programs_are_told_apart_and_their_numbers_cannot_be_chosen),
        cmocka_unit_test(the_key_of_the_link_is_good_once),
        cmocka_unit_test(of_many_sessions_the_oldest_ends),
        cmocka_unit_test(without_a_token_everybody_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
