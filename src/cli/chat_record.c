#include "cli/chat_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"

#define MAX_RECORD ((size_t)32 << 20)
#define MAX_TREE ((size_t)256 << 20) /* of a record, parsed */

/* ---- what has changed ---- */

/* From message `at` on n_removed are gone, and n_new others stand there. */
struct change {
    size_t at, n_removed, n_new;
};

static bool is_same(const struct chat_message *a, const struct chat_message *b) {
    return a->json_len == b->json_len && memcmp(a->json, b->json, a->json_len) == 0;
}

static struct change compare(const struct chat_messages *old, const struct chat_messages *now) {
    size_t shorter = old->n < now->n ? old->n : now->n, before = 0, after = 0;
    while (before < shorter && is_same(&old->at[before], &now->at[before])) before++;
    while (before + after < shorter &&
           is_same(&old->at[old->n - 1 - after], &now->at[now->n - 1 - after])) {
        after++;
    }
    return (struct change){before, old->n - before - after, now->n - before - after};
}

bool chat_record_is_same(const struct chat_messages *a, const struct chat_messages *b) {
    struct change c = compare(a, b);
    return c.n_removed == 0 && c.n_new == 0;
}

/* message: NULL = none comes. */
static ingle_status write_record(struct buf *out, const struct chat_messages *kept, size_t at,
                                 size_t n_removed, const struct chat_message *message,
                                 ingle_error *err) {
    buf_reset(out);
    if (n_removed == 0 && at == kept->n && message) {
        buf_add(out, message->json, message->json_len);
    } else {
        buf_addf(out, "{\"at\": %zu, \"removed\": %zu", at, n_removed);
        if (message) {
            buf_add_str(out, ", \"message\": ");
            buf_add(out, message->json, message->json_len);
        }
        buf_add_str(out, "}");
    }
    return buf_failed(out) ? status_no_memory(err, "a record of the vault", out->size) : INGLE_OK;
}

static ingle_status splice(struct chat_messages *m, size_t at, size_t n_removed,
                           const struct chat_message *message, ingle_error *err) {
    if (message) {
        INGLE_TRY(chat_messages_insert(m, at + n_removed, message, err));
    }
    return n_removed ? chat_messages_take(m, at, n_removed, NULL, err) : INGLE_OK;
}

ingle_status chat_record_changes(struct chat_messages *kept, const struct chat_messages *wanted,
                                 chat_record_fn keep, void *user, ingle_error *err) {
    struct buf record = {.max = MAX_RECORD, .is_secret = true};
    struct change c = compare(kept, wanted);
    ingle_status status = INGLE_OK;
    while (status == INGLE_OK && (c.n_removed > 0 || c.n_new > 0)) {
        const struct chat_message *message = c.n_new ? &wanted->at[c.at] : NULL;
        status = write_record(&record, kept, c.at, c.n_removed, message, err);
        if (status == INGLE_OK) status = keep(record.data, record.size, user, err);
        if (status == INGLE_OK) status = splice(kept, c.at, c.n_removed, message, err);
        c = (struct change){c.at + 1, 0, c.n_new ? c.n_new - 1 : 0};
    }
    buf_clear(&record);
    return status;
}

/* ---- reading back ---- */

static ingle_status no_record(ingle_error *err) {
    return status_set(err, INGLE_INVALID, 0, "A record of the conversation is none.");
}

/* A count that is at most `most`; absent if it is not there. */
static ingle_status read_count(size_t *out, const struct json_value *record, const char *name,
                               size_t absent, size_t most, ingle_error *err) {
    const struct json_value *v = json_member(record, name);
    *out = absent;
    if (!v) return INGLE_OK;
    if (v->kind != JSON_NUMBER) return no_record(err);
    char *end;
    errno = 0;
    unsigned long long value = strtoull(v->text.data, &end, 10);
    if (v->text.data[0] == '-' || *end || errno || value > most) return no_record(err);
    *out = (size_t)value;
    return INGLE_OK;
}

/* A message of which the text is its content, if that is a text; else all of it. */
static ingle_status read_message(struct chat_message *out, const struct json_value *v,
                                 const char *json, size_t json_len, ingle_error *err) {
    const struct json_value *role = json_member(v, "role"), *content = json_member(v, "content");
    if (!role || role->kind != JSON_STRING) return no_record(err);
    bool is_text = content && content->kind == JSON_STRING;
    *out = (struct chat_message){.role = role->text.data,
                                 .text = is_text ? content->text.data : json,
                                 .text_len = is_text ? content->text.len : json_len,
                                 .json = json,
                                 .json_len = json_len};
    return INGLE_OK;
}

static ingle_status apply(struct chat_messages *m, const struct json_value *record,
                          const char *data, size_t size, int64_t time, ingle_error *err) {
    struct chat_message message = {0};
    size_t at = m->n, n_removed = 0;
    if (record->kind != JSON_OBJECT) return no_record(err);
    const struct json_value *value = json_member(record, "message");
    if (json_member(record, "role")) {
        INGLE_TRY(read_message(&message, record, data, size, err));
    } else {
        INGLE_TRY(read_count(&at, record, "at", m->n, m->n, err));
        INGLE_TRY(read_count(&n_removed, record, "removed", 0, m->n - at, err));
        /* It is the last member: the rest but the record's own bracket. */
        if (value) {
            INGLE_TRY(
                read_message(&message, value, data + value->where, size - value->where - 1, err));
        }
    }
    INGLE_TRY(splice(m, at, n_removed, message.role ? &message : NULL, err));
    if (message.role) m->at[at].time = time;
    return INGLE_OK;
}

ingle_status chat_record_apply(struct chat_messages *m, const char *data, size_t size, int64_t time,
                               ingle_error *err) {
    struct arena arena;
    const struct json_value *record = NULL;
    arena_init_secret(&arena, MAX_TREE);
    ingle_status status =
        json_tree_parse(&record, &arena, data, size, "a record of the conversation", err);
    if (status == INGLE_OK) status = apply(m, record, data, size, time, err);
    arena_clear(&arena);
    return status;
}
