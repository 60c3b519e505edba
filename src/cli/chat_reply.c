/* One answer: who draws its tokens, where it is shown, why it ended. */
#include "cli/chat.h"
#include "cli/chat_view.h"
#include "cli/interrupt.h"
#include "cli/say.h"

static void add_to_totals(struct chat_totals *totals, const ingle_chat_result *r) {
    totals->n_answers++;
    totals->n_tokens += r->n_thinking + r->n_answer;
    totals->n_read += r->n_prompt - r->n_reused;
    totals->prompt_ms += r->prompt_ms;
    totals->decode_ms += r->decode_ms;
}

/* An answer, shown by the view. A Ctrl-C that came too late for it does not end the next one. */
static ingle_status generate(struct chat_talk *t, struct chat_answer *a, ingle_error *err) {
    ingle_status status = chat_get_answer(t, a, err);
    if (status == INGLE_CANCELLED) { /* while the prompt was read */
        a->result.reason = INGLE_STOP_CANCEL;
        status = INGLE_OK;
    }
    a->view->was_interrupted = interrupt_came();
    if (t->is_terminal) { /* where Ctrl-C ends the answer and nothing else */
        interrupt_forget();
        out_resume(a->view->out);
        worker_forget_cancel(t->worker);
    }
    chat_view_end(a->view);
    return status;
}

/* Whether all that was shown arrived, and why an answer that was stopped was. */
static ingle_status check_delivery(struct chat_talk *t, const struct chat_view *view,
                                   const ingle_chat_result *result, ingle_error *err) {
    INGLE_TRY(out_flush(view->out, err));
    if (view->failed != INGLE_OK) return status_no_memory(err, "the answer", view->copy->size);
    if (result->reason != INGLE_STOP_CANCEL || t->is_terminal) return INGLE_OK;
    return status_set(err, INGLE_CANCELLED, 0,
                      view->was_interrupted ? "Interrupted." : "The answer was stopped.");
}

/* The answer to all messages, which becomes one of them. */
static ingle_status reply_once(struct chat_talk *t, ingle_error *err) {
    struct chat_view view;
    struct out *out = &t->cli->out;
    chat_view_init(&view, out, t->args->json, t->args->show_thinking);
    uint64_t seed = t->args->sampling.options.seed + (uint64_t)t->totals.n_answers;
    struct buf json = {.max = CHAT_MAX_JSON, .is_secret = true};
    struct chat_answer a = {
        .max_tokens = t->args->max_tokens, .view = &view, .messages = &t->messages};
    ingle_status status = chat_messages_json(&t->messages, 0, 0, &json, err);
    if (status == INGLE_OK) {
        a.conversation = chat_conversation(t, &json);
        status = generate(t, &a, err);
    }
    buf_clear(&json);
    INGLE_TRY(status);
    t->last = a.result;
    add_to_totals(&t->totals, &a.result);
    if (t->args->json) chat_view_json_end(out, &a.result, seed);
    return check_delivery(t, &view, &a.result, err);
}

ingle_status chat_reply_aside(struct chat_talk *t, const struct msg_conversation *conversation,
                              int max_tokens, struct buf *text, ingle_chat_result *result,
                              ingle_error *err) {
    struct chat_view view;
    chat_view_init(&view, &t->cli->out, false, false);
    view.copy = text;
    struct chat_answer a = {.conversation = *conversation, .max_tokens = max_tokens, .view = &view};
    ingle_status status = generate(t, &a, err);
    *result = a.result;
    INGLE_TRY(status);
    add_to_totals(&t->totals, result);
    return check_delivery(t, &view, result, err);
}

/* What a reader of the answer could not know. */
static void say_how_it_ended(const struct chat_talk *t) {
    const ingle_chat_result *r = &t->last;
    if (r->budget_used_up) {
        chat_say(t, "Its thinking was closed at its budget of %d tokens.", t->args->think_budget);
    }
    if (r->reason == INGLE_STOP_CANCEL) chat_remark(t, "Stopped.");
    if (r->reason == INGLE_STOP_LOOP) {
        chat_say(t, "The answer went round and round and was ended; --allow-loops lets it go on.");
    }
    if (r->reason == INGLE_STOP_LENGTH && !r->context_full) {
        chat_say(t, "The answer was ended after the %d tokens that -n allows.",
                 t->args->max_tokens);
    }
}

/* Takes back the last turn, but its first n_kept messages. */
static ingle_status drop_turn(struct chat_talk *t, size_t n_kept, struct chat_messages *into,
                              ingle_error *err) {
    size_t n_turns = chat_messages_n_turns(&t->messages), n = t->messages.n;
    size_t first = chat_messages_turn(&t->messages, n_turns - 1) + n_kept;
    return first < n ? chat_messages_take(&t->messages, first, n - first, into, err) : INGLE_OK;
}

static ingle_status take_back(struct chat_talk *t, ingle_error *err) {
    if (chat_messages_n_turns(&t->messages) == 0) return INGLE_OK;
    chat_remark(t, "Your last message was taken back.");
    return drop_turn(t, 0, NULL, err);
}

/* The context was full before the answer began, or before it ended: what there is of it is set
 * aside while the person chooses, and comes back unless another one takes its place. */
static ingle_status make_room(struct chat_talk *t, const ingle_error *why, bool *goes_on,
                              ingle_error *err) {
    struct chat_messages partial = {0};
    ingle_status status = drop_turn(t, 1, &partial, err);
    if (status == INGLE_OK) status = chat_make_room(t, why, goes_on, err);
    if (!*goes_on) {
        ingle_status restored = chat_messages_append(&t->messages, &partial, NULL);
        if (status == INGLE_OK) status = restored;
    }
    chat_messages_clear(&partial);
    return status;
}

static void answer_is_too_long(const struct chat_talk *t, ingle_error *why) {
    ingle_status status = status_set(why, INGLE_CONTEXT_FULL, 0,
                                     "The context holds %d tokens, and the answer needs more.",
                                     worker_started(t->worker)->n_ctx);
    (void)status; /* in why */
}

static ingle_status try_until_it_fits(struct chat_talk *t, bool *is_answered, ingle_error *err) {
    for (bool goes_on = false;; goes_on = false) {
        ingle_error why = {0};
        ingle_status status = reply_once(t, &why);
        *is_answered = status == INGLE_OK && t->last.has_message;
        if (status == INGLE_OK && !t->last.context_full) return INGLE_OK;
        if (status != INGLE_OK && status != INGLE_CONTEXT_FULL) {
            if (err) *err = why;
            return status;
        }
        if (status == INGLE_OK) answer_is_too_long(t, &why);
        INGLE_TRY(make_room(t, &why, &goes_on, err));
        if (!goes_on) return INGLE_OK;
    }
}

ingle_status chat_reply(struct chat_talk *t, ingle_error *err) {
    bool is_answered = false;
    t->last = (ingle_chat_result){0};
    ingle_status status = try_until_it_fits(t, &is_answered, err);
    if (status == INGLE_OK && is_answered) {
        if (t->last.context_full) chat_remark(t, "The answer is kept as far as it goes.");
        say_how_it_ended(t);
        return INGLE_OK;
    }
    if (status == INGLE_OK && t->last.reason == INGLE_STOP_CANCEL) chat_remark(t, "Stopped.");
    ingle_status undone = take_back(t, status == INGLE_OK ? err : NULL);
    return status == INGLE_OK ? undone : status;
}
