/* Generating with a SentencePiece vocabulary, whose texts begin with a space that is no text. Needs
 * the model of tiny stories; skipped without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/answer.h"
#include "support/fixture.h"

#define N_TOKENS 60

static ingle_model *model;

static int open_model(void **state) {
    (void)state;
    if (access(TEST_STORIES, R_OK) == 0) model = fixture_open(TEST_STORIES, NULL);
    return 0;
}

static int close_model(void **state) {
    (void)state;
    ingle_model_close(model);
    return 0;
}

static ingle_sampler *greedy(void) {
    ingle_sampling_options options = ingle_sampling_options_default();
    options.temperature = 0;
    return fixture_sampler(model, &options);
}

static size_t prompt_tokens(const char *prompt, ingle_token *ids, size_t cap) {
    size_t n;
    assert_int_equal(ingle_tokenize(model, prompt, strlen(prompt), INGLE_TOKENIZE_ADD_SPECIAL, ids,
                                    cap, &n, NULL),
                     INGLE_OK);
    return n;
}

/* The answer to a prompt in parts of n tokens. */
static size_t tell(char *text, const char *prompt, int n_part) {
    ingle_token ids[64];
    size_t n = prompt_tokens(prompt, ids, 64), len = 0;
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 200});
    ingle_sampler *sampler = greedy();
    fixture_eval(s, ids, n);
    for (int done = 0; done < N_TOKENS; done += n_part) {
        ingle_generate_options options = ingle_generate_options_default();
        options.max_tokens = n_part;
        struct answer part;
        answer_generate(&part, s, sampler, &options);
        assert_int_equal(part.status, INGLE_OK);
        assert_int_equal(part.result.reason, INGLE_STOP_LENGTH);
        memcpy(text + len, part.text, part.len + 1);
        len += part.len;
        fixture_eval(s, &part.result.last, 1);
    }
    ingle_sampler_free(sampler);
    ingle_session_free(s);
    return len;
}

/* The text of the prompt's tokens and those that the model says next. */
static size_t whole_text(char *text, size_t cap, const char *prompt) {
    ingle_token ids[64 + N_TOKENS];
    size_t n = prompt_tokens(prompt, ids, 64), len;
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 200});
    ingle_sampler *sampler = greedy();
    fixture_eval(s, ids, n);
    for (int i = 0; i < N_TOKENS; i++) {
        ids[n] = ingle_sampler_sample(sampler, ingle_session_logits(s));
        fixture_eval(s, &ids[n++], 1);
    }
    assert_int_equal(ingle_detokenize(model, ids, n, false, text, cap, &len, NULL), INGLE_OK);
    ingle_sampler_free(sampler);
    ingle_session_free(s);
    return len;
}

static void answers_go_on_where_the_prompt_ends_and_drop_only_the_first_space(void **state) {
    (void)state;
    if (!model) skip();
    static const char *const prompts[] = {"", "Once upon a time", "One day,", "x"};
    static const int parts[] = {1, 2, 6, N_TOKENS};
    for (size_t i = 0; i < 4; i++) {
        char whole[2000], text[2000];
        size_t len = whole_text(whole, sizeof whole, prompts[i]);
        assert_memory_equal(whole, prompts[i], strlen(prompts[i]));
        for (size_t k = 0; k < 4; k++) {
            size_t got = tell(text, prompts[i], parts[k]);
            assert_string_equal(text, whole + strlen(prompts[i]));
            assert_int_equal(got, len - strlen(prompts[i]));
        }
        if (i == 0) assert_int_not_equal(whole[0], ' ');
    }
}

static void a_session_emptied_begins_a_text_again(void **state) {
    (void)state;
    if (!model) skip();
    const ingle_token bos = ingle_token_bos(model);
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = 10;
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 64});
    struct answer first, again;
    for (int i = 0; i < 2; i++) {
        ingle_sampler *sampler = greedy();
        assert_int_equal(ingle_session_truncate(s, 0, NULL), INGLE_OK);
        fixture_eval(s, &bos, 1);
        answer_generate(i ? &again : &first, s, sampler, &options);
        ingle_sampler_free(sampler);
    }
    assert_int_not_equal(first.text[0], ' ');
    assert_string_equal(again.text, first.text);
    ingle_session_free(s);
}

static void the_model_knows_its_story(void **state) {
    (void)state;
    if (!model) skip();
    char text[2000];
    (void)tell(text, "Once upon a time", N_TOKENS);
    assert_non_null(strstr(text, "there was a little"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_go_on_where_the_prompt_ends_and_drop_only_the_first_space),
        cmocka_unit_test(a_session_emptied_begins_a_text_again),
        cmocka_unit_test(the_model_knows_its_story),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
