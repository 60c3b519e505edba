/* One everyday task: asked of the worker, answered as one object or as a stream of events
 * ("progress", "text", those of the task, "result").
 *
 *     task_new()  ->  read the request  ->  task_ask()  ->  kind->answer() ...  ->  kind->put()
 */
#ifndef INGLE_DAEMON_OWN_OWN_TASK_H
#define INGLE_DAEMON_OWN_OWN_TASK_H

#include "daemon/api/field.h"
#include "daemon/own/own.h"

struct task;

struct task_kind {
    enum msg_type type;
    wire_fn visit, visit_result; /* visit_result NULL: the result says nothing */
    size_t result_size;
    /* A message but MSG_TEXT and MSG_PROGRESS, which are dealt with. May be NULL. */
    bool (*answer)(struct task *t, enum msg_type type, const void *body, size_t size);
    /* The members of the answer. */
    void (*put)(struct task *t, struct json *j, const void *result);
    bool hides_text; /* MSG_TEXT is not the answer's text, and no event */
};

struct task {
    struct api_call call;
    const struct task_kind *kind;
    struct fields fields; /* of the request */
    const char *model;    /* NULL = the default */
    bool streams;
    struct job *job;
    struct arena arena;
    struct buf text;         /* MSG_TEXT so far */
    struct buf items;        /* what answer() has gathered, as JSON: "{...},{...}" */
    struct json_text source; /* the text that was given; in the exchange's arena */
    /* Once the bytes of a document were read: goes on. */
    void (*then)(struct task *t);
    void *own; /* of the kind; in the exchange's arena */
};

/* NULL: answered already. Reads "model" and "stream". */
struct task *task_new(struct api_call *c, const struct task_kind *kind);

/* Answers with the field that is wrong, if one is; the task is gone then. */
bool task_is_bad(struct task *t);

/* Asks, m being a message of the kind; needed during the call only. The task is gone if it fails.
 */
void task_ask(struct task *t, const void *m, enum urgency urgency);

/* The text to work on: "text", or "document": {"name", "data": base64}, which is read first, by the
 * worker. Then `then` is called, or the task has failed and is gone. */
void task_read_text(struct task *t, void (*then)(struct task *t));

/* An event of a stream, with this JSON (emptied). */
bool task_send(struct task *t, const char *name, struct buf *json);

/* Adds an item to t->items, and sends it as an event if it streams. */
bool task_add_item(struct task *t, const char *event, struct buf *json);

/* Counts bytes of a text in UTF-16 code units, as the strings of browsers do. Offsets must not
 * decrease; what lies beyond the end is the end. */
struct utf16_count {
    const char *text;
    size_t len, at, units;
};
size_t utf16_at(struct utf16_count *c, size_t byte);

/* own_base64.c: false if it is none. */
bool own_base64(struct buf *out, const char *text, size_t len);

/* own_sources.c: for every sentence of the summary the sentence of the source that it rests on
 * most:
 * [{"summary": [from, to], "source": [from, to]}], in UTF-16 code units. */
void own_put_sources(struct json *j, const char *key, const char *summary, size_t n_summary,
                     const char *source, size_t n_source);

#endif
