#include "cli/intent_by_labels.h"

#include "base/alloc.h"
#include "cli/intent_labels.h"
#include "cli/say.h"
#include "cli/task_arg.h"

struct by_labels {
    struct intent_labels labels;
    struct task_state task;
    ingle_class top[INTENT_MAX_TOP];
};

static ingle_status ask(void *self, const char *text, size_t len, size_t n_top,
                        struct intent_answer *out, ingle_error *err) {
    struct by_labels *b = self;
    ingle_intent_options opt = ingle_intent_options_default();
    ingle_intent_result result;
    opt.labels = b->labels.labels;
    opt.n_labels = b->labels.n;
    opt.top = b->top;
    opt.n_top = n_top;
    INGLE_TRY(ingle_intent(b->task.tasks, &opt, text, len, &result, err));
    *out = (struct intent_answer){
        .is_none = result.is_none, .confidence = result.confidence, .n = result.n};
    for (size_t i = 0; i < result.n; i++) {
        out->top[i] =
            (struct intent_guess){b->labels.labels[b->top[i].label].name, b->top[i].confidence};
    }
    return INGLE_OK;
}

static void close_labels(void *self) {
    struct by_labels *b = self;
    task_close(&b->task);
    intent_labels_clear(&b->labels);
    mem_free(b);
}

ingle_status intent_source_labels(struct intent_source *s, const struct command *c,
                                  const char *labels, const struct engine_args *engine,
                                  ingle_error *err) {
    struct by_labels *b = mem_calloc(1, sizeof *b);
    if (!b) return status_no_memory(err, "the labels", sizeof *b);
    *s = (struct intent_source){.self = b, .ask = ask, .close = close_labels};
    INGLE_TRY(intent_labels_read(&b->labels, labels, err));
    INGLE_TRY(task_open(&b->task, engine, engine->model ? 0 : TASK_ENCODER, 0, 0, err));
    if (engine->model) return INGLE_OK;
    if (!b->task.encoder) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "Labels of your own need a language model (-m MODEL): this ingle was "
                          "built without its own sentence encoder.");
    }
    say(c, "Without a language model (-m) labels are compared by the sentence encoder, which is "
           "rougher.");
    return INGLE_OK;
}
