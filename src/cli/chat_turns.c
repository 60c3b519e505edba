#include <string.h>

#include "base/alloc.h"
#include "cli/chat.h"

#define SUMMARY_HEAD "Summary of the conversation so far:\n"

/* NULL past the last message. */
static const char *role_of(ingle_chat *chat, size_t i) {
    ingle_chat_message message;
    if (ingle_chat_get_message(chat, i, &message, NULL) != INGLE_OK) return NULL;
    return message.role;
}

static bool begins_turn(ingle_chat *chat, size_t i) {
    const char *role = role_of(chat, i);
    return role && strcmp(role, "user") == 0;
}

size_t chat_n_turns(ingle_chat *chat) {
    size_t n = 0;
    for (size_t i = 0; i < ingle_chat_n_messages(chat); i++) n += begins_turn(chat, i);
    return n;
}

size_t chat_turn_at(ingle_chat *chat, size_t i) {
    size_t n_messages = ingle_chat_n_messages(chat), at = 0;
    for (;; at++) {
        while (at < n_messages && !begins_turn(chat, at)) at++;
        if (at >= n_messages || i-- == 0) return at;
    }
}

ingle_status chat_count(ingle_chat *chat, size_t *n_tokens, ingle_error *err) {
    ingle_error why = {0};
    ingle_status status = ingle_chat_tokens(chat, NULL, 0, n_tokens, &why);
    if (status == INGLE_OK || status == INGLE_LIMIT) return INGLE_OK;
    if (err) *err = why;
    return status;
}

ingle_status chat_to_json(ingle_chat *chat, size_t first, struct buf *json, ingle_error *err) {
    size_t n = ingle_chat_n_messages(chat);
    buf_add_str(json, "[");
    for (size_t i = first; i < n; i++) {
        ingle_chat_message message;
        INGLE_TRY(ingle_chat_get_message(chat, i, &message, err));
        buf_add_str(json, i > first ? ",\n " : "\n ");
        buf_add(json, message.json, message.json_len);
    }
    if (buf_add_str(json, n > first ? "\n]\n" : "]\n")) return INGLE_OK;
    return status_no_memory(err, "the messages", json->size);
}

ingle_status chat_put_system(struct chat_talk *t, ingle_error *err) {
    if (t->system.size == 0 && t->summary.size == 0) {
        return ingle_chat_set_system(t->chat, NULL, 0, err);
    }
    struct buf text;
    buf_init(&text, CHAT_MAX_JSON);
    if (t->system.size > 0) buf_add(&text, t->system.data, t->system.size);
    if (t->summary.size > 0) {
        buf_add_str(&text, t->system.size > 0 ? "\n\n" SUMMARY_HEAD : SUMMARY_HEAD);
        buf_add(&text, t->summary.data, t->summary.size);
    }
    ingle_status status = buf_failed(&text)
                              ? status_no_memory(err, "the system message", text.size)
                              : ingle_chat_set_system(t->chat, text.data, text.size, err);
    buf_clear(&text);
    return status;
}

ingle_status chat_take_system(struct chat_talk *t, ingle_error *err) {
    buf_reset(&t->system);
    buf_reset(&t->summary);
    const char *role = role_of(t->chat, 0);
    if (!role || strcmp(role, "system") != 0) return INGLE_OK;
    ingle_chat_message message;
    INGLE_TRY(ingle_chat_get_message(t->chat, 0, &message, err));
    if (buf_add(&t->system, message.text, message.text_len)) return INGLE_OK;
    return status_no_memory(err, "the system message", message.text_len);
}
