/* When the conversation outgrows the context: nothing is dropped that was not agreed to. */
#include <string.h>

#include "cli/chat.h"

/* What is kept may fill this part of the context; the rest is for what comes. */
#define KEPT_PART 2
/* A summary may have this part of it. */
#define SUMMARY_PART 8

#define SUMMARY_ORDER                                                                              \
    "Summarise the conversation below in a few sentences. Keep names, numbers, decisions and "     \
    "open questions; leave out greetings. Write the summary only.\n\n"

/* The messages of the oldest n turns: *first and how many. */
static size_t oldest(const struct chat_talk *t, size_t n_turns, size_t *first) {
    *first = chat_messages_turn(&t->messages, 0);
    return chat_messages_turn(&t->messages, n_turns) - *first;
}

/* How many of the oldest turns have to go for the rest to fit, and what that then comes to. The
 * last one never goes. */
static ingle_status count_turns_to_drop(struct chat_talk *t, size_t *n_drop, size_t *n_tokens,
                                        ingle_error *err) {
    size_t n_turns = chat_messages_n_turns(&t->messages), first, n;
    INGLE_TRY(chat_need_worker(t, err));
    size_t limit = (size_t)(worker_started(t->worker)->n_ctx / KEPT_PART);
    for (*n_drop = 0;; ++*n_drop) {
        n = oldest(t, *n_drop, &first);
        INGLE_TRY(chat_count(t, first, n, n_tokens, err));
        if (*n_tokens <= limit || *n_drop + 1 >= n_turns) return INGLE_OK;
    }
}

static ingle_status drop(struct chat_talk *t, size_t n_turns, ingle_error *err) {
    size_t first, n = oldest(t, n_turns, &first);
    return chat_messages_take(&t->messages, first, n, NULL, err);
}

static const char *plural(size_t n) {
    return n == 1 ? "" : "s";
}

/* ---- summaries ---- */

static struct msg_conversation without_thinking(const struct chat_talk *t, const struct buf *json) {
    struct msg_conversation c = chat_conversation(t, json);
    c.think = t->facts.can_think ? INGLE_THINK_OFF : INGLE_THINK_AUTO;
    return c;
}

/* The first n turns, and what an earlier summary says of those before them, as a text. */
static ingle_status write_transcript(const struct chat_talk *t, size_t n_turns, struct buf *text,
                                     ingle_error *err) {
    buf_add_str(text, SUMMARY_ORDER);
    if (t->summary.size > 0) buf_addf(text, "Before that: %s\n\n", t->summary.data);
    size_t first, n = oldest(t, n_turns, &first);
    for (size_t i = first; i < first + n; i++) {
        const struct chat_message *m = &t->messages.at[i];
        buf_addf(text, "%s: ", m->role);
        buf_add(text, m->text, m->text_len);
        buf_add_str(text, "\n\n");
    }
    return buf_failed(text) ? status_no_memory(err, "the transcript", text->size) : INGLE_OK;
}

/* A conversation that asks for the summary of the first n turns: its messages, and its tokens. */
static ingle_status begin_summary(struct chat_talk *t, size_t n_turns, struct buf *json,
                                  size_t *n_tokens, ingle_error *err) {
    struct buf text = {.max = CHAT_MAX_JSON, .is_secret = true};
    struct chat_messages messages = {0};
    buf_reset(json);
    ingle_status status = write_transcript(t, n_turns, &text, err);
    if (status == INGLE_OK) {
        status = chat_messages_say(&messages, "user", text.data, text.size, err);
    }
    if (status == INGLE_OK) status = chat_messages_json(&messages, 0, 0, json, err);
    chat_messages_clear(&messages);
    buf_clear(&text);
    INGLE_TRY(status);
    struct msg_conversation conversation = without_thinking(t, json);
    struct chat_look look = {.wants_count = true};
    INGLE_TRY(chat_look(t->worker, &conversation, &look, err));
    *n_tokens = look.n_tokens;
    return INGLE_OK;
}

/* The summary of as many of the first *n_turns as fit; fewer come back in *n_turns. */
static ingle_status summarise_some(struct chat_talk *t, size_t *n_turns, struct buf *json,
                                   struct buf *summary, ingle_chat_result *result,
                                   ingle_error *err) {
    int n_ctx = worker_started(t->worker)->n_ctx, n_summary = n_ctx / SUMMARY_PART + 1;
    for (;; --*n_turns) {
        size_t n_tokens;
        INGLE_TRY(begin_summary(t, *n_turns, json, &n_tokens, err));
        if (n_tokens + (size_t)n_summary <= (size_t)n_ctx) break;
        if (*n_turns > 1) continue;
        return status_set(err, INGLE_CONTEXT_FULL, 0,
                          "The oldest turn alone is too long to be summarised.");
    }
    chat_remark(t, "Summary of the oldest %zu turn%s:", *n_turns, plural(*n_turns));
    struct msg_conversation conversation = without_thinking(t, json);
    INGLE_TRY(chat_reply_aside(t, &conversation, n_summary, summary, result, err));
    if (result->reason == INGLE_STOP_LENGTH) {
        chat_remark(t, "The summary was cut after %d tokens.", n_summary);
    }
    return INGLE_OK;
}

/* *is_done: false if the person stopped it, or the model said nothing; then all is as it was. */
static ingle_status summarise(struct chat_talk *t, size_t n_drop, bool *is_done, ingle_error *err) {
    *is_done = false;
    while (n_drop > 0) {
        size_t n_turns = n_drop;
        struct buf summary = {.max = CHAT_MAX_MESSAGE, .is_secret = true};
        struct buf json = {.max = CHAT_MAX_JSON, .is_secret = true};
        ingle_chat_result result = {0};
        ingle_status status = summarise_some(t, &n_turns, &json, &summary, &result, err);
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
        buf_clear(&json);
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
    int n_ctx = worker_started(t->worker)->n_ctx;
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
