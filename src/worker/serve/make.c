#include "worker/serve/make.h"

#include "base/alloc.h"

ingle_status make_constraint(ingle_constraint **out, const struct msg_constraint *m,
                             const ingle_model *model, ingle_error *err) {
    *out = NULL;
    switch (m->kind) {
    case CONSTRAINT_NONE:
        return INGLE_OK;
    case CONSTRAINT_SCHEMA:
        return ingle_constraint_new_schema(out, model, m->text.data, m->text.len, err);
    case CONSTRAINT_GRAMMAR:
        return ingle_constraint_new_grammar(out, model, m->text.data, m->text.len, err);
    case CONSTRAINT_REGEX:
        return ingle_constraint_new_regex(out, model, m->text.data, m->text.len, err);
    case CONSTRAINT_CHOICES:
        return ingle_constraint_new_choices(out, model, m->choices, m->n_choices, err);
    }
    return INGLE_OK;
}

unsigned make_flags(bool no_bos, bool parse_special) {
    return (no_bos ? 0u : INGLE_TOKENIZE_ADD_SPECIAL) |
           (parse_special ? INGLE_TOKENIZE_PARSE_SPECIAL : 0u);
}

static ingle_status tokenize(ingle_token **out, size_t cap, size_t *n, const ingle_model *model,
                             const struct wire_text *text, unsigned flags, ingle_error *err) {
    mem_free(*out);
    *out = mem_calloc(cap, sizeof **out);
    if (!*out) return status_no_memory(err, "the tokens", cap * sizeof **out);
    return ingle_tokenize(model, text->data, text->len, flags, *out, cap, n, err);
}

ingle_status make_tokens(ingle_token **out, size_t *n, const ingle_model *model,
                         const struct wire_text *text, unsigned flags, ingle_error *err) {
    *out = NULL;
    size_t cap = text->len + 3; /* enough for UTF-8; a byte that is none may be three tokens */
    ingle_status status = tokenize(out, cap, n, model, text, flags, err);
    if (status == INGLE_LIMIT && *n > cap) {
        status = tokenize(out, *n, n, model, text, flags, err);
    }
    if (status == INGLE_OK) return INGLE_OK;
    mem_free(*out);
    *out = NULL;
    *n = 0;
    return status;
}

ingle_status make_check_ids(const ingle_model *model, const ingle_token *ids, size_t n,
                            ingle_error *err) {
    int n_vocab = ingle_model_get_info(model).n_vocab;
    for (size_t i = 0; i < n; i++) {
        if (ids[i] >= 0 && ids[i] < n_vocab) continue;
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Token %zu is %d; the vocabulary has 0 to %d.", i, ids[i], n_vocab - 1);
    }
    return INGLE_OK;
}

ingle_status make_fits(const ingle_session *session, size_t n, ingle_error *err) {
    int n_ctx = ingle_session_n_ctx(session);
    if (n <= (size_t)n_ctx) return INGLE_OK;
    return status_set(err, INGLE_CONTEXT_FULL, 0,
                      "The context holds %d tokens and %zu are given; -c N makes it larger.", n_ctx,
                      n);
}
