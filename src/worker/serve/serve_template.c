/* MSG_TEMPLATE: what a chat template, of the model or of a file, writes. */
#include <string.h>

#include "base/json_tree.h"
#include "worker/serve/serve.h"
#include "worker/wire/msg_template.h"

/* A JSON file of a chat template is an object that has it as a string. */
static ingle_status open_source(ingle_template **out, const struct msg_template *m,
                                struct arena *arena, ingle_error *err) {
    size_t start = strspn(m->source, " \t\r\n"), len = strlen(m->source);
    const char *name = m->source_name ? m->source_name : "the template";
    bool may_be_json = m->source[start] == '{' && !strchr("{%#", m->source[start + 1]);
    if (!may_be_json) return ingle_template_new(out, m->source, len, err);
    const struct json_value *tree;
    INGLE_TRY(json_tree_parse(&tree, arena, m->source, len, name, err));
    const struct json_value *member = json_member(tree, "chat_template");
    if (!member || member->kind != JSON_STRING) {
        return status_set(err, INGLE_INVALID, 0, "'%s' has no string \"chat_template\".", name);
    }
    return ingle_template_new(out, member->text.data, member->text.len, err);
}

static ingle_status render(struct request *r, const ingle_template *t, const struct msg_template *m,
                           ingle_error *err) {
    ingle_template_options opt = ingle_template_options_default();
    ingle_rendering *rendering;
    opt.tools = m->tools;
    opt.vars = m->vars;
    opt.now = m->now;
    opt.add_generation_prompt = !m->no_generation_prompt;
    INGLE_TRY(ingle_template_render(&rendering, t, m->messages, &opt, err));
    struct msg_rendered told;
    size_t len;
    const char *text = ingle_rendering_text(rendering, &len);
    told.spans = ingle_rendering_spans(rendering, &told.n_spans);
    ingle_status status = serve_say_text(r, text, len, err);
    if (status == INGLE_OK) status = serve_result(r, msg_rendered, &told, err);
    ingle_rendering_free(rendering);
    return status;
}

ingle_status serve_template(struct request *r, ingle_error *err) {
    struct msg_template m;
    ingle_template *t = NULL;
    INGLE_TRY(serve_read(r, &m, sizeof m, msg_template, err));
    if (m.source) {
        INGLE_TRY(open_source(&t, &m, r->arena, err));
    } else {
        INGLE_TRY(serve_need_model(r->server, err));
        INGLE_TRY(ingle_template_from_model(&t, r->server->model, err));
    }
    ingle_status status = render(r, t, &m, err);
    ingle_template_free(t);
    return status;
}
