#include "cli/notify_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/task_worker.h"
#include "task/digest_time.h"

struct notify_view {
    struct out *out;
    struct json *json; /* NULL: for people */
    bool has_colours;
    bool only_critical;
    int section; /* printed last; -1 = none */
    struct progress progress;
    struct msg_found found;
    bool is_open;       /* a digest is printed, JSON's bracket has been */
    struct arena arena; /* of a message */
};

/* ---- for people ---- */

static bool wants_colours(const struct out *out) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (!out->is_terminal || (no_color && no_color[0])) return false;
    return !term || strcmp(term, "dumb") != 0;
}

static void style(const struct notify_view *v, const char *sequence) {
    if (v->has_colours) out_str(v->out, sequence);
}

static void put_line_text(struct out *out, const char *text) {
    out_line_text(out, text, strlen(text));
}

static void put_section(struct notify_view *v, const ingle_digest_group *group) {
    static const char *const names[] = {
        [INGLE_DIGEST_URGENT] = "Urgent",
        [INGLE_DIGEST_PEOPLE] = "People",
        [INGLE_DIGEST_REST] = "The rest",
    };
    if (v->section == (int)group->section) return;
    if (v->section >= 0) out_str(v->out, "\n");
    v->section = (int)group->section;
    style(v, group->section == INGLE_DIGEST_URGENT ? "\x1b[1;31m" : "\x1b[1m");
    out_str(v->out, names[group->section]);
    style(v, "\x1b[0m");
    out_str(v->out, "\n");
}

/* "Anna (Signal), 3 messages, 2 min ago" and, below, what matters. */
static void put_group(struct notify_view *v, const ingle_digest_group *group) {
    struct out *out = v->out;
    bool has_both = group->conversation[0] && group->app[0];
    put_section(v, group);
    out_str(out, "  ");
    style(v, "\x1b[1m");
    put_line_text(out, group->conversation[0] ? group->conversation
                       : group->app[0]        ? group->app
                                              : "Unknown");
    style(v, "\x1b[0m");
    style(v, "\x1b[2m");
    if (has_both) {
        out_str(out, " (");
        put_line_text(out, group->app);
        out_str(out, ")");
    }
    if (group->n > 1) out_f(out, ", %zu notifications", group->n);
    if (group->n > 1 && group->n_merged) {
        out_f(out, " (%zu updated or the same)", group->n_merged);
    }
    if (group->when[0]) out_f(out, ", %s", group->when);
    style(v, "\x1b[0m");
    out_str(out, "\n");
    if (!group->text[0]) return;
    out_str(out, "    ");
    put_line_text(out, group->text);
    out_str(out, "\n");
}

static const char *plural(size_t n) {
    return n == 1 ? "" : "s";
}

static void put_end(struct notify_view *v, const ingle_digest_result *r) {
    if (r->n == 0) out_str(v->out, "No notifications.\n");
    if (!r->n_left) return;
    out_f(v->out, "\nand %zu more from %zu app%s (-n shows more)\n", r->n_left, r->n_left_apps,
          plural(r->n_left_apps));
}

/* ---- for programs ---- */

static void json_time(struct json *j, const char *key, int64_t time_s) {
    char iso[32];
    json_key(j, key);
    if (time_s == 0) {
        json_number(j, NAN, 1); /* null */
        return;
    }
    digest_time_iso(iso, time_s);
    json_str(j, iso);
}

static void json_group(struct json *j, const ingle_digest_group *group) {
    static const char *const urgencies[] = {"low", "normal", "critical"};
    static const char *const sections[] = {"urgent", "people", "rest"};
    json_begin(j, '{');
    json_put_str(j, "app", group->app);
    json_put_str(j, "conversation", group->conversation);
    json_put_uint(j, "n", group->n);
    json_put_uint(j, "merged", group->n_merged);
    json_put_str(j, "urgency", urgencies[group->urgency]);
    json_put_str(j, "section", sections[group->section]);
    json_put_str(j, "text", group->text);
    json_key(j, "times");
    json_begin(j, '{');
    json_time(j, "first", group->first_s);
    json_time(j, "last", group->last_s);
    json_end(j, '}');
    json_put_str(j, "when", group->when);
    json_put_bool(j, "had_secret", group->had_secret);
    json_put_bool(j, "generated", group->is_generated);
    json_end(j, '}');
}

/* ---- what the worker tells ---- */

static void say_others(size_t n) {
    char sentence[80];
    if (n == 0) return;
    snprintf(sentence, sizeof sentence, "%zu of other apps %s left out.", n,
             n == 1 ? "was" : "were");
    say(command_find("notify"), sentence);
}

/* A text without any notification has no digest. */
static bool on_found(struct notify_view *v, const void *body, size_t size) {
    struct msg_found *m = &v->found;
    if (v->is_open || !task_read(m, sizeof *m, msg_found, body, size, &v->arena)) return false;
    say_others(m->n_others);
    if (m->n == 0 && m->n_others == 0 && m->n_bad > 0) return true;
    v->is_open = true;
    if (!v->json || v->only_critical) return true;
    json_begin(v->json, '{');
    json_key(v->json, "groups");
    json_begin(v->json, '[');
    return true;
}

static bool on_group(struct notify_view *v, const void *body, size_t size) {
    ingle_digest_group group;
    if (!v->is_open || !task_read(&group, sizeof group, msg_group, body, size, &v->arena)) {
        return false;
    }
    progress_clear(&v->progress);
    if (v->only_critical && group.urgency != INGLE_URGENCY_CRITICAL) return true;
    if (v->json) {
        json_group(v->json, &group);
    } else {
        put_group(v, &group);
    }
    return true;
}

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    struct notify_view *v = user;
    ingle_progress progress;
    if (type == MSG_FOUND) return on_found(v, body, size);
    if (type == MSG_GROUP) return on_group(v, body, size);
    return type == MSG_PROGRESS &&
           task_read(&progress, sizeof progress, msg_progress, body, size, &v->arena) &&
           progress_show(&progress, &v->progress);
}

static ingle_status ask_worker(struct notify_view *v, struct worker *worker,
                               const struct msg_digest *asked, ingle_digest_result *result,
                               ingle_error *err) {
    struct worker_ask ask = {.type = MSG_DIGEST,
                             .visit = msg_digest,
                             .request = asked,
                             .visit_result = msg_digested,
                             .result = result,
                             .result_size = sizeof *result,
                             .on_answer = on_answer,
                             .user = v};
    arena_init_secret(&v->arena, MESSAGE_MAX_ANSWER);
    ingle_status status = worker_do(worker, &ask, err);
    arena_clear(&v->arena);
    return status;
}

static void say_refused(size_t n) {
    char sentence[200];
    if (n == 0) return;
    snprintf(sentence, sizeof sentence,
             "In %zu group%s the model wrote nothing that the notifications bear out; their own "
             "sentences stand there.",
             n, plural(n));
    say(command_find("notify"), sentence);
}

static void json_result(struct json *j, const ingle_digest_result *r) {
    json_end(j, ']');
    json_put_uint(j, "n", r->n);
    json_put_uint(j, "n_groups", r->n_groups);
    json_put_uint(j, "left", r->n_left);
    json_put_uint(j, "left_apps", r->n_left_apps);
    json_put_uint(j, "secrets", r->n_secrets);
    json_end(j, '}');
}

ingle_status notify_print(struct out *out, struct worker *worker, const struct msg_digest *asked,
                          bool is_json, struct msg_found *found, ingle_error *err) {
    struct json json = {0};
    struct notify_view v = {.out = out,
                            .json = is_json ? &json : NULL,
                            .has_colours = wants_colours(out),
                            .section = -1};
    ingle_digest_result result;
    if (is_json) json_init(&json, out);
    progress_init(&v.progress);
    ingle_status status = ask_worker(&v, worker, asked, &result, err);
    progress_clear(&v.progress);
    *found = v.found;
    if (!v.is_open) return status;
    if (is_json) {
        json_result(&json, &result);
    } else if (status == INGLE_OK) {
        put_end(&v, &result);
    }
    say_refused(result.n_refused);
    return status;
}

ingle_status notify_print_critical(struct out *out, struct worker *worker,
                                   const ingle_notification *item, int64_t now_s, bool is_json,
                                   ingle_error *err) {
    struct json json = {0};
    struct notify_view v = {.out = out,
                            .json = is_json ? &json : NULL,
                            .has_colours = wants_colours(out),
                            .only_critical = true,
                            .section = -1};
    if (is_json) json_init(&json, out);
    struct msg_digest asked = {.items = item, .n_items = 1, .now_s = now_s};
    ingle_digest_result result;
    return ask_worker(&v, worker, &asked, &result, err);
}
