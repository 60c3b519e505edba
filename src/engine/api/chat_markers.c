#include <string.h>

#include "engine/api/api_chat.h"

#define MARKER_TOKENS 32

/* What stands inside calls, in some families. */
static const char *const inner_markers[] = {"[ARGS]", "[CALL_ID]", "<|\"|>"};

static bool is_known(const ingle_token *ids, size_t n, ingle_token id) {
    for (size_t i = 0; i < n; i++) {
        if (ids[i] == id) return true;
    }
    return false;
}

/* The control tokens of one marker; NULL has none. */
static ingle_status add_marker(const struct tokenizer *tokenizer, const char *marker,
                               ingle_token ids[CHAT_MARKERS_MAX], size_t *n, ingle_error *err) {
    if (!marker || !marker[0]) return INGLE_OK;
    const struct text_range all = {0, strlen(marker)};
    int32_t tokens[MARKER_TOKENS];
    size_t n_tokens;
    INGLE_TRY(tokenizer_encode_ranges(tokenizer, marker, all.len, &all, 1, tokens, MARKER_TOKENS,
                                      &n_tokens, err));
    for (size_t i = 0; i < n_tokens && i < MARKER_TOKENS; i++) {
        bool is_new = tokenizer_is_control(tokenizer, tokens[i]) && !is_known(ids, *n, tokens[i]);
        if (is_new && *n < CHAT_MARKERS_MAX) ids[(*n)++] = tokens[i];
    }
    return INGLE_OK;
}

ingle_status chat_find_markers(const struct ingle_chat *chat, ingle_token ids[CHAT_MARKERS_MAX],
                               size_t *n, ingle_error *err) {
    const struct tokenizer *tokenizer = chat->model->tokenizer;
    const struct chat_settings *settings = &chat->core.settings;
    const struct call_format_info *calls = call_format_info(settings->calls);
    const struct think_style *think = think_style(settings->family.think);
    const char *const of_calls[] = {calls->start, calls->other_start, calls->end};
    *n = 0;
    for (size_t i = 0; i < BASE_COUNT(of_calls); i++) {
        INGLE_TRY(add_marker(tokenizer, of_calls[i], ids, n, err));
    }
    for (size_t i = 0; i < BASE_COUNT(inner_markers); i++) {
        INGLE_TRY(add_marker(tokenizer, inner_markers[i], ids, n, err));
    }
    if (!think) return INGLE_OK;
    const char *const of_thinking[] = {think->open, think->close, think->answer_open,
                                       think->answer_close};
    for (size_t i = 0; i < BASE_COUNT(of_thinking); i++) {
        INGLE_TRY(add_marker(tokenizer, of_thinking[i], ids, n, err));
    }
    return INGLE_OK;
}
