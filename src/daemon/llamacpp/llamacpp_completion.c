/* POST /completion: continues prompts. */
#include "base/alloc.h"
#include "daemon/llamacpp/llamacpp.h"

/* ---- the ends ---- */

static void drop(struct llama_completion *all) {
    for (size_t i = 0; i < all->n; i++) {
        struct llama_answer *a = &all->answers[i];
        if (a->turn) turn_abandon(a->turn);
        a->turn = NULL;
        buf_clear(&a->json);
    }
}

static void on_gone(struct http_exchange *x, void *completion) {
    (void)x;
    drop(completion);
}

static void fail(struct llama_completion *all, ingle_status status, const ingle_error *err) {
    struct api_call c = all->call;
    drop(all);
    if (!http_has_begun(c.x)) {
        api_fail(&c, status, err, NULL);
        return;
    }
    struct api_failure f = api_failure_of(status, err, NULL);
    api_end_events(c.x, NULL, &f, llamacpp_put_error);
}

/* One answer stands alone, several in an array. */
static void reply(struct llama_completion *all) {
    struct buf b;
    struct json j;
    bool is_whole = true;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    if (all->n > 1) json_begin(&j, '[');
    for (size_t i = 0; i < all->n; i++) {
        struct buf *one = &all->answers[i].json;
        is_whole = is_whole && !buf_failed(one);
        json_raw(&j, one->data ? one->data : "", one->size);
        buf_clear(one);
    }
    if (all->n > 1) json_end(&j, ']');
    b.failed = b.failed || !is_whole;
    api_reply_json(all->call.x, 200, &b);
}

static void on_end(struct turn *t, ingle_status status, const ingle_error *err) {
    struct llama_answer *a = t->user;
    struct llama_completion *all = a->all;
    if (status != INGLE_OK && !a->cut.is_over) {
        a->turn = NULL; /* it frees itself */
        fail(all, status, err);
        return;
    }
    if (!a->cut.is_over) a->cut.n_safe = t->text.size;
    if (all->r.streams) {
        llama_send_last(a);
    } else {
        llama_put_answer(&a->json, a);
    }
    a->turn = NULL;
    if (--all->n_left > 0) return;
    if (all->r.streams) {
        http_finish(all->call.x);
    } else {
        reply(all);
    }
}

/* ---- what comes ---- */

static bool on_event(struct turn *t, const ingle_chat_event *e) {
    struct llama_answer *a = t->user;
    (void)e;
    bool goes_on = llama_cut_feed(&a->cut, t->text.data, t->text.size);
    size_t n = a->cut.n_safe - a->n_sent;
    if (!a->all->r.streams || n == 0) return goes_on;
    bool is_heard = llama_send_piece(a, t->text.data + a->n_sent, n);
    a->n_sent += n;
    a->n_sent_tokens = t->n_tokens;
    return goes_on && is_heard;
}

/* ---- the beginning ---- */

static struct turn *make_turn(struct llama_answer *a) {
    static const struct turn_view view = {.event = on_event, .end = on_end};
    struct llama_completion *all = a->all;
    struct turn *t = turn_new(&all->call, all->r.model, &view);
    if (!t) return NULL;
    t->user = a;
    t->streams = all->r.streams;
    t->keeps_tokens = all->r.m.n_logprobs >= 0;
    a->turn = t;
    a->cut = (struct llama_cut){.n_indent = all->r.n_indent, .max_ms = all->r.max_predict_ms};
    buf_init_secret(&a->json, API_MAX_ANSWER);
    return t;
}

void llama_start(struct llama_completion *all, enum msg_type type, wire_fn visit,
                 const void *(*make)(struct llama_answer *a)) {
    struct turn *started[LLAMA_MAX_ANSWERS];
    struct http_exchange *x = all->call.x;
    /* Who only wants a prompt remembered does not wait for it. */
    enum urgency urgency = all->r.m.warm ? URGENCY_BACKGROUND : URGENCY_INTERACTIVE;
    size_t n = all->n, n_started = 0;
    bool is_fine = true;
    all->n_left = n;
    while (is_fine && n_started < n) {
        struct llama_answer *a = &all->answers[n_started];
        const void *m = make(a);
        if (!m) api_fail(&all->call, INGLE_NO_MEMORY, NULL, NULL);
        struct turn *t = m ? make_turn(a) : NULL;
        is_fine = t && turn_start_as(t, type, visit, m, urgency, false);
        if (is_fine) started[n_started++] = t;
    }
    if (is_fine) {
        http_exchange_watch(x, on_gone, all);
        if (all->r.streams) http_expect_stream(x, API_EVENT_STREAM, API_KEEP_ALIVE);
        return;
    }
    /* It was answered, and with that all memory of the exchange is gone. */
    for (size_t i = 0; i < n_started; i++) turn_abandon(started[i]);
}

static const void *make_message(struct llama_answer *a) {
    struct msg_generate *m = arena_alloc(a->all->call.arena, sizeof *m);
    if (!m) return NULL;
    *m = a->all->r.m;
    m->sampling.seed = llama_seed(a);
    if (a->ids) {
        m->ids = a->ids;
        m->n_ids = a->n_ids;
    } else {
        m->prompt = a->prompt;
    }
    return m;
}

static void start(struct llama_completion *all) {
    llama_start(all, MSG_GENERATE, msg_generate, make_message);
}

bool llama_make_answers(struct fields *f, struct llama_completion *all,
                        const struct llama_prompt *prompts, size_t n_prompts) {
    size_t n = n_prompts * (size_t)all->r.n_cmpl;
    if (n > LLAMA_MAX_ANSWERS) {
        field_fail(f, "n_cmpl", "'n_cmpl' asks for %zu answers; there may be %d in all.", n,
                   LLAMA_MAX_ANSWERS);
    }
    if (f->bad) return false;
    all->answers = arena_array(all->call.arena, n + 1, sizeof *all->answers);
    if (!all->answers) {
        field_no_memory(f, "prompt");
        return false;
    }
    all->prompts = prompts;
    all->n = n;
    for (size_t i = 0; i < n; i++) {
        all->answers[i] = (struct llama_answer){.all = all, .index = i};
    }
    return true;
}

uint64_t llama_seed(const struct llama_answer *a) {
    const struct llama_request *r = &a->all->r;
    return r->m.sampling.seed + a->index % (size_t)r->n_cmpl;
}

void llamacpp_completion(struct api_call *c) {
    struct fields f = {.object = c->body};
    struct llama_prompt *prompts = NULL;
    size_t n_prompts = 0;
    struct llama_completion *all = arena_alloc(c->arena, sizeof *all);
    if (all) {
        *all = (struct llama_completion){.call = *c, .start = start};
        llama_read_request(&f, c->arena, &all->r);
        llama_read_prompts(&f, "prompt", c->arena, &prompts, &n_prompts);
    }
    if (all && llama_make_answers(&f, all, prompts, n_prompts)) {
        llama_prepare(all);
    } else {
        api_fail_fields(c, &f);
    }
}
