#include "cli/constraint_arg.h"

#include <string.h>

#include "cli/text_arg.h"

bool constraint_args_given(const struct constraint_args *args) {
    return args->schema || args->grammar || args->regex || args->choices.n > 0;
}

ingle_status constraint_args_check(const struct constraint_args *args, ingle_error *err) {
    int n = !!args->schema + !!args->grammar + !!args->regex + (args->choices.n > 0);
    if (n <= 1) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "Give one of --schema, --grammar, --regex and --choice.");
}

ingle_status constraint_args_message(struct msg_constraint *out, struct buf *text,
                                     const struct constraint_args *args, ingle_error *err) {
    *out = (struct msg_constraint){.kind = CONSTRAINT_NONE};
    if (args->regex) {
        out->kind = CONSTRAINT_REGEX;
        out->text = (struct wire_text){args->regex, strlen(args->regex)};
    } else if (args->choices.n > 0) {
        out->kind = CONSTRAINT_CHOICES;
        out->choices = args->choices.items;
        out->n_choices = args->choices.n;
    }
    const char *path = args->schema ? args->schema : args->grammar;
    if (out->kind != CONSTRAINT_NONE || !path) return INGLE_OK;
    INGLE_TRY(text_file_read(text, path, err));
    out->kind = args->schema ? CONSTRAINT_SCHEMA : CONSTRAINT_GRAMMAR;
    out->text = (struct wire_text){text->data ? text->data : "", text->size};
    return INGLE_OK;
}
