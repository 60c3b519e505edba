/* The field "context" of generate: what was said so far, which the client keeps and brings along.
 * Elsewhere these are token ids; here they are the messages, so that the chat template is written
 * around all of them again and nothing in them passes for a control token:
 *
 *     MARK | bytes | three bytes of JSON in each number that follows, the first one lowest
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/ollama/ollama.h"

#define MARK 0x6c676e69 /* "ingl" */
#define HEAD 2
#define MAX_CONTEXT ((size_t)8 << 20) /* bytes */

/* ---- out ---- */

static uint32_t triple(const char *bytes, size_t n) {
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++) v |= (uint32_t)(unsigned char)bytes[i] << (8 * i);
    return v;
}

void ollama_put_context(struct json *j, const struct wire_text *messages,
                        const struct buf *answer) {
    struct buf b;
    struct json all;
    buf_init_secret(&b, MAX_CONTEXT);
    buf_add(&b, messages->data, messages->len - 1); /* but for the ']' */
    buf_add_str(&b, ",");
    json_init_buf(&all, &b);
    json_begin(&all, '{');
    json_put_str(&all, "role", "assistant");
    json_put_text(&all, "content", answer->data ? answer->data : "", answer->size);
    json_end(&all, '}');
    buf_add_str(&b, "]");
    if (!buf_failed(&b)) { /* else it is too long to be brought along, and left out */
        json_open(j, "context", '[');
        json_uint(j, MARK);
        json_uint(j, b.size);
        for (size_t i = 0; i < b.size; i += 3) {
            json_uint(j, triple(b.data + i, b.size - i < 3 ? b.size - i : 3));
        }
        json_end(j, ']');
    }
    buf_clear(&b);
}

/* ---- in ---- */

static bool read_number(const struct json_value *v, uint32_t max, uint32_t *out) {
    if (v->kind != JSON_NUMBER || v->text.len > 10) return false;
    if (strspn(v->text.data, "0123456789") != v->text.len) return false;
    unsigned long n = strtoul(v->text.data, NULL, 10);
    *out = (uint32_t)n;
    return n <= max;
}

/* NULL if it is nothing of ours. */
static const char *unpack(const struct json_value *list, struct arena *arena, size_t *size) {
    uint32_t mark, n, v;
    if (list->n < HEAD || !read_number(&list->items[0], MARK, &mark) || mark != MARK) return NULL;
    if (!read_number(&list->items[1], MAX_CONTEXT, &n)) return NULL;
    if (list->n != HEAD + ((size_t)n + 2) / 3) return NULL;
    char *text = arena_alloc(arena, (size_t)n + 4);
    if (!text) return NULL;
    for (size_t i = 0; i < n; i += 3) {
        if (!read_number(&list->items[HEAD + i / 3], 0xffffff, &v)) return NULL;
        for (size_t k = 0; k < 3; k++) text[i + k] = (char)(v >> (8 * k) & 0xff);
    }
    text[n] = '\0';
    *size = n;
    return text;
}

const struct json_value *ollama_read_context(struct fields *f, struct arena *arena) {
    const struct json_value *list = NULL, *messages;
    size_t size;
    if (!field_array(f, "context", &list) || list->n == 0) return NULL;
    const char *text = unpack(list, arena, &size);
    bool is_ours =
        text && json_tree_parse(&messages, arena, text, size, "the context", NULL) == INGLE_OK;
    if (is_ours && messages->kind == JSON_ARRAY) return messages;
    field_fail(f, "context",
               "'context' is not of this service: bring along what its last answer gave, or send "
               "the conversation to /api/chat.");
    return NULL;
}
