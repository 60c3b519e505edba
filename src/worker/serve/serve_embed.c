/* MSG_EMBED: texts as vectors, one after another. */
#include "base/alloc.h"
#include "base/clock.h"
#include "worker/serve/make.h"
#include "worker/serve/slots.h"
#include "worker/wire/msg_embed.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "vectors are sent as they lie in memory, which must be little-endian"
#endif

struct embedding {
    struct request *request;
    struct msg_embed asked;
    struct msg_embedded told;
    float *vector; /* [n_embd] */
    size_t n_embd;
};

/* Tokens for people are whatever the text says; who sends tokens knows what they are. */
static ingle_status find_tokens(const struct embedding *e, const struct msg_embed_input *in,
                                const ingle_token **ids, ingle_token **made, size_t *n,
                                ingle_error *err) {
    const ingle_model *model = e->request->server->model;
    *made = NULL;
    *ids = in->ids;
    *n = in->n_ids;
    if (in->n_ids > 0 && in->text.len > 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "An input is a text or tokens, and both are given.");
    }
    if (in->n_ids > 0) return make_check_ids(model, in->ids, in->n_ids, err);
    INGLE_TRY(make_tokens(made, n, model, &in->text, make_flags(false, false), err));
    *ids = *made;
    if (*n > 0) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "An input is empty.");
}

static ingle_status embed_tokens(struct embedding *e, const ingle_token *ids, size_t n,
                                 ingle_error *err) {
    ingle_session *session = e->request->slot->session;
    size_t n_ctx = (size_t)ingle_session_n_ctx(session);
    struct msg_vector m = {.n_tokens = n};
    if (n > n_ctx && e->asked.cuts) {
        m.n_tokens = n_ctx;
        m.was_cut = true;
    }
    INGLE_TRY(ingle_session_embed(session, ids, m.n_tokens, INGLE_POOLING_MODEL, e->vector, err));
    m.values = (struct wire_text){(const char *)e->vector, e->n_embd * sizeof *e->vector};
    e->told.n_tokens += m.n_tokens;
    e->told.n_vectors++;
    if (serve_say(e->request, MSG_VECTOR, msg_vector, &m)) return INGLE_OK;
    return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
}

static ingle_status embed_input(struct embedding *e, const struct msg_embed_input *in,
                                ingle_error *err) {
    const ingle_token *ids;
    ingle_token *made;
    size_t n;
    ingle_status status = find_tokens(e, in, &ids, &made, &n, err);
    if (status == INGLE_OK) status = embed_tokens(e, ids, n, err);
    mem_free(made);
    return status;
}

static ingle_status embed_all(struct embedding *e, ingle_error *err) {
    e->n_embd = (size_t)ingle_model_get_info(e->request->server->model).n_embd;
    e->vector = mem_calloc(e->n_embd, sizeof *e->vector);
    if (!e->vector) return status_no_memory(err, "a vector", e->n_embd * sizeof *e->vector);
    for (size_t i = 0; i < e->asked.n; i++) {
        INGLE_TRY(embed_input(e, &e->asked.inputs[i], err));
    }
    return INGLE_OK;
}

ingle_status serve_embed(struct request *r, ingle_error *err) {
    struct embedding e = {.request = r};
    INGLE_TRY(serve_read_for_session(r, &e.asked, sizeof e.asked, msg_embed, err));
    double begin = clock_ms();
    ingle_status status = embed_all(&e, err);
    e.told.ms = clock_ms() - begin;
    const struct slot_work work = {.n_prompt = e.told.n_tokens, .prompt_ms = e.told.ms};
    slot_count(r->slot, &work);
    mem_free(e.vector);
    return serve_end(r, status, msg_embedded, &e.told, err);
}
