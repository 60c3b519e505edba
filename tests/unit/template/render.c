#include "unit/template/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/template/template.h"

#define MAX_TEXT (1 << 20)

static const char *ends_of(const char *msg) {
    size_t len = strlen(msg);
    return len > 0 && strchr(".!?", msg[len - 1]) ? "sentence" : "no sentence";
}

static void write_spans(const struct template_output *output, char *spans) {
    size_t at = 0;
    for (size_t i = 0; i < output->n_spans; i++) {
        const struct template_span *span = &output->spans[i];
        assert_int_equal(span->start, at);
        assert_true(span->len > 0);
        if (i) assert_int_not_equal(span->is_data, output->spans[i - 1].is_data);
        memset(spans + at, span->is_data ? 'd' : 't', span->len);
        at += span->len;
    }
    assert_int_equal(at, output->text.size);
    spans[at] = '\0';
}

const char *render(const char *source, const char *vars, char *spans, ingle_error *err) {
    static char text[MAX_TEXT];
    static const struct json_value nothing = {.kind = JSON_ARRAY};
    struct arena arena;
    struct template *t = NULL;
    struct template_output output = {0};
    struct template_input input = {
        .messages = &nothing,
        .add_generation_prompt = true,
        .now = {.tm_year = 126,
                .tm_mday = 31,
                .tm_hour = 12,
                .tm_min = 34,
                .tm_sec = 56,
                .tm_wday = 6,
                .tm_yday = 30},
    };
    const struct json_value *tree = NULL;
    arena_init(&arena, (size_t)64 << 20);
    ingle_status status = INGLE_OK;
    if (vars) status = json_tree_parse(&tree, &arena, vars, strlen(vars), "the variables", err);
    if (status == INGLE_OK && tree) {
        input.vars = tree;
        if (json_member(tree, "messages")) input.messages = json_member(tree, "messages");
    }
    if (status == INGLE_OK) status = template_new(&t, source, strlen(source), err);
    if (status == INGLE_OK) status = template_render(t, &input, &output, err);
    if (status == INGLE_OK) {
        assert_true(output.text.size < MAX_TEXT);
        memcpy(text, output.text.data, output.text.size + 1);
        if (spans) write_spans(&output, spans);
    }
    template_output_clear(&output);
    template_free(t);
    arena_clear(&arena);
    return status == INGLE_OK ? text : NULL;
}

void renders(const char *source, const char *vars, const char *text) {
    ingle_error err;
    const char *got = render(source, vars, NULL, &err);
    if (!got) {
        fail_msg("%s: %s", source, err.msg);
    } else if (strcmp(got, text) != 0) {
        fail_msg("%s:\n  is    '%s'\n  not   '%s'", source, got, text);
    }
}

void renders_all(const struct rendering *list, size_t n, const char *vars) {
    for (size_t i = 0; i < n; i++) renders(list[i].source, vars, list[i].text);
}

void fails_with(ingle_status status, const char *source, const char *vars, const char *saying) {
    ingle_error err = {0};
    const char *got = render(source, vars, NULL, &err);
    if (got) fail_msg("%s: gives '%s'", source, got);
    if (err.code != status) fail_msg("%s: %s: %s", source, ingle_status_name(err.code), err.msg);
    if (!strstr(err.msg, saying)) fail_msg("%s: '%s' has no '%s'", source, err.msg, saying);
    assert_string_equal(ends_of(err.msg), "sentence");
}

void fails(const char *source, const char *vars, const char *saying) {
    fails_with(INGLE_INVALID, source, vars, saying);
}

void comes_from(const char *source, const char *vars, const char *text, const char *spans) {
    char got[4096];
    ingle_error err;
    const char *out = render(source, vars, got, &err);
    if (!out) fail_msg("%s: %s", source, err.msg);
    if (strcmp(out, text) != 0) fail_msg("%s: is '%s', not '%s'", source, out, text);
    if (strcmp(got, spans) != 0) fail_msg("%s: comes from\n  %s, not\n  %s", source, got, spans);
}
