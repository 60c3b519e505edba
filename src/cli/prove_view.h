/* What ingle prove found, kept and shown: running workers, and the ways out by groups. */
#ifndef INGLE_CLI_PROVE_VIEW_H
#define INGLE_CLI_PROVE_VIEW_H

#include "cli/out.h"
#include "guard/prove/look.h"
#include "guard/prove/prove.h"

struct prove_view_way {
    const char *group; /* as all groups: borrowed, from prove.h */
    char name[64];
    enum prove_outcome outcome;
    int errnum;
    const char *why;
};

struct prove_report {
    struct look_worker *workers; /* owned array */
    size_t n_workers, workers_cap;
    char no_workers[240];      /* why they cannot be looked at; "" */
    size_t n_wrong;            /* workers with something wrong */
    struct look_front *fronts; /* owned array */
    size_t n_fronts, fronts_cap;
    size_t n_fronts_wrong;
    struct prove_view_way *ways; /* owned array */
    size_t n_ways, ways_cap;
    size_t n_open;
    double seconds;      /* that the ways took */
    ingle_status status; /* of keeping these */
};

/* A look_worker_fn, a look_front_fn and a prove_result_fn; user is the report. */
void prove_report_worker(const struct look_worker *w, void *user);
void prove_report_front(const struct look_front *f, void *user);
void prove_report_way(const struct prove_result *r, void *user);
void prove_report_clear(struct prove_report *r);

void prove_view_text(struct out *o, const struct prove_report *r, bool shows_all);
void prove_view_json(struct out *o, const struct prove_report *r);

#endif
