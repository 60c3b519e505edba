#include "ingle/session.h"

#include <stddef.h>

#include "base/alloc.h"
#include "engine/api/api.h"

ingle_session_options ingle_session_options_default(void) {
    return (ingle_session_options){.size = sizeof(ingle_session_options)};
}

ingle_generate_options ingle_generate_options_default(void) {
    return (ingle_generate_options){.size = sizeof(ingle_generate_options),
                                    .max_tokens = -1,
                                    .max_draft = DRAFT_MAX,
                                    .stop_loops = true};
}

static ingle_status open_session(struct session *s, const ingle_model *model,
                                 const ingle_session_options *opt, ingle_error *err) {
    struct group *group = opt->group ? &opt->group->core : NULL;
    INGLE_TRY(session_init(s, model->model, model->tokenizer, group, opt, err));
    if (!opt->prefix_cache) return INGLE_OK;
    ingle_status status = session_use_cache(s, &opt->prefix_cache->core, err);
    if (status != INGLE_OK) session_clear(s);
    return status;
}

ingle_status ingle_session_new(ingle_session **out, const ingle_model *model,
                               const ingle_session_options *opt, ingle_error *err) {
    static const size_t known[] = {offsetof(ingle_session_options, prefix_cache),
                                   offsetof(ingle_session_options, group),
                                   sizeof(ingle_session_options)};
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    INGLE_TRY(api_need_weights(model, err));
    ingle_session_options full = ingle_session_options_default();
    INGLE_TRY(api_read_options(&full, opt, "ingle_session_options", known, BASE_COUNT(known), err));
    const struct cpu_topology *topology = cpu_topology();
    if (full.n_threads == 0 && !full.group) full.n_threads = api_default_threads(topology);
    struct ingle_session *s = mem_calloc(1, sizeof *s);
    if (!s) return status_no_memory(err, "the session", sizeof *s);
    ingle_status status = open_session(&s->core, model, &full, err);
    if (status != INGLE_OK) {
        mem_free(s);
        return status;
    }
    if (!full.group) api_keep_to_fast_cores(s->core.pool, topology);
    *out = s;
    return INGLE_OK;
}

void ingle_session_free(ingle_session *session) {
    if (!session) return;
    session_clear(&session->core);
    mem_free(session);
}

int ingle_session_n_ctx(const ingle_session *session) {
    return session ? session->core.n_ctx : 0;
}

int ingle_session_n_tokens(const ingle_session *session) {
    return session ? session->core.n_tokens : 0;
}

int ingle_session_n_threads(const ingle_session *session) {
    return session ? pool_n_threads(session->core.pool) : 0;
}

ingle_status ingle_session_eval(ingle_session *session, const ingle_token *tokens, size_t n,
                                float *all_logits, ingle_error *err) {
    INGLE_TRY(api_need(session, "session", err));
    if (n > 0) INGLE_TRY(api_need(tokens, "tokens", err));
    return session_eval(&session->core, tokens, n, all_logits, err);
}

ingle_status ingle_session_eval_batch(const ingle_batch_item *items, size_t n_items,
                                      ingle_error *err) {
    if (n_items == 0) return INGLE_OK;
    INGLE_TRY(api_need(items, "items", err));
    INGLE_TRY(api_need(items[0].session, "session", err));
    struct session *leader = &items[0].session->core;
    if (n_items > (size_t)leader->n_batch) {
        return status_set(err, INGLE_LIMIT, 0,
                          "The batch has %zu items; its first session computes %d tokens in one "
                          "pass.",
                          n_items, leader->n_batch);
    }
    for (size_t i = 0; i < n_items; i++) {
        INGLE_TRY(api_need(items[i].session, "session", err));
        if (items[i].n > 0) INGLE_TRY(api_need(items[i].tokens, "tokens", err));
        leader->items[i] =
            (struct session_batch_item){&items[i].session->core, items[i].tokens, items[i].n};
    }
    return session_eval_batch(leader->items, n_items, err);
}

ingle_status ingle_session_embed(ingle_session *session, const ingle_token *tokens, size_t n,
                                 ingle_pooling pooling, float *out, ingle_error *err) {
    INGLE_TRY(api_need(session, "session", err));
    INGLE_TRY(api_need(tokens, "tokens", err));
    INGLE_TRY(api_need(out, "out", err));
    return session_embed(&session->core, tokens, n, pooling, out, err);
}

ingle_status ingle_session_allow(ingle_session *session, const ingle_token *ids, size_t n,
                                 ingle_error *err) {
    INGLE_TRY(api_need(session, "session", err));
    if (n > 0) INGLE_TRY(api_need(ids, "ids", err));
    return session_allow(&session->core, ids, n, err);
}

const float *ingle_session_logits(const ingle_session *session) {
    return session && session->core.has_logits ? session->core.logits : NULL;
}

ingle_status ingle_session_truncate(ingle_session *session, int n_keep, ingle_error *err) {
    INGLE_TRY(api_need(session, "session", err));
    return session_truncate(&session->core, n_keep, err);
}

ingle_status ingle_session_prompt(ingle_session *session, const ingle_token *tokens, size_t n,
                                  unsigned flags, size_t *n_reused, ingle_error *err) {
    if (n_reused) *n_reused = 0;
    INGLE_TRY(api_need(session, "session", err));
    if (n > 0) INGLE_TRY(api_need(tokens, "tokens", err));
    if (flags & ~(unsigned)INGLE_PROMPT_MORE) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The flags 0x%x have unknown bits.", flags);
    }
    return session_prompt(&session->core, tokens, n, (flags & INGLE_PROMPT_MORE) != 0, n_reused,
                          err);
}

ingle_status ingle_session_remember(ingle_session *session, ingle_error *err) {
    INGLE_TRY(api_need(session, "session", err));
    return session_remember(&session->core, err);
}

void ingle_session_cancel(ingle_session *session) {
    if (session) session_cancel(&session->core);
}

ingle_status ingle_session_generate(ingle_session *session, ingle_sampler *sampler,
                                    const ingle_generate_options *opt,
                                    ingle_generate_result *result, ingle_error *err) {
    static const size_t known[] = {
        offsetof(ingle_generate_options, max_draft),  offsetof(ingle_generate_options, on_token),
        offsetof(ingle_generate_options, constraint), offsetof(ingle_generate_options, never),
        offsetof(ingle_generate_options, max_ms),     sizeof(ingle_generate_options)};
    INGLE_TRY(api_need(result, "result", err));
    *result =
        (ingle_generate_result){.reason = INGLE_STOP_CANCEL, .last = INGLE_TOKEN_NONE, .stop = -1};
    INGLE_TRY(api_need(session, "session", err));
    INGLE_TRY(api_need(sampler, "sampler", err));
    ingle_generate_options full = ingle_generate_options_default();
    INGLE_TRY(
        api_read_options(&full, opt, "ingle_generate_options", known, BASE_COUNT(known), err));
    if (full.n_stops > 0) INGLE_TRY(api_need(full.stops, "stops", err));
    if (full.n_never > 0) INGLE_TRY(api_need(full.never, "never", err));
    if (full.n_control_text > 0) INGLE_TRY(api_need(full.control_text, "control_text", err));
    if (sampler->core.n_vocab != session->core.model->hp.n_vocab) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The sampler was made for %d tokens, the session's model has %d.",
                          sampler->core.n_vocab, session->core.model->hp.n_vocab);
    }
    struct constraint *constraint = full.constraint ? &full.constraint->core : NULL;
    return session_generate(&session->core, &sampler->core, constraint, &full, result, err);
}
