#include "task/label_trie.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"

void label_trie_clear(struct label_trie *t) {
    mem_free(t->nodes);
    mem_free(t->ends);
    mem_free(t->choices);
    *t = (struct label_trie){0};
}

static ingle_status add_node(struct label_trie *t, uint32_t parent, ingle_token token,
                             uint32_t *out, ingle_error *err) {
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 64;
        struct label_node *more = mem_realloc(t->nodes, cap * sizeof *more);
        if (!more) return status_no_memory(err, "labels", cap * sizeof *more);
        t->nodes = more;
        t->cap = cap;
    }
    *out = (uint32_t)t->n++;
    t->nodes[*out] = (struct label_node){.token = token,
                                         .parent = parent,
                                         .child = LABEL_TRIE_NONE,
                                         .sibling = LABEL_TRIE_NONE,
                                         .label = LABEL_TRIE_NONE};
    if (parent == LABEL_TRIE_NONE) return INGLE_OK;
    /* Behind its siblings: choices stand in the order of the labels. */
    uint32_t *link = &t->nodes[parent].child;
    while (*link != LABEL_TRIE_NONE) link = &t->nodes[*link].sibling;
    *link = *out;
    return INGLE_OK;
}

ingle_status label_trie_add(struct label_trie *t, const ingle_token *tokens, size_t n,
                            uint32_t label, uint32_t *same, ingle_error *err) {
    uint32_t at = 0;
    *same = LABEL_TRIE_NONE;
    if (t->n == 0) INGLE_TRY(add_node(t, LABEL_TRIE_NONE, INGLE_TOKEN_NONE, &at, err));
    for (size_t i = 0; i < n; i++) {
        uint32_t next = t->nodes[at].child;
        while (next != LABEL_TRIE_NONE && t->nodes[next].token != tokens[i]) {
            next = t->nodes[next].sibling;
        }
        if (next == LABEL_TRIE_NONE) INGLE_TRY(add_node(t, at, tokens[i], &next, err));
        at = next;
    }
    if (t->nodes[at].label != LABEL_TRIE_NONE)
        *same = t->nodes[at].label;
    else
        t->nodes[at].label = label;
    return INGLE_OK;
}

static bool is_choice(const struct label_trie *t, uint32_t node) {
    const struct label_node *n = &t->nodes[node];
    if (n->child == LABEL_TRIE_NONE) return false;
    return n->label != LABEL_TRIE_NONE || t->nodes[n->child].sibling != LABEL_TRIE_NONE;
}

static ingle_status find_ends(struct label_trie *t, const ingle_model *model, ingle_error *err) {
    int n_vocab = ingle_model_get_info(model).n_vocab;
    for (ingle_token id = 0; id < n_vocab; id++) t->n_ends += ingle_token_is_end(model, id);
    t->ends = mem_calloc(t->n_ends + 1, sizeof *t->ends);
    if (!t->ends) return status_no_memory(err, "labels", t->n_ends * sizeof *t->ends);
    size_t n = 0;
    for (ingle_token id = 0; id < n_vocab; id++) {
        if (ingle_token_is_end(model, id)) t->ends[n++] = id;
    }
    return INGLE_OK;
}

ingle_status label_trie_finish(struct label_trie *t, const ingle_model *model, ingle_error *err) {
    for (uint32_t i = (uint32_t)t->n; i-- > 0;) {
        struct label_node *n = &t->nodes[i];
        n->parts = n->parts || is_choice(t, i);
        if (is_choice(t, i) && n->label != LABEL_TRIE_NONE) t->needs_ends = true;
        if (n->parts && n->parent != LABEL_TRIE_NONE) t->nodes[n->parent].parts = true;
    }
    if (t->needs_ends) INGLE_TRY(find_ends(t, model, err));
    t->choices = mem_calloc(t->n + t->n_ends + 1, sizeof *t->choices);
    if (!t->choices) return status_no_memory(err, "labels", t->n * sizeof *t->choices);
    for (uint32_t i = 1; i < t->n; i++) {
        if (is_choice(t, t->nodes[i].parent)) t->choices[t->n_choices++] = t->nodes[i].token;
    }
    for (size_t i = 0; i < t->n_ends; i++) t->choices[t->n_choices++] = t->ends[i];
    return INGLE_OK;
}

/* ---- probabilities ---- */

struct scoring {
    const struct label_trie *t;
    ingle_session *session;
    const float *prior; /* NULL = every pass is made */
    float *logprobs;
    double best; /* so far, the prior subtracted */
    int n_passes;
};

static double log_sum(double a, double b) {
    if (a < b) {
        double swapped = a;
        a = b;
        b = swapped;
    }
    return b == -INFINITY ? a : a + log1p(exp(b - a));
}

/* Logit of ending, whichever of the tokens that end does. */
static double end_logit(const struct label_trie *t, const float *logits) {
    double sum = -INFINITY;
    for (size_t i = 0; i < t->n_ends; i++) sum = log_sum(sum, (double)logits[t->ends[i]]);
    return sum;
}

static void found(struct scoring *s, uint32_t label, double logprob) {
    s->logprobs[label] = (float)logprob;
    double without = logprob - (s->prior ? (double)s->prior[label] : 0);
    if (without > s->best) s->best = without;
}

/* What the labels at and below a node could come to, were each as likely as all of them together;
 * *n counts them. */
static double most(const struct scoring *s, uint32_t node, size_t *n) {
    const struct label_node *nodes = s->t->nodes;
    double sum = -INFINITY;
    if (nodes[node].label != LABEL_TRIE_NONE) {
        sum = -(double)s->prior[nodes[node].label];
        ++*n;
    }
    for (uint32_t c = nodes[node].child; c != LABEL_TRIE_NONE; c = nodes[c].sibling) {
        sum = log_sum(sum, most(s, c, n));
    }
    return sum;
}

static void share_out(struct scoring *s, uint32_t node, double logprob) {
    const struct label_node *nodes = s->t->nodes;
    if (nodes[node].label != LABEL_TRIE_NONE) s->logprobs[nodes[node].label] = (float)logprob;
    for (uint32_t c = nodes[node].child; c != LABEL_TRIE_NONE; c = nodes[c].sibling) {
        share_out(s, c, logprob);
    }
}

/* True, and the labels below have their probabilities, if they cannot matter. */
static bool pass_by(struct scoring *s, uint32_t node, double logprob) {
    if (!s->prior) return false;
    size_t n = 0;
    if (logprob + most(s, node, &n) > s->best + log(LABEL_TRIE_LITTLE)) return false;
    share_out(s, node, logprob - log((double)n));
    return true;
}

static ingle_status visit(struct scoring *s, uint32_t node, double logprob, ingle_error *err);

/* To a child that was chosen with that probability: past all that has no choice, in one pass. */
static ingle_status go_down(struct scoring *s, uint32_t node, double logprob, ingle_error *err) {
    const struct label_node *nodes = s->t->nodes;
    ingle_token path[LABEL_TRIE_MAX_TOKENS];
    size_t n = 0;
    while (!is_choice(s->t, node) && nodes[node].child != LABEL_TRIE_NONE) {
        path[n++] = nodes[node].token;
        node = nodes[node].child;
    }
    if (!is_choice(s->t, node)) {
        found(s, nodes[node].label, logprob);
        return INGLE_OK;
    }
    if (pass_by(s, node, logprob)) return INGLE_OK;
    path[n++] = nodes[node].token;
    int held = ingle_session_n_tokens(s->session);
    INGLE_TRY(ingle_session_eval(s->session, path, n, NULL, err));
    s->n_passes++;
    INGLE_TRY(visit(s, node, logprob, err));
    return ingle_session_truncate(s->session, held, err);
}

struct option {
    uint32_t node;
    double logprob;
};

/* The likeliest first. */
static int by_need(const void *a, const void *b) {
    const struct option *x = a, *y = b;
    if (x->logprob != y->logprob) return x->logprob < y->logprob ? 1 : -1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* Those that need no pass, then the others: what comes later may be passed by. */
static ingle_status follow(struct scoring *s, struct option *options, size_t n, ingle_error *err) {
    const struct label_node *nodes = s->t->nodes;
    qsort(options, n, sizeof *options, by_need);
    for (int parts = 0; parts < 2; parts++) {
        for (size_t i = 0; i < n; i++) {
            if (nodes[options[i].node].parts != (parts == 1)) continue;
            INGLE_TRY(go_down(s, options[i].node, options[i].logprob, err));
        }
    }
    return INGLE_OK;
}

/* At a choice; the session's logits are those of what may follow. They are read before anything
 * else is computed. */
static ingle_status visit(struct scoring *s, uint32_t node, double logprob, ingle_error *err) {
    const struct label_trie *t = s->t;
    const struct label_node *n = &t->nodes[node];
    const float *logits = ingle_session_logits(s->session);
    if (!logits) return status_set(err, INGLE_BAD_ARGUMENT, 0, "The session has no logits.");
    double end = n->label != LABEL_TRIE_NONE ? end_logit(t, logits) : -INFINITY, sum = end;
    size_t n_children = 0;
    for (uint32_t c = n->child; c != LABEL_TRIE_NONE; c = t->nodes[c].sibling) {
        sum = log_sum(sum, (double)logits[t->nodes[c].token]);
        n_children++;
    }
    if (n->label != LABEL_TRIE_NONE) found(s, n->label, logprob + end - sum);
    struct option *options = mem_calloc(n_children, sizeof *options);
    if (!options) return status_no_memory(err, "labels", n_children * sizeof *options);
    size_t i = 0;
    for (uint32_t c = n->child; c != LABEL_TRIE_NONE; c = t->nodes[c].sibling) {
        options[i++] = (struct option){c, logprob + (double)logits[t->nodes[c].token] - sum};
    }
    ingle_status status = follow(s, options, n_children, err);
    mem_free(options);
    return status;
}

ingle_status label_trie_score(const struct label_trie *t, ingle_session *session,
                              const float *prior, float *logprobs, int *n_passes,
                              ingle_error *err) {
    struct scoring s = {
        .t = t, .session = session, .prior = prior, .logprobs = logprobs, .best = -INFINITY};
    /* What all labels begin with is no choice: it is passed by as part of the prompt. */
    ingle_status status =
        is_choice(t, 0) ? visit(&s, 0, 0, err) : go_down(&s, t->nodes[0].child, 0, err);
    *n_passes = s.n_passes;
    return status;
}
