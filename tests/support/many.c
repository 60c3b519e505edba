#include "support/many.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

static void broken(const char *what) {
    fprintf(stderr, "many: broken: %s\n", what);
    abort();
}

void many_ask(struct many *m, enum msg_type type, uint64_t client, wire_fn visit,
              const void *message) {
    *m = (struct many){.type = type, .asker.client = client, .cancel_ms = -1.0};
    buf_init(&m->body, 1 << 24);
    buf_init(&m->answers, 1 << 26);
    if (wire_write(&m->body, visit, message, NULL) != INGLE_OK) broken("a request");
}

bool many_is_open(const struct many *m) {
    return m->sent_ms > 0 && m->done_ms == 0;
}

void many_send(struct serving *s, struct many *m) {
    struct buf whole;
    buf_init(&whole, MESSAGE_MAX_REQUEST);
    m->id = ++s->last_id;
    m->sent_ms = clock_ms();
    bool is_sent =
        wire_write(&whole, msg_asker, &m->asker, NULL) == INGLE_OK &&
        buf_add(&whole, m->body.data ? m->body.data : "", m->body.size) &&
        link_send(&s->front, (uint16_t)m->type, m->id, whole.data, whole.size, NULL) == INGLE_OK;
    if (!is_sent) broken("sending");
    buf_clear(&whole);
}

void many_cancel(struct serving *s, struct many *m) {
    m->was_cancelled = true;
    atomic_store(&s->pages[0]->cancelled[m->id % RING_REQUESTS], m->id);
    link_ring(&s->front);
}

static void end(struct many *m, const struct buf *body) {
    static struct arena arena; /* what results borrow stays */
    struct msg_done done;
    if (arena.max == 0) arena_init(&arena, (size_t)1 << 30);
    if (wire_read(&done, sizeof done, msg_done, body->data, body->size, &arena, NULL) != INGLE_OK) {
        broken("a malformed end");
    }
    m->error = done.error;
    m->done_ms = clock_ms();
    if (!m->visit_result || done.result.len == 0) return;
    if (wire_read(m->message, m->message_size, m->visit_result, done.result.data, done.result.len,
                  &arena, NULL) != INGLE_OK) {
        broken("a malformed result");
    }
}

static struct many *find(struct many *all, size_t n, uint32_t id) {
    for (size_t i = 0; i < n; i++) {
        if (all[i].id == id && many_is_open(&all[i])) return &all[i];
    }
    broken("an answer to no request");
    return NULL;
}

void many_hear(struct serving *s, struct many *all, size_t n, int wait_ms) {
    bool has;
    if (link_receive(&s->front, &s->answer, wait_ms, &has, NULL) != INGLE_OK) broken("the link");
    if (!has) return;
    const struct buf *body = &s->answer.body;
    struct many *m = find(all, n, s->answer.id);
    if (s->answer.type == MSG_DONE) {
        end(m, body);
        return;
    }
    const uint32_t head[] = {s->answer.type, (uint32_t)body->size};
    if (s->answer.type < MSG_STARTED) broken("an answer that is a request");
    if (!buf_add(&m->answers, head, sizeof head) ||
        !buf_add(&m->answers, body->data ? body->data : "", body->size)) {
        broken("too many answers");
    }
}

static void cancel_those_due(struct serving *s, struct many *all, size_t n) {
    double now = clock_ms();
    for (size_t i = 0; i < n; i++) {
        struct many *m = &all[i];
        if (!many_is_open(m) || m->was_cancelled || m->cancel_ms < 0) continue;
        if (now - m->sent_ms >= m->cancel_ms) many_cancel(s, m);
    }
}

void many_run(struct serving *s, struct many *all, size_t n, size_t window) {
    size_t n_sent = 0;
    for (;;) {
        size_t n_open = 0;
        for (size_t i = 0; i < n_sent; i++) n_open += many_is_open(&all[i]);
        for (; n_open < window && n_sent < n; n_open++) many_send(s, &all[n_sent++]);
        if (n_open == 0) return;
        cancel_those_due(s, all, n_sent);
        many_hear(s, all, n_sent, 1);
    }
}

void many_clear(struct many *m) {
    buf_clear(&m->body);
    buf_clear(&m->answers);
}
