/* MSG_FILL: what belongs between two texts. */
#include "task/fill_prompt.h"
#include "worker/serve/generation.h"
#include "worker/wire/msg_fill.h"

/* Of the context: the answer has its room, but not all of it. Without a limit it may take what the
 * prompt leaves, a quarter at least. */
static size_t room_for_prompt(const ingle_session *session, int max_tokens) {
    size_t n_ctx = (size_t)ingle_session_n_ctx(session), most = n_ctx / 2;
    if (max_tokens < 0) return n_ctx - n_ctx / 4;
    return n_ctx - ((size_t)max_tokens < most ? (size_t)max_tokens : most);
}

static ingle_status make_prompt(struct generation *g, const struct msg_fill *m,
                                struct msg_filled *told, ingle_error *err) {
    struct fill_prompt prompt;
    const struct fill_question q = {
        .prefix = m->prefix.data,
        .prefix_len = m->prefix.len,
        .suffix = m->suffix.data,
        .suffix_len = m->suffix.len,
        .begun = m->rest.prompt.data,
        .begun_len = m->rest.prompt.len,
        .name = m->name,
        .repository = m->repository,
        .files = m->files,
        .n_files = m->n_files,
        .max_tokens = room_for_prompt(g->request->slot->session, m->rest.max_tokens)};
    if (m->rest.n_ids > 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "What the middle begins with is a text, and tokens are given.");
    }
    INGLE_TRY(fill_prompt_make(&prompt, g->request->server->model, &q, err));
    g->tokens = g->made = prompt.ids;
    g->told.n_prompt = prompt.n;
    told->n_dropped = prompt.n_dropped;
    told->n_files = prompt.n_files;
    return INGLE_OK;
}

ingle_status serve_fill(struct request *r, ingle_error *err) {
    struct msg_fill asked;
    struct msg_filled told = {.n_dropped = 0};
    struct generation g = {.request = r, .asked = &asked.rest};
    INGLE_TRY(serve_read_for_session(r, &asked, sizeof asked, msg_fill, err));
    ingle_status status = make_prompt(&g, &asked, &told, err);
    if (status == INGLE_OK) status = generation_run(&g, err);
    told.made = g.told;
    status = serve_end(r, status, msg_filled, &told, err);
    generation_clear(&g);
    return status;
}
