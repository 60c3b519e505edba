#include "ingle/constraint.h"

#include <string.h>

#include "base/alloc.h"
#include "engine/api/api.h"
#include "engine/constraint/dfa.h"
#include "engine/constraint/dfa_machine.h"
#include "engine/constraint/grammar.h"
#include "engine/constraint/json_machine.h"
#include "engine/constraint/schema.h"

ingle_status api_trie(const struct ingle_model *model, const struct trie **out, ingle_error *err) {
    struct api_lazy_trie *lazy = model->trie;
    ingle_status status = INGLE_OK;
    pthread_mutex_lock(&lazy->lock);
    if (!lazy->trie) status = trie_new(&lazy->trie, model->tokenizer, err);
    *out = lazy->trie;
    pthread_mutex_unlock(&lazy->lock);
    return status;
}

static ingle_status init(struct ingle_constraint *c, const struct ingle_model *model,
                         struct machine *m, void *with, void (*free_with)(void *with),
                         ingle_error *err) {
    const struct trie *trie = NULL;
    ingle_status status = model ? api_trie(model, &trie, err) : INGLE_OK;
    if (status == INGLE_OK) {
        int n_rows = model ? api_n_vocab(model) : 0;
        return constraint_init(&c->core, m, with, free_with, trie, n_rows, err);
    }
    c->core = (struct constraint){.machine = m, .with = with, .free_with = free_with};
    constraint_clear(&c->core);
    return status;
}

ingle_status api_constraint_new(struct ingle_constraint **out, const struct ingle_model *model,
                                struct machine *m, void *with, void (*free_with)(void *with),
                                ingle_error *err) {
    struct ingle_constraint *c = mem_calloc(1, sizeof *c);
    *out = NULL;
    if (!c) {
        machine_free(m);
        if (with) free_with(with);
        return status_no_memory(err, "a constraint", sizeof *c);
    }
    ingle_status status = init(c, model, m, with, free_with, err);
    if (status != INGLE_OK) {
        mem_free(c);
        return status;
    }
    *out = c;
    return INGLE_OK;
}

static ingle_status check(struct ingle_constraint **out, const void *text, const char *name,
                          ingle_error *err) {
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    return api_need(text, name, err);
}

/* What is too large to be compiled is one of the things that are not supported. */
static ingle_status refuse(ingle_status status, ingle_error *err) {
    if (status != INGLE_LIMIT) return status;
    if (err) err->code = INGLE_REFUSED;
    return INGLE_REFUSED;
}

static void free_table(void *with) {
    shape_table_free(with);
}

ingle_status ingle_constraint_new_schema(ingle_constraint **out, const ingle_model *model,
                                         const char *schema, size_t len, ingle_error *err) {
    INGLE_TRY(check(out, schema, "schema", err));
    struct shape_table *table;
    struct machine *m;
    INGLE_TRY(refuse(schema_compile(&table, schema, len, err), err));
    ingle_status status = json_machine_new(&m, table, err);
    if (status != INGLE_OK) {
        shape_table_free(table);
        return refuse(status, err);
    }
    return api_constraint_new(out, model, m, table, free_table, err);
}

ingle_status ingle_constraint_new_grammar(ingle_constraint **out, const ingle_model *model,
                                          const char *grammar, size_t len, ingle_error *err) {
    INGLE_TRY(check(out, grammar, "grammar", err));
    struct machine *m;
    INGLE_TRY(refuse(grammar_machine_new(&m, grammar, len, err), err));
    return api_constraint_new(out, model, m, NULL, NULL, err);
}

static ingle_status new_dfa(ingle_constraint **out, const ingle_model *model, struct dfa *d,
                            ingle_error *err) {
    struct machine *m;
    INGLE_TRY(refuse(dfa_machine_new(&m, d, err), err));
    return api_constraint_new(out, model, m, NULL, NULL, err);
}

ingle_status ingle_constraint_new_regex(ingle_constraint **out, const ingle_model *model,
                                        const char *regex, size_t len, ingle_error *err) {
    INGLE_TRY(check(out, regex, "regex", err));
    struct dfa *d;
    INGLE_TRY(refuse(dfa_regex(&d, regex, len, false, err), err));
    return new_dfa(out, model, d, err);
}

ingle_status ingle_constraint_new_choices(ingle_constraint **out, const ingle_model *model,
                                          const char *const *choices, size_t n, ingle_error *err) {
    INGLE_TRY(check(out, choices, "choices", err));
    if (n == 0) return status_set(err, INGLE_REFUSED, 0, "There are no choices to choose from.");
    size_t *lens = mem_calloc(n, sizeof *lens);
    if (!lens) return status_no_memory(err, "choices", n * sizeof *lens);
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < n && status == INGLE_OK; i++) {
        status = api_need(choices[i], "choices", err);
        if (status == INGLE_OK) lens[i] = strlen(choices[i]);
    }
    struct dfa *d = NULL;
    if (status == INGLE_OK) status = dfa_texts(&d, choices, lens, n, err);
    mem_free(lens);
    return status == INGLE_OK ? new_dfa(out, model, d, err) : refuse(status, err);
}

void ingle_constraint_free(ingle_constraint *constraint) {
    if (!constraint) return;
    constraint_clear(&constraint->core);
    mem_free(constraint);
}

ingle_status ingle_constraint_accepts(ingle_constraint *constraint, const char *text, size_t len,
                                      bool *accepts, ingle_error *err) {
    INGLE_TRY(api_need(constraint, "constraint", err));
    INGLE_TRY(api_need(accepts, "accepts", err));
    *accepts = false;
    if (len > 0) INGLE_TRY(api_need(text, "text", err));
    if (constraint->core.in_use) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The constraint is in use by a generation.");
    }
    return constraint_accepts(&constraint->core, text, len, accepts, err);
}
