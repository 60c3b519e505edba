/* When the conversation outgrows the context: nothing is dropped that was not agreed to. */
#include <string.h>

#include "base/alloc.h"
#include "cli/chat.h"

/* What is kept may fill this part of the context; the rest is for what comes. */
#define KEPT_PART 2
/* A summary may have this part of it. */
#define SUMMARY_PART 8

#define SUMMARY_ORDER                                                                              \
    "Summarise the conversation below in a few sentences. Keep names, numbers, decisions and "     \
    "open questions; leave out greetings. Write the summary only.\n\n"

/* A chat with the same messages, to try things on. */
static ingle_status copy_chat(const struct chat_talk *t, ingle_chat **out, ingle_error *err) {
    struct buf json;
    buf_init(&json, CHAT_MAX_JSON);
    ingle_chat_options options = chat_options(t);
    INGLE_TRY(ingle_chat_new(out, t->model, &options, err));
    ingle_status status = chat_to_json(t->chat, 0, &json, err);
    if (status == INGLE_OK) status = ingle_chat_add_json(*out, json.data, json.size, err);
    buf_clear(&json);
    if (status == INGLE_OK) return INGLE_OK;
    ingle_chat_free(*out);
    *out = NULL;
    return status;
}

/* How many of the oldest turns have to go for the rest to fit, and what that then comes to. The
 * last one never goes. */
static ingle_status count_turns_to_drop(struct chat_talk *t, size_t *n_drop, size_t *n_tokens,
                                        ingle_error *err) {
    size_t limit = (size_t)(ingle_session_n_ctx(t->session) / KEPT_PART);
    ingle_chat *copy;
    *n_drop = 0;
    INGLE_TRY(copy_chat(t, &copy, err));
    ingle_status status = chat_count(copy, n_tokens, err);
    while (status == INGLE_OK && *n_tokens > limit && chat_n_turns(copy) > 1) {
        size_t first = chat_turn_at(copy, 0), next = chat_turn_at(copy, 1);
        status = ingle_chat_replace(copy, first, next - first, NULL, 0, err);
        if (status == INGLE_OK) status = chat_count(copy, n_tokens, err);
        ++*n_drop;
    }
    ingle_chat_free(copy);
    return status;
}

static ingle_status drop(struct chat_talk *t, size_t n_turns, ingle_error *err) {
    size_t first = chat_turn_at(t->chat, 0), next = chat_turn_at(t->chat, n_turns);
    return ingle_chat_replace(t->chat, first, next - first, NULL, 0, err);
}

static const char *plural(size_t n) {
    return n == 1 ? "" : "s";
}

/* ---- summaries ---- */

/* The first n turns, and what an earlier summary says of those before them, as a text. */
static ingle_status write_transcript(const struct chat_talk *t, size_t n_turns, struct buf *text,
                                     ingle_error *err) {
    buf_add_str(text, SUMMARY_ORDER);
    if (t->summary.size > 0) buf_addf(text, "Before that: %s\n\n", t->summary.data);
    size_t end = chat_turn_at(t->chat, n_turns);
    for (size_t i = chat_turn_at(t->chat, 0); i < end; i++) {
        ingle_chat_message m;
        INGLE_TRY(ingle_chat_get_message(t->chat, i, &m, err));
        buf_addf(text, "%s: ", m.role);
        buf_add(text, m.text, m.text_len);
        buf_add_str(text, "\n\n");
    }
    return buf_failed(text) ? status_no_memory(err, "the transcript", text->size) : INGLE_OK;
}

/* A chat that asks for the summary of the first n turns, and its size in tokens. */
static ingle_status begin_summary(struct chat_talk *t, size_t n_turns, ingle_chat **out,
                                  size_t *n_tokens, ingle_error *err) {
    ingle_chat_options options = chat_options(t);
    options.think = ingle_chat_get_info(t->chat).can_think ? INGLE_THINK_OFF : INGLE_THINK_AUTO;
    INGLE_TRY(ingle_chat_new(out, t->model, &options, err));
    struct buf text;
    buf_init(&text, CHAT_MAX_JSON);
    ingle_status status = write_transcript(t, n_turns, &text, err);
    if (status == INGLE_OK) status = ingle_chat_add(*out, "user", text.data, text.size, err);
    if (status == INGLE_OK) status = chat_count(*out, n_tokens, err);
    buf_clear(&text);
    if (status == INGLE_OK) return INGLE_OK;
    ingle_chat_free(*out);
    *out = NULL;
    return status;
}

/* The summary of as many of the first *n_turns as fit; fewer come back in *n_turns. */
static ingle_status summarise_some(struct chat_talk *t, size_t *n_turns, struct buf *summary,
                                   ingle_chat_result *result, ingle_error *err) {
    int n_ctx = ingle_session_n_ctx(t->session), n_summary = n_ctx / SUMMARY_PART + 1;
    ingle_chat *aside;
    for (;; --*n_turns) {
        size_t n_tokens;
        INGLE_TRY(begin_summary(t, *n_turns, &aside, &n_tokens, err));
        if (n_tokens + (size_t)n_summary <= (size_t)n_ctx) break;
        ingle_chat_free(aside);
        if (*n_turns > 1) continue;
        return status_set(err, INGLE_CONTEXT_FULL, 0,
                          "The oldest turn alone is too long to be summarised.");
    }
    chat_remark(t, "Summary of the oldest %zu turn%s:", *n_turns, plural(*n_turns));
    ingle_status status = chat_reply_aside(t, aside, n_summary, summary, result, err);
    ingle_chat_free(aside);
    if (status == INGLE_OK && result->reason == INGLE_STOP_LENGTH) {
        chat_remark(t, "The summary was cut after %d tokens.", n_summary);
    }
    return status;
}

/* *is_done: false if the person stopped it, or the model said nothing; then all is as it was. */
static ingle_status summarise(struct chat_talk *t, size_t n_drop, bool *is_done, ingle_error *err) {
    *is_done = false;
    while (n_drop > 0) {
        size_t n_turns = n_drop;
        struct buf summary;
        buf_init(&summary, CHAT_MAX_MESSAGE);
        ingle_chat_result result = {0};
        ingle_status status = summarise_some(t, &n_turns, &summary, &result, err);
        bool is_usable = result.reason != INGLE_STOP_CANCEL && result.reason != INGLE_STOP_LOOP &&
                         summary.size > 0;
        if (status == INGLE_OK && is_usable) {
            buf_reset(&t->summary);
            buf_add(&t->summary, summary.data, summary.size);
            status = buf_failed(&t->summary) ? status_no_memory(err, "the summary", summary.size)
                                             : drop(t, n_turns, err);
            if (status == INGLE_OK) status = chat_put_system(t, err);
        }
        buf_clear(&summary);
        INGLE_TRY(status);
        if (!is_usable) return INGLE_OK;
        n_drop -= n_turns;
    }
    *is_done = true;
    return INGLE_OK;
}

/* ---- the choice ---- */

static ingle_status shorten(struct chat_talk *t, char answer, bool *is_done, ingle_error *err) {
    size_t n_drop, n_tokens;
    int n_ctx = ingle_session_n_ctx(t->session);
    *is_done = false;
    INGLE_TRY(count_turns_to_drop(t, &n_drop, &n_tokens, err));
    if (n_drop == 0 || n_tokens >= (size_t)n_ctx) {
        return status_set(
            err, INGLE_CONTEXT_FULL, 0,
            "The last message alone comes to %zu tokens, and the context holds %d for "
            "it and its answer; -c N makes it larger.",
            n_tokens, n_ctx);
    }
    if (answer == 'm') return summarise(t, n_drop, is_done, err);
    INGLE_TRY(drop(t, n_drop, err));
    chat_remark(t, "Dropped the oldest %zu turn%s.", n_drop, plural(n_drop));
    *is_done = true;
    return INGLE_OK;
}

ingle_status chat_make_room(struct chat_talk *t, const ingle_error *why, bool *goes_on,
                            ingle_error *err) {
    *goes_on = false;
    if (!t->is_terminal) {
        if (err) *err = *why;
        return why->code;
    }
    chat_say(t, "%s", why->msg);
    chat_say(t, "Nothing is lost so far. What shall be done?");
    chat_say(t, "  s  stop: leave the conversation as it was");
    chat_say(t, "  d  drop the oldest turns");
    chat_say(t, "  m  have the model summarise the oldest turns, and go on with its summary");
    while (!*goes_on) {
        char answer;
        INGLE_TRY(chat_ask(t, "s, d or m? ", "sdm", &answer, err));
        if (answer == 's' || answer == '\0') return INGLE_OK;
        INGLE_TRY(shorten(t, answer, goes_on, err));
        if (!*goes_on) chat_say(t, "The model made no summary.");
    }
    return INGLE_OK;
}
