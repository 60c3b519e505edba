#include "worker/serve/worker_main.h"

#include <malloc.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "guard/prove/prove.h"
#include "guard/seal/seal.h"
#include "worker/serve/open.h"
#include "worker/serve/serve.h"
#include "worker/serve/slots.h"

bool worker_is_role(int argc, char **argv) {
    return argc == 1 && strcmp(argv[0], WORKER_NAME) == 0;
}

/* ---- before the seal ---- */

static ingle_status map_rings(struct link *link, ingle_error *err) {
    struct ring_page *own;
    const struct ring_page *others;
    INGLE_TRY(ring_map_own(&own, WORKER_REPLIES, err));
    INGLE_TRY(ring_map(&others, WORKER_REQUESTS, err));
    link_init(link, own, others, WORKER_SOCKET);
    link->only_writes = true; /* the seal forbids more */
    return INGLE_OK;
}

/* The first message, which says what to keep open. It comes from who started this process. */
static ingle_status receive_start(struct link *link, struct link_message *m, struct arena *arena,
                                  struct msg_start *start, ingle_error *err) {
    bool has = false;
    while (!has) INGLE_TRY(link_receive(link, m, -1, &has, err));
    if (m->type != MSG_START) return status_set(err, INGLE_INVALID, 0, "No start.");
    INGLE_TRY(wire_read(start, sizeof *start, msg_start, m->body.data, m->body.size, arena, err));
    if (start->version == MESSAGE_VERSION) return INGLE_OK;
    return status_set(err, INGLE_UNSUPPORTED, 0,
                      "The worker speaks version %d of the protocol, not %u: ingle was replaced "
                      "while it ran.",
                      MESSAGE_VERSION, start->version);
}

/* What would be read of the system later, where nothing can be opened. Memory is asked of the
 * kernel in ways that need no file: glibc would count processors. */
static void calm_libc(void) {
    mallopt(M_ARENA_MAX, 8);
    tzset();
    (void)ingle_cpu_get_info();
}

static ingle_status seal(const struct msg_start *start, struct msg_started *started,
                         ingle_error *err) {
    if (start->unsealed) return INGLE_OK;
    int keep[WORKER_FILES + WORKER_MAX_FILES + 2];
    size_t n_keep = 0;
    int n_files = start->n_shards + start->has_packed + start->has_packed_new;
    for (int fd = 0; fd < WORKER_FILES + n_files; fd++) keep[n_keep++] = fd;
    _Static_assert(BASE_COUNT(keep) <= SEAL_MAX_KEEP, "as many as it may be given");
    struct seal_plan plan = {.keep = keep, .n_keep = n_keep, .parent = getppid()};
    plan.max_file = seal_max_file(keep + WORKER_FILES, (size_t)start->n_shards);
    struct seal_report report;
    double begin = clock_ms();
    INGLE_TRY(seal_prepare(&report, &plan, err));
    INGLE_TRY(prove_short(&report, err));
    INGLE_TRY(seal_finish(&report, err));
    started->seal_ms = clock_ms() - begin;
    started->is_sealed = report.is_sealed;
    started->namespaces = report.namespaces;
    started->namespace_errno = report.namespace_errno;
    started->landlock_abi = report.landlock_abi;
    started->n_calls = report.n_calls;
    return INGLE_OK;
}

/* ---- life ---- */

static ingle_status start_up(struct server *s, struct link *link, struct msg_started *started,
                             ingle_error *err) {
    INGLE_TRY(seal(&s->start, started, err));
    INGLE_TRY(inbox_start(&s->inbox, link, err));
    INGLE_TRY(open_all(s, err));
    INGLE_TRY(slots_start(s, err));
    const ingle_session *session = s->slots[0].session;
    started->version = MESSAGE_VERSION;
    if (s->model) started->model = ingle_model_get_info(s->model);
    if (session) started->n_ctx = ingle_session_n_ctx(session);
    if (session) started->n_threads = ingle_session_n_threads(session);
    started->fills_middle =
        s->model && ingle_token_fim(s->model, INGLE_FIM_PREFIX) != INGLE_TOKEN_NONE;
    started->packs = (s->intents ? WORKER_INTENTS : 0) | (s->encoder ? WORKER_ENCODER : 0) |
                     (s->tagger ? WORKER_TAGGER : 0);
    return INGLE_OK;
}

int worker_main(void) {
    struct server s = {0};
    struct link link;
    struct link_message m = {0};
    struct arena arena;
    struct msg_started started = {0};
    struct buf result;
    ingle_error err = {0};
    calm_libc();
    buf_init_secret(&m.body, MESSAGE_MAX_REQUEST);
    buf_init(&result, MESSAGE_MAX_ANSWER);
    arena_init(&arena, MESSAGE_MAX_REQUEST);
    if (map_rings(&link, &err) != INGLE_OK) _exit(1);
    ingle_status status = receive_start(&link, &m, &arena, &s.start, &err);
    if (status == INGLE_OK) status = start_up(&s, &link, &started, &err);
    if (status == INGLE_OK) status = wire_write(&result, msg_started, &started, &err);
    serve_done(&link, m.id, status, &err, &result);
    if (status != INGLE_OK) _exit(1); /* what exit() runs may be more than the seal allows */
    buf_clear(&m.body);
    slot_serve(&s.slots[0]);
    return 0; /* never */
}
