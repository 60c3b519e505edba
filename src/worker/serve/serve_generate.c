/* MSG_GENERATE: continues a text. */
#include "base/alloc.h"
#include "base/clock.h"
#include "worker/serve/make.h"
#include "worker/serve/serve.h"
#include "worker/wire/msg_generate.h"

struct generation {
    struct request *request;
    struct msg_generate asked;
    struct msg_generated told;
    ingle_constraint *constraint;
    ingle_sampler *sampler;
    ingle_token *tokens; /* of the prompt */
};

static bool on_text(const char *text, size_t len, void *request) {
    return serve_say_bytes(request, MSG_TEXT, text, len);
}

static ingle_status make_prompt(struct generation *g, ingle_error *err) {
    const struct msg_generate *m = &g->asked;
    INGLE_TRY(make_tokens(&g->tokens, &g->told.n_prompt, g->request->server->model, &m->prompt,
                          make_flags(m->no_bos, m->parse_special), err));
    if (g->told.n_prompt > 0) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "The prompt is empty and no begin token stands before it; give a text "
                      "with -p.");
}

static ingle_status prefill(struct generation *g, ingle_error *err) {
    ingle_session *session = g->request->slot->session;
    INGLE_TRY(make_fits(session, g->told.n_prompt, err));
    g->told.began = true;
    double begin = clock_ms();
    ingle_status status =
        ingle_session_prompt(session, g->tokens, g->told.n_prompt, 0, &g->told.n_reused, err);
    g->told.prefill_ms = clock_ms() - begin;
    g->told.n_read = ingle_session_n_tokens(session);
    return status;
}

static ingle_status generate(struct generation *g, ingle_error *err) {
    struct slot *s = g->request->slot;
    const struct msg_generate *m = &g->asked;
    INGLE_TRY(make_constraint(&g->constraint, &m->constraint, s->server->model, err));
    INGLE_TRY(make_prompt(g, err));
    INGLE_TRY(ingle_sampler_new(&g->sampler, s->server->model, &m->sampling, err));
    for (size_t i = 0; i < g->told.n_prompt; i++) ingle_sampler_accept(g->sampler, g->tokens[i]);
    INGLE_TRY(prefill(g, err));
    ingle_generate_options opt = ingle_generate_options_default();
    opt.max_tokens = m->max_tokens;
    opt.stops = m->stops;
    opt.n_stops = m->n_stops;
    opt.ignore_end = m->ignore_end;
    opt.stop_loops = m->stop_loops;
    if (m->n_logprobs >= 0) {
        opt.on_token = serve_say_token;
        opt.n_top = m->n_logprobs;
    }
    opt.constraint = g->constraint;
    opt.on_text = on_text;
    opt.user = g->request;
    return ingle_session_generate(s->session, g->sampler, &opt, &g->told.result, err);
}

ingle_status serve_generate(struct request *r, ingle_error *err) {
    struct generation g = {.request = r};
    INGLE_TRY(serve_read_for_session(r, &g.asked, sizeof g.asked, msg_generate, err));
    ingle_status status = serve_end(r, generate(&g, err), msg_generated, &g.told, err);
    ingle_sampler_free(g.sampler);
    ingle_constraint_free(g.constraint);
    mem_free(g.tokens);
    return status;
}
