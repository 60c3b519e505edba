/* Continues a text with a model:  complete MODEL.gguf "Once upon a time"
 *
 * The whole life of a completion: open a model, turn the text into tokens, let a session read
 * them, and generate; the text arrives in a callback as it becomes certain.
 *
 *   cc complete.c $(pkg-config --cflags --libs ingle) -o complete */
#include <ingle/ingle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool print_text(const char *text, size_t len, void *user) {
    (void)user;
    fwrite(text, 1, len, stdout);
    return fflush(stdout) == 0;
}

static ingle_status complete(const ingle_model *model, const char *prompt, ingle_error *err) {
    ingle_session *session = NULL;
    ingle_sampler *sampler = NULL;
    size_t len = strlen(prompt), n_tokens;
    const unsigned flags = INGLE_TOKENIZE_ADD_SPECIAL;
    ingle_status status = ingle_tokenize(model, prompt, len, flags, NULL, 0, &n_tokens, err);
    if (status) return status;
    ingle_token *tokens = malloc((n_tokens + 1) * sizeof *tokens);
    if (!tokens) return INGLE_NO_MEMORY;

    status = ingle_tokenize(model, prompt, len, flags, tokens, n_tokens, &n_tokens, err);
    if (!status) status = ingle_session_new(&session, model, NULL, err);
    if (!status) status = ingle_sampler_new(&sampler, model, NULL, err);
    if (!status) status = ingle_session_eval(session, tokens, n_tokens, NULL, err);
    if (!status) {
        ingle_generate_options options = ingle_generate_options_default();
        ingle_generate_result result;
        options.max_tokens = 64;
        options.on_text = print_text;
        status = ingle_session_generate(session, sampler, &options, &result, err);
        putchar('\n');
    }

    ingle_sampler_free(sampler);
    ingle_session_free(session);
    free(tokens);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: complete MODEL.gguf TEXT\n");
        return 2;
    }

    ingle_error err = {.msg = "out of memory"};
    ingle_model *model = NULL;
    ingle_status status = ingle_model_open(&model, argv[1], NULL, &err);
    if (!status) status = complete(model, argv[2], &err);
    if (status) fprintf(stderr, "complete: %s\n", err.msg);
    ingle_model_close(model);
    return status ? 1 : 0;
}
