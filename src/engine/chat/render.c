#include "engine/chat/render.h"

#include <string.h>

#include "base/alloc.h"

#define ARENA_MAX ((size_t)4 << 30)

void rendered_clear(struct rendered *r) {
    buf_clear(&r->text);
    mem_free(r->ranges);
    *r = (struct rendered){0};
}

/* ---- variables ---- */

/* The caller's variables, then what turns thinking on or off, then the tools under another name. */
static ingle_status make_vars(const struct render_input *in, struct arena *arena,
                              struct json_value *out, ingle_error *err) {
    const struct family *f = in->family;
    size_t n_given = in->vars ? in->vars->n : 0, n = 0;
    struct json_member *members = arena_array(arena, n_given + 2, sizeof *members);
    if (!members) return status_no_memory(err, "the variables", n_given * sizeof *members);
    bool sets_think = f->think_var && in->think != THINK_AUTO;
    bool sets_python = in->calls == CALLS_CODE && in->tools;
    for (size_t i = 0; i < n_given; i++) {
        const struct json_text *name = &in->vars->members[i].name;
        if (sets_think && json_text_is(name, f->think_var)) continue;
        if (json_text_is(name, "python_tools") && in->calls == CALLS_CODE) continue;
        members[n++] = in->vars->members[i];
    }
    if (sets_think) {
        enum json_kind value = in->think == THINK_ON ? JSON_TRUE : JSON_FALSE;
        members[n++] = (struct json_member){{f->think_var, strlen(f->think_var)}, {.kind = value}};
    }
    if (sets_python) {
        members[n++] = (struct json_member){{"python_tools", 12}, *in->tools->list};
    }
    *out = (struct json_value){.kind = JSON_OBJECT, .n = n, .members = members};
    return INGLE_OK;
}

/* ---- the end of the prompt ---- */

static bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Does the text end in the word, white space aside, and did the template write that? */
static bool ends_in(const struct rendered *r, const char *word) {
    size_t end = r->text.size, len = strlen(word);
    while (end > 0 && is_space(r->text.data[end - 1])) end--;
    if (end < len || memcmp(r->text.data + end - len, word, len) != 0) return false;
    const struct text_range *last = r->n_ranges ? &r->ranges[r->n_ranges - 1] : NULL;
    return last && last->start <= end - len && last->start + last->len == r->text.size;
}

/* More text of the template's own. */
static ingle_status extend(struct rendered *r, const char *text, ingle_error *err) {
    size_t len = strlen(text);
    if (len == 0) return INGLE_OK;
    struct text_range *last = r->n_ranges ? &r->ranges[r->n_ranges - 1] : NULL;
    if (!last || last->start + last->len != r->text.size) {
        struct text_range *ranges = mem_realloc(r->ranges, (r->n_ranges + 1) * sizeof *r->ranges);
        if (!ranges) return status_no_memory(err, "the parts of a prompt", sizeof *ranges);
        r->ranges = ranges;
        last = &ranges[r->n_ranges++];
        *last = (struct text_range){r->text.size, 0};
    }
    last->len += len;
    if (buf_add(&r->text, text, len)) return INGLE_OK;
    return status_no_memory(err, "the text of a prompt", r->text.size);
}

/* Thinking that is off is an empty block, where the template did not see to it; thinking that is on
 * is an open one. */
static ingle_status end_prompt(struct rendered *r, const struct render_input *in,
                               ingle_error *err) {
    const struct family *f = in->family;
    const struct think_style *style = think_style(f->think);
    if (!style) return INGLE_OK;
    r->in_thinking = ends_in(r, style->open);
    bool is_closed = ends_in(r, style->close);
    if (in->think == THINK_OFF && f->can_think && !is_closed && (!f->think_var || r->in_thinking)) {
        if (!r->in_thinking) INGLE_TRY(extend(r, style->open, err));
        if (!r->in_thinking) INGLE_TRY(extend(r, style->after_open, err));
        INGLE_TRY(extend(r, style->after_open, err));
        INGLE_TRY(extend(r, style->close, err));
        INGLE_TRY(extend(r, style->after_close, err));
        r->in_thinking = false;
    }
    if (in->think == THINK_ON && !r->in_thinking) {
        INGLE_TRY(extend(r, style->open, err));
        INGLE_TRY(extend(r, style->after_open, err));
        r->in_thinking = true;
    }
    return INGLE_OK;
}

static ingle_status take_ranges(struct rendered *r, const struct template_output *output,
                                ingle_error *err) {
    if (output->n_spans == 0) return INGLE_OK;
    r->ranges = mem_alloc(output->n_spans * sizeof *r->ranges);
    if (!r->ranges) return status_no_memory(err, "the parts of a prompt", output->n_spans);
    for (size_t i = 0; i < output->n_spans; i++) {
        const struct template_span *span = &output->spans[i];
        if (span->is_data || span->len == 0) continue;
        r->ranges[r->n_ranges++] = (struct text_range){span->start, span->len};
    }
    return INGLE_OK;
}

static ingle_status render_in(struct rendered *out, const struct render_input *in,
                              struct arena *arena, struct template_output *output,
                              ingle_error *err) {
    struct json_value vars;
    struct template_input input = {.texts = in->model->texts,
                                   .n_texts = in->model->n_texts,
                                   .vars = &vars,
                                   .add_generation_prompt = true,
                                   .keep_arguments = in->family->keeps_arguments,
                                   .now = in->now};
    INGLE_TRY(normalise_messages(&input.messages, in, arena, err));
    INGLE_TRY(make_vars(in, arena, &vars, err));
    /* A template that tells of tools in a way that is not known is not asked to. */
    bool tells = in->family->has_tools && in->calls != CALLS_CODE && in->calls != CALLS_GENERIC;
    if (in->tools && tells) {
        input.tools = in->tools->list;
    }
    INGLE_TRY(template_render(in->family->template, &input, output, err));
    INGLE_TRY(take_ranges(out, output, err));
    out->text = output->text;
    output->text = (struct buf){0};
    return end_prompt(out, in, err);
}

ingle_status render_messages(struct rendered *out, const struct render_input *input,
                             ingle_error *err) {
    struct arena arena;
    struct template_output output = {0};
    rendered_clear(out);
    arena_init(&arena, ARENA_MAX);
    ingle_status status = render_in(out, input, &arena, &output, err);
    template_output_clear(&output);
    arena_clear(&arena);
    return status;
}
