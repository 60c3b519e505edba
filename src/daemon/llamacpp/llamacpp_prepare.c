/* Before a completion begins: texts that must be tokens become tokens, tokens that are shown become
 * text. */
#include <string.h>

#include "daemon/llamacpp/llamacpp.h"

static void no_memory(struct llama_completion *all) {
    api_fail(&all->call, INGLE_NO_MEMORY, NULL, NULL);
}

/* ---- logit_bias ---- */

static bool add_bias(struct llama_completion *all, ingle_token token, float bias) {
    size_t *n = &all->r.m.sampling.n_logit_bias;
    if (*n == all->biases_cap) {
        size_t cap = 2 * all->biases_cap + 64;
        ingle_logit_bias *more = arena_array(all->call.arena, cap, sizeof *more);
        if (!more) return false;
        if (*n > 0) memcpy(more, all->biases, *n * sizeof *more);
        all->biases = more;
        all->biases_cap = cap;
    }
    all->biases[(*n)++] = (ingle_logit_bias){token, bias};
    return true;
}

static void next_bias(struct llama_completion *all);

static void on_bias(struct api_call *c, const struct llama_tokens *tokens, void *completion) {
    struct llama_completion *all = completion;
    (void)c;
    for (size_t i = 0; i < tokens->n; i++) {
        if (!add_bias(all, tokens->items[i].id, all->r.biases[all->at].bias)) {
            no_memory(all);
            return;
        }
    }
    all->at++;
    next_bias(all);
}

static void next_prompt(struct llama_completion *all);

static void next_bias(struct llama_completion *all) {
    const struct llama_tokenizing how = {.model = all->r.model};
    for (; all->at < all->r.n_biases; all->at++) {
        const struct llama_bias *b = &all->r.biases[all->at];
        if (!b->of.parts[0].is_token) {
            llama_tokenize(&all->call, &b->of, &how, on_bias, all);
            return;
        }
        if (!add_bias(all, b->of.parts[0].token, b->bias)) {
            no_memory(all);
            return;
        }
    }
    all->r.m.sampling.logit_bias = all->biases;
    all->at = 0;
    next_prompt(all);
}

/* ---- prompts ---- */

static void on_prompt_text(struct errand *e, ingle_status status, const ingle_error *err) {
    struct llama_completion *all = e->user;
    struct llama_answer *a = &all->answers[all->at];
    const char *copy = arena_copy(e->call.arena, e->text.data ? e->text.data : "", e->text.size);
    if (status == INGLE_OK && !copy) {
        status = INGLE_NO_MEMORY;
        err = NULL;
    }
    if (status != INGLE_OK) {
        api_fail(&e->call, status, err, "prompt");
        return;
    }
    a->prompt = (struct wire_text){copy, e->text.size};
    all->at++;
    next_prompt(all);
}

static void on_prompt(struct api_call *c, const struct llama_tokens *tokens, void *completion) {
    struct llama_completion *all = completion;
    struct llama_answer *a = &all->answers[all->at];
    ingle_token *ids = arena_array(c->arena, tokens->n + 1, sizeof *ids);
    if (!ids) {
        no_memory(all);
        return;
    }
    for (size_t i = 0; i < tokens->n; i++) ids[i] = tokens->items[i].id;
    a->ids = ids;
    a->n_ids = tokens->n;
    struct msg_detokenize m = {ids, tokens->n};
    struct service_ask ask = {
        .model = all->r.model, .type = MSG_DETOKENIZE, .visit = msg_detokenize, .request = &m};
    errand_start(c, &ask, on_prompt_text, all);
}

static void next_prompt(struct llama_completion *all) {
    const struct llama_tokenizing how = {
        .model = all->r.model, .adds_special = true, .parses_special = true};
    size_t n_each = (size_t)all->r.n_cmpl;
    for (; all->at < all->n; all->at++) {
        const struct llama_prompt *p = &all->prompts[all->at / n_each];
        struct llama_answer *a = &all->answers[all->at];
        if (all->at % n_each > 0) { /* another answer to the same */
            a->prompt = a[-1].prompt;
            a->ids = a[-1].ids;
            a->n_ids = a[-1].n_ids;
        } else if (llama_is_text(p)) {
            a->prompt = (struct wire_text){p->parts[0].text.data, p->parts[0].text.len};
        } else {
            llama_tokenize(&all->call, p, &how, on_prompt, all);
            return;
        }
    }
    all->start(all);
}

void llama_prepare(struct llama_completion *all) {
    all->at = 0;
    next_bias(all);
}
