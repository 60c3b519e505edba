/* One answer: who draws its tokens, where it is shown, why it ended. */
#include "base/alloc.h"
#include "cli/chat.h"
#include "cli/chat_view.h"
#include "cli/interrupt.h"
#include "cli/say.h"

/* Each answer has its own draws, also one that is tried again; the same seed replays them all. */
static uint64_t seed_of_next(const struct chat_talk *t) {
    return t->args->sampling.options.seed + (uint64_t)t->totals.n_answers;
}

static bool has_penalties(const ingle_sampling_options *o) {
    return o->repetition_penalty != 1 || o->presence_penalty != 0 || o->frequency_penalty != 0 ||
           o->dry_multiplier > 0;
}

/* What was said before counts for the penalties too. */
static ingle_status accept_prompt(ingle_sampler *sampler, ingle_chat *chat, ingle_error *err) {
    size_t n, n_again;
    INGLE_TRY(chat_count(chat, &n, err));
    ingle_token *ids = mem_calloc(n + 1, sizeof *ids);
    if (!ids) return status_no_memory(err, "the tokens", n * sizeof *ids);
    ingle_status status = ingle_chat_tokens(chat, ids, n, &n_again, err);
    for (size_t i = 0; i < n && status == INGLE_OK; i++) ingle_sampler_accept(sampler, ids[i]);
    mem_free(ids);
    return status;
}

static ingle_status make_sampler(struct chat_talk *t, ingle_chat *chat, ingle_sampler **out,
                                 ingle_error *err) {
    ingle_sampling_options options = t->args->sampling.options;
    options.seed = seed_of_next(t);
    INGLE_TRY(ingle_sampler_new(out, t->model, &options, err));
    if (!has_penalties(&options)) return INGLE_OK;
    ingle_status status = accept_prompt(*out, chat, err);
    if (status == INGLE_OK) return INGLE_OK;
    ingle_sampler_free(*out);
    *out = NULL;
    return status;
}

static void add_to_totals(struct chat_totals *totals, const ingle_chat_result *r) {
    totals->n_answers++;
    totals->n_tokens += r->n_thinking + r->n_answer;
    totals->n_read += r->n_prompt - r->n_reused;
    totals->prompt_ms += r->prompt_ms;
    totals->decode_ms += r->decode_ms;
}

/* A Ctrl-C that came too late for its answer must not end the next one: what the session holds is
 * given up for a call that obeys it. */
static void use_up_cancel(ingle_session *session) {
    const ingle_token any = 0;
    if (ingle_session_truncate(session, 0, NULL) != INGLE_OK) return;
    ingle_status status = ingle_session_eval(session, &any, 1, NULL, NULL);
    (void)status; /* cancelled, or a token that the next prompt does without */
}

static ingle_status generate(struct chat_talk *t, ingle_chat *chat, int max_tokens,
                             struct chat_view *view, ingle_chat_result *result, ingle_error *err) {
    ingle_sampler *sampler;
    INGLE_TRY(make_sampler(t, chat, &sampler, err));
    ingle_chat_reply_options options = ingle_chat_reply_options_default();
    options.max_tokens = max_tokens;
    options.stops = t->args->stops.items;
    options.n_stops = t->args->stops.n;
    options.stop_loops = !t->args->allow_loops;
    options.on_event = chat_view_event;
    options.user = view;
    interrupt_watch(t->session);
    ingle_status status = ingle_chat_reply(chat, t->session, sampler, &options, result, err);
    interrupt_watch(NULL);
    ingle_sampler_free(sampler);
    if (status == INGLE_CANCELLED) { /* while the prompt was read */
        result->reason = INGLE_STOP_CANCEL;
        status = INGLE_OK;
    }
    view->was_interrupted = interrupt_came();
    if (t->is_terminal) { /* where Ctrl-C ends the answer and nothing else */
        interrupt_forget();
        out_resume(view->out);
        if (view->was_interrupted && result->reason != INGLE_STOP_CANCEL) use_up_cancel(t->session);
    }
    chat_view_end(view);
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

static ingle_status reply_once(struct chat_talk *t, ingle_error *err) {
    struct chat_view view;
    struct out *out = &t->cli->out;
    chat_view_init(&view, out, t->args->json, t->args->show_thinking);
    uint64_t seed = seed_of_next(t);
    ingle_chat_result result = {0};
    INGLE_TRY(generate(t, t->chat, t->args->max_tokens, &view, &result, err));
    t->last = result;
    add_to_totals(&t->totals, &result);
    if (t->args->json) chat_view_json_end(out, &result, seed);
    return check_delivery(t, &view, &result, err);
}

ingle_status chat_reply_aside(struct chat_talk *t, ingle_chat *chat, int max_tokens,
                              struct buf *text, ingle_chat_result *result, ingle_error *err) {
    struct chat_view view;
    chat_view_init(&view, &t->cli->out, false, false);
    view.copy = text;
    *result = (ingle_chat_result){0};
    INGLE_TRY(generate(t, chat, max_tokens, &view, result, err));
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

/* Takes back the last turn, or only what followed its first message. */
static ingle_status drop_turn(struct chat_talk *t, size_t n_kept, ingle_error *err) {
    size_t first = chat_turn_at(t->chat, chat_n_turns(t->chat) - 1) + n_kept;
    size_t n = ingle_chat_n_messages(t->chat);
    if (first >= n) return INGLE_OK;
    return ingle_chat_replace(t->chat, first, n - first, NULL, 0, err);
}

static ingle_status take_back(struct chat_talk *t, ingle_error *err) {
    if (chat_n_turns(t->chat) == 0) return INGLE_OK;
    chat_remark(t, "Your last message was taken back.");
    return drop_turn(t, 0, err);
}

/* The context was full before the answer began, or before it ended: what there is of it is set
 * aside while the person chooses, and comes back unless another one takes its place. */
static ingle_status make_room(struct chat_talk *t, const ingle_error *why, bool *goes_on,
                              ingle_error *err) {
    struct buf partial;
    buf_init(&partial, CHAT_MAX_JSON);
    size_t first = chat_turn_at(t->chat, chat_n_turns(t->chat) - 1) + 1;
    ingle_status status = chat_to_json(t->chat, first, &partial, err);
    if (status == INGLE_OK) status = drop_turn(t, 1, err);
    if (status == INGLE_OK) {
        status = chat_make_room(t, why, goes_on, err);
        ingle_status restored = INGLE_OK;
        if (!*goes_on) restored = ingle_chat_add_json(t->chat, partial.data, partial.size, NULL);
        if (status == INGLE_OK) status = restored;
    }
    buf_clear(&partial);
    return status;
}

static void answer_is_too_long(const struct chat_talk *t, ingle_error *why) {
    ingle_status status = status_set(why, INGLE_CONTEXT_FULL, 0,
                                     "The context holds %d tokens, and the answer needs more.",
                                     ingle_session_n_ctx(t->session));
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
