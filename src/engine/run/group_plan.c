#include "engine/run/group_plan.h"

#include <limits.h>

#define LEARN (1.0 / 8)

/* Passes without a part in them, after which a turn comes first. */
static int patience(const struct group_turn *t) {
    return t->urgency == INGLE_URGENCY_BACKGROUND ? 16 : 8;
}

static bool is_overdue(const struct group_turn *t) {
    return t->n_passed_over >= patience(t);
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* Gives a turn what it can have. */
static void give(struct group_turn *t, int *room, int *piece) {
    bool is_step = group_turn_is_step(t);
    int most = is_step ? *room : smaller(*room, *piece);
    int n = smaller(t->n_left, most);
    if (t->is_whole && n < t->n_left) n = 0;
    t->n_now = n;
    *room -= n;
    if (!is_step) *piece -= n;
}

void group_plan(struct group_turn *turns, int room, int piece) {
    for (struct group_turn *t = turns; t; t = t->next) t->n_now = 0;
    for (struct group_turn *t = turns; t; t = t->next) {
        if (is_overdue(t)) give(t, &room, &piece);
    }
    for (struct group_turn *t = turns; t; t = t->next) {
        if (t->n_now == 0 && group_turn_is_step(t)) give(t, &room, &piece);
    }
    for (int urgency = INGLE_URGENCY_INTERACTIVE; urgency <= INGLE_URGENCY_BACKGROUND; urgency++) {
        for (struct group_turn *t = turns; t; t = t->next) {
            if (t->n_now == 0 && (int)t->urgency == urgency) give(t, &room, &piece);
        }
    }
    for (struct group_turn *t = turns; t; t = t->next) {
        t->n_passed_over = t->n_now > 0 ? 0 : t->n_passed_over + 1;
    }
}

/* A pass that was held up takes many times as long, and says little. */
static void learn(double *value, double sample) {
    if (*value > 0 && sample > 2 * *value) sample = 2 * *value;
    *value += *value > 0 ? LEARN * (sample - *value) : sample;
}

void group_pace_timed(struct group_pace *p, int n_step_rows, int n_prompt_rows, double ms) {
    if (n_prompt_rows == 0) {
        learn(&p->steps_ms, ms);
    } else if (n_step_rows == 0) {
        learn(&p->row_ms, ms / n_prompt_rows);
    } else if (p->steps_ms > 0 && ms > p->steps_ms) {
        learn(&p->row_ms, (ms - p->steps_ms) / n_prompt_rows);
    }
}

static int clamp(double n, int least, int most) {
    if (n < least) return least;
    return n < most ? (int)n : most;
}

int group_pace_beside(const struct group_pace *p) {
    if (p->steps_ms <= 0 || p->row_ms <= 0) return GROUP_PIECE_FIRST;
    double n = (GROUP_SLOWDOWN - 1) * p->steps_ms / p->row_ms;
    return clamp(n, GROUP_PIECE_LEAST, GROUP_PIECE_MOST);
}

int group_pace_alone(const struct group_pace *p, bool is_urgent) {
    int least = is_urgent ? GROUP_ALONE_LEAST : GROUP_ALONE_LEAST_NOT_URGENT;
    double ms = is_urgent ? GROUP_ALONE_MS : GROUP_ALONE_MS_NOT_URGENT;
    return p->row_ms > 0 ? clamp(ms / p->row_ms, least, INT_MAX) : INT_MAX;
}
