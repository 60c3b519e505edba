/* Renders templates for template_compare.py and template_random.py: a case a line on standard
 * input,
 * {"source", "messages", "tools", "documents", "vars", "add_generation_prompt"}, an answer a line
 * on standard output, {"text", "spans"} or {"error", "refused"}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/template/template.h"

#define MAX_TREE ((size_t)1 << 30)

static void print_text(const char *text, size_t len) {
    putchar('"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == '"' || c == '\\') {
            printf("\\u%04x", c);
        } else {
            putchar(c);
        }
    }
    putchar('"');
}

static void print_output(const struct template_output *output) {
    printf("{\"text\": ");
    print_text(output->text.data ? output->text.data : "", output->text.size);
    printf(", \"spans\": [");
    for (size_t i = 0; i < output->n_spans; i++) {
        const struct template_span *span = &output->spans[i];
        printf("%s[%zu, %zu, %d]", i ? ", " : "", span->start, span->len, span->is_data);
    }
    printf("]}\n");
}

static const struct json_value *member(const struct json_value *object, const char *name) {
    const struct json_value *value = json_member(object, name);
    return value && value->kind != JSON_NULL ? value : NULL;
}

static ingle_status answer(const struct json_value *asked, struct template_output *output,
                           ingle_error *err) {
    const struct json_value *source = member(asked, "source");
    const struct json_value *prompt = member(asked, "add_generation_prompt");
    struct template_input input = {
        .messages = member(asked, "messages"),
        .tools = member(asked, "tools"),
        .documents = member(asked, "documents"),
        .vars = member(asked, "vars"),
        .add_generation_prompt = prompt && prompt->kind == JSON_TRUE,
        /* Saturday, 31 January 2026, 12:34:56 */
        .now = {.tm_year = 126,
                .tm_mday = 31,
                .tm_hour = 12,
                .tm_min = 34,
                .tm_sec = 56,
                .tm_wday = 6,
                .tm_yday = 30},
    };
    struct template *t = NULL;
    ingle_status status = template_new(&t, source->text.data, source->text.len, err);
    if (status == INGLE_OK) status = template_render(t, &input, output, err);
    template_free(t);
    return status;
}

int main(void) {
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    while ((len = getline(&line, &cap, stdin)) > 0) {
        struct arena arena;
        const struct json_value *asked;
        struct template_output output = {0};
        ingle_error err = {0};
        arena_init(&arena, MAX_TREE);
        ingle_status status = json_tree_parse(&asked, &arena, line, (size_t)len, "The case", &err);
        if (status == INGLE_OK) status = answer(asked, &output, &err);
        if (status == INGLE_OK) {
            print_output(&output);
        } else {
            printf("{\"error\": ");
            print_text(err.msg, strlen(err.msg));
            printf(", \"refused\": %s}\n", output.is_refused ? "true" : "false");
        }
        fflush(stdout);
        template_output_clear(&output);
        arena_clear(&arena);
    }
    free(line);
    return 0;
}
