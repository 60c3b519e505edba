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

ingle_status constraint_args_make(ingle_constraint **out, const struct constraint_args *args,
                                  const ingle_model *model, ingle_error *err) {
    *out = NULL;
    if (args->regex) {
        return ingle_constraint_new_regex(out, model, args->regex, strlen(args->regex), err);
    }
    if (args->choices.n > 0) {
        return ingle_constraint_new_choices(out, model, args->choices.items, args->choices.n, err);
    }
    const char *path = args->schema ? args->schema : args->grammar;
    if (!path) return INGLE_OK;
    struct buf text;
    ingle_status status = text_file_read(&text, path, err);
    const char *data = text.data ? text.data : "";
    if (status == INGLE_OK && args->schema) {
        status = ingle_constraint_new_schema(out, model, data, text.size, err);
    } else if (status == INGLE_OK) {
        status = ingle_constraint_new_grammar(out, model, data, text.size, err);
    }
    buf_clear(&text);
    return status;
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
