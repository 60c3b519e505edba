/* POST /api/chat */
#include "daemon/ollama/ollama.h"

static void read_tools(struct fields *f, struct arena *arena, struct msg_conversation *c) {
    const struct json_value *tools;
    if (!field_array(f, "tools", &tools) || tools->n == 0) return;
    c->tools = api_text_of(arena, tools, NULL);
    if (!c->tools) field_no_memory(f, "tools");
}

void ollama_chat(struct api_call *c) {
    struct fields f = {.object = c->body};
    bool failed = false;
    struct ollama_answer *a = arena_alloc(c->arena, sizeof *a);
    struct msg_chat *m = arena_alloc(c->arena, sizeof *m);
    if (!a || !m) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    a->is_chat = true;
    ollama_read_ask(&f, c->arena, &a->ask);
    *m = ollama_conversation(&a->ask);
    m->conversation.variables = ollama_variables(c->arena, &a->ask, &failed);
    read_tools(&f, c->arena, &m->conversation);
    ollama_read_messages(&f, c->arena, &m->conversation.messages);
    if (f.bad || failed) {
        api_fail_fields(c, &f);
    } else if (m->conversation.messages.len <= 2) {
        ollama_answer_nothing(c, a);
    } else {
        ollama_start(c, a, MSG_CHAT, m);
    }
}
