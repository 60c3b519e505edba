/* POST /infill: what belongs between two texts, for editors. */
#include "daemon/llamacpp/llamacpp.h"
#include "worker/wire/msg_complete.h"
#include "worker/wire/msg_fill.h"

struct infill {
    struct llama_completion all; /* the first: its start() finds the rest through it */
    struct llama_prompt prompt;  /* a text: how the middle begins */
    struct msg_fill m;
};

/* input_extra: [{"filename", "text"}] */
static void read_extra(struct fields *f, struct arena *arena, struct msg_fill *m) {
    const struct json_value *v;
    if (!field_array(f, "input_extra", &v)) return;
    if (v->n > MSG_COMPLETE_MAX_OTHERS) {
        field_fail(f, "input_extra", "'input_extra' has more than %d items.",
                   MSG_COMPLETE_MAX_OTHERS);
        return;
    }
    ingle_complete_file *files = arena_array(arena, v->n + 1, sizeof *files);
    for (size_t i = 0; files && i < v->n; i++) {
        struct fields inner = {.object = &v->items[i]};
        struct json_text text = {.data = ""};
        files[i].name = "";
        field_need(&inner, "text");
        field_text(&inner, "text", &text);
        field_string(&inner, "filename", &files[i].name);
        files[i].text = text.data;
        files[i].len = text.len;
        if (inner.bad) {
            field_fail(f, "input_extra", "'input_extra' item %zu: %.160s", i, inner.err.msg);
        }
    }
    if (!files) field_no_memory(f, "input_extra");
    m->files = files;
    m->n_files = v->n;
}

static void read_side(struct fields *f, const char *name, struct wire_text *out) {
    struct json_text text = {.data = ""};
    field_need(f, name);
    field_text(f, name, &text);
    *out = (struct wire_text){text.data, text.len};
}

static void read_infill(struct fields *f, struct arena *arena, struct infill *in) {
    struct llama_part *begun = arena_alloc(arena, sizeof *begun);
    llama_read_request(f, arena, &in->all.r);
    read_side(f, "input_prefix", &in->m.prefix);
    read_side(f, "input_suffix", &in->m.suffix);
    read_extra(f, arena, &in->m);
    if (!begun) {
        field_no_memory(f, "prompt");
        return;
    }
    *begun = (struct llama_part){.text = {.data = ""}};
    field_text(f, "prompt", &begun->text);
    in->prompt = (struct llama_prompt){begun, 1};
}

static const void *make_message(struct llama_answer *a) {
    struct infill *in = (struct infill *)a->all;
    in->m.rest = in->all.r.m;
    in->m.rest.sampling.seed = llama_seed(a);
    in->m.rest.prompt = a->prompt;
    return &in->m;
}

static void start(struct llama_completion *all) {
    llama_start(all, MSG_FILL, msg_fill, make_message);
}

void llamacpp_infill(struct api_call *c) {
    struct fields f = {.object = c->body};
    struct infill *in = arena_alloc(c->arena, sizeof *in);
    if (!in) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    in->all = (struct llama_completion){.call = *c, .start = start};
    read_infill(&f, c->arena, in);
    if (!llama_make_answers(&f, &in->all, &in->prompt, 1)) {
        api_fail_fields(c, &f);
        return;
    }
    const struct service_model *m = service_find_model(c->api->service, in->all.r.model);
    if (m && m->started && !m->started->fills_middle) {
        llamacpp_refuse(c, "This model has no tokens for filling the middle of a text.");
        return;
    }
    llama_prepare(&in->all);
}
