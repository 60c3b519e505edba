/* A chat's answer: the prompt, then one generation after another, for each part of the answer has
 * its own rules and bounds:
 *
 *     beginning   (when the prompt did not open thinking) ends where thinking begins, if it does
 *     thinking    ends with its closing marker, which is put when the budget is used up
 *     answer      text and calls
 *
 * Between two, the session evaluates the token that ended the first. */
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/api/api_chat.h"
#include "engine/run/stop.h"

#define NEVER_MAX 1
#define CLOSING_TOKENS 64
/* Tokens that thinking leaves for a call that must come, if half is as many. */
#define CALL_ROOM 512

enum part { PART_BEGINNING, PART_THINKING, PART_ANSWER };

struct reply {
    struct ingle_chat *chat;
    struct ingle_session *session;
    struct ingle_sampler *sampler;
    const ingle_chat_reply_options *opt;
    ingle_chat_result *result;
    struct split split;
    struct stop stop;
    struct answer answer;
    enum part part;
    ingle_generate_result gen; /* of this part */
    int n_left;                /* tokens that may still be chosen */
    bool has_ended;            /* by on_event */
    bool has_stopped;          /* by a stop string */
    ingle_status status;       /* of what was done with the text */
    ingle_error why;
    ingle_token never[NEVER_MAX];
    size_t n_never;
    ingle_token markers[CHAT_MARKERS_MAX];
    size_t n_markers;
    double start;
};

/* ---- events ---- */

static bool tell(struct reply *r, const struct split_event *event) {
    answer_put(&r->answer, event);
    if (!r->opt->on_event) return true;
    const ingle_chat_event public = {.kind = (ingle_chat_event_kind)event->kind,
                                     .text = event->text,
                                     .len = event->len,
                                     .call = event->call,
                                     .id = event->id,
                                     .name = event->name};
    if (!r->opt->on_event(&public, r->opt->user)) r->has_ended = true;
    return !r->has_ended;
}

static bool tell_text(const char *text, size_t len, void *user) {
    const struct split_event event = {.kind = SPLIT_TEXT, .text = text, .len = len};
    return tell(user, &event);
}

/* Stop strings are looked for in the text only. */
static bool put_event(const struct split_event *event, void *user) {
    struct reply *r = user;
    if (event->kind == SPLIT_TEXT) {
        enum stop_outcome outcome = stop_feed(&r->stop, event->text, event->len, tell_text, r);
        if (outcome == STOP_FOUND) {
            r->has_stopped = true;
            r->result->stop = (int)r->stop.longest;
        }
        return outcome == STOP_MORE;
    }
    if (event->kind == SPLIT_CALL && !stop_flush(&r->stop, tell_text, r)) return false;
    if (event->kind == SPLIT_CALL_END) r->result->n_calls++;
    return tell(r, event);
}

/* From the generation. False where this part of the answer is over. */
static bool put_text(const char *text, size_t len, void *user) {
    struct reply *r = user;
    bool was_thinking = split_in_thinking(&r->split);
    if (r->status != INGLE_OK) return false;
    if (r->gen.was_closed && r->part != PART_THINKING) split_close(&r->split);
    r->status = split_feed(&r->split, text, len, &r->why);
    if (r->status != INGLE_OK || r->split.is_over) return false;
    /* A part that is being closed ends by itself, and says why. */
    return split_in_thinking(&r->split) == was_thinking || r->gen.was_closed;
}

static bool put_token(const ingle_token_report *report, void *user) {
    struct reply *r = user;
    if (!r->opt->on_token(report, r->opt->user)) r->has_ended = true;
    return !r->has_ended;
}

/* ---- constraints ---- */

static ingle_status make_constraint(struct reply *r, enum reply_constraint which,
                                    ingle_error *err) {
    struct ingle_chat *chat = r->chat;
    struct answer_spec spec = chat_answer_spec(&chat->core);
    struct machine *m;
    spec.may_think = spec.may_think && which == HOLD_BEGINNING;
    if (r->n_never > 0) spec.forbids_thinking = false;
    INGLE_TRY(which == HOLD_THINKING ? thinking_machine_new(&m, &spec, err)
                                     : answer_machine_new(&m, &spec, err));
    if (!m) return INGLE_OK;
    return api_constraint_new(&chat->constraints[which], chat->model, m, NULL, NULL, err);
}

/* NULL in *out if the part is free. */
static ingle_status find_constraint(struct reply *r, enum reply_constraint which,
                                    struct ingle_constraint **out, ingle_error *err) {
    *out = r->opt->constraint;
    if (which != HOLD_THINKING && *out) return INGLE_OK;
    if (!r->chat->constraints[which]) INGLE_TRY(make_constraint(r, which, err));
    *out = r->chat->constraints[which];
    return INGLE_OK;
}

/* Tokens of the shortest answer after thinking. */
static ingle_status count_needed(struct reply *r, int *n, ingle_error *err) {
    struct ingle_constraint *c;
    *n = 0;
    INGLE_TRY(find_constraint(r, HOLD_ANSWER, &c, err));
    if (!c) return INGLE_OK;
    return mask_finish(c->core.mask, c->core.machine->start, false, NULL, r->n_left, n, err);
}

static ingle_status encode(const struct reply *r, const char *text, int32_t *ids, size_t *n,
                           ingle_error *err) {
    const struct text_range all = {0, strlen(text)};
    *n = 0;
    if (all.len == 0) return INGLE_OK;
    INGLE_TRY(tokenizer_encode_ranges(r->chat->model->tokenizer, text, all.len, &all, 1, ids,
                                      CLOSING_TOKENS, n, err));
    if (*n > CLOSING_TOKENS) *n = CLOSING_TOKENS;
    return INGLE_OK;
}

/* A marker that is one token is simply never chosen; another needs a constraint. */
static ingle_status forbid_thinking(struct reply *r, ingle_error *err) {
    const struct answer_spec spec = chat_answer_spec(&r->chat->core);
    int32_t ids[CLOSING_TOKENS];
    size_t n;
    if (!spec.think || !spec.forbids_thinking) return INGLE_OK;
    INGLE_TRY(encode(r, spec.think->open, ids, &n, err));
    if (n == 1) r->never[r->n_never++] = ids[0];
    return INGLE_OK;
}

/* ---- parts ---- */

/* Tokens that thinking may take. *room is false if the markers and the answer leave it none. */
static ingle_status bound_thinking(struct reply *r, int *max_tokens, bool *has_bound,
                                   ingle_error *err) {
    int32_t ids[CLOSING_TOKENS];
    size_t n_close, n_after;
    int n_needed, budget = r->chat->core.settings.think_budget;
    const struct think_style *style = think_style(r->chat->core.settings.family.think);
    INGLE_TRY(encode(r, style->close, ids, &n_close, err));
    INGLE_TRY(encode(r, style->after_close, ids, &n_after, err));
    INGLE_TRY(count_needed(r, &n_needed, err));
    if (n_needed > 0) {
        int half = r->n_left / 2 > n_needed ? r->n_left / 2 : n_needed;
        n_needed = n_needed + CALL_ROOM < half ? n_needed + CALL_ROOM : half;
    }
    int room = r->n_left - n_needed - (int)n_after;
    *max_tokens = r->n_left;
    bool is_held = r->opt->constraint || r->chat->constraints[HOLD_ANSWER];
    *has_bound = (budget >= 0 || is_held) && room >= (int)n_close;
    if (!*has_bound) return INGLE_OK;
    *max_tokens = budget >= 0 && budget < room - (int)n_close ? budget + (int)n_close : room;
    return INGLE_OK;
}

static ingle_status generate(struct reply *r, ingle_error *err) {
    ingle_generate_options o = ingle_generate_options_default();
    o.max_tokens = r->n_left;
    o.on_text = put_text;
    o.on_token = r->opt->on_token ? put_token : NULL;
    o.n_top = r->opt->n_top;
    o.stop_loops = r->opt->stop_loops;
    o.user = r;
    o.control_text = r->markers;
    o.n_control_text = r->n_markers;
    o.never = r->never;
    o.n_never = r->n_never;
    if (r->part == PART_THINKING) {
        bool has_bound;
        INGLE_TRY(bound_thinking(r, &o.max_tokens, &has_bound, err));
        if (has_bound) INGLE_TRY(find_constraint(r, HOLD_THINKING, &o.constraint, err));
    } else {
        enum reply_constraint which = r->part == PART_ANSWER ? HOLD_ANSWER : HOLD_BEGINNING;
        INGLE_TRY(find_constraint(r, which, &o.constraint, err));
    }
    r->gen = (ingle_generate_result){0};
    ingle_status status = ingle_session_generate(r->session, r->sampler, &o, &r->gen, err);
    bool is_thinking =
        r->part == PART_THINKING || (r->part == PART_BEGINNING && split_in_thinking(&r->split));
    if (is_thinking) {
        r->result->n_thinking += r->gen.n_tokens;
    } else {
        r->result->n_answer += r->gen.n_tokens;
    }
    r->n_left -= r->gen.n_tokens;
    if (r->result->first_ms == 0) r->result->first_ms = clock_ms() - r->start - r->gen.decode_ms;
    if (r->status == INGLE_OK) return status;
    if (err) *err = r->why;
    return r->status;
}

/* What the family writes after thinking, when it was the budget that closed it. */
static ingle_status evaluate_after_close(struct reply *r, ingle_error *err) {
    const struct think_style *style = think_style(r->chat->core.settings.family.think);
    int32_t ids[CLOSING_TOKENS];
    size_t n;
    INGLE_TRY(encode(r, style->after_close, ids, &n, err));
    if ((int)n >= r->n_left) n = 0;
    r->n_left -= (int)n;
    r->result->n_thinking += (int)n;
    return ingle_session_eval(r->session, ids, n, NULL, err);
}

/* Did the part before this one end where another begins? */
static bool goes_on(const struct reply *r) {
    bool is_thinking = split_in_thinking(&r->split), was_thinking = r->part == PART_THINKING;
    if (r->part == PART_ANSWER || r->split.is_over || is_thinking == was_thinking) return false;
    return r->gen.reason != INGLE_STOP_LOOP && r->n_left > 0;
}

static ingle_status next_part(struct reply *r, ingle_error *err) {
    bool was_closed = r->part == PART_THINKING && r->gen.was_closed;
    INGLE_TRY(ingle_session_eval(r->session, &r->gen.last, 1, NULL, err));
    if (was_closed) {
        r->result->budget_used_up = r->chat->core.settings.think_budget >= 0;
        INGLE_TRY(evaluate_after_close(r, err));
    }
    r->part = r->part == PART_THINKING ? PART_ANSWER : PART_THINKING;
    return INGLE_OK;
}

static ingle_status make_answer(struct reply *r, ingle_error *err) {
    for (;;) {
        INGLE_TRY(generate(r, err));
        if (!goes_on(r)) return INGLE_OK;
        /* Not the caller's err: a cancelled answer is a success, which leaves that alone. */
        ingle_error why;
        ingle_status status = next_part(r, &why);
        if (status == INGLE_CANCELLED) {
            r->has_ended = true;
            return INGLE_OK;
        }
        if (status != INGLE_OK) {
            if (err) *err = why;
            return status;
        }
    }
}

/* ---- before and after ---- */

static ingle_status read_prompt(struct reply *r, ingle_error *err) {
    struct chat *core = &r->chat->core;
    int n_ctx = ingle_session_n_ctx(r->session);
    size_t n, n_reused;
    INGLE_TRY(chat_render(core, err));
    INGLE_TRY(chat_encode(core, NULL, 0, &n, err));
    if (n >= (size_t)n_ctx) {
        return status_set(
            err, INGLE_CONTEXT_FULL, 0,
            "The context holds %d tokens: the conversation has %zu and leaves no room "
            "for an answer.",
            n_ctx, n);
    }
    int32_t *ids = mem_alloc((n + 1) * sizeof *ids);
    if (!ids) return status_no_memory(err, "the tokens of a conversation", n * sizeof *ids);
    ingle_status status = chat_encode(core, ids, n, &n, err);
    double start = clock_ms();
    if (status == INGLE_OK) {
        status = ingle_session_prompt(r->session, ids, n, 0, &n_reused, err);
        r->result->n_reused = (int)n_reused;
    }
    mem_free(ids);
    r->result->n_prompt = (int)n;
    r->result->prompt_ms = clock_ms() - start;
    r->n_left = n_ctx - (int)n;
    return status;
}

static ingle_stop_reason reason_of(const struct reply *r) {
    if (r->has_stopped) return INGLE_STOP_STRING;
    if (r->has_ended) return INGLE_STOP_CANCEL;
    if (r->gen.reason == INGLE_STOP_END && r->result->n_calls > 0) return INGLE_STOP_TOOL;
    return r->gen.reason;
}

static ingle_status keep_message(struct reply *r, ingle_error *err) {
    struct chat *core = &r->chat->core;
    struct message *m;
    if (r->result->reason == INGLE_STOP_CANCEL && r->opt->drop_partial) return INGLE_OK;
    INGLE_TRY(answer_message(&m, &r->answer, core->messages.n, err));
    ingle_status status = message_list_add(&core->messages, m, err);
    if (status != INGLE_OK) {
        message_free(m);
        return status;
    }
    r->result->has_message = true;
    return INGLE_OK;
}

static ingle_status finish(struct reply *r, bool context_bound, ingle_error *err) {
    ingle_chat_result *result = r->result;
    result->reason = reason_of(r);
    bool is_whole = result->reason == INGLE_STOP_END || result->reason == INGLE_STOP_TOOL;
    INGLE_TRY(split_finish(&r->split, is_whole, err));
    if (!r->has_stopped && !r->has_ended) (void)stop_flush(&r->stop, tell_text, r);
    result->reason = reason_of(r);
    result->context_full = result->reason == INGLE_STOP_LENGTH && context_bound;
    return keep_message(r, err);
}

static ingle_status run(struct reply *r, ingle_error *err) {
    INGLE_TRY(read_prompt(r, err));
    bool context_bound = r->opt->max_tokens < 0 || r->opt->max_tokens > r->n_left;
    if (!context_bound) r->n_left = r->opt->max_tokens;
    INGLE_TRY(forbid_thinking(r, err));
    INGLE_TRY(chat_find_markers(r->chat, r->markers, &r->n_markers, err));
    struct split_options options = chat_split_options(&r->chat->core);
    options.put = put_event;
    options.user = r;
    split_init(&r->split, &options);
    r->part = split_in_thinking(&r->split)                                 ? PART_THINKING
              : options.think && r->chat->core.settings.think != THINK_OFF ? PART_BEGINNING
                                                                           : PART_ANSWER;
    if (r->part == PART_BEGINNING && r->opt->constraint) r->part = PART_ANSWER;
    INGLE_TRY(make_answer(r, err));
    r->result->decode_ms = clock_ms() - r->start - r->result->first_ms;
    return finish(r, context_bound, err);
}

static ingle_status check(struct ingle_chat *chat, const struct ingle_session *session,
                          const ingle_chat_reply_options *opt, ingle_error *err) {
    if (chat->core.messages.n == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "There is no message to answer.");
    }
    if (session->core.model != chat->model->model) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The session is of another model than the chat.");
    }
    if (opt->constraint && chat_tools(&chat->core)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "A constraint of the answer and tools that may be called exclude each "
                          "other.");
    }
    if (opt->max_tokens < -1) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The option max_tokens is %d; it must be -1 or more.", opt->max_tokens);
    }
    return INGLE_OK;
}

ingle_chat_reply_options ingle_chat_reply_options_default(void) {
    return (ingle_chat_reply_options){
        .size = sizeof(ingle_chat_reply_options), .max_tokens = -1, .stop_loops = true};
}

ingle_status ingle_chat_reply(ingle_chat *chat, ingle_session *session, ingle_sampler *sampler,
                              const ingle_chat_reply_options *opt, ingle_chat_result *result,
                              ingle_error *err) {
    static const size_t known[] = {sizeof(ingle_chat_reply_options)};
    ingle_chat_reply_options full = ingle_chat_reply_options_default();
    INGLE_TRY(api_need(result, "result", err));
    *result = (ingle_chat_result){.reason = INGLE_STOP_CANCEL, .stop = -1};
    INGLE_TRY(api_need(chat, "chat", err));
    INGLE_TRY(api_need_weights(chat->model, err));
    INGLE_TRY(api_need(session, "session", err));
    INGLE_TRY(api_need(sampler, "sampler", err));
    INGLE_TRY(
        api_read_options(&full, opt, "ingle_chat_reply_options", known, BASE_COUNT(known), err));
    if (full.n_stops > 0) INGLE_TRY(api_need(full.stops, "stops", err));
    INGLE_TRY(check(chat, session, &full, err));
    struct reply r = {.chat = chat,
                      .session = session,
                      .sampler = sampler,
                      .opt = &full,
                      .result = result,
                      .start = clock_ms()};
    INGLE_TRY(stop_init(&r.stop, full.stops, full.n_stops, err));
    answer_init(&r.answer);
    ingle_status status = run(&r, err);
    answer_clear(&r.answer);
    split_clear(&r.split);
    stop_clear(&r.stop);
    return status;
}
