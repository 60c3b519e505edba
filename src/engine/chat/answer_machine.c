#include "engine/chat/answer_machine.h"

#include <string.h>

#include "base/buf.h"
#include "engine/chat/json_out.h"

#define NEWLINES_MAX 4 /* after thinking and between calls */
#define MARKER_TOKENS 64

void build_failed(struct builder *b, ingle_status status) {
    if (b->status == INGLE_OK) b->status = status;
}

compose_part build_text(struct builder *b, const char *text) {
    return compose_text(b->c, text, strlen(text));
}

compose_part build_choice2(struct builder *b, compose_part x, compose_part y) {
    const compose_part both[] = {x, y};
    return compose_choice(b->c, both, 2);
}

static compose_part build_optional(struct builder *b, compose_part part) {
    return compose_repeat(b->c, part, 0, 1);
}

static void put_token(const struct tokenizer *t, int32_t id, struct buf *bytes) {
    static const char begin = (char)MACHINE_CONTROL, end = (char)MACHINE_CONTROL_END;
    struct gguf_str piece = tokenizer_piece(t, id, true);
    bool is_control = tokenizer_is_control(t, id);
    if (is_control) buf_add(bytes, &begin, 1);
    buf_add(bytes, piece.data, piece.len);
    if (is_control) buf_add(bytes, &end, 1);
}

compose_part build_marker(struct builder *b, const char *marker) {
    const struct tokenizer *t = b->spec->tokenizer;
    const struct text_range all = {0, strlen(marker)};
    int32_t ids[MARKER_TOKENS];
    struct buf bytes;
    size_t n;
    buf_init(&bytes, 4096);
    ingle_status status =
        tokenizer_encode_ranges(t, marker, strlen(marker), &all, 1, ids, MARKER_TOKENS, &n, b->err);
    bool has_control = false;
    for (size_t i = 0; status == INGLE_OK && i < n && n <= MARKER_TOKENS; i++) {
        has_control = has_control || tokenizer_is_control(t, ids[i]);
        put_token(t, ids[i], &bytes);
    }
    /* Without control tokens it is its text, which a vocabulary may not spell token by token. */
    if (status == INGLE_OK && buf_failed(&bytes)) {
        status = status_no_memory(b->err, "a marker", bytes.size);
    }
    build_failed(b, status);
    compose_part part =
        has_control ? compose_text(b->c, bytes.data, bytes.size) : build_text(b, marker);
    buf_clear(&bytes);
    return part;
}

compose_part build_without(struct builder *b, const char *const *texts, size_t n) {
    const char *given[8];
    size_t lens[8], n_given = 0;
    struct dfa *d = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!texts[i]) continue;
        given[n_given] = texts[i];
        lens[n_given++] = strlen(texts[i]);
    }
    if (b->status == INGLE_OK) build_failed(b, dfa_without(&d, given, lens, n_given, b->err));
    return compose_dfa(b->c, d);
}

/* ---- JSON ---- */

static compose_part build_arguments(struct builder *b, const struct tool *tool) {
    struct machine *m = NULL;
    if (b->status == INGLE_OK) build_failed(b, tool_machine(&m, tool, b->err));
    return compose_machine(b->c, m);
}

static compose_part build_object(struct builder *b, const struct tool *tool) {
    const struct call_format_info *f = call_format_info(b->spec->calls);
    struct buf head;
    buf_init(&head, 4096);
    if (f->syntax == SYNTAX_NAMED) {
        buf_add(&head, tool->name.data, tool->name.len);
    } else {
        buf_add_str(&head, "{\"name\": ");
        json_out_string(&head, tool->name.data, tool->name.len);
        buf_addf(&head, ", \"%s\": ", f->arguments);
    }
    if (buf_failed(&head))
        build_failed(b, status_no_memory(b->err, "the name of a tool", head.size));
    compose_part parts[4] = {compose_text(b->c, head.data ? head.data : "", head.size)};
    size_t n = 1;
    buf_clear(&head);
    if (f->syntax == SYNTAX_NAMED) parts[n++] = build_marker(b, "[ARGS]");
    parts[n++] = build_arguments(b, tool);
    if (f->syntax != SYNTAX_NAMED) parts[n++] = build_text(b, "}");
    return compose_sequence(b->c, parts, n);
}

/* Mistral's calls may carry an id. */
static compose_part build_mistral(struct builder *b, const struct tool *tool) {
    static const char id[] = ", \"id\": \"[A-Za-z0-9]{9}\"\\}";
    compose_part call[3];
    struct buf head;
    struct dfa *d = NULL;
    buf_init(&head, 4096);
    buf_add_str(&head, "{\"name\": ");
    json_out_string(&head, tool->name.data, tool->name.len);
    buf_add_str(&head, ", \"arguments\": ");
    if (buf_failed(&head))
        build_failed(b, status_no_memory(b->err, "the name of a tool", head.size));
    call[0] = compose_text(b->c, head.data ? head.data : "", head.size);
    buf_clear(&head);
    call[1] = build_arguments(b, tool);
    if (b->status == INGLE_OK) build_failed(b, dfa_regex(&d, id, sizeof id - 1, false, b->err));
    call[2] = build_choice2(b, build_text(b, "}"), compose_dfa(b->c, d));
    return compose_sequence(b->c, call, 3);
}

/* One call of any tool that may be called. */
static compose_part build_call(struct builder *b) {
    const struct answer_spec *spec = b->spec;
    bool is_region = call_format_info(spec->calls)->syntax == SYNTAX_REGION;
    compose_part calls = compose_choice(b->c, NULL, 0);
    for (size_t i = 0; i < spec->tools->n; i++) {
        const struct tool *tool = &spec->tools->at[i];
        if (spec->only && spec->only != tool) continue;
        compose_part call = is_region                      ? build_region_call(b, tool)
                            : spec->calls == CALLS_MISTRAL ? build_mistral(b, tool)
                                                           : build_object(b, tool);
        calls = build_choice2(b, calls, call);
    }
    return calls;
}

/* ---- calls and what stands around them ---- */

/* part, then up to as many as are wanted after the separator. */
static compose_part build_many(struct builder *b, compose_part part, const char *separator) {
    if (!b->spec->has_many) return part;
    const compose_part more[] = {build_text(b, separator), part};
    const compose_part all[] = {
        part, compose_repeat(b->c, compose_sequence(b->c, more, 2), 0, COMPOSE_NO_MAX)};
    return compose_sequence(b->c, all, 2);
}

static compose_part build_between(struct builder *b, const char *before, compose_part part,
                                  const char *after) {
    const compose_part parts[] = {build_text(b, before), part, build_text(b, after)};
    return compose_sequence(b->c, parts, 3);
}

static compose_part build_marked(struct builder *b, compose_part part) {
    const struct call_format_info *f = call_format_info(b->spec->calls);
    const compose_part parts[] = {build_marker(b, f->start), part,
                                  f->end ? build_marker(b, f->end) : build_text(b, "")};
    return compose_sequence(b->c, parts, 3);
}

static compose_part build_calls(struct builder *b) {
    compose_part call = build_call(b);
    switch (b->spec->calls) {
    case CALLS_TAGGED:
    case CALLS_XML:
        return build_many(b, build_marked(b, build_between(b, "\n", call, "\n")), "\n");
    case CALLS_CODE:
        return build_marked(b, build_between(b, "\n", build_many(b, call, "\n"), "\n"));
    case CALLS_LLAMA3:
        return build_many(b, call, "; ");
    case CALLS_MINISTRAL:
    case CALLS_GEMMA4:
        return build_many(b, build_marked(b, call), "");
    default: /* lists */
        return build_marked(b, build_between(b, "[", build_many(b, call, ", "), "]"));
    }
}

static compose_part build_newlines(struct builder *b) {
    return compose_repeat(b->c, build_text(b, "\n"), 0, NEWLINES_MAX);
}

/* {"tool_call": ...}, {"tool_calls": [...]} or {"response": "..."} and nothing else. */
static compose_part build_generic(struct builder *b) {
    compose_part call = build_call(b);
    compose_part one = build_between(b, "{\"tool_call\": ", call, "}");
    if (b->spec->has_many) {
        compose_part many = build_between(b, "{\"tool_calls\": [", build_many(b, call, ", "), "]}");
        one = build_choice2(b, one, many);
    }
    if (b->spec->is_required) return one;
    static const struct string_shape any_string = {.max = SHAPE_NO_MAX};
    static const struct shape string = {.strings = &any_string, .n_strings = 1};
    struct machine *m = NULL;
    struct tool_set *tools = b->spec->tools;
    if (b->status == INGLE_OK) {
        build_failed(b, tool_part_machine(&m, tools, &tools->at[0], &string, b->err));
    }
    compose_part text = build_between(b, "{\"response\": ", compose_machine(b->c, m), "}");
    return build_choice2(b, one, text);
}

/* Text without the marks of anything else; where calls begin with a bracket, it does not. */
static compose_part build_free_text(struct builder *b) {
    const struct answer_spec *spec = b->spec;
    const struct call_format_info *f = call_format_info(spec->calls);
    bool has_calls = spec->tools || spec->no_markers;
    bool is_marked = spec->think && (spec->may_think || spec->forbids_thinking);
    const char *const marks[] = {is_marked ? spec->think->open : NULL, has_calls ? f->start : NULL,
                                 has_calls ? f->other_start : NULL};
    compose_part text = build_without(b, marks, 3);
    if (!has_calls || !f->bare) return text;
    static const char other[] = "(\\s*[^\\s{\\[][^]*|\\s*)";
    struct dfa *begins = NULL, *without = NULL, *both = NULL;
    const char *given[3];
    size_t lens[3], n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (!marks[i]) continue;
        given[n] = marks[i];
        lens[n++] = strlen(marks[i]);
    }
    if (b->status == INGLE_OK) build_failed(b, dfa_without(&without, given, lens, n, b->err));
    if (b->status == INGLE_OK)
        build_failed(b, dfa_regex(&begins, other, sizeof other - 1, false, b->err));
    if (b->status == INGLE_OK) build_failed(b, dfa_and(&both, without, begins, b->err));
    dfa_free(without);
    dfa_free(begins);
    return compose_dfa(b->c, both);
}

static compose_part build_answer(struct builder *b) {
    const struct answer_spec *spec = b->spec;
    if (!spec->tools) return build_free_text(b);
    if (spec->calls == CALLS_GENERIC) {
        const compose_part parts[] = {build_newlines(b), build_generic(b)};
        return compose_sequence(b->c, parts, 2);
    }
    compose_part calls = build_calls(b);
    bool is_bare = call_format_info(spec->calls)->bare && spec->calls == CALLS_LLAMA3;
    if (spec->is_required || is_bare) {
        const compose_part parts[] = {build_newlines(b), calls};
        calls = compose_sequence(b->c, parts, 2);
        return spec->is_required ? calls : build_choice2(b, build_free_text(b), calls);
    }
    const compose_part parts[] = {build_free_text(b), build_optional(b, calls)};
    return compose_sequence(b->c, parts, 2);
}

static compose_part build_opening(struct builder *b) {
    const compose_part parts[] = {build_newlines(b), build_marker(b, b->spec->think->open)};
    return compose_sequence(b->c, parts, 2);
}

/* Is any text an answer? */
static bool is_free(const struct answer_spec *spec) {
    return !spec->tools && !spec->no_markers && !(spec->think && spec->forbids_thinking);
}

static ingle_status finish(struct machine **out, struct builder *b, compose_part root,
                           ingle_error *err) {
    if (b->status != INGLE_OK) {
        compose_free(b->c);
        return b->status;
    }
    return compose_machine_new(out, b->c, root, err);
}

ingle_status answer_machine_new(struct machine **out, const struct answer_spec *spec,
                                ingle_error *err) {
    struct builder b = {.spec = spec, .err = err};
    *out = NULL;
    if (is_free(spec)) return INGLE_OK;
    INGLE_TRY(compose_new(&b.c, err));
    compose_part answer = build_answer(&b);
    if (spec->may_think && spec->think) answer = build_choice2(&b, answer, build_opening(&b));
    return finish(out, &b, answer, err);
}

ingle_status thinking_machine_new(struct machine **out, const struct answer_spec *spec,
                                  ingle_error *err) {
    struct builder b = {.spec = spec, .err = err};
    *out = NULL;
    INGLE_TRY(compose_new(&b.c, err));
    const char *const close[] = {spec->think->close};
    const compose_part parts[] = {build_without(&b, close, 1), build_marker(&b, close[0]),
                                  build_newlines(&b)};
    return finish(out, &b, compose_sequence(b.c, parts, 3), err);
}
