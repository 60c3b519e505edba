/* Prompts of a session: what of them is known already stays or is borrowed from the prefix cache,
 * the rest is computed. */
#include "engine/run/session.h"

static const char *type_name(enum kern_kv_type type) {
    return type == KERN_KV_I8 ? "int8" : type == KERN_KV_BF16 ? "bf16" : "f16";
}

static ingle_status check_cache(const struct session *s, const struct prefix_cache *cache,
                                ingle_error *err) {
    const struct kv_format *ours = &s->kv.format, *its = &cache->format;
    if (cache->model != s->model) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The prefix cache was made for another model than the session.");
    }
    if (ours->type != its->type) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The prefix cache holds keys and values as %s, the session as %s.",
                          type_name(its->type), type_name(ours->type));
    }
    if (!kv_format_equal(ours, its)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "With the session's n_ctx, %d, the model rotates keys differently than "
                          "with the prefix cache's.",
                          s->n_ctx);
    }
    return INGLE_OK;
}

/* What was learnt of the texts so far goes too: how fast the next one's guesses are tried would
 * tell of them. */
ingle_status session_use_cache(struct session *s, struct prefix_cache *cache, ingle_error *err) {
    struct prefix_loans loans = {0};
    if (cache) {
        INGLE_TRY(check_cache(s, cache, err));
        INGLE_TRY(prefix_loans_init(&loans, cache, &s->kv, err));
    }
    ingle_status status = session_truncate(s, 0, err);
    if (status != INGLE_OK) {
        prefix_loans_clear(&loans);
        return status;
    }
    prefix_loans_clear(&s->loans);
    s->loans = loans;
    draft_gate_init(&s->gate);
    return INGLE_OK;
}

static ingle_status check(const struct session *s, const int32_t *tokens, size_t n, bool more,
                          ingle_error *err) {
    if (n > (size_t)s->n_ctx) {
        return status_set(err, INGLE_CONTEXT_FULL, 0,
                          "The context holds %d tokens; the prompt has %zu.", s->n_ctx, n);
    }
    if (n == 0 && !more) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "A prompt without tokens has no logits after its last.");
    }
    return session_check_vocab(s, tokens, n, err);
}

static int count_common(const struct session *s, const int32_t *tokens, int n) {
    int end = n < s->n_tokens ? n : s->n_tokens, i = 0;
    while (i < end && s->tokens[i] == tokens[i]) i++;
    return i;
}

ingle_status session_prompt(struct session *s, const int32_t *tokens, size_t n, bool more,
                            size_t *n_reused, ingle_error *err) {
    INGLE_TRY(check(s, tokens, n, more, err));
    /* The last token is computed for its logits. */
    int n_useful = more ? (int)n : (int)n - 1;
    INGLE_TRY(session_truncate(s, count_common(s, tokens, n_useful), err));
    int n_had = s->n_tokens, n_found = prefix_loans_find(&s->loans, tokens, n_useful, n_had);
    if (n_found > n_had) session_append(s, tokens + n_had, n_found - n_had);
    if (n_reused) *n_reused = (size_t)n_found;
    size_t n_left = n - (size_t)n_found;
    if (n_left > 0) {
        INGLE_TRY(session_extend(s, tokens + n_found, n_left, !more, NULL, err));
    }
    prefix_loans_enter(&s->loans, tokens, (int)n, more);
    return INGLE_OK;
}

ingle_status session_remember(struct session *s, ingle_error *err) {
    if (!s->loans.cache) {
        return status_set(
            err, INGLE_BAD_ARGUMENT, 0,
            "The session was made without a prefix cache: nothing can be remembered.");
    }
    prefix_loans_enter(&s->loans, s->tokens, s->n_tokens, true);
    return INGLE_OK;
}
