#include "cli/prove_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/json.h"

#define RED "\033[31m"
#define PLAIN "\033[0m"

static const char *const outcomes[PROVE_N_OUTCOMES] = {
    [PROVE_KILLED] = "killed",   [PROVE_REFUSED] = "refused", [PROVE_OPEN] = "open",
    [PROVE_MISSING] = "missing", [PROVE_ALLOWED] = "allowed",
};

/* ---- keeping ---- */

/* Room for one more in an array, which may move; NULL sets the report's status. */
static void *grow(struct prove_report *r, void *items, size_t n, size_t *cap, size_t size) {
    if (n < *cap) return items;
    size_t more = *cap ? *cap * 2 : 64;
    void *grown = mem_realloc(items, more * size);
    if (!grown) {
        r->status = INGLE_NO_MEMORY;
        return NULL;
    }
    *cap = more;
    return grown;
}

void prove_report_worker(const struct look_worker *w, void *user) {
    struct prove_report *r = user;
    void *items = grow(r, r->workers, r->n_workers, &r->workers_cap, sizeof *w);
    if (!items) return;
    r->workers = items;
    r->workers[r->n_workers++] = *w;
    r->n_wrong += w->wrong[0] != '\0';
}

void prove_report_front(const struct look_front *f, void *user) {
    struct prove_report *r = user;
    void *items = grow(r, r->fronts, r->n_fronts, &r->fronts_cap, sizeof *f);
    if (!items) return;
    r->fronts = items;
    r->fronts[r->n_fronts++] = *f;
    r->n_fronts_wrong += f->wrong[0] != '\0';
}

void prove_report_way(const struct prove_result *result, void *user) {
    struct prove_report *r = user;
    void *items = grow(r, r->ways, r->n_ways, &r->ways_cap, sizeof r->ways[0]);
    if (!items) return;
    r->ways = items;
    struct prove_view_way *way = &r->ways[r->n_ways++];
    *way = (struct prove_view_way){.group = result->group,
                                   .outcome = result->outcome,
                                   .errnum = result->errnum,
                                   .why = result->why};
    snprintf(way->name, sizeof way->name, "%s", result->name);
}

void prove_report_clear(struct prove_report *r) {
    mem_free(r->workers);
    mem_free(r->fronts);
    mem_free(r->ways);
    *r = (struct prove_report){0};
}

/* How many of the ways [from, to) ended in each way. */
static void count(const struct prove_report *r, size_t from, size_t to,
                  size_t counts[PROVE_N_OUTCOMES]) {
    memset(counts, 0, PROVE_N_OUTCOMES * sizeof counts[0]);
    for (size_t i = from; i < to; i++) counts[r->ways[i].outcome]++;
}

/* The end of the group that begins at `from`. */
static size_t group_end(const struct prove_report *r, size_t from) {
    size_t to = from;
    while (to < r->n_ways && strcmp(r->ways[to].group, r->ways[from].group) == 0) to++;
    return to;
}

/* ---- as text ---- */

static void red(struct out *o, bool on) {
    if (out_has_colours(o)) out_str(o, on ? RED : PLAIN);
}

static void print_namespaces(struct out *o, const struct look_worker *w) {
    out_str(o, "          namespaces ");
    if (!w->has_namespaces) {
        out_str(o, "hidden from you, as from other programs; sudo ingle prove shows them\n");
        return;
    }
    bool any = false;
    for (enum seal_namespace i = 0; i < SEAL_N_NAMESPACES; i++) {
        if (!w->is_apart[i]) continue;
        out_f(o, "%s%s", any ? ", " : "its own: ", seal_namespace_name(i));
        any = true;
    }
    out_str(o, any ? "\n" : "none of its own\n");
}

static void print_descriptors(struct out *o, const struct look_worker *w) {
    out_str(o, "          holds      ");
    if (!w->has_descriptors) {
        out_str(o, "hidden from you, as from other programs; sudo ingle prove shows them\n");
        return;
    }
    bool any = false;
    for (enum look_kind i = 0; i < LOOK_N_KINDS; i++) {
        if (w->kinds[i] == 0) continue;
        out_f(o, "%s%d %s", any ? ", " : "", w->kinds[i], look_kind_name(i, w->kinds[i]));
        any = true;
    }
    out_str(o, any ? "\n" : "nothing\n");
}

static void print_worker(struct out *o, const struct look_worker *w) {
    static const char *const dumpable[] = {"memory hidden", "memory not hidden"};
    out_f(o, "  %-7ld filter     %s", (long)w->pid, w->seccomp == 2 ? "on" : "OFF");
    if (w->n_filters > 1) out_f(o, " (%d)", w->n_filters);
    out_f(o, ", %s new privileges, %s capabilities", w->no_new_privs ? "no" : "MAY GET",
          w->capabilities ? "HAS" : "no");
    if (w->dumpable >= 0) out_f(o, ", %s", dumpable[w->dumpable]);
    out_f(o, ", %d thread%s\n", w->n_threads, w->n_threads == 1 ? "" : "s");
    if (w->is_in_place)
        out_str(o, "          in place   no worker: a command that sealed itself\n");
    print_namespaces(o, w);
    if (w->has_network) {
        out_f(o, "          network    %d interface%s but the loopback, %" PRIu64 " bytes ever\n",
              w->n_interfaces, w->n_interfaces == 1 ? "" : "s", w->n_bytes);
    }
    print_descriptors(o, w);
    if (w->wrong[0]) {
        red(o, true);
        out_f(o, "          WRONG      %s\n", w->wrong);
        red(o, false);
    }
}

static void print_workers(struct out *o, const struct prove_report *r) {
    out_str(o, "running workers\n");
    if (r->no_workers[0]) out_f(o, "  %s\n", r->no_workers);
    if (!r->no_workers[0] && r->n_workers == 0) out_str(o, "  none\n");
    for (size_t i = 0; i < r->n_workers; i++) print_worker(o, &r->workers[i]);
}

static void print_front(struct out *o, const struct look_front *f) {
    out_f(o, "  %-7ld filter     %s", (long)f->pid, f->seccomp == 2 ? "on" : "OFF");
    if (f->n_filters > 1) out_f(o, " (%d)", f->n_filters);
    out_f(o, ", %s new privileges, %s capabilities%s\n", f->no_new_privs ? "no" : "MAY GET",
          f->capabilities ? "HAS" : "no", f->dumpable == 0 ? ", memory hidden" : "");
    if (f->has_mounts && f->has_root) {
        out_f(o, "          files      a root of its own: %zu places, %zu of them to write\n",
              f->n_places, f->n_writable);
    } else if (f->has_mounts) {
        out_str(o,
                "          files      no root of its own: what Landlock leaves, if it is here\n");
    }
    if (!f->wrong[0]) return;
    red(o, true);
    out_f(o, "          WRONG      %s\n", f->wrong);
    red(o, false);
}

/* Nothing where none runs: most commands need no service. */
static void print_fronts(struct out *o, const struct prove_report *r) {
    if (r->n_fronts > 0) out_str(o, "running services: the processes that listen\n");
    for (size_t i = 0; i < r->n_fronts; i++) print_front(o, &r->fronts[i]);
}

static void print_way(struct out *o, const struct prove_view_way *way) {
    bool is_open = way->outcome == PROVE_OPEN;
    if (is_open) red(o, true);
    out_f(o, "    %-44s %s", way->name, is_open ? "OPEN" : outcomes[way->outcome]);
    if (way->outcome == PROVE_REFUSED && way->errnum) out_f(o, ": %s", strerror(way->errnum));
    if (way->outcome == PROVE_ALLOWED && way->why) out_f(o, ": %s", way->why);
    out_str(o, "\n");
    if (is_open) red(o, false);
}

static void print_counts(struct out *o, const char *name, const size_t *c) {
    size_t n = 0;
    for (int i = 0; i < PROVE_N_OUTCOMES; i++) n += c[i];
    out_f(o, "  %-28s %6zu %7zu %8zu %8zu %8zu %6zu\n", name, n, c[PROVE_KILLED], c[PROVE_REFUSED],
          c[PROVE_ALLOWED], c[PROVE_MISSING], c[PROVE_OPEN]);
}

static void print_groups(struct out *o, const struct prove_report *r, bool shows_all) {
    size_t counts[PROVE_N_OUTCOMES];
    out_f(o, "%-30s %6s %7s %8s %8s %8s %6s\n", "ways out of a worker's twin", "tried", "killed",
          "refused", "allowed", "missing", "open");
    for (size_t from = 0, to; from < r->n_ways; from = to) {
        to = group_end(r, from);
        count(r, from, to, counts);
        print_counts(o, r->ways[from].group, counts);
        for (size_t i = from; i < to; i++) {
            if (shows_all || r->ways[i].outcome == PROVE_OPEN) print_way(o, &r->ways[i]);
        }
    }
    count(r, 0, r->n_ways, counts);
    print_counts(o, "all", counts);
}

void prove_view_text(struct out *o, const struct prove_report *r, bool shows_all) {
    print_workers(o, r);
    print_fronts(o, r);
    print_groups(o, r, shows_all);
    bool is_shut = r->n_open == 0 && r->n_wrong == 0 && r->n_fronts_wrong == 0;
    if (!is_shut) red(o, true);
    out_f(o, "%zu ways out tried in %.1f s: %zu open", r->n_ways, r->seconds, r->n_open);
    if (r->n_wrong) {
        out_f(o, "; not sealed as they must be: %zu of %zu workers", r->n_wrong, r->n_workers);
    }
    if (r->n_fronts_wrong) {
        out_f(o, "; not confined as they must be: %zu of %zu services", r->n_fronts_wrong,
              r->n_fronts);
    }
    out_str(o, is_shut ? ". Every way out is shut.\n" : ".\n");
    if (!is_shut) red(o, false);
}

/* ---- as JSON ---- */

static void json_worker(struct json *j, const struct look_worker *w) {
    json_begin(j, '{');
    json_put_int(j, "pid", w->pid);
    json_put_bool(j, "in_place", w->is_in_place);
    json_put_int(j, "seccomp", w->seccomp);
    json_put_int(j, "filters", w->n_filters);
    json_put_bool(j, "no_new_privileges", w->no_new_privs != 0);
    json_put_uint(j, "capabilities", w->capabilities);
    json_put_int(j, "threads", w->n_threads);
    if (w->dumpable >= 0) json_put_bool(j, "dumpable", w->dumpable != 0);
    if (w->has_namespaces) {
        json_key(j, "own_namespaces");
        json_begin(j, '[');
        for (enum seal_namespace i = 0; i < SEAL_N_NAMESPACES; i++) {
            if (w->is_apart[i]) json_str(j, seal_namespace_name(i));
        }
        json_end(j, ']');
    }
    if (w->has_network) {
        json_put_int(j, "interfaces", w->n_interfaces);
        json_put_uint(j, "network_bytes", w->n_bytes);
    }
    if (w->has_descriptors) {
        json_key(j, "holds");
        json_begin(j, '{');
        for (enum look_kind i = 0; i < LOOK_N_KINDS; i++) {
            if (w->kinds[i]) json_put_int(j, look_kind_name(i, 2), w->kinds[i]);
        }
        json_end(j, '}');
    }
    json_put_str(j, "wrong", w->wrong);
    json_end(j, '}');
}

static void json_front(struct json *j, const struct look_front *f) {
    json_begin(j, '{');
    json_put_int(j, "pid", f->pid);
    json_put_int(j, "seccomp", f->seccomp);
    json_put_int(j, "filters", f->n_filters);
    json_put_bool(j, "no_new_privileges", f->no_new_privs != 0);
    json_put_uint(j, "capabilities", f->capabilities);
    if (f->dumpable >= 0) json_put_bool(j, "dumpable", f->dumpable != 0);
    if (f->has_mounts) {
        json_put_bool(j, "own_root", f->has_root);
        json_put_uint(j, "places", f->n_places);
        json_put_uint(j, "writable", f->n_writable);
    }
    json_put_str(j, "wrong", f->wrong);
    json_end(j, '}');
}

static void json_groups(struct json *j, const struct prove_report *r) {
    json_key(j, "groups");
    json_begin(j, '[');
    for (size_t from = 0, to; from < r->n_ways; from = to) {
        size_t counts[PROVE_N_OUTCOMES];
        to = group_end(r, from);
        count(r, from, to, counts);
        json_begin(j, '{');
        json_put_str(j, "name", r->ways[from].group);
        json_put_uint(j, "tried", to - from);
        for (int i = 0; i < PROVE_N_OUTCOMES; i++) json_put_uint(j, outcomes[i], counts[i]);
        json_end(j, '}');
    }
    json_end(j, ']');
}

static void json_ways(struct json *j, const struct prove_report *r) {
    json_key(j, "ways");
    json_begin(j, '[');
    for (size_t i = 0; i < r->n_ways; i++) {
        const struct prove_view_way *way = &r->ways[i];
        json_begin(j, '{');
        json_put_str(j, "group", way->group);
        json_put_str(j, "name", way->name);
        json_put_str(j, "outcome", outcomes[way->outcome]);
        if (way->outcome == PROVE_REFUSED && way->errnum) {
            json_put_str(j, "error", strerror(way->errnum));
        }
        if (way->outcome == PROVE_ALLOWED && way->why) json_put_str(j, "why", way->why);
        json_end(j, '}');
    }
    json_end(j, ']');
}

void prove_view_json(struct out *o, const struct prove_report *r) {
    struct json j;
    json_init(&j, o);
    json_begin(&j, '{');
    json_put_bool(&j, "shut", r->n_open == 0 && r->n_wrong == 0 && r->n_fronts_wrong == 0);
    json_put_uint(&j, "tried", r->n_ways);
    json_put_uint(&j, "open", r->n_open);
    json_put_number(&j, "seconds", r->seconds, 4);
    if (r->no_workers[0]) {
        json_put_str(&j, "no_workers", r->no_workers);
    } else {
        json_key(&j, "workers");
        json_begin(&j, '[');
        for (size_t i = 0; i < r->n_workers; i++) json_worker(&j, &r->workers[i]);
        json_end(&j, ']');
        json_key(&j, "services");
        json_begin(&j, '[');
        for (size_t i = 0; i < r->n_fronts; i++) json_front(&j, &r->fronts[i]);
        json_end(&j, ']');
    }
    json_groups(&j, r);
    json_ways(&j, r);
    json_end(&j, '}');
}
