#include "support/serving.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/make_model.h"
#include "worker/serve/open.h"
#include "worker/serve/slots.h"

#define TURNS                                                                                      \
    "{%- for m in messages -%}{{- '<|im_start|>' + m.role + '\n' + (m.content or '') + "           \
    "'<|im_end|>\n' -}}{%- endfor -%}"                                                             \
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}"

static bool open_model(struct server *s, int n_ctx, ingle_error *err) {
    static const char *const controls[] = {
        "<|im_start|>",   "<|im_end|>",   "<|fim_prefix|>", "<|fim_suffix|>",
        "<|fim_middle|>", "<|file_sep|>", "<|repo_name|>",  NULL};
    const struct make_model_spec spec = {.arch = "llama",
                                         .n_layer = 2,
                                         .n_ctx_train = n_ctx,
                                         .controls = controls,
                                         .chat_template = TURNS};
    char path[] = "/tmp/ingle-serving-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0 || !make_model_write(path, &spec)) return false;
    ingle_status status = ingle_model_open(&s->model, path, NULL, err);
    unlink(path);
    close(fd);
    return status == INGLE_OK;
}

/* All that a worker opens but packs. */
static bool open_rest(struct server *s, int n_ctx, int n_slots, ingle_error *err) {
    s->start = (struct msg_start){.n_ctx = n_ctx,
                                  .session_threads = 1,
                                  .has_session = true,
                                  .n_slots = n_slots,
                                  .has_prefix_cache = true};
    if (slots_new(s, err) != INGLE_OK) return false;
    return open_first_session(s, err) == INGLE_OK && open_tasks(&s->slots[0], err) == INGLE_OK;
}

static void *serve(void *arg) {
    slot_serve(arg);
    return NULL;
}

static bool connect_both(struct serving *s, ingle_error *err) {
    for (int i = 0; i < 2; i++) {
        int fd;
        if (ring_create(&fd, &s->pages[i], err) != INGLE_OK) return false;
        close(fd);
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s->sockets) != 0) return false;
    link_init(&s->front, s->pages[0], s->pages[1], s->sockets[0]);
    link_init(&s->worker, s->pages[1], s->pages[0], s->sockets[1]);
    buf_init(&s->answer.body, MESSAGE_MAX_ANSWER + 4096);
    return inbox_start(&s->server.inbox, &s->worker, err) == INGLE_OK;
}

bool serving_start_slots(struct serving *s, int n_ctx, int n_slots) {
    ingle_error err = {.msg = "the system refused something"};
    *s = (struct serving){.last_id = 0};
    bool is_up = open_model(&s->server, n_ctx, &err) &&
                 open_rest(&s->server, n_ctx, n_slots, &err) && connect_both(s, &err) &&
                 slots_start(&s->server, &err) == INGLE_OK &&
                 pthread_create(&s->thread, NULL, serve, &s->server.slots[0]) == 0;
    if (!is_up) fprintf(stderr, "serving: %s\n", err.msg);
    return is_up;
}

bool serving_start(struct serving *s, int n_ctx) {
    return serving_start_slots(s, n_ctx, 0);
}

/* ---- asking ---- */

struct canceller {
    struct serving *s;
    double after_ms;
    uint32_t id;
};

static void *cancel(void *arg) {
    struct canceller *c = arg;
    usleep((useconds_t)(1e3 * c->after_ms));
    atomic_store(&c->s->pages[0]->cancelled[c->id % RING_REQUESTS], c->id);
    link_ring(&c->s->front);
    return NULL;
}

atomic_bool serving_may_end;

static void broken(const char *what) {
    fprintf(stderr, "serving: broken: %s\n", what);
    abort();
}

/* A worker ends when its front is gone or is none: linked in with --wrap=_exit, for this would look
 * like the end of a test that passed. */
void __real__exit(int code);
void __wrap__exit(int code);
void __wrap__exit(int code) {
    if (atomic_load(&serving_may_end)) __real__exit(code);
    broken("the worker ended itself");
}

/* Until MSG_DONE. */
static ingle_status hear(struct serving *s) {
    s->n_answers = 0;
    for (;;) {
        bool has;
        if (link_receive(&s->front, &s->answer, 10000, &has, NULL) != INGLE_OK) broken("the link");
        if (!has) continue;
        if (s->answer.id != s->last_id) broken("an answer to another request");
        if (s->answer.type == MSG_DONE) break;
        if (s->answer.type < MSG_STARTED) broken("an answer that is a request");
        s->n_answers++;
    }
    struct msg_done done;
    struct arena a;
    arena_init(&a, 2 * MESSAGE_MAX_ANSWER);
    if (wire_read(&done, sizeof done, msg_done, s->answer.body.data, s->answer.body.size, &a,
                  NULL) != INGLE_OK) {
        broken("a malformed end");
    }
    arena_clear(&a);
    return done.error.code;
}

ingle_status serving_ask(struct serving *s, enum msg_type type, const void *body, size_t size,
                         double after_ms) {
    struct canceller c = {s, after_ms, ++s->last_id};
    pthread_t thread;
    bool cancels = after_ms >= 0.0 && pthread_create(&thread, NULL, cancel, &c) == 0;
    struct buf whole;
    buf_init(&whole, MESSAGE_MAX_REQUEST);
    static const struct msg_asker nobody = {0};
    bool is_sent =
        wire_write(&whole, msg_asker, &nobody, NULL) == INGLE_OK && buf_add(&whole, body, size) &&
        link_send(&s->front, (uint16_t)type, c.id, whole.data, whole.size, NULL) == INGLE_OK;
    if (!is_sent) broken("sending");
    buf_clear(&whole);
    ingle_status status = hear(s);
    if (cancels) pthread_join(thread, NULL);
    return status;
}
