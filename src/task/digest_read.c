#include "task/digest_read.h"

#include <string.h>

#include "base/alloc.h"
#include "base/json_tree.h"
#include "base/size.h"
#include "base/status.h"
#include "task/digest_time.h"

#define MAX_TEXTS ((size_t)512 << 20)
#define MAX_TREE ((size_t)64 << 20) /* of one line */

void digest_batch_clear(struct digest_batch *batch) {
    arena_clear(&batch->texts);
    mem_free(batch->items);
    *batch = (struct digest_batch){0};
}

static ingle_status make_room(struct digest_batch *batch, ingle_error *err) {
    if (batch->n < batch->cap) return INGLE_OK;
    if (batch->n == DIGEST_MAX_ITEMS) {
        return status_set(err, INGLE_LIMIT, 0, "There are more than %zu notifications.",
                          DIGEST_MAX_ITEMS);
    }
    size_t cap = batch->cap ? 2 * batch->cap : 64;
    ingle_notification *items = mem_realloc(batch->items, cap * sizeof *items);
    if (!items) return status_no_memory(err, "the notifications", cap * sizeof *items);
    batch->items = items;
    batch->cap = cap;
    return INGLE_OK;
}

static const char *copy(struct digest_batch *batch, const char *text) {
    return text ? arena_copy(&batch->texts, text, strlen(text)) : NULL;
}

ingle_status digest_batch_add(struct digest_batch *batch, const ingle_notification *item,
                              ingle_error *err) {
    if (batch->texts.max == 0) arena_init(&batch->texts, MAX_TEXTS);
    INGLE_TRY(make_room(batch, err));
    ingle_notification *own = &batch->items[batch->n];
    *own = *item;
    own->app = copy(batch, item->app);
    own->title = copy(batch, item->title);
    own->body = copy(batch, item->body);
    own->conversation = copy(batch, item->conversation);
    own->id = copy(batch, item->id);
    own->replaces = copy(batch, item->replaces);
    if (batch->texts.failed) {
        return status_no_memory(err, "the notifications", batch->texts.total);
    }
    batch->n++;
    return INGLE_OK;
}

/* A line that is being read. */
struct line {
    struct arena *arena;
    size_t number;
    const char *name;
    ingle_error *bad;
};

static ingle_status breaks(const struct line *line, const char *rule) {
    return status_set(line->bad, INGLE_INVALID, line->number, "Line %zu of %s %s", line->number,
                      line->name, rule);
}

/* The text of a member: a string (its NULs are blanks), or a number as it is written. */
static ingle_status text_member(const struct line *line, const struct json_value *object,
                                const char *name, const char **out) {
    const struct json_value *v = json_member(object, name);
    if (!v || v->kind == JSON_NULL) return INGLE_OK;
    if (v->kind != JSON_STRING && v->kind != JSON_NUMBER) {
        return status_set(line->bad, INGLE_INVALID, line->number,
                          "Line %zu of %s has a \"%s\" that is no text.", line->number, line->name,
                          name);
    }
    char *text = arena_copy(line->arena, v->text.data, v->text.len);
    if (!text) return status_no_memory(line->bad, "the line", v->text.len);
    for (size_t i = 0; i < v->text.len; i++) {
        if (text[i] == '\0') text[i] = ' ';
    }
    *out = text;
    return INGLE_OK;
}

static ingle_status time_member(const struct line *line, const struct json_value *object,
                                int64_t *time_s) {
    const struct json_value *v = json_member(object, "time");
    if (!v || v->kind == JSON_NULL) return INGLE_OK;
    bool has_text = v->kind == JSON_STRING || v->kind == JSON_NUMBER;
    if (has_text && digest_time_parse(v->text.data, v->text.len, time_s)) return INGLE_OK;
    return breaks(line, "has a \"time\" that is neither ISO 8601 nor seconds since 1970.");
}

static ingle_status urgency_member(const struct line *line, const struct json_value *object,
                                   ingle_urgency *urgency) {
    static const char *const words[] = {"low", "normal", "critical"};
    static const char *const numbers[] = {"0", "1", "2"};
    const struct json_value *v = json_member(object, "urgency");
    *urgency = INGLE_URGENCY_NORMAL;
    if (!v || v->kind == JSON_NULL) return INGLE_OK;
    bool has_text = v->kind == JSON_STRING || v->kind == JSON_NUMBER;
    for (size_t i = 0; has_text && i < 3; i++) {
        if (!json_text_is(&v->text, words[i]) && !json_text_is(&v->text, numbers[i])) continue;
        *urgency = (ingle_urgency)i;
        return INGLE_OK;
    }
    return breaks(line, "has an \"urgency\" that is not low, normal, critical or 0 to 2.");
}

static ingle_status read_object(const struct line *line, const struct json_value *v,
                                ingle_notification *item) {
    if (v->kind != JSON_OBJECT) return breaks(line, "is no JSON object.");
    INGLE_TRY(text_member(line, v, "summary", &item->title));
    INGLE_TRY(text_member(line, v, "title", &item->title));
    INGLE_TRY(text_member(line, v, "body", &item->body));
    INGLE_TRY(text_member(line, v, "app", &item->app));
    INGLE_TRY(text_member(line, v, "thread", &item->conversation));
    INGLE_TRY(text_member(line, v, "conversation", &item->conversation));
    INGLE_TRY(text_member(line, v, "id", &item->id));
    INGLE_TRY(text_member(line, v, "replaces", &item->replaces));
    if (!item->title && !item->body) return breaks(line, "has neither \"title\" nor \"body\".");
    INGLE_TRY(time_member(line, v, &item->time_s));
    return urgency_member(line, v, &item->urgency);
}

/* INVALID for a line that is to be left out. */
static ingle_status read_line(const struct line *line, const char *text, size_t len,
                              ingle_notification *item) {
    if (len > DIGEST_MAX_LINE) {
        return breaks(line, "is longer than 1 MiB, the most that a notification may have.");
    }
    const struct json_value *v;
    ingle_error bad = {0};
    ingle_status status = json_tree_parse(&v, line->arena, text, len, "The line", &bad);
    if (status == INGLE_OK) return read_object(line, v, item);
    if (status == INGLE_NO_MEMORY) return status_set(line->bad, status, 0, "%s", bad.msg);
    if (status == INGLE_LIMIT) return breaks(line, "is too deeply nested or has too many parts.");
    const char *rule = strstr(bad.msg, "column ");
    return status_set(line->bad, INGLE_INVALID, line->number, "Line %zu of %s is not JSON: %s",
                      line->number, line->name, rule ? rule : bad.msg);
}

static ingle_status add_line(struct digest_batch *batch, const struct line *line, const char *text,
                             size_t len, ingle_error *err) {
    ingle_notification item = {0};
    ingle_status status = read_line(line, text, len, &item);
    if (status == INGLE_OK) status = digest_batch_add(batch, &item, line->bad);
    if (status == INGLE_INVALID) {
        if (batch->n_bad++ == 0) batch->first_bad = *line->bad;
        return INGLE_OK;
    }
    if (status == INGLE_OK) return INGLE_OK;
    return status_set(err, status, 0, "%s", line->bad->msg);
}

ingle_status digest_read(struct digest_batch *batch, const char *text, size_t len, const char *name,
                         ingle_error *err) {
    struct arena arena;
    arena_init(&arena, MAX_TREE);
    ingle_error bad = {0};
    struct line line = {.arena = &arena, .name = name, .bad = &bad};
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < len && status == INGLE_OK;) {
        const char *end = memchr(text + i, '\n', len - i);
        size_t n = end ? (size_t)(end - text) - i : len - i;
        line.number++;
        if (!json_is_blank(text + i, n)) status = add_line(batch, &line, text + i, n, err);
        arena_clear(&arena);
        i += n + 1;
    }
    return status;
}
