#include "engine/chat/answer.h"

#include <string.h>

#include "base/alloc.h"

void answer_init(struct answer *a) {
    *a = (struct answer){0};
    buf_init(&a->text, MESSAGE_MAX_SIZE);
    buf_init(&a->thinking, MESSAGE_MAX_SIZE);
    buf_init(&a->arguments, MESSAGE_MAX_SIZE);
    arena_init(&a->arena, 4 * MESSAGE_MAX_SIZE);
}

void answer_clear(struct answer *a) {
    buf_clear(&a->text);
    buf_clear(&a->thinking);
    buf_clear(&a->arguments);
    arena_clear(&a->arena);
    mem_free(a->calls);
    *a = (struct answer){0};
}

static struct json_text copy(struct answer *a, const char *text, size_t len) {
    return (struct json_text){arena_copy(&a->arena, text, len), len};
}

static bool grow(struct answer *a) {
    if (a->n_calls < a->cap) return true;
    size_t cap = a->cap ? 2 * a->cap : 4;
    struct message_call *calls = mem_realloc(a->calls, cap * sizeof *calls);
    if (!calls) return false;
    a->calls = calls;
    a->cap = cap;
    return true;
}

static void end_call(struct answer *a) {
    if (!grow(a) || buf_failed(&a->arguments)) {
        a->failed = true;
        return;
    }
    const struct buf *arguments = &a->arguments;
    a->calls[a->n_calls++] = (struct message_call){
        .id = a->id,
        .name = a->name,
        .arguments = copy(a, arguments->data ? arguments->data : "", arguments->size)};
}

void answer_put(struct answer *a, const struct split_event *event) {
    switch (event->kind) {
    case SPLIT_THINKING:
        buf_add(&a->thinking, event->text, event->len);
        break;
    case SPLIT_TEXT:
        buf_add(&a->text, event->text, event->len);
        break;
    case SPLIT_CALL:
        buf_reset(&a->arguments);
        a->id = copy(a, event->id, strlen(event->id));
        a->name = copy(a, event->name, strlen(event->name));
        break;
    case SPLIT_ARGUMENTS:
        buf_add(&a->arguments, event->text, event->len);
        break;
    case SPLIT_CALL_END:
        end_call(a);
        break;
    }
}

static struct json_text whole(const struct buf *b) {
    return (struct json_text){b->data ? b->data : "", b->size};
}

ingle_status answer_message(struct message **out, const struct answer *a, size_t number,
                            ingle_error *err) {
    const struct message_parts parts = {.role = MESSAGE_ASSISTANT,
                                        .text = whole(&a->text),
                                        .thinking = whole(&a->thinking),
                                        .call_id = {"", 0},
                                        .name = {"", 0},
                                        .calls = a->calls,
                                        .n_calls = a->n_calls};
    *out = NULL;
    if (a->failed || a->arena.failed || buf_failed(&a->text) || buf_failed(&a->thinking)) {
        return status_no_memory(err, "the answer", a->text.size);
    }
    return message_new(out, &parts, number, err);
}
