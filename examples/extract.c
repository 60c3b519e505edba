/* Takes fields out of a text, as JSON:  extract MODEL.gguf "Ann Lee, 41, lives in Graz"
 *
 * The answer satisfies the schema below, whatever the model makes of the text: under a constraint
 * only tokens are chosen that can still become such JSON.
 *
 *   cc extract.c $(pkg-config --cflags --libs ingle) -o extract */
#include <ingle/ingle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char schema[] =
    "{\"type\": \"object\","
    " \"properties\": {\"name\": {\"type\": \"string\", \"maxLength\": 60},"
    "                \"age\": {\"type\": [\"integer\", \"null\"], \"minimum\": 0, \"maximum\": "
    "150},"
    "                \"city\": {\"type\": \"string\", \"maxLength\": 60}},"
    " \"required\": [\"name\", \"age\", \"city\"],"
    " \"additionalProperties\": false}";

static bool print_text(const char *text, size_t len, void *user) {
    (void)user;
    fwrite(text, 1, len, stdout);
    return fflush(stdout) == 0;
}

static ingle_status read_prompt(ingle_session *session, const ingle_model *model,
                                const char *prompt, ingle_error *err) {
    size_t len = strlen(prompt), n_tokens;
    const unsigned flags = INGLE_TOKENIZE_ADD_SPECIAL;
    ingle_status status = ingle_tokenize(model, prompt, len, flags, NULL, 0, &n_tokens, err);
    if (status) return status;
    ingle_token *tokens = malloc((n_tokens + 1) * sizeof *tokens);
    if (!tokens) return INGLE_NO_MEMORY;
    status = ingle_tokenize(model, prompt, len, flags, tokens, n_tokens, &n_tokens, err);
    if (!status) status = ingle_session_eval(session, tokens, n_tokens, NULL, err);
    free(tokens);
    return status;
}

static ingle_status extract(const ingle_model *model, const char *text, ingle_error *err) {
    ingle_constraint *constraint = NULL;
    ingle_session *session = NULL;
    ingle_sampler *sampler = NULL;
    char prompt[4096];
    snprintf(prompt, sizeof prompt, "Text: %.3000s\nName, age and city as JSON: ", text);

    ingle_status status =
        ingle_constraint_new_schema(&constraint, model, schema, strlen(schema), err);
    if (!status) status = ingle_session_new(&session, model, NULL, err);
    if (!status) status = ingle_sampler_new(&sampler, model, NULL, err);
    if (!status) status = read_prompt(session, model, prompt, err);
    if (!status) {
        ingle_generate_options options = ingle_generate_options_default();
        ingle_generate_result result;
        options.constraint = constraint;
        options.max_tokens = 200; /* an answer that is longer is closed, not cut */
        options.on_text = print_text;
        status = ingle_session_generate(session, sampler, &options, &result, err);
        putchar('\n');
    }

    ingle_sampler_free(sampler);
    ingle_session_free(session);
    ingle_constraint_free(constraint);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: extract MODEL.gguf TEXT\n");
        return 2;
    }

    ingle_error err = {.msg = "out of memory"};
    ingle_model *model = NULL;
    ingle_status status = ingle_model_open(&model, argv[1], NULL, &err);
    if (!status) status = extract(model, argv[2], &err);
    if (status) fprintf(stderr, "extract: %s\n", err.msg);
    ingle_model_close(model);
    return status ? 1 : 0;
}
