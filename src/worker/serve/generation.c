#include "worker/serve/generation.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "worker/serve/make.h"
#include "worker/serve/slots.h"

static bool on_text(const char *text, size_t len, void *request) {
    return serve_say_bytes(request, MSG_TEXT, text, len);
}

static ingle_status prefill(struct generation *g, ingle_error *err) {
    ingle_session *session = g->request->slot->session;
    const unsigned flags = g->asked->warm ? INGLE_PROMPT_MORE : 0;
    INGLE_TRY(make_fits(session, g->told.n_prompt, err));
    g->told.began = true;
    double begin = clock_ms();
    ingle_status status =
        ingle_session_prompt(session, g->tokens, g->told.n_prompt, flags, &g->told.n_reused, err);
    g->told.prefill_ms = clock_ms() - begin;
    g->told.n_read = ingle_session_n_tokens(session);
    return status;
}

static ingle_status generate(struct generation *g, ingle_error *err) {
    const struct msg_generate *m = g->asked;
    ingle_generate_options opt = ingle_generate_options_default();
    opt.max_tokens = m->max_tokens;
    opt.max_ms = m->max_ms;
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
    return ingle_session_generate(g->request->slot->session, g->sampler, &opt, &g->told.result,
                                  err);
}

static ingle_status run(struct generation *g, ingle_error *err) {
    const ingle_model *model = g->request->server->model;
    const struct msg_generate *m = g->asked;
    if (m->warm) return prefill(g, err);
    INGLE_TRY(make_constraint(&g->constraint, &m->constraint, model, err));
    INGLE_TRY(ingle_sampler_new(&g->sampler, model, &m->sampling, err));
    for (size_t i = 0; i < g->told.n_prompt; i++) ingle_sampler_accept(g->sampler, g->tokens[i]);
    INGLE_TRY(prefill(g, err));
    return generate(g, err);
}

static void count(const struct generation *g) {
    const struct msg_generated *told = &g->told;
    size_t n_read = (size_t)told->n_read;
    const struct slot_work work = {.n_prompt =
                                       n_read > told->n_reused ? n_read - told->n_reused : 0,
                                   .n_reused = told->n_reused,
                                   .n_generated = (size_t)told->result.n_tokens,
                                   .prompt_ms = told->prefill_ms,
                                   .generate_ms = told->result.first_ms + told->result.decode_ms};
    if (told->began) slot_count(g->request->slot, &work);
}

ingle_status generation_run(struct generation *g, ingle_error *err) {
    g->told.result.last = INGLE_TOKEN_NONE;
    g->told.result.stop = -1;
    ingle_status status = run(g, err);
    count(g);
    return slot_remember_after(g->request->slot, status, err);
}

void generation_clear(struct generation *g) {
    ingle_sampler_free(g->sampler);
    ingle_constraint_free(g->constraint);
    mem_free(g->made);
}
