/* Conversations in the one form of message.h, put into the shape that a template takes: what it
 * would not show, or would refuse, is moved to where it is shown. */
#include <string.h>

#include "engine/chat/call_write.h"
#include "engine/chat/json_out.h"
#include "engine/chat/render.h"

/* A message on its way: texts that more is added to. */
struct turn {
    const struct message *from; /* NULL: made here */
    enum message_role role;
    struct buf text;
    bool has_calls; /* they stay calls */
};

struct normaliser {
    const struct render_input *in;
    const struct family *family;
    struct arena *arena;
    struct turn *turns; /* [n] in the arena */
    size_t n;
    ingle_error *err;
};

static ingle_status no_memory(const struct normaliser *z) {
    return status_no_memory(z->err, "the messages", z->arena->total);
}

/* ---- turns ---- */

static struct turn *add_turn(struct normaliser *z, const struct message *from,
                             enum message_role role) {
    struct turn *turn = &z->turns[z->n++];
    *turn = (struct turn){.from = from, .role = role};
    buf_init(&turn->text, 2 * MESSAGE_MAX_SIZE);
    return turn;
}

static void append(struct turn *turn, const char *data, size_t len, const char *separator) {
    if (len == 0) return;
    if (turn->text.size > 0) buf_add_str(&turn->text, separator);
    buf_add(&turn->text, data, len);
}

/* A result for a model that knows no role for it. */
static void put_result(struct turn *turn, const struct message *m) {
    struct buf *out = &turn->text;
    if (out->size > 0) buf_add_str(out, "\n");
    buf_add_str(out, "{\"tool_result\": {\"name\": ");
    json_out_string(out, m->name.data, m->name.len);
    buf_add_str(out, ", \"content\": ");
    json_out_string(out, m->text.data, m->text.len);
    buf_add_str(out, "}}");
}

static ingle_status put_assistant(struct normaliser *z, struct turn *turn) {
    const struct message *m = turn->from;
    append(turn, m->text.data, m->text.len, "");
    if (m->n_calls == 0) return INGLE_OK;
    turn->has_calls = z->family->has_calls && z->in->calls != CALLS_GENERIC;
    if (turn->has_calls) return INGLE_OK;
    if (turn->text.size > 0) buf_add_str(&turn->text, "\n");
    return call_write(&turn->text, z->in->calls, m->calls, m->n_calls, z->err);
}

/* Is there a turn for the tools' results? */
static bool has_tool_role(const struct normaliser *z) {
    return z->family->has_tool_role && z->in->calls != CALLS_GENERIC;
}

static ingle_status put_message(struct normaliser *z, const struct message *m) {
    struct turn *last = z->n > 0 ? &z->turns[z->n - 1] : NULL;
    switch (m->role) {
    case MESSAGE_ASSISTANT:
        return put_assistant(z, add_turn(z, m, MESSAGE_ASSISTANT));
    case MESSAGE_TOOL:
        if (has_tool_role(z)) {
            struct turn *turn = add_turn(z, m, MESSAGE_TOOL);
            append(turn, m->text.data, m->text.len, "");
        } else {
            bool joins = last && last->from && last->from->role == MESSAGE_TOOL;
            put_result(joins ? last : add_turn(z, m, MESSAGE_USER), m);
        }
        return INGLE_OK;
    default: {
        /* After results that became a user's turn, the user's words join them. */
        bool joins = last && m->role == MESSAGE_USER && last->role == MESSAGE_USER && last->from &&
                     last->from->role == MESSAGE_TOOL;
        struct turn *turn = joins ? last : add_turn(z, m, m->role);
        append(turn, m->text.data, m->text.len, "\n\n");
        return INGLE_OK;
    }
    }
}

/* ---- the system message ---- */

static bool shows_tools(const struct normaliser *z) {
    return z->in->tools && z->in->tools->n > 0;
}

static bool wants_system(const struct normaliser *z) {
    return shows_tools(z) && (z->in->calls == CALLS_GENERIC || z->family->tools_in_system);
}

/* /think and /no_think would overrule what the caller asks for; the template takes them out. */
static void remove_word(struct buf *text, const char *word) {
    size_t len = strlen(word), n = 0;
    for (size_t i = 0; i < text->size;) {
        if (text->size - i >= len && memcmp(text->data + i, word, len) == 0) {
            i += len;
        } else {
            text->data[n++] = text->data[i++];
        }
    }
    text->size = n;
    if (text->data) text->data[n] = '\0';
}

/* Turns the first message, if it is the system's, into what the template takes for it. */
static ingle_status put_system(struct normaliser *z, size_t *next) {
    const struct message_list *list = z->in->messages;
    const struct message *first = list->n > 0 ? list->at[0] : NULL;
    bool has_one = first && first->role == MESSAGE_SYSTEM;
    *next = has_one;
    if (!has_one && !wants_system(z)) return INGLE_OK;
    struct turn *turn = add_turn(z, has_one ? first : NULL, MESSAGE_SYSTEM);
    if (has_one) append(turn, first->text.data, first->text.len, "");
    if (z->family->has_think_flags && z->in->think != THINK_AUTO) {
        remove_word(&turn->text, "/no_think");
        remove_word(&turn->text, "/think");
    }
    if (shows_tools(z) && z->in->calls == CALLS_GENERIC) {
        if (turn->text.size > 0) buf_add_str(&turn->text, "\n\n");
        generic_instructions(&turn->text, z->in->tools, z->in->has_many_calls);
    }
    if (z->family->has_system || z->family->tools_in_system) return INGLE_OK;
    /* It becomes the beginning of the user's first turn. */
    turn->role = MESSAGE_USER;
    turn->from = NULL;
    const struct message *user = *next < list->n ? list->at[*next] : NULL;
    if (!user || user->role != MESSAGE_USER) return INGLE_OK;
    turn->from = user;
    (*next)++;
    append(turn, user->text.data, user->text.len, "\n\n");
    return INGLE_OK;
}

/* ---- the tree ---- */

static struct json_text name_text(const char *name) {
    return (struct json_text){name, strlen(name)};
}

static struct json_value string_value(struct json_text text) {
    return (struct json_value){.kind = JSON_STRING, .text = text};
}

/* [{"type": "text", "text": ...}] */
static bool make_parts(struct normaliser *z, struct json_value *content) {
    struct json_value *part = arena_array(z->arena, 1, sizeof *part);
    struct json_member *members = arena_array(z->arena, 2, sizeof *members);
    if (!part || !members) return false;
    members[0] = (struct json_member){name_text("type"), string_value(name_text("text"))};
    members[1] = (struct json_member){name_text("text"), *content};
    *part = (struct json_value){.kind = JSON_OBJECT, .n = 2, .members = members};
    *content = (struct json_value){.kind = JSON_ARRAY, .n = 1, .items = part};
    return true;
}

static bool make_content(struct normaliser *z, const struct turn *turn, struct json_value *out) {
    if (turn->has_calls && turn->text.size == 0 && z->family->calls_null) {
        *out = (struct json_value){.kind = JSON_NULL};
        return true;
    }
    struct json_text text = {
        arena_copy(z->arena, turn->text.data ? turn->text.data : "", turn->text.size),
        turn->text.size};
    if (!text.data) return false;
    *out = string_value(text);
    return !z->family->wants_parts || make_parts(z, out);
}

static bool make_tools(struct normaliser *z, struct json_value *out) {
    struct buf text;
    buf_init(&text, MESSAGE_MAX_SIZE);
    json_out_value(&text, z->in->tools->list);
    struct json_text copy = {buf_failed(&text) ? NULL : arena_copy(z->arena, text.data, text.size),
                             text.size};
    buf_clear(&text);
    *out = string_value(copy);
    return copy.data != NULL;
}

/* Fields of the message, some replaced. */
static bool make_turn(struct normaliser *z, const struct turn *turn, struct json_value *out) {
    const struct json_value *from = turn->from ? turn->from->tree : NULL;
    size_t n_from = from ? from->n : 0, n = 0;
    struct json_member *members = arena_array(z->arena, n_from + 3, sizeof *members);
    if (!members) return false;
    members[n++] = (struct json_member){name_text("role"),
                                        string_value(name_text(message_role_name(turn->role)))};
    members[n].name = name_text("content");
    if (!make_content(z, turn, &members[n++].value)) return false;
    bool has_own_tools = false;
    for (size_t i = 0; i < n_from; i++) {
        const struct json_text *name = &from->members[i].name;
        if (json_text_is(name, "role") || json_text_is(name, "content")) continue;
        if (json_text_is(name, "tool_calls") && !turn->has_calls) continue;
        if (json_text_is(name, "tool_call_id") && turn->role != MESSAGE_TOOL) continue;
        if (turn->from->role == MESSAGE_TOOL && turn->role != MESSAGE_TOOL) continue;
        has_own_tools = has_own_tools || json_text_is(name, "tools");
        members[n++] = from->members[i];
    }
    bool takes_tools = turn->role == MESSAGE_SYSTEM && turn == z->turns && !has_own_tools &&
                       shows_tools(z) && z->family->tools_in_system &&
                       z->in->calls != CALLS_GENERIC;
    if (takes_tools) {
        members[n].name = name_text("tools");
        if (!make_tools(z, &members[n++].value)) return false;
    }
    *out = (struct json_value){.kind = JSON_OBJECT, .n = n, .members = members};
    return true;
}

static ingle_status make_list(struct normaliser *z, const struct json_value **out) {
    struct json_value *list = arena_array(z->arena, 1, sizeof *list),
                      *items = arena_array(z->arena, z->n, sizeof *items);
    if (!list || !items) return no_memory(z);
    for (size_t i = 0; i < z->n; i++) {
        if (buf_failed(&z->turns[i].text)) return no_memory(z);
        if (!make_turn(z, &z->turns[i], &items[i])) return no_memory(z);
    }
    *list = (struct json_value){.kind = JSON_ARRAY, .n = z->n, .items = items};
    *out = list;
    return INGLE_OK;
}

static ingle_status put_all(struct normaliser *z) {
    size_t next;
    INGLE_TRY(put_system(z, &next));
    for (; next < z->in->messages->n; next++) {
        INGLE_TRY(put_message(z, z->in->messages->at[next]));
    }
    return INGLE_OK;
}

ingle_status normalise_messages(const struct json_value **out, const struct render_input *input,
                                struct arena *arena, ingle_error *err) {
    struct normaliser z = {.in = input, .family = input->family, .arena = arena, .err = err};
    *out = NULL;
    z.turns = arena_array(arena, input->messages->n + 1, sizeof *z.turns);
    if (!z.turns) return no_memory(&z);
    ingle_status status = put_all(&z);
    if (status == INGLE_OK) status = make_list(&z, out);
    for (size_t i = 0; i < z.n; i++) buf_clear(&z.turns[i].text);
    return status;
}
