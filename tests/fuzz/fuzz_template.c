/* Bytes as a template's source and, behind a NUL, the JSON of its variables: it is refused in a
 * sentence, or gives text whose spans cover it without gaps; the same text every time. */
#include <string.h>

#include "base/alloc.h"
#include "engine/template/template.h"
#include "fuzz/fuzz.h"

#define MAX_TREE ((size_t)16 << 20)

static void check_output(const struct template_output *output) {
    size_t at = 0;
    for (size_t i = 0; i < output->n_spans; i++) {
        const struct template_span *span = &output->spans[i];
        FUZZ_REQUIRE(span->start == at && span->len > 0);
        FUZZ_REQUIRE(i == 0 || span->is_data != output->spans[i - 1].is_data);
        at += span->len;
    }
    FUZZ_REQUIRE(at == output->text.size);
    FUZZ_REQUIRE(at == 0 || strlen(output->text.data) <= at);
}

static void check_error(ingle_status status, const ingle_error *err) {
    FUZZ_REQUIRE(status == INGLE_INVALID || status == INGLE_LIMIT);
    FUZZ_REQUIRE(err->code == status);
    size_t len = strlen(err->msg);
    FUZZ_REQUIRE(len > 1 && strchr(".!?", err->msg[len - 1]));
}

static void render_twice(const struct template *t, const struct json_value *vars) {
    static const struct json_value none = {.kind = JSON_ARRAY};
    const struct json_value *messages = json_member(vars, "messages");
    struct template_input input = {.messages = messages ? messages : &none,
                                   .tools = json_member(vars, "tools"),
                                   .vars = vars->kind == JSON_OBJECT ? vars : NULL,
                                   .now = {.tm_year = 126, .tm_mday = 31}};
    struct template_output first = {0}, second = {0};
    ingle_error err = {0};
    ingle_status status = template_render(t, &input, &first, &err);
    if (status == INGLE_OK) {
        check_output(&first);
    } else {
        check_error(status, &err);
    }
    FUZZ_REQUIRE(template_render(t, &input, &second, &err) == status);
    if (status == INGLE_OK) {
        FUZZ_REQUIRE(first.text.size == second.text.size);
        FUZZ_REQUIRE(memcmp(first.text.data, second.text.data, first.text.size) == 0);
    }
    template_output_clear(&first);
    template_output_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct json_value nothing = {.kind = JSON_OBJECT};
    const char *source = (const char *)data;
    const char *end = size ? memchr(source, '\0', size) : NULL;
    size_t len = end ? (size_t)(end - source) : size;
    struct arena arena;
    const struct json_value *vars = &nothing;
    struct template *t;
    ingle_error err = {0};
    uint64_t live = mem_live();
    arena_init(&arena, MAX_TREE);
    if (end && json_tree_parse(&vars, &arena, end + 1, size - len - 1, "The variables", NULL)) {
        vars = &nothing;
    }
    ingle_status status = template_new(&t, source, len, &err);
    if (status == INGLE_OK) {
        render_twice(t, vars);
    } else {
        check_error(status, &err);
        FUZZ_REQUIRE(t == NULL);
    }
    template_free(t);
    arena_clear(&arena);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
