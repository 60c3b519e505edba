/* What the commands of everyday tasks share: the model if -m names one, the packs that are part of
 * the program, and Ctrl-C. */
#ifndef INGLE_CLI_TASK_ARG_H
#define INGLE_CLI_TASK_ARG_H

#include "cli/engine_arg.h"
#include "ingle/tasks.h"

struct task_state {
    ingle_model *model; /* NULL without -m */
    ingle_pack *encoder, *intents, *tagger;
    ingle_tasks *tasks;
};

enum task_packs { TASK_ENCODER = 1, TASK_INTENTS = 2, TASK_TAGGER = 4 };

/* Opens the model, if one is named, and the built-in packs asked for (enum task_packs); Ctrl-C
 * cancels what the tasks do from then on. A pack that this build lacks stays NULL. task_close()
 * also after a failure; *s is zeroed by the caller. */
BASE_NODISCARD ingle_status task_open(struct task_state *s, const struct engine_args *args,
                                      unsigned packs, float temperature, uint64_t seed,
                                      ingle_error *err);
void task_close(struct task_state *s);

#endif
