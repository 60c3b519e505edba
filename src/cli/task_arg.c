#include "cli/task_arg.h"

#include "cli/builtin_pack.h"
#include "cli/interrupt.h"

static ingle_status open_pack(ingle_pack **out, bool wanted, enum builtin_pack which,
                              ingle_error *err) {
    if (!wanted || builtin_bytes(which).size == 0) return INGLE_OK;
    return builtin_pack_open(out, NULL, which, err);
}

ingle_status task_open(struct task_state *s, const struct engine_args *args, unsigned packs,
                       float temperature, uint64_t seed, ingle_error *err) {
    INGLE_TRY(open_pack(&s->encoder, packs & TASK_ENCODER, BUILTIN_ENCODER, err));
    INGLE_TRY(open_pack(&s->intents, packs & TASK_INTENTS, BUILTIN_INTENTS, err));
    INGLE_TRY(open_pack(&s->tagger, packs & TASK_TAGGER, BUILTIN_TAGGER, err));
    ingle_session_options session = ingle_session_options_default();
    if (args->model) {
        INGLE_TRY(engine_open(&s->model, args, false, err));
        session.n_ctx = args->n_ctx;
        session.n_batch = args->n_batch;
        session.kv_type = (ingle_kv_type)args->kv_type;
        session.n_threads = args->n_threads;
        INGLE_TRY(engine_n_threads(&session.n_threads, err));
    }
    ingle_tasks_options opt = ingle_tasks_options_default();
    opt.model = s->model;
    opt.session = &session;
    opt.encoder = s->encoder;
    opt.intents = s->intents;
    opt.tagger = s->tagger;
    opt.temperature = temperature;
    opt.seed = seed;
    INGLE_TRY(ingle_tasks_new(&s->tasks, &opt, err));
    interrupt_watch_tasks(s->tasks);
    return INGLE_OK;
}

void task_close(struct task_state *s) {
    interrupt_watch_tasks(NULL);
    ingle_tasks_free(s->tasks);
    ingle_pack_close(s->encoder);
    ingle_pack_close(s->intents);
    ingle_pack_close(s->tagger);
    ingle_model_close(s->model);
    *s = (struct task_state){0};
}
