#include "engine/run/draft_gate.h"

/* Rates at which new figures replace old ones. */
#define LEARN_RIGHT (1.0 / 16)
#define LEARN_COST (1.0 / 8)
#define LEARN_PLAIN (1.0 / 4)
#define LEARN_PROBE (1.0 / 2)

/* How fast hope grows, a pass: at most, and after many tries in vain. */
#define HOPE_MOST (1.0 / 256)
#define HOPE_LEAST (1.0 / 4096)

/* A row of a pass, in passes of one row, until it is known. */
#define HOPED_COST 0.1
/* Guesses must promise so much more than a plain pass: figures are never exact. */
#define LEAST_GAIN 1.05
/* Passes after which the time of a plain pass says nothing about now, and is taken again. */
#define PLAIN_IS_NEW 8
#define PLAIN_IS_OLD 64

static double hoped(int k) {
    return 1 + HOPED_COST * k;
}

void draft_gate_init(struct draft_gate *g) {
    /* What texts have in common: the longer the match, the better the guess. */
    static const double usual[LOOKUP_LONGEST + 1] = {0, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 0.8};
    *g = (struct draft_gate){0};
    for (int len = 0; len <= LOOKUP_LONGEST; len++) g->right[len] = usual[len];
    for (int k = 0; k <= DRAFT_MAX; k++) g->cost[k] = hoped(k);
    g->hope_step = HOPE_MOST;
}

/* The number of guesses that promises most if costs are `hope` of the way to the hoped ones. */
static int best_draft(const struct draft_gate *g, int len, int k_max, double hope) {
    int best = 0;
    double best_gain = LEAST_GAIN, tokens = 1, reached = 1;
    for (int k = 1; k <= k_max; k++) {
        /* A right guess makes the match longer. */
        int now = len + k - 1;
        reached *= g->right[now < LOOKUP_LONGEST ? now : LOOKUP_LONGEST];
        tokens += reached;
        double gain = tokens / (g->cost[k] + hope * (hoped(k) - g->cost[k]));
        if (gain > best_gain) {
            best_gain = gain;
            best = k;
        }
    }
    return best;
}

int draft_gate_choose(struct draft_gate *g, int len, int k_max) {
    g->is_probe = false;
    if (g->always) return g->always < k_max ? g->always : k_max;
    if (g->plain_ms == 0 || g->since_plain >= PLAIN_IS_OLD) return 0;
    int k = best_draft(g, len, k_max, 0);
    if (k > 0) return k;
    k = best_draft(g, len, k_max, g->hope);
    g->is_probe = k > 0;
    return k;
}

void draft_gate_learn(struct draft_gate *g, int len, bool was_right) {
    g->right[len] += LEARN_RIGHT * ((was_right ? 1.0 : 0.0) - g->right[len]);
}

/* The first measured cost also says what the others, not yet tried, are about. */
static void learn_cost(struct draft_gate *g, int k, double cost) {
    if (g->tried[k]) {
        g->cost[k] += (g->is_probe ? LEARN_PROBE : LEARN_COST) * (cost - g->cost[k]);
        return;
    }
    g->tried[k] = true;
    g->cost[k] = (g->cost[k] + cost) / 2;
    for (int i = 1; i <= DRAFT_MAX; i++) {
        if (!g->tried[i]) g->cost[i] = 1 + (g->cost[k] - 1) * i / k;
    }
}

static void learn_plain(struct draft_gate *g, double ms) {
    /* A pass that was held up takes many times as long, and says nothing. */
    if (g->plain_ms > 0 && ms > 2 * g->plain_ms) ms = 2 * g->plain_ms;
    g->plain_ms += g->plain_ms > 0 ? LEARN_PLAIN * (ms - g->plain_ms) : ms;
    g->since_plain = 0;
    if (g->hope < 1) g->hope += g->hope_step;
}

void draft_gate_timed(struct draft_gate *g, int k, double ms) {
    if (k == 0) {
        learn_plain(g, ms);
        return;
    }
    g->since_plain++;
    g->hope = 0;
    g->hope_step = g->is_probe ? g->hope_step / 2 : HOPE_MOST;
    if (g->hope_step < HOPE_LEAST) g->hope_step = HOPE_LEAST;
    if (g->plain_ms == 0 || g->since_plain > PLAIN_IS_NEW) return;
    double cost = ms / g->plain_ms;
    if (cost < 1) cost = 1;
    if (cost > 1 + k) cost = 1 + k;
    learn_cost(g, k, cost);
}
