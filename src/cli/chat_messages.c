#include "cli/chat_messages.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_quote.h"
#include "base/size.h"
#include "base/utf8.h"

#define MAX_JSON ((size_t)256 << 20)

static void forget(struct chat_message *message) {
    explicit_bzero((char *)(uintptr_t)message->role, message->size);
    mem_free((char *)(uintptr_t)message->role);
}

void chat_messages_clear(struct chat_messages *m) {
    for (size_t i = 0; i < m->n; i++) forget(&m->at[i]);
    mem_free(m->at);
    *m = (struct chat_messages){0};
}

static ingle_status make_room(struct chat_messages *m, size_t n_more, ingle_error *err) {
    size_t need = m->n + n_more, cap = m->cap ? m->cap : 16;
    if (need <= m->cap) return INGLE_OK;
    while (cap < need) cap *= 2;
    struct chat_message *at = mem_realloc(m->at, cap * sizeof *at);
    if (!at) return status_no_memory(err, "the messages", cap * sizeof *at);
    m->at = at;
    m->cap = cap;
    return INGLE_OK;
}

/* ---- messages ---- */

/* Each part with a NUL behind it. */
static char *put(char *to, const char *text, size_t len) {
    if (len) memcpy(to, text, len);
    to[len] = '\0';
    return to + len + 1;
}

ingle_status chat_messages_add(struct chat_messages *m, const char *role, const char *text,
                               size_t text_len, const char *json, size_t json_len,
                               ingle_error *err) {
    size_t role_len = strlen(role), size;
    INGLE_TRY(make_room(m, 1, err));
    assert(m->at);
    bool fits = add_size(&size, text_len, json_len) && add_size(&size, size, role_len + 3);
    char *block = fits ? mem_alloc(size) : NULL;
    if (!block) return status_no_memory(err, "a message", text_len);
    char *text_at = put(block, role, role_len), *json_at = put(text_at, text, text_len);
    (void)put(json_at, json, json_len);
    m->at[m->n++] = (struct chat_message){.role = block,
                                          .text = text_at,
                                          .json = json_at,
                                          .text_len = text_len,
                                          .json_len = json_len,
                                          .size = size};
    return INGLE_OK;
}

/* In the words and the form of the chat that reads it. */
static ingle_status write_message(struct buf *json, size_t number, const char *role,
                                  const char *text, size_t len, ingle_error *err) {
    size_t bad = utf8_find_invalid(text, len);
    if (bad < len) {
        return status_set(err, INGLE_INVALID, bad,
                          "Message %zu: its content is not UTF-8 from byte %zu on.", number, bad);
    }
    buf_addf(json, "{\"role\": \"%s\", \"content\": ", role);
    json_quote(json, text, len);
    buf_add_str(json, "}");
    return buf_failed(json) ? status_no_memory(err, "a message", len) : INGLE_OK;
}

ingle_status chat_messages_say(struct chat_messages *m, const char *role, const char *text,
                               size_t len, ingle_error *err) {
    struct buf json = {.max = MAX_JSON, .is_secret = true};
    ingle_status status = write_message(&json, m->n, role, text, len, err);
    if (status == INGLE_OK) {
        status = chat_messages_add(m, role, text, len, json.data, json.size, err);
    }
    buf_clear(&json);
    return status;
}

ingle_status chat_messages_insert(struct chat_messages *m, size_t at,
                                  const struct chat_message *message, ingle_error *err) {
    INGLE_TRY(chat_messages_add(m, message->role, message->text, message->text_len, message->json,
                                message->json_len, err));
    struct chat_message last = m->at[m->n - 1];
    last.time = message->time;
    for (size_t i = m->n - 1; i > at; i--) m->at[i] = m->at[i - 1];
    m->at[at] = last;
    return INGLE_OK;
}

ingle_status chat_messages_append(struct chat_messages *m, struct chat_messages *from,
                                  ingle_error *err) {
    INGLE_TRY(make_room(m, from->n, err));
    for (size_t i = 0; i < from->n; i++) m->at[m->n++] = from->at[i];
    from->n = 0;
    return INGLE_OK;
}

ingle_status chat_messages_take(struct chat_messages *m, size_t first, size_t n,
                                struct chat_messages *into, ingle_error *err) {
    if (into) INGLE_TRY(make_room(into, n, err));
    for (size_t i = first; i < first + n; i++) {
        if (into) {
            into->at[into->n++] = m->at[i];
        } else {
            forget(&m->at[i]);
        }
    }
    for (size_t i = first + n; i < m->n; i++) m->at[i - n] = m->at[i];
    m->n -= n;
    return INGLE_OK;
}

/* ---- the system message ---- */

static bool is_role(const struct chat_messages *m, size_t i, const char *role) {
    return i < m->n && strcmp(m->at[i].role, role) == 0;
}

const struct chat_message *chat_messages_system(const struct chat_messages *m) {
    return is_role(m, 0, "system") ? &m->at[0] : NULL;
}

ingle_status chat_messages_set_system(struct chat_messages *m, const char *text, size_t len,
                                      ingle_error *err) {
    bool has_one = chat_messages_system(m) != NULL;
    if (!text) return has_one ? chat_messages_take(m, 0, 1, NULL, err) : INGLE_OK;
    struct chat_messages one = {0};
    ingle_status status = chat_messages_say(&one, "system", text, len, err);
    if (status == INGLE_OK) status = make_room(m, 1, err);
    if (status == INGLE_OK) {
        assert(m->at && one.at);
        if (has_one) {
            forget(&m->at[0]);
        } else {
            for (size_t i = m->n++; i > 0; i--) m->at[i] = m->at[i - 1];
        }
        m->at[0] = one.at[0];
        one.n = 0;
    }
    chat_messages_clear(&one);
    return status;
}

/* ---- turns ---- */

size_t chat_messages_n_turns(const struct chat_messages *m) {
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++) n += is_role(m, i, "user");
    return n;
}

size_t chat_messages_turn(const struct chat_messages *m, size_t i) {
    for (size_t at = 0; at < m->n; at++) {
        if (is_role(m, at, "user") && i-- == 0) return at;
    }
    return m->n;
}

ingle_status chat_messages_json(const struct chat_messages *m, size_t first, size_t n,
                                struct buf *json, ingle_error *err) {
    bool is_first = true;
    buf_add_str(json, "[");
    for (size_t i = 0; i < m->n; i++) {
        if (i >= first && i - first < n) continue;
        buf_add_str(json, is_first ? "\n " : ",\n ");
        buf_add(json, m->at[i].json, m->at[i].json_len);
        is_first = false;
    }
    if (buf_add_str(json, is_first ? "]\n" : "\n]\n")) return INGLE_OK;
    return status_no_memory(err, "the messages", json->size);
}
