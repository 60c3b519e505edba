/* GET /metrics: how much was done, for Prometheus. The front counts answers; passes over the
 * weights are known to the workers, which are asked one after another. No words of anybody. */
#include "daemon/llamacpp/llamacpp.h"
#include "worker/wire/msg_status.h"

struct metrics {
    size_t next;                /* of the models, to be asked */
    uint64_t n_passes, n_parts; /* of those that were, since their workers started */
};

static void put_metric(struct buf *b, const char *name, const char *type, const char *help,
                       double value) {
    buf_addf(b, "# HELP llamacpp:%s %s\n# TYPE llamacpp:%s %s\nllamacpp:%s %.15g\n", name, help,
             name, type, name, value);
}

static double rate(uint64_t n, double ms) {
    return ms > 0 ? 1e3 * (double)n / ms : 0;
}

static void put_all(struct buf *b, const struct api *api, const struct metrics *passes) {
    const struct api_meter *m = &api->meter;
    struct service_load load = service_load_now(api->service);
    double n_passes = (double)passes->n_passes, n_parts = (double)passes->n_parts;
    const struct {
        const char *name, *type, *help;
        double value;
    } rows[] = {
        {"prompt_tokens_total", "counter", "Prompt tokens that were computed.",
         (double)m->n_prompt},
        {"prompt_tokens_cached_total", "counter", "Prompt tokens that were remembered.",
         (double)m->n_cached},
        {"prompt_seconds_total", "counter", "Time for prompts.", 1e-3 * m->prompt_ms},
        {"tokens_predicted_total", "counter", "Tokens that were generated.",
         (double)m->n_generated},
        {"tokens_predicted_seconds_total", "counter", "Time for them.", 1e-3 * m->generate_ms},
        {"n_tokens_max", "counter", "Tokens of the longest prompt with its answer.",
         (double)m->n_longest},
        {"prompt_tokens_seconds", "gauge", "Prompt tokens a second.",
         rate(m->n_prompt, m->prompt_ms)},
        {"predicted_tokens_seconds", "gauge", "Generated tokens a second.",
         rate(m->n_generated, m->generate_ms)},
        {"requests_processing", "gauge", "Requests at work.", (double)load.n_running},
        {"requests_deferred", "gauge", "Requests that wait.", (double)load.n_waiting},
        {"n_decode_total", "counter", "Passes over the weights.", n_passes},
        {"n_busy_slots_per_decode", "gauge", "Answers that had a part in a pass, on average.",
         n_passes > 0 ? n_parts / n_passes : 0},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        put_metric(b, rows[i].name, rows[i].type, rows[i].help, rows[i].value);
    }
}

static void reply(struct api_call *c, const struct metrics *passes) {
    struct buf b;
    buf_init(&b, API_MAX_ANSWER);
    put_all(&b, c->api, passes);
    if (buf_failed(&b)) {
        http_reply_error(c->x, 500, "There is no memory for the answer.");
    } else {
        http_reply(c->x, 200, "text/plain; version=0.0.4", b.data, b.size);
    }
    buf_clear(&b);
}

static void ask_next(struct api_call *c, struct metrics *passes);

static void on_status(struct errand *e, ingle_status status, const ingle_error *err) {
    const struct msg_status *told = e->result;
    struct metrics *passes = e->user;
    (void)err; /* a worker that died meanwhile has done nothing more */
    if (status == INGLE_OK) {
        passes->n_passes += told->n_passes;
        passes->n_parts += told->n_parts;
    }
    ask_next(&e->call, passes);
}

/* Those that are loaded: to be looked at is no reason to load one. */
static void ask_next(struct api_call *c, struct metrics *passes) {
    struct service *s = c->api->service;
    while (passes->next < service_n_models(s)) {
        const struct service_model *m = service_model_at(s, passes->next++);
        if (m->state != MODEL_READY) continue;
        struct service_ask ask = {.model = m->id,
                                  .type = MSG_STATUS,
                                  .visit = msg_empty,
                                  .visit_result = msg_status,
                                  .result_size = sizeof(struct msg_status),
                                  .only_looks = true};
        errand_start(c, &ask, on_status, passes);
        return;
    }
    reply(c, passes);
}

void llamacpp_metrics(struct api_call *c) {
    struct metrics *passes = arena_alloc(c->arena, sizeof *passes);
    if (passes) {
        ask_next(c, passes);
    } else {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
    }
}
