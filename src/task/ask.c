#include "task/ask.h"

#include <string.h>

ingle_status ask_session(struct ingle_tasks *t, ingle_error *err) {
    if (!t->options.model) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "This needs a language model, and none is given: download any GGUF file "
                          "of one and name it with -m.");
    }
    if (!t->session) {
        INGLE_TRY(ingle_session_new(&t->session, t->options.model, &t->session_options, err));
        ingle_session_set_urgency(t->session, t->urgency);
    }
    return INGLE_OK;
}

ingle_status ask_prepare(struct ingle_tasks *t, ingle_error *err) {
    INGLE_TRY(ask_session(t, err));
    if (t->chat) return INGLE_OK;
    ingle_chat_options opt = ingle_chat_options_default();
    opt.think = INGLE_THINK_OFF;
    opt.now = 1; /* prompts are the same every day */
    return ingle_chat_new(&t->chat, t->options.model, &opt, err);
}

/* The question as the chat's only messages. */
static ingle_status put_question(struct ingle_tasks *t, const struct ask *q, ingle_error *err) {
    INGLE_TRY(ask_prepare(t, err));
    INGLE_TRY(ingle_chat_replace(t->chat, 0, ingle_chat_n_messages(t->chat), NULL, 0, err));
    if (q->system) INGLE_TRY(ingle_chat_add(t->chat, "system", q->system, strlen(q->system), err));
    return ingle_chat_add(t->chat, "user", q->text, q->len, err);
}

ingle_status ask_count(struct ingle_tasks *t, const struct ask *q, size_t *n_tokens, size_t *n_ctx,
                       ingle_error *err) {
    INGLE_TRY(put_question(t, q, err));
    *n_ctx = (size_t)ingle_session_n_ctx(t->session);
    ingle_status status = ingle_chat_tokens(t->chat, NULL, 0, n_tokens, err);
    return status == INGLE_LIMIT ? INGLE_OK : status;
}

ingle_status ask_count_text(struct ingle_tasks *t, const char *text, size_t len, size_t *n_tokens,
                            ingle_error *err) {
    INGLE_TRY(ask_prepare(t, err));
    ingle_status status = ingle_tokenize(t->options.model, text, len, 0, NULL, 0, n_tokens, err);
    return status == INGLE_LIMIT ? INGLE_OK : status;
}

/* What an answer passes through. */
struct delivery {
    struct ingle_tasks *t;
    const struct ask *q;
    struct buf *answer;
    bool stopped; /* on_text said so */
};

static bool on_event(const ingle_chat_event *event, void *user) {
    struct delivery *d = user;
    if (event->kind != INGLE_CHAT_TEXT) return true;
    if (d->answer) buf_add(d->answer, event->text, event->len);
    if (d->q->on_text && !d->q->on_text(event->text, event->len, d->q->user)) d->stopped = true;
    return !d->stopped;
}

ingle_status ask_model(struct ingle_tasks *t, const struct ask *q, struct buf *answer,
                       ingle_stop_reason *reason, ingle_error *err) {
    INGLE_TRY(put_question(t, q, err));
    ingle_sampling_options sampling = ingle_sampling_options_default();
    sampling.temperature = t->options.temperature + q->more_temperature;
    sampling.seed = t->options.seed + q->seed;
    ingle_sampler *sampler;
    INGLE_TRY(ingle_sampler_new(&sampler, t->options.model, &sampling, err));
    struct delivery d = {.t = t, .q = q, .answer = answer};
    ingle_chat_reply_options opt = ingle_chat_reply_options_default();
    opt.max_tokens = q->max_tokens;
    opt.stops = q->stops;
    opt.n_stops = q->n_stops;
    opt.constraint = q->constraint;
    opt.on_event = on_event;
    opt.user = &d;
    ingle_chat_result result;
    ingle_status status = task_begin(t, err);
    if (status == INGLE_OK) {
        status = ingle_chat_reply(t->chat, t->session, sampler, &opt, &result, err);
        task_end(t);
    }
    ingle_sampler_free(sampler);
    if (status != INGLE_OK) return status;
    if (reason) *reason = result.reason;
    if (d.stopped || result.reason == INGLE_STOP_CANCEL) {
        atomic_store(&t->is_cancelled, false);
        return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    }
    if (answer && buf_failed(answer)) return status_no_memory(err, "the answer", answer->size);
    return INGLE_OK;
}
