/* MSG_GENERATE: continues a text. */
#include "worker/serve/generation.h"
#include "worker/serve/make.h"

static ingle_status make_prompt(struct generation *g, ingle_error *err) {
    const struct msg_generate *m = g->asked;
    const ingle_model *model = g->request->server->model;
    if (m->n_ids > 0) {
        g->tokens = m->ids;
        g->told.n_prompt = m->n_ids;
        if (m->prompt.len == 0) return make_check_ids(model, m->ids, m->n_ids, err);
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "A prompt is a text or tokens, and both are given.");
    }
    INGLE_TRY(make_tokens(&g->made, &g->told.n_prompt, model, &m->prompt,
                          make_flags(m->no_bos, m->parse_special), err));
    g->tokens = g->made;
    if (g->told.n_prompt > 0) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "The prompt is empty and no begin token stands before it; give a text "
                      "with -p.");
}

ingle_status serve_generate(struct request *r, ingle_error *err) {
    struct msg_generate asked;
    struct generation g = {.request = r, .asked = &asked};
    INGLE_TRY(serve_read_for_session(r, &asked, sizeof asked, msg_generate, err));
    ingle_status status = make_prompt(&g, err);
    if (status == INGLE_OK) status = generation_run(&g, err);
    status = serve_end(r, status, msg_generated, &g.told, err);
    generation_clear(&g);
    return status;
}
