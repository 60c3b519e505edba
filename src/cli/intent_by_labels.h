/* Labels of a person's own as a source of `ingle intent`: asked of a language model, or without one
 * of the sentence encoder, which is said. */
#ifndef INGLE_CLI_INTENT_BY_LABELS_H
#define INGLE_CLI_INTENT_BY_LABELS_H

#include "cli/engine_arg.h"
#include "cli/intent_source.h"

struct command;

/* labels: the file of intent_labels.h, or - for standard input. */
BASE_NODISCARD ingle_status intent_source_labels(struct intent_source *s, const struct command *c,
                                                 const char *labels,
                                                 const struct engine_args *engine,
                                                 ingle_error *err);

#endif
