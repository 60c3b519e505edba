/* MSG_INTENT: which label a text deserves. */
#include "worker/serve/serve_task.h"
#include "worker/wire/msg_intent.h"

struct answer {
    struct msg_intended told;
    struct msg_intent_guess guesses[MSG_INTENT_MAX_TOP];
    ingle_class top[MSG_INTENT_MAX_TOP];
};

/* Labels are kept for the requests after this one. */
static ingle_status take_labels(struct request *r, const struct msg_intent *m, ingle_error *err) {
    struct slot *s = r->slot;
    struct msg_intent again;
    if (m->same_labels) INGLE_TRY(serve_need_sole(r->server, err));
    if (m->same_labels && (m->n_labels > 0 || s->n_labels == 0)) {
        return status_set(err, INGLE_INVALID, 0, "There are no labels of an earlier request.");
    }
    if (m->n_labels == 0) return INGLE_OK;
    s->labels = NULL;
    s->n_labels = 0;
    arena_clear(&s->labels_arena);
    INGLE_TRY(wire_read(&again, sizeof again, msg_intent, r->body, r->size, &s->labels_arena, err));
    s->labels = again.labels;
    s->n_labels = again.n_labels;
    return INGLE_OK;
}

static ingle_status ask_pack(struct answer *a, const struct server *s, const struct msg_intent *m,
                             ingle_error *err) {
    ingle_classification c = {0};
    if (!s->intents) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "There is no classifier here: give labels, or a pack.");
    }
    INGLE_TRY(
        ingle_classify(s->intents, m->text.data, m->text.len, a->top, (size_t)m->n_top, &c, err));
    a->told = (struct msg_intended){
        .is_none = c.is_none, .confidence = c.confidence, .top = a->guesses, .n_top = c.n};
    for (size_t i = 0; i < c.n; i++) {
        a->guesses[i] = (struct msg_intent_guess){ingle_pack_label(s->intents, a->top[i].label),
                                                  a->top[i].confidence};
    }
    return INGLE_OK;
}

static ingle_status ask_labels(struct answer *a, const struct slot *s, const struct msg_intent *m,
                               ingle_error *err) {
    ingle_intent_options opt = ingle_intent_options_default();
    ingle_intent_result result;
    opt.labels = s->labels;
    opt.n_labels = s->n_labels;
    opt.top = a->top;
    opt.n_top = (size_t)m->n_top;
    INGLE_TRY(ingle_intent(s->tasks, &opt, m->text.data, m->text.len, &result, err));
    a->told = (struct msg_intended){.is_none = result.is_none,
                                    .confidence = result.confidence,
                                    .top = a->guesses,
                                    .n_top = result.n};
    for (size_t i = 0; i < result.n; i++) {
        a->guesses[i] =
            (struct msg_intent_guess){s->labels[a->top[i].label].name, a->top[i].confidence};
    }
    return INGLE_OK;
}

ingle_status serve_intent(struct request *r, ingle_error *err) {
    struct msg_intent m;
    struct answer a;
    INGLE_TRY(serve_task(r, &m, sizeof m, msg_intent, err));
    INGLE_TRY(take_labels(r, &m, err));
    if (m.n_labels > 0 || m.same_labels) {
        INGLE_TRY(ask_labels(&a, r->slot, &m, err));
    } else {
        INGLE_TRY(ask_pack(&a, r->server, &m, err));
    }
    return serve_result(r, msg_intended, &a.told, err);
}
