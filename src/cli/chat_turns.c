#include <string.h>

#include "cli/chat.h"

#define SUMMARY_HEAD "Summary of the conversation so far:\n"

ingle_status chat_put_system(struct chat_talk *t, ingle_error *err) {
    if (t->system.size == 0 && t->summary.size == 0) {
        return chat_messages_set_system(&t->messages, NULL, 0, err);
    }
    struct buf text;
    buf_init(&text, CHAT_MAX_JSON);
    text.is_secret = true;
    if (t->system.size > 0) buf_add(&text, t->system.data, t->system.size);
    if (t->summary.size > 0) {
        buf_add_str(&text, t->system.size > 0 ? "\n\n" SUMMARY_HEAD : SUMMARY_HEAD);
        buf_add(&text, t->summary.data, t->summary.size);
    }
    ingle_status status = buf_failed(&text)
                              ? status_no_memory(err, "the system message", text.size)
                              : chat_messages_set_system(&t->messages, text.data, text.size, err);
    buf_clear(&text);
    return status;
}

ingle_status chat_take_system(struct chat_talk *t, ingle_error *err) {
    buf_reset(&t->system);
    buf_reset(&t->summary);
    const struct chat_message *m = chat_messages_system(&t->messages);
    if (!m || buf_add(&t->system, m->text, m->text_len)) return INGLE_OK;
    return status_no_memory(err, "the system message", m->text_len);
}
