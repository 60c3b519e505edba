/* The list of messages: every change is whole or not at all. */
#include <string.h>

#include "base/alloc.h"
#include "engine/chat/chat.h"

#define ARENA_MAX ((size_t)2 << 30)

/* The list as it would be: messages kept are borrowed from the old one. */
static ingle_status copy_range(struct message_list *to, const struct message_list *from,
                               size_t start, size_t end, ingle_error *err) {
    for (size_t i = start; i < end; i++) INGLE_TRY(message_list_add(to, from->at[i], err));
    return INGLE_OK;
}

static ingle_status read_new(struct chat *c, struct message_list *list,
                             const struct json_value *value, ingle_error *err) {
    bool is_list = value->kind == JSON_ARRAY;
    size_t n = is_list ? value->n : 1;
    for (size_t i = 0; i < n; i++) {
        struct message *m;
        INGLE_TRY(message_read(&m, is_list ? &value->items[i] : value, list, &c->ids, err));
        ingle_status status = message_list_add(list, m, err);
        if (status != INGLE_OK) {
            message_free(m);
            return status;
        }
    }
    return INGLE_OK;
}

/* Results after what was replaced must still have their calls. */
static ingle_status check_results(const struct message_list *list, size_t from, ingle_error *err) {
    for (size_t i = from; i < list->n; i++) {
        const struct message *m = list->at[i];
        if (m->role != MESSAGE_TOOL || message_find_call(list, i, m->call_id)) continue;
        return status_set(err, INGLE_INVALID, 0,
                          "Message %zu: tool_call_id is '%.60s', but no call before it has this "
                          "id.",
                          i, m->call_id.data);
    }
    return INGLE_OK;
}

/* Puts new messages, already at the end of `list` behind messages 0..first, in the place of n old
 * ones. Takes the list's storage; of its messages only on success. */
static ingle_status finish(struct chat *c, struct message_list *list, size_t first, size_t n,
                           ingle_error *err) {
    size_t end = list->n;
    INGLE_TRY(copy_range(list, &c->messages, first + n, c->messages.n, err));
    INGLE_TRY(check_results(list, end, err));
    for (size_t i = first; i < first + n; i++) message_free(c->messages.at[i]);
    mem_free(c->messages.at);
    c->messages = *list;
    *list = (struct message_list){0};
    rendered_clear(&c->rendered);
    return INGLE_OK;
}

/* Frees what is new in a list that was not taken. */
static void give_up(struct message_list *list, size_t first, size_t n_new) {
    for (size_t i = first; i < first + n_new && i < list->n; i++) message_free(list->at[i]);
    mem_free(list->at);
}

static ingle_status check_range(const struct chat *c, size_t first, size_t n, ingle_error *err) {
    if (first <= c->messages.n && n <= c->messages.n - first) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "There are no messages %zu to %zu: the conversation has %zu.", first,
                      first + n, c->messages.n);
}

ingle_status chat_replace(struct chat *c, size_t first, size_t n, const char *json, size_t len,
                          ingle_error *err) {
    struct message_list list = {0};
    struct arena arena;
    const struct json_value *value;
    size_t n_new = 0;
    INGLE_TRY(check_range(c, first, n, err));
    arena_init(&arena, ARENA_MAX);
    ingle_status status = copy_range(&list, &c->messages, 0, first, err);
    if (status == INGLE_OK && json) {
        status = json_tree_parse(&value, &arena, json, len, "The text of the messages", err);
        if (status == INGLE_OK) status = read_new(c, &list, value, err);
        n_new = list.n - first;
    }
    if (status == INGLE_OK) status = finish(c, &list, first, n, err);
    if (status != INGLE_OK) give_up(&list, first, n_new);
    arena_clear(&arena);
    return status;
}

/* One message for n old ones. */
static ingle_status put(struct chat *c, size_t first, size_t n, struct message *m,
                        ingle_error *err) {
    struct message_list list = {0};
    ingle_status status = copy_range(&list, &c->messages, 0, first, err);
    if (status == INGLE_OK) status = message_list_add(&list, m, err);
    if (status == INGLE_OK) status = finish(c, &list, first, n, err);
    if (status != INGLE_OK) {
        message_free(m);
        mem_free(list.at);
    }
    return status;
}

ingle_status chat_add(struct chat *c, const char *role, const char *text, size_t len,
                      ingle_error *err) {
    struct message_parts parts = {.text = {text, len}};
    struct message *m;
    if (!message_find_role(role, strlen(role), &parts.role)) {
        return status_set(err, INGLE_INVALID, 0,
                          "Message %zu: role is '%.40s'; it must be system, developer, user, "
                          "assistant or tool.",
                          c->messages.n, role);
    }
    if (parts.role == MESSAGE_TOOL) {
        const struct message_call *call =
            message_open_call(&c->messages, (struct json_text){"", 0});
        if (!call) {
            return status_set(err, INGLE_INVALID, 0,
                              "Message %zu: role is tool, but no call waits for a result.",
                              c->messages.n);
        }
        parts.call_id = call->id;
        parts.name = call->name;
    }
    INGLE_TRY(message_new(&m, &parts, c->messages.n, err));
    return put(c, c->messages.n, 0, m, err);
}

ingle_status chat_set_system(struct chat *c, const char *text, size_t len, ingle_error *err) {
    bool has_one = c->messages.n > 0 && c->messages.at[0]->role == MESSAGE_SYSTEM;
    struct message *m;
    if (!text) return has_one ? chat_replace(c, 0, 1, NULL, 0, err) : INGLE_OK;
    const struct message_parts parts = {.role = MESSAGE_SYSTEM, .text = {text, len}};
    INGLE_TRY(message_new(&m, &parts, 0, err));
    return put(c, 0, has_one, m, err);
}
