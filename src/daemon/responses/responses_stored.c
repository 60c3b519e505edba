/* Responses that are kept: putting them there, and GET, DELETE and cancel of them. */
#include <stdlib.h>
#include <string.h>

#include "daemon/openai/openai.h"
#include "daemon/responses/responses.h"

/* ---- keeping ---- */

static void keep_json(struct turn *t, enum response_status status,
                      const struct api_failure *failure) {
    const struct response *r = t->user;
    struct stored_response *kept = r->stored;
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    responses_put(&j, t, status, failure);
    size_t len;
    const char *text = api_take_text(&kept->arena, &b, &len);
    if (text) kept->json = (struct wire_text){text, len};
}

static struct wire_text copy_text(struct arena *arena, const struct wire_text *text) {
    const char *copy = arena_copy(arena, text->len > 0 ? text->data : "", text->len);
    return (struct wire_text){copy ? copy : "", copy ? text->len : 0};
}

static struct response_item copy_item(struct arena *arena, const struct response_item *item) {
    const char *id = arena_copy(arena, item->id, strlen(item->id));
    return (struct response_item){id ? id : "", copy_text(arena, &item->json)};
}

bool responses_keep(struct turn *t) {
    struct response *r = t->user;
    const struct responses_request *q = r->request;
    struct response_store *store = &t->call.api->responses;
    struct stored_response *kept = response_store_add(store, t->call.request->client, t->id);
    if (!kept) return false;
    r->stored = kept;
    kept->turn = t;
    kept->messages = copy_text(&kept->arena, &q->kept);
    kept->items = arena_array(&kept->arena, q->n_items + 1, sizeof *kept->items);
    for (size_t i = 0; kept->items && i < q->n_items; i++) {
        kept->items[i] = copy_item(&kept->arena, &q->items[i]);
    }
    kept->n_input = kept->n_items = kept->items ? q->n_items : 0;
    keep_json(t, RESPONSE_RUNS, NULL);
    return response_store_settle(store, kept);
}

/* The items of the answer behind those of the request. */
static void keep_items(struct turn *t) {
    const struct response *r = t->user;
    struct stored_response *kept = r->stored;
    size_t n = kept->n_input + r->blocks.n;
    struct response_item *items = arena_array(&kept->arena, n + 1, sizeof *items);
    if (!items) return;
    if (kept->n_input > 0) memcpy(items, kept->items, kept->n_input * sizeof *items);
    for (size_t i = 0; i < r->blocks.n; i++) {
        const struct block *b = &r->blocks.at[i];
        struct buf to;
        struct json j;
        buf_init_secret(&to, API_MAX_ANSWER);
        json_init_buf(&j, &to);
        responses_put_item(&j, t, b, true);
        struct response_item *item = &items[kept->n_input + i];
        const char *id = arena_copy(&kept->arena, b->id, strlen(b->id));
        const char *text = api_take_text(&kept->arena, &to, &item->json.len);
        *item = (struct response_item){id ? id : "", {text ? text : "", item->json.len}};
    }
    kept->items = items;
    kept->n_items = n;
}

/* The conversation with this answer, for the next one. */
static void keep_messages(struct turn *t) {
    const struct response *r = t->user;
    struct stored_response *kept = r->stored;
    struct wire_text all = {0};
    struct talk talk;
    talk_init(&talk);
    talk_before(&talk, &kept->messages);
    talk_text(&talk, TALK_ASSISTANT, "", 0);
    talk.has_text = false; /* what follows is the text */
    for (size_t i = 0; i < r->blocks.n; i++) {
        const struct block *b = &r->blocks.at[i];
        struct wire_text text = block_text(t, b);
        if (b->kind == BLOCK_THINKING) {
            talk_thinking(&talk, text.data, text.len);
        } else if (b->kind == BLOCK_TEXT) {
            talk_text(&talk, TALK_ASSISTANT, text.data, text.len);
        } else if (b->is_whole) {
            talk_call(&talk, block_call_id(t, b), block_call_name(t, b), text.data, text.len);
        }
    }
    if (talk_end(&talk, &kept->arena, &all)) {
        kept->messages = (struct wire_text){all.data + 1, all.len - 2};
    } else {
        kept->arena.failed = true; /* it is not kept by half */
    }
    talk_clear(&talk);
}

void responses_keep_end(struct turn *t, enum response_status status,
                        const struct api_failure *failure) {
    struct response *r = t->user;
    struct response_store *store = &t->call.api->responses;
    if (!r->stored) return;
    r->stored->turn = NULL;
    if (status == RESPONSE_FAILED && !http_has_begun(t->call.x)) { /* nobody was told of it */
        response_store_remove(store, r->stored);
    } else {
        keep_items(t);
        keep_messages(t);
        keep_json(t, status, failure);
        (void)response_store_settle(store, r->stored);
    }
    r->stored = NULL;
}

/* ---- asking for them ---- */

/* "resp_123/what": the response, if this client has it; else that was answered. */
static struct stored_response *find(struct api_call *c, const char *what) {
    const char *slash = strchr(c->rest, '/');
    size_t len = slash ? (size_t)(slash - c->rest) : strlen(c->rest);
    const char *id = arena_copy(c->arena, c->rest, len);
    bool is_path = strcmp(slash ? slash + 1 : "", what) == 0;
    struct stored_response *r = NULL;
    ingle_error err = {0};
    ingle_status status;
    if (id && is_path) r = response_store_find(&c->api->responses, c->request->client, id);
    if (r) return r;
    if (is_path) {
        status = status_set(&err, INGLE_NOT_FOUND, 0,
                            "There is no response '%.60s': only those with store: true are kept, "
                            "in memory and not for ever.",
                            id ? id : "");
    } else {
        status = status_set(&err, INGLE_NOT_FOUND, 0, "There is nothing at '%.100s'.",
                            c->request->path.data);
    }
    struct api_failure f = api_failure_of(status, &err, NULL);
    f.code = is_path ? "response_not_found" : NULL;
    openai_fail(c->x, &f);
    return NULL;
}

static void reply_stored(struct api_call *c, const struct stored_response *r) {
    http_reply(c->x, 200, "application/json", r->json.data, r->json.len);
}

/* Answers that a value of the query is wrong. */
static bool fail_query(struct api_call *c, const char *name, const char *sentence) {
    ingle_error err = {0};
    ingle_status status = status_set(&err, INGLE_BAD_ARGUMENT, 0, "%s", sentence);
    api_fail(c, status, &err, name);
    return false;
}

/* Which of the input's items are asked for: order, after and limit of the query. False: answered.
 */
struct page {
    bool is_ascending;
    size_t from, n;
    bool has_more;
};

static bool read_page(struct api_call *c, const struct stored_response *r, struct page *p) {
    const char *order = api_query_value(c, "order"), *after = api_query_value(c, "after"),
               *limit = api_query_value(c, "limit");
    char *end = NULL;
    long wanted = limit ? strtol(limit, &end, 10) : 20;
    *p = (struct page){.is_ascending = order && strcmp(order, "asc") == 0};
    if (order && !p->is_ascending && strcmp(order, "desc") != 0) {
        return fail_query(c, "order", "'order' must be asc or desc.");
    }
    if (wanted < 1 || wanted > 100 || (end && *end)) {
        return fail_query(c, "limit", "'limit' must be from 1 to 100.");
    }
    for (size_t i = 0; after && i < r->n_input; i++) {
        size_t at = p->is_ascending ? i : r->n_input - 1 - i;
        if (strcmp(r->items[at].id, after) == 0) p->from = i + 1;
    }
    if (after && p->from == 0) {
        return fail_query(c, "after", "'after' is no item of this response's input.");
    }
    p->n = r->n_input - p->from;
    p->has_more = p->n > (size_t)wanted;
    if (p->has_more) p->n = (size_t)wanted;
    return true;
}

static void reply_input(struct api_call *c, const struct stored_response *r) {
    const char *first = NULL, *last = NULL;
    struct page page;
    struct buf b;
    struct json j;
    if (!read_page(c, r, &page)) return;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "object", "list");
    json_open(&j, "data", '[');
    for (size_t i = 0; i < page.n; i++) {
        size_t at = page.is_ascending ? page.from + i : r->n_input - 1 - page.from - i;
        last = r->items[at].id;
        if (i == 0) first = last;
        json_raw(&j, r->items[at].json.data, r->items[at].json.len);
    }
    json_end(&j, ']');
    json_put_str(&j, "first_id", first ? first : "");
    json_put_str(&j, "last_id", last ? last : "");
    json_put_bool(&j, "has_more", page.has_more);
    json_end(&j, '}');
    api_reply_json(c->x, 200, &b);
}

void responses_get(struct api_call *c) {
    bool is_input = strchr(c->rest, '/') != NULL;
    const char *stream = api_query_value(c, "stream");
    const struct stored_response *r = find(c, is_input ? "input_items" : "");
    if (!r) return;
    if (stream && strcmp(stream, "true") == 0) {
        (void)fail_query(c, "stream", "'stream' is not supported here: events are not kept.");
    } else if (is_input) {
        reply_input(c, r);
    } else {
        reply_stored(c, r);
    }
}

void responses_post(struct api_call *c) {
    struct stored_response *r = find(c, "cancel");
    if (!r) return;
    if (r->turn) responses_cancel(r->turn); /* settles it, which may drop it */
    r = find(c, "cancel");
    if (r) reply_stored(c, r);
}

void responses_delete(struct api_call *c) {
    struct stored_response *r = find(c, "");
    struct buf b;
    struct json j;
    if (!r) return;
    const char *id = arena_copy(c->arena, r->id, strlen(r->id));
    if (r->turn) responses_cancel(r->turn);
    r = response_store_find(&c->api->responses, c->request->client, id ? id : "");
    if (r) response_store_remove(&c->api->responses, r);
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "id", id ? id : "");
    json_put_str(&j, "object", "response.deleted");
    json_put_bool(&j, "deleted", true);
    json_end(&j, '}');
    api_reply_json(c->x, 200, &b);
}
