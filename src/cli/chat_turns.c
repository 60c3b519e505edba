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
    if (!m) return INGLE_OK;
    size_t n_head = strlen(SUMMARY_HEAD), len = m->text_len;
    const char *head = memmem(m->text, len, SUMMARY_HEAD, n_head);
    if (head && (head == m->text || head[-1] == '\n')) {
        len = (size_t)(head - m->text);
        buf_add(&t->summary, head + n_head, m->text_len - len - n_head);
        for (int i = 0; i < 2 && len > 0 && m->text[len - 1] == '\n'; i++) len--;
    }
    buf_add(&t->system, m->text, len);
    if (!buf_failed(&t->system) && !buf_failed(&t->summary)) return INGLE_OK;
    return status_no_memory(err, "the system message", m->text_len);
}
