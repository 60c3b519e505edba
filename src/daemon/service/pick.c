/* Whose turn it is. */
#include "daemon/service/service_internal.h"

static size_t n_running_of(const struct service *s, uint64_t client) {
    size_t n = 0;
    for (const struct job *j = s->jobs; j; j = j->next) {
        n += j->state == JOB_RUNS && j->takes_slot && j->ask.asker.client == client;
    }
    return n;
}

static uint64_t last_served(const struct service *s, uint64_t client) {
    for (size_t i = 0; i < SERVICE_CLIENTS; i++) {
        if (s->clients[i].client == client) return s->clients[i].served;
    }
    return 0;
}

/* Is a to go before b, which came earlier? Urgency first; then who has less at work; then who has
 * waited longer since the last turn. */
static bool goes_first(const struct service *s, const struct job *a, const struct job *b) {
    const struct msg_asker *x = &a->ask.asker, *y = &b->ask.asker;
    if (x->urgency != y->urgency) return x->urgency < y->urgency;
    if (x->client == y->client) return false;
    size_t n_x = n_running_of(s, x->client), n_y = n_running_of(s, y->client);
    if (n_x != n_y) return n_x < n_y;
    return last_served(s, x->client) < last_served(s, y->client);
}

static bool waits(const struct job *j) {
    return j->state == JOB_WAITS && !j->is_abandoned;
}

bool service_gives_way(const struct service *s, const struct job *job) {
    for (const struct job *j = s->jobs; j && j != job; j = j->next) {
        bool is_held_up = waits(j) && j->model != job->model && j->model->waits_for_room;
        if (is_held_up && j->ask.asker.urgency <= job->ask.asker.urgency) return true;
    }
    return false;
}

struct job *service_pick(struct service *s, const struct model_entry *m) {
    bool has_slot = m->n_running < (size_t)s->opt.n_slots;
    bool has_place = m->n_beside < SERVICE_BESIDE;
    struct job *best = NULL;
    for (struct job *j = s->jobs; j; j = j->next) {
        if (j->model != m || !waits(j) || service_gives_way(s, j)) continue;
        if (!j->takes_slot && has_place) return j; /* it hinders nobody */
        if (j->takes_slot && has_slot && (!best || goes_first(s, j, best))) best = j;
    }
    return best;
}

/* The place of this client, or of the one that was served longest ago. */
void service_picked(struct service *s, const struct job *job) {
    struct client_use *at = &s->clients[0];
    if (!job->takes_slot) return;
    for (size_t i = 0; i < SERVICE_CLIENTS; i++) {
        struct client_use *c = &s->clients[i];
        if (c->client == job->ask.asker.client) {
            at = c;
            break;
        }
        if (c->served < at->served) at = c;
    }
    *at = (struct client_use){job->ask.asker.client, ++s->n_served};
}
