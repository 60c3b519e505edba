#include "task/intent_model.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "task/ask.h"

#define MAX_SYSTEM ((size_t)4 << 20)
#define SHOWN_EXAMPLES 3 /* of each label: more take room that the text needs */

/* Texts that ask for nothing: what the model answers then is its leaning, not a finding (Zhao et
 * al. 2021, "Calibrate before use", takes such a text as well). */
static const char *const empty_texts[] = {"N/A", "...", "[message]"};

/* No label is so unlikely for a text without content that dividing by it could decide alone. */
#define MIN_PRIOR (-9.0f)

void intent_set_clear(struct intent_set *set) {
    buf_clear(&set->system);
    label_trie_clear(&set->trie);
    mem_free(set->prior);
    mem_free(set->vectors);
    mem_free(set->first);
    *set = (struct intent_set){0};
}

/* In one line: a description must not look like another label. */
static void put_line(struct buf *b, const char *text) {
    for (const char *p = text; *p; p++) buf_add(b, *p == '\n' || *p == '\r' ? " " : p, 1);
}

static ingle_status write_system(struct intent_set *set, const ingle_intent_options *opt,
                                 const char *const *names, ingle_error *err) {
    struct buf *b = &set->system;
    buf_init(b, MAX_SYSTEM);
    buf_add_str(b, "Say what the user's message asks for. Answer with one of these labels, exactly "
                   "as it is written, and nothing else.\n\nLabels:\n");
    for (size_t i = 0; i < set->n; i++) {
        const ingle_label *label = i < opt->n_labels ? &opt->labels[i] : NULL;
        buf_addf(b, "- %s", names[i]);
        const char *says = label ? label->description : "the message asks for something else";
        if (says && says[0]) {
            buf_add_str(b, ": ");
            put_line(b, says);
        }
        for (size_t j = 0; label && j < label->n_examples && j < SHOWN_EXAMPLES; j++) {
            buf_add_str(b, j == 0 ? " (such as \"" : "\", \"");
            put_line(b, label->examples[j]);
        }
        if (label && label->n_examples > 0) buf_add_str(b, "\")");
        buf_add_str(b, "\n");
    }
    return buf_failed(b) ? status_no_memory(err, "the labels", b->size) : INGLE_OK;
}

static ingle_status make_trie(struct ingle_tasks *t, struct intent_set *set,
                              const char *const *names, ingle_error *err) {
    for (size_t i = 0; i < set->n; i++) {
        ingle_token tokens[LABEL_TRIE_MAX_TOKENS];
        size_t n;
        uint32_t same;
        ingle_status status = ingle_tokenize(t->options.model, names[i], strlen(names[i]), 0,
                                             tokens, LABEL_TRIE_MAX_TOKENS, &n, err);
        if (status == INGLE_LIMIT) {
            return status_set(err, INGLE_LIMIT, 0,
                              "The label '%.60s' has %zu tokens; a label may have %d.", names[i], n,
                              LABEL_TRIE_MAX_TOKENS);
        }
        INGLE_TRY(status);
        if (n == 0) {
            return status_set(err, INGLE_INVALID, i, "The label '%.60s' has no tokens.", names[i]);
        }
        INGLE_TRY(label_trie_add(&set->trie, tokens, n, (uint32_t)i, &same, err));
        if (same == LABEL_TRIE_NONE) continue;
        return status_set(err, INGLE_INVALID, i,
                          "The labels '%.60s' and '%.60s' are one to the "
                          "model.",
                          names[same], names[i]);
    }
    return label_trie_finish(&set->trie, t->options.model, err);
}

/* ---- asking ---- */

static ingle_status prompt_tokens(struct ingle_tasks *t, const struct intent_set *set,
                                  const char *text, size_t len, ingle_token **ids, size_t *n,
                                  ingle_error *err) {
    INGLE_TRY(ingle_chat_replace(t->chat, 0, ingle_chat_n_messages(t->chat), NULL, 0, err));
    INGLE_TRY(ingle_chat_add(t->chat, "system", set->system.data, set->system.size, err));
    INGLE_TRY(ingle_chat_add(t->chat, "user", text, len, err));
    size_t cap = set->system.size + len + 1024;
    for (;;) {
        *ids = mem_calloc(cap, sizeof **ids);
        if (!*ids) return status_no_memory(err, "the prompt", cap * sizeof **ids);
        ingle_status status = ingle_chat_tokens(t->chat, *ids, cap, n, err);
        if (status == INGLE_OK) return INGLE_OK;
        mem_free(*ids);
        *ids = NULL;
        if (status != INGLE_LIMIT || *n <= cap) return status;
        cap = *n;
    }
}

ingle_status intent_model_score(struct ingle_tasks *t, const struct intent_set *set,
                                const char *text, size_t len, float *logprobs,
                                ingle_intent_result *result, ingle_error *err) {
    ingle_token *ids = NULL;
    size_t n = 0, n_reused = 0;
    ingle_status status = prompt_tokens(t, set, text, len, &ids, &n, err);
    size_t n_ctx = (size_t)ingle_session_n_ctx(t->session);
    if (status == INGLE_OK && n + LABEL_TRIE_MAX_TOKENS > n_ctx) {
        status = status_set(err, INGLE_CONTEXT_FULL, 0,
                            "The context holds %zu tokens; labels and text need %zu.", n_ctx,
                            n + LABEL_TRIE_MAX_TOKENS);
    }
    if (status == INGLE_OK) {
        status = ingle_session_allow(t->session, set->trie.choices, set->trie.n_choices, err);
    }
    if (status == INGLE_OK) {
        status = ingle_session_prompt(t->session, ids, n, 0, &n_reused, err);
    }
    if (status == INGLE_OK) {
        const float *prior = set->has_prior ? set->prior : NULL;
        status = label_trie_score(&set->trie, t->session, prior, logprobs, &result->n_passes, err);
    }
    result->n_prompt = (int)n;
    result->n_reused = (int)n_reused;
    mem_free(ids);
    ingle_status open = ingle_session_allow(t->session, NULL, 0, status == INGLE_OK ? err : NULL);
    return status == INGLE_OK ? open : status;
}

static ingle_status add_priors(struct ingle_tasks *t, struct intent_set *set, float *one,
                               ingle_error *err) {
    const size_t n_texts = BASE_COUNT(empty_texts);
    for (size_t i = 0; i < n_texts; i++) {
        ingle_intent_result ignored;
        INGLE_TRY(
            intent_model_score(t, set, empty_texts[i], strlen(empty_texts[i]), one, &ignored, err));
        for (size_t j = 0; j < set->n; j++) {
            set->prior[j] += expf(one[j]) / (float)n_texts;
        }
    }
    for (size_t j = 0; j < set->n; j++) {
        float prior = logf(set->prior[j]);
        set->prior[j] = prior > MIN_PRIOR ? prior : MIN_PRIOR;
    }
    return INGLE_OK;
}

static ingle_status find_prior(struct ingle_tasks *t, struct intent_set *set, ingle_error *err) {
    set->prior = mem_calloc(set->n, sizeof *set->prior);
    if (!set->prior) return status_no_memory(err, "the labels", set->n * sizeof *set->prior);
    float *one = mem_calloc(set->n, sizeof *one);
    if (!one) return status_no_memory(err, "the labels", set->n * sizeof *one);
    ingle_status status = add_priors(t, set, one, err);
    set->has_prior = status == INGLE_OK;
    mem_free(one);
    return status;
}

ingle_status intent_model_prepare(struct ingle_tasks *t, struct intent_set *set,
                                  const ingle_intent_options *opt, const char *const *names,
                                  ingle_error *err) {
    INGLE_TRY(ask_prepare(t, err));
    INGLE_TRY(task_begin(t, err)); /* a new session, perhaps */
    INGLE_TRY(write_system(set, opt, names, err));
    INGLE_TRY(make_trie(t, set, names, err));
    return find_prior(t, set, err);
}
